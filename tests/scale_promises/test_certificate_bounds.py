"""Certificates are compared with optima computed to 50 digits by a Newton's method written for this test."""

from itertools import pairwise

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf
from sklearn.datasets import load_digits, load_iris

from chainrule import Blocks, SoftmaxRegression


class Exact:
    """The mean objective in 50 digits, as a function of one vector.

    Logit j of row i is the inner product of `design[i][j]` and the vector. Two classes have the logits 0 and z. Of
    three or more, the last intercept is 0, which no probability and no weight notices.
    """

    def __init__(self, x, targets, C, *, intercept=True, weights=None, scale=None):
        n, d = x.shape
        k = targets.shape[1]
        self.k, self.d, self.intercept, self.n = k, d, intercept, n
        vectors = 1 if k == 2 else k
        free = (1 if k == 2 else k - 1) if intercept else 0
        self.size = vectors * d + free
        self.vectors = vectors
        scale = [mpf(1)] * d if scale is None else scale
        self.strength = [mpf(1) / mpf(float(C)) * scale[j] ** 2 for _ in range(vectors) for j in range(d)]
        self.strength += [mpf(0)] * free
        self.weights = [mpf(float(w)) for w in (np.ones(n) if weights is None else weights)]
        self.targets = [[mpf(float(t)) for t in row] for row in targets]
        self.design = []
        for row in x:
            numbers = [mpf(float(v)) for v in row]
            logits = []
            for j in range(k):
                column = [mpf(0)] * self.size
                vector = j - 1 if k == 2 else j
                if vector >= 0:
                    column[vector * d : (vector + 1) * d] = numbers
                    if intercept and vector < free:
                        column[vectors * d + vector] = mpf(1)
                logits.append(column)
            self.design.append(logits)

    def pack(self, coef, intercept):
        flat = [mpf(float(v)) for v in np.asarray(coef, float).reshape(-1)]
        if self.intercept:
            own = [mpf(float(v)) for v in intercept]
            flat += own if self.k == 2 else [b - own[-1] for b in own[:-1]]
        return flat

    def chances(self, vector):
        for logits in self.design:
            z = [mpmath.fdot(zip(column, vector, strict=True)) for column in logits]
            top = max(z)
            total = mpmath.fsum(mp.exp(v - top) for v in z)
            yield z, top + mp.log(total), [mp.exp(v - top) / total for v in z]

    def value(self, vector):
        total = mpf(0)
        for w, targets, (z, log_sum, _) in zip(self.weights, self.targets, self.chances(vector), strict=True):
            total += w * mpmath.fsum(t * (log_sum - v) for t, v in zip(targets, z, strict=True))
        return total + mpmath.fsum(s * v * v for s, v in zip(self.strength, vector, strict=True)) / 2

    def slope(self, vector):
        gradient = [s * v for s, v in zip(self.strength, vector, strict=True)]
        hessian = mp.diag(self.strength)
        for w, targets, logits, (_, _, p) in zip(
            self.weights, self.targets, self.design, self.chances(vector), strict=True
        ):
            mean = [mpmath.fsum(p[j] * logits[j][a] for j in range(self.k)) for a in range(self.size)]
            for a in range(self.size):
                gradient[a] += w * (mean[a] - mpmath.fsum(targets[j] * logits[j][a] for j in range(self.k)))
                for b in range(a + 1):
                    second = mpmath.fsum(p[j] * logits[j][a] * logits[j][b] for j in range(self.k))
                    hessian[a, b] += w * (second - mean[a] * mean[b])
                    hessian[b, a] = hessian[a, b]
        return gradient, hessian

    def optimum(self, start):
        vector, value = start, self.value(start)
        for _ in range(400):
            gradient, hessian = self.slope(vector)
            if mpmath.norm(gradient) < mpf(10) ** -40:
                return vector
            step = mp.lu_solve(hessian, mp.matrix([-g for g in gradient]))
            size = mpf(1)
            for _ in range(60):
                tried = [v + size * s for v, s in zip(vector, step, strict=True)]
                lower = self.value(tried)
                if lower <= value:
                    break
                size /= 2
            if lower > value or (lower == value and mpmath.norm(gradient) < mpf(10) ** -35):
                break
            vector, value = tried, lower
        assert mpmath.norm(gradient) < mpf(10) ** -30
        return vector


