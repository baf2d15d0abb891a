"""The claims of the documents in true/, computed."""

# ruff: noqa: E731

import numpy as np
import sympy as sp
from mpmath import mp
from tests.corpora.statements.kit import (
    STEP,
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
    relu,
    sigmoid,
    sign,
    softmax,
    statement,
    tanh,
    total,
    unit,
    zeros,
)


@statement("true/001-entropy-at-most-log-k.md", sizes=(1, 2, 5, 7, 8, 10))
def entropy_at_most_log_k(n, draw):
    p = ones(n) / n if draw.style == "ties" else draw.prob(n)
    h = -total(p * log(p))
    yield 3, 0 <= h <= mp.log(n) + num(10) ** -60
    yield 7, mp.log(8) > 2


@statement("true/002-pairs-against-subsets-from-four.md", sizes=(4, 5, 6, 7, 12, 40))
def pairs_against_subsets_from_four(n, draw):
    yield 3, total(ones(n)) ** 2 <= 2**n


@statement("true/003-sample-variance-by-pairs.tex", sizes=(2, 3, 4, 7))
def sample_variance_by_pairs(n, draw):
    x = draw.vec(n)
    pairs = total((x[:, None] - x) ** 2)
    yield 12, total((x - total(x) / n) ** 2) / (n - 1), pairs / (2 * n * (n - 1))


@statement("true/004-pairwise-loss-gradient.md")
def pairwise_loss_gradient(n, draw):
    x = draw.vec(n)
    r = lambda v: total((v[:, None] - v) ** 2) / 4
    yield 7, grad(r, x), n * x - total(x)
    yield 11, abs(total(grad(r, x))) < num(10) ** -40


@statement("true/005-softmax-slope-at-zero-general.md")
def softmax_slope_at_zero_general(n, draw):
    j = grad(softmax, zeros(n))
    yield 3, np.diag(j), ones(n) * (n - 1) / n**2
    for i in range(n):
        for k in range(n):
            if i != k:
                yield 7, j[i, k], -num(1) / n**2


@statement("true/006-initial-loss-mnist.md", sizes=(10,))
def initial_loss_mnist(n, draw):
    value = -mp.log(softmax(zeros(n))[0])
    yield 5, value, mp.log(10)
    yield 5, abs(value - num("2.303")) < num("0.0005")


@statement("true/007-mean-square-over-entries-both.md")
def mean_square_over_entries_both(n, draw):
    k = draw.int(1, 3)
    z, t = draw.vec(n, k), draw.vec(n, k)
    yield 7, grad(lambda v: total((v - t) ** 2) / (n * k), z), 2 * (z - t) / (n * k)


@statement("true/008-softmax-jacobian-singular.md", sizes=(1, 2, 3, 4), styles=("mixed", "ties"))
def softmax_jacobian_singular(n, draw):
    x = draw.vec(n)
    s = softmax(x)
    j = grad(softmax, x)
    yield 1, np.sum(j, axis=1), zeros(n)
    yield 3, abs(det(j)) < num(10) ** -40
    yield 7, holds(np.trace(j) + 1, 2 - total(s * s))


@statement("true/009-two-class-softmax-declared.md", sizes=(2,))
def two_class_softmax_declared(n, draw):
    x = draw.vec(n)
    s = softmax(x)
    yield 3, s[0], sigmoid(x[0] - x[1])
    yield 5, holds(s[0] - s[1] + 1, mp.tanh((x[0] - x[1]) / 2) + 1)


@statement("true/010-softplus-stable-form-max.md")
def softplus_stable_form_max(n, draw):
    x = draw.num()
    zeta = lambda v: mp.log(1 + mp.exp(v))
    yield 3, zeta(x), max(x, 0) + mp.log(1 + mp.exp(-abs(x)))
    yield 7, zeta(x) - zeta(-x), x


@statement("true/011-softsign-slope-abs.tex")
def softsign_slope_abs(n, draw):
    x = draw.smooth()
    f = lambda v: v / (1 + abs(v))
    yield 5, d(f, x), 1 / (1 + abs(x)) ** 2
    yield 5, d(f, x), (1 - abs(f(x))) ** 2
    yield 7, abs(d(f, num(0)) - 1) < num(10) ** -20


@statement("true/012-leaky-relu-as-max-small-slope.md")
def leaky_relu_as_max_small_slope(n, draw):
    x, a = draw.num(), draw.unit()
    f = x if x > 0 else a * x
    yield 7, f, max(x, a * x)
    yield 7, f, (1 + a) / 2 * x + (1 - a) / 2 * abs(x)


@statement("true/013-max-of-multiple-signs.txt")
def max_of_multiple_signs(n, draw):
    x, c = draw.vec(n), draw.num()
    yield 5, max(abs(c) * x), abs(c) * max(x)
    yield 9, max(-abs(c) * x), -abs(c) * min(x)


@statement("true/014-square-loss-labels.txt")
def square_loss_labels(n, draw):
    z = draw.num()
    y = num(draw.random.choice((-1, 1)))
    yield 3, (y - z) ** 2, (1 - y * z) ** 2
    yield 5, d(lambda v: (1 - y * v) ** 2, z), -2 * y * (1 - y * z)
    yield 5, d(lambda v: (1 - y * v) ** 2, z), 2 * (z - y)


@statement("true/015-signed-absolute-value.md")
def signed_absolute_value(n, draw):
    x = draw.num()
    yield 3, sign(x) * abs(x), x
    yield 5, sign(x) ** 3, sign(x)
    y = draw.smooth()
    yield 7, d(lambda v: v * abs(v), y), 2 * abs(y)
    yield 7, abs(d(lambda v: v * abs(v), num(0))) < num(10) ** -20


@statement("true/016-some-maximal-entry.txt")
def some_maximal_entry(n, draw):
    x = draw.vec(n)
    m = np.array([num(v == max(x)) for v in x], dtype=object)
    yield 3, 1 <= total(m) <= n
    yield 5, total(m * x), max(x) * total(m)


@statement("true/017-count-of-lower-bound.md")
def count_of_lower_bound(n, draw):
    x = draw.vec(n)
    r = sum(num(b < a) for a in x for b in x)
    yield 3, r <= num(n * (n - 1)) / 2
    yield 7, num(sum((b < a) + (b > a) + (b == a) for a in x for b in x)), num(n**2)


@statement("true/018-linear-regions-bound.txt", sizes=(2, 3, 5, 7, 8, 9, 40), styles=("mixed",))
def linear_regions_bound(n, draw):
    r = lambda n: sum(sp.binomial(n, k) for k in range(8))
    yield 7, r(n) == r(n - 1) + sum(sp.binomial(n - 1, k) for k in range(7))
    yield 9, r(n) <= 2**n
    yield 11, r(8) == 255


@statement("true/019-zero-norm-of-nonzero-multiple.tex")
def zero_norm_of_nonzero_multiple(n, draw):
    x, c = draw.vec(n), draw.smooth()
    yield 8, num(np.count_nonzero(c * x)), num(np.count_nonzero(x))
    yield 11, num(np.count_nonzero(0 * x)), num(0)


@statement("true/020-entropy-nonnegative-closed.md")
def entropy_nonnegative_closed(n, draw):
    p = draw.onehot(n) if draw.style == "ties" else draw.prob(n)
    yield 3, -sum(v * mp.log(v) for v in p if v > 0) >= 0
    yield 5, total(p * p) <= 1 + num(10) ** -60


@statement("true/021-max-plus-min.txt")
def max_plus_min(n, draw):
    x, y = draw.num(), draw.num()
    yield 3, max(x, y) + min(x, y), x + y
    yield 5, max(x, y) - min(x, y), abs(x - y)
    yield 7, max(x, y) * min(x, y), x * y


@statement("true/022-softmax-cases-joined.md")
def softmax_cases_joined(n, draw):
    z = draw.vec(n)
    p, j = softmax(z), grad(softmax, z)
    for i in range(n):
        for k in range(n):
            if i == k:
                yield 5, holds(j[i, k] + 1, p[i] * (1 - p[k]) + 1)
            else:
                yield 9, j[i, k], -p[i] * p[k]
            yield 13, holds(j[i, k] + 1, p[i] * ((i == k) - p[k]) + 1)


