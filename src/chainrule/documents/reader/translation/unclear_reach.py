"""Formulas that authors read in two ways: log x y, a / b c, and d/dx x^2 + x. The reading stays, in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from chainrule.documents.reader.letters.meanings import Meanings
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import ELEMENTARY, TAKES_MORE
from chainrule.documents.reader.syntax.parts_written import all_parts, base_name, letters_of
from chainrule.documents.reader.syntax.written import Written


def below_slash(meanings: Meanings, parts: Sequence[Written], joints: Sequence[str]) -> None:
    """Doubt what stands below a slash where a letter follows: 1/2x is x/2 for some and 1/(2x) for others."""
    for at, (joint, after) in enumerate(pairwise(joints)):
        if joint == "/" and not after and _is_letter(meanings, parts[at + 1]) and _is_letter(meanings, parts[at + 2]):
            meanings.used.add(f"a slash {TAKES_MORE}")


def argument(meanings: Meanings, head: str, parts: Sequence[Written], joints: Sequence[str], end: int) -> None:
    """Doubt where the argument of a function without brackets ends, if it ends at a letter before further factors.

    Nobody means log(x / x) by log x / x.
    """
    if end >= len(parts) or not _is_letter(meanings, parts[end - 1]):
        return
    last, after = parts[end - 1], parts[end]
    is_divided = joints[end - 1] == "/" and letters_of(after) != letters_of(last)
    if is_divided or (not joints[end - 1] and (_is_letter(meanings, after) or _is_bracket(after))):
        meanings.used.add(f"{head} {TAKES_MORE}")


def before_sign(meanings: Meanings, part: Written, after: Written) -> None:
    """Doubt how far log 1 and d/dx reach where a further term follows."""
    pieces = part.parts if isinstance(part, w.Beside) else (part,)
    match pieces[-2:]:
        case (w.Symbol(text=head), w.Numeral()) if head in ELEMENTARY:
            meanings.used.add(f"{head} {TAKES_MORE}")
    if isinstance(part, w.Beside) and part.joints[-1] == "/" and pieces[-1] == w.Numeral(Fraction(1)):  # 1/1+e^{-x}
        meanings.used.add(f"a slash {TAKES_MORE}")
    of_all = [each for each in pieces[:-1] if isinstance(each, w.Differentiation) and each.subject is None]
    is_operator = of_all and of_all[-1].variables and of_all[-1].sign not in ("nabla", "grad")
    has_own = any(isinstance(each, w.Differentiation) for each in all_parts(after))
    if is_operator and not has_own and not _is_bracket(pieces[-1]):
        meanings.used.add(f"a derivative {TAKES_MORE}")


def of_values(meanings: Meanings, kind: str, indices: Sequence[str], body: Sequence[Written]) -> None:
    """Doubt that a letter below a maximum numbers things, if it is used as a value alone: max_{a < t < b} |1 - t|."""
    scripts = [
        script
        for each in body
        for part in all_parts(each)
        if isinstance(part, w.Scripted)
        for script in (part.lower, part.upper)
        if script is not None
    ]
    numbering = frozenset[str]().union(*map(letters_of, scripts))
    for index in indices if kind in ("max", "min") else ():
        if index not in numbering and any(index in letters_of(each) for each in body):
            meanings.used.add(f"{index} may take other values than whole numbers")


# What follows is private.


def _is_letter(meanings: Meanings, part: Written) -> bool:
    """Whether a factor is a letter with or without scripts, or a numeral, and no function."""
    inner = part.base if isinstance(part, w.Scripted) else part
    if isinstance(inner, w.Symbol):
        return inner.text not in ELEMENTARY and base_name(inner) not in meanings.functions
    return isinstance(inner, w.Numeral)


def _is_bracket(part: Written) -> bool:
    inner = part.base if isinstance(part, w.Scripted) else part
    return isinstance(inner, w.Bracketed)
