"""The exported model beside the estimator, on the same rows, in ONNX Runtime."""

import numpy as np
import onnx
import onnxruntime
import pytest

from chainrule import onnx_inputs, to_onnx

TIE = 2e-6
"""Two probabilities that are as near may be in either order: each is right to 1e-6 in float32."""


def session_of(exported):
    onnx.checker.check_model(exported, full_check=True)  # dtypes and shapes of all values, too
    return onnxruntime.InferenceSession(exported.SerializeToString(), providers=["CPUExecutionProvider"])


@pytest.fixture
def session():
    return session_of


@pytest.fixture
def difference():
    """Checks that labels are equal, and returns the largest difference of probabilities.

    Batches of one row and of none give the same rows, and no rows.
    """

    def of(model, X, **options):
        session, inputs = session_of(to_onnx(model, **options)), onnx_inputs(model, X, **options)
        label, probabilities = session.run(None, inputs)
        expected, predicted = model.predict_proba(X), model.predict(X)
        if predicted.ndim == 1 and expected.ndim == 2:  # where two classes are equally likely, either is right
            first, second = np.sort(expected, axis=1)[:, :-3:-1].T
            predicted = np.where(first - second < TIE, label, predicted)
        np.testing.assert_array_equal(label, predicted)
        assert probabilities.shape == expected.shape
        one = session.run(None, {name: values[:1] for name, values in inputs.items()})
        assert one[0].tolist() == label[:1].tolist()
        np.testing.assert_allclose(one[1], probabilities[:1], rtol=0, atol=1e-6)
        none = session.run(None, {name: values[:0] for name, values in inputs.items()})
        assert [len(part) for part in none] == [0, 0]
        assert none[1].shape[1] == expected.shape[1]
        return np.abs(probabilities - expected).max()

    return of
