"""The Hessian: against balls, against difference quotients of the gradient, and times a vector."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.checking import balls, midpoints, precision
from chainrule.kernels.blas import single_threaded_products
from chainrule.solvers.convex import hessian, minimise
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import Features


def whole_hessian(problem, theta, centre, scale, threads=2):
    with single_threaded_products():
        return hessian.whole_hessian(Evaluator(problem, threads, Features(problem.intercept, centre, scale)), theta)


def newton_step(evaluator, theta, gradient):
    return hessian.newton_direction(hessian.whole_hessian(evaluator, theta), gradient)


def without_common_part(whole, problem):
    """The Hessian on the vectors that sum to zero over the classes, where it is defined by F alone."""
    d, k = problem.shape
    away = np.eye(k) - (np.full((k, k), 1 / k) if k > 1 else 0)
    projector = np.kron(np.eye(d), away)
    return projector @ whole @ projector


def ball_gradient(plain, theta):
    """F's gradient at balls, by the naive formulas."""
    ones, rows, k = balls(plain.ones), plain.rows, theta.shape[1]
    z = ones @ theta
    if k == 1:
        probs, mass = 1 / (1 + np.exp(-z)), 1
    else:
        exponentials = np.exp(z)
        probs, mass = exponentials / exponentials.sum(axis=1, keepdims=True), rows.sum(axis=1, keepdims=True)
    return ones.T @ (balls(plain.shares)[:, None] * (probs * mass - rows)) + plain.penalties * theta


def test_a_difference_quotient_of_balls_is_the_hessian_times_a_vector(problem, plain, theta):
    rng = np.random.default_rng(4)
    direction = rng.normal(size=theta.shape)
    direction -= direction.mean(axis=1, keepdims=True) if theta.shape[1] > 1 else 0
    with precision(300):
        h = balls(2.0**-90)
        ahead = ball_gradient(plain, balls(theta) + h * balls(direction))
        behind = ball_gradient(plain, balls(theta) - h * balls(direction))
        expected = midpoints((ahead - behind) / (2 * h))
    got = (whole_hessian(problem, theta, None, None) @ direction.ravel()).reshape(theta.shape)
    if theta.shape[1] > 1:  # what the targets' own sums put there apart, gradients sum to zero
        got, expected = (x - x.mean(axis=1, keepdims=True) for x in (got, expected))
    # The quotient is exact to 2^-180; the Hessian is a sum of 60 terms up to 30.
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-13 * abs(expected).max())


def test_the_whole_hessian_is_that_of_the_formula(problem, plain, theta):
    got = whole_hessian(problem, theta, None, None)
    assert got.shape == (theta.size, theta.size)
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, got.T, rtol=0, atol=1e-14 * abs(got).max())
    got, expected = (without_common_part(whole, problem) for whole in (got, plain.hessian(theta)))
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-13 * abs(expected).max())


def test_it_is_positive_definite_also_where_classes_have_something_in_common(problem, theta):
    values = np.linalg.eigvalsh(whole_hessian(problem, theta, None, None))
    assert values[0] > 1e-4 * values[-1]


def test_times_a_vector_it_is_the_softmaxs_jacobian_between_two_products(problem, plain, theta):
    v = np.random.default_rng(2).normal(size=theta.shape)
    if theta.shape[1] > 1:
        v -= v.mean(axis=1, keepdims=True)
    z, u = plain.ones @ theta, plain.ones @ v
    if theta.shape[1] == 1:
        p = 1 / (1 + np.exp(-z))
        curved = p * (1 - p) * u
    else:
        s = np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True))
        curved = s * (u - np.sum(s * u, axis=1, keepdims=True)) * plain.rows.sum(axis=1, keepdims=True)
    expected = plain.ones.T @ (plain.shares[:, None] * curved) + plain.penalties * v
    got = (whole_hessian(problem, theta, None, None) @ v.ravel()).reshape(v.shape)
    if theta.shape[1] > 1:
        got -= got.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-13 * abs(expected).max())


