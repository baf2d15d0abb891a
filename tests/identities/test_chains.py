"""Pullbacks one after another: the rows of products of Jacobians."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from chainrule import rules
from chainrule.checking import balls
from chainrule.networks import Plan, mlp

from .arithmetic import SIGMOID, softmax_roundings
from .strategies import row

WIDTHS = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(2, 4))


def drawn(seed, *shape):
    """Sixty-fourths around 0, which every arithmetic holds exactly."""
    return np.round(64 * np.random.default_rng(seed).normal(0.125, 1, shape)) / 64


def loss_of(W1, W2, t):
    """x -> -sum_i t_i log softmax(sigmoid(x W1) W2)_i, written out."""

    def loss(x):
        hidden = 1 / (1 + np.exp(-(x @ W1)))
        logits = hidden @ W2
        return -np.sum(t * np.log(np.exp(logits) / np.sum(np.exp(logits))))

    return loss


@given(WIDTHS, st.integers(0, 99))
@example((3, 2, 4), 1)
@example((1, 1, 2), 3)
def test_chained_pullbacks_are_the_product_of_the_jacobians_and_the_difference_quotients(arithmetic, widths, seed):
    """v J_k ... J_1 row by row = ((v J_k) ...) J_1 = dE/dx, for x W1, sigmoid, y W2, softmax, -sum_i t_i log z_i."""
    d, hidden, m = widths
    x, W1, W2 = (arithmetic(drawn([seed, i], *shape)) for i, shape in enumerate(((d,), (d, hidden), (hidden, m))))
    weights = np.arange(1.0, m + 1) / 4
    weights[seed % m] = 0
    t = arithmetic(weights)
    z1 = rules.linear(x, W1)
    y1 = rules.sigmoid(z1)
    z2 = rules.linear(y1, W2)
    y2 = rules.softmax(z2)
    by_y2, _ = rules.cross_entropy.vjp(y2, t, arithmetic(1.0))
    by_z2 = rules.softmax.vjp(z2, by_y2)
    by_y1, _ = rules.linear.vjp(y1, W2, by_z2)
    by_z1 = rules.sigmoid.vjp(z1, by_y1)
    by_x, _ = rules.linear.vjp(x, W1, by_z1)
    jacobians = [
        rules.linear.jacobian(x, W1)[0],
        rules.sigmoid.jacobian(z1),
        rules.linear.jacobian(y1, W2)[0],
        rules.softmax.jacobian(z2),
        rules.cross_entropy.jacobian(y2, t)[0],
    ]
    product, sizes = jacobians[0], np.abs(jacobians[0])
    for jacobian in jacobians[1:]:
        product, sizes = jacobian @ product, np.abs(jacobian) @ sizes
    # Each factor has the roundings of a probability or a slope; those of z1 and z2 move their exponents.
    moved = (d + 2) * np.sum(np.abs(x) @ np.abs(W1)) + (hidden + SIGMOID) * np.sum(np.abs(W2))
    scale = (4 * softmax_roundings(m) + 4 * SIGMOID + 4 * moved * (1 + np.sum(np.abs(W2)))) * sizes
    arithmetic.agree(by_x, product, scale)
    arithmetic.agree(by_x, arithmetic.derivative(loss_of(balls(W1), balls(W2), balls(t)), x), scale)
    # The same, as columns, and in one composed rule, and by a network's plan.
    s_less_t = y2 * np.sum(t) - t
    arithmetic.agree(by_x, W1 @ ((y1 * (1 - y1)) * (W2 @ s_less_t)), scale)
    chain = rules.compose(rules.softmax_cross_entropy, rules.linear, rules.sigmoid, rules.linear)
    arithmetic.agree(chain.vjp(x, W1, W2, t, arithmetic(1.0))[0], by_x, scale)
    network = mlp(d, (hidden,), m, activation="sigmoid", bias=False)
    plan = Plan(network, 1, network.pack([W1, W2]), input_gradient=True)
    plan.loss_and_gradient(x[None], t[None])
    arithmetic.agree(plan.input_gradient[0], by_x, scale)


def test_factors_of_a_chain_do_not_commute(arithmetic):
    """v J_2 J_1 is not v J_1 J_2: the order of the pullbacks is that of the functions, reversed."""
    x, v = arithmetic([1.0, 2.0, 4.0]), arithmetic([1.0, 0.0, -1.0])
    one_way = rules.tanh.vjp(x, rules.softmax.vjp(rules.tanh(x), v))
    other_way = rules.softmax.vjp(x, rules.tanh.vjp(rules.softmax(x), v))
    arithmetic.apart(one_way, other_way, 8 * softmax_roundings(3))
    definition = arithmetic.derivative(lambda x: np.exp(np.tanh(x)) / np.sum(np.exp(np.tanh(x))), x)
    arithmetic.agree(one_way, v @ definition, 8 * softmax_roundings(3) * rules.tanh.vjp(x, 0 * x + 1))


@given(row(300))
@example([0.0])
@example([1.0, 1.0])
def test_a_variable_depends_on_itself_alone(arithmetic, values):
    """dx_i/dx_z = [i = z]."""
    x = arithmetic(values)
    unit = arithmetic(np.eye(len(values)))
    arithmetic.agree(rules.identity.jacobian(x), unit, 0 * unit)
    arithmetic.agree(unit, arithmetic.derivative(lambda x: x, x), unit)
    for i, row_of_unit in enumerate(unit):
        arithmetic.agree(rules.identity.vjp(x, row_of_unit), unit[i], 0 * x)
        arithmetic.agree(rules.identity.jvp(x, row_of_unit), unit[i], 0 * x)
