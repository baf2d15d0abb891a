"""Files of ONNX models appear complete or not at all."""

import numpy as np
import onnx
import onnxruntime
import pytest

from chainrule import SoftmaxRegression, save_onnx
from chainrule.export.onnx_files import described, write

X = np.arange(6.0)[:, None]


@pytest.fixture(scope="module")
def model():
    return SoftmaxRegression().fit(X, ["low", "high"] * 3)


def test_a_file_runs(model, tmp_path):
    path = save_onnx(model, tmp_path / "model.onnx", dtype="float32")
    assert path == tmp_path / "model.onnx"
    label, _ = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"X": X.astype("f4")})
    assert label.tolist() == model.predict(X).tolist()
    assert described(onnx.load(path).graph.input) == [{"name": "X", "dtype": "float", "shape": ["rows", 1]}]


def test_a_failure_leaves_the_earlier_file(model, tmp_path, monkeypatch):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"earlier")

    class Failing:
        def SerializeToString(self):
            raise MemoryError

    with pytest.raises(MemoryError):
        write(Failing(), path)
    assert path.read_bytes() == b"earlier"
    save_onnx(model, path)
    assert path.read_bytes() != b"earlier"
    assert [each.name for each in tmp_path.iterdir()] == ["model.onnx"]
