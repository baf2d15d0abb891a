"""Checks every displayed claim of the documents in false/ and true/ by direct computation."""

import csv
import itertools
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
TRIALS = 8
mp = np.linalg.matrix_power
dg = np.diag


def sig(z):
    return 1 / (1 + np.exp(-z))


def jac(f, x):
    """Complex-step derivative, shape f.shape + x.shape."""
    x = np.asarray(x, float)
    cols = []
    for idx in np.ndindex(x.shape):
        xc = x.astype(complex)
        xc[idx] += 1e-30j
        cols.append(np.imag(np.array(f(xc))) / 1e-30)
    c = np.array(cols)
    fs = c.shape[1:]
    return np.moveaxis(c.reshape((-1,) + fs), 0, -1).reshape(fs + x.shape)


def fd(f, x, h=1e-6):
    """Central difference quotient of a function of one number."""
    return (f(x + h) - f(x - h)) / (2 * h)


def chain(ms, n):
    """Product of the matrices, the first one leftmost."""
    p = np.eye(n)
    for m in ms:
        p = p @ m
    return p


def close(a, b, tol=1e-8):
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    s = max(1e-3, float(np.max(np.abs(a), initial=0)), float(np.max(np.abs(b), initial=0)))
    return bool(np.max(np.abs(a - b), initial=0) <= tol * s)


def displays(path):
    """List of lists of (line number, formula text), one per display."""
    out, inside = [], None
    with open(path, encoding="utf-8") as fh:
        for no, line in enumerate(fh, 1):
            s = line.strip()
            if inside is not None:
                if s.endswith("$$"):
                    if s[:-2].strip():
                        inside.append((no, s[:-2].strip()))
                    out.append(inside)
                    inside = None
                elif s:
                    inside.append((no, s))
            elif s.startswith("$$"):
                if len(s) > 4 and s.endswith("$$"):
                    out.append([(no, s[2:-2].strip())])
                else:
                    inside = [(no, s[2:].strip())] if s[2:].strip() else []
            elif "$$" in s:
                raise ValueError(f"{path}:{no}: display inside text")
    assert inside is None, path
    return out


class Ctx:
    def __init__(self, path):
        self.lines = [x for d in displays(path) for x in d]
        self.given, self.res, self.err = set(), {}, []

    def _line(self, anchor):
        hit = [no for no, s in self.lines if anchor in s]
        if len(hit) != 1:
            self.err.append(f"anchor {anchor!r} occurs {len(hit)} times")
            return None
        return hit[0]

    def g(self, *anchors):
        for a in anchors:
            self.given.add(self._line(a))

    def ok(self, anchor, flag):
        self.res.setdefault(self._line(anchor), []).append(bool(flag))

    def c(self, anchor, first, *others, tol=1e-8):
        self.ok(anchor, all(close(first, o, tol) for o in others))


def rnn(W, U, x, b, h0, T):
    h = [np.asarray(h0)]
    for t in range(1, T + 1):
        h.append(np.tanh(W @ h[-1] + U @ x[t] + b))
    return h


# ---------------------------------------------------------------------------------------------


def d001(d, r, T, n):
    w, u, h0 = r.normal(size=3)
    x, y = r.normal(size=T + 1), r.normal(size=T + 1)

    def run(h0=h0, w=w, u=u):
        h = [h0]
        for t in range(1, T + 1):
            h.append(np.tanh(w * h[-1] + u * x[t]))
        return np.array(h)

    h = run()
    P = lambda t: np.prod([1 - h[j] ** 2 for j in range(1, t + 1)])
    d.g(r"h_t = \tanh", r"L = \frac12")
    d.c(
        r"\frac{\partial h_t}{\partial h_{t-1}}",
        [jac(lambda s: np.tanh(w * s + u * x[t]), h[t - 1]) for t in range(1, T + 1)],
        [w * (1 - h[t] ** 2) for t in range(1, T + 1)],
    )
    d.c(
        r"\frac{\partial h_t}{\partial h_0} =", jac(lambda s: run(h0=s), h0)[1:], [w**t * P(t) for t in range(1, T + 1)]
    )
    d.c(
        r"\frac{\partial L}{\partial h_0}",
        jac(lambda s: 0.5 * sum((run(h0=s) - y) ** 2), h0),
        sum((h[t] - y[t]) * w**t * P(t) for t in range(1, T + 1)),
    )
    du = jac(lambda s: run(h0=h0 + 0 * s, u=s), u)
    d.c(r"\frac{d h_t}{d u}", du[1:], [(1 - h[t] ** 2) * (x[t] + w * du[t - 1]) for t in range(1, T + 1)])


def d002(d, r, T, n):
    a, b = r.normal(size=2) * 2
    x = r.normal(size=T + 1)

    def run(a):
        s = [0 * a]
        for t in range(1, T + 1):
            s.append(sig(a * s[-1] + b * x[t]))
        return np.array(s)

    s, ds = run(a), jac(run, a)
    q = s * (1 - s)
    imm = [0] + [jac(lambda z: sig(z * s[t - 1] + b * x[t]), a) for t in range(1, T + 1)]
    d.g(r"s_t = \sigma(")
    d.c(r"= s_t (1 - s_t)\, s_{t-1}", imm[1:], [q[t] * s[t - 1] for t in range(1, T + 1)])
    d.c(r"\frac{\partial^{+} s_t}{\partial a} + a", ds[1:], [imm[t] + a * q[t] * ds[t - 1] for t in range(1, T + 1)])
    d.c(
        r"\sum_{k=1}",
        ds[T],
        sum(np.prod([a * q[j] for j in range(k + 1, T + 1)]) * q[k] * s[k - 1] for k in range(1, T + 1)),
    )
    d.c(r"\sum_{k=2}", ds[T], sum(a ** (T - k) * s[k - 1] * np.prod(q[k : T + 1]) for k in range(2, T + 1)))
    d.c(r"\frac{d s_2}{d a}", ds[2], imm[2], q[2] * s[1])


def d003(d, r, T, n):
    m = n + 1
    W, U, b = r.normal(size=(n, n)), r.normal(size=(n, m)), r.normal(size=n)
    x, h0, c = r.normal(size=(T + 1, m)), r.normal(size=n), r.normal(size=n)
    h = rnn(W, U, x, b, h0, T)
    ell = lambda s: np.sum(c * s + np.sin(s) * s)

    def cont(s, k, W=W, b=b):
        for t in range(k + 1, T + 1):
            s = np.tanh(W @ s + U @ x[t] + b)
        return s

    D = [None] + [dg(1 - h[t] ** 2) for t in range(1, T + 1)]
    G = [jac(lambda s: ell(cont(s, t)), h[t]) for t in range(T + 1)]
    d.g(r"h_t = \tanh(")
    for t in range(1, T + 1):
        d.c(r"\frac{\partial h_t}{\partial h_{t-1}}", jac(lambda s: np.tanh(W @ s + U @ x[t] + b), h[t - 1]), D[t] @ W)
        d.c(r"\nabla_{h_{t-1}} \ell", G[t - 1], W.T @ D[t] @ G[t])
    for k in range(1, T):
        d.c(
            r"\frac{\partial h_T}{\partial h_k}",
            jac(lambda s: cont(s, k), h[k]),
            chain([D[t] @ W for t in range(T, k - 1, -1)], n),
        )
    d.c(r"\nabla_{b}", jac(lambda z: ell(cont(h0, 0, b=z)), b), sum(D[t] @ G[t] for t in range(1, T + 1)))
    d.c(
        r"\nabla_{W}",
        jac(lambda z: ell(cont(h0, 0, W=z)), W),
        sum(np.outer(D[t] @ G[t], h[t - 1]) for t in range(1, T + 1)),
    )


def d004(d, r, K, n):
    m = n + 1
    M, B = r.normal(size=(n, n)), r.normal(size=(m, n))
    x0, u, ref = r.normal(size=(1, n)), r.normal(size=(K, 1, m)), r.normal(size=(1, n))

    def run(x0=x0, u=u, M=M, B=B):
        x = [x0]
        for t in range(K):
            x.append(x[-1] @ M + u[t] @ B)
        return x

    J = lambda **k: 0.5 * np.sum((run(**k)[K] - ref) ** 2)
    x = run()
    e = x[K] - ref
    d.g(r"x_{t+1} = x_t M")
    d.c(r"x_K = x_0 M^K", x[K], x0 @ mp(M, K) + sum(u[t] @ B @ mp(M, K - 1 - t) for t in range(K)))
    d.c(r"\frac{\partial J}{\partial x_0}", jac(lambda z: J(x0=z), x0), e @ mp(M.T, K))
    du = jac(lambda z: J(u=z), u)
    d.c(r"\frac{\partial J}{\partial u_t}", du, [e @ mp(M.T, K - 1 - t) @ B.T for t in range(K)])
    d.c(
        r"\frac{\partial J}{\partial M}",
        jac(lambda z: J(M=z), M),
        sum(x[t].T @ e @ mp(M.T, K - 1 - t) for t in range(K)),
    )
    d.c(
        r"\frac{\partial J}{\partial B}",
        jac(lambda z: J(B=z), B),
        sum(u[t].T @ e @ mp(M.T, K - 1 - t) for t in range(K)),
    )


def d005(d, r, N, n):
    m, p = 2, 3
    A, B, C = r.normal(size=(n, n)), r.normal(size=(n, m)), r.normal(size=(p, n))
    x0, u, uc = r.normal(size=n), r.normal(size=(N, m)), r.normal(size=m)

    def run(u, steps=N):
        x = x0
        for k in range(steps):
            x = A @ x + B @ u[k]
        return x

    d.g(r"x_{k+1} = A x_k")
    d.c(r"x_2 =", run(u, 2), A @ A @ x0 + A @ B @ u[0] + B @ u[1])
    d.c(r"x_N = A^N x_0 + \sum", run(u), mp(A, N) @ x0 + sum(mp(A, N - k - 1) @ B @ u[k] for k in range(N)))
    d.c(r"y_N = C A^N", C @ run(u), C @ mp(A, N) @ x0 + sum(C @ mp(A, j) @ B @ u[N - j] for j in range(1, N + 1)))
    Ju = jac(lambda z: C @ run(z), u)
    for k in range(N):
        d.c(r"\frac{\partial y_N}", Ju[:, k, :], C @ mp(A, N - 1 - k) @ B)
    d.c(
        r"(I - A)^{-1}",
        run([uc] * N),
        mp(A, N) @ x0 + np.linalg.solve(np.eye(n) - A, (np.eye(n) - mp(A, N)) @ B @ uc),
        tol=1e-6,
    )


