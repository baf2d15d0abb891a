"""Compiled dense layers against the tiles, which run the kernels of rules one by one."""

import numpy as np
import pytest
import scipy.sparse as sp

pytest.importorskip("numba", reason="needs numba: pip install -e '.[fast]'")

from chainrule.arrays import random_stream
from chainrule.networks import Plan, mlp

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
ACTIVATIONS = ["log_sigmoid", "relu", "sigmoid", "softplus", "tanh"]


@DTYPES
@pytest.mark.parametrize("rate", [0.0, 0.4])
@pytest.mark.parametrize("activation", [*ACTIVATIONS, "identity"])
def test_dense_layers_give_what_tiles_give(activation, rate, dtype, monkeypatch):
    network = mlp(6, (7, 5), 3, activation=activation, dropout_rate=rate)
    x, labels = random_stream(8, 12, 6).standard_normal((12, 6)).astype(dtype), np.arange(12) % 3
    theta = network.initial_parameters(seed=3, dtype=dtype)
    theta[network.n_weights :] = np.linspace(-0.5, 0.7, theta.size - network.n_weights)
    weights = np.linspace(0.25, 3, 12, dtype=dtype)

    def found(compiled):
        if not compiled:
            monkeypatch.setattr("chainrule.networks.plan.dense_layers", lambda *arguments: None)
        plan = Plan(network, 12, theta, input_gradient=True)
        assert (plan._dense is not None) == compiled
        loss = plan.loss_and_gradient(x, labels, weights, l2=0.03, dropout_key=(3, 4, 5))
        return np.hstack([loss, plan.gradient, plan.input_gradient.reshape(-1), plan.logits(x).reshape(-1)])

    # Sums of at most 12 terms of size 1, in other orders.
    np.testing.assert_allclose(found(True), found(False), rtol=0, atol=64 * np.finfo(dtype).eps)


def test_rows_that_compiled_layers_cannot_read_take_the_tiles():
    network = mlp(6, (7,), 3)
    x, labels = random_stream(8, 12, 6).standard_normal((12, 6)), np.arange(12) % 3
    plan = Plan(network, 12, network.initial_parameters(seed=3))
    plan.loss_and_gradient(x, labels)
    expected = plan.gradient.copy()
    frozen = x.copy()
    frozen.flags.writeable = False
    for other in (np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2], sp.csr_matrix(x), frozen):
        plan.gradient[...] = np.nan
        plan.loss_and_gradient(other, labels)
        np.testing.assert_allclose(plan.gradient, expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    "network",
    [
        mlp(4, (3, 3), 2, activation=["relu", "tanh"]),
        mlp(4, (3,), 2, bias=False),
        mlp(4, (3,), 2, activation="softmax"),
    ],
    ids=["two activations", "no biases", "an activation without a loop"],
)
def test_other_networks_have_no_compiled_layers(network):
    assert Plan(network, 5, network.initial_parameters())._dense is None
