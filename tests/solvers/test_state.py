"""The state of a solver: what a run keeps, and what another run restores."""

import numpy as np
import pytest

from chainrule.solvers import SolverState
from chainrule.solvers.state import start_state


def test_a_state_starts_with_zeros_as_long_as_theta():
    theta = np.ones(3, dtype=np.float32)
    state = start_state(theta, "velocity")
    assert state.steps == 0
    assert state.vectors["velocity"].tolist() == [0, 0, 0]
    assert state.vectors["velocity"].dtype == state.buffer.dtype == np.float32
    assert state.buffer.shape == theta.shape


def test_restored_vectors_are_copies_in_the_same_memory():
    state, kept = start_state(np.zeros(2), "velocity"), np.array([1.0, -2.0])
    memory = state.vectors["velocity"]
    state.restore({"velocity": kept}, steps=7)
    kept[:] = 0
    assert state.steps == 7
    assert state.vectors["velocity"] is memory
    assert memory.tolist() == [1, -2]


def test_a_vector_is_restored_from_a_multiple_under_another_name():
    state = start_state(np.zeros(2), "m")
    state.aliases = {"m": ("mean", 0.5)}
    state.restore({"mean": np.array([2.0, 4.0])}, steps=1)
    assert state.vectors["m"].tolist() == [1, 2]
    with pytest.raises(KeyError):
        state.restore({"velocity": np.zeros(2)}, steps=1)


def test_a_state_without_vectors_restores_its_steps_alone():
    state = SolverState()
    state.restore({}, steps=3)
    assert state.steps == 3
