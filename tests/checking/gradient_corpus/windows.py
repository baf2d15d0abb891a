"""Attention for one head, convolution, pooling, and code that moves entries about: padding, cumsum, concatenate."""

import numpy as np

from .case import right, wrong

rng = np.random.default_rng(99)


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# --- attention ---

QKV = [(rng.normal(size=(2, 4)), rng.normal(size=(3, 4)), rng.normal(size=(3, 5)))]


def attention(Q, K, V):
    return softmax(Q @ K.T / np.sqrt(Q.shape[1])) @ V


def attention_backward(Q, K, V, dO, *, mistake=None):
    d = np.sqrt(Q.shape[-1])
    P = softmax(Q @ K.T / d)
    dV = P.T @ dO
    dP = dO @ V.T
    dS = P * (dP - (dP * P).sum(axis=0 if mistake == "axis" else 1, keepdims=True))
    if mistake == "diagonal":
        dS = P * (1 - P) * dP
    if mistake == "no softmax":
        dS = dP
    if mistake != "no scale":
        dS = dS / d
    if mistake == "scale twice":
        dS = dS / d
    dQ = dS @ K
    dK = dS.T @ Q
    if mistake == "values unweighted":
        dV = np.ones_like(P).T @ dO
    if mistake == "queries for keys":
        dK = dS.T @ K[: len(Q)]
    return dQ, dK, dV


def attention_mistake(name):
    def pullback(Q, K, V, dO):
        return attention_backward(Q, K, V, dO, mistake=name)

    return pullback


def self_attention_scores(X, Wq, Wk):
    return np.einsum("id,de,je->ij", X, Wq @ Wk.T, X)


def self_attention_scores_backward(X, Wq, Wk, G):
    M = Wq @ Wk.T
    dX = G @ X @ M.T + G.T @ X @ M
    dM = X.T @ G @ X
    return dX, dM @ Wk, dM.T @ Wq


def self_attention_one_side(X, Wq, Wk, G):
    M = Wq @ Wk.T
    dM = X.T @ G @ X
    return G @ X @ M.T, dM @ Wk, dM.T @ Wq


def self_attention_key_not_transposed(X, Wq, Wk, G):
    dX, dWq, _ = self_attention_scores_backward(X, Wq, Wk, G)
    return dX, dWq, X.T @ G @ X @ Wq


PROJECTED = [(rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), rng.normal(size=(4, 2)))]


# --- convolution ---

SIGNALS = [
    (np.array([0.4, -1.3, 2.2, 0.9, -0.6, 1.7]), np.array([0.5, -1.1, 0.3])),
    (np.array([1.2, 0.1, -2.4, 0.8, 0.35]), np.array([1.4, 0.2, -0.9])),
]


def conv_valid(x, w):
    """Cross-correlation, no padding."""
    n, k = len(x), len(w)
    out = np.zeros(n - k + 1)
    for i in range(n - k + 1):
        out[i] = np.sum(x[i : i + k] * w)
    return out


def conv_valid_backward(x, w, dout):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(len(dout)):
        dx[i : i + len(w)] += dout[i] * w
        dw += dout[i] * x[i : i + len(w)]
    return dx, dw


def conv_valid_unflipped(x, w, dout):
    _, dw = conv_valid_backward(x, w, dout)
    return np.convolve(dout, w[::-1], mode="full"), dw


def conv_overwrites(x, w, dout):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(len(dout)):
        dx[i : i + len(w)] = dout[i] * w
        dw += dout[i] * x[i : i + len(w)]
    return dx, dw


def conv_same(x, w):
    padded = np.pad(x, 1)
    return np.array([padded[i : i + 3] @ w for i in range(len(x))])


def conv_same_backward(x, w, g, crop=1):
    padded = np.pad(x, 1)
    dpadded, dw = np.zeros(len(padded)), np.zeros(3)
    for i in range(len(x)):
        dpadded[i : i + 3] += g[i] * w
        dw += g[i] * padded[i : i + 3]
    return dpadded[crop : crop + len(x)], dw


def conv_same_off_by_one(x, w, g):
    return conv_same_backward(x, w, g, crop=0)


def conv_same_unpadded_weight(x, w, g):
    dx, _ = conv_same_backward(x, w, g)
    dw = np.array([sum(g[i] * x[i + j] for i in range(len(x) - 2)) for j in range(3)])
    return dx, dw


def numpy_convolution(x, w):
    return np.convolve(x, w, mode="valid")


def numpy_convolution_backward(x, w, g):
    return np.correlate(g, w, mode="full"), np.correlate(x, g, mode="valid")[::-1]


def numpy_convolution_wrong_way(x, w, g):
    return np.convolve(g, w, mode="full"), np.correlate(x, g, mode="valid")


