"""Checks each document of this folder with numbers: the false claim fails, the other displayed claims hold.
check(rng) returns one entry per relation in a display, in order: None for a definition or hypothesis,
else (left, right[, "le"])."""
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

sig = lambda z: 1 / (1 + np.exp(-z))
relu = lambda z: np.maximum(z, 0)
def softmax(z): e = np.exp(z - z.max()); return e / e.sum()
N = lambda r, *s: r.normal(size=s) if s else float(r.normal())
def unit(r, n): u = N(r, n); return u / np.linalg.norm(u)

@check("false/001-dropped-unit-norm.md")
def _(r):
    S = N(r, 4, 4); S = S + S.T; u = N(r, 4) * 2; l = N(r)
    L = lambda u: u @ S @ u - l * (u @ u - 1)
    return [None, (grad(L, u), 2 * S @ u - 2 * l * u), (u @ S @ u / (u @ u), u @ S @ u)]
@check("false/002-two-problems.md")
def _(r):
    n = 4; w = N(r, n); w1 = w - w.mean() + 1 / n
    g = lambda w: np.sum((w - 1 / n) ** 2)
    return [(g(w1), w1 @ w1 - 1 / n), (grad(g, w), 2 * w - 2 / n), (g(w), w @ w - 1 / n)]
@check("false/003-before-normalizing.md")
def _(r):
    p = r.uniform(.2, 3, 4); a = N(r, 4); c = 1 + r.uniform(); q = p / p.sum()
    g = lambda p: np.sum(p * (a + c))
    return [(grad(g, p), a + c), (g(p), c + p @ a), (np.sum(q * (a - c)), q @ a - c)]
@check("false/004-ball.md")
def _(r):
    y = N(r, 3); w = unit(r, 3) * r.uniform(0, .9); f = np.sum((y - w) ** 2)
    return [(f, y @ y - 2 * w @ y + w @ w), (f, y @ y - 2 * w @ y + 1, "le"), (f, y @ y - 2 * w @ y + 1)]
@check("false/005-orthonormal-columns.md")
def _(r):
    Q = np.linalg.qr(N(r, 5, 2))[0]; X = N(r, 5, 3); P = Q @ Q.T
    return [(P @ P, P), (np.sum((X - P @ X) ** 2), np.trace(X.T @ X) - np.trace(X.T @ P @ X)), (P, np.eye(5))]
@check("false/006-alternating.md")
def _(r):
    X = N(r, 5, 4); V = N(r, 4, 2); U0 = N(r, 5, 2); U = X @ V @ np.linalg.inv(V.T @ V)
    J = lambda U: .5 * np.sum((X - U @ V.T) ** 2)
    assert np.abs(grad(J, U)).max() < 1e-6
    return [None, (grad(J, U0), (U0 @ V.T - X) @ V), (U @ V.T @ V, X @ V), (V @ U.T @ U, X.T @ U)]
@check("false/007-train-and-test.md")
def _(r):
    X, y, Z, t = N(r, 6, 3), N(r, 6), N(r, 5, 3), N(r, 5)
    L = lambda w: .5 * np.sum((X @ w - y) ** 2); T = lambda w: .5 * np.sum((Z @ w - t) ** 2)
    v = N(r, 3); w = np.linalg.lstsq(X, y, rcond=None)[0]; assert np.abs(grad(L, w)).max() < 1e-6
    return [(grad(L, v), X.T @ (X @ v - y)), (grad(T, v), Z.T @ (Z @ v - t)), (X.T @ X @ w, X.T @ y), (Z.T @ Z @ w, Z.T @ t)]
@check("false/008-at-the-minimum.md")
def _(r):
    a = 1 + r.uniform(); x = a + 1 + r.uniform(); f = lambda x: x * x - 2 * a * x
    grid = np.linspace(a - 2, a + 2, 4001); x0 = grid[f(grid).argmin()]
    return [(grad(f, x), 2 * x - 2 * a), (x0, a), (f(x0), -a * a), (f(x), -x * x)]
@check("false/009-known-mean.md")
def _(r):
    n = 6; x = N(r, n) + 3; mu = 1.; v = .5 + r.uniform(); q = np.sum((x - mu) ** 2)
    l = lambda v: -n / 2 * np.log(v) - q / (2 * v); h = q / n
    assert abs(grad(l, h)) < 1e-6
    return [None, (grad(l, v), -n / (2 * v) + q / (2 * v * v)), (h, np.mean((x - mu) ** 2)), (h, np.mean(x * x) - mu ** 2)]
