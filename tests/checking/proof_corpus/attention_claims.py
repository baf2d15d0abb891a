"""Small attention: weights, heads, gates and scores."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

Q = np.array([[0.37, -1.25], [0.8, 0.45]])
K = np.array([[1.1, 0.2], [-0.6, 0.9], [0.3, -0.75]])
V = np.array([[0.5, -1.0], [1.4, 0.7], [-0.2, 2.6]])


def rows(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attend(q, k, v):
    return rows(q @ k.T / np.sqrt(q.shape[-1])) @ v


def attend_pullback(q, k, v, g):
    scale = 1 / np.sqrt(q.shape[-1])
    a = rows(q @ k.T * scale)
    da = g @ v.T
    ds = a * (da - np.einsum("ij,ij->i", a, da)[:, None])
    return ds @ k * scale, ds.T @ q * scale, a.T @ g


def attend_pullback_columns(q, k, v, g):
    scale = 1 / np.sqrt(q.shape[-1])
    a = rows(q @ k.T * scale)
    da = g @ v.T
    ds = a * (da - np.einsum("ij,ij->j", a, da))
    return ds @ k * scale, ds.T @ q * scale, a.T @ g


def attend_pullback_nearly_scaled(q, k, v, g):
    scale = 0.70710678
    a = rows(q @ k.T / np.sqrt(2))
    da = g @ v.T
    ds = a * (da - (a * da).sum(-1, keepdims=True))
    return ds @ k * scale, ds.T @ q * scale, a.T @ g


class CausalSelfAttention:
    """One head; queries, keys and values are the input itself."""

    def __init__(self, tril=True):
        self.tril = tril

    def forward(self, x):
        T, C = x.shape
        att = x @ x.transpose(1, 0) * C**-0.5
        if self.tril:
            att = np.where(np.tril(np.ones((T, T))) == 0, -1e30, att)
        att = np.exp(att - att.max(-1, keepdims=True))
        self.att = att / att.sum(-1, keepdims=True)
        self.x = x
        return self.att @ x

    def backward(self, grad):
        x, att = self.x, self.att
        dx = att.transpose(1, 0) @ grad
        datt = grad @ x.transpose(1, 0)
        ds = att * (datt - (att * datt).sum(-1, keepdims=True)) * x.shape[1] ** -0.5
        return dx + ds @ x + ds.transpose(1, 0) @ x

    def backward_no_keys(self, grad):
        x, att = self.x, self.att
        datt = grad @ x.transpose(1, 0)
        ds = att * (datt - (att * datt).sum(-1, keepdims=True)) * x.shape[1] ** -0.5
        return att.transpose(1, 0) @ grad + 2 * ds @ x


def causal(x):
    return CausalSelfAttention().forward(x)


def causal_backward(x, grad):
    layer = CausalSelfAttention()
    layer.forward(x)
    return layer.backward(grad)


def causal_backward_doubled(x, grad):
    layer = CausalSelfAttention()
    layer.forward(x)
    return layer.backward_no_keys(grad)


class AdditiveScore:
    """Bahdanau's score: w . tanh(query + key)."""

    w = np.array([0.6, -1.3])

    def __call__(self, query):
        self.t = np.tanh(query + K)
        e = np.exp(self.t @ self.w)
        self.a = e / e.sum()
        return self.a @ V

    def backward(self, grad_output):
        da = V @ grad_output
        ds = self.a * (da - (self.a * da).sum())
        return ((ds[:, None] * self.w) * (1 - self.t * self.t)).sum(0)

    def backward_mean(self, grad_output):
        da = V @ grad_output
        ds = self.a * (da - da.mean())
        return ((ds[:, None] * self.w) * (1 - self.t * self.t)).sum(0)


def additive(query):
    return AdditiveScore()(query)


def additive_backward(query, grad_output):
    m = AdditiveScore()
    m(query)
    return m.backward(grad_output)


def additive_backward_mean(query, grad_output):
    m = AdditiveScore()
    m(query)
    return m.backward_mean(grad_output)


def two_heads(x):
    h = x.reshape(2, 2, 2).transpose(1, 0, 2)
    a = rows(h @ h.transpose(0, 2, 1))
    return (a @ V[:2]).transpose(1, 0, 2).reshape(2, 4)


def two_heads_backward(x, g):
    h = x.reshape(2, 2, 2).transpose(1, 0, 2)
    a = rows(h @ h.transpose(0, 2, 1))
    da = g.reshape(2, 2, 2).transpose(1, 0, 2) @ V[:2].T
    ds = a * (da - (a * da).sum(-1, keepdims=True))
    dh = (ds + ds.transpose(0, 2, 1)) @ h
    return dh.transpose(1, 0, 2).reshape(2, 4)


def two_heads_backward_untransposed(x, g):
    h = x.reshape(2, 2, 2).transpose(1, 0, 2)
    a = rows(h @ h.transpose(0, 2, 1))
    da = g.reshape(2, 2, 2) @ V[:2].T
    ds = a * (da - (a * da).sum(-1, keepdims=True))
    dh = (ds + ds.transpose(0, 2, 1)) @ h
    return dh.transpose(1, 0, 2).reshape(2, 4)


def dot(a, b):
    return sum(s * t for s, t in zip(a, b, strict=True))


def read_memory(query):
    weights = [math.exp(dot(query, key)) for key in K]
    total = sum(weights)
    out = [0.0, 0.0]
    for w, value in zip(weights, V, strict=True):
        for j in range(2):
            out[j] += w / total * value[j]
    return np.array(out)


