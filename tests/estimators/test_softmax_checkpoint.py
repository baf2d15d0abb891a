"""`checkpoint=`: a killed fit continues without repeating a pass, and ends with the bits of one that was not killed."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule import SoftmaxRegression
from chainrule.engines import JournalError, LocalEngine
from chainrule.estimators.softmax_path import path

N, D, K = 300, 6, 4
rng = np.random.default_rng(3)
X = rng.normal(size=(N, D)) * np.geomspace(0.1, 10, D) + np.linspace(-3, 20, D)
Y = np.array([-7, 3, 4, 1000])[
    ((X - X.mean(axis=0)) @ rng.normal(size=(D, K)) + rng.gumbel(size=(N, K))).argmax(axis=1)
]
WIDE = np.tile(X[:40], 3) * rng.uniform(0.5, 2, (40, 3 * D))
FITS = {
    "dense": (X, Y, {}),
    "float32": (X.astype("f4"), Y, {"certify": True}),
    "standardize": (X, Y, {"standardize": True, "certify": True}),
    "sparse": (sp.csr_array(X * (X > 1)), Y, {}),
    "more features than samples": (WIDE, Y[:40], {}),
    "more features than samples without a penalty": (WIDE, Y[:40], {"C": np.inf}),
    "no penalty": (X, Y, {"C": np.inf}),
    "newton-cg": (X, Y, {"solver": "newton-cg"}),
    "two classes": (X, Y > 3, {"class_weight": "balanced"}),
    "many classes": (np.tile(X, (4, 1)), np.arange(4 * N) % 40, {}),
}


class Killed(BaseException):
    """Ends a fit as a kill does: nothing after it runs."""


@pytest.fixture
def passes(monkeypatch):
    """Counts passes, and ends the fit at one of them."""

    class Passes:
        count, last = 0, None

    take = LocalEngine.map_reduce

    def counted(self, *arguments):
        if Passes.count == Passes.last:
            raise Killed
        Passes.count += 1
        return take(self, *arguments)

    monkeypatch.setattr(LocalEngine, "map_reduce", counted)
    return Passes


@pytest.mark.parametrize("name", FITS)
def test_a_fit_that_is_killed_at_any_pass_ends_with_the_same_bits(tmp_path, passes, name):
    x, y, options = FITS[name]
    expected = SoftmaxRegression(**options).fit(x, y)
    folder, count = tmp_path / "journal", passes.count
    for last in {1, 2, count // 2, count - 1}:
        passes.count, passes.last = 0, last
        with pytest.raises(Killed):
            SoftmaxRegression(checkpoint=folder, **options).fit(x, y)
        known = len(list(folder.glob("*.npz"))) if folder.exists() else 0
        passes.count, passes.last = 0, None
        model = SoftmaxRegression(checkpoint=str(folder), **options).fit(x, y)
        assert passes.count <= count - known
        assert not folder.exists()
        assert np.array_equal(model.coef_, expected.coef_)
        assert np.array_equal(model.intercept_, expected.intercept_)
        assert model.objective_ == expected.objective_
        assert model.certificate_ == expected.certificate_


def killed_at(passes, last, folder, x=X, y=Y, weights=None, **options):
    passes.count, passes.last = 0, last
    with pytest.raises(Killed):
        SoftmaxRegression(checkpoint=folder, **options).fit(x, y, weights)
    passes.count, passes.last = 0, None


def test_other_samples_or_parameters_are_refused(tmp_path, passes):
    killed_at(passes, 6, tmp_path)
    changed = X.copy()
    changed[7, 3] = np.nextafter(changed[7, 3], 100)
    labels = Y.copy()
    labels[7] = labels[7 + np.argmax(Y[7:] != Y[7])]
    for x, y, weights, options in [
        (changed, Y, None, {}),
        (X[:-1], Y[:-1], None, {}),
        (X.astype("f4"), Y, None, {}),
        (X, labels, None, {}),
        (X, Y, np.ones(N), {}),
        (X, Y, None, {"C": 2.0}),
        (X, Y, None, {"standardize": True}),
        (X, Y, None, {"fit_intercept": False}),
        (X, Y, None, {"label_smoothing": 0.1}),
        (X, Y, None, {"class_weight": "balanced"}),
    ]:
        with pytest.raises(JournalError, match=r"pass-0000\d.npz: this pass is of another fit"):
            SoftmaxRegression(checkpoint=tmp_path, **options).fit(x, y, weights)
    assert np.array_equal(SoftmaxRegression(checkpoint=tmp_path).fit(X, Y).coef_, SoftmaxRegression().fit(X, Y).coef_)


def test_other_versions_are_refused(tmp_path, passes, monkeypatch):
    killed_at(passes, 4, tmp_path)
    monkeypatch.setattr("chainrule.estimators.softmax_recipe.fingerprint", lambda: ("numpy 1.7.0",))
    with pytest.raises(JournalError, match="other samples, parameters or versions"):
        SoftmaxRegression(checkpoint=tmp_path).fit(X, Y)


def test_samples_in_files_continue(tmp_path, passes, array_source):
    folder, source = tmp_path / "journal", array_source(X, Y)
    killed_at(passes, 6, folder, source, None)
    again = array_source(X, Y)
    model = SoftmaxRegression(checkpoint=folder).fit(again)
    assert np.array_equal(model.coef_, SoftmaxRegression().fit(X, Y).coef_)
    changed = X.copy()
    changed[0, 0] = 17.0
    killed_at(passes, 6, folder, source, None)
    with pytest.raises(JournalError):
        SoftmaxRegression(checkpoint=folder).fit(array_source(changed, Y))


def test_a_process_that_is_killed_leaves_a_journal_that_another_continues(tmp_path):
    code = """