def strided(x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, 3)[::2]
    return windows @ w


def strided_backward(x, w, g, stride=2):
    dx = np.zeros(x.shape)
    for i, gi in enumerate(g):
        dx[i * stride : i * stride + 3] += gi * w
    return dx, np.lib.stride_tricks.sliding_window_view(x, 3)[::2].T @ g


def strided_as_one(x, w, g):
    return strided_backward(x, w, g, stride=1)


# --- pooling ---

POOLED = [(np.array([0.4, -1.3, 2.2, 0.9, -0.6, 1.7]),), (np.array([1.1, 1.6, -0.3, 0.8]),)]
TIES = [(np.array([2.0, 2.0, 0.5, 1.5]),)]


def max_pool(x):
    return x.reshape(-1, 2).max(axis=1)


def max_pool_backward(x, g):
    windows = x.reshape(-1, 2)
    d = np.zeros_like(windows)
    d[np.arange(len(windows)), windows.argmax(axis=1)] = g
    return d.reshape(x.shape)


def max_pool_mask_backward(x, g):
    windows = x.reshape(-1, 2)
    mask = windows == windows.max(axis=1, keepdims=True)
    return (mask * g[:, None]).ravel()


def max_pool_to_the_first(x, g):
    d = np.zeros_like(x)
    d[::2] = g
    return d


def max_pool_to_everyone(x, g):
    return np.repeat(g, 2)


def max_pool_shared(x, g):
    return np.repeat(g, 2) / 2


def average_pool(x):
    return x.reshape(-1, 2).mean(axis=1)


def smooth_pool(x):
    """p-norm pooling, p = 4: where entries tie, the gradient is shared."""
    return (np.abs(x.reshape(-1, 2)) ** 4).sum(axis=1) ** 0.25


def smooth_pool_backward(x, g):
    windows = x.reshape(-1, 2)
    y = smooth_pool(x)[:, None]
    return (g[:, None] * (windows / y) ** 3).reshape(-1)


# --- moving entries ---

MOVED = [(np.array([0.4, -1.3, 2.2, 0.9]),), (np.array([1.1, 0.6, -0.3]),)]


def cumulative(x):
    return np.cumsum(x)


def cumulative_backward(x, g):
    return np.cumsum(g[::-1])[::-1]


def features(a, b):
    return np.concatenate([a**2, a[:2] * b, np.sin(b)])


FEATURES = [(np.array([0.4, -1.3, 2.2]), np.array([0.9, 1.6]))]


def features_backward(a, b, g):
    da = 2 * a * g[:3]
    da[:2] += b * g[3:5]
    return da, a[:2] * g[3:5] + np.cos(b) * g[5:]


def features_wrong_slice(a, b, g):
    da = 2 * a * g[:3]
    da[:2] += b * g[4:6]
    return da, a[:2] * g[3:5] + np.cos(b) * g[5:]


def features_no_accumulation(a, b, g):
    da = 2 * a * g[:3]
    da[:2] = b * g[3:5]
    return da, a[:2] * g[3:5] + np.cos(b) * g[5:]


def embedding(table, indices):
    return np.tanh(table[indices])


def embedding_backward(table, indices, g):
    d = np.zeros_like(table)
    np.add.at(d, indices, g * (1 - np.tanh(table[indices]) ** 2))
    return d


def embedding_lost_repeats(table, indices, g):
    d = np.zeros_like(table)
    d[indices] += g * (1 - np.tanh(table[indices]) ** 2)
    return d


LOOKUPS = [(rng.normal(size=(4, 2)), np.array([2, 0, 2, 3, 2]))]


def roughness(img):
    return np.sum((img[1:] - img[:-1]) ** 2) + np.sum((img[:, 1:] - img[:, :-1]) ** 2)


def roughness_grad(img):
    g = np.zeros_like(img)
    dv, dh = 2 * (img[1:] - img[:-1]), 2 * (img[:, 1:] - img[:, :-1])
    g[1:] += dv
    g[:-1] -= dv
    g[:, 1:] += dh
    g[:, :-1] -= dh
    return g


def roughness_one_end(img):
    g = np.zeros_like(img)
    g[1:] += 2 * (img[1:] - img[:-1])
    g[:, 1:] += 2 * (img[:, 1:] - img[:, :-1])
    return g


IMAGE = [(rng.normal(size=(3, 4)),)]