def d006(d, r, T, n):
    S = r.normal(size=(n, n))
    S = 0.4 * (S + S.T)
    x0, f, dat = r.normal(size=n), r.normal(size=(T, n)), r.normal(size=(T + 1, n))

    def run(x0, f):
        x = [x0]
        for t in range(T):
            x.append(S @ x[-1] + f[t])
        return x

    J = lambda x0, f: 0.5 * sum(np.sum((run(x0, f)[t] - dat[t]) ** 2) for t in range(1, T + 1))
    x = run(x0, f)
    lam = {T: x[T] - dat[T]}
    for t in range(T - 1, 0, -1):
        lam[t] = S @ lam[t + 1] + x[t] - dat[t]
    d.g(r"x_{t+1} = S x_t", r"J = \frac12", r"\lambda_t = S \lambda_{t+1}")
    for t in range(1, T + 1):
        d.c(r"\lambda_t = \sum", lam[t], sum(mp(S, s - t) @ (x[s] - dat[s]) for s in range(t, T + 1)))
    d.c(r"\frac{\partial J}{\partial f_t}", jac(lambda z: J(x0, z), f), [lam[t + 1] for t in range(T)])
    d.c(
        r"\frac{\partial J}{\partial x_0}",
        jac(lambda z: J(z, f), x0),
        S @ lam[1],
        sum(mp(S, t) @ (x[t] - dat[t]) for t in range(1, T + 1)),
    )
    fc = r.normal(size=n)
    x = run(x0, [fc] * T)
    l, tot = 0, 0
    for t in range(T, 0, -1):
        l = (S @ l if t < T else 0) + x[t] - dat[t]
        tot = tot + l
    d.c(r"\frac{\partial J}{\partial f} ", jac(lambda z: J(x0, [z] * T), fc), tot)


def d007(d, r, N, n):
    m = 2
    sym = lambda k: (lambda M: M + M.T)(r.normal(size=(k, k)))
    A, B, Q, R, Qf = r.normal(size=(n, n)), r.normal(size=(n, m)), sym(n), sym(m), sym(n)
    x0, u = r.normal(size=n), r.normal(size=(N, m))

    def run(x0, u):
        x = [x0]
        for t in range(N):
            x.append(A @ x[-1] + B @ u[t])
        return x

    def J(x0, u):
        x = run(x0, u)
        return 0.5 * x[N] @ Qf @ x[N] + 0.5 * sum(x[t] @ Q @ x[t] + u[t] @ R @ u[t] for t in range(N))

    x = run(x0, u)
    lam = [None] * N + [Qf @ x[N]]
    for t in range(N - 1, -1, -1):
        lam[t] = Q @ x[t] + A.T @ lam[t + 1]
    gu = jac(lambda z: J(x0, z), u)
    d.g(r"J = \frac12", r"\lambda_t = Q x_t")
    d.c(r"\nabla_{u_t} J", gu, [R @ u[t] + B.T @ lam[t + 1] for t in range(N)])
    for t in range(N):
        d.c(
            r"\lambda_t = (A^\top)^{N-t}",
            lam[t],
            mp(A.T, N - t) @ Qf @ x[N] + sum(mp(A, s - t) @ Q @ x[s] for s in range(t, N)),
        )
    d.c(r"\nabla_{u_{N-1}}", gu[N - 1], R @ u[N - 1] + B.T @ Qf @ x[N])
    d.c(r"\nabla_{x_0} J", jac(lambda z: J(z, u), x0), lam[0])


def d008(d, r, T, n):
    be, b2, eta, gc = r.uniform(0.1, 0.95), r.uniform(0.1, 0.95), r.uniform(0.01, 1), r.uniform(0.1, 3)
    g = r.normal(size=T + 1)
    m, mh, prev = [], [], 0
    for t in range(T + 1):
        prev = be * prev + (1 - be) * g[t]
        m.append(prev)
        mh.append(prev / (1 - be ** (t + 1)))
    d.g(r"m_t = \beta m_{t-1}", r"\hat m_t = \frac{m_t}")
    rg = range(T + 1)
    d.c(r"m_t = (1-\beta) \sum", m, [(1 - be) * sum(be ** (t - i) * g[i] for i in range(t + 1)) for t in rg])
    d.c(
        r"(1-\beta) \sum_{i=0}^{t} \beta^{t-i} =",
        [(1 - be) * sum(be ** (t - i) for i in range(t + 1)) for t in rg],
        [1 - be ** (t + 1) for t in rg],
    )
    d.c(
        r"\hat m_t = \hat m_{t-1}",
        mh[1:],
        [mh[t - 1] + (1 - be) / (1 - be ** (t + 1)) * (g[t] - mh[t - 1]) for t in rg[1:]],
    )
    th, mm, vv = 0.7, 0, 0
    for t in range(T):
        mm, vv = be * mm + (1 - be) * gc, b2 * vv + (1 - b2) * gc**2
        th -= eta * (mm / (1 - be ** (t + 1))) / np.sqrt(vv / (1 - b2 ** (t + 1)))
        d.c(r"\theta_t = \theta_0", th, 0.7 - eta * (t + 1))


def d009(d, r, T, n):
    b1, b2, gc = r.uniform(0.1, 0.95), r.uniform(0.1, 0.95), r.normal()
    g = r.normal(size=T + 1)

    def ema(g, be):
        m = [0 * g[1]]
        for t in range(1, T + 1):
            m.append(be * m[-1] + (1 - be) * g[t])
        return np.array(m)

    m = ema(g, b1)
    rg = range(1, T + 1)
    d.g(r"m_t = \beta_1 m_{t-1}", r"\hat m_t = \frac{m_t}")
    d.c(r"g_{t-k}", m[1:], [(1 - b1) * sum(b1**k * g[t - k] for k in range(t)) for t in rg])
    d.c(r"= 1 - \beta_1^{t}", [(1 - b1) * sum(b1**k for k in range(t)) for t in rg], [1 - b1**t for t in rg])
    J = jac(lambda z: ema(z, b1), g)
    for t in rg:
        d.c(r"\frac{\partial \hat m_t}", J[t, 1] / (1 - b1**t), (1 - b1) * b1**t / (1 - b1**t))
    mc, vc = ema([gc] * (T + 1), b1), ema([gc**2] * (T + 1), b2)
    d.c(r"\operatorname{sign}", mc[1:] / np.sqrt(vc[1:]), [(1 - b1**t) / np.sqrt(1 - b2**t) * np.sign(gc) for t in rg])


def d010(d, r, T, n):
    al = r.uniform(0.1, 0.9)

    def run(x):
        s = [x[0]]
        for t in range(1, T + 1):
            s.append(al * x[t] + (1 - al) * s[-1])
        return np.array(s)

    x = r.normal(size=T + 1)
    s, J = run(x), jac(run, x)
    rg = range(1, T + 1)
    d.g(r"s_t = \alpha x_t")
    d.c(r"s_t - s_{t-1}", s[1:] - s[:-1], al * (x[1:] - s[:-1]))
    d.c(r"x_t - s_t =", x[1:] - s[1:], (1 - al) * (x[1:] - s[:-1]))
    for t in rg:
        d.c(r"s_t = \alpha \sum", s[t], al * sum((1 - al) ** k * x[t - k] for k in range(t + 1)))
        d.c(r"\frac{\partial s_t}", J[t, 1 : t + 1], [al * (1 - al) ** (t - k) for k in range(1, t + 1)])
    d.c(r"s_t = 1 -", run([0.0] + [1.0] * T)[1:], [1 - (1 - al) ** t for t in rg])


def d011(d, r, T, n):
    rho = r.uniform(0.1, 0.9)
    g = r.normal(size=T + 1) + 0.1

    def run(g):
        v = [0 * g[1]]
        for t in range(1, T + 1):
            v.append(rho * v[-1] + (1 - rho) * g[t] ** 2)
        return np.array(v)

    v, J = run(g), jac(run, g)
    Jn = jac(lambda z: z[1:] / np.sqrt(run(z)[1:]), g)
    d.g(r"v_t = \rho\, v_{t-1}")
    d.c(
        r"v_t = (1-\rho) \sum",
        v[1:],
        [(1 - rho) * sum(rho ** (t - k) * g[k] ** 2 for k in range(1, t + 1)) for t in range(1, T + 1)],
    )
    for t in range(1, T + 1):
        d.c(r"\frac{\partial v_t}", J[t, 1 : t + 1], [2 * (1 - rho) * rho ** (t - k) * g[k] for k in range(1, t + 1)])
        if t >= 2:
            d.c(r"\frac{d n_t}", Jn[t - 1, t], rho * v[t - 1] / v[t] ** 1.5)
    d.c(r"k\, \rho^{k}", (1 - rho) * sum(k * rho**k for k in range(2000)), rho / (1 - rho))
    d.c(r"|n_1|", abs(g[1] / np.sqrt(v[1])), 1 / np.sqrt(1 - rho))