@statement("true/023-counts-as-targets-scaled.md")
def counts_as_targets_scaled(n, draw):
    z = draw.vec(n)
    c = array([draw.int(0, 5) for _ in range(n)])
    g = grad(lambda v: -total(c * log(softmax(v))), z)
    yield 7, holds(g + 1, total(c) * softmax(z) - c + 1)
    yield 9, abs(total(g)) < num(10) ** -40


@statement("true/024-symmetry-not-needed.md")
def symmetry_not_needed(n, draw):
    a, x = draw.vec(n, n), draw.vec(n)
    s = (a + a.T) / 2
    yield 3, x @ a @ x, x @ a.T @ x
    yield 3, x @ a @ x, x @ s @ x
    yield 5, grad(lambda v: v @ a @ v, x), (a + a.T) @ x
    yield 5, grad(lambda v: v @ a @ v, x), 2 * s @ x


@statement("true/025-weights-sum-after.md")
def weights_sum_after(n, draw):
    v, c, a = draw.vec(n), draw.num(), draw.vec(n)
    w = softmax(a)
    yield 3, total(w * (v + c)), total(w * v) + c


@statement("true/026-log-abs-both-branches.md")
def log_abs_both_branches(n, draw):
    x = draw.smooth()
    f = lambda v: mp.log(abs(v))
    yield 3, d(f, x), 1 / x if x > 0 else -1 / -x
    yield 5, d(f, x), 1 / x


@statement("true/027-relu-square-everywhere.tex")
def relu_square_everywhere(n, draw):
    z = draw.num()
    yield 6, relu(z) ** 2, z * relu(z)
    y = draw.smooth()
    yield 8, d(lambda v: relu(v) ** 2, y), 2 * relu(y)
    yield 8, abs(d(lambda v: relu(v) ** 2, num(0))) < num(10) ** -20


@statement("true/028-tall-orthonormal-projection.md")
def tall_orthonormal_projection(n, draw):
    h = draw.vec(n + 1)
    h = ones(n + 1) if total(h * h) == 0 else h
    q = (eye(n + 1) - 2 * np.outer(h, h) / total(h * h))[:, :n]
    y = draw.vec(n + 1)
    p = q @ q.T
    yield 3, p @ p, p
    yield 3, p, p.T
    yield 5, np.trace(p), num(n)
    yield 7, norm(q.T @ y) <= norm(y) + num(10) ** -50


@statement("true/029-swish-slope.txt")
def swish_slope():
    x = sp.symbols("x", real=True)
    s = 1 / (1 + sp.exp(-x))
    f = x * s
    yield 3, sp.simplify(sp.diff(f, x) - s - x * s * (1 - s)) == 0
    yield 5, sp.simplify(sp.diff(f, x) - f - s * (1 - f)) == 0


@statement("true/030-relu-slope-conventions.md")
def relu_slope_conventions(n, draw):
    z = draw.num() if draw.style != "ties" else num(0)
    r = lambda v: num(v >= 0)
    yield 3, z * r(z), max(num(0), z)
    yield 5, r(z) + r(-z), num(1 + (z == 0))
    yield 7, z * (r(z) + r(-z)), z


@statement("true/031-norm-not-squared-divided.md")
def norm_not_squared_divided(n, draw):
    m = draw.int(1, 3)
    a, b, x = draw.fill("smooth", m, n), draw.fill("smooth", m), draw.fill("smooth", n)
    r = a @ x - b
    yield 3, grad(lambda v: norm(a @ v - b), x), a.T @ r / norm(r)
    yield 5, grad(lambda v: mp.log(norm(a @ v - b)), x), a.T @ r / norm(r) ** 2


@statement("true/032-temperature-slope-divided.md", styles=("mixed", "mixed", "ties"))
def temperature_slope_divided(n, draw):
    z, t = draw.vec(n), draw.pos()
    y = draw.onehot(n) if draw.style == "ties" else draw.prob(n)
    p = softmax(z / t)
    yield 3, holds(grad(lambda v: -t * t * total(y * log(softmax(v / t))), z) + 1, t * (p - y) + 1)
    yield 5, grad(lambda v: softmax(v / t), z), (diag(p) - np.outer(p, p)) / t


@statement("true/033-x-to-the-x-both.tex")
def x_to_the_x_both():
    x = sp.symbols("x", positive=True)
    f = sp.diff(x**x, x)
    yield 6, sp.simplify(f - sp.diff(sp.exp(x * sp.log(x)), x)) == 0
    yield 7, sp.simplify(f - sp.exp(x * sp.log(x)) * (sp.log(x) + x / x)) == 0
    yield 8, sp.simplify(f - x**x * (1 + sp.log(x))) == 0


@statement("true/034-tied-weight-both.md")
def tied_weight_both():
    w, x = sp.symbols("w x", real=True)
    a = 1 / (1 + sp.exp(-w * x))
    yield 3, sp.simplify(sp.diff(w * a, w) - a - w * a * (1 - a) * x) == 0
    yield 5, sp.simplify(sp.diff(w * a, x) - w**2 * a * (1 - a)) == 0


@statement("true/035-regulariser-inside-mean-n.tex")
def regulariser_inside_mean_n(n, draw):
    x, y, w, lam = draw.vec(n), draw.vec(n), draw.smooth(), draw.pos()
    g = d(lambda v: total((v * x - y) ** 2) / (2 * n) + lam / 2 * v**2, w)
    yield 12, g, total((w * x - y) * x) / n + lam * w
    yield 12, g, (total((w * x - y) * x) + n * lam * w) / n


@statement("true/036-sum-then-mean-brackets.md")
def sum_then_mean_brackets(n, draw):
    x = draw.vec(n)
    m = total(x) / n
    yield 3, abs(total(x - m)) < num(10) ** -60
    yield 3, abs(total(x) - n * m) < num(10) ** -60
    yield 5, total((x - m) * x), total((x - m) ** 2)


@statement("true/037-product-of-doubles-power.md")
def product_of_doubles_power(n, draw):
    x = draw.fill("smooth", n)
    yield 3, np.prod(2 * x), 2**n * np.prod(x)
    yield 5, total(x * grad(lambda v: np.prod(v), x)), n * np.prod(x)


@statement("true/038-neighbours-both.md", sizes=(3, 4, 6))
def neighbours_both(n, draw):
    x = draw.vec(n)
    g = grad(lambda v: total(v[:-1] * v[1:]), x)
    yield 3, holds(g[0] + 1, x[1] + 1)
    yield 3, holds(g[-1] + 1, x[-2] + 1)
    yield 7, holds(g[1:-1] + 1, x[2:] + x[:-2] + 1)


@statement("true/039-operator-on-all-product.md")
def operator_on_all_product():
    x = sp.symbols("x", real=True)
    yield 3, sp.simplify(sp.diff(x**2 * sp.exp(x), x) - (x**2 + 2 * x) * sp.exp(x)) == 0
    yield 5, sp.diff(x, x) - x * sp.diff(sp.Integer(1), x) == 1


@statement("true/040-nested-sum-shadowed.md")
def nested_sum_shadowed(n, draw):
    a, b = draw.vec(n), draw.vec(n)
    yield 3, total(a * total(b)), total(a) * total(b)
    yield 5, total(a * n * b), n * total(a * b)


@statement("true/041-partial-and-total.md")
def partial_and_total():
    x, y = sp.symbols("x y")
    f = x**2 * y
    yield 3, sp.simplify(sp.diff(f, x) - 2 * x * y) == 0
    yield 3, sp.simplify(sp.diff(f, x).subs(y, x**3) - 2 * x**4) == 0
    yield 5, sp.simplify(sp.diff(f.subs(y, x**3), x) - 5 * x**4) == 0
    yield 5, sp.simplify((sp.diff(f, x) + sp.diff(f, y) * 3 * x**2).subs(y, x**3) - 5 * x**4) == 0


