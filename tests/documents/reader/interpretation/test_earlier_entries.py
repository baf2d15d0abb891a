"""Entries that a text makes of earlier ones."""

import pytest
from tests.documents.reader.verdicts import verdicts

UNIT = r"""The input is $x_1, \dots, x_T$, the state begins with a number $h_0$, and for $t = 1, \dots, T$

$$h_t = \tanh(w h_{t-1} + u x_t).$$"""

LAYER = r"""For $t = 1, \dots, T$ let $x_t \in \mathbb{R}^d$ and $h_t \in \mathbb{R}^n$, with
$W \in \mathbb{R}^{n \times n}$, $U \in \mathbb{R}^{n \times d}$ and

$$a_t = W h_{t-1} + U x_t + b, \qquad h_t = \tanh(a_t), \qquad L = \sum_{t=1}^T c^\top h_t .$$"""


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        (r"$$\frac{\partial h_t}{\partial h_{t-1}} = w (1 - h_t^2)$$", "proved"),
        (r"$$\frac{\partial h_t}{\partial x_t} = u (1 - h_t^2)$$", "proved"),
        (r"$$\frac{\partial h_2}{\partial h_0} = w^2 (1 - h_2^2) (1 - h_1^2)$$", "proved"),
        (r"$$\frac{\partial h_t}{\partial h_{t-1}} = w (1 - h_{t-1}^2)$$", "wrong if read so"),
        (r"$$\frac{\partial h_t}{\partial h_{t-1}} = 0$$", "wrong if read so"),
        (r"$$\frac{d h_t}{d w} = (1 - h_t^2) h_{t-1}$$", "wrong if read so"),  # h_{t-1} depends on w, too
        (r"$$\frac{d h_t}{d w} = (1 - h_t^2) \left(h_{t-1} + w \frac{d h_{t-1}}{d w}\right)$$", "proved"),
    ],
)
def test_a_derivative_of_a_state_goes_through_those_before(claim, found):
    assert verdicts(UNIT, claim) == [found]


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        (r"\frac{\partial L}{\partial a_t} = (1 - h_t \odot h_t) \odot \frac{\partial L}{\partial h_t}", True),
        (r"\frac{\partial L}{\partial W} = \sum_{t=1}^T \frac{\partial L}{\partial a_t} h_{t-1}^\top", True),
        (r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t \odot h_t) W", True),
        (r"\frac{\partial h_t}{\partial a_t} = \mathrm{diag}(1 - h_t \odot h_t)", True),
        (r"\frac{\partial L}{\partial h_t} = c", False),
        (r"\frac{\partial L}{\partial W} = \sum_{t=1}^T \frac{\partial L}{\partial a_t} h_t^\top", False),
        (r"\frac{\partial h_t}{\partial h_{t-1}} = W \mathrm{diag}(1 - h_t \odot h_t)", False),
    ],
)
def test_states_may_be_vectors_and_made_through_others(claim, holds):
    [found] = verdicts(LAYER, f"$${claim}$$")
    assert (found in ("proved", "verified", "proved if")) == holds
    assert found != "wrong"


def test_an_index_from_0_has_the_state_before_the_first_one():
    claim = r"For $0 \le k < T$ we have $$\frac{\partial h_T}{\partial h_k} = \prod_{t=%s}^T w (1 - h_t^2) .$$"
    right, late, early = (verdicts(UNIT, claim % begin)[0] for begin in ("k+1", "k+2", "k"))
    assert right in ("proved", "verified")
    assert late == early == "wrong if read so"


def test_a_state_may_begin_with_zeros():
    start = LAYER + "\n\nThe network starts with $h_0 = 0$."
    claim = r"$$h_1 = \tanh(U x_1 + b)$$"
    assert verdicts(start, claim) == ["proved if"]  # the sentence is no condition for sure
    assert verdicts(LAYER, claim) == ["wrong if read so"]


def test_what_is_made_of_later_entries_or_of_itself_is_no_recurrence():
    later = r"$$s_t = w s_{t+1} + x_t$$"
    claim = r"$$\frac{\partial s_t}{\partial s_{t+1}} = w$$"
    assert not any(each.startswith(("proved", "verified")) for each in verdicts(later, claim))


def test_a_part_that_does_not_repeat_the_recurrence_does_not_forget_it():
    model = "# Model\n\n" + UNIT + "\n\n# Loss\n\n" r"$$L = \sum_{t=1}^T h_t^2$$"
    assert verdicts(model, r"$$\frac{\partial L}{\partial h_t} = 2 h_t$$") == ["wrong if read so"]
    through = UNIT.replace(
        r"$$h_t = \tanh(w h_{t-1} + u x_t).$$", r"$$z_t = w h_{t-1} + u x_t, \quad h_t = \tanh(z_t)$$"
    )
    model = "# Model\n\n" + through + "\n\n# Loss\n\n" r"$$L = \sum_{t=1}^T h_t^2$$"
    assert verdicts(model, r"$$\frac{\partial L}{\partial h_t} = 2 h_t$$") == ["wrong if read so"]


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        (r"$$\sum_{k=0}^{2} s_k = s_0 + s_1 + s_2$$", "proved"),
        (r"$$\sum_{k=0}^{2} s_k = s_1 + s_2$$", "wrong if read so"),
        (r"$$\frac{\partial}{\partial s_0} \sum_{k=0}^n s_k = \sum_{k=0}^n w^k$$", "proved"),
    ],
)
def test_a_sum_from_0_has_the_entry_before_the_first_one(claim, found):
    assert verdicts(r"For $k = 1, \dots, n$ let $s_k = w s_{k-1} + x_k$, where $s_0$ is given.", claim) == [found]