def read_memory_jacobian(query):
    weights = [math.exp(dot(query, key)) for key in K]
    total = sum(weights)
    p = [w / total for w in weights]
    mean_key = [sum(p[i] * K[i][c] for i in range(3)) for c in range(2)]
    return np.array(
        [[sum(p[i] * V[i][r] * (K[i][c] - mean_key[c]) for i in range(3)) for c in range(2)] for r in range(2)]
    )


def read_memory_jacobian_covariance(query):
    p = np.array([math.exp(dot(query, key)) for key in K])
    p = p / p.sum()
    return np.array((V - p @ V).T @ np.diag(p) @ (K - p @ K))


def read_memory_jacobian_transposed(query):
    return read_memory_jacobian(query).T


def rotary(x, angle=0.3):
    c, s = np.cos(angle), np.sin(angle)
    y = np.empty_like(x)
    y[..., 0::2] = x[..., 0::2] * c - x[..., 1::2] * s
    y[..., 1::2] = x[..., 0::2] * s + x[..., 1::2] * c
    return np.sum(np.sin(y) * np.arange(1, 5))


def rotary_gradient(x, angle=0.3):
    c, s = np.cos(angle), np.sin(angle)
    even, odd = x[..., 0::2], x[..., 1::2]
    g = np.zeros_like(x)
    a = np.cos(even * c - odd * s) * np.array([1, 3])
    b = np.cos(even * s + odd * c) * np.array([2, 4])
    g[..., 0::2] = a * c + b * s
    g[..., 1::2] = b * c - a * s
    return g


def rotary_gradient_forward(x, angle=0.3):
    c, s = np.cos(angle), np.sin(angle)
    even, odd = x[..., 0::2], x[..., 1::2]
    g = np.zeros_like(x)
    a = np.cos(even * c - odd * s) * np.array([1, 3])
    b = np.cos(even * s + odd * c) * np.array([2, 4])
    g[..., 0::2] = a * c - b * s
    g[..., 1::2] = a * s + b * c
    return g


def linear_attention(q):
    phi_q, phi_k = np.where(q > 0, q + 1, np.exp(q)), np.where(K > 0, K + 1, np.exp(K))
    return (phi_q @ phi_k.T @ V) / (phi_q @ phi_k.sum(0))[:, None]


def linear_attention_pullback(q, g):
    phi_q, phi_k = np.where(q > 0, q + 1, np.exp(q)), np.where(K > 0, K + 1, np.exp(K))
    den = (phi_q @ phi_k.sum(0))[:, None]
    out = phi_q @ phi_k.T @ V / den
    dphi = (g / den) @ (phi_k.T @ V).T - ((g * out).sum(1, keepdims=True) / den) * phi_k.sum(0)
    return dphi * np.where(q > 0, 1.0, np.exp(q))


def linear_attention_pullback_branch(q, g):
    phi_q, phi_k = np.where(q > 0, q + 1, np.exp(q)), np.where(K > 0, K + 1, np.exp(K))
    den = (phi_q @ phi_k.sum(0))[:, None]
    out = phi_q @ phi_k.T @ V / den
    dphi = (g / den) @ (phi_k.T @ V).T - ((g * out).sum(1, keepdims=True) / den) * phi_k.sum(0)
    return dphi * np.where(q > -1, 1.0, np.exp(q))


X4 = np.array([0.4, -1.1, 0.9, 2.3])
X24 = np.array([[0.4, -1.1, 0.9, 0.3], [0.2, 0.7, -0.5, 1.2]])

CASES = (
    Case("attend", NUMPY, attend, (Q, K, V), {"pullback": attend_pullback}, True),
    Case("attend_columns", NUMPY, attend, (Q, K, V), {"pullback": attend_pullback_columns}, False),
    Case(
        "attend_digits",
        NUMPY,
        attend,
        (Q, K, V),
        {"pullback": attend_pullback_nearly_scaled},
        False,
        why="1/sqrt(2) to eight digits",
    ),
    Case("causal", TORCH, causal, (K,), {"pullback": causal_backward}, True),
    Case(
        "causal_doubled",
        TORCH,
        causal,
        (K,),
        {"pullback": causal_backward_doubled},
        False,
        why="right for symmetric scores",
    ),
    Case("additive_score", TORCH, additive, (Q[0],), {"pullback": additive_backward}, True),
    Case("additive_score_mean", TORCH, additive, (Q[0],), {"pullback": additive_backward_mean}, False),
    Case("two_heads", TORCH, two_heads, (X24,), {"pullback": two_heads_backward}, True),
    Case("two_heads_mixed", TORCH, two_heads, (X24,), {"pullback": two_heads_backward_untransposed}, False),
    Case("read_memory", PYTHON, read_memory, (Q[1],), {"jacobian": read_memory_jacobian}, True),
    Case("read_memory_covariance", NUMPY, read_memory, (Q[1],), {"jacobian": read_memory_jacobian_covariance}, True),
    Case("read_memory_transposed", PYTHON, read_memory, (Q[1],), {"jacobian": read_memory_jacobian_transposed}, False),
    Case("rotary", NUMPY, rotary, (X4,), {"gradient": rotary_gradient}, True),
    Case("rotary_forward", NUMPY, rotary, (X4,), {"gradient": rotary_gradient_forward}, False),
    Case("linear_attention", NUMPY, linear_attention, (Q,), {"pullback": linear_attention_pullback}, True),
    Case(
        "linear_attention_branch",
        NUMPY,
        linear_attention,
        (np.array([[0.37, -0.25], [0.8, 0.45]]),),
        {"pullback": linear_attention_pullback_branch},
        False,
        why="the branch changes at another place than the function's",
    ),
)
