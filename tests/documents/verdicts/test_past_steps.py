"""The things that steps leave uncertain about those that follow."""

import pytest

from chainrule.documents import check_derivation

SUM = "$$\\|x\\| = \\sum_{i=1}^n |x_i|$$\n\n"
EUCLIDEAN = "$$\\|x\\| = \\sqrt{x^T x}$$\n\n"
GRADIENT = "$$R = \\|w\\|^2$$\n\n$$\\nabla_w R = 2 w$$"


def last(text):
    return check_derivation(f"Let $x, w \\in \\mathbb{{R}}^n$.\n\n{text}", repairs=False).steps[-1]


@pytest.mark.parametrize("between", ["", "# Penalties\n\n"])
def test_nothing_is_proved_of_norms_behind_another_one_than_the_euclidean(between):
    step = last(SUM + between + GRADIENT)
    assert step.verdict == "undecided"
    assert "line 3 may give the norm another meaning" in step.message
    assert last(EUCLIDEAN + between + GRADIENT).verdict == "proved"


def test_a_norm_with_a_name_of_its_own_leaves_the_others():
    assert last(SUM.replace("\\| =", "\\|_1 =") + GRADIENT).verdict == "proved"


def test_what_has_no_norm_is_proved():
    assert last(SUM + "$$\\nabla_w (w^T w) = 2 w$$").verdict == "proved"


def test_rows_that_the_text_says_to_add_up_to_1_may_be_assumed_to():
    text = r"""Let $\hat Y \in \mathbb{R}^{n \times C}$ be the matrix of predicted probabilities.

$$J = -\sum_i \sum_c y_{ic} \log \hat y_{ic}$$

Since $\hat y_{ic} = \frac{e^{z_{ic}}}{\sum_k e^{z_{ik}}}$ and $\sum_c y_{ic} = 1$:

$$\frac{\partial J}{\partial z_{ic}} = %s \hat y_{ic} - y_{ic}$$
"""
    right, wrong = (check_derivation(text % factor, repairs=False).claims[-1] for factor in ("", "2"))
    assert right.verdict == "proved if"
    assert "each row of y adds up to 1" in right.message
    assert wrong.verdict == "wrong if read so"
