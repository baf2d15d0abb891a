#!/usr/bin/env python3
"""Numeric oracle for the corpus. One function for each document.

Each displayed formula (a $$...$$ line or a row of equation/align) has a number 1, 2, ... in its file.
  c.D(n)           formula n only defines things; the function below builds on it
  c.T(n, a, b...)  formula n is a claim, and the two sides must agree (more pairs may follow)
  c.F(n, a, b)     formula n is the false claim: the two sides must clearly differ
Every displayed formula must be covered, a false document must have one F, and its line must be the one in oracle.csv.
Each function runs with three random seeds. Exit code 1 if anything disagrees.
"""
import csv
import math
import os
import re
import sys

import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
HERE = os.path.dirname(os.path.abspath(__file__))
DOCS = {}


def doc(name):
    def wrap(fn):
        DOCS[name] = fn
        return fn
    return wrap


def displays(path):
    """(line number, text) of each displayed formula."""
    out = []
    lines = open(path, encoding="utf-8").read().split("\n")
    inside = False
    for no, line in enumerate(lines, 1):
        s = line.strip()
        if path.endswith(".md"):
            if s == "$$":
                inside = not inside
            elif inside:
                out.append((no, s))
            elif s.startswith("$$") and s.endswith("$$"):
                out.append((no, s[2:-2].strip()))
            elif "$$" in s:
                raise SystemExit("%s:%d: odd display" % (path, no))
        else:
            if re.match(r"\\begin\{(equation|align)\*?\}", s):
                inside = True
            elif re.match(r"\\end\{(equation|align)\*?\}", s):
                inside = False
            elif inside and s:
                out.append((no, s))
    return out


class Ctx:
    def __init__(self, name):
        self.name = name
        self.path = os.path.join(HERE, name)
        self.disp = displays(self.path)
        self.covered = {}
        self.false = None
        self.errors = []

    def _cover(self, n, kind):
        if n < 1 or n > len(self.disp):
            self.errors.append("no display %d" % n)
        self.covered.setdefault(n, kind)

    def D(self, *ns):
        for n in ns:
            self._cover(n, "D")

    @staticmethod
    def _gap(a, b):
        a, b = torch.as_tensor(a, dtype=torch.float64), torch.as_tensor(b, dtype=torch.float64)
        if a.shape != b.shape:
            raise ValueError("shapes %s %s" % (tuple(a.shape), tuple(b.shape)))
        scale = 1 + max(a.abs().max().item(), b.abs().max().item())
        return (a - b).abs().max().item() / scale, a, b

    def T(self, n, *pairs):
        self._cover(n, "T")
        for a, b in zip(pairs[::2], pairs[1::2]):
            gap, _, _ = self._gap(a, b)
            if not gap < 1e-9:
                self.errors.append("display %d should hold, gap %.3g: %s" % (n, gap, self.disp[n - 1][1]))

    def F(self, n, a, b):
        """a is the true value (left side), b is what the document claims."""
        self._cover(n, "F")
        _, ta, tb = self._gap(a, b)
        gap = ((ta - tb).abs().max() / torch.maximum(ta.abs(), tb.abs()).max()).item()
        if not gap > 1e-3:
            self.errors.append("display %d should fail, gap %.3g" % (n, gap))
        i = (ta - tb).abs().flatten().argmax().item()
        if self.false not in (None, n):
            self.errors.append("two false displays")
        self.false = n
        self.numbers = (ta.flatten()[i].item(), tb.flatten()[i].item())


# ---------------------------------------------------------------- helpers
def R(*shape):
    return torch.randn(shape).requires_grad_(True)


def P(*shape):
    """data, no gradient"""
    return torch.randn(shape)


def G(y, *xs):
    """gradients of the scalar y, each with the shape of the variable"""
    g = torch.autograd.grad(y, xs, retain_graph=True, create_graph=True, allow_unused=True)
    g = [torch.zeros_like(x) if v is None else v for v, x in zip(g, xs)]
    g = [v.detach() for v in g]
    return g[0] if len(g) == 1 else g


def Gc(y, x):
    return torch.autograd.grad(y, x, retain_graph=True, create_graph=True)[0]


def J(y, x):
    """Jacobian of the vector y, rows are entries of y"""
    return torch.stack([G(v, x).flatten() for v in y.flatten()])


def leaf(t):
    return t.detach().clone().requires_grad_(True)


def act(z):
    """a generic smooth activation"""
    return torch.tanh(z) + 0.3 * torch.sin(z) + 0.2 * z


def dact(z):
    return 1 - torch.tanh(z) ** 2 + 0.3 * torch.cos(z) + 0.2


def act2(z):
    return torch.atan(z) + 0.1 * z * z


def dact2(z):
    return 1 / (1 + z * z) + 0.2 * z


def loss(v):
    """a generic scalar function of a tensor; it depends on the position"""
    k = torch.arange(1, v.numel() + 1, dtype=torch.float64).reshape(v.shape)
    return (torch.sin(v + k) + 0.3 * v * v * torch.cos(k) + 0.1 * v ** 3).sum() + 0.2 * v.sum() ** 2


sg = torch.sigmoid
outer = torch.outer


def net(ws, bs, x, f, last=None):
    zs, as_ = [None], [x]
    for i, (w, b) in enumerate(zip(ws, bs)):
        z = w @ as_[-1] + b
        zs.append(z)
        as_.append((last if last and i == len(ws) - 1 else f)(z))
    return zs, as_


def params(dims):
    return [R(o, i) for i, o in zip(dims, dims[1:])], [R(o) for o in dims[1:]]


def eye(n):
    return torch.eye(n)


# ---------------------------------------------------------------- true documents
@doc("true/001-four-equations.md")
def _(c):
    ws, bs = params([3, 4, 2, 5])
    zs, a = net(ws, bs, P(3), act)
    C = loss(a[3])
    c.D(1, 2)
    d = [None] + [G(C, z) for z in zs[1:]]
    c.T(3, d[3], G(C, a[3]) * dact(zs[3]))
    for l in (1, 2):
        c.T(4, d[l], torch.einsum("kj,k,j->j", ws[l], d[l + 1], dact(zs[l])))
        c.T(5, d[l], (ws[l].T @ d[l + 1]) * dact(zs[l]))
    for l in (1, 2, 3):
        c.T(6, G(C, bs[l - 1]), d[l])
        c.T(7, G(C, ws[l - 1]), torch.einsum("k,j->jk", a[l - 1], d[l]))


@doc("true/002-ufldl-weight-decay.md")
def _(c):
    m, lam = 4, 0.7
    ws, bs = params([3, 4, 2])
    X, Y = P(m, 3), P(m, 2)
    c.D(1, 2, 3)
    Js, gW, gb = [], [[], []], [[], []]
    for x, y in zip(X, Y):
        zs, a = net(ws, bs, x, act)
        Ji = 0.5 * ((a[2] - y) ** 2).sum()
        Js.append(Ji)
        d3, d2 = G(Ji, zs[2]), G(Ji, zs[1])
        c.T(4, d3, -(y - a[2]) * dact(zs[2]))
        c.T(5, d2, (ws[1].T @ d3) * dact(zs[1]))
        for l, d in ((0, d2), (1, d3)):
            c.T(6, G(Ji, ws[l]), outer(d, a[l]))
            c.T(7, G(Ji, bs[l]), d)
            gW[l].append(G(Ji, ws[l]))
            gb[l].append(G(Ji, bs[l]))
    Jt = sum(Js) / m + lam / 2 * sum((w ** 2).sum() for w in ws)
    for l in (0, 1):
        c.T(8, G(Jt, ws[l]), sum(gW[l]) / m + lam * ws[l])
        c.T(9, G(Jt, bs[l]), sum(gb[l]) / m)


@doc("true/003-residual-block.md")
def _(c):
    x, W1, W2 = R(3), R(4, 3), R(3, 4)
    h = W1 @ x
    r = act(h)
    y = x + W2 @ r
    L = loss(y)
    c.D(1)
    gy, gr, gh, gx = G(L, y, r, h, x)
    c.T(2, gr, W2.T @ gy)
    c.T(3, gh, dact(h) * (W2.T @ gy))
    c.T(4, gx, gy + W1.T @ gh)
    c.T(5, J(y, x), eye(3) + W2 @ torch.diag(dact(h)) @ W1)
    c.T(6, G(L, W2), outer(gy, r), G(L, W1), outer(gh, x))


