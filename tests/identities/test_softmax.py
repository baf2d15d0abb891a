"""Softmax: s_i = e^x_i / sum_j e^x_j, its Jacobian diag(s) - s s^T, its pullback, and what a scale does to it."""

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chainrule import rules
from chainrule.checking import balls

from .arithmetic import FUNCTION, SIGMOID, softmax_roundings, total
from .strategies import numbers, positive, row, rows


def definition(x):
    return np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)


def scaled(x, c):
    """S(c x), and a scale for its roundings: those of c x move every exponent."""
    s = rules.scaled_softmax(x, c)
    return s, s * (softmax_roundings(len(x)) + 2 * total(c * x))


def determinant(matrix):
    """By elimination without exchanging rows, which diagonally dominant matrices do not need."""
    result, rest = 1, matrix
    while len(rest):
        result = result * rest[0, 0]
        rest = rest[1:, 1:] - rest[1:, :1] * rest[:1, 1:] / rest[0, 0]
    return result


@given(row(300), numbers(300))
@example([700.0, -700.0, 3.0], 100.0)
@example([2.0**-100, 0.0], -300.0)
@example([4.0], -1.0)
def test_adding_a_constant_to_all_logits_changes_nothing(arithmetic, logits, c):
    """softmax(x + c 1) = softmax(x) for one number c."""
    x = arithmetic(logits)
    moved = x + arithmetic(c)
    s = rules.softmax(x)
    # Rounding x + c moves every exponent by u |x + c|.
    arithmetic.agree(rules.softmax(moved), s, s * (2 * softmax_roundings(len(x)) + 2 * total(moved)))


@given(row(16, least=2), positive(4), st.data())
def test_adding_unequal_numbers_to_the_logits_does_change_softmax(arithmetic, logits, c, data):
    """softmax(x + c e_i) is not softmax(x): the ratio of entry i to every other grows by e^c."""
    i = data.draw(st.integers(0, len(logits) - 1))
    x = arithmetic(logits)
    moved = x + arithmetic(np.eye(len(logits))[i] * c)
    s = rules.softmax(x)
    arithmetic.apart(rules.softmax(moved), s, s * (2 * softmax_roundings(len(x)) + 2 * total(moved)))


@given(row(8), st.one_of(numbers(4), st.just(1.0)))
@example([3.0, 3.0, 3.0], 4.0)
@example([3.0, 3.5], 1.0)
@example([7.0], -2.0)
@example([1.0, 2.0, 3.0], 2.0)
@example([1.0, 2.0, 3.0], -1.0)
@example([1.0, 1.0, 3.0], 0.0)
def test_scaling_the_logits_changes_softmax_unless_the_scale_is_one_or_the_logits_are_equal(arithmetic, logits, c):
    """softmax(c x) = softmax(x) if and only if (c - 1)(x - mean(x)) = 0."""
    x = arithmetic(logits)
    s, (of_scaled, scale) = rules.softmax(x), scaled(x, arithmetic(c))
    scale = scale + s * softmax_roundings(len(x))
    spread = max(logits) - min(logits)
    if c == 1 or spread == 0:
        arithmetic.agree(of_scaled, s, scale)
        return
    # Some ratio of two entries changes by the factor e^((c - 1) spread); floats need that to be more than rounding.
    assume(arithmetic.exact or abs(c - 1) * spread > 1 / 256)
    arithmetic.apart(of_scaled, s, scale)


@given(row(8), positive(4), positive(4))
@example([0.0, 0.9375, 1.0], 1.0, 4.0)
@example([1.0, 1.0, -2.0], 0.0625, 0.125)
def test_a_larger_scale_raises_the_largest_probability_and_lowers_the_smallest(arithmetic, logits, c, more):
    """For 0 < c < d: S(d x)_i >= S(c x)_i at the largest x_i, and S(d x)_i <= S(c x)_i at the smallest."""
    x = arithmetic(logits)
    flat, flat_scale = scaled(x, arithmetic(c))
    sharp, sharp_scale = scaled(x, arithmetic(c + more))
    top, bottom = int(np.argmax(logits)), int(np.argmin(logits))
    scale = flat_scale + sharp_scale
    arithmetic.at_most(flat[top], sharp[top], scale[top])
    arithmetic.at_most(sharp[bottom], flat[bottom], scale[bottom])
    if more * (max(logits) - min(logits)) > 1 / 256:
        arithmetic.apart(sharp, flat, scale)


