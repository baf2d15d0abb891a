"""Sentences about cells that a model cannot read: how many there are, which, where the first is, and what follows."""

import numpy as np

from chainrule.estimators import odd_cells
from chainrule.estimators.odd_cells import OddCells, not_numbers, not_seen, texts_at


def test_the_most_frequent_texts_are_named_with_their_first_rows():
    column = np.array(["a", 1, "b" * 50, "c", "d", "c", "e"], dtype=object)
    cells = OddCells().add(texts_at(column, [0, 2, 3, 4, 5, 6]), 7)
    assert (cells.count, cells.are_all) == (6, False)
    assert str(cells) == f"'c' (2 cells, the first in row 4), 'a' (row 1), '{'b' * 37}...' (row 3) and 2 more"


def test_cells_of_several_blocks_are_added_up_with_the_place_of_the_first():
    cells = OddCells().add({3: "x"}, 4, "line {}".format).add({}, 2).add({0: "x", 1: "y"}, 2, "page {}".format)
    assert str(cells) == "'x' (2 cells, the first in line 3), 'y' (page 1)"
    assert (cells.count, cells.present) == (3, 8)


def test_memory_for_texts_is_bounded_and_all_cells_are_counted(monkeypatch):
    monkeypatch.setattr(odd_cells, "MOST_TEXTS", 5)
    cells = OddCells().add({number: f"text {number}" for number in range(100)}, 100)
    assert len(cells.found) == 6
    assert cells.count == 100
    assert cells.are_all


def test_numbers_and_dates():
    one, some, every = (OddCells().add(dict.fromkeys(range(n), "x"), 1000 + n if n < 3 else n) for n in (1, 2, 3))
    assert not_numbers("age", one) == "column 'age': 1 cell is not a number and counts as missing: 'x' (row 1)"
    assert "2 cells are not dates and count as missing: 'x' (2 cells, the first in" in not_numbers("age", some, "date")
    assert "none of the 3 cells is a number; all count as missing, so the column tells" in not_numbers("age", every)


def test_categories():
    one, some, every = (OddCells().add(dict.fromkeys(range(n), "x"), 1000 + n if n < 3 else n) for n in (1, 2, 3))
    assert not_seen("town", one, {"y"}) == (
        "column 'town': 1 cell holds a category that was not seen in training, and counts as none of them: 'x' (row 1)"
    )
    assert "2 cells hold categories that were not seen in training, and count as none of them" in not_seen(
        "t", some, ()
    )
    assert "all 3 cells hold" in not_seen("town", every, ())
    assert "count as none of them, so the column tells the model nothing" in not_seen("town", every, ())
    assert "and counts as a rare category: 'x'" in not_seen("town", one, (), as_rare=True)


def test_spaces_that_make_the_difference_are_named():
    def told(*texts):
        return not_seen("sex", OddCells().add(dict(enumerate(texts)), 9), {"M", "F"}).partition("; ")[2]

    assert told("x") == ""
    assert told("M ") == "without the spaces around it, it would be known"
    assert told(" M", " F") == "without the spaces around them, all would be known"
    assert told(" M", " M", "x") == "without the spaces around them, 2 would be known"
