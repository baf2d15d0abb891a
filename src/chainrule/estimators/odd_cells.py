"""Cells that a model cannot read as it read its training table, and the sentences about them.

Commands say them as notes, estimators as warnings.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field

from chainrule.arrays import Array

MOST_TEXTS = 10_000
"""Most distinct texts of a column that are kept; cells with further ones are counted together."""
_OTHER_TEXTS = "..."


def numbered_row(position: int) -> str:
    """The name of a row, by its position.

    >>> numbered_row(0)
    'row 1'
    """
    return f"row {position + 1}"


@dataclass
class OddCells:
    """Cells of a column by their text: how many there are, and the place of the first one.

    Parameters
    ----------
    found : dict of str to (int, str)
    present : int
        The number of cells that are not missing, with those of `found`.

    Examples
    --------
    >>> str(OddCells().add({1: "n/a?", 3: "n/a?", 4: "12 kg"}, present=5))
    "'n/a?' (2 cells, the first in row 2), '12 kg' (row 5)"
    """

    found: dict[str, tuple[int, str]] = field(default_factory=dict)
    present: int = 0

    def add(self, cells: Mapping[int, str], present: int, where: Callable[[int], str] = numbered_row) -> "OddCells":
        """The same, after the odd cells among some that are present are added by position; `where` names a position."""
        self.present += present
        for position, text in cells.items():
            key = text if text in self.found or len(self.found) < MOST_TEXTS else _OTHER_TEXTS
            count, place = self.found.get(key, (0, ""))
            self.found[key] = count + 1, place or where(position)
        return self

    @property
    def count(self) -> int:
        """The number of odd cells."""
        return sum(count for count, _ in self.found.values())

    @property
    def are_all(self) -> bool:
        """True for several cells beside which there are no others."""
        return self.count == self.present > 1

    def __str__(self) -> str:
        """The three most frequent texts, each with its first place, and the number of other cells."""
        ranked = sorted(self.found.items(), key=lambda item: -item[1][0])
        shown = []
        for text, (count, place) in ranked[:3]:
            several = f"{count:,} cells, the first in " if count > 1 else ""
            shown.append(f"{text if len(text) <= 40 else f'{text[:37]}...'!r} ({several}{place})")
        more = sum(count for _, (count, _) in ranked[3:])
        return ", ".join(shown) + (f" and {more:,} more" if more else "")


def texts_at(values: Array, positions: Iterable[int] | Array) -> dict[int, str]:
    """The text of some cells by position."""
    return {int(position): str(values[position]) for position in positions}


def not_numbers(name: str, cells: OddCells, kind: str = "number") -> str:
    """A sentence about the cells of a numeric column that are not numbers, or not dates.

    >>> not_numbers("age", OddCells().add({0: "forty", 1: "thirty"}, present=2))
    "column 'age': none of the 2 cells is a number; all count as missing, so the column tells the model nothing:
    'forty' (row 1), 'thirty' (row 2)"
    """
    count = cells.count
    if cells.are_all:
        what = f"none of the {count:,} cells is a {kind}; all count as missing, so the column tells the model nothing"
    elif count == 1:
        what = f"1 cell is not a {kind} and counts as missing"
    else:
        what = f"{count:,} cells are not {kind}s and count as missing"
    return f"column {name!r}: {what}: {cells}"


def all_empty(name: str, rows: int) -> str:
    """A sentence about a column in which all cells are empty.

    >>> all_empty("age", 891)
    "column 'age': all 891 cells are empty, so the column tells the model nothing"
    """
    return f"column {name!r}: all {rows:,} cells are empty, so the column tells the model nothing"


def not_seen(name: str, cells: OddCells, known: Container[str], as_rare: bool = False) -> str:
    """A sentence about the cells of a column that hold other categories than the `known` ones of the training.

    With `as_rare`, the rare categories of the column are one, and these cells count among them.

    >>> not_seen("town", OddCells().add({4: " Bonn"}, present=5), {"Bonn"})
    "column 'town': 1 cell holds a category that was not seen in training, and counts as none of them: ' Bonn' (row 5);
    without the spaces around it, it would be known"
    """
    count, kind = cells.count, "a rare category" if as_rare else "none of them"
    if count == 1:
        what = f"1 cell holds a category that was not seen in training, and counts as {kind}"
    else:
        every = "all " if cells.are_all else ""
        what = f"{every}{count:,} cells hold categories that were not seen in training, and count as {kind}"
    if cells.are_all:
        what += ", so the column tells the model nothing"
    stripped = sum(number for text, (number, _) in cells.found.items() if text.strip() in known)
    hint = ""
    if stripped:
        them, those = ("it", "it") if count == 1 else ("them", "all" if stripped == count else f"{stripped:,}")
        hint = f"; without the spaces around {them}, {those} would be known"
    return f"column {name!r}: {what}: {cells}{hint}"
