"""Sigmoid, tanh, softplus, ReLU and the step: how they are made of one another, and what their slopes are."""

import numpy as np
import pytest
from hypothesis import example, given

from chainrule import rules
from chainrule.checking import difference_quotient
from chainrule.networks import mlp, trace

from .arithmetic import FUNCTION, SIGMOID
from .strategies import positive, row


def sigmoid_definition(x):
    return 1 / (1 + np.exp(-x))


def slope(rule, x):
    """rule'(x) by the pullback of 1."""
    return rule.vjp(x, 0 * x + 1)


@given(row(80))
@example([80.0, -80.0, 0.0, -0.0])
def test_sigmoid_mirrors_into_its_complement_and_tanh_is_a_stretched_sigmoid(arithmetic, values):
    """sigmoid(-x) = 1 - sigmoid(x), and tanh(x) = 2 sigmoid(2 x) - 1."""
    x = arithmetic(values)
    # The numbers subtracted are at most 2, so these are errors beside 1 and not beside a small result.
    arithmetic.agree(rules.sigmoid(-x), 1 - rules.sigmoid(x), 2 * SIGMOID)
    arithmetic.agree(rules.tanh(x), 2 * rules.sigmoid(2 * x) - 1, 2 * SIGMOID + FUNCTION + 2)


def test_the_complement_loses_in_floats_what_the_mirrored_sigmoid_keeps(arithmetic):
    """1 - sigmoid(40) is 0 in floats; sigmoid(-40) = 4.248354255291589e-18."""
    x = arithmetic(40.0)
    arithmetic.shows(rules.sigmoid(-x), "4.248354255291589e-18", roundings=SIGMOID)
    assert (1 - rules.sigmoid(x) == 0) != arithmetic.exact


@given(row(80))
@example([80.0, -80.0, 0.0])
@example([40.0])
def test_the_slope_of_sigmoid_is_sigmoid_times_its_complement_and_at_most_a_quarter(arithmetic, values):
    """sigmoid' = sigmoid(x) sigmoid(-x) = sigmoid - sigmoid^2 <= 1/4."""
    x = arithmetic(values)
    y, found = rules.sigmoid(x), slope(rules.sigmoid, x)
    product = y * rules.sigmoid(-x)
    arithmetic.agree(found, product, 3 * SIGMOID * product)
    arithmetic.agree(found, arithmetic.derivative(sigmoid_definition, x).diagonal(), 2 * SIGMOID * product)
    arithmetic.agree(found, y * (1 - y), 4 * SIGMOID * y)
    arithmetic.agree(found, y - y**2, 4 * SIGMOID * y)
    arithmetic.at_most(found, arithmetic(0.25), SIGMOID)
    assert slope(rules.sigmoid, arithmetic(0.0)) == 0.25


def test_sigmoid_and_tanh_and_their_slopes_at_one_are_as_printed(arithmetic):
    """x = 1."""
    x = arithmetic(1.0)
    arithmetic.shows(rules.sigmoid(x), "0.7310585786300049", roundings=SIGMOID)
    arithmetic.shows(slope(rules.sigmoid, x), "0.1966119332414819", roundings=2 * SIGMOID)
    arithmetic.shows(rules.tanh(x), "0.7615941559557649", roundings=FUNCTION)
    arithmetic.shows(slope(rules.tanh, x), "0.4199743416140261", roundings=2 * SIGMOID)


@given(row(80))
@example([80.0, -80.0, 0.0])
def test_the_logarithm_of_sigmoid_is_minus_softplus_of_minus_x(arithmetic, values):
    """log sigmoid(x) = -softplus(-x)."""
    x = arithmetic(values)
    log_sigmoid = rules.log_sigmoid(x)
    arithmetic.agree(log_sigmoid, -rules.softplus(-x), 2 * SIGMOID * np.abs(log_sigmoid))
    # A relative error of the sigmoid is an absolute one of its logarithm.
    scale = SIGMOID + (SIGMOID + FUNCTION) * np.abs(log_sigmoid)
    arithmetic.agree(log_sigmoid, np.log(rules.sigmoid(x)), scale)
    arithmetic.agree(log_sigmoid, np.log(sigmoid_definition(x)), scale)


