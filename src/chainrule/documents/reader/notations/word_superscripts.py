r"""Words above letters: y^{LS}, \theta^{\text{new}} and z^{out} are other names than y, \theta and z, and no powers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from functools import partial
from typing import Any

from chainrule.documents.reader.syntax.known_words import ELEMENTARY, TRANSPOSES
from chainrule.documents.reader.syntax.parts_written import parts_of_chain
from chainrule.documents.reader.syntax.written import (
    Beside,
    Numeral,
    Scripted,
    Symbol,
    Words,
    Written,
    WrittenChain,
    with_parts,
)

_NO_NAMES = TRANSPOSES | ELEMENTARY.keys() | {"th", "st", "nd", "rd", "C", "c", "H", "dagger", "perp"}
"""Words above letters that turn a matrix, count, or say something else than a name."""

_SIGNS = {"+": "plus", "-": "minus"}
"""Signs above letters that may be marks, with their names."""

_NO_MARKS = _NO_NAMES | frozenset("TtijklmndKLMND")
"""Letters that are no marks of names, but transposes, numbers of examples or layers, powers or sizes."""


def with_words_above(chains: Mapping[int, list[WrittenChain]]) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which words above letters are parts of their names.

    Letters without \\text are a word if they are two capitals or three small letters at least, and if one of them
    stands nowhere else. One letter that stands above letters alone, and twice at least, is a mark: z^o. Beside W^o,
    the letter of W^h is one, too.
    """
    every = [part for found in chains.values() for chain in found for part in parts_of_chain(chain)]
    scripts = [part.upper for part in every if isinstance(part, Scripted) and part.upper is not None]
    uses = Counter(part.text for part in every if isinstance(part, Symbol))
    above = Counter(letter.text for script in scripts for letter in _spelt(script))
    only_above = {letter for letter, count in above.items() if uses[letter] == count}
    marks = _marks(every, uses - _mentioned(chains)) | _signed(chains)
    if not marks and not any(_word(script, only_above) for script in scripts):
        return dict(chains)
    named = partial(_named, only_above=only_above, marks=marks)
    return {number: [named(chain) for chain in found] for number, found in chains.items()}


# What follows is private.


def _spelt(upper: Written) -> tuple[Symbol, ...]:
    """The letters of a superscript that could spell a word; none for another one."""
    parts = upper.parts if isinstance(upper, Beside) and not any(upper.joints) else ()
    letters = tuple(part for part in parts if isinstance(part, Symbol) and len(part.text) == 1 and not part.accents)
    text = "".join(letter.text for letter in letters)
    long_enough = len(text) > 1 if text.isupper() else text.islower() and len(text) > 2
    return letters if len(letters) == len(parts) and text.isascii() and long_enough else ()


def _mentioned(chains: Mapping[int, list[WrittenChain]]) -> Counter[str]:
    """How often a letter is all of a formula: a hidden layer ($h$)."""
    alone = (chain.members[0] for found in chains.values() for chain in found if not chain.links)
    return Counter(each.text for each in alone if isinstance(each, Symbol))


def _marks(parts: Sequence[Written], uses: Mapping[str, int]) -> set[tuple[str, str]]:
    """The pairs of a letter and another one above it that is a mark.

    What stands bare, x beside x^p, or has a number above it has powers.
    """
    scripted = [part for part in parts if isinstance(part, Scripted) and isinstance(part.base, Symbol)]
    plain = Counter(part.text for part in parts if isinstance(part, Symbol) and part.font != "bold")
    plain.subtract(each.base.text for each in scripted if isinstance(each.base, Symbol) and each.base.font != "bold")
    raised = {each.base.text for each in scripted if isinstance(each.base, Symbol) and isinstance(each.upper, Numeral)}
    powers = {text for text, count in plain.items() if count > 0} | raised
    found = Counter(pair for part in scripted if (pair := _letter_above(part)) is not None)
    above = Counter[str]()
    for (_, letter), count in found.items():
        above[letter] += count
    sure = {letter for letter, count in above.items() if count == uses[letter] > 1 and letter not in _SIGNS}
    sure -= {letter for base, letter in found if base in powers}
    marked = {base for base, letter in found if letter in sure}
    return {pair for pair in found if pair[0] not in powers and (pair[1] in sure or pair[0] in marked)}


def _signed(chains: Mapping[int, list[WrittenChain]]) -> set[tuple[str, str]]:
    """The letters for which an equation with a sign above them stands: X^+ = ..., with this sign."""
    firsts = (chain.members[0] for found in chains.values() for chain in found if chain.links)
    return {
        (each.base.text, each.upper.text)
        for each in firsts
        if isinstance(each, Scripted) and isinstance(each.base, Symbol) and isinstance(each.upper, Symbol)
        if each.upper.text in _SIGNS and _has_names(each.base)
    }


def _letter_above(part: Written) -> tuple[str, str] | None:
    """A letter and the one above it that may be a mark; None for anything else."""
    match part:
        case Scripted(base=Symbol(text=base), upper=Symbol(text=above, accents=())) if (
            _has_names(part.base) and len(above) == 1 and above.isascii() and (above.isalpha() or above in _SIGNS)
        ):
            return (base, above) if above not in _NO_MARKS else None
    return None


def _has_names(base: Written) -> bool:
    """Whether words above a letter may belong to its name: not for e, and the sets R and \\mathbb{N}."""
    return isinstance(base, Symbol) and base.text not in ("e", "R") and base.font != "blackboard"


def _word(upper: Written, only_above: Set[str]) -> str:
    """The word that a superscript is; nothing for another one."""
    match upper:
        case Symbol(text=text, is_word=True) | Words(text=text):
            word = "_".join(text.split())
            return word if word.replace("_", "").isalpha() and word not in _NO_NAMES else ""
    letters = _spelt(upper)
    return "".join(each.text for each in letters) if any(each.text in only_above for each in letters) else ""


def _named(node: Any, only_above: Set[str], marks: Set[tuple[str, str]]) -> Any:
    """A tree in which words and marks above letters are parts of the names."""
    node = with_parts(node, partial(_named, only_above=only_above, marks=marks))
    pair = _letter_above(node) if isinstance(node, Scripted) else None
    mark = pair[1] if pair is not None and pair in marks else ""
    match node:
        case Scripted(base=Symbol(text=text) as base, lower=lower, upper=Written() as upper) if _has_names(base) and (
            word := _SIGNS.get(mark, mark) or _word(upper, only_above)
        ):
            name = replace(base, text=f"{text}_{word}", place=node.place)
            return name if lower is None and not node.primes else replace(node, base=name, upper=None)
    return node
