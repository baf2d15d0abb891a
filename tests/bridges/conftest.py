"""Inputs for every registered rule, uneven and inside its domain, for the bridges to both libraries."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import rules
from chainrule.arrays import random_stream
from chainrule.checking import balls, midpoints, precision
from chainrule.rules import Rule

STREAM = random_stream(31)
X = STREAM.standard_normal((3, 4)) * np.array([0.2, 1.0, 3.0, 1.0])
ROWS = STREAM.dirichlet(np.full(4, 0.7), size=3)
BETWEEN = STREAM.uniform(0.05, 0.95, size=(3, 4))
IMAGES = STREAM.standard_normal((3, 2, 4, 5))
PARAMETERS = (STREAM.standard_normal((3, 2, 2, 3)), STREAM.standard_normal(3))

INPUTS: dict[str, tuple[Any, ...]] = {
    "scaled_sigmoid": (X, np.array([-1.75, 0.5, 2.0, 1.0])),
    "scaled_softmax": (X, np.array([[-1.75], [0.4], [1.3]])),
    "softmax_expectation": (X, BETWEEN),
    "cross_entropy": (BETWEEN, ROWS),
    "nll": (-np.abs(X) - 0.125, ROWS),
    "softmax_cross_entropy": (X, ROWS),
    "binary_cross_entropy": (X, BETWEEN),
    "half_squared_error": (X, BETWEEN),
    "linear": (X, STREAM.standard_normal((4, 5))),
    "affine": (X, STREAM.standard_normal((4, 5)), STREAM.standard_normal(5)),
    "parametric_activation": (X, np.array([0.25, 1.0, 0.5, 0.0])),
    "periodic_embedding": (X, STREAM.standard_normal((4, 2)), STREAM.standard_normal((4, 2))),
    # Half and a quarter of these codes are codes, too.
    "embedding": (4 * STREAM.integers(0, 3, (3, 4)), STREAM.standard_normal((9, 2))),
    "members_cross_entropy": (np.stack([X, X[::-1]]), ROWS),
    "scaling": (X, STREAM.standard_normal(4)),
    "l2_penalty": (X[0], np.array(0.375)),
    "dropout": (X, np.where(BETWEEN > 0.4, 1 / 0.6, 0.0)),
    "convolve1d": (X, np.array([0.5, -1.25, 2.0])),
    "logarithm": (np.abs(X) + 0.1,),
    **{name: (IMAGES, *PARAMETERS[:count]) for name, count in {"correlate2d": 1, "convolve2d": 1, "conv2d": 2}.items()},
    **dict.fromkeys(("zero_pad2d", "max_pool2d", "avg_pool2d", "global_avg_pool2d", "flatten"), (IMAGES,)),
}


@pytest.fixture(params=rules.names())
def rule(request: pytest.FixtureRequest) -> Rule:
    """Every registered rule."""
    return rules.get(request.param)


@pytest.fixture
def inputs(rule: Rule) -> tuple[Any, ...]:
    """Fresh copies of its inputs."""
    return tuple(np.array(x) for x in INPUTS.get(rule.name, (X,)))


@pytest.fixture(scope="session")
def cotangent_of() -> Callable[[Any], Any]:
    """An uneven cotangent of that shape."""
    return lambda shape: random_stream(32).uniform(0.5, 1.5, size=tuple(shape))


TAIL = np.array([[40.0, 0.0, -3.0], [-2.0, 38.5, 1.0]])
TAIL_COTANGENT = np.array([[0.5, 1.25, 2.0], [0.75, 1.5, 1.0]])


@pytest.fixture(scope="session")
def softmax_tail() -> tuple[Any, Any, Any]:
    """Logits of scale 40, a cotangent, and s (v - s.v) with s = e^x / sum(e^x) in 300-bit balls, which lose nothing."""
    with precision(300):
        exponentials = np.exp(balls(TAIL))
        probs = exponentials / np.sum(exponentials, axis=-1, keepdims=True)
        mean = np.sum(probs * balls(TAIL_COTANGENT), axis=-1, keepdims=True)
        return TAIL, TAIL_COTANGENT, midpoints(probs * (balls(TAIL_COTANGENT) - mean))
