"""Functions that an index numbers."""

import pytest
from tests.documents.reader.verdicts import verdicts

VECTORS = r"""Let $w \in \mathbb{R}^d$ and $x_i \in \mathbb{R}^d$ for $i = 1, \dots, m$, and $z_i = W x_i$ with
$W \in \mathbb{R}^{n \times d}$."""


@pytest.mark.parametrize("loss", [r"J = \sum_{i=1}^m \ell_i(z_i)", r"J = \sum_{i=1}^m J_i(z_i)"])
@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        (r"\frac{\partial J}{\partial z_i} = \nabla \ell_i(z_i)", True),
        (r"\frac{\partial J}{\partial W} = \sum_{i=1}^m \nabla \ell_i(z_i) x_i^\top", True),
        (r"\frac{\partial J}{\partial z_i} = m \nabla \ell_i(z_i)", False),
        (r"\frac{\partial J}{\partial W} = \sum_{i=1}^m \nabla \ell_i(z_i) z_i^\top", False),
    ],
)
def test_each_loss_of_a_sum_is_a_function_of_its_own(loss, claim, holds):
    claim = claim.replace(r"\ell", "J" if "J_i" in loss else r"\ell")
    [found] = verdicts(VECTORS, f"$${loss}$$", f"$${claim}$$")
    assert (found in ("proved", "verified", "proved if")) == holds
    assert found != "wrong"


def test_a_prime_is_the_derivative_by_what_stands_in_brackets():
    text = r"Let $z_i = w x_i$ for $i = 1, \dots, m$, and $J = \sum_{i=1}^m \ell_i(z_i)$, with numbers $w$ and $x_i$."
    right, wrong = (
        r"$$\frac{dJ}{dw} = \sum_{i=1}^m \ell_i'(z_i) x_i$$",
        r"$$\frac{dJ}{dw} = \sum_{i=1}^m \ell_i'(z_i) z_i$$",
    )
    assert verdicts(text, right)[-1] == "proved"
    assert verdicts(text, wrong)[-1] == "wrong if read so"
    second = r"$$\frac{d^2 J}{dw^2} = \sum_{i=1}^m \ell_i''(z_i) x_i^2$$"
    assert verdicts(text, second)[-1] == "proved"


def test_the_losses_are_not_the_same_function():
    text = VECTORS, r"$$J = \sum_{i=1}^m \ell_i(z_i)$$", r"$$\ell_1(z_1) = \ell_2(z_1)$$"
    assert verdicts(*text)[-1] not in ("proved", "verified", "proved if")


def test_a_product_with_brackets_stays_one():
    assert verdicts(r"$$\sum_{i=1}^n a_i (x_i + 1) = \sum_{i=1}^n a_i x_i + \sum_{i=1}^n a_i$$") == ["proved"]
