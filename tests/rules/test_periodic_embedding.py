"""Periodic embedding: digits at arguments of every size and near zeros, shapes, derivatives."""

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.checking import assert_rule, balls, precision, ulp_errors
from chainrule.rules import periodic_embedding

STREAM = random_stream(17)
X = np.array([[0.25, -1.5, 3.0], [40.0, 0.125, -7.75]])
FREQUENCY, PHASE = STREAM.standard_normal((3, 2)), STREAM.uniform(-3, 3, (3, 2))


def test_known_values():
    # Whole, half and quarter turns; the cosine of a quarter turn is exactly 0, and so are its digits.
    x, one, none = np.array([0.0, 1.0, 0.5, 0.25, 1e15 + 0.5, 2.0**80]), np.ones((6, 1)), np.zeros((6, 1))
    assert periodic_embedding(x, one, none)[:, 0] == pytest.approx([1, 1, -1, 0, -1, 1], rel=1e-15, abs=1e-31)
    third = periodic_embedding(np.array([1 / 3]), one[:1], none[:1])[0, 0]
    # 1/3 as a float is 2^-54 / 3 * 1/3 too small, which moves the cosine by 1.0e-16.
    assert third == pytest.approx(-0.5, rel=4e-16)


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("size", [1e-30, 1.0, 1e3, 2.0**20, 1e10, 1e15])
def test_waves_keep_their_digits_at_large_arguments_and_near_their_zeros(size, dtype, library):
    """Of 3000 waves at random angles some are at 1e-3 of a zero, where a rounded angle would cost three digits more."""
    array = np.asarray
    if library == "torch":
        array = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'").from_numpy
    stream = random_stream(18)
    inputs = [
        values.astype(dtype)
        for values in (
            size * stream.standard_normal((300, 1)),
            stream.standard_normal((1, 10)),
            stream.uniform(-4, 4, (1, 10)),
        )
    ]
    with precision(400):
        cosine, (_, _, minus_sine, _) = periodic_embedding.forward(*map(balls, inputs))
    got, (_, _, slope, _) = periodic_embedding.forward(*map(array, inputs))
    # Measured: 1.0 in float64 and 1.8 in float32, the errors of the libraries' own cosines.
    assert ulp_errors(np.asarray(got), cosine).max() <= 2
    assert ulp_errors(np.asarray(slope), minus_sine).max() <= 2


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("x", [X, X[0], X[:0], np.stack([X, -X])])
def test_derivatives_are_right_for_all_shapes(x, flat):
    assert not assert_rule(periodic_embedding, x, FREQUENCY, PHASE, options={"flat": flat}).unchecked
    waves = periodic_embedding(x, FREQUENCY, PHASE)
    assert waves.shape == (*x.shape, 2)
    joined = periodic_embedding(x, FREQUENCY, PHASE, flat=True)
    assert joined.shape == (*x.shape[:-1], 6)
    assert joined.ravel().tolist() == waves.ravel().tolist()


def test_it_runs_on_pytorch_and_through_autograd(same_on_torch, autograd_agrees, gradcheck):
    for flat in (False, True):
        same_on_torch(periodic_embedding, X, FREQUENCY, PHASE, flat=flat)
        autograd_agrees(periodic_embedding, X, FREQUENCY, PHASE, flat=flat)
        gradcheck(periodic_embedding, X / 8, FREQUENCY, PHASE, flat=flat)


@pytest.mark.parametrize(
    ("frequency", "phase", "message"),
    [
        (FREQUENCY[:2], PHASE[:2], r"frequency: expected one row for each .* \(2, 3\), got shape \(2, 2\)"),
        (FREQUENCY[:, 0], PHASE, r"frequency: expected one row for each .* got shape \(3,\)"),
        (FREQUENCY, PHASE[:, :1], r"phase: expected shape \(3, 2\), got \(3, 1\)"),
    ],
)
def test_shapes_that_do_not_fit_are_named(frequency, phase, message):
    with pytest.raises(ValueError, match=message):
        periodic_embedding(X, frequency, phase)