@statement("true/042-recurrent-all-paths.md")
def recurrent_all_paths():
    w, a, b, c = sp.symbols("w a b c", real=True)
    h1 = sp.tanh(a)
    h2 = sp.tanh(w * h1 + b)
    h3 = sp.tanh(w * h2 + c)
    yield 3, sp.simplify(sp.diff(h2, w) - (1 - h2**2) * h1) == 0
    yield 5, sp.simplify(sp.diff(h3, w) - (1 - h3**2) * (h2 + w * sp.diff(h2, w))) == 0
    yield 7, sp.simplify(sp.diff(h3, w) - (1 - h3**2) * h2 - w * (1 - h3**2) * (1 - h2**2) * h1) == 0


@statement("true/043-last-probability-eliminated.tex", sizes=(2, 3, 5), styles=("mixed", "mixed"))
def last_probability_eliminated(n, draw):
    p, y = draw.prob(n), draw.vec(n)
    full = lambda v: np.append(v, 1 - total(v))
    g = grad(lambda v: -total(y * log(full(v))), p[:-1])
    yield 6, g[0], -y[0] / p[0] + y[-1] / p[-1]


@statement("true/044-batch-variance-mean-path.md")
def batch_variance_mean_path(n, draw):
    x = draw.vec(n)
    m = total(x) / n
    yield 3, holds(1 + d(lambda u: total((x - u) ** 2) / n, m), 1 - 2 * total(x - m) / n)
    yield 3, abs(2 * total(x - m) / n) < num(10) ** -60
    yield 7, holds(1 + grad(lambda v: total((v - total(v) / n) ** 2) / n, x), 1 + 2 * (x - m) / n)


@statement("true/045-triple-product-minus.md")
def triple_product_minus():
    p, v, t, r = sp.symbols("p v t r", positive=True)
    product = sp.diff(r * t / v, v) * sp.diff(r * t / p, t) * sp.diff(p * v / r, p)
    yield 3, sp.simplify(product.subs(p, r * t / v) + 1) == 0
    yield 5, sp.simplify(sp.diff(r * t / v, t) * sp.diff(p * v / r, p) - 1) == 0


@statement("true/046-euler-lagrange-oscillator.md")
def euler_lagrange_oscillator():
    t, m, k, u, q = sp.symbols("t m k u q")
    x = sp.Function("x")(t)
    v, a = x.diff(t), x.diff(t, 2)
    lagrangian = m * u**2 / 2 - k * q**2 / 2
    yield 3, sp.diff(lagrangian, q) == -k * q
    yield 5, sp.diff(sp.diff(lagrangian, u).subs(u, v), t) == m * a
    yield 7, sp.simplify(sp.diff(m * v**2 / 2 + k * x**2 / 2, t) - v * (m * a + k * x)) == 0


@statement("true/048-layout-denominator-stated.md")
def layout_denominator_stated(n, draw):
    w, x = draw.vec(n, n), draw.vec(n)
    yield 3, holds(grad(lambda v: w @ v, x).T + 1, w.T + 1)
    yield 5, holds(grad(lambda v: v @ w @ v, x) + 1, (w + w.T) @ x + 1)


@statement("true/049-layout-denominator-chain-right.md")
def layout_denominator_chain_right(n, draw):
    a, b, x = draw.vec(n, n), draw.vec(n, n), draw.vec(n)
    yield 3, holds(grad(lambda v: b @ (a @ v), x).T + 1, a.T @ b.T + 1)
    yield 3, holds(a.T @ b.T + 1, (b @ a).T + 1)


@statement("true/050-trace-derivative-both.md")
def trace_derivative_both(n, draw):
    a, x = draw.vec(n, n), draw.vec(n, n)
    yield 3, grad(lambda v: np.trace(a @ v), x), a.T
    yield 5, grad(lambda v: np.trace(v @ a @ v), x), (a @ x + x @ a).T


@statement("true/051-bias-sum-over-batch.tex", sizes=(1, 2, 3), styles=("mixed", "ties"))
def bias_sum_over_batch(n, draw):
    x, w, b = draw.vec(n, n), draw.vec(n, n), draw.vec(n)
    f = lambda x, w, b: total((x @ w + np.outer(ones(n), b)) ** 2) / 2
    z = x @ w + np.outer(ones(n), b)
    yield 9, grad(lambda v: f(x, v, b), w), x.T @ z
    yield 9, grad(lambda v: f(v, w, b), x), z @ w.T
    yield 13, grad(lambda v: f(x, w, v), b), z.T @ ones(n)
    yield 17, grad(lambda v: f(x, w, v), b), np.sum(z, axis=0)


@statement("true/052-attention-softmax-rows.md", sizes=(1, 2, 3), styles=("mixed", "ties"))
def attention_softmax_rows(n, draw):
    q, k = draw.vec(n, 2), draw.vec(n, 2)
    s = q @ k.T / mp.sqrt(2)
    a = softmax(s)
    yield 3, a @ ones(n), ones(n)
    yield 5, total(a), num(n)
    j = grad(softmax, s)
    for i, m in np.ndindex(n, n):
        yield 7, holds(j[i, :, m] + 1, num(i == m) * (diag(a[i]) - np.outer(a[i], a[i])) + 1)


@statement("true/053-softmax-ce-long-chain.md")
def softmax_ce_long_chain(n, draw):
    z, y = draw.vec(n), draw.vec(n)
    y[0] += 1 - total(y)
    p = softmax(z)
    g = 1 + grad(lambda v: -total(y * (v - lse(v))), z)
    yield 5, holds(1 - (y / p) @ (diag(p) - np.outer(p, p)), g)
    yield 6, holds(1 - (y - total(y) * p), g)
    yield 7, holds(1 - (y - p * total(y)), g)
    yield 8, holds(1 + p - y, g)


@statement("true/054-sigmoid-slope-add-zero.tex")
def sigmoid_slope_add_zero():
    x = sp.symbols("x", real=True)
    s = 1 / (1 + sp.exp(-x))
    g = sp.diff(s, x)
    yield 7, sp.simplify(g - sp.exp(-x) / (1 + sp.exp(-x)) ** 2) == 0
    yield 8, sp.simplify(g - (1 + sp.exp(-x) - 1) / (1 + sp.exp(-x)) ** 2) == 0
    yield 9, sp.simplify(g - s + s**2) == 0
    yield 10, sp.simplify(g - s * (1 - s)) == 0
    yield 10, sp.simplify(g - s * s.subs(x, -x)) == 0


@statement("true/055-half-and-two.md")
def half_and_two(n, draw):
    a, x, b = draw.vec(n, n), draw.vec(n), draw.vec(n)
    g = grad(lambda v: total((a @ v - b) ** 2) / 2, x)
    yield 5, g, grad(lambda v: v @ a.T @ a @ v - v @ a.T @ b - b @ a @ v + b @ b, x) / 2
    yield 6, g, grad(lambda v: v @ a.T @ a @ v - 2 * v @ a.T @ b, x) / 2
    yield 7, g, a.T @ a @ x - a.T @ b


@statement("true/056-attention-scale.md", styles=("mixed", "ties"))
def attention_scale(n, draw):
    m = draw.int(1, 3)
    q, k = draw.vec(m), draw.vec(n, m)
    f = lambda v: lse(k @ v / mp.sqrt(m))
    a = softmax(k @ q / mp.sqrt(m))
    yield 3, grad(f, q), a @ k / mp.sqrt(m)
    yield 5, holds(hess(f, q) + 1, (k.T @ diag(a) @ k - np.outer(a @ k, a @ k)) / m + 1)


@statement("true/057-gate-derivative.md")
def gate_derivative():
    u, a, b, z = sp.symbols("u a b z", real=True)
    s = 1 / (1 + sp.exp(-u))
    h = (1 - z) * a + z * b
    hs = h.subs(z, s)
    yield 3, sp.simplify(sp.diff(h, z) - b + a) == 0
    yield 5, sp.simplify(sp.diff(hs, u) - (b - a) * s * (1 - s)) == 0
    yield 5, sp.simplify(sp.diff(hs, u) - (hs - a) * (1 - s)) == 0
    yield 7, sp.simplify(sp.diff(h, a) + sp.diff(h, b)) == 1


@statement("true/058-log-one-plus-tiny-bounds.md")
def log_one_plus_tiny_bounds():
    a, b = mp.log(1 + mp.exp(-50)), mp.exp(-50)
    yield 1, abs(a / b - 1) < 1e-20
    yield 5, b - b * b / 2 < a < b


