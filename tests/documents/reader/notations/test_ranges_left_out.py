"""Sums without a range: over the indices of the body that stand nowhere else, or over all entries."""

import pytest

from chainrule.documents import check_derivation

LETTERS = r"Let $u, v \in \mathbb{R}^n$ and $A \in \mathbb{R}^{m \times n}$, and let $N$ be a number." + "\n\n"


def steps(text):
    return [(step.verdict, step.message) for step in check_derivation(LETTERS + text, repairs=False).claims]


@pytest.mark.parametrize("step", [
    r"\|A\|^2 = \sum A_{ij}^2", r"u^T v = \sum u_i v_i", r"(A v)_i = \sum A_{ij} v_j", r"\sum u v = u^T v",
    r"\sum u_i \sum v_j = \sum_i \sum_j u_i v_j", r"\frac{1}{N} \sum u = \frac{1}{N} \mathbf{1}^T u",
    r"\frac{\partial}{\partial u_i} \sum u_j^2 = 2 u_i", r"\sum (u_i - N) = \mathbf{1}^T u - N n",
    r"\prod e^{u_i} = e^{\sum u_i}", r"\langle u, v \rangle = \sum u \circ v",
    r"\log \sum e^{u} = N + \log \sum e^{u - N}",
])  # fmt: skip
def test_what_is_meant_is_proved(step):
    assert [verdict for verdict, _ in steps(f"$${step}$$")] == ["proved"]


@pytest.mark.parametrize(("step", "doubt"), [
    (r"\sum u_i v_i = u^T u", "a sum without a range runs over the indices that stand nowhere else"),
    (r"\sum u v = u^T u", "a sum without a range is over all entries"),
])  # fmt: skip
def test_the_range_is_a_doubt(step, doubt):
    [(verdict, message)] = steps(f"$${step}$$")
    assert verdict == "wrong if read so"
    assert doubt in message


def test_the_gradient_of_a_cross_entropy_without_indices():
    text = r"""Let $p = \text{softmax}(z)$ and $L = -\sum y \log p$, where $y$ is one-hot. Then
$$\frac{\partial L}{\partial z} = p - y.$$"""
    assert [step.verdict for step in check_derivation(text, repairs=False).claims][-1] == "proved"


def test_a_product_without_indices_is_not_read():
    [(verdict, message)] = steps(r"$$\prod u = N$$")
    assert verdict == "not read"
    assert "the range of a prod is not read" in message
