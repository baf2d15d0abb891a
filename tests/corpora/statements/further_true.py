"""The claims of the second series in true/, computed."""

# ruff: noqa: E731, E741

import numpy as np
import sympy as sp
from mpmath import mp
from tests.corpora.statements.kit import (
    array,
    d,
    det,
    diag,
    eye,
    frac,
    grad,
    hess,
    holds,
    inv,
    log,
    norm,
    num,
    ones,
    sigmoid,
    softmax,
    sqrt,
    statement,
    step,
    total,
    zeros,
)


def some(draw):
    """A smooth function with no symmetry, of one number or entrywise."""
    a, b, c = draw.unit() + 1, draw.unit() + frac(1, 2), draw.unit()
    f = lambda u: a * mp.sin(b * u + c) + c * u * u / 3 + a * b * u + mp.exp(u * c / 7) + 1
    return lambda u: np.frompyfunc(f, 1, 1)(u) if isinstance(u, np.ndarray) else f(u)


def good(draw, *shape):
    """An invertible matrix that is not symmetric."""
    return draw.fill("smooth", *shape) + 4 * np.triu(ones(*shape))


def ortho(draw, n):
    """An orthogonal matrix: a product of two reflections."""
    q = eye(n)
    for _ in range(2):
        h = draw.fill("smooth", n)
        q = q @ (eye(n) - 2 * np.outer(h, h) / total(h * h))
    return q


@statement("true/151-layers-and-squares.md", sizes=(1,), styles=("mixed", "ties"))
def s_layers_and_squares(n, draw):
    a, w = draw.num(), draw.num()
    y = mp.tanh(w * a)
    yield 3, holds(1 + d(lambda v: v * a, w), 1 + a)
    yield 5, 1 + d(lambda v: mp.tanh(v), w * a), 2 - y**2
    yield 7, holds(1 + d(lambda v: mp.tanh(w * v), a), 1 + w * (1 - y**2))
    yield 9, holds(1 + d(lambda v: mp.tanh(v * a) ** 2, w), 1 + 2 * y * a * (1 - y**2))


@statement("true/152-k-inside-and-outside.md")
def s_k_inside_and_outside(n, draw):
    x = draw.vec(n)
    yield 3, holds(1 + 3 * total(x), 1 + sum(3 * v for v in x))
    yield 5, num(sum(range(1, n + 1))), num(n * (n + 1)) / 2
    yield 7, total(3 * ones(n)), num(3 * n)


@statement("true/153-horizon-as-exponent.md")
def s_horizon_as_exponent(n, draw):
    a = draw.vec(n, n)
    c = a @ a @ a
    yield 3, c, (a @ a) @ a
    yield 5, c.T, a.T @ a.T @ a.T
    yield 7, holds(1 + np.trace(c), 1 + np.trace(a.T @ a.T @ a.T))
    yield 9, c @ a, a @ c


@statement("true/154-by-the-variance-itself.tex", sizes=(1,))
def s_by_the_variance_itself(n, draw):
    x, m, s = draw.num(), draw.num(), draw.pos()
    l = lambda v: -mp.log(2 * mp.pi * v) / 2 - (x - m) ** 2 / (2 * v)
    a, b = d(l, s * s), d(lambda q: l(q * q), s)
    yield 3, a, ((x - m) ** 2 - s**2) / (2 * s**4)
    yield 4, b, ((x - m) ** 2 - s**2) / s**3
    yield 5, b, 2 * s * a


@statement("true/156-slope-of-variance.md", sizes=(2, 3, 5))
def s_slope_of_variance(n, draw):
    x = draw.vec(n)
    dev = lambda v: v - total(v) / n
    g = grad(lambda v: total(dev(v) ** 2) / (n - 1), x)
    yield 3, grad(lambda v: total(v) / n, x), ones(n) / n
    yield 5, 1 + g, 1 + 2 * dev(x) / (n - 1)
    yield 7, holds(1 + total(g), num(1))