@statement("true/059-tanh-saturated-exactly.tex")
def tanh_saturated_exactly():
    a = mp.tanh(60)
    yield 6, 0 < 1 - a < num(10) ** -51
    yield 8, abs(1 - a - 2 / (mp.exp(120) + 1)) < num(10) ** -95


@statement("true/060-batchnorm-epsilon-kept.md")
def batchnorm_epsilon_kept():
    s = mp.sqrt(4 + num(10) ** -12)
    yield 3, 1 / s, (1 + num(10) ** -12 / 4) ** frac(-1, 2) / 2
    yield 3, abs(1 / s - 0.5) < 1e-12
    yield 5, abs((frac(1, 2) - 1 / s) / num("6.25e-14") - 1) < 1e-10


@statement("true/061-ramanujan-almost.txt")
def ramanujan_almost():
    a = mp.exp(mp.pi * mp.sqrt(163))
    yield 3, 262537412640768744 - num(10) ** -12 < a < 262537412640768744


@statement("true/062-masked-attention-infinite.md")
def masked_attention_infinite():
    e = mp.exp(-10000)
    yield 3, e / (1 + e) / (1 / (1 / e + 1)), num(1)
    yield 5, 0 < e / (1 + e) < num(10) ** -4342


@statement("true/063-huge-squares.md")
def huge_squares():
    big = 10**20
    yield 3, (big + 1) ** 2 - big**2 == 200000000000000000001
    yield 5, mp.log(mp.exp(1000) * 2), 1000 + mp.log(2)
    yield 7, mp.log(mp.exp(-2000) + mp.exp(-2001)), -2000 + mp.log(1 + mp.exp(-1))


@statement("true/064-central-difference-quadratic.md")
def central_difference_quadratic():
    x, h, a, b, c = sp.symbols("x h a b c")
    f = lambda v: a * v**2 + b * v + c
    g = lambda v: v**3
    yield 3, sp.simplify((f(x + h) - f(x - h)) / (2 * h) - sp.diff(f(x), x)) == 0
    yield 7, sp.simplify((g(x + h) - g(x - h)) / (2 * h) - sp.diff(g(x), x) - h**2) == 0


@statement("true/065-gelu-derivative.md", styles=("mixed", "ties"))
def gelu_derivative(n, draw):
    x = draw.num()
    cdf = lambda v: (1 + mp.erf(v / mp.sqrt(2))) / 2
    pdf = mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)
    gelu = lambda v: v * cdf(v)
    yield 3, d(cdf, x), pdf
    yield 5, 2 + d(gelu, x), 2 + cdf(x) + x * pdf
    yield 7, 2 + d(lambda v: d(gelu, v), x), 2 + (2 - x * x) * pdf


@statement("true/066-clipped-logarithm-range.md")
def clipped_logarithm_range(n, draw):
    p = num(10) ** draw.int(-9, -6) if draw.style == "ties" else draw.unit()
    loss = -mp.log(max(p, num(10) ** -7))
    yield 3, loss, -mp.log(p) if p >= num(10) ** -7 else 7 * mp.log(10)
    yield 5, loss, min(-mp.log(p), 7 * mp.log(10))
    yield 5, loss <= -mp.log(p)


@statement("true/067-jensen-log.tex")
def jensen_log(n, draw):
    x, z = draw.fill("pos", n), draw.vec(n)
    yield 7, mp.log(total(x) / n) >= total(log(x)) / n - num(10) ** -60
    yield 13, lse(z) >= total(z) / n + mp.log(n) - num(10) ** -60


@statement("true/068-softplus-above-relu.md")
def softplus_above_relu(n, draw):
    x, y = draw.num(), draw.num()
    zeta = lambda v: mp.log(1 + mp.exp(v))
    yield 3, max(0, x) < zeta(x) <= max(0, x) + mp.log(2)
    yield 5, abs(zeta(x) - zeta(y)) <= abs(x - y)


@statement("true/069-pinsker.md")
def pinsker(n, draw):
    p = draw.prob(n)
    q = draw.prob(n) if draw.style == "mixed" else (p + frac(1, 1000) * unit(n, 0)) / (1 + frac(1, 1000))
    kl, l1 = total(p * log(p / q)), total(abs(p - q))
    yield 3, kl >= l1**2 / 2 - num(10) ** -60
    yield 5, l1 <= 2


@statement("true/070-hard-tanh-forms.md")
def hard_tanh_forms(n, draw):
    x = draw.num()
    c = max(num(-1), min(num(1), x))
    yield 3, c, min(num(1), max(num(-1), x))
    yield 3, 1 + c, 1 + (abs(x + 1) - abs(x - 1)) / 2
    yield 5, max(num(-1), min(num(1), -x)), -c
    yield 9, 2 + c, 1 + max(x + 1, 0) - max(x - 1, 0)


@statement("true/071-gelu-lower-bound-true.md")
def gelu_lower_bound_true(n, draw):
    x = draw.num() if draw.style != "ties" else mp.findroot(lambda v: d(lambda u: u * mp.ncdf(u), v), num("-0.75"))
    yield 3, x * mp.ncdf(x) >= num("-0.17")


@statement("true/072-one-norm-against-two-root.md", sizes=(1, 2, 3, 4, 5, 6))
def one_norm_against_two_root(n, draw):
    x = draw.vec(n)
    chain = [max(abs(x)), norm(x), total(abs(x)), mp.sqrt(n) * norm(x), n * max(abs(x))]
    yield 3, all(chain[i] <= chain[i + 1] + num(10) ** -60 for i in range(4))


@statement("true/073-lse-between.md", styles=("mixed", "ties"))
def lse_between(n, draw):
    x = draw.vec(n)
    yield 3, max(x) - num(10) ** -60 <= lse(x) <= max(x) + mp.log(n) + num(10) ** -60
    yield 7, n < 2 or lse(x) > max(x)


@statement("true/074-lagrange-identity.md")
def lagrange_identity(n, draw):
    x, y = draw.vec(n), draw.vec(n)
    gap = total(x * x) * total(y * y) - (x @ y) ** 2
    pairs = np.outer(x, y) - np.outer(y, x)
    yield 3, 1 + gap, 1 + total(pairs * pairs) / 2


@statement("true/075-swish-range.tex")
def swish_range(n, draw):
    x = draw.num() if draw.style != "ties" else mp.findroot(lambda v: d(lambda u: u * sigmoid(u), v), num("-1.27"))
    s = sigmoid(x)
    yield 6, s * (1 - s) <= frac(1, 4)
    yield 8, x * s >= num("-0.2785")


@statement("true/076-softmax-printed-loss.md")
def softmax_printed_loss():
    p = softmax(array([1, 2, 3]))
    yield 3, max(abs(p - array(["0.09", "0.24", "0.67"]))) <= num("0.005")
    yield 7, abs(-mp.log(p[2]) - num("0.41")) <= num("0.005")
    yield 9, max(abs(p - unit(3, 2) - array(["0.09", "0.24", "-0.33"]))) <= num("0.005")


@statement("true/077-third-rounded.md")
def third_rounded():
    yield 1, abs(frac(1, 3) - num("0.33")) <= num("0.005")
    yield 1, abs(frac(2, 3) - num("0.67")) <= num("0.005")
    yield 3, 33 + 67 == 100


@statement("true/078-decimal-update.txt")
def decimal_update():
    f = sp.Rational
    yield 3, f("0.1") + f("0.2") == f("0.3")
    yield 4, f("0.5") - f("0.1") * f("-0.3") == f("0.53")
    yield 5, f("0.53") - f("0.1") * f("0.2") == f("0.51")


@statement("true/079-batchnorm-printed-right.md")
def batchnorm_printed_right():
    x = array([1, 2, 3])
    m = total(x) / 3
    v = total((x - m) ** 2) / 3
    h = (x - m) / mp.sqrt(v)
    yield 3, abs(v - num("0.67")) <= num("0.005")
    yield 5, max(abs(h - array(["-1.22", "0", "1.22"]))) <= num("0.005")
    yield 7, total(h * h) / 3, num(1)


