"""Convolutions and pools, by loops and by slices."""

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

X = np.array([0.37, -1.25, 2.6, 0.9, -0.45])
K = np.array([0.5, -1.0, 0.3])
IMAGE = np.array([[0.4, -1.1, 0.7], [1.9, 0.25, -0.6]])
PATCH = np.array([[0.8, -0.3], [0.15, 1.2]])
BOARD = np.array([[0.4, -1.1, 0.7, 0.2], [1.9, 0.25, -0.6, 1.4]])


def conv1d(x, k):
    n = len(x) - len(k) + 1
    out = np.zeros(n)
    for i in range(n):
        for j in range(len(k)):
            out[i] += x[i + j] * k[j]
    return out


def conv1d_pullback(x, k, v):
    dx, dk = np.zeros_like(x), np.zeros_like(k)
    for i in range(len(v)):
        dx[i : i + len(k)] += v[i] * k
        dk += v[i] * x[i : i + len(k)]
    return dx, dk


def conv1d_pullback_library(x, k, v):
    return np.convolve(v, k), np.correlate(x, v, "valid")


def conv1d_pullback_flipped(x, k, v):
    return np.convolve(v, k[::-1]), np.correlate(x, v, "valid")


class Conv2d:
    """One channel, no padding, stride one."""

    def __init__(self, weight):
        self.weight = weight

    def forward(self, x):
        kh, kw = self.weight.shape
        self.x = x
        h, w = x.shape[0] - kh + 1, x.shape[1] - kw + 1
        y = np.zeros((h, w))
        for i in range(h):
            for j in range(w):
                y[i, j] = (x[i : i + kh, j : j + kw] * self.weight).sum()
        return y

    def backward(self, grad):
        kh, kw = self.weight.shape
        dx, dw = np.zeros_like(self.x), np.zeros_like(self.weight)
        for (i, j), g in np.ndenumerate(grad):
            dx[i : i + kh, j : j + kw] += g * self.weight
            dw += g * self.x[i : i + kh, j : j + kw]
        return dx, dw

    def backward_rotated(self, grad):
        kh, kw = self.weight.shape
        dx, dw = np.zeros_like(self.x), np.zeros_like(self.weight)
        for (i, j), g in np.ndenumerate(grad):
            dx[i : i + kh, j : j + kw] += g * self.weight[::-1, ::-1]
            dw += g * self.x[i : i + kh, j : j + kw]
        return dx, dw


def conv2d(x, weight):
    return Conv2d(weight).forward(x)


def conv2d_backward(x, weight, grad):
    layer = Conv2d(weight)
    layer.forward(x)
    return layer.backward(grad)


def conv2d_backward_rotated(x, weight, grad):
    layer = Conv2d(weight)
    layer.forward(x)
    return layer.backward_rotated(grad)