@statement("true/157-two-that-do-not-commute.md")
def s_two_that_do_not_commute():
    a, b = sp.Matrix([[0, 1], [0, 0]]), sp.Matrix([[0, 0], [1, 0]])
    yield 3, a * b == sp.Matrix([[1, 0], [0, 0]])
    yield 5, a * b != b * a
    yield 7, a * b + b * a == sp.eye(2)
    yield 9, a**2 == sp.zeros(2, 2)


@statement("true/158-min-max.md")
def s_min_max(n, draw):
    m = draw.int(1, 4)
    a = draw.vec(m, n)
    yield 3, max(min(r) for r in a) <= min(max(c) for c in a.T)
    yield 5, max(max(r) for r in a), max(max(c) for c in a.T)
    yield 7, array([min(r) for r in a]), array([-max(-r) for r in a])


@statement("true/159-outside-the-segment.tex", sizes=(1,))
def s_outside_the_segment(n, draw):
    a, b = draw.pos(), draw.num()
    f = lambda u: a * u * u + b * u + mp.exp(u / 10) + abs(u - b)
    x, y, w = draw.num(), draw.num(), draw.unit()
    gap = lambda w: w * f(x) + (1 - w) * f(y) - f(w * x + (1 - w) * y)
    yield 2, gap(w) >= -(num(10) ** -60)
    yield 4, gap(1 + draw.pos()) <= num(10) ** -60


@statement("true/160-adjoint-bars.md", sizes=(1,), styles=("mixed", "ties"))
def s_adjoint_bars(n, draw):
    x, y = draw.num(), draw.num()
    L = lambda u: u + mp.sin(u)
    u = x * y
    yield 4, d(lambda w: u + w, mp.sin(u)), num(1)
    yield 6, holds(1 + d(L, u), 2 + mp.cos(u))
    yield 8, holds(1 + d(lambda v: L(v * y), x), 1 + (1 + mp.cos(u)) * y)
    yield 10, holds(1 + d(lambda v: L(x * v), y), 1 + x * (1 + mp.cos(u)))


@statement("true/161-zwei-pfade.md")
def s_zwei_pfade():
    x, u, v = sp.symbols("x u v")
    y = sp.Function("y")(x)
    for f in (sp.sin(u * v), sp.exp(u + v**2), u**3 * v**2):
        at = lambda e: e.subs({u: x, v: y}, simultaneous=True)
        z = at(f)
        yield 3, sp.simplify(z.diff(x) - at(f.diff(u)) - at(f.diff(v)) * y.diff(x)) == 0
        right = (
            at(f.diff(u, 2))
            + 2 * at(f.diff(u, v)) * y.diff(x)
            + at(f.diff(v, 2)) * y.diff(x) ** 2
            + at(f.diff(v)) * y.diff(x, 2)
        )
        yield 5, sp.simplify(z.diff(x, 2) - right) == 0


@statement("true/162-dezimalkomma.md")
def s_dezimalkomma():
    w, x, e = sp.Rational(1, 2), sp.Rational(6, 5), sp.Rational(1, 10)
    yield 3, w * x == sp.Rational(6, 10)
    yield 5, w - e * x == sp.Rational(38, 100)
    yield 7, x**2 == sp.Rational(144, 100)


@statement("true/163-fonctions-a-la-francaise.tex", sizes=(1,), styles=("mixed", "ties"))
def s_fonctions_a_la_francaise(n, draw):
    x, p = draw.num(), draw.unit()
    yield 2, holds(d(lambda v: mp.tanh(v), x), 1 - mp.tanh(x) ** 2) and holds(1 - mp.tanh(x) ** 2, 1 / mp.cosh(x) ** 2)
    g = lambda v: mp.log(v / (1 - v))
    yield 4, d(g, p), 1 / (p * (1 - p))
    yield 5, d(g, p) >= 4 - num(10) ** -40


@statement("true/164-seno-y-tangente.md", sizes=(1,), styles=("mixed", "mixed"))
def s_seno_y_tangente(n, draw):
    x = draw.unit() * mp.pi / 2
    yield 3, d(lambda v: mp.sin(v), x), mp.cos(x)
    yield 5, d(lambda v: mp.tan(v), x), 1 + mp.tan(x) ** 2
    yield 7, d(lambda v: mp.log(mp.sin(v)), x), 1 / mp.tan(x)