@statement("true/080-printed-sigmoid.md")
def printed_sigmoid():
    a = sigmoid(num("0.3775"))
    yield 1, num("0.15") * num("0.05") + num("0.2") * num("0.1") + num("0.35"), num("0.3775")
    yield 3, abs(a - num("0.5933")) <= num("0.00005")
    yield 5, abs(a * (1 - a) - num("0.2413")) <= num("0.00005")


@statement("true/084-inner-two-kept.md")
def inner_two_kept():
    x, u = sp.symbols("x u")
    f = sp.Function("f")
    at = lambda k, v: sp.diff(f(u), u, k).subs(u, v).doit()
    g = sp.diff(f(2 * x), x)
    yield 3, sp.simplify(g.doit() - 2 * at(1, 2 * x)) == 0
    yield 5, sp.simplify(sp.diff(f(2 * x), x, 2).doit() - 4 * at(2, 2 * x)) == 0
    yield 7, sp.simplify(sp.diff(f(x**2), x).doit() - 2 * x * at(1, x**2)) == 0


@statement("true/085-faa-di-bruno-two.md")
def faa_di_bruno_two():
    x, u = sp.symbols("x u")
    f, g = sp.Function("f"), sp.Function("g")
    at = lambda k: sp.diff(f(u), u, k).subs(u, g(x)).doit()
    yield 3, sp.simplify(sp.diff(f(g(x)), x).doit() - at(1) * g(x).diff(x)) == 0
    second = at(2) * g(x).diff(x) ** 2 + at(1) * g(x).diff(x, 2)
    yield 5, sp.simplify(sp.diff(f(g(x)), x, 2).doit() - second) == 0


@statement("true/089-f-redefined.md")
def f_redefined():
    x = sp.symbols("x")
    yield 3, sp.diff(x**2, x) == 2 * x
    yield 7, sp.diff(x**3, x) == 3 * x**2
    yield 9, sp.diff(x**3, x, 2) == 6 * x


@statement("true/090-sigma-two-meanings.md", sizes=(2, 3, 5), styles=("mixed", "mixed"))
def sigma_two_meanings(n, draw):
    x, z = draw.fill("smooth", n), draw.num()
    m = total(x) / n
    s = mp.sqrt(total((x - m) ** 2) / n)
    yield 3, d(sigmoid, z), sigmoid(z) * (1 - sigmoid(z))
    yield 7, grad(lambda v: mp.sqrt(total((v - total(v) / n) ** 2) / n), x), (x - m) / (n * s)
    yield 9, abs(total((1 - s) * (x - m))) < num(10) ** -60


@statement("true/091-shadowed-lse-index-right.tex")
def shadowed_lse_index_right(n, draw):
    z = draw.vec(n)
    yield 6, grad(lse, z), softmax(z)
    yield 8, total(grad(lse, z)), num(1)


@statement("true/092-loss-mean-then-sum-right.md")
def loss_mean_then_sum_right(n, draw):
    x, y, w = draw.vec(n), draw.vec(n), draw.smooth()
    f = lambda v: total((v * x - y) ** 2) / 2
    yield 5, 1 + d(lambda v: f(v) / n, w), 1 + total((w * x - y) * x) / n
    yield 9, 1 + d(f, w), 1 + total((w * x - y) * x)
    yield 9, 1 + d(lambda v: d(f, v), w), 1 + total(x * x)


@statement("true/093-e-is-the-error-power.md")
def e_is_the_error_power():
    y, t = sp.symbols("y t", real=True)
    e = y - t
    yield 3, sp.simplify(sp.diff(e**2, y) - 2 * e) == 0
    yield 5, sp.simplify(sp.diff(e**3, t) + 3 * e**2) == 0
    yield 7, sp.simplify(sp.diff(sp.exp(e), y) - sp.exp(e)) == 0


@statement("true/094-mean-becomes-weighted-right.md")
def mean_becomes_weighted_right(n, draw):
    x, w = draw.vec(n), draw.prob(n)
    m, k = total(x) / n, total(w * x)
    yield 3, abs(total(x - m)) < num(10) ** -60
    yield 7, abs(total(w * (x - k))) < num(10) ** -60
    yield 9, 1 + total(w * (x - k) ** 2), 1 + total(w * x * x) - k**2


@statement("true/095-updated-weight-new-gradient.md")
def updated_weight_new_gradient():
    w, eta = sp.symbols("w eta")
    one = w - eta * w
    two = one - eta * one
    yield 3, sp.simplify(two - (1 - eta) ** 2 * w) == 0
    yield 5, sp.simplify(two**2 / 2 - (1 - eta) ** 4 * w**2 / 2) == 0


@statement("true/096-layers-by-superscript.tex", sizes=(1, 2, 3), styles=("mixed", "mixed", "ties"))
def layers_by_superscript(n, draw):
    w1, w2, a0, t = draw.vec(n, n), draw.vec(n, n), draw.vec(n), draw.vec(n)
    a1 = tanh(w1 @ a0)
    a2 = tanh(w2 @ a1)
    cost = lambda a: total((a - t) ** 2) / 2
    d2 = (a2 - t) * (1 - a2**2)
    d1 = (w2.T @ d2) * (1 - a1**2)
    yield 8, 1 + grad(lambda z: cost(tanh(z)), w2 @ a1), 1 + d2
    yield 9, 1 + grad(lambda z: cost(tanh(w2 @ tanh(z))), w1 @ a0), 1 + d1
    yield 10, 1 + grad(lambda w: cost(tanh(w2 @ tanh(w @ a0))), w1), 1 + np.outer(d1, a0)


@statement("true/097-inverse-tanh.md")
def inverse_tanh(n, draw):
    x = draw.unit() * draw.random.choice((-1, 1))
    y = draw.num()
    yield 3, mp.atanh(x), mp.log((1 + x) / (1 - x)) / 2
    yield 5, d(mp.atanh, x), 1 / (1 - x**2)
    yield 7, 1 + d(lambda v: mp.tanh(v) ** 2, y), 1 + 2 * mp.tanh(y) * (1 - mp.tanh(y) ** 2)


@statement("true/098-coordinates-by-superscript.md")
def coordinates_by_superscript():
    x1, x2, x3 = sp.symbols("x1 x2 x3")
    yield 3, sp.diff(x2, x1) == 0
    yield 5, sp.diff(x1 * x2, x1) == x2
    yield 7, sp.diff(x1 * x2 + x3**2, x3) == 2 * x3


@statement("true/099-iterates-and-derivatives.tex")
def iterates_and_derivatives():
    x = sp.symbols("x")
    f = lambda v: 3 * v + 1
    yield 7, sp.simplify(sp.diff(sp.exp(2 * x), x, 5) - 32 * sp.exp(2 * x)) == 0
    yield 11, sp.expand(f(f(x)) - 9 * x - 4) == 0
    yield 15, sp.diff(f(f(x)), x) == 9


@statement("true/100-derivative-of-inverse-matrix-right.md", sizes=(1, 2, 3), styles=("mixed", "mixed"))
def derivative_of_inverse_matrix_right(n, draw):
    a, b = draw.fill("smooth", n, n) + 5 * eye(n), draw.fill("smooth", n, n)
    g = (inv(a + STEP * b) - inv(a - STEP * b)) / (2 * STEP)
    yield 3, g, -inv(a) @ b @ inv(a)
    yield 5, inv(a.T), inv(a).T
    yield 7, grad(lambda v: mp.log(abs(det(v))), a), inv(a).T


@statement("true/101-matrix-square-and-squares.md")
def matrix_square_and_squares(n, draw):
    w = draw.vec(n, n)
    yield 3, 1 + np.trace(w @ w), 1 + total(w * w.T)
    yield 5, grad(lambda v: np.trace(v @ v), w), 2 * w.T
    yield 7, grad(lambda v: total(v * v), w), 2 * w


@statement("true/102-example-superscript.md")
def example_superscript(n, draw):
    x, y, t = draw.vec(3, n), draw.vec(3), draw.vec(n)
    f = lambda v: total((x @ v - y) ** 2) / 2
    yield 3, 1 + grad(f, t), 1 + (x @ t - y) @ x
    yield 5, 1 + np.diag(hess(f, t)), 1 + np.sum(x * x, axis=0)


