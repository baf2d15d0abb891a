"""Equations that a display solves row by row."""

import pytest
from tests.documents.reader.verdicts import verdicts


def rows(*equations):
    return "$$\\begin{aligned} " + " \\\\ ".join(each.replace("=", "&=") for each in equations) + " \\end{aligned}$$"


def test_each_row_follows_from_the_one_before():
    assert verdicts(rows("2 y + 4 = 10", "2 y = 6", "y = 3")) == ["hypothesis", "proved if", "proved if"]
    assert verdicts(rows("A x = b", "A^T A x = A^T b"))[-1] == "proved if"


@pytest.mark.parametrize(
    "equations",
    [
        ("2 y + 4 = 10", "2 y = 7", "y = 3"),
        ("2 y = 6", "y = 4"),
        ("(y - 1)(y - 2) = 0", "y = 1"),
        ("y (y - 1) = 0", "y - 1 = 0"),
        ("y^2 = 4", "y = 2"),
    ],
)
def test_a_row_that_does_not_follow_is_not_proved(equations):
    assert "proved if" not in verdicts(rows(*equations))


def test_an_equation_that_nothing_solves_is_a_claim():
    assert verdicts(rows("3 y^2 + 4 y = 10 + y^2", "y + 1 = 1 + y"))[0] == "wrong"
    assert verdicts(rows("3 y + 4 = 10 + y", "2 y = 6", "y = 3"))[0] == "hypothesis"
