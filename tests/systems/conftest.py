"""References for the systems, difference quotients at 400 bits and PyTorch's autograd, and one way to compare.

On paper a layer is W x + b with W of shape out_features x in_features; chainrule stores in_features x out_features. The
tests here write matrices as on paper. Only this file transposes them, on the way in and on the way out.
"""

import flint
import numpy as np
import pytest

from chainrule.networks import Plan
from chainrule.networks import trace as traced

BITS = 400
STEP_BITS = 80  # of the step 2^-80: the quotient's own error is about 2^-160, its rounding 2^-320


def pack(network, blocks):
    return network.pack([block.T for block in blocks])


def from_plan(network, blocks, x, targets, weights=None, **options):
    """The loss, and its gradients by name (W1, b1, ..., x), by a plan of as many rows as x has."""
    plan = Plan(network, len(x), pack(network, blocks), input_gradient=True)
    loss = plan.loss_and_gradient(x, targets, weights, **options)
    by_block = zip(network.blocks, network.unpack(plan.gradient), strict=True)
    return loss, {block.name: gradient.T for block, gradient in by_block} | {"x": plan.input_gradient}


def from_trace(network, blocks, x, target):
    """All quantities of one example by name, weights and their gradients as on paper."""
    steps = traced(network, pack(network, blocks), x, target)
    return {step.name: step.value.T for step in steps}


def in_balls(function, *arrays):
    """The value of function(*arrays), on arrays of flint.arb, rounded to float64 at the end."""
    with flint.ctx.workprec(BITS):
        return float(function(*map(balls_of, arrays)).mid())


def balls_of(array):
    return np.vectorize(flint.arb, otypes=[object])(array)


def by_differences(loss, *arrays):
    """The gradients of loss(*arrays) by all arrays: central differences of balls, rounded to float64 at the end.

    The loss is called with arrays of flint.arb, on which np.exp and np.log work entry by entry.
    """
    gradients = []
    with flint.ctx.workprec(BITS):
        step = flint.arb(2) ** -STEP_BITS
        balls = [balls_of(array) for array in arrays]
        for array, ball in zip(arrays, balls, strict=True):
            gradient = np.empty(array.shape)
            for index in np.ndindex(array.shape):
                middle = ball[index]
                ball[index] = middle + step
                above = loss(*balls)
                ball[index] = middle - step
                below = loss(*balls)
                ball[index] = middle
                quotient = (above - below) / (2 * step)
                assert quotient.rad() < flint.arb(2) ** -200, "the balls are too wide to witness anything"
                gradient[index] = float(quotient.mid())
            gradients.append(gradient)
    return gradients


def assert_agree(got, want, relative=1e-12):
    """Same shape, and no entry off by more than `relative` times the largest of its array.

    A gradient here is three or four sums in a row of at most 10 terms, so that it rounds by less than 40 x 2^-53, or
    5e-15, of the magnitudes summed; 1e-12 leaves a factor of 200 for terms of opposite signs.
    """
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=0, atol=relative * np.abs(want).max())


@pytest.fixture(scope="session")
def plan_gradients():
    return from_plan


@pytest.fixture(scope="session")
def trace_steps():
    return from_trace


@pytest.fixture(scope="session")
def packed():
    return pack


@pytest.fixture(scope="session")
def differences():
    return by_differences


@pytest.fixture(scope="session")
def exactly():
    return in_balls


@pytest.fixture(scope="session")
def agree():
    return assert_agree


@pytest.fixture(scope="session")
def autograd():
    """The gradients of loss(*tensors) by all float64 tensors, by PyTorch."""
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")

    def gradients(loss, *arrays):
        tensors = [torch.tensor(np.ascontiguousarray(array), requires_grad=True) for array in arrays]
        loss(*tensors).backward()
        return [tensor.grad.numpy() for tensor in tensors]

    return gradients