def d012(d, r, T, n):
    ga, la = r.uniform(0.3, 0.95), r.uniform(0.1, 0.9)
    R, V = r.normal(size=T + 1), np.append(r.normal(size=T), 0.0)
    G = [sum(ga ** (k - t - 1) * R[k] for k in range(t + 1, T + 1)) for t in range(T + 1)]

    def nstep(t, m):
        if t + m >= T:
            return G[t]
        return sum(ga ** (k - t - 1) * R[k] for k in range(t + 1, t + m + 1)) + ga**m * V[t + m]

    GL = [(1 - la) * sum(la ** (m - 1) * nstep(t, m) for m in range(1, 500)) for t in range(T + 1)]
    de = [R[k + 1] + ga * V[k + 1] - V[k] for k in range(T)]
    d.g(r"G_t = \sum", r"G_{t:t+n} = \sum", r"\sum_{n=1}^{\infty}")
    for t in range(T):
        d.c(
            r"\sum_{n=1}^{T-t-1}",
            GL[t],
            (1 - la) * sum(la ** (m - 1) * nstep(t, m) for m in range(1, T - t)) + la ** (T - t) * G[t],
        )
        if t < T - 1:
            d.c(r"R_{t+1} + \gamma \left(", GL[t], R[t + 1] + ga * ((1 - la) * V[t + 1] + la * GL[t + 1]))
        d.c(r"G_t^{\lambda} - V(S_t)", GL[t] - V[t], sum((ga * la) ** (k - t) * de[k] for k in range(t, T)))


def d013(d, r, T, n):
    ga, c = r.uniform(0.3, 0.95), r.normal()
    R, v = r.normal(size=T), r.normal(size=T + 1)

    def parts(ga, v):
        G = [sum(ga ** (k - t) * R[k] for k in range(t, T)) for t in range(T + 1)]
        return G, [R[t] + ga * v[t + 1] - v[t] for t in range(T)]

    G, de = parts(ga, v)
    d.g(r"G_t = \sum", r"\delta_t = r_t +")
    for t in range(T):
        d.c(
            r"\sum_{k=t}^{T-1} \gamma^{k-t} \delta_k",
            sum(ga ** (k - t) * de[k] for k in range(t, T)),
            G[t] - v[t] + ga ** (T - t) * v[T],
        )
    d.c(r"\sum_{t=0}^{T-1} \delta_t", sum(parts(1.0, v)[1]), sum(R) + v[T] - v[0])
    E = [G[t] - v[t] for t in range(T)] + [-v[T]]
    d.c(r"E_t = \delta_t", E[:T], [de[t] + ga * E[t + 1] for t in range(T)])
    d.c(r"\text{new}", parts(ga, v + c)[1], [x - (1 - ga) * c for x in de])


def d014(d, r, T, n):
    A = r.dirichlet(np.ones(n), size=n)
    pi, b = r.dirichlet(np.ones(n)), r.uniform(size=(T + 1, n))  # b[t][j], t = 1..T
    joint = np.zeros((T + 1, n))  # joint[t][j] = P(q_t = j, O)
    fwd = np.zeros((T + 1, n))  # P(o_1..o_t, q_t = j) by enumeration
    bwd = np.zeros((T + 1, n))  # P(o_{t+1}..o_T | q_t = j)
    for t in range(1, T + 1):
        for q in itertools.product(range(n), repeat=t):
            fwd[t, q[-1]] += pi[q[0]] * b[1, q[0]] * np.prod([A[q[s - 1], q[s]] * b[s + 1, q[s]] for s in range(1, t)])
        for q in itertools.product(range(n), repeat=T - t + 1):
            bwd[t, q[0]] += np.prod([A[q[s - 1], q[s]] * b[t + s, q[s]] for s in range(1, T - t + 1)])
    tot = 0
    for q in itertools.product(range(n), repeat=T):
        pr = pi[q[0]] * b[1, q[0]] * np.prod([A[q[s - 1], q[s]] * b[s + 1, q[s]] for s in range(1, T)])
        tot += pr
        for t in range(1, T + 1):
            joint[t, q[t - 1]] += pr
    d.g(r"\alpha_{t+1}(j)")
    al = {1: pi * b[1]}
    for t in range(1, T):
        al[t + 1] = np.array([b[t + 1, j] * sum(al[t][i] * A[i, j] for i in range(n)) for j in range(n)])
        assert close(al[t + 1], fwd[t + 1])
        d.c(r"\alpha_{t+1} = B_{t+1}", al[t + 1], dg(b[t + 1]) @ A @ al[t])
        d.c(r"\beta_t = A", bwd[t], A @ dg(b[t + 1]) @ bwd[t + 1])
    d.c(r"= \sum_{j=1}^{n} \alpha_T(j)", tot, sum(al[T]))
    for t in range(1, T + 1):
        d.c(r"P(o_1, \dots, o_T) = \alpha_t^\top", tot, al[t] @ bwd[t])
        d.c(r"P(q_t = j", joint[t] / tot, al[t] * bwd[t] / (al[t] @ bwd[t]))


def d015(d, r, N, n):
    Tm = r.dirichlet(np.ones(n), size=n).T
    pi, o = r.dirichlet(np.ones(n)), r.uniform(size=(N + 1, n))
    tot = 0
    for q in itertools.product(range(n), repeat=N + 1):
        tot += pi[q[0]] * np.prod([Tm[q[s], q[s - 1]] * o[s, q[s]] for s in range(1, N + 1)])

    def p(Tm):
        f = pi
        for t in range(1, N + 1):
            f = o[t] * (Tm @ f)
        return np.sum(f)

    f, b = [pi], [None] * N + [np.ones(n)]
    for t in range(1, N + 1):
        f.append(dg(o[t]) @ Tm @ f[-1])
    for t in range(N, 0, -1):
        b[t - 1] = Tm.T @ dg(o[t]) @ b[t]
    d.g(r"f_t = O_t T", r"b_{t-1} = T^\top")
    d.c(r"\mathbf{1}^\top O_n T", tot, np.ones(n) @ chain([dg(o[t]) @ Tm for t in range(N, 0, -1)], n) @ pi)
    for t in range(N + 1):
        d.c(r"p = b_t^\top", tot, b[t] @ f[t])
    d.c(r"\frac{\partial p}", jac(p, Tm), sum(np.outer(dg(o[t]) @ b[t], f[t - 1]) for t in range(1, N + 1)))
    fh, cs = pi, []
    for t in range(1, N + 1):
        cs.append(np.sum(o[t] * (Tm @ fh)))
        fh = o[t] * (Tm @ fh) / cs[-1]
    d.c(r"p = \prod", tot, np.prod(cs))


def d016(d, r, T, n):
    w, v = r.normal(size=4), r.normal(size=4) * 1.5
    x, h0, c0 = r.normal(size=T + 1), r.normal(), r.normal()
    gates = lambda h, t: [sig(w[k] * x[t] + v[k] * h) for k in range(3)] + [np.tanh(w[3] * x[t] + v[3] * h)]

    def step(c, h, t):
        f, i, o, g = gates(h, t)
        c = f * c + i * g
        return c, o * np.tanh(c)

    def run(c0):
        c, h = [c0], [h0]
        for t in range(1, T + 1):
            a, b = step(c[-1], h[-1], t)
            c.append(a)
            h.append(b)
        return c, h

    c, h = run(c0)
    d.g(r"c_t = f_t")
    F = []
    for t in range(1, T + 1):
        f, i, o, g = gates(h[t - 1], t)
        F.append(f)
        d.c(r"\frac{\partial f_t}", jac(lambda z: gates(z, t)[0], h[t - 1]), v[0] * f * (1 - f))
        d.c(
            r"\right|_{c_{t-1}}",
            jac(lambda z: step(c[t - 1], z, t)[0], h[t - 1]),
            v[0] * f * (1 - f) * c[t - 1] + v[1] * i * (1 - i) * g + v[3] * i * (1 - g**2),
        )
        d.c(r"\right|_{h_{t-1}}", jac(lambda z: step(z, h[t - 1], t)[0], c[t - 1]), f)
        d.c(r"\frac{\partial h_t}{\partial c_t}", jac(lambda z: o * np.tanh(z), c[t]), o * (1 - np.tanh(c[t]) ** 2))
    d.c(r"\frac{d c_T}", jac(lambda z: run(z)[0][T], c0), np.prod(F))


def d017(d, r, T, n):
    m = n + 1
    Uf, Ui, Uo, Ug = r.normal(size=(4, n, m))
    x, c0, y = r.normal(size=(T + 1, m)), r.normal(size=n), r.normal(size=(T + 1, n))
    ell = lambda t, h: np.sum(y[t] * h + h**3 * t)
    gr = lambda t, h: y[t] + 3 * t * h**2
    i, o, g = ([None] + [fn(U @ x[t]) for t in range(1, T + 1)] for fn, U in ((sig, Ui), (sig, Uo), (np.tanh, Ug)))

    def cells(c, start=0, Uf=Uf):
        out = [c]
        for t in range(start + 1, T + 1):
            out.append(sig(Uf @ x[t]) * out[-1] + i[t] * g[t])
        return out

    def loss_from(c, s):
        return sum(ell(s + k, o[s + k] * np.tanh(ck)) for k, ck in enumerate(cells(c, s)) if s + k >= 1)

    c, f = cells(c0), [None] + [sig(Uf @ x[t]) for t in range(1, T + 1)]
    P = lambda a, b: np.prod([np.ones(n)] + [f[t] for t in range(a, b + 1)], axis=0)
    d.g(r"c_t = f_t \odot")
    d.c(r"c_T = \left(", c[T], P(1, T) * c0 + sum(P(k + 1, T) * i[k] * g[k] for k in range(1, T + 1)))
    d.c(r"\frac{d c_T}{d c_0}", jac(lambda z: cells(z)[T], c0), dg(P(1, T)))
    mu = [None] + [jac(lambda z: loss_from(z, t), c[t]) for t in range(1, T + 1)]
    loc = lambda t: o[t] * (1 - np.tanh(c[t]) ** 2) * gr(t, o[t] * np.tanh(c[t]))
    for t in range(1, T):
        d.c(r"\mu_t = o_t", mu[t], loc(t) + f[t + 1] * mu[t + 1])
    d.c(r"\mu_T = o_T", mu[T], loc(T))
    L = lambda z: sum(ell(t, o[t] * np.tanh(ck)) for t, ck in enumerate(cells(c0, 0, z)) if t >= 1)
    d.c(
        r"\frac{\partial L}{\partial U_f}",
        jac(L, Uf),
        sum(np.outer(mu[t] * c[t - 1] * f[t] * (1 - f[t]), x[t]) for t in range(1, T + 1)),
    )


