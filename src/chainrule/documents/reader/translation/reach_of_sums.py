"""How far sums reach over the terms behind them, and which names stand without arguments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from chainrule.documents.language.trees import parts_of
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.parts_written import (
    all_parts,
    base_letter,
    base_name,
    index_of_members,
    letters_of,
)
from chainrule.documents.reader.syntax.written import Written


def index_of_last_sum(part: Written) -> str | None:
    """The index of the first sum or product sign in a term; None if it has none."""
    pieces = part.parts if isinstance(part, w.Beside) else (part,)
    for piece in pieces:
        if isinstance(piece, w.BigOperator) and piece.kind in ("sum", "prod", "lim") and piece.lower is not None:
            lower = piece.lower
            if isinstance(lower, w.Comparing) and lower.relations == ("in",):
                lower = index_of_members(lower.members[0]) or lower
            index = next((each for each in all_parts(lower) if isinstance(each, w.Symbol)), None)
            return None if index is None else base_name(index)
    return None


def over_both(formulas: Iterable[Written]) -> frozenset[int]:
    """The sums over two letters of which neither is bound around them or used elsewhere, by their identities.

    \\sum_{i \\neq j} x_i x_j = c has such a sum, over all pairs. In
    \\sum_{i \\neq j} x_i = c - x_j the letter j is fixed.
    """
    free, pairs = set[str](), list[tuple[int, frozenset[str], frozenset[str]]]()

    def walk(formula: Written, bound: frozenset[str]) -> None:
        if isinstance(formula, w.Symbol):
            free.update({base_name(formula)} - bound)
        inside = bound
        for part in parts_of(formula, Written):
            if isinstance(part, w.BigOperator):
                letters = letters_of(part.lower) if part.lower is not None else frozenset()
                match part.lower:
                    case w.Comparing(members=(w.Symbol(), w.Symbol()), relations=("!=" | "<" | "<=" | ">" | ">=",)):
                        pairs.append((id(part), letters, inside))
                inside |= letters
                if part.upper is not None:
                    walk(part.upper, bound)
            else:
                walk(part, inside if isinstance(formula, w.Beside) else bound)

    for formula in formulas:
        walk(formula, frozenset())
    return frozenset(number for number, letters, bound in pairs if not letters & (bound | free) and len(letters) == 2)


def outer_letters(written: Written) -> frozenset[str]:
    """The letters in a formula that no sum in it binds, and that stand outside of diagonals, as in diag(w_i)."""
    every = all_parts(written)
    ranges = [part.lower for part in every if isinstance(part, w.BigOperator) and part.lower is not None]
    bound = frozenset[str]().union(*map(letters_of, ranges))
    pairs = (pair for part in every if isinstance(part, w.Beside) for pair in pairwise(part.parts))
    diagonals = [inside for name, inside in pairs if base_letter(name) == "diag" and isinstance(inside, w.Bracketed)]
    counts = Counter(part for part in every if isinstance(part, w.Symbol))
    counts -= Counter(part for each in diagonals for part in all_parts(each) if isinstance(part, w.Symbol))
    return frozenset(map(base_name, counts)) - bound


def stands_bare(name: str, written: Written) -> bool:
    """Whether a name stands in a formula without arguments behind it."""
    calls = [
        one.base if isinstance(one, w.Scripted) else one
        for part in all_parts(written)
        if isinstance(part, w.Beside)
        for one, other in pairwise(part.parts)
        if isinstance(other, w.Bracketed)
    ]
    called = sum(isinstance(each, w.Symbol) and base_name(each) == name for each in calls)
    return sum(isinstance(part, w.Symbol) and base_name(part) == name for part in all_parts(written)) > called


def uses(part: Written, index: str) -> bool:
    """Whether a term uses an index that it does not bind."""
    bound = {
        base_name(each)
        for big in all_parts(part)
        if isinstance(big, w.BigOperator) and big.lower is not None
        for each in all_parts(big.lower)
        if isinstance(each, w.Symbol)
    }
    return index not in bound and any(
        isinstance(each, w.Symbol) and base_name(each) == index for each in all_parts(part)
    )


def with_body(part: Written, more: Sequence[Written], signs: Sequence[int]) -> Written:
    """A term that ends in a sum, whose body goes on with further terms, or begins with them."""
    pieces = part.parts if isinstance(part, w.Beside) else (part,)
    joints = part.joints if isinstance(part, w.Beside) else ()
    at = next(number for number, piece in enumerate(pieces) if isinstance(piece, w.BigOperator))
    rest = pieces[at + 1 :]
    first = w.Beside(rest, joints[at + 1 :]) if len(rest) > 1 else rest[0] if rest else None
    terms, all_signs = (tuple(more), tuple(signs)) if first is None else ((first, *more), (1, *signs))
    body = w.Signed(terms, all_signs, place=(part.place[0], more[-1].place[1]))
    return w.Beside((*pieces[: at + 1], body), (*joints[:at], joints[at] if rest else ""), place=body.place)


def ends_in_sum(part: Written) -> bool:
    """Whether nothing follows the sign of a sum."""
    return isinstance(part.parts[-1] if isinstance(part, w.Beside) else part, w.BigOperator)