@statement("true/103-permuted-inner-product-inverse.md", sizes=(1, 2, 3, 5))
def permuted_inner_product_inverse(n, draw):
    x, y = draw.vec(n), draw.vec(n)
    p = list(range(n))
    draw.random.shuffle(p)
    q = [p.index(i) for i in range(n)]
    yield 3, 1 + total(x[p] * y[p]), 1 + total(x * y)
    yield 5, 1 + total(x[p] * y), 1 + total(x * y[q])


@statement("true/104-embedding-row-gradient-summed.md")
def embedding_row_gradient_summed(n, draw):
    g, e = draw.vec(4), draw.vec(n)
    w = [draw.int(0, n - 1) for _ in range(4)]
    s = lambda v: total(g * v[w])
    yield 3, 1 + grad(s, e), 1 + array([sum(g[t] for t in range(4) if w[t] == v) for v in range(n)])
    yield 5, 1 + total(grad(s, e)), 1 + total(g)


@statement("true/105-label-index.md", sizes=(1, 2, 3), styles=("mixed", "mixed", "ties"))
def label_index(n, draw):
    m = draw.int(1, 3)
    z = draw.vec(n, m)
    y = [draw.int(0, m - 1) for _ in range(n)]
    g = grad(lambda v: -total(log(softmax(v))[range(n), y]) / n, z)
    hot = array([[int(y[i] == k) for k in range(m)] for i in range(n)])
    yield 3, 1 + g, 1 + (softmax(z) - hot) / n
    yield 5, 1 + g[range(n), y], 1 + (softmax(z)[range(n), y] - 1) / n


@statement("true/106-conv-kernel-gradient-right.md")
def conv_kernel_gradient_right(n, draw):
    K = draw.int(2, 3)
    x, w = draw.vec(n + K - 1), draw.vec(K)
    y = lambda w, x: array([sum(w[k] * x[i + k] for k in range(K)) for i in range(n)])
    out = y(w, x)
    at = lambda i: out[i] if 0 <= i < n else num(0)
    g = grad(lambda v: total(y(v, x) ** 2) / 2, w)
    h = grad(lambda v: total(y(w, v) ** 2) / 2, x)
    yield 3, 1 + g, 1 + array([sum(out[i] * x[i + k] for i in range(n)) for k in range(K)])
    yield 5, 1 + h, 1 + array([sum(w[k] * at(j - k) for k in range(K)) for j in range(len(x))])


@statement("true/107-conv-input-gradient-flipped.tex", sizes=(1, 2, 3, 4))
def conv_input_gradient_flipped(n, draw):
    x, w = draw.vec(n), draw.vec(n)
    y = lambda v: array([sum(w[k] * v[(i + k) % n] for k in range(n)) for i in range(n)])
    out = y(x)
    g = 1 + grad(lambda v: total(y(v) ** 2) / 2, x)
    yield 7, g, 1 + array([sum(out[i] * w[(j - i) % n] for i in range(n)) for j in range(n)])
    yield 8, g, 1 + array([sum(w[k] * out[(j - k) % n] for k in range(n)) for j in range(n)])


@statement("true/108-correlation-reversed.md", sizes=(1, 2, 3, 5))
def correlation_reversed(n, draw):
    a, b = draw.vec(n), draw.vec(n)
    conv = lambda a, b: array([sum(a[k] * b[(i - k) % n] for k in range(n)) for i in range(n)])
    corr = lambda a, b: array([sum(a[k] * b[(i + k) % n] for k in range(n)) for i in range(n)])
    yield 3, 1 + corr(a, b), 1 + array([corr(b, a)[-i % n] for i in range(n)])
    yield 5, 1 + total(conv(a, b)), 1 + total(a) * total(b)
    yield 5, 1 + total(corr(a, b)), 1 + total(a) * total(b)


@statement("true/109-full-conv-sum.md")
def full_conv_sum(n, draw):
    x, w = draw.vec(n), draw.vec(3)
    at = lambda v, j: v[j] if 0 <= j < n else num(0)
    y = lambda v: array([sum(w[k] * at(v, i - k) for k in range(3)) for i in range(n + 2)])
    yield 3, 1 + total(y(x)), 1 + total(w) * total(x)
    yield 5, 1 + grad(lambda v: total(y(v)), x), 1 + total(w) * ones(n)


@statement("true/110-stride-two-index-right.md")
def stride_two_index_right(n, draw):
    w, x = draw.vec(3), draw.vec(2 * n + 1)
    y = lambda w, x: array([sum(w[k] * x[2 * i + k] for k in range(3)) for i in range(n)])
    at = lambda k: w[k] if 0 <= k < 3 else num(0)
    yield 3, 1 + grad(lambda v: y(v, x), w), 1 + array([[x[2 * i + k] for k in range(3)] for i in range(n)])
    yield 3, 1 + grad(lambda v: y(w, v), x), 1 + array([[at(j - 2 * i) for j in range(2 * n + 1)] for i in range(n)])


@statement("true/113-attention-output-slope-right.md", styles=("mixed", "ties"))
def attention_output_slope_right(n, draw):
    s, v = draw.vec(n), draw.vec(n)
    a = softmax(s)
    o = total(a * v)
    g = grad(lambda u: total(softmax(u) * v), s)
    yield 3, 1 + g, 1 + a * (v - o)
    yield 5, abs(total(g)) < num(10) ** -40
    yield 7, 1 + total(v * g), 1 + total(a * (v - o) ** 2)


@statement("true/114-attention-key-shift.md", styles=("mixed", "ties"))
def attention_key_shift(n, draw):
    q, k, c = draw.vec(2), draw.vec(n, 2), draw.vec(2)
    a = softmax(k @ q)
    yield 3, softmax((k + c) @ q), a
    j = draw.int(0, n - 1)
    yield 5, 1 + grad(lambda v: softmax(v @ q)[j], k)[j], 1 + a[j] * (1 - a[j]) * q


@statement("true/116-batchnorm-squares.md")
def batchnorm_squares(n, draw):
    x, eps = draw.vec(n), draw.pos()
    m = total(x) / n
    v = total((x - m) ** 2) / n
    h = (x - m) / mp.sqrt(v + eps)
    yield 3, total(h * h), n * v / (v + eps)
    yield 3, total(h * h) < n


@statement("true/117-batchnorm-backward.md", sizes=(1, 2, 3), styles=("mixed", "ties"))
def batchnorm_backward(n, draw):
    x, c, eps = draw.vec(n), draw.vec(n), draw.pos()
    hat = lambda v: (v - total(v) / n) / mp.sqrt(total((v - total(v) / n) ** 2) / n + eps)
    m, h = total(x) / n, hat(x)
    s = mp.sqrt(total((x - m) ** 2) / n + eps)
    g = grad(lambda v: total(c * hat(v)), x)
    yield 5, 1 + g, 1 + (c - total(c) / n) / s - (x - m) / (n * s**3) * total(c * (x - m))
    yield 6, 1 + g, 1 + (n * c - total(c) - h * total(c * h)) / (n * s)
    yield 10, abs(total(g)) < num(10) ** -40


@statement("true/118-batchnorm-gamma-gradient-right.md")
def batchnorm_gamma_gradient_right(n, draw):
    x, eps, g, b = draw.vec(n), draw.pos(), draw.num(), draw.num()
    m = total(x) / n
    h = (x - m) / mp.sqrt(total((x - m) ** 2) / n + eps)
    f = lambda g, b: total((g * h + b) ** 2) / 2
    yield 3, 1 + d(lambda v: f(v, b), g), 1 + total((g * h + b) * h)
    yield 3, 1 + d(lambda v: f(v, b), g), 1 + g * total(h * h)
    yield 5, 1 + d(lambda v: f(g, v), b), 1 + total(g * h + b)
    yield 5, 1 + total(g * h + b), 1 + n * b


