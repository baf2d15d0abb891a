"""Log-softmax: y_i = x_i - log sum_j e^x_j, its Jacobian I - 1 s^T and its pullback."""

import numpy as np
from hypothesis import example, given

from chainrule import rules

from .arithmetic import FUNCTION, softmax_roundings, total
from .strategies import row, rows


def definition(x):
    return x - np.log(np.sum(np.exp(x), axis=-1, keepdims=True))


@given(row(100))
@example([150.0, 0.0, -150.0])
@example([0.0, 0.0])
@example([2.0])
def test_the_jacobian_of_log_softmax_is_the_identity_less_rows_of_probabilities(arithmetic, logits):
    """dy_i/dx_j = [i = j] - s_j, that is I - 1 s^T: rows sum to 0, s^T J = 0, columns are constant off the diagonal."""
    x, n = arithmetic(logits), len(logits)
    s, jacobian = rules.softmax(x), rules.log_softmax.jacobian(x)
    identity = arithmetic(np.eye(n))
    scale = 2 * softmax_roundings(n) * (identity + s)
    quotients = arithmetic.derivative(definition, x)
    arithmetic.agree(identity - s, quotients, scale)
    arithmetic.agree(jacobian, quotients, scale)
    arithmetic.agree(np.sum(jacobian, axis=-1), 0 * x, np.sum(scale, axis=-1))
    arithmetic.agree(s @ jacobian, 0 * x, 2 * (s @ scale))
    for i, j in np.ndindex(n, n):
        if i != j:
            arithmetic.agree(jacobian[i, j], -s[j], 2 * softmax_roundings(n) * s[j])


def test_the_jacobian_of_log_softmax_is_not_symmetric_unless_all_logits_are_equal(arithmetic):
    """J[i, j] - J[j, i] = s_i - s_j, which is 0 for all pairs at equal logits only."""
    jacobian = rules.log_softmax.jacobian(arithmetic([0.5, 0.0, 0.5]))
    scale = 2 * softmax_roundings(3)
    arithmetic.apart(jacobian, jacobian.T, scale)
    arithmetic.agree(jacobian[0, 2], jacobian[2, 0], scale)
    jacobian = rules.log_softmax.jacobian(arithmetic([0.5, 0.5, 0.5]))
    arithmetic.agree(jacobian, jacobian.T, scale)


@given(rows(300, 64))
@example(([700.0, 0.0, -700.0], [1.0, -2.0, 4.0]))
@example(([1.0, 2.0, 3.0], [1.0, 0.0, -1.0]))
@example(([2.0], [5.0]))
def test_the_pullback_of_log_softmax_takes_from_the_cotangent_its_sum_times_the_probabilities(arithmetic, drawn):
    """v J = v - s sum(v); cotangents of sum 0 are left as they are."""
    x, v = map(arithmetic, drawn)
    s, pulled = rules.softmax(x), rules.log_softmax.vjp(x, v)
    scale = 2 * softmax_roundings(len(x)) * (np.abs(v) + s * total(v))
    arithmetic.agree(pulled, v - s * np.sum(v), scale)
    arithmetic.agree(pulled, v @ rules.log_softmax.jacobian(x), scale)
    balanced = np.concatenate([v, -v])
    doubled = np.concatenate([x, x])
    size = 2 * softmax_roundings(2 * len(x)) * (np.abs(balanced) + total(balanced))
    arithmetic.agree(rules.log_softmax.vjp(doubled, balanced), balanced, size)


def test_log_softmax_and_its_pullback_at_one_two_three_are_as_printed(arithmetic):
    """x = (1, 2, 3), v = (1, 2, 3), and v = (1, 0, -1), which the pullback returns."""
    x = arithmetic([1.0, 2.0, 3.0])
    values = ("-2.40760596444438", "-1.40760596444438", "-0.4076059644443803")
    # x - m is exact here; log1p(rest) = 0.41 has the roundings of two exponentials and its own.
    arithmetic.shows(rules.log_softmax(x), *values, roundings=3 * FUNCTION + 4)
    pulled = ("0.4598165609777173", "0.5316291736712141", "-0.9914457346489313")
    # v - 6 s loses at most the factor (|v| + 6 s)/|result|, below 8.
    arithmetic.shows(rules.log_softmax.vjp(x, x), *pulled, roundings=8 * 2 * softmax_roundings(3))
    v = arithmetic([1.0, 0.0, -1.0])
    arithmetic.agree(rules.log_softmax.vjp(x, v), v, 4 * softmax_roundings(3))
