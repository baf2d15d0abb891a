"""The claims of the second series in false/, computed."""

# ruff: noqa: E731, E741

import numpy as np
import sympy as sp
from mpmath import mp
from tests.corpora.statements.kit import (
    array,
    d,
    det,
    diag,
    exp,
    eye,
    frac,
    grad,
    hess,
    holds,
    inv,
    log,
    lse,
    norm,
    num,
    ones,
    sigmoid,
    sign,
    softmax,
    sqrt,
    statement,
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


@statement("false/151-local-deltas-three-steps.md", sizes=(1,), styles=("mixed", "mixed", "ties"))
def s_local_deltas_three_steps(n, draw):
    x, y, h0, w = draw.fill("smooth", 3), draw.vec(3), draw.smooth(), draw.smooth()

    def run(w):
        h = [h0]
        for t in range(3):
            h.append(mp.tanh(w * h[-1] + x[t]))
        return np.array(h, dtype=object)

    h = run(w)
    loss = lambda h: total((h[1:] - y) ** 2) / 2
    yield 4, grad(loss, h)[3], h[3] - y[2]
    yield 8, d(lambda v: loss(run(v)), w), total((h[1:] - y) * (1 - h[1:] ** 2) * h[:-1])


@statement("false/152-same-matrix-twice.md")
def s_same_matrix_twice(n, draw):
    w, a, b = draw.fill("smooth", n, n), draw.fill("smooth", n), draw.fill("smooth", n)
    yield 4, grad(lambda v: a @ w @ w @ v, b), w.T @ w.T @ a
    yield 8, grad(lambda v: a @ v @ v @ b, w), np.outer(a, w @ b)


@statement("false/153-two-residual-blocks.md")
def s_two_residual_blocks():
    x, y = sp.symbols("x y")
    g = sp.Function("g")
    yield 3, sp.simplify(sp.diff(x + g(x), x) - 1 - g(x).diff(x)) == 0
    yield 5, sp.simplify(sp.diff(y + g(y), y) - 1 - g(y).diff(y)) == 0
    for f in (sp.sin, sp.exp):
        inner = x + f(x)
        z = inner + f(inner)
        right = 1 + f(x).diff(x) * f(y).diff(y).subs(y, inner)
        yield 9, abs((z.diff(x) - right).subs(x, sp.Rational(1, 3)).evalf()) < 1e-9


@statement("false/154-which-one-is-held.md")
def s_which_one_is_held():
    x, y, u, v = sp.symbols("x y u v")
    f = x**2 + y**2
    yield 3, sp.diff(f, x) == 2 * x
    yield 5, sp.simplify(sp.diff(f.subs({x: (u + v) / 2, y: (u - v) / 2}, simultaneous=True), u) - u) == 0
    yield 9, sp.simplify(sp.diff(f.subs(x, u - y), u) - u) == 0


@statement("false/155-reciprocal-of-partial.tex")
def s_reciprocal_of_partial():
    r, t, x, y = sp.symbols("r theta x y", positive=True)
    yield 4, sp.diff(r * sp.cos(t), r) == sp.cos(t)
    yield 7, sp.diff(r * sp.sin(t), t) == r * sp.cos(t)
    yield 11, sp.simplify(sp.diff(sp.sqrt(x**2 + y**2), x).subs({x: 3, y: 4}) - sp.Rational(5, 3)) == 0


@statement("false/156-weight-normalisation.md")
def s_weight_normalisation(n, draw):
    f, v, g = some(draw), draw.fill("smooth", n), draw.smooth()
    c = draw.fill("smooth", n)
    L = lambda w: f(total(w * c)) + total(f(w))
    w = g * v / norm(v)
    yield 3, norm(w) ** 2, g**2
    yield 5, d(lambda q: L(q * v / norm(v)), g), v @ grad(L, w) / norm(v)
    yield 9, grad(lambda q: L(g * q / norm(q)), v), g / norm(v) * grad(L, w)


@statement("false/157-rms-norm-jacobian.md")
def s_rms_norm_jacobian(n, draw):
    x = draw.fill("smooth", n)
    f = lambda v: v / mp.sqrt(total(v * v) / n)
    y, r = f(x), mp.sqrt(total(x * x) / n)
    yield 3, total(y * y), num(n)
    yield 7, 1 + grad(f, x), 1 + (eye(n) - np.outer(y, y)) / r


@statement("false/158-unknown-loss-after-softmax.md", sizes=(2, 3, 5), styles=("mixed", "mixed", "ties"))
def s_unknown_loss_after_softmax(n, draw):
    f, z, c = some(draw), draw.fill("smooth", n), draw.fill("smooth", n)
    L = lambda s: total(c * f(s))
    s = softmax(z)
    yield 4, np.diag(grad(softmax, z)), s * (1 - s)
    yield 8, grad(lambda v: L(softmax(v)), z), grad(L, s) * s * (1 - s)


@statement("false/159-reciprocal-second-derivative.md")
def s_reciprocal_second_derivative():
    x = sp.symbols("x")
    f = sp.Function("f")(x)
    f1, f2 = f.diff(x), f.diff(x, 2)
    yield 3, sp.simplify((1 / f).diff(x) + f1 / f**2) == 0
    yield 7, sp.simplify((1 / f).diff(x, 2) - 2 * f1 / f**3 + f2 / f**2) == 0


@statement("false/160-power-of-two-unknowns.md")
def s_power_of_two_unknowns():
    x, c = sp.symbols("x c", positive=True)
    f, g = sp.Function("f", positive=True)(x), sp.Function("g")(x)
    yield 3, sp.simplify((f**c).diff(x) - c * f ** (c - 1) * f.diff(x)) == 0
    yield 7, sp.simplify((f**g).diff(x) / f**g - g.diff(x) * sp.log(f) - g * f.diff(x)) == 0


@statement("false/161-second-derivative-of-inverse.tex")
def s_second_derivative_of_inverse():
    x, y = sp.symbols("x y", positive=True)
    for f, g in ((sp.exp(x), sp.log(y)), (x**2, sp.sqrt(y))):
        yield 2, sp.simplify(g.diff(y).subs(y, f) - 1 / f.diff(x)) == 0
        yield 4, sp.simplify(g.diff(y, 2).subs(y, f) + f.diff(x, 2) / f.diff(x) ** 2) == 0


@statement("false/162-slope-at-three.md", sizes=(1,))
def s_slope_at_three(n, draw):
    f = some(draw)
    yield 3, d(lambda x: f(x * x), num(1)), 2 * d(f, num(1))
    yield 7, d(lambda x: f(x * x), num(3)), 6 * d(f, num(3))


@statement("false/163-fixed-point-iterated.md")
def s_fixed_point_iterated():
    x, a, b = sp.symbols("x a b")
    f = lambda u: 2 * u + a * u**2 / 2 + b * u**3
    yield 3, sp.diff(f(f(x)), x).subs(x, 0) == 4
    yield 5, sp.simplify(sp.diff(f(f(x)), x, 2).subs(x, 0) - 4 * a) == 0


@statement("false/164-mixed-partial-once.md")
def s_mixed_partial_once():
    x, u, v = sp.symbols("x u v")
    for f in (sp.sin(u + 2 * v), u**2 * v**3, sp.exp(u * v)):
        at = lambda e: e.subs({u: x, v: x**2}, simultaneous=True)
        F = at(f)
        yield 3, sp.simplify(F.diff(x) - at(f.diff(u)) - 2 * x * at(f.diff(v))) == 0
        yield (
            5,
            sp.simplify(
                F.diff(x, 2)
                - at(f.diff(u, 2))
                - 2 * x * at(f.diff(u, v))
                - 4 * x**2 * at(f.diff(v, 2))
                - 2 * at(f.diff(v))
            )
            == 0,
        )


@statement("false/165-not-the-logistic-one.md", sizes=(1,))
def s_not_the_logistic_one(n, draw):
    s = lambda z: frac(1, 2) + mp.atan(z) / mp.pi
    z, y = draw.num(), draw.unit()
    C = lambda a: -y * mp.log(a) - (1 - y) * mp.log(1 - a)
    yield 3, d(C, s(z)), (s(z) - y) / (s(z) * (1 - s(z)))
    yield 7, d(lambda v: C(s(v)), z), s(z) - y


@statement("false/166-gradient-with-antisymmetric.md", sizes=(2, 3, 5))
def s_gradient_with_antisymmetric(n, draw):
    a, x = draw.fill("smooth", n, n), draw.fill("smooth", n)
    a = a - a.T
    yield 3, holds(1 + (a @ x) @ x, 1 - x @ (a @ x))
    yield 7, 1 + grad(lambda v: v @ a @ v, x), 1 + 2 * a @ x


@statement("false/167-two-labels-per-example.md", sizes=(2, 3, 5))
def s_two_labels_per_example(n, draw):
    z, t = draw.vec(n), zeros(n)
    t[0] = t[n - 1] = num(1)
    yield 3, total(t - softmax(z)), num(1)
    yield 5, 1 + grad(lambda v: -total(t * log(softmax(v))), z), 1 + softmax(z) - t


@statement("false/168-by-the-variance.md", sizes=(1,))
def s_by_the_variance(n, draw):
    x, m, s = draw.num(), draw.num(), draw.pos()
    l = lambda m, v: -mp.log(2 * mp.pi * v) / 2 - (x - m) ** 2 / (2 * v)
    yield 3, 1 + d(lambda q: l(q, s * s), m), 1 + (x - m) / s**2
    yield 5, d(lambda q: l(m, q * q), s), ((x - m) ** 2 - s**2) / s**3
    yield 9, d(lambda q: l(m, q), s * s), ((x - m) ** 2 - s**2) / s**4


@statement("false/169-matrix-named-t.md", sizes=(1, 2, 3))
def s_matrix_named_t(n, draw):
    t, x = draw.fill("smooth", n, n), draw.fill("smooth", n)
    yield 3, grad(lambda v: total((t @ v) ** 2) / 2, x), t.T @ t @ x
    yield 5, grad(lambda v: v @ t @ v, x), (t + t.T) @ x
    yield 7, grad(lambda v: total((t.T @ v) ** 2) / 2, x), t.T @ t @ x


@statement("false/170-i-squared-is-minus-one.md")
def s_i_squared_is_minus_one():
    t = sp.symbols("t", real=True)
    w = sp.exp(sp.I * t)
    yield 3, sp.simplify(w.diff(t) - sp.I * w) == 0
    yield 5, sp.simplify(w.diff(t, 2) - w) == 0


@statement("false/171-delta-with-one-and-two-indices.md")
def s_delta_with_one_and_two_indices(n, draw):
    e = draw.vec(n) - draw.vec(n)
    yield 3, eye(n) @ e, e
    yield 5, total(eye(n)), num(n)
    yield 7, e @ eye(n) @ e, num(n)


@statement("false/172-interaction-feature.md", sizes=(1,))
def s_interaction_feature(n, draw):
    x, y, a, b, c = (draw.num() for _ in range(5))
    f = lambda x, y, c: a * x + b * y + c * x * y
    yield 4, holds(1 + d(lambda v: f(x, y, v), c), 1 + x * y)
    yield 8, holds(1 + f(x + 1, y, c) - f(x, y, c), 1 + a)


@statement("false/173-layer-two-or-square.md", sizes=(1,))
def s_layer_two_or_square(n, draw):
    a, w = draw.smooth(), draw.smooth()
    yield 3, d(lambda v: v * a, w), a
    yield 5, d(lambda z: mp.tanh(z), w * a), 1 - mp.tanh(w * a)


@statement("false/174-square-lost-in-superscript.tex")
def s_square_lost_in_superscript(n, draw):
    x = draw.vec(n)
    m = total(x) / n
    yield 4, holds(1 + total((x - m) ** 2) / n, 1 + total(x * x) / n - m * m)
    yield 5, holds(1 + total((x - m) ** 2) / n, 1 + m - m * m)


@statement("false/175-other-p-in-part-two.md", sizes=(1,), styles=("mixed", "ties"))
def s_other_p_in_part_two(n, draw):
    z = draw.num()
    p = (1 + mp.tanh(z)) / 2
    yield 5, d(sigmoid, z), sigmoid(z) * (1 - sigmoid(z))
    yield 11, 1 - p, (1 - mp.tanh(z)) / 2
    yield 13, d(lambda v: (1 + mp.tanh(v)) / 2, z), p * (1 - p)


@statement("false/176-explained-afterwards.md", sizes=(1,), styles=("mixed", "ties"))
def s_explained_afterwards(n, draw):
    x = draw.num()
    yield 3, holds(1 + d(lambda v: mp.exp(v**3), x), 1 + 2 * x * mp.exp(x**3))


@statement("false/177-two-classes-left-behind.md", sizes=(3, 4, 5))
def s_two_classes_left_behind(n, draw):
    z = draw.vec(n)
    s, j = softmax(z), grad(softmax, z)
    yield 5, 1 + j[0, 0], 1 + s[0] * (1 - s[0])
    yield 7, 1 + j[0, 0], 1 + s[0] * s[1]


@statement("false/178-either-label.tex", sizes=(0, 1), styles=("mixed", "ties"))
def s_either_label(n, draw):
    z, y = draw.num(), n
    l = lambda z, y: -y * mp.log(sigmoid(z)) - (1 - y) * mp.log(1 - sigmoid(z))
    yield 4, d(lambda v: l(v, 1), z), sigmoid(z) - 1
    yield 6, d(lambda v: l(v, y), z), sigmoid(z) - 1


@statement("false/179-upper-triangle-only.md")
def s_upper_triangle_only(n, draw):
    x = draw.vec(n)
    a = np.triu(x[:, None] - x, 1) + zeros(n, n)
    yield 3, num(np.trace(a)), num(0)
    yield 7, holds(1 + total(a), num(1))


@statement("false/180-arctan-of-reciprocal.md", sizes=(1,))
def s_arctan_of_reciprocal(n, draw):
    x = draw.smooth()
    f = lambda v: mp.atan(v) + mp.atan(1 / v)
    yield 3, holds(1 + d(f, x), num(1))
    yield 7, f(x), mp.pi / 2


@statement("false/181-ordered-pairs-halved.tex")
def s_ordered_pairs_halved(n, draw):
    x = draw.vec(n)
    s = sum((x[i] * x[j] for i in range(n) for j in range(n) if i != j), num(0))
    yield 2, holds(1 + s, 1 + total(x) ** 2 - total(x * x))
    yield 3, holds(1 + s, 1 + (total(x) ** 2 - total(x * x)) / 2)


@statement("false/182-leave-one-out-sum.md")
def s_leave_one_out_sum(n, draw):
    x = draw.vec(n)
    q = lambda v: np.array([sum((mp.exp(v[j]) for j in range(n) if j != i), num(0)) for i in range(n)], dtype=object)
    yield 3, 1 + q(x), 1 + total(exp(x)) - exp(x)
    yield 7, 1 + grad(q, x), 1 + np.outer(ones(n), exp(x))


@statement("false/183-triangle-sum-swapped.md")
def s_triangle_sum_swapped(n, draw):
    a = draw.vec(n, n)
    low = total(np.tril(a))
    yield 3, holds(1 + low, 1 + total(np.tril(a, -1)) + np.trace(a))
    yield 7, holds(1 + low, 1 + total(np.triu(a)))


@statement("false/184-ranges-by-letter.md")
def s_ranges_by_letter(n, draw):
    m = draw.int(1, 4)
    x, y = draw.vec(n), draw.vec(m)
    yield 3, holds(1 + total(np.outer(x, y)), 1 + total(x) * total(y))
    yield 5, holds(1 + total(x[:, None] + y), 1 + n * total(x) + m * total(y))


@statement("false/185-prefix-sums-off-by-one.md", sizes=(2, 3, 5))
def s_prefix_sums_off_by_one(n, draw):
    x = draw.vec(n)
    s = np.cumsum(x)
    yield 3, holds(1 + s[-1] - s[-2], 1 + x[-1])
    yield 7, holds(1 + total(s), 1 + total(np.arange(n - 1, -1, -1) * x))


@statement("false/186-discounted-return-slope.md")
def s_discounted_return_slope(n, draw):
    r, g = draw.vec(n), draw.unit()
    R = lambda r, g: sum(g**t * r[t] for t in range(n))
    yield 3, grad(lambda v: R(v, g), r), array([g**t for t in range(n)])
    yield 5, holds(1 + d(lambda v: R(r, v), g), 1 + sum((t + 1) * g**t * r[t] for t in range(n)))


@statement("false/187-hessian-without-mean.tex", sizes=(1, 2, 3))
def s_hessian_without_mean(n, draw):
    k = draw.int(1, 2)
    x, y, w = draw.vec(n, k), draw.vec(n), draw.vec(k)
    J = lambda w: total((x @ w - y) ** 2) / (2 * n)
    yield 2, 1 + grad(J, w), 1 + x.T @ (x @ w - y) / n
    yield 4, 1 + hess(J, w), 1 + x.T @ x


@statement("false/188-slope-of-sample-variance.md", sizes=(2, 3, 5))
def s_slope_of_sample_variance(n, draw):
    x = draw.vec(n)
    dev = lambda v: v - total(v) / n
    yield 3, holds(1 + total(dev(x)), num(1))
    yield 7, 1 + grad(lambda v: total(dev(v) ** 2) / (n - 1), x), 1 + 2 * dev(x) / n


@statement("false/189-unnormalised-reference.md")
def s_unnormalised_reference(n, draw):
    p, r, c = draw.prob(n), draw.fill("pos", n), draw.pos()
    yield 3, d(lambda v: mp.log(v) - mp.log(c * r[0]), p[0]), 1 / p[0]
    yield 7, holds(1 + total(p * log(p / (c * r))), 1 + total(p * log(p / r)))


@statement("false/190-bias-in-row-sums.md")
def s_bias_in_row_sums(n, draw):
    x, b = draw.vec(n, n), draw.vec(n)
    z = x + np.outer(ones(n), b)
    yield 3, z.T @ ones(n), x.T @ ones(n) + n * b
    yield 7, z @ ones(n), x @ ones(n) + n * b


@statement("false/191-centred-data-rows.tex")
def s_centred_data_rows(n, draw):
    x = draw.vec(n, n)
    c = x - np.outer(ones(n), x.T @ ones(n) / n)
    yield 3, 1 + c.T @ ones(n), ones(n)
    yield 4, 1 + c @ ones(n), ones(n)


@statement("false/192-entrywise-exponential.tex", styles=("mixed", "mixed", "ties"))
def s_entrywise_exponential(n, draw):
    a, b = draw.vec(n, n), draw.vec(n, n)
    yield 2, exp(a + b), exp(a) * exp(b)
    yield 3, exp(a + b), exp(a) @ exp(b)


@statement("false/193-lse-hessian-wrong-side.md", sizes=(1, 2, 3), styles=("mixed", "ties"))
def s_lse_hessian_wrong_side(n, draw):
    a, x = draw.vec(n, n), draw.vec(n)
    p = softmax(a @ x)
    f = lambda v: lse(a @ v)
    yield 3, 1 + grad(f, x), 1 + a.T @ p
    yield 5, 1 + hess(f, x), 1 + a @ (diag(p) - np.outer(p, p)) @ a.T


@statement("false/194-energy-of-a-state.md")
def s_energy_of_a_state(n, draw):
    h, x = draw.fill("smooth", n, n), draw.fill("smooth", n)
    h = h + h.T
    E = lambda v: (v @ h @ v) / (v @ v)
    yield 3, grad(lambda v: v @ v, x), 2 * x
    yield 5, grad(lambda v: v @ h @ v, x), 2 * h @ x
    yield 7, 1 + grad(E, x), 1 + 2 * (h @ x - E(x) * x)


@statement("false/195-energy-rate-sign.tex")
def s_energy_rate_sign():
    t, m, u = sp.symbols("t m u")
    x, V = sp.Function("x")(t), sp.Function("V")
    E = m * x.diff(t) ** 2 / 2 + V(x)
    V1 = sp.Subs(V(u).diff(u), u, x)
    yield 2, sp.simplify((m * x.diff(t) ** 2 / 2).diff(t) - m * x.diff(t) * x.diff(t, 2)) == 0
    yield 3, sp.simplify((E.diff(t) - x.diff(t) * (m * x.diff(t, 2) - V1)).doit()) == 0


@statement("false/196-block-triangular-inverse.tex", sizes=(1, 2, 3), styles=("mixed", "mixed", "mixed"))
def s_block_triangular_inverse(n, draw):
    a, b, e = good(draw, n, n), draw.fill("smooth", n, n), good(draw, n, n)
    m = lambda a, b, e: np.block([[a, b], [zeros(n, n), e]])
    yield 4, m(a, b, e) @ m(a, b, e), m(a @ a, a @ b + b @ e, e @ e)
    yield 8, inv(m(a, b, e)), m(inv(a), -inv(e) @ b @ inv(a), inv(e))


@statement("false/197-vandermonde-sign.tex", sizes=(1, 2, 3, 4, 5), styles=("mixed", "ties"))
def s_vandermonde_sign(n, draw):
    x = draw.vec(n)
    v = array([[a**k for a in x] for k in range(n)])
    p = num(1)
    for j in range(n):
        for i in range(j):
            p *= x[i] - x[j]

    def minor(m):
        if len(m) == 1:
            return m[0, 0]
        return sum((-1) ** k * m[0, k] * minor(np.delete(m[1:], k, axis=1)) for k in range(len(m)))

    yield 4, holds(1 + minor(v), 1 + p)


@statement("false/198-cyclic-shift-twice.md", sizes=(2, 3, 4, 6), styles=("mixed",))
def s_cyclic_shift_twice(n, draw):
    p = np.roll(eye(n), 1, axis=1)
    yield 4, p.T @ p, eye(n)
    yield 6, p @ p, eye(n)


@statement("false/199-all-ones-plus-identity.md", styles=("mixed",))
def s_all_ones_plus_identity(n, draw):
    j = ones(n, n)
    yield 3, j @ j, n * j
    yield 5, inv(eye(n) + j), eye(n) - j / n


@statement("false/200-square-of-symmetric-sum.md")
def s_square_of_symmetric_sum(n, draw):
    a, b = draw.vec(n, n), draw.vec(n, n)
    a, b = a + a.T, b + b.T
    yield 3, (a + b).T, a + b
    yield 5, (a @ b).T, b @ a
    yield 7, (a + b) @ (a + b), a @ a + 2 * a @ b + b @ b


@statement("false/201-trace-of-three.md")
def s_trace_of_three(n, draw):
    a, b, c = draw.vec(n, n), draw.vec(n, n), draw.vec(n, n)
    a, b = a + a.T, b + b.T
    t = lambda m: 1 + np.trace(m)
    yield 3, holds(t(a @ b @ c), t(c @ a @ b))
    yield 5, holds(t(a @ b @ c), t(b @ a @ c.T))
    yield 7, holds(t(a @ b @ c), t(b @ a @ c))


@statement("false/202-gradient-of-determinant.md", sizes=(1, 2, 3), styles=("mixed", "mixed"))
def s_gradient_of_determinant(n, draw):
    a = good(draw, n, n)
    yield 3, grad(np.trace, a), eye(n)
    yield 7, grad(det, a), det(a) * inv(a)


@statement("false/203-determinant-second-order.md", sizes=(1, 2, 3), styles=("mixed", "mixed"))
def s_determinant_second_order(n, draw):
    a = draw.fill("smooth", n, n)
    f = lambda t: det(eye(n) + t * a)
    yield 3, f(num(0)), num(1)
    yield 5, d(f, num(0)), np.trace(a)
    yield 7, holds(1 + d(lambda t: d(f, t), num(0)), 1 + np.trace(a) ** 2 + np.trace(a @ a))


@statement("false/204-trace-of-inverse-times.tex", sizes=(1, 2, 3), styles=("mixed", "mixed"))
def s_trace_of_inverse_times(n, draw):
    a, b = good(draw, n, n), draw.fill("smooth", n, n)
    yield 3, grad(lambda v: np.trace(b.T @ v), a), b
    yield 4, grad(lambda v: np.trace(inv(v) @ b), a), -inv(a).T @ b @ inv(a).T


@statement("false/205-rank-one-update.md", sizes=(1, 2, 3), styles=("mixed", "mixed"))
def s_rank_one_update(n, draw):
    a, u, v = good(draw, n, n), draw.fill("smooth", n), draw.fill("smooth", n)
    i = inv(a)
    yield 3, (a + np.outer(u, v)) @ i @ u, (1 + v @ i @ u) * u
    yield 7, inv(a + np.outer(u, v)), i - np.outer(i @ u, v @ i) / (1 + u @ i @ v)


@statement("false/206-concave-reversed.md")
def s_concave_reversed(n, draw):
    x, w = draw.vec(n), draw.prob(n)
    a, b = draw.pos(), draw.num()
    f = lambda u: -a * u * u + b * u - mp.exp(u / 10)
    m = total(w * x)
    tiny = num(10) ** -30
    yield 3, all(f(v) <= f(m) + d(f, m) * (v - m) + tiny for v in x)
    yield 7, f(m) <= total(w * np.frompyfunc(f, 1, 1)(x)) + tiny


@statement("false/207-clipped-by-two-rectifiers.md", sizes=(1,))
def s_clipped_by_two_rectifiers(n, draw):
    r = lambda v: max(num(0), v)
    x = draw.num()
    yield 3, r(r(x)), r(x)
    yield 5, holds(1 + r(1 - r(1 - x)), 1 + max(num(0), min(x, num(1))))
    yield 7, holds(1 + r(1 - r(1 - x)), 1 + min(x, num(1)))


@statement("false/208-bump-between.md", sizes=range(12), styles=("mixed", "ties"))
def s_bump_between(n, draw):
    r = lambda v: max(num(0), v)
    x = n + draw.unit() if draw.style == "mixed" else num(n)
    yield 3, r(x - 8) * r(7 - x), num(0)
    yield 7, r(x - 7) * r(8 - x), num(0)


@statement("false/209-median-slope.md", styles=("mixed", "mixed", "large"))
def s_median_slope(n, draw):
    x, m = draw.vec(n), draw.smooth()
    yield 3, abs(x - m), (x - m) * sign(x - m)
    yield 7, holds(10 + d(lambda v: total(abs(x - v)), m), 10 + total(sign(x - m)))


@statement("false/210-symmetric-difference-limit.tex")
def s_symmetric_difference_limit():
    x, h = sp.symbols("x h")
    for f in (sp.sin, sp.exp, lambda u: u**3 - u):
        yield 2, sp.simplify(sp.limit((f(x + h) - f(x)) / h, h, 0) - f(x).diff(x)) == 0
        yield 4, sp.simplify(sp.limit((f(x + h) - f(x - h)) / h, h, 0) - f(x).diff(x)) == 0


@statement("false/211-product-of-shifted.md")
def s_product_of_shifted(n, draw):
    x = draw.fill("pos", n)
    p = lambda v: np.prod(1 + v)
    yield 3, mp.log(p(x)), total(log(1 + x))
    yield 5, grad(p, x), array([np.prod(np.delete(1 + x, j)) * num(1) for j in range(n)])
    yield 7, grad(p, x), p(x) / x


@statement("false/212-regions-of-a-circle.md", sizes=range(1, 9), styles=("mixed",))
def s_regions_of_a_circle(n, draw):
    r = lambda n: num(1 + sp.binomial(n, 2) + sp.binomial(n, 4))
    yield 3, r(4), num(8)
    yield 5, r(5), num(16)
    yield 9, r(n), num(2) ** (n - 1)


@statement("false/213-alternating-squares.md", sizes=range(1, 7), styles=("mixed",))
def s_alternating_squares(n, draw):
    b = [num(sp.binomial(n, k)) for k in range(n + 1)]
    yield 3, sum((-1) ** k * b[k] for k in range(n + 1)), num(0)
    yield 5, sum(c * c for c in b), num(sp.binomial(2 * n, n))
    yield 7, sum((-1) ** k * b[k] ** 2 for k in range(n + 1)), num(0)


@statement("false/214-radial-hessian.md", sizes=(1, 2, 3), styles=("mixed", "mixed"))
def s_radial_hessian(n, draw):
    g, x = some(draw), draw.fill("smooth", n)
    f = lambda v: g(total(v * v))
    q = total(x * x)
    yield 3, grad(f, x), 2 * d(g, q) * x
    yield 5, hess(f, x), 2 * d(lambda u: d(g, u), q) * np.outer(x, x) + 2 * d(g, q) * eye(n)


@statement("false/215-poisson-curvature.tex", styles=("mixed", "mixed", "mixed"))
def s_poisson_curvature(n, draw):
    y = array([draw.int(1, 9) for _ in range(n)])
    l = lambda v: total(y * mp.log(v) - v - np.array([mp.log(mp.factorial(k)) for k in y], dtype=object))
    m, lam = total(y) / n, draw.pos()
    yield 3, d(l, lam), n * m / lam - n
    yield 4, holds(1 + d(l, m), num(1))
    yield 5, d(lambda v: d(l, v), m), -n / m**2


@statement("false/216-gaussian-at-maximum.md", sizes=(2, 3, 5), styles=("mixed", "mixed"))
def s_gaussian_at_maximum(n, draw):
    x = draw.vec(n)
    m = total(x) / n
    v = total((x - m) ** 2) / n
    yield 4, total((x - m) ** 2) / v, num(n)
    yield 6, -mp.log(2 * mp.pi * v) * n / 2 - total((x - m) ** 2) / (2 * v), -mp.log(2 * mp.pi * v) * n / 2 - frac(1, 2)


@statement("false/217-restated-with-other-index.md")
def s_restated_with_other_index(n, draw):
    a, b = draw.vec(n, n), draw.vec(n, n)
    yield 3, 1 + np.diag(a @ b), 1 + array([sum(a[i, k] * b[k, i] for k in range(n)) for i in range(n)])
    yield 5, 1 + a @ b, 1 + a @ b.T


@statement("false/218-gradient-is-no-number.md", sizes=(2, 3, 5))
def s_gradient_is_no_number(n, draw):
    x = draw.vec(n)
    g = grad(lambda v: total(v * v), x)
    yield 3, holds(1 + total(g), 1 + 2 * total(x))
    yield 7, g, 2 * total(x)


@statement("false/219-scaled-isometry.md", styles=("mixed", "mixed"))
def s_scaled_isometry(n, draw):
    q, x, y = 2 * ortho(draw, n), draw.fill("smooth", n), draw.fill("smooth", n)
    yield 3, (q @ x) @ (q @ y), 4 * x @ y
    yield 5, inv(q), q.T / 4
    yield 7, norm(q @ x), norm(x)


@statement("false/220-they-do-not-commute.md", sizes=(2, 3))
def s_they_do_not_commute(n, draw):
    x, y = draw.fill("smooth", n, n), draw.fill("smooth", n, n)
    z = x @ y - y @ x
    yield 3, (x + y) @ (x - y), x @ x - y @ y - z
    yield 5, holds(1 + np.trace(z), num(1))
    yield 7, (x + y) @ (x - y), x @ x - y @ y


@statement("false/221-u-set-anew.md", sizes=(1,), styles=("mixed", "ties"))
def s_u_set_anew(n, draw):
    x = draw.num()
    yield 3, holds(1 + d(lambda v: mp.sin(v * v), x), 1 + 2 * x * mp.cos(x * x))
    yield 7, d(lambda v: mp.sin(v), x**3), mp.cos(x**3)
    yield 9, holds(1 + d(lambda v: mp.sin(v**3), x), 1 + 2 * x * mp.cos(x**3))


@statement("false/222-soft-targets-by-rows.md", styles=("mixed", "ties"))
def s_soft_targets_by_rows(n, draw):
    k = draw.int(1, 3)
    z, c = draw.vec(n, k), draw.fill("pos", n, k)
    s = softmax(z)
    yield 3, s @ ones(k), ones(n)
    yield 5, 1 + log(s), 1 + z - np.array([lse(r) for r in z], dtype=object)[:, None]
    yield 7, grad(lambda v: total(c * log(softmax(v))), z), c - s


@statement("false/223-unit-rows-gram.tex")
def s_unit_rows_gram(n, draw):
    x = draw.fill("smooth", n, n)
    r = sqrt(np.sum(x * x, axis=1))
    m = x / r[:, None]
    yield 2, m @ m.T, (x @ x.T) / np.outer(r, r)
    yield 4, np.diag(m @ m.T), ones(n)
    yield 5, np.diag(m.T @ m), ones(n)


@statement("false/224-product-expanded-to-five.md", sizes=(1, 2, 3, 5, 6, 7), styles=("mixed",))
def s_product_expanded_to_five(n, draw):
    x = draw.vec(n)
    e = [num(1)] + [num(0)] * n
    for v in x:
        e = [e[0]] + [e[k] + v * e[k - 1] for k in range(1, n + 1)]
    e += [num(0)] * 6
    yield 3, total(x) ** 2, total(x * x) + 2 * e[2]
    yield 5, np.prod(1 + x), sum(e[:6])


@statement("false/225-half-in-the-text.md")
def s_half_in_the_text(n, draw):
    y, t = draw.vec(n), draw.vec(n)
    E = lambda y: total((y - t) ** 2) / 2
    yield 3, 1 + grad(E, y), 1 + y - t
    yield 7, holds(1 + E(y), 1 + 2 * E(y))


@statement("false/226-chain-of-twelve.md", sizes=(12,), styles=("mixed", "ties"))
def s_chain_of_twelve(n, draw):
    x = draw.vec(n)
    g = grad(lambda v: total(v[:-1] * v[1:]), x)
    yield 3, 1 + g[11], 1 + x[10]
    yield 5, holds(1 + g[10], 1 + x[9] + x[11])
    yield 7, holds(1 + g[0], 1 + x[1] + x[11])


@statement("false/227-horizon-and-transpose.md")
def s_horizon_and_transpose(n, draw):
    a, x = draw.vec(n, n), draw.vec(n)
    c = a @ a @ a
    yield 3, a @ (a @ (a @ x)), c @ x
    yield 5, holds(1 + x @ (a @ (a @ (a @ x))), 1 + x @ c @ x)
    yield 7, a.T @ a.T @ a.T, c


@statement("false/228-absolute-value-at-zero.md")
def s_absolute_value_at_zero():
    x, h = sp.symbols("x h", positive=True)
    f = sp.Abs
    yield 3, sp.diff(f(x), x) == 1
    y = sp.symbols("y", negative=True)
    yield 5, sp.simplify(sp.diff(f(y), y)) == -1
    yield 7, sp.simplify(f(h) - f(-h)) == 0
    t = sp.symbols("t", real=True)
    yield 9, sp.limit(f(t) / t, t, 0, "+") == sp.limit(f(t) / t, t, 0, "-") == 0


@statement("false/229-cold-and-hot-maximum.tex", sizes=(2, 3, 5), styles=("mixed", "ties"))
def s_cold_and_hot_maximum(n, draw):
    x, c, b = draw.vec(n), draw.num(), draw.pos()
    M = lambda v, b: max(v) + mp.log(total(exp(b * (v - max(v))))) / b
    yield 2, holds(1 + M(x + c, b), 1 + M(x, b) + c)
    yield 3, abs(M(x, num(10) ** 45) - max(x)) < num(10) ** -40
    yield 5, abs(M(x, num(10) ** -30) - total(x) / n) < 1


@statement("false/230-k-is-three.md")
def s_k_is_three(n, draw):
    x = draw.vec(n)
    yield 3, 3 * total(x), 3 * total(x)
    yield 5, holds(1 + total(3 * x), 1 + 3 * total(x))
    yield 7, holds(1 + total(np.arange(1, n + 1) * x), 1 + 3 * total(x))


@statement("false/231-bernoulli-curvature.md")
def s_bernoulli_curvature(n, draw):
    s, p = num(draw.int(0, n)), draw.unit()
    l = lambda p: s * mp.log(p) + (n - s) * mp.log(1 - p)
    yield 3, holds(1 + d(l, p), 1 + s / p - (n - s) / (1 - p))
    yield 5, holds(1 + d(lambda v: d(l, v), p), 1 - s / p**2 + (n - s) / (1 - p) ** 2)


@statement("false/232-geometric-mean-strict.tex", sizes=(1,))
def s_geometric_mean_strict(n, draw):
    x, y = draw.pos(), draw.pos()
    yield 2, mp.sqrt(x * y) < (x + y) / 2
    yield 4, holds(1 + (x + y) / 2 - mp.sqrt(x * y), 1 + (mp.sqrt(x) - mp.sqrt(y)) ** 2 / 2)
    z = x if draw.style == "ties" else y
    yield 6, z != x and mp.sqrt(x * z) < (x + z) / 2


@statement("false/233-only-in-lemma-one.md")
def s_only_in_lemma_one(n, draw):
    q, w, x = ortho(draw, n), draw.fill("smooth", n, n), draw.fill("smooth", n)
    yield 3, norm(q @ x), norm(x)
    yield 7, norm(w @ x) ** 2, x @ w.T @ w @ x
    yield 9, norm(w @ x) ** 2, norm(x) ** 2


@statement("false/234-scale-columns-then-sum.md")
def s_scale_columns_then_sum(n, draw):
    x, r = draw.vec(n, n), draw.vec(n)
    yield 3, 1 + x * np.outer(r, ones(n)), 1 + diag(r) @ x
    yield 7, 1 + x * np.outer(ones(n), r), 1 + x @ diag(r)
    yield 11, 1 + (x * np.outer(ones(n), r)) @ ones(n), 1 + r * (x @ ones(n))


@statement("false/235-two-thirds-cut-off.md")
def s_two_thirds_cut_off():
    near = lambda p, q, r: abs(sp.Rational(p, q) - sp.Rational(r, 100)) <= sp.Rational(1, 200)
    yield 3, near(1, 3, 33)
    yield 5, near(1, 6, 17)
    yield 7, near(2, 3, 66)


@statement("false/236-sum-off-the-diagonal.md")
def s_sum_off_the_diagonal(n, draw):
    x = draw.vec(n)
    o = 1 - eye(n)
    yield 3, holds(1 + total(o * eye(n)), num(1))
    yield 5, total(o), num(n * n - n)
    yield 7, holds(1 + total(o * x[:, None]), 1 + n * total(x))


@statement("false/237-projection-without-unit-length.md", styles=("mixed", "mixed"))
def s_projection_without_unit_length(n, draw):
    x = draw.fill("smooth", n)
    x = x * mp.sqrt(2) / norm(x)
    p = eye(n) - np.outer(x, x)
    yield 3, p.T, p
    yield 5, p @ x, -x
    yield 7, p @ p, p


@statement("false/238-implicit-slope-sign.tex")
def s_implicit_slope_sign():
    x, y = sp.symbols("x y", positive=True)
    for F, s in ((x**2 + y**2 - 4, sp.sqrt(4 - x**2)), (x * y - 1, 1 / x)):
        yield 2, sp.simplify((F.diff(x) + F.diff(y) * s.diff(x)).subs(y, s)) == 0
        yield 4, sp.simplify((F.diff(x) / F.diff(y)).subs(y, s) - s.diff(x)) == 0


@statement("false/239-geometric-mean-degree.md")
def s_geometric_mean_degree(n, draw):
    x = draw.fill("pos", n)
    G = lambda v: np.prod(v) ** (num(1) / n)
    yield 3, grad(G, x), G(x) / (n * x)
    yield 7, total(x * grad(G, x)), n * G(x)


@statement("false/240-log-parameter-second-order.md", sizes=(1,))
def s_log_parameter_second_order(n, draw):
    f, t = some(draw), draw.pos()
    F = lambda v: f(mp.log(v))
    yield 3, d(F, t), d(f, mp.log(t)) / t
    yield 5, d(lambda v: d(F, v), t), d(lambda u: d(f, u), mp.log(t)) / t**2


@statement("false/241-like-a-rotation.md", sizes=(2,), styles=("mixed", "mixed"))
def s_like_a_rotation(n, draw):
    a = good(draw, n, n)
    a[0] = a[0] / det(a)
    yield 5, det(a.T @ a), num(1)
    yield 7, det(inv(a)), num(1)
    yield 9, a.T @ a, eye(2)


@statement("false/242-suppose-for-a-moment.md", sizes=(1,))
def s_suppose_for_a_moment(n, draw):
    a, b = draw.num(), draw.num()
    yield 3, (a + a) ** 2, 4 * a * a
    yield 7, holds(1 + (a + b) ** 2, 1 + 4 * a * b + (a - b) ** 2)
    yield 9, holds(1 + (a + b) ** 2, 1 + 4 * a * b)


@statement("false/243-weights-outside-the-segment.tex", sizes=(1,))
def s_weights_outside_the_segment(n, draw):
    f = lambda u: u * u + mp.exp(u / 10)
    x, y, w, v = draw.num(), draw.num(), draw.unit(), draw.num()
    gap = lambda w: w * f(x) + (1 - w) * f(y) - f(w * x + (1 - w) * y)
    yield 2, gap(w) >= -(num(10) ** -60)
    yield 4, gap(v) >= -(num(10) ** -60)


@statement("false/244-weights-that-count.md", sizes=(2, 3, 5))
def s_weights_that_count(n, draw):
    p, x = draw.prob(n), abs(draw.vec(n))
    w, tiny = n * p, num(10) ** -60
    yield 3, total(p * x) ** 2 <= total(p * x * x) + tiny
    yield 7, total(w * x) ** 2 <= n * total(w * x * x) + tiny
    yield 9, total(w * x) ** 2 <= total(w * x * x) + tiny


@statement("false/245-maxima-added.md")
def s_maxima_added(n, draw):
    x, y, c = draw.vec(n), draw.vec(n), draw.num()
    tiny = num(10) ** -60
    yield 3, holds(1 + max(x + c), 1 + max(x) + c)
    yield 5, max(x) + min(y) <= max(x + y) + tiny
    yield 7, max(x) + max(y) <= max(x + y) + tiny


@statement("false/246-harmonic-below-three.md", sizes=(1, 2, 3, 5, 10, 11, 12), styles=("mixed",))
def s_harmonic_below_three(n, draw):
    h = sum(frac(1, k) for k in range(1, n + 1))
    yield 3, h <= 1 + mp.log(n)
    yield 7, h <= 3


@statement("false/247-rectifier-contracts.md", sizes=(1, 2, 3, 4))
def s_rectifier_contracts(n, draw):
    r = lambda v: max(num(0), v)
    x, y = draw.smooth(), draw.smooth()
    yield 3, abs(r(x) - r(y)) <= abs(x - y)
    yield 5, 0 <= r(x) <= abs(x)
    yield 9, abs(r(x) - r(y)) < abs(x - y)


@statement("false/248-log-below-its-tangent.tex", sizes=(1,))
def s_log_below_its_tangent(n, draw):
    x = num(0) if draw.style == "ties" else draw.pos() - draw.unit()
    y = draw.pos()
    yield 2, mp.log(1 + x) <= x
    yield 4, y / (1 + y) < mp.log(1 + y)
    yield 6, mp.log(1 + x) < x
