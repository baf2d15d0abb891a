"""Shared by the tests of networks: small problems with unequal shapes, one for every kind of target."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from chainrule.networks import Network, Plan, mlp


@dataclass
class Problem:
    """A network, a batch for it, and unequal weights (one of them 0, one of them large) for the batch's rows."""

    network: Network
    theta: Any
    x: Any
    targets: Any
    weights: Any
    options: dict[str, Any]

    def plan(self, **options):
        return Plan(self.network, len(self.weights), self.theta, **options)


def make(activation, kind, *, rows=7, hidden=(6, 5), outputs=4, dropout=0.0, dtype=np.float64):
    """A problem for "labels", "rows" (of probabilities), either "smoothed", "binary", "several", or "squared"."""
    rng = np.random.default_rng([rows, outputs])
    outputs = 1 if kind == "binary" else 2 if kind in ("several", "squared") else outputs
    losses = {"binary": "binary_cross_entropy", "several": "binary_cross_entropy", "squared": "half_squared_error"}
    network = mlp(
        3,
        hidden,
        outputs,
        activation=activation,
        dropout_rate=dropout,
        loss=losses.get(kind, "softmax_cross_entropy"),
    )
    theta = 0.8 * rng.normal(size=network.n_parameters)
    x = rng.normal(size=(rows, 3)) * [1, 0.1, 3]
    if kind in losses:
        targets = rng.choice([0.0, 1.0, 0.3], (rows, outputs))
    elif "rows" in kind:
        targets = rng.dirichlet(np.full(outputs, 0.3), rows)
    else:
        targets = np.arange(rows) ** 2 % outputs
    weights = rng.uniform(0.1, 1, rows)
    weights[[1, 3]] = [0, 9]
    options = {"label_smoothing": 0.125} if "smoothed" in kind else {}
    real = [array.astype(dtype) for array in (theta, x, weights)]
    if targets.dtype.kind == "f":
        targets = targets.astype(dtype)
    return Problem(network, real[0], real[1], targets, real[2], options)


@pytest.fixture(scope="session")
def problem():
    return make