@doc("true/004-shared-scalar-weight.md")
def _(c):
    x, t = P(), P()
    w1, w2 = R(), R()
    u = torch.tanh(w1 * x)
    v = torch.tanh(w2 * u)
    E = (v - t) ** 2 / 2
    c.D(1)
    c.T(2, G(E, w2), (v - t) * (1 - v * v) * u)
    c.T(3, G(E, w1), (v - t) * (1 - v * v) * w2 * (1 - u * u) * x)
    w = R()
    u = torch.tanh(w * x)
    v = torch.tanh(w * u)
    E = (v - t) ** 2 / 2
    c.T(4, G(E, w), (v - t) * (1 - v * v) * (u + w * (1 - u * u) * x))
    f = lambda a, b, d: torch.sin(a * b) + b * d * d
    w1, w2, w3 = leaf(w), leaf(w), leaf(w)
    c.T(5, G(f(w, w, w), w), sum(G(f(w1, w2, w3), w1, w2, w3)))


@doc("true/005-rnn-unrolled.md")
def _(c):
    T, n, d = 4, 3, 2
    W, U, b = R(n, n), R(n, d), R(n)
    X = P(T + 1, d)
    h, a = [P(n)], [None]
    for t in range(1, T + 1):
        a.append(W @ h[t - 1] + U @ X[t] + b)
        h.append(torch.tanh(a[t]))
    Lt = lambda t, v: loss(v * (1 + 0.3 * t))
    L = sum(Lt(t, h[t]) for t in range(1, T + 1))
    c.D(1, 2)
    hb = [None] + [G(L, h[t]) for t in range(1, T + 1)]
    ab = [None] + [G(L, a[t]) for t in range(1, T + 1)]
    loc = [None]
    for t in range(1, T + 1):
        v = leaf(h[t])
        loc.append(G(Lt(t, v), v))
    c.T(3, hb[T], loc[T])
    for t in range(1, T):
        c.T(4, hb[t], loc[t] + W.T @ ab[t + 1])
    for t in range(1, T + 1):
        c.T(5, ab[t], (1 - h[t] * h[t]) * hb[t])
    c.T(6, G(L, W), sum(outer(ab[t], h[t - 1]) for t in range(1, T + 1)))
    c.T(7, G(L, U), sum(outer(ab[t], X[t]) for t in range(1, T + 1)), G(L, b), sum(ab[1:]))
    prod = eye(n)
    for k in range(T, 1, -1):
        prod = prod @ torch.diag(1 - h[k] ** 2) @ W
    c.T(8, J(h[T], h[1]), prod)


@doc("true/006-lstm-step.tex")
def _(c):
    n = 3
    hi, hf, ho, hg, c0 = R(n), R(n), R(n), R(n), R(n)
    i, f, o, g = sg(hi), sg(hf), sg(ho), torch.tanh(hg)
    ct = f * c0 + i * g
    h = o * torch.tanh(ct)
    L = loss(torch.cat([h, ct]))
    c.D(1, 2, 3)
    hl, cl = leaf(h), leaf(ct)
    dh, dcn = G(loss(torch.cat([hl, cl])), hl, cl)
    dc = G(L, ct)
    c.T(4, dc, dcn + dh * o * (1 - torch.tanh(ct) ** 2))
    c.T(5, G(L, ho), dh * torch.tanh(ct) * o * (1 - o))
    c.T(6, G(L, hf), dc * c0 * f * (1 - f))
    c.T(7, G(L, hi), dc * g * i * (1 - i))
    c.T(8, G(L, hg), dc * i * (1 - g ** 2))
    c.T(9, G(L, c0), dc * f)


def attention(n=4, d=3, m=2):
    q, K, V = R(d), R(n, d), R(n, m)
    s = K @ q / math.sqrt(d)
    p = torch.softmax(s, 0)
    o = V.T @ p
    return q, K, V, s, p, o


@doc("true/007-attention-single-query.md")
def _(c):
    q, K, V, s, p, o = attention()
    L = loss(o)
    g = G(L, o)
    c.D(1)
    c.T(2, G(L, V), outer(p, g))
    c.T(3, G(L, p), V @ g)
    c.T(4, J(p, s), torch.diag(p) - outer(p, p))
    gs = G(L, s)
    c.T(5, gs, p * (V @ g - p @ (V @ g)))
    c.T(6, gs, p * ((V - o) @ g))
    c.T(7, G(L, q), K.T @ gs / math.sqrt(3))
    c.T(8, G(L, K), outer(gs, q) / math.sqrt(3))
    c.T(9, gs.sum(), 0.0)


def batchnorm(N=5, eps=0.1):
    x, gam, bet = R(N), R(), R()
    mu = x.sum() / N
    v = ((x - mu) ** 2).sum() / N
    xh = (x - mu) / torch.sqrt(v + eps)
    y = gam * xh + bet
    return x, gam, bet, mu, v, xh, y


@doc("true/008-batchnorm.md")
def _(c):
    N, eps = 5, 0.1
    x, gam, bet, mu, v, xh, y = batchnorm(N, eps)
    L = loss(y)
    gy = G(L, y)
    c.D(1, 2)
    c.T(3, G(L, gam), (gy * xh).sum(), G(L, bet), gy.sum())
    gxh = G(L, xh)
    c.T(4, gxh, gam * gy)
    gv, gmu = G(L, v), G(L, mu)
    c.T(5, gv, -0.5 * (v + eps) ** -1.5 * (gxh * (x - mu)).sum())
    c.T(6, gmu, -gxh.sum() / torch.sqrt(v + eps))
    c.T(7, G(L, x), gxh / torch.sqrt(v + eps) + 2 * (x - mu) / N * gv + gmu / N)
    c.T(8, G(L, x), gam / (N * torch.sqrt(v + eps)) * (N * gy - G(L, bet) - xh * G(L, gam)))


def corr(x, w, b):
    k = len(w)
    return torch.stack([(w * x[i:i + k]).sum() + b for i in range(len(x) - k + 1)])


@doc("true/009-conv1d.md")
def _(c):
    n, k = 7, 3
    x, w, b = R(n), R(k), R()
    y = corr(x, w, b)
    L = loss(y)
    g = G(L, y)
    c.D(1)
    m = n - k
    gg = lambda i: g[i] if 0 <= i <= m else torch.tensor(0.0)
    c.T(2, G(L, w), torch.stack([sum(g[i] * x[i + j] for i in range(m + 1)) for j in range(k)]))
    c.T(3, G(L, b), g.sum())
    c.T(4, G(L, x), torch.stack([sum(w[j] * gg(q - j) for j in range(k)) for q in range(n)]))
    x, w = R(3), R(2)
    y = corr(x, w, b)
    L = loss(y)
    g = G(L, y)
    c.T(5, G(L, x), torch.stack([w[0] * g[0], w[1] * g[0] + w[0] * g[1], w[1] * g[1]]))


@doc("true/010-embedding-table.md")
def _(c):
    V, d = 5, 3
    ids = [2, 0, 2, 4, 2, 0]
    n = len(ids)
    E = R(V, d)
    X = E[ids]
    O = torch.zeros(n, V)
    for i, t in enumerate(ids):
        O[i, t] = 1
    c.D(1)
    c.T(2, X, O @ E)
    L = loss(X)
    Gm = G(L, X)
    c.T(3, G(L, E), O.T @ Gm)
    rows = lambda M: torch.stack([sum([M[i] for i in range(n) if ids[i] == v], torch.zeros(d)) for v in range(V)])
    c.T(4, G(L, E), rows(Gm))
    m = E[ids].mean(0)
    L = loss(m)
    cnt = torch.tensor([float(ids.count(v)) for v in range(V)])
    c.T(5, G(L, E), outer(cnt / n, G(L, m)))


