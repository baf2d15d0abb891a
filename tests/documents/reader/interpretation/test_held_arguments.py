"""Arguments that a partial derivative holds fixed."""

import pytest
from tests.documents.reader.verdicts import verdicts

LOSS = "Let $w$, $x$, $t$ and $c$ be numbers.\n\n$$L(w, b) = (w x + b - t)^2$$\n\nHere $b = c w$."
ROUND = "$$\\frac{\\partial L}{\\partial w} = SLOPE$$"
STRAIGHT = "$$\\frac{d L}{d w} = 2 (w x + b - t) (x + c)$$"
SECOND = "$$\\frac{\\partial^2 L}{\\partial w^2} = SLOPE$$"


@pytest.mark.parametrize(
    ("formula", "slope", "verdict"),
    [
        (ROUND, "2 (w x + b - t) x", "proved"),
        (ROUND, "2 (w x + b - t) (x + c)", "wrong"),
        (SECOND, "2 x^2", "proved"),
        (SECOND, "2 (x + c)^2", "wrong"),
    ],
)
def test_beside_a_straight_d_a_round_one_holds_the_other_arguments(formula, slope, verdict):
    assert verdicts(LOSS, STRAIGHT, formula.replace("SLOPE", slope)) == ["proved", verdict]


@pytest.mark.parametrize("slope", ["2 (w x + b - t) x", "2 (w x + b - t) (x + c)"])
def test_alone_it_may_mean_both(slope):
    [verdict] = verdicts(LOSS, ROUND.replace("SLOPE", slope))
    assert verdict in ("undecided", "wrong if read so")


def test_an_argument_that_does_not_move_is_no_question():
    text = "Let $w$, $x$ and $c$ be numbers.\n\n$$L(w, b) = (w x + b)^2$$\n\nHere $b = c^2$."
    assert verdicts(text, ROUND.replace("SLOPE", "2 x (w x + b)")) == ["proved"]
