"""Which method gives the directions of a fit, and what follows where it fails."""

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.rules import softmax_cross_entropy
from chainrule.solvers.convex import Problem, directions, minimise


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("kind", ["softmax", "logit", "rows"])
def test_newton_cg_never_turns_to_the_whole_hessian_nor_to_lbfgs(problem_of, monkeypatch, kind, form):
    """Every direction is one of conjugate gradients; the steps are few, as Newton's are."""
    found = []
    solve = directions.newton_cg_direction

    def seen(*arguments, **options):
        found.append(solve(*arguments, **options))
        return found[-1]

    monkeypatch.setattr(directions, "newton_cg_direction", seen)
    monkeypatch.setattr(directions, "newton_direction", lambda *_: pytest.fail("the whole Hessian"))
    problem = problem_of(kind, l2=0.01, n=300, d=30, k=5)
    result = minimise(problem.of(form(problem.x)), tol=1e-17, method="newton-cg")
    assert result.converged
    assert len(found) == result.iterations
    assert 2 < result.iterations < 25


def test_features_by_the_thousand_are_newtons_by_themselves(plainly, monkeypatch):
    """More parameters than a Hessian is held for, sparse: "auto" is "newton-cg"; dense ones take it at the end only."""
    rng = np.random.default_rng(0)
    x = sp.random(200, 700, 0.03, random_state=0, format="csr")
    problem = Problem(x, rng.integers(0, 3, 200), 3, softmax_cross_entropy, l2=1e-3)
    calls = []
    solve = directions.newton_cg_direction
    monkeypatch.setattr(
        directions, "newton_cg_direction", lambda *rest, **options: calls.append(1) or solve(*rest, **options)
    )
    sparse = minimise(problem, tol=1e-17, max_iter=500)
    assert sparse.converged
    assert len(calls) == sparse.iterations
    calls.clear()
    dense = minimise(problem.of(x.toarray()), tol=1e-17, max_iter=500)
    assert dense.converged
    assert len(calls) < dense.iterations / 2
    assert sparse.value == pytest.approx(dense.value, rel=1e-12, abs=0)
    assert abs(plainly(problem).gradient(sparse.theta)).max() < 1e-8


@pytest.mark.parametrize("fault", ["uphill", "still", "nan"])
def test_products_in_float32_that_lead_nowhere_are_given_up_for_full_precision(problem_of, plainly, monkeypatch, fault):
    solve, seen = directions.newton_cg_direction, []

    def faulty(curvature, preconditioner, gradient, *others, **options):
        solution = solve(curvature, preconditioner, gradient, *others, **options)
        seen.append(gradient.dtype)
        if gradient.dtype == np.float64:
            return solution
        factor = {"uphill": -1e3, "still": np.float32(1e-30), "nan": np.nan}[fault]
        return solution._replace(direction=factor * solution.direction, remaining=np.inf)

    monkeypatch.setattr(directions, "newton_cg_direction", faulty)
    monkeypatch.setattr(directions, "FEW_PARAMETERS", 0)
    problem = problem_of("softmax", l2=0.01, n=300, d=30, k=5)
    result = minimise(problem.of(sp.csr_matrix(problem.x)), tol=1e-19, max_iter=60, method="newton-cg")
    assert seen[0] == np.float32
    assert seen[-1] == np.float64
    assert result.converged, result.message
    # Gradients of 1e-10, in features up to 8.
    assert abs(plainly(problem).gradient(result.theta)).max() < 1e-9


def test_without_a_penalty_products_are_in_full_precision(problem_of, monkeypatch):
    solve, seen = directions.newton_cg_direction, []

    def watched(curvature, preconditioner, gradient, *others, **options):
        seen.append(gradient.dtype)
        return solve(curvature, preconditioner, gradient, *others, **options)

    monkeypatch.setattr(directions, "newton_cg_direction", watched)
    monkeypatch.setattr(directions, "FEW_PARAMETERS", 0)
    problem = problem_of("softmax", n=300, d=30, k=5)
    minimise(problem.of(sp.csr_matrix(problem.x)), method="newton-cg")
    assert set(seen) == {np.dtype(np.float64)}
