"""Checks each document of this folder with numbers: the false claim fails, the other displayed claims hold.
check(rng) returns one entry per relation sign in a display, in order: None for a definition or an assumption,
else (left, right) or (left, right, "le") or (left, right, "near") for a point found on a grid; a list stands for a chain."""
import csv, os, re, sys
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKS = {}
def check(name):
    def put(f):
        assert name not in CHECKS; CHECKS[name] = f; return f
    return put

def grad(f, x, h=1e-5):
    """Central differences of f (a number or an array) at x; the indices of x come last."""
    x = np.asarray(x, float); out = []
    for i in np.ndindex(x.shape):
        d = np.zeros(x.shape); d[i] = h
        out.append((np.asarray(f(x + d), float) - np.asarray(f(x - d), float)) / (2 * h))
    out = np.array(out)
    return np.moveaxis(out, 0, -1).reshape(out.shape[1:] + x.shape) if out.ndim > 1 else out.reshape(x.shape)
def hessian(f, x): return grad(lambda x: grad(f, x, 2e-4), x, 2e-4)
def ch(*v): return list(zip(v, v[1:]))

sig = lambda z: 1 / (1 + np.exp(-z))
def softmax(z): e = np.exp(z - z.max()); return e / e.sum()
N = lambda r, *s: r.normal(size=s) if s else float(r.normal())
def unit(r, n): u = N(r, n); return u / np.linalg.norm(u)

@check("false/001-denominator-layout.md")
def _(r):
    n, m, N_ = 3, 2, 5
    x, c, w = N(r, n), N(r, n), N(r, n); B = N(r, n, n); S = B + B.T; X, t = N(r, N_, n), N(r, N_); l = .5
    A, b, s = N(r, m, n), N(r, m), N(r, m); y = A @ x + b
    E = lambda w: .5 * np.sum((X @ w - t) ** 2) + l / 2 * np.sum(w * w)
    ws = np.linalg.solve(X.T @ X + l * np.eye(n), X.T @ t); assert np.abs(grad(E, ws)).max() < 1e-6
    return [(grad(lambda x: c @ x, x), c), (grad(lambda x: x @ x, x), 2 * x), (grad(lambda x: x @ S @ x, x), 2 * S @ x),
            (grad(lambda x: x @ B @ x, x), (B + B.T) @ x), (grad(lambda x: np.sum((x - c) ** 2), x), 2 * (x - c)),
            (grad(lambda x: np.exp(c @ x), x), np.exp(c @ x) * c), None,
            (E(w), .5 * w @ X.T @ X @ w - t @ X @ w + .5 * t @ t + l / 2 * w @ w), (grad(E, w), X.T @ (X @ w - t) + l * w),
            (grad(E, ws), 0 * ws), (X.T @ (t - X @ ws), l * ws), None,
            (y, np.array([sum(A[i, j] * x[j] for j in range(n)) + b[i] for i in range(m)])),
            (grad(lambda x: A @ x + b, x).T, A), (grad(lambda y: .5 * np.sum((y - s) ** 2), y), y - s),
            (grad(lambda x: .5 * np.sum((A @ x + b - s) ** 2), x), A.T @ (y - s))]
@check("false/002-row-gradients.tex")
def _(r):
    n, m = 3, 4
    x, c, w = N(r, n), N(r, n), N(r, n); A, b, M = N(r, m, n), N(r, m), N(r, n, n); y = A @ x
    row = lambda v: np.asarray(v)[None, :]
    p = sig(w @ x); x0 = np.linalg.lstsq(A, b, rcond=None)[0]; E = lambda x: .5 * np.sum((A @ x - b) ** 2); assert np.abs(grad(E, x0)).max() < 1e-6
    f = lambda x: .5 * np.sum((A @ x) ** 2)
    return [(row(grad(lambda x: c @ x, x)), row(c)), (row(grad(lambda x: x @ x, x)), 2 * row(x)), (grad(lambda x: A @ x + b, x), A),
            (row(grad(lambda y: .5 * y @ y, y)), row(y)), ch(row(grad(f, x)), row(y) @ grad(lambda x: A @ x, x), row(y) @ A, row(x) @ A.T @ A),
            None, (1 - p, 1 / (1 + np.exp(w @ x))), (row(grad(lambda x: sig(w @ x), x)), p * (1 - p) * row(w)),
            (row(grad(lambda x: np.log(sig(w @ x)), x)), (1 - p) * row(w)), (row(grad(E, x)), row(A @ x - b) @ A),
            (A.T @ A @ x0, A.T @ b), (x @ M @ x, .5 * x @ (M + M.T) @ x),
            (grad(lambda x: x @ M @ x, x), np.array([sum((M[k, j] + M[j, k]) * x[j] for j in range(n)) for k in range(n)])),
            (row(grad(lambda x: x @ M @ x, x)), ((M + M.T) @ x)[:, None]), (hessian(lambda x: x @ M @ x, x), M + M.T)]
@check("false/003-convention-at-the-end.md")
def _(r):
    m, d = 2, 3
    W, a, b, t = N(r, m, d), N(r, d), N(r, m), N(r, m); z = W @ a + b; h = np.tanh(z); g = (h - t) * (1 - h ** 2); I = np.eye(m); eta = .01
    L = lambda W, a, b: .5 * np.sum((np.tanh(W @ a + b) - t) ** 2)
    gW, ga, gb = grad(lambda W: L(W, a, b), W), grad(lambda a: L(W, a, b), a), grad(lambda b: L(W, a, b), b)
    return [None, None, (grad(lambda a: W @ a + b, a).T, W), (z, np.array([sum(W[i, j] * a[j] for j in range(d)) + b[i] for i in range(m)])),
            (grad(lambda b: W @ a + b, b), I), (grad(lambda W: W @ a + b, W), np.einsum("ik,l->ikl", I, a)),
            (grad(np.tanh, z), I * (1 - h ** 2)), None, (grad(lambda h: .5 * np.sum((h - t) ** 2), h), h - t),
            (grad(lambda z: .5 * np.sum((np.tanh(z) - t) ** 2), z), g), None, (gb, g), (gW, g[:, None] * a), (gW, np.outer(g, a)),
            (ga, np.array([sum(W[i, j] * g[i] for i in range(m)) for j in range(d)])), (ga, W.T @ g),
            (-eta * np.sum(g * gb), -eta * g @ g)]
