"""Which decoded rows are kept, and when a row group is decoded again."""

import numpy as np
import pytest

from chainrule.storage import decoded_pieces
from chainrule.storage.decoded_pieces import DecodedPieces, DecodedRows


class Recorded:
    """A file with row groups of ten rows, in pieces of four; the entries are the row numbers."""

    def __init__(self, path="a"):
        self.path, self.decoded = path, []

    def group_of(self, row):
        return row // 10

    def decode(self, group, row):
        for first in range(10 * group, 10 * group + 10, 4):
            stop = min(first + 4, 10 * group + 10)
            self.decoded.append(first)
            yield DecodedRows(first, stop, [np.arange(first, stop)], 8 * (stop - first))


@pytest.fixture(autouse=True)
def few_pieces(monkeypatch):
    monkeypatch.setattr(decoded_pieces, "MOST_BYTES", 80)


def test_rows_in_order_are_decoded_once():
    file, pieces = Recorded(), DecodedPieces()
    for row in range(30):
        piece = pieces.find(file, row)
        assert piece.columns[0][row - piece.first] == row
    assert file.decoded == [0, 4, 8, 10, 14, 18, 20, 24, 28]


def test_a_row_further_on_goes_on_from_the_last_and_an_earlier_one_begins_again():
    file, pieces = Recorded(), DecodedPieces()
    pieces.find(file, 9)
    assert file.decoded == [0, 4, 8]
    pieces.find(file, 1)  # still kept
    assert file.decoded == [0, 4, 8]
    pieces.find(file, 29)
    assert file.decoded == [0, 4, 8, 20, 24, 28]
    pieces.find(file, 1)  # no longer kept
    assert file.decoded == [0, 4, 8, 20, 24, 28, 0]
    pieces.find(file, 5)
    assert file.decoded == [0, 4, 8, 20, 24, 28, 0, 4]


def test_the_last_row_of_a_piece_that_is_no_longer_kept_is_decoded_again(monkeypatch):
    file, other, pieces = Recorded(), Recorded("b"), DecodedPieces()
    pieces.find(file, 13)
    pieces._pieces.clear()
    assert pieces.find(file, 13).first == 10
    assert pieces.find(other, 13).first == 10
    assert file.decoded == [10, 10]
    assert other.decoded == [10]


def test_the_number_and_the_bytes_of_the_pieces_are_bounded_and_the_newest_is_kept(monkeypatch):
    file, pieces = Recorded(), DecodedPieces()
    for row in range(30):
        pieces.find(file, row)
        assert sum(piece.nbytes for piece in pieces._pieces.values()) <= 80
    monkeypatch.setattr(decoded_pieces, "MOST_PIECES", 2)
    pieces.find(file, 0)
    assert len(pieces._pieces) == 2
    monkeypatch.setattr(decoded_pieces, "MOST_BYTES", 1)
    pieces.find(file, 13)
    assert [piece.first for piece in pieces._pieces.values()] == [10]
    pieces.forget()
    assert not pieces._pieces


def test_pieces_on_the_disk_leave_room_for_one_more():
    class Unpacked(Recorded):
        def decode(self, group, row):
            first = 10 * group
            self.decoded.append(group)
            yield DecodedRows(first, first + 10, [np.arange(first, first + 10)], 0, on_disk=100)

    kept = []
    file, pieces = Unpacked(), DecodedPieces(room=lambda size: size == 100 and len(pieces._pieces) <= 2)
    for row in (5, 15, 25, 12, 27, 3):
        pieces.find(file, row)
        kept.append([key[1] for key in pieces._pieces])
    assert kept == [[0], [0, 10], [10, 20], [20, 10], [10, 20], [20, 0]]
    assert file.decoded == [0, 1, 2, 0]


def test_an_error_leaves_the_other_rows_readable():
    class Damaged(Recorded):
        def decode(self, group, row):
            for piece in super().decode(group, row):
                if piece.first == 14:
                    raise ValueError("damaged")
                yield piece

    file, pieces = Damaged(), DecodedPieces()
    for _ in range(2):
        assert pieces.find(file, 12).first == 10
        with pytest.raises(ValueError, match="damaged"):
            pieces.find(file, 15)
    assert pieces.find(file, 25).first == 24


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_columns_become_rows_in_tiles(monkeypatch, dtype):
    monkeypatch.setattr(decoded_pieces, "TILE_ROWS", 5)
    monkeypatch.setattr(decoded_pieces, "TILE_COLUMNS", 3)
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, 100, 23).astype(kind) for kind in ("f4", "i8", "?", "f2", "f8", "u1", "i8")]
    whole = np.stack([column.astype(dtype) for column in columns], axis=1)
    rows = DecodedRows(100, 123, columns, 0)
    for start, stop in ((100, 123), (104, 105), (107, 121)):
        out = np.full((stop - start, 7), np.nan, dtype)
        rows.copy_to(start, stop, out)
        np.testing.assert_array_equal(out, whole[start - 100 : stop - 100])


def test_a_number_beyond_float32_is_an_error():
    rows = DecodedRows(0, 2, [np.array([1.0, 2.0]), np.array([0.0, -1e300])], 0)
    rows.copy_to(0, 1, np.empty((1, 2), np.float32))
    with pytest.raises(FloatingPointError):
        rows.copy_to(0, 2, np.empty((2, 2), np.float32))
