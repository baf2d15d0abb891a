"""Keys by which a claim is known again that was judged in another reading of the same document.

A claim is judged by its terms, and by the definitions, kinds, facts and shapes of the names that these use. Where all
of this is the same, the evidence is the same.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence, Set

from chainrule.documents.evidence.proving import Prover
from chainrule.documents.evidence.roundings import tolerances
from chainrule.documents.language import terms
from chainrule.documents.language.derivation import FunctionKind, IndexKind, Kind, Relation, SizeKind, ValueKind
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.sizes import Size
from chainrule.documents.language.terms import Term


def key_of(prover: Prover, claim: Relation) -> Hashable:
    """The claim with all on which its evidence depends, without lines.

    >>> from chainrule.documents.language.parsing import derivation_of
    >>> from chainrule.documents.language.shapes import Shapes
    >>> def keys(text):
    ...     found = derivation_of(text)
    ...     return [key_of(Prover(found, Shapes(found)), claim) for claim in found.claims]
    >>> keys("x : number; claim: x = 1") == keys("x : number; y : number; claim: x = 1")
    True
    >>> keys("x : number; claim: x = 1") == keys("x : number, positive; claim: x = 1")
    False
    """
    derivation, names = prover.derivation, prover.names
    used = {*names.used_in(claim), *_in_sizes(size for _, size in claim.over)}
    remaining, assumed = [each.condition for each in derivation.assumptions], list[terms.Condition]()
    while near := [each for each in remaining if _is_near(names.used_by(each), used, names)]:
        remaining = [each for each in remaining if each not in near]
        assumed += near
        used |= names.used_by(*near)
    supposed = {words: each for words, each in derivation.supposed.items() if each.name in used}
    used |= {name for each in supposed.values() for name in names.used_by(each.body)}
    kinds = {name: names.kinds.get(name) for name in sorted(used)}
    definitions = {name: names.definitions[name] for name in kinds if name in names.definitions}
    parameters = (kind for each in (*definitions.values(), *supposed.values()) for _, kind in each.parameters)
    said = used | _in_sizes(size for kind in (*kinds.values(), *parameters) for size in _sizes_in(kind))
    return (
        *(claim.left, claim.relation, claim.right, claim.over, claim.from_zero, claim.conditions),
        tolerances(claim),
        frozenset(assumed),
        tuple(kinds.items()),
        tuple((name, each.body, each.parameters) for name, each in definitions.items()),
        tuple((words, each.name, each.body, each.parameters) for words, each in supposed.items()),
        _shapes_of([name for name in kinds if name in prover.shapes.names], prover, said),
    )


# What follows is private.


def _is_near(condition: Set[str], used: Set[str], names: Names) -> bool:
    """Whether a condition with some names speaks of names that are used, or of sizes alone."""
    return not condition.isdisjoint(used) or all(isinstance(names.kinds.get(name), SizeKind) for name in condition)


def _sizes_in(kind: Kind | None) -> tuple[Term, ...]:
    """The sizes that a kind names."""
    match kind:
        case FunctionKind(arguments=arguments, result=result):
            return tuple(size for shape in (*arguments, result) for size in shape)
        case IndexKind(size=size):
            return (size,)
        case ValueKind(shape=shape):
            return shape
    return ()


def _in_sizes(sizes: Iterable[Term]) -> frozenset[str]:
    return frozenset[str]().union(*map(terms.free_names, sizes))


def _shapes_of(names: Sequence[str], prover: Prover, said: Set[str]) -> Hashable:
    """The shapes of names; sizes whose names nobody says have numbers."""
    numbers, found = dict[str, int](), list[Hashable]()
    for name in names:
        known = prover.shapes.names[name].known
        for each in (each for dim in known or () for each in sorted(dim.final.names - said)):
            numbers.setdefault(each, len(numbers))
        found.append((name, known is None, *((dim.is_one, _numbered(dim.final, numbers)) for dim in known or ())))
    return tuple(found)


def _numbered(size: Size, numbers: Mapping[str, int]) -> Hashable:
    """A size with numbers in place of some names."""
    return frozenset((*sorted(str(numbers.get(name, name)) for name in names), count) for names, count in size.parts)
