"""Tensors in, tensors out, where scikit-learn's array_api_dispatch is on; the fits are those to arrays.

SciPy reads the switch of the array API when it is imported, so a process of its own runs the comparison.
"""

import os
import subprocess
import sys

import numpy as np
import pytest

from chainrule.estimators.array_dispatch import _numpy, same_kind

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")

COMPARISON = """
import numpy as np, torch
from sklearn import config_context
from sklearn.model_selection import cross_val_score
from chainrule import SoftmaxRegression, SoftmaxRegressionCV

rng = np.random.default_rng(0)
for dtype in (np.float32, np.float64):
    X = rng.normal(size=(90, 4)).astype(dtype)
    y, weights = (X[:, :3] + rng.gumbel(size=(90, 3))).argmax(axis=1), rng.integers(1, 4, 90).astype(dtype)
    tensors = [torch.asarray(values) for values in (X, y, weights)]
    for model in (SoftmaxRegression(), SoftmaxRegressionCV(Cs=2, cv=2)):
        expected = [getattr(model.fit(X, y, weights), name)(X) for name in NAMES]
        coefficients = model.coef_
        with config_context(array_api_dispatch=True):
            model.fit(*tensors)
            found = [getattr(model, name)(tensors[0]) for name in NAMES]
            assert isinstance(model.predict(X), np.ndarray)
            assert isinstance(model.score(*tensors), float)
        assert np.array_equal(model.coef_, coefficients)
        for one, other in zip(found, expected, strict=True):
            assert isinstance(one, torch.Tensor) and one.numpy().dtype == other.dtype
            assert np.array_equal(one.numpy(), other)
    with config_context(array_api_dispatch=True):
        scores = cross_val_score(SoftmaxRegression(), tensors[0], tensors[1], cv=3)
        words = SoftmaxRegression().fit(tensors[0], np.array(["a", "b", "c"])[y]).predict(tensors[0])
        held_out = SoftmaxRegression(temperature_scaling=True).fit(*tensors[:2], eval_set=tuple(tensors[:2]))
        parts = SoftmaxRegression().partial_fit(X=tensors[0], y=tensors[1], classes=[0, 1, 2])
    assert np.array_equal(scores, cross_val_score(SoftmaxRegression(), X, y, cv=3))
    assert isinstance(words, np.ndarray) and set(words) == {"a", "b", "c"}
    assert held_out.temperature_ == SoftmaxRegression(temperature_scaling=True).fit(X, y, eval_set=(X, y)).temperature_
    assert np.array_equal(parts.coef_, SoftmaxRegression().partial_fit(X, y, [0, 1, 2]).coef_)
    assert isinstance(SoftmaxRegression().fit(X, y).predict(tensors[0]), np.ndarray)
"""
NAMES = ("predict", "predict_proba", "predict_log_proba", "decision_function")


def test_tensors_give_tensors_with_the_bits_of_arrays():
    code = f"NAMES = {NAMES!r}\n{COMPARISON}"
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", code],
        env=os.environ | {"SCIPY_ARRAY_API": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_memory_is_shared_and_gradients_are_left_behind():
    tensor = torch.ones(3, requires_grad=True)
    assert _numpy(tensor).ctypes.data == tensor.data_ptr()
    assert [type(part) for part in _numpy((tensor, [1]))] == [np.ndarray, list]


def test_tensors_elsewhere_are_refused():
    with pytest.raises(ValueError, match=r"expected tensors on the CPU, got one on meta: copy it with cpu\(\)"):
        _numpy(torch.ones(3, device="meta"))


def test_without_dispatch_a_method_is_called_as_it_is():
    arguments = object(), object()
    assert same_kind(lambda self, X, y: (X, y))(None, arguments[0], y=arguments[1]) == arguments
