"""The preconditioner's solutions against dense inverses of the Hessian at zero weights."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.solvers.convex import spectrum_of
from chainrule.solvers.convex.preconditioner import diagonal_of, preconditioner_of


def dense_hessian(problem, probs, centre=None, scale=None):
    """X^T X / n (x) S + l2, with the intercepts' ones among the features, for samples with the same probabilities."""
    x = problem.x.toarray() if sp.issparse(problem.x) else problem.x
    x = (x - (0 if centre is None else centre)) / (1 if scale is None else scale)
    ones = np.hstack([x, np.ones((len(x), 1))]) if problem.intercept else x
    shares = (
        np.full(len(x), 1 / len(x)) if problem.weights is None else abs(problem.weights) / abs(problem.weights).sum()
    )
    moments = ones.T @ (shares[:, None] * ones)
    curvature = np.diag(probs) - np.outer(probs, probs)
    penalties = np.append(np.full(x.shape[1], problem.l2), [0.0] * problem.intercept)
    return np.kron(moments, curvature) + np.diag(np.repeat(penalties, len(probs)))


def solve_densely(hessian, gradient):
    """On gradients, which sum to zero over the classes, the inverse; what the solution has in common is left out."""
    return (np.linalg.pinv(hessian, rcond=1e-13) @ gradient.ravel()).reshape(gradient.shape)


def centred(x):
    return x - x.mean(axis=1, keepdims=True) if x.shape[1] > 1 else x


@pytest.mark.parametrize("scale", [None, np.array([0.1, 1.0, 3.0, 10.0])], ids=["as it is", "scaled"])
def test_it_solves_the_equations_at_zero_weights(problem, scale):
    spectrum = spectrum_of(problem, scale)
    probs = problem.class_shares
    solver = preconditioner_of(problem, spectrum)
    gradient = centred(np.random.default_rng(0).normal(size=problem.shape))
    got = solver.solve(gradient.copy())
    expected = solve_densely(dense_hessian(problem, probs, spectrum.features.centre, scale), gradient)
    # Condition numbers up to 1e3 times the rounding of 4 x 4 products.
    np.testing.assert_allclose(centred(got), centred(expected), rtol=0, atol=1e-11 * abs(expected).max())


@pytest.mark.parametrize("l2", [0.0, 1e-12, 1e-3, 10.0, 1e6])
@pytest.mark.parametrize("shares", [[0.5, 0.3, 0.2], [0.999998, 1e-6, 1e-6], [1 / 3] * 3, [0.7]], ids=str)
def test_it_is_right_for_every_penalty_and_share(problem_of, l2, shares):
    probs = np.array(shares)
    problem = problem_of("logit" if len(probs) == 1 else "softmax", l2=l2)
    spectrum = spectrum_of(problem)
    gradient = centred(np.random.default_rng(1).normal(size=problem.shape))
    first = preconditioner_of(problem, spectrum)
    first = replace(first, classes=replace(first.classes, probs=probs))
    got = first.solve(gradient.copy())
    assert np.isfinite(got).all()
    hessian = dense_hessian(problem, probs, spectrum.features.centre)
    back = centred((hessian @ got.ravel()).reshape(got.shape))
    # What comes back from H is the gradient, to the rounding of H's products with the solution.
    sizes = abs(hessian).max() * abs(centred(got)).max()
    np.testing.assert_allclose(back, gradient, rtol=0, atol=1e-14 * (sizes + abs(got).max()) + 1e-12)


def test_it_is_symmetric_and_positive(problem):
    solver = preconditioner_of(problem, spectrum_of(problem))
    rng = np.random.default_rng(2)
    a, b = (centred(rng.normal(size=problem.shape)) for _ in range(2))
    assert np.sum(a * solver.solve(b.copy())) == pytest.approx(np.sum(b * solver.solve(a.copy())), rel=1e-10)
    assert np.sum(a * solver.solve(a.copy())) > 0


def test_the_hessian_it_inverts_is_that_of_the_problem_at_the_starting_point(problem, plainly):
    """Zero weights, and intercepts that give the classes' frequencies."""
    if not problem.intercept or (problem.targets.ndim == 2 and problem.n_outputs > 1):
        pytest.skip("needs an intercept, and rows of targets that sum to one")
    probs = problem.class_shares
    start = np.zeros(problem.shape)
    start[-1] = np.log(probs) if problem.n_outputs > 1 else np.log(probs / (1 - probs))
    spectrum = spectrum_of(problem)
    hessian = plainly(problem.of(problem.x - spectrum.features.centre)).hessian(start)
    gradient = centred(np.random.default_rng(0).normal(size=problem.shape))
    got = preconditioner_of(problem, spectrum).solve(gradient.copy())
    back = centred((hessian @ got.ravel()).reshape(got.shape))
    np.testing.assert_allclose(back, gradient, rtol=0, atol=1e-11 * abs(got).max())


@pytest.mark.parametrize("kind", ["softmax", "logit"])
@pytest.mark.parametrize("scale", [None, np.array([0.1, 1.0, 3.0, 10.0])], ids=["as it is", "scaled"])
def test_sparse_features_get_the_diagonal(problem_of, kind, scale):
    rng = np.random.default_rng(3)
    problem = problem_of(kind, l2=0.1, intercept=False)
    # Features that never meet: the covariance about zero is its diagonal, and the preconditioner exact.
    alone = np.eye(4)[np.arange(60) % 4] * rng.normal(size=(60, 1))
    problem = problem.of(sp.csr_matrix(alone))
    spectrum = spectrum_of(problem, scale)
    assert spectrum.features.basis is None
    assert spectrum.features.centre is None
    np.testing.assert_allclose(spectrum.values, np.mean((alone / (1 if scale is None else scale)) ** 2, axis=0))
    probs = problem.class_shares
    gradient = centred(rng.normal(size=problem.shape))
    got = preconditioner_of(problem, spectrum).solve(gradient.copy())
    expected = solve_densely(dense_hessian(problem, probs, scale=scale), gradient)
    np.testing.assert_allclose(centred(got), centred(expected), rtol=0, atol=1e-12 * abs(expected).max())


def test_no_curvature_at_all_is_bounded_like_the_largest():
    """The gradient of a feature that does not vary is a rounding error."""
    assert diagonal_of(np.array([0.0, -4.0, 1e-30])).values.tolist() == [4, 4, 4e-10]
    assert diagonal_of(np.zeros(2)).values.tolist() == [1, 1]