@doc("true/011-softmax-cross-entropy.md")
def _(c):
    K = 4
    W, h, b = R(K, 3), R(3), P(K)
    z = W @ h + b
    y = torch.softmax(P(K), 0)
    p = torch.exp(z) / torch.exp(z).sum()
    L = -(y * torch.log(p)).sum()
    c.D(1)
    Jp = J(p, z)
    c.T(2, torch.diag(Jp), p * (1 - p))
    off = 1 - eye(K)
    c.T(3, Jp * off, -outer(p, p) * off)
    c.T(4, G(L, p), -y / p)
    gz = G(L, z)
    c.T(5, gz, G(L, p) @ Jp, gz, -y * (1 - p) + (off @ y) * p)
    c.T(6, gz, p - y)
    c.T(7, J(Gc(L, z), z), torch.diag(p) - outer(p, p))
    c.T(8, G(L, W), outer(p - y, h), G(L, h), W.T @ (p - y))


@doc("true/012-ridge.tex")
def _(c):
    N, d, lam = 6, 3, 0.4
    X, y, w, be = P(N, d), P(N), R(d), R()
    r = X @ w + be - y
    Jv = (r @ r) / (2 * N) + lam / 2 * (w @ w)
    c.D(1, 2, 3)
    c.T(4, G(Jv, r), r / N)
    c.T(5, G(Jv, w), X.T @ r / N + lam * w)
    c.T(6, G(Jv, be), r.sum() / N)
    c.T(7, J(Gc(Jv, w), w), X.T @ X / N + lam * eye(d))
    ws = leaf(torch.linalg.solve(X.T @ X + N * lam * eye(d), X.T @ y))
    r = X @ ws - y
    c.T(8, G((r @ r) / (2 * N) + lam / 2 * (ws @ ws), ws), torch.zeros(d))


def heads(q):
    x, W, a, cc = P(3), R(4, 3), R(4), R(4)
    u = P()
    h = act(W @ x)
    uh, qh = a @ h, sg(cc @ h)
    LA = (uh - u) ** 2
    LB = -q * torch.log(qh) - (1 - q) * torch.log(1 - qh)
    return x, W, a, cc, u, h, uh, qh, LA, LB


@doc("true/013-two-heads.md")
def _(c):
    al = 0.6
    for q in (0.0, 1.0):
        x, W, a, cc, u, h, uh, qh, LA, LB = heads(q)
        L = LA + al * LB
        c.D(1, 2, 3)
        c.T(4, G(L, a), 2 * (uh - u) * h)
        c.T(5, G(L, cc), al * (qh - q) * h)
        c.T(6, G(L, h), 2 * (uh - u) * a + al * (qh - q) * cc)
        c.T(7, G(L, W), outer(G(L, h) * dact(W @ x), x))
        c.T(8, G(LA, h) @ G(LB, h), 2 * (uh - u) * (qh - q) * (a @ cc))


@doc("true/014-abstract-loss.md")
def _(c):
    dims = [3, 4, 2, 5]
    ws, bs = params(dims)
    gs = [None, lambda z: torch.softmax(z, 0) * z, lambda z: z * z.sum(), lambda z: z / (1 + (z ** 2).sum())]
    a, z = [R(3)], [None]
    for l in (1, 2, 3):
        z.append(ws[l - 1] @ a[-1] + bs[l - 1])
        a.append(gs[l](z[l]))
    Jv = loss(a[3])
    Gl = [None] + [J(a[l], z[l]) for l in (1, 2, 3)]
    de = [None] + [G(Jv, z[l]) for l in (1, 2, 3)]
    al = [G(Jv, v) for v in a]
    c.D(1, 2)
    for l in (1, 2, 3):
        c.T(3, de[l], Gl[l].T @ al[l])
        c.T(4, al[l - 1], ws[l - 1].T @ de[l])
        c.T(6, G(Jv, ws[l - 1]), outer(de[l], a[l - 1]), G(Jv, bs[l - 1]), de[l])
    for l in (1, 2):
        c.T(5, de[l], Gl[l].T @ ws[l].T @ de[l + 1])
    c.T(7, al[0], ws[0].T @ Gl[1].T @ ws[1].T @ Gl[2].T @ ws[2].T @ Gl[3].T @ al[3])


@doc("true/015-graph-fan-out.md")
def _(c):
    x, y = R(), R()
    p, q = x * y, torch.sin(x)
    r = p + q
    s = p * r
    f = s + q * q
    c.D(1)
    sb, rb, pb, qb, xb, yb = G(f, s, r, p, q, x, y)
    c.T(2, sb, 1.0)
    c.T(3, rb, sb * p, rb, p)
    c.T(4, pb, rb + sb * r, pb, 2 * p + q)
    c.T(5, qb, rb + 2 * q, qb, p + 2 * q)
    c.T(6, xb, pb * y + qb * torch.cos(x))
    c.T(7, yb, pb * x)
    c.T(8, xb, 2 * x * y * y + y * torch.sin(x) + x * y * torch.cos(x) + 2 * torch.sin(x) * torch.cos(x))
    c.T(9, yb, 2 * x * x * y + x * torch.sin(x))


@doc("true/016-partial-vs-total.md")
def _(c):
    ex = (lambda x, u, v: x * u * v, lambda x: x * x, lambda x, u: x + u)
    gen = (lambda x, u, v: torch.sin(x * u) + v * x + u * v * v, lambda x: torch.cos(2 * x), lambda x, u: x * x * u + torch.exp(0.3 * u))
    c.D(1, 5)
    for Ff, uf, vf in (gen, ex):
        x = R()
        u = uf(x)
        v = vf(x, u)
        Ft = Ff(x, u, v)
        xl, ul, vl = leaf(x), leaf(u), leaf(v)
        Fx, Fu, Fv = G(Ff(xl, ul, vl), xl, ul, vl)
        vx, vu = G(vf(xl, ul), xl, ul)
        du, dv, dF = G(u, x), G(v, x), G(Ft, x)
        c.T(2, dv, vx + vu * du)
        c.T(3, dF, Fx + Fu * du + Fv * dv)
        c.T(4, dF, Fx + (Fu + Fv * vu) * du + Fv * vx)
    c.T(6, Fx, u * v, Fu, x * v, Fv, x * u)
    c.T(7, dv, 1 + 2 * x)
    c.T(8, dF, u * v + 2 * x * x * v + x * u * (1 + 2 * x))


def dropout():
    p = 0.4
    W, x, b, V = R(5, 3), R(3), R(5), R(2, 5)
    m = torch.tensor([1.0, 0, 1, 1, 0])
    z = W @ x + b
    a = torch.relu(z)
    at = m * a / (1 - p)
    s = V @ at
    return p, W, x, b, V, m, z, a, at, s


@doc("true/017-dropout-mask.md")
def _(c):
    p, W, x, b, V, m, z, a, at, s = dropout()
    L = loss(s)
    gs, gat, ga, gz = G(L, s, at, a, z)
    c.D(1)
    c.T(2, gat, V.T @ gs)
    c.T(3, ga, m * gat / (1 - p))
    c.T(4, gz, ga * (z > 0))
    c.T(5, G(L, W), outer(gz, x), G(L, b), gz, G(L, x), W.T @ gz)
    c.T(6, G(L, V), outer(gs, at))
    c.T(7, (p * 0 + (1 - p) * 1) * a / (1 - p), a)


def layernorm(n=4):
    x, gam, bet = R(n), R(n), R(n)
    mu = x.mean()
    sd = torch.sqrt(((x - mu) ** 2).mean())
    xh = (x - mu) / sd
    return x, gam, bet, mu, sd, xh, gam * xh + bet


@doc("true/018-layernorm.tex")
def _(c):
    n = 4
    x, gam, bet, mu, sd, xh, y = layernorm(n)
    L = loss(y)
    gy = G(L, y)
    c.D(1, 2, 3, 4)
    c.T(5, G(L, gam), gy * xh)
    c.T(6, G(L, bet), gy)
    c.T(7, J(xh, x), (eye(n) - 1 / n - outer(xh, xh) / n) / sd)
    u = gam * gy
    gx = G(L, x)
    c.T(8, gx, (u - u.mean() - xh * (u * xh).mean()) / sd)
    c.T(9, gx.sum(), 0.0)
    c.T(10, (x * gx).sum(), 0.0)