class MaxPool2d:
    @staticmethod
    def forward(ctx, x, size=2):
        h, w = x.shape
        blocks = x.reshape(h // size, size, w // size, size).transpose(0, 2, 1, 3).reshape(h // size, w // size, -1)
        ctx["indices"] = blocks.argmax(-1)
        ctx["shape"] = h, w, size
        return blocks.max(-1)

    @staticmethod
    def backward(ctx, grad):
        h, w, size = ctx["shape"]
        mask = np.arange(size * size) == ctx["indices"][..., None]
        return (mask * grad[..., None]).reshape(h // size, w // size, size, size).transpose(0, 2, 1, 3).reshape(h, w)

    @staticmethod
    def backward_unpermuted(ctx, grad):
        h, w, size = ctx["shape"]
        mask = np.arange(size * size) == ctx["indices"][..., None]
        return (mask * grad[..., None]).reshape(h, w)


def max_pool(x):
    return MaxPool2d.forward({}, x)


def max_pool_backward(x, grad):
    ctx = {}
    MaxPool2d.forward(ctx, x)
    return MaxPool2d.backward(ctx, grad)


def max_pool_backward_unpermuted(x, grad):
    ctx = {}
    MaxPool2d.forward(ctx, x)
    return MaxPool2d.backward_unpermuted(ctx, grad)


def average_pool(x, size=3, stride=2):
    out = []
    i = 0
    while i + size <= len(x):
        out.append(sum(x[i : i + size]) / size)
        i += stride
    return np.array(out)


def average_pool_jacobian(x, size=3, stride=2):
    n = (len(x) - size) // stride + 1
    return np.array([[1 / size if 0 <= j - stride * i < size else 0.0 for j in range(len(x))] for i in range(n)])


def average_pool_jacobian_third(x):
    return np.array(
        [[0.3333333333, 0.3333333333, 0.3333333333, 0, 0], [0, 0, 0.3333333333, 0.3333333333, 0.3333333333]]
    )


def transposed_conv(x):
    y = np.zeros(2 * len(x) + 1)
    for i in range(len(x)):
        y[2 * i : 2 * i + 3] += x[i] * K
    return np.sum(y**3)


def transposed_conv_backward(x):
    y = np.zeros(2 * len(x) + 1)
    for i in range(len(x)):
        y[2 * i : 2 * i + 3] += x[i] * K
    grad = 3 * y**2
    return np.stack([grad[2 * i : 2 * i + 3] @ K for i in range(len(x))])


def transposed_conv_backward_alone(x):
    """Without the overlap of neighbours."""
    return 3 * x**2 * (K**3).sum()


def max_pool_padded(x):
    p = [float("-inf"), *x, float("-inf")]
    return sum((i + 1) * max(p[i], p[i + 1], p[i + 2]) for i in range(len(x)))


def max_pool_padded_gradient(x):
    g = [0.0] * len(x)
    for i in range(len(x)):
        window = range(max(i - 1, 0), min(i + 2, len(x)))
        best = max(window, key=lambda j: x[j])
        g[best] += i + 1
    return g


def max_pool_padded_gradient_first(x):
    g = [0.0] * len(x)
    for i in range(len(x)):
        window = range(max(i - 1, 0), min(i + 2, len(x)))
        g[max(window, key=lambda j: x[j])] = i + 1
    return g


def global_average(x):
    y = np.maximum(conv1d(x, K), 0.0)
    return y.mean() + (y**2).mean()


def global_average_backward(x):
    z = conv1d(x, K)
    grad = (1 + 2 * np.maximum(z, 0)) / z.size
    grad[z < 0] = 0
    return np.convolve(grad, K, "full")


def global_average_backward_all(x):
    z = conv1d(x, K)
    return np.convolve((1 + 2 * z) / z.size, K, "full")


def im2col(x):
    s = np.lib.stride_tricks.sliding_window_view(x, 3)
    return np.tanh(s @ K).sum()


def im2col_backward(x):
    s = np.stack([x[i : i + 3] for i in range(len(x) - 2)])
    dcol = np.outer(1 - np.tanh(s @ K) ** 2, K)
    dx = np.zeros_like(x)
    np.add.at(dx, np.arange(3)[:, None] + np.arange(3), dcol)
    return dx


def im2col_backward_buffered(x):
    s = np.stack([x[i : i + 3] for i in range(len(x) - 2)])
    dcol = np.outer(1 - np.tanh(s @ K) ** 2, K)
    dx = np.zeros_like(x)
    dx[np.arange(3)[:, None] + np.arange(3)] += dcol
    return dx


CASES = (
    Case("conv1d", PYTHON, conv1d, (X, K), {"pullback": conv1d_pullback}, True),
    Case("conv1d_library", NUMPY, conv1d, (X, K), {"pullback": conv1d_pullback_library}, True),
    Case("conv1d_flipped", NUMPY, conv1d, (X, K), {"pullback": conv1d_pullback_flipped}, False),
    Case("conv2d", TORCH, conv2d, (IMAGE, PATCH), {"pullback": conv2d_backward}, True),
    Case("conv2d_rotated", TORCH, conv2d, (IMAGE, PATCH), {"pullback": conv2d_backward_rotated}, False),
    Case("max_pool", TORCH, max_pool, (BOARD,), {"pullback": max_pool_backward}, True),
    Case("max_pool_unpermuted", TORCH, max_pool, (BOARD,), {"pullback": max_pool_backward_unpermuted}, False),
    Case("average_pool", PYTHON, average_pool, (X,), {"jacobian": average_pool_jacobian}, True),
    Case(
        "average_pool_third",
        NUMPY,
        average_pool,
        (X,),
        {"jacobian": average_pool_jacobian_third},
        False,
        why="a third to ten digits",
    ),
    Case("transposed_conv", TORCH, transposed_conv, (X[:3],), {"gradient": transposed_conv_backward}, True),
    Case(
        "transposed_conv_alone", TORCH, transposed_conv, (X[:3],), {"gradient": transposed_conv_backward_alone}, False
    ),
    Case("max_pool_padded", PYTHON, max_pool_padded, (X,), {"gradient": max_pool_padded_gradient}, True),
    Case("max_pool_overwritten", PYTHON, max_pool_padded, (X,), {"gradient": max_pool_padded_gradient_first}, False),
    Case("conv_relu_mean", TORCH, global_average, (X,), {"gradient": global_average_backward}, True),
    Case("conv_relu_mean_all", TORCH, global_average, (X,), {"gradient": global_average_backward_all}, False),
    Case("im2col", TORCH, im2col, (X,), {"gradient": im2col_backward}, True),
    Case(
        "im2col_buffered",
        TORCH,
        im2col,
        (X,),
        {"gradient": im2col_backward_buffered},
        False,
        why="repeated indices are added once",
    ),
)
