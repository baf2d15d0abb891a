"""Paths, cross-validation and held-out samples on a cluster have the bits of memory; so have total weights."""

import os
import signal
from functools import partial

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit

from chainrule import SoftmaxRegression, SoftmaxRegressionCV
from chainrule.engines import dask_engine
from chainrule.estimators.class_encoding import encoding_of
from chainrule.estimators.sample_weights import class_mass, weights_of_classes, with_class_weight
from chainrule.estimators.softmax_on_cluster import total_weights
from chainrule.estimators.softmax_path import path

da = pytest.importorskip("dask.array", reason="needs Dask: pip install -e '.[dask]'")

N, D, K = 1601, 5, 4
rng = np.random.default_rng(8)
X = rng.normal(size=(N, D)) * np.geomspace(0.1, 10, D) + np.linspace(-3, 20, D)
NUMBERS = ((X - X.mean(axis=0)) @ rng.normal(size=(D, K)) / 5 + rng.gumbel(size=(N, K))).argmax(axis=1)
LABELS = np.array(list("abcd"))[NUMBERS]
SOFT = np.asfortranarray(rng.dirichlet(np.full(K, 0.1), N))
WEIGHTS = rng.uniform(-1, 3, N)
SIGNS = NUMBERS > 1
SPARSE = sp.csr_array(X * (rng.random((N, D)) < 0.3))
CS = [0.1, 20.0]


@pytest.fixture(autouse=True)
def small_leaves(monkeypatch):
    """Several leaves and chunks for a few rows."""
    monkeypatch.setattr(dask_engine, "CHUNK_BYTES", 2 * 256 * D * 8)
    monkeypatch.setattr("chainrule.engines.local.MOST_ROWS", 256)


def on_dask(values):
    if sp.issparse(values):
        parts = [values[start : start + 500] for start in range(0, N, 500)]
        return da.concatenate([da.from_array(part, chunks=part.shape, asarray=False) for part in parts])
    return None if values is None else da.from_array(values, chunks=(500, *values.shape[1:]))


def assert_same_points(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert (one.C, one.n_iter, one.objective, one.converged) == (other.C, other.n_iter, other.objective, True)
        assert one.coef.dtype == other.coef.dtype
        assert np.array_equal(one.rows, other.rows)


def assert_same_choice(model, other):
    for name in ("coef_", "intercept_", "scores_", "coefs_paths_", "C_", "n_iter_", "Cs_", "classes_"):
        one, two = np.asarray(getattr(model, name)), np.asarray(getattr(other, name))
        assert one.dtype == two.dtype, name
        assert np.array_equal(one, two), name
    assert getattr(model, "certificate_", None) == getattr(other, "certificate_", None)
    assert len(np.unique(other.scores_)) > 1


def fitted_twice(x, y, weights=None, groups=None, **options):
    """A choice of C on Dask and in memory."""
    options = {"Cs": CS, "cv": 3, **options}
    extra = {} if groups is None else {"groups": on_dask(groups)}
    found = SoftmaxRegressionCV(**options).fit(on_dask(x), on_dask(y), on_dask(weights), **extra)
    extra = {} if groups is None else {"groups": groups}
    return found, SoftmaxRegressionCV(**options).fit(x, y, weights, **extra)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["without weights", "with weights"])
@pytest.mark.parametrize("y", [LABELS, SOFT], ids=["labels", "probabilities"])
def test_total_weights_of_parts_have_the_bits_of_memory(y, weights, dtype):
    encoding, X = encoding_of(y, probabilities=y.ndim == 2), np.empty((N, 1), dtype)
    weights = None if weights is None else weights.astype(dtype)
    class_weight = dict(zip(encoding.classes.tolist(), rng.uniform(0.1, 3, K), strict=True))
    expected = with_class_weight(class_weight, encoding, X, y, weights)[2]
    factors = weights_of_classes(class_weight, encoding.classes, class_mass(encoding, y, weights))
    total = partial(total_weights, dtype, encoding, factors)
    for start, stop in ((0, 1), (1, 333), (333, N)):
        part = slice(start, stop)
        found = total(np.array(y[part], order="C"), None if weights is None else weights[part])
        assert found.dtype == dtype
        assert np.array_equal(found, expected[part])


@pytest.mark.parametrize("options", [
    {}, {"standardize": True}, {"class_weight": {"c": 0.0, "a": 2.0}}, {"fit_intercept": False},
], ids=str)  # fmt: skip
def test_a_path_has_the_bits_of_memory(options):
    for x in (X, SPARSE, X.astype(np.float32)):
        assert_same_points(path(on_dask(x), on_dask(LABELS), CS, **options), path(x, LABELS, CS, **options))


def test_a_path_through_fewer_samples_than_features_has_the_bits_of_memory():
    x = np.tile(X[:40], 6) * rng.uniform(0.5, 2, (40, 6 * D))
    wide = da.from_array(x, chunks=(7, 9))
    for Cs in (CS, [1.0, np.inf]):
        assert_same_points(path(wide, LABELS[:40], Cs), path(x, LABELS[:40], Cs))


def test_a_path_takes_no_negative_weights():
    for x in (X, on_dask(X)):
        with pytest.raises(ValueError, match="Negative values in data passed to `sample_weight`"):
            path(x, LABELS, CS, WEIGHTS)


@pytest.mark.parametrize("options", [
    {"scoring": "neg_log_loss", "certify": True},
    {"cv": ShuffleSplit(3, random_state=5), "scoring": "neg_log_loss"},
    {"cv": KFold(2), "class_weight": "balanced", "scoring": "roc_auc_ovr"},
    {"class_weight": {"c": 0.0, "a": 2.0}, "scoring": "neg_log_loss"},
    {"standardize": True, "label_smoothing": 0.1, "refit": False, "cv": 2},
    {"Cs": [1.0, np.inf], "cv": 2, "dtype": "float32"},
], ids=str)  # fmt: skip
def test_cross_validation_has_the_bits_of_memory(options):
    assert_same_choice(*fitted_twice(X, LABELS, **options))


