"""Activations applied to each entry, and their slopes as people write them."""

import numpy as np
from scipy.special import erf, expit

from .case import right, wrong

X = [(np.array([[-2.3, -0.4, 0.15], [0.9, 1.7, 3.2]]),), (np.array([-1.25, 0.35, 2.5, -0.06]),)]
POSITIVE = [(np.array([0.4, 1.3, 2.75]),), (np.array([[0.03, 6.5]]),)]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_prime(x):
    return sigmoid(x) * (1 - sigmoid(x))


def stable_sigmoid(x):
    z = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + z), z / (1 + z))


def sigmoid_by_mask(x):
    out = np.zeros_like(x)
    pos = x >= 0
    out[pos] = 1 / (1 + np.exp(-x[pos]))
    e = np.exp(x[~pos])
    out[~pos] = e / (1 + e)
    return out


def tanh_by_definition(x):
    return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))


def softplus(x):
    return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)


def softplus_beta(x, beta=3.0):
    return np.log1p(np.exp(beta * x)) / beta


def relu(x):
    return np.maximum(0, x)


def relu_inplace_copy(x):
    out = x.copy()
    out[out < 0] = 0
    return out


def relu_grad(x):
    g = np.zeros_like(x)
    g[x > 0] = 1
    return g


def leaky(x, alpha=0.01):
    return np.where(x > 0, x, alpha * x)


def leaky_grad(x, alpha=0.01):
    dx = np.ones_like(x)
    dx[x < 0] = alpha
    return dx


ALPHA = 1.6733


