"""Columns, rows and matrices that are written out."""

import pytest

from chainrule.documents import check_derivation


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"\begin{pmatrix} x_1 \\\\ x_2 \end{pmatrix}", "table(x[1] | x[2])"),
        (r"\begin{pmatrix} x_1 & x_2 \end{pmatrix}", "table(x[1] | x[2])'"),
        (r"\begin{pmatrix} x_1 \\\\ \vdots \\\\ x_n \end{pmatrix}", "[_k in n: x[_k]]"),
        (r"\begin{pmatrix} x_1 & 0 \\\\ 0 & x_2 \end{pmatrix}", "table(x[1], 0 | 0, x[2])"),
    ],
)
def test_a_grid_is_a_column_a_row_or_a_matrix(written, meant, claims):
    claim = claims(f"$$\\sum_i x_i^2 = 1$$\n\n$${written} = 2 {written}$$")[-1]
    assert claim.split(" = ")[0] == meant


def test_rows_with_dots_within_a_column_with_dots_have_indices_of_their_own():
    text = r"""Let $A \in \mathbb{R}^{m \times n}$ with entries $a_{ij}$ and $x \in \mathbb{R}^n$. Then

$$A x = \begin{bmatrix} a_{11}x_1 + a_{12}x_2 + ... + a_{1n}x_n \\ a_{21}x_1 + a_{22}x_2 + ... + a_{2n}x_n \\
\vdots \\ a_{m1}x_1 + a_{m2}x_2 + ... + a_{mn}x_n \end{bmatrix}$$"""
    assert [step.verdict for step in check_derivation(text, repairs=False).claims] == ["proved"]
    wrong = text.replace("a_{mn}", "a_{nm}").replace("a_{1n}", "a_{n1}").replace("a_{2n}", "a_{n2}")
    assert [step.verdict for step in check_derivation(wrong, repairs=False).claims] != ["proved"]