def test_centre_and_scale_are_features_changed_by_hand(problem, plainly, theta):
    centre, scale = np.array([1.0, -2.0, 0.0, 3.0]), np.array([0.1, 1.0, 4.0, 2.0])
    centre = centre if problem.intercept else None
    changed = plainly(replace(problem, x=(problem.x - (0 if centre is None else centre)) / scale))
    got = without_common_part(whole_hessian(problem, theta, centre, scale), problem)
    expected = without_common_part(changed.hessian(theta), problem)
    # p (1 - p) is taken as a difference, which costs 1e-16 of the features' squares where p is near 1.
    squares = changed.shares @ np.sum(changed.ones**2, axis=1)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-14 * squares)


def test_sparse_features_and_many_blocks_give_the_same(problem, theta, problem_of, plainly):
    dense = whole_hessian(problem, theta, None, None)
    sparse = whole_hessian(replace(problem, x=sp.csr_matrix(problem.x)), theta, None, None)
    np.testing.assert_allclose(sparse, dense, rtol=0, atol=1e-14 * abs(dense).max())
    long = problem_of("softmax", n=20_011, l2=0.3)
    point = np.random.default_rng(0).normal(size=long.shape)
    got, expected = (
        without_common_part(whole, long)
        for whole in (whole_hessian(long, point, None, None), plainly(long).hessian(point))
    )
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12 * abs(expected).max())


@pytest.mark.parametrize("threads", [1, 3])
def test_weights_of_both_signs_and_any_number_of_threads_give_the_formulas_hessian(problem_of, plainly, threads):
    rng = np.random.default_rng(7)
    mixed = problem_of("softmax", weights=rng.normal(size=60), l2=0.3)
    theta = rng.normal(size=mixed.shape)
    got, expected = (
        without_common_part(whole, mixed)
        for whole in (whole_hessian(mixed, theta, None, None, threads), plainly(mixed).hessian(theta))
    )
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-13 * abs(expected).max())


def test_a_second_hessian_owes_nothing_to_the_first(problem, theta):
    with single_threaded_products():
        evaluator = Evaluator(problem, 2)
        hessian.whole_hessian(evaluator, theta + 1)
        got = hessian.whole_hessian(evaluator, theta).copy()
    np.testing.assert_array_equal(got, whole_hessian(problem, theta, None, None))


def test_newtons_direction_solves_its_equations(problem, plain, theta):
    gradient = plain.gradient(theta)
    with single_threaded_products():
        evaluator = Evaluator(problem, 1)
        evaluator.at(theta)
        if theta.shape[1] > 1:
            gradient = gradient - gradient.mean(axis=1, keepdims=True)
        direction = newton_step(evaluator, theta, gradient)
    back = (plain.hessian(theta) @ direction.ravel()).reshape(theta.shape)
    if theta.shape[1] > 1:
        back -= back.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(back, -gradient, rtol=0, atol=1e-12 * abs(gradient).max())


def test_at_the_optimum_one_newton_step_squares_the_error(problem, plain):
    best = minimise(problem, tol=1e-12, max_iter=500)
    assert best.converged
    near = best.theta + 1e-4 * np.random.default_rng(5).normal(size=best.theta.shape)
    gradient = plain.gradient(near)
    if near.shape[1] > 1:
        gradient -= gradient.mean(axis=1, keepdims=True)
    with single_threaded_products():
        step = newton_step(Evaluator(problem, 1), near, gradient)
    after = plain.gradient(near + step)
    after -= after.mean(axis=1, keepdims=True) if near.shape[1] > 1 else 0
    assert abs(gradient).max() > 1e-7
    assert abs(after).max() < 1e-2 * abs(gradient).max()


def test_a_point_that_is_not_finite_has_no_newton_direction(problem, theta):
    with single_threaded_products(), np.errstate(all="ignore"):
        assert newton_step(Evaluator(problem, 1), theta * np.nan, np.ones_like(theta)) is None


@pytest.mark.parametrize("kind", ["softmax", "logit"])
def test_samples_of_negative_weight_can_leave_no_newton_direction(problem_of, kind):
    problem = problem_of(kind, weights=-np.ones(60), l2=1e-3)
    theta = np.zeros(problem.shape)
    with single_threaded_products():
        assert newton_step(Evaluator(problem, 1), theta, np.ones_like(theta)) is None