def elu(x):
    return np.where(x > 0, x, ALPHA * (np.exp(x) - 1))


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def gelu_grad(x, cube=3 * 0.044715):
    k = np.sqrt(2 / np.pi)
    t = np.tanh(k * (x + 0.044715 * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * k * (1 + cube * x**2)


def gelu_grad_exact_form(x):
    return 0.5 * (1 + erf(x / np.sqrt(2))) + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def gelu_erf(x):
    return x * 0.5 * (1.0 + erf(x / np.sqrt(2.0)))


def silu(x):
    return x * expit(x)


def silu_grad(x):
    s = expit(x)
    return s + x * s * (1 - s)


def mish(x):
    return x * np.tanh(np.log1p(np.exp(x)))


def mish_grad(x):
    t = np.tanh(np.log1p(np.exp(x)))
    return t + x * (1 - t * t) * sigmoid(x)


def lecun_tanh(x):
    return 1.7159 * np.tanh(2 / 3 * x)


def hard_tanh(x):
    return np.clip(x, -1, 1)


class Swish:
    """A layer with a fixed slope, as in a small framework."""

    def __init__(self, beta):
        self.beta = beta

    def forward(self, x):
        return x / (1 + np.exp(-self.beta * x))

    def derivative(self, x):
        s = 1 / (1 + np.exp(-self.beta * x))
        return s + self.beta * x * s * (1 - s)

    def derivative_without_beta(self, x):
        s = 1 / (1 + np.exp(-self.beta * x))
        return s + x * s * (1 - s)


swish = Swish(1.75)


def log_sigmoid(x):
    return -np.logaddexp(0, -x)


def backward_with_mask_of_gradient(x, dout):
    """The mask is taken where the cotangent is positive, not where x is."""
    return dout * (dout > 0)


CASES = [
    right("sigmoid", sigmoid, X, slope=sigmoid_prime),
    right("sigmoid by np.where, expit slope", stable_sigmoid, X, slope=lambda x: expit(x) * expit(-x)),
    right("sigmoid by boolean masks", sigmoid_by_mask, X, slope=sigmoid_prime),
    right("sigmoid, pullback", sigmoid, X, pullback=lambda x, v: v * sigmoid(x) * (1 - sigmoid(x))),
    right("expit", expit, X, slope=lambda x: expit(x) - expit(x) ** 2),
    right("tanh", np.tanh, X, slope=lambda x: 1 - np.tanh(x) ** 2),
    right("tanh by definition, sech^2", tanh_by_definition, X, slope=lambda x: 1 / np.cosh(x) ** 2),
    right("softplus", softplus, X, slope=expit),
    right("softplus by logaddexp", lambda x: np.logaddexp(0, x), X, slope=lambda x: 1 / (1 + np.exp(-x))),
    right("softplus with beta", softplus_beta, X, slope=lambda x: sigmoid(3.0 * x)),
    right("log-sigmoid", log_sigmoid, X, slope=lambda x: 1 - expit(x)),
    right("ReLU", relu, X, slope=lambda x: (x > 0).astype(float)),
    right("ReLU, copied and masked", relu_inplace_copy, X, slope=relu_grad),
    right("ReLU, x * (x > 0), np.heaviside", lambda x: x * (x > 0), X, slope=lambda x: np.heaviside(x, 0.5)),
    right("leaky ReLU", leaky, X, slope=leaky_grad),
    right("ELU", elu, X, slope=lambda x: np.where(x > 0, 1.0, ALPHA * np.exp(x))),
    right("ELU from its output", elu, X, slope=lambda x: np.where(x > 0, 1.0, elu(x) + ALPHA)),
    right("GELU, tanh form", gelu, X, slope=gelu_grad),
    right("GELU, erf form", gelu_erf, X, slope=gelu_grad_exact_form),
    right("SiLU", silu, X, slope=silu_grad),
    right("mish", mish, X, slope=mish_grad),
    right("a layer with methods", swish.forward, X, slope=swish.derivative),
    right("scaled tanh", lecun_tanh, X, slope=lambda x: 1.7159 * 2 / 3 * (1 - np.tanh(2 / 3 * x) ** 2)),
    right("hard tanh by np.clip", hard_tanh, X, slope=lambda x: 1.0 * (np.abs(x) < 1)),
    right("square root", np.sqrt, POSITIVE, slope=lambda x: 0.5 / np.sqrt(x)),
    right("x log x", lambda x: x * np.log(x), POSITIVE, slope=lambda x: np.log(x) + 1),
    wrong("sigmoid' = sigmoid", sigmoid, X, "s for s (1 - s)", slope=sigmoid),
    wrong("sigmoid' = x (1 - x)", sigmoid, X, "the output's formula at the input", slope=lambda x: x * (1 - x)),
    wrong("sigmoid', negated", sigmoid, X, "s (s - 1)", slope=lambda x: expit(x) * (expit(x) - 1), slip="sign"),
    wrong("sigmoid' = 1 - s", expit, X, "one factor", slope=lambda x: 1 - expit(x)),
    wrong("tanh' = 1 - x^2", np.tanh, X, "at the input, not the output", slope=lambda x: 1 - x**2),
    wrong("tanh' = 1 - tanh", np.tanh, X, "the square is lost", slope=lambda x: 1 - np.tanh(x)),
    wrong("tanh' = sigmoid'", tanh_by_definition, X, "another activation's slope", slope=sigmoid_prime),
    wrong("softplus' = softplus", softplus, X, "the function itself", slope=softplus),
    wrong("softplus' = sigmoid(-x)", softplus, X, "mirrored", slope=lambda x: expit(-x)),
    wrong("beta twice", softplus_beta, X, "1/beta", slope=lambda x: 3 * sigmoid(3 * x), slip="factor", factor=3),
    wrong("softplus with beta, beta forgotten", softplus_beta, X, "sigmoid(x) for sigmoid(beta x)", slope=sigmoid),
    wrong("log-sigmoid' = s", log_sigmoid, X, "s(x) for s(-x)", slope=expit),
    wrong("ReLU' = ReLU", relu, X, "the function itself", slope=relu),
    wrong("ReLU' on the wrong side", relu, X, "x < 0 for x > 0", slope=lambda x: (x < 0).astype(float)),
    wrong("ReLU' masked by x > 1", relu, X, "threshold", slope=lambda x: (x > 1) * 1.0),
    wrong("ReLU backward, masked by the cotangent", relu, X, "wrong array", pullback=backward_with_mask_of_gradient),
    wrong("leaky ReLU', 0 on the left", leaky, X, "alpha is lost", slope=relu_grad),
    wrong("leaky ReLU', another alpha", leaky, X, "wrong only for x < 0", slope=lambda x: leaky_grad(x, alpha=0.02)),
    wrong("ELU' without alpha", elu, X, "wrong only for x < 0", slope=lambda x: np.where(x > 0, 1.0, np.exp(x))),
    wrong("ELU' = elu", elu, X, "alpha is not added", slope=lambda x: np.where(x > 0, 1.0, elu(x))),
    wrong("GELU', the cube's 3 forgotten", gelu, X, "d x^3 is 3 x^2", slope=lambda x: gelu_grad(x, cube=0.044715)),
    wrong("GELU', erf's slope for the tanh form", gelu, X, "1e-4: another form", slope=gelu_grad_exact_form),
    wrong("SiLU' = s + x s", silu, X, "(1 - s) is lost", slope=lambda x: expit(x) * (1 + x)),
    wrong("SiLU' = x s (1 - s)", silu, X, "half the product rule", slope=lambda x: x * expit(x) * expit(-x)),
    wrong(
        "mish', no sigmoid",
        mish,
        X,
        "softplus' is lost",
        slope=lambda x: np.tanh(softplus(x)) + x * (1 - np.tanh(softplus(x)) ** 2),
    ),
    wrong("swish', beta lost", swish.forward, X, "chain factor beta", slope=swish.derivative_without_beta),
    wrong(
        "scaled tanh', 2/3 lost",
        lecun_tanh,
        X,
        "chain factor 2/3",
        slope=lambda x: 1.7159 * (1 - np.tanh(2 / 3 * x) ** 2),
        slip="factor",
        factor=2,
    ),
    wrong("hard tanh', clip forgotten", hard_tanh, X, "1 beyond the clip", slope=np.ones_like),
    wrong("sqrt' without the half", np.sqrt, POSITIVE, "1/2", slope=lambda x: 1 / np.sqrt(x), slip="factor", factor=2),
    wrong("x log x, product rule forgotten", lambda x: x * np.log(x), POSITIVE, "+ 1 is lost", slope=np.log),
]