@statement("true/119-normalisation-scale-sign.md", sizes=(2, 3, 5), styles=("mixed", "mixed", "mixed"))
def normalisation_scale_sign(n, draw):
    x, a, c = draw.fill("smooth", n), draw.smooth(), draw.num()
    f = lambda v: (v - total(v) / n) / mp.sqrt(total((v - total(v) / n) ** 2) / n)
    yield 3, f(a * x + c), sign(a) * f(x)
    yield 5, 1 + grad(f, x) @ x, ones(n)


@statement("true/120-gru-total-path.md")
def gru_total_path():
    h, u, c = sp.symbols("h u c", real=True)
    z = 1 / (1 + sp.exp(-u * h))
    new = z * h + (1 - z) * c
    yield 3, sp.simplify(sp.diff(new, h) - z - (h - c) * u * z * (1 - z)) == 0
    yield 5, sp.simplify(new - c - z * (h - c)) == 0


@statement("true/121-gru-state-bounded.txt")
def gru_state_bounded(n, draw):
    z, m, h = draw.unit(), 2 * draw.unit() - 1, draw.num() / 2
    new = z * h + (1 - z) * m
    yield 3, min(h, m) <= new <= max(h, m)
    k = num(1) if draw.style == "ties" else 2 * draw.unit() - 1
    yield 7, abs(z * k + (1 - z) * m) < 1


@statement("true/122-gru-reset-gate-right.txt")
def gru_reset_gate_right():
    w, x, r, u, h = sp.symbols("w x r u h", real=True)
    m = sp.tanh(w * x + r * u * h)
    yield 5, sp.simplify(sp.diff(m, r) - u * h * (1 - m**2)) == 0
    yield 7, sp.simplify(sp.diff(m, h) - r * u * (1 - m**2)) == 0
    yield 9, sp.simplify(r * sp.diff(m, r) - h * sp.diff(m, h)) == 0
    yield 9, sp.simplify(r * sp.diff(m, r) - u * sp.diff(m, u)) == 0


@statement("true/123-lstm-forget-product-right.tex")
def lstm_forget_product_right(n, draw):
    f, g, c = draw.vec(n), draw.vec(n), draw.num()

    def run(start, g):
        for a, b in zip(f, g, strict=True):
            start = a * start + b
        return start

    yield 7, 1 + d(lambda v: run(v, g), c), 1 + np.prod(f)
    yield 9, 1 + grad(lambda v: run(c, v), g), 1 + array([np.prod(f[s + 1 :]) if s < n - 1 else 1 for s in range(n)])


@statement("true/124-gru-constant-gate-power.md")
def gru_constant_gate_power(n, draw):
    z, m, h = draw.unit(), draw.num(), draw.num()

    def run(value):
        for _ in range(n):
            value = z * value + (1 - z) * m
        return value

    yield 3, 1 + run(h), 1 + z**n * h + (1 - z**n) * m
    yield 5, d(run, h), z**n


@statement("true/125-l1-gradient.md")
def l1_gradient(n, draw):
    w, lam = draw.fill("smooth", n), draw.pos()
    f = lambda v: lam * total(abs(v))
    yield 3, grad(f, w), lam * sign(w)
    yield 3, grad(f, w), lam * w / abs(w)
    yield 5, 1 + hess(f, w), ones(n, n)


@statement("true/126-weight-decay-factor-right.md")
def weight_decay_factor_right():
    w, eta, g, lam = sp.symbols("w eta g lambda", positive=True)
    new = w - eta * (g + lam * w)
    yield 3, sp.expand(new - ((1 - eta * lam) * w - eta * g)) == 0
    yield 3, sp.simplify(new - (1 - eta * lam) * (w - eta / (1 - eta * lam) * g)) == 0


@statement("true/127-elastic-net.md")
def elastic_net(n, draw):
    w, lam, a = draw.fill("smooth", n), draw.pos(), draw.unit()
    f = lambda v: lam * (a * total(abs(v)) + (1 - a) / 2 * total(v * v))
    yield 5, grad(f, w), lam * (a * sign(w) + (1 - a) * w)
    yield 7, 1 + hess(f, w), 1 + lam * (1 - a) * eye(n)


@statement("true/128-soft-threshold-forms.md")
def soft_threshold_forms(n, draw):
    x, lam = draw.num(), draw.pos()
    x = lam if draw.style == "ties" and draw.int(0, 1) else x
    s = lambda v: sign(v) * max(abs(v) - lam, 0)
    yield 3, s(x), max(x - lam, 0) - max(-x - lam, 0)
    yield 5, 1 + s(x), 1 + x - min(max(x, -lam), lam)


@statement("true/129-ridge-solution.md")
def ridge_solution(n, draw):
    k = draw.int(1, 3)
    x, y, lam = draw.vec(n, k), draw.vec(n), draw.pos()
    j = lambda v: total((x @ v - y) ** 2) / (2 * n) + lam / 2 * total(v * v)
    one = inv(x.T @ x + n * lam * eye(k)) @ x.T @ y
    yield 3, 1 + grad(j, one), ones(k)
    yield 3, 1 + one, 1 + x.T @ inv(x @ x.T + n * lam * eye(n)) @ y


@statement("true/130-bias-not-regularised.txt")
def bias_not_regularised(n, draw):
    x, y, lam, w, b = draw.vec(n), draw.vec(n), draw.pos(), draw.num(), draw.num()
    j = lambda w, b: total((w * x + b - y) ** 2) / (2 * n) + lam * w * w / 2
    yield 3, 1 + d(lambda v: j(v, b), w), 1 + total((w * x + b - y) * x) / n + lam * w
    yield 5, 1 + d(lambda v: j(w, v), b), 1 + w * total(x) / n + b - total(y) / n
    yield 7, d(lambda u: d(lambda v: j(w, v), u), b), num(1)


@statement("true/131-lse-nested.tex")
def lse_nested(n, draw):
    x, y = draw.vec(n), draw.vec(draw.int(1, 4))
    yield 8, lse(np.concatenate([x, y])), mp.log(mp.exp(lse(x)) + mp.exp(lse(y)))
    yield 12, 1 + mp.log(total(exp(x[:, None] + y))), 1 + lse(x) + lse(y)


@statement("true/132-lse-hessian.md", styles=("mixed", "ties"))
def lse_hessian(n, draw):
    z, v = draw.vec(n), draw.vec(n)
    s, h = softmax(z), hess(lse, z)
    yield 3, 1 + h, 1 + diag(s) - np.outer(s, s)
    yield 7, 1 + v @ h @ v, 1 + total(s * v * v) - total(s * v) ** 2
    yield 7, total(s * v * v) - total(s * v) ** 2 >= -(num(10) ** -60)


@statement("true/133-soft-maximum-temperature-entropy.md", styles=("mixed", "ties"))
def soft_maximum_temperature_entropy(n, draw):
    x, t = draw.vec(n), draw.pos()
    p = softmax(x / t)
    h = -total(p * log(p))
    yield 3, 1 + t * lse(x / t), 1 + total(p * x) + t * h
    yield 5, 1 + d(lambda u: u * lse(x / u), t), 1 + h


@statement("true/134-bce-with-logits-stable.md")
def bce_with_logits_stable(n, draw):
    z, y = draw.num(), num(draw.int(0, 1)) if draw.style == "ties" else draw.unit()
    loss = lambda v: -y * mp.log(sigmoid(v)) - (1 - y) * mp.log(1 / (1 + mp.exp(v)))
    yield 3, loss(z), max(z, 0) - y * z + mp.log(1 + mp.exp(-abs(z)))
    yield 5, 1 + d(loss, z), 1 + sigmoid(z) - y


@statement("true/135-sqrt-of-square-slope-sign.md")
def sqrt_of_square_slope_sign(n, draw):
    x = 1 + draw.smooth()
    f = lambda v: mp.sqrt(v * v - 2 * v + 1)
    yield 3, f(x), abs(x - 1)
    yield 5, d(f, x), (x - 1) / abs(x - 1)
    yield 5, d(f, x), abs(x - 1) / (x - 1)
    yield 7, d(f, x) ** 2, num(1)
    yield 7, 1 + d(lambda v: d(f, v), x), num(1)


