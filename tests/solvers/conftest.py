"""Shared by the tests of solvers: a run of gradients of very unequal sizes, and the parameters that they update."""

import numpy as np
import pytest

from chainrule.networks import Plan, mlp


@pytest.fixture(scope="session")
def gradients():
    """Twelve gradients of seven entries, from 1e-8 to 1e4, with signs that change and one entry that is always 0."""
    rng = np.random.default_rng(11)
    run = rng.normal(size=(12, 7)) * 10.0 ** np.array([-8, -3, 0, 0, 2, 4, 0])
    run[:, 6] = 0
    return run


@pytest.fixture
def theta():
    return np.array([1.0, -2.0, 0.0, 3e5, 1e-9, -0.5, 4.0])


@pytest.fixture(scope="session")
def run():
    """The parameters after a solver's steps along gradients, which the steps must leave alone."""

    def after(solver, theta, gradients, rate):
        theta, state = theta.copy(), solver.start(theta)
        for gradient in gradients:
            before = gradient.copy()
            solver.step(theta, gradient, state, rate)
            assert (gradient == before).all(), "a step must leave its gradient alone"
        assert state.steps == len(gradients)
        return theta

    return after


@pytest.fixture(scope="session")
def resumed():
    """Checks that a solver resumes bit for bit from copies of theta and of its vectors and count."""

    def check(solver, theta, gradients, rate):
        whole, state = theta.copy(), solver.start(theta)
        for gradient in gradients:
            solver.step(whole, gradient, state, rate)
        updated, state = theta.copy(), solver.start(theta)
        for gradient in gradients[:5]:
            solver.step(updated, gradient, state, rate)
        kept = {name: vector.copy() for name, vector in state.vectors.items()}, state.steps
        for gradient in -gradients:  # whatever the first state does now must not matter
            solver.step(updated.copy(), gradient, state, rate)
        fresh = solver.start(updated)
        fresh.restore(*kept)
        fresh.buffer[...] = np.nan
        for gradient in gradients[5:]:
            solver.step(updated, gradient, fresh, rate)
        assert updated.tobytes() == whole.tobytes()
        assert fresh.steps == len(gradients)

    return check


@pytest.fixture
def plan():
    """A plan of a small network whose theta is not small, for six rows, with its data."""
    network = mlp(3, (4,), 3, activation="tanh")
    theta = network.initial_parameters(5) * 2
    rng = np.random.default_rng(6)
    return Plan(network, 6, theta), rng.normal(size=(6, 3)), np.array([0, 2, 1, 1, 0, 2])
