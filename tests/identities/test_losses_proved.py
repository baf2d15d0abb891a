"""Identities of losses, proved for all inputs."""

import numpy as np

from chainrule import rules
from chainrule.algebra import gradient
from chainrule.algebra.special_functions import constant

from .statements import N, Statement, proof_tests
from .test_activations_proved import logistic
from .test_softmax_proved import definition, pairs


def cross_entropy_gradient(x, t):
    s = definition(x)
    slope = gradient(-np.sum(t * np.log(s)), x)
    yield "the rule", rules.softmax_cross_entropy.vjp(x, t, 1)[0], slope
    yield "s sum(t) - t", slope, s * np.sum(t) - t
    yield "its sum", np.sum(slope), 0
    yield "s - t", slope - (s - t), s * (np.sum(t) - 1)


def two_heads(x, t):
    probs, log_probs = rules.softmax(x), rules.log_softmax(x)
    yield "the losses", rules.cross_entropy(probs, t), rules.nll(log_probs, t)
    in_two = rules.softmax.vjp(x, rules.cross_entropy.vjp(probs, t, 1)[0])
    by_logs = rules.log_softmax.vjp(x, rules.nll.vjp(log_probs, t, 1)[0])
    yield "the gradients", in_two, by_logs
    yield "the derivative", by_logs, gradient(-np.sum(t * np.log(definition(x))), x)


def nll_gradient(z, t):
    yield "the rule", rules.nll.vjp(z, t, 1)[0], -t
    yield "the derivative", gradient(-np.sum(t * z), z), -t


def bounds_entropy(x, t, v):
    """Convex in the logits, with the gradient s - t: so it is least, and the entropy, exactly where s = t."""
    s = definition(x)
    loss = -np.sum(t * np.log(s))
    slope = gradient(loss, x)
    yield "the gradient", slope, s - t
    yield "v^T H v", np.sum(v * gradient(np.sum(v * slope), x)), pairs(s, v)
    yield "at the targets", rules.cross_entropy(t, t), -np.sum(t * np.log(t))
    yield "softmax of log t", definition(np.log(t)), t
    yield "the rule", rules.cross_entropy(s, t), loss


def convexity(o, y):
    p = logistic(o)
    crossed = gradient(gradient(-y * np.log(p) - (1 - y) * np.log(1 - p), o), o)
    yield "BCE", crossed, p * (1 - p)
    yield "its sign", np.sign(p * logistic(-o)), 1
    squared = gradient(gradient((p - y) ** 2 / 2, o), o)
    yield "MSE", squared, p * (1 - p) * (p * (1 - p) + (p - y) * (1 - 2 * p))
    for label, factor in ((0, p * (2 - 3 * p)), (1, (1 - p) * (3 * p - 1))):
        yield f"MSE for {label}", gradient(gradient((p - label) ** 2 / 2, o), o), p * (1 - p) * factor
    yield "the rule of BCE", rules.binary_cross_entropy.vjp(o, y, 1)[0], p - y
    yield "the rule of MSE", rules.half_squared_error.vjp(o, y, 1)[0], (p - y) * p * (1 - p)


def unimodal(o, y):
    """The slope over the positive p (1 - p) is the miss."""
    p = logistic(o)
    yield "the quotient", gradient((p - y) ** 2 / 2, o) / (p * logistic(-o)), p - y
    yield "the rule", rules.half_squared_error.vjp(o, y, 1)[0], gradient((p - y) ** 2 / 2, o)
    yield "the sign", np.sign(p * logistic(-o)), 1


def saturation(o):
    """With e = e^-|o|, for a wrong logit of either sign: at most e, and at least 1 - e."""
    for label in (0, 1):
        p, e = logistic(o), np.exp(o if label else -o)
        squared, crossed = gradient((p - label) ** 2 / 2, o), gradient(-np.log(p if label else 1 - p), o)
        sign = 1 - 2 * label
        yield f"MSE for {label}", sign * squared, e / (1 + e) ** 3
        yield f"BCE for {label}", sign * crossed, 1 - e / (1 + e)


def likelihoods(o, y):
    p = logistic(o)
    yield "Bernoulli", rules.binary_cross_entropy(o, y), -np.log(p**y * (1 - p) ** (1 - y))
    pi = constant("pi")
    density = np.exp(-((p - y) ** 2) / 2) / np.sqrt(2 * pi + 0 * o)
    yield "Gauss", rules.half_squared_error(o, y), -np.log(density) - np.log(2 * pi + 0 * o) / 2


XT, OY = {"x": N, "t": N}, {"o": (), "y": ()}
STATEMENTS = {
    "cross-entropy-gradient": Statement(cross_entropy_gradient, XT),
    "two-heads": Statement(two_heads, XT),
    "nll-gradient": Statement(nll_gradient, {"z": N, "t": N}),
    "cross-entropy-bounds-entropy": Statement(
        bounds_entropy, {"x": N, "t": N, "v": N}, {"t": "probabilities"}, {"n": (1, 2, 3)}
    ),
    "convexity-in-the-logit": Statement(convexity, OY),
    "squared-error-is-unimodal": Statement(unimodal, OY),
    "saturation": Statement(saturation, {"o": ()}),
    "likelihoods": Statement(likelihoods, OY),
}

test_it_is_proved, test_a_wrong_side_is_refuted = proof_tests(STATEMENTS, __file__)
