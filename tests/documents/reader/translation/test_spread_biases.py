"""Biases that are added to each row, or to each column, of a matrix."""

import pytest

from chainrule.documents.language.printing import text_of
from chainrule.documents.reader.reading import read
from chainrule.documents.sources.opening import pieces_of

ROWS = "$$Z = XW + b, \\qquad J = \\frac12 \\|Z - Y\\|_F^2$$\n\n$$\\frac{\\partial J}{\\partial Z} = Z - Y$$\n\n"
COLUMNS = ROWS.replace("XW", "WX")


@pytest.mark.parametrize(
    ("text", "claim", "verdict"),
    [
        (ROWS, r"\frac{\partial J}{\partial b} = \mathbf{1}^T (Z - Y)", "proved"),
        (ROWS, r"\frac{\partial J}{\partial b} = 2 \cdot \mathbf{1}^T (Z - Y)", "wrong if read so"),
        (ROWS, r"\frac{\partial J}{\partial W} = X^T (Z - Y)", "proved"),
        (COLUMNS, r"\frac{\partial J}{\partial b} = (Z - Y) \mathbf{1}", "proved"),
        (COLUMNS, r"\frac{\partial J}{\partial b} = (Z + Y) \mathbf{1}", "wrong if read so"),
        (COLUMNS, r"\frac{\partial J}{\partial W} = (Z - Y) X^T", "proved"),
    ],
)
def test_a_bias_is_added_to_each_row_or_column(text, claim, verdict, verdict_of):
    assert verdict_of(claim, "", text) == verdict


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial J}{\partial b_k} = \sum_{i=1}^N (Z_{ik} - Y_{ik})", "proved"),
        (r"\frac{\partial J}{\partial b_k} = \sum_{i=1}^N Z_{ik}", "wrong if read so"),
    ],
)
def test_a_declared_column_is_turned(claim, verdict, verdict_of):
    declared = (
        "Let $b \\in \\mathbb{R}^K$, $W \\in \\mathbb{R}^{D \\times K}$ and $X \\in \\mathbb{R}^{N \\times D}$.\n\n"
    )
    assert verdict_of(claim, "", declared + ROWS) == verdict


def test_a_bias_that_is_declared_as_a_matrix_is_one(verdict_of):
    declared = "b: matrix N K\nW: matrix D K\nX: matrix N D"
    assert verdict_of(r"\frac{\partial J}{\partial b} = Z - Y", declared, ROWS) == "proved"


def test_the_bias_of_one_example_is_not_spread(definitions):
    assert definitions("$$z = W x + b$$\n\n$$\\frac{\\partial z}{\\partial b} = I$$")["z"] == "W @ x + b"


def test_a_bias_beside_a_product_with_a_declared_column_is_that_column():
    text = (
        "Let $x \\in \\mathbb{R}^n$, $V \\in \\mathbb{R}^{m \\times n}$, $c \\in \\mathbb{R}^m$ and $a = Vx + c$ and "
        "$h = \\max(0, a)$. Let $g = dL/dh$.\n\n$$dL/da = g * 1[a>0]$$\n\n$$dL/dV = (g * 1[a > 0]) x^T$$\n"
    )
    found = read(pieces_of(text, "a.md")).derivation.definitions
    assert [text_of(each.body) for each in found if each.name == "a"] == ["V @ x + c"]