@doc("true/019-tied-autoencoder.md")
def _(c):
    W, x = R(2, 4), P(4)
    for f, df in ((act, dact), (lambda s: s, torch.ones_like)):
        s = W @ x
        h = f(s)
        e = W.T @ h - x
        E = (e @ e) / 2
        c.D(1, 2)
        de = G(E, s)
        c.T(3, de, (W @ e) * df(s))
        c.T(4, G(E, W), outer(de, x) + outer(h, e))
        c.T(5, G(E, W), torch.einsum("i,j->ij", de, x) + torch.einsum("i,j->ij", h, e))
    c.T(6, G(E, W), W @ (outer(e, x) + outer(x, e)))


def svm(y=1):
    W, x = R(4, 3), R(3)
    s = W @ x
    mk = torch.tensor([1.0 if k != y else 0.0 for k in range(4)])
    L = (mk * torch.relu(s - s[y] + 1)).sum()
    return W, x, s, mk, L, mk * (s - s[y] + 1 > 0)


@doc("true/020-multiclass-svm.md")
def _(c):
    y = 1
    W, x, s, mk, L, m = svm(y)
    n = m.sum()
    c.D(1, 2)
    gs = G(L, s)
    c.T(3, gs * mk, m)
    c.T(4, gs[y], -n)
    gW = G(L, W)
    c.T(5, gW * mk[:, None], outer(m, x), gW[y], -n * x)
    c.T(6, gs.sum(), 0.0)
    c.T(7, G(L, x), sum(m[k] * (W[k] - W[y]) for k in range(4)))


@doc("true/021-logistische-regression.md")
def _(c):
    N, d = 6, 3
    X, w, b = P(N, d), R(d), R()
    y = torch.tensor([0.0, 1, 1, 0, 1, 0])
    z = X @ w + b
    p = 1 / (1 + torch.exp(-z))
    Jv = -(y * torch.log(p) + (1 - y) * torch.log(1 - p)).sum() / N
    c.D(1, 2)
    t = R()
    st = 1 / (1 + torch.exp(-t))
    c.T(3, G(st, t), st * (1 - st))
    c.T(4, G(Jv, p), (p - y) / (p * (1 - p)) / N)
    c.T(5, G(Jv, z), (p - y) / N)
    c.T(6, G(Jv, w), ((p - y)[:, None] * X).sum(0) / N, G(Jv, b), (p - y).sum() / N)
    c.T(7, J(Gc(Jv, w), w), (X.T * (p * (1 - p))) @ X / N)


@doc("true/022-batch-rows.md")
def _(c):
    N, Dd, H, C, lam = 5, 3, 4, 3, 0.3
    X, W1, W2, b1, b2 = P(N, Dd), R(Dd, H), R(H, C), R(1, H), R(1, C)
    one = torch.ones(N, 1)
    lab = torch.tensor([0, 2, 1, 1, 0])
    Z1 = X @ W1 + one @ b1
    A1 = torch.relu(Z1)
    S = A1 @ W2 + one @ b2
    Pm = torch.exp(S) / torch.exp(S).sum(1, keepdim=True)
    L = -torch.log(Pm[range(N), lab]).sum() / N + lam * ((W1 ** 2).sum() + (W2 ** 2).sum())
    Y = eye(C)[lab]
    c.D(1, 2)
    dS, dA, dZ = G(L, S, A1, Z1)
    c.T(3, dS, (Pm - Y) / N)
    c.T(4, G(L, W2), A1.T @ dS + 2 * lam * W2)
    c.T(5, G(L, b2), one.T @ dS)
    c.T(6, dA, dS @ W2.T)
    c.T(7, dZ, dA * (Z1 > 0))
    c.T(8, G(L, W1), X.T @ dZ + 2 * lam * W1, G(L, b1), one.T @ dZ)


def scalar_chain(n, f):
    w, b = [None] + [R() for _ in range(n)], [None] + [R() for _ in range(n)]
    a, z = [R()], [None]
    for j in range(1, n + 1):
        z.append(w[j] * a[-1] + b[j])
        a.append(f(z[j]))
    return w, b, a, z


@doc("true/023-scalar-chain.md")
def _(c):
    n = 4
    w, b, a, z = scalar_chain(n, act)
    C = torch.sin(a[n]) + a[n] ** 2
    dC = torch.cos(a[n]) + 2 * a[n]
    c.D(1)
    for j in range(1, n + 1):
        c.T(2, G(a[j], a[j - 1]), w[j] * dact(z[j]))
    d = [None] + [dact(v) for v in z[1:]]
    c.T(3, G(C, b[1]), d[1] * w[2] * d[2] * w[3] * d[3] * w[4] * d[4] * dC)
    for k in range(1, n + 1):
        pr = torch.tensor(1.0)
        for j in range(k + 1, n + 1):
            pr = pr * w[j] * d[j]
        c.T(4, G(C, b[k]), d[k] * pr * dC)
        c.T(5, G(C, w[k]), a[k - 1] * G(C, b[k]))
    c.T(6, G(C, a[0]), w[1] * G(C, b[1]))
    t = torch.linspace(-6, 6, 101)
    v = sg(t) * (1 - sg(t))
    c.T(7, float(v.min() > 0 and v.max() <= 0.25), 1.0)


def gru(n=3, d=2):
    h, x = R(n), P(d)
    W = {k: R(n, d) for k in "zrc"}
    U = {k: R(n, n) for k in "zrc"}
    pz, pr = W["z"] @ x + U["z"] @ h, W["r"] @ x + U["r"] @ h
    z, r = sg(pz), sg(pr)
    k = r * h
    pc = W["c"] @ x + U["c"] @ k
    cc = torch.tanh(pc)
    return h, x, W, U, pz, pr, z, r, k, pc, cc


@doc("true/024-gru.tex")
def _(c):
    h, x, W, U, pz, pr, z, r, k, pc, cc = gru()
    hn = z * h + (1 - z) * cc
    L = loss(hn)
    c.D(1, 2, 3, 4, 5)
    bh, bc, bpc, bz, bpz, bk, bpr = G(L, hn, cc, pc, z, pz, k, pr)
    c.T(6, bc, (1 - z) * bh)
    c.T(7, bpc, (1 - cc ** 2) * bc)
    c.T(8, bz, (h - cc) * bh)
    c.T(9, bpz, z * (1 - z) * bz)
    c.T(10, bk, U["c"].T @ bpc)
    c.T(11, bpr, r * (1 - r) * h * bk)
    c.T(12, G(L, h), z * bh + r * bk + U["z"].T @ bpz + U["r"].T @ bpr)
    c.T(13, G(L, U["c"]), outer(bpc, k))
    c.T(14, G(L, U["z"]), outer(bpz, h))
    c.T(15, G(L, W["r"]), outer(bpr, x))


@doc("true/025-reseau-une-couche.md")
def _(c):
    x, t, U, V = P(3), P(2), R(4, 3), R(2, 4)
    p = U @ x
    h = act(p)
    q = V @ h
    y = act2(q)
    E = ((y - t) ** 2).sum() / 2
    c.D(1)
    ep = (y - t) * dact2(q)
    c.T(2, G(E, q), ep)
    c.T(3, G(E, V), outer(ep, h))
    s = torch.einsum("kj,k->j", V, ep)
    c.T(4, G(E, h), s)
    c.T(5, G(E, p), dact(p) * s)
    c.T(6, G(E, U), torch.einsum("i,j,j->ji", x, dact(p), s))
    c.T(7, G(E, V), outer(ep, h), G(E, U), outer(dact(U @ x) * (V.T @ ep), x))


@doc("true/026-entropia-temperatura.md")
def _(c):
    K = 4
    T = leaf(torch.tensor(1.7))
    W, h = R(K, 3), R(3)
    z = W @ h
    p = torch.exp(z / T) / torch.exp(z / T).sum()
    q = torch.softmax(P(K), 0)
    H = -(q * torch.log(p)).sum()
    L = T ** 2 * H
    c.D(1, 2)
    c.T(3, J(p, z), (torch.diag(p) - outer(p, p)) / T)
    c.T(4, G(L, z), T * (p - q))
    c.T(5, G(L, W), T * outer(p - q, h))
    c.T(6, G(L, h), T * (W.T @ (p - q)))
    c.T(7, G(H, T), ((q - p) * z).sum() / T ** 2)


