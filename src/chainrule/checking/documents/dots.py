r"""Ellipses: the entries between the visible ends of a sum, a vector, a matrix.

The entries next to an ellipsis are laid over each other. Where they differ, one must show a smaller index than the
other; that place becomes the running index. In a matrix the off-diagonal ends give row and column, the diagonal ends
may have a pattern of their own. Ends that do not fit together leave their entries unknown: nothing is made up.
"""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from chainrule.checking.documents.stream import NotRead
from chainrule.checking.documents.tree import Dots, Index, Name, Node, Number, Plus, walk

_ZERO = Number(Fraction(0))
ROW, COLUMN = "·r", "·c"
"""The names of the running indices in a pattern."""

Whole = Callable[[Node], int | None]
"""The value of an index as a number, or None."""


class TooFew(ValueError):
    """At this size, the visible entries overlap."""


def patterned(first: Node, last: Node, whole: Whole) -> tuple[Node, set[tuple[int, int, str]]] | None:
    """The pattern of two entries: `first` with running indices where they differ, and the pairs of positions seen."""
    pairs: set[tuple[int, int, str]] = set()

    def overlaid(a: Any, b: Any, in_index: bool) -> Any:
        if a == b:
            return a
        if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
            return tuple(overlaid(x, y, in_index) for x, y in zip(a, b, strict=True))
        if in_index and isinstance(a, Node):
            low, high = whole(a), whole(b)
            if low is None or high is None:
                raise _Different
            if low == high:
                raise TooFew
            pairs.add((min(low, high), max(low, high), ROW if low < high else COLUMN))
            return Name(ROW if low < high else COLUMN, span=a.span)
        if not isinstance(a, Node) or type(a) is not type(b):
            raise _Different
        changes = {
            part: overlaid(value, getattr(b, part), isinstance(a, Index) and part == "subscripts")
            for part, value in vars(a).items()
            if part != "span"
        }
        return replace(a, **changes)

    try:
        return overlaid(first, last, False), pairs
    except _Different:
        return None


class _Different(Exception):
    """The two ends do not fit one pattern."""


Filled = list[tuple[Node | None, dict[str, int]]]
"""Entries with the running indices at which to evaluate them; None for unknown ones."""


def filled(entries: tuple[Node, ...], whole: Whole) -> Filled:
    """A list of entries with its ellipsis filled in.

    Raises
    ------
    NotRead
        If the number of entries cannot be known.
    TooFew
        If there is nothing between the visible entries at this size.
    """
    places = [at for at, entry in enumerate(entries) if isinstance(entry, Dots)]
    if not places:
        return [(entry, {}) for entry in entries]
    if len(places) > 1 or places[0] in (0, len(entries) - 1):
        raise NotRead("an ellipsis without an entry on both sides", entries[places[0]].span[0])
    before, after = entries[: places[0]], entries[places[0] + 1 :]
    found = patterned(before[-1], after[0], whole)
    between: Filled
    if found is None or len({pair[:2] for pair in found[1]}) != 1:
        between = [(None, {})] * _missing(before, after, whole)
    else:
        pattern, pairs = found
        if any(name == COLUMN for _, _, name in pairs):
            raise NotRead("an ellipsis whose ends do not count upwards", entries[places[0]].span[0])
        low, high, _ = next(iter(pairs))
        between = [(pattern, {ROW: i}) for i in range(low + 1, high)]
    return [*((e, {}) for e in before), *between, *((e, {}) for e in after)]


def _missing(before: tuple[Node, ...], after: tuple[Node, ...], whole: Whole) -> int:
    """The number of entries left out between ends that differ, as in a_1 b + ... + c_n d."""
    first, last = ({n.base for n in walk(entry) if isinstance(n, Index)} for entry in (before[-1], after[0]))
    if not first & last:
        raise NotRead("an ellipsis whose ends have nothing in common", before[-1].span[1])
    indexed = (node for entry in (*before, *after) for node in walk(entry) if isinstance(node, Index))
    positions = [position for node in indexed for s in node.subscripts if (position := whole(s)) is not None]
    if not positions:
        raise NotRead("an ellipsis whose ends do not show a pattern", before[-1].span[1])
    missing = max(positions) - len(before) - len(after)
    if missing < 0:
        raise TooFew
    return missing


