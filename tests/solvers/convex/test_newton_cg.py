"""Newton's method by products: the equations are solved as far as asked for, and the optimum is the same one."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.kernels.blas import single_threaded_products
from chainrule.rules import softmax_cross_entropy
from chainrule.solvers.convex import Problem, directions, evaluation, minimise
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.hessian import Curvature
from chainrule.solvers.convex.newton_cg import MOST_INNER, newton_cg_direction
from chainrule.solvers.convex.preconditioner import Diagonal, diagonal_of

SIGNED = np.where(np.arange(60) % 5, 1.0, -0.4)


def centred(x):
    return x - x.mean(axis=1, keepdims=True) if x.shape[1] > 1 else x


def by_newton(plain, steps=100):
    """The optimum by Newton's method with pseudo-inverses and halved steps, from formulas only."""
    theta = np.zeros(plain.problem.shape)
    for _ in range(steps):
        gradient = plain.gradient(theta)
        direction = -(np.linalg.pinv(plain.hessian(theta), rcond=1e-13) @ gradient.ravel()).reshape(theta.shape)
        step = 1.0
        while plain.value(theta + step * direction) > plain.value(theta) + 1e-15 and step > 1e-8:
            step /= 2
        theta = theta + step * direction
    assert abs(centred(plain.gradient(theta))).max() < 1e-13
    return theta


def spread(size, condition, seed=0):
    """A positive definite matrix with this condition number."""
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))[0]
    return basis @ np.diag(np.geomspace(1, condition, size)) @ basis.T


class Counted:
    """A matrix as a function of a direction, counting its products."""

    def __init__(self, matrix):
        self.matrix, self.count = matrix, 0

    def __call__(self, direction):
        self.count += 1
        return (self.matrix @ direction.ravel()).reshape(direction.shape)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize(("penalty", "intercept"), [(None, True), (0.0, True), (0.0, False), (0.3, True), (0.3, False)])
def test_the_diagonal_is_symmetric_and_positive_on_gradients(k, penalty, intercept):
    """Gradients with a penalty have a mean over the logits; those of intercepts or without a penalty have none."""
    rng = np.random.default_rng(0)
    common = np.full((30, 1), 1 / penalty if penalty else 0.0)
    common[30 - intercept :] = 0
    solver = Diagonal(rng.uniform(1e-6, 10, size=(30, k)), None if k == 1 or penalty is None else common)
    vectors = [rng.normal(size=(30, k)) for _ in range(12)]
    for vector in vectors:
        if penalty == 0:
            vector[:] = centred(vector)
        elif penalty and intercept:
            vector[-1:] = centred(vector[-1:])
    gram = np.array([[np.sum(a * solver.solve(b)) for b in vectors] for a in vectors])
    np.testing.assert_allclose(gram, gram.T, rtol=0, atol=1e-12 * abs(gram).max())
    assert np.linalg.eigvalsh(gram)[0] > 0
    kept = vectors[0].copy()
    solved = solver.solve(vectors[0])
    np.testing.assert_array_equal(vectors[0], kept)
    if k > 1 and penalty is not None:
        common = np.zeros((30, 1)) if not penalty else vectors[0].mean(axis=1, keepdims=True) / penalty
        np.testing.assert_allclose(solved.mean(axis=1, keepdims=True), common, rtol=0, atol=1e-10 * abs(solved).max())
    else:
        np.testing.assert_array_equal(solved, vectors[0] / solver.values)


@pytest.mark.parametrize("values", [[[0.0, 0.0]], [[-2.0, 1e-30]], [[1e-300, 3.0], [5.0, 0.0]], [[0.0], [4.0]]])
def test_a_diagonal_has_no_entry_that_is_zero_or_less(values):
    values = np.array(values)
    got = diagonal_of(values.copy()).values
    assert (got > 0).all()
    large = abs(values) > 1e-9 * abs(values).max()
    np.testing.assert_array_equal(got[large], abs(values)[large])


@pytest.mark.parametrize("forcing", [0.5, 1e-2, 1e-6])
@pytest.mark.parametrize("diagonal", ["of ones", "of the matrix"])
def test_a_direction_solves_the_equations_to_its_forcing_and_no_further(forcing, diagonal):
    matrix = spread(24, 1e3) * np.outer(np.geomspace(1, 30, 24), np.geomspace(1, 30, 24))
    values = np.ones((24, 1)) if diagonal == "of ones" else np.diag(matrix).reshape(24, 1)
    gradient = np.random.default_rng(1).normal(size=(24, 1))
    curvature = Counted(matrix)
    direction, _ = newton_cg_direction(curvature, Diagonal(values), gradient, forcing)

    def size(residual):
        return np.sqrt(np.sum(residual**2 / values))

    assert size(gradient + curvature.matrix @ direction) <= forcing * size(gradient) * (1 + 1e-6)
    assert np.sum(direction * gradient) < 0
    if forcing == 0.5:
        exact = Counted(matrix)
        newton_cg_direction(exact, Diagonal(values), gradient, 1e-10)
        assert curvature.count < exact.count