@check("false/010-mean-squared-error.md")
def _(r):
    X, y, v = N(r, 6, 3), N(r, 6), N(r, 3); L = lambda w: np.mean((y - X @ w) ** 2)
    w = np.linalg.lstsq(X, y, rcond=None)[0]; assert np.abs(grad(L, w)).max() < 1e-6
    return [(grad(L, v), 2 * X.T @ (X @ v - y)), (X.T @ X @ w, X.T @ y)]
@check("false/011-unbiased.md")
def _(r):
    n = 5; x = N(r, n) * 2; q = np.sum((x - x.mean()) ** 2); vh = q / (n - 1); v = .5 + r.uniform()
    l = lambda v: -n / 2 * np.log(v) - q / (2 * v); v0 = q / n; assert abs(grad(l, v0)) < 1e-6
    return [None, (grad(l, v), -n / (2 * v) + (n - 1) * vh / (2 * v * v)), (v0, (n - 1) / n * vh), (vh, q / n)]
@check("false/012-one-hot-then-counts.md")
def _(r):
    z = N(r, 4); s = softmax(z); L = lambda y: lambda z: -np.sum(y * np.log(softmax(z)))
    t = np.eye(4)[r.integers(4)]; y = r.integers(1, 5, 4).astype(float)
    return [(grad(L(t), z), s - t), (grad(L(y), z), s * y.sum() - y), (grad(L(y), z), s - y)]
def hessian(f, x): return grad(lambda x: grad(f, x, 1e-3), x, 1e-3)
@check("false/013-symmetric-then-general.md")
def _(r):
    A = N(r, 3, 3); S = A + A.T; x = N(r, 3); f = lambda A: lambda x: x @ A @ x
    return [(grad(f(S), x), 2 * S @ x), (grad(f(A), x), (A + A.T) @ x), (hessian(f(A), x), 2 * A)]
@check("false/014-positive-x.md")
def _(r):
    f = lambda x: abs(x) ** 3; x = .5 + r.uniform(); m = -x
    return [(f(x), x ** 3), (grad(f, x), 3 * x * x), (f(m), -m ** 3), (grad(f, m), 3 * m * m)]
@check("false/015-not-orthonormal.md")
def _(r):
    X = N(r, 5, 2); y = N(r, 5); Q = np.linalg.qr(X)[0]; ols = lambda X: np.linalg.inv(X.T @ X) @ X.T @ y
    return [(ols(Q), Q.T @ y), (X @ ols(X), X @ np.linalg.inv(X.T @ X) @ X.T @ y), (y - X @ ols(X), (np.eye(5) - X @ X.T) @ y)]
@check("false/016-hard-and-soft-labels.md")
def _(r):
    t = float(r.integers(2)); y = r.uniform(.1, .9); p = N(r)
    return [((t - p) ** 2, t * (1 - 2 * p) + p * p), (grad(lambda p: (y - p) ** 2, p), 2 * (p - y)), ((y - p) ** 2, y - 2 * y * p + p * p)]
@check("false/017-sigma-standard-deviation.md")
def _(r):
    z, c, s = N(r), N(r), 1 + r.uniform()
    return [(grad(sig, z), sig(z) * (1 - sig(z))), (grad(lambda z: c + s * z, z), s),
            (grad(lambda z: s * (z - c), z), s * (z - c) * (1 - s * (z - c)))]
@check("false/018-hidden-tanh.md")
def _(r):
    v, h, W, x = N(r, 3), N(r, 3), N(r, 3, 2), N(r, 2); p = sig(v @ h); a = np.tanh(W @ x)
    G = grad(lambda W: np.tanh(W @ x), W)
    return [(grad(lambda v: sig(v @ h), v), p * (1 - p) * h), (np.array([G[i, i] for i in range(3)]), (1 - a ** 2)[:, None] * x),
            (grad(lambda x: np.tanh(W @ x), x), (a * (1 - a))[:, None] * W)]