def filled_rows(rows: tuple[tuple[Node, ...], ...], whole: Whole) -> list[Filled]:
    """A matrix with its ellipses filled in, row by row."""
    diagonal = _diagonal(rows, whole)
    if diagonal is not None:
        return diagonal
    dotted = [number for number, row in enumerate(rows) if all(isinstance(entry, Dots) for entry in row)]
    if not dotted:
        return [filled(row, whole) for row in rows]
    if len(dotted) > 1 or dotted[0] in (0, len(rows) - 1):
        raise NotRead("a matrix with more than one row of dots")
    above, below = rows[: dotted[0]], rows[dotted[0] + 1 :]
    widths = {len(row) for row in (*above, *below)}
    columns = {at for row in (*above, *below) for at, entry in enumerate(row) if isinstance(entry, Dots)}
    if len(widths) != 1 or len(columns) > 1:
        raise NotRead("a matrix whose dots do not line up")
    if columns:
        return _square(above, below, columns.pop(), whole)
    ends = zip(zip(*above, strict=True), zip(*below, strict=True), strict=True)
    filled_columns = [filled((*top, Dots(), *bottom), whole) for top, bottom in ends]
    return [list(row) for row in zip(*filled_columns, strict=True)]


def _diagonal(rows: tuple[tuple[Node, ...], ...], whole: Whole) -> list[Filled] | None:
    """A matrix that shows its first and last diagonal entries, zeros, and dots in any arrangement."""
    entries = [entry for row in rows for entry in row]
    if not any(isinstance(entry, Dots) for entry in entries) or len(rows) < 2:
        return None
    first, last = rows[0][0], rows[-1][-1]
    corners = {id(first), id(last)}
    others = [entry for entry in entries if id(entry) not in corners and not isinstance(entry, Dots)]
    if isinstance(first, Dots) or isinstance(last, Dots) or not others or any(entry != _ZERO for entry in others):
        return None
    found = patterned(first, last, whole)
    if found is None or first == _ZERO or len(found[1]) != 1:
        return None
    low, high, name = next(iter(found[1]))
    if low != 1 or name != ROW:
        return None
    return [
        [(found[0], {ROW: i}) if i == j else (_ZERO, {}) for j in range(1, high + 1)] for i in range(1, high + 1)
    ]  # fmt: skip


def _square(
    above: tuple[tuple[Node, ...], ...], below: tuple[tuple[Node, ...], ...], gap: int, whole: Whole
) -> list[Filled]:
    top, bottom = above[-1], below[0]
    off = patterned(top[gap + 1], bottom[gap - 1], whole)
    diagonal = patterned(top[gap - 1], bottom[gap + 1], whole)
    pairs = {*(off[1] if off else ()), *(diagonal[1] if diagonal else ())}
    heights = {pair[:2] for pair in pairs if pair[2] == ROW} or {pair[:2] for pair in pairs}
    widths = {pair[:2] for pair in (off[1] if off else ()) if pair[2] == COLUMN} or heights
    if len(heights) != 1 or len(widths) != 1:
        raise NotRead("a matrix whose corners do not show a pattern", top[0].span[0])
    (low_row, high_row), (low_column, high_column) = next(iter(heights)), next(iter(widths))
    if low_row != len(above) or low_column != gap:
        raise NotRead("a matrix whose corners do not count from 1", top[0].span[0])
    count_rows = high_row + len(below) - 1
    count_columns = high_column + len(top) - gap - 2
    result: list[Filled] = []
    for i in range(1, count_rows + 1):
        source = above[i - 1] if i <= len(above) else below[i - high_row] if i >= high_row else None
        row: Filled = []
        for j in range(1, count_columns + 1):
            place = j - 1 if j <= gap else j - high_column + gap + 1 if j >= high_column else None
            if source is not None and place is not None:
                row.append((source[place], {}))
                continue
            pattern = diagonal if i == j and count_rows == count_columns else off
            row.append((pattern[0] if pattern else None, {ROW: i, COLUMN: j}))
        result.append(row)
    return result


def spread(sum_: Plus, whole: Whole) -> list[tuple[Node | None, int, dict[str, int]]]:
    """The terms of a sum with an ellipsis, each with its sign and running index."""
    signed = (
        term if isinstance(term, Dots) else Plus((term,), (sign,), span=term.span)
        for term, sign in zip(sum_.terms, sum_.signs, strict=True)
    )
    return [
        (entry.terms[0], entry.signs[0], running) if isinstance(entry, Plus) else (None, 1, running)
        for entry, running in filled(tuple(signed), whole)
    ]
