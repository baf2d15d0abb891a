"""Columns, rows and matrices that are written out."""

import pytest


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