@statement("true/136-one-hot-algebra.md")
def one_hot_algebra(n, draw):
    y, p = draw.onehot(n), draw.prob(n)
    yield 3, np.outer(y, y), eye(n) * y
    yield 5, 1 - mp.log(total(y * p)), 1 - total(y * log(p))
    yield 7, 1 + total((p - y) ** 2), 1 + total(p * p) - 2 * total(y * p) + 1


@statement("true/137-quotient-rule-rows.tex", styles=("mixed", "ties"))
def quotient_rule_rows(n, draw):
    z = draw.vec(n)
    e = exp(z)
    s, p = total(e), softmax(z)
    h = 1 + hess(lse, z)
    yield 6, h, 1 + grad(softmax, z)
    yield 7, h, 1 + (diag(e) * s - np.outer(e, e)) / s**2
    yield 8, h, 1 + (e / s)[:, None] * (eye(n) * s - e) / s
    yield 9, h, 1 + p[:, None] * (eye(n) - p)


@statement("true/138-mean-of-exact-losses.md")
def mean_of_exact_losses():
    a, b = -mp.log(num("0.9")), -mp.log(num("0.1"))
    yield 3, abs(a - num("0.11")) <= num("0.005")
    yield 5, abs(b - num("2.30")) <= num("0.005")
    yield 7, abs((a + b) / 2 - num("1.20")) <= num("0.005")


@statement("true/139-einstein-sums.tex", sizes=(3,))
def einstein_sums(n, draw):
    x, a = draw.vec(n), draw.vec(n, n)
    yield 7, np.trace(eye(n)), num(3)
    yield 7, np.trace(grad(lambda v: v, x)), num(3)
    yield 9, 1 + grad(lambda v: total(v * v), x), 1 + 2 * x
    yield 11, 1 + grad(lambda v: v @ a @ v, x), 1 + (a + a.T) @ x


@statement("true/140-vector-calculus.md")
def vector_calculus():
    x = sp.symbols("x y z")
    phi = sp.Function("phi")(*x)
    v = sp.Matrix([sp.Function(f"v{i}")(*x) for i in range(3)])
    cyclic = ((1, 2), (2, 0), (0, 1))
    curl = lambda w: sp.Matrix([sp.diff(w[k], x[j]) - sp.diff(w[j], x[k]) for j, k in cyclic])
    div = lambda w: sum(sp.diff(w[i], x[i]) for i in range(3))
    slope = lambda f: sp.Matrix([sp.diff(f, u) for u in x])
    yield 3, sp.expand(curl(phi * v) - phi * curl(v) + v.cross(slope(phi))) == sp.zeros(3, 1)
    yield 5, sp.expand(div(curl(v))) == 0
    yield 5, sp.expand(curl(slope(phi))) == sp.zeros(3, 1)
    gap = div(slope(phi**2)) - 2 * phi * div(slope(phi)) - 2 * slope(phi).dot(slope(phi))
    yield 7, sp.expand(gap) == 0


@statement("true/141-differentials.md")
def differentials(n, draw):
    x, y, a, b = draw.vec(n, n), draw.vec(n, n), draw.vec(n, n), draw.vec(n, n)
    u, du = draw.vec(n), draw.vec(n)
    t = STEP
    yield 3, 1 + ((x + t * a) @ (y + t * b) - (x - t * a) @ (y - t * b)) / (2 * t), 1 + a @ y + x @ b
    yield 5, 1 + d(lambda s: np.trace((x + s * a).T @ (x + s * a)), num(0)), 1 + 2 * np.trace(x.T @ a)
    yield 7, 1 + d(lambda s: (u + s * du) @ a @ (u + s * du), num(0)), 1 + u @ (a + a.T) @ du


@statement("true/142-row-gradient.md")
def row_gradient(n, draw):
    a, x, b = draw.vec(n, n), draw.vec(n), draw.vec(n)
    row = lambda v: v.reshape(1, n)
    yield 3, 1 + row(grad(lambda v: v @ a @ v, x)), 1 + row(x) @ (a + a.T)
    yield 5, 1 + row(grad(lambda v: total((a @ v - b) ** 2) / 2, x)), 1 + row(a @ x - b) @ a


@statement("true/143-policy-gradient-baseline.md", styles=("mixed", "ties"))
def policy_gradient_baseline(n, draw):
    t, r, b = draw.vec(n), draw.vec(n), draw.num()
    p = softmax(t)
    score = grad(lambda v: log(softmax(v)), t)
    g = 1 + grad(lambda v: total(softmax(v) * r), t)
    yield 3, g, 1 + (p * r) @ score
    yield 5, g, 1 + (p * (r - b)) @ score


@statement("true/144-parametric-second-derivative-right.md")
def parametric_second_derivative_right():
    t = sp.symbols("t")
    x, y = sp.Function("x")(t), sp.Function("y")(t)
    v, w = x.diff(t), y.diff(t)
    second = sp.diff(w / v, t) / v
    yield 3, sp.simplify(second - (v * w.diff(t) - w * v.diff(t)) / v**3) == 0
    curve = {x: t**3 + t, y: (t**3 + t) ** 2}
    yield 3, sp.simplify(second.subs(curve).doit()) == 2


@statement("true/145-dots-and-dyads.md")
def dots_and_dyads(n, draw):
    a, b, c, x = draw.vec(n), draw.vec(n), draw.vec(n), draw.vec(n)
    yield 3, 1 + (a @ b) * c, 1 + np.outer(c, a) @ b
    yield 5, 1 + grad(lambda v: (a @ v) * (b @ v), x), 1 + (b @ x) * a + (a @ x) * b


@statement("true/146-comma-derivatives.md", sizes=(3,))
def comma_derivatives(n, draw):
    x = draw.fill("smooth", n)
    g = grad(norm, x)
    yield 3, g, x / norm(x)
    yield 5, total(g * g), num(1)
    yield 5, np.trace(hess(norm, x)), 2 / norm(x)
    yield 7, 1 + np.trace(hess(lambda v: 1 / norm(v), x)), num(1)


@statement("true/147-label-smoothing-loss-right.tex", styles=("mixed", "ties"))
def label_smoothing_loss_right(n, draw):
    z, y, e = draw.vec(n), draw.onehot(n), draw.unit()
    s = (1 - e) * y + e / n
    loss = lambda t: -total(t * log(softmax(z)))
    yield 8, 1 + loss(s), 1 + (1 - e) * loss(y) - e / n * total(log(softmax(z)))
    yield 12, loss(s) >= (1 - e) * loss(y) + e * mp.log(n) - num(10) ** -60
    yield 16, 1 + grad(lambda v: -total(s * log(softmax(v))), z), 1 + softmax(z) - s


@statement("true/148-log-softmax-with-maximum.tex")
def log_softmax_with_maximum(n, draw):
    z = draw.vec(n)
    m = max(z)
    yield 7, 1 + log(softmax(z)), 1 + z - lse(z)
    yield 8, 1 + log(exp(-m) * exp(z) / (exp(-m) * total(exp(z)))), 1 + z - lse(z)
    yield 9, 1 + z - m - lse(z - m), 1 + z - lse(z)
    yield 10, 1 + log(softmax(z)), 1 + z - lse(z)


@statement("true/149-tanh-from-sigmoid-chain.md")
def tanh_from_sigmoid_chain():
    x = sp.symbols("x", real=True)
    s = 1 / (1 + sp.exp(-2 * x))
    t = (sp.exp(x) - sp.exp(-x)) / (sp.exp(x) + sp.exp(-x))
    g = sp.diff(t, x)
    yield 1, sp.simplify(t - 2 * s + 1) == 0
    yield 5, sp.simplify(g - 4 * s * (1 - s)) == 0
    yield 6, sp.simplify(g - 4 * (1 + t) / 2 * (1 - t) / 2) == 0
    yield 7, sp.simplify(g - 1 + t**2) == 0


@statement("true/150-gru-convention-of-text.md")
def gru_convention_of_text():
    z, h, m = sp.symbols("z h n")
    new = (1 - z) * h + z * m
    yield 3, sp.simplify(sp.diff(new, z) - (m - h)) == 0
    yield 5, new.subs(z, 1) == m
    yield 5, new.subs(z, 0) == h
    yield 7, sp.simplify(new - h - z * (m - h)) == 0
