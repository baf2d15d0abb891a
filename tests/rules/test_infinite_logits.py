"""Infinite and missing logits mean one thing, in every rule of the softmax family and on every kind of array.

    -inf                   the class is masked            +inf, n of them    they share the row, 1 / n each
    -inf throughout        no probabilities: nan          nan                nan in that row, never in another

pytest turns every warning of NumPy into an error, so these tests also say that none of it warns.
"""

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking import balls, midpoints, precision

INF, NAN = np.inf, np.nan
HALF = np.log(2.0)

ONE, TWO = [INF, 0.0, 1.0], [INF, INF, -INF]
MASKED, BROKEN, PLAIN = [-INF, -INF, -INF], [NAN, 1.0, 2.0], [1.0, 2.0, 0.5]
BROKEN_AND_INFINITE = [INF, NAN, 1.0]

KINDS = ["numpy float64", "numpy float32", "torch float64", "torch float32"]


@pytest.fixture(params=KINDS)
def array(request):
    """Makes arrays of one library and dtype; results come back as NumPy's float64."""
    library, dtype = request.param.split()
    if library == "numpy":
        return lambda x: np.asarray(x) if np.asarray(x).dtype.kind == "i" else np.asarray(x, dtype)
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    return lambda x: (
        torch.tensor(x) if np.asarray(x).dtype.kind == "i" else torch.tensor(x, dtype=getattr(torch, dtype))
    )


def same(result, expected):
    __tracebackhide__ = True
    np.testing.assert_allclose(np.asarray(result, np.float64), expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    ("row", "probs", "log_probs", "log_sum"),
    [
        (ONE, [1, 0, 0], [0, -INF, -INF], INF),
        (TWO, [0.5, 0.5, 0], [-HALF, -HALF, -INF], INF),
        (MASKED, [NAN] * 3, [NAN] * 3, -INF),
        (BROKEN, [NAN] * 3, [NAN] * 3, NAN),
        (BROKEN_AND_INFINITE, [NAN] * 3, [NAN] * 3, NAN),
        ([0.0, -INF, 0.0], [0.5, 0, 0.5], [-HALF, -INF, -HALF], HALF),
        ([-INF, -3.0, -INF], [0, 1, 0], [-INF, 0, -INF], -3.0),
    ],
    ids=["one +inf", "two +inf", "masked throughout", "nan", "nan beside +inf", "one masked", "all but one masked"],
)
def test_the_values_of_a_row(array, row, probs, log_probs, log_sum):
    x = array([PLAIN, row, PLAIN])
    for rule, expected in ((rules.softmax, probs), (rules.log_softmax, log_probs), (rules.log_sum_exp, log_sum)):
        got = rule(x)
        same(got[1], expected)
        same(rule(array(row)), expected)
        # The rows beside it are what they are alone, to the last bit.
        assert (np.asarray(got[0]) == np.asarray(rule(array(PLAIN)))).all()
        assert (np.asarray(got[2]) == np.asarray(got[0])).all()


def test_the_derivatives_of_a_row_are_those_of_the_limit(array):
    v = [3.0, -1.0, 0.5]
    x, vectors = array([ONE, TWO, PLAIN]), array([v, v, v])
    same(rules.softmax.vjp(x, vectors)[:2], [[0, 0, 0], [1, -1, 0]])
    same(rules.softmax.jvp(x, vectors)[:2], [[0, 0, 0], [1, -1, 0]])
    same(rules.log_softmax.vjp(x, vectors)[:2], [[0.5, -1, 0.5], [1.75, -2.25, 0.5]])
    same(rules.log_softmax.jvp(x, vectors)[:2], [[0, -4, -2.5], [2, -2, -0.5]])
    same(rules.log_sum_exp.vjp(x, array([2.0, 2.0, 2.0]))[:2], [[2, 0, 0], [1, 1, 0]])
    same(rules.log_sum_exp.jvp(x, vectors)[:2], [3, 1])
    same(rules.softmax.jacobian(array(TWO)), [[0.25, -0.25, 0], [-0.25, 0.25, 0], [0, 0, 0]])


