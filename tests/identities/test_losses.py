"""Cross entropy on logits, probabilities and log-probabilities; the two losses of a single logit."""

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chainrule import rules
from chainrule.checking import balls

from .arithmetic import FUNCTION, SIGMOID, softmax_roundings, total
from .strategies import numbers, positive, row, rows, with_weights

PROBABILITIES = st.integers(0, 16).map(lambda k: k / 16)


def cross_entropy_of(t):
    """x -> -sum_i t_i log softmax(x)_i."""

    def loss(x):
        return -np.sum(balls(t) * (x - np.log(np.sum(np.exp(x)))))

    return loss


def by_logits(arithmetic, x, t):
    return rules.softmax_cross_entropy.vjp(x, t, arithmetic(1.0))[0]


@given(with_weights(40), row(4, least=5))
@example(([40.0, -40.0, 0.0], [0.0, 1.0, 0.0]), [1.0, 2.0, 0.0, 0.0, 0.0])
@example(([3.0], [1.0]), [-2.0, 0.0, 0.0, 0.0, 0.0])
@example(([0.0, 0.0], [0.5, 0.5]), [0.0, 0.0, 0.0, 0.0, 0.0])
def test_the_gradient_of_cross_entropy_after_softmax_is_probabilities_less_targets(arithmetic, drawn, others):
    """dE/dx = s - t where sum(t) = 1, s sum(t) - t for any weights t; either way it sums to 0 over the classes."""
    x, t = map(arithmetic, drawn)
    s = rules.softmax(x)
    scale = 2 * softmax_roundings(len(x)) * (s + t)
    gradient = by_logits(arithmetic, x, t)
    arithmetic.agree(gradient, s - t, scale)
    arithmetic.agree(gradient, arithmetic.derivative(cross_entropy_of(t), x), scale)
    arithmetic.agree(np.sum(gradient), 0, np.sum(scale))
    w = arithmetic(others[: len(x)])
    scale = 2 * softmax_roundings(len(x)) * (s * total(w) + np.abs(w))
    gradient = by_logits(arithmetic, x, w)
    arithmetic.agree(gradient, s * np.sum(w) - w, scale)
    arithmetic.agree(gradient, arithmetic.derivative(cross_entropy_of(w), x), scale)
    arithmetic.agree(np.sum(gradient), 0, np.sum(scale))
    if abs(sum(others[: len(x)]) - 1) > 1 / 256:
        arithmetic.apart(gradient, s - w, scale + s)


def test_cross_entropy_its_gradient_and_the_entropy_at_one_two_three_are_as_printed(arithmetic):
    """x = (1, 2, 3), t = (0.2, 0.3, 0.5)."""
    x, t = arithmetic([1.0, 2.0, 3.0]), arithmetic([2.0, 3.0, 5.0]) / 10
    arithmetic.shows(rules.softmax_cross_entropy(x, t), "1.10760596444438", roundings=4 * FUNCTION)
    printed = ("-0.1099694268296195", "-0.05527152894520235", "0.1652409557748219")
    # s - t loses the factor (s + t)/|s - t| < 10.
    arithmetic.shows(by_logits(arithmetic, x, t), *printed, roundings=10 * softmax_roundings(3))
    arithmetic.shows(rules.cross_entropy(t, t), "1.029653014064574", roundings=4 * FUNCTION)


@given(rows(40, 4))
@example(([40.0, -40.0, 0.0], [1.0, 0.0, 2.0]))
@example(([3.0], [1.0]))
def test_cross_entropy_on_probabilities_and_likelihood_on_log_probabilities_are_one_loss(arithmetic, drawn):
    """CE(softmax(x), t) = NLL(log_softmax(x), t), and their gradients by x are equal, where s does not underflow."""
    x, t = map(arithmetic, drawn)
    one, n = arithmetic(1.0), len(x)
    probs, log_probs = rules.softmax(x), rules.log_softmax(x)
    # Relative errors of probabilities are absolute ones of their logarithms.
    scale = 2 * np.sum(np.abs(t) * (softmax_roundings(n) + (FUNCTION + n) * np.abs(log_probs)))
    arithmetic.agree(rules.cross_entropy(probs, t), rules.nll(log_probs, t), scale)
    in_two = rules.softmax.vjp(x, rules.cross_entropy.vjp(probs, t, one)[0])
    by_logs = rules.log_softmax.vjp(x, rules.nll.vjp(log_probs, t, one)[0])
    # s (-t/s) is t up to roundings; its shift by the entry at the largest s adds at most n s times that target.
    scale = 4 * softmax_roundings(n) * (np.abs(t) + n * total(t))
    arithmetic.agree(in_two, by_logs, scale)
    arithmetic.agree(by_logs, by_logits(arithmetic, x, t), scale)


