"""Features of SoftmaxRegression that LogisticRegression lacks: soft targets, smoothing, held-out samples, callbacks."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, log_loss

from chainrule import SoftmaxRegression

X, SPECIES = load_iris(return_X_y=True)
rng = np.random.default_rng(0)
LABELS = {"binary": rng.permutation(SPECIES % 2), "multiclass": SPECIES}
WEIGHTS = rng.uniform(0.1, 3, 150)
TIGHT = {"tol": 1e-20, "max_iter": 300}
# The least curvature of these problems is above 1e-3, so that gradients of 1e-10 leave coefficients 1e-7 apart.
NEAR = {"rtol": 0, "atol": 1e-6}


def soft_rows(k):
    return np.random.default_rng(3).dirichlet(np.full(k, 0.7), size=150)


def assert_same(a, b):
    np.testing.assert_allclose(a.coef_, b.coef_, **NEAR)
    np.testing.assert_allclose(a.intercept_ - a.intercept_.mean(), b.intercept_ - b.intercept_.mean(), **NEAR)
    # tol = 1e-20 leaves only the rounding errors of sums.
    assert a.objective_ == pytest.approx(b.objective_, rel=1e-10)


@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
def test_a_row_of_probabilities_is_the_sample_once_per_class_with_these_weights(k, weights):
    rows = soft_rows(k)
    soft = SoftmaxRegression(targets="proba", **TIGHT).fit(X, rows, weights)
    split = SoftmaxRegression(**TIGHT).fit(
        X.repeat(k, axis=0), np.tile(np.arange(k), 150), (rows * (1 if weights is None else weights[:, None])).ravel()
    )
    assert_same(soft, split)
    assert soft.coef_.shape == split.coef_.shape
    assert (soft.predict(X) == split.predict(X)).all()
    np.testing.assert_allclose(soft.predict_proba(X), split.predict_proba(X), **NEAR)


@pytest.mark.parametrize("kind", LABELS)
def test_rows_that_are_certain_are_labels(kind):
    y = LABELS[kind]
    soft = SoftmaxRegression(targets="proba", **TIGHT).fit(X, np.eye(y.max() + 1)[y], WEIGHTS)
    assert_same(soft, SoftmaxRegression(**TIGHT).fit(X, y, WEIGHTS))
    assert soft.classes_.tolist() == list(range(y.max() + 1))


@pytest.mark.parametrize("rows", [np.full((150, 3), 0.4), -np.eye(3)[SPECIES], np.eye(3)[SPECIES] * np.nan, SPECIES])
def test_rows_that_are_no_probabilities_are_refused(rows):
    with pytest.raises(ValueError, match=r"probabilit|sum|NaN|column|shape|rows"):
        SoftmaxRegression(targets="proba").fit(X, rows)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("smoothing", [0.1, 0.5])
def test_smoothing_spreads_a_share_of_every_target(kind, smoothing):
    y = LABELS[kind]
    k = y.max() + 1
    smooth = SoftmaxRegression(label_smoothing=smoothing, **TIGHT).fit(X, y, WEIGHTS)
    rows = (1 - smoothing) * np.eye(k)[y] + smoothing / k
    assert_same(smooth, SoftmaxRegression(targets="proba", **TIGHT).fit(X, rows, WEIGHTS))
    both = SoftmaxRegression(targets="proba", label_smoothing=smoothing, **TIGHT).fit(X, soft_rows(k))
    rows = (1 - smoothing) * soft_rows(k) + smoothing / k
    assert_same(both, SoftmaxRegression(targets="proba", **TIGHT).fit(X, rows))


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("intercept", [True, False], ids=["intercept", "none"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
def test_standardize_is_standardising_by_hand_and_folding_back(kind, intercept, weights):
    y, scales = LABELS[kind], np.array([1e-3, 1.0, 50.0, 1e4])
    Z = X * scales
    mean = np.average(Z, axis=0, weights=weights)
    deviation = np.sqrt(np.average((Z - mean) ** 2, axis=0, weights=weights))
    options = TIGHT | {"C": 0.5, "fit_intercept": intercept}
    ours = SoftmaxRegression(standardize=True, **options).fit(Z, y, weights)
    by_hand = SoftmaxRegression(**options).fit((Z - mean) / deviation if intercept else Z / deviation, y, weights)
    np.testing.assert_allclose(ours.coef_ * deviation, by_hand.coef_, **NEAR)
    folded = by_hand.intercept_ - (by_hand.coef_ @ (mean / deviation) if intercept else 0)
    # The coefficients' 1e-6, times up to seven deviations in each of four means.
    np.testing.assert_allclose(ours.intercept_ - ours.intercept_.mean(), folded - folded.mean(), rtol=0, atol=1e-4)
    assert ours.objective_ == pytest.approx(by_hand.objective_, rel=1e-10)


def test_standardize_takes_sparse_samples():
    Z = np.hstack([X * [1.0, 10.0, 100.0, 1e-2], np.zeros((150, 1))])
    dense = SoftmaxRegression(standardize=True, **TIGHT).fit(Z, SPECIES)
    sparse = SoftmaxRegression(standardize=True, **TIGHT).fit(sp.csr_matrix(Z), SPECIES)
    np.testing.assert_allclose(sparse.coef_ * Z.std(axis=0), dense.coef_ * Z.std(axis=0), **NEAR)
    np.testing.assert_allclose(sparse.predict_proba(Z), dense.predict_proba(Z), **NEAR)
    assert (dense.coef_[:, 4] == 0).all()
    assert (sparse.coef_[:, 4] == 0).all()


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
def test_standardize_gives_constant_features_no_weight(form):
    plain = SoftmaxRegression(standardize=True, **TIGHT).fit(X, SPECIES)
    for constant in (0.1, 3.0, 3.3, 7.0, 1e3):
        model = SoftmaxRegression(standardize=True, **TIGHT).fit(
            form(np.hstack([X, np.full((150, 1), constant)])), SPECIES
        )
        # As in `assert_same` and NEAR.
        assert model.objective_ == pytest.approx(plain.objective_, rel=1e-10)
        np.testing.assert_allclose(model.coef_[:, 4] * constant, 0, atol=1e-6)


@pytest.mark.parametrize("kind", LABELS)
def test_the_eval_set_is_measured_after_every_step(kind):
    y = LABELS[kind]
    train, test = slice(None, None, 2), slice(1, None, 2)
    held_out = (X[test], y[test], WEIGHTS[test])
    model = SoftmaxRegression(tol=1e-7).fit(X[train], y[train], eval_set=held_out)
    assert len(model.validation_scores_) == model.n_iter_[0] > 2
    probs = model.predict_proba(X[test])
    # The solver and the model compute logits in other orders.
    assert model.validation_scores_[-1] == pytest.approx(
        log_loss(y[test], probs, sample_weight=WEIGHTS[test]), rel=1e-9
    )
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        first = SoftmaxRegression(max_iter=1, certify=False).fit(X[train], y[train])
    expected = log_loss(y[test], first.predict_proba(X[test]), sample_weight=WEIGHTS[test])
    assert model.validation_scores_[0] == pytest.approx(expected, rel=1e-9)
    apart = SoftmaxRegression(tol=1e-7).fit(
        X[train], y[train], X_val=X[test], y_val=y[test], sample_weight_val=WEIGHTS[test]
    )
    assert apart.validation_scores_ == model.validation_scores_
    unweighted = SoftmaxRegression(eval_metric="accuracy").fit(X[train], y[train], eval_set=(X[test], y[test]))
    assert unweighted.validation_scores_[-1] == pytest.approx(unweighted.score(X[test], y[test]), rel=1e-12, abs=0)


def test_a_metric_of_ones_own_is_given_labels_and_probabilities():
    names = np.array(["a", "b", "c"])[SPECIES]

    def share_right(labels, probs):
        return accuracy_score(labels, np.array(["a", "b", "c"])[probs.argmax(axis=1)])

    model = SoftmaxRegression(eval_metric=share_right).fit(X, names, eval_set=(X, names))
    assert model.validation_scores_[-1] == model.score(X, names)
    assert len(model.validation_scores_) == model.n_iter_[0]


@pytest.mark.parametrize(
    "held_out",
    [(X,), (X[:, :2], SPECIES), (X, np.full(150, 9)), (X, SPECIES[:-1]), (X * np.nan, SPECIES)],
    ids=["no labels", "features", "classes", "lengths", "NaN"],
)
def test_an_eval_set_that_does_not_fit_is_refused(held_out):
    with pytest.raises(ValueError, match=r"eval_set|feature|class|label|inconsistent|NaN"):
        SoftmaxRegression().fit(X, SPECIES, eval_set=held_out)
    with pytest.raises((ValueError, TypeError), match="eval_metric"):
        SoftmaxRegression(eval_metric="f1").fit(X, SPECIES, eval_set=(X, SPECIES))


def test_callbacks_are_told_of_every_step_and_may_end_the_fit(capsys):
    told = []
    # A certificate changes the intercepts after the last step.
    model = SoftmaxRegression(callbacks=[told.append], certify=False).fit(X, SPECIES)
    assert [step.iteration for step in told] == list(range(1, model.n_iter_[0] + 1))
    values = [step.value for step in told]
    assert values == sorted(values, reverse=True)
    # The mean over the samples in another order.
    assert values[-1] == pytest.approx(model.objective_, rel=1e-14, abs=0)
    # At the end both are computed anew, from the parameters instead of moved logits.
    assert told[-1].gradient_norm == pytest.approx(model.gradient_norm_, rel=0, abs=1e-14)
    other = []
    watchers = [lambda step: step.iteration == 3, other.append]
    stopped = SoftmaxRegression(callbacks=watchers, certify=False).fit(X, SPECIES)
    assert stopped.n_iter_.tolist() == [3]
    assert not stopped.converged_
    assert stopped.objective_ == values[2]
    assert len(other) == 3, "every callback is told of every step"
    assert capsys.readouterr().out == ""


def test_an_error_in_a_callback_reaches_the_user():
    class Unexpected(Exception):
        pass

    def fail(step):
        raise Unexpected

    with pytest.raises(Unexpected):
        SoftmaxRegression(callbacks=[fail]).fit(X, SPECIES)


def test_verbose_prints_a_line_for_every_step_and_the_certificate(capsys):
    model = SoftmaxRegression(verbose=1).fit(X, SPECIES)
    *lines, last = capsys.readouterr().out.splitlines()
    assert last == f"Certificate: {model.certificate_}"
    assert len(lines) == model.n_iter_[0]
    assert lines[0] != lines[-1]
    assert f"{model.objective_:.8f}" in lines[-1]


@pytest.mark.parametrize("n_classes", [2, 31, 33, 53])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sparse_rows_in_several_blocks_give_the_fit_to_dense_ones(n_classes, dtype):
    rng = np.random.default_rng(n_classes)
    X = sp.random(5000, 60, density=0.1, format="csr", random_state=3, dtype=dtype)
    logits = X @ rng.normal(size=(60, n_classes)) * 4 + rng.gumbel(size=(5000, n_classes))
    y = logits.argmax(axis=1)
    sparse, dense = (SoftmaxRegression(C=10.0, tol=1e-10).fit(x, y) for x in (X, X.toarray()))
    assert sparse.objective_ == pytest.approx(dense.objective_, rel=1e-7)
    assert np.allclose(sparse.coef_, dense.coef_, atol=2e-3 * abs(dense.coef_).max())