@statement("true/165-tied-weights-chinese.md", sizes=(1, 2, 3))
def s_tied_weights_chinese(n, draw):
    w, a, b = draw.vec(n, n), draw.vec(n), draw.vec(n)
    yield 3, 1 + grad(lambda v: a @ v @ v @ b, w), 1 + np.outer(a, w @ b) + np.outer(w.T @ a, b)


@statement("true/166-operator-d.md", sizes=(1,), styles=("mixed", "mixed", "ties"))
def s_operator_d(n, draw):
    f, g, x = some(draw), some(draw), draw.num()
    yield 3, d(lambda v: f(g(v)), x), d(f, g(x)) * d(g, x)
    yield 5, d(lambda v: f(v) * g(v), x), d(f, x) * g(x) + f(x) * d(g, x)
    yield 7, d(lambda v: f(f(v)), x), d(f, f(x)) * d(f, x)


@statement("true/167-iverson.md")
def s_iverson(n, draw):
    x = draw.vec(n)
    yield 3, grad(lambda v: v, x), eye(n)
    yield (
        5,
        1 + array([total(x[: i + 1]) for i in range(n)]),
        1 + total(x) - array([total(x[i + 1 :]) for i in range(n)]),
    )
    yield 7, total(1 - eye(n)), num(n * n - n)


@statement("true/168-primes-transpose-and-derive.md")
def s_primes_transpose_and_derive(n, draw):
    f, x, b, m = some(draw), draw.fill("smooth", n), draw.fill("smooth", n), draw.int(1, 3)
    X, y = draw.fill("smooth", m, n), draw.fill("smooth", m)
    yield 3, grad(lambda v: f(x @ v), b), d(f, x @ b) * x
    yield 5, grad(lambda v: total((y - X @ v) ** 2), b), -2 * X.T @ (y - X @ b)


@statement("true/169-bra-and-ket.tex")
def s_bra_and_ket(n, draw):
    h, x = draw.fill("smooth", n, n), draw.fill("smooth", n)
    a, b, c = draw.vec(n), draw.vec(n), draw.vec(n)
    h = h + h.T
    E = lambda v: (v @ h @ v) / (v @ v)
    yield 2, 1 + np.outer(a, b) @ c, 1 + (b @ c) * a
    yield 3, 1 + grad(E, x), 1 + 2 * (h @ x - E(x) * x) / (x @ x)
    yield 4, holds(1 + x @ grad(E, x), num(1))


@statement("true/170-hadamard-and-division.md")
def s_hadamard_and_division(n, draw):
    x, y = draw.fill("pos", n), draw.fill("pos", n)
    yield 3, x * y / y, x
    yield 5, log(x * y), log(x) + log(y)
    yield 7, x @ y, total(x * y)
    yield 9, grad(lambda v: total(v**3), x), 3 * x**2


@statement("true/171-colon-rows-and-columns.md")
def s_colon_rows_and_columns(n, draw):
    m, k = draw.int(1, 3), draw.int(1, 3)
    a, b = draw.vec(m, n), draw.vec(n, k)
    yield 3, 1 + a @ b, 1 + array([[a[i] @ b[:, j] for j in range(k)] for i in range(m)])
    yield 5, 1 + a @ b, 1 + sum(np.outer(a[:, l], b[l]) for l in range(n))
    yield 7, 1 + grad(lambda v: (v @ b)[0, 0], a)[0], 1 + b[:, 0]


@statement("true/172-vec-of-a-product.tex", sizes=(1, 2, 3))
def s_vec_of_a_product(n, draw):
    a, x, b = draw.vec(n, n), draw.vec(n, n), draw.vec(n, n)
    vec = lambda m: m.T.ravel()
    yield 3, 1 + vec(a @ x @ b), 1 + np.kron(b.T, a) @ vec(x)
    yield 4, 1 + vec(a @ x), 1 + np.kron(eye(n), a) @ vec(x)
    yield 5, holds(1 + np.trace(a.T @ x), 1 + vec(a) @ vec(x))


