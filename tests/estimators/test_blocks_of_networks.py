"""Passes over many rows in blocks give what one plan over all rows gives."""

import numpy as np
import pytest

from chainrule.estimators import blocks_of_rows
from chainrule.estimators.blocks_of_rows import input_gradients, network_logits, rows_of_a_pass
from chainrule.networks import Plan, mlp, network_of_layers
from chainrule.training import Objective

X = np.random.default_rng(3).normal(size=(20, 36))
NETWORKS = {
    "of rows": mlp(36, (5,), 3, activation="tanh"),
    "of images": network_of_layers("conv 4 3x3, relu, flatten, linear 3", (1, 6, 6)),
}


def doubled(rows):
    return 2 * rows


@pytest.fixture(params=NETWORKS)
def network(request, monkeypatch):
    """A network that takes 7 rows per pass."""
    monkeypatch.setattr(blocks_of_rows, "PREDICTION_BLOCK", 7)
    return NETWORKS[request.param]


def test_blocks_have_few_rows_where_layers_are_wide():
    assert rows_of_a_pass(mlp(10, (5,), 3)) == blocks_of_rows.PREDICTION_BLOCK
    assert rows_of_a_pass(mlp(10, (2**17,), 3)) == blocks_of_rows.FEWEST_OF_NETWORK
    assert rows_of_a_pass(NETWORKS["of images"]) == blocks_of_rows.IMAGE_BLOCK


def test_logits_of_blocks_are_those_of_all_rows(network):
    theta = network.initial_parameters(0)
    expected = Plan(network, 20, theta, forward_only=True).logits(2 * X)
    got = network_logits(network, theta, X, prepare=doubled).results(lambda logits: logits)
    # Products of other sizes add in other orders.
    np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-15)


def test_input_gradients_of_blocks_are_those_of_single_rows(network):
    theta, targets = network.initial_parameters(0), np.arange(20) % 3
    got = input_gradients(Objective(network, label_smoothing=0.1), theta, X, targets, prepare=doubled)
    plan = Plan(network, 1, theta, input_gradient=True)
    for row in range(20):
        plan.loss_and_gradient(2 * X[row : row + 1], targets[row : row + 1], label_smoothing=0.1)
        # Products of single rows add in another order.
        np.testing.assert_allclose(got[row], plan.input_gradient[0], rtol=1e-12, atol=1e-15)
