"""Lists in which dots stand without commas beside them: (x_1, x_2 ... x_n)."""

from __future__ import annotations

from dataclasses import replace

from chainrule.documents.reader.syntax import written
from chainrule.documents.reader.syntax.derivative_signs import beside
from chainrule.documents.reader.syntax.written import Signed, Written


def with_dots_apart(
    items: tuple[Written, ...], separators: tuple[str, ...], kind: str
) -> tuple[tuple[Written, ...], tuple[str, ...]]:
    """A list in which dots stand without commas: (x_1, x_2 ... x_n) and [x_1 x_2 ... x_n], but no (x_1 ... x_n)."""
    if set(separators) - {","} or (kind == "(" and not separators):
        return items, separators
    found = [part for item in items for part in _around_dots(item, len(items) == 1)]
    return (tuple(found), (",",) * (len(found) - 1)) if len(found) > len(items) else (items, separators)


# What follows is private.


def _around_dots(item: Written, alone: bool) -> list[Written]:
    """The parts of an item before its dots, the dots, and the parts behind them."""
    if isinstance(item, Signed) and item.signs[0] == 1:
        first, *rest = _around_dots(item.terms[0], False)
        if isinstance(first, written.Dots) and len(rest) == 1:
            return [first, replace(item, terms=(*rest, *item.terms[1:]))]
    parts = item.parts if isinstance(item, written.Beside) else ()
    at = next((number for number, part in enumerate(parts) if isinstance(part, written.Dots)), None)
    if at is None or not isinstance(item, written.Beside) or any(item.joints[max(at - 1, 0) : at + 1]):
        return [item]
    sides = (parts[:at], item.joints[: max(at - 1, 0)]), (parts[at + 1 :], item.joints[at + 1 :])
    bases = {getattr(part, "base", None) for part in (*sides[0][0], *sides[1][0])}
    if alone and not any(item.joints) and len(bases) == 1 and None not in bases:
        return list(parts)
    before, after = ([beside(side, joints)] if side else [] for side, joints in sides)
    return [*before, parts[at], *after]
