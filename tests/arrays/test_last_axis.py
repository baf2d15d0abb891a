"""One-hot rows: where the ones are, in which dtype, and which labels are refused."""

import numpy as np
import pytest

from chainrule.arrays import one_hot


@pytest.mark.parametrize("labels", [np.array(2), np.array([0, 2, 1]), np.array([[1, 1], [0, 2]]), np.zeros(0, int)])
def test_rows_are_those_of_the_identity(labels):
    rows = one_hot(labels, 3)
    assert rows.tolist() == np.eye(3)[labels].tolist()
    assert rows.shape == (*labels.shape, 3)
    assert rows.dtype == np.float64


def test_dtypes_and_lists():
    assert one_hot(np.array([1]), 2, dtype=np.float32).dtype == np.float32
    assert one_hot(np.array([1], np.uint8), 2, dtype=bool).tolist() == [[False, True]]
    assert one_hot([1, 0], 2).tolist() == [[0, 1], [1, 0]]


def test_tensors_give_tensors():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    rows = one_hot(torch.tensor([2, 0]), 3)
    assert rows.dtype == torch.float64
    assert rows.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert one_hot(torch.tensor([1]), 2, dtype=torch.float32).dtype == torch.float32
    with pytest.raises(ValueError, match=r"got 2\.\.2"):
        one_hot(torch.tensor([2]), 2)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 3], r"labels lie in 0..2 for 3 classes, got 0..3"),
        ([-1, 0], r"labels lie in 0..2 for 3 classes, got -1..0"),
        ([0.0, 1.0], r"labels: expected integer labels, got float64"),
        ([True, False], r"labels: expected integer labels, got bool"),
    ],
)
def test_labels_out_of_range_or_not_integers_are_refused(labels, message):
    assert one_hot([0, 2], 3).shape == (2, 3)
    with pytest.raises(ValueError, match=message):
        one_hot(labels, 3)
