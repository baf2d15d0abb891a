"""Claims in which letters lost the number of an example: x_j for x_j^{(i)} in a sum over i, or beside y^{(i)}."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import IndexKind, Relation, ValueKind
from chainrule.documents.language.terms import ONE, Apply, Entry, Fold, Name, Number, Term
from chainrule.documents.reader.interpretation.readings import Reading
from chainrule.documents.reader.letters.suffixed_names import EACH, letter_of

SAME_EXAMPLE = " without a number is that of the same example"
"""The end of the assumption under which such a claim is proved."""


def with_numbers(claim: Relation, reading: Reading) -> tuple[Relation, str] | None:
    """The claim in which letters without a number have that of the sum or the claim, and this assumption in words;
    None if there are none."""
    kinds = [(each.name, each.kind) for each in reading.derivation.declarations]
    every = {
        name.removesuffix(EACH): _axes(kind.shape)
        for name, kind in kinds
        if name.endswith(EACH) and isinstance(kind, ValueKind) and kind.shape
    }
    if not every:
        return None
    left, right, numbering = claim.left, claim.right, _Numbering(every)
    used = _numbers_in(left) | _numbers_in(right)
    labels = ((name, kind.size) for name, kind in kinds if isinstance(kind, IndexKind))
    for name, size in (*claim.over, *labels):
        if name in used:
            left, right = (numbering.within(side, Name(name), size) for side in (left, right))
    left, right = numbering.in_sums(left), numbering.in_sums(right)
    letters = _without_numbers(claim.left, claim.right) - _without_numbers(left, right)
    if not letters:
        return None
    return replace(claim, left=left, right=right), " and ".join(sorted(letters)) + SAME_EXAMPLE


# What follows is private.


@dataclass(frozen=True)
class _Numbering:
    """Terms with the numbers of examples; `every` has the sizes of what holds all examples, by letter."""

    every: Mapping[str, tuple[Term, ...]]

    def in_sums(self, term: Term) -> Term:
        """The term in which sums over examples, and over all entries of their values, have numbers at each letter."""
        inside = terms.mapped(term, self.in_sums)
        match inside:
            case Apply(operator="total", operands=(body,)):
                sizes = {
                    self.every[letter][-1]
                    for name in terms.free_names(body)
                    if (letter := letter_of(name)) in self.every
                }
                if len(sizes) == 1:
                    [size] = sizes
                    index = Name("_example")
                    numbered = self.within(body, index, size)
                    return Fold("sum", index.text, ONE, size, numbered, span=term.span)
            case Fold(kind="sum", index=index, low=Number(value=low), high=high, body=body) if low == 1:
                return replace(inside, body=self.within(body, Name(index), high))
        return inside

    def within(self, term: Term, index: Name, size: Term) -> Term:
        """The term in which letters are those of one example."""
        base = term.base if isinstance(term, Entry) else term
        if isinstance(base, Name) and not base.text.endswith(EACH):
            letter, indices = letter_of(base.text), term.indices if isinstance(term, Entry) else ()
            shape, own = self.every.get(letter, ()), Name(letter + EACH)
            if shape and shape[-1] == size:
                if len(indices) == len(shape) - 1:
                    return Entry(own, (*indices, index), span=term.span)
                if len(shape) == 2 and not indices:
                    return Apply("member", (own, index), span=term.span)
        return terms.mapped(term, lambda part: self.within(part, index, size))


def _axes(shape: tuple[Term, ...]) -> tuple[Term, ...]:
    """The sizes of an array, of which a column has one."""
    return shape[:-1] if len(shape) == 2 and terms.is_number(shape[-1], 1) else shape


def _without_numbers(*sides: Term) -> frozenset[str]:
    """The letters of names in some terms that are not of all examples."""
    return frozenset(letter_of(name) for side in sides for name in terms.free_names(side) if not name.endswith(EACH))


def _numbers_in(term: Term) -> frozenset[str]:
    """The letters of indices that number examples in a term."""
    found = frozenset[str]()
    for part in terms.every(term):
        match part:
            case Entry(base=Name(text=text), indices=(*_, index)) if text.endswith(EACH):
                found |= terms.free_names(index)
            case Apply(operator="member", operands=(Name(text=text), index)) if text.endswith(EACH):
                found |= terms.free_names(index)
    return found