def derivatives(array, row):
    """Every derivative of every rule of the family at [PLAIN, row, PLAIN], row by row."""
    x, v, ones = array([PLAIN, row, PLAIN]), array([[3.0, -1.0, 0.5]] * 3), array([2.0, 2.0, 2.0])
    labels, weights = array([0, 1, 2]), array([[0.5, 0.25, 0.25]] * 3)
    yield "softmax", rules.softmax.vjp(x, v)
    yield "softmax, jvp", rules.softmax.jvp(x, v)
    yield "log_softmax", rules.log_softmax.vjp(x, v)
    yield "log_softmax, jvp", rules.log_softmax.jvp(x, v)
    yield "log_sum_exp", rules.log_sum_exp.vjp(x, ones)
    yield "log_sum_exp, jvp", rules.log_sum_exp.jvp(x, v)
    yield "labels", rules.softmax_cross_entropy.vjp(x, labels, ones)[0]
    yield "labels, smoothed", rules.softmax_cross_entropy.vjp(x, labels, ones, label_smoothing=0.1)[0]
    by_logits, by_targets = rules.softmax_cross_entropy.vjp(x, weights, ones)
    yield "weights", by_logits
    yield "weights, by targets", by_targets
    yield "labels, jvp", rules.softmax_cross_entropy.jvp(x, labels, v, None)
    yield "weights, jvp", rules.softmax_cross_entropy.jvp(x, weights, v, None)
    yield "the loss of labels", rules.softmax_cross_entropy(x, labels)
    yield "the loss of weights", rules.softmax_cross_entropy(x, weights)


@pytest.mark.parametrize("row", [MASKED, BROKEN, BROKEN_AND_INFINITE], ids=["masked", "nan", "nan beside +inf"])
def test_a_row_without_probabilities_is_nan_everywhere_and_leaves_the_others_alone(array, row):
    untouched = dict(derivatives(array, PLAIN))
    for name, got in derivatives(array, row):
        got, alone = np.asarray(got), np.asarray(untouched[name])
        assert np.isnan(got[1]).all(), name
        assert (got[[0, 2]] == alone[[0, 2]]).all(), name
        assert np.isfinite(got[[0, 2]]).all(), name


def test_the_losses_of_infinite_logits(array):
    x = array([ONE, ONE, TWO, TWO, [-INF, 0.0, 0.0]])
    same(rules.softmax_cross_entropy(x, array([0, 1, 1, 2, 0])), [0, INF, HALF, INF, INF])
    gradient = rules.softmax_cross_entropy.vjp(x, array([0, 1, 1, 2, 1]), array([1.0] * 5))[0]
    same(gradient, [[0, 0, 0], [1, -1, 0], [0.5, -0.5, 0], [0.5, 0.5, -1], [0, -0.5, 0.5]])


def test_a_masked_class_without_weight_does_not_count(array):
    x, t = array([[1.0, -INF, 2.0], ONE, TWO]), array([[0.25, 0.0, 0.75], [2.0, 0.0, 0.0], [0.5, 0.5, 0.0]])
    alone = float(rules.softmax_cross_entropy(np.array([1.0, 2.0]), np.array([0.25, 0.75])))
    same(rules.softmax_cross_entropy(x, t), [alone, 0, HALF])
    assert np.isfinite(np.asarray(rules.softmax_cross_entropy.vjp(x, t, array([1.0] * 3))[0])).all()
    assert float(rules.softmax_cross_entropy(x, array([[0.25, 0.5, 0.25]] * 3))[0]) == INF


def test_balls_follow_the_same_rule():
    x, v = np.array([ONE, TWO, MASKED, PLAIN]), np.array([[3.0, -1.0, 0.5]] * 4)
    labels = np.array([0, 1, 1, 2])
    with precision(200):
        for rule in (rules.softmax, rules.log_softmax, rules.log_sum_exp):
            same(rule(x), midpoints(rule(balls(x))))
        for rule in (rules.softmax, rules.log_softmax):
            same(rule.vjp(x, v), midpoints(rule.vjp(balls(x), balls(v))))
            same(rule.jvp(x, v), midpoints(rule.jvp(balls(x), balls(v))))
        ones = np.ones(4)
        exact = rules.softmax_cross_entropy.vjp(balls(x), labels, balls(ones))[0]
        same(rules.softmax_cross_entropy.vjp(x, labels, ones)[0], midpoints(exact))


def test_a_certain_binary_prediction_costs_nothing_or_everything(array):
    logits, targets = array([INF, -INF, INF, -INF, NAN, 0.0]), array([1.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    same(rules.binary_cross_entropy(logits, targets), [0, 0, INF, INF, NAN, HALF])
    same(rules.binary_cross_entropy.vjp(logits, targets, array([1.0] * 6))[0], [0, 0, 1, -1, NAN, -0.5])
    same(rules.half_squared_error(logits, targets), [0, 0, 0.5, 0.5, NAN, 0.125])
    same(rules.half_squared_error.vjp(logits, targets, array([1.0] * 6))[0], [0, 0, 0, 0, NAN, -0.125])