def draw(n, d, k, seed):
    rng = np.random.default_rng([seed, n, d, k])
    x = rng.normal(size=(n, d)) + 0.3
    y = (x @ rng.normal(size=(d, k)) + rng.gumbel(size=(n, k))).argmax(1)
    y[:k] = range(k)
    return x, y


def one_hot(y, k=None):
    return np.eye(k or y.max() + 1)[y]


def check(model, exact, *, gap=True, digits=60):
    with mp.workdps(digits):
        here = exact.pack(model.coef_, model.intercept_)
        best = exact.optimum(list(here))
        count = exact.vectors * exact.d
        off = [a - b for a, b in zip(here[:count], best[:count], strict=True)]
        distance = mpmath.norm(off)
        certificate = model.certificate_
        assert certificate is not None
        assert distance <= mpf(float(certificate.distance)), f"{mp.nstr(distance, 5)}: {certificate}"
        if gap:
            above = (exact.value(here) - exact.value(best)) / exact.n
            assert above <= mpf(float(certificate.gap)), f"{mp.nstr(above, 5)}: {certificate}"
        return distance, certificate


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("tol", [0.5, 1e-4, 1e-14])
@pytest.mark.parametrize("C", [0.01, 1.0, 300.0])
@pytest.mark.parametrize(("n", "d", "k"), [(9, 2, 2), (11, 2, 3), (6, 3, 4)])
def test_the_optimum_is_within_the_distance(n, d, k, C, tol):
    x, y = draw(n, d, k, seed=1)
    with mp.workdps(60):
        exact = Exact(x, one_hot(y), C)
        check(SoftmaxRegression(C=C, tol=tol, certify=True, max_iter=1000).fit(x, y), exact)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("solver", ["auto", "newton-cg"])
def test_it_holds_far_from_the_optimum(steps, solver):
    x, y = draw(11, 2, 3, seed=2)
    with mp.workdps(60):
        model = SoftmaxRegression(C=50.0, tol=1e-14, max_iter=steps, certify=True, solver=solver).fit(x, y)
        check(model, Exact(x, one_hot(y), 50.0))


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_it_holds_in_float32(size):
    x, y = draw(11, 2, 3, seed=3)
    x = (x * size).astype(np.float32)
    with mp.workdps(60):
        exact = Exact(x, one_hot(y), 1.0)
        check(SoftmaxRegression(tol=1e-6, certify=True, max_iter=1000).fit(x, y), exact)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("C", [1.0, 1e4, 1e7])
def test_it_holds_for_separable_classes(C):
    x = np.array([[-3.0, 1.0], [-2.0, -1.0], [-1.5, 0.4], [1.0, 0.3], [2.0, -2.0], [2.5, 1.0]])
    y = np.array([0, 0, 0, 1, 1, 1])
    model = SoftmaxRegression(C=C, tol=1e-12, certify=True, max_iter=1000).fit(x, y)
    if model.certificate_ is None and C > 1e4:
        pytest.skip("no certificate is allowed if rounding exceeds the curvature")
    with mp.workdps(60):
        check(model, Exact(x, one_hot(y), C))


def test_it_holds_with_weights_smoothing_and_probabilities():
    x, y = draw(11, 2, 4, seed=4)  # with four classes and an eighth, targets are exact in float64
    weights = np.array([2, 3, 0.5, 1, 2, 0, 0.25, 1, 7, 1, 1])
    soft = np.random.default_rng(0).multinomial(64, [0.2, 0.5, 0.1, 0.2], size=11) / 64
    with mp.workdps(60):
        given = {"certify": True, "tol": 1e-8}
        check(SoftmaxRegression(**given).fit(x, y, weights), Exact(x, np.eye(4)[y], 1.0, weights=weights), gap=False)
        smooth = one_hot(y) * 0.875 + 0.125 / 4
        model = SoftmaxRegression(label_smoothing=0.125, **given).fit(x, y)
        check(model, Exact(x, smooth, 1.0))
        model = SoftmaxRegression(targets="proba", **given).fit(x, soft)
        check(model, Exact(x, soft, 1.0))