def d018(d, r, T, n):
    m = n + 1
    Wr, Wz, Wn = r.normal(size=(3, n, m))
    Ur, Uz, Un = r.normal(size=(3, n, n))
    x, h = r.normal(size=(T + 1, m)), r.normal(size=n)
    d.g(r"n_t = \tanh", r"h_t = (1 - z_t)")
    for t in range(1, T + 1):
        rt, z = sig(Wr @ x[t] + Ur @ h), sig(Wz @ x[t] + Uz @ h)
        N = lambda rr: np.tanh(Wn @ x[t] + rr * (Un @ h))
        nt = N(rt)
        H = lambda z, nn, h: (1 - z) * nn + z * h
        hn = H(z, nt, h)
        d.c(r"\frac{\partial h_t}{\partial n_t}", jac(lambda q: H(z, q, h), nt), dg(1 - z))
        d.c(r"\frac{\partial h_t}{\partial z_t}", jac(lambda q: H(q, nt, h), z), dg(nt - h))
        d.c(r"\frac{\partial n_t}{\partial r_t}", jac(N, rt), dg((1 - nt * nt) * (Un @ h)))
        d.c(r"h_t - h_{t-1}", hn - h, (1 - z) * (nt - h))
        d.c(r"\frac{\partial z_t}", jac(lambda q: sig(Wz @ x[t] + Uz @ q), h), dg(z * (1 - z)) @ Uz)
        h = hn


def d019(d, r, T, n):
    a, b, c, e = r.normal(size=4) * 1.5
    x, h0 = r.normal(size=T + 1), r.normal()
    parts = lambda h, t: (sig(a * h + b * x[t]), np.tanh(c * h + e * x[t]))

    def step(h, t):
        z, q = parts(h, t)
        return (1 - z) * h + z * q

    def run(h):
        out = [h]
        for t in range(1, T + 1):
            out.append(step(out[-1], t))
        return out

    h = run(h0)
    z, q = [None], [None]
    for t in range(1, T + 1):
        zt, qt = parts(h[t - 1], t)
        z.append(zt)
        q.append(qt)
    full = lambda t: 1 - z[t] + a * z[t] * (1 - z[t]) * (q[t] - h[t - 1]) + c * z[t] * (1 - q[t] ** 2)
    d.g(r"h_t = (1 - z_t)\, h_{t-1}")
    for t in range(1, T + 1):
        d.c(r"\frac{\partial h_t}{\partial z_t}", jac(lambda s: (1 - s) * h[t - 1] + s * q[t], z[t]), q[t] - h[t - 1])
        d.c(r"\frac{d h_t}{d h_{t-1}}", jac(lambda s: step(s, t), h[t - 1]), full(t))
    P = lambda k: np.prod([1 - z[j] for j in range(k, T + 1)])
    d.c(r"h_T = h_0", h[T], h0 * P(1) + sum(z[k] * q[k] * P(k + 1) for k in range(1, T + 1)))
    d.c(r"= 1 .", P(1) + sum(z[k] * P(k + 1) for k in range(1, T + 1)), 1.0)
    d.c(r"\frac{d h_T}{d h_0}", jac(lambda s: run(s)[T], h0), np.prod([full(t) for t in range(1, T + 1)]))


def d020(d, r, T, n):
    mu, eta = r.uniform(0.2, 0.95), r.uniform(0.01, 0.3)
    A = r.normal(size=(n, n))
    A, gc = A @ A.T, r.normal(size=n)
    grad = lambda th: A @ th + np.cos(th)
    th, v, g = [r.normal(size=n)], [np.zeros(n)], []
    vc = [np.zeros(n)]
    for t in range(T):
        g.append(grad(th[t]))
        v.append(mu * v[t] + g[t])
        th.append(th[t] - eta * v[t + 1])
        vc.append(mu * vc[t] + gc)
    d.g(r"v_{t+1} = \mu v_t", r"\theta_{t+1} = \theta_t - \eta\, v_{t+1}")
    for t in range(T + 1):
        d.c(r"v_t = \sum", v[t], sum((mu ** (t - 1 - s) * g[s] for s in range(t)), np.zeros(n)))
        d.c(r"v_t = \frac", vc[t], (1 - mu**t) / (1 - mu) * gc)
    d.c(r"\sum_{t=1}^{T} v_t", th[T], th[0] - eta * sum(v[1:]))
    d.c(r"\mu^{T-1-s}}{1", th[T], th[0] - eta * sum((1 - mu ** (T - 1 - s)) / (1 - mu) * g[s] for s in range(T)))
    for t in range(1, T):
        d.c(r"\mu\, (\theta_t - \theta_{t-1})", th[t + 1], th[t] - eta * g[t] + mu * (th[t] - th[t - 1]))


def d021(d, r, T, n):
    a, mu, eta, t0 = r.uniform(0.3, 3), r.uniform(0.2, 0.95), r.uniform(0.05, 1), r.normal()

    def run(eta):
        th = [t0, t0]  # th[k + 1] = theta_k
        for t in range(T):
            th.append(th[-1] - eta * a * th[-1] + mu * (th[-1] - th[-2]))
        return th

    th = run(eta)
    z = [np.array([th[k + 1], th[k]]) for k in range(T + 1)]
    M = np.array([[1 + mu - eta * a, -mu], [1, 0]])
    N = np.array([[-a, 0], [0, 0]])
    d.g(r"\theta_{t+1} = \theta_t - \eta a", r"M = \begin")
    for k in range(T + 1):
        d.c(r"z_n = M^n", z[k], mp(M, k) @ z[0])
        d.c(r"\det(M^n)", np.linalg.det(mp(M, k)), mu**k)
    for root in np.roots([1, -(1 + mu - eta * a), mu]):
        for t in range(T):
            d.c(r"\frac{\mu}{r}", th[t + 2] - root * th[t + 1], mu / root * (th[t + 1] - root * th[t]))
    d.c(
        r"\frac{d z_n}",
        jac(lambda e: np.array([run(e)[T + 1], run(e)[T]]), eta),
        sum(mp(M, T - 1 - k) @ N @ z[k] for k in range(T)),
    )


def d022(d, r, L, n):
    W, y = r.normal(size=(L, n, n)), r.normal(size=n)
    E = lambda x: np.sum(np.sin(x) * y + x**2)

    def run(x, l=0, W=W):
        out = [x]
        for i in range(l, L):
            out.append(out[-1] + np.tanh(W[i] @ out[-1]))
        return out

    x = run(r.normal(size=n))
    D = [dg(1 - np.tanh(W[i] @ x[i]) ** 2) for i in range(L)]
    J = [D[i] @ W[i] for i in range(L)]
    de = [jac(lambda s: E(run(s, l)[-1]), x[l]) for l in range(L + 1)]
    gW = jac(lambda z: E(run(x[0], 0, z)[-1]), W)
    d.g(r"x_{l+1} = x_l + F_l")
    for l in range(L):
        d.c(r"x_L = x_l +", x[L], x[l] + sum(np.tanh(W[i] @ x[i]) for i in range(l, L)))
        d.c(r"\frac{\partial x_{i+1}}", jac(lambda s: s + np.tanh(W[l] @ s), x[l]), np.eye(n) + J[l])
        if l <= L - 2:
            d.c(r"\frac{\partial x_L}", jac(lambda s: run(s, l)[-1], x[l]), np.eye(n) + sum(J[l:]))
        d.c(r"\delta_l = \delta_{l+1}", de[l], de[l + 1] + J[l].T @ de[l + 1])
        d.c(r"\nabla_{W_l} E", gW[l], np.outer(D[l] @ de[l + 1], x[l]))


def d023(d, r, K, n):
    tau, W, b, h0, y = r.uniform(0.1, 1), r.normal(size=(n, n)), r.normal(size=n), r.normal(size=n), r.normal(size=n)
    Phi = lambda h: np.sum(y * h + np.sin(h))

    def run(b, h=h0, k0=0):
        out = [h + 0 * b]
        for _ in range(k0, K):
            out.append(out[-1] + tau * np.tanh(W @ out[-1] + b))
        return out

    h = run(b)
    D = [dg(1 - np.tanh(W @ h[k] + b) ** 2) for k in range(K)]
    S = [jac(lambda z: run(z)[k], b) for k in range(K + 1)]
    p = [None] * K + [y + np.cos(h[K])]
    for k in range(K - 1, -1, -1):
        p[k] = p[k + 1] + tau * W.T @ D[k] @ p[k + 1]
        assert close(p[k], jac(lambda z: Phi(run(b, z, k)[-1]), h[k]))
    gb = jac(lambda z: Phi(run(z)[-1]), b)
    d.g(r"h_{k+1} = h_k + \tau", r"p_k = p_{k+1}")
    d.c(r"S_{k+1} = S_k", S[1:], [S[k] + tau * D[k] @ (W @ S[k] + np.eye(n)) for k in range(K)])
    adj = lambda k: tau * sum((D[j] @ p[j + 1] for j in range(k, K)), np.zeros(n))
    d.c(r"\nabla_b \Phi = \tau \sum", gb, adj(0))
    d.c(r"S_K^\top p_K", S[K].T @ p[K], adj(0))
    for k in range(K + 1):
        d.c(r"\nabla_b \Phi = S_k^\top", gb, S[k].T @ p[k] + adj(k))


