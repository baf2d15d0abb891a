"""The claims of the documents in false/, computed."""

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


@statement("false/001-entropy-at-most-two.md", sizes=(1, 2, 5, 7, 8, 10))
def entropy_at_most_two(n, draw):
    p = ones(n) / n if draw.style == "ties" else draw.prob(n)
    h = -total(p * log(p))
    yield 3, h >= 0
    yield 7, h <= 2


@statement("false/002-pairs-against-subsets.md", sizes=(1, 2, 3, 4, 5, 6, 7, 12))
def pairs_against_subsets(n, draw):
    yield 3, total(ones(n)) ** 2 <= 2**n


@statement("false/003-sample-variance-of-two.tex", sizes=(2, 3, 4, 7))
def sample_variance_of_two(n, draw):
    x = draw.vec(n)
    yield 12, total((x - total(x) / n) ** 2) / (n - 1), (x[0] - x[1]) ** 2 / 2


@statement("false/004-pairwise-loss-gradient-two.md")
def pairwise_loss_gradient_two(n, draw):
    x = draw.vec(n)
    r = lambda v: total((v[:, None] - v) ** 2) / 4
    yield 7, grad(r, x), n * x - total(x)
    yield 9, grad(r, x), 2 * x - total(x)


@statement("false/005-softmax-slope-at-zero.md", sizes=(2, 3, 5))
def softmax_slope_at_zero(n, draw):
    yield 5, softmax(zeros(n)), ones(n) / n
    yield 9, grad(lambda v: softmax(v)[0], zeros(n))[0], frac(1, 4)


@statement("false/006-initial-loss-log-ten.md", sizes=(1, 2, 5, 7, 10, 11))
def initial_loss_log_ten(n, draw):
    yield 3, softmax(zeros(n)), ones(n) / n
    yield 5, -mp.log(softmax(zeros(n))[0]), mp.log(10)


@statement("false/007-mean-square-over-entries.md")
def mean_square_over_entries(n, draw):
    k = draw.int(1, 3)
    z, t = draw.vec(n, k), draw.vec(n, k)
    yield 7, grad(lambda v: total((v - t) ** 2) / (n * k), z), 2 * (z - t) / n


@statement("false/008-det-softmax-jacobian-trace.md", sizes=(2, 3, 4), styles=("mixed", "ties"))
def det_softmax_jacobian_trace(n, draw):
    x = draw.vec(n)
    s = softmax(x)
    j = grad(softmax, x)
    yield 3, abs(det(j)) < num(10) ** -40
    yield 5, np.trace(j), total(s * (1 - s))
    yield 7, np.trace(j), 2 * s[0] * (1 - s[0])


@statement("false/009-softplus-stable-form.md")
def softplus_stable_form(n, draw):
    x = draw.num()
    yield 3, mp.log(1 + mp.exp(x)), x + mp.log(1 + mp.exp(-x))
    yield 7, mp.log(1 + mp.exp(x)), x + mp.log(1 + mp.exp(-abs(x)))


@statement("false/010-softsign-slope.tex")
def softsign_slope(n, draw):
    x = draw.smooth()
    f = lambda v: v / (1 + abs(v))
    yield 5, f(-x), -f(x)
    yield 7, d(f, x), 1 / (1 + x) ** 2


@statement("false/011-leaky-relu-as-max.tex")
def leaky_relu_as_max(n, draw):
    x, a = draw.num(), draw.pos()
    f = x if x > 0 else a * x
    yield 10, f, max(0, x) + a * min(0, x)
    yield 12, f, max(x, a * x)


@statement("false/012-max-of-multiple.txt")
def max_of_multiple(n, draw):
    x, c = draw.vec(n), draw.num()
    yield 3, max(x + c), max(x) + c
    yield 7, max(c * x), c * max(x)


@statement("false/013-norm-homogeneous.md")
def norm_homogeneous(n, draw):
    x, c = draw.vec(n), draw.num()
    yield 3, norm(c * x) ** 2, c**2 * norm(x) ** 2
    yield 7, norm(c * x), c * norm(x)


@statement("false/014-square-loss-margin-any-label.md")
def square_loss_margin_any_label(n, draw):
    z, y = draw.num(), draw.num()
    yield 3, (y - z) ** 2, (1 - y * z) ** 2


@statement("false/015-signed-square-slope.md")
def signed_square_slope(n, draw):
    x = draw.smooth()
    g = lambda v: v * abs(v)
    yield 1, g(x) ** 2, x**4
    yield 3, d(g, x), 2 * x


@statement("false/016-one-maximal-entry.md")
def one_maximal_entry(n, draw):
    x = draw.vec(n)
    m = np.array([num(v == max(x)) for v in x], dtype=object)
    yield 3, max(x) < 0 or total(m * x) >= max(x)
    yield 5, total(m), num(1)


@statement("false/017-count-of-lower.md")
def count_of_lower(n, draw):
    x = draw.vec(n)
    r = sum(num(b < a) for a in x for b in x)
    yield 3, num(r), num(n * (n - 1)) / 2


@statement("false/018-kronecker-from-values.md")
def kronecker_from_values(n, draw):
    x = draw.vec(n)
    yield 1, grad(lambda v: v, x), eye(n)
    yield 3, eye(n), np.array([[num(a == b) for a in x] for b in x], dtype=object)


@statement("false/019-zero-norm-of-multiple.tex")
def zero_norm_of_multiple(n, draw):
    x, c = draw.fill("smooth", n), num(0) if draw.style == "ties" else draw.num()
    yield 8, num(np.count_nonzero(c * x)), num(np.count_nonzero(x))


@statement("false/020-entropy-strictly-positive.md")
def entropy_strictly_positive(n, draw):
    p = draw.onehot(n) if draw.style == "ties" else draw.prob(n)
    yield 3, -sum(v * mp.log(v) for v in p if v > 0) > 0


@statement("false/021-linear-regions.txt", sizes=(2, 3, 5, 7, 8, 9), styles=("mixed",))
def linear_regions(n, draw):
    r = lambda n: sum(sp.binomial(n, k) for k in range(8))
    yield 7, r(n) == r(n - 1) + sum(sp.binomial(n - 1, k) for k in range(7))
    yield 11, r(n) == 2**n


@statement("false/022-softmax-case-outlives.md")
def softmax_case_outlives(n, draw):
    z = draw.vec(n)
    p, j = softmax(z), grad(softmax, z)
    for i in range(n):
        for k in range(n):
            if i == k:
                yield 5, holds(j[i, k] + 1, p[i] * (1 - p[k]) + 1)
            else:
                yield 9, j[i, k], -p[i] * p[k]
            yield 13, j[i, k], p[i] * (1 - p[k]) - p[i] * p[k]


@statement("false/023-counts-as-targets.md")
def counts_as_targets(n, draw):
    z = draw.vec(n)
    c = array([draw.int(0, 5) for _ in range(n)])
    yield 7, grad(lambda v: -total(c * log(softmax(v))), z), softmax(z) - c


@statement("false/024-symmetry-given-up.md")
def symmetry_given_up(n, draw):
    a, x = draw.vec(n, n), draw.vec(n)
    yield 3, x @ a @ x, x @ a.T @ x
    yield 5, grad(lambda v: v @ a @ v, x), 2 * a.T @ x


