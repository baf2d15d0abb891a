"""Problems in main memory and on a device, for the tests of both."""

import numpy as np
import pytest

from chainrule.rules import binary_cross_entropy, softmax_cross_entropy
from chainrule.solvers.convex import Problem, put_on


def has_gpu():
    """True if PyTorch is there and sees a GPU."""
    try:
        import torch
    except ImportError:
        return False
    return torch.cuda.is_available()


N, D = 203, 6
STREAM = np.random.default_rng(3)
X = STREAM.normal(size=(N, D)) * [3.0, 0.2, 1.0, 1.0, 5.0, 0.01] + [100.0, 0.0, 1.0, -2.0, 0.0, 0.01]
WEIGHTS = STREAM.exponential(size=N) * (STREAM.random(N) < 0.9)
TARGETS = {
    "labels": (STREAM.integers(0, 4, N), 4),
    "rows": (STREAM.dirichlet([0.2, 1.0, 0.5, 2.0], N) * STREAM.random((N, 1)), 4),
    "one logit": (STREAM.random((N, 1)), 1),
}
NO_GPU = pytest.mark.skipif(not has_gpu(), reason="needs a GPU")
DEVICES = ["cpu", pytest.param("cuda", marks=NO_GPU)]


def problems(kind, dtype, device, *, weights=None, smoothing=0.0, intercept=True):
    """A problem in main memory, and on a device."""
    targets, k = TARGETS[kind]
    loss = binary_cross_entropy if k == 1 else softmax_cross_entropy
    targets = targets.astype(dtype) if targets.dtype.kind == "f" else targets
    here = Problem(
        X.astype(dtype),
        targets,
        k,
        loss,
        weights,
        l2=0.1,
        label_smoothing=smoothing,
        intercept=intercept,
        rows_of_leaf=64,
    )
    return here, put_on(here, device)


def both(function, *problems_):
    return [function(problem.with_threads(2)) for problem in problems_]