@doc("true/027-index-notation.tex")
def _(c):
    B, o, i = 4, 3, 2
    X, W, b = R(B, i), R(o, i), R(o)
    Z = torch.einsum("aj,ij->ai", X, W) + b
    Y = act(Z)
    E = loss(Y)
    D = G(E, Z)
    c.D(1, 2)
    c.T(3, J(Z, X).reshape(B, o, B, i), torch.einsum("ab,ik->aibk", eye(B), W))
    c.T(4, J(Z, W).reshape(B, o, o, i), torch.einsum("ik,am->aikm", eye(o), X))
    c.T(5, J(Z, b).reshape(B, o, o), eye(o).expand(B, o, o))
    c.T(6, D, G(E, Y) * dact(Z))
    c.T(7, G(E, X), torch.einsum("bi,ik->bk", D, W))
    c.T(8, G(E, W), torch.einsum("ak,am->km", D, X))
    c.T(9, G(E, b), D.sum(0))


@doc("true/028-normalised-vector.md")
def _(c):
    n = 4
    x, y = R(n), R(n)
    rho = torch.sqrt((x ** 2).sum())
    u = x / rho
    v = y / torch.sqrt((y ** 2).sum())
    c.T(1, G(rho, x), x / rho, x / rho, u)
    c.T(2, J(u, x), eye(n) / rho - outer(x, u) / rho ** 2)
    c.T(3, J(u, x), (eye(n) - outer(u, u)) / rho)
    L = loss(u)
    g = G(L, u)
    c.T(4, G(L, x), (g - (u @ g) * u) / rho)
    c.T(5, x @ G(L, x), 0.0)
    cs = (x @ y) / (torch.sqrt((x ** 2).sum()) * torch.sqrt((y ** 2).sum()))
    c.D(6)
    c.T(7, G(cs, x), (v - cs * u) / x.norm())
    c.T(8, G(cs, y), (u - cs * v) / y.norm())
    s = R()
    w = s * x / torch.sqrt((x ** 2).sum())
    L = loss(w)
    g = G(L, w)
    c.T(9, G(L, s), u @ g, G(L, x), s / rho * (g - (u @ g) * u))


@doc("true/029-highway-layer.md")
def _(c):
    n, L = 3, 3
    V, W, cc, b = [[None] + [R(*sh) for _ in range(L)] for sh in ((n, n), (n, n), (n,), (n,))]
    a, th, ze, ta, et = [R(n)], [None], [None], [None], [None]
    for l in range(1, L + 1):
        th.append(V[l] @ a[-1] + cc[l])
        ze.append(W[l] @ a[-1] + b[l])
        ta.append(sg(th[l]))
        et.append(torch.tanh(ze[l]))
        a.append(ta[l] * et[l] + (1 - ta[l]) * a[l - 1])
    ls = loss(a[L])
    c.D(1, 2)
    for l in range(1, L + 1):
        ba, bt, be, bth, bze = G(ls, a[l], ta[l], et[l], th[l], ze[l])
        c.T(3, bt, (et[l] - a[l - 1]) * ba)
        c.T(4, be, ta[l] * ba)
        c.T(5, bth, ta[l] * (1 - ta[l]) * bt)
        c.T(6, bze, (1 - et[l] ** 2) * be)
        c.T(7, G(ls, a[l - 1]), (1 - ta[l]) * ba + V[l].T @ bth + W[l].T @ bze)
        c.T(8, G(ls, W[l]), outer(bze, a[l - 1]), G(ls, V[l]), outer(bth, a[l - 1]), G(ls, b[l]), bze, G(ls, cc[l]), bth)


@doc("true/030-deep-linear.tex")
def _(c):
    W = [None, R(4, 3), R(2, 4), R(5, 2)]
    Pm = W[3] @ W[2] @ W[1]
    f = loss(Pm)
    g = G(f, Pm)
    c.D(1, 7)
    up = {1: W[3] @ W[2], 2: W[3], 3: eye(5)}
    dn = {1: eye(3), 2: W[1], 3: W[2] @ W[1]}
    for i in (1, 2, 3):
        c.T(2, G(f, W[i]), up[i].T @ g @ dn[i].T)
    c.T(3, G(f, W[1]), W[2].T @ W[3].T @ g)
    c.T(4, G(f, W[2]), W[3].T @ g @ W[1].T)
    c.T(5, G(f, W[3]), g @ W[1].T @ W[2].T)
    for i in (1, 2):
        c.T(6, W[i + 1].T @ G(f, W[i + 1]), G(f, W[i]) @ W[i].T)
    X, Y = P(3, 6), P(5, 6)
    f = ((Pm @ X - Y) ** 2).sum() / 2
    c.T(8, G(f, Pm), (Pm @ X - Y) @ X.T)


# ---------------------------------------------------------------- false documents
@doc("false/001-matrix-form-error.md")
def _(c):
    n = 3
    ws, bs = params([n] * 4)
    zs, a = net(ws, bs, P(n), act)
    C = loss(a[3])
    d = [None] + [G(C, z) for z in zs[1:]]
    c.D(1, 2)
    c.T(3, d[3], G(C, a[3]) * dact(zs[3]))
    for l in (1, 2):
        c.F(4, d[l], (ws[l - 1].T @ d[l + 1]) * dact(zs[l]))
    for l in (1, 2, 3):
        c.T(5, G(C, bs[l - 1]), d[l])
        c.T(6, G(C, ws[l - 1]), outer(d[l], a[l - 1]))


@doc("false/002-hidden-layer-delta.md")
def _(c):
    ws, bs = params([3, 4, 3, 2])
    y = P(2)
    zs, a = net(ws, bs, P(3), sg)
    Jv = ((a[3] - y) ** 2).sum() / 2
    d = [None] + [G(Jv, z) for z in zs[1:]]  # d[l] is delta^{(l+1)} of the document
    c.D(1, 2)
    for l in (1, 2, 3):
        t = leaf(zs[l])
        c.T(3, G(sg(t).sum(), t), a[l] * (1 - a[l]))
    c.T(4, d[3], (a[3] - y) * a[3] * (1 - a[3]))
    for l in (1, 2):
        c.F(5, d[l], ws[l].T @ d[l + 1])
    for l in (1, 2, 3):
        c.T(6, G(Jv, ws[l - 1]), outer(d[l], a[l - 1]))
        c.T(7, G(Jv, bs[l - 1]), d[l])


@doc("false/003-residual-stack.md")
def _(c):
    d, K = 3, 3
    th = [R(d, d) for _ in range(K)]
    x, F = [R(d)], []
    for k in range(K):
        F.append(act(th[k] @ act2(x[k])))
        x.append(x[k] + F[k])
    L = loss(x[K])
    g = [G(L, v) for v in x]
    c.D(1, 2)
    for k in range(K):
        v = leaf(x[k])
        Jk = J(act(th[k] @ act2(v)), v)
        c.F(3, g[k], Jk.T @ g[k + 1])
        c.T(4, G(L, th[k]).flatten(), J(F[k], th[k]).T @ g[k + 1])
    c.T(5, x[K], x[0] + sum(F))


@doc("false/004-siamese.md")
def _(c):
    W, x, y = R(4, 3), P(3), P(3)
    s, t = W @ x, W @ y
    u, v = act(s), act(t)
    L = ((u - v) ** 2).sum() / 2
    e = u - v
    c.D(1, 2)
    c.T(3, G(L, u), e, G(L, v), -e)
    c.T(4, G(L, s), e * dact(s))
    c.T(5, G(L, t), -e * dact(t))
    c.F(6, G(L, W), outer(e * dact(s), x))


