"""The sides of statements: their terms, the names that left sides define, and the indices that nothing binds."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from chainrule.documents.language import terms
from chainrule.documents.language.dimensions import OPEN
from chainrule.documents.language.terms import Apply, Name, Term
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.letters.scripts import with_entries
from chainrule.documents.reader.structure.targets import Target
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import ELEMENTARY, NotMeant
from chainrule.documents.reader.syntax.parts_written import letters_of
from chainrule.documents.reader.translation.elaboration import Elaborator
from chainrule.documents.reader.translation.implied_sums import summed

MOST_DEPTH = 120
"""Terms within each other."""


def term_of(state: DocumentState, side: w.Written) -> Term:
    """A side in the strict language, if it is not nested too deeply."""
    state.elaborator.of_numbers_alone = letters_of(side) <= {"e", "pi", *ELEMENTARY}
    found = state.elaborator.term(side)
    if terms.depth(found) > MOST_DEPTH:
        raise NotMeant("it is nested too deeply", side.place)
    return found


def key_of(elaborator: Elaborator, target: Target) -> str | None:
    """The name with the subscripts that are parts of it, wherever it stands."""
    lower = target.name.lower if isinstance(target.name, w.Scripted) else None
    with suppress(NotMeant):
        name = with_entries(elaborator, target.base, target.base, lower)[0]
        return elaborator.with_arity(name, target.base, len(target.parameters))
    return None


def name_of(elaborator: Elaborator, target: Target) -> str | None:
    """The name, with the subscripts and superscripts that are parts of it; None for a power of a name."""
    if not isinstance(target.name, w.Scripted | w.Beside):
        name = elaborator.named(target.base, alone=True)
        return elaborator.with_arity(name, target.base, len(target.parameters))
    found = elaborator.term(target.name)
    base = found.base if isinstance(found, terms.Entry) else found
    if isinstance(base, terms.Call) and (target.parameters or target.base in elaborator.by_number):
        return base.function  # s_i(x), where s without arguments would be s(x); D_t, which is D(t)
    member = array_of(base)
    return base.text if isinstance(base, Name) else member and member[0]


def array_of(term: Term) -> tuple[str, bool] | None:
    """The array of which a vector is one member, and whether the members are its rows: x_i beside x_{ij}."""
    return next(((use.name, use.axis == 0) for use in terms.uses_of(term) if isinstance(term, terms.Apply)), None)


def names_in(term: Term) -> set[str]:
    """The names in a term, but for sizes that nobody says.

    >>> sorted(names_in(terms.Apply("+", (Name("x"), Name("y")))))
    ['x', 'y']
    """
    return {part.text for part in terms.every(term) if isinstance(part, Name) and not part.text.startswith(OPEN)}


def with_sums(state: DocumentState, term: Term, free: Iterable[str]) -> Term:
    """A term with sums over the indices that are repeated, in a document that does not write them."""
    if not state.inventory.summing:
        return term
    found = summed(term, state.letters - state.labels.keys() - frozenset(free), state.elaborator.open_size)
    if found is not term:
        state.elaborator.used.add("repeated indices are summed over")
    return found


def free_indices(state: DocumentState, *parts: Term) -> set[str]:
    """Indices that nothing binds."""
    free = frozenset[str]().union(*map(terms.free_names, parts))
    used = {
        name.text
        for part in parts
        for each in terms.every(part)
        for inside in _chosen(each)
        for name in terms.every(inside)
        if isinstance(name, Name)
    }
    return {name for name in free & used if name in state.letters and name not in state.definitions}


# What follows is private.


def _chosen(term: Term) -> tuple[Term, ...]:
    """The terms that choose an entry or a member directly under a term, or are compared there."""
    match term:
        case terms.Entry(indices=indices):
            return indices
        case Apply(operator="member", operands=(_, index)):
            return (index,)
        case terms.Comparison(left=left, right=right):
            return left, right
    return ()
