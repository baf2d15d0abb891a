"""Ranges of sums: what stands below and above their signs.

A set of indices may be numbered from 1, as long as its members only choose entries: then the sum over i in S of x_i is
that over i from 1 to the number of members. A sum of the members themselves is not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from chainrule.documents.language import terms
from chainrule.documents.language.terms import ONE, Apply, Entry, Name, Term
from chainrule.documents.reader.letters.meanings import Meanings
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.derivative_signs import beside
from chainrule.documents.reader.syntax.known_words import NotMeant
from chainrule.documents.reader.syntax.parts_written import base_name, index_of_members, under
from chainrule.documents.reader.syntax.written import Written

Range: TypeAlias = tuple[str, Term, Term]
"""An index with its first and its last value."""

NUMBERED = "the members of a set are numbered"


def ranges_of(meanings: Meanings, part: w.BigOperator) -> tuple[list[Range], terms.Condition | None]:
    """The ranges below and above the sign of a sum, and the condition of its terms.

    Raises
    ------
    NotMeant
    """
    one: Term = ONE
    lower, upper = part.lower, part.upper

    def last(index: w.Symbol) -> Term:
        return meanings.open_size(index_name(meanings, index)) if upper is None else meanings.term(upper)

    match lower:
        case w.Comparing(members=(w.Symbol() as index, first), relations=("=",)):
            return [(index_name(meanings, index), meanings.term(first), last(index))], None
        case w.Comparing(members=(low, w.Symbol() as index, high), relations=("<=", "<=")):
            return [(index_name(meanings, index), meanings.term(low), meanings.term(high))], None
        case w.Comparing(members=(inside, w.Symbol(font=font) as every), relations=("in",)) if (
            font != "blackboard" and upper is None and (member := index_of_members(inside)) is not None
        ):
            meanings.used.add(NUMBERED)
            return [(index_name(meanings, member), one, Name(size_of_set(every)))], None
        case w.Comparing(members=(w.Symbol() as index, w.Symbol() as other)) if id(part) in meanings.pairs and {
            base_name(index), base_name(other)
        } <= meanings.inventory.indices and not _is_label(meanings, index, other):  # fmt: skip
            meanings.used.add("a sum over two letters runs over both")
            return [(index_name(meanings, each), one, last(index)) for each in (index, other)], meanings.condition(
                lower
            )
        case w.Comparing(members=(w.Symbol() as index, other)) if meanings.condition(lower) is not None:
            if isinstance(other, w.Symbol) and base_name(index) in meanings.outer:
                index = other if base_name(other) in meanings.inventory.indices - meanings.outer else index
            return [(index_name(meanings, index), one, last(index))], meanings.condition(lower)
        case w.Comparing(
            members=(w.Beside(parts=(w.Symbol() as index, w.Symbol(text=":" | "|"), *rest), joints=joints), *others),
            relations=relations,
        ) if rest:  # i : y_i = 1
            stated = w.Comparing((beside(rest, joints[2:]), *others), relations, place=lower.place)
            if (condition := meanings.condition(stated)) is not None:
                return [(index_name(meanings, index), one, last(index))], condition
        case w.Symbol():
            return [(index_name(meanings, lower), one, last(lower))], None
        case w.Listed(items=items) | w.Beside(parts=items) if all(isinstance(item, w.Symbol) for item in items):
            names = [index_name(meanings, item) for item in items if isinstance(item, w.Symbol)]
            return [(name, one, meanings.open_size(name)) for name in names], None
        case w.Listed(items=(*letters, w.Comparing(members=(w.Symbol() as index, first), relations=("=",)))) if all(
            isinstance(letter, w.Symbol) for letter in letters
        ):  # i, j = 1 stands for both
            several = [each for each in (*letters, index) if isinstance(each, w.Symbol)]
            return [(index_name(meanings, each), meanings.term(first), last(each)) for each in several], None
        case w.Listed(items=(w.Comparing() as first, *others)) if all(isinstance(each, w.Comparing) for each in others):
            ranges, condition = ranges_of(meanings, w.BigOperator(part.kind, first, upper, place=part.place))
            more = meanings.condition(w.Listed(tuple(others), place=lower.place))
            if condition is None and more is not None:
                return ranges, more
    raise NotMeant(f"the range of a {part.kind} is not read", part.place)


def index_name(meanings: Meanings, index: w.Symbol) -> str:
    """The name that the index of a sum has."""
    return meanings.inventory.index_name(meanings.named(base_name(index)))


def size_of_set(every: w.Symbol) -> str:
    """The name of the number of members of a set.

    >>> size_of_set(w.Symbol("S"))
    'S__set'
    """
    return f"{base_name(every)}__set"


def is_of_set(size: Term) -> bool:
    """Whether a size is the number of members of a set.

    >>> is_of_set(Name(size_of_set(w.Symbol("S"))))
    True
    """
    return isinstance(size, Name) and size.text.endswith("__set")


def members_counted(part: w.BigOperator, ranges: Sequence[Range], body: Term, parts: Sequence[Written]) -> None:
    """Refuse a sum over a set whose members are values, as in that of x^2 or f(x) over x in S.

    Parameters
    ----------
    part : BigOperator
    ranges : sequence of Range
        Its ranges.
    body : Term
        What is summed, and `parts` as it is written.

    Raises
    ------
    NotMeant
    """
    if not any(is_of_set(high) for _, _, high in ranges):
        return
    first = part.lower.items[0] if isinstance(part.lower, w.Listed) else part.lower
    member = index_of_members(first.members[0]) if isinstance(first, w.Comparing) else None
    alone = member is not None and any(_is_written_alone(each, base_name(member)) for each in parts)
    if alone or any(_stands_alone(body, index) for index, _, _ in ranges):
        raise NotMeant("a sum of the members of a set", part.place)


# What follows is private.


def _stands_alone(term: Term, index: str) -> bool:
    """Whether an index does more in a term than choose entries, or compare them with other indices."""
    match term:
        case Name(text=text):
            return text == index
        case Entry(base=base, indices=indices):
            others = [each for each in indices if not isinstance(each, Name)]
            return any(_stands_alone(each, index) for each in (base, *others))
        case Apply(operator="member", operands=(base, Name())):
            return _stands_alone(base, index)
        case terms.Comparison(relation="=" | "!=", left=Name() | Entry() as left, right=Name() | Entry() as right):
            return any(_stands_alone(each, index) for each in (left, right) if isinstance(each, Entry))
    return any(_stands_alone(each, index) for each in terms.parts(term))


def _is_written_alone(part: Written, index: str) -> bool:
    """Whether an index stands in a formula beside the scripts, or in brackets of a function: f(x)."""
    match part:
        case w.Symbol():
            return base_name(part) == index
        case w.Scripted(base=base):
            return _is_written_alone(base, index)
        case w.Comparing():
            return False
    return any(_is_written_alone(each, index) for each in under(part))


def _is_label(meanings: Meanings, index: w.Symbol, other: w.Symbol) -> bool:
    """Whether the second of two letters below a sum is a label, which does not run: y in k != y."""
    return base_name(other) in meanings.labels and base_name(index) not in meanings.labels
