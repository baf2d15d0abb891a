"""A claim with what it depends on: free names, indices, sizes, and what is assumed of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import prod
from types import MappingProxyType

from chainrule.documents.evidence.degrees import SizeDegrees
from chainrule.documents.evidence.facts_in_conditions import fact_in, parts_of_condition
from chainrule.documents.evidence.findings import Place
from chainrule.documents.evidence.float_readings import FloatReading
from chainrule.documents.evidence.inputs import FreeArray
from chainrule.documents.evidence.worlds import World
from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Derivation, FunctionKind, IndexKind, Relation, SizeKind, ValueKind
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.sizes import Size
from chainrule.documents.language.terms import Term

SIZES = (2, 3, 1, 4, 5)
"""The sizes at which claims are proved; the first is where most false claims fail."""

FURTHER = (6, 7, 8, 11, 13)
"""Sizes that are tried where no number of sizes settles a claim."""

LARGER = (7, 8, 13)
"""Sizes at which a few points are tried, if the arrays have at most `MOST_ENTRIES` entries."""

MOST_ENTRIES = 60

STARTS = ((0, 1), (1, 1), (2, 1), (1, 2), (0, 0), (2, 0))
"""Choices of several sizes: the place of the first in `SIZES`, and the step to the next."""

MOST_TERMS = 2000
"""Most terms of sums within sums beyond the size 3."""

MOST_DEGREE = 40
"""Claims of a higher degree in a size are not proved."""


@dataclass(frozen=True, eq=False)
class Question:
    """A claim with the names that it depends on.

    Attributes
    ----------
    claim : Relation
    names : Names
        Without the definitions of names that are cut.
    shapes : Shapes
    free : tuple of str
        The names that take all values.
    labels : tuple of (str, Term)
        Indices with their sizes.
    sizes : tuple of str
    assumptions : tuple of conditions
    facts : mapping
        Facts by name.
    cut : frozenset of str
        Defined names that are free here.
    floats : FloatReading
        How floats in code are read.
    """

    claim: Relation
    names: Names
    shapes: Shapes
    free: tuple[str, ...]
    labels: tuple[tuple[str, Term], ...]
    sizes: tuple[str, ...]
    assumptions: tuple[terms.Condition, ...]
    facts: Mapping[str, frozenset[str]]
    cut: frozenset[str]
    floats: FloatReading

    @staticmethod
    def of(
        derivation: Derivation,
        shapes: Shapes,
        names: Names,
        claim: Relation,
        *,
        cut: frozenset[str] = frozenset(),
        assumed: Mapping[str, frozenset[str]] = MappingProxyType({}),
        floats: FloatReading | None = None,
    ) -> Question:
        """The question of a claim.

        Parameters
        ----------
        derivation : Derivation
        shapes : Shapes
        names : Names
        claim : Relation
        cut : frozenset of str
            Defined names that are free (`cut_names`).
        assumed : mapping
            Further facts by name.
        floats : FloatReading, optional
            How floats in code are read; as they are if not given.
        """
        sides = (claim.left, claim.right, *claim.conditions)
        over = frozenset(name for name, _ in claim.over)
        names = _with_moving_arguments(names.without(cut), *sides)
        used = names.used_by(*sides) - over
        kinds = names.kinds
        facts = {name: kind.facts for name, kind in kinds.items() if isinstance(kind, ValueKind) and name not in cut}
        facts |= {name: facts.get(name, frozenset()) | more for name, more in assumed.items()}
        assumptions, added = list[terms.Condition](), True
        own = list[terms.Condition]()
        for condition in (part for each in claim.conditions for part in parts_of_condition(each)):
            name, fact = fact_in(condition, names, facts, shapes.names)
            if fact and name not in cut | over:
                facts[name] = facts.get(name, frozenset()) | {fact}
            else:
                own.append(condition)
        claim = replace(claim, conditions=tuple(own))
        remaining = [part for each in derivation.assumptions for part in parts_of_condition(each.condition)]
        sizes = {name for name, kind in names.kinds.items() if isinstance(kind, SizeKind)}
        while added:  # an assumption brings names of which others speak
            added = False
            for condition in remaining[:]:
                if not (names.used_by(condition) - sizes).isdisjoint(used) or names.used_by(condition) <= sizes:
                    remaining.remove(condition)
                    name, fact = fact_in(condition, names, facts, shapes.names)
                    if fact and name not in cut:
                        facts[name] = facts.get(name, frozenset()) | {fact}
                    else:
                        assumptions.append(condition)
                    used, added = used | names.used_by(condition), True
        labels = [(name, kind.size) for name in sorted(used) if isinstance(kind := kinds.get(name), IndexKind)]
        free = tuple(
            name
            for name in sorted(used)
            if (name in cut or isinstance(kinds.get(name, ValueKind(())), ValueKind))
            and name not in names.definitions
            and name in shapes.names
            and (name != "pi" or name in kinds)
        )
        sizes = {name for name in used if isinstance(kinds.get(name), SizeKind)}
        for name in free:
            for dim in shapes.names[name].known or ():
                sizes |= dim.final.names
        for name in used:
            kind = kinds.get(name)
            if isinstance(kind, FunctionKind):
                sizes |= frozenset[str]().union(*(map(terms.free_names, kind.result)))
        for _, size in (*labels, *claim.over):
            sizes |= terms.free_names(size)
        bodies = [names.definitions[name].body for name in used & names.definitions.keys()]
        limits = [(f.low, f.high) for t in (*sides, *bodies) for f in terms.every(t) if isinstance(f, terms.Fold)]
        undeclared = used - kinds.keys() - names.definitions.keys() - cut
        sizes |= {name for pair in limits for limit in pair for name in terms.free_names(limit) & undeclared}
        free = tuple(name for name in free if name not in sizes)
        return Question(
            claim,
            names,
            shapes,
            free,
            (*labels, *claim.over),
            tuple(sorted(sizes)),
            tuple(assumptions),
            facts,
            cut,
            floats or FloatReading(),
        )

    def choices_of_sizes(self) -> list[dict[str, int]]:
        """The numbers for the sizes, unequal ones first."""
        names = self.sizes
        if len(names) <= 1:
            return self._long_enough([dict.fromkeys(names, size) for size in (SIZES if names else SIZES[:1])])
        count = len(names)
        shifted = [[SIZES[(start + step * place) % 3] for place in range(count)] for start, step in STARTS]
        return self._long_enough([dict(zip(names, choice, strict=True)) for choice in shifted])

    @cached_property
    def least(self) -> dict[str, int]:
        """The least number of a size of an array of which entries with numbers stand in the claim: 3 for x[3]."""
        found = dict[str, int]()
        for part in self.parts():
            if isinstance(part, terms.Entry) and isinstance(part.base, terms.Name) and part.base.text in self.free:
                for index, dim in zip(part.indices, self.shapes.names[part.base.text].known or (), strict=False):
                    if isinstance(index, terms.Number) and len(names := dim.final.names) == 1:
                        [name] = names
                        if dim.final == Size.of(name):
                            found[name] = max(found.get(name, 1), int(index.value))
        return found

    def _long_enough(self, choices: list[dict[str, int]]) -> list[dict[str, int]]:
        """Choices of sizes without those at which an entry would lie beyond the end: these sizes start at the least."""
        found = [{name: max(size, self.least.get(name, 1)) for name, size in sizes.items()} for sizes in choices]
        return [sizes for n, sizes in enumerate(found) if sizes not in found[:n]]

    @cached_property
    def degrees(self) -> dict[str, float]:
        """The degree of the claim in each size that stands in it as a number."""
        arrays = {name for name in self.free if self.shapes.names[name].known}
        found = {size: SizeDegrees(self.names, size, arrays=arrays).of_claim(self.claim) for size in self.sizes}
        for size in found.keys() & self.names.sizes_of_steps:  # with more steps, only what was proved for fewer goes on
            degrees = SizeDegrees(self.names, size, arrays=arrays, of_steps=False)
            found[size] = found[size] if degrees.of_claim(self.claim) else 0
        return {size: degree for size, degree in found.items() if degree}

    @property
    def needs_too_many_sizes(self) -> bool:
        """Whether the degree in a size is known, and too high."""
        return any(MOST_DEGREE < degree < math.inf for degree in self.degrees.values())

    def further_sizes(self) -> list[dict[str, int]]:
        """Further choices, where the degree in a size asks for them."""
        most = 3 if len(self.sizes) > 1 else 5
        wanted = {
            size: ([*range(most + 1, int(degree) + 2)] if degree <= MOST_DEGREE else [n for n in FURTHER if n > most])
            for size, degree in self.degrees.items()
        }
        others = dict.fromkeys(self.sizes, 2)
        single = [{**others, size: number} for size, numbers in wanted.items() for number in numbers]
        several = [size for size, degree in self.degrees.items() if degree > 1]
        if len(several) < 2:
            return single
        grid = product(*([1, 2, 3, *wanted[size]][:12] for size in several[:2]))
        return [*single, *({**others, **dict(zip(several, each, strict=False))} for each in grid)]

    @cached_property
    def loops(self) -> int:
        """How many indices run within each other."""
        return len(self.claim.over) + max(_nested(side) for side in (self.claim.left, self.claim.right))

    def is_long(self, sizes: Mapping[str, int]) -> bool:
        """Whether sums within sums have too many terms at some sizes."""
        return max(sizes.values(), default=0) > 3 and max(sizes.values()) ** self.loops > MOST_TERMS

    def hidden_sizes(self) -> list[dict[str, int]]:
        """Further sizes at which a few points are tried, where products of many sums might hide a number of them."""
        most = {size: SizeDegrees(self.names, size, every=True).of_claim(self.claim) for size in self.sizes}
        return [
            {**dict.fromkeys(self.sizes, 2), size: number}
            for size, degree in most.items()
            for number in (6, 8)
            if 5 < degree < math.inf and size not in self.degrees and number**self.loops <= MOST_TERMS
        ]

    def larger_sizes(self) -> list[dict[str, int]]:
        """Larger choices at which a few points are tried, one size at a time."""
        others = dict.fromkeys(self.sizes, 2)
        steps = self.names.sizes_of_steps  # of which the entries become long
        found = [
            {**others, size: n}
            for size in self.sizes
            if size not in steps
            for n in (LARGER if len(self.sizes) == 1 else LARGER[:1])
        ]
        return [sizes for sizes in found if sum(prod(each.shape) for each in self.arrays(sizes)) <= MOST_ENTRIES]

    @cached_property
    def ranges(self) -> list[tuple[Term, Term]]:
        """The lowest and the highest index of each sum that may be empty, if they are the same in the whole claim."""
        fixed = {*self.sizes, *(name for name, _ in self.labels)}
        folds = [each for side in (self.claim.left, self.claim.right) for each in terms.every(side)]
        limits = [(each.low, each.high) for each in folds if isinstance(each, terms.Fold)]
        wide = [(low, high) for low, high in limits if low != terms.ONE or not isinstance(high, terms.Name)]
        return [
            (low, high) for low, high in dict.fromkeys(wide) if terms.free_names(low) | terms.free_names(high) <= fixed
        ]

    def wide_sizes(self) -> dict[str, int]:
        """Sizes at which no range is empty, and arrays are longer than the ranges."""
        found = dict.fromkeys(self.sizes, 4)
        lows = frozenset[str]().union(*(terms.free_names(low) for low, _ in self.ranges))
        highs = frozenset[str]().union(*(terms.free_names(high) for _, high in self.ranges))
        found |= dict.fromkeys(lows & found.keys(), 1)
        found |= dict.fromkeys((highs & found.keys()) - lows, 3)
        return found | dict.fromkeys(highs & lows & found.keys(), 2)

    def arrays(self, sizes: Mapping[str, int]) -> list[FreeArray]:
        """The free arrays."""
        found = []
        for name in self.free:
            dims = self.shapes.names[name].known or ()
            shape = tuple(dim.final.value(sizes) for dim in dims)
            has_rows = len(dims) == 2 and not dims[1].is_one
            found.append(FreeArray(name, shape, self.facts.get(name, frozenset()) - {"any"}, has_rows))
        return found

    def places(self, sizes: Mapping[str, int]) -> list[Place]:
        """All combinations of the indices."""
        world, from_zero = World(self.names, sizes, {}), self.claim.from_zero
        ranges = [range(int(name not in from_zero), world.whole(size, {}) + 1) for name, size in self.labels]
        return [dict(zip((name for name, _ in self.labels), place, strict=True)) for place in product(*ranges)]

    @cached_property
    def functions(self) -> dict[str, FunctionKind]:
        """The unknown functions."""
        used = sorted(self.names.used_by(self.claim.left, self.claim.right, *self.claim.conditions))
        kinds = {name: self.names.kinds.get(name) for name in used}
        return {name: kind for name, kind in kinds.items() if isinstance(kind, FunctionKind)}

    def parts(self) -> Iterator[Term]:
        """All terms of the claim, and of the definitions that it uses."""
        sides = (self.claim.left, self.claim.right, *self.claim.conditions)
        used = sorted(self.names.used_by(*sides) & self.names.definitions.keys())
        for term in (*sides, *(self.names.definitions[name].body for name in used)):
            yield from terms.every(term)

    @cached_property
    def numbered(self) -> frozenset[str]:
        """The arrays of numbered vectors: those of which the derivation has columns or rows anywhere."""
        every = (
            use for part in self.shapes.derivation.parts for use in terms.uses_of(part) if isinstance(part, terms.Apply)
        )
        return frozenset(use.name for use in every)

    @cached_property
    def constants(self) -> list[Fraction]:
        """The numbers that stand in the claim, and in what it uses, but for small whole ones."""
        found = {part.value for part in self.parts() if isinstance(part, terms.Number)} - {0, 1, 2}
        return sorted(found)[:4]


def cut_names(names: Names, claim: Relation) -> frozenset[str]:
    """The defined names that can be free in a claim.

    Let z be such a name, defined as Z(x). The claim with a free z says that C(z, x) holds for all z and x. If no part
    of the claim changes a name on which Z depends, then every part has in C(Z(x), x) the value that it has in the claim
    itself: what is defined by z is the same function of z in both, a derivative by z moves z and what is defined by it
    in both, and conditions on z are conditions on Z(x). So a proof for all z is one for z = Z(x). Names are changed by
    derivatives, by `at`, and by d(...), which changes all. A claim that is false for a free z may still be true.

    >>> from chainrule.documents.language.parsing import derivation_of
    >>> def cut(claim):
    ...     found = derivation_of("x : number; z := x^2; y := z^3; claim: " + claim)
    ...     return sorted(cut_names(Names.of(found), found.claims[0]))
    >>> cut("partial(y, z) = 3 * z^2"), cut("partial(y, z) * partial(z, x) = 6 * x^5"), cut("y * z = z^4")
    (['z'], [], ['y', 'z'])
    >>> cut("partial(y, z) = 3 * at(z, x = 1)^2")
    []
    """
    sides = (claim.left, claim.right, *claim.conditions)
    used = names.used_by(*sides) - {name for name, _ in claim.over}
    bodies = [names.definitions[name].body for name in sorted(used) if name in names.definitions]
    every = [part for term in (*sides, *bodies) for part in terms.every(term)]
    if any(isinstance(part, terms.Differential) for part in every):
        return frozenset()
    changed = {part.moved for part in every if isinstance(part, terms.Slope)}
    changed |= {part.name for part in every if isinstance(part, terms.At | terms.LimitOf)}
    values = {name for name in used & names.definitions.keys() if not names.definitions[name].parameters}
    values -= names.steps.keys()  # an entry that is free is not made of the one before it
    return frozenset(name for name in values if not names.uses(name) & (changed - {name}))


# What follows is private.


def _with_moving_arguments(names: Names, *sides: Term) -> Names:
    """Names whose unknown functions have only arguments that something in a claim moves.

    A function that stands once, in the definition of a name, has the same other arguments wherever the name is used. So
    it is one of those that move, and what holds for all functions of these holds for it.
    """
    used = names.used_by(*sides)
    bodies = {name: names.definitions[name].body for name in sorted(used & names.definitions.keys())}
    every = [part for term in (*sides, *bodies.values()) for part in terms.every(term)]
    if any(isinstance(part, terms.Differential) for part in every):
        return names
    changed = {part.moved for part in every if isinstance(part, terms.Slope)}
    changed |= {part.name for part in every if isinstance(part, terms.At | terms.LimitOf)}
    calls = [part.function for part in every if isinstance(part, terms.Call)]
    bound = {name for part in every for name in terms.bound_in(part)}
    definitions, kinds = dict(names.definitions), dict(names.kinds)
    for name, body in bodies.items():
        kind = kinds.get(body.function) if isinstance(body, terms.Call) else None
        if not isinstance(body, terms.Call) or not isinstance(kind, FunctionKind):
            continue
        if body.order or definitions[name].parameters or not names.used_by(body).isdisjoint(bound):
            continue
        moving = [k for k, each in enumerate(body.arguments) if not names.used_by(each).isdisjoint(changed)]
        if 0 < len(moving) < len(body.arguments) and calls.count(body.function) == 1:
            arguments = tuple(body.arguments[k] for k in moving)
            definitions[name] = replace(definitions[name], body=replace(body, arguments=arguments))
            kinds[body.function] = replace(kind, arguments=tuple(kind.arguments[k] for k in moving))
    return Names(definitions, kinds)


def _nested(term: Term) -> int:
    return len(terms.bound_in(term)) + max(map(_nested, terms.parts(term)), default=0)