import os, signal, sys
import numpy as np
from chainrule import SoftmaxRegression

rng = np.random.default_rng(0)
X = rng.normal(size=(3000, 20))
Y = (X[:, :4] + rng.gumbel(size=(3000, 4))).argmax(axis=1)
kill = [lambda step: os.kill(os.getpid(), signal.SIGKILL) if step.iteration == 3 else None]
model = SoftmaxRegression(tol=1e-12, checkpoint=sys.argv[1] or None, callbacks=kill if sys.argv[2] else None).fit(X, Y)
print(model.coef_.tobytes().hex())
"""

    def run(*words):
        return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60)

    folder = tmp_path / "journal"
    assert run(str(folder), "kill").returncode == -9
    assert len(list(folder.iterdir())) > 3
    continued, whole = run(str(folder), ""), run("", "")
    assert continued.stdout == whole.stdout != ""
    assert not folder.exists()


def test_ctrl_c_leaves_the_journal(tmp_path):
    def interrupt(step):
        if step.iteration == 3:
            raise KeyboardInterrupt

    with pytest.warns(match="interrupted after"):
        model = SoftmaxRegression(checkpoint=tmp_path, callbacks=[interrupt], tol=1e-12).fit(X, Y)
    assert model.interrupted_
    model = SoftmaxRegression(checkpoint=tmp_path, tol=1e-12).fit(X, Y)
    assert np.array_equal(model.coef_, SoftmaxRegression(tol=1e-12).fit(X, Y).coef_)


def test_dask_collections_continue(tmp_path, dask_client, monkeypatch):
    da = pytest.importorskip("dask.array", reason="needs Dask: pip install -e '.[dask]'")
    from chainrule.engines.dask_engine import DaskEngine

    taken, take = [], DaskEngine.map_reduce

    def counted(self, *arguments):
        taken.append(arguments)
        return take(self, *arguments)

    monkeypatch.setattr(DaskEngine, "map_reduce", counted)
    samples = da.from_array(X, chunks=(70, 6)), da.from_array(Y, chunks=50)
    expected = SoftmaxRegression(tol=1e-12).fit(*samples)
    count = len(taken)

    def kill(step):
        if step.iteration == 4:
            raise Killed

    with pytest.raises(Killed):
        SoftmaxRegression(tol=1e-12, checkpoint=tmp_path, callbacks=[kill]).fit(*samples)
    known = len(list(tmp_path.glob("*.npz")))
    taken.clear()
    other = da.from_array(np.where(X > 25, 25, X), chunks=(70, 6)), samples[1]
    with pytest.raises(JournalError):
        SoftmaxRegression(tol=1e-12, checkpoint=tmp_path).fit(*other)
    taken.clear()
    model = SoftmaxRegression(tol=1e-12, checkpoint=tmp_path).fit(da.from_array(X, chunks=(31, 4)), samples[1])
    assert len(taken) == count - known + 1  # and the pass that compares samples
    assert np.array_equal(model.coef_, expected.coef_)


def test_paths_take_no_checkpoint(tmp_path):
    with pytest.raises(ValueError, match=r"^checkpoint: a path has no use for it"):
        path(X, Y, [1.0], checkpoint=tmp_path)