@statement("false/025-weights-need-not-sum.md")
def weights_need_not_sum(n, draw):
    v, c, w = draw.vec(n), draw.num(), draw.vec(n)
    p = draw.prob(n)
    yield 5, total(p * (v + c)), total(p * v) + c
    yield 9, total(w * (v + c)), total(w * v) + c


@statement("false/026-log-abs-negative-branch.md")
def log_abs_negative_branch(n, draw):
    x = draw.pos()
    f = lambda v: mp.log(abs(v))
    yield 5, d(f, x), 1 / x
    yield 9, d(f, -x), 1 / x


@statement("false/027-relu-square-active.tex")
def relu_square_active(n, draw):
    z = draw.pos()
    yield 4, relu(z) ** 2, z**2
    y = draw.smooth()
    yield 6, d(lambda v: relu(v) ** 2, y), 2 * y


@statement("false/028-tall-orthonormal.md")
def tall_orthonormal(n, draw):
    h = draw.vec(n + 1)
    h = ones(n + 1) if total(h * h) == 0 else h
    q = (eye(n + 1) - 2 * np.outer(h, h) / total(h * h))[:, :n]
    x, y = draw.vec(n), draw.vec(n + 1)
    yield 3, norm(q @ x), norm(x)
    yield 5, norm(q) ** 2, num(n)
    yield 7, norm(q.T @ y), norm(y)


@statement("false/029-swish-slope-lost.txt")
def swish_slope_lost():
    x = sp.symbols("x", real=True)
    s = 1 / (1 + sp.exp(-x))
    yield 3, sp.simplify(sp.diff(x * s, x) - s - s * (1 - s)) == 0


@statement("false/030-relu-slope-at-zero.md")
def relu_slope_at_zero(n, draw):
    z = draw.num() if draw.style != "ties" else num(0)
    r = lambda v: num(v >= 0)
    yield 3, r(z) ** 2, r(z)
    yield 5, z * r(z), max(num(0), z)
    yield 7, r(z) + r(-z), num(1)


@statement("false/031-sigma-at-one-minus.md")
def sigma_at_one_minus(n, draw):
    x = draw.num()
    yield 3, d(sigmoid, x), sigmoid(x) * (1 - sigmoid(x))
    yield 5, 1 + sigmoid(-x), 2 - sigmoid(x)
    yield 7, sigmoid(1 - x), 1 - sigmoid(x)


@statement("false/032-temperature-slope.md", sizes=(2, 3, 5), styles=("mixed", "mixed", "ties"))
def temperature_slope(n, draw):
    z, t, y = draw.vec(n), draw.pos(), draw.onehot(n)
    yield 3, log(softmax(z / t)), z / t - lse(z / t)
    yield 5, grad(lambda v: -total(y * log(softmax(v / t))), z), softmax(z / t) - y


@statement("false/033-x-to-the-x.tex")
def x_to_the_x():
    x, a = sp.symbols("x a", positive=True)
    yield 6, sp.simplify(sp.diff(x**a, x) - a * x ** (a - 1)) == 0
    yield 7, sp.simplify(sp.diff(a**x, x) - a**x * sp.log(a)) == 0
    yield 8, sp.simplify(sp.diff(x**x, x) - x**x) == 0


@statement("false/034-targets-without-sum.md")
def targets_without_sum(n, draw):
    z, t = draw.vec(n), draw.vec(n)
    p = softmax(z)
    yield 3, 1 + grad(lambda v: log(softmax(v)), z), 1 + eye(n) - p
    yield 5, 1 + grad(lambda v: -total(t * log(softmax(v))), z), 1 + p - t


@statement("false/035-regulariser-inside-mean.tex")
def regulariser_inside_mean(n, draw):
    x, y, w, lam = draw.vec(n), draw.vec(n), draw.smooth(), draw.pos()
    g = d(lambda v: total((v * x - y) ** 2) / (2 * n) + lam / 2 * v**2, w)
    yield 12, g, total((w * x - y) * x + lam * w) / n
    yield 16, g, (total((w * x - y) * x) + lam * w) / n


@statement("false/036-sum-then-mean.md")
def sum_then_mean(n, draw):
    x = draw.vec(n)
    yield 5, holds(total(x) - total(x) / n + 1, num(1))


@statement("false/037-product-of-doubles.md")
def product_of_doubles(n, draw):
    x = draw.fill("smooth", n)
    yield 3, grad(lambda v: np.prod(v), x), np.prod(x) / x
    yield 5, np.prod(2 * x), 2 * np.prod(x)


@statement("false/038-neighbours-lost.md", sizes=(3, 4, 6))
def neighbours_lost(n, draw):
    x = draw.vec(n)
    g = grad(lambda v: total(v[:-1] * v[1:]), x)
    yield 3, holds(g[0] + 1, x[1] + 1)
    yield 7, holds(g[1:-1] + 1, x[2:] + 1)


@statement("false/039-operator-on-all.md")
def operator_on_all():
    x = sp.symbols("x", real=True)
    yield 3, sp.diff(x**2, x) - 2 * x == 0
    yield 5, sp.simplify(sp.diff(x**2 * sp.exp(x), x) - 2 * x * sp.exp(x)) == 0


@statement("false/040-nested-sum-wrong-index.md")
def nested_sum_wrong_index(n, draw):
    a, b = draw.vec(n), draw.vec(n)
    yield 3, total(a * total(b)), total(a) * total(b)
    yield 5, total(a * n * b), total(a) * total(b)


@statement("false/041-partial-for-total.md")
def partial_for_total():
    x, y = sp.symbols("x y")
    f = x**2 * y
    yield 3, sp.diff(f, x) == 2 * x * y
    yield 5, sp.simplify(sp.diff(f.subs(y, x**3), x) - 2 * x**4) == 0


@statement("false/042-recurrent-direct-only.md")
def recurrent_direct_only():
    w, a, b, c = sp.symbols("w a b c", real=True)
    h1 = sp.tanh(a)
    h2 = sp.tanh(w * h1 + b)
    h3 = sp.tanh(w * h2 + c)
    yield 3, sp.simplify(sp.diff(h2, w) - (1 - h2**2) * h1) == 0
    point = {w: sp.Rational(1, 2), a: 1, b: sp.Rational(1, 3), c: 0}
    yield 5, abs((sp.diff(h3, w) - (1 - h3**2) * h2).subs(point).evalf(30)) < 1e-20


@statement("false/043-last-probability-dependent.tex")
def last_probability_dependent():
    p, q, y, u, v = sp.symbols("p q y u v", positive=True)
    last = 1 - p - q
    loss = -y * sp.log(p) - u * sp.log(q) - v * sp.log(last)
    yield 7, sp.diff(last, p) == -1
    yield 9, sp.simplify(sp.diff(loss, p) + y / p) == 0


@statement("false/044-batch-variance-through-mean.md")
def batch_variance_through_mean(n, draw):
    x = draw.vec(n)
    yield 1, grad(lambda v: total(v) / n, x), ones(n) / n
    yield 3, grad(lambda v: total((v - total(v) / n) ** 2) / n, x), 2 * (x - total(x) / n) / n * (1 - num(1) / n)


