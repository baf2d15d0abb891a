"""Statements that claim a relation."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Relation
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.terms import ZERO, Apply, Name, Term
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.interpretation.readings import ReadRelation
from chainrule.documents.reader.interpretation.sides import free_indices, names_in, term_of, with_sums
from chainrule.documents.reader.structure.statements import Statement, gives_derivative
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import (
    CASES_JOINED,
    DEFINED_ANEW,
    EQUATED,
    MAYBE,
    RELATIONS,
    NotMeant,
)
from chainrule.documents.reader.syntax.parts_written import all_parts, base_name, is_closed, letters_of
from chainrule.documents.reader.translation.implied_sums import free_in
from chainrule.documents.reader.translation.landau_terms import (
    LANDAU,
    SIGNS,
    approximation,
    orders,
    vanishing,
    without_orders,
)


def enter_claim(state: DocumentState, statement: Statement) -> None:
    """Enter the claim that a statement makes, for all indices that nothing binds, and what its reading supposes."""
    left, right, is_rounded = _sides(state, statement)
    relation = "=" if is_rounded else RELATIONS[statement.relation]
    for full in (name for name, target in state.targets.items() if target is statement.head):
        state.said[full].append((statement.right, names_in(right)))
    if state.inventory.summing:
        head = left if statement.head is None else state.elaborator.term(statement.head)
        calls = (each for part in terms.every(head) if isinstance(part, terms.Call) for each in part.arguments)
        bare = {each.text for each in calls if isinstance(each, Name)} | free_in(head, state.letters)
        left, right = (with_sums(state, side, bare) for side in (left, right))
    conditions = []
    for condition in statement.conditions:
        if any(isinstance(part, w.Dots) for part in all_parts(condition)):
            continue  # i = 1, ..., n
        found = state.elaborator.condition(condition)
        if found is None:
            if not isinstance(condition, w.Words):
                state.elaborator.used.add("a condition that is not read")
        else:
            conditions.append(found)
    if statement.resumed:
        state.elaborator.used.add("it goes on from the display before")
    if state.number_of(statement) in state.besides.stated.called_wrong:
        state.elaborator.used.add(MAYBE)
    if any(letter.startswith(EQUATED) for letter in letters_of(statement.right)):
        state.elaborator.used.add("functions without arguments are equal if their values are")
    if statement.right == w.Numeral(Fraction(0)) and terms.free_names(left) - {"pi"}:
        is_last = statement.number > 0 and gives_derivative(statement)  # dL/dm = sum(x - m) = 0
        state.elaborator.used.add(MAYBE if is_last else "it may be set to zero")
    free = free_indices(state, left, right, *conditions) - state.labels.keys()
    over = tuple((index, state.elaborator.open_size(index)) for index in sorted(free))
    line = statement.line
    follows = _claim_before(state, statement)
    if is_rounded or follows in state.rounded:  # sides of such a claim are no sides of the chain
        follows = None
    if is_rounded:
        state.rounded.add(len(state.claims))
    if statement.right == w.Numeral(Fraction(0)):
        state.zeros.append(len(state.claims))
    state.places.append(state.number_of(statement))
    state.claims.append(Relation(left, relation, right, over, tuple(conditions), line, follows))
    state.entries.append(
        ReadRelation(statement, "claim", len(state.claims) - 1, rests_on=frozenset(state.elaborator.used))
    )


def enter_estimate(state: DocumentState, statement: Statement, variable: str, name: str) -> None:
    """Enter the claim that a definition of w^* makes of w, where a derivative by it is zero; else it only defines."""
    state.elaborator.used.add(DEFINED_ANEW)
    enter_claim(state, statement)
    state.claims[-1] = replace(state.claims[-1], left=Name(variable))
    state.entries[-1] = replace(state.entries[-1], defines=name)


def enter_joined_cases(state: DocumentState, statement: Statement, name: str) -> bool:
    """Enter the claim that the definition of a probability, P(y | x), makes of those of single values, P(y = 1 | x)."""
    if (label := _label_of(statement.left)) is None:
        return False
    cases = list[tuple[Term, Term]]()
    for written in state.targets.values():
        match written:
            case w.Beside(parts=(head, w.Bracketed(items=(w.Comparing(members=(one, value)), *rest)) as inside)) if (
                one == label[0] and (head, tuple(rest), inside.separators) == label[1:] and is_closed(value)
            ):
                cases.append((state.elaborator.term(value), state.elaborator.term(written)))
    name_of_label, names = state.elaborator.term(label[0]), Names(state.definitions, {})
    right = term_of(state, statement.right)
    made = (names.uses(each) for each in terms.free_names(right) - terms.free_names(name_of_label))
    if len(cases) < 2 or any(terms.free_names(name_of_label) & each for each in made):
        return False
    state.elaborator.used.add(CASES_JOINED)
    enter_claim(state, statement)
    single, joined = (
        terms.Table(tuple((each,) for each in column))
        for column in (
            [of_one for _, of_one in cases],
            [terms.substituted(right, {name_of_label: value}.get) for value, _ in cases],
        )
    )
    state.claims[-1] = replace(state.claims[-1], left=single, right=joined)
    state.rounded.add(len(state.claims) - 1)  # its sides are none of the chain
    state.entries[-1] = replace(state.entries[-1], defines=name)
    return True


# What follows is private.


def _claim_before(state: DocumentState, statement: Statement) -> int | None:
    """The claim before a statement in its chain; none at the beginning, and behind a definition at the beginning."""
    entries = reversed(state.entries) if statement.number else ()
    found = (entry.claim for entry in entries if entry.statement.chain == statement.chain)
    return next((claim for claim in found if claim is not None), None)


def _label_of(left: w.Written) -> tuple[w.Written, w.Written, tuple[w.Written, ...], tuple[str, ...]] | None:
    """The letter y in P(y | x), with P, what stands behind y, and the signs between."""
    match left:
        case w.Beside(parts=(head, w.Bracketed(items=(w.Symbol() | w.Scripted() as label, *rest)) as inside)) if rest:
            return label, head, tuple(rest), inside.separators
    return None


def _sides(state: DocumentState, statement: Statement) -> tuple[Term, Term, bool]:
    """The sides of a claim; a limit and 0 for one with o(h) or an approximation; and whether it is so."""
    sides = statement.left, statement.right
    if RELATIONS[statement.relation] == "~" and (about := approximation(sides)) is not None:
        letter, order, words = about
        state.elaborator.used.add(words)
        left, right = (term_of(state, side) for side in sides)
        return (
            vanishing(state.elaborator, Apply("-", (left, right)), letter, order),
            Apply("beside", (ZERO, left)),
            True,
        )
    smaller = [each for side in sides for each in orders(side)] if statement.relation == "=" else []
    if not smaller or not state.kinds.keys().isdisjoint(SIGNS):
        return term_of(state, sides[0]), term_of(state, sides[1]), False
    (variable, power), *others = sorted(smaller, key=lambda each: each[1])
    state.elaborator.used |= {LANDAU} if not power else set()
    if any(base_name(other) != base_name(variable) for other, _ in others):
        raise NotMeant("terms that tend to 0 with several variables", statement.place)
    left, right = (ZERO if (kept := without_orders(side)) is None else term_of(state, kept) for side in sides)
    difference = Apply("-", (left, right))
    return vanishing(state.elaborator, difference, variable, power), Apply("beside", (ZERO, left)), True