@doc("false/005-bptt.tex")
def _(c):
    T, n, d, m = 4, 3, 2, 2
    W, U, b, V = R(n, n), R(n, d), R(n), R(m, n)
    X = P(T + 1, d)
    h, a, o = [P(n)], [None], [None]
    for t in range(1, T + 1):
        a.append(W @ h[t - 1] + U @ X[t] + b)
        h.append(torch.tanh(a[t]))
        o.append(V @ h[t])
    lt = lambda t, v: loss(v * (1 + 0.3 * t))
    r = range(1, T + 1)
    L = sum(lt(t, o[t]) for t in r)
    c.D(1, 2, 3, 4)
    go, gh, ga = [[None] + [G(L, v[t]) for t in r] for v in (o, h, a)]
    for t in r:
        v = leaf(o[t])
        c.T(5, go[t], G(lt(t, v), v))
        if t < T:
            c.F(6, gh[t], V.T @ go[t])
        c.T(7, ga[t], (1 - h[t] * h[t]) * gh[t])
    c.T(8, G(L, W), sum(outer(ga[t], h[t - 1]) for t in r))
    c.T(9, G(L, U), sum(outer(ga[t], X[t]) for t in r))
    c.T(10, G(L, V), sum(outer(go[t], h[t]) for t in r))


@doc("false/006-attention-matrix-form.md")
def _(c):
    n, d, m = 4, 3, 2
    Q, K, V = R(n, d), R(n, d), R(n, m)
    S = Q @ K.T / math.sqrt(d)
    Pm = torch.exp(S) / torch.exp(S).sum(1, keepdim=True)
    O = Pm @ V
    L = loss(O)
    dO, dP, dS, dV, dQ, dK = G(L, O, Pm, S, V, Q, K)
    c.D(1, 2, 3)
    c.T(4, dV, Pm.T @ dO)
    c.T(5, dP, dO @ V.T)
    c.F(6, dS, dP * Pm * (1 - Pm))
    c.T(7, dQ, dS @ K / math.sqrt(d))
    c.T(8, dK, dS.T @ Q / math.sqrt(d))


@doc("false/007-batchnorm-training.md")
def _(c):
    N, eps = 5, 0.1
    x, gam, bet, mu, v, xh, y = batchnorm(N, eps)
    L = loss(y)
    g = G(L, y)
    c.D(1, 2, 3, 4)
    c.T(5, G(L, gam), (g * xh).sum())
    c.T(6, G(L, bet), g.sum())
    c.T(7, G(L, xh), gam * g)
    c.F(8, G(L, x), gam * g / torch.sqrt(v + eps))
    c.T(9, xh.sum(), 0.0)


@doc("false/008-circular-convolution.md")
def _(c):
    n, k = 6, 3
    x, w = R(n), R(k)
    conv = lambda x: torch.stack([sum(w[j] * x[(i + j) % n] for j in range(k)) for i in range(n)])
    y = conv(x)
    L = loss(y)
    g = G(L, y)
    c.D(1)
    c.T(2, G(L, w), torch.stack([sum(g[i] * x[(i + j) % n] for i in range(n)) for j in range(k)]))
    c.F(3, G(L, x), torch.stack([sum(w[j] * g[(m + j) % n] for j in range(k)) for m in range(n)]))
    S = lambda v: torch.stack([v[(i + 1) % n] for i in range(n)])
    c.T(4, conv(S(x)), S(conv(x)))
    A = torch.zeros(n, n)
    for i in range(n):
        for r in range(k):
            A[i, (i + r) % n] = w[r].detach()
    c.T(5, J(y, x), A, A @ x, y)


@doc("false/009-negative-sampling.md")
def _(c):
    d, K = 3, 2
    v, uo, un = R(d), R(d), R(K, d)
    ls = lambda t: torch.log(1 / (1 + torch.exp(-t)))
    L = -ls(uo @ v) - ls(-(un @ v)).sum()
    t = R()
    c.D(1)
    c.T(2, 1 / (1 + torch.exp(t)), 1 - sg(t))
    c.T(3, G(ls(t), t), 1 - sg(t))
    c.F(4, G(L, uo), (1 - sg(uo @ v)) * v)
    c.T(5, G(L, un), outer(sg(un @ v), v))
    c.T(6, G(L, v), (sg(uo @ v) - 1) * uo + sum(sg(un[k] @ v) * un[k] for k in range(K)))


@doc("false/010-weighted-cross-entropy.md")
def _(c):
    K = 4
    W, h = R(K, 3), R(3)
    om = torch.tensor([0.5, 1.0, 2.0, 0.7])
    for y in (torch.softmax(P(K), 0), eye(K)[1]):
        z = W @ h
        p = torch.exp(z) / torch.exp(z).sum()
        L = -(om * y * torch.log(p)).sum()
        c.D(1, 2)
        c.T(3, G(L, p), -om * y / p)
        c.T(4, J(p, z), torch.diag(p) - outer(p, p))
        ep = G(L, z)
        c.F(5, ep, om * (p - y))
        c.T(6, G(L, W), outer(ep, h))
        c.T(7, G(L, h), W.T @ ep)


@doc("false/011-regularised-mlp.md")
def _(c):
    lam = 0.4
    W1, b1, W2, b2, x, t = R(4, 3), R(4), R(2, 4), R(2), P(3), P(2)
    s = W1 @ x + b1
    h = act(s)
    f = W2 @ h + b2
    Jv = ((f - t) ** 2).sum() / 2 + lam / 2 * ((W1 ** 2).sum() + (W2 ** 2).sum())
    c.D(1, 2)
    ep, de = G(Jv, f, s)
    c.T(3, ep, f - t)
    c.T(4, G(Jv, W2), outer(ep, h) + lam * W2)
    c.T(5, G(Jv, b2), ep)
    c.T(6, de, (W2.T @ ep) * dact(s))
    c.F(7, G(Jv, W1), outer(de, x))
    c.T(8, G(Jv, b1), de)


@doc("false/012-vae-heads.md")
def _(c):
    k, m = 3, 4
    A, B, h, ep = R(k, m), R(k, m), R(m), P(k)
    mu, s = A @ h, B @ h
    z = mu + torch.exp(s / 2) * ep
    Jv = loss(z) + 0.5 * (mu ** 2 + torch.exp(s) - 1 - s).sum()
    zl = leaf(z)
    g = G(loss(zl), zl)
    c.D(1, 2, 3)
    gm, gs = G(Jv, mu, s)
    c.T(4, gm, g + mu)
    c.T(5, gs, 0.5 * g * ep * torch.exp(s / 2) + 0.5 * (torch.exp(s) - 1))
    c.F(6, G(Jv, h), A.T @ gm)
    c.T(7, G(Jv, A), outer(gm, h), G(Jv, B), outer(gs, h))


@doc("false/013-total-derivative-example.md")
def _(c):
    fg = lambda t, x, y: torch.sin(t * x) + y * y * t + x * y
    fe = lambda t, x, y: t * x + y * y
    c.D(2)
    for f in (fg, fe):
        t = R()
        x, y = t ** 3, torch.sin(t)
        tl, xl, yl = leaf(t), leaf(x), leaf(y)
        ft, fx, fy = G(f(tl, xl, yl), tl, xl, yl)
        tot = G(f(t, x, y), t)
        c.T(1, tot, ft + fx * G(x, t) + fy * G(y, t))
    c.T(3, G(x, t), 3 * t * t, G(y, t), torch.cos(t))
    c.T(4, fx, t, fy, 2 * y)
    c.T(5, ft, x)
    c.F(6, tot, x + 2 * y * torch.cos(t))
    c.T(7, f(t, x, y), t ** 4 + torch.sin(t) ** 2)


@doc("false/014-reverse-mode-trace.md")
def _(c):
    x, y = R(), R()
    a = x + y
    b = a * x
    cc = torch.exp(b)
    f = a * cc
    c.D(1, 2, 3, 4)
    cb, bb, ab = G(f, cc, b, a)
    c.T(5, cb, a)
    c.T(6, bb, cb * cc)
    c.T(7, ab, cc + bb * x)
    c.F(8, G(f, x), ab)
    c.T(9, G(f, y), ab)


