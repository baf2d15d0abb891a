"""Columns, rows and matrices that are written out, also with dots for what lies between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeAlias

from chainrule.documents.language import terms
from chainrule.documents.language.terms import ONE, Apply, Name, Number, Term
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.dotted_lists import with_dots_apart
from chainrule.documents.reader.syntax.known_words import NotMeant
from chainrule.documents.reader.syntax.written import Written
from chainrule.documents.reader.translation.ellipses import between, index_for, numbered

Meaning: TypeAlias = Callable[[Written], Term]
"""The term that a formula means."""

NOT_ALIKE = "dots between entries that do not differ in one index alone, from 0 or 1 on, as x_1 and x_n do"


def grid(grid: w.Grid, term: Meaning) -> Term:
    """A column, a row or a matrix written out; dots stand for what lies between."""
    rows = _without_strokes(tuple(_apart(tuple(map(_between_strokes, row))) for row in grid.rows))
    grid = replace(grid, rows=rows)
    if not rows or not all(rows):
        raise NotMeant("a matrix without entries", grid.place)
    if len(rows[0]) == 1 and all(len(row) == 1 for row in rows):
        column = line([row[0] for row in rows], grid, term)
        placed = _placed(column, "in_a_column")
        below = _of_rows(column) if placed is column else column
        return placed if below is column else Apply("in_a_column", (below,))
    if len(rows) == 1:
        found = line(list(rows[0]), grid, term)
        placed = _placed(found, "in_a_row")
        return Apply("'", (found,)) if placed is found else placed
    if any(isinstance(entry, w.Dots) for row in rows for entry in row) or len({len(row) for row in rows}) > 1:
        return _grid_with_dots(grid, term)
    return terms.Table(tuple(tuple(map(term, row)) for row in rows))


def entries_in_line(grid: w.Grid) -> tuple[Written, ...]:
    """The entries of a column or a row; none for a matrix."""
    rows = [_apart(row) for row in grid.rows]
    return tuple(entry for row in rows for entry in row) if 1 in (len(rows), max(map(len, rows), default=0)) else ()


def constant(entries: Sequence[Written], size: Callable[[str], Term]) -> Term | None:
    """The column of one number with dots between, which is as long as nobody says; None for other entries."""
    others = [entry for entry in entries if not isinstance(entry, w.Dots)]
    values = {entry.value for entry in others if isinstance(entry, w.Numeral)}
    is_one_number = len(values) == 1 and all(isinstance(entry, w.Numeral) for entry in others)
    if len(others) == len(entries) or not is_one_number:
        return None
    return terms.Family((("_k", size("_k")),), Number(values.pop()))


def _of_rows(found: terms.Family | terms.Table) -> terms.Family | terms.Table:
    """A column of transposes, which may be rows below each other, as one entry in an index; else as it is."""
    entries = [row[0] for row in found.rows] if isinstance(found, terms.Table) else []
    if len(entries) < 2 or not all(isinstance(entry, Apply) and entry.operator == "turned" for entry in entries):
        return found
    index = index_for(*entries)
    places = [terms.Comparison("=", Name(index), Number(Fraction(at))) for at in range(1, len(entries))]
    body = terms.Choice(tuple(zip(places, entries, strict=False)), entries[-1])
    return terms.Family(((index, Number(Fraction(len(entries)))),), body)


def listing(entries: Sequence[Written], whole: w.Bracketed, term: Meaning) -> Term:
    """A list in brackets: a column, or columns beside each other.

    It is a row where one is wanted, if its entries are arrays, or if it is written [x_1, ..., x_n].
    """
    found = line(entries, whole, term)
    if whole.kind == "[" and isinstance(found, terms.Family):
        return Apply("listed", (found,))
    return _placed(found, "listed")


def _apart(row: tuple[Written, ...]) -> tuple[Written, ...]:
    """The entries of a row in which only dots stand between them: a_{11} \\ldots a_{1n}."""
    return with_dots_apart(row, (), "[")[0] if len(row) == 1 else row


def _without_strokes(rows: Sequence[tuple[Written, ...]]) -> tuple[tuple[Written, ...], ...]:
    """Rows without the strokes that show which way vectors lie: | above and below columns, - beside rows."""
    kept = [row for row in rows if not _are_strokes(row, "|")]
    if len({len(row) for row in kept}) != 1:
        return tuple(kept)
    columns = [each for each in zip(*kept, strict=True) if not (_are_strokes(each, "-") or all(map(_is_empty, each)))]
    return tuple(zip(*columns, strict=True))


def _between_strokes(entry: Written) -> Written:
    """The vector between two strokes in one entry, - x_1^T -; any other entry as it is."""
    match entry:
        case w.Signed(terms=(inside,), signs=(-1,)):
            parts = [w.Symbol("-"), *_factors(inside)]
        case w.Beside():
            parts = _factors(entry)
        case _:
            return entry
    if len(parts) < 3 or not (_is_stroke(parts[0]) and _is_stroke(parts[-1])):
        return entry
    first, *others = parts[1:-1]
    return w.Beside((first, *others), ("",) * len(others), place=entry.place) if others else first


def _factors(written: Written) -> list[Written]:
    """The factors of a product, also those of products within it."""
    if isinstance(written, w.Beside) and not any(written.joints):
        return [factor for part in written.parts for factor in _factors(part)]
    return [written]


def _is_stroke(written: Written) -> bool:
    return getattr(written, "text", getattr(written, "what", "")) in ("-", "—", "–")


def _are_strokes(line: Sequence[Written], stroke: str) -> bool:
    signs = [entry.text for entry in line if isinstance(entry, w.Symbol)]
    gaps = sum(isinstance(entry, w.Dots) or _is_empty(entry) for entry in line)
    return bool(signs) and set(signs) == {stroke} and len(signs) + gaps == len(line)


def _is_empty(entry: Written) -> bool:
    return isinstance(entry, w.Words) and not entry.text


def _placed(found: terms.Family | terms.Table, place: str) -> Term:
    """A line of what may be columns or rows, because arrays stand in it, with its place; another line as it is."""
    if not any(isinstance(part, Apply) and part.operator in ("member", "turned") for part in terms.every(found)):
        return found
    if isinstance(found, terms.Table):
        entries = [row[0] for row in found.rows]
        body, index, count = _alike(entries)
        return found if body is None else Apply(place, (terms.Family(((index, count),), body),))
    return Apply(place, (found,))


def _alike(entries: Sequence[Term]) -> tuple[Term | None, str, Term]:
    """The entry in an index of which these are the first, the second and so on; None if they are not alike."""
    first, *others = entries
    index, count = index_for(*entries), Number(Fraction(len(entries)))
    found = [between(first, other, index) for other in others]
    body = found[0][0] if found and found[0] else None
    is_one = body and found == [(body, ONE, Number(Fraction(k))) for k in range(2, len(entries) + 1)]
    return (body if is_one else None), index, count


def _grid_with_dots(grid: w.Grid, term: Meaning) -> Term:
    """A matrix whose first and last entries of rows and columns are written, with dots between."""
    rows = [row for row in grid.rows if not all(isinstance(entry, w.Dots | w.Words) for entry in row)]
    if len(rows) in (len(grid.rows), 1) or not all(row and not isinstance(row[0], w.Dots) for row in rows):
        raise NotMeant(NOT_ALIKE, grid.place)
    first, last = (_row(rows[place], grid, term) for place in (0, -1))
    first = numbered(first[0], last[0]), *first[1:]
    index = index_for(first[0], last[0])
    found = between(first[0], last[0], index)
    if found is None or first[1:] != last[1:] or found[1] != ONE:
        raise NotMeant(NOT_ALIKE, grid.place)
    return terms.Family(((index, found[2]), first[1:]), found[0])


def _row(entries: Sequence[Written], grid: w.Grid, term: Meaning) -> tuple[Term, str, Term]:
    """The entry of a row in its index, this index, and the number of entries."""
    found = line(entries, grid, term)
    if isinstance(found, terms.Family):
        return found.body, *found.indices[0]
    body, index, count = _alike([row[0] for row in found.rows])
    if body is None:
        raise NotMeant(NOT_ALIKE, grid.place)
    return body, index, count


def line(entries: Sequence[Written], grid: Written, term: Meaning) -> terms.Family | terms.Table:
    """The column of some entries; dots stand for those between the first and the last."""
    dots = [number for number, entry in enumerate(entries) if isinstance(entry, w.Dots)]
    if not dots:
        return terms.Table(tuple((term(entry),) for entry in entries))
    at = dots[0]
    if len(dots) == 1 and 0 < at == len(entries) - 2:
        first, second, last = (term(entries[place]) for place in (0, min(1, at - 1), -1))
        first, second = numbered(first, last), numbered(second, last)
        index = index_for(first, second, last)
        found = between(first, last, index)
        if found is not None and (at == 1 or (between(second, last, index) or found)[0] == found[0]):
            body, low, count = found
            if terms.is_number(low, 1):
                return terms.Family(((index, count),), body)
            if terms.is_number(low, 0):  # entries 1 to n + 1 of the column have the numbers 0 to n
                entry = terms.substituted(body, {Name(index): Apply("-", (Name(index), ONE))}.get)
                return terms.Family(((index, Apply("+", (count, ONE))),), entry)
    raise NotMeant(NOT_ALIKE, grid.place)