@check("false/004-rows-are-observations.md")
def _(r):
    n, d, q = 6, 3, 4
    X = N(r, n, d); X -= X.mean(0); C = sum(np.outer(x, x) for x in X) / n; u = N(r, d); lam, U = np.linalg.eigh(C); lam, U = lam[::-1], U[:, ::-1]; Z = N(r, d, q)
    u1 = U[:, 0]
    return [None, None, (np.mean(X @ u), 0), (np.mean((X @ u) ** 2), u @ C @ u), (0, u @ C @ u, "le"), (np.mean(np.sum(X * X, 1)), np.trace(C)), (C.T, C),
            (grad(lambda u: u @ C @ u, u), 2 * C @ u), None, (np.array([U[:, k] @ C @ U[:, k] for k in range(d)]), lam),
            (C, sum(lam[k] * np.outer(U[:, k], U[:, k]) for k in range(d))), (np.trace(C), lam.sum()),
            (np.mean([np.sum((x - u1 * (u1 @ x)) ** 2) for x in X]), lam[1:].sum()),
            (sum(np.outer(Z[:, j], Z[:, j]) for j in range(q)), Z @ Z.T), (C, X @ X.T / n), (np.trace(C), np.sum(X * X) / n)]
@check("false/005-sigma-is-tanh.md")
def _(r):
    m, d = 3, 2
    x, W, b, v, t = N(r, d), N(r, m, d), N(r, m), N(r, m), N(r); z = W @ x + b; h = np.tanh(z); y = v @ h
    E = lambda x, W, b, v: .5 * (v @ np.tanh(W @ x + b) - t) ** 2
    dz = grad(lambda z: .5 * (v @ np.tanh(z) - t) ** 2, z); ds = np.array([grad(np.tanh, q) for q in z]); gW = grad(lambda W: W @ x + b, W); z0 = N(r)
    return [None] * 4 + [(grad(lambda y: .5 * (y - t) ** 2, y), y - t), (grad(lambda v: v @ h, v), h), (grad(lambda v: E(x, W, b, v), v), (y - t) * h),
            (grad(lambda h: .5 * (v @ h - t) ** 2, h), (y - t) * v), (dz, (y - t) * v * ds), (np.array([gW[i, i] for i in range(m)]), np.array([x] * m)),
            (np.diag(grad(lambda b: W @ x + b, b)), np.ones(m)), (grad(lambda W: E(x, W, b, v), W), np.outer((y - t) * v * ds, x)),
            (grad(lambda b: E(x, W, b, v), b), (y - t) * v * ds), (grad(lambda x: E(x, W, b, v), x), (y - t) * np.array([sum(v[i] * ds[i] * W[i, j] for i in range(m)) for j in range(d)])),
            (grad(np.tanh, z0), np.tanh(z0) * (1 - np.tanh(z0))), (v @ grad(lambda v: E(x, W, b, v), v), y * (y - t))]
@check("false/006-measured-in-bits.md")
def _(r):
    K = 4; p, q = softmax(N(r, K)), softmax(N(r, K)); lg = np.log2; H = -np.sum(p * lg(p)); Hx = -np.sum(p * lg(q)); D = np.sum(p * lg(p / q))
    a, b = r.uniform(.1, .9, 2); z = N(r); y = float(r.integers(2)); w, x = N(r, 3), N(r, 3); s = sig(z)
    return [(-lg(.5), 1), (-lg(a * b), -lg(a) - lg(b)), None, (0, H, "le"), (H, lg(K), "le"), None, None, (Hx, H + D), (0, D, "le"),
            (-np.sum(p * lg(1 / K)), lg(K)), None, (1 - s, 1 / (1 + np.exp(z))), (grad(sig, z), s * (1 - s)), None,
            (grad(lambda z: -y * lg(sig(z)) - (1 - y) * lg(1 - sig(z)), z), s - y), (grad(lambda w: w @ x, w), x)]
@check("false/007-sum-norm.md")
def _(r):
    n, m = 3, 4
    x, y, w, d, A, t, c, s = N(r, n), N(r, n), N(r, n), N(r, n), N(r, m, n), N(r, m), N(r), N(r); w = w + .1 * np.sign(w)
    l1 = lambda x: np.abs(x).sum(); J = lambda w: .5 * (A @ w - t) @ (A @ w - t); k = abs(c) + .5
    return [None, (l1(c * x), abs(c) * l1(x)), (l1(x + y), l1(x) + l1(y), "le"), (abs(x @ y), l1(x) * l1(y), "le"), (x @ x, l1(x) ** 2, "le"),
            (l1(x) ** 2, n * x @ x, "le"), (l1(x) * l1(y), sum(abs(a) * abs(b) for a in x for b in y)), None,
            (J(w), .5 * w @ A.T @ A @ w - w @ A.T @ t + .5 * t @ t), (grad(J, w), A.T @ (A @ w - t)), (hessian(J, w), A.T @ A),
            (d @ hessian(J, w) @ d, (A @ d) @ (A @ d)), (J(w + s * d) - J(w), s * d @ grad(J, w) + s * s / 2 * d @ A.T @ A @ d),
            None, (grad(lambda w: l1(w) ** 2, w), 2 * w), (l1(k * w) ** 2, k ** 2 * l1(w) ** 2)]
@check("false/008-the-same-g.md")
def _(r):
    x, w, b, v, c = N(r, 5); t = float(r.integers(2)); H = lambda w, x, b: sig(w * x + b); h = H(w, x, b); u = v * h + c; gp = grad(sig, u)
    e = lambda h: -t * np.log(h) - (1 - t) * np.log(1 - h); E = lambda w, b: e(H(w, x, b))
    return [None, None, (1 - h, 1 / (1 + np.exp(w * x + b))), (h / (1 - h), np.exp(w * x + b)), (np.log(h / (1 - h)), w * x + b),
            (grad(lambda b: H(w, x, b), b), h * (1 - h)), (grad(lambda w: H(w, x, b), w), h * (1 - h) * x), (grad(lambda x: H(w, x, b), x), h * (1 - h) * w),
            (hessian(lambda b: H(w, x, b), b), h * (1 - h) * (1 - 2 * h)), None, (grad(e, h), (h - t) / (h * (1 - h))),
            (grad(lambda b: E(w, b), b), h - t), (grad(lambda w: E(w, b), w), (h - t) * x), (hessian(lambda w: E(w, b), w), h * (1 - h) * x * x),
            None, (sig(u), max(0, u)), (grad(lambda c: sig(v * h + c), c), gp), (grad(lambda v: sig(v * h + c), v), gp * h),
            (grad(lambda w: sig(v * H(w, x, b) + c), w), gp * v * h * (1 - h) * x)]
@check("false/009-cost-function.md")
def _(r):
    p = .5 + 6 * r.uniform(); u, x, y = r.uniform(.3, 3, 3); c = lambda u: 3 + u * u; G = lambda u: p * u - c(u); a = lambda u: c(u) / u
    g = np.linspace(.01, 8, 8001); u2 = 3 ** .5
    assert G(g).max() <= G(p / 2) + 1e-9 and abs(grad(G, p / 2)) < 1e-6 and abs(grad(a, u2)) < 1e-6
    return [None, None, (grad(G, u), p - 2 * u), (hessian(G, u), -2), (g[G(g).argmax()], p / 2, "near"), (G(p / 2), p * p / 4 - 3), (grad(c, p / 2), p),
            (a(u), 3 / u + u), (grad(a, u), 1 - 3 / u ** 2), (g[a(g).argmin()], u2, "near"), (a(u2), 2 * 3 ** .5), (2 * 3 ** .5, a(u), "le"),
            ((2 * 3 ** .5) ** 2 / 4 - 3, 0), (p * (x + y), p * x + p * y), (c(x + y), c(x) + c(y)), (p * (x + y) - p * x, p * y)]
