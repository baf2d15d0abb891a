"""Samples on which solvers stumble: nothing that is not finite, and no optimum claimed that is none.

Every case is fitted twice, as float64 and as float32. What must be true of each: the attributes are finite, the fit has
converged or says why not, the gradient it reports is that of plain formulas in float64, up to a bound on rounding, and
the objective is at most that of the frequencies of the classes. Where the fit says that it has converged, Newton's
decrement by plain formulas is at most tol times the objective.
"""

import warnings

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.exceptions import ConvergenceWarning

from chainrule import SoftmaxRegression

rng = np.random.default_rng(7)


def labelled(X, classes=3, noise=1.0):
    """Labels that follow the standardised features, with noise."""
    spread = X.std(axis=0)
    Z = (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1)
    logits = Z @ np.random.default_rng(X.shape[1]).normal(size=(X.shape[1], classes))
    return (logits + noise * np.random.default_rng(5).gumbel(size=logits.shape)).argmax(axis=1)


def correlated():
    X = rng.normal(size=(200, 1)) + 1e-4 * rng.normal(size=(200, 6))
    return X, labelled(X)


def badly_scaled(offset=0.0):
    X = (rng.normal(size=(200, 7)) + offset) * 10.0 ** np.arange(-6, 7, 2)
    return X, labelled(X)


def constant():
    X = np.hstack([rng.normal(size=(100, 2)), np.full((100, 1), 3.0), np.zeros((100, 1)), np.full((100, 1), 0.1)])
    return X, labelled(X)


def duplicated():
    X = rng.normal(size=(100, 3))
    X = np.hstack([X, X, 2 * X])
    return X, labelled(X)


def wide():
    X = rng.normal(size=(20, 60))
    return X, labelled(X)


def rare():
    X = rng.normal(size=(10_001, 3))
    return X, np.arange(10_001) // 10_000


def rare_of_three():
    X = rng.normal(size=(10_001, 2))
    return X, np.where(np.arange(10_001) == 17, 2, (X[:, 0] + rng.normal(size=10_001) > 0).astype(int))


def separable(classes):
    X = rng.normal(size=(90, 2)) + 10 * np.eye(3)[np.arange(90) % classes][:, :2] * [1, -1]
    return X, np.arange(90) % classes


def offset(spread=1.0):
    X = 1e6 + spread * rng.normal(size=(300, 3))
    return X, labelled(X)


def many_classes():
    y = np.arange(900) % 300
    return rng.normal(size=(300, 5))[y] + rng.normal(size=(900, 5)), y


def subnormal():
    X = rng.normal(size=(60, 3))
    y = labelled(X)
    return X * 1e-310, y  # in float32, zeros


def tiny():
    X = rng.normal(size=(60, 3))
    return X * 1e-25, labelled(X)


def one_feature():
    X = rng.normal(size=(50, 1))
    return X, labelled(X, 2)


def outlier():
    X = rng.normal(size=(100, 2))
    y = labelled(X)
    X[0] = [1e8, -1e8]
    return X, y


def large():
    X = rng.normal(size=(100, 3)) * 1e15
    return X, labelled(X)


two = (np.array([[0.0, 1.0], [1.0, 0.5]]), np.array([0, 1]))
span = np.logspace(-12, 12, 120)