@check("false/019-such-as-the-sigmoid.md")
def _(r):
    w, x, y = N(r, 3), N(r, 3), N(r); a = np.tanh(w @ x); d = 1 - a * a; s = sig(w @ x)
    L = lambda w: .5 * (np.tanh(w @ x) - y) ** 2; M = lambda w: .5 * (sig(w @ x) - y) ** 2
    return [(grad(lambda a: .5 * (a - y) ** 2, a), a - y),
            (np.r_[grad(L, w), grad(M, w)], np.r_[(a - y) * d * x, (s - y) * s * (1 - s) * x]),
            (grad(L, w), (a - y) * a * (1 - a) * x)]
@check("false/020-not-the-sigmoid.md")
def _(r):
    z = N(r) * 3
    return [(relu(z) - relu(-z), z), (relu(z) + relu(-z), abs(z)), (relu(-z), 1 - relu(z))]
@check("false/021-bits.md")
def _(r):
    p = r.uniform(.2, .8); H = lambda p: -p * np.log2(p) - (1 - p) * np.log2(1 - p)
    return [None, (grad(H, p), np.log2(1 - p) - np.log2(p)), (grad(lambda p: grad(H, p, 1e-4), p, 1e-4), -1 / (p * (1 - p)))]
@check("false/022-orthogonal.md")
def _(r):
    a, b = N(r, 3), N(r, 3); b = b - a * (a @ b) / (a @ a); M = np.outer(a, b); assert abs(a @ b) < 1e-12
    return [None, (np.trace(M), 0), (M @ M, np.zeros((3, 3))), (M, np.zeros((3, 3)))]
@check("false/023-minibatch.md")
def _(r):
    n, B = 6, 3; X, y, w, c = N(r, n, 2), N(r, n), N(r, 2), N(r)
    L = lambda b: .5 * np.sum((y - X @ w - b) ** 2); b = np.mean(y - X @ w); assert abs(grad(L, b)) < 1e-6
    return [None, (grad(L, c), -np.sum(y - X @ w - c)), (n * b, np.sum(y - X @ w)), (B * b, np.sum((y - X @ w)[:B]))]
@check("false/024-data-vectors.md")
def _(r):
    X, y, w = N(r, 5, 3), N(r, 5), N(r, 3); L = lambda w: .5 * np.sum((X @ w - y) ** 2)
    return [None, (grad(L, w), sum((w @ x - t) * x for x, t in zip(X, y))), (grad(L, w), sum(x @ x for x in X) * w - X.T @ y)]
@check("false/025-true-class.md")
def _(r):
    z = N(r, 4); c = r.integers(4); p = softmax(z); G = grad(lambda z: -np.log(softmax(z)[c]), z)
    return [(G[c], p[c] - 1), (G.sum(), 0), (G, p - 1)]
@check("false/026-at-e.md")
def _(r):
    f = lambda x: x * np.log(x); x = .2 + r.uniform()
    return [(grad(f, x), np.log(x) + 1), (grad(f, np.e), 2), (f(np.e), np.e), (x * grad(f, x), 2 * f(x))]

@check("true/001-householder.md")
def _(r):
    I = np.eye(4); H = lambda u: I - 2 * np.outer(u, u); u = unit(r, 4); v = N(r, 4)
    return [(H(u) @ u, -u), (H(u).T @ H(u), I), (H(v) @ v, (1 - 2 * v @ v) * v), (H(v).T @ H(v), I - 4 * (1 - v @ v) * np.outer(v, v))]
@check("true/002-both-estimates.md")
def _(r):
    n = 6; x = N(r, n) + 2; m, v = N(r), .5 + r.uniform()
    l = lambda q: -n / 2 * np.log(q[1]) - np.sum((x - q[0]) ** 2) / (2 * q[1])
    G = grad(l, [m, v]); mh = x.mean(); vh = np.mean((x - mh) ** 2); assert np.abs(grad(l, [mh, vh])).max() < 1e-5
    return [None, (G[0], np.sum(x - m) / v), (G[1], -n / (2 * v) + np.sum((x - m) ** 2) / (2 * v * v)),
            (mh, np.sum(x) / n), (vh, np.sum((x - mh) ** 2) / n), (vh, np.sum(x * x) / n - mh ** 2)]
