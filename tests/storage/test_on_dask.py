"""Files that the workers of a cluster read: the same rows, the same bits of fits, errors that name file and row."""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.datasets import dump_svmlight_file

from chainrule import Blocks, SoftmaxRegression, SoftmaxRegressionCV
from chainrule.estimators import path as path_of_fits
from chainrule.storage import DataFileError, OnDask, StoredRows, stored_rows, svmlight

da = pytest.importorskip("dask.array", reason="needs Dask: pip install -e '.[dask]'")

N, D = 900, 6
rng = np.random.default_rng(6)
X = (rng.normal(size=(N, D)) * np.geomspace(0.1, 10, D)).astype(np.float32)
LABELS = np.array(["fig", "apple", "a plum"])[
    (X @ rng.normal(size=(D, 3)) + rng.gumbel(size=(N, 3)) * 9).argmax(axis=1)
]
WEIGHTS = np.where(np.arange(N) % 5, rng.uniform(0.1, 3, N), 0.0)
CUTS = [0, 17, 400, 401, N]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Many parts for a few rows."""
    monkeypatch.setattr(stored_rows, "NUMBERS_OF_A_BLOCK", 7 * D)
    monkeypatch.setattr("chainrule.engines.local.MOST_ROWS", 256)


@pytest.fixture
def npy(tmp_path):
    for number, (start, stop) in enumerate(pairwise(CUTS)):
        np.save(tmp_path / f"x-{number}.npy", X[start:stop])
    return Blocks(f"{tmp_path}/x-*.npy", labels=LABELS, weight=WEIGHTS)


@pytest.fixture
def parquet(tmp_path):
    frame = pd.DataFrame(X, columns=list("uvwxyz")).assign(label=LABELS, weight=WEIGHTS)
    for number, (start, stop) in enumerate(pairwise(CUTS)):
        frame[start:stop].to_parquet(tmp_path / f"part-{number}.parquet")
    return Blocks(f"{tmp_path}/part-*.parquet", target="label", weight="weight")


@pytest.fixture
def csr(tmp_path):
    counts = sp.random(N, 40, 0.2, "csr", random_state=3)
    dump_svmlight_file(counts, np.arange(N) % 3, str(tmp_path / "words.svm"))
    svmlight.convert_svmlight(str(tmp_path / "words.svm"), str(tmp_path / "words.csr"))
    return Blocks(tmp_path / "words.csr")


@pytest.fixture(params=["npy", "parquet", "csr"])
def source(request):
    return request.getfixturevalue(request.param)


def assert_same(model, other):
    assert model.coef_.dtype == other.coef_.dtype
    assert np.array_equal(model.coef_, other.coef_)
    assert np.array_equal(model.intercept_, other.intercept_)
    assert np.array_equal(model.classes_, other.classes_)
    names = [getattr(fitted, "feature_names_in_", np.empty(0)).tolist() for fitted in (model, other)]
    assert names[0] == names[1]


def test_the_array_has_the_rows_of_the_files(source):
    found, expected = OnDask(source), source.features(0, N)
    assert found.shape == found.array().shape == source.shape
    assert found.dtype == found.array().dtype == source.dtype
    assert len(found.array().chunks[0]) > 3
    rows = found.array().compute(scheduler="threads")
    assert (rows != expected).sum() == 0
    assert np.array_equal(found.labels(), source.labels())


def test_chosen_rows_are_read_alone(source):
    chosen = np.flatnonzero(rng.random(N) < 0.3)
    rows = StoredRows(source, np.dtype(np.float64))[chosen].changed(lambda block: block * 2)
    found = OnDask(rows)
    assert found.shape == (len(chosen), source.shape[1])
    expected = source.features(0, N)[chosen].astype(np.float64) * 2
    assert (found.array().compute(scheduler="threads") != expected).sum() == 0
    assert np.array_equal(found.labels(), source.labels()[chosen])
    weights = source.weights()
    assert found.weights() is None if weights is None else np.array_equal(found.weights(), weights[chosen])


def test_fits_have_the_bits_of_fits_from_files(source, dask_client):
    expected = SoftmaxRegression(certify=True).fit(source)
    model = SoftmaxRegression(certify=True).fit(OnDask(source), eval_set=OnDask(source))
    assert_same(model, expected)
    assert model.certificate_ == expected.certificate_
    assert model.validation_scores_ == SoftmaxRegression().fit(source, eval_set=source).validation_scores_


def test_paths_and_cross_validation_have_the_bits_of_fits_from_files(parquet):
    options = {"Cs": [0.1, 10.0], "cv": 2, "scoring": "neg_log_loss"}
    model, expected = (SoftmaxRegressionCV(**options).fit(rows) for rows in (OnDask(parquet), parquet))
    assert_same(model, expected)
    assert np.array_equal(model.scores_, expected.scores_)
    assert model.score(OnDask(parquet)) == pytest.approx(expected.score(parquet), rel=1e-12)
    points = (path_of_fits(rows, None, [0.1, 10.0]) for rows in (OnDask(parquet), parquet))
    for one, other in zip(*points, strict=True):
        assert np.array_equal(one.rows, other.rows)


def test_predictions_are_made_by_workers(source, dask_client):
    model = SoftmaxRegression().fit(source)
    found = model.predict_proba(OnDask(source))
    assert isinstance(found, da.Array)
    np.testing.assert_allclose(found.compute(), model.predict_proba(source), rtol=1e-12)
    assert model.score(OnDask(source)) == pytest.approx(model.score(source), rel=1e-12)


def test_predictions_need_the_names_of_the_fit(parquet, tmp_path):
    model = SoftmaxRegression().fit(parquet)
    other = Blocks(f"{tmp_path}/part-*.parquet", columns=list("uvwxzy"))
    with pytest.raises(ValueError, match="feature 4 was 'y', and is 'z' now"):
        model.predict(OnDask(other))


@pytest.mark.parametrize("kind", ["npy", "parquet"])
def test_a_number_that_is_not_finite_is_named_with_its_file_and_row(kind, request, dask_client):
    source = request.getfixturevalue(kind)
    model = SoftmaxRegression().fit(OnDask(source))
    before, last = model.coef_.copy(), Path(source.paths[-1])
    wrong = X[CUTS[-2] :].copy()
    wrong[100, 4] = np.nan
    if last.suffix == ".npy":
        np.save(last, wrong)
    else:
        frame = pd.DataFrame(wrong, columns=list("uvwxyz"))
        frame.assign(label=LABELS[CUTS[-2] :], weight=WEIGHTS[CUTS[-2] :]).to_parquet(last)
    again = Blocks([*source.paths[:-1], last], **({"labels": LABELS} if last.suffix == ".npy" else {"target": "label"}))
    with pytest.raises(
        ValueError, match=rf"{last.name}(, row 100: feature 4 is nan|: column 'y' in row 100 is missing)"
    ):
        model.fit(OnDask(again))
    assert np.array_equal(model.coef_, before)


def test_a_file_that_is_gone_or_has_other_rows_is_named(npy, dask_client):
    os.remove(npy.paths[1])
    with pytest.raises(DataFileError, match=r"x-1\.npy: there is no such file"):
        SoftmaxRegression().fit(OnDask(npy))
    np.save(npy.paths[1], X[:5])
    with pytest.raises(
        DataFileError, match=rf"x-0\.npy, \.\.\. \(4 files\): a worker finds {N - 378} samples, expected {N}"
    ):
        SoftmaxRegression().fit(OnDask(npy))


def test_files_that_were_written_again_are_opened_again(npy, tmp_path, dask_client):
    SoftmaxRegression().fit(OnDask(npy))
    np.save(npy.paths[1], X[CUTS[1] : CUTS[2]][::-1])
    again = Blocks(f"{tmp_path}/x-*.npy", labels=LABELS)
    assert_same(SoftmaxRegression().fit(OnDask(again)), SoftmaxRegression().fit(again))


def test_what_workers_cannot_open_is_refused(npy, array_source):
    with pytest.raises(TypeError, match="workers cannot open a memory map; give the path"):
        OnDask(Blocks(np.load(npy.paths[0], mmap_mode="r")))
    with pytest.raises(TypeError, match="expected Blocks, whose files workers can open, got"):
        OnDask(StoredRows(array_source(X), X.dtype))