@statement("false/045-triple-product.md")
def triple_product():
    p, v, t, r = sp.symbols("p v t r", positive=True)
    yield 3, sp.diff(r * t / v, v) == -r * t / v**2
    product = sp.diff(r * t / v, v) * sp.diff(r * t / p, t) * sp.diff(p * v / r, p)
    yield 5, sp.simplify(product.subs(p, r * t / v) - 1) == 0


@statement("false/046-kinetic-energy-rate.md")
def kinetic_energy_rate():
    t, m, u = sp.symbols("t m u")
    x = sp.Function("x")(t)
    yield 3, sp.diff(m * u**2 / 2, u) == m * u
    yield 5, sp.simplify(sp.diff(m * x.diff(t) ** 2 / 2, t) - m * x.diff(t) * x.diff(t, 2) / 2) == 0


@statement("false/047-skip-connection-lost.md")
def skip_connection_lost(n, draw):
    x = draw.smooth()
    f = mp.sin
    loss = lambda v: mp.exp(v / 5)
    y = x + f(x)
    g = d(lambda v: loss(v + f(v)), x)
    yield 3, g, d(loss, y) * (1 + mp.cos(x))
    yield 5, g, d(loss, y) * mp.cos(x)


@statement("false/048-layout-numerator-transposed.md")
def layout_numerator_transposed(n, draw):
    w, x = draw.vec(n, n), draw.vec(n)
    yield 3, holds(grad(lambda v: w @ v, x) + 1, w.T + 1)


@statement("false/049-layout-denominator-chain.md")
def layout_denominator_chain(n, draw):
    a, b, x = draw.vec(n, n), draw.vec(n, n), draw.vec(n)
    yield 3, holds(grad(lambda v: a @ v, x).T + 1, a.T + 1)
    yield 3, holds(grad(lambda v: b @ v, a @ x).T + 1, b.T + 1)
    yield 5, holds(grad(lambda v: b @ (a @ v), x).T + 1, b.T @ a.T + 1)


@statement("false/050-trace-derivative-square.md")
def trace_derivative_square(n, draw):
    a, x = draw.vec(n, n), draw.vec(n, n)
    yield 3, grad(lambda v: np.trace(a.T @ v), x), a
    yield 5, grad(lambda v: np.trace(a @ v), x), a


@statement("false/051-bias-sum-over-wrong-axis.tex", sizes=(1, 2, 3), styles=("mixed", "ties"))
def bias_sum_over_wrong_axis(n, draw):
    x, w, b = draw.vec(n, n), draw.vec(n, n), draw.vec(n)
    f = lambda w, b: total((x @ w + np.outer(ones(n), b)) ** 2) / 2
    z = x @ w + np.outer(ones(n), b)
    yield 9, grad(lambda v: total(v * v) / 2, z), z
    yield 13, grad(lambda v: f(v, b), w), x.T @ z
    yield 17, grad(lambda v: f(w, v), b), z @ ones(n)


@statement("false/052-attention-softmax-axis.md", sizes=(1, 2, 3))
def attention_softmax_axis(n, draw):
    q, k = draw.vec(n, 2), draw.vec(n, 2)
    s = q @ k.T / mp.sqrt(2)
    a = softmax(s)
    yield 3, np.sum(a, axis=1), ones(n)
    j = grad(lambda v: softmax(v), s[0])
    yield 5, holds(j + 1, diag(a[0]) - np.outer(a[0], a[0]) + 1)
    yield 7, a.T @ ones(n), ones(n)


@statement("false/053-softmax-ce-signs-cancel.md")
def softmax_ce_signs_cancel(n, draw):
    z, y = draw.vec(n), draw.vec(n)
    y[0] += 1 - total(y)
    p = softmax(z)
    g = p - y
    yield 5, holds(1 - (y / p) @ (diag(p) - np.outer(p, p)), 1 + g)
    yield 6, holds(1 + y - total(y) * p, 1 + g)
    yield 7, holds(1 + grad(lambda v: -total(y * (v - lse(v))), z), 1 + g)


@statement("false/054-sigmoid-slope-square-cancels.tex")
def sigmoid_slope_square_cancels():
    x = sp.symbols("x", real=True)
    s = 1 / (1 + sp.exp(-x))
    g = sp.diff(s, x)
    yield 7, sp.simplify(g - sp.exp(-x) / (1 + sp.exp(-x))) == 0
    yield 8, sp.simplify(g - sp.exp(-x) / (1 + sp.exp(-x)) ** 2) == 0
    yield 9, sp.simplify(g - s * (1 - s)) == 0


@statement("false/055-half-and-two-cancel.md")
def half_and_two_cancel(n, draw):
    a, x, b = draw.vec(n, n), draw.vec(n), draw.vec(n)
    g = grad(lambda v: total((a @ v - b) ** 2) / 2, x)
    yield 5, g, grad(lambda v: v @ a.T @ a @ v - 2 * b @ a @ v + b @ b, x) / 2
    yield 6, g, a.T @ a @ x - a @ b
    yield 7, g, a.T @ (a @ x - b)


@statement("false/056-attention-scale-cancels.md")
def attention_scale_cancels(n, draw):
    m = draw.int(2, 3)
    q, k = draw.vec(m), draw.vec(n, m)
    g = grad(lambda v: lse(k @ v / mp.sqrt(m)), q)
    a = softmax(k @ q / mp.sqrt(m))
    yield 3, g, a @ grad(lambda v: k @ v / mp.sqrt(m), q)
    yield 5, g, mp.sqrt(m) * (a @ k)
    yield 7, g, a @ k / mp.sqrt(m)


@statement("false/057-gate-derivative-cancels.md")
def gate_derivative_cancels():
    u, a, b, z = sp.symbols("u a b z", real=True)
    s = 1 / (1 + sp.exp(-u))
    h = (1 - z) * a + z * b
    yield 3, sp.simplify(sp.diff(h, z) - a - b) == 0
    yield 5, sp.simplify(sp.diff(s, u) - s * (1 - s)) == 0
    yield 7, sp.simplify(sp.diff(h.subs(z, s), u) - (b - a) * s * (1 - s)) == 0


@statement("false/058-log-one-plus-tiny.md")
def log_one_plus_tiny():
    a, b = mp.log(1 + mp.exp(-50)), mp.exp(-50)
    yield 3, abs(a / b - 1) < 1e-20
    yield 5, a, b


@statement("false/059-tanh-saturated.tex")
def tanh_saturated():
    a = mp.tanh(60)
    yield 6, abs(1 - a * a - 4 / (mp.exp(60) + mp.exp(-60)) ** 2) < num(10) ** -95
    yield 8, abs(a - 1) < num(10) ** -90


@statement("false/060-batchnorm-epsilon-dropped.md")
def batchnorm_epsilon_dropped():
    s = mp.sqrt(4 + num(10) ** -12)
    yield 3, abs(s * s - 4 - num(10) ** -12) < num(10) ** -90
    yield 5, 1 / s, frac(1, 2)


@statement("false/061-ramanujan-integer.txt")
def ramanujan_integer():
    a = mp.exp(mp.pi * mp.sqrt(163))
    yield 3, abs(a - 262537412640768744) < 5 * num(10) ** -12
    yield 7, a, num(262537412640768744)


