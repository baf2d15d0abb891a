"""The Hessian: against balls, against difference quotients of the gradient, and times a vector."""

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.checking import balls, midpoints, precision
from chainrule.kernels.blas import single_threaded_products
from chainrule.solvers.convex import hessian, minimise
from chainrule.solvers.convex import rows as rows_module
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import Features
from chainrule.solvers.convex.hessian import Curvature


def whole_hessian(problem, theta, centre, scale, threads=2):
    with single_threaded_products():
        return hessian.whole_hessian(
            Evaluator(problem.with_threads(threads), Features(problem.intercept, centre, scale)), theta
        )


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
    changed = plainly(problem.of((problem.x - (0 if centre is None else centre)) / scale))
    got = without_common_part(whole_hessian(problem, theta, centre, scale), problem)
    expected = without_common_part(changed.hessian(theta), problem)
    # p (1 - p) is taken as a difference, which costs 1e-16 of the features' squares where p is near 1.
    squares = changed.shares @ np.sum(changed.ones**2, axis=1)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-14 * squares)


def test_sparse_features_and_many_blocks_give_the_same(problem, theta, problem_of, plainly):
    dense = whole_hessian(problem, theta, None, None)
    sparse = whole_hessian(problem.of(sp.csr_matrix(problem.x)), theta, None, None)
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
        evaluator = Evaluator(problem.with_threads(2))
        hessian.whole_hessian(evaluator, theta + 1)
        got = hessian.whole_hessian(evaluator, theta).copy()
    np.testing.assert_array_equal(got, whole_hessian(problem, theta, None, None))


def test_newtons_direction_solves_its_equations(problem, plain, theta):
    gradient = plain.gradient(theta)
    with single_threaded_products():
        evaluator = Evaluator(problem)
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
        step = newton_step(Evaluator(problem), near, gradient)
    after = plain.gradient(near + step)
    after -= after.mean(axis=1, keepdims=True) if near.shape[1] > 1 else 0
    assert abs(gradient).max() > 1e-7
    assert abs(after).max() < 1e-2 * abs(gradient).max()


def test_a_point_that_is_not_finite_has_no_newton_direction(problem, theta):
    with single_threaded_products(), np.errstate(all="ignore"):
        assert newton_step(Evaluator(problem), theta * np.nan, np.ones_like(theta)) is None


@pytest.mark.parametrize("kind", ["softmax", "logit"])
@pytest.mark.parametrize("intercept", [True, False])
def test_a_feature_that_does_not_vary_changes_no_newton_direction(problem_of, kind, intercept):
    problem = problem_of(kind, intercept=intercept)
    constant = problem.of(np.insert(problem.x, 2, 0.0, axis=1))
    theta = np.random.default_rng(3).normal(size=problem.shape)
    with single_threaded_products():
        gradient = Evaluator(problem.with_threads(2)).at(theta).gradient
        expected = newton_step(Evaluator(problem.with_threads(2)), theta, gradient)
        theta, gradient = (np.insert(x, 2, 0.0, axis=0) for x in (theta, gradient))
        got = newton_step(Evaluator(constant.with_threads(2)), theta, gradient)
    assert not got[2].any()
    np.testing.assert_allclose(np.delete(got, 2, axis=0), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", ["softmax", "logit"])
def test_samples_of_negative_weight_can_leave_no_newton_direction(problem_of, kind):
    problem = problem_of(kind, weights=-np.ones(60), l2=1e-3)
    theta = np.zeros(problem.shape)
    with single_threaded_products():
        assert newton_step(Evaluator(problem), theta, np.ones_like(theta)) is None


CENTRE, SCALE = np.array([1.0, -2.0, 0.0, 3.0]), np.array([0.1, 1.0, 4.0, 2.0])
SIGNED = np.where(np.arange(60) % 4, 1.0, -0.7) * np.random.default_rng(2).uniform(0.1, 3, 60)
FORMS = {"dense": np.asarray, "csr_matrix": sp.csr_matrix, "csr_array": sp.csr_array}


def variants(problem_of):
    """Problems beyond the fixtures': weights of both signs, soft rows of any sum, and more logits than a few."""
    return {
        "signed": problem_of("softmax", l2=0.1, weights=SIGNED),
        "signed rows": problem_of("rows", l2=0.1, weights=SIGNED),
        "signed logit": problem_of("logit", l2=0.1, weights=SIGNED),
        "signed, no intercept": problem_of("softmax", intercept=False, weights=SIGNED),
        "forty logits": problem_of("softmax", n=150, k=40, l2=0.02),
        "rows of forty": problem_of("rows", n=150, k=40, l2=0.02, label_smoothing=0.1),
        "two logits": problem_of("softmax", k=2, l2=0.02),
    }


VARIANTS = (
    "signed",
    "signed rows",
    "signed logit",
    "signed, no intercept",
    "forty logits",
    "rows of forty",
    "two logits",
)


def assert_curved(evaluator, plain, theta, seed=0):
    """H V and diag H at theta; sums of some hundred products of features up to 8, so 1e-13 of the largest."""
    direction = np.random.default_rng(seed).normal(size=theta.shape)
    evaluator.at(theta)
    hessian = plain.hessian(theta)
    expected = (hessian @ direction.ravel()).reshape(theta.shape)
    there = Curvature(evaluator)
    curvature = there.product()
    for _ in range(2):  # the second time from what the first has left in the buffers
        got = curvature(direction)
        assert got.shape == theta.shape
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-13 * abs(hessian).max() * abs(direction).sum())
    diagonal = np.diag(hessian).reshape(theta.shape)
    np.testing.assert_allclose(there.diagonal(), diagonal, rtol=0, atol=1e-13 * abs(hessian).max())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("threads", [1, 2])