@check("false/010-any-convex-function.md")
def _(r):
    x, y, d, t = N(r, 4); s = r.uniform(); a, b = r.uniform(.5, 2, 2); al = .5 + r.uniform(); m = np.log(1 / al) / al
    f = lambda x: np.exp(al * x) - x; f1 = lambda x: al * np.exp(al * x) - 1; f2 = lambda x: al ** 2 * np.exp(al * x); q = lambda x: x * x
    assert abs(f1(m)) < 1e-9
    G, W = np.polynomial.legendre.leggauss(20); I = lambda h: (y - x) / 2 * np.sum(W * h(x + (y - x) * (G + 1) / 2)); k = lambda x: a * f(x) + b * x * x
    return [(grad(q, x), 2 * x), (hessian(q, x), 2), ((q(x) + q(y)) / 2 - q((x + y) / 2), (x - y) ** 2 / 4), (0, f2(x), "le"),
            (f(s * x + (1 - s) * y), s * f(x) + (1 - s) * f(y), "le"), (f(x) + f1(x) * (y - x), f(y), "le"), (f(y) + f1(y) * (x - y), f(x), "le"),
            (0, (f1(y) - f1(x)) * (y - x), "le"), (f(m), f(x), "le"), (grad(lambda t: f(x + t * d), t), f1(x + t * d) * d),
            (hessian(lambda t: f(x + t * d), t), f2(x + t * d) * d * d), (grad(k, x), a * f1(x) + 2 * b * x), (hessian(k, x), a * f2(x) + 2 * b),
            (2 * b, a * f2(x) + 2 * b, "le"), (f(y) - f(x), I(f1)), (f1(y) - f1(x), 2 * (y - x)), (f1(y) - f1(x), I(f2))]
@check("false/011-intercept-follows.md")
def _(r):
    n = 5; x, y, w = N(r, n) + 1, N(r, n), N(r); R = lambda w: y - w * x - (y.mean() - w * x.mean()); J = lambda w: .5 * np.sum(R(w) ** 2)
    X, Y = x - x.mean(), y - y.mean(); xx, xy, yy = X @ X, X @ Y, Y @ Y; rho = lambda t: np.sin(t) + t ** 4
    return [None, None, (R(w).sum(), 0), (R(w), Y - w * X), None, None, None, None, (J(w), .5 * yy - w * xy + .5 * w * w * xx), (grad(J, w), w * xx - xy),
            (grad(J, xy / xx), 0 * w), (J(xy / xx), .5 * yy - xy ** 2 / (2 * xx)), (xy ** 2, xx * yy, "le"), None,
            (grad(lambda w: rho(R(w)).sum(), w), np.sum((np.cos(R(w)) + 4 * R(w) ** 3) * grad(R, w))), (grad(R, w), -x), (.5 * np.sum(R(w) ** 2), J(w))]
@check("false/012-tied-weights.md")
def _(r):
    d = 3; w, x, c = N(r, d), N(r, d), N(r); v = w; h = w @ x; xh = v * h; E = .5 * np.sum((xh - x) ** 2); e = xh - x; u = w / np.sqrt(w @ w)
    return [None, None, None, (E, .5 * xh @ xh - x @ xh + .5 * x @ x), (x @ xh, h * h), (xh @ xh, h * h * w @ w),
            (.5 * np.sum((u * (u @ x) - x) ** 2), .5 * x @ x - .5 * (u @ x) ** 2), (grad(lambda x: w @ x, x), w), (grad(lambda x: w * (w @ x), x), np.outer(w, w)),
            (.5 * np.sum((c * xh - c * x) ** 2), c * c * E), (E, .5 * e @ e), (grad(lambda z: .5 * np.sum((z - x) ** 2), xh), e),
            (np.sqrt(e @ e), np.sqrt(xh @ xh) + np.sqrt(x @ x), "le"), None,
            (grad(lambda w: .5 * np.sum((w * (w @ x) - x) ** 2), w), (v @ (xh - x)) * x), (v @ (xh - x), v @ v * h - v @ x)]
@check("false/013-unrolled-network.tex")
def _(r):
    T = 4; w, u, v, h0 = r.uniform(.3, 1, 4); x, y = N(r, T), N(r, T)
    def H(w, u, x, h0):
        out = [h0]
        for t in range(T): out.append(np.tanh(w * out[-1] + u * x[t]))
        return np.array(out)
    h = H(w, u, x, h0); D = 1 - h ** 2; gx = grad(lambda x: H(w, u, x, h0), x); g0 = grad(lambda q: H(w, u, x, q), h0); gw = grad(lambda w: H(w, u, x, h0), w)
    E = lambda v: .5 * np.sum((v * h[1:] - y) ** 2); v0 = h[1:] @ y / (h[1:] @ h[1:])
    return [None, None, (gx[1, 0], u * D[1]), (g0[1], w * D[1]), (gx[2, 0], w * u * D[2] * D[1]), (g0[2], w * w * D[2] * D[1]), (gx[3, 0], w * w * u * D[3] * D[2] * D[1]),
            (abs(gx[3, 0]), w * w * abs(u), "le"), (v * gx[2, 0], v * w * u * D[2] * D[1]), None, (grad(E, v), np.sum((v * h[1:] - y) * h[1:])), (hessian(E, v), h[1:] @ h[1:]),
            (grad(E, v0), 0 * v), (grad(lambda p: .5 * np.sum((p - y) ** 2), v * h[1:]), v * h[1:] - y), (h[2], np.tanh(w * h[1] + u * x[1])), (gw[2], D[2] * h[1]),
            (grad(lambda w: v * H(w, u, x, h0), w)[2], v * gw[2])]
@check("false/014-attention-score.md")
def _(r):
    d, m, n = 3, 2, 4
    A, B, x, s, V, g, c = N(r, m, d), N(r, m, d), N(r, d), N(r, n), N(r, n, m), N(r, m), N(r); a = softmax(s); o = a @ V; q, k = A @ x, B @ x
    ga = grad(softmax, s); go = grad(lambda s: softmax(s) @ V, s).T; e = np.exp(s + c)
    return [None, None, None, None, (a.sum(), 1), (e / e.sum(), a), (ga, a[:, None] * (np.eye(n) - a)), (ga.sum(0), np.zeros(n)), (a[:, None] / a, np.exp(s[:, None] - s)),
            (np.log(a)[:, None] - np.log(a), s[:, None] - s), None, (go, a[:, None] * (V - o)), (go.sum(0), np.zeros(m)), (go @ g, a * (V @ g - g @ o)),
            None, (q @ k, sum(q[i] * k[i] for i in range(m))), (grad(lambda x: (A @ x) @ (B @ x), x), A.T @ k), (abs(q @ k), np.sqrt(q @ q) * np.sqrt(k @ k), "le")]