def d024(d, r, L, n):
    dims = [n + 1] + [int(k) for k in r.integers(2, 5, size=L)]
    W = [None] + [r.normal(size=(dims[l], dims[l - 1])) for l in range(1, L + 1)]
    b = [None] + [r.normal(size=dims[l]) for l in range(1, L + 1)]
    x, y = r.normal(size=dims[0]), r.uniform(size=dims[L])
    cost = lambda a: 0.5 * np.sum((a - y) ** 2)

    def fwd(a, W=W, start=0):
        z, aa = [None], [a]
        for l in range(start + 1, L + 1):
            z.append(W[l] @ aa[-1] + b[l])
            aa.append(sig(z[-1]))
        return z, aa

    z, a = fwd(x)
    sp = lambda q: sig(q) * (1 - sig(q))
    de = [None] + [jac(lambda q: cost(fwd(sig(q), W, l)[1][-1]), z[l]) for l in range(1, L + 1)]
    d.g(r"z^{(l)} = W^{(l)}", r"\delta^{(l)} = \frac{\partial C}{\partial z^{(l)}}")
    d.c(r"\delta^{(L)} =", de[L], (a[L] - y) * a[L] * (1 - a[L]))
    for l in range(1, L):
        d.c(r"\delta^{(l)} = \left(", de[l], (W[l + 1].T @ de[l + 1]) * sp(a[l]))
    for l in range(1, L + 1):
        d.c(
            r"\frac{\partial C}{\partial W^{(l)}}",
            jac(lambda q: cost(fwd(x, W[:l] + [q] + W[l + 1 :])[1][-1]), W[l]),
            np.outer(de[l], a[l - 1]),
        )
    d.c(r"\frac{\partial C}{\partial x}", jac(lambda q: cost(fwd(q)[1][-1]), x), W[1].T @ de[1])


def d025(d, r, L, n):
    m, dims = 4, [n + 1] + [int(k) for k in r.integers(2, 5, size=L)]
    W = [None] + [r.normal(size=(dims[l - 1], dims[l])) for l in range(1, L + 1)]
    b = [None] + [r.normal(size=(1, dims[l])) for l in range(1, L + 1)]
    X, Y, one = r.normal(size=(m, dims[0])), r.normal(size=(m, dims[L])), np.ones((m, 1))
    cost = lambda A: np.sum((A - Y) ** 2) / (2 * m)

    def fwd(A, W=W, b=b, start=0):
        Z, AA = [None], [A]
        for l in range(start + 1, L + 1):
            Z.append(AA[-1] @ W[l] + one @ b[l])
            AA.append(np.tanh(Z[-1]))
        return Z, AA

    Z, A = fwd(X)
    De = [None] + [jac(lambda q: cost(fwd(np.tanh(q), start=l)[1][-1]), Z[l]) for l in range(1, L + 1)]
    d.g(r"Z_l = A_{l-1}", r"C = \frac{1}{2m}")
    d.c(r"\Delta_L = \frac1m", De[L], (A[L] - Y) * (1 - A[L] * A[L]) / m)
    for l in range(1, L + 1):
        if l < L:
            d.c(r"\Delta_l = (\Delta_{l+1}", De[l], (De[l + 1] @ W[l + 1].T) * (1 - A[l] * A[l]))
        d.c(
            r"\frac{\partial C}{\partial W_l}",
            jac(lambda q: cost(fwd(X, W[:l] + [q] + W[l + 1 :])[1][-1]), W[l]),
            A[l - 1].T @ De[l],
        )
        d.c(
            r"\frac{\partial C}{\partial b_l}",
            jac(lambda q: cost(fwd(X, b=b[:l] + [q] + b[l + 1 :])[1][-1]), b[l]),
            one.T @ De[l],
        )
    d.c(r"\frac{\partial C}{\partial X}", jac(lambda q: cost(fwd(q)[1][-1]), X), De[1] @ W[1].T)


def d026(d, r, T, n):
    v = n + 2
    E, R, x, q = r.normal(size=(n, v)), r.normal(size=(n, n)), r.normal(size=v), r.normal(size=v)
    ell = lambda y: np.sum(np.sin(y) + q * y**2)

    def cont(h, t, R=R):
        out = [h]
        for _ in range(t, T):
            out.append(np.tanh(R @ out[-1]))
        return out

    full = lambda E, R, x: ell(E.T @ cont(E @ x, 0, R)[-1])
    h = cont(E @ x, 0)
    y = E.T @ h[T]
    g = np.cos(y) + 2 * q * y
    mu = [jac(lambda s: ell(E.T @ cont(s, t)[-1]), h[t]) for t in range(T + 1)]
    D = [None] + [dg(1 - h[t] ** 2) for t in range(1, T + 1)]
    d.g(r"h_0 = E x", r"y = E^\top h_T")
    d.c(r"\mu_T = E g", mu[T], E @ g)
    for t in range(1, T + 1):
        d.c(r"\mu_{t-1} =", mu[t - 1], R.T @ D[t] @ mu[t])
    d.c(
        r"\frac{\partial \ell}{\partial R}",
        jac(lambda z: full(E, z, x), R),
        sum(np.outer(D[t] @ mu[t], h[t - 1]) for t in range(1, T + 1)),
    )
    d.c(r"\frac{\partial \ell}{\partial E}", jac(lambda z: full(z, R, x), E), np.outer(h[T], g))
    d.c(r"\frac{\partial \ell}{\partial x}", jac(lambda z: full(E, R, z), x), E.T @ mu[0])


def d027(d, r, N, n):
    W, x0, y = 0.7 * r.normal(size=(n, n + 1)), r.normal(size=n + 1), r.normal(size=n + 1)
    Phi = lambda x: np.sum(np.sin(x) * y + x**2)

    def run(x, N, W=W):
        out = [x]
        for _ in range(N):
            out.append(W.T @ np.tanh(W @ out[-1]))
        return out

    x = run(x0, N)
    k = [np.tanh(W @ x[i]) for i in range(N)]
    D = [dg(1 - k[i] ** 2) for i in range(N)]
    p = [jac(lambda s: Phi(run(s, N - i)[-1]), x[i]) for i in range(N + 1)]
    d.g(r"x_{n+1} = W^\top")
    for i in range(N):
        Ji = jac(lambda s: run(s, 1)[1], x[i])
        assert close(Ji, Ji.T)
        d.c(r"\frac{\partial x_{n+1}}", Ji, W.T @ D[i] @ W)
        d.c(r"p_n = W^\top", p[i], W.T @ D[i] @ W @ p[i + 1])
    d.c(r"\frac{\partial x_2}", jac(lambda s: run(s, 2)[2], x0), W.T @ D[1] @ W @ W.T @ D[0] @ W)
    d.c(
        r"\sum_{n=0}^{N-1}",
        jac(lambda z: Phi(run(x0, N, z)[-1]), W),
        sum(np.outer(k[i], p[i + 1]) + np.outer(D[i] @ W @ p[i + 1], x[i]) for i in range(N)),
    )
    e = x[1] - x0
    d.c(
        r"k_0\, e^\top",
        jac(lambda z: 0.5 * np.sum((run(x0, 1, z)[1] - x0) ** 2), W),
        np.outer(k[0], e) + np.outer(D[0] @ W @ e, x0),
    )


def d028(d, r, T, n):
    a, x = r.uniform(0.5, 5), [r.uniform(0.3, 6)]
    while abs(x[0] - np.sqrt(a)) < 0.6:
        x = [r.uniform(0.3, 6)]
    f = lambda z: 0.5 * (z + a / z)
    for _ in range(2):
        x.append(f(x[-1]))
    s = np.sqrt(a)
    q = [(z - s) / (z + s) for z in x]
    d.g(r"\frac12 \left( x_n + \frac{a}")
    for k in range(2):
        e0, e1 = x[k] - s, x[k + 1] - s
        d.c(r"x_{n+1} = x_n -", x[k + 1], x[k] - (x[k] ** 2 - a) / (2 * x[k]))
        d.c(r"e_{n+1} =", e1, e0**2 / (2 * x[k + 1]))
        d.c(r"x_{n+1}^2 - a", x[k + 1] ** 2 - a, (x[k] ** 2 - a) ** 2 / (4 * x[k] ** 2))
        d.c(r"q_{n+1} =", q[k + 1], q[k] ** 2)
        d.c(r"\frac{d x_{n+1}}", jac(f, x[k]), 0.5 * (1 - a / x[k] ** 2))
    for k in range(3):
        d.c(r"\sqrt{a}\;", x[k], s * (1 + q[0] ** 2**k) / (1 - q[0] ** 2**k))


def d029(d, r, T, n):
    a = r.uniform(0.5, 3)
    y0 = r.uniform(0.1, 1.9) / a

    def run(y, k):
        out = [y]
        for _ in range(k):
            out.append(out[-1] * (2 - a * out[-1]))
        return out

    y = run(y0, T)
    res = [1 - a * z for z in y]
    d.g(r"y_{n+1} =", r"Y_{n+1} =")
    d.c(r"r_{n+1} =", res[1:], [z**2 for z in res[:-1]])
    for k in range(T + 1):
        d.c(r"y_n = \frac", y[k], (1 - res[0] ** 2**k) / a)
        d.c(r"y_n = y_0 \prod", y[k], y0 * np.prod([1 + res[0] ** 2**j for j in range(k)]))
        d.c(r"\frac{d y_n}", jac(lambda z: run(z, k)[k], y0), 2**k * np.prod(res[:k]), 2**k * res[0] ** (2**k - 1))
    A, Y = r.normal(size=(n, n)), 0.3 * r.normal(size=(n, n))
    for _ in range(3):
        Z = Y @ (2 * np.eye(n) - A @ Y)
        R = np.eye(n) - A @ Y
        d.c(r"R_{n+1} =", np.eye(n) - A @ Z, R @ R)
        Y = Z