@doc("false/015-dropout-backward.md")
def _(c):
    q = 0.6
    W, x, b = R(5, 3), R(3), R(5)
    m = torch.tensor([1.0, 0, 1, 1, 0])
    z = W @ x + b
    a = torch.tanh(z)
    d = m * a / q
    L = loss(d)
    gd, gz = G(L, d, z)
    c.D(1)
    zl = leaf(z)
    c.T(2, G(torch.tanh(zl).sum(), zl), 1 - a * a)
    c.F(3, gz, gd * (1 - a * a))
    c.T(4, G(L, W), outer(gz, x))
    c.T(5, G(L, b), gz)
    c.T(6, G(L, x), W.T @ gz)
    c.T(7, (q * 1 + (1 - q) * 0) * a / q, a)


@doc("false/016-rmsnorm.tex")
def _(c):
    n = 4
    x, gam = R(n), R(n)
    rho = torch.sqrt((x ** 2).sum() / n)
    y = gam * x / rho
    L = loss(y)
    g = G(L, y)
    u = gam * g
    c.D(1, 2)
    c.T(3, G(L, gam), g * x / rho)
    c.T(4, G(rho, x), x / (n * rho))
    c.T(5, J(y, x), gam[:, None] * (eye(n) / rho - outer(x, G(rho, x)) / rho ** 2))
    c.F(6, G(L, x), (u - x / rho ** 2 * (u * x).sum()) / rho)
    c.T(7, (x * G(L, x)).sum(), 0.0)


@doc("false/017-tied-embeddings.md")
def _(c):
    V, d = 5, 3
    E, A = R(V, d), R(d, d)
    x, y = eye(V)[1], eye(V)[3]
    e = E.T @ x
    h = torch.tanh(A @ e)
    z = E @ h
    p = torch.softmax(z, 0)
    L = -(y * torch.log(p)).sum()
    c.D(1, 2, 3, 4)
    gz, gh, ge = G(L, z, h, e)
    c.T(5, gz, p - y)
    c.T(6, gh, E.T @ (p - y))
    de = (1 - h * h) * gh
    c.T(7, G(L, A), outer(de, e))
    c.T(8, ge, A.T @ de)
    c.F(9, G(L, E), outer(p - y, h))


@doc("false/018-linear-svm.md")
def _(c):
    N, d, lam = 8, 3, 0.3
    X, w, b = P(N, d), R(d), R()
    y = torch.tensor([1.0, -1, 1, 1, -1, -1, 1, -1])
    f = X @ w + b
    h = torch.relu(1 - y * f)
    Jv = h.sum() / N + lam / 2 * (w @ w)
    chi = (y * f < 1).to(torch.float64)
    assert 0 < chi.sum() < N
    c.D(1)
    c.T(2, G(h.sum(), f), -chi * y)
    c.T(3, G(Jv, f), -chi * y / N)
    c.F(4, G(Jv, w), -(X.T @ y) / N + lam * w)
    c.T(5, G(Jv, b), -(chi * y).sum() / N)


@doc("false/019-log-verlust-matrix.md")
def _(c):
    N, d = 6, 3
    X, w = P(N, d), R(d)
    y = torch.tensor([0.0, 1, 1, 0, 1, 0])
    z = X @ w
    p = 1 / (1 + torch.exp(-z))
    Jv = -(y @ torch.log(p) + (1 - y) @ torch.log(1 - p)) / N
    c.D(1, 2)
    c.T(3, G(p.sum(), z), p * (1 - p))
    c.T(4, G(Jv, z), (p - y) / N)
    c.F(5, G(Jv, w), X.T @ (p - y))
    c.T(6, J(Gc(Jv, w), w), X.T @ torch.diag(p * (1 - p)) @ X / N)


@doc("false/020-vectorised-batch.md")
def _(c):
    nx, n1, m = 3, 4, 5
    X, W1, b1, W2, b2 = P(nx, m), R(n1, nx), R(n1, 1), R(1, n1), R(1, 1)
    Y = torch.tensor([[0.0, 1, 1, 0, 1]])
    one = torch.ones(m, 1)
    Z1 = W1 @ X + b1 @ one.T
    A1 = torch.tanh(Z1)
    Z2 = W2 @ A1 + b2 @ one.T
    A2 = sg(Z2)
    Jv = -(Y * torch.log(A2) + (1 - Y) * torch.log(1 - A2)).sum() / m
    dZ2, dZ1 = G(Jv, Z2, Z1)
    c.D(1, 2, 3)
    c.T(4, dZ2, (A2 - Y) / m)
    c.T(5, G(Jv, W2), dZ2 @ A1.T)
    c.F(6, G(Jv, b2), dZ2 @ one / m)
    c.T(7, dZ1, (W2.T @ dZ2) * (1 - A1 * A1))
    c.T(8, G(Jv, W1), dZ1 @ X.T)
    c.T(9, G(Jv, b1), dZ1 @ one)


@doc("false/021-two-neurons.md")
def _(c):
    x, w1, w2, t = P(), R(), R(), P()
    z1 = w1 * x
    a1 = sg(z1)
    z2 = w2 * a1
    a2 = sg(z2)
    E = (a2 - t) ** 2 / 2
    ds = lambda s: torch.exp(-s) / (1 + torch.exp(-s)) ** 2
    c.D(1, 2, 3)
    c.T(4, G(E, w2), G(E, a2) * G(a2, z2) * G(z2, w2))
    c.T(5, G(E, w2), (a2 - t) * ds(z2) * a1)
    c.F(6, G(E, w1), (a2 - t) * ds(z2) * w2 * ds(a1) * x)
    s = R()
    c.T(7, G(sg(s), s), sg(s) * (1 - sg(s)))


@doc("false/022-lstm-cell-over-time.md")
def _(c):
    T, n, d = 4, 3, 2
    W = {k: R(n, n) for k in "ifog"}
    U = {k: R(n, d) for k in "ifog"}
    X = P(T + 1, d)
    h, cs, gates = [P(n)], [P(n)], [None]
    for t in range(1, T + 1):
        q = {k: (torch.tanh if k == "g" else sg)(W[k] @ h[-1] + U[k] @ X[t]) for k in "ifog"}
        gates.append(q)
        cs.append(q["f"] * cs[-1] + q["i"] * q["g"])
        h.append(q["o"] * torch.tanh(cs[t]))
    L = sum(loss(h[t] * (1 + 0.3 * t)) for t in range(1, T + 1))
    c.D(1, 2, 3)
    for t in range(1, T + 1):
        q = gates[t]
        bc, bh = G(L, cs[t], h[t])
        rhs = bh * q["o"] * (1 - torch.tanh(cs[t]) ** 2)
        if t == T:
            c.T(4, bc, rhs)
        else:
            c.F(5, bc, rhs)
        c.T(6, G(L, q["o"]), bh * torch.tanh(cs[t]))
        c.T(7, G(L, q["f"]), bc * cs[t - 1])
        c.T(8, G(L, q["i"]), bc * q["g"], G(L, q["g"]), bc * q["i"])


@doc("false/023-reseau-carre.md")
def _(c):
    n, L = 3, 3
    ws, bs = params([n] * (L + 1))
    x, t = R(n), P(n)
    zs, a = net(ws, bs, x, act)
    E = ((a[L] - t) ** 2).sum() / 2
    d = [None] + [G(E, z) for z in zs[1:]]
    c.D(1, 2)
    c.T(3, d[L], (a[L] - t) * dact(zs[L]))
    for l in range(1, L):
        c.F(4, d[l], (a[l] - t) * dact(zs[l]))
    for l in range(1, L + 1):
        c.T(5, G(E, ws[l - 1]), outer(d[l], a[l - 1]))
        c.T(6, G(E, bs[l - 1]), d[l])
    c.T(7, G(E, x), ws[0].T @ d[1])


@doc("false/024-capa-oculta.md")
def _(c):
    n = 3
    x, t, U, V = P(n), P(n), R(n, n), R(n, n)
    p = U @ x
    h = act(p)
    q = V @ h
    y = act2(q)
    E = ((y - t) ** 2).sum() / 2
    ep, gh, et = G(E, q, h, p)
    c.D(1, 2)
    c.T(3, ep, (y - t) * dact2(q))
    c.T(4, G(E, V), outer(ep, h))
    c.F(5, gh, torch.einsum("jk,k->j", V, ep))
    c.T(6, et, dact(p) * gh)
    c.T(7, G(E, U), outer(et, x))