def test_where_a_probability_underflows_only_log_probabilities_have_a_finite_loss_and_gradient(arithmetic):
    """x = (0, -800), t = (0, 1): in floats -t/s divides by 0; from log-probabilities the gradient is (1, -1)."""
    x, t, one = arithmetic([0.0, -800.0]), arithmetic([0.0, 1.0]), arithmetic(1.0)
    probs, log_probs = rules.softmax(x), rules.log_softmax(x)
    arithmetic.agree(rules.nll(log_probs, t), arithmetic(800.0), 4 * 800)
    by_logs = rules.log_softmax.vjp(x, rules.nll.vjp(log_probs, t, one)[0])
    arithmetic.agree(by_logs, arithmetic([1.0, -1.0]), 4 * softmax_roundings(2))
    by_probs, _ = rules.cross_entropy.vjp(probs, t, one)
    if arithmetic.exact:
        arithmetic.agree(rules.cross_entropy(probs, t), rules.nll(log_probs, t), 4 * 800)
        arithmetic.agree(rules.softmax.vjp(x, by_probs), by_logs, 4 * softmax_roundings(2))
        return
    assert rules.cross_entropy(probs, t) == math.inf
    assert by_probs[1] == -math.inf
    with np.errstate(invalid="ignore"):
        assert not np.isfinite(rules.softmax.vjp(x, by_probs)).any()


@given(rows(300, 8))
@example(([-800.0, 0.0], [1.0, 0.0]))
def test_the_gradient_of_the_likelihood_by_log_probabilities_is_minus_the_targets(arithmetic, drawn):
    """d(-sum_i t_i z_i)/dz = -t: without division, however small e^z is."""
    z, t = map(arithmetic, drawn)
    gradient = rules.nll.vjp(z, t, arithmetic(1.0))[0]
    arithmetic.agree(gradient, -t, 0 * t)
    arithmetic.agree(gradient, arithmetic.derivative(lambda z: -np.sum(balls(t) * z), z), np.abs(t))


@given(with_weights(40))
@example(([0.0, 0.0], [0.5, 0.5]))
@example(([40.0, -40.0, 0.0], [0.0, 1.0, 0.0]))
@example(([3.0], [1.0]))
def test_cross_entropy_is_at_least_the_entropy_of_the_targets_and_equal_only_at_them(arithmetic, drawn):
    """E(x, t) >= H(t) + |s - t|_1^2 / 2 where sum(t) = 1, so that E = H(t) if and only if s = t."""
    x, t = map(arithmetic, drawn)
    n = len(x)
    entropy, loss = rules.cross_entropy(t, t), rules.softmax_cross_entropy(x, t)
    gap = np.sum(np.abs(rules.softmax(x) - t)) ** 2 / 2
    # The entropy is at most log n < 2; the terms of the loss are positive; |s - t|_1 <= 2.
    scale = softmax_roundings(n) * (2 + np.abs(loss)) + 4 * softmax_roundings(n)
    arithmetic.at_most(entropy + gap, loss, scale)
    counted = [i for i, weight in enumerate(drawn[1]) if weight]
    t = t[counted]
    at_targets = rules.softmax_cross_entropy(np.log(t), t)
    # Rounding log t, at most log 16, changes nothing to first order at a minimum, and x - m by 2 u log 16.
    arithmetic.agree(at_targets, entropy, scale + 2 * math.log(16))


def test_weights_of_another_sum_move_the_least_cross_entropy_off_the_entropy(arithmetic):
    """With sum(t) = T the least E is H(t) + T log T, at s = t/T: below H(t) for T < 1, above it for T > 1."""
    for factor, below in ((0.5, True), (2.0, False)):
        t = factor * arithmetic([0.5, 0.25, 0.25])
        entropy, least = rules.cross_entropy(t, t), rules.softmax_cross_entropy(np.log(t), t)
        shift = factor * np.log(arithmetic(factor))
        scale = 4 * softmax_roundings(3)
        arithmetic.agree(least, entropy + shift, scale)
        arithmetic.apart(least, entropy, scale)
        assert (least < entropy) == below


def curvature(rule, arithmetic, o, y):
    """The second derivative by the logit: a difference quotient of the rule's gradient."""

    def gradient(o):
        return rule.vjp(o, balls(y), 0 * o + 1)[0]

    return arithmetic.derivative(gradient, o)


