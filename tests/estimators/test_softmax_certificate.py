"""Certificates: what a fit says about its distance from the optimum is true of the coefficients that it ends with."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning

from chainrule import SoftmaxRegression, SoftmaxRegressionCV
from chainrule.estimators.persistence import load, save

DIGITS = load_digits(return_X_y=True)
IRIS = load_iris(return_X_y=True)


def binary():
    X, y = load_iris(return_X_y=True)
    return X, (y == 1).astype(int)


DATA = {
    "digits": (DIGITS[0] / 16, DIGITS[1]),
    "digits, sparse": (sp.csr_matrix(DIGITS[0]), DIGITS[1]),
    "iris": IRIS,
    "iris, far from 0": (IRIS[0] + 1e3, IRIS[1]),
    "two classes": binary(),
}

OPTIONS = {
    "plain": {},
    "weak": {"C": 1e3},
    "standardised": {"standardize": True},
    "no intercepts": {"fit_intercept": False},
    "balanced": {"class_weight": "balanced"},
}


def apart(first, second):
    return np.linalg.norm(first.coef_.astype(np.float64) - second.coef_)


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("option", OPTIONS)
def test_fits_differ_by_at_most_the_sum_of_their_certificates(data, option):
    X, y = DATA[data]
    options = {"certify": True, "max_iter": 3000, **OPTIONS[option]}
    fits = [
        SoftmaxRegression(tol=1e-2, **options).fit(X, y),
        SoftmaxRegression(solver="newton-cg", **options).fit(X, y),
        SoftmaxRegression(tol=1e-16, **options).fit(X, y),
    ]
    for first in fits:
        for second in fits:
            assert apart(first, second) <= first.certificate_.distance + second.certificate_.distance
    assert fits[2].certificate_.distance < 1e-3 * fits[0].certificate_.distance


@pytest.mark.parametrize("data", DATA)
def test_the_objective_is_within_the_gap_and_at_most_that_of_the_last_step(data):
    X, y = DATA[data]
    rough, fine = (SoftmaxRegression(tol=tol, certify=True, max_iter=1000).fit(X, y) for tol in (1e-2, 1e-16))
    values = []
    for model in (rough, fine):
        probs = model.predict_proba(X)[np.arange(len(y)), y]
        values.append(-np.log(probs).mean() + np.sum(model.coef_**2) / (2 * len(y)))
    assert -1e-14 <= values[0] - values[1] <= rough.certificate_.gap
    assert values[0] <= rough.objective_ + 1e-14


def test_the_certificate_is_about_float32_coefficients_if_these_are_what_the_user_gets():
    X, y = DIGITS[0].astype(np.float32), DIGITS[1]
    narrow = SoftmaxRegression(tol=1e-16, certify=True, max_iter=1000).fit(X, y)
    wide = SoftmaxRegression(tol=1e-16, certify=True, max_iter=1000, dtype="float64").fit(X, y)
    assert narrow.coef_.dtype == narrow.intercept_.dtype == np.float32
    between = apart(narrow, wide)
    assert between > 2 * wide.certificate_.distance
    assert between <= narrow.certificate_.distance + wide.certificate_.distance
    assert narrow.certificate_.rounding >= between / 2


@pytest.mark.parametrize(
    ("options", "weights", "reason"),
    [
        ({"C": np.inf}, None, "no penalty"),
        ({}, np.where(np.arange(150) % 9, 1.0, -0.1), "both signs"),
        ({"certify": False}, None, None),
    ],
)
def test_without_a_certificate_the_printed_line_says_why(capsys, options, weights, reason):
    model = SoftmaxRegression(**{"certify": True, "verbose": 1, "max_iter": 1000, **options}).fit(*IRIS, weights)
    assert model.certificate_ is None
    last = capsys.readouterr().out.splitlines()[-1]
    if reason is None:
        assert last.startswith("Iteration")
    else:
        assert last.startswith("Certificate: none, because")
        assert reason in last


def test_the_certificate_is_printed_after_the_steps(capsys):
    model = SoftmaxRegression(verbose=1, certify=True).fit(*IRIS)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"Certificate: {model.certificate_}"
    assert sum(line.startswith("Certificate") for line in lines) == 1


def test_an_interrupted_fit_has_none_and_an_unconverged_one_has(capsys):
    def interrupt(step):
        if step.iteration == 2:
            raise KeyboardInterrupt

    options = {"certify": True, "verbose": 1, "tol": 1e-12}
    model = SoftmaxRegression(callbacks=[interrupt], **options)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model.fit(*IRIS)
    assert model.certificate_ is None
    assert "because the fit was interrupted" in capsys.readouterr().out
    model = SoftmaxRegression(max_iter=2, **options)
    with pytest.warns(ConvergenceWarning):
        model.fit(*IRIS)
    best = SoftmaxRegression(tol=1e-20, max_iter=1000).fit(*IRIS)
    assert 0.1 < apart(model, best) <= model.certificate_.distance


def test_only_the_intercepts_change_by_certifying():
    X, y = DIGITS
    with_it, without = SoftmaxRegression().fit(X, y), SoftmaxRegression(certify=False).fit(X, y)
    np.testing.assert_array_equal(with_it.coef_, without.coef_)
    assert 0 < abs(with_it.intercept_ - without.intercept_).max() < 1e-2
    np.testing.assert_allclose(with_it.predict_proba(X).mean(axis=0), np.bincount(y) / len(y), rtol=0, atol=1e-9)


def test_the_best_of_cross_validation_is_certified():
    X, y = IRIS
    model = SoftmaxRegressionCV(Cs=[0.01, 1.0], cv=3, certify=True).fit(X, y)
    best = SoftmaxRegression(C=model.C_, tol=1e-20, max_iter=1000).fit(X, y)
    assert 0 < apart(model, best) <= model.certificate_.distance
    assert not hasattr(SoftmaxRegressionCV(Cs=[0.01, 1.0], cv=3, certify=True, refit=False).fit(X, y), "certificate_")


def test_a_certificate_is_saved_and_belongs_to_one_fit_only(tmp_path):
    model = SoftmaxRegression(certify=True).fit(*IRIS)
    save(model, tmp_path / "a.model")
    assert load(tmp_path / "a.model").certificate_ == model.certificate_
    assert not hasattr(clone(model), "certificate_")
    assert not hasattr(model.partial_fit(*IRIS), "certificate_")
