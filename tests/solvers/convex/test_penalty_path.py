"""The minima for several penalties, one after another."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule.solvers.convex import Problem, minima, minimise
from chainrule.solvers.convex.spectrum import Spectrum

PENALTIES = (1.0, 0.1, 0.1, 0.01, 0.5)


@pytest.mark.parametrize("by_rotating", [True, False])
@pytest.mark.parametrize("method", ["auto", "newton-cg"])
@pytest.mark.parametrize("kind", ["softmax", "logit"])
def test_minima_of_a_path_are_those_of_separate_runs(problem_of, plainly, monkeypatch, kind, method, by_rotating):
    monkeypatch.setattr(
        Spectrum,
        "worth_rotating",
        lambda self, problem, fits=1: by_rotating and self.features.basis is not None and not self.features.applied,
    )
    problem: Problem = problem_of(kind, l2=7.0)
    found = list(minima(problem, PENALTIES, tol=1e-17, method=method))
    assert [point.converged for point in found] == [True] * len(PENALTIES)
    assert found[2].iterations <= 1  # the same penalty again
    for l2, point in zip(PENALTIES, found, strict=True):
        penalised = replace(problem, l2=l2)
        alone = minimise(penalised, tol=1e-17, method=method)
        assert point.value == pytest.approx(alone.value, rel=1e-13, abs=0)
        # A decrease of 1e-17 over curvatures of 0.01 and more.
        np.testing.assert_allclose(point.theta, alone.theta, rtol=0, atol=2e-6)
        # Decreases of 1e-17 by curvatures up to 16, that of features up to 8.
        assert abs(plainly(penalised).gradient(point.theta)).max() < 2e-8
        assert point.gradient_norm <= 2e-8


def test_a_path_is_told_of_and_ended_by_a_callback_fit_by_fit(problem_of):
    told = []
    penalties = (1.0, 0.001)
    found = list(minima(problem_of("softmax"), penalties, tol=1e-22, callback=lambda at, theta: told.append(at) or 1))
    assert [point.iterations for point in found] == [1, 1]
    assert [at.iteration for at in told] == [1, 1]
    assert "callback" in found[0].message


def test_an_interrupted_path_ends_there(problem_of):
    def interrupt(at, theta):
        raise KeyboardInterrupt

    (point,) = minima(problem_of("softmax"), (1.0, 0.1), tol=1e-22, callback=interrupt)
    assert point.message == "interrupted"
    assert np.isfinite(point.theta).all()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_path_of_few_steps_tells_figures_that_are_those_of_its_points(problem_of, plainly, dtype):
    """Stored logits gather rounding errors from step to step, and from fit to fit."""
    problem = problem_of("softmax", n=300, d=30, k=5)
    narrow = problem.of(problem.x.astype(dtype))
    exact = problem.of(narrow.x.astype(np.float64))
    for l2, point in zip(PENALTIES, minima(narrow, PENALTIES, tol=1e-22, max_iter=3), strict=True):
        value = plainly(replace(exact, l2=l2)).value(point.theta)
        assert point.value == pytest.approx(value, rel=16 * float(np.finfo(dtype).eps))