@check("false/015-layer-norm.md")
def _(r):
    n, e = 4, .1; x, ga, be, c = N(r, n), N(r, n), N(r, n), N(r, n); S = lambda x: np.sqrt(np.mean((x - x.mean()) ** 2) + e); mu, s = x.mean(), S(x); Y = lambda x: (x - x.mean()) / S(x); y = Y(x)
    L = lambda o: np.sum(np.sin(o) * c) + o[0] * o[1]; gl = grad(L, ga * y + be); gs, gm = grad(S, x), grad(lambda x: x.mean(), x)
    return [None, None, (np.sum(x - mu), 0), (np.sum((x - mu) ** 2), n * (s * s - e)), (s * s, np.mean(x * x) - mu ** 2 + e), (np.sqrt(e), s, "le"),
            (gm, np.ones(n) / n), (gs, (x - mu) / (n * s)), (gm.sum(), 1), (gs.sum(), 0), None, (grad(lambda g: L(g * y + be), ga), gl * y), (grad(lambda b: L(ga * y + b), be), gl),
            (grad(lambda y: L(ga * y + be), y), ga * gl), None, (x, mu + s * y), (np.diag(grad(Y, x)), np.ones(n) / s), (y.sum(), 0)]
@check("false/016-weights-that-move.md")
def _(r):
    n = 4; x, mu = N(r, n), N(r); g = np.exp(-(x - mu) ** 2); G = g.sum(); m = g @ x / G; Q = lambda t: np.sum((x - t) ** 2); A = x[:, None]; J = lambda t: np.sum(np.exp(-(x - t) ** 2) * (x - t) ** 2)
    return [None, (g, np.ones(n), "le"), (np.log(g), -(x - mu) ** 2), (g[:, None] / g, np.exp((x - mu) ** 2 - (A - mu) ** 2)), ((x - mu) ** 2 - (A - mu) ** 2, (x - A) * (x + A - 2 * mu)),
            None, None, (g @ (x - m), 0), (g @ (x - mu), G * (m - mu)), (g @ (x - mu) ** 2, g @ (x - m) ** 2 + G * (m - mu) ** 2), (g @ (x - m) ** 2, g @ (x - mu) ** 2, "le"),
            None, (grad(Q, mu), -2 * np.sum(x - mu)), (hessian(Q, mu), 2 * n), None, (grad(J, mu), -2 * g @ (x - mu)), (0, J(mu), "le")]
@check("false/017-counting-from-zero.md")
def _(r):
    n = 4; x, y, b, c, s = N(r, n + 1), N(r, n + 1), N(r), N(r), N(r); a = 1 + r.uniform(); F = lambda q: np.sum((y - q[0] * x - q[1]) ** 2); q = np.array([b, c]); g, h = grad(F, q), hessian(F, q); R = y - b * x - c
    return [None, (np.sum(x - x.mean()), 0), None, (np.sum(y - y.mean()), 0), ((x - x.mean()) @ (y - y.mean()), (x - x.mean()) @ y), None, (g[0], -2 * x @ R), (g[1], -2 * R.sum()),
            (h[0, 0], 2 * x @ x), (h[0, 1], 2 * x.sum()), (np.sum(s * x), s * x.sum()), (np.sum((s * x) ** 2), s * s * x @ x), (np.sum(x + y), x.sum() + y.sum()), ((x @ y) ** 2, x @ x * (y @ y), "le"),
            (np.sum(x - a), x.sum() - n * a), ((x - a)[:, None] - (x - a), x[:, None] - x)]
@check("false/018-summation-convention.md")
def _(r):
    n = 3; A, B, a, b, x = N(r, n, n), N(r, n, n), N(r, n), N(r, n), N(r, n); I = np.eye(n); es = np.einsum
    return [(es("i,i", a, b), a @ b), (es("ij,j->i", I, a), a), (es("ij,i,j", I, a, b), es("i,i", a, b)), (A @ b, es("ij,j->i", A, b)), (a @ A @ b, es("i,ij,j", a, A, b)),
            (A @ B, es("ik,kj->ij", A, B)), (A.T @ B, es("ki,kj->ij", A, B)), (np.trace(A.T @ B), es("ij,ij", A, B)), (es("ij,ij", I, A), np.trace(A)),
            (grad(lambda x: x, x), I), (grad(lambda x: a @ x, x), a), (grad(lambda x: x @ x, x), 2 * x), (grad(lambda x: x @ A @ x, x), A @ x + A.T @ x), (grad(lambda x: A @ x, x), A),
            (I, I.T), (es("ii", I), 1), (es("ij,jk->ik", I, I), I)]
@check("false/019-no-self-loops.md")
def _(r):
    n = 4; x = N(r, n); x += .2 * np.sign(x); a = r.uniform(.2, 2, (n, n)); a = a + a.T; c = N(r); O = 1 - np.eye(n); S = lambda M: np.sum(M * O, 1)
    d = S(a); p = a / d[:, None]; m = S(a * x); u = S(p * x); L = lambda x: S(a * (x[:, None] - x)); l = L(x); g = grad(L, x)
    return [None, (-d, 0 * d, "le"), None, (S(p), np.ones(n)), None, None, (m, d * u), (S(a * (c * x)), c * m), (S(p * (x + c)), u + c), None, (l, d * x - m),
            (np.diag(g), d), (g * O, -a * O), (np.diag(grad(lambda x: S(a * x), x)), np.zeros(n)), (S(np.eye(n) * x), x), (S((a + c) * x), m + c * S(np.ones((n, 1)) * x))]
@check("false/020-layer-numbers.md")
def _(r):
    w, b, x, t = N(r, 3), N(r, 3), N(r), N(r)
    def F(w, b):
        a = [x]
        for l in range(3): a.append(w[l] * a[-1] + b[l])
        return np.array(a)
    a = F(w, b); E = lambda w, b: .5 * (F(w, b)[3] - t) ** 2; g = a[3] - t; gw, gb = grad(lambda w: E(w, b), w), grad(lambda b: E(w, b), b); hw, hb = hessian(lambda w: E(w, b), w), hessian(lambda b: E(w, b), b)
    return [None, (a[1], w[0] * x + b[0]), (a[2], w[1] * a[1] + b[1]), (a[3], w[2] * a[2] + b[2]), (a[2], w[1] * w[0] * x + w[1] * b[0] + b[1]), None, None, (gb[2], g), (gw[2], g * a[2]),
            (grad(lambda q: .5 * (w[2] * q + b[2] - t) ** 2, a[2]), g * w[2]), (gw[1], g * w[2] * a[1]), (gb[1], g * w[2]), (gw[0], g * w[2] * w[1] * x), (hw[2, 2], a[2] ** 2), (hb[0, 0], w[1] ** 2 * w[2] ** 2),
            (w[0] * w[1], w[2]), (w[0] * w[1], w[1] * w[0])]
