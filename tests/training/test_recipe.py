"""Recipes start runs and put solvers back."""

import numpy as np
import pytest

from chainrule.networks import mlp
from chainrule.solvers import SGD, Adam
from chainrule.training import LBFGS, History, Objective, Recipe

OBJECTIVE = Objective(mlp(2, (3,), 2))


@pytest.mark.parametrize("solver", [Adam(), SGD(0.9, True), LBFGS()])
def test_a_run_starts_at_theta_after_the_history(solver):
    theta, history = OBJECTIVE.network.initial_parameters(), History([3.0, 2.0])
    run = Recipe(OBJECTIVE, solver).start(theta, 40, history)
    assert run.theta is theta
    assert run.history is history
    assert (run.samples_seen, run.epoch, run.solver_state.steps) == (40, 0, 0)
    assert not any(vector.any() for vector in run.solver_state.vectors.values())


def test_the_solver_is_put_back_with_its_vectors_and_steps():
    recipe = Recipe(OBJECTIVE, SGD(0.9, True))
    run = recipe.start(OBJECTIVE.network.initial_parameters())
    recipe.resume(run, {"velocity": np.arange(17.0)}, 5)
    assert run.solver_state.steps == 5
    assert run.solver_state.vectors["velocity"].tolist() == list(range(17))
    whole = Recipe(OBJECTIVE, LBFGS())
    run = whole.start(run.theta)
    whole.resume(run, {}, 5)
    assert run.solver_state.steps == 0, "L-BFGS has nothing to put back"
