"""Conditions and facts that sentences state, with the pieces over which they reach, and what excludes them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.parts_written import letters_of
from chainrule.documents.reader.syntax.written import Written


@dataclass(frozen=True)
class Hypothesis:
    """A condition, or a fact about a name, and the pieces of the document over which it reaches.

    Attributes
    ----------
    subject : Written
        The condition, or the name of which the fact is said.
    fact : str
    start, end : int
        The first piece, and the one after the last.
    certain : bool
        False if it is not certain that it is assumed there.
    line : int
    text : str
        The words or the formula that say it.
    """

    subject: Written
    fact: str
    start: int
    end: int
    certain: bool
    line: int
    text: str
    at: int = 0
    """The piece that says it."""

    @property
    def letters(self) -> frozenset[str]:
        """The names in it."""
        return letters_of(self.subject)


@dataclass(frozen=True)
class Renewal:
    """Words after which nothing counts that was said before of a letter: now let A be symmetric, A is not diagonal.

    Attributes
    ----------
    letter : str
    place : int
        The piece from which on this is so.
    line : int
    is_any : bool
        True if the letter is arbitrary from there on: then its definition does not count either.
    """

    letter: str
    place: int
    line: int
    is_any: bool = False


def says(each: Hypothesis, told: Sequence[str], letters: Set[str]) -> bool:
    """Whether a hypothesis says one of some facts about these letters."""
    return each.fact in told and each.letters == letters


def is_fact(each: Hypothesis, letters: Set[str]) -> bool:
    """Whether a hypothesis is a fact about these letters."""
    return bool(each.fact) and each.letters == letters


def compares(each: Hypothesis, letters: Set[str]) -> bool:
    """Whether a hypothesis is a condition on these letters alone: i \\neq j."""
    return not each.fact and bool(each.letters) and each.letters <= letters


def excludes(one: Written, other: Written) -> bool:
    """Whether two conditions relate the same sides in different ways: i = j and i \\neq j."""
    if not isinstance(one, w.Comparing) or not isinstance(other, w.Comparing) or len(one.members) != 2:
        return False
    return set(one.members) == set(other.members) and one.relations != other.relations


def gives_another(one: Written, other: Written) -> bool:
    """Whether two equations give one letter different numbers: y = 1 and y = 0."""
    match one, other:
        case (
            w.Comparing(members=(left, w.Numeral(value=value)), relations=("=",)),
            w.Comparing(members=(same, w.Numeral(value=another)), relations=("=",)),
        ):
            return left == same and value != another
    return False
