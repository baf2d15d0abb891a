"""Conditions of the strict language from what a document states, and the claims that they reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Relation
from chainrule.documents.language.dimensions import OPEN
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.terms import ZERO, Comparison, Condition, Is, Name, Number, Term, base_in, is_printed
from chainrule.documents.reader.letters.suffixed_names import letter_of
from chainrule.documents.reader.prose.hypotheses import Hypothesis, Renewal
from chainrule.documents.reader.syntax.known_words import NotMeant
from chainrule.documents.reader.syntax.written import Symbol
from chainrule.documents.reader.translation.elaboration import Elaborator

SIGNS = {">": "positive", "<": "negative", ">=": "nonnegative", "!=": "nonzero"}
TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True, eq=False)
class Held:
    """A condition, the pieces over which it reaches, and the words that state it.

    `compares_indices` is true for conditions on the indices of a claim, such as i = j.
    """

    condition: Condition
    start: int
    end: int
    certain: bool
    text: str
    compares_indices: bool = False
    at: int = -1
    """The piece that states it."""
    ends: frozenset[str] = frozenset()
    """The letters with which indices are compared, as T in t < T, but for indices."""


def fact_of(name: Term, fact: str) -> Condition:
    """A fact about a name as a condition. The entries of a sign are 1 or -1, y^2 = y / y; those of a bit 0 or 1."""
    if fact not in ("sign", "bit"):
        return Is(name, fact)
    right = terms.Apply("./", (name, name)) if fact == "sign" else name
    return Comparison("=", terms.Apply(".*", (name, name)), right)


def held_in(
    hypotheses: Iterable[Hypothesis], elaborator: Elaborator, defined: Set[str], fixed: Set[str] = frozenset()
) -> Iterator[Held]:
    """The conditions that hypotheses state; those that cannot be read, and definitions, are left out.

    Parameters
    ----------
    hypotheses : iterable of Hypothesis
    elaborator : Elaborator
    defined : set of str
        The names that have definitions. An equation for one is no assumption.
    fixed : set of str
        Indices that have one value each, so that an equation with one is not for all its values.
    """
    for each in hypotheses:
        with suppress(NotMeant, RecursionError):
            told = f"'{each.text}' in line {each.line}"
            if each.fact:
                subject = elaborator.term(each.subject)
                is_function = isinstance(subject, terms.Call) and isinstance(each.subject, Symbol)  # r for r(u)
                base = subject.function if is_function and isinstance(subject, terms.Call) else base_in(subject)
                is_value = base and (each.fact != "any" or base not in _letters(elaborator))
                found: Condition | None = fact_of(Name(base), each.fact) if is_value else None
                if found and isinstance(subject, terms.Entry) and not _is_general(subject, elaborator, fixed):
                    sign = next((sign for sign, fact in SIGNS.items() if fact == each.fact), "")
                    found = Comparison(sign, subject, ZERO) if sign else None  # of the last entry x_n alone
            else:
                found = elaborator.condition(each.subject)
            for one in _parts(found):
                indices = isinstance(one, Comparison) and _compares_indices(one, elaborator)
                if not indices and not each.fact and _defines(one, defined):
                    continue
                numbers = isinstance(one, Comparison) and not (terms.free_names(one.left) | terms.free_names(one.right))
                if numbers or any(isinstance(part, terms.LimitOf) for part in terms.every(one)):
                    continue  # it says nothing of the names in it
                one = one if indices else _for_all(one, elaborator, fixed)
                certain = each.certain and (indices or _is_about_one(one, elaborator))
                ends = terms.free_names(one) & elaborator.inventory.fixed_limits if indices else frozenset[str]()
                yield Held(one, each.start, each.end, certain, told, indices, each.at, ends)


def without_alternatives(held: Iterable[Held]) -> list[Held]:
    """The conditions, of which those are not certain that give one name several values in one place: t = 1 or t = 0."""
    every = list(held)
    given = [(each, value) for each in every if (value := given_by(each.condition)) is not None]
    several = {
        id(one)
        for one, (name, value) in given
        for other, (same, another) in given
        if name == same and value != another and one.start < other.end and other.start < one.end
    }
    return [replace(each, certain=False) if id(each) in several else each for each in every]


def reaching(
    held: Sequence[Held],
    claim: Relation,
    place: int,
    names: Names,
    defined_at: Mapping[str, int] = MappingProxyType({}),
    renewals: Sequence[Renewal] = (),
) -> tuple[list[Held], list[Held]]:
    """The conditions that a claim stands under, and those of which this is not certain.

    A condition may bring names of which further ones speak. A fact about a name in a definition, "the loss for a
    one-hot y is L = ...", holds wherever the claim uses what is defined, until something else is said of the name.
    """
    over = {name for name, _ in claim.over}
    used, here, added = names.used_in(claim), list[Held](), True
    within = [(defined_at[name], names.uses(name)) for name in sorted(used) if name in defined_at]

    def is_renewed(each: Held) -> bool:
        letters = {letter_of(name) for name in names.used_by(each.condition)} if later else set[str]()
        return any(renewal.letter in letters and each.at < renewal.place for renewal in later)

    later = [renewal for renewal in renewals if renewal.place <= place]
    waiting = [each for each in held if each.start <= place < each.end and each.at != place]  # none assumes itself
    for each in held if within else ():
        if isinstance(each.condition, Is) and each not in waiting:
            name = terms.base_of(each.condition.subject)
            waiting += [each] if any(each.start <= at < each.end and name in uses for at, uses in within) else []
    waiting = [each for each in waiting if not is_renewed(each)]
    while added:
        added = False
        for each in waiting[:]:
            about = names.used_by(each.condition)
            is_of_indices = each.compares_indices and about - each.ends <= over | names.kinds.keys()
            if is_of_indices or not (each.compares_indices or about.isdisjoint(used - over)):
                waiting.remove(each)
                here.append(each)
                added = True
                used |= about if each.certain else frozenset()
    return [each for each in here if each.certain], [each for each in here if not each.certain]


def given_by(condition: Condition) -> tuple[str, Term] | None:
    """The name that a condition gives a number or a table of numbers, and this value."""
    if not isinstance(condition, Comparison) or condition.relation != "=":
        return None
    left, right = (side.body if isinstance(side, terms.Family) else side for side in (condition.left, condition.right))
    return (base_in(left), right) if is_printed(right) and base_in(left) else None


# What follows is private.


def _parts(condition: Condition | None) -> tuple[Condition, ...]:
    if isinstance(condition, terms.Junction) and condition.kind == "and":
        return condition.conditions
    return () if condition is None else (condition,)


def _compares_indices(condition: Comparison, elaborator: Elaborator) -> bool:
    """Whether a condition compares indices with each other, with numbers or with ends of ranges: i = j, k < T - 1."""
    sides = condition.left, condition.right
    if not any(_is_index(part, elaborator) for side in sides for part in terms.every(side)):
        return all(isinstance(side, Number) for side in sides)
    return all(_is_counted(side, elaborator) for side in sides)


def _is_counted(side: Term, elaborator: Elaborator) -> bool:
    """Whether a side is made of indices, ends of ranges and numbers by sums."""
    match side:
        case Number():
            return True
        case Name(text=text) if text in elaborator.inventory.fixed_limits:
            return True
        case terms.Apply(operator="+" | "-", operands=operands):
            return all(_is_counted(each, elaborator) for each in operands)
    return _is_index(side, elaborator)


def _is_index(side: Term, elaborator: Elaborator) -> bool:
    if not isinstance(side, Name):
        return False
    return side.text in _letters(elaborator) or elaborator.inventory.declared.get(side.text, 0) < 0


def _letters(elaborator: Elaborator) -> frozenset[str]:
    return frozenset(map(elaborator.inventory.index_name, elaborator.inventory.indices))


def _defines(condition: Condition, defined: Set[str]) -> bool:
    """Whether an equation is one for a name that has a definition, or says what a name is."""
    if not isinstance(condition, Comparison) or condition.relation != "=":
        return False
    left = condition.left.base if isinstance(condition.left, terms.Entry) else condition.left
    base = left.function if isinstance(left, terms.Call) else base_in(condition.left)
    return base in defined or (bool(base) and not is_printed(condition.right))


def _is_about_one(condition: Condition, elaborator: Elaborator) -> bool:
    """False for equations between several names, which are rather steps or definitions than assumptions."""
    if not isinstance(condition, Comparison) or condition.relation != "=":
        return True
    compares = any(isinstance(part, terms.Truth) for part in terms.every(condition))
    names = terms.free_names(condition) - elaborator.inventory.limits - _letters(elaborator)
    return not compares and len([name for name in names if not name.startswith(OPEN)]) <= 1


def _is_general(entry: terms.Entry, elaborator: Elaborator, fixed: Set[str]) -> bool:
    """Whether indices choose an entry, so that it stands for all of them."""
    free = _letters(elaborator) - fixed
    return all(isinstance(each, Name) and each.text in free for each in entry.indices)


def _for_all(condition: Condition, elaborator: Elaborator, fixed: Set[str]) -> Condition:
    """A condition on entries as one on whole arrays; comparisons with 0 as facts."""
    if not isinstance(condition, Comparison):
        return condition
    left, right, relation = condition.left, condition.right, condition.relation
    if left == ZERO and relation in TURNED:
        left, right, relation = right, left, TURNED[relation]
    free = (terms.free_names(condition) & _letters(elaborator)) - fixed
    base = base_in(left)
    lone = isinstance(left, Name) or (isinstance(left, terms.Entry) and _is_general(left, elaborator, fixed))
    if right == ZERO and relation in SIGNS and base and lone:
        return Is(Name(base), SIGNS[relation])
    if not free:
        return condition
    over = tuple((index, elaborator.open_size(index)) for index in sorted(free))
    return Comparison(relation, terms.Family(over, left), terms.Family(over, right))