def test_a_perfect_preconditioner_takes_one_product():
    values = np.geomspace(1e-3, 1e3, 20).reshape(20, 1)
    curvature = Counted(np.diag(values[:, 0]))
    gradient = np.random.default_rng(1).normal(size=(20, 1))
    direction, _ = newton_cg_direction(curvature, Diagonal(values), gradient, 1e-8)
    assert curvature.count == 1
    np.testing.assert_allclose(direction, -gradient / values, rtol=1e-12)


def test_it_ends_after_so_many_products_where_the_equations_are_too_hard():
    curvature = Counted(spread(600, 1e12))
    gradient = np.random.default_rng(1).normal(size=(600, 1))
    direction, _ = newton_cg_direction(curvature, Diagonal(np.ones((600, 1))), gradient, 1e-12)
    assert curvature.count == MOST_INNER
    assert np.sum(direction * gradient) < 0


@pytest.mark.parametrize("matrix", [-np.eye(3), np.zeros((3, 3))], ids=["negative", "zero"])
def test_no_curvature_at_first_leaves_the_preconditioned_gradient(matrix):
    gradient, values = np.array([[1.0], [-2.0], [3.0]]), np.array([[1.0], [2.0], [4.0]])
    curvature = Counted(matrix)
    direction, _ = newton_cg_direction(curvature, Diagonal(values), gradient, 1e-3)
    np.testing.assert_allclose(direction, -gradient / values, rtol=1e-15)
    assert curvature.count == 1


def test_negative_curvature_later_leaves_what_was_solved_before_it():
    matrix = np.diag([1.0, 2.0, -0.5])
    gradient = np.array([[1.0], [1.0], [0.1]])
    curvature = Counted(matrix)
    direction, _ = newton_cg_direction(curvature, Diagonal(np.ones((3, 1))), gradient, 1e-10)
    assert 2 <= curvature.count <= 3
    assert np.sum(direction * gradient) < 0
    assert np.isfinite(direction).all()
    # The best point on the first search direction, -g, is the first iterate; each further one is lower.
    g = gradient[:, 0]
    step = g @ g / (g @ matrix @ g)

    def model(d):
        return g @ d + d @ matrix @ d / 2

    assert model(direction[:, 0]) <= model(-step * g) + 1e-12


def test_a_penalty_on_what_all_logits_share_is_solved_for_too(problem_of, plainly):
    problem = problem_of("softmax", l2=0.1)
    theta = np.random.default_rng(0).normal(size=problem.shape) + 1.0
    plain = plainly(problem)
    gradient = plain.gradient(theta)
    assert abs(gradient[:-1].mean(axis=1)).min() > 0.01
    with single_threaded_products():
        evaluator = Evaluator(problem)
        evaluator.at(theta)
        diagonal = diagonal_of(Curvature(evaluator).diagonal(), problem)
        direction, _ = newton_cg_direction(Curvature(evaluator).product(), diagonal, gradient, 1e-6)
    left = gradient + (plain.hessian(theta) @ direction.ravel()).reshape(theta.shape)
    assert abs(left).max() < 1e-4 * abs(gradient).max()


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix, sp.csr_array], ids=["dense", "csr_matrix", "csr_array"])
def test_either_method_ends_at_the_optimum_of_the_formulas(problem, plain, form):
    """Also without a penalty. Two gradients of 1e-11, over curvatures of 1e-3 and more."""
    best = centred(by_newton(plain))
    for method in ("newton-cg", "lbfgs"):
        result = minimise(problem.of(form(problem.x)), tol=1e-20, max_iter=500, method=method)
        assert result.converged, (method, result.message)
        np.testing.assert_allclose(centred(result.theta), best, rtol=0, atol=1e-7)
        assert result.value == pytest.approx(plain.value(best), rel=1e-13, abs=0)


