"""Functions that go through PyTorch and come back as NumPy arrays or numbers; no record where it is not installed."""

import numpy as np
from scipy.special import expit

from .case import right, wrong

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    torch = None

X = [
    (np.array([[0.2, -1.1, 0.7, 1.9], [2.3, 0.4, -0.6, 0.1], [-1.4, 0.8, 0.3, -0.2]]),),
    (np.array([[1.3, -0.7, 0.4], [0.15, 2.1, -1.6]]),),
]
LABELS = np.array([1, 0, 1])


def cross_entropy(x):
    return F.cross_entropy(torch.tensor(x), torch.tensor(LABELS[: len(x)])).item()


def cross_entropy_gradient(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return (p - np.eye(x.shape[1])[LABELS[: len(x)]]) / len(x)


def cross_entropy_by_autograd(x):
    t = torch.tensor(x, requires_grad=True)
    F.cross_entropy(t, torch.tensor(LABELS[: len(x)])).backward()
    return t.grad.numpy()


def silu(x):
    return F.silu(torch.as_tensor(x)).numpy()


def gelu_tanh(x):
    return F.gelu(torch.from_numpy(np.array(x)), approximate="tanh").numpy()


def gelu_tanh_slope(x, cube=3 * 0.044715):
    k = np.sqrt(2 / np.pi)
    t = np.tanh(k * (x + 0.044715 * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * k * (1 + cube * x**2)


def softmax(x):
    return torch.softmax(torch.tensor(x), dim=-1).numpy()


def softmax_pullback(x, g):
    s = softmax(x)
    return s * (g - (s * g).sum(axis=-1, keepdims=True))


def layer_norm(x):
    return F.layer_norm(torch.tensor(x), (x.shape[1],)).numpy()


def layer_norm_pullback(x, g):
    rstd = 1 / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
    n = (x - x.mean(axis=1, keepdims=True)) * rstd
    return rstd * (g - g.mean(axis=1, keepdims=True) - n * (n * g).mean(axis=1, keepdims=True))


WEIGHTS = [(X[0][0], np.array([[0.5, -1.2], [0.3, 0.8], [-0.9, 0.1], [1.4, 0.6]]))]


def linear_tanh(x, w):
    return torch.tanh(torch.tensor(x) @ torch.tensor(w)).sum().item()


def linear_tanh_gradient(x, w):
    d = 1 - np.tanh(x @ w) ** 2
    return d @ w.T, x.T @ d


SIGNALS = [(np.array([0.4, -1.3, 2.2, 0.9, -0.6, 1.7]), np.array([0.5, -1.1, 0.3]))]


def conv(x, w):
    return F.conv1d(torch.tensor(x)[None, None], torch.tensor(w)[None, None], padding=1)[0, 0].detach().numpy()


def conv_pullback(x, w, g):
    padded = np.pad(x, 1)
    return np.convolve(g, w)[1:-1], np.array([g @ padded[j : j + len(x)] for j in range(3)])


def mse(x):
    return F.mse_loss(torch.tensor(x), torch.ones(x.shape, dtype=torch.float64)).item()


def single_precision_loss(x):
    """A model in float32, as most are."""
    t = torch.tensor(x, dtype=torch.float32)
    return float(F.softplus(t).sum())


def log_cosh(x):
    return torch.log(torch.cosh(torch.tensor(x))).sum().item()


def huber(x):
    return F.huber_loss(torch.tensor(x), torch.zeros(x.shape, dtype=torch.float64), reduction="sum", delta=0.5).item()


def _cases():
    return [
        right("torch: cross entropy", cross_entropy, X, gradient=cross_entropy_gradient, opaque=True),
        right("torch: cross entropy by autograd", cross_entropy, X, gradient=cross_entropy_by_autograd, opaque=True),
        right("torch: SiLU", silu, X, slope=lambda x: expit(x) * (1 + x * expit(-x)), opaque=True),
        right("torch: GELU, tanh form", gelu_tanh, X, slope=gelu_tanh_slope, opaque=True),
        right("torch: softmax", softmax, X, pullback=softmax_pullback, opaque=True),
        right("torch: layer norm", layer_norm, X, pullback=layer_norm_pullback, opaque=True),
        right("torch: linear and tanh", linear_tanh, WEIGHTS, gradient=linear_tanh_gradient, opaque=True),
        right("torch: convolution", conv, SIGNALS, pullback=conv_pullback, opaque=True),
        right("torch: MSE", mse, X, gradient=lambda x: 2 * (x - 1) / x.size, opaque=True),
        right("torch: log cosh", log_cosh, X, gradient=np.tanh, opaque=True),
        right("torch: Huber", huber, X, gradient=lambda x: np.clip(x, -0.5, 0.5), opaque=True),
        right(
            "torch: softplus in float32",
            single_precision_loss,
            X,
            gradient=expit,
            opaque=True,
            step=0.2,
            rtol=1e-4,  # the value carries 24 bits
        ),
        wrong(
            "torch: cross entropy, no mean",
            cross_entropy,
            X[:1],
            "a sum's gradient",
            gradient=lambda x: 3 * cross_entropy_gradient(x),
            slip="factor",
            factor=3,
            opaque=True,
        ),
        wrong(
            "torch: cross entropy, negated",
            cross_entropy,
            X,
            "y - p",
            gradient=lambda x: -cross_entropy_by_autograd(x),
            slip="sign",
            opaque=True,
        ),
        wrong("torch: SiLU' = s", silu, X, "half the product rule", slope=expit, opaque=True),
        wrong(
            "torch: GELU', the cube's 3 forgotten",
            gelu_tanh,
            X,
            "d x^3 is 3 x^2",
            slope=lambda x: gelu_tanh_slope(x, cube=0.044715),
            opaque=True,
        ),
        wrong(
            "torch: softmax, s (1 - s)",
            softmax,
            X,
            "diagonal alone",
            pullback=lambda x, g: softmax(x) * (1 - softmax(x)) * g,
            opaque=True,
        ),
        wrong(
            "torch: layer norm, variance constant",
            layer_norm,
            X,
            "a term lost",
            pullback=lambda x, g: (g - g.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5),
            opaque=True,
        ),
        wrong(
            "torch: weight's gradient reversed",
            linear_tanh,
            WEIGHTS,
            "rows upside down",
            gradient=lambda x, w: (linear_tanh_gradient(x, w)[0], linear_tanh_gradient(x, w)[1][::-1]),
            opaque=True,
        ),
        wrong(
            "torch: convolution, flipped",
            conv,
            SIGNALS,
            "the kernel flipped in dx",
            pullback=lambda x, w, g: (np.convolve(g, w[::-1])[1:-1], conv_pullback(x, w, g)[1]),
            opaque=True,
        ),
        wrong(
            "torch: MSE without 2",
            mse,
            X,
            "2 lost",
            gradient=lambda x: (x - 1) / x.size,
            slip="factor",
            factor=2,
            opaque=True,
        ),
        wrong("torch: Huber, delta lost", huber, X, "never clipped", gradient=lambda x: x, opaque=True),
        wrong(
            "torch: log cosh, 0.001% in one entry",
            log_cosh,
            X,
            "the last entry",
            gradient=lambda x: np.tanh(x) * (1 + 1e-5 * (np.arange(x.size) == x.size - 1).reshape(x.shape)),
            opaque=True,
        ),
        wrong(
            "torch: softplus in float32, slope itself",
            single_precision_loss,
            X,
            "softplus for its slope",
            gradient=lambda x: np.logaddexp(0, x),
            opaque=True,
            step=0.2,
        ),
    ]


CASES = [] if torch is None else _cases()