def test_products_with_the_hessian_and_its_diagonal_are_those_of_the_whole(problem, plain, theta, form, threads):
    with single_threaded_products():
        assert_curved(Evaluator(problem.of(FORMS[form](problem.x)).with_threads(threads)), plain, theta)


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("form", FORMS)
def test_they_are_for_weights_of_both_signs_for_rows_of_any_sum_and_for_many_logits(problem_of, plainly, name, form):
    problem = variants(problem_of)[name]
    theta = np.random.default_rng(4).normal(size=problem.shape) * 0.5
    with single_threaded_products():
        assert_curved(Evaluator(problem.of(FORMS[form](problem.x)).with_threads(2)), plainly(problem), theta)


@pytest.mark.parametrize("name", [*VARIANTS[:4], "forty logits"])
@pytest.mark.parametrize("with_centre", [True, False])
def test_centre_and_scale_curve_like_features_changed_by_hand(problem_of, plainly, name, with_centre):
    problem = variants(problem_of)[name]
    centre = CENTRE if problem.intercept and with_centre else None
    changed = problem.of((problem.x - (0 if centre is None else centre)) / SCALE)
    theta = np.random.default_rng(4).normal(size=problem.shape) * 0.3
    with single_threaded_products():
        assert_curved(
            Evaluator(problem.with_threads(2), Features(problem.intercept, centre, SCALE)), plainly(changed), theta
        )


def test_a_scale_curves_sparse_features_too(problem, plainly, theta):
    changed = plainly(problem.of(problem.x / SCALE))
    with single_threaded_products():
        features = Features(problem.intercept, scale=SCALE)
        assert_curved(Evaluator(problem.of(sp.csr_matrix(problem.x)).with_threads(2), features), changed, theta)


@pytest.mark.parametrize("name", ["signed", "signed rows", "signed logit", "forty logits"])
@pytest.mark.parametrize("rows", [1, 7, 59])
def test_residuals_kept_a_few_rows_at_a_time_add_up_to_the_same(problem_of, plainly, monkeypatch, name, rows):
    problem = variants(problem_of)[name]
    monkeypatch.setattr(rows_module, "RESIDUAL_BYTES", rows * problem.n_outputs * 8)
    theta = np.random.default_rng(4).normal(size=problem.shape) * 0.5
    plain = plainly(problem)
    with single_threaded_products():
        evaluator = Evaluator(problem.of(sp.csr_matrix(problem.x)).with_threads(2))
        here = evaluator.at(theta)
        assert here.value == pytest.approx(plain.value(theta), rel=1e-13, abs=0)
        np.testing.assert_allclose(here.gradient, plain.gradient(theta), rtol=0, atol=1e-12)
        assert_curved(evaluator, plain, theta)
        direction = -here.gradient
        there = evaluator.towards(theta, direction, 0.5)
        evaluator.accept()
        end = theta + 0.5 * direction
        np.testing.assert_allclose(there.gradient, plain.gradient(end), rtol=0, atol=1e-12)
        assert_curved(evaluator, plain, end, seed=1)


