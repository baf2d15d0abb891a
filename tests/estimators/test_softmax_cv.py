"""Paths and folds by hand: scores of rows of probabilities, weights, callbacks that end fits, and warnings."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import log_softmax
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegressionCV
from sklearn.model_selection import KFold, PredefinedSplit, StratifiedKFold
from tests.peer_versions import since

from chainrule import Blocks, SoftmaxRegression, SoftmaxRegressionCV
from chainrule.estimators import path
from chainrule.kernels.blas import available_threads

X, SPECIES = load_iris(return_X_y=True)
mixed = np.random.default_rng(2).permutation(150)
X, SPECIES = X[mixed], SPECIES[mixed]
ROWS = np.random.default_rng(3).dirichlet([0.3, 0.3, 0.3], size=150) * 0.4 + 0.6 * np.eye(3)[SPECIES]
WEIGHTS = np.random.default_rng(0).uniform(0.1, 3, 150)
CS = [0.03, 1.0, 30.0]


def log_probs_of(coefs, X):
    """From coefficients with the intercepts last, as SoftmaxRegressionCV keeps them."""
    return log_softmax(X @ coefs[:, :-1].T + coefs[:, -1], axis=1)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
@pytest.mark.parametrize("scoring", [None, "accuracy", "neg_log_loss"])
def test_rows_of_probabilities_are_scored_by_hand(scoring, weights):
    folds = list(KFold(4).split(X))
    model = SoftmaxRegressionCV(Cs=CS, cv=folds, targets="proba", scoring=scoring, tol=1e-14, max_iter=500)
    model.fit(X, ROWS, weights)
    for fold, (train, test) in enumerate(folds):
        share = None if weights is None else weights[test]
        for number, C in enumerate(CS):
            coefs = model.coefs_paths_[fold, 0, number]
            log_probs = log_probs_of(coefs, X[test])
            if scoring == "neg_log_loss":
                expected = np.average((ROWS[test] * log_probs).sum(axis=1), weights=share)
            else:
                right = log_probs.argmax(axis=1) == ROWS[test].argmax(axis=1)
                expected = np.average(right, weights=share)
            # The mean over the samples in another order.
            assert model.scores_[fold, 0, number] == pytest.approx(expected, rel=1e-12)
            alone = SoftmaxRegression(C=C, targets="proba", tol=1e-14, max_iter=500)
            alone.fit(X[train], ROWS[train], None if weights is None else weights[train])
            # tol = 1e-14 leaves the coefficients within sqrt(2e-14 C n), 8e-6: 2e-8 measured.
            np.testing.assert_allclose(coefs[:, :-1], alone.coef_, rtol=0, atol=1e-3)
    assert CS[model.scores_[:, 0].mean(axis=0).argmax()] == model.C_


def test_a_callable_is_given_the_rows_of_a_fold():
    seen = []

    def brier(model, X, rows):
        seen.append(rows)
        return -np.mean(np.sum((model.predict_proba(X) - rows) ** 2, axis=1))

    folds = list(KFold(3).split(X))
    model = SoftmaxRegressionCV(Cs=CS, cv=folds, targets="proba", scoring=brier).fit(X, ROWS)
    assert len(seen) == 9
    np.testing.assert_array_equal(seen[0], ROWS[folds[0][1]])
    probs = np.exp(log_probs_of(model.coefs_paths_[1, 0, 2], X[folds[1][1]]))
    # The mean over the samples in another order.
    assert model.scores_[1, 0, 2] == pytest.approx(
        -np.mean(np.sum((probs - ROWS[folds[1][1]]) ** 2, axis=1)), rel=1e-12
    )


@pytest.mark.parametrize("scoring", ["f1_macro", "roc_auc_ovr", "neg_brier_score"])
def test_scores_that_need_labels_are_refused_for_rows_before_any_fit(scoring):
    told = []
    model = SoftmaxRegressionCV(Cs=CS, cv=3, targets="proba", scoring=scoring, callbacks=[told.append])
    with pytest.raises(ValueError, match=rf"scoring.*{scoring}"):
        model.fit(X, ROWS)
    assert not told


def test_the_loss_of_a_fold_is_minus_the_mean_log_probability_of_its_labels():
    X, y = load_iris(return_X_y=True)
    names = np.array(["c", "a", "b"])[y]
    folds = list(KFold(3, shuffle=True, random_state=1).split(X))
    model = SoftmaxRegressionCV(Cs=[1.0], cv=folds, scoring="neg_log_loss", max_iter=500, tol=1e-18).fit(X, names)
    for (train, test), score in zip(folds, model.scores_[:, 0], strict=True):
        fitted = SoftmaxRegression(C=1.0, max_iter=500, tol=1e-18).fit(X[train], names[train])
        log_probs = fitted.predict_log_proba(X[test])
        by_hand = np.mean(
            [row[list(fitted.classes_).index(name)] for row, name in zip(log_probs, names[test], strict=True)]
        )
        assert score == pytest.approx(by_hand, rel=1e-7)  # two fits, each to a gradient of 1e-9


def test_weights_of_zero_are_absence_in_folds_too():
    weights = np.where(np.arange(150) % 7 == 0, 0.0, WEIGHTS)
    numbers = np.arange(150) % 3
    options = {"Cs": CS, "scoring": "neg_log_loss", "tol": 1e-18, "max_iter": 500}
    whole = SoftmaxRegressionCV(cv=PredefinedSplit(numbers), **options).fit(X, SPECIES, weights)
    kept = weights > 0
    without = SoftmaxRegressionCV(cv=PredefinedSplit(numbers[kept]), **options).fit(
        X[kept], SPECIES[kept], weights[kept]
    )
    # tol = 1e-18 leaves the coefficients within sqrt(2e-18 C n), 8e-8.
    np.testing.assert_allclose(whole.scores_, without.scores_, rtol=0, atol=1e-6)
    np.testing.assert_allclose(whole.coefs_paths_, without.coefs_paths_, rtol=0, atol=1e-4)
    assert whole.C_ == without.C_


def test_integer_weights_are_rows_given_as_often_in_every_fold():
    times = np.random.default_rng(5).integers(1, 4, 150)
    numbers = np.arange(150) % 3
    options = {"Cs": CS, "scoring": "neg_log_loss", "tol": 1e-18, "max_iter": 500}
    weighted = SoftmaxRegressionCV(cv=PredefinedSplit(numbers), **options).fit(X, SPECIES, times)
    repeated = SoftmaxRegressionCV(cv=PredefinedSplit(numbers.repeat(times)), **options)
    repeated.fit(X.repeat(times, axis=0), SPECIES.repeat(times))
    # tol = 1e-18 leaves the coefficients within sqrt(2e-18 C n), 1e-7.
    np.testing.assert_allclose(weighted.scores_, repeated.scores_, rtol=0, atol=1e-6)
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=0, atol=1e-4)


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cg"])
def test_a_path_grows_with_less_penalty_and_ends_at_none(solver):
    y = np.random.default_rng(1).integers(0, 3, 150)  # not separable, so that there is an optimum without penalty
    values = [np.inf, 1e-3, 1.0, 1.0, 1e3]
    points = path(X, y, values, tol=1e-18, max_iter=500, solver=solver)
    assert [point.C for point in points] == values
    by_C = sorted({point.C: point for point in points}.values(), key=lambda point: point.C)
    sizes = [np.linalg.norm(point.coef - point.coef.mean(axis=0)) for point in by_C]
    assert sizes == sorted(sizes)
    alone = SoftmaxRegression(C=np.inf, tol=1e-18, max_iter=500).fit(X, y)
    free = points[0].coef - points[0].coef.mean(axis=0)
    # Two gradients of 1e-9 over a least curvature of 1e-3.
    np.testing.assert_allclose(free, alone.coef_ - alone.coef_.mean(axis=0), rtol=0, atol=1e-5)


def test_callbacks_end_one_fit_of_a_path_and_not_the_others():
    told = []

    def until_the_second(step):
        told.append(step.iteration)
        return step.iteration == 2

    points = path(X, SPECIES, CS, tol=1e-18, callbacks=[until_the_second])
    assert [point.n_iter for point in points] == [2, 2, 2]
    assert told == [1, 2] * 3
    assert not any(point.converged for point in points)
    told.clear()
    SoftmaxRegressionCV(Cs=CS, cv=3, tol=1e-18, callbacks=[until_the_second]).fit(X, SPECIES)
    assert told == [1, 2] * (3 * 3 + 1)


def test_an_error_in_a_callback_reaches_the_user():
    def fail(step):
        raise RuntimeError(f"at {step.iteration}")

    with pytest.raises(RuntimeError, match="at 1"):
        path(X, SPECIES, CS, callbacks=[fail])
    with pytest.raises(RuntimeError, match="at 1"):
        SoftmaxRegressionCV(Cs=CS, cv=3, callbacks=[fail]).fit(X, SPECIES)


def test_a_path_with_a_callback_says_what_did_not_converge():
    with pytest.warns(ConvergenceWarning, match="C = 1"):
        path(X, SPECIES, [1.0], max_iter=2, tol=1e-20, callbacks=[lambda step: None])


def test_folds_with_a_callback_say_what_did_not_converge():
    with pytest.warns(ConvergenceWarning):
        SoftmaxRegressionCV(Cs=CS, cv=3, refit=False, max_iter=1, callbacks=[lambda step: None]).fit(X, SPECIES)


def test_only_penalties_whose_fits_failed_are_named_once_and_where_fit_was_called():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        points = path(X, SPECIES, [1e-6, 1e3], max_iter=4, tol=1e-5)
    assert [point.converged for point in points] == [True, False]
    assert len(caught) == 1
    assert "C = 1000." in str(caught[0].message)
    assert caught[0].filename == __file__
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        SoftmaxRegressionCV(Cs=[1e-6, 1e3], cv=3, max_iter=4, tol=1e-5, refit=False).fit(X, SPECIES)
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_verbose_folds_print_a_line_each(capsys):
    SoftmaxRegressionCV(Cs=CS, cv=StratifiedKFold(3), verbose=1).fit(X, SPECIES)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("fold")]
    assert [line.split(":")[0] for line in lines] == [f"fold {number} of 3" for number in (1, 2, 3)]


def test_means_of_folds_are_taken_at_each_ones_best_penalty():
    chance = np.random.default_rng(1)
    y = np.where(chance.random(150) < 0.3, chance.integers(0, 3, 150), SPECIES)
    model = SoftmaxRegressionCV(Cs=CS, cv=4, refit=False, scoring="neg_log_loss", max_iter=500).fit(X, y)
    best = model.scores_[:, 0].argmax(axis=1)
    assert len(set(best)) > 1
    picked = model.coefs_paths_[np.arange(4), 0, best]
    # Means in another order.
    np.testing.assert_allclose(model.coef_, picked[:, :, :-1].mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(model.intercept_, picked[:, :, -1].mean(axis=0), rtol=1e-12)
    assert pytest.approx(np.mean([CS[i] for i in best]), rel=1e-12) == model.C_


@pytest.mark.parametrize("standardize", [False, True])
def test_sparse_paths_are_dense_ones(standardize):
    options = {"tol": 1e-18, "max_iter": 1000, "standardize": standardize}
    dense, sparse = (path(form, SPECIES, CS, WEIGHTS, **options) for form in (X, sp.csc_matrix(X)))
    for one, other in zip(dense, sparse, strict=True):
        # Two gradients of 1e-9 over a least curvature of 1e-4, at C = 30.
        np.testing.assert_allclose(other.coef, one.coef, rtol=0, atol=2e-5)
        assert other.objective == pytest.approx(one.objective, rel=1e-10)


@pytest.mark.parametrize(
    "scoring",
    [
        pytest.param(None, marks=since("1.8", "has one form of the attributes")),
        pytest.param("neg_log_loss", marks=since("1.9", "has a logarithmic loss of folds without a class")),
    ],
)
def test_a_fold_without_one_of_the_classes_is_warned_of_and_fitted(scoring):
    X, y = load_iris(return_X_y=True)
    y = np.where(np.arange(len(y)) == 7, 5, y)
    folds = KFold(5, shuffle=True, random_state=0)
    lacking = next(i for i, (train, _) in enumerate(folds.split(X)) if 7 not in train)
    with pytest.warns(UserWarning, match=f"fold {lacking} lacks 5\\."):
        model = SoftmaxRegressionCV(Cs=[0.1, 1.0], cv=folds, scoring=scoring, max_iter=500, tol=1e-18).fit(X, y)
    assert model.coef_.shape == (4, 4)
    assert np.isfinite(model.scores_).all()
    other = LogisticRegressionCV(
        Cs=[0.1, 1.0],
        cv=folds,
        scoring=scoring,
        max_iter=2000,
        tol=1e-18,
        l1_ratios=(0.0,),
        use_legacy_attributes=False,
    ).fit(X, y)
    kept = np.arange(5) != lacking  # there the intercept of class 5 has no optimum
    # Both stop a gradient of 1e-9 from the optimum, scikit-learn where its line search sees no gain: 1e-7 of the loss.
    np.testing.assert_allclose(model.scores_[kept], other.scores_[kept], rtol=0, atol=1e-6)


def test_blas_gets_its_threads_back_when_a_path_is_interrupted():
    """Also while the exception is kept, as an interactive session keeps it."""
    before, fits = available_threads(), []

    def interrupt(step):
        fits.append(step.iteration == 1)
        if sum(fits) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as kept:
        path(X, SPECIES, [0.01, 0.1, 1.0, 10.0], callbacks=[interrupt], tol=1e-16)
    assert available_threads() == before
    assert kept.type is KeyboardInterrupt


def test_without_refit_nothing_is_said_of_a_fit_to_all_samples():
    model = SoftmaxRegressionCV(Cs=CS, cv=3).fit(X, SPECIES)
    assert model.converged_
    model.set_params(refit=False).fit(X, SPECIES)
    for name in ("objective_", "gradient_norm_", "converged_", "interrupted_"):
        assert not hasattr(model, name)


def test_rows_of_folds_are_taken_in_their_order_from_files_too(tmp_path):
    np.save(tmp_path / "x.npy", X)
    numbers = np.random.default_rng(7).permutation(len(X))
    mask = numbers < 90
    cv = [(numbers[:100], numbers[100:]), (mask, ~mask)]
    model = SoftmaxRegressionCV(Cs=CS, cv=cv, scoring="neg_log_loss").fit(X, SPECIES)
    ordered = [(np.sort(numbers[:100]), np.sort(numbers[100:])), (np.flatnonzero(mask), np.flatnonzero(~mask))]
    for x, folds in ((Blocks(tmp_path / "x.npy"), cv), (X, ordered)):
        other = SoftmaxRegressionCV(Cs=CS, cv=folds, scoring="neg_log_loss").fit(x, SPECIES)
        np.testing.assert_array_equal(model.scores_, other.scores_)
        np.testing.assert_array_equal(model.coefs_paths_, other.coefs_paths_)


@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("stored", [np.float16, np.float32, np.float64])
def test_coefficients_have_the_dtype_that_a_single_fit_gives_them(refit, stored):
    x, y = X.astype(stored), SPECIES
    for dtype in ("auto", "float32", "float64"):
        model = SoftmaxRegressionCV(Cs=[1.0], cv=2, dtype=dtype, refit=refit).fit(x, y)
        single = SoftmaxRegression(dtype=dtype).fit(x, y)
        assert model.coef_.dtype == model.intercept_.dtype == single.coef_.dtype
        assert model.predict_proba(x).dtype == single.predict_proba(x).dtype
        assert model.coefs_paths_.dtype == np.float64
        if refit:
            difference = np.linalg.norm(model.coef_ - single.coef_)
            assert difference <= model.certificate_.distance + single.certificate_.distance


def test_a_class_of_weight_zero_may_be_rotated_with_the_others():
    """Few rows are rotated once for all fits, which need the rows of every class."""
    model = SoftmaxRegressionCV(Cs=CS, cv=3, class_weight={1: 0.0}, tol=1e-12).fit(X, SPECIES)
    alone = SoftmaxRegression(C=model.C_, class_weight={1: 0.0}, tol=1e-12).fit(X, SPECIES)
    assert alone.classes_.tolist() == [0, 1, 2]
    np.testing.assert_allclose(model.coef_, alone.coef_, rtol=0, atol=1e-5)
