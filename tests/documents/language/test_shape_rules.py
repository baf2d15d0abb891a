"""The rules of operators: shapes of results from operands, and back."""

import pytest

from chainrule.documents.language.dimensions import Dim, Shape, ShapeError, column, matrix, number, shown
from chainrule.documents.language.shape_rules import RULES
from chainrule.documents.language.sizes import Size
from chainrule.documents.language.terms import Name
from chainrule.documents.language.unification import Unification

X = Name("x")
M, N, K = (Dim(Size.of(size)) for size in (2, 3, 5))


def row(size):
    return matrix(Dim(Size.of(1)), size)


def result(rule, *operands):
    out = Shape()
    done = RULES[rule](Unification(), X, out, *operands)
    return shown(out) if done else None


@pytest.mark.parametrize(
    ("rule", "operands", "expected"),
    [
        ("scaled", (number(), matrix(M, N)), "matrix 2 3"),
        ("product", (matrix(M, N), column(N)), "column 2"),
        ("measured", (matrix(M, N),), "number"),
        ("diagonal_matrix", (column(N),), "matrix 3 3"),
        ("diagonal", (matrix(N, N),), "column 3"),
        ("member", (matrix(M, N), number()), "column 2"),
        ("kron", (matrix(M, N), matrix(K, M)), "matrix 10 6"),
        ("vec", (matrix(M, N),), "column 6"),
    ],
)
def test_operands_give_the_shape_of_a_result(rule, operands, expected):
    assert result(rule, *operands) == expected


@pytest.mark.parametrize(
    ("rule", "operands"),
    [
        ("product", (matrix(M, N), column(K))),
        ("scaled", (column(N), column(N))),
        ("of_square", (matrix(M, N),)),
        ("divided", (number(), column(N))),
        ("scalars", (number(), column(N))),
    ],
)
def test_operands_that_do_not_fit_are_refused(rule, operands):
    with pytest.raises(ShapeError):
        result(rule, *operands)


def test_a_result_tells_the_shapes_of_operands():
    u, left, right = Unification(), Shape(), Shape()
    assert RULES["product"](u, X, matrix(M, K), left, right)
    assert [shown(each) for each in (left, right)] == ["matrix 2 ?", "matrix ? 5"]
    assert left.known[1].found() is right.known[0].found()
