"""Entries that are made of those before them, written forwards."""

import pytest
from tests.documents.reader.verdicts import verdicts

HOLDS = ("proved", "verified", "proved if")
SYSTEM = r"""Let $a$ and $b$ be numbers, and

$$ x_{t+1} = a\, x_t + b\, u_t, \qquad t = 0, \dots, T-1. $$

The cost is $J = \frac12 \sum_{t=1}^T x_t^2$.
"""


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        (r"x_T = a^T x_0 + b \sum_{t=0}^{T-1} a^{T-1-t} u_t", True),
        (r"x_T = a^T x_0 + b \sum_{t=1}^{T-1} a^{T-1-t} u_t", False),
        (r"x_T = a^{T-1} x_0 + b \sum_{t=0}^{T-1} a^{T-1-t} u_t", False),
        (r"\frac{d x_T}{d a} = \sum_{t=0}^{T-1} a^{T-1-t} x_t", True),
        (r"\frac{d x_T}{d a} = x_{T-1}", False),  # the states before it depend on a, too
        (r"\frac{\partial x_{t+1}}{\partial u_t} = b", True),
        (r"\frac{\partial x_{t+1}}{\partial u_t} = a", False),
    ],
)
def test_a_system_written_forwards_is_made_step_by_step(claim, holds):
    *_, found = verdicts(SYSTEM, f"$${claim}$$")
    assert (found in HOLDS) == holds
    assert found != "wrong"


def test_a_step_of_descent_makes_a_new_value_and_no_entry():
    text = r"We minimise $f(w)$ by the step $$w_{t+1} = w_t - \eta g_t$$ and so $$w_{t+1} - w_t = \eta g_t.$$"
    assert verdicts(text)[-1] not in HOLDS


@pytest.mark.parametrize(
    ("start", "claim"),
    [
        ("$$x_1 = c w$$", r"$$\frac{d x_2}{d w} = x_1$$"),  # x_1 depends on w, too
        ("$$x_1 = c w$$", r"$$\frac{d x_2}{d w} = 2 w x_0$$"),
        ("", r"$$\frac{d x_2}{d w} = 2 w x_0$$"),
    ],
)
def test_a_range_that_begins_later_is_made_of_no_entry_0(start, claim):
    steps = r"$$x_{t+1} = w x_t, \qquad t = 1, \dots, T-1$$"
    cost = r"The cost is $J = \sum_{t=1}^T x_t^2$."
    assert verdicts(f"Let $w$ and $c$ be numbers. {start}", steps, cost, claim)[-1] not in HOLDS
