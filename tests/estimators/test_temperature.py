"""Temperature scaling: the temperature of least log-loss, its range, and a closed form."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.datasets import load_iris

from chainrule import SoftmaxRegression
from chainrule.estimators.class_encoding import encoding_of
from chainrule.estimators.temperature import best_temperature

X, SPECIES = load_iris(return_X_y=True)
rng = np.random.default_rng(0)
LABELS = {"binary": rng.permutation(SPECIES % 2), "multiclass": SPECIES}
WEIGHTS = rng.uniform(0.1, 3, 150)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("weights", [None, WEIGHTS[1::2]], ids=["equal", "weighted"])
def test_the_temperature_gives_held_out_samples_the_least_log_loss(kind, weights):
    y = LABELS[kind]
    train, test = np.r_[0:150:10], slice(1, None, 2)
    held_out = (X[test], y[test]) if weights is None else (X[test], y[test], weights)
    options = {"C": 100.0, "tol": 1e-16, "max_iter": 500}
    scaled = SoftmaxRegression(temperature_scaling=True, **options).fit(X[train], y[train], eval_set=held_out)
    plain = SoftmaxRegression(**options).fit(X[train], y[train])
    logits = plain.predict_log_proba(X[test])

    def loss(log_temperature):
        log_probs = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -np.average(log_probs[np.arange(len(log_probs)), y[test]], weights=weights)

    best = minimize_scalar(loss, bounds=np.log([1e-3, 1e3]), method="bounded", options={"xatol": 1e-9})
    # Near its minimum, a loss in float64 does not tell log-temperatures apart that differ by 1e-8.
    assert np.log(scaled.temperature_) == pytest.approx(best.x, rel=0, abs=1e-6)
    assert scaled.temperature_ > 1.01, "few samples and a light penalty are overconfident"
    np.testing.assert_array_equal(scaled.coef_, plain.coef_)
    np.testing.assert_allclose(scaled.predict_log_proba(X[test]), log_softmax(logits / scaled.temperature_, axis=1))
    np.testing.assert_allclose(
        scaled.decision_function(X), plain.decision_function(X) / scaled.temperature_, rtol=1e-12, atol=1e-14
    )
    assert (scaled.predict(X) == plain.predict(X)).all()


@pytest.mark.parametrize("kind", LABELS)
def test_the_temperature_ends_where_its_range_does(kind):
    k = LABELS[kind].max() + 1
    encoding, labels = encoding_of(np.arange(k)), np.arange(12) % k
    right = 2.0 * np.eye(k)[labels] if k > 2 else 2.0 * (2 * labels[:, None] - 1)
    # Bisection ends at a relative distance of 1e-29; logarithms of 1e3 are rounded.
    assert best_temperature(encoding, right, labels) == pytest.approx(1e-3, rel=1e-6)
    assert best_temperature(encoding, -right, labels) == pytest.approx(1e3, rel=1e-6)
    assert np.isfinite(best_temperature(encoding, 0 * right, labels))
    assert np.isfinite(best_temperature(encoding, 1e300 * right, labels))
    mixed = right.copy()
    mixed[:3] = -mixed[:3]
    temperature = best_temperature(encoding, mixed, labels)
    assert 1e-3 < temperature < 1e3
    for power in (-2, 2):
        scaled = best_temperature(encoding, mixed * 10.0**power, labels)
        assert scaled == pytest.approx(temperature * 10.0**power, rel=1e-6)


def test_the_temperature_of_two_classes_has_a_closed_form():
    labels = np.array([0, 0, 0, 1])
    # Three right and one wrong with a margin of 4: sigmoid(4 / T) = 3 / 4, so that T = 4 / log 3.
    assert best_temperature(encoding_of(np.arange(2)), np.full((4, 1), -4.0), labels) == pytest.approx(
        4 / np.log(3), rel=1e-8
    )