def d030(d, r, T, n):
    a, c, q, rr = r.normal(), r.normal() + 0.2, r.uniform(0.1, 2), r.uniform(0.1, 2)
    y = r.normal(size=T + 1)

    def run(x0):
        x, p, xs, ps, ks, pps = x0, 1.3, [x0], [1.3], [], []
        for t in range(T + 1):
            k = c * p / (c * c * p + rr)
            xp, pp = x + k * (y[t] - c * x), (1 - c * k) * p
            # direct Bayesian update as a check of the filter
            assert close(pp, 1 / (1 / p + c * c / rr))
            x, p = a * xp, a * a * pp + q
            xs.append(x), ps.append(p), ks.append(k), pps.append(pp)
        return xs, ps, ks, pps

    xs, ps, ks, pps = run(0.4)
    d.g(r"x_{t+1} = a\, x_t + w_t", r"k_t = \frac{c\, p_t^-}")
    for t in range(T + 1):
        p = ps[t]
        d.c(r"p_t^+ = (1", pps[t], (1 - c * ks[t]) * p, rr * p / (c * c * p + rr))
        d.c(r"k_t = \frac{c\, p_t^+}", ks[t], c * pps[t] / rr)
        d.c(r"p_{t+1}^- =", ps[t + 1], a * a * p - a * a * c * c * p * p / (c * c * p + rr) + q)
        d.c(r"\hat x_{t+1}^- =", xs[t + 1], a * xs[t] + ks[t] * (y[t] - c * xs[t]))
        d.c(r"\prod_{j=0}", jac(lambda z: run(z)[0][t], 0.4), np.prod([a * (1 - c * ks[j]) for j in range(t)]))


def d031(d, r, T, n):
    rr, p0, x0 = r.uniform(0.2, 3), r.uniform(0.2, 3), r.normal()
    y = r.normal(size=T + 1)

    def run(y):
        x, p, k = [x0], [p0], [None]
        for t in range(1, T + 1):
            k.append(p[-1] / (p[-1] + rr))
            x.append(x[-1] + k[-1] * (y[t] - x[-1]))
            p.append((1 - k[-1]) * p[-1])
        return np.array(x), p, k

    x, p, k = run(y)
    J = jac(lambda z: run(z)[0], y)
    d.g(r"\hat x_t = \hat x_{t-1}")
    for t in range(1, T + 1):
        d.c(r"\frac{1}{p_t}", 1 / p[t], 1 / p[t - 1] + 1 / rr)
        d.c(r"p_t = \frac", p[t], p0 * rr / (rr + t * p0))
        d.c(r"k_t = \frac", k[t], p0 / (rr + t * p0))
        d.c(r"\hat x_t = \frac", x[t], (rr * x0 + p0 * sum(y[1 : t + 1])) / (rr + t * p0))
        for i in range(1, t + 1):
            d.c(
                r"\frac{\partial \hat x_t}",
                J[t, i],
                k[i] * np.prod([1 - k[j] for j in range(i + 1, t + 1)]),
                p0 / (rr + t * p0),
            )
        d.c(r"\prod_{j=1}^{t} (1 - k_j)", np.prod([1 - k[j] for j in range(1, t + 1)]), rr / (rr + t * p0))


def d032(d, r, T, n):
    A, y = r.normal(size=(n, n)), r.normal(size=n)
    S, eta, th0 = A @ A.T / n, r.uniform(0.05, 0.4), r.normal(size=n)
    grad = lambda th: S @ th - np.sin(th)  # f = th^T S th / 2 + sum cos(th)
    hess = lambda th: S - dg(np.cos(th))
    phi = lambda th: np.sum(np.sin(th * y) + th**2)

    def run(eta, th):
        out = [th + 0 * eta]
        for _ in range(T):
            out.append(out[-1] - eta * grad(out[-1]))
        return out

    th = run(eta, th0)
    gs = [grad(th[t]) for t in range(T)]
    al = [None] * T + [y * np.cos(th[T] * y) + 2 * th[T]]
    for t in range(T - 1, -1, -1):
        al[t] = (np.eye(n) - eta * hess(th[t])) @ al[t + 1]
    d.g(r"\theta_{t+1} = \theta_t", r"\alpha_t = (I")
    d.c(r"\theta_T = \theta_0", th[T], th0 - eta * sum(gs))
    d.c(r"\frac{d \theta_T}", jac(lambda e: run(e, th0)[T], eta), -sum(gs))
    d.c(r"\frac{d \phi", jac(lambda e: phi(run(e, th0)[T]), eta), -sum(al[t + 1] @ gs[t] for t in range(T)))
    d.c(r"\nabla_{\theta_0}", jac(lambda z: phi(run(eta, z)[T]), th0), al[0])


def d033(d, r, T, n):
    A, b, th0, eta = r.normal(size=(n, n)), r.normal(size=n), r.normal(size=n), r.uniform(0.05, 0.5)
    H = A @ A.T + 0.3 * np.eye(n)
    eta /= np.linalg.norm(H, 2)
    st, I = np.linalg.solve(H, b), np.eye(n)

    def run(eta):
        out = [th0 + 0 * eta]
        for _ in range(T):
            out.append(out[-1] - eta * (H @ out[-1] - b))
        return out

    th = run(eta)
    g = [H @ z - b for z in th]
    M = I - eta * H
    d.g(r"\theta_{t+1} = \theta_t")
    for t in range(T + 1):
        d.c(r"\theta_t - \theta^* =", th[t] - st, mp(M, t) @ (th0 - st))
    d.c(r"\theta_n = (I", th[T], mp(M, T) @ th0 + eta * sum(mp(M, k) @ b for k in range(T)))
    d.c(r"\eta \sum_{t=0}^{n-1} g_t", eta * sum(g[:T]), th0 - th[T])
    J = jac(lambda e: run(e)[T], eta)
    d.c(r"H\, (\theta_0", J, -T * mp(M, T - 1) @ H @ (th0 - st))
    d.c(r"g_{n-1}", J, -T * g[T - 1])


def d034(d, r, T, n):
    a, m = r.uniform(0.2, 0.9), r.normal() + 0.3
    u = r.normal(size=T + 1)

    def run(a, m, u):
        x = [m / (1 - a)]
        for t in range(1, T + 1):
            x.append(a * x[-1] + u[t])
        return np.array(x)

    x, da = run(a, m, u), jac(lambda z: run(z, m, u), a)
    d.g(r"x_t = a\, x_{t-1}")
    d.c(r"x_T = \frac", x[T], a**T * m / (1 - a) + sum(a ** (T - k) * u[k] for k in range(1, T + 1)))
    d.c(r"\partial u_k", jac(lambda z: run(a, m, z), u)[T, 1:], [a ** (T - k) for k in range(1, T + 1)])
    d.c(r"\partial m", jac(lambda z: run(a, z, u)[T], m), a**T / (1 - a))
    d.c(r"= x_{t-1} + a", da[1:], [x[t - 1] + a * da[t - 1] for t in range(1, T + 1)])
    d.c(r"\frac{d x_T}{d a}", da[T], sum(a ** (T - k) * x[k - 1] for k in range(1, T + 1)))


def d035(d, r, T, n):
    w, b = r.normal(size=2)
    y = r.normal(size=T + 1)

    def run(w, b):
        h = [np.tanh(b)]
        for t in range(1, T + 1):
            h.append(np.tanh(w * h[-1] + b))
        return np.array(h)

    L = lambda w, b: 0.5 * np.sum((run(w, b) - y) ** 2)
    h, db, dw = run(w, b), jac(lambda z: run(w, z), b), jac(lambda z: run(z, b), w)
    q = 1 - h**2
    lam = [None] * T + [h[T] - y[T]]
    for t in range(T - 1, -1, -1):
        lam[t] = h[t] - y[t] + w * q[t + 1] * lam[t + 1]
    d.g(r"h_t = \tanh", r"\lambda_t = h_t")
    d.c(r"\frac{d h_t}{d b}", db[1:], [q[t] * (1 + w * db[t - 1]) for t in range(1, T + 1)])
    d.c(r"\frac{d h_0}", db[0], q[0])
    d.c(r"\frac{d h_T}{d b}", db[T], sum(w ** (T - k) * np.prod(q[k:]) for k in range(T + 1)))
    d.c(r"\frac{d h_T}{d w}", dw[T], sum(w ** (T - k) * h[k - 1] * np.prod(q[k:]) for k in range(1, T + 1)))
    d.c(r"\frac{d L}{d b}", jac(lambda z: L(w, z), b), sum(q[t] * lam[t] for t in range(T + 1)))
    d.c(r"\frac{d L}{d w}", jac(lambda z: L(z, b), w), sum(q[t] * h[t - 1] * lam[t] for t in range(1, T + 1)))


def d036(d, r, T, n):
    w, u, h0 = r.normal(size=3)
    x = r.normal(size=T + 1)

    def run(w, h, s, t):
        for i in range(s + 1, t + 1):
            h = np.tanh(w * h + u * x[i])
        return h

    h = [run(w, h0, 0, t) for t in range(T + 1)]
    G = lambda t, K: jac(lambda z: run(z, h[t - K] + 0 * z, t - K, t), w)
    q = [1 - z**2 for z in h]
    P = lambda k, t: np.prod(q[k : t + 1])
    d.g(r"h_t = \tanh(")
    for t in range(1, T + 1):
        d.c(r"g_t^{(1)}", G(t, 1), q[t] * h[t - 1])
        if t >= 2:
            d.c(r"g_t^{(2)}", G(t, 2), q[t] * (h[t - 1] + w * q[t - 1] * h[t - 2]))
        for K in range(1, t):
            d.c(r"g_t^{(K)} = \sum", G(t, K), sum(w ** (t - k) * h[k - 1] * P(k, t) for k in range(t - K, t + 1)))
            d.c(r"g_t^{(K+1)}", G(t, K + 1) - G(t, K), w**K * h[t - K - 1] * P(t - K, t), tol=1e-7)
        d.c(r"g_t^{(t)}", G(t, t), jac(lambda z: run(z, h0, 0, t), w))


