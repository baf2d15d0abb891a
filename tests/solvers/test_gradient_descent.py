"""Gradient descent and SGD against their recursions written out, and against PyTorch's where the formulas agree."""

import itertools
import math

import numpy as np
import pytest

from chainrule.solvers import SGD, GradientDescent, descend

RATE = 0.3


@pytest.fixture(autouse=True)
def _without_numba(monkeypatch):
    """These tests compare bits, and fused multiply-adds round once. test_loops.py has the compiled steps."""
    monkeypatch.setattr("chainrule.kernels.kernel.available", lambda: False)


def test_gradient_descent_steps_against_the_gradient(run, theta, gradients):
    expected = theta.copy()
    for g in gradients:
        expected = expected - RATE * g
    assert (run(GradientDescent(), theta, gradients, RATE) == expected).all()


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9, 0.999])
def test_classical_momentum_adds_up_a_velocity(run, theta, gradients, momentum):
    expected, u = theta.copy(), np.zeros(7)
    for g in gradients:
        u = momentum * u - RATE * g
        expected = expected + u
    assert (run(SGD(momentum, nesterov=False), theta, gradients, RATE) == expected).all()


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9, 0.999])
def test_nesterovs_momentum_looks_one_step_ahead(run, theta, gradients, momentum):
    expected, u = theta.copy(), np.zeros(7)
    for g in gradients:
        u = momentum * u - RATE * g
        expected = expected + momentum * u - RATE * g
    # The two terms are added to theta one by one, in the other order: 12 steps of two roundings each.
    np.testing.assert_allclose(run(SGD(momentum), theta, gradients, RATE), expected, rtol=1e-14, atol=1e-13)


@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_without_momentum_is_gradient_descent(run, theta, gradients, nesterov):
    assert (run(SGD(0.0, nesterov), theta, gradients, RATE) == run(GradientDescent(), theta, gradients, RATE)).all()


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("rate", [0.3, 1e-5])
def test_sgd_is_pytorchs_at_a_constant_rate(run, theta, gradients, nesterov, rate):
    # PyTorch's velocity leaves out the rate, buf <- mu buf + g, so the two differ where the rate changes on the way.
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    witness = torch.tensor(theta, requires_grad=True)
    optimiser = torch.optim.SGD([witness], lr=rate, momentum=0.9, nesterov=nesterov)
    for g in gradients:
        witness.grad = torch.tensor(g)
        optimiser.step()
    updated = run(SGD(0.9, nesterov), theta, gradients, rate)
    # Steps of up to 1e4 x 0.3 x 10 rounded at 1e-16: 1e-12 at worst, and relative to that.
    np.testing.assert_allclose(updated, witness.detach().numpy(), rtol=1e-14, atol=1e-11 * rate)


def test_a_rate_that_changes_scales_new_gradients_only(theta, gradients):
    solver, updated, expected, u = SGD(0.9, nesterov=False), theta.copy(), theta.copy(), np.zeros(7)
    state = solver.start(theta)
    for number, g in enumerate(gradients):
        rate = 0.5 / (number + 1)
        solver.step(updated, g, state, rate)
        u = 0.9 * u - rate * g
        expected = expected + u
    assert (updated == expected).all()


@pytest.mark.parametrize("solver", [GradientDescent(), SGD(0.9), SGD(0.7, nesterov=False)], ids=repr)
def test_a_saved_state_resumes_bit_for_bit(resumed, solver, theta, gradients):
    resumed(solver, theta, gradients, RATE)


@pytest.mark.parametrize("solver", [GradientDescent(), SGD(0.9), SGD(0.7, nesterov=False)], ids=repr)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tensors_move_as_arrays_do(run, solver, theta, gradients, dtype):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    updated = torch.tensor(theta.astype(dtype))
    state = solver.start(updated)
    for g in gradients.astype(dtype):
        solver.step(updated, torch.tensor(g), state, RATE)
    expected = run(solver, theta.astype(dtype), gradients.astype(dtype), RATE)
    assert updated.numpy().dtype == expected.dtype == dtype
    # The same operations one by one; a float rate may meet float32 entries in double first: an ulp a step.
    np.testing.assert_allclose(updated.numpy(), expected, rtol=20 * np.finfo(dtype).eps, atol=20 * np.finfo(dtype).eps)


@pytest.mark.parametrize("momentum", [1.0, -0.1, 1.5, math.nan, math.inf])
def test_a_momentum_outside_zero_to_one_is_refused(momentum):
    SGD(0.0)
    with pytest.raises(ValueError, match=r"momentum: expected a number from 0 up to, but not including, 1, got"):
        SGD(momentum)


@pytest.mark.parametrize("biases", [False, True], ids=["weights", "all"])
def test_descent_with_a_penalty_decays_the_penalised_parameters(plan, biases):
    # theta <- (1 - 2 eta lambda) theta - eta grad, with the gradient of the plain mean loss: no factor 1/2 in the
    # penalty, and no decay for biases unless they are penalised too.
    plan, x, labels = plan
    rate, l2 = 0.25, 0.125
    decay = np.full(plan.theta.shape, 1 - 2 * rate * l2)
    if not biases:
        decay[plan.network.n_weights :] = 1
    expected = plan.theta.copy()
    run = descend(plan, x, labels, learning_rate=rate, steps=8, l2=l2, penalise_biases=biases)
    other = type(plan)(plan.network, 6, expected)
    for objective in run:
        loss = other.loss_and_gradient(x, labels)
        penalised = expected if biases else expected[: plan.network.n_weights]
        assert objective == pytest.approx(loss + l2 * (penalised**2).sum(), rel=1e-13, abs=0)
        expected[...] = decay * expected - rate * other.gradient
    np.testing.assert_allclose(plan.theta, expected, rtol=1e-13, atol=1e-14)
    assert abs(expected).max() > 0.1, "the run must not have shrunk to nothing"


def test_descent_yields_the_objective_before_each_step(plan):
    plan, x, labels = plan
    start, theta = plan.loss_and_gradient(x, labels), plan.theta.copy()
    objectives = descend(plan, x, labels, learning_rate=0.5, steps=3)
    assert next(objectives) == start
    assert (plan.theta == theta).all()
    rest = list(objectives)
    assert len(rest) == 2
    assert rest[1] < rest[0] < start
    assert plan.loss_and_gradient(x, labels) < rest[1]


def test_a_small_rate_lowers_the_objective_at_every_step(plan):
    plan, x, labels = plan
    objectives = list(descend(plan, x, labels, learning_rate=0.01, steps=200, l2=0.01))
    assert all(after < before for before, after in itertools.pairwise(objectives))


def test_no_step_moves_nothing(plan):
    plan, x, labels = plan
    before = plan.theta.copy()
    assert list(descend(plan, x, labels, learning_rate=0.5, steps=0)) == []
    assert (plan.theta == before).all()