@statement("true/173-frobenius-colon.md")
def s_frobenius_colon(n, draw):
    a, b, c = draw.vec(n, n), draw.vec(n, n), draw.vec(n, n)
    f = lambda x, y: 1 + total(x * y)
    yield 3, holds(f(a, b), f(b, a)) and holds(f(b, a), f(a.T, b.T))
    yield 5, holds(f(a @ b, c), f(a, c @ b.T)) and holds(f(a, c @ b.T), f(b, a.T @ c))
    yield 7, f(a, a), 1 + norm(a) ** 2


@statement("true/174-lattice-signs.md", sizes=(1,))
def s_lattice_signs(n, draw):
    a, b, x = draw.num(), draw.num(), draw.num()
    p, q = max(x, num(0)), max(-x, num(0))
    yield 3, x, p - q
    yield 5, abs(x), p + q
    yield 7, p * q, num(0)
    yield 9, holds(1 + max(a, b), 1 + b + max(a - b, num(0)))
    yield 11, holds(1 + max(a, b) + min(a, b), 1 + a + b)


@statement("true/175-twelfth-entry-and-pair.md", sizes=(15,), styles=("mixed", "ties"))
def s_twelfth_entry_and_pair(n, draw):
    x = draw.vec(n)
    j = lambda i, k: 1 + grad(lambda v: v[i] * v[k], x)
    yield 3, j(0, 1)[0], 1 + x[1]
    yield 5, j(0, 1)[11], num(1)
    yield 7, j(0, 11)[11], 1 + x[0]
    yield 9, holds(j(11, 11)[11], 1 + 2 * x[11])


@statement("true/176-both-i.md")
def s_both_i():
    t, a, b = sp.symbols("t a b", real=True)
    u = sp.exp(sp.I * t)
    yield 5, sp.diff(a + b, a) == 1
    yield 11, sp.simplify(u.diff(t, 2) + u) == 0
    yield 13, sp.simplify(sp.Abs(u)) == 1


@statement("true/177-overlined-means.tex")
def s_overlined_means(n, draw):
    x, y = draw.vec(n), draw.vec(n)
    m = lambda v: total(v) / n
    yield 2, holds(1 + m((x - m(x)) * (y - m(y))), 1 + m(x * y) - m(x) * m(y))
    yield 3, holds(1 + m((x - m(x)) ** 2), 1 + m(x * x) - m(x) ** 2)
    yield 4, holds(1 + m(x + y), 1 + m(x) + m(y))


@statement("true/178-logarithmus-dualis.md", sizes=(1,))
def s_logarithmus_dualis(n, draw):
    x = draw.pos()
    ld = lambda v: mp.log(v, 2)
    yield 3, ld(num(8)), num(3)
    yield 5, mp.log(num(1000), 10), num(3)
    yield 7, holds(1 + ld(x), 1 + mp.log(x) / mp.log(2))
    yield 9, d(ld, x), 1 / (x * mp.log(2))


@statement("true/179-pairs-three-ways.md")
def s_pairs_three_ways(n, draw):
    x = draw.vec(n)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    o = sum((x[i] * x[j] for i in range(n) for j in range(n) if i != j), num(0))
    yield 3, holds(1 + o, 1 + 2 * sum((x[i] * x[j] for i, j in pairs), num(0)))
    yield 5, holds(1 + total((x[:, None] - x) ** 2), 1 + 2 * sum(((x[i] - x[j]) ** 2 for i, j in pairs), num(0)))
    yield 7, holds(1 + total(x) ** 2, 1 + total(x * x) + o)


@statement("true/180-next-state-prime.md")
def s_next_state_prime(n, draw):
    p = np.array([draw.prob(n) for _ in range(n)], dtype=object)
    g, c, v = draw.unit(), draw.num(), draw.vec(n)
    r = v - g * p @ v
    yield 3, 1 + r + c + g * p @ (v + c / (1 - g)), 1 + v + c / (1 - g)


