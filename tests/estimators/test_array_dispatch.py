"""Arrays of other libraries where scikit-learn's array_api_dispatch is on; the fits are those to NumPy's arrays.

SciPy reads the switch of the array API when it is imported, so processes of their own run what needs it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sklearn
from sklearn.datasets import load_iris

from chainrule import SoftmaxRegression, load, onnx_inputs, to_onnx
from chainrule.arrays import in_numpy
from chainrule.estimators.array_dispatch import attributes_like_samples, results_like_samples, with_numpy

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
strict = pytest.importorskip("array_api_strict", reason="needs array-api-strict: pip install -e '.[interop]'")

NAMES = ("predict", "predict_proba", "predict_log_proba", "decision_function")
ATTRIBUTES = ("coef_", "intercept_", "classes_", "n_iter_")
HERE = Path(__file__).parent


def run(*command):
    """What the command prints, where SciPy has the array API."""
    done = subprocess.run(
        [sys.executable, *command],
        env=os.environ | {"SCIPY_ARRAY_API": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


COMPARISON = """
import pickle
import numpy as np, array_api_strict, torch
from sklearn import config_context
from sklearn.model_selection import cross_val_predict, cross_val_score
from chainrule import SoftmaxRegression, SoftmaxRegressionCV
from chainrule.arrays import in_numpy, library_of

rng = np.random.default_rng(0)
device = array_api_strict.Device("device1")
for of in (torch.asarray, array_api_strict.asarray, lambda x: array_api_strict.asarray(x, device=device)):
    for dtype in (np.float32, np.float64):
        X = rng.normal(size=(90, 4)).astype(dtype)
        y, weights = (X[:, :3] + rng.gumbel(size=(90, 3))).argmax(axis=1), rng.integers(1, 4, 90).astype(dtype)
        x, labels, of_samples = samples = [of(values) for values in (X, y, weights)]
        for model in (SoftmaxRegression(), SoftmaxRegressionCV(Cs=2, cv=2)):
            expected = [getattr(model.fit(X, y, weights), name) for name in ATTRIBUTES]
            expected += [getattr(model, name)(X) for name in NAMES]
            with config_context(array_api_dispatch=True):
                model = pickle.loads(pickle.dumps(model.fit(*samples)))
                found = [getattr(model, name) for name in ATTRIBUTES] + [getattr(model, name)(x) for name in NAMES]
                score = model.score(*samples)
            for one, other in zip(found, expected, strict=True):
                assert library_of(one) == library_of(x)
                np.testing.assert_array_equal(in_numpy(one), other, strict=True)
            assert score == model.score(X, y, weights)  # without dispatch, in NumPy
            for name, other in zip(NAMES, expected[len(ATTRIBUTES) :], strict=True):
                np.testing.assert_array_equal(getattr(model, name)(X), other, strict=True)
        plain, folds = SoftmaxRegression(), dict(cv=3)
        with config_context(array_api_dispatch=True):
            scores = cross_val_score(plain, x, labels, **folds)
            predicted = cross_val_predict(plain, x, labels, **folds)
            words = SoftmaxRegression().fit(x, np.array(["a", "b", "c"])[y])
            held_out = SoftmaxRegression(temperature_scaling=True).fit(x, labels, eval_set=(x, labels))
            parts = SoftmaxRegression().partial_fit(X=x, y=labels, classes=of(np.arange(3))).partial_fit(x, labels)
            again = SoftmaxRegression(warm_start=True).fit(x, labels).fit(x, labels)
            of_numpy = SoftmaxRegression().fit(X, labels)
            assert isinstance(words.predict(x), np.ndarray) and isinstance(words.classes_, np.ndarray)
            assert isinstance(of_numpy.predict(X), np.ndarray) and library_of(of_numpy.classes_) == library_of(labels)
        assert np.array_equal(scores, cross_val_score(plain, X, y, **folds))
        assert np.array_equal(in_numpy(predicted), cross_val_predict(plain, X, y, **folds))
        temperature = SoftmaxRegression(temperature_scaling=True).fit(X, y, eval_set=(X, y)).temperature_
        assert held_out.temperature_ == temperature
        other = SoftmaxRegression().partial_fit(X, y, [0, 1, 2]).partial_fit(X, y)
        assert np.array_equal(in_numpy(parts.coef_), other.coef_)
        other = SoftmaxRegression(warm_start=True).fit(X, y).fit(X, y)
        assert np.array_equal(in_numpy(again.coef_), other.coef_)
        if of is torch.asarray:
            assert isinstance(SoftmaxRegression().fit(x, labels).coef_, np.ndarray)  # without dispatch
