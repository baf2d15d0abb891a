"""The rules of operators as documents write them."""

import pytest

from chainrule.documents.language.dimensions import Dim, Shape, ShapeError, column, matrix, number, shown
from chainrule.documents.language.operators import OPERATORS
from chainrule.documents.language.shapes_as_written import EVERY_RULE
from chainrule.documents.language.sizes import Size
from chainrule.documents.language.terms import Name
from chainrule.documents.language.unification import Unification

X = Name("x")
M, N, K = (Dim(Size.of(size)) for size in (2, 3, 5))


def row(size):
    return matrix(Dim(Size.of(1)), size)


def result(rule, *operands, out=None):
    out = out or Shape()
    done = EVERY_RULE[rule](Unification(), X, out, *operands)
    return shown(out) if done else None


@pytest.mark.parametrize(
    ("rule", "operands", "expected"),
    [
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
        ("outer", (column(M), column(N)), "matrix 2 3"),
        ("raised_as_written", (column(N), number()), "column 3"),
        ("in_a_row", (number(), N), "row 3"),
        ("in_a_row", (column(M), N), "matrix 2 3"),
        ("in_a_row", (Shape(), N), None),
        ("in_a_column", (number(), N), "column 3"),
        ("in_a_column", (row(M), N), "matrix 3 2"),
        ("in_a_column", (Shape(), N), None),
        ("listed", (column(M), N), "matrix 2 3"),
        ("listed", (number(), N), None),
    ],
)
def test_operands_give_the_shape_of_a_result(rule, operands, expected):
    assert result(rule, *operands) == expected


@pytest.mark.parametrize(("wanted", "expected"), [(row(N), "row 3"), (column(N), "column 3")])
def test_a_list_of_numbers_is_a_row_or_a_column(wanted, expected):
    assert result("listed", number(), N, out=wanted) == expected


@pytest.mark.parametrize(
    ("rule", "operands"),
    [
        ("beside", (column(N), column(M))),
        ("in_a_column", (column(M), N)),
        ("in_a_row", (row(M), N)),
    ],
)
def test_operands_that_do_not_fit_are_refused(rule, operands):
    with pytest.raises(ShapeError):
        result(rule, *operands)


def test_every_operator_has_its_rule_and_every_rule_an_operator():
    assert {each.rule for each in OPERATORS.values()} == EVERY_RULE.keys()