@check("true/003-quadratic-forms.md")
def _(r):
    A = N(r, 3, 3); S = A + A.T; x = N(r, 3); f = lambda A: lambda x: x @ A @ x
    return [(grad(f(S), x), 2 * S @ x), (grad(f(A), x), (A + A.T) @ x), (hessian(f(A), x), A + A.T)]
@check("true/004-two-sigmas.md")
def _(r):
    z, q, s = N(r), N(r), 1 + r.uniform()
    return [(grad(sig, z), sig(z) * (1 - sig(z))), None, (grad(lambda s: -np.log(s) - q * q / (2 * s * s), s), -1 / s + q * q / s ** 3)]
@check("true/005-class-index.md")
def _(r):
    z = N(r, 4); c = r.integers(4); p = softmax(z); G = grad(lambda z: -np.log(softmax(z)[c]), z)
    return [(G, p - np.eye(4)[c]), (G[c], p[c] - 1), (G.sum(), 0)]
@check("true/006-alternating.md")
def _(r):
    X, U, V = N(r, 5, 4), N(r, 5, 2), N(r, 4, 2); J = lambda U, V: .5 * np.sum((X - U @ V.T) ** 2)
    W = X.T @ U @ np.linalg.inv(U.T @ U); assert np.abs(grad(lambda V: J(U, V), W)).max() < 1e-6
    return [None, (grad(lambda U: J(U, V), U), (U @ V.T - X) @ V), (grad(lambda V: J(U, V), V), (V @ U.T - X.T) @ U), (W @ U.T @ U, X.T @ U)]
@check("true/007-determinant.md")
def _(r):
    d = np.linalg.det; B = N(r, 3, 3); A = N(r, 3, 3); A[0] *= -2 / d(A)
    return [(d(2 * A), -16), (d(A.T @ A), 4), (d(2 * B), 8 * d(B)), (d(B.T @ B), d(B) ** 2)]
@check("true/008-tanh.md")
def _(r):
    z = N(r); s = np.tanh
    return [(grad(s, z), 1 - s(z) ** 2), (s(-z), -s(z)), (s(2 * z), 2 * s(z) / (1 + s(z) ** 2))]
@check("true/009-entries-and-data.md")
def _(r):
    x = N(r, 4); X, y, w = N(r, 5, 3), r.choice([-1., 1.], 5), N(r, 3)
    L = lambda w: np.sum(np.log(1 + np.exp(-y * (X @ w))))
    return [(grad(lambda x: .5 * x @ x, x), x), None, (grad(L, w), -sum(t * v / (1 + np.exp(t * w @ v)) for v, t in zip(X, y)))]
@check("true/010-hard-and-soft-labels.md")
def _(r):
    t = float(r.integers(2)); y = r.uniform(0, 1); p = N(r); Y = np.array([t, y])
    return [((t - p) ** 2, t * (1 - 2 * p) + p * p), ((y - p) ** 2, y * y - 2 * y * p + p * p),
            (grad(lambda p: (Y - p) ** 2, p), 2 * (p - Y))]

def relations(text):
    """(line, formula) of each relation: one per display, or per part between \\qquad."""
    out = []
    for k, l in enumerate(text.split("\n"), 1):
        m = re.match(r"^\$\$(.*)\$\$$", l)
        if m: out += [(k, p.strip(" .,")) for p in m[1].split(r"\qquad")]
    return out

def judge(row):
    text = open(os.path.join(HERE, row["file"])).read(); rel = relations(text); bad = []
    false = row["truth"] == "false"
    wrong = [i for i, (k, p) in enumerate(rel) if false and str(k) == row["line"] and p == row["claim"]]
    if len(wrong) != false: bad.append("claim not found at its line")
    fails = 0
    for seed in range(10):
        res = CHECKS[row["file"]](np.random.default_rng(seed))
        if len(res) != len(rel): bad.append(f"{len(res)} checks, {len(rel)} relations"); break
        for i, c in enumerate(res):
            if c is None: continue
            a, b = np.asarray(c[0], float), np.asarray(c[1], float)
            if len(c) == 3: d = np.max(a - b)
            else: d = np.max(np.abs(a - b)) / (1 + np.max(np.abs(b)))
            if i in wrong: fails += d > 1e-3
            elif not d < 1e-5: bad.append(f"line {rel[i][0]} differs by {d:.2g}, seed {seed}")
    if false and fails < 9: bad.append(f"the false claim failed at {fails} of 10 points only")
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