def test_an_interior_probability_rises_and_falls_as_the_scale_grows(arithmetic):
    """x = (0, 0.9, 1): S(c x)_2 is 1/3 at c = 0, largest, 0.41944, at c = log 9 = 2.1972, and 0.397 at c = 4."""
    x, middle = arithmetic([0.0, 0.9, 1.0]), arithmetic([0.0, 1.0, 0.0])
    # Rounding 0.9 and c x moves exponents up to 4 by 4 u each.
    roundings = softmax_roundings(3) + 3 * 4
    for c, printed in ((0.0, "0.333333"), (math.log(9), "0.41944"), (2.1972, "0.41944"), (4.0, "0.397")):
        arithmetic.shows(rules.scaled_softmax(x, arithmetic(c))[1], printed, roundings=roundings)
    slopes = [rules.scaled_softmax.vjp(x, arithmetic(c), middle)[1] for c in (0.0, 2.1971, 2.1973, 4.0)]
    assert slopes[0] > 0
    assert slopes[1] > 0
    assert slopes[2] < 0
    assert slopes[3] < 0


@given(row(8, least=2), positive(4))
def test_a_negative_scale_reverses_the_ranking_and_scale_zero_has_none(arithmetic, logits, c):
    """S(-c x) ranks the classes the other way round; S(0 x) = 1/n."""
    x, n = arithmetic(logits), len(logits)
    reversed_, scale = scaled(x, arithmetic(-c))
    top, bottom = int(np.argmax(logits)), int(np.argmin(logits))
    arithmetic.at_most(reversed_[top], reversed_[bottom], scale[top] + scale[bottom])
    if c * (max(logits) - min(logits)) > 1 / 256:
        assert reversed_[top] < reversed_[bottom]
    arithmetic.agree(rules.scaled_softmax(x, arithmetic(0.0)), arithmetic(1.0) / n, softmax_roundings(n) / n)


@given(row(4), numbers(4))
@example([1.0, 2.0, 3.0], 2.0)
@example([1.0, 2.0, 3.0], -2.0)
@example([0.0, 0.0], 1.0)
@example([3.0], 1.0)
def test_entropy_falls_with_the_scale_by_the_scale_times_the_variance(arithmetic, logits, multiple):
    """dH(S(c x))/dc = -c Var_S(x): entropy falls as c > 0 grows, and rises as c < 0 does."""

    def entropy(c):
        s = definition(c * balls(x))
        return -np.sum(s * np.log(s))

    x, c = arithmetic(logits), arithmetic(multiple)
    s = rules.scaled_softmax(x, c)
    by_s = -(rules.log_softmax(c * x) + 1)
    _, slope = rules.scaled_softmax.vjp(x, c, by_s)
    mean = np.sum(s * x, axis=-1, keepdims=True)
    want = -c * np.sum(s * (x - mean) ** 2, axis=-1)
    # Both sides are sums of s_i times a distance from the top, times by_s or c x, each as exact as a probability; the
    # rounding of the mean of x enters squared, which is all that is left at equal logits (2^-24 >= u).
    roundings, size = softmax_roundings(len(x)), total(x)[0] + 1
    distances = np.abs(x - x[int(np.argmax(np.sign(multiple) * np.array(logits)))])
    factors = np.abs(by_s) + 1 + np.sum(s * np.abs(by_s)) + 4 * np.abs(c) * size
    scale = 2 * roundings * np.sum(s * distances * factors) + (np.abs(c) + 1) * (roundings * size) ** 2 * 2.0**-24
    arithmetic.agree(slope, want, scale)
    arithmetic.agree(slope, arithmetic.derivative(entropy, c), scale)
    arithmetic.at_most(c * slope, 0 * c, np.abs(c) * scale)


