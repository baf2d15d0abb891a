"""Gradients of batches and over blocks of all samples."""

import numpy as np
import pytest
import scipy.sparse

from chainrule.networks import mlp
from chainrule.solvers import Adam
from chainrule.training import Objective, Recipe, Run, Samples, batch_gradients
from chainrule.training.batch_gradients import BatchGradients


@pytest.fixture
def samples():
    """23 samples of four features and three classes, with unequal weights."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(23, 4))
    return Samples(x, (x[:, 0] > 0).astype(int) + (x[:, 1] > 0.5), rng.uniform(0.2, 3, 23))


def begin(solver, **options):
    network = mlp(4, (6, 5), 3, activation="tanh")
    theta = network.initial_parameters(3)
    return Objective(network, **options), Run(theta, solver.start(theta))


@pytest.mark.parametrize("block", [1, 4, 10, 22, 23, 24])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("biases", [True, False])
def test_the_gradient_over_blocks_is_that_over_all_samples(monkeypatch, samples, block, weighted, biases):
    given = samples if weighted else Samples(samples.x, samples.targets)
    objective, run = begin(Adam(), alpha=0.7, label_smoothing=0.1, penalise_biases=biases)
    wanted, gradient = BatchGradients(Recipe(objective, Adam()), given, run.theta).on_all_samples()
    gradient = gradient.copy()
    monkeypatch.setattr(batch_gradients, "FULL_BATCH_BLOCK", block)
    blocks = BatchGradients(Recipe(objective, Adam()), given, run.theta)
    for _ in range(2):
        value, summed = blocks.on_all_samples()
        # 23 terms in other orders: measured, 5e-16 of the largest.
        assert value == pytest.approx(wanted, rel=1e-14, abs=0)
        np.testing.assert_allclose(summed, gradient, rtol=0, atol=1e-14 * abs(gradient).max())


def test_blocks_of_sparse_rows_are_summed_too(monkeypatch, samples):
    objective, run = begin(Adam(), alpha=0.7)
    _, gradient = BatchGradients(Recipe(objective, Adam()), samples, run.theta).on_all_samples()
    monkeypatch.setattr(batch_gradients, "FULL_BATCH_BLOCK", 7)
    rows = Samples(scipy.sparse.csr_matrix(samples.x), samples.targets, samples.weights)
    _, summed = BatchGradients(Recipe(objective, Adam()), rows, run.theta).on_all_samples()
    # The same terms in another order.
    np.testing.assert_allclose(summed, gradient, rtol=0, atol=1e-14 * abs(gradient).max())


def test_batches_of_all_sizes_share_one_gradient_and_use_theta_in_place(samples):
    objective, run = begin(Adam())
    gradients = BatchGradients(Recipe(objective, Adam(), batch_size=8), samples, run.theta)
    before = [(loss, gradient) for loss, _, gradient in gradients.steps(0)]
    assert len(before) == 3
    assert all(gradient is before[0][1] for _, gradient in before)
    run.theta[...] = 0
    assert [loss for loss, _, _ in gradients.steps(0)] == pytest.approx([np.log(3)] * 3)