def d037(d, r, m, n):
    T = 2 * m
    W, h0 = r.normal(size=(n, n)), r.normal(size=n)
    x, y = r.normal(size=(T + 1, n)), r.normal(size=(T + 1, n))
    ell = lambda t, h: np.sum(y[t] * h + t * h**3)
    gr = lambda t, h: y[t] + 3 * t * h**2

    def run(h, s=0, W=W):
        out = {s: h}
        for t in range(s + 1, T + 1):
            out[t] = np.tanh(W @ out[t - 1] + x[t])
        return out

    def loss(hs, lo, hi):
        return sum(ell(t, hs[t]) for t in range(lo, hi + 1) if t in hs)

    h = run(h0)
    D = [None] + [dg(1 - h[t] ** 2) for t in range(1, T + 1)]
    lam = {}
    for t in range(T, 0, -1):
        lam[t] = gr(t, h[t]) + (0 if t in (m, T) else W.T @ D[t + 1] @ lam[t + 1])
    ka = {m: W.T @ D[m + 1] @ lam[m + 1]}
    for s in range(m - 1, 0, -1):
        ka[s] = W.T @ D[s + 1] @ ka[s + 1]
    d.g(r"h_t = \tanh", r"\lambda_t = \nabla \ell_t", r"\kappa_s = W^\top")
    for t in range(1, T + 1):
        g = jac(lambda z: loss(run(z, t), m + 1, T), h[t])
        if t > m:
            d.c(r"\lambda_t = \nabla_{h_t} L_2", lam[t], g)
        else:
            d.c(r"\kappa_s = \nabla_{h_s} L_2", ka[t], g)
    term = lambda v, t: np.outer(D[t] @ v[t], h[t - 1])
    d.c(r"\frac{d L_1}", jac(lambda z: loss(run(h0, 0, z), 1, m), W), sum(term(lam, t) for t in range(1, m + 1)))
    d.c(
        r"\frac{d L_2}",
        jac(lambda z: loss(run(h0, 0, z), m + 1, T), W),
        sum(term(lam, t) for t in range(m + 1, T + 1)) + sum(term(ka, s) for s in range(1, m + 1)),
    )


def d038(d, r, T, n):
    m = n + 1
    W, U, b = r.normal(size=(n, n)), r.normal(size=(n, m)), r.normal(size=n)
    x, y, h0 = r.normal(size=(T + 1, m)), r.normal(size=(T + 1, n)), r.normal(size=n)
    ell = lambda t, h: np.sum(y[t] * h + t * h**3)
    gr = lambda t, h: (y[t] + 3 * t * h**2)[None, :]

    def L(h, s=0, W=W, U=U, b=b):
        tot = ell(s, h) if s >= 1 else 0
        for t in range(s + 1, T + 1):
            h = np.tanh(W @ h + U @ x[t] + b)
            tot = tot + ell(t, h)
        return tot

    h = rnn(W, U, x, b, h0, T)
    D = [None] + [dg(1 - h[t] ** 2) for t in range(1, T + 1)]
    g = [None] + [jac(lambda s: L(s, t), h[t])[None, :] for t in range(1, T + 1)]
    d.g(r"h_t = \tanh(")
    d.c(r"g_T =", g[T], gr(T, h[T]))
    for t in range(1, T + 1):
        d.c(r"\frac{\partial h_t}{\partial h_{t-1}}", jac(lambda s: np.tanh(W @ s + U @ x[t] + b), h[t - 1]), D[t] @ W)
        if t >= 2:
            d.c(r"g_{t-1} =", g[t - 1], gr(t - 1, h[t - 1]) + g[t] @ W @ D[t])
    rg = range(1, T + 1)
    d.c(r"\frac{dL}{db}", jac(lambda z: L(h0, b=z), b)[None, :], sum(g[t] @ D[t] for t in rg))
    d.c(r"\frac{dL}{dW}", jac(lambda z: L(h0, W=z), W), sum(D[t] @ g[t].T @ h[t - 1][None, :] for t in rg))
    d.c(r"\frac{dL}{dU}", jac(lambda z: L(h0, U=z), U), sum((x[t][:, None] @ g[t] @ D[t]).T for t in rg))


def d039(d, r, N, n):
    c, th, x0 = r.uniform(0.4, 0.8), r.normal(), r.normal()
    e = r.normal()
    g = lambda x, th: c * np.sin(x + e * th) + th * th / 3  # |g_x| <= c < 1
    gx = lambda x: jac(lambda z: g(z, th), x)
    gt = lambda x: jac(lambda z: g(x, z), th)

    def run(x, th, N=N):
        out = [x]
        for _ in range(N):
            out.append(g(out[-1], th))
        return out

    x = run(x0, th)
    d.g(r"x_{k+1} = g(")
    for k in range(1, N + 1):
        d.c(r"\frac{d x_n}{d x_0}", jac(lambda z: run(z, th)[k], x0), np.prod([gx(x[j]) for j in range(k)]))
        dk, dk1 = (jac(lambda z: run(x0 + 0 * z, z)[i], th) for i in (k - 1, k))
        d.c(r"\frac{d x_{k+1}}", dk1, gx(x[k - 1]) * dk + gt(x[k - 1]))
        d.c(r"\frac{d x_n}{d \theta}", dk1, sum(gt(x[i]) * np.prod([gx(x[j]) for j in range(i, k)]) for i in range(k)))
    fix = lambda th: run(x0, th, 400)[-1]
    xs = fix(th)
    d.c(r"\frac{d x^*}", fd(fix, th), gt(xs) / (1 - gx(xs)), tol=1e-5)
    d.ok(r"|e_n|", all(abs(x[k] - xs) <= c**k * abs(x0 - xs) + 1e-12 for k in range(N + 1)))


def d040(d, r, T, n):
    P, p0 = r.dirichlet(np.ones(n), size=n), r.dirichlet(np.ones(n))
    f, c = r.normal(size=n), r.normal(size=n)
    law = np.zeros((T + 1, n))
    tot = np.zeros(n)
    for q in itertools.product(range(n), repeat=T + 1):
        w = np.prod([P[q[s], q[s + 1]] for s in range(T)])
        tot[q[0]] += w * sum(c[list(q)])
        for t in range(T + 1):
            law[t, q[t]] += p0[q[0]] * w
    for t in range(T):
        d.c(r"\pi_{t+1} =", law[t + 1], law[t] @ P)
    for t in range(T + 1):
        d.c(r"\mathbb{E}", law[t] @ f, p0 @ mp(P, t) @ f)
    d.g(r"u_t = P u_{t+1}")
    u, v = f, c
    for t in range(T):
        u, v = P @ u, c + P @ v
    assert close(v, tot)
    d.c(r"\pi_0 u_0", p0 @ u, law[T] @ f)
    d.c(r"v_0 =", v, sum(mp(P, t) @ c for t in range(T + 1)))
    a, b, s = r.uniform(0.05, 0.95, size=3)
    pi = np.array([1 - s, s])
    for t in range(T + 1):
        d.c(r"\pi_t(2)", pi[1], a / (a + b) + (1 - a - b) ** t * (s - a / (a + b)))
        pi = pi @ np.array([[1 - a, a], [b, 1 - b]])


def d041(d, r, T, n):
    ga, R = r.uniform(0.3, 0.9), r.normal(size=T + 1)

    def ret(ga, R, t, T=T):
        return sum((ga**k * R[t + k + 1] for k in range(T - t)), 0 * ga)

    d.g(r"G_t = \sum_{k=0}")
    for t in range(T):
        d.c(r"G_t = R_{t+1}", ret(ga, R, t), R[t + 1] + ga * ret(ga, R, t + 1))
        d.c(
            r"G_0 - \gamma^t",
            ret(ga, R, 0) - ga**t * ret(ga, R, t),
            sum((ga ** (k - 1) * R[k] for k in range(1, t + 1)), 0.0),
        )
        d.c(r"G_t = \frac{1 -", ret(ga, np.ones(T + 1), t), (1 - ga ** (T - t + 1)) / (1 - ga))
        d.c(r"\lim", ret(ga, np.ones(1001), t, 1000), 1 / (1 - ga))
        d.c(
            r"\frac{d G_t}",
            jac(lambda z: ret(z, R, t), ga),
            ret(ga, R, t + 1) + ga * jac(lambda z: ret(z, R, t + 1), ga),
        )


def d042(d, r, T, n):
    a, b, x0 = r.normal(size=3)
    u = r.normal(size=T)

    def run(a, b, x0):
        x = [x0 + 0 * a]
        for t in range(T):
            x.append(a * x[-1] + b * u[t])
        return np.array(x)

    J = lambda a, b, x0: 0.5 * np.sum(run(a, b, x0)[1:] ** 2)
    x = run(a, b, x0)
    p = [None] * T + [x[T]]
    for t in range(T - 1, 0, -1):
        p[t] = x[t] + a * p[t + 1]
    d.g(r"x_{t+1} = a", r"p_t = x_t")
    d.c(r"x_T = a^T", x[T], a**T * x0 + b * sum(a ** (T - 1 - t) * u[t] for t in range(T)))
    d.c(r"\frac{d x_T}", jac(lambda z: run(z, b, x0)[T], a), sum(a ** (T - 1 - t) * x[t] for t in range(T)))
    d.c(r"\frac{d J}{d a}", jac(lambda z: J(z, b, x0), a), sum(p[t + 1] * x[t] for t in range(T)))
    d.c(r"\frac{d J}{d b}", jac(lambda z: J(a, z, x0), b), sum(p[t + 1] * u[t] for t in range(T)))
    d.c(r"\frac{d J}{d x_0}", jac(lambda z: J(a, b, z), x0), a * p[1])


def d043(d, r, T, n):
    m = n + 1
    W, U = r.normal(size=(n, n)), r.normal(size=(n, m))
    x, y, h0 = r.normal(size=(T + 1, m)), r.normal(size=(T + 1, n)), r.normal(size=n)
    ell = lambda t, h: np.sum(y[t] * h + t * h**3)
    gr = lambda t, h: y[t] + 3 * t * h**2

    def L(h, s=0, W=W, U=U):
        tot = ell(s, h) if s >= 1 else 0
        for t in range(s + 1, T + 1):
            h = np.tanh(W @ h + U @ x[t])
            tot = tot + ell(t, h)
        return tot

    h = rnn(W, U, x, 0, h0, T)
    a = [None] + [W @ h[t - 1] + U @ x[t] for t in range(1, T + 1)]
    de = [None] + [jac(lambda z: L(np.tanh(z), t), a[t]) for t in range(1, T + 1)]
    d.g(r"a_t = W h_{t-1}")
    for t in range(1, T):
        tot = gr(t, h[t]) + W.T @ de[t + 1]
        d.c(r"\nabla_{h_t} L", jac(lambda z: L(z, t), h[t]), tot)
        d.c(r"\delta_t = \left(", de[t], tot * h[t] * (1 - h[t]))
    rg = range(1, T + 1)
    d.c(r"\partial W}", jac(lambda z: L(h0, W=z), W), sum(np.outer(de[t], h[t - 1]) for t in rg))
    d.c(r"\partial U}", jac(lambda z: L(h0, U=z), U), sum(np.outer(de[t], x[t]) for t in rg))
    d.c(r"\partial h_0}", jac(lambda z: L(z), h0), W.T @ de[1])