@given(row(300))
@example([700.0, 0.0, -700.0])
@example([0.0, 0.0])
@example([5.0])
def test_probabilities_are_positive_and_sum_to_one(arithmetic, logits):
    """s_i > 0 and sum_i s_i = 1; a float may underflow, to 0 and not below."""
    s = rules.softmax(arithmetic(logits))
    arithmetic.agree(np.sum(s), 1, softmax_roundings(len(s)) + len(s))
    # e^-87 is the smallest normal float32, e^-708 the smallest normal float64.
    representable = arithmetic.exact or max(logits) - min(logits) < {np.float64: 700, np.float32: 80}[arithmetic.dtype]
    assert all(p > 0 if representable else p >= 0 for p in s)


def test_in_floats_a_distant_probability_underflows_to_zero_and_in_balls_it_does_not(arithmetic):
    """softmax(0, -800)_2 = e^-800 > 0, which no float of 64 bits holds."""
    assert (rules.softmax(arithmetic([0.0, -800.0]))[1] > 0) == arithmetic.exact


@given(row(60))
@example([150.0, 0.0, -150.0])
@example([0.5, 0.5, 0.0])
@example([2.0])
def test_the_jacobian_of_softmax_is_diag_s_minus_s_s(arithmetic, logits):
    """ds_i/dx_j = s_i ([i = j] - s_j), that is diag(s) - s s^T."""
    x = arithmetic(logits)
    s = rules.softmax(x)
    formula = np.diag(s) - s[:, None] * s
    # Two probabilities in a product, their subtraction from a third.
    scale = 4 * softmax_roundings(len(x)) * (np.diag(s) + s[:, None] * s)
    quotients = arithmetic.derivative(definition, x)
    arithmetic.agree(formula, quotients, scale)
    arithmetic.agree(rules.softmax.jacobian(x), quotients, scale)


@given(rows(256, 16))
@example(([700.0, 0.0, -700.0], [1.0, -2.0, 3.0]))
@example(([0.0, 0.0], [1.0, -1.0]))
@example(([2.0], [1.0]))
def test_the_jacobian_of_softmax_is_symmetric_and_positive_semidefinite_of_rank_n_minus_one(arithmetic, drawn):
    """J = J^T, v^T J v >= 0, J 1 = 0 = 1^T J, and the minor of J without its last row and column is s_1 ... s_n > 0."""
    logits, v = drawn
    n, v = len(logits), arithmetic(v)
    jacobian = rules.softmax.jacobian(arithmetic(logits))
    sizes = np.abs(jacobian)
    arithmetic.agree(jacobian, jacobian.T, 0 * sizes if not arithmetic.exact else sizes)
    roundings = 2 * softmax_roundings(n) + 2 * n
    arithmetic.at_most(0 * v[0], v @ jacobian @ v, roundings * (np.abs(v) @ sizes @ np.abs(v)))
    arithmetic.agree(np.sum(jacobian, axis=-1), 0 * v, roundings * np.sum(sizes, axis=-1))
    arithmetic.agree(np.sum(jacobian, axis=0), 0 * v, roundings * np.sum(sizes, axis=0))
    # Logits of size 2: elimination then loses at most the factor n^2 / min(s) <= 25 (5 e^4), the norm of the inverse.
    gentle = arithmetic([x / 128 if abs(x) <= 256 else math.copysign(2, x) for x in logits])
    s, jacobian = rules.softmax(gentle), rules.softmax.jacobian(gentle)
    product = np.prod(s)
    assert product > 0
    minor = determinant(jacobian[:-1, :-1]) + 0 * product
    arithmetic.agree(minor, product, product * (n * roundings + n * n * 5 * math.exp(4)))