@statement("false/062-masked-attention-weight.md")
def masked_attention_weight():
    e = mp.exp(-10000)
    yield 5, 1 / (1 + e) + e / (1 + e), num(1)
    yield 7, not e / (1 + e) > 0


@statement("false/063-huge-times-tiny.md")
def huge_times_tiny():
    mp.dps = 200
    value = num(10) ** 60 * (mp.sqrt(1 + num(10) ** -60) - 1)
    mp.dps = 100
    yield 3, value <= 1
    yield 5, abs(value) < num(10) ** -60


@statement("false/064-central-difference-exact.txt")
def central_difference_exact():
    h = num(10) ** -6
    value = (mp.exp(h) - mp.exp(-h)) / (2 * h)
    yield 3, abs(value - 1) < 1e-12
    yield 7, value, num(1)


@statement("false/065-gelu-tanh-form.md")
def gelu_tanh_form(n, draw):
    x = draw.num()
    gelu = lambda v: v * (1 + mp.erf(v / mp.sqrt(2))) / 2
    yield 3, gelu(x) - gelu(-x), x
    yield 5, gelu(x), x / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + num("0.044715") * x**3)))


@statement("false/066-clipped-logarithm.md")
def clipped_logarithm(n, draw):
    p = num(10) ** -8 if draw.style == "ties" else draw.unit()
    yield 3, -mp.log(max(p, num(10) ** -7)) <= 7 * mp.log(10) + num(10) ** -60
    yield 7, -mp.log(max(p, num(10) ** -7)), -mp.log(p)


@statement("false/067-jensen-log-direction.tex")
def jensen_log_direction(n, draw):
    x = draw.fill("pos", n)
    yield 7, mp.exp(total(log(x)) / n) <= total(x) / n + num(10) ** -60
    yield 11, mp.log(total(x) / n) <= total(log(x)) / n + num(10) ** -60


@statement("false/068-softplus-above-relu-half.md")
def softplus_above_relu_half(n, draw):
    x = draw.num() if draw.style != "ties" else frac(draw.int(-40, 40), 100)
    zeta = mp.log(1 + mp.exp(x))
    yield 3, zeta > max(0, x)
    yield 5, zeta <= max(0, x) + frac(1, 2)


@statement("false/069-pinsker-without-half.md")
def pinsker_without_half(n, draw):
    p = draw.prob(n)
    q = draw.prob(n) if draw.style == "mixed" else (p + frac(1, 1000) * unit(n, 0)) / (1 + frac(1, 1000))
    kl, l1 = total(p * log(p / q)), total(abs(p - q))
    yield 3, kl >= -(num(10) ** -60)
    yield 5, kl >= l1**2 - num(10) ** -60


@statement("false/070-hard-tanh-composed.md")
def hard_tanh_composed(n, draw):
    x = draw.num()
    c = lambda v: max(num(-1), min(num(1), v))
    yield 3, c(c(x)), c(x)
    yield 7, 1 + c(x), 1 + (abs(x + 1) - abs(x - 1)) / 2
    yield 11, 2 * c(x / 2), c(x)


@statement("false/071-gelu-lower-bound.md")
def gelu_lower_bound(n, draw):
    x = draw.num() if draw.style != "ties" else frac(-751, 1000)
    g = x * (1 + mp.erf(x / mp.sqrt(2))) / 2
    yield 3, g >= frac(-1, 2)
    yield 5, g >= num("-0.1695")


@statement("false/072-one-norm-against-two.md", sizes=(1, 2, 3, 4, 5, 6))
def one_norm_against_two(n, draw):
    x = draw.vec(n) if draw.style == "mixed" else ones(n)
    yield 3, norm(x) <= total(abs(x)) + num(10) ** -60
    yield 5, total(abs(x)) <= 2 * norm(x) + num(10) ** -60


@statement("false/073-lse-above-max-strict.md")
def lse_above_max_strict(n, draw):
    x = draw.vec(n)
    yield 3, lse(x) <= max(x) + mp.log(n) + num(10) ** -60
    yield 5, n > 1 or lse(x) > max(x) + num(10) ** -60


@statement("false/074-cauchy-schwarz-strict.md", sizes=(2, 3, 5))
def cauchy_schwarz_strict(n, draw):
    x = draw.vec(n)
    y = x * 2 if draw.style == "ties" else draw.vec(n)
    yield 3, (x @ y) ** 2 <= norm(x) ** 2 * norm(y) ** 2 + num(10) ** -60
    yield 7, draw.style == "large" or (x @ y) ** 2 < norm(x) ** 2 * norm(y) ** 2 - num(10) ** -60


@statement("false/075-sigmoid-lipschitz-fifth.tex")
def sigmoid_lipschitz_fifth(n, draw):
    x = draw.num()
    y = draw.num()
    s = sigmoid(x)
    yield 6, abs(s - sigmoid(y)) <= abs(x - y) / 4
    yield 8, s * (1 - s) <= frac(6, 25)


@statement("false/076-softmax-printed-swapped.md")
def softmax_printed_swapped():
    p = softmax(array([1, 2, 3]))
    q = softmax(array([2, 1, 3]))
    printed = array(["0.09", "0.24", "0.67"])
    yield 3, max(abs(p - printed)) <= num("0.005")
    yield 7, max(abs(q - printed)) <= num("0.005")


@statement("false/077-third-exactly.md")
def third_exactly():
    yield 1, abs(frac(1, 3) - num("0.33")) <= num("0.005")
    yield 3, 3 * 33 == 100


@statement("false/078-float-sum-as-decimal.txt")
def float_sum_as_decimal():
    f = sp.Rational
    yield 3, f("0.1") + f("0.2") == f("0.3")
    yield 4, f("0.1") * f("0.2") == f("0.02")
    yield 5, f("0.1") + f("0.7") == f("0.7999999999999999")


@statement("false/079-batchnorm-printed.md")
def batchnorm_printed():
    x = array([1, 2, 3])
    m = total(x) / 3
    v = total((x - m) ** 2) / 3
    yield 1, m, num(2)
    yield 3, abs(v - num("0.67")) <= num("0.005")
    yield 5, max(abs((x - m) / mp.sqrt(v) - array([-1, 0, 1]))) <= num("0.005")


@statement("false/080-printed-sigmoid-chain.md")
def printed_sigmoid_chain():
    a = sigmoid(num("0.3775"))
    yield 3, abs(a - num("0.5933")) <= num("0.00005")
    yield 5, abs(1 - a - num("0.4067")) <= num("0.00005")
    yield 7, abs(a * (1 - a) - num("0.2431")) <= num("0.00005")


@statement("false/081-jensen-any-function.md")
def jensen_any_function(n, draw):
    x = draw.vec(n)
    f = lambda v: -(v**2)
    yield 3, f(total(x) / n) <= total(f(x)) / n + num(10) ** -60


@statement("false/082-even-function-slope.md")
def even_function_slope(n, draw):
    x = draw.smooth()
    yield 3, d(mp.cosh, -x), d(mp.cosh, x)


@statement("false/083-increasing-positive-slope.tex")
def increasing_positive_slope(n, draw):
    x, h = num(0) if draw.style == "ties" else draw.num(), draw.pos()
    f = lambda v: v**3
    yield 8, f(x + h) - f(x) > 0
    yield 14, 3 * x**2 > 0


