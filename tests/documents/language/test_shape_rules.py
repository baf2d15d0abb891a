"""The rules of operators: shapes of results from operands, and back."""

import pytest

from chainrule.documents.language.dimensions import Dim, Shape, ShapeError, column, matrix, number, shown
from chainrule.documents.language.operators import OPERATORS
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
        ("beside", (matrix(M, N), matrix(N, K)), "matrix 2 5"),
        ("beside", (column(N), column(N)), "column 3"),
        ("dotted", (column(N), column(N)), "number"),
        ("beside", (row(N), column(N)), "number"),
        ("beside", (Shape(), matrix(M, N)), None),
        ("over", (column(N), number()), "column 3"),
        ("over", (column(N), column(N)), "column 3"),
        ("turned", (matrix(M, N),), "matrix 3 2"),
        ("turned", (number(),), "number"),
        ("bars", (matrix(N, N),), "number"),
        ("bars", (matrix(M, N),), "matrix 2 3"),
        ("bars", (Shape(),), None),
        ("product", (matrix(M, N), column(N)), "column 2"),
        ("measured", (matrix(M, N),), "number"),
        ("diagonal_matrix", (column(N),), "matrix 3 3"),
        ("diagonal", (matrix(N, N),), "column 3"),
        ("member", (matrix(M, N), number()), "column 2"),
        ("outer", (column(M), column(N)), "matrix 2 3"),
        ("kron", (matrix(M, N), matrix(K, M)), "matrix 10 6"),
        ("vec", (matrix(M, N),), "column 6"),
        ("raised_as_written", (column(N), number()), "column 3"),
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
        ("beside", (column(N), column(M))),
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


def test_every_operator_has_its_rule_and_every_rule_an_operator():
    assert {each.rule for each in OPERATORS.values()} == RULES.keys()
