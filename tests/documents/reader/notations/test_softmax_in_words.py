"""Softmaxes that words define."""

import pytest
from tests.documents.reader.verdicts import verdicts

SLOPE = "$$\\frac{\\partial p_i}{\\partial z_j} = p_i (\\delta_{ij} - p_j)$$"


@pytest.mark.parametrize(
    "words",
    [
        "Let $p$ be the softmax of $z$.",
        "Here $p$ is the softmax of the logits $z$.",
        "We compute $p_i$ as the softmax of $z_i$.",
        "Sea $p$ como softmax de $z$.",
    ],
)
def test_words_define_a_softmax(words):
    assert verdicts(words, SLOPE) == ["proved"]


def test_what_it_is_of_may_be_a_formula():
    text = "The student computes $p_i$ as the softmax of $z_i / T$ with a number $T > 0$."
    assert verdicts(text, SLOPE.replace("= p_i", "= \\frac{1}{T} p_i")) == ["proved"]
    assert verdicts(text, SLOPE)[0] not in ("proved", "proved if")


def test_words_about_the_derivative_of_a_softmax_define_none():
    assert verdicts("Let $p$ be the derivative of the softmax of $z$.", SLOPE) != ["proved"]