@statement("false/084-inner-two-lost.md")
def inner_two_lost(n, draw):
    x = draw.smooth()
    yield 3, d(lambda v: mp.sin(2 * v), x), mp.cos(2 * x)


@statement("false/085-square-of-f-slope.md")
def square_of_f_slope(n, draw):
    x = draw.smooth()
    yield 3, d(lambda v: mp.sin(v) * mp.exp(v), x), mp.cos(x) * mp.exp(x) + mp.sin(x) * mp.exp(x)
    yield 5, d(lambda v: mp.sin(v) ** 2, x), 2 * mp.sin(x)


@statement("false/086-composition-second-lost.md")
def composition_second_lost():
    x = sp.symbols("x")
    f, g = sp.exp, lambda v: v**2
    h = f(g(x))
    yield 3, sp.simplify(sp.diff(h, x) - f(g(x)) * 2 * x) == 0
    yield 5, sp.simplify(sp.diff(h, x, 2) - f(g(x)) * (2 * x) ** 2) == 0


@statement("false/087-inverse-function-slope.md")
def inverse_function_slope(n, draw):
    y = draw.smooth()
    back = lambda v: mp.asinh(v)
    yield 3, mp.cosh(back(y)) * d(back, y), num(1)
    yield 5, d(back, y), 1 / mp.cosh(y)


@statement("false/088-symmetric-function-partials.md")
def symmetric_function_partials(n, draw):
    x, y = draw.smooth(), draw.smooth()
    f = lambda u, v: u**2 * v**2 + u + v
    yield 3, d(lambda u: f(u, x), x), d(lambda u: f(x, u), x)
    yield 5, d(lambda u: f(u, y), x), d(lambda u: f(x, u), y)


@statement("false/089-homogeneous-degree-two.md")
def homogeneous_degree_two(n, draw):
    x = draw.fill("smooth", n)
    f = lambda v: total(v * v)
    yield 3, x @ grad(f, x), f(x)


@statement("false/090-f-redefined-old-slope.md")
def f_redefined_old_slope():
    x = sp.symbols("x")
    yield 3, sp.diff(x**2, x) == 2 * x
    yield 7, 2**3 == 8
    yield 9, sp.diff(x**3, x) == 2 * x


@statement("false/091-sigma-becomes-deviation.tex", sizes=(2, 3, 5), styles=("mixed", "mixed"))
def sigma_becomes_deviation(n, draw):
    x, z = draw.fill("smooth", n), draw.num()
    m = total(x) / n
    yield 8, d(sigmoid, z), sigmoid(z) * (1 - sigmoid(z))
    yield 12, grad(lambda v: mp.sqrt(total((v - total(v) / n) ** 2) / n), x), (x - m) / n


@statement("false/092-shadowed-lse-index.md")
def shadowed_lse_index(n, draw):
    z = draw.vec(n)
    yield 3, grad(lambda v: total(exp(v)), z), exp(z)
    yield 5, grad(lse, z), ones(n)


@statement("false/093-loss-mean-then-sum.md")
def loss_mean_then_sum(n, draw):
    x, y, w = draw.vec(n), draw.vec(n), draw.smooth()
    f = lambda v: total((v * x - y) ** 2) / 2
    yield 5, 1 + d(lambda v: f(v) / n, w), 1 + total((w * x - y) * x) / n
    yield 9, 1 + d(lambda v: d(f, v), w), 1 + total(x * x) / n


@statement("false/094-e-is-the-error.md")
def e_is_the_error():
    y, t = sp.symbols("y t", positive=True)
    e = y - t
    yield 3, sp.simplify(sp.diff(e**2, y) - 2 * e) == 0
    point = {y: 3, t: 1}
    yield 5, abs((sp.diff(e**y, y) - e**y).subs(point).evalf(30)) < 1e-20


@statement("false/095-mean-becomes-weighted.md")
def mean_becomes_weighted(n, draw):
    x, w = draw.vec(n), draw.prob(n)
    m, k = total(x) / n, total(w * x)
    yield 3, abs(total(x - m)) < num(10) ** -60
    yield 7, abs(total(w * (x - k))) < num(10) ** -60
    yield 9, abs(total(x - k)) < num(10) ** -60


@statement("false/096-updated-weight-old-gradient.md")
def updated_weight_old_gradient():
    w, eta = sp.symbols("w eta")
    one = w - eta * w
    yield 3, sp.simplify(one - (1 - eta) * w) == 0
    yield 5, sp.simplify(one - eta * one - (w - 2 * eta * w)) == 0


@statement("false/097-layer-off-by-one.tex", sizes=(1, 2, 3), styles=("mixed", "mixed", "ties"))
def layer_off_by_one(n, draw):
    w1, w2, a0, t = draw.vec(n, n), draw.vec(n, n), draw.vec(n), draw.vec(n)
    a1 = tanh(w1 @ a0)
    a2 = tanh(w2 @ a1)
    cost = lambda a: total((a - t) ** 2) / 2
    d2 = (a2 - t) * (1 - a2**2)
    yield 8, 1 + grad(lambda z: cost(tanh(z)), w2 @ a1), 1 + d2
    yield 9, 1 + grad(lambda z: cost(tanh(w2 @ tanh(z))), w1 @ a0), 1 + (w1.T @ d2) * (1 - a1**2)


@statement("false/098-inverse-tanh-reciprocal.md")
def inverse_tanh_reciprocal():
    x = sp.symbols("x", real=True)
    yield 3, abs((sp.atanh(sp.tanh(x)) - x).subs(x, sp.Rational(1, 3)).evalf(30)) < 1e-20
    slope = sp.diff(sp.atanh(x), x)
    yield 5, abs((slope + (1 - sp.tanh(x) ** 2) / sp.tanh(x) ** 2).subs(x, sp.Rational(1, 2)).evalf(30)) < 1e-20


@statement("false/099-coordinates-as-powers.tex")
def coordinates_as_powers():
    x1, x2 = sp.symbols("x1 x2")
    yield 8, sp.diff(x1, x1) == 1
    yield 12, sp.diff(x2, x1) == 2 * x1


@statement("false/100-nth-derivative-as-power.md")
def nth_derivative_as_power():
    x = sp.symbols("x")
    yield 3, sp.simplify(sp.diff(sp.exp(2 * x), x, 3) - 8 * sp.exp(2 * x)) == 0
    yield 5, sp.simplify(sp.diff(sp.exp(x), x, 3) - sp.exp(3 * x)) == 0


@statement("false/101-derivative-of-inverse-matrix.md", sizes=(1, 2, 3), styles=("mixed", "mixed"))
def derivative_of_inverse_matrix(n, draw):
    a, b = draw.fill("smooth", n, n) + 5 * eye(n), draw.fill("smooth", n, n)
    g = (inv(a + STEP * b) - inv(a - STEP * b)) / (2 * STEP)
    yield 3, 1 + b @ inv(a) + a @ g, ones(n, n)
    yield 5, g, -inv(a) @ inv(a) @ b


@statement("false/102-frobenius-as-trace-square.md")
def frobenius_as_trace_square(n, draw):
    w = draw.vec(n, n)
    yield 3, total(w * w), ones(n) @ (w**2) @ ones(n)
    yield 5, total(w * w), np.trace(w @ w)


