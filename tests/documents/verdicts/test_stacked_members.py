"""Claims with a matrix X beside vectors x_i of which the text does not say how they belong together."""

import pytest

from chainrule.documents import check_derivation

REGRESSION = r"""
The examples are $x_i \in \mathbb{R}^d$ with $i = 1, \dots, N$, and $X \in \mathbb{R}^{N \times d}$ is the data matrix.

$$\hat y_i = w^T x_i, \qquad L = \frac12 \sum_{i=1}^N (\hat y_i - y_i)^2$$

"""
SOFTMAX = r"""
For each example $z_i = W^T x_i + b$ and $p_i = \text{softmax}(z_i)$. The labels $y_i$ are one-hot.

$$L = -\frac{1}{N} \sum_{i=1}^N \sum_{k=1}^K y_{ik} \log p_{ik}$$

"""


def last_of(text):
    return check_derivation(text, repairs=False).steps[-1]


@pytest.mark.parametrize(
    ("text", "claim", "verdict"),
    [
        (REGRESSION, r"\nabla_w L = X^T (X w - y)", "proved if"),
        (REGRESSION, r"\nabla_w L = 2 X^T (X w - y)", "wrong if read so"),
        (REGRESSION, r"\frac{\partial L}{\partial X} = (X w - y) w^T", "proved if"),
        (REGRESSION, r"\frac{\partial L}{\partial X} = 0", "wrong if read so"),
        (SOFTMAX, r"\frac{\partial L}{\partial W} = \frac1N X^T (P - Y)", "proved if"),
        (SOFTMAX, r"\frac{\partial L}{\partial W} = X^T (P - Y)", "wrong if read so"),
    ],
)
def test_a_matrix_may_be_made_of_the_vectors_of_its_small_letter(text, claim, verdict):
    step = last_of(f"{text}$${claim}$$")
    assert step.verdict == verdict
    if verdict == "proved if":
        assert "the rows of X are the vectors x" in step.message


def test_members_may_be_columns():
    text = r"$X \in \mathbb{R}^{d \times N}$. " + REGRESSION.replace(r", and $X \in \mathbb{R}^{N \times d}$", "; $X$")
    step = last_of(text + r"$$\nabla_w L = X (X^T w - y)$$")
    assert step.verdict == "proved if"
    assert "the columns of X are the vectors x" in step.message


def test_a_matrix_with_other_sizes_is_none_of_them():
    text = REGRESSION.replace(r"X \in \mathbb{R}^{N \times d}", r"X \in \mathbb{R}^{m \times d}")
    assert not last_of(text + r"$$\|X w\|^2 = \sum_{i=1}^N \hat y_i^2$$").verdict.startswith("proved")