@check("false/021-lower-case-matrices.tex")
def _(r):
    n = 3; a, b, c, e, s, t, tr = N(r, n, n), N(r, n, n), N(r, n, n), np.eye(n), N(r), N(r), np.trace
    return [(a + b, b + a), (a @ (b + c), a @ b + a @ c), ((a + b) @ c, a @ c + b @ c), ((s * a) @ (t * b), s * t * a @ b), ch(a @ e, e @ a, a), (a @ a @ a, a @ (a @ a)),
            (s * a @ (s * a) @ (s * a), s ** 3 * a @ a @ a), (tr(s * a + t * b), s * tr(a) + t * tr(b)), (tr(a @ b), tr(b @ a)), (tr(a @ b @ c), tr(c @ a @ b)), (tr(a @ b - b @ a), 0),
            ((a + e) @ (a + e), a @ a + 2 * a + e), ((a + e) @ (a - e), a @ a - e), ((a + s * e) @ (a + s * e), a @ a + 2 * s * a + s * s * e),
            ((a + b) @ (a + b), a @ a + 2 * a @ b + b @ b), (tr((a + b) @ (a + b)), tr(a @ a) + 2 * tr(a @ b) + tr(b @ b))]
@check("false/022-complex-signals.md")
def _(r):
    n = 3; C = lambda *s: r.normal(size=s) + 1j * r.normal(size=s); x, y, z, A, B = C(n), C(n), C(n), C(n, n), C(n, n); c = C(1)[0]; nr = lambda x: np.sqrt(np.sum(np.abs(x) ** 2)); P = np.eye(n)[r.permutation(n)]
    return [None, (nr(c * x), abs(c) * nr(x)), (nr(x + y), nr(x) + nr(y), "le"), (nr(x + y) ** 2 + nr(x - y) ** 2, 2 * nr(x) ** 2 + 2 * nr(y) ** 2), (x @ y, y @ x), (x @ (y + z), x @ y + x @ z),
            (x @ (c * y), c * (x @ y)), ((c * x) @ y, c * (x @ y)), (x @ y, sum(x[k] * y[k] for k in range(n))), (A @ (x + y), A @ x + A @ y), ((A @ x) @ y, x @ A.T @ y), ((A @ B).T, B.T @ A.T),
            (A @ x, np.array([sum(A[j, k] * x[k] for k in range(n)) for j in range(n)])), (nr(2 * x) ** 2, 4 * nr(x) ** 2), (nr(x) ** 2, x @ x), (nr(P @ x) ** 2, nr(x) ** 2)]
@check("false/023-primes-are-perturbed.md")
def _(r):
    n = 3; A, E, b, w = N(r, n, n) + 3 * np.eye(n), .3 * N(r, n, n), N(r, n), N(r, n); P = A + E; iv = np.linalg.inv; w0, w1 = iv(A) @ b, iv(P) @ b; s = r.uniform(-.5, 2); F = lambda w: .5 * np.sum((A @ w - b) ** 2)
    return [None, None, None, (A @ w0, b), ((A + E) @ w1, b), (A @ (w1 - w0), -E @ w1), (w1 - w0, -iv(A) @ E @ w1), (iv(P) - iv(A), -iv(A) @ E @ iv(P)), (b - A @ w1, E @ w1), (b - (A + E) @ w0, -E @ w0),
            (iv(A + s * A) @ b, w0 / (1 + s)), None, (F(w), .5 * np.sum((A @ w) ** 2) - b @ A @ w + .5 * b @ b), (F(w0), 0), (0, F(w), "le"), (grad(F, w), P @ (A @ w - b)), (A @ (s * w0) - b, (s - 1) * b)]
@check("false/024-which-matrix-is-symmetric.md")
def _(r):
    n = 4; A = r.uniform(.1, 2, (n, n)); A /= A.sum(1)[:, None]; e = np.ones(n); p = softmax(N(r, n)); x = N(r, n); S = r.uniform(.1, 2, (n, n)); S = S + S.T; D = np.diag(S.sum(1)); L = D - S; g = grad(lambda x: x @ A @ x, x)
    return [(A.sum(1), e), (A @ e, e), (A @ A @ e, e), (e @ A.T @ p, e @ p), (A @ x, np.array([sum(A[i, j] * x[j] for j in range(n)) for i in range(n)])), (A @ x, x.max() * e, "le"), None, (S @ e, D @ e), None,
            (L @ e, 0 * e), (L.T, L), (x @ L @ x, .5 * sum(S[i, j] * (x[i] - x[j]) ** 2 for i in range(n) for j in range(n))), (grad(lambda x: x @ S @ x, x), 2 * S @ x), (grad(lambda x: x @ L @ x, x), 2 * L @ x), (g, 2 * A @ x), (x @ g, 2 * x @ A @ x)]
@check("false/025-any-direction.md")
def _(r):
    n, d = 5, 3; X = N(r, n, d); u = unit(r, d); w = unit(r, d) * r.uniform(1.3, 2); I = np.eye(d); P = np.outer(u, u); C = X.T @ X; rho = lambda w: w @ C @ w / (w @ w); c = .5 + r.uniform(); lam, V = np.linalg.eigh(C); t = X @ w; R = np.outer(t, w); sq = lambda A: np.sum(A * A, 1); M = np.outer(w, w)
    return [(P @ P, P), ((I - P) @ u, 0 * u), (np.sqrt(sq(X @ P)), np.abs(X @ u)), None, (t @ t, w @ C @ w), (grad(lambda w: w @ C @ w, w), 2 * C @ w), None, (rho(-c * w), rho(w)), (grad(rho, w), 2 / (w @ w) * (C @ w - rho(w) * w)),
            (w @ grad(rho, w), 0), (rho(1.7 * V[:, 1]), lam[1]), (M @ M, w @ w * M), (np.trace(M), w @ w), None, (np.sum(X * R, 1), t * t), (sq(X - R), sq(X) - t * t), (sq(X - R), (np.sqrt(sq(X)) + np.sqrt(sq(R))) ** 2, "le")]
@check("false/026-only-the-intercept.md")
def _(r):
    n = 5; x, y, a, c, s, k = N(r, n), N(r, n), 3 + r.uniform(), N(r), N(r), N(r); b = np.mean(y - a * x); R = y - a * x - b; X, Y = x - x.mean(), y - y.mean(); p = a * x + b; assert abs(grad(lambda b: .5 * np.sum((y - a * x - b) ** 2), b)) < 1e-6
    return [None, (b, y.mean() - a * x.mean()), None, (R.sum(), 0), (R, Y - a * X), (y.mean(), a * x.mean() + b), (p.mean(), y.mean()), (y - p, R), (.5 * np.sum((y - a * x - c) ** 2) - .5 * R @ R, n / 2 * (c - b) ** 2),
            (R @ R, Y @ Y - 2 * a * X @ Y + a * a * X @ X), (np.sum((p - y.mean()) ** 2), a * a * X @ X), (np.mean(y + s - a * x), b + s), (np.sum(k * R), 0), (x @ R, 0), (X @ R, x @ R)]
