"""The logarithm of positive numbers, and what it refuses."""

import numpy as np
import pytest

from chainrule.checking import assert_rule
from chainrule.rules import logarithm

POSITIVE = np.array([[5e-324, 1e-300, 0.1], [2.0, 700.0, 1e300]])


def test_derivatives_are_right_at_numbers_of_every_size():
    assert assert_rule(logarithm, POSITIVE[:, 1:]).ok
    ordinary = np.array([0.1, 0.5, 2.0, 40.0])
    assert not assert_rule(logarithm, ordinary, within=logarithm.error_bound).unchecked


def test_values_and_slopes():
    assert logarithm(np.array([1.0, np.e])) == pytest.approx([0.0, 1.0])
    assert logarithm.vjp(np.array([0.25, 8.0]), np.array([1.0, -4.0])).tolist() == [4.0, -0.5]


def test_it_runs_on_pytorch_and_through_autograd(same_on_torch, autograd_agrees):
    x = np.array([[0.5, 2.0, 1e-8]])
    same_on_torch(logarithm, x)
    autograd_agrees(logarithm, x)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[1.0, 2.0], [3.0, -4.5]], r"expected positive numbers, got -4.5 at position \[1, 1\]"),
        ([0.5, 0.0, -1.0], r"got 0.0 at position \[1\]"),
        ([np.nan], r"got nan at position \[0\]"),
        (-2.0, r"got -2.0$"),
    ],
)
def test_an_entry_that_is_not_positive_is_named(x, message):
    with pytest.raises(ValueError, match=message):
        logarithm(np.array(x))


def test_tensors_are_held_to_the_same_domain():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    with pytest.raises(ValueError, match=r"got -3.0 at position \[1\]"):
        logarithm(torch.tensor([1.0, -3.0]))
    assert logarithm(torch.tensor([1.0])).tolist() == [0.0]


def test_no_entries_are_no_offence():
    assert logarithm(np.zeros((0, 3))).shape == (0, 3)