@pytest.mark.parametrize("kind", ["softmax", "logit", "rows"])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
def test_weights_of_both_signs_end_at_a_minimum(problem_of, plainly, kind, form):
    problem = problem_of(kind, weights=SIGNED, l2=0.3)
    plain = plainly(problem)
    result = minimise(problem.of(form(problem.x)), tol=1e-19, max_iter=500, method="newton-cg")
    assert result.converged, result.message
    # x is within 8, and the gradient of centred features may be 1e-10.
    assert abs(centred(plain.gradient(result.theta))).max() < 1e-9
    assert np.linalg.eigvalsh(plain.hessian(result.theta))[0] > -1e-12, "a saddle is no minimum"


@pytest.mark.parametrize("method", ["newton-cg", "lbfgs"])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
def test_more_threads_change_nothing(problem_of, method, form):
    problem = problem_of("softmax", n=2000, d=12, k=6, l2=1e-2)
    problem = problem.of(form(problem.x))
    results = [minimise(problem, tol=1e-20, max_iter=500, method=method, threads=count) for count in (1, 2, 3)]
    assert all(result.converged for result in results)
    assert len({(result.value, result.theta.tobytes()) for result in results}) == 1


def test_sparse_features_reach_the_optimum_from_any_start():
    """A start whose weights all classes share in part, as given by the user of a warm start."""
    rng = np.random.default_rng(0)
    x = sp.random(200, 700, 0.03, random_state=0, format="csr")
    problem = Problem(x, rng.integers(0, 3, 200), 3, softmax_cross_entropy, l2=1e-2)
    best = minimise(problem, tol=1e-17, max_iter=500, method="lbfgs")
    result = minimise(problem, rng.normal(size=problem.shape), tol=1e-17, max_iter=500, method="newton-cg")
    assert result.converged, result.message
    assert result.value == pytest.approx(best.value, rel=1e-12, abs=0)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
def test_where_logits_are_too_many_to_store_another_way_leads_to_the_same_optimum(problem_of, monkeypatch, form):
    problem = problem_of("softmax", l2=0.05, n=300)
    problem = problem.of(form(problem.x))
    stored = minimise(problem, tol=1e-17, max_iter=500, method="newton-cg")
    monkeypatch.setattr(evaluation, "STORED_BYTES", 0)
    other = minimise(problem, tol=1e-17, max_iter=500, method="newton-cg")
    assert other.converged
    # Two gradients of 1e-9 over curvatures of 1e-2.
    np.testing.assert_allclose(centred(other.theta), centred(stored.theta), rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [1e20, 1e39])
def test_numbers_beyond_float32_warn_of_nothing(problem_of, monkeypatch, size):
    """Warnings are errors here."""
    monkeypatch.setattr(directions, "FEW_PARAMETERS", 0)
    problem = problem_of("softmax", l2=0.01, n=300, d=30, k=5)
    far = replace(problem.of(sp.csr_matrix(problem.x * size)), l2=0.01 * size**2)
    assert np.isfinite(minimise(far, max_iter=20, method="newton-cg").value)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("kind", ["softmax", "logit", "rows"])
def test_without_stored_logits_the_hessian_is_the_same(problem_of, plainly, monkeypatch, kind, form):
    problem = problem_of(kind, l2=0.01, n=300, d=6, k=5)
    theta, direction = (np.random.default_rng(seed).normal(size=problem.shape) * 0.3 for seed in (0, 1))
    expected = plainly(problem).hessian(theta)
    monkeypatch.setattr(evaluation, "STORED_BYTES", 0)
    with single_threaded_products():
        evaluator = Evaluator(problem.of(form(problem.x)).with_threads(2))
        assert not evaluator.stored
        with pytest.raises(ValueError, match="expected theta, since the evaluator is at no point"):
            Curvature(evaluator)
        there = Curvature(evaluator, theta=theta)
        product, diagonal = there.product()(direction), there.diagonal()
    np.testing.assert_allclose(product.ravel(), expected @ direction.ravel(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(diagonal.ravel(), np.diag(expected), rtol=0, atol=1e-12)


@pytest.mark.parametrize("l2", [1e-7, 0.0])
def test_without_stored_logits_little_penalty_ends_at_the_optimum_too(problem_of, plainly, monkeypatch, l2):
    """The gradient alone says nothing there: it takes products with the Hessian to know that little is left."""
    problem = problem_of("softmax", l2=l2, n=2000, d=8, k=3)
    monkeypatch.setattr(evaluation, "STORED_BYTES", 0)
    monkeypatch.setattr(directions, "MOST_PARAMETERS", 0)
    monkeypatch.setattr(directions, "is_quick", lambda problem: False)
    result = minimise(problem, tol=1e-8)
    assert result.converged, result.message
    assert plainly(problem).value(result.theta) <= plainly(problem).minimum() * (1 + 1e-8)