@given(row(16, least=2))
@example([16.0, -16.0, -16.0, -16.0, -16.0])
@example([0.0, 0.0])
def test_every_entry_of_the_jacobian_of_softmax_has_a_sign(arithmetic, logits):
    """J[i, i] > 0 > J[i, j] for n >= 2 classes."""
    jacobian = rules.softmax.jacobian(arithmetic(logits))
    for i, j in np.ndindex(jacobian.shape):
        assert jacobian[i, j] > 0 if i == j else jacobian[i, j] < 0


def test_one_class_alone_or_an_underflow_has_a_jacobian_of_zeros(arithmetic):
    """J = [0] for n = 1; at x = (0, 800) J is 0 in floats, though not in truth."""
    assert rules.softmax.jacobian(arithmetic([3.0]))[0, 0] == 0
    assert all((entry == 0) != arithmetic.exact for entry in rules.softmax.jacobian(arithmetic([0.0, 800.0])).ravel())


@given(rows(300, 64), numbers(64))
@example(([700.0, 0.0, -700.0], [1.0, 0.0, -1.0]), 3.0)
@example(([2.0], [5.0]), 5.0)
def test_the_pullback_of_softmax_multiplies_by_the_cotangent_less_its_mean(arithmetic, drawn, c):
    """v J = s (v - v.s), and c 1 is mapped to 0."""
    x, v = map(arithmetic, drawn)
    s = rules.softmax(x)
    pulled = rules.softmax.vjp(x, v)
    scale = 4 * softmax_roundings(len(x)) * s * (np.abs(v) + np.sum(s * np.abs(v)))
    arithmetic.agree(pulled, s * (v - np.sum(v * s)), scale)
    # A row of J sums to 0 only up to the roundings of its diagonal, here weighed by v.
    arithmetic.agree(pulled, v @ rules.softmax.jacobian(x), scale)
    constant = 0 * x + arithmetic(c)
    size = 4 * softmax_roundings(len(x)) * 2 * s * np.abs(constant)
    arithmetic.agree(rules.softmax.vjp(x, constant), 0 * x, size)


def test_the_pullback_of_softmax_at_one_two_three_is_as_printed(arithmetic):
    """x = (1, 2, 3), v = (1, 0, -1)."""
    x, v = arithmetic([1.0, 2.0, 3.0]), arithmetic([1.0, 0.0, -1.0])
    printed = ("0.1418170936098122", "0.1407703574696301", "-0.2825874510794423")
    # s |v - v.s| is at most 1/0.14 times what remains, with the roundings of both.
    arithmetic.shows(rules.softmax.vjp(x, v), *printed, roundings=4 * softmax_roundings(3) / 0.14)
    s = ("0.09003057317038046", "0.2447284710547977", "0.6652409557748219")
    arithmetic.shows(rules.softmax(x), *s, roundings=softmax_roundings(3))


@given(rows(12, 8, least=2), positive(8), st.booleans(), st.data())
def test_the_pullback_of_softmax_has_a_zero_exactly_where_the_cotangent_is_its_own_mean(
    arithmetic, drawn, gap, above, data
):
    """(v J)_i = 0 if and only if v_i = v.s, given s_i > 0."""
    logits, v = drawn
    i = data.draw(st.integers(0, len(logits) - 1))
    x, unit = arithmetic(logits), arithmetic(np.eye(len(logits))[i])
    s, others = rules.softmax(x), arithmetic(v) * (1 - unit)
    # v_i = v.s = v_i s_i + (the rest), solved for v_i without 1 - s_i, which cancels.
    level = np.sum(others * s) / np.sum((1 - unit) * s)
    size = np.sum(np.abs(others) * s) / np.sum((1 - unit) * s)
    scale = 8 * softmax_roundings(len(x)) * s[i]
    balanced = rules.softmax.vjp(x, others + unit * level)
    arithmetic.agree(balanced[i], 0 * level, scale * size)
    gap = gap if above else -gap
    tilted = rules.softmax.vjp(x, others + unit * (level + gap))
    want = gap * s[i] * np.sum((1 - unit) * s)
    arithmetic.agree(tilted[i], want, scale * (size + abs(gap)))
    arithmetic.apart(tilted[i], 0 * level, 0 * level)
    assert (tilted[i] > 0) == above