CASES = {
    "correlated": (correlated(), {}),
    "correlated, no penalty": (correlated(), {"C": np.inf}),
    "badly scaled": (badly_scaled(), {}),
    "badly scaled, off centre": (badly_scaled(10.0), {}),
    "badly scaled, standardised": (badly_scaled(), {"standardize": True}),
    "badly scaled, no intercept": (badly_scaled(), {"fit_intercept": False}),
    "constant": (constant(), {}),
    "constant, no penalty": (constant(), {"C": np.inf}),
    "constant, standardised": (constant(), {"standardize": True}),
    "duplicated": (duplicated(), {}),
    "duplicated, no penalty": (duplicated(), {"C": np.inf}),
    "wide": (wide(), {}),
    "wide, no penalty": (wide(), {"C": np.inf}),
    "one in 10000": (rare(), {}),
    "one in 10000, no penalty": (rare(), {"C": np.inf}),
    "one in 10000, balanced": (rare(), {"class_weight": "balanced"}),
    "one of a third class": (rare_of_three(), {"C": 100.0}),
    "separable, C=1e6": (separable(2), {"C": 1e6}),
    "separable, no penalty": (separable(2), {"C": np.inf}),
    "three separable, C=1e6": (separable(3), {"C": 1e6}),
    "three separable, no penalty": (separable(3), {"C": np.inf}),
    "offset": (offset(), {}),
    "offset, no penalty": (offset(), {"C": np.inf}),
    "offset, standardised": (offset(), {"standardize": True}),
    "offset, no intercept": (offset(), {"fit_intercept": False}),
    "300 classes": (many_classes(), {}),
    "300 classes, no penalty": (many_classes(), {"C": np.inf}),
    "subnormal": (subnormal(), {}),
    "subnormal, no penalty": (subnormal(), {"C": np.inf}),
    "subnormal, standardised": (subnormal(), {"standardize": True}),
    "one feature": (one_feature(), {}),
    "one feature, no penalty": (one_feature(), {"C": np.inf}),
    "two samples": (two, {}),
    "two samples, no penalty": (two, {"C": np.inf}),
    "outlier": (outlier(), {}),
    "large": (large(), {}),
    "tiny C": (one_feature(), {"C": 1e-12}),
    "tiny": (tiny(), {}),
    "tiny, no penalty": (tiny(), {"C": np.inf}),
}


