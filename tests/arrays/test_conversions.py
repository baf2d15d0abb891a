"""Arrays of one dtype or library made from others."""

import numpy as np
import pytest

from chainrule import arrays


def test_integers_and_booleans_become_floats_and_floats_stay():
    assert arrays.as_floats(np.array([True])).dtype == np.float64
    x = np.ones(2, np.float32)
    assert arrays.as_floats(x) is x


def test_a_tensor_of_bfloat16_has_no_numpy_array():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    with pytest.raises(TypeError, match=r"got a tensor of torch.bfloat16, which NumPy lacks; X.float\(\)"):
        arrays.to_numpy(torch.ones(2, dtype=torch.bfloat16))