"""


def test_results_and_attributes_are_of_the_library_of_x_with_the_bits_of_arrays():
    run("-W", "error::UserWarning", "-c", f"NAMES, ATTRIBUTES = {NAMES!r}, {ATTRIBUTES!r}\n{COMPARISON}")


def test_scikit_learns_checks_and_its_own_tests_of_other_arrays_pass():
    """The checks of estimators, and the tests of LogisticRegression with these arrays run on SoftmaxRegression."""
    files = [str(HERE / f"test_{name}.py") for name in ("softmax_regression", "peers_own_logistic_tests")]
    told = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "array_api", *files)
    # scikit-learn 1.9 has 7 checks of each of 5 estimators, and 130 tests without a GPU; earlier ones have fewer
    # checks, and their tests are not run.
    assert int(re.search(r"(\d+) passed", told)[1]) >= (165 if sklearn.__version__.startswith("1.9.") else 5)


IRIS = load_iris(return_X_y=True)
DISPATCHED = """
import sys
import torch
from sklearn import config_context
from sklearn.datasets import load_iris
from chainrule import SoftmaxRegression, SoftmaxRegressionCV
X, y = (torch.asarray(values) for values in load_iris(return_X_y=True))
with config_context(array_api_dispatch=True):
    SoftmaxRegression().fit(X, y).save(sys.argv[1])
"""


def test_model_files_hold_numpys_arrays(tmp_path):
    run("-c", DISPATCHED, str(tmp_path / "iris.chainrule"))
    model = load(tmp_path / "iris.chainrule")
    for name in ATTRIBUTES:
        assert type(getattr(model, name)) is np.ndarray
    expected = SoftmaxRegression().fit(*IRIS).predict_proba(IRIS[0])
    np.testing.assert_array_equal(model.predict_proba(IRIS[0]), expected, strict=True)


@pytest.fixture
def of_torch():
    """A model as a fit to tensors leaves it."""
    model = SoftmaxRegression().fit(*IRIS)
    vars(model).update({name: torch.asarray(getattr(model, name)) for name in ATTRIBUTES})
    return model


def test_exports_and_reports_read_attributes_of_other_libraries(of_torch, tmp_path):
    plain = SoftmaxRegression().fit(*IRIS)
    assert to_onnx(of_torch) == to_onnx(plain)
    np.testing.assert_array_equal(onnx_inputs(of_torch, IRIS[0])["X"], IRIS[0])
    assert of_torch.report(torch.asarray(IRIS[0]), torch.asarray(IRIS[1]), tmp_path).name == "report.html"


def test_a_model_of_tensors_can_be_made_sparse(of_torch):
    expected = of_torch.predict_proba(IRIS[0])
    np.testing.assert_allclose(of_torch.sparsify().predict_proba(IRIS[0]), expected, rtol=1e-14)
    assert type(of_torch.intercept_) is np.ndarray


def test_attributes_are_numpys_while_a_fit_runs_and_stay_so_without_dispatch(of_torch):
    seen = []
    attributes_like_samples(lambda self, X: seen.append(type(self.coef_)))(of_torch, IRIS[0])
    assert seen == [np.ndarray]
    assert type(of_torch.coef_) is np.ndarray


def test_without_dispatch_a_method_is_called_as_it_is():
    arguments, model = (object(), object()), SoftmaxRegression()
    assert results_like_samples(lambda self, X, y: (self, X, y))(model, arguments[0], y=arguments[1]) == (
        model,
        *arguments,
    )


def test_a_copy_has_numpys_arrays(of_torch):
    copy = with_numpy(of_torch)
    assert isinstance(of_torch.coef_, torch.Tensor)
    assert [type(getattr(copy, name)) for name in ATTRIBUTES] == [np.ndarray] * 4
    assert with_numpy(copy) is copy
    assert in_numpy(of_torch.coef_).ctypes.data == copy.coef_.ctypes.data


MISTAKES = """
import numpy as np, scipy.sparse as sp, torch
from sklearn import config_context
from sklearn.exceptions import NotFittedError
from chainrule import SoftmaxRegression, SoftmaxRegressionCV

def refused(kind, call):
    try:
        call()
    except kind as error:
        print(error)
    else:
        raise AssertionError("not refused")

X, y = np.arange(6.0)[:, None], np.array([0, 0, 1, 0, 1, 1])
T, t = torch.asarray(X), torch.asarray(y)
with config_context(array_api_dispatch=True):
    refused(NotFittedError, lambda: SoftmaxRegression().predict(T))
    model = SoftmaxRegressionCV(Cs=2, cv=2).fit(T, t)
    for name in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        for x in (X, X.tolist(), sp.csr_array(X)):
            refused(ValueError, lambda: getattr(model, name)(x))
    refused(ValueError, lambda: SoftmaxRegression().fit(X, y).score(T, t))
    before = dict(vars(model))
    refused(ValueError, lambda: model.fit(T, 0 * t))
    assert vars(model) == before
"""


def test_arrays_of_another_library_than_the_fits_are_refused_as_in_scikit_learn():
    told = run("-c", MISTAKES).splitlines()
    assert told[0].startswith("This SoftmaxRegression instance is not fitted yet")
    for number, name in enumerate(NAMES):
        for line in told[3 * number + 1 : 3 * number + 4]:
            assert line == (
                f"Inputs passed to SoftmaxRegressionCV.{name}() must use the same namespace and device as those passed "
                "to fit(): expected torch on cpu, got numpy"
            )
    assert "SoftmaxRegression.score()" in told[13]
    assert told[13].endswith("expected numpy, got torch on cpu")
    assert "expected at least two classes" in told[14]
