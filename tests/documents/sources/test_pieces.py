"""Places of characters in a file."""

import pytest

from chainrule.documents.sources.pieces import Piece


@pytest.mark.parametrize(
    ("position", "place"), [(0, (7, 3)), (1, (7, 4)), (3, (8, 1)), (4, (8, 2)), (5, (20, 5)), (6, (20, 6))]
)
def test_the_place_of_a_character(position, place):
    piece = Piece("display", "ab\ncdef", ((0, 7, 3), (5, 20, 5)))
    assert piece.place_of(position) == place