def fitted(X, y, weights=None, **parameters):
    """The model, and the ConvergenceWarnings; any other warning is an error."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("error")
        warnings.simplefilter("always", ConvergenceWarning)
        model = SoftmaxRegression(**parameters).fit(X, y, weights)
    return model, [warning for warning in caught if warning.category is ConvergenceWarning]


def plainly(coef, intercept, X, y, weights, C, scale):
    """F in float64, its gradient, and a bound on how far rounding logits at `u` can move the gradient, over u."""
    X, coef, intercept = X.astype(np.float64), coef.astype(np.float64), intercept.astype(np.float64)
    classes, labels = np.unique(y, return_inverse=True)
    share = (np.ones(len(y)) if weights is None else weights) / (len(y) if weights is None else weights.sum())
    mass = len(y) if weights is None else weights.sum()
    logits = X @ coef.T + intercept
    logits = np.hstack([0 * logits, logits]) if len(classes) == 2 else logits
    log_probs = log_softmax(logits, axis=1)
    rows = np.eye(len(classes))[labels]
    penalised = coef.T * scale[:, None]
    value = -share @ np.sum(rows * log_probs, axis=1) + np.sum(penalised**2) / (2 * C * mass)
    pull = share[:, None] * (np.exp(log_probs) - rows)[:, -len(coef) :]
    gradient = np.vstack([X.T @ pull + penalised * scale[:, None] / (C * mass), pull.sum(axis=0)])
    sizes = (abs(X) @ abs(coef.T) + abs(intercept)).max(axis=1) + 1
    reach = np.append(abs(X).T @ (share * sizes), share @ sizes)
    return value, gradient, 2 * (X.shape[1] + 4) * reach.max()


def decrement(coef, intercept, X, y, weights, C, scale, fit_intercept):
    """g . H^-1 g / 2 in float64, on centred features of size 1, and how far rounding the logits can move it, over u."""
    X, coef, intercept = X.astype(np.float64), coef.astype(np.float64), intercept.astype(np.float64)
    classes, labels = np.unique(y, return_inverse=True)
    mass = len(y) if weights is None else weights.sum()
    share = (np.ones(len(y)) if weights is None else weights) / mass
    logits = X @ coef.T + intercept
    logits = np.hstack([0 * logits, logits]) if len(classes) == 2 else logits
    probs = np.exp(log_softmax(logits, axis=1))
    k = len(coef)
    A = np.hstack([X - share @ X, np.ones((len(X), 1))]) if fit_intercept else X
    penalty = scale**2 / (C * mass)
    inside = np.vstack([coef.T, np.zeros((1, k))]) if fit_intercept else coef.T
    penalty = np.append(penalty, 0.0) if fit_intercept else penalty
    unit = np.sqrt(share @ A**2 + penalty)
    unit[unit == 0] = 1
    B = A / unit
    pull = share[:, None] * (probs - np.eye(len(classes))[labels])[:, -k:]
    g = B.T @ pull + (penalty / unit)[:, None] * inside
    each = probs[:, -k:, None] * (np.eye(k) - probs[:, None, -k:])
    H = np.einsum("i,ia,ikm,ib->akbm", share, B, each, B, optimize=True).reshape(g.size, g.size)
    H += np.diag(np.repeat(penalty / unit**2, k))
    values, vectors = np.linalg.eigh(H)
    along = (vectors.T @ g.ravel()) ** 2
    # Directions whose curvature is rounding error alone: what all logits share, and what no sample shows.
    real = values > 1e-13 * values.max()
    sizes = (abs(X) @ abs(coef.T) + abs(intercept)).max(axis=1) + 1
    moved = (2 * (X.shape[1] + 4) * (abs(B).T @ (share * sizes))).max() ** 2 * k
    return np.sum(along[real] / values[real]) / 2, moved / values[real].min()


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("case", CASES)
def test_hard_samples_are_fitted_or_it_is_said_that_they_are_not(case, dtype):
    (X, y), parameters = CASES[case]
    X = X.astype(dtype)
    model, caught = fitted(X, y, **parameters)
    for name in ("coef_", "intercept_", "objective_", "gradient_norm_"):
        assert np.isfinite(getattr(model, name)).all(), name
    assert len(caught) == (not model.converged_)
    assert np.isfinite(model.predict_log_proba(X)).all()
    # All of it is looked at in float64, coefficients that are shown in float32 too.
    X, shown = X.astype(np.float64), (model.coef_.astype(np.float64), model.intercept_.astype(np.float64))
    classes, labels = np.unique(y, return_inverse=True)
    weights = None
    if parameters.get("class_weight"):
        weights = (len(y) / (len(classes) * np.bincount(labels)))[labels]
    scale = np.ones(X.shape[1])
    if parameters.get("standardize"):
        scale = X.astype(np.float64).std(axis=0)
        scale[np.ptp(X, axis=0) == 0] = 1
    C, intercept = parameters.get("C", 1.0), parameters.get("fit_intercept", True)
    value, gradient, reach = plainly(*shown, X, y, weights, C, scale)
    gradient = gradient if intercept else gradient[:-1]
    shares = np.bincount(labels, weights) / (len(y) if weights is None else weights.sum())
    start = -shares @ np.log(shares) if intercept else np.log(len(classes))
    rounding = np.finfo(dtype).eps * reach
    assert value <= start + rounding
    if model.converged_:
        left, moved = decrement(*shown, X, y, weights, C, scale, intercept)
        # Coefficients are rounded as X is.
        noise = moved * np.finfo(dtype).eps ** 2
        scale_of = value if np.isfinite(C) else max(value, 1e-4)
        assert np.sqrt(left) <= np.sqrt(1.01e-4 * scale_of) + np.sqrt(noise)
    assert model.gradient_norm_ == pytest.approx(abs(gradient).max(), rel=1e-9, abs=rounding)


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if "no penalty" not in case and case != "large"],
)
def test_in_float64_hard_samples_with_a_penalty_converge(case):
    (X, y), parameters = CASES[case]
    model, caught = fitted(X, y, **parameters)
    assert model.converged_, [str(warning.message) for warning in caught]


def optimum_in_standardised_features(X, y, C):
    """Newton's method, by hand: F at the optimum of a penalised softmax, whatever the features' offsets and scales."""
    X = np.asarray(X, dtype=np.longdouble)
    centre, classes = X.mean(axis=0), np.unique(y)
    A = np.hstack([np.asarray(X - centre, dtype=np.float64), np.ones((len(y), 1))])
    T = (y[:, None] == classes).astype(np.float64)
    n, d = A.shape
    k = len(classes)
    theta = np.zeros((d, k))
    theta[-1] = np.log(T.mean(axis=0))
    penalty = np.append(np.full(d - 1, 1 / (C * n)), 0)
    unit = 1 / np.sqrt(np.mean(A**2, axis=0) + penalty)
    for _ in range(60):
        S = np.exp(log_softmax(A @ theta, axis=1))
        g = A.T @ (S - T) / n + penalty[:, None] * theta
        B = A * unit
        H = np.einsum("ia,ikm,ib->akbm", B, S[:, :, None] * (np.eye(k) - S[:, None, :]), B, optimize=True) / n
        H = H.reshape(d * k, d * k) + np.diag(np.repeat(penalty * unit**2, k))
        step = -np.linalg.lstsq(H, (g * unit[:, None]).ravel(), rcond=1e-14)[0].reshape(d, k) * unit[:, None]
        before, length = penalised_loss(theta, A, T, penalty), 1.0
        while length > 1e-10 and penalised_loss(theta + length * step, A, T, penalty) > before:
            length /= 2
        theta = theta + length * step
    return penalised_loss(theta, A, T, penalty)


def penalised_loss(theta, A, T, penalty):
    return -np.mean(np.sum(T * log_softmax(A @ theta, axis=1), axis=1)) + np.sum(penalty[:, None] * theta**2) / 2


@pytest.mark.parametrize("case", ["correlated", "badly scaled", "badly scaled, off centre", "duplicated", "offset"])
def test_the_objective_is_that_of_newtons_method_on_centred_features(case):
    (X, y), parameters = CASES[case]
    model, _ = fitted(X, y, tol=1e-18, max_iter=500, **parameters)
    best = optimum_in_standardised_features(X, y, parameters.get("C", 1.0))
    # With |g| <= tol, F is above its minimum by at most |g| |theta - optimum|, 1e-9 times weights of size 1e3 or less
    # where the features are small. Logits of terms as large as |x| |W| are rounded in proportion.
    rounding = 1e-12 + np.finfo(float).eps * abs(X).max() * abs(model.coef_).sum()
    assert -rounding <= model.objective_ - best <= 1e-6


def test_float32_features_with_an_offset_are_told_apart():
    """Around 1e6 float32 numbers are 1/16 apart, which leaves these features four digits that matter."""
    (X, y), _ = CASES["offset"]
    X = X.astype(np.float32)
    narrow, caught = fitted(X, y)
    wide, _ = fitted(X.astype(np.float64), y)
    assert wide.score(X, y) > 0.5
    # Logits are sums of terms of size 1e6 |W|, which float32 rounds by 1/16 |W|; averaged over 300 samples, a loss of
    # size 1 keeps two digits. That this is no optimum is said, with the remedy.
    value = plainly(narrow.coef_, narrow.intercept_, X, y, None, 1.0, np.ones(3))[0]
    assert wide.objective_ - 1e-9 <= value < wide.objective_ + 0.01
    assert np.mean(narrow.predict(X) == wide.predict(X.astype(np.float64))) > 0.95
    assert narrow.converged_ or "float64" in str(caught[0].message)


def test_weights_over_24_orders_of_magnitude():
    X = np.random.default_rng(0).normal(size=(120, 3))
    y = labelled(X)
    weights = np.random.default_rng(1).permutation(span)
    model, caught = fitted(X, y, weights, tol=1e-16, C=1e-11)
    assert model.converged_
    assert not caught
    _, gradient, reach = plainly(model.coef_, model.intercept_, X, y, weights, 1e-11, np.ones(3))
    assert abs(gradient).max() <= 1e-8 + 2**-52 * reach
    heaviest, _ = fitted(X[weights > 1e-2], y[weights > 1e-2], weights[weights > 1e-2], tol=1e-16, C=1e-11)
    # The others are 1e-14 of the whole; what moves is what two gradients of 1e-8 allow.
    np.testing.assert_allclose(model.coef_, heaviest.coef_, atol=1e-5)


@pytest.mark.parametrize("standardize", [False, True])
def test_a_feature_of_another_unit_has_the_coefficient_in_that_unit_without_a_penalty(standardize):
    X = np.random.default_rng(0).normal(size=(150, 3))
    y = labelled(X, 3, noise=2.0)
    units = np.array([1e-5, 1.0, 1e5])
    plain, _ = fitted(X, y, C=np.inf, tol=1e-23)
    scaled, _ = fitted(X * units, y, C=np.inf, tol=1e-23, standardize=standardize, max_iter=500)
    # Units that are 1e10 apart raise rounding errors of 1e-16 to 1e-6.
    np.testing.assert_allclose(scaled.coef_ * units, plain.coef_, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", [2, 3])
def test_a_separable_fit_without_penalty_has_a_loss_near_zero_or_says_that_it_has_none(kind):
    X, y = separable(kind)
    model, caught = fitted(X, y, C=np.inf, tol=1e-23)
    assert model.score(X, y) == 1
    assert model.objective_ < 1e-6
    assert model.converged_ or "converge" in str(caught[0].message)
    assert np.isfinite(model.predict_log_proba(X * 1e6)).all()


@pytest.mark.parametrize("C", [1.0, np.inf])
def test_coefficients_of_tiny_features_have_the_dtype_of_the_samples(C):
    X, y = tiny()
    model, caught = fitted(X.astype(np.float32), y, C=C)
    assert not caught
    assert model.coef_.dtype == np.float32