@check("false/027-rare-disease.md")
def _(r):
    m = 1 + r.uniform(); ph = lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi); f1, f0 = (lambda x: ph(x - m)), ph; D, H = .01, 1 - .01; f = lambda x: D * f1(x) + H * f0(x); P = lambda x: D * f1(x) / f(x); Q = lambda x: H * f0(x) / f(x); x = N(r) + .5
    X = np.linspace(-9, 12, 4001); l = f1(x) / f0(x); q = .5 * f1(x) / (.5 * f1(x) + .5 * f0(x))
    return [None, (H, .99), (D / H, 1 / 99), (f(x), D * f1(x) + H * f0(x)), None, None, (P(x) + Q(x), 1), (np.sum(P(X) * f(X)) * (X[1] - X[0]), D), (.5 * f1(x) + .5 * f0(x), (f1(x) + f0(x)) / 2), (q, f1(x) / (f1(x) + f0(x))), None,
            (q, l / (1 + l)), (q / (1 - q), l), (np.log(q / (1 - q)), np.log(f1(x)) - np.log(f0(x))), (1 / (1 + 1), .5), (P(x), l / (1 + l)), (Q(x), 1 - P(x))]
@check("false/028-temperature-two.tex")
def _(r):
    K = 4; u, z, c = N(r, K), N(r, K), N(r); sm = lambda u: softmax(u / 2); t, p = sm(u), sm(z); L = lambda p: -t @ np.log(p); g = grad(sm, z); T = t[:, None] / t; h = 1e-4
    h2 = np.array([(L(p + h * e) - 2 * L(p) + L(p - h * e)) / h ** 2 for e in np.eye(K)])
    return [None, None, (t.sum(), 1), (sm(u + c), sm(u)), (T, np.exp((u[:, None] - u) / 2)), (u[:, None] - u, 2 * (np.log(t)[:, None] - np.log(t))), (2 * (np.log(t)[:, None] - np.log(t)), 2 * np.log(T)), (sm(np.zeros(K)), np.ones(K) / K), None,
            (grad(L, p), -t / p), (h2, t / p ** 2), (-t @ np.log(t), L(p), "le"), (L(p) + t @ np.log(t), t @ np.log(t / p)), (t @ np.log(t / t), 0), None, (np.diag(g), p * (1 - p)), (g.sum(0), np.zeros(K))]
@check("true/001-two-layouts.md")
def _(r):
    m, n = 2, 3; A, b, c, x, M, d = N(r, m, n), N(r, m), N(r, n), N(r, n), N(r, n, n), N(r, n); row = lambda v: v[None, :]; L = lambda x: .5 * np.sum((A @ x + b) ** 2); J = grad(lambda x: A @ x + b, x); q = grad(lambda x: x @ M @ x, x); g = grad(L, x)
    return [(J, A), (row(grad(lambda x: c @ x, x)), row(c)), (row(grad(lambda x: x @ x, x)), 2 * row(x)), (row(q), row(x) @ (M + M.T)), (row(grad(lambda x: (A @ x) @ (A @ x), x)), 2 * row(A @ x) @ A), None,
            (L(x), .5 * x @ A.T @ A @ x + b @ A @ x + .5 * b @ b), (g, A.T @ (A @ x + b)), (grad(lambda x: c @ x, x), c), (grad(lambda x: x @ x, x), 2 * x),
            (g, np.array([sum(A[i, j] * (A @ x + b)[i] for i in range(m)) for j in range(n)])), (L(x + d) - L(x), d @ A.T @ (A @ x + b) + .5 * d @ A.T @ A @ d), (0, d @ A.T @ A @ d, "le"), (J.T, A.T), (q, (M + M.T) @ x)]
@check("true/002-two-activations.md")
def _(r):
    z, w, x, s, c, u = N(r, 6); h = np.tanh(w * x); g = sig(u); n = g * s + (1 - g) * c; H = lambda w: np.tanh(w * x)
    return [(np.tanh(-z), -np.tanh(z)), (grad(np.tanh, z), 1 - np.tanh(z) ** 2), (np.tanh(2 * z), 2 * np.tanh(z) / (1 + np.tanh(z) ** 2)), (grad(H, w), (1 - h * h) * x), (hessian(H, w), -2 * h * (1 - h * h) * x * x), None,
            (n, c + g * (s - c)), (grad(lambda s: g * s + (1 - g) * c, s), g), (grad(lambda c: g * s + (1 - g) * c, c), 1 - g), (grad(lambda g: g * s + (1 - g) * c, g), s - c), (g * c + (1 - g) * c, c),
            (abs(n - c), abs(s - c), "le"), (sig(-z), 1 - sig(z)), (grad(sig, z), sig(z) * (1 - sig(z))), (grad(lambda u: sig(u) * s + (1 - sig(u)) * c, u), (s - c) * g * (1 - g))]
@check("true/003-bits-then-nats.md")
def _(r):
    p = r.uniform(.2, .8); H = lambda p: -p * np.log2(p) - (1 - p) * np.log2(1 - p); z = N(r); q = sig(z); y = float(r.integers(2)); L = lambda z: -y * np.log(sig(z)) - (1 - y) * np.log(1 - sig(z)); G = lambda p: H(p) * np.log(2)
    return [None, (H(1 - p), H(p)), (H(.5), 1), (grad(H, p), np.log2((1 - p) / p)), (hessian(H, p), -1 / (p * (1 - p) * np.log(2))), None, (q / (1 - q), np.exp(z)), (1 - q, 1 / (1 + np.exp(z))), (grad(sig, z), q * (1 - q)),
            (hessian(sig, z), q * (1 - q) * (1 - 2 * q)), (1 / (1 + np.exp(0)), .5), None, (L(z), np.log(1 + np.exp(z)) - y * z), (grad(L, z), q - y), (hessian(L, z), q * (1 - q)), (hessian(G, p), -1 / (p * (1 - p)))]
@check("true/004-layers-then-powers.md")
def _(r):
    w, x, v = N(r, 3), N(r), r.uniform(-1, 1); F = lambda w: np.array([w[0] * x, w[0] * w[1] * x, w[0] * w[1] * w[2] * x]); a = F(w); g = grad(F, w)
    def S(v, x=x): s = v * x; t = v * s; return np.array([s, t, v * t])
    s = S(v); ds, d2 = grad(S, v), np.array([hessian(lambda v: S(v)[i], v) for i in range(3)])
    return [None, None, None, (a[1], w[1] * w[0] * x), (g[1, 1], w[0] * x), (g[2, 1], w[2] * w[0] * x), (hessian(lambda w: F(w)[2], w)[1, 1], 0), None, None, None, (grad(lambda x: S(v, x)[0], x), v), (grad(lambda t: v * t, s[1]), v),
            (abs(s[0]), abs(x), "le"), (abs(s[2]), abs(s[1]), "le"), (s[1], v ** 2 * x), (s[2], v ** 3 * x), (v ** 2 * v, v ** 3), (ds[1], 2 * v * x), (ds[2], 3 * v * v * x), (d2[2], 6 * v * x)]
