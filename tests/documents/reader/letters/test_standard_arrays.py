import pytest

from chainrule.documents import check_derivation

BLOCK = "---\nn: size\nx: vector n\nA: matrix n n\n---\n\n"


@pytest.mark.parametrize(
    ("formula", "strict"),
    [
        (r"I_n x = x", "eye(n) @ x = x"),
        (r"I_{n \times n} x = x", "eye(n) @ x = x"),
        (r"x^T I A x = x^T A x", "x' @ eye(n) @ A @ x = x' @ A @ x"),
        (r"\mathbf{1}_n^T x = \sum_i x_i", "ones(n)' @ x = sum(i in n: x[i])"),
        (r"\mathbf{1}^T x = \sum_i x_i", "ones(n)' @ x = sum(i in n: x[i])"),
        (r"x^T e_k = x_k", "x' @ unit(k, n) = x[k]"),
        (r"\sum_j I_{ij} x_j = x_i", "sum(j in n: eye(n)[i, j] * x[j]) = x[i]"),
    ],
)
def test_standard_arrays_need_no_definition(claims, formula, strict):
    text = f"{BLOCK}$${formula}$$"
    assert claims(text) == [strict]
    assert [step.verdict for step in check_derivation(text, repairs=False).claims] == ["proved"]


@pytest.mark.parametrize("formula", ["I x = 2 x", r"\mathbf{1}^T x = 0", "x^T e_k = 2 x_k"])
def test_a_relation_is_not_wrong_for_them(formula):
    steps = check_derivation(f"{BLOCK}$${formula}$$", repairs=False).claims
    assert [step.verdict for step in steps] == ["wrong if read so"]


def test_a_letter_that_the_document_defines_is_no_standard_array(claims):
    assert claims(f"{BLOCK}Let $I = A x$ and $e_k = x_k^2$.\n\n$$I - e = A x - x \\odot x$$") == [
        "I - e = A @ x - x .* x"
    ]


def test_a_bold_one_may_be_declared_as_a_matrix():
    text = (
        BLOCK.replace("A: matrix n n", "\\mathbf{1}: matrix n n")
        + "$$(\\mathbf{1} x)_i = \\sum_j x_j$$\n\n$$\\mathbf{1} x = x$$"
    )
    assert [step.verdict for step in check_derivation(text, repairs=False).claims] == ["proved", "wrong"]
