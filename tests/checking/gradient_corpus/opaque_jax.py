"""Jitted JAX functions, in its default single precision and in double; no record where it is not installed."""

import functools

import numpy as np
from scipy.special import expit

from .case import right, wrong

try:
    import jax
    import jax.numpy as jnp
except ImportError:
    jax = None

X = [(np.array([0.3, -1.2, 2.0, 0.7]),), (np.array([1.4, 0.25, -0.6]),)]


def in_double(function):
    """Jitted at its first call, with 64-bit numbers switched on for the call alone."""

    @functools.wraps(function)
    def called(*inputs):
        with jax.enable_x64(True):
            return np.asarray(jax.jit(function)(*(jnp.asarray(x) for x in inputs)))

    return called


def in_single(function):
    @functools.wraps(function)
    def called(*inputs):
        return np.asarray(jax.jit(function)(*(jnp.asarray(x, dtype=jnp.float32) for x in inputs)))

    return called


def softmax(x):
    return jax.nn.softmax(x)


def log_loss(x):
    return jax.nn.logsumexp(x) - x[0]


def sum_of_softplus(x):
    return jnp.sum(jax.nn.softplus(x))


def silu(x):
    return jax.nn.silu(x)


def quadratic(x, M):
    return x @ M @ x


def tanh_layer(x, M):
    return jnp.tanh(M @ x)


def scanned(x):
    return jax.lax.fori_loop(0, x.shape[0], lambda i, total: jnp.sin(total + x[i]), 0.0 * x[0])


def expected_softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def softmax_jacobian(x):
    s = expected_softmax(x)
    return np.diag(s) - np.outer(s, s)


def log_loss_gradient(x):
    p = expected_softmax(x)
    p[0] -= 1
    return p


def log_loss_jax_gradient(x):
    with jax.enable_x64(True):
        return np.asarray(jax.grad(log_loss)(jnp.asarray(x)))


def scanned_gradient(x):
    totals = [0.0]
    for v in x:
        totals.append(np.sin(totals[-1] + v))
    g, d = np.zeros(len(x)), 1.0
    for i in reversed(range(len(x))):
        d *= np.cos(totals[i] + x[i])
        g[i] = d
    return g


def scanned_stale(x):
    """Every step's cosine at the last total."""
    totals = [0.0]
    for v in x:
        totals.append(np.sin(totals[-1] + v))
    return np.array([np.cos(totals[i] + x[i]) for i in range(len(x))])


MATRIX = np.array([[0.7, -1.2, 0.4], [2.0, 0.3, -0.6], [-0.9, 1.1, 1.8]])
SQUARE = [(np.array([0.5, -1.4, 1.2]), MATRIX)]


def quadratic_gradient(x, M):
    return (M + M.T) @ x, np.outer(x, x)


def tanh_layer_pullback(x, M, g):
    d = g * (1 - np.tanh(M @ x) ** 2)
    return M.T @ d, np.outer(d, x)


def tanh_layer_untransposed(x, M, g):
    d = g * (1 - np.tanh(M @ x) ** 2)
    return M @ d, np.outer(d, x)


def _cases():
    single = {"step": 0.2, "rtol": 1e-4, "opaque": True}  # the value carries 24 bits
    return [
        right("jax: softmax", in_double(softmax), X, jacobian=softmax_jacobian, opaque=True),
        right("jax: log loss", in_double(log_loss), X, gradient=log_loss_gradient, opaque=True),
        right("jax: log loss by jax.grad", in_double(log_loss), X, gradient=log_loss_jax_gradient, opaque=True),
        right("jax: softplus, summed", in_double(sum_of_softplus), X, gradient=expit, opaque=True),
        right("jax: SiLU", in_double(silu), X, slope=lambda x: expit(x) * (1 + x * expit(-x)), opaque=True),
        right("jax: quadratic form", in_double(quadratic), SQUARE, gradient=quadratic_gradient, opaque=True),
        right("jax: tanh layer", in_double(tanh_layer), SQUARE, pullback=tanh_layer_pullback, opaque=True),
        right("jax: fori_loop", in_double(scanned), X, gradient=scanned_gradient, opaque=True),
        right("jax: softplus in float32", in_single(sum_of_softplus), X, gradient=expit, **single),
        right("jax: log loss in float32", in_single(log_loss), X, gradient=log_loss_gradient, **single),
        wrong(
            "jax: softmax, diagonal alone",
            in_double(softmax),
            X,
            "off the diagonal",
            jacobian=lambda x: np.diag(np.diag(softmax_jacobian(x))),
            slip="diagonal",
            opaque=True,
        ),
        wrong("jax: log loss, -1 lost", in_double(log_loss), X, "no label", gradient=expected_softmax, opaque=True),
        wrong(
            "jax: log loss, negated",
            in_double(log_loss),
            X,
            "y - p",
            gradient=lambda x: -log_loss_jax_gradient(x),
            slip="sign",
            opaque=True,
        ),
        wrong(
            "jax: softplus, s (1 - s)",
            in_double(sum_of_softplus),
            X,
            "the sigmoid's slope",
            gradient=lambda x: expit(x) * expit(-x),
            opaque=True,
        ),
        wrong("jax: SiLU' = s (1 + x)", in_double(silu), X, "1 - s", slope=lambda x: expit(x) * (1 + x), opaque=True),
        wrong(
            "jax: quadratic form, 2 M x",
            in_double(quadratic),
            SQUARE,
            "M is not symmetric",
            gradient=lambda x, M: (2 * M @ x, np.outer(x, x)),
            opaque=True,
        ),
        wrong(
            "jax: tanh layer, M for M^T",
            in_double(tanh_layer),
            SQUARE,
            "M d",
            pullback=tanh_layer_untransposed,
            opaque=True,
        ),
        wrong("jax: fori_loop, chain cut", in_double(scanned), X, "one step each", gradient=scanned_stale, opaque=True),
        wrong(
            "jax: softplus in float32, doubled",
            in_single(sum_of_softplus),
            X,
            "twice",
            gradient=lambda x: 2 * expit(x),
            slip="factor",
            factor=2,
            **single,
        ),
        wrong(
            "jax: log loss in float32, -1 lost",
            in_single(log_loss),
            X,
            "no label",
            gradient=expected_softmax,
            **single,
        ),
    ]


CASES = [] if jax is None else _cases()
