"""Rows and columns of matrices that are written with dots, stars, or in the way of code."""

import pytest

from chainrule.documents import check_derivation

SIZES = r"Let $A \in \mathbb{R}^{n \times d}$, $w \in \mathbb{R}^d$ and $r \in \mathbb{R}^n$."


def verdict(formula):
    [step] = check_derivation(f"{SIZES}\n\n$${formula}$$", repairs=False).claims
    return step.verdict


@pytest.mark.parametrize(
    "row", [r"A_{i,:}", r"A_{i:}", r"A_{i \cdot}", r"A_{i *}", r"A_{i,\bullet}", "A[i,:]", "A[i, :]"]
)
def test_a_row_is_one(row):
    assert verdict(rf"(A w)_i = {row} w") == "proved"
    assert verdict(rf"A^T r = \sum_i r_i {row}^T") == "proved"
    assert verdict(rf"(A w)_i = 2 {row} w") == "wrong"


@pytest.mark.parametrize("column", [r"A_{:,j}", r"A_{\cdot j}", r"A_{* j}", "A[:,j]", "A[:, j]"])
def test_a_column_is_one(column):
    assert verdict(rf"A w = \sum_j w_j {column}") == "proved"
    assert verdict(rf"A w = \sum_j {column}") == "wrong"


def test_brackets_without_a_colon_are_a_factor():
    assert verdict(r"2 r_i [3] = 6 r_i") == "proved"