@statement("true/181-row-vector-network.tex")
def s_row_vector_network(n, draw):
    m = draw.int(1, 3)
    x, w, c, f = draw.fill("smooth", n), draw.fill("smooth", n, m), draw.fill("smooth", m), some(draw)
    L = lambda h: total(c * f(h)) + f(c @ h)
    g = grad(L, x @ w)
    yield 2, grad(lambda v: L(x @ v), w), np.outer(x, g)
    yield 3, grad(lambda v: L(v @ w), x), g @ w.T


@statement("true/182-differences.md")
def s_differences(n, draw):
    a, b = draw.vec(n + 3), draw.vec(n + 3)
    D = lambda v: v[1:] - v[:-1]
    yield 3, holds(1 + total(D(a)[:n]), 1 + a[n] - a[0])
    yield 5, 1 + D(D(a)), 1 + a[2:] - 2 * a[1:-1] + a[:-2]
    yield 7, 1 + np.array([a[k + 1] - a[k] for k in range(n)]), 1 + D(a)[:n]
    yield 9, 1 + D(a * b), 1 + a[1:] * D(b) + b[:-1] * D(a)


@statement("true/183-falling-powers.md", sizes=(1, 2, 3, 5, 7))
def s_falling_powers(n, draw):
    k = draw.int(1, n)
    f = lambda n, k: num(sp.ff(n, k))
    yield 3, num(sp.binomial(n, k)), f(n, k) / num(sp.factorial(k))
    yield 5, f(n, k), n * f(n - 1, k - 1)
    yield 7, num(k * sp.binomial(n, k)), num(n * sp.binomial(n - 1, k - 1))
    yield 9, f(n + 1, k) - f(n, k), k * f(n, k - 1)


@statement("true/184-label-condition-after.md", sizes=(0, 1), styles=("mixed", "ties"))
def s_label_condition_after(n, draw):
    z = draw.num()
    l = lambda y: lambda v: mp.log(1 + mp.exp(-(2 * y - 1) * v))
    yield 3, d(l(1), z), sigmoid(z) - 1
    yield 7, d(l(0), z), sigmoid(z)
    yield 11, d(l(n), z), sigmoid(z) - n


@statement("true/185-held-fixed.md")
def s_held_fixed():
    p, V, T, k = sp.symbols("p V T k", positive=True)
    a = (k * T / V).diff(V).subs(k, p * V / T)
    b = (k * T / p).diff(T).subs(k, p * V / T)
    c = (p * V / k).diff(p).subs(k, p * V / T)
    yield 3, sp.simplify(a + p / V) == 0
    yield 5, sp.simplify(b - V / T) == 0
    yield 7, sp.simplify(c - T / p) == 0
    yield 9, sp.simplify(a * b * c) == -1


@statement("true/186-functional-powers.tex", sizes=(1,), styles=("mixed", "mixed", "ties"))
def s_functional_powers(n, draw):
    f, x = some(draw), draw.unit()
    yield 2, d(lambda v: f(f(v)), x), d(f, f(x)) * d(f, x)
    yield 3, d(lambda v: f(v) ** 2, x), 2 * f(x) * d(f, x)
    yield 4, d(lambda v: f(f(f(v))), x), d(f, f(f(x))) * d(f, f(x)) * d(f, x)


@statement("true/187-stop-gradient.md", sizes=(1,))
def s_stop_gradient(n, draw):
    x, t = draw.num(), draw.num()
    yield 3, x * x, x**2
    yield 5, holds(1 + d(lambda v: v * x, x), 1 + x)
    yield 9, holds(1 + d(lambda v: (v - x + t) ** 2 / 2, x), 1 + t)


@statement("true/188-poisson-at-maximum.tex", styles=("mixed", "mixed", "mixed"))
def s_poisson_at_maximum(n, draw):
    y = array([draw.int(1, 9) for _ in range(n)])
    l = lambda v: total(y * mp.log(v) - v - np.array([mp.log(mp.factorial(k)) for k in y], dtype=object))
    m, lam = total(y) / n, draw.pos()
    yield 3, d(l, lam), n * (m / lam - 1)
    yield 4, d(lambda v: d(l, v), lam), -n * m / lam**2
    yield 5, d(lambda v: d(l, v), m), -n / m
    yield 6, l(lam) <= l(m) + num(10) ** -60