@statement("false/103-example-superscript-squared.md")
def example_superscript_squared(n, draw):
    x, y, t = draw.vec(3, n), draw.vec(3), draw.vec(n)
    f = lambda v: total((x @ v - y) ** 2) / 2
    yield 3, 1 + grad(f, t), 1 + (x @ t - y) @ x
    yield 5, 1 + np.diag(hess(f, t)), 1 + np.sum(x, axis=0)


@statement("false/104-permuted-inner-product.md", sizes=(1, 2, 3, 5))
def permuted_inner_product(n, draw):
    x, y = draw.vec(n), draw.vec(n)
    p = [(i + 1) % n for i in range(n)]
    yield 3, 1 + total(x[p]), 1 + total(x)
    yield 5, 1 + total(x[p] * y), 1 + total(x * y[p])


@statement("false/105-embedding-row-gradient.md")
def embedding_row_gradient(n, draw):
    g, e = draw.vec(4), draw.vec(n)
    w = [draw.int(0, n - 1) for _ in range(4)]
    s = lambda v: total(g * v[w])
    yield 3, 1 + grad(s, e), 1 + array([sum(g[t] for t in range(4) if w[t] == v) for v in range(n)])
    yield 5, 1 + grad(s, e)[w], 1 + g


@statement("false/106-label-index-count.md", sizes=(1, 2, 3), styles=("mixed", "mixed", "ties"))
def label_index_count(n, draw):
    z = draw.vec(n, n)
    y = [draw.int(0, n - 1) for _ in range(n)]
    g = grad(lambda v: -total(log(softmax(v))[range(n), y]) / n, z)
    hot = array([[int(y[i] == k) for k in range(n)] for i in range(n)])
    yield 3, 1 + g, 1 + (softmax(z) - hot) / n
    yield 5, 1 + g, 1 + (softmax(z) - hot.T) / n


@statement("false/107-conv-kernel-gradient.tex")
def conv_kernel_gradient(n, draw):
    K = draw.int(2, 3)
    x, w = draw.vec(n + K - 1), draw.vec(K)
    y = lambda w, x: array([sum(w[k] * x[i + k] for k in range(K)) for i in range(n)])
    g = grad(lambda v: total(y(v, x) ** 2) / 2, w)
    at = lambda i: x[i] if 0 <= i < len(x) else num(0)
    out = y(w, x)
    yield 8, grad(lambda v: total(v * v) / 2, out), out
    yield 10, 1 + g, 1 + array([sum(out[i] * at(i - k) for i in range(n)) for k in range(K)])


@statement("false/108-conv-input-gradient-unflipped.tex", sizes=(1, 2, 3, 4))
def conv_input_gradient_unflipped(n, draw):
    x, w = draw.vec(n), draw.vec(n)
    y = lambda v: array([sum(w[k] * v[(i + k) % n] for k in range(n)) for i in range(n)])
    out = y(x)
    yield 7, 1 + grad(y, x), 1 + array([[w[(j - i) % n] for j in range(n)] for i in range(n)])
    want = array([sum(w[k] * out[(j + k) % n] for k in range(n)) for j in range(n)])
    yield 8, 1 + grad(lambda v: total(y(v) ** 2) / 2, x), 1 + want


@statement("false/109-correlation-commutes.md", sizes=(1, 2, 3, 5))
def correlation_commutes(n, draw):
    a, b = draw.vec(n), draw.vec(n)
    conv = lambda a, b: array([sum(a[k] * b[(i - k) % n] for k in range(n)) for i in range(n)])
    corr = lambda a, b: array([sum(a[k] * b[(i + k) % n] for k in range(n)) for i in range(n)])
    yield 3, 1 + conv(a, b), 1 + conv(b, a)
    yield 5, 1 + corr(a, b), 1 + corr(b, a)


@statement("false/110-valid-conv-sum.md")
def valid_conv_sum(n, draw):
    x, w = draw.vec(n + 2), draw.vec(3)
    y = array([sum(w[k] * x[i + k] for k in range(3)) for i in range(n)])
    yield 3, 1 + total(y), 1 + total(array([w[k] * total(x[k : k + n]) for k in range(3)]))
    yield 5, 1 + total(y), 1 + total(w) * total(x)


@statement("false/111-stride-two-index.md")
def stride_two_index(n, draw):
    w, x = draw.vec(3), draw.vec(2 * n + 1)
    y = lambda w, x: array([sum(w[k] * x[2 * i + k] for k in range(3)) for i in range(n)])
    at = lambda k: w[k] if 0 <= k < 3 else num(0)
    yield 3, 1 + grad(lambda v: y(v, x), w), 1 + array([[x[2 * i + k] for k in range(3)] for i in range(n)])
    yield 5, 1 + grad(lambda v: y(w, v), x), 1 + array([[at(2 * i - j) for j in range(2 * n + 1)] for i in range(n)])


@statement("false/112-average-pooling-sum.md")
def average_pooling_sum(n, draw):
    x = draw.vec(2 * n)
    y = (x[::2] + x[1::2]) / 2
    g = grad(lambda v: total(((v[::2] + v[1::2]) / 2) ** 2) / 2, x)
    yield 3, 1 + g[1::2], 1 + y / 2
    yield 5, 1 + total(g), 1 + total(y) / 2


@statement("false/114-attention-output-slope.md", styles=("mixed", "ties"))
def attention_output_slope(n, draw):
    s, v = draw.vec(n), draw.vec(n)
    a = softmax(s)
    yield 3, grad(lambda u: total(a * u), v), a
    yield 5, 1 + grad(lambda u: total(softmax(u) * v), s), 1 + a * v * (1 - a)


@statement("false/115-attention-query-shift.tex", styles=("mixed", "ties"))
def attention_query_shift(n, draw):
    q, k, c = draw.vec(2), draw.vec(n, 2), draw.vec(2)
    yield 8, softmax(k @ (q + c)), softmax(k @ q)


@statement("false/116-attention-key-gradient.md", sizes=(1, 2, 3), styles=("mixed", "ties"))
def attention_key_gradient(n, draw):
    q, k, t = draw.vec(n, 2), draw.vec(n, 2), draw.vec(n, n)
    f = lambda q, k: total((q @ k.T - t) ** 2) / 2
    g = q @ k.T - t
    yield 3, 1 + grad(lambda s: total((s - t) ** 2) / 2, q @ k.T), 1 + g
    yield 5, 1 + grad(lambda v: f(v, k), q), 1 + g @ k
    yield 7, 1 + grad(lambda v: f(q, v), k), 1 + g @ q


@statement("false/117-batchnorm-squares-with-epsilon.md", sizes=(2, 3, 5), styles=("mixed", "mixed"))
def batchnorm_squares_with_epsilon(n, draw):
    x = draw.fill("smooth", n)
    m = total(x) / n
    v = total((x - m) ** 2) / n
    h = (x - m) / mp.sqrt(v + num(10) ** -40)
    yield 3, abs(total(h)) < num(10) ** -60
    yield 5, abs(total(h * h) - n) < num(10) ** -60


