"""The role that the words of a sentence give to a formula in it: assumed, a condition, claimed, denied or none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from chainrule.documents.reader.prose.concluding_words import OBTAINED, SUPPOSING
from chainrule.documents.reader.prose.stated_words import (
    CASES,
    CLAIMS,
    CONDITIONS,
    DENIALS,
    ENDED,
    FACTS,
    ONWARD,
    PAST,
    RELATIVE,
    TOPIC,
    VERB,
)
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import TRANSPOSES
from chainrule.documents.reader.syntax.parts_written import base_name, is_closed, letters_of
from chainrule.documents.reader.syntax.written import Written, WrittenChain

Chains: TypeAlias = Mapping[int, Sequence[WrittenChain]]
"""The formulas of a document, by the number of their piece."""

MARK = re.compile("⟦(\\d+)⟧")
"""The place of a formula in the text of a sentence, with the number of its piece."""
STOP = re.compile("[,;:.⟦，。；：]")
"""The end of a clause, or the next formula."""
_NEXT = re.compile(r"⟦(\d+)⟧\s*(?:,|，|、|[^\W\d_]{1,4}|,\s*[^\W\d_]{1,4})\s*⟦(\d+)⟧")
"""Two formulas with a comma or a short word between, such as "or", "and", "ou"."""
TURN = re.compile(r"\b(?:but|however|aber|mais|pero|но)\b|但", re.IGNORECASE)
"""Words after which a sentence says something else."""


def role_of(text: str, start: int, end: int, chains: Chains) -> str:
    """The role of the formula between two places of a sentence.

    >>> role_of("let ⟦3⟧ be a vector", 4, 7, {})
    'assumed'
    >>> role_of("it is not true that ⟦3⟧", 20, 23, {})
    'denied'
    """
    before = TURN.split(text[:start])[-1]
    clause = re.split("[,;，；]", before)[-1]
    after = STOP.split(text[end:])[0]
    marks = {name: _last(words, before) for name, words in _MARKERS.items()}
    last = max(marks, key=lambda name: marks[name])
    words = before[marks[last] :]
    if last == "condition" and (_is_topic(words, chains) or _is_subject(words, text[end:])):
        marks["condition"] = -1
        last = max(marks, key=lambda name: marks[name])
    if last == "condition" and marks["case"] >= 0:
        last = "case"
    if last == "relative" and marks["assumed"] >= 0:
        last = "assumed"
    denied = DENIALS.search(clause) or (DENIALS.search(before) and marks["assumed"] < len(before) - len(clause))
    if denied or DENIALS.search(after) or _has_other_values(text[start:], chains):
        return "denied"
    if PAST.search(before):
        return "past"
    obtained = OBTAINED.search(before) if last != "claimed" else None
    if obtained is not None and not SUPPOSING.search(before[: obtained.start()]):
        return ""
    return last if marks[last] >= 0 else ""


def takes_apart(number: int, chains: Chains) -> bool:
    """Whether a condition defines a name: one that was used before, by letters that are new, as in "if z = W h + b".

    So does "if g is the gradient of L with respect to y".
    """
    match [*chains.get(number, [])]:
        case [WrittenChain(members=(_, w.Differentiation()), links=(link,))] if link.relation == "=":
            return True
        case [WrittenChain(members=(w.Symbol() as name, Written() as value), links=(link,))] if link.relation == "=":
            new = letters_of(value) - letters_of(name) - TRANSPOSES
            before = [chain for other, found in chains.items() if other < number for chain in found]
            used = {each for chain in before for one in chain.members if one is not None for each in letters_of(one)}
            return len(new) > 1 and not new & used and letters_of(name) <= used
    return False


def supposes_value(number: int, chains: Chains) -> bool:
    """Whether a condition gives a letter that was used before the value of a function: "if p = softmax(z)"."""
    match [*chains.get(number, [])]:
        case [
            WrittenChain(
                members=(w.Symbol() as name, *_, w.Beside(parts=(w.Symbol(), w.Bracketed(kind="(")), joints=("",))),
                links=links,
            )
        ] if all(link.relation == "=" for link in links):
            before = (chain for other, found in chains.items() if other < number for chain in found)
            return any(base_name(name) in letters_of(one) for chain in before for one in chain.members if one)
    return False


# What follows is private.

_MARKERS = {"assumed": ONWARD, "relative": RELATIVE, "condition": CONDITIONS, "case": CASES, "claimed": CLAIMS}


def _is_topic(words: str, every: Chains) -> bool:
    """Whether words only name what the sentence is about, before a comma or colon: "For an example x, y is"."""
    topic = re.split("[,:：]", words)[0]
    mark = words[len(topic) : len(topic) + 1]
    chains = [chain for number in MARK.findall(topic) for chain in every.get(int(number), [])]
    plain = all(link.relation == "in" for chain in chains for link in chain.links)
    is_named = mark not in ("", ",") or TOPIC.match(topic) is not None
    return bool(mark and chains and plain and is_named and not FACTS.search(topic))


def _is_subject(words: str, after: str) -> bool:
    """Whether a formula is what its clause is about: "the label for the data and y = f(z) is the output"."""
    return bool(ENDED.fullmatch(words) and VERB.match(after))


def _has_other_values(text: str, chains: Chains) -> bool:
    """Whether a formula gives the first of several values of a letter: e = 0 in "with e = 0, 1 or -1"."""
    match = _NEXT.match(text)
    first, second = ([*chains.get(int(number), [])] for number in match.groups()) if match else ([], [])
    match first, second:
        case (
            [WrittenChain(members=(w.Symbol(), Written() as value), links=(link,))],
            [WrittenChain(members=(Written() as other,), links=())],
        ):
            return link.relation == "=" and is_closed(value) and is_closed(other)
    return False


def _last(words: re.Pattern[str], text: str) -> int:
    """Where the last of some words begins; -1 if there is none."""
    return max((match.start() for match in words.finditer(text)), default=-1)
