"""The first entry of an array that a document makes step by step, and the last one of an array made backwards."""

import pytest
from tests.documents.reader.verdicts import verdicts

HOLDS = ("proved", "verified", "proved if")
STATES = r"""Let $E \in \mathbb{R}^{n \times v}$, $R \in \mathbb{R}^{n \times n}$ and $x \in \mathbb{R}^v$,
and use columns for gradients.

$$ h_0 = E x $$

$$ h_t = \tanh(R h_{t-1}), \qquad t = 1, \dots, T $$

$$ L = \sum_{t=1}^T c^\top h_t $$
"""
ADJOINT = r"""Let $a$ be a number, $x_t = a x_{t-1} + u_t$ for $t = 1, \dots, T$, and $J = \frac12 \sum_{t=1}^T x_t^2$.
Let $p_T = x_T$ and

$$ p_t = x_t + a\, p_{t+1}, \qquad t = T-1, \dots, 1. $$
"""


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        (r"\frac{\partial L}{\partial E} = \frac{\partial L}{\partial h_0} x^\top", True),
        (r"\frac{\partial L}{\partial x} = E^\top \frac{\partial L}{\partial h_0}", True),
        (r"\frac{\partial L}{\partial E} = 0", False),
        (r"\frac{\partial L}{\partial x} = 0", False),
    ],
)
def test_the_state_before_the_first_one_has_a_formula(claim, holds):
    *_, found = verdicts(STATES, f"$${claim}$$")
    assert (found in HOLDS) == holds


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        (r"\frac{\partial J}{\partial x_t} = p_t", True),
        (r"\frac{d J}{d a} = \sum_{t=1}^{T} p_t x_{t-1}", True),
        (r"\frac{d J}{d a} = \sum_{t=1}^{T-1} p_{t+1} x_{t-1}", False),
        (r"\frac{d J}{d u_t} = a p_t", False),
        (r"p_t = \sum_{s=t}^{T} a^{s-t} x_s", True),
        (r"p_t = \sum_{s=t}^{T} a^{T-s} x_s", False),
    ],
)
def test_an_adjoint_state_is_made_backwards_from_the_last_one(claim, holds):
    *_, found = verdicts(ADJOINT, f"$${claim}$$")
    assert (found in HOLDS) == holds


def test_what_is_made_backwards_of_nothing_is_no_definition():
    text = r"Let $a$ be a number, $J = \sum_{t=1}^T p_t$ and $$p_t = a p_{t+1}$$ for $t = 1, \dots, T - 1$."
    assert verdicts(text, r"$$\frac{d J}{d a} = 0$$")[-1] not in HOLDS
