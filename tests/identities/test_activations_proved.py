"""Identities of activations, proved for all inputs."""

import numpy as np

from chainrule import rules
from chainrule.algebra import gradient, jacobian

from .statements import N, Statement, proof_tests


def logistic(x):
    return 1 / (1 + np.exp(-x))


def mirror_and_tanh(x):
    yield "the complement", rules.sigmoid(-x), 1 - rules.sigmoid(x)
    yield "tanh", rules.tanh(x), 2 * rules.sigmoid(2 * x) - 1
    yield "the definitions", np.stack([rules.sigmoid(x), rules.tanh(x)]), np.stack([logistic(x), np.tanh(x)])


def sigmoid_slope(x):
    s = rules.sigmoid(x)
    slope = gradient(logistic(x), x)
    yield "the rule", rules.sigmoid.vjp(x, 1 + 0 * x), slope
    yield "s (1 - s)", slope, s * (1 - s)
    yield "s - s^2", slope, s - s**2
    yield "s(x) s(-x)", slope, s * rules.sigmoid(-x)
    yield "again", gradient(slope, x), s * (1 - s) * (1 - 2 * s)
    yield "a square less than 1/4", slope, 1 / 4 - (s - 1 / 2) ** 2


def log_sigmoid(x):
    yield "the logarithm", np.log(logistic(x)), -rules.softplus(-x)
    yield "the rule", rules.log_sigmoid(x), -rules.softplus(-x)


def softplus_mirror(x):
    yield "softplus", rules.softplus(x) - rules.softplus(-x), x
    yield "log sigma", rules.log_sigmoid(x) - rules.log_sigmoid(-x), x


def softplus_slope(x):
    yield "the derivative", gradient(np.log(1 + np.exp(x)), x), rules.sigmoid(x)
    yield "the rule", rules.softplus.vjp(x, 1 + 0 * x), rules.sigmoid(x)


def softplus_relu(x, k):
    """The tail log1p(e^(-k |x|)) / k lies between 0 and log(2)/k, because the exponential lies between 0 and 1."""
    tail = np.log1p(np.exp(-np.abs(x)))
    yield "relu and a tail", rules.softplus(x), rules.relu(x) + tail
    steep = np.log(1 + np.exp(k * x)) / k - rules.relu(x)
    yield "a steeper one", steep, np.log(1 + np.exp(-k * np.abs(x))) / k


def tanh_slope(x):
    yield "the derivative", gradient(np.tanh(x), x), 1 - np.tanh(x) ** 2
    yield "again", gradient(gradient(np.tanh(x), x), x), -2 * np.tanh(x) * (1 - np.tanh(x) ** 2)
    yield "the rule", rules.tanh.vjp(x, 1 + 0 * x), 1 - rules.tanh(x) ** 2


def relu_forms(x, h):
    """The integral of the step from minus infinity: 0 below 0, and x, whose slope is the step, above."""
    step = np.heaviside(x, h)
    yield "x H(x)", rules.relu(x), x * step
    yield "|x| H(x)", rules.relu(x), np.abs(x) * step
    yield "(x + |x|)/2", rules.relu(x), (x + np.abs(x)) / 2
    yield "0 below 0", rules.relu(-np.abs(x)), 0 * x


def relu_slope(x):
    yield "the derivative", gradient(rules.relu(x), x), rules.heaviside(x)
    yield "the rule", rules.relu.vjp(x, 1 + 0 * x), rules.heaviside(x)


def steep_sigmoid(x, k):
    """The distance is a positive quantity below the bound."""
    decay = np.exp(-k * np.abs(x))
    distance = np.abs(logistic(k * x) - rules.heaviside(x))
    yield "the distance", distance, decay / (1 + decay)
    yield "what is left", decay - distance, decay**2 / (1 + decay)
    yield "its sign", np.sign(decay**2 / (1 + decay)), 1
    yield "at 0", logistic(k * 0), 1 / 2


def sign_by_steps(x):
    step = rules.heaviside
    yield "H(x) - H(-x)", rules.sign(x), step(x) - step(-x)
    yield "2 H(x) - 1", rules.sign(x), 2 * step(x) - 1
    yield "of |x|", step(np.abs(x)) - step(-np.abs(x)), rules.sign(x) ** 2


def elementwise_jacobian(x):
    s = rules.sigmoid(x)
    yield "the derivative", rules.sigmoid.jacobian(x), jacobian(logistic(x), x)
    yield "the diagonal", rules.sigmoid.jacobian(x), np.diag(s - s**2)


X = {"x": ()}
STATEMENTS = {
    "sigmoid-mirror-and-tanh": Statement(mirror_and_tanh, X),
    "sigmoid-slope": Statement(sigmoid_slope, X),
    "log-sigmoid-is-softplus": Statement(log_sigmoid, X),
    "softplus-mirror": Statement(softplus_mirror, X),
    "softplus-slope": Statement(softplus_slope, X),
    "softplus-relu": Statement(softplus_relu, {"x": (), "k": ()}, {"k": "positive"}),
    "tanh-slope": Statement(tanh_slope, X),
    "relu-forms": Statement(relu_forms, {"x": (), "h": ()}),
    "relu-slope": Statement(relu_slope, X),
    "steep-sigmoid-is-a-step": Statement(steep_sigmoid, {"x": (), "k": ()}, {"x": "nonzero", "k": "positive"}),
    "sign-by-steps": Statement(sign_by_steps, X),
    "elementwise-jacobian-is-diagonal": Statement(elementwise_jacobian, {"x": N}),
}

test_it_is_proved, test_a_wrong_side_is_refuted = proof_tests(STATEMENTS, __file__)
