"""The names of a derivation: their definitions, their kinds, and which names use which."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition, Derivation, Kind, Relation
from chainrule.documents.language.reachability import reached
from chainrule.documents.language.recurrences import axes_of_steps
from chainrule.documents.language.terms import Term


@dataclass(frozen=True, eq=False)
class Names:
    """The definitions and kinds of the names of a derivation.

    Attributes
    ----------
    definitions : mapping
    kinds : mapping
    """

    definitions: Mapping[str, Definition]
    kinds: Mapping[str, Kind]
    _uses: dict[str, frozenset[str]] = field(default_factory=dict)

    @staticmethod
    def of(derivation: Derivation) -> Names:
        """The names of a derivation."""
        return Names({d.name: d for d in derivation.definitions}, {d.name: d.kind for d in derivation.declarations})

    def uses(self, name: str) -> frozenset[str]:
        """The name, and all names that its definition uses, through other definitions."""
        if name not in self._uses:
            self._uses[name] = reached(name, self._used_directly) | {name}
        return self._uses[name]

    def uses_around(self, name: str, others: Set[str]) -> frozenset[str]:
        """All names that a definition uses without others between.

        >>> from chainrule.documents.language.parsing import derivation_of
        >>> names = Names.of(derivation_of("u := b * c; v := a + u; J := 3 * v"))
        >>> sorted(names.uses_around("J", {"u"})), sorted(names.uses_around("J", {"v"}))
        (['a', 'u', 'v'], ['v'])
        """
        return reached(name, lambda each: frozenset() if each in others else self._used_directly(each))

    def _used_directly(self, name: str) -> frozenset[str]:
        definition = self.definitions.get(name)
        if definition is None:
            return frozenset()
        lengths = definition.lengths.keys() - self.kinds.keys()
        return terms.free_names(definition.body) - {name for name, _ in definition.parameters} - lengths

    @cached_property
    def circular(self) -> frozenset[str]:
        """The names whose definitions lead to themselves, so that they define nothing."""

        def direct(name: str) -> frozenset[str]:
            definition = self.definitions[name]
            return terms.free_names(definition.body) - {name for name, _ in definition.parameters}

        return frozenset(name for name in self.definitions if any(name in self.uses(each) for each in direct(name)))

    @cached_property
    def steps(self) -> dict[str, int]:
        """The arrays that are made of their earlier entries, each with the axis along which these follow each other."""
        return axes_of_steps(self.definitions, self.circular) if self.circular else {}

    @cached_property
    def sizes_of_steps(self) -> frozenset[str]:
        """The sizes that say how many steps there are."""
        families = ((self.definitions[name].body, axis) for name, axis in self.steps.items())
        sizes = [body.indices[axis][1] for body, axis in families if isinstance(body, terms.Family)]
        return frozenset[str]().union(*map(terms.free_names, sizes))

    @cached_property
    def in_order(self) -> tuple[Definition, ...]:
        """The definitions, each behind those of the names that it uses."""
        found = dict[str, Definition]()
        for name in self.definitions:
            inside = self.uses(name) & self.definitions.keys() - found.keys()
            for each in sorted(inside, key=lambda one: (len(self.uses(one)), one)):
                found[each] = self.definitions[each]
        return tuple(found.values())

    def used_by(self, *parts: Term) -> frozenset[str]:
        """All names that terms use, through definitions."""
        names = frozenset[str]().union(*map(terms.free_names, parts))
        return names.union(*map(self.uses, names))

    def used_in(self, claim: Relation) -> frozenset[str]:
        """All names that a claim and its conditions use, through definitions."""
        return self.used_by(claim.left, claim.right, *claim.conditions)

    def without(self, names: frozenset[str]) -> Names:
        """The same names, of which some have no definition."""
        if not names:
            return self
        return Names({name: one for name, one in self.definitions.items() if name not in names}, self.kinds)
