"""Sample weights of either sign, rewards: the objective is stationary, and refused exactly where it has no minimum.

    F(W, b) = sum_i r_i (log sum_j exp(z_ij) - t_i . z_i) + |W|^2 / (2 C),    z = x W + b

Along an intercept b_j = -t, F changes by t m_j + o(1), m_j = sum_i r_i t_ij: some m_j below 0 leaves no lower bound.
"""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import minimize
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from chainrule import SoftmaxRegression, SoftmaxRegressionCV
from chainrule.estimators import path

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 4)) * [0.5, 1.0, 1.5, 2.0] + [0.0, 1.0, -1.0, 2.0]
DRAWN = (X @ rng.normal(size=(4, 3)) + rng.gumbel(size=(120, 3))).argmax(axis=1)
LABELS = {"binary": (DRAWN == 1).astype(int), "multiclass": DRAWN}
REWARDS = rng.uniform(0.2, 2, 120) * np.where(rng.random(120) < 0.2, -0.5, 1.0)


def rows_of(y, smoothing=0.0):
    k = int(y.max()) + 1
    return (1 - smoothing) * np.eye(k)[y] + smoothing / k


def theta_of(model):
    return np.vstack([model.coef_.T, np.broadcast_to(model.intercept_, len(model.coef_))])