def test_an_underflowed_probability_has_a_zero_pullback_whatever_its_cotangent(arithmetic):
    """At x = (0, -800) the second entry of v J is s_2 (v_2 - v.s) = 4 e^-800: 0 in floats only."""
    assert (rules.softmax.vjp(arithmetic([0.0, -800.0]), arithmetic([1.0, 5.0]))[1] == 0) != arithmetic.exact


@given(row(40))
@example([3.0])
@example([40.0, -40.0, 40.0])
def test_the_jacobian_of_softmax_is_that_of_log_softmax_times_the_probabilities(arithmetic, logits):
    """ds_i/dx_j = s_i d(log s_i)/dx_j, given s_i > 0."""
    x = arithmetic(logits)
    s, jacobian = rules.softmax(x), rules.softmax.jacobian(x)
    of_log = arithmetic.derivative(lambda x: np.log(definition(x)), x)
    scale = 4 * softmax_roundings(len(x)) * (np.diag(s) + s[:, None] * s)
    arithmetic.agree(jacobian, s[:, None] * of_log, scale)
    arithmetic.agree(jacobian, s[:, None] * rules.log_softmax.jacobian(x), scale)


def test_an_underflowed_probability_no_longer_tells_its_log_derivative(arithmetic):
    """At x = (0, -800) s_2 d(log s_2)/dx is 0 in floats, so that the quotient J/s says nothing; the log keeps it."""
    x = arithmetic([0.0, -800.0])
    arithmetic.agree(rules.log_softmax.jacobian(x)[1], arithmetic([-1.0, 1.0]), 4 * softmax_roundings(2))
    row = rules.softmax.jacobian(x)[1]
    if arithmetic.exact:
        arithmetic.agree(row / rules.softmax(x)[1], rules.log_softmax.jacobian(x)[1], 4)
    else:
        assert not row.any()


@given(numbers(300), numbers(300))
@example(800.0, 0.0)
@example(0.0, 0.0)
@example(-40.0, 40.0)
def test_softmax_of_two_logits_is_the_sigmoid_of_their_difference(arithmetic, first, second):
    """softmax(a, b) = (sigmoid(a - b), sigmoid(b - a))."""
    a, b = arithmetic(first), arithmetic(second)
    s = rules.softmax(np.stack([a, b]))
    pair = np.stack([rules.sigmoid(a - b), rules.sigmoid(b - a)])
    # Rounding a - b moves the exponent by u |a - b|.
    arithmetic.agree(s, pair, s * (softmax_roundings(2) + SIGMOID + np.abs(a - b)))


@given(row(40))
@example([40.0, -40.0, 0.0])
@example([-3.0])
def test_a_probability_is_one_over_a_sum_of_exponentials_of_differences(arithmetic, logits):
    """softmax(x)_k = 1 / sum_i e^-(x_k - x_i)."""
    x = arithmetic(logits)
    differences = x[:, None] - x
    s = rules.softmax(x)
    # Each exponential has the roundings of its exponent too.
    scale = s * (2 * softmax_roundings(len(x)) + total(differences)[:, 0])
    arithmetic.agree(s, 1 / np.sum(np.exp(-differences), axis=-1), scale)


@pytest.mark.parametrize(
    ("logits", "c", "printed"),
    [
        ([1.0, 2.0, 3.0], 2.0, ("0.01587623997646677", "0.1173104278261984", "0.8668133321973349")),
        ([1.0, 2.0, 3.0], 0.5, ("0.1863237232258476", "0.3071958857184984", "0.506480391055654")),
    ],
)
def test_scaled_probabilities_are_as_printed(arithmetic, logits, c, printed):
    """S(c (1, 2, 3)) for c = 2 and c = 1/2."""
    result = rules.scaled_softmax(arithmetic(logits), arithmetic(c))
    arithmetic.shows(result, *printed, roundings=softmax_roundings(3) + FUNCTION)