def test_the_logarithm_of_an_underflowed_sigmoid_is_lost_in_floats_and_minus_softplus_is_not(arithmetic):
    """At x = -800 the sigmoid is 0 in floats; its logarithm is -800."""
    x = arithmetic(-800.0)
    arithmetic.agree(-rules.softplus(-x), rules.log_sigmoid(x), 2 * SIGMOID * 800)
    arithmetic.agree(rules.log_sigmoid(x), x, 2 * SIGMOID * 800)
    assert (rules.sigmoid(x) == 0) != arithmetic.exact


@given(row(300))
@example([800.0, -800.0, 0.0])
@example([1.0])
def test_softplus_less_its_mirror_is_x(arithmetic, values):
    """softplus(x) - softplus(-x) = x = log sigmoid(x) - log sigmoid(-x)."""
    x = arithmetic(values)
    # Both terms are at most |x| + log 2.
    scale = 2 * SIGMOID * (np.abs(x) + 1)
    arithmetic.agree(rules.softplus(x) - rules.softplus(-x), x, scale)
    arithmetic.agree(rules.log_sigmoid(x) - rules.log_sigmoid(-x), x, scale)


def test_softplus_at_one_and_at_minus_one_is_as_printed(arithmetic):
    """x = 1 and x = -1; the two differ by 1."""
    values = rules.softplus(arithmetic([1.0, -1.0]))
    arithmetic.shows(values, "1.313261687518223", "0.3132616875182228", roundings=SIGMOID)


@given(row(80))
@example([80.0, -80.0, 0.0])
@example([300.0, -300.0])
def test_the_slope_of_softplus_is_sigmoid(arithmetic, values):
    """softplus' = sigmoid."""
    x = arithmetic(values)
    y = rules.sigmoid(x)
    quotients = arithmetic.derivative(lambda x: np.log(1 + np.exp(x)), x).diagonal()
    arithmetic.agree(slope(rules.softplus, x), y, 2 * SIGMOID * y)
    arithmetic.agree(y, quotients, 2 * SIGMOID * y)


@given(row(80), positive(64))
@example([0.0, 80.0, -80.0], 64.0)
@example([1.0, -1.0], 0.0625)
def test_softplus_is_relu_and_a_tail_that_a_steeper_softplus_sheds(arithmetic, values, k):
    """softplus(x) = ReLU(x) + log1p(e^-|x|), and 0 <= softplus(k x)/k - ReLU(x) <= log(2)/k for k > 0."""
    x, k = arithmetic(values), arithmetic(k)
    tail = np.log1p(np.exp(-np.abs(x)))
    arithmetic.agree(rules.softplus(x), rules.relu(x) + tail, 2 * SIGMOID * (rules.relu(x) + tail))
    steep = rules.softplus(k * x) / k
    # Rounding k x moves softplus by at most u |k x|.
    scale = 2 * SIGMOID * (np.abs(x) + 1 / k)
    arithmetic.at_most(rules.relu(x), steep, scale)
    arithmetic.at_most(steep - rules.relu(x), np.log(arithmetic(2.0)) / k, scale)


def test_a_negative_steepness_turns_softplus_into_the_lesser_of_x_and_zero(arithmetic):
    """For k < 0 softplus(k x)/k tends to min(x, 0), not to ReLU."""
    x, k = arithmetic([3.0, -2.0]), arithmetic(-64.0)
    steep = rules.softplus(k * x) / k
    scale = 2 * SIGMOID * 3
    arithmetic.at_most(np.abs(steep - arithmetic([0.0, -2.0])), np.log(arithmetic(2.0)) / 64, scale)
    arithmetic.apart(steep, rules.relu(x), scale)