def d044(d, r, T, n):
    ga, R, rc = r.uniform(0.3, 1.3), r.normal(size=T + 1), r.normal()

    def val(ga, R):
        V = [0 * ga] * (T + 2)
        for t in range(T, -1, -1):
            V[t] = R[t] + ga * V[t + 1]
        return V

    V, dV = val(ga, R), jac(lambda z: val(z, R)[0], ga)
    d.g(r"V_t = r_t")
    d.c(r"V_0 = \sum_{t=0}^{T}", V[0], sum(ga**t * R[t] for t in range(T + 1)))
    d.c(r"\sum_{t=1}^{T} t", dV, sum(t * ga ** (t - 1) * R[t] for t in range(1, T + 1)))
    d.c(r"\gamma^t\, V_{t+1}", dV, sum(ga**t * V[t + 1] for t in range(T)))
    d.c(r"V_0 = r\,", val(ga, [rc] * (T + 1))[0], rc * (1 - ga ** (T + 1)) / (1 - ga))
    for k in range(T + 1):
        d.c(r"\gamma^n V_n", V[0], sum(ga**t * R[t] for t in range(k)) + ga**k * V[k])


def d045(d, r, N, n):
    w, x1, h1 = r.normal() * 1.5, r.normal(size=N + 1), r.normal()
    W, x, h0 = r.normal(size=(n, n)), r.normal(size=(N + 1, n)), r.normal(size=n)

    def run(h, mul, x):
        out = [h]
        for t in range(1, N + 1):
            out.append(np.tanh(mul(out[-1]) + x[t]))
        return out

    s = run(h1, lambda z: w * z, x1)
    ds = jac(lambda z: run(z, lambda q: w * q, x1)[N], h1)
    d.c(r"= w^N \prod", ds, w**N * np.prod([1 - s[t] ** 2 for t in range(1, N + 1)]))
    d.ok(r"\le |w|^N", abs(ds) <= abs(w) ** N + 1e-12)
    h = run(h0, lambda z: W @ z, x)
    J = jac(lambda z: run(z, lambda q: W @ q, x)[N], h0)
    D = [dg(1 - h[t] ** 2) for t in range(1, N + 1)]
    d.g(r"h_t = \tanh(")
    d.c(r"= W^N \prod", J, mp(W, N) @ chain(D, n))
    d.ok(r"\le \lVert W", np.linalg.norm(J, 2) <= np.linalg.norm(W, 2) ** N + 1e-12)
    d.c(r"\det \frac", np.linalg.det(J), np.linalg.det(W) ** N * np.prod([np.linalg.det(q) for q in D]))


def d046(d, r, N, n):
    A, x0, eta = r.normal(size=(n, n)), r.normal(size=n), r.uniform(0.05, 0.5)
    f = lambda x: 0.5 * x @ A @ x
    grad = lambda x: jac(f, x)
    x = [x0]
    for t in range(N):
        x.append(x[-1] - eta * grad(x[-1]))
    d.g(r"f(x) = \frac12", r"x_{t+1} = x_t")
    for t in range(N):
        g = grad(x[t])
        d.c(r"x^\top \nabla f(x)", x[t] @ g, 2 * f(x[t]))
        d.c(r"x_t = (I", x[t + 1], mp(np.eye(n) - eta * A, t + 1) @ x0)
        d.c(r"f(x_{t+1})", f(x[t + 1]), f(x[t]) - eta * g @ g + eta**2 / 2 * g @ A @ g)
    d.c(r"x_N = x_0", x[N], x0 - eta * sum(grad(x[t]) for t in range(N)))


def d047(d, r, T, n):
    m = n + 1
    w, U, h0 = r.normal(size=n), r.normal(size=(n, m)), r.normal(size=n)
    x, y = r.normal(size=(T + 1, m)), r.normal(size=(T + 1, n))
    ell = lambda t, h: np.sum(y[t] * h + t * h**3)
    gr = lambda t, h: y[t] + 3 * t * h**2

    def run(h, s=0, w=w, U=U):
        out = {s: h}
        for t in range(s + 1, T + 1):
            out[t] = np.tanh(w * out[t - 1] + U @ x[t])
        return out

    L = lambda hs: sum(ell(t, hs[t]) for t in hs if t >= 1)
    h = run(h0)
    q = [None] + [1 - h[t] ** 2 for t in range(1, T + 1)]
    P = lambda a, b: np.prod([np.ones(n)] + q[a : b + 1], axis=0)
    mu = [None] + [jac(lambda z: L(run(z, t)), h[t]) for t in range(1, T + 1)]
    rg = range(1, T + 1)
    d.g(r"h_t = \tanh(")
    d.c(r"\frac{\partial h_T}", jac(lambda z: run(z)[T], h0), dg(w**T * P(1, T)))
    for t in rg:
        d.c(r"\mu_t = \sum", mu[t], sum(w ** (s - t) * P(t + 1, s) * gr(s, h[s]) for s in range(t, T + 1)))
        if t < T:
            d.c(r"\mu_t = \nabla", mu[t], gr(t, h[t]) + w * q[t + 1] * mu[t + 1])
    d.c(r"\frac{d L}{d w}", jac(lambda z: L(run(h0, w=z)), w), sum(mu[t] * q[t] * h[t - 1] for t in rg))
    d.c(r"\frac{d L}{d U}", jac(lambda z: L(run(h0, U=z)), U), sum(np.outer(mu[t] * q[t], x[t]) for t in rg))


def d048(d, r, T, n):
    ga, la = r.uniform(0.3, 0.95), r.uniform(0.1, 0.9)
    R, V = r.normal(size=T), np.append(r.normal(size=T), 0.0)
    de = [R[t] + ga * V[t + 1] - V[t] for t in range(T)]
    adv = lambda la: [sum(((ga * la) ** l * de[t + l] for l in range(T - t)), 0.0) for t in range(T + 1)]
    A = adv(la)
    d.g(r"\delta_t = r_t", r"\hat A_t = \sum_{l=0}^{T-1-t} (\gamma\lambda)^l")
    d.c(r"\hat A_t = \delta_t +", A[:T], [de[t] + ga * la * A[t + 1] for t in range(T)])
    for t in range(T):
        for k in range(1, T - t + 1):
            d.c(
                r"\sum_{l=0}^{n-1} \gamma^l \delta_{t+l}",
                sum(ga**l * de[t + l] for l in range(k)),
                sum(ga**l * R[t + l] for l in range(k)) + ga ** (k - 1) * V[t + k] - V[t],
            )
        d.c(r"\gamma^l r_{t+l} - V(s_t)", adv(1.0)[t], sum(ga**l * R[t + l] for l in range(T - t)) - V[t])
        d.c(r"\hat A_0 =", A[0], sum((ga * la) ** l * de[l] for l in range(t)) + (ga * la) ** t * A[t])


DOCS = {k[1:]: v for k, v in list(globals().items()) if k[0] == "d" and k[1:].isdigit()}


def check(name, path, verbose):
    """Runs the trials of one document; returns (problems, line of the false claim or None)."""
    ctx = Ctx(path)
    for trial in range(TRIALS):
        rng = np.random.default_rng(1000 * int(name) + trial)
        DOCS[name](ctx, rng, 3 + trial % 3, 2 + trial % 2)
    bad = sorted(set(ctx.err))
    for no, s in ctx.lines:
        if (no in ctx.given) == (no in ctx.res):
            bad.append(f"line {no} is {'both given and checked' if no in ctx.res else 'not covered'}: {s}")
    wrong = [no for no in sorted(x for x in ctx.res if x) if not all(ctx.res[no])]
    if verbose:
        for no in sorted(x for x in ctx.res if x):
            print(f"  {os.path.basename(path)}:{no}: {sum(ctx.res[no])} of {len(ctx.res[no])} hold")
    if len(wrong) > 1:
        bad.append(f"more than one line fails: {wrong}")
    return bad, wrong[0] if wrong else None


def main():
    verbose = "-v" in sys.argv[1:]
    with open(os.path.join(HERE, "oracle.csv"), encoding="utf-8", newline="") as fh:
        rows = {row["file"]: row for row in csv.DictReader(fh)}
    problems, seen = [], set()
    files = sorted(f"{k}/{x}" for k in ("false", "true") for x in os.listdir(os.path.join(HERE, k)))
    for f in files:
        name = os.path.basename(f)[:3]
        if name in seen or name not in DOCS:
            problems.append(f"{f}: number used twice or no check")
            continue
        seen.add(name)
        bad, line = check(name, os.path.join(HERE, f), verbose)
        problems += [f"{f}: {b}" for b in bad]
        if f not in rows:
            problems.append(f"{f}: no row in oracle.csv")
            continue
        want = rows.pop(f)
        if (str(line) if line else "") != want["line"]:
            problems.append(f"{f}: computed false line {line}, oracle.csv says {want['line']!r}")
        if f.startswith("false/") != (line is not None):
            problems.append(f"{f}: in the wrong folder, false line {line}")
        if bool(want["counterexample"]) != f.startswith("false/"):
            problems.append(f"{f}: counterexample missing or superfluous")
    problems += [f"{f}: row without a file" for f in rows]
    problems += [f"check {x} has no document" for x in DOCS if x not in seen]
    for p in problems:
        print(p)
    print(f"{len(files)} documents, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
