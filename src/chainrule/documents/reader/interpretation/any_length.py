"""Functions of vectors of any length: softmax(x)_i = e^{x_i} / sum_j e^{x_j} is as long as its argument."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from fractions import Fraction

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Kind, ValueKind
from chainrule.documents.language.terms import Entry, Family, Fold, Name, Term


def of_any_length(body: Term, parameters: Sequence[str], fixed: Set[str]) -> Term:
    """The body of a function in which indices that run over a parameter run up to its length, length_of_x.

    An index runs over a parameter if entries of it are chosen by this index alone. Fixed ranges stay as they are.

    >>> from chainrule.documents.language.parsing import term_of
    >>> from chainrule.documents.language.printing import text_of
    >>> text_of(of_any_length(term_of("[i in m: exp(x[i]) / sum(j in n: exp(x[j]))]"), ["x"], set()))
    '[i in length_of_x: exp(x[i]) / sum(j in length_of_x: exp(x[j]))]'
    """

    def inside(part: Term) -> Term:
        return of_any_length(part, parameters, fixed)

    match body:
        case Family(indices=indices):
            lengths = {name: _length(name, body.body, parameters) for name, _ in indices if name not in fixed}
            sizes = tuple((name, lengths.get(name) or size) for name, size in indices)
            return replace(body, indices=sizes, body=inside(body.body))
        case Fold(index=index, low=low, high=Name()) if terms.is_number(low, 1) and index not in fixed:
            return replace(body, high=_length(index, body.body, parameters) or body.high, body=inside(body.body))
    return terms.mapped(body, inside)


def with_length(
    name: str, count: int, body: Term, parameters: tuple[tuple[str, Kind], ...]
) -> tuple[Term, tuple[tuple[str, Kind], ...]]:
    """A function whose parameter has as many entries as its definition writes out, so that no other column fits."""
    length = terms.Number(Fraction(count))
    told = terms.substituted(body, {Name(f"length_of_{name}"): length}.get)
    column = ValueKind((length, terms.ONE))
    return told, tuple((each, column if each == name else kind) for each, kind in parameters)


# What follows is private.


def _length(index: str, body: Term, parameters: Sequence[str]) -> Term | None:
    """The length of the only parameter over which an index runs in a term."""
    over = {
        base.text
        for part in terms.every(body)
        if isinstance(part, Entry) and isinstance(base := part.base, Name) and part.indices == (Name(index),)
    }
    return Name(f"length_of_{min(over)}") if len(over) == 1 and over <= set(parameters) else None