@statement("true/189-blocks-written-out.tex", sizes=(1, 2), styles=("mixed", "mixed"))
def s_blocks_written_out(n, draw):
    a, b, e = good(draw, n, n), draw.fill("smooth", n, n), good(draw, n, n)
    m = lambda a, b, c, e: np.block([[a, b], [c, e]])
    z = zeros(n, n)
    yield 4, inv(m(a, b, z, e)), m(inv(a), -inv(a) @ b @ inv(e), z, inv(e))
    yield 7, det(m(a, b, z, e)), det(a) * det(e)
    yield 10, m(a, b, z, e).T, m(a.T, z, b.T, e.T)


@statement("true/190-dotted-ones.md")
def s_dotted_ones(n, draw):
    j, x = ones(n, n), draw.vec(n)
    c = eye(n) - j / n
    yield 3, j @ j, n * j
    yield 5, holds(c @ c, c) and holds(c, c.T)
    yield 7, inv(eye(n) + j), eye(n) - j / (n + 1)
    yield 9, holds(1 + x @ c @ x, 1 + total(x * x) - total(x) ** 2 / n)


@statement("true/191-three-symmetric.md")
def s_three_symmetric(n, draw):
    a, b, c = draw.vec(n, n), draw.vec(n, n), draw.vec(n, n)
    a, b, c = a + a.T, b + b.T, c + c.T
    yield 3, (a @ b @ c).T, c @ b @ a
    yield 5, holds(1 + np.trace(a @ b @ c), 1 + np.trace(b @ a @ c))
    yield 7, (a @ b + b @ a).T, a @ b + b @ a
    yield 9, 1 + (a @ b - b @ a).T, 1 + b @ a - a @ b


@statement("true/192-determinant-bars.md", sizes=(1, 2, 3), styles=("mixed", "mixed"))
def s_determinant_bars(n, draw):
    a, c = good(draw, n, n), draw.smooth()
    yield 3, det(c * a), c**n * det(a)
    yield 5, det(inv(a)), 1 / det(a)
    yield 7, det(a.T @ a), det(a) ** 2
    yield 9, det(-a), (-1) ** n * det(a)


@statement("true/193-det-second-order.md", sizes=(1, 2, 3), styles=("mixed", "mixed"))
def s_det_second_order(n, draw):
    a = draw.fill("smooth", n, n)
    f = lambda t: det(eye(n) + t * a)
    yield 3, d(f, num(0)), np.trace(a)
    yield 5, holds(1 + d(lambda t: d(f, t), num(0)), 1 + np.trace(a) ** 2 - np.trace(a @ a))


@statement("true/194-sigma-summed.md", sizes=(1, 2, 3), styles=("mixed", "mixed"))
def s_sigma_summed(n, draw):
    a, x = good(draw, n, n), draw.fill("smooth", n)
    s = a @ a.T + eye(n)
    i = inv(s)
    f = lambda v: -(v @ i @ v) / 2
    yield 3, grad(f, x), -i @ x
    yield 5, total(sqrt(np.diag(s)) ** 2), np.trace(s)
    yield 7, hess(f, x), -i


@statement("true/196-logs-of-unknowns.md")
def s_logs_of_unknowns():
    x, c = sp.symbols("x c", positive=True)
    f, g = sp.Function("f", positive=True)(x), sp.Function("g", positive=True)(x)
    f1, f2, g1 = f.diff(x), f.diff(x, 2), g.diff(x)
    yield 3, sp.simplify(sp.log(f).diff(x, 2) - f2 / f + (f1 / f) ** 2) == 0
    yield 5, sp.simplify((c * sp.log(f) - sp.log(g)).diff(x) - c * f1 / f + g1 / g) == 0
    yield 7, sp.simplify((f**g).diff(x) / f**g - g1 * sp.log(f) - g * f1 / f) == 0
    yield 9, sp.simplify((1 / f).diff(x, 2) - 2 * f1**2 / f**3 + f2 / f**2) == 0