def test_shuffled_folds_on_a_cluster_have_the_bits_of_memory(dask_client):
    assert_same_choice(*fitted_twice(X, LABELS, cv=ShuffleSplit(2, random_state=5), scoring="neg_log_loss"))


@pytest.mark.parametrize("x", [X.astype(np.float32), SPARSE], ids=["float32", "sparse"])
def test_cross_validation_of_other_features_has_the_bits_of_memory(x):
    assert_same_choice(*fitted_twice(x, SIGNS, scoring="neg_log_loss", cv=2))


def test_groups_and_weights_mean_the_same():
    weights = np.where(np.arange(N) % 7, abs(WEIGHTS), 0.0)
    groups = np.arange(N) // 100 % 11
    assert_same_choice(*fitted_twice(X, LABELS, weights, groups, cv=GroupKFold(3), class_weight="balanced"))


@pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
def test_rows_of_probabilities_are_cross_validated(scoring):
    weights = np.where(np.arange(N) % 7, abs(WEIGHTS), 0.0)
    assert_same_choice(*fitted_twice(X, SOFT, weights, targets="proba", scoring=scoring, class_weight="balanced"))


def test_folds_of_fewer_samples_than_features_have_the_bits_of_memory():
    x = np.tile(X[:60], 6) * rng.uniform(0.5, 2, (60, 6 * D))
    options = {"Cs": CS, "cv": 2, "scoring": "neg_log_loss"}
    model = SoftmaxRegressionCV(**options).fit(da.from_array(x, chunks=(7, 9)), SIGNS[:60])
    assert_same_choice(model, SoftmaxRegressionCV(**options).fit(x, SIGNS[:60]))


def test_folds_of_dataframes_have_the_bits_of_memory(dask_client):
    dd = pytest.importorskip("dask.dataframe", reason="needs Dask: pip install -e '.[dask]'")
    frame = pd.DataFrame(X, columns=list("vwxyz")).assign(label=LABELS)
    parts, features = dd.from_pandas(frame, npartitions=4), list("vwxyz")
    model = SoftmaxRegressionCV(Cs=CS, cv=3).fit(parts[features], parts["label"])
    assert_same_choice(model, SoftmaxRegressionCV(Cs=CS, cv=3).fit(frame[features], frame["label"]))
    assert model.feature_names_in_.tolist() == features


def test_a_scorer_of_ones_own_may_predict():
    def least(estimator, rows, labels):
        probabilities = estimator.predict_proba(rows)
        assert probabilities.shape == (rows.shape[0], 2)
        return probabilities[labels == estimator.predict(rows)].min() + estimator.decision_function(rows).mean()

    assert_same_choice(*fitted_twice(X, SIGNS, scoring=least))


def test_scores_of_a_choice_are_those_of_memory(dask_client):
    model = SoftmaxRegressionCV(Cs=CS, cv=2, scoring="neg_log_loss").fit(X, LABELS)
    expected = model.score(X, LABELS, abs(WEIGHTS))
    assert model.score(on_dask(X), on_dask(LABELS), on_dask(abs(WEIGHTS))) == pytest.approx(expected, rel=1e-12)
    assert model.score(X, LABELS) != pytest.approx(expected, rel=1e-6)


def test_a_worker_that_dies_in_cross_validation_changes_nothing(dask_client):
    killed = []

    def kill(step):
        if step.iteration == 2 and len(killed) < 2:
            victim = sorted(dask_client.nthreads())[0]
            os.kill(dask_client.run(os.getpid, workers=[victim])[victim], signal.SIGKILL)
            killed.append(victim)

    model = SoftmaxRegressionCV(Cs=CS, cv=2, scoring="neg_log_loss", callbacks=[kill])
    model.fit(on_dask(X), on_dask(LABELS))
    assert len(killed) == 2
    assert_same_choice(model, SoftmaxRegressionCV(Cs=CS, cv=2, scoring="neg_log_loss").fit(X, LABELS))


@pytest.mark.parametrize("labels", [LABELS, SIGNS], ids=["several classes", "two classes"])
def test_held_out_samples_may_lie_on_the_cluster_or_in_memory(dask_client, labels):
    options = {"temperature_scaling": True, "class_weight": "balanced"}
    weights = abs(WEIGHTS[:900])
    expected = SoftmaxRegression(**options).fit(X, labels, eval_set=(X[:900], labels[:900], weights))
    assert expected.temperature_ != 1
    there = on_dask(X)[:900], on_dask(labels)[:900], on_dask(WEIGHTS)[:900].map_blocks(abs)
    for x, held_out in ((on_dask(X), there), (X, there), (on_dask(X), (X[:900], labels[:900], weights))):
        model = SoftmaxRegression(**options).fit(x, labels, eval_set=held_out)
        assert model.temperature_ == expected.temperature_
        assert model.validation_scores_ == expected.validation_scores_


def test_held_out_samples_that_do_not_fit_are_told():
    with pytest.raises(ValueError, match="X has 4 features, but SoftmaxRegression is expecting 5"):
        SoftmaxRegression().fit(on_dask(X), LABELS, eval_set=(on_dask(X)[:, :4], LABELS))
    with pytest.raises(ValueError, match=r"eval_set: `y` has classes not in"):
        SoftmaxRegression().fit(on_dask(X), LABELS, eval_set=(on_dask(X), np.full(N, "k")))