@check("true/005-untied-decoder.md")
def _(r):
    d = 3; w, v, x = N(r, d), N(r, d), N(r, d); T = lambda w: .5 * np.sum((w * (w @ x) - x) ** 2); h = w @ x; u = w / np.sqrt(w @ w); y = h * v; E = lambda w, v: .5 * np.sum((v * (w @ x) - x) ** 2); Eh = lambda h: .5 * np.sum((v * h - x) ** 2); h0 = v @ x / (v @ v)
    return [None, (T(w), .5 * h * h * w @ w - h * h + .5 * x @ x), (grad(T, w), h * h * w + (w @ w - 2) * h * x), (T(u), .5 * x @ x - .5 * (u @ x) ** 2), None, None, None, (E(w, v), .5 * h * h * v @ v - h * v @ x + .5 * x @ x),
            (grad(lambda y: .5 * np.sum((y - x) ** 2), y), y - x), (grad(Eh, h), h * v @ v - v @ x), (hessian(Eh, h), v @ v), (grad(Eh, h0), 0 * h0), (grad(lambda v: E(w, v), v), h * (y - x)), (grad(lambda w: w @ x, w), x),
            (grad(lambda w: E(w, v), w), (v @ (y - x)) * x), (hessian(lambda w: E(w, v), w), v @ v * np.outer(x, x))]
@check("true/006-frozen-weights.md")
def _(r):
    n = 5; x, mu, c = N(r, n), N(r), r.uniform(.05, .2); f = lambda t: np.exp(-(x - t) ** 2 / 2) / np.sqrt(2 * np.pi); w = lambda t: f(t) / (f(t) + c); g = w(N(r)); G = g.sum(); m = g @ x / G; Q = lambda t: -.5 * g @ (x - t) ** 2; k = w(mu)
    return [None, None, (grad(w, mu), k * (1 - k) * (x - mu)), (1 - k, c / (f(mu) + c)), (k / (1 - k), f(mu) / c), None, None, (g @ (x - m), 0), (g @ (x - mu), G * (m - mu)), (g @ (x - mu) ** 2, g @ (x - m) ** 2 + G * (m - mu) ** 2),
            (g @ (x - m) ** 2, g @ (x - mu) ** 2, "le"), (0, G, "le"), (G, n, "le"), None, (grad(Q, mu), g @ (x - mu)), (hessian(Q, mu), -G), (Q(m) - Q(mu), G / 2 * (m - mu) ** 2)]
@check("true/007-now-symmetric.tex")
def _(r):
    n = 3; M = N(r, n, n); x, y, b, d, s = N(r, n), N(r, n), N(r, n), N(r, n), N(r); q = lambda A: lambda x: x @ A @ x; B, K = .5 * (M + M.T), M - M.T; A = M + M.T + 5 * np.diag([1, -1, 1.]); f = lambda x: .5 * x @ A @ x - b @ x; Ai = np.linalg.inv(A); x0 = Ai @ b
    return [(y @ M @ x, x @ M.T @ y), (x @ M @ x, x @ M.T @ x), (grad(q(M), x), (M + M.T) @ x), (B.T, B), (x @ B @ x, x @ M @ x), (K.T, -K), (x @ K @ x, 0), None, None, (A @ x0, b), (f(0 * x), 0), (f(x0), -.5 * b @ Ai @ b),
            (f(x0 + d), f(x0) + .5 * d @ A @ d), (f(x0 + d), f(x0 - d)), (f(s * x), s * s / 2 * x @ A @ x - s * b @ x), (grad(f, x), A @ x - b), (hessian(f, x), A), (grad(q(A), x), 2 * A @ x), (y @ A @ x, x @ A @ y)]
@check("true/008-from-zero-then-from-one.md")
def _(r):
    n = 4; a, c, x, y = N(r, n + 1), N(r), r.uniform(-.9, .9), N(r, n); p = lambda x: sum(a[i] * x ** i for i in range(n + 1)); m = y.mean(); v = np.mean((y - m) ** 2); C1 = np.full(n + 1, c)
    return [None, (p(1), a.sum()), (C1.sum(), (n + 1) * c), (np.sum(a + c), a.sum() + (n + 1) * c), (sum(x ** i for i in range(n + 1)), (1 - x ** (n + 1)) / (1 - x)), None, None, (np.sum(y - m), 0), (v, np.mean(y * y) - m * m), (np.sum(c * y), c * n * m),
            (np.sum((y - m) * (y - c)), n * v), (np.mean((y - c) ** 2), v + (m - c) ** 2), (C1[1:].sum(), n * c), (np.sum(y - c), y.sum() - n * c), (np.sum((y + c) ** 2), y @ y + 2 * c * n * m + n * c * c), (sum(x ** i for i in range(1, n + 1)), (x - x ** (n + 1)) / (1 - x))]
@check("true/009-without-the-convention.md")
def _(r):
    n = 3; a, b, x, g, d, A, B = N(r, n), N(r, n), N(r, n), N(r, n), N(r, n), N(r, n, n), N(r, n, n); I = np.eye(n); es = np.einsum; f = lambda x: np.exp(x) + x ** 3; f1 = lambda x: np.exp(x) + 3 * x * x; f2 = lambda x: np.exp(x) + 6 * x; L = lambda g, x: np.sum(g * f(x)); D = np.diag(d); J = grad(lambda x: x, x)
    return [(es("i,i", a, b), a @ b), (es("ij,j", I, a), a), (es("ii", I), n), (es("ii", A), np.trace(A)), (es("ij,ij", A, B), np.trace(A.T @ B)), (es("ii", J), n), None, (grad(lambda x: g * f(x), x), I * (g * f1(x))[:, None]), (grad(lambda g: g * f(x), g), I * f(x)),
            (grad(lambda x: L(g, x), x), g * f1(x)), (grad(lambda g: L(g, x), g), f(x)), (np.diag(hessian(lambda x: L(g, x), x)), g * f2(x)), (grad(lambda x: grad(lambda g: L(g, x), g, 1e-3), x, 1e-5), I * f1(x)),
            (D, d[:, None] * I), (D @ x, d * x), (np.diag(I), np.ones(n)), (np.diag(D), d), (np.diag(J), np.ones(n)), (np.trace(I), n)]
