"""Kernels for PyTorch's tensors, beside the rules."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.kernels import kernel_of, registered
from chainrule.workspace import Workspace

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
STREAM = np.random.default_rng(5)


def tensor(*shape):
    return torch.as_tensor(STREAM.standard_normal(shape))


def test_a_product_adds_its_bias():
    x, weight, bias, cotangent = tensor(4, 3), tensor(3, 2), tensor(2), tensor(4, 2)
    kernel, out = kernel_of(rules.affine, x), tensor(4, 2)
    result, residuals = kernel.forward(x, weight, bias, out=out, work=Workspace())
    assert result is out
    torch.testing.assert_close(result, rules.affine(x, weight, bias), rtol=1e-14, atol=1e-14)
    pulled = kernel.pullback(residuals, cotangent, out=(tensor(4, 3), tensor(3, 2), tensor(2)), work=Workspace())
    for one, other in zip(pulled, rules.affine.vjp(x, weight, bias, cotangent), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-14, atol=1e-14)


def test_rows_of_several_dimensions_keep_them():
    x, weight, bias = tensor(2, 4, 3), tensor(3, 2), tensor(2)
    result, _ = kernel_of(rules.affine, x).forward(x, weight, bias, out=tensor(2, 4, 2))
    torch.testing.assert_close(result, x @ weight + bias, rtol=1e-14, atol=1e-14)


def test_relu_passes_on_what_is_positive_and_keeps_nan():
    x = torch.tensor([-2.0, -0.0, 0.0, 3.0, float("nan"), float("inf")])
    cotangent = torch.tensor([1.5, -2.5, 3.5, -4.5, 5.5, 6.5])
    kernel = kernel_of(rules.relu, x)
    assert kernel is not registered(rules.relu)
    output, residuals = kernel.forward(x)
    np.testing.assert_array_equal(output, rules.relu(x))
    for out in (None, torch.empty(6), cotangent.clone()):
        given = cotangent if out is None else out.copy_(cotangent)
        pulled = kernel.pullback(residuals, given, out=out)
        np.testing.assert_array_equal(pulled[:4], [0, 0, 0, -4.5])
        assert pulled[5] == 6.5


def test_other_rules_have_the_kernels_of_all_arrays():
    assert kernel_of(rules.tanh, tensor(2)) is registered(rules.tanh)