def test_it_holds_without_intercepts_and_standardised():
    x, y = draw(11, 2, 3, seed=5)
    x = x * [0.02, 40.0]
    with mp.workdps(60):
        model = SoftmaxRegression(fit_intercept=False, certify=True).fit(x, y)
        check(model, Exact(x, one_hot(y), 1.0, intercept=False))
        columns = [[mpf(float(v)) for v in column] for column in x.T]
        means = [mpmath.fsum(c) / len(c) for c in columns]
        scale = [mp.sqrt(mpmath.fsum((v - m) ** 2 for v in c) / len(c)) for c, m in zip(columns, means, strict=True)]
        model = SoftmaxRegression(standardize=True, certify=True).fit(x, y)
        check(model, Exact(x, one_hot(y), 1.0, scale=scale))


def test_it_holds_for_a_large_offset():
    x, y = draw(11, 2, 3, seed=6)
    x = x + 1e5
    with mp.workdps(90):  # with 60 digits, values at this offset do not lead to the last digits of the optimum
        model = SoftmaxRegression(certify=True, tol=1e-8, max_iter=1000).fit(x, y)
        if model.certificate_ is not None:
            check(model, Exact(x, one_hot(y), 1.0), digits=90)


def test_it_holds_for_a_rare_class_and_a_heavy_row():
    x, y = draw(11, 2, 3, seed=7)
    y[:] = [0, 1, 2, 0, 1, 0, 1, 0, 1, 0, 1]
    weights = np.ones(11)
    weights[2], weights[0] = 1e-8, 1e6
    model = SoftmaxRegression(certify=True, tol=1e-10, max_iter=1000).fit(x, y, weights)
    with mp.workdps(60):
        if model.certificate_ is not None:
            check(model, Exact(x, one_hot(y), 1.0, weights=weights), gap=False)


@pytest.mark.parametrize("data", [load_iris, load_digits])
def test_fits_agree_within_the_sum_of_their_certificates(data, tmp_path):
    x, y = data(return_X_y=True)
    np.save(tmp_path / "x.npy", x)
    source = Blocks(tmp_path / "x.npy", labels=y)
    fits = []
    for options in ({}, {"tol": 1e-2}, {"tol": 1e-8}, {"solver": "newton-cg"}, {"dtype": "float32"}, {"n_jobs": 1}):
        given = x if len(fits) % 2 else source  # entries of both are exact in float32, or the same float64
        if "dtype" in options and data is load_iris:
            continue  # its entries change in float32
        fits.append(SoftmaxRegression(C=0.1, max_iter=1000, certify=True, **options).fit(given, y))
    assert all(fit.certificate_.distance > 0 for fit in fits)
    for one in fits:
        for other in fits:
            distance = np.linalg.norm(one.coef_.astype(float) - other.coef_)
            assert distance <= one.certificate_.distance + other.certificate_.distance


def test_distances_fall_with_tol():
    """Of samples for which Newton steps take time: where they take none, fits go further than `tol` asks."""
    x, y = load_digits(return_X_y=True)
    distances = [
        SoftmaxRegression(tol=tol, certify=True, max_iter=1000).fit(x / 16, y).certificate_.distance
        for tol in (1e-1, 1e-5, 1e-12)
    ]
    assert all(later < sooner for sooner, later in pairwise(distances))
    assert distances[-1] < 1e-4


def test_there_is_none_where_nothing_is_known():
    x, y = draw(40, 2, 3, seed=8)
    x[::2] *= -1  # classes overlap
    assert SoftmaxRegression(C=np.inf, certify=True, max_iter=1000).fit(x, y).certificate_ is None
    weights = np.where(np.arange(40) == 20, -0.01, 1)
    assert SoftmaxRegression(C=0.1, certify=True).fit(x, y, weights).certificate_ is None
    assert SoftmaxRegression(certify=False).fit(x, y).certificate_ is None