@given(numbers(40), numbers(40), PROBABILITIES)
@example(0.0, 0.0, 0.0)
@example(40.0, -40.0, 1.0)
@example(math.log(2), 0.0, 0.0)
def test_the_cross_entropy_of_a_logit_is_convex_and_its_squared_error_is_not(arithmetic, first, second, target):
    """d^2 BCE/do^2 = p (1 - p) > 0; d^2 MSE/do^2 = p (1 - p) (p (1 - p) + (p - y)(1 - 2 p))."""
    o, y = arithmetic(first), arithmetic(target)
    p, slope = rules.sigmoid(o), rules.sigmoid(o) * rules.sigmoid(-o)
    scale = 4 * SIGMOID * slope
    curved = curvature(rules.binary_cross_entropy, arithmetic, o, y)
    arithmetic.agree(slope, curved, scale)
    assert curved > 0
    formula = slope * (slope + (p - y) * (1 - 2 * p))
    arithmetic.agree(formula, curvature(rules.half_squared_error, arithmetic, o, y), 2 * scale)
    # Convexity itself: the chord lies above the curve. Rounding the middle moves the loss by u |middle|.
    other = arithmetic(second)
    middle = (o + other) / 2
    chord = (rules.binary_cross_entropy(o, y) + rules.binary_cross_entropy(other, y)) / 2
    sizes = np.abs(o) + np.abs(other) + 1
    arithmetic.at_most(rules.binary_cross_entropy(middle, y), chord, 2 * SIGMOID * sizes)


@pytest.mark.parametrize("y", [0.0, 1.0])
@given(numbers(12))
def test_the_squared_error_of_a_logit_bends_the_other_way_beyond_two_thirds(arithmetic, y, o):
    """For y = 0 the inflection lies at p = 2/3, o = log 2; for y = 1 at p = 1/3, o = -log 2."""
    inflection = math.log(2) if y == 0 else -math.log(2)
    assume(abs(o - inflection) > 1 / 256)
    convex = (o < inflection) == (y == 0)
    assert (curvature(rules.half_squared_error, arithmetic, arithmetic(o), arithmetic(y)) > 0) == convex
    # The gradient is extreme at the inflection: p^2 (1 - p) = 4/27 at p = 2/3.
    one, y = arithmetic(1.0), arithmetic(y)
    steepest = rules.half_squared_error.vjp(np.log(arithmetic(2.0)) * (1 - 2 * y), y, one)[0]
    arithmetic.agree(np.abs(steepest), arithmetic(4.0) / 27, 4 * SIGMOID)
    arithmetic.at_most(np.abs(rules.half_squared_error.vjp(arithmetic(o), y, one)[0]), np.abs(steepest), 4 * SIGMOID)


def test_a_chord_of_the_squared_error_passes_below_the_curve(arithmetic):
    """y = 0: at the middle of the logits 1 and 7 the loss exceeds the mean of the two losses."""
    losses = rules.half_squared_error(arithmetic([1.0, 4.0, 7.0]), arithmetic([0.0, 0.0, 0.0]))
    assert losses[1] > (losses[0] + losses[2]) / 2


@given(numbers(30), PROBABILITIES)
@example(0.0, 0.5)
@example(30.0, 1.0)
@example(-30.0, 1.0)
def test_the_gradient_of_the_squared_error_of_one_example_has_the_sign_of_the_miss(arithmetic, logit, target):
    """sign(d MSE/do) = sign(sigmoid(o) - y): falling up to the target and rising after it, whatever the curvature."""
    o, y = arithmetic(logit), arithmetic(target)
    gradient = rules.half_squared_error.vjp(o, y, arithmetic(1.0))[0]
    miss = rules.sigmoid(o) - y
    if 0 < target < 1 and abs(logit - math.log(target / (1 - target))) < 2.0**-20:
        # The minimum itself, up to the rounding of log(y/(1 - y)).
        arithmetic.at_most(np.abs(gradient), arithmetic(2.0**-20), 4 * SIGMOID)
    elif target in (0, 1):
        assert (gradient > 0) == (target == 0)
        assert (gradient < 0) == (target == 1)
    else:
        assert (gradient > 0) == (miss > 0)
        assert (gradient < 0) == (miss < 0)


X, Y = (-0.1, -2.3, -11.5), (0.0, 1.0, 0.0)


def mean_loss(rule, arithmetic, w):
    """The mean loss of the logits w x for X and Y, and its derivative by w."""
    x, y = arithmetic(X), arithmetic(Y)
    w = arithmetic(w)
    gradients = rule.vjp(w * x, y, 0 * x + 1)[0]
    return np.sum(rule(w * x, y)) / 3, np.sum(gradients * x) / 3


