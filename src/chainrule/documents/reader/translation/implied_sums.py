"""Sums that are not written: an index that stands twice in a product is summed over, as Einstein proposed.

An index of the whole equation is not summed over. An index that stands once in a denominator, in a power, or twice in
the argument of a function is summed over there: exp(u_j v_j) / exp(w_k) has a sum in the exponent, and one below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Set

from chainrule.documents.language import terms
from chainrule.documents.language.terms import ONE, Apply, Call, Entry, Fold, Slope, Term
from chainrule.documents.language.trees import kept

SIGNS = ("+", "-", "negative")
PRODUCTS = ("beside", "dot", "*", ".*", "over", "/")


def free_in(term: Term, letters: Set[str]) -> frozenset[str]:
    """The indices in a term that are not summed over: none stands in two factors of it.

    >>> from chainrule.documents.language.terms import Name
    >>> x, y, i = Name("x"), Name("y"), Name("i")
    >>> sorted(free_in(Apply("beside", (Entry(x, (i,)), Entry(y, (i, Name("j"))))), {"i", "j"}))
    ['j']
    """
    counts = Counter(index for factor in _factors(term) for index in _written(factor, letters))
    return frozenset(index for index, count in counts.items() if count == 1)


def used(term: Term, letters: Set[str]) -> frozenset[str]:
    """The letters that are indices in a term and that it does not bind."""
    return _in_places(term) & letters & terms.free_names(term)


def summed(term: Term, indices: Set[str], size: Callable[[str], Term]) -> Term:
    """The term with its sums over some indices.

    >>> from chainrule.documents.language.printing import text_of
    >>> from chainrule.documents.language.terms import Name
    >>> x, i = Name("x"), Name("i")
    >>> product = Apply("*", (Entry(x, (i,)), Apply("exp", (Entry(x, (i,)),))))
    >>> text_of(summed(Apply("+", (Name("c"), product)), {"i"}, lambda index: Name("n")))
    'c + sum(i in n: x[i] * exp(x[i]))'
    """
    here = used(term, indices)
    if not here:
        return term
    if isinstance(term, Apply) and term.operator in SIGNS:
        return terms.mapped(term, lambda part: summed(part, here, size))
    below, around = _split(term, here)
    if below:
        term = terms.mapped(term, lambda part: summed(part, below, size))
    for index in sorted(around):
        term = Fold("sum", index, ONE, size(index), term, span=term.span)
    return term


# What follows is private.


@kept
def _in_places(term: Term) -> frozenset[str]:
    """The names in places of indices, anywhere in a term."""
    here = frozenset[str]().union(*map(terms.free_names, _places(term)))
    return here.union(*map(_in_places, terms.parts(term)))


def _written(factor: Term, letters: Set[str]) -> list[str]:
    """The letters that are indices in a factor: those of an entry, and of a Kronecker delta, as often as written."""
    places = _places(factor.condition if isinstance(factor, terms.Truth) else factor)
    if not places:
        return list(used(factor, letters))
    return [name for place in places for name in terms.free_names(place) & letters]


def _places(part: Term) -> tuple[Term, ...]:
    match part:
        case Entry(indices=indices):
            return indices
        case Apply(operator="member", operands=(_, index)):
            return (index,)
        case terms.Comparison(left=left, right=right):
            return (left, right)
    return ()


def _factors(term: Term) -> list[Term]:
    if isinstance(term, Apply) and term.operator in PRODUCTS:
        return [factor for operand in term.operands for factor in _factors(operand)]
    return _factors(term.operands[0]) if isinstance(term, Apply) and term.operator == "negative" else [term]


def _split(term: Term, here: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The indices that are summed over further below, and those whose sum is around the term."""
    match term:
        case Apply(operator=operator, operands=operands) if operator in PRODUCTS:
            twice = frozenset(i for i in here if sum(i in used(operand, here) for operand in operands) > 1)
            return here - twice, twice
        case Slope(variable=variable):
            return here - used(variable, here), used(variable, here)
        case Apply(operator="raised", operands=(base, _)) if not isinstance(base, Entry):
            return here, frozenset()
        case Apply(operands=(argument,)) | Call(arguments=(argument,)):
            once = free_of_sums(argument, here)
            return here - once, once
        case Fold() | terms.Choice():
            return here, frozenset()
    return frozenset(), here


def free_of_sums(term: Term, letters: frozenset[str]) -> frozenset[str]:
    """The letters that stand once in some term of a sum; in a function of a function where they stand in that."""
    if isinstance(term, Apply) and term.operator in SIGNS:
        return frozenset[str]().union(*(free_of_sums(part, letters) for part in term.operands))
    match term:
        case Apply(operands=(argument,)) | Call(arguments=(argument,)):
            return free_of_sums(argument, letters)  # log(exp(u_j v_j)) has its sum within exp
    return free_in(term, letters)
