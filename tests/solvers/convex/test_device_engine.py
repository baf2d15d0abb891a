"""Fits whose passes are taken on a device have the same optimum, in parts of any size, from any estimator."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from tests.solvers.convex.on_devices import DEVICES, TARGETS, WEIGHTS, N, X, problems

from chainrule import MLPClassifier, SoftmaxRegression, fit_many
from chainrule.engines import LocalEngine
from chainrule.rules import softmax_cross_entropy
from chainrule.solvers.convex import Problem, device_engine, minimise, put_on
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.rows import Rows

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
pytestmark = pytest.mark.usefixtures("parts_of_device")


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("options", [{}, {"method": "newton-cg"}, {"narrow": True}, {"certify": True}], ids=str)
@pytest.mark.parametrize("kind", TARGETS)
def test_the_optimum_is_the_same(kind, options, device):
    here, there = problems(kind, np.float32 if "narrow" in options else np.float64, device, weights=WEIGHTS)
    one, other = (minimise(problem, tol=1e-9, **options) for problem in (here, there))
    assert one.converged
    assert other.converged
    # Both end within 1e-9 of the optimum; F in float32 has rounding errors of its own.
    assert other.value == pytest.approx(one.value, rel=2e-7 if here.dtype == np.float32 else 2e-9)
    again = minimise(put_on(here, device), tol=1e-9, **options)
    np.testing.assert_array_equal(again.theta, other.theta)


@pytest.mark.parametrize("intercept", [True, False])
def test_a_sample_of_the_rows_is_taken_there_too(intercept, monkeypatch):
    targets = (X[:, 1] > 0).astype(int)
    here = Problem(np.tile(X, (600, 1)), np.tile(targets, 600), 2, softmax_cross_entropy, l2=0.1, intercept=intercept)
    taken = []
    monkeypatch.setattr("chainrule.solvers.convex.sample.LEAST_PRODUCTS", 1)

    def map_reduce(engine, function, state, keys=None, *, own=device_engine.DeviceEngine.map_reduce):
        taken.append((len(engine.x), getattr(state[1], "__name__", "")))
        return own(engine, function, state, keys)

    monkeypatch.setattr(device_engine, "ENTRIES", 1 << 20)
    monkeypatch.setattr(device_engine.DeviceEngine, "map_reduce", map_reduce)
    other = minimise(put_on(here, "cpu"), tol=1e-8)
    assert {rows for rows, name in taken if name == "at_point"} == {N * 600, -(-N * 600 // 16)}
    assert other.value == pytest.approx(minimise(here, tol=1e-8).value, rel=2e-8)


@pytest.mark.parametrize("device", DEVICES)
def test_an_estimator_fits_there(device, tmp_path):
    y = np.array(["a", "b", "c", "d"])[TARGETS["labels"][0]]
    options = {"tol": 1e-8, "class_weight": "balanced", "standardize": True}
    one, other = (SoftmaxRegression(device=place, **options).fit(X, y) for place in (None, device))
    np.testing.assert_allclose(other.predict_proba(X), one.predict_proba(X), rtol=0, atol=1e-12)  # 1e-15 measured
    assert other.certificate_.distance < 1e-2
    kept = SoftmaxRegression(device=device, checkpoint=tmp_path / "journal", **options).fit(X, y)
    np.testing.assert_array_equal(kept.coef_, other.coef_)


def test_many_fits_at_once_are_fitted_there_one_by_one(monkeypatch):
    y, taken = TARGETS["labels"][0], []

    def map_reduce(engine, function, state, keys=None, *, own=device_engine.DeviceEngine.map_reduce):
        taken.append(engine.device)
        return own(engine, function, state, keys)

    monkeypatch.setattr(device_engine.DeviceEngine, "map_reduce", map_reduce)
    one, other = (fit_many([SoftmaxRegression(device=place, tol=1e-8)], X, ys=[y])[0] for place in (None, "cpu"))
    assert taken
    np.testing.assert_allclose(other.predict_proba(X), one.predict_proba(X), rtol=0, atol=1e-12)  # 1e-15 measured


def test_the_threads_keep_no_logits_for_which_they_have_no_room(monkeypatch):
    monkeypatch.setattr("chainrule.solvers.convex.device_engine.STORED_BYTES", 1)
    there, kept = problems("labels", np.float64, "cpu")[1], []

    def noted(block, _):
        kept.append(block.kept)
        return 0.0

    Rows(there).map_reduce(noted, None)
    assert set(kept) == {None}


def test_the_same_rows_are_not_sent_twice():
    there = problems("labels", np.float64, "cpu")[1]
    assert there.of(there.x).device_engine._memory is there.device_engine._memory
    assert there.of(X[:, :2]).device_engine._memory is not there.device_engine._memory


def test_threads_and_other_features_stay_on_the_device():
    here, there = problems("labels", np.float64, "cpu")
    assert here.device_engine is None
    assert there.with_threads(2).device_engine.device == "cpu"
    assert there.of(X[:, :2]).device_engine.x.shape == (N, 2)
    assert isinstance(there.device_engine.engine, LocalEngine)
    assert Evaluator(there).stored  # few logits
    assert put_on(here, None) is here


def test_what_no_device_takes_is_an_error(monkeypatch):
    sparse = replace(problems("labels", np.float64, "cpu")[0], x=sp.csr_matrix(X), engine=None)
    with pytest.raises(ValueError, match="device='cpu' takes dense X in memory; X that is sparse or in files"):
        put_on(sparse, "cpu")
    expected = "device: expected None or a device that PyTorch has here, such as 'cpu' or 'cuda', got "
    for estimator in SoftmaxRegression, MLPClassifier:
        for wrong in ("gpu", 3.5) if torch.cuda.is_available() else ("gpu", 3.5, "cuda"):
            with pytest.raises(ValueError, match=f"{expected}{wrong!r}"):
                estimator(device=wrong).fit(X, TARGETS["labels"][0])
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"device='cpu' needs PyTorch.*pip install 'chainrule\[torch\]'"):
        SoftmaxRegression(device="cpu").fit(X, TARGETS["labels"][0])