CASES = [
    right("attention", attention, QKV, pullback=attention_backward),
    right("attention scores by einsum", self_attention_scores, PROJECTED, pullback=self_attention_scores_backward),
    right("convolution in loops", conv_valid, SIGNALS, pullback=conv_valid_backward),
    right(
        "convolution, dx by a full convolution",
        conv_valid,
        SIGNALS,
        pullback=lambda x, w, g: (np.convolve(g, w), np.correlate(x, g, mode="valid")),
    ),
    right("convolution with padding", conv_same, SIGNALS, pullback=conv_same_backward),
    right("np.convolve", numpy_convolution, SIGNALS, pullback=numpy_convolution_backward),
    right("convolution with stride 2", strided, SIGNALS[1:], pullback=strided_backward),
    right("max pooling, argmax", max_pool, POOLED, pullback=max_pool_backward),
    right("max pooling, mask", max_pool, POOLED, pullback=max_pool_mask_backward),
    right("average pooling", average_pool, POOLED, pullback=lambda x, g: np.repeat(g, 2) / 2),
    right("p-norm pooling", smooth_pool, POOLED + TIES, pullback=smooth_pool_backward),
    right("cumsum", cumulative, MOVED, pullback=cumulative_backward),
    right("cumsum, a triangular Jacobian", cumulative, MOVED, jacobian=lambda x: np.tril(np.ones((len(x), len(x))))),
    right("concatenated features", features, FEATURES, pullback=features_backward),
    right("embedding, repeated indices", embedding, LOOKUPS, pullback=embedding_backward),
    right("roughness of an image", roughness, IMAGE, gradient=roughness_grad),
    *(
        wrong(f"attention, {name}", attention, QKV, name, pullback=attention_mistake(name))
        for name in (
            "axis",
            "diagonal",
            "no softmax",
            "no scale",
            "scale twice",
            "values unweighted",
            "queries for keys",
        )
    ),
    wrong(
        "scores, X on one side only", self_attention_scores, PROJECTED, "product rule", pullback=self_attention_one_side
    ),
    wrong(
        "scores, key weight not transposed",
        self_attention_scores,
        PROJECTED,
        "dM for dM^T",
        pullback=self_attention_key_not_transposed,
    ),
    wrong("convolution, kernel flipped", conv_valid, SIGNALS, "flipped in dx", pullback=conv_valid_unflipped),
    wrong("convolution, = for +=", conv_valid, SIGNALS, "overlaps overwritten", pullback=conv_overwrites),
    wrong("convolution, padding off by one", conv_same, SIGNALS, "cropped from 0", pullback=conv_same_off_by_one),
    wrong("convolution, dw without padding", conv_same, SIGNALS, "shifted window", pullback=conv_same_unpadded_weight),
    wrong(
        "np.convolve, not flipped", numpy_convolution, SIGNALS, "both unflipped", pullback=numpy_convolution_wrong_way
    ),
    wrong("stride forgotten in dx", strided, SIGNALS[1:], "stride 1", pullback=strided_as_one),
    wrong("max pooling, first of each pair", max_pool, POOLED, "not the argmax", pullback=max_pool_to_the_first),
    wrong("max pooling, to everyone", max_pool, POOLED, "all entries", pullback=max_pool_to_everyone),
    wrong("max pooling as average", max_pool, POOLED, "shared", pullback=max_pool_shared),
    wrong(
        "max pooling, all of it to all ties",
        max_pool,
        TIES,
        "the gradient is handed out twice: along (1, 1) the claim says 2, the function moves by 1 both ways, and no "
        "average of the two one-sided gradients (1, 0) and (0, 1) is (1, 1)",
        pullback=max_pool_mask_backward,
        evidence="argued",
    ),
    wrong(
        "average pooling, not divided",
        average_pool,
        POOLED,
        "1/2",
        pullback=lambda x, g: np.repeat(g, 2),
        slip="factor",
        factor=2,
    ),
    wrong("average pooling, tiled", average_pool, POOLED, "order of entries", pullback=lambda x, g: np.tile(g, 2) / 2),
    wrong(
        "cumsum forwards",
        cumulative,
        MOVED,
        "the transpose is from the end",
        pullback=lambda x, g: np.cumsum(g),
        slip=("transposed", "indices swapped"),
    ),
    wrong(
        "cumsum, upper triangle",
        cumulative,
        MOVED,
        "transposed",
        jacobian=lambda x: np.triu(np.ones((len(x), len(x)))),
        slip=("transposed", "indices swapped"),
    ),
    wrong("features, slice off by one", features, FEATURES, "g[4:6]", pullback=features_wrong_slice),
    wrong("features, = for +=", features, FEATURES, "first use lost", pullback=features_no_accumulation),
    wrong("embedding, repeats lost", embedding, LOOKUPS, "d[indices] += adds once", pullback=embedding_lost_repeats),
    wrong("roughness, one end of each difference", roughness, IMAGE, "minus half", gradient=roughness_one_end),
]