@doc("false/025-product-of-matrices.tex")
def _(c):
    n = 3
    A, B, C, X = [R(n, n) for _ in range(4)]
    M = A @ B @ C @ X
    f = loss(M)
    g, gA, gB, gC, gX = G(f, M, A, B, C, X)
    c.D(1)
    dA, dB, dC, dX = [P(n, n) for _ in range(4)]
    fn = lambda A, B, C, X: A @ B @ C @ X
    args, dirs = (A.detach(), B.detach(), C.detach(), X.detach()), (dA, dB, dC, dX)
    _, dM = torch.autograd.functional.jvp(fn, args, dirs)
    c.T(2, dM, dA @ B @ C @ X + A @ dB @ C @ X + A @ B @ dC @ X + A @ B @ C @ dX)
    _, df = torch.autograd.functional.jvp(lambda *a: loss(fn(*a)), args, dirs)
    c.T(3, df, torch.trace(g.T @ dM))
    c.T(4, gA, g @ X.T @ C.T @ B.T)
    c.F(5, gB, X.T @ C.T @ g @ A.T)
    c.T(6, gC, B.T @ A.T @ g @ X.T)
    c.T(7, gX, C.T @ B.T @ A.T @ g)
    v = torch.trace(g.T @ M)
    c.T(8, torch.trace(A.T @ gA), v, torch.trace(C.T @ gC), v, torch.trace(X.T @ gX), v)


@doc("false/026-jacobian-chain.tex")
def _(c):
    n = 3
    Ms = [P(n, n) for _ in range(3)]
    f = [lambda v, M=M: act(M @ v) + v * v.sum() * 0.2 for M in Ms]
    x = [R(n)]
    for k in range(3):
        x.append(f[k](x[k]))
    D = [None] + [J(x[k + 1], x[k]) for k in range(3)]
    L = loss(x[3])
    g = G(L, x[3])
    v = P(n)
    c.D(1, 2, 3)
    c.T(4, J(x[2], x[0]), D[2] @ D[1])
    _, tv = torch.autograd.functional.jvp(lambda u: f[2](f[1](f[0](u))), x[0].detach(), v)
    c.T(5, tv, D[3] @ D[2] @ D[1] @ v)
    c.F(6, G(L, x[0]), D[3].T @ D[2].T @ D[1].T @ g)
    c.T(7, G(L, x[2]), D[3].T @ g)
    c.T(8, G(L, x[1]), D[2].T @ D[3].T @ g)


@doc("false/027-row-batches.md")
def _(c):
    n, N, L = 3, 5, 3
    A = [R(N, n)]
    W, b, Z = [None], [None], [None]
    for l in range(1, L + 1):
        W.append(R(n, n))
        b.append(R(1, n))
        Z.append(A[-1] @ W[l] + torch.ones(N, 1) @ b[l])
        A.append(act(Z[l]))
    Jv = loss(A[L])
    De = [None] + [G(Jv, z) for z in Z[1:]]
    c.D(1, 2)
    c.T(3, De[L], G(Jv, A[L]) * dact(Z[L]))
    for l in range(1, L):
        c.T(4, De[l], (De[l + 1] @ W[l + 1].T) * dact(Z[l]))
    for l in range(1, L + 1):
        c.F(5, G(Jv, W[l]), A[l].T @ De[l])
        c.T(6, G(Jv, b[l]), torch.ones(1, N) @ De[l])
    c.T(7, G(Jv, A[0]), De[1] @ W[1].T)


@doc("false/028-cross-entropy-sigmoid.tex")
def _(c):
    n = 3
    w, b, x = R(n, 4), R(n), P(4)
    y = torch.tensor([1.0, 0.0, 0.3])
    z = w @ x + b
    a = sg(z)
    C = -(y * torch.log(a) + (1 - y) * torch.log(1 - a)).sum()
    c.D(1, 2)
    c.T(3, G(C, a), (a - y) / (a * (1 - a)))
    ds = torch.exp(-z) / (1 + torch.exp(-z)) ** 2
    c.T(4, ds, a * (1 - a))
    de = G(C, z)
    c.F(5, de, (a - y) * ds)
    c.T(6, G(C, w), outer(de, x))
    c.T(7, G(C, b), de)


@doc("false/029-quadratic-energy.tex")
def _(c):
    n = 3
    A, b, s = R(n, n), R(n), R(n)
    x = act(s)
    E = (x @ A @ x) / 2 - b @ x
    c.D(1)
    c.T(2, E, sum(A[i, j] * x[i] * x[j] for i in range(n) for j in range(n)) / 2 - (b * x).sum())
    gx = G(E, x)
    c.F(3, gx, A @ x - b)
    c.T(4, G(E, A), outer(x, x) / 2)
    c.T(5, G(E, b), -x)
    c.T(6, G(E, s), dact(s) * gx)


@doc("false/030-leaky-rnn.md")
def _(c):
    T, n, d, al = 3, 3, 2, 0.4
    W, V, X = R(n, n), R(n, d), P(T + 1, d)
    h, u = [R(n)], [None]
    for t in range(1, T + 1):
        u.append(torch.tanh(W @ h[t - 1] + V @ X[t]))
        h.append((1 - al) * h[t - 1] + al * u[t])
    L = loss(h[T])
    c.D(1)
    r = range(1, T + 1)
    for t in r:
        Jt = J(h[t], h[t - 1])
        c.F(2, Jt, (1 - al) * eye(n) + al * torch.diag(1 - h[t] * h[t]) @ W)
        c.T(3, G(L, h[t - 1]), Jt.T @ G(L, h[t]))
        c.T(4, G(L, u[t]), al * G(L, h[t]))
    k = [None] + [G(L, u[t]) * (1 - u[t] ** 2) for t in r]
    c.T(5, G(L, W), sum(outer(k[t], h[t - 1]) for t in r))
    c.T(6, G(L, V), sum(outer(k[t], X[t]) for t in r))


# ---------------------------------------------------------------- runner
def read_csv():
    with open(os.path.join(HERE, "oracle.csv"), encoding="utf-8", newline="") as fh:
        return {r["file"]: r for r in csv.DictReader(fh)}


def main():
    bad = 0
    rows = read_csv() if os.path.exists(os.path.join(HERE, "oracle.csv")) else {}
    files = sorted(d + "/" + f for d in ("true", "false") for f in os.listdir(os.path.join(HERE, d)))
    if sorted(DOCS) != files:
        print("functions and files differ:", sorted(set(DOCS) ^ set(files)))
        bad += 1
    if set(rows) != set(files):
        print("oracle.csv and files differ:", sorted(set(rows) ^ set(files)))
        bad += 1
    for name in files:
        if name not in DOCS:
            continue
        c = Ctx(name)
        for seed in (0, 1, 2):
            torch.manual_seed(seed)
            DOCS[name](c)
        errs = list(c.errors)
        missing = [n for n in range(1, len(c.disp) + 1) if n not in c.covered]
        if missing:
            errs.append("displays without a check: %s" % missing)
        is_false = name.startswith("false/")
        if is_false != (c.false is not None):
            errs.append("wrong folder for the verdict")
        n_lines = len(open(c.path, encoding="utf-8").read().split("\n")) - 1
        if not 15 <= n_lines <= 60:
            errs.append("length %d" % n_lines)
        row = rows.get(name)
        if row:
            if is_false:
                line, text = c.disp[(c.false or 1) - 1]
                want = re.sub(r"\s*\\\\$", "", text)
                if row["truth"] != "false" or row["line"] != str(line) or row["claim"] != want or not row["why"]:
                    errs.append("row of oracle.csv: %s, expected line %d" % (row["line"], line))
            elif row["truth"] != "true" or row["line"] or row["claim"] or row["why"]:
                errs.append("row of oracle.csv is not that of a true document")
        for e in sorted(set(errs)):
            print("%s: %s" % (name, e))
        bad += bool(errs)
        if "-v" in sys.argv:
            print(name, "".join(c.covered.get(n, "?") for n in range(1, len(c.disp) + 1)))
    n_checks = len(files)
    print("%d documents, %d with trouble" % (n_checks, bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
