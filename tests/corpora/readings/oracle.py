"""Independent check of the documents against oracle.csv, with numpy and sympy only."""
import csv, re, sys, os
import numpy as np, sympy as sp
from numpy.linalg import inv, det, norm
HERE = os.path.dirname(os.path.abspath(__file__))
R = np.random.default_rng(int(os.environ.get('SEED', 7)))
rn = lambda *s: R.normal(size=s)
pos = lambda: R.uniform(.5, 2.)
tr, I = np.trace, np.eye
outer = np.outer

def same(a, b, tol=2e-6):
    """Equal shapes and entries; a row (1 x n) is not a column (n x 1)."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    return a.shape == b.shape and bool(np.all(np.abs(a - b) <= tol * (1 + np.abs(a) + np.abs(b))))

def grad(f, x, h=1e-3):
    """Derivatives of a number or array f by each entry of x (4th order); last axes are those of x."""
    x = np.asarray(x, float); out = None
    for k in np.ndindex(x.shape):
        e = np.zeros(x.shape); e[k] = h
        d = (8 * (np.asarray(f(x + e)) - np.asarray(f(x - e))) - (np.asarray(f(x + 2*e)) - np.asarray(f(x - 2*e)))) / (12 * h)
        if out is None: out = np.zeros(d.shape + x.shape)
        out[(Ellipsis,) + k] = d
    return out
jac = grad                                     # row for each output, column for each input
hess = lambda f, x: grad(lambda z: grad(f, z, 1e-2), x, 1e-2)

def stationary(f, w):
    """The stationary point of a quadratic f, by Newton with finite differences."""
    for _ in range(3): w = w - np.linalg.solve(hess(f, w), grad(f, w))
    return w

def E(i, j, n=2):
    m = np.zeros((n, n)); m[i-1, j-1] = 1; return m
v2 = lambda *a: np.array(a, float)

DEF = 'definition or hypothesis'
T = {}
def rep(test, times=4):
    return lambda: all(test() for _ in range(times))
def claims(name, *pairs): T[name] = pairs
def no(test, example=None):
    """A false claim: test() is the claim at random values; example() the counterexample of the csv, as (left, right, its two values)."""
    def run():
        fails = sum(not test() for _ in range(5)) >= 4
        if example is not None:
            l, r, l0, r0 = example()
            ok = same(l, l0, 1e-3) and same(r, r0, 1e-3) and not same(l, r)
        else: ok = False
        return 'false' if fails and ok else 'UNSHOWN'
    return run

# ------------------------------------------------------------------ 1
def data(n=4, d=3): return rn(n, d), rn(n), rn(d), pos()
ridge = lambda X, y, l: (lambda w: norm(y - X@w)**2 + l*norm(w)**2)
def ridge_grad():
    X, y, w, l = data(); return same(grad(ridge(X, y, l), w), -2*X.T@(y - X@w) + 2*l*w)
def ridge_sol():
    X, y, w, l = data(); return same(stationary(ridge(X, y, l), w), inv(X.T@X + l*I(3))@X.T@y)
def c001():
    X, y, w, l = data(); return same(X.T@(y - X@w), l*w)
claims('001-ridge-every-w',
  (r'L(w) = \|y - Xw\|^2 + \lambda \|w\|^2', DEF),
  (r'\nabla L(w) = -2 X^T (y - Xw) + 2 \lambda w', rep(ridge_grad)),
  (r'w = (X^T X + \lambda I)^{-1} X^T y', rep(ridge_sol)),
  (r'X^T (y - Xw) = \lambda w', no(c001, lambda: (1*(0 - 1*1), 1*1, -1, 1))))

def ll(x): return lambda m, v: -len(x)/2*np.log(2*np.pi*v) - np.sum((x - m)**2)/(2*v)
def mle(x):      # maximum over a fine Newton iteration in sympy, independent of the closed form
    m, v = sp.symbols('m v', real=True)
    n = len(x); S = sum((sp.Rational(int(a)) - m)**2 for a in x)
    dm, dv = sp.diff(-S/(2*v), m), sp.diff(-sp.Rational(n, 2)*sp.log(v) - S/(2*v), v)
    sols = sp.solve([sp.numer(sp.together(dm)), sp.numer(sp.together(dv))], [m, v], dict=True)
    sols = [s for s in sols if s.get(v, 0) != 0 and s[v] > 0]
    assert len(sols) == 1
    return float(sols[0][m]), float(sols[0][v])
def ints(n=4):
    while True:
        x = R.integers(-9, 9, n)
        if len(set(x)) > 1: return x.astype(float)
def l_dm():
    x, m, v = rn(5), rn(), pos(); return same(grad(lambda t: ll(x)(t, v), m), np.sum(x - m)/v)
def l_dv():
    x, m, v = rn(5), rn(), pos(); return same(grad(lambda t: ll(x)(m, t), v), -5/(2*v) + np.sum((x - m)**2)/(2*v*v))
def l_m(): x = ints(); return same(mle(x)[0], x.mean())
def l_v(c):
    def t(): x = ints(); m, v = mle(x); return same(v, np.sum((x - m)**2)/(len(x) - c))
    return t
claims('002-variance-mle',
  (r'\ell(\mu, v) = -\frac{n}{2} \log(2 \pi v) - \frac{1}{2v} \sum_{i=1}^n (x_i - \mu)^2', DEF),
  (r'\frac{\partial \ell}{\partial \mu} = \frac{1}{v} \sum_{i=1}^n (x_i - \mu)', rep(l_dm)),
  (r'\frac{\partial \ell}{\partial v} = -\frac{n}{2v} + \frac{1}{2v^2} \sum_{i=1}^n (x_i - \mu)^2', rep(l_dv)),
  (r'\mu = \frac{1}{n} \sum_{i=1}^n x_i', rep(l_m)),
  (r'v = \frac{1}{n-1} \sum_{i=1}^n (x_i - \mu)^2', no(l_v(1), lambda: (mle([0, 2])[1], ((0-1)**2 + (2-1)**2)/(2-1), 1, 2))))

lv = lambda n, S: (lambda v: -n/2*np.log(v) - S/(2*v))
def c3a(): n, S, v = pos(), pos(), pos(); return same(grad(lv(n, S), v), -n/(2*v) + S/(2*v*v))
def c3b():
    v = sp.symbols('v', positive=True); n, S = sp.Rational(int(R.integers(1, 9))), sp.Rational(int(R.integers(1, 9)))
    return sp.solve(sp.diff(-n/2*sp.log(v) - S/(2*v), v), v) == [S/n]
def c3c(): n, S, v = pos(), pos(), pos(); return same(hess(lv(n, S), v), -n/(2*v*v), 1e-4)
claims('003-second-derivative-everywhere',
  (r'\ell(v) = -\frac{n}{2} \log v - \frac{S}{2v}', DEF),
  (r"\ell'(v) = -\frac{n}{2v} + \frac{S}{2v^2}", rep(c3a)), (r'v = \frac{S}{n}', rep(c3b)),
  (r"\ell''(v) = -\frac{n}{2v^2}", no(c3c, lambda: (hess(lv(1, 1), 2.), -1/8, 0, -1/8))))

X_ = sp.symbols('x', real=True); f3 = X_**3 - 3*X_
def cubic(): return sp.expand(sp.diff(f3, X_) - (3*X_**2 - 3)) == 0
def cubic_sq(): return all(s**2 == 1 for s in sp.solve(3*X_**2 - 3, X_))
claims('004-all-stationary-points',
  (r'f(x) = x^3 - 3x', DEF), (r"f'(x) = 3x^2 - 3", cubic), (r'3x^2 - 3 = 0 \Rightarrow x^2 = 1', cubic_sq),
  (r'x = 1', lambda: 'false' if sp.diff(f3, X_).subs(X_, -1) == 0 and -1 != 1 else 'UNSHOWN'))

x5, y5, l5 = sp.symbols('x y l', real=True); L5 = x5**2*y5 - l5*(x5**2 + y5**2 - 3)
S5 = sp.solve([sp.diff(L5, z) for z in (x5, y5, l5)], [x5, y5, l5], dict=True)
claims('005-lagrange-division',
  (r'x^2 + y^2 = 3', DEF), (r'L(x, y, \lambda) = x^2 y - \lambda (x^2 + y^2 - 3)', DEF),
  (r'\frac{\partial L}{\partial x} = 2xy - 2\lambda x', lambda: sp.expand(sp.diff(L5, x5) - (2*x5*y5 - 2*l5*x5)) == 0),
  (r'\frac{\partial L}{\partial y} = x^2 - 2\lambda y', lambda: sp.expand(sp.diff(L5, y5) - (x5**2 - 2*l5*y5)) == 0),
  (r'x^2 = 2 \lambda y', lambda: len(S5) == 6 and all(sp.simplify((x5**2 - 2*l5*y5).subs(s)) == 0 for s in S5)),
  (r'y = \lambda', lambda: 'false' if any(s[x5] == 0 and s[y5] == sp.sqrt(3) and s[l5] == 0 for s in S5) else 'UNSHOWN'))

def c6():
    g = np.linspace(0, 2, 2001); x = g[np.argmin((g + 1)**2)]; return 'false' if x == 0 and 2*(x + 1) == 2 else 'UNSHOWN'
claims('006-minimum-on-interval',
  (r'f(x) = (x + 1)^2', DEF), (r"f'(x) = 2(x + 1)", lambda: sp.expand(sp.diff((X_ + 1)**2, X_) - 2*(X_ + 1)) == 0),
  (r'f(0) = 1', lambda: (0 + 1)**2 == 1), (r'2(x + 1) = 0', c6))

half = lambda X, y: (lambda w: norm(X@w - y)**2/2)
J7 = lambda X, y, l: (lambda w: half(X, y)(w) + l/2*norm(w)**2)
def e_grad(): X, y, w, l = data(); return same(grad(half(X, y), w), X.T@(X@w - y))
def j_grad(): X, y, w, l = data(); return same(grad(J7(X, y, l), w), X.T@(X@w - y) + l*w)
def j_st(): X, y, w, l = data(); w = stationary(J7(X, y, l), w); return same((X.T@X + l*I(3))@w, X.T@y)
def j_ne(): X, y, w, l = data(); w = stationary(J7(X, y, l), w); return same(X.T@X@w, X.T@y)
claims('007-another-loss',
  (r'E(w) = \frac{1}{2} \|Xw - y\|^2', DEF), (r'J(w) = E(w) + \frac{\lambda}{2} \|w\|^2', DEF),
  (r'\nabla E(w) = X^T (Xw - y)', rep(e_grad)), (r'\nabla J(w) = X^T (Xw - y) + \lambda w', rep(j_grad)),
  (r'(X^T X + \lambda I) w = X^T y', rep(j_st)),
  (r'X^T X w = X^T y', no(j_ne, lambda: (stationary(J7(I(1), v2(1), 1), v2(0)), v2(1), v2(.5), v2(1)))))

def descent(X, y, w, s=.1):
    for _ in range(10): w = w - s*X.T@(X@w - y)
    return w
def c8a(): X, y, w, l = data(); w = descent(X, y, w, .02); return same(grad(half(X, y), w), -X.T@(y - X@w))
def c8b(): X, y, w, l = data(); w = descent(X, y, w, .02); return same(X.T@X@w, X.T@y)
claims('008-early-stopping',
  (r'\nabla E(w) = X^T (Xw - y)', rep(e_grad)), (r'E(w) = \frac{1}{2} \|Xw - y\|^2', DEF), (r'r = y - Xw', DEF),
  (r'\nabla E(w) = -X^T r', rep(c8a)),
  (r'X^T X w = X^T y', no(c8b, lambda: (descent(I(1), v2(1), v2(0)), v2(1), v2(.651), v2(1)))))

def c9g(): X, y, w, l = data(); return same(grad(lambda w: norm(y - X@w)**2, w), -2*X.T@(y - X@w))
def c9s(): X, y, w, l = data(6, 2); return same(stationary(lambda w: norm(y - X@w)**2, w), inv(X.T@X)@X.T@y)
def c9e(): X, y, w, l = data(); return same(norm(y - X@w)**2, norm(y)**2 - 2*y@X@w + norm(X@w)**2)
def c9f(): X, y, w, l = data(); return same(norm(y - X@w)**2, norm(y)**2 - norm(X@w)**2)
claims('009-any-w-exercise',
  (r'\nabla E(w) = -2 X^T (y - Xw)', rep(c9g)), (r'E(w) = \|y - Xw\|^2', DEF), (r'w = (X^T X)^{-1} X^T y', rep(c9s)),
  (r'\|y - Xw\|^2 = \|y\|^2 - 2 y^T X w + \|Xw\|^2', rep(c9e)),
  (r'\|y - Xw\|^2 = \|y\|^2 - \|Xw\|^2', no(c9f, lambda: ((0-1)**2, 0 - 1, 1, -1))))

# ------------------------------------------------------------------ 2
def net(k=None):
    K, h, d = k or tuple(R.choice([2, 3, 4, 5], 3, replace=False)); return rn(K, h), rn(h, d), rn(d), rn(K)
netL = lambda W2, W1, x, t: norm(W2@W1@x - t)**2/2
def n_y(): y, t = rn(3), rn(3); return same(grad(lambda y: norm(y - t)**2/2, y), y - t)
def n_1(): W2, W1, x, t = net(); return same(grad(lambda W: netL(W2, W, x, t), W1), W2.T@outer(W2@W1@x - t, x))
def n_2():
    W2, W1, x, t = net(); d = W2@W1@x - t; g = grad(lambda W: netL(W, W1, x, t), W2)
    return same(g, outer(d, W1@x)) and same(g, outer(d, x)@W1.T)
def n_x(): W2, W1, x, t = net(); return same(grad(lambda x: netL(W2, W1, x, t), x), W1.T@W2.T@(W2@W1@x - t))
def n_2bad(): W2, W1, x, t = net((3, 3, 3)); return same(grad(lambda W: netL(W, W1, x, t), W2), outer(W2@W1@x - t, x)@W1)
def n_2ex():
    W2, W1, x, t = np.zeros((2, 2)), E(1, 2), v2(0, 1), v2(-1, 0)
    return grad(lambda W: netL(W, W1, x, t), W2), outer(W2@W1@x - t, x)@W1, E(1, 1), 0*I(2)
claims('010-two-layers', (r'y = W_2 W_1 x', DEF), (r'L = \frac{1}{2} \|y - t\|^2', DEF), (r'\delta = y - t', DEF),
  (r'\frac{\partial L}{\partial y} = \delta', rep(n_y)), (r'\frac{\partial L}{\partial W_1} = W_2^T \delta x^T', rep(n_1)),
  (r'\frac{\partial L}{\partial W_2} = \delta x^T W_1', no(n_2bad, n_2ex)),
  (r'\frac{\partial L}{\partial x} = W_1^T W_2^T \delta', rep(n_x)))

def ab(test, k=2, n=3): return lambda: test(*[rn(n, n) for _ in range(k)])
claims('011-difference-of-squares',
  (r'\det(AB) = \det(A) \det(B)', rep(ab(lambda A, B: same(det(A@B), det(A)*det(B))))),
  (r'\mathrm{tr}(AB) = \mathrm{tr}(BA)', rep(ab(lambda A, B: same(tr(A@B), tr(B@A))))),
  (r'(A + B)^2 = A^2 + AB + BA + B^2', rep(ab(lambda A, B: same((A+B)@(A+B), A@A + A@B + B@A + B@B)))),
  (r'A^2 - B^2 = (A - B)(A + B)', no(ab(lambda A, B: same(A@A - B@B, (A-B)@(A+B))),
     lambda: (E(1,2)@E(1,2) - E(2,1)@E(2,1), (E(1,2)-E(2,1))@(E(1,2)+E(2,1)), 0*I(2), np.diag([1., -1])))))

def curve():
    P, Q, S = rn(3, 3), rn(3, 3), rn(3, 3); A = lambda t: 5*I(3) + P*np.sin(t) + Q*t + .3*S*t*t
    return A, R.uniform(-.3, .3)
def c12a(): A, t = curve(); return same(grad(A, t)@inv(A(t)) + A(t)@grad(lambda t: inv(A(t)), t), 0*I(3))
def c12b(): A, t = curve(); return same(grad(lambda t: inv(A(t)), t), -grad(A, t)@inv(A(t))@inv(A(t)))
def c12c(): A, t = curve(); return same(grad(lambda t: A(t)@A(t), t), grad(A, t)@A(t) + A(t)@grad(A, t))
def c12x():
    A = lambda t: np.array([[1, 0], [float(t), 2]])
    return grad(lambda t: inv(A(t)), 0.), -grad(A, 0.)@inv(A(0))@inv(A(0)), -E(2,1)/2, -E(2,1)
claims('012-derivative-of-inverse', (r'A A^{-1} = I', DEF),
  (r'\frac{dA}{dt} A^{-1} + A \frac{dA^{-1}}{dt} = 0', rep(c12a)), (r'\frac{dA^{-1}}{dt} = -\frac{dA}{dt} A^{-2}', no(c12b, c12x)),
  (r'A^2 = AA', rep(ab(lambda A: same(np.linalg.matrix_power(A, 2), A@A), 1))),
  (r'\frac{dA^2}{dt} = \frac{dA}{dt} A + A \frac{dA}{dt}', rep(c12c)))

def c13y(): X, y, w, l = data(); return same(grad(lambda y: half(X, y)(w), y), y - X@w)
def c13X(): X, y, w, l = data(3, 3); return same(grad(lambda X: half(X, y)(w), X), outer(w, X@w - y))
claims('013-outer-product', (r'L = \frac{1}{2} \|Xw - y\|^2', DEF), (r'\nabla_w L = X^T (Xw - y)', rep(e_grad)),
  (r'\nabla_y L = y - Xw', rep(c13y)),
  (r'\nabla_X L = w (Xw - y)^T', no(c13X, lambda: (grad(lambda X: half(X, v2(0,-1))(v2(1,0)), 0*I(2)), outer(v2(1,0), v2(0,1)), E(2,1), E(1,2)))))

claims('014-trace-of-three',
  (r'\mathrm{tr}(ABC) = \mathrm{tr}(BCA) = \mathrm{tr}(CAB)', rep(ab(lambda A, B, C: same(tr(A@B@C), tr(B@C@A)) and same(tr(A@B@C), tr(C@A@B)), 3))),
  (r'\mathrm{tr}(ABC) = \mathrm{tr}(C^T B^T A^T)', rep(ab(lambda A, B, C: same(tr(A@B@C), tr(C.T@B.T@A.T)), 3))),
  (r'\mathrm{tr}(ABC) = \mathrm{tr}(BAC)', no(ab(lambda A, B, C: same(tr(A@B@C), tr(B@A@C)), 3),
     lambda: (tr(E(1,2)@E(2,1)@E(1,1)), tr(E(2,1)@E(1,2)@E(1,1)), 1, 0))),
  (r'\mathrm{tr}(sA + B) = s \, \mathrm{tr}(A) + \mathrm{tr}(B)', rep(ab(lambda A, B: same(tr(1.7*A + B), 1.7*tr(A) + tr(B))))))

# ------------------------------------------------------------------ 3
row = lambda a: np.asarray(a).reshape(1, -1)      # derivative of a number as a row
col = lambda a: np.asarray(a).reshape(-1, 1)
den = lambda f, x: jac(f, x).T                    # denominator layout, columns by columns
def xa(n=3): return rn(n), rn(n), rn(n, n), rn(n + 1, n), rn(n, n)       # x, a, A (n x n), Bm (m x n), B (n x n)
def q(test): return rep(lambda: test(*xa()))
claims('015-numerator-row',
  (r'\frac{\partial A x}{\partial x} = A', q(lambda x, a, A, Bm, B: same(jac(lambda x: Bm@x, x), Bm))),
  (r'\frac{\partial x^T x}{\partial x} = 2 x^T', q(lambda x, a, A, Bm, B: same(row(grad(lambda x: x@x, x)), 2*row(x)))),
  (r'\frac{\partial b^T x}{\partial x} = b', no(lambda: (lambda x, b: same(row(grad(lambda x: b@x, x)), col(b)))(rn(3), rn(3)),
     lambda: (row(grad(lambda x: v2(1, 2)@x, v2(0, 0))), col([1, 2]), row([1, 2]), col([1, 2])))),
  (r'\frac{\partial x^T B x}{\partial x} = x^T (B + B^T)', q(lambda x, a, A, Bm, B: same(row(grad(lambda x: x@B@x, x)), row(x)@(B + B.T)))))
claims('016-denominator-jacobian',
  (r'\frac{\partial a^T x}{\partial x} = a', q(lambda x, a, A, Bm, B: same(col(grad(lambda x: a@x, x)), col(a)))),
  (r'\frac{\partial A x}{\partial x} = A^T', q(lambda x, a, A, Bm, B: same(den(lambda x: A@x, x), A.T))),
  (r'\frac{\partial x^T A x}{\partial x} = (A + A^T) x', q(lambda x, a, A, Bm, B: same(col(grad(lambda x: x@A@x, x)), (A + A.T)@col(x)))),
  (r'\frac{\partial B x}{\partial x} = B', no(lambda: (lambda x, a, A, Bm, B: same(den(lambda x: B@x, x), B))(*xa()),
     lambda: (den(lambda x: E(1,2)@x, v2(1, 1)), E(1,2), E(2,1), E(1,2)))))
claims('017-denominator-chain', (r'y = Ax', DEF), (r'z = By', DEF),
  (r'\frac{\partial y}{\partial x} = A^T', q(lambda x, a, A, Bm, B: same(den(lambda x: A@x, x), A.T))),
  (r'\frac{\partial z}{\partial y} = B^T', q(lambda x, a, A, Bm, B: same(den(lambda y: B@y, x), B.T))),
  (r'\frac{\partial z}{\partial x} = B^T A^T', no(lambda: (lambda x, a, A, Bm, B: same(den(lambda x: B@(A@x), x), B.T@A.T))(*xa()),
     lambda: (den(lambda x: E(1,1)@(E(1,2)@x), v2(1, 1)), E(1,1).T@E(1,2).T, E(2,1), 0*I(2)))),
  (r'\frac{\partial z^T z}{\partial x} = 2 A^T B^T z', q(lambda x, a, A, Bm, B: same(grad(lambda x: norm(B@A@x)**2, x), 2*A.T@B.T@(B@A@x)))))
def layer(m=3, n=3): W, x, v = rn(m, n), rn(n), rn(m); h = np.tanh(W@x); return W, x, v, h, np.diag(1 - h**2)
def lay(test, m=3, n=3): return lambda: test(*layer(m, n))
ht = lambda W: (lambda x: np.tanh(W@x))
jl = lambda W, x, v, h, D: same(jac(ht(W), x), (1 - h**2)[:, None]*W)
jd = lambda W, x, v, h, D: same(jac(ht(W), x), D@W)
claims('018-gradient-of-layer', (r'h = \tanh(Wx)', DEF), (r'J_{ij} = \frac{\partial h_i}{\partial x_j}', DEF),
  (r'D = \mathrm{diag}(1 - h_1^2, \dots, 1 - h_n^2)', DEF),
  (r'\frac{\partial h_i}{\partial x_j} = (1 - h_i^2) W_{ij}', rep(lay(jl))), (r'J = D W', rep(lay(jd))),
  (r'\nabla_h (v^T h) = v', rep(lay(lambda W, x, v, h, D: same(grad(lambda h: v@h, h), v)))),
  (r'\nabla_x (v^T h) = W D v', no(lay(lambda W, x, v, h, D: same(grad(lambda x: v@np.tanh(W@x), x), W@D@v)),
     lambda: (grad(lambda x: v2(1,0)@np.tanh(E(1,2)@x), v2(0,0)), E(1,2)@v2(1,0), v2(0,1), v2(0,0)))))
num = lambda f, X: grad(f, X).T                   # a number by a matrix, numerator layout
def trm(test, m=2, n=3): return lambda: test(rn(m, n), rn(n, m), rn(m, n))
claims('019-numerator-traces', (r'\left( \frac{\partial f}{\partial X} \right)_{ij} = \frac{\partial f}{\partial X_{ji}}', DEF),
  (r'\frac{\partial}{\partial X} \mathrm{tr}(A X) = A', rep(trm(lambda X, A, B: same(num(lambda X: tr(A@X), X), A)))),
  (r'\frac{\partial}{\partial X} \mathrm{tr}(X^T X) = 2 X^T', rep(trm(lambda X, A, B: same(num(lambda X: tr(X.T@X), X), 2*X.T)))),
  (r'\frac{\partial}{\partial X} \mathrm{tr}(X^T B) = B', no(trm(lambda X, A, B: same(num(lambda X: tr(X.T@B), X), B), 3, 3),
     lambda: (num(lambda X: tr(X.T@E(1,2)), I(2)), E(1,2), E(2,1), E(1,2)))))
prod_rule = q(lambda x, a, A, Bm, B: same(den(lambda x: np.sin(a@x)*x, x), np.sin(a@x)*I(3) + col(grad(lambda x: np.sin(a@x), x))@row(x)))
claims('020-denominator-outer',
  (r'\frac{\partial A x}{\partial x} = A^T', q(lambda x, a, A, Bm, B: same(den(lambda x: Bm@x, x), Bm.T))),
  (r'\frac{\partial a^T x}{\partial x} = a', q(lambda x, a, A, Bm, B: same(col(grad(lambda x: a@x, x)), col(a)))),
  (r'\frac{\partial (u x)}{\partial x} = u I + \frac{\partial u}{\partial x} x^T', prod_rule),
  (r'\frac{\partial (x^T x) x}{\partial x} = (x^T x) I + 2 x x^T', q(lambda x, a, A, Bm, B: same(den(lambda x: (x@x)*x, x), (x@x)*I(3) + 2*outer(x, x)))),
  (r'\frac{\partial (a^T x) x}{\partial x} = (a^T x) I + x a^T', no(lambda: (lambda x, a, A, Bm, B: same(den(lambda x: (a@x)*x, x), (a@x)*I(3) + outer(x, a)))(*xa()),
     lambda: (den(lambda x: (v2(1,0)@x)*x, v2(0,1)), outer(v2(0,1), v2(1,0)), E(1,2), E(2,1)))))

# ------------------------------------------------------------------ 4
S21 = np.array([[1., 2], [2, 1]]); H = np.array([[0., 1], [1, 0]]); RO = np.array([[0., -1], [1, 0]])
def s_q(): x = rn(2); return same(x@S21@x, x[0]**2 + 4*x[0]*x[1] + x[1]**2)
def s_g(): x = rn(2); return same(grad(lambda x: x@S21@x, x), 2*S21@x)
def g_t(): x, a, A, Bm, B = xa(); return same(x@A@x, x@A.T@x)
def g_g(): x, a, A, Bm, B = xa(); return same(grad(lambda x: x@A@x, x), (A + A.T)@x)
def g_bad(): x, a, A, Bm, B = xa(); return same(grad(lambda x: x@A@x, x), 2*A@x)
MA = r'A = \begin{pmatrix}'
claims('021-quadratic-form', (MA, DEF, 'any'), (r'x = (x_1, x_2)^T', DEF), (r'x^T A x = x_1^2 + 4 x_1 x_2 + x_2^2', rep(s_q)),
  (r'\nabla_x (x^T A x) = 2 A x', rep(s_g), 1), (r'x^T A x = x^T A^T x', rep(g_t)),
  (r'\nabla_x (x^T A x) = 2 A x', no(g_bad, lambda: (grad(lambda x: x@E(1,2)@x, v2(1,0)), 2*E(1,2)@v2(1,0), v2(0,1), v2(0,0))), 2))
claims('022-second-matrix', (MA, DEF, 'any'), (r'A^2 = I, \qquad A^{-1} = A', lambda: same(H@H, I(2)) and same(inv(H), H), 1),
  (r'A^T A = I, \qquad \det A = 1', lambda: same(RO.T@RO, I(2)) and same(det(RO), 1)),
  (r'A^{-1} = A', lambda: 'false' if not same(inv(RO), RO) and same(inv(RO), -RO) and same(inv(RO), [[0, 1], [-1, 0]]) else 'UNSHOWN', 2))
J23 = lambda X, y, l: (lambda w: norm(X@w - y)**2 + l*norm(w)**2)
def c23e(): X, y, w, l = data(); return same(stationary(J23(X, y, 1), w), inv(X.T@X + I(3))@X.T@y)
def c23g(): X, y, w, l = data(); return same(grad(J23(X, y, l), w), 2*X.T@(X@w - y) + 2*l*w)
def c23b(): X, y, w, l = data(); l += 1; return same(stationary(J23(X, y, l), w), inv(X.T@X + I(3))@X.T@y)
W23 = r'w = (X^T X + I)^{-1} X^T y'
claims('023-after-the-example', (r'\nabla J(w) = 2 X^T (Xw - y) + 2 \lambda w', rep(c23g)), (r'J(w) = \|Xw - y\|^2 + \lambda \|w\|^2', DEF), (r'\lambda = 1', DEF),
  (W23, rep(c23e), 1), (W23, no(c23b, lambda: (stationary(J23(I(1), v2(1), 3), v2(0)), v2(.5), v2(.25), v2(.5))), 2))
def pairs(x): return np.sum((x[:, None] - x[None, :])**2)
def c24a(): x = rn(2); m = x.sum()/2; return same((x[0]-m)**2 + (x[1]-m)**2, (x[0]-x[1])**2/2)
def c24b(): x = rn(5); m = x.mean(); return same(np.sum((x-m)**2), np.sum(x**2) - 5*m*m)
def c24c(): x = rn(5); return same(np.sum((x-x.mean())**2), pairs(x)/4)
claims('024-two-numbers', (r'm = \frac{x_1 + x_2}{2}', DEF), (r'(x_1 - m)^2 + (x_2 - m)^2 = \frac{1}{2} (x_1 - x_2)^2', rep(c24a)),
  (r'\bar{x} = \frac{1}{n} \sum_{i=1}^n x_i', DEF), (r'\sum_{i=1}^n (x_i - \bar{x})^2 = \sum_{i=1}^n x_i^2 - n \bar{x}^2', rep(c24b)),
  (r'\sum_{i=1}^n (x_i - \bar{x})^2 = \frac{1}{4} \sum_{i=1}^n \sum_{j=1}^n (x_i - x_j)^2', no(c24c,
     lambda: (np.sum((v2(0,0,3) - 1)**2), pairs(v2(0,0,3))/4, 6, 9))))
A25, B25 = np.diag([1., 2]), np.diag([3., 4])
claims('025-diagonal-example', (r'A = \begin{pmatrix} 1 & 0 \\ 0 & 2 \end{pmatrix}, \qquad B = \begin{pmatrix} 3 & 0 \\ 0 & 4 \end{pmatrix}', DEF),
  (r'AB = BA', lambda: same(A25@B25, B25@A25)), (r'(A + B)^2 = \begin{pmatrix} 16 & 0 \\ 0 & 36 \end{pmatrix}', lambda: same((A25+B25)@(A25+B25), np.diag([16., 36]))),
  (r'(AB)^T = B^T A^T', rep(ab(lambda A, B: same((A@B).T, B.T@A.T)))),
  (r'(A + B)^2 = A^2 + 2AB + B^2', no(ab(lambda A, B: same((A+B)@(A+B), A@A + 2*A@B + B@B)),
     lambda: ((E(1,2)+E(2,1))@(E(1,2)+E(2,1)), E(1,2)@E(1,2) + 2*E(1,2)@E(2,1) + E(2,1)@E(2,1), I(2), 2*E(1,1)))))
xp, ap = sp.symbols('x', positive=True), sp.symbols('a', real=True); F = xp**ap
z0 = lambda e: sp.simplify(e) == 0
claims('026-powers', (r'a = 2', DEF), (r"x f'(x) = a f(x)", lambda: z0(xp*F.diff(xp) - ap*F)), (r"f'(x) = 2x", lambda: z0((xp**2).diff(xp) - 2*xp)),
  (r"f''(x) = 2", lambda: z0((xp**2).diff(xp, 2) - 2)), (r"f'(x) = 2 x^{a - 1}", lambda: 'false' if F.diff(xp).subs(ap, 3).subs(xp, 1) == 3 and not z0(F.diff(xp) - 2*xp**(ap - 1)) else 'UNSHOWN'),
  (r'f(x) = x^a', DEF, 'any'))

# ------------------------------------------------------------------ 5
def c27a(): w = rn(3); f = lambda w: w@w; return same(grad(f, w), 2*w) and same(w@grad(f, w), 2*f(w))
def c27b(): w, a, A, Bm, B = xa(); f = lambda w: w@A@w; return same(grad(f, w), (A + A.T)@w) and same(w@grad(f, w), 2*f(w))
def c27c(): w, c = rn(3), rn(3); f = lambda w: np.sin(c@w) + np.exp(w[0]); return same(w@grad(f, w), 2*f(w))
P27 = r'w^T \nabla f(w) = 2 f(w)'
claims('027-every-function', (r'f(w) = \|w\|^2', DEF), (r'f(w) = w^T A w', DEF),
  (r'\nabla f(w) = 2w, \qquad ' + P27, rep(c27a)), (r'\nabla f(w) = (A + A^T) w, \qquad ' + P27, rep(c27b)),
  (P27, no(c27c, lambda: (v2(1,0)@grad(lambda w: w[0], v2(1,0)), 2*1, 1, 2)), 3))
J28 = lambda X, y, l: (lambda w: norm(X@w - y)**2/len(y) + l*norm(w)**2)
def c28g(): X, y, w, l = data(); return same(grad(J28(X, y, l), w), 2/4*X.T@(X@w - y) + 2*l*w)
def c28i(): X, y, w, l = data(); w = stationary(J28(X, y, l), w); return same(X.T@X@w/4 + l*w, X.T@y/4)
def c28b(): X, y, w, l = data(); w = stationary(J28(X, y, l), w); return same(w, inv(X.T@X + l*I(3))@X.T@y)
claims('028-ridge-chain', (r'\nabla J(w) = \frac{2}{n} X^T (Xw - y) + 2 \lambda w = 0', rep(c28g)), (r'J(w) = \frac{1}{n} \|Xw - y\|^2 + \lambda \|w\|^2', DEF),
  (r'\frac{1}{n} X^T X w + \lambda w = \frac{1}{n} X^T y', rep(c28i)),
  (r'w = (X^T X + \lambda I)^{-1} X^T y', no(c28b, lambda: (stationary(J28(np.ones((2, 1)), v2(1, 1), 1), v2(0)), v2(2/3), v2(.5), v2(2/3)))))
def ww(test): return lambda: test(rn(3, 3), rn(3, 3), rn(3))
claims('029-product-of-weights', (r'y = W_2W_1x', DEF), (r'M = W_2W_1', DEF),
  (r'\nabla_x \|y\|^2 = 2W_1^TW_2^TW_2W_1x', rep(ww(lambda U, V, x: same(grad(lambda x: norm(V@U@x)**2, x), 2*U.T@V.T@V@U@x)))),
  (r'\|y\|^2 = x^TW_1^TW_2^TW_2W_1x', rep(ww(lambda U, V, x: same(norm(V@U@x)**2, x@U.T@V.T@V@U@x)))),
  (r'y = Mx', rep(ww(lambda U, V, x: same(V@(U@x), (V@U)@x)))),
  (r'M^T = W_2^TW_1^T', no(ww(lambda U, V, x: same((V@U).T, V.T@U.T)), lambda: ((E(1,1)@E(1,2)).T, E(1,1).T@E(1,2).T, E(2,1), 0*I(2)))))
f30 = lambda x: sum(a*b for a in x for b in x)
def c30d():
    x = rn(3); d = I(3); g = grad(lambda x: outer(x, x), x)
    return same(g, np.einsum('ik,j->ijk', d, x) + np.einsum('jk,i->ijk', d, x))
def c30g(): x = rn(3); return same(grad(f30, x), 2*x.sum()*np.ones(3))
def c30h(): x = rn(3); return same(hess(f30, x), 2*I(3))
claims('030-double-sum', (r'f(x) = \sum_{i=1}^n \sum_{j=1}^n x_ix_j', DEF),
  (r'\frac{\partial x_ix_j}{\partial x_k} = \delta_{ik}x_j + \delta_{jk}x_i', rep(c30d)),
  (r'\frac{\partial f}{\partial x_k} = 2 \sum_{i=1}^n x_i', rep(c30g)),
  (r'\frac{\partial^2 f}{\partial x_k \partial x_l} = 2 \delta_{kl}', no(c30h, lambda: (hess(f30, v2(1, 2))[0, 1], 0, 2, 0))))
lag = lambda a, b: (a@a)*(b@b); dot2 = lambda a, b: (a@b)**2; D2 = lambda a, b: a[0]*b[1] - a[1]*b[0]
def c31a(): a, b = rn(2), rn(2); return same(lag(a, b), dot2(a, b) + D2(a, b)**2)
def c31p(): a = rn(2); b = 1.7*a; return same(D2(a, b), 0) and same(a[0]*b[1], a[1]*b[0])
def c31d(): a, b = rn(2), rn(2); return same(grad(lambda a: D2(a, b), a)[0], b[1]) and same(grad(lambda b: D2(a, b), b)[0], -a[1])
def c31f(): a, b = rn(2), rn(2); return same(lag(a, b), dot2(a, b))
claims('031-parallel-vectors', (r'a = (a_1, a_2)', DEF), (r'b = (b_1, b_2)', DEF), (r'D = a_1b_2 - a_2b_1', DEF),
  (r'(a_1^2 + a_2^2)(b_1^2 + b_2^2) = (a_1b_1 + a_2b_2)^2 + D^2', rep(c31a)), (r'D = 0 \Rightarrow a_1b_2 = a_2b_1', rep(c31p)),
  (r'(a_1^2 + a_2^2)(b_1^2 + b_2^2) = (a_1b_1 + a_2b_2)^2', no(c31f, lambda: (lag(v2(1,0), v2(0,1)), dot2(v2(1,0), v2(0,1)), 1, 0))),
  (r'\frac{\partial D}{\partial a_1} = b_2, \qquad \frac{\partial D}{\partial b_1} = -a_2', rep(c31d)))
def fw(f, g, e):
    def t():
        w = rn(3); return same(grad(f, w), g(w)) and same(w@grad(f, w), e(w))
    return rep(t)
fa, fb, fc = (lambda w: w@w/2), (lambda w: norm(w)), (lambda w: norm(w)**4/4)
def c32(): w = rn(3); return same(w@grad(fc, w), norm(w)**2)
claims('032-last-function', (r'f(w) = \frac{1}{2} \|w\|^2', DEF), (r'f(w) = \frac{1}{4} \|w\|^4', DEF), (r'f(w) = \|w\|$', DEF),
  (r'\nabla f(w) = w \implies w^T \nabla f(w) = \|w\|^2', fw(fa, lambda w: w, lambda w: norm(w)**2)),
  (r'\nabla f(w) = \frac{w}{\|w\|} \implies w^T \nabla f(w) = \|w\|', fw(fb, lambda w: w/norm(w), norm)),
  (r'\nabla f(w) = \|w\|^2 w', fw(fc, lambda w: norm(w)**2*w, lambda w: norm(w)**4)),
  (r'w^T \nabla f(w) = \|w\|^2', no(c32, lambda: (2*grad(fc, v2(2))[0], 4, 16, 4)), 2))

# ------------------------------------------------------------------ true
def h33(): X, y, w, l = data(); return same(hess(ridge(X, y, l), w), 2*X.T@X + 2*l*I(3), 1e-4)
def s33(): X, y, w, l = data(); w = stationary(ridge(X, y, l), w); return same(X.T@(y - X@w), l*w)
claims('033-ridge', (r'\nabla L(w) = -2 X^T (y - Xw) + 2 \lambda w', rep(ridge_grad)), (r'L(w) = \|y - Xw\|^2 + \lambda \|w\|^2', DEF),
  (r'\nabla^2 L(w) = 2 X^T X + 2 \lambda I', rep(h33)), (r'w = (X^T X + \lambda I)^{-1} X^T y', rep(ridge_sol)), (r'X^T (y - Xw) = \lambda w', rep(s33)))
def c34a(): return l_dm() and l_m()
def c34b(): return l_dv() and l_v(0)()
def c34s(): x = ints(); m, v = mle(x); n = len(x); return same(v, (n-1)/n*np.sum((x-m)**2)/(n-1))
claims('034-mean-and-variance', (r'\ell(\mu, v) = -\frac{n}{2} \log v - \frac{1}{2v} \sum_{i=1}^n (x_i - \mu)^2', DEF),
  (r'\frac{1}{v} \sum_{i=1}^n (x_i - \mu) = 0 \implies \mu = \frac{1}{n} \sum_{i=1}^n x_i', rep(c34a)),
  (r'-\frac{n}{2v} + \frac{1}{2v^2} \sum_{i=1}^n (x_i - \mu)^2 = 0 \implies v = \frac{1}{n} \sum_{i=1}^n (x_i - \mu)^2', rep(c34b)),
  (r's^2 = \frac{1}{n - 1} \sum_{i=1}^n (x_i - \mu)^2', DEF), (r'v = \frac{n - 1}{n} s^2', rep(c34s)))
L35 = lambda a: (lambda w, nu: w@w/2 - nu*(a@w - 1))
def c35g(): a, w, nu = rn(3), rn(3), rn(); return same(grad(lambda w: L35(a)(w, nu), w), w - nu*a)
def c35s(): a, w, nu = rn(3), rn(3), rn(); return same(stationary(lambda w: L35(a)(w, nu), w), nu*a)
def c35c():
    a = rn(3); K = np.block([[I(3), -col(a)], [row(a), np.zeros((1, 1))]]); s = np.linalg.solve(K, v2(0, 0, 0, 1)); w, nu = s[:3], s[3]
    return same(a@w, 1) and same(nu*a@a, 1) and same(nu, 1/(a@a)) and same(w, a/(a@a))
claims('035-shortest-vector', (r'1 = a^T w = \nu a^T a \Rightarrow \nu = \frac{1}{a^T a} \Rightarrow w = \frac{a}{a^T a}', rep(c35c)), (r'a^T w = 1', DEF),
  (r'L(w, \nu) = \frac{1}{2} w^T w - \nu (a^T w - 1)', DEF), (r'\nabla_w L = w - \nu a', rep(c35g)), (r'w = \nu a', rep(c35s)))
claims('036-positive-root', (r'f(x) = x^3 - 3x', DEF), (r"f'(x) = 3x^2 - 3, \qquad f''(x) = 6x", lambda: cubic() and sp.expand(f3.diff(X_, 2) - 6*X_) == 0),
  (r'3x^2 - 3 = 0 \Rightarrow x^2 = 1 \Rightarrow x = 1', lambda: cubic_sq() and sp.solve(3*xp**2 - 3, xp) == [1]),
  (r'f(1) = -2', lambda: bool(f3.subs(X_, 1) == -2 and min(t**3 - 3*t for t in np.linspace(.001, 5, 5000)) >= -2 - 1e-9)))
def soft(z, T): e = np.exp(z/T); return e/e.sum()
def c37p(): z, t = rn(3), pos(); p = soft(z, t); return same(jac(lambda z: soft(z, t), z), (np.diag(p) - outer(p, p))/t)
F37 = lambda z, C, t: C*t*np.log(np.sum(np.exp(z/t)))
def c37z(): z, C, t = rn(3), pos(), pos(); return same(grad(lambda z: F37(z, C, t), z), C*soft(z, t))
def c37c(): z, C, t = rn(3), pos(), pos(); return same(grad(lambda C: F37(z, C, t), C), t*np.log(np.sum(np.exp(z/t))))
def c37n(): C, t = pos(), pos(); return same(C*C - t*t, (C-t)*(C+t)) and same(1/(C*t), 1/C*1/t)
claims('037-temperature', (r'p_i = \frac{e^{z_i / T}}{\sum_k e^{z_k / T}}', DEF), (r'F = C T \log \sum_k e^{z_k / T}', DEF),
  (r'\frac{\partial p_i}{\partial z_j} = \frac{1}{T} p_i (\delta_{ij} - p_j)', rep(c37p)), (r'\frac{\partial F}{\partial z_i} = C p_i', rep(c37z)),
  (r'\frac{\partial F}{\partial C} = T \log \sum_k e^{z_k / T}', rep(c37c)), (r'C^2 - T^2 = (C - T)(C + T), \qquad (CT)^{-1} = C^{-1} T^{-1}', rep(c37n)))
def rv(N=5): x, p = rn(N), R.uniform(.1, 1, N); p /= p.sum(); return x, p, p@x
def c38a(): x, p, m = rv(); return same(p@(x-m)**2, p@x**2 - 2*m*(p@x) + m*m)
def c38b(): x, p, m = rv(); return same(p@x**2 - 2*m*(p@x) + m*m, p@x**2 - m*m)
def c38c(): x, p, m = rv(); return same((x-m)**2, x**2 - 2*m*x + m*m)
def c38d(): x = rn(5); return same(np.full(5, 1/5)@x, x.sum()/5)
claims('038-random-number', (r'\sum_{k=1}^N p_k = 1', DEF), (r'm = \sum_{k=1}^N p_k x_k', DEF),
  (r'\sum_{k=1}^N p_k (x_k - m)^2 &= \sum_{k=1}^N p_k x_k^2 - 2m \sum_{k=1}^N p_k x_k + m^2', rep(c38a)),
  (r'&= \sum_{k=1}^N p_k x_k^2 - m^2', rep(c38b)), (r'(X - m)^2 = X^2 - 2mX + m^2', rep(c38c)), (r'p_k = \frac{1}{N}', DEF), (r'm = \frac{1}{N} \sum_{k=1}^N x_k', rep(c38d)))
claims('039-two-layers-right', (r'y = W_2W_1x', DEF), (r'L = \frac{1}{2} \|y - t\|^2', DEF), (r'\delta = y - t', DEF),
  (r'\frac{\partial L}{\partial W_2} = \delta (W_1x)^T = \delta x^T W_1^T', rep(n_2)), (r'\frac{\partial L}{\partial W_1} = W_2^T \delta x^T', rep(n_1)),
  (r'\frac{\partial L}{\partial x} = W_1^TW_2^T \delta', rep(n_x)))
claims('040-numerator',
  (r'\frac{\partial a^T x}{\partial x} = a^T', q(lambda x, a, A, Bm, B: same(row(grad(lambda x: a@x, x)), row(a)))),
  (r'\frac{\partial x^T A x}{\partial x} = x^T (A + A^T)', q(lambda x, a, A, Bm, B: same(row(grad(lambda x: x@A@x, x)), row(x)@(A + A.T)))),
  (r'\frac{\partial B A x}{\partial x} = B A', q(lambda x, a, A, Bm, B: same(jac(lambda x: Bm@(A@x), x), Bm@A))),
  (r'\frac{\partial (a^T x) x}{\partial x} = (a^T x) I + x a^T', q(lambda x, a, A, Bm, B: same(jac(lambda x: (a@x)*x, x), (a@x)*I(3) + outer(x, a)))))
claims('041-denominator',
  (r'\frac{\partial a^T x}{\partial x} = a', q(lambda x, a, A, Bm, B: same(col(grad(lambda x: a@x, x)), col(a)))),
  (r'\frac{\partial B x}{\partial x} = B^T', q(lambda x, a, A, Bm, B: same(den(lambda x: Bm@x, x), Bm.T))),
  (r'\frac{\partial B A x}{\partial x} = A^T B^T', q(lambda x, a, A, Bm, B: same(den(lambda x: Bm@(A@x), x), A.T@Bm.T))),
  (r'\frac{\partial (a^T x) x}{\partial x} = (a^T x) I + a x^T', q(lambda x, a, A, Bm, B: same(den(lambda x: (a@x)*x, x), (a@x)*I(3) + outer(a, x)))))
claims('042-columns-and-jacobian', (r'h = \tanh(Wx)', DEF), (r'D = \mathrm{diag}(1 - h_1^2, \dots, 1 - h_m^2)', DEF),
  (r'\frac{\partial h_i}{\partial x_j} = (1 - h_i^2) W_{ij}', rep(lay(jl, 4, 3))), (r'J = D W', rep(lay(jd, 4, 3))),
  (r'\nabla_x (v^T h) = J^T v = W^T D v', rep(lay(lambda W, x, v, h, D: same(grad(lambda x: v@np.tanh(W@x), x), jac(ht(W), x).T@v) and same(jac(ht(W), x).T@v, W.T@D@v), 4, 3))))
claims('043-symmetric-then-general', (MA, DEF, 'any'), (r'x = (x_1, x_2)^T', DEF), (r'x^T A x = x_1^2 + 4 x_1 x_2 + x_2^2', rep(s_q)),
  (r'\nabla_x (x^T A x) = 2 A x', rep(s_g)), (r'x^T A x = x^T A^T x', rep(g_t)), (r'\nabla_x (x^T A x) = (A + A^T) x', rep(g_g)))
claims('044-two-values', (MA, DEF, 'any'), (r'A^2 = I, \qquad A^{-1} = A, \qquad \det A = -1', lambda: same(H@H, I(2)) and same(inv(H), H) and same(det(H), -1)),
  (r'A^2 = -I, \qquad A^{-1} = -A, \qquad \det A = 1', lambda: same(RO@RO, -I(2)) and same(inv(RO), -RO) and same(det(RO), 1)))
claims('045-power-rule', (r'a = 2', DEF), (r'a = 3', DEF), (r"f'(x) = 2x", lambda: z0((xp**2).diff(xp) - 2*xp)), (r"f'(x) = 3x^2", lambda: z0((xp**3).diff(xp) - 3*xp**2)),
  (r"f'(x) = a x^{a - 1}", lambda: z0(F.diff(xp) - ap*xp**(ap-1))), (r"f''(x) = a (a - 1) x^{a - 2}", lambda: z0(F.diff(xp, 2) - ap*(ap-1)*xp**(ap-2))), (r'f(x) = x^a', DEF, 'any'))
a46 = rn(3); f46 = lambda w: a46@w + .7
claims('046-several-functions', (r'f(w) = \frac{1}{2} \|w\|^2', DEF), (r'f(w) = \|w\|$', DEF), (r'f(w) = a^T w + c', DEF),
  (r'\nabla f(w) = w \implies w^T \nabla f(w) = 2 f(w)', fw(fa, lambda w: w, lambda w: 2*fa(w))),
  (r'\nabla f(w) = \frac{w}{\|w\|} \implies w^T \nabla f(w) = f(w)', fw(fb, lambda w: w/norm(w), fb)),
  (r'\nabla f(w) = a \implies w^T \nabla f(w) = f(w) - c', fw(f46, lambda w: a46, lambda w: f46(w) - .7)))
E47 = lambda X, y: (lambda w: norm(X@w - y)**2/len(y))
def c47g(): X, y, w, l = data(); return same(grad(E47(X, y), w), 2/4*X.T@(X@w - y))
def c47n(): X, y, w, l = data(6, 2); w = stationary(E47(X, y), w); return same(X.T@X@w, X.T@y)
def c47s(): X, y, w, l = data(6, 2); w = stationary(E47(X, y), w); return same(w, inv(X.T@X)@X.T@y)
claims('047-least-squares-chain', (r'\nabla E(w) = \frac{2}{n} X^T (Xw - y) = 0', rep(c47g)), (r'E(w) = \frac{1}{n} \|Xw - y\|^2', DEF),
  (r'w = (X^T X)^{-1} X^T y', rep(c47s)), (r'X^T X w = X^T y', rep(c47n)))
f48 = lambda A: (lambda x: sum(A[i, j]*x[i]*x[j] for i in range(len(x)) for j in range(len(x))))
def c48g():
    x, a, A, Bm, B = xa(); return same(grad(f48(A), x), [sum(A[k, j]*x[j] for j in range(3)) + sum(A[i, k]*x[i] for i in range(3)) for k in range(3)])
def c48h(): x, a, A, Bm, B = xa(); return same(hess(f48(A), x), A + A.T, 1e-4)
def c48n(): x, a, A, Bm, B = xa(2); return same(grad(f48(A), x)[0], 2*A[0,0]*x[0] + A[0,1]*x[1] + A[1,0]*x[1])
claims('048-indices', (r'f(x) = \sum_{i=1}^n \sum_{j=1}^n a_{ij}x_ix_j', DEF),
  (r'\frac{\partial f}{\partial x_k} = \sum_{j=1}^n a_{kj}x_j + \sum_{i=1}^n a_{ik}x_i', rep(c48g)), (r'\frac{\partial^2 f}{\partial x_k \partial x_l} = a_{kl} + a_{lk}', rep(c48h)),
  (r'n = 2', DEF), (r'\frac{\partial f}{\partial x_1} = 2a_{11}x_1 + a_{12}x_2 + a_{21}x_2', rep(c48n)), (r'D = a_1b_2 - a_2b_1', DEF),
  (r'(a_1^2 + a_2^2)(b_1^2 + b_2^2) = (a_1b_1 + a_2b_2)^2 + D^2', rep(c31a)))

# ------------------------------------------------------------------ driver
def formulas(text):
    """Character ranges of all formulas."""
    return [(m.start(), m.end()) for m in re.finditer(r'\$\$.*?\$\$|\$[^$]+\$', text, re.S)]
def main():
    bad = 0
    rows = list(csv.DictReader(open(os.path.join(HERE, 'oracle.csv'))))
    on_disk = sorted(d + '/' + f for d in ('false', 'true') for f in os.listdir(os.path.join(HERE, d)))
    if sorted(r['file'] for r in rows) != on_disk or sorted(T) != sorted(os.path.basename(f)[:-3] for f in on_disk):
        print('the files, the csv and the oracle do not have the same documents'); bad = 1
    for r in rows:
        name = os.path.basename(r['file'])[:-3]; problems = []
        text = open(os.path.join(HERE, r['file'])).read()
        rest = list(text); false_at = []; n = 0
        # longest snippets first, so that one that is part of another takes its own place
        places = []
        for c in sorted(T[name], key=lambda c: -len(c[0])):
            snip, test, which = (c + (None,))[:3]
            starts = [m.start() for m in re.finditer(re.escape(snip), text)]
            if which is None:
                free = [s for s in starts if rest[s] != '\0']
                if len(free) != 1: problems.append(f'{len(free)} places: {snip}'); continue
                starts = free
            elif which != 'any':
                if len(starts) < which: problems.append(f'no place {which}: {snip}'); continue
                starts = [starts[which - 1]]
            for s in starts:
                if rest[s] == '\0' and which != 'any': problems.append(f'taken: {snip}')
                rest[s:s + len(snip)] = '\0' * len(snip)
            if test is DEF: continue
            n += 1
            try: v = test()
            except Exception as e: problems.append(f'{type(e).__name__} {e}: {snip}'); continue
            if v == 'false': false_at.append((text[:starts[0]].count('\n') + 1, snip))
            elif v is not True: problems.append(f'{v}: {snip}')
        left = ''.join(rest)
        for s, e in formulas(text):                       # every relation must have been looked at
            if '=' in left[s:e].replace('\0', ''): problems.append('not looked at: ' + left[s:e].replace('\0', '').strip())
        if r['truth'] == 'false':
            if false_at != [(int(r['line']), r['claim'])]: problems.append(f'false: {false_at}')
            if r['claim'] not in text.splitlines()[int(r['line']) - 1]: problems.append('line of the csv')
        elif false_at or r['line'] or r['claim']: problems.append(f'false: {false_at}')
        if not r['why'] or not r['file'].startswith(r['truth'] + '/'): problems.append('csv')
        if not 5 <= text.count('\n') <= 25: problems.append('length')
        bad |= bool(problems)
        print('ok ' if not problems else 'BAD', r['file'], f'{n} claims' + (f', false in line {r["line"]}' if r['line'] else ''), *problems, sep='  ')
    print('all agree with oracle.csv' if not bad else 'DISAGREEMENT')
    return int(bad)

if __name__ == "__main__":  # the tests of examples import it
    sys.exit(main())
