"""Identities of chained pullbacks and of networks, proved at small sizes."""

import numpy as np

from chainrule import rules
from chainrule.algebra import gradient, jacobian
from chainrule.networks import Plan, mlp, trace
from chainrule.solvers import descend

from .statements import N, Statement, proof_tests


def logistic(x):
    return 1 / (1 + np.exp(-x))


def chained_pullbacks(x, W1, W2, t):
    """The chain x W1, sigmoid, y W2, softmax, -sum_i t_i log z_i."""
    z1 = rules.linear(x, W1)
    y1 = rules.sigmoid(z1)
    z2 = rules.linear(y1, W2)
    y2 = rules.softmax(z2)
    by_z2 = rules.softmax.vjp(z2, rules.cross_entropy.vjp(y2, t, 1)[0])
    by_x = rules.linear.vjp(x, W1, rules.sigmoid.vjp(z1, rules.linear.vjp(y1, W2, by_z2)[0]))[0]
    product = rules.cross_entropy.jacobian(y2, t)[0]
    for factor in (
        rules.softmax.jacobian(z2),
        rules.linear.jacobian(y1, W2)[0],
        rules.sigmoid.jacobian(z1),
        rules.linear.jacobian(x, W1)[0],
    ):
        product = product @ factor
    yield "the product of the Jacobians", by_x, product
    exponentials = np.exp(logistic(x @ W1) @ W2)
    loss = -np.sum(t * np.log(exponentials / np.sum(exponentials)))
    yield "the derivative", by_x, gradient(loss, x)
    chain = rules.compose(rules.softmax_cross_entropy, rules.linear, rules.sigmoid, rules.linear)
    yield "the composed rule", chain.vjp(x, W1, W2, t, 1)[0], by_x


def composition(x, W, b, u, v):
    """The composed rule has the value, both modes and the Jacobian of the chain; one mode is the other transposed."""
    chain = rules.compose(rules.softmax, rules.affine, rules.tanh)
    exponentials = np.exp(np.tanh(x) @ W + b)
    value = exponentials / np.sum(exponentials)
    by_x = jacobian(value, x)
    zeros = (0 * W, 0 * b)
    yield "the value", chain(x, W, b), value
    yield "the pullback", chain.vjp(x, W, b, v)[0], v @ by_x
    yield "the pullback by W", chain.vjp(x, W, b, v)[1], gradient(np.sum(v * value), W)
    yield "the pushforward", chain.jvp(x, W, b, u, *zeros), by_x @ u
    yield "the Jacobian", chain.jacobian(x, W, b)[0], by_x
    yield "the adjoint identity", v @ chain.jvp(x, W, b, u, *zeros), chain.vjp(x, W, b, v)[0] @ u


def identity_jacobian(x, v):
    unit = np.eye(len(x))
    yield "the rule", rules.identity.jacobian(x), unit
    yield "the derivative", jacobian(x, x), unit
    yield "both modes", np.stack([rules.identity.vjp(x, v), rules.identity.jvp(x, v)]), np.stack([v, v])


def loss_of(W1, b1, W2, b2, x, label):
    logits = np.log(1 + np.exp(x @ W1 + b1)) @ W2 + b2
    return np.log(np.sum(np.exp(logits))) - logits[label]


def gradient_shapes(W1, b1, W2, b2, x):
    """Equal arrays have equal shapes: those of W1, b1, W2, b2 and x."""
    network = mlp(2, (2,), 2, activation="softplus")
    theta = network.pack([W1, b1, W2, b2])
    plan = Plan(network, 1, theta, input_gradient=True)
    plan.loss_and_gradient(x[None], np.array([1]))
    by_name = dict(zip(["W1", "b1", "W2", "b2"], network.unpack(plan.gradient), strict=True))
    steps = trace(network, theta, x, 1)
    loss = loss_of(W1, b1, W2, b2, x, 1)
    for name, block in {"W1": W1, "b1": b1, "W2": W2, "b2": b2}.items():
        yield f"d {name}", by_name[name], gradient(loss, block)
        yield f"d {name} of the trace", steps[f"d {name}"], by_name[name]
    yield "d x", plan.input_gradient[0], gradient(loss, x)


def risk_and_penalty(W1, b1, W2, b2, x, eta, strength):
    network = mlp(2, (1,), 2, activation="softplus")
    theta, labels = network.pack([W1, b1, W2, b2]), np.array([1, 0])

    def gradient_at(rows):
        plan = Plan(network, len(rows), theta)
        plan.loss_and_gradient(x[rows], labels[rows])
        return plan.gradient

    risk = gradient_at([0, 1])
    yield "the mean", risk, (gradient_at([0]) + gradient_at([1])) / 2
    options = {"learning_rate": eta, "steps": 1, "l2": strength, "penalise_biases": True}
    plan = Plan(network, 2, theta + 0)
    list(descend(plan, x, labels, **options))
    yield "the step", plan.theta, (1 - 2 * eta * strength) * theta - eta * risk


NETWORK = {"W1": (2, 2), "b1": (2,), "W2": (2, 2), "b2": (2,), "x": (2,)}
SMALL = {"W1": (2, 1), "b1": (1,), "W2": (1, 2), "b2": (2,), "x": (2, 2), "eta": (), "strength": ()}
STATEMENTS = {
    "chained-pullbacks": Statement(chained_pullbacks, {"x": (2,), "W1": (2, 2), "W2": (2, 3), "t": (3,)}),
    "composition": Statement(composition, {"x": (2,), "W": (2, 2), "b": (2,), "u": (2,), "v": (2,)}),
    "identity-jacobian": Statement(identity_jacobian, {"x": N, "v": N}),
    "gradient-shapes": Statement(gradient_shapes, NETWORK),
    "risk-and-penalty": Statement(risk_and_penalty, SMALL, {"eta": "positive", "strength": "positive"}),
}

test_it_is_proved, test_a_wrong_side_is_refuted = proof_tests(STATEMENTS, __file__)