@given(row(80))
@example([0.0, 20.0, -20.0])
@example([1.0])
def test_the_slope_of_tanh_is_one_less_its_square(arithmetic, values):
    """tanh' = 1 - (tanh x)^2."""

    def definition(x):
        return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))

    x = arithmetic(values)
    y, found = rules.tanh(x), slope(rules.tanh, x)
    exact = arithmetic.derivative(definition, x).diagonal()
    # From q = e^-2|x|, doubled exponent included, nothing cancels.
    arithmetic.agree(found, exact, 2 * SIGMOID * exact)
    arithmetic.agree(found, 1 - y**2, 2 * SIGMOID)


def test_the_square_in_the_slope_of_tanh_is_no_second_tanh(arithmetic):
    """tanh'(1) = 0.41997434, while 1 - tanh(tanh 1) = 0.35798501."""
    x = arithmetic(1.0)
    arithmetic.shows(slope(rules.tanh, x), "0.41997434", roundings=2 * SIGMOID)
    arithmetic.shows(1 - rules.tanh(rules.tanh(x)), "0.35798501", roundings=4 * SIGMOID)


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
@given(row(300))
@example([0.0, -0.0, 300.0, -300.0])
def test_relu_is_x_times_the_step_and_the_integral_of_the_step(arithmetic, at_zero, values):
    """ReLU(x) = x H(x) = |x| H(x) = (x + |x|)/2 = integral of H up to x, whatever H(0) is."""
    x = arithmetic(values)
    relu = rules.relu(x)
    step = np.where(x == 0, arithmetic(at_zero), rules.heaviside(x))
    # Products with 0, 1/2 and 1, and sums of equal numbers, are exact.
    arithmetic.agree(relu, x * step, 0 * x)
    arithmetic.agree(relu, np.abs(x) * step, 0 * x)
    arithmetic.agree(relu, (x + np.abs(x)) / 2, 0 * x)
    # The midpoint rule is exact where no cell has 0 inside: four cells from 0 to x; below min(x, 0) the step is 0.
    cells = [x * ((2 * i + 1) / 8) for i in range(4)]
    integral = sum(rules.heaviside(cell) * (x / 4) for cell in cells)
    arithmetic.agree(integral, relu, 0 * x)


@given(row(300))
@example([300.0, -300.0, 2.0**-100])
def test_the_slope_of_relu_is_the_step_away_from_zero(arithmetic, values):
    """ReLU'(x) = H(x) for x other than 0."""
    x = arithmetic([value or 1.0 for value in values])
    step = rules.heaviside(x)
    arithmetic.agree(step, arithmetic.derivative(lambda x: np.where(x > 0, x, 0 * x), x).diagonal(), 1)
    arithmetic.agree(slope(rules.relu, x), step, 0 * step)


def test_at_zero_relu_has_the_slope_zero_on_the_left_and_one_on_the_right(arithmetic):
    """There is no ReLU'(0): the rule takes the left slope 0, the step is 1/2."""
    quotient = difference_quotient(rules.relu, [np.zeros(1)], [np.ones(1)])
    assert quotient.kinks.all()
    assert quotient.left[0] == 0
    assert quotient.right[0] == 1
    zero = arithmetic(0.0)
    assert slope(rules.relu, zero) == 0
    assert rules.heaviside(zero) == 0.5


@given(row(16), positive(4))
@example([0.0, 16.0, -16.0], 4.0)
@example([2.0**-100, -(2.0**-100)], 4.0)
def test_a_steep_sigmoid_is_exponentially_close_to_the_step(arithmetic, values, k):
    """|sigmoid(k x) - H(x)| < e^(-k |x|) for x other than 0, and sigmoid(k 0) = 1/2 for every k."""
    x, k = arithmetic(values), arithmetic(k)
    y = rules.scaled_sigmoid(x, k)
    gap = np.abs(y - rules.heaviside(x))
    decay = np.exp(-k * np.abs(x))
    # Rounding k x moves both by at most u k|x| e^(-k|x|) < u.
    arithmetic.at_most(gap, decay, SIGMOID + FUNCTION + 2)
    for entry, distance, bound in zip(values, gap, decay, strict=True):
        if entry == 0:
            assert distance == 0
        elif arithmetic.exact:
            assert distance < bound
    assert rules.scaled_sigmoid(arithmetic(0.0), k) == 0.5