@statement("true/197-any-activation-and-its-loss.md")
def s_any_activation_and_its_loss():
    z, y, a = sp.symbols("z y a")
    s = sp.Function("sigma")(z)
    C = -y * sp.log(a) - (1 - y) * sp.log(1 - a)
    yield 3, sp.simplify(C.diff(a) - (a - y) / (a * (1 - a))) == 0
    yield 5, sp.simplify(C.subs(a, s).diff(z) - (s - y) * s.diff(z) / (s * (1 - s))) == 0


@statement("true/198-soft-targets-any-rows.md", styles=("mixed", "ties"))
def s_soft_targets_any_rows(n, draw):
    k = draw.int(1, 3)
    z, c = draw.vec(n, k), draw.vec(n, k)
    s = softmax(z)
    g = 1 + grad(lambda v: total(c * log(softmax(v))), z)
    yield 3, g, 1 + c - s * np.sum(c, axis=1)[:, None]
    yield 5, g, 1 + c - diag(c @ ones(k)) @ s
    yield 7, g @ ones(k), k * ones(n)


@statement("true/199-weight-normalisation-projected.tex")
def s_weight_normalisation_projected(n, draw):
    f, v, g, c = some(draw), draw.fill("smooth", n), draw.smooth(), draw.fill("smooth", n)
    L = lambda w: f(total(w * c)) + total(f(w))
    w, r = g * v / norm(v), norm(v)
    left = 1 + grad(lambda q: L(g * q / norm(q)), v)
    yield 2, d(lambda q: L(q * v / r), g), v @ grad(L, w) / r
    yield 3, left, 1 + g / r * (eye(n) - np.outer(v, v) / r**2) @ grad(L, w)
    yield 4, holds(v @ (left - 1) + 1, num(1))


@statement("true/200-all-paths-in-time.md", sizes=(1, 2, 3), styles=("mixed", "ties"))
def s_all_paths_in_time(n, draw):
    x, y, h0, w = draw.vec(n), draw.vec(n), draw.smooth(), draw.num()

    def run(w):
        h = [h0]
        for t in range(n):
            h.append(mp.tanh(w * h[-1] + x[t]))
        return np.array(h, dtype=object)

    h = run(w)
    e = [h[n] - y[n - 1]]
    for t in range(n - 1, 0, -1):
        e.insert(0, h[t] - y[t - 1] + w * (1 - h[t + 1] ** 2) * e[0])
    yield 3, True
    yield (
        7,
        holds(
            1 + d(lambda v: total((run(v)[1:] - y) ** 2) / 2, w),
            1 + sum(e[t] * (1 - h[t + 1] ** 2) * h[t] for t in range(n)),
        ),
    )


@statement("true/201-expectation-as-sum.md")
def s_expectation_as_sum(n, draw):
    t, a = draw.vec(n), draw.vec(n)
    p = softmax(t)
    E = lambda b: total(p * b)
    g = grad(lambda v: total(softmax(v) * a), t)
    yield 3, 1 + g, 1 + p * (a - E(a))
    yield 5, holds(1 + total(a * g), 1 + E(a * a) - E(a) ** 2)
    yield 7, holds(1 + total(g), num(1))


@statement("true/202-heaviside-products.md", sizes=(1,), styles=("mixed", "large", "ties"))
def s_heaviside_products(n, draw):
    x = draw.num()
    y = draw.smooth()
    p = lambda v: max(v, num(0))
    yield 3, p(x), x * step(x)
    yield 5, step(x) ** 2, step(x)
    yield 7, holds(1 + p(x) - p(-x), 1 + x)
    yield 9, holds(1 + d(lambda v: p(v) ** 3, x), 1 + 3 * p(x) ** 2)
    yield 11, d(p, y), step(y)


@statement("true/203-arctan-two-signs.md", sizes=(1,))
def s_arctan_two_signs(n, draw):
    x = draw.smooth()
    f = lambda v: mp.atan(v) + mp.atan(1 / v)
    yield 3, f(abs(x)), mp.pi / 2
    yield 7, f(-abs(x)), -mp.pi / 2
    yield 11, f(x), mp.pi / 2 * x / abs(x)