@pytest.mark.parametrize(
    ("rule", "w", "value", "turns"),
    [
        (rules.half_squared_error, "-1.06853", "0.2139356", "up"),
        (rules.half_squared_error, "-0.39102", "0.2202624", "down"),
        (rules.half_squared_error, "0.13086", "0.1016687", "up"),
        (rules.binary_cross_entropy, "0.177", "0.57479", "up"),
    ],
)
def test_a_mean_of_squared_errors_can_have_several_minima(arithmetic, rule, w, value, turns):
    """x = (-0.1, -2.3, -11.5), y = (0, 1, 0): minima at w = -1.06853 and 0.13086, a barrier between; BCE has one."""
    found, _ = mean_loss(rule, arithmetic, float(w))
    # Each loss is below 1 (below 2 for BCE); rounding x and w x moves it by at most |o| p (1 - p) u < u.
    arithmetic.shows(found, value, roundings=2 * SIGMOID / float(value))
    step = 0.5 * 10.0 ** -len(w.partition(".")[2])
    # The curvature at the flattest minimum is 0.018 and a float32 gradient is off by 11.5 (2 SIGMOID) 2^-24 = 3e-5.
    step = 1 / 256 if arithmetic.dtype is np.float32 else step
    before, after = (mean_loss(rule, arithmetic, float(w) + sign * step)[1] for sign in (-1, 1))
    assert before < 0 < after if turns == "up" else before > 0 > after


@given(positive(80))
@example(800.0)
def test_a_confidently_wrong_example_hardly_moves_the_squared_error_and_fully_the_cross_entropy(arithmetic, size):
    """o = size, y = 0 (and o = -size, y = 1): |d MSE/do| <= e^-size, 1 - e^-size <= |d BCE/do| <= 1."""
    o, y, ones = arithmetic([size, -size]), arithmetic([0.0, 1.0]), arithmetic([1.0, 1.0])
    decay = np.exp(-np.abs(o))
    squared = rules.half_squared_error.vjp(o, y, ones)[0]
    crossed = rules.binary_cross_entropy.vjp(o, y, ones)[0]
    assert squared[0] >= 0 >= squared[1]
    assert crossed[0] > 0 > crossed[1]
    arithmetic.at_most(np.abs(squared), decay, 3 * SIGMOID * decay)
    arithmetic.at_most(1 - decay, np.abs(crossed), 2 * SIGMOID)
    arithmetic.at_most(np.abs(crossed), ones, 2 * SIGMOID)


def test_both_losses_of_a_confidently_wrong_example_are_as_printed(arithmetic):
    """o = 10, y = 0; and the cross entropy at o = 40, which is 40 and not infinite."""
    o, y, one = arithmetic(10.0), arithmetic(0.0), arithmetic(1.0)
    arithmetic.shows(rules.half_squared_error(o, y), "0.499954603", roundings=2 * SIGMOID)
    arithmetic.shows(rules.half_squared_error.vjp(o, y, one)[0], "4.5393747e-05", roundings=4 * SIGMOID)
    arithmetic.shows(rules.binary_cross_entropy(o, y), "10.0000453989", roundings=2 * SIGMOID)
    arithmetic.shows(rules.binary_cross_entropy.vjp(o, y, one)[0], "0.9999546021", roundings=2 * SIGMOID)
    arithmetic.shows(rules.binary_cross_entropy(arithmetic(40.0), y), "40.000000000", roundings=2 * SIGMOID)


@given(numbers(40), PROBABILITIES)
@example(40.0, 0.0)
@example(0.0, 0.5)
def test_cross_entropy_is_bernoullis_likelihood_and_the_squared_error_is_gausss_less_a_constant(
    arithmetic, logit, target
):
    """BCE = -log(p^y (1 - p)^(1 - y)); (p - y)^2/2 = -log N(y; p, 1) - log(2 pi)/2."""
    o, y = arithmetic(logit), arithmetic(target)
    p, q = rules.sigmoid(o), rules.sigmoid(-o)
    loss = rules.binary_cross_entropy(o, y)
    # Relative errors of p and 1 - p are absolute ones of their logarithms.
    scale = 2 * SIGMOID + (2 * SIGMOID) * np.abs(loss)
    arithmetic.agree(loss, -(y * np.log(p) + (1 - y) * np.log(q)), scale)
    for label, chance in ((0.0, q), (1.0, p)):
        loss = rules.binary_cross_entropy(o, arithmetic(label))
        arithmetic.agree(loss, -np.log(chance), 2 * SIGMOID * (1 + np.abs(loss)))
    squared = rules.half_squared_error(o, y)
    for variance in (1.0, 4.0):
        v = arithmetic(variance)
        density = np.exp(-((p - y) ** 2) / (2 * v)) / np.sqrt(2 * arithmetic.pi * v)
        rest = -np.log(density) - np.log(2 * arithmetic.pi) / 2
        if variance == 1:
            arithmetic.agree(squared, rest, 4 * SIGMOID)
        else:
            # With variance v the error is divided by v and the constant has log(v)/2 more.
            arithmetic.agree(squared / v + np.log(v) / 2, rest, 4 * SIGMOID)
            arithmetic.apart(squared, rest, 4 * SIGMOID)