def total(theta, rows, weights, C):
    """F and its gradient, of theta's shape; two classes have one logit."""
    ones = np.hstack([X, np.ones((len(X), 1))])
    z = ones @ theta
    shrunk = np.vstack([theta[:-1], np.zeros(theta.shape[1])]) / C
    if z.shape[1] == 1:
        losses = -rows[:, :1] * log_expit(-z) - rows[:, 1:] * log_expit(z)
        pull = expit(z) - rows[:, 1:]
    else:
        losses, pull = -rows * log_softmax(z, axis=1), softmax(z, axis=1) - rows
    value = weights @ losses.sum(axis=1) + np.sum(theta * shrunk) / 2
    return value, ones.T @ (weights[:, None] * pull) + shrunk


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("C", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("intercept", [True, False], ids=["intercept", "none"])
@pytest.mark.parametrize("solver", ["lbfgs", "newton-cg", "auto"])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
def test_the_end_is_stationary_and_the_attributes_say_how_much_so(kind, C, intercept, solver, form):
    y = LABELS[kind]
    model = SoftmaxRegression(C=C, tol=1e-18, fit_intercept=intercept, solver=solver, max_iter=500)
    model.fit(form(X), y, REWARDS)
    value, gradient = total(theta_of(model), rows_of(y), REWARDS, C)
    mass = abs(REWARDS).sum()
    gradient = gradient if intercept else gradient[:-1]
    assert model.converged_
    # Sums of 120 products of size 10 are rounded at 1e-14.
    assert abs(gradient).max() / mass <= 1e-9 + 1e-14
    assert model.gradient_norm_ == pytest.approx(abs(gradient).max() / mass, rel=0, abs=1e-13)
    assert model.objective_ == pytest.approx(value / mass, rel=1e-12, abs=0)
    best = LogisticRegression(C=C, fit_intercept=intercept).fit(X, y, abs(REWARDS))
    start = total(theta_of(best), rows_of(y), REWARDS, C)[0] if kind == "multiclass" else np.inf
    assert value < start
    assert value < total(0 * theta_of(model), rows_of(y), REWARDS, C)[0]


@pytest.mark.parametrize("kind", LABELS)
def test_it_is_the_minimum_that_scipy_finds(kind):
    y = LABELS[kind]
    rows, k = rows_of(y), LABELS[kind].max() + 1
    model = SoftmaxRegression(tol=1e-18, max_iter=500).fit(X, y, REWARDS)
    shape = theta_of(model).shape

    def flat(point):
        value, gradient = total(point.reshape(shape), rows, REWARDS, 1.0)
        return value, gradient.ravel()

    ends = [
        minimize(flat, size * rng.normal(size=shape).ravel(), jac=True, method="BFGS", options={"gtol": 1e-6})
        for size in (0.0, 1.0, 5.0)
    ]
    ours = total(theta_of(model), rows, REWARDS, 1.0)[0]
    # BFGS stops at gradients of 1e-6, over curvatures of about 1: 1e-12 of F.
    assert ours == pytest.approx(min(end.fun for end in ends), rel=1e-9)
    theta = ends[0].x.reshape(shape)
    theta -= theta.mean(axis=1, keepdims=True) if k > 2 else 0
    # Gradients of 1e-6, over a least curvature of about 1.
    np.testing.assert_allclose(theta_of(model), theta, rtol=0, atol=1e-4)


def test_rewards_as_weights_are_the_gradient_of_expected_reward():
    """sum_i r_i log softmax(x_i W)[a_i]: its gradient at the end is that of the penalty, W / C, by differences."""
    model = SoftmaxRegression(tol=1e-20, fit_intercept=False, max_iter=500).fit(X, DRAWN, REWARDS)
    weights = model.coef_.T

    def gain(W):
        return REWARDS @ log_softmax(X @ W, axis=1)[np.arange(120), DRAWN]

    for seed in range(5):
        direction = np.random.default_rng(seed).normal(size=weights.shape)
        h = 1e-3
        values = [gain(weights + step * h * direction) for step in (-2, -1, 1, 2)]
        slope = np.dot(values, [1, -8, 8, -1]) / (12 * h)
        # Fourth order: 1e-12 times fifth derivatives of about 1e3.
        assert slope == pytest.approx(np.sum(weights * direction), rel=0, abs=1e-6)
    probs = model.predict_proba(X)
    punished = REWARDS < 0
    plain = SoftmaxRegression(tol=1e-20, fit_intercept=False, max_iter=500).fit(X, DRAWN, abs(REWARDS))
    taken = np.arange(120)[punished], DRAWN[punished]
    assert probs[taken].mean() < plain.predict_proba(X)[taken].mean(), "a negative reward makes the action less likely"


def cases():
    """Draws of labels or soft rows, smoothing and weights, near the border and on either side of it."""
    draw = np.random.default_rng(5)
    for number in range(60):
        k = (2, 3, 5)[number % 3]
        soft, smoothing = number % 2 == 1, (0.0, 0.3)[number // 30]
        y = draw.dirichlet(np.full(k, 0.5), size=120) if soft else draw.permutation(np.arange(120) % k)
        weights = draw.normal(size=120) + draw.uniform(0.0, 0.4)
        yield y, k, smoothing, weights


def masses(y, k, smoothing, weights):
    rows = y if y.ndim == 2 else np.eye(k)[y]
    return weights @ ((1 - smoothing) * rows + smoothing / k)


def test_fits_are_refused_exactly_where_some_class_has_less_than_nothing():
    refused = 0
    for y, k, smoothing, weights in cases():
        targets = "proba" if y.ndim == 2 else "labels"
        mass = masses(y, k, smoothing, weights)
        assert abs(mass).min() > 1e-3, "near enough to 0 for rounding to decide"
        model = SoftmaxRegression(C=0.05, targets=targets, label_smoothing=smoothing, tol=1e-12, max_iter=2000)
        if (mass > 0).all():
            assert model.fit(X, y, weights).converged_
            continue
        refused += 1
        with pytest.raises(ValueError, match="more than 0"):
            model.fit(X, y, weights)
        assert model.set_params(fit_intercept=False).fit(X, y, weights).converged_
    assert 15 < refused < 45


@pytest.mark.parametrize("kind", LABELS)
def test_where_it_refuses_the_objective_falls_for_ever(kind):
    y = LABELS[kind]
    weights = np.where(y == 1, -0.1, 1.0)
    weights[np.flatnonzero(y == 1)[0]] = 0.5  # not all of them below 0, but their sum
    with pytest.raises(ValueError, match="more than 0"):
        SoftmaxRegression().fit(X, y, weights)
    rows = rows_of(y)
    theta = np.zeros((5, 1 if kind == "binary" else 3))
    values = []
    for far in (1e2, 1e3, 1e4):
        theta[-1, 0 if kind == "binary" else 1] = -far
        values.append(total(theta, rows, weights, 1.0)[0])
    mass = weights @ rows[:, 1]
    np.testing.assert_allclose(np.diff(values), mass * np.diff([1e2, 1e3, 1e4]), rtol=1e-9)
    assert mass < 0


def test_the_message_names_the_sums_and_the_way_out():
    weights = np.where(DRAWN == 2, -1.0, 1.0)
    with pytest.raises(ValueError, match=rf"-{(DRAWN == 2).sum()}.*fit_intercept=False"):
        SoftmaxRegression().fit(X, DRAWN, weights)


@pytest.mark.parametrize("intercept", [True, False])
def test_without_a_penalty_a_sample_pushed_away_for_ever_is_refused(intercept):
    with pytest.raises(ValueError, match="penalty"):
        SoftmaxRegression(C=np.inf, fit_intercept=intercept).fit(X, DRAWN, REWARDS)


def test_without_a_penalty_negative_weights_are_refused_even_where_rows_alike_make_up_for_them():
    """Whether there is a minimum then depends on all samples together; nobody is told more than that it may not be."""
    with pytest.raises(ValueError, match="there may be no minimum"):
        SoftmaxRegression(C=np.inf).fit(X.repeat(2, axis=0), DRAWN.repeat(2), np.tile([2.0, -1.0], 120))


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("C", [0.1, 10.0])
def test_a_row_of_weight_two_and_its_like_of_minus_one_are_one_row(kind, C):
    y, options = LABELS[kind], {"C": C, "tol": 1e-20, "max_iter": 500}
    once = SoftmaxRegression(**options).fit(X, y)
    twice = SoftmaxRegression(**options).fit(X.repeat(2, axis=0), y.repeat(2), np.tile([2.0, -1.0], 120))
    # The mean is over the sum of the sizes, three times as many: gradients of 4e-10 over curvatures of 1e-3.
    np.testing.assert_allclose(theta_of(twice), theta_of(once), rtol=0, atol=1e-6)
    assert twice.objective_ * 3 == pytest.approx(once.objective_, rel=1e-9)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_soft_rows_and_smoothing_take_negative_weights(kind, smoothing):
    y = LABELS[kind]
    rows = rows_of(y, smoothing)
    soft = SoftmaxRegression(targets="proba", tol=1e-18, max_iter=500).fit(X, rows, REWARDS)
    smooth = SoftmaxRegression(label_smoothing=smoothing, tol=1e-18, max_iter=500).fit(X, y, REWARDS)
    for model in (soft, smooth):
        assert abs(total(theta_of(model), rows, REWARDS, 1.0)[1]).max() < 1.01e-9 * abs(REWARDS).sum()
    # Gradients of 1e-7, over a least curvature of about 1.
    np.testing.assert_allclose(theta_of(soft), theta_of(smooth), rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("soft", [False, True])
def test_class_weights_multiply_rewards(kind, soft):
    y, factors = LABELS[kind], np.array([1.0, 2.0, 0.5])
    k = y.max() + 1
    weighted = REWARDS * factors[y]
    model = SoftmaxRegression(
        class_weight=dict(enumerate(factors[:k])), targets="proba" if soft else "labels", tol=1e-18, max_iter=500
    ).fit(X, rows_of(y) if soft else y, REWARDS)
    assert abs(total(theta_of(model), rows_of(y), weighted, 1.0)[1]).max() < 1.01e-9 * abs(weighted).sum()


def test_class_weights_decide_about_the_minimum_too():
    weights = np.where(DRAWN == 2, -1.0, 1.0)
    weights[DRAWN == 2] += 1.5 * (np.arange((DRAWN == 2).sum()) % 2)  # half -1, half 0.5: together below 0
    with pytest.raises(ValueError, match="more than 0"):
        SoftmaxRegression(class_weight={2: 3.0}).fit(X, DRAWN, weights)


@pytest.mark.parametrize("kind", LABELS)
def test_standardised_features_take_rewards(kind):
    """By the deviations that weights without their signs give."""
    y, share = LABELS[kind], abs(REWARDS) / abs(REWARDS).sum()
    deviation = np.sqrt(share @ np.square(X - share @ X))
    model = SoftmaxRegression(standardize=True, tol=1e-20, max_iter=500).fit(X, y, REWARDS)
    by_hand = SoftmaxRegression(tol=1e-20, max_iter=500).fit(X / deviation, y, REWARDS)
    # Gradients of 1e-7, over a least curvature of about 1.
    np.testing.assert_allclose(model.coef_ * deviation, by_hand.coef_, rtol=0, atol=1e-6)


def test_rewards_near_zero_and_of_no_effect_change_nothing():
    weights = np.where(np.arange(120) % 10, 1.0, -1e-14)
    ours = SoftmaxRegression(tol=1e-20).fit(X, DRAWN, weights)
    without = SoftmaxRegression(tol=1e-20).fit(X[weights > 0], DRAWN[weights > 0])
    # Gradients of 1e-7, over a least curvature of about 1.
    np.testing.assert_allclose(ours.coef_, without.coef_, rtol=0, atol=1e-6)


def test_other_ways_to_fit_refuse_them():
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        SoftmaxRegressionCV(cv=3).fit(X, DRAWN, REWARDS)
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        path(X, DRAWN, [1.0], REWARDS)
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        SoftmaxRegression().fit(X, DRAWN, eval_set=(X, DRAWN, REWARDS))
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        SoftmaxRegression().fit(X, DRAWN, REWARDS * np.nan)