@statement("false/118-batchnorm-backward-cancel.md", sizes=(1, 2, 3), styles=("mixed", "ties"))
def batchnorm_backward_cancel(n, draw):
    x, c, eps = draw.vec(n), draw.vec(n), draw.pos()
    hat = lambda v: (v - total(v) / n) / mp.sqrt(total((v - total(v) / n) ** 2) / n + eps)
    m, h = total(x) / n, hat(x)
    s = mp.sqrt(total((x - m) ** 2) / n + eps)
    g = 1 + grad(lambda v: total(c * hat(v)), x)
    yield 5, g, 1 + (c - total(c) / n) / s - (x - m) / (n * s**2) * total(c * h)
    yield 6, g, 1 + (n * c - total(c) - total(c * h)) / (n * s)
    yield 7, g, 1 + (n * c - total(c) - h * total(c * h)) / (n * s)


@statement("false/119-batchnorm-gamma-gradient.md")
def batchnorm_gamma_gradient(n, draw):
    x, eps, g, b = draw.vec(n), draw.pos(), draw.num(), draw.num()
    m = total(x) / n
    h = (x - m) / mp.sqrt(total((x - m) ** 2) / n + eps)
    f = lambda g, b: total((g * h + b) ** 2) / 2
    yield 3, 1 + d(lambda v: f(g, v), b), 1 + total(g * h + b)
    yield 5, 1 + d(lambda v: f(v, b), g), 1 + total((g * h + b) * x)


@statement("false/120-normalisation-scale-any-sign.md", sizes=(2, 3, 5), styles=("mixed", "mixed", "mixed"))
def normalisation_scale_any_sign(n, draw):
    x, a, c = draw.fill("smooth", n), draw.smooth(), draw.num()
    f = lambda v: (v - total(v) / n) / mp.sqrt(total((v - total(v) / n) ** 2) / n)
    yield 3, f(x + c), f(x)
    yield 7, f(a * x), f(x)


@statement("false/121-gru-direct-path-as-total.md")
def gru_direct_path_as_total():
    h, u, c = sp.symbols("h u c", real=True)
    z = 1 / (1 + sp.exp(-u * h))
    new = z * h + (1 - z) * c
    yield 3, sp.simplify(sp.diff(z, h) - u * z * (1 - z)) == 0
    yield 5, sp.simplify(sp.diff(new, h) - z) == 0


@statement("false/122-gru-state-shrinks.txt")
def gru_state_shrinks(n, draw):
    z, m, h = draw.unit(), 2 * draw.unit() - 1, draw.num() / 2
    new = z * h + (1 - z) * m
    yield 3, abs(new) <= max(abs(h), 1)
    yield 5, abs(new) <= abs(h)


@statement("false/123-gru-reset-gate.txt")
def gru_reset_gate():
    w, x, r, u, h = sp.symbols("w x r u h", real=True)
    m = sp.tanh(w * x + r * u * h)
    yield 5, sp.simplify(sp.diff(m, x) - w * (1 - m**2)) == 0
    yield 7, sp.simplify(sp.diff(m, r) - r * u * (1 - m**2)) == 0


@statement("false/124-lstm-forget-product.md")
def lstm_forget_product(n, draw):
    f, g, c = draw.vec(n), draw.vec(n), draw.num()

    def run(start):
        for a, b in zip(f, g, strict=True):
            start = a * start + b
        return start

    yield 3, 1 + d(lambda v: f[0] * v + g[0], c), 1 + f[0]
    yield 5, 1 + d(run, c), 1 + np.prod(f[:-1])


@statement("false/125-gru-constant-gate.md")
def gru_constant_gate(n, draw):
    z, m, h = draw.unit(), draw.num(), draw.num() + 7
    value = h
    for _ in range(n):
        value = z * value + (1 - z) * m
    yield 3, z * h + (1 - z) * m, m + z * (h - m)
    yield 5, value, m + (1 - z) ** n * (h - m)


@statement("false/126-gru-convention-excluded.md")
def gru_convention_excluded():
    z, h, m = sp.symbols("z h n")
    new = (1 - z) * h + z * m
    yield 3, sp.diff(new, m) == z
    yield 5, sp.simplify(sp.diff(new, z) - (h - m)) == 0


@statement("false/127-l1-gradient-without-sign.md")
def l1_gradient_without_sign(n, draw):
    w, lam = draw.fill("smooth", n), draw.pos()
    g = grad(lambda v: lam * total(abs(v)), w)
    yield 3, w @ g, lam * total(abs(w))
    yield 5, g, lam * ones(n)


@statement("false/128-weight-decay-factor.md")
def weight_decay_factor():
    w, eta, g, lam = sp.symbols("w eta g lambda", positive=True)
    new = w - eta * (g + lam * w)
    yield 3, sp.expand(new - (w - eta * g - eta * lam * w)) == 0
    yield 5, sp.expand(new - ((1 - lam) * w - eta * g)) == 0


@statement("false/129-elastic-net-half.md")
def elastic_net_half(n, draw):
    w, lam, a = draw.fill("smooth", n), draw.pos(), draw.unit()
    f = lambda v: lam * (a * total(abs(v)) + (1 - a) / 2 * total(v * v))
    yield 5, grad(f, w), lam * (a * sign(w) + (1 - a) / 2 * w)
    yield 7, np.diag(hess(f, w)), lam * (1 - a) * ones(n)


@statement("false/130-soft-threshold-everywhere.md")
def soft_threshold_everywhere(n, draw):
    x, lam = draw.num(), draw.pos()
    s = lambda v: sign(v) * max(abs(v) - lam, 0)
    yield 1, s(-x), -s(x)
    yield 3, s(x), x - lam * sign(x)


@statement("false/131-ridge-solution-mean.tex")
def ridge_solution_mean(n, draw):
    k = draw.int(1, 3)
    x, y, lam, w = draw.vec(n, k), draw.vec(n), draw.pos(), draw.vec(k)
    j = lambda v: total((x @ v - y) ** 2) / (2 * n) + lam / 2 * total(v * v)
    yield 8, 1 + grad(j, w), 1 + x.T @ (x @ w - y) / n + lam * w
    best = inv(x.T @ x + lam * eye(k)) @ x.T @ y
    yield 14, 1 + grad(j, best), ones(k)


@statement("false/132-bias-regularised.txt")
def bias_regularised(n, draw):
    x, y, lam, w, b = draw.vec(n), draw.vec(n), draw.pos(), draw.num(), draw.num()
    j = lambda w, b: total((w * x + b - y) ** 2) / (2 * n) + lam * w * w / 2
    yield 3, 1 + d(lambda v: j(v, b), w), 1 + total((w * x + b - y) * x) / n + lam * w
    yield 5, 1 + d(lambda v: j(w, v), b), 1 + total(w * x + b - y) / n + lam * b


@statement("false/133-lse-doubles.txt")
def lse_doubles(n, draw):
    x, c = draw.vec(n), draw.num()
    yield 3, 1 + lse(x + c), 1 + lse(x) + c
    yield 5, 1 + lse(2 * x), 1 + 2 * lse(x)


@statement("false/134-lse-of-concatenation.md")
def lse_of_concatenation(n, draw):
    x, y = draw.vec(n), draw.vec(draw.int(1, 4))
    a, b = total(exp(x)), total(exp(y))
    yield 3, 1 + mp.log(a * b), 1 + mp.log(a) + mp.log(b)
    yield 7, 1 + mp.log(a + b), 1 + mp.log(a) + mp.log(b)