@pytest.mark.parametrize("k", [1.0, 64.0, 2.0**20, -3.0])
def test_no_sigmoid_is_steep_enough_near_zero(arithmetic, k):
    """sup |sigmoid(k x) - H(x)| = 1/2 for every k > 0: the limit is not uniform, and for k < 0 it is another one."""
    x = arithmetic([1 / (1024 * abs(k)), -1 / (1024 * abs(k))])
    gap = np.abs(rules.scaled_sigmoid(x, arithmetic(k)) - rules.heaviside(x))
    if k > 0:
        assert all(0.499 < distance < 0.5 for distance in gap)
    else:
        assert all(distance > 0.5 for distance in gap)


@given(row(300))
@example([0.0, -0.0, 2.0**-100, -300.0])
def test_the_sign_is_the_step_less_the_mirrored_step(arithmetic, values):
    """sign(x) = H(x) - H(-x) = 2 H(x) - 1, and H(|x|) - H(-|x|) = sign(x)^2, with H(0) = 1/2."""
    x = arithmetic(values)
    sign = rules.sign(x)
    arithmetic.agree(sign, rules.heaviside(x) - rules.heaviside(-x), 0 * x)
    arithmetic.agree(sign, 2 * rules.heaviside(x) - 1, 0 * x)
    arithmetic.agree(sign**2, rules.heaviside(np.abs(x)) - rules.heaviside(-np.abs(x)), 0 * x)
    arithmetic.agree(sign, [(entry > 0) - (entry < 0) for entry in values], 0 * x)


@pytest.mark.parametrize("at_zero", [0.0, 1.0])
def test_another_step_at_zero_is_no_sign(arithmetic, at_zero):
    """2 H(0) - 1 = sign(0) = 0 only for H(0) = 1/2; the difference H(0) - H(-0) does not mind."""
    zero = arithmetic([0.0])
    step = np.where(zero == 0, arithmetic(at_zero), rules.heaviside(zero))
    arithmetic.apart(2 * step - 1, rules.sign(zero), 0 * zero)
    arithmetic.agree(step - step, rules.sign(zero), 0 * zero)


@given(row(80))
@example([80.0, 0.0, -80.0])
@example([0.5, 0.5])
def test_an_elementwise_sigmoid_has_a_diagonal_jacobian(arithmetic, values):
    """dy_i/dx_j = [i = j] (s(x_j) - s(x_j)^2): the pullback is a product entry by entry, in a network too."""
    x = arithmetic(values)
    jacobian, y = rules.sigmoid.jacobian(x), rules.sigmoid(x)
    assert all(jacobian[i, j] == 0 for i, j in np.ndindex(jacobian.shape) if i != j)
    identity = arithmetic(np.eye(len(x)))
    arithmetic.agree(jacobian, identity * (y - y**2), 4 * SIGMOID * identity)
    arithmetic.agree(jacobian, arithmetic.derivative(sigmoid_definition, x), 4 * SIGMOID * identity)
    n = len(values)
    network = mlp(n, (n,), 3, activation="sigmoid")
    blocks = [np.eye(n), np.zeros(n), np.linspace(-1, 2, 3 * n).reshape(n, 3), np.zeros(3)]
    theta = network.pack([arithmetic(block) for block in blocks])
    steps = trace(network, theta, x, 1)
    row = steps["d h1"] @ jacobian
    arithmetic.agree(steps["d a1"], row, 4 * SIGMOID * np.abs(steps["d h1"]))