@pytest.mark.parametrize("form", ["dense", "csr_matrix"])
def test_many_leaves_blocks_and_threads_change_only_the_order_of_sums(problem_of, plainly, monkeypatch, form):
    monkeypatch.setattr(rows_module, "SPARSE_BLOCK_BYTES", 1 << 10)  # 64 rows
    problem = problem_of("rows", n=1501, d=4, k=3, l2=0.1, rows_of_leaf=201)
    theta = np.random.default_rng(0).normal(size=problem.shape) * 0.3
    plain = plainly(problem)
    for threads in (1, 2, 3):
        with single_threaded_products():
            evaluator = Evaluator(problem.of(FORMS[form](problem.x)).with_threads(threads))
            assert evaluator.rows.map_reduce(lambda *_: 1, None) == (8 if form == "dense" else 7 * 4 + 2)
            assert_curved(evaluator, plain, theta)


def test_float32_features_curve_as_float32_can(problem_of, plainly):
    problem = problem_of("softmax", l2=0.1)
    theta = np.random.default_rng(4).normal(size=problem.shape) * 0.5
    direction = np.random.default_rng(0).normal(size=theta.shape)
    hessian = plainly(problem).hessian(theta)
    with single_threaded_products():
        evaluator = Evaluator(problem.of(problem.x.astype(np.float32)))
        evaluator.at(theta)
        there = Curvature(evaluator)
        got, diagonal = there.product()(direction), there.diagonal()
    # Logits up to 20 in 24 bits, 2e-6, times features up to 8 twice.
    expected = (hessian @ direction.ravel()).reshape(theta.shape)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-4)
    np.testing.assert_allclose(diagonal, np.diag(hessian).reshape(theta.shape), rtol=0, atol=1e-4)


def test_the_curvature_is_that_of_the_logits_a_step_has_led_to(problem, plain, theta):
    direction = np.random.default_rng(1).normal(size=theta.shape)
    with single_threaded_products():
        evaluator = Evaluator(problem.with_threads(2))
        evaluator.at(theta)
        evaluator.towards(theta, direction, 0.25)
        evaluator.accept()
        got = Curvature(evaluator).product()(direction)
    hessian = plain.hessian(theta + 0.25 * direction)
    expected = (hessian @ direction.ravel()).reshape(theta.shape)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12 * abs(hessian).max())


def test_products_in_float32_are_good_to_its_digits(problem_of, plainly):
    for name, problem in variants(problem_of).items():
        theta = np.random.default_rng(4).normal(size=problem.shape) * 0.5
        direction = np.random.default_rng(0).normal(size=theta.shape)
        hessian = plainly(problem).hessian(theta)
        with single_threaded_products():
            evaluator = Evaluator(problem.of(sp.csr_matrix(problem.x)).with_threads(2))
            evaluator.at(theta)
            narrow = Curvature(evaluator, np.float32)
            got, diagonal = narrow.product()(direction.astype(np.float32)), narrow.diagonal()
        assert got.dtype == diagonal.dtype == np.float32
        # Logits up to 20, probabilities of 24 bits, features up to 8 twice: as for float32 features.
        expected = (hessian @ direction.ravel()).reshape(theta.shape)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-4, err_msg=name)
        np.testing.assert_allclose(diagonal, np.diag(hessian).reshape(theta.shape), rtol=0, atol=1e-4, err_msg=name)


def test_there_is_no_curvature_without_a_point(problem):
    with single_threaded_products(), pytest.raises(ValueError, match="expected theta, since the evaluator is at no"):
        Curvature(Evaluator(problem, stored=False))