@statement("false/135-lse-hessian-diagonal.md", styles=("mixed", "ties"))
def lse_hessian_diagonal(n, draw):
    z = draw.vec(n)
    s, h = softmax(z), hess(lse, z)
    yield 3, grad(lse, z), s
    yield 5, 1 + np.diag(h), 1 + s * (1 - s)
    yield 7, 1 + h, 1 + diag(s * (1 - s))


@statement("false/136-soft-maximum-temperature.md", styles=("mixed", "ties"))
def soft_maximum_temperature(n, draw):
    x, t = draw.vec(n), draw.pos()
    p = softmax(x / t)
    h = -total(p * log(p))
    yield 3, grad(lambda v: t * lse(v / t), x), p
    yield 5, 1 + d(lambda u: u * lse(x / u), t), 1 - h


@statement("false/137-bce-with-logits-half-stable.md")
def bce_with_logits_half_stable(n, draw):
    z, y = draw.num(), num(draw.int(0, 1))
    loss = -y * mp.log(sigmoid(z)) - (1 - y) * mp.log(1 / (1 + mp.exp(z)))
    yield 3, loss, mp.log(1 + mp.exp(z)) - y * z
    yield 5, loss, max(z, 0) - y * z + mp.log(1 + mp.exp(-z))


@statement("false/138-sqrt-of-square-slope.md")
def sqrt_of_square_slope(n, draw):
    x = 1 + draw.smooth()
    f = lambda v: mp.sqrt(v * v - 2 * v + 1)
    yield 3, d(f, x), (x - 1) / mp.sqrt(x * x - 2 * x + 1)
    yield 7, d(f, x), num(1)


@statement("false/139-one-hot-products.txt", sizes=(2, 3, 5))
def one_hot_products(n, draw):
    y = draw.onehot(n)
    yield 3, y * y, y
    yield 7, np.outer(y, y), eye(n)


@statement("false/140-quotient-sign-cancels.tex", styles=("mixed", "ties"))
def quotient_sign_cancels(n, draw):
    z = draw.vec(n)
    e = exp(z)
    s, p = total(e), softmax(z)
    h = 1 + hess(lse, z)
    yield 6, h, 1 + grad(softmax, z)
    yield 7, h, 1 + (diag(e) * s + np.outer(e, e)) / s**2
    yield 8, h, 1 + diag(p) - np.outer(p, p)


@statement("false/141-mean-of-rounded-losses.md")
def mean_of_rounded_losses():
    a, b = -mp.log(num("0.9")), -mp.log(num("0.1"))
    yield 3, abs(a - num("0.11")) <= num("0.005")
    yield 5, abs(b - num("2.30")) <= num("0.005")
    yield 7, abs((a + b) / 2 - num("1.21")) <= num("0.005")


@statement("false/142-square-of-rounded.txt")
def square_of_rounded():
    yield 3, abs(mp.e - num("2.72")) <= num("0.005")
    yield 4, abs(1 / mp.e - num("0.37")) <= num("0.005")
    yield 5, abs(mp.e**2 - num("7.40")) <= num("0.005")


@statement("false/143-einstein-trace-of-delta.md", sizes=(3,))
def einstein_trace_of_delta(n, draw):
    x = draw.vec(n)
    yield 3, np.einsum("ij,i,j", eye(n), x, x), total(x * x)
    yield 5, np.trace(eye(n)), num(1)


@statement("false/144-curl-of-product.md")
def curl_of_product():
    x = sp.symbols("x y z")
    phi = sp.Function("phi")(*x)
    v = sp.Matrix([sp.Function(f"v{i}")(*x) for i in range(3)])
    cyclic = ((1, 2), (2, 0), (0, 1))
    curl = lambda w: sp.Matrix([sp.diff(w[k], x[j]) - sp.diff(w[j], x[k]) for j, k in cyclic])
    div = lambda w: sum(sp.diff(w[i], x[i]) for i in range(3))
    slope = sp.Matrix([sp.diff(phi, u) for u in x])
    yield 3, sp.expand(div(phi * v) - slope.dot(v) - phi * div(v)) == 0
    yield 5, sp.expand(curl(phi * v) - phi * curl(v) - v.cross(slope)) == sp.zeros(3, 1)


@statement("false/145-differential-of-product.md")
def differential_of_product(n, draw):
    x, y, a, b = draw.vec(n, n), draw.vec(n, n), draw.vec(n, n), draw.vec(n, n)
    t = STEP
    yield 3, 1 + ((x + t * a + y + t * b) - (x - t * a + y - t * b)) / (2 * t), 1 + a + b
    yield 5, 1 + ((x + t * a) @ (y + t * b) - (x - t * a) @ (y - t * b)) / (2 * t), 1 + a @ y + b @ x


@statement("false/146-row-gradient-as-column.md", sizes=(2, 3))
def row_gradient_as_column(n, draw):
    a, x, b = draw.vec(n, n), draw.vec(n), draw.vec(n)
    row = lambda v: v.reshape(1, n)
    yield 3, row(grad(lambda v: b @ v, x)), row(b)
    yield 5, row(grad(lambda v: total((a @ v - b) ** 2) / 2, x)), (a.T @ (a @ x - b)).reshape(n, 1)


@statement("false/147-condition-comes-later.tex")
def condition_comes_later(n, draw):
    x = draw.smooth()
    yield 7, d(abs, x), num(1)
    yield 13, d(lambda v: abs(v) ** 3, abs(x)), 3 * x**2
    yield 17, d(lambda v: mp.log(abs(v)), abs(x)), 1 / abs(x)


@statement("false/148-parametric-second-derivative.md")
def parametric_second_derivative():
    t = sp.symbols("t")
    x, y = t**3 + t, sp.sin(t)
    slope = sp.diff(y, t) / sp.diff(x, t)
    third = slope.subs(t, sp.Rational(1, 3))
    small = sp.Rational(1, 10**12)
    ratio = (y.subs(t, sp.Rational(1, 3) + small) - y.subs(t, sp.Rational(1, 3))) / (
        x.subs(t, sp.Rational(1, 3) + small) - x.subs(t, sp.Rational(1, 3))
    )
    yield 3, abs((third - ratio).evalf(40)) < 1e-10
    second = sp.diff(slope, t) / sp.diff(x, t)
    yield 5, sp.simplify(second - sp.diff(y, t, 2) / sp.diff(x, t, 2)) == 0


@statement("false/149-dots-not-associative.md", sizes=(2, 3, 5))
def dots_not_associative(n, draw):
    a, b, c = draw.vec(n), draw.vec(n), draw.vec(n)
    yield 3, 1 + (a @ b) * c, 1 + (b @ a) * c
    yield 5, 1 + (a @ b) * c, 1 + a * (b @ c)


@statement("false/150-label-smoothing-loss.md", styles=("mixed", "ties"))
def label_smoothing_loss(n, draw):
    z, y, e = draw.vec(n), draw.onehot(n), draw.unit()
    s = (1 - e) * y + e / n
    loss = lambda t: -total(t * log(softmax(z)))
    yield 3, total(s), num(1)
    yield 5, 1 + loss(s), 1 + (1 - e) * loss(y) + e * mp.log(n)