@check("true/010-unit-length-again.md")
def _(r):
    d = 4; w, x, c = N(r, d), N(r, d), N(r); W = np.outer(w, w); nr = np.linalg.norm; P = W / (w @ w); u = unit(r, d); U = np.outer(u, u); t = u @ x; z = N(r, d); z = z - u * (u @ z); q = x - u * t
    return [(W @ W, w @ w * W), (np.trace(W), w @ w), (nr(W @ x), nr(w) * abs(w @ x)), (nr(x - W @ x) ** 2, x @ x - 2 * (w @ x) ** 2 + (w @ x) ** 2 * (w @ w)), None, (P @ P, P), (P @ w, w), None, (abs(t), nr(x), "le"), (u @ (x + z), t), (u @ (c * x), c * t), None,
            (u @ q, 0), (nr(q) ** 2, x @ x - t * t), (U @ U, U), (np.trace(U), 1), (nr(U @ x), abs(t))]
@check("true/011-complex-then-real.md")
def _(r):
    n = 3; C = lambda *s: r.normal(size=s) + 1j * r.normal(size=s); X, Y, c = C(n), C(n), C(1)[0]; U = np.linalg.qr(C(n, n))[0]; nr = lambda x: np.sqrt(np.sum(np.abs(x) ** 2)); A, B, x, y, z, k = N(r, n, n), N(r, n, n), N(r, n), N(r, n), N(r, n), N(r)
    return [(nr(X) ** 2, X.conj() @ X), (nr(c * X), abs(c) * nr(X)), (nr(U @ X), nr(X)), (abs(X @ X), nr(X) ** 2, "le"), (Y.conj() @ X, np.conj(X.conj() @ Y)), (A @ (x + y), A @ x + A @ y), (A @ (k * x), k * (A @ x)), ((A @ B).T, B.T @ A.T), ((A @ x) @ y, x @ A.T @ y),
            (A @ x, np.array([sum(A[j, i] * x[i] for i in range(n)) for j in range(n)])), (x @ y, y @ x), (x @ (y + z), x @ y + x @ z), (nr(x) ** 2, x @ x), (nr(A @ x) ** 2, x @ A.T @ A @ x), (grad(lambda x: np.sum((A @ x) ** 2), x), 2 * A.T @ A @ x),
            (nr(x + y) ** 2, nr(x) ** 2 + 2 * x @ y + nr(y) ** 2), (x @ y, .25 * nr(x + y) ** 2 - .25 * nr(x - y) ** 2)]
@check("true/012-sum-norm-then-length.md")
def _(r):
    n, m = 3, 5; x, y, d, c, A, b, l = N(r, n), N(r, n), N(r, n), N(r), N(r, m, n), N(r, m), .7; s = lambda x: np.abs(x).sum(); p = r.uniform(.2, 2, n); nr = lambda x: np.sqrt(np.sum(x * x)); F = lambda x: .5 * nr(A @ x - b) ** 2; x0 = np.linalg.solve(A.T @ A, A.T @ b)
    return [(s(x + y), s(x) + s(y), "le"), (s(c * x), abs(c) * s(x)), (x @ x, s(x) ** 2, "le"), (s(p), p.sum()), (grad(s, p), np.ones(n)), (grad(lambda x: s(x) ** 2, p), 2 * s(p) * np.ones(n)), None, (F(x), .5 * x @ A.T @ A @ x - b @ A @ x + .5 * b @ b),
            (grad(F, x), A.T @ (A @ x - b)), (hessian(F, x), A.T @ A), (d @ A.T @ A @ d, nr(A @ d) ** 2), (grad(F, x0), 0 * x0), (F(x) - F(x0), .5 * nr(A @ (x - x0)) ** 2), None, (grad(lambda x: nr(x) ** 2, x), 2 * x), (grad(lambda x: nr(x) ** 2, x), 2 * x),
            (grad(lambda x: F(x) + l / 2 * nr(x) ** 2, x), A.T @ (A @ x - b) + l * x), (grad(nr, x), x / nr(x))]

SIGN = re.compile(r"\\(?:leq?|geq?|neq?|approx|propto|equiv)(?![A-Za-z])|[=<>]")
DISPLAY = re.compile(r"\$\$(.*?)\$\$|\\\[(.*?)\\\]|\\begin\{(?:align|equation)\*?\}(.*?)\\end\{(?:align|equation)\*?\}", re.S)
def relations(text):
    """The position of each relation sign of a display that is not inside braces or brackets."""
    out = []
    for m in DISPLAY.finditer(text):
        depth, i = 0, m.start()
        while i < m.end():
            s = SIGN.match(text, i)
            if s and depth == 0: out.append(i); i = s.end(); continue
            if text[i] in "{([": depth += 1
            if text[i] in "})]": depth -= 1
            i += 2 if text[i] == "\\" and text[i + 1] in "[]\\" else 1
        assert depth == 0, text[m.start():m.end()]
    return out

def judge(row):
    text = open(os.path.join(HERE, row["file"])).read(); rel = relations(text); bad = []
    false = row["truth"] == "false"; wrong = []
    line = lambda k: text.count("\n", 0, k) + 1
    if false:
        if text.count(row["claim"]) != 1: bad.append("claim not found exactly once")
        p = text.find(row["claim"])
        wrong = [i for i, k in enumerate(rel) if p <= k < p + len(row["claim"])]
        if len(wrong) != 1 or str(line(rel[wrong[0]])) != row["line"]: bad.append("claim is not one relation at its line")
    if not 12 <= len(rel) <= 40: bad.append(f"{len(rel)} relations")
    fails = 0
    for seed in range(10):
        res = []
        for c in CHECKS[row["file"]](np.random.default_rng(seed)): res += c if isinstance(c, list) else [c]
        if len(res) != len(rel): bad.append(f"{len(res)} checks, {len(rel)} relations"); break
        for i, c in enumerate(res):
            if c is None:
                if i in wrong: bad.append("the false claim has no check")
                continue
            a, b = np.asarray(c[0]), np.asarray(c[1])
            if a.shape != b.shape: d = np.inf
            elif c[2:] == ("le",): d = np.max(a - b)
            else: d = np.max(np.abs(a - b)) / (1 + np.max(np.abs(b)))
            if i in wrong: fails += bool(d > 1e-3)
            elif not d < (2e-3 if c[2:] == ("near",) else 1e-5): bad.append(f"line {line(rel[i])} differs by {d:.2g}, seed {seed}")
    if false and fails < 10: bad.append(f"the false claim failed at {fails} of 10 points only")
    return bad, fails, len(rel)

def main():
    rows = list(csv.DictReader(open(os.path.join(HERE, "oracle.csv")))); ok = True
    files = {f"{d}/{f}" for d in ("false", "true") for f in os.listdir(os.path.join(HERE, d))}
    if not files == set(CHECKS) == {r["file"] for r in rows}: print("files, rows and checks differ"); ok = False
    for row in rows:
        bad, fails, n = judge(row); ok &= not bad
        print(row["file"], row["truth"], f"{n} relations", f"false claim failed {fails}/10" if row["truth"] == "false" else "",
              "; ".join(bad) or "ok")
    return 0 if ok else 1

if __name__ == "__main__":
    sys.exit(main())
