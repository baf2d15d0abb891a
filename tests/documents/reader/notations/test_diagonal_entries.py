"""Diagonal matrices that are defined by their entries."""

import pytest
from tests.documents.reader.verdicts import verdicts

MATRIX = "Let $A \\in \\mathbb{R}^{n \\times n}$ have positive entries"
SUMS = ("$$D^{-1} A \\mathbf{1} = \\mathbf{1}$$", "$$\\mathbf{1}^T A \\mathbf{1} = \\operatorname{tr}(D)$$")


@pytest.mark.parametrize(
    "words",
    [
        "and let $D$ be the diagonal matrix with $D_{ii} = \\sum_{j=1}^n A_{ij}$.",
        "where $D$ is diagonal, $D_{ii} = \\sum_{j=1}^n A_{ij}$.",
        "und $D$ sei die Diagonalmatrix mit $D_{ii} = \\sum_{j=1}^n A_{ij}$.",
        "and $D$ is a diagonal matrix:\n\n$$D_{ii} = \\sum_{j=1}^n A_{ij}$$",
    ],
)
def test_words_before_the_entries_make_them_a_matrix(words):
    assert verdicts(f"{MATRIX} {words}", *SUMS) == ["proved", "proved"]
    assert "wrong" in verdicts(f"{MATRIX} {words}", "$$\\mathbf{1}^T A D^{-1} = \\mathbf{1}^T$$")[0]


def test_the_hessian_of_logistic_regression():
    text = "Let $X \\in \\mathbb{R}^{n \\times d}$, $p = \\sigma(X w)$ and let $S$ be a diagonal matrix with "
    text += "$S_{ii} = p_i (1 - p_i)$."
    loss = "$$L = -y^T \\log p - (1 - y)^T \\log(1 - p)$$"
    assert verdicts(text, loss, "$$\\nabla^2_w L = X^T S X$$") == ["proved if"]


def test_entries_on_the_diagonal_of_another_matrix_are_no_definition():
    text = "Let $A \\in \\mathbb{R}^{n \\times n}$ have a zero diagonal, $A_{ii} = 0$."
    assert verdicts(text, "$$A + A = A$$")[-1].startswith("wrong")
