"""Sizes and shapes that may not be known yet."""

import pytest

from chainrule.documents.language.dimensions import Dim, Shape, column, is_column, matrix, number, shown, vector_axis
from chainrule.documents.language.sizes import Size

N = Size.of(7)
ROW = matrix(Dim(Size.of(1)), Dim(N))


@pytest.mark.parametrize(
    ("shape", "words", "axis", "flat"),
    [
        (number(), "number", None, False),
        (column(Dim(N)), "column 7", 0, True),
        (ROW, "row 7", 1, False),
        (matrix(Dim(N), Dim(Size.of(2))), "matrix 7 2", None, False),
        (matrix(Dim(N)), "matrix 7 ?", None, None),
        (Shape((Dim(N), Dim(N), Dim())), "array 7 7 ?", None, False),
        (Shape(), "anything", None, False),
    ],
)
def test_a_shape_has_words_and_an_axis_along_which_a_vector_has_its_entries(shape, words, axis, flat):
    assert (shown(shape), vector_axis(shape), is_column(shape)) == (words, axis, flat)


def test_equal_sizes_and_shapes_lead_to_the_last_of_their_chain():
    known, first = Dim(N), Dim()
    first.same = Dim(same=known)
    assert first.found() is known
    assert (first.final, first.is_one, Dim().final) == (N, False, Size.of(1))
    shape = Shape(same=column(known))
    assert [dim.final for dim in shape.known] == [N, Size.of(1)]
