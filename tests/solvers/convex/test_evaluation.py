"""F and its gradient, whichever way they are computed: blocks, threads, stored logits, centre and scale."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.kernels.blas import single_threaded_products
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import Features
from chainrule.solvers.convex.slices import dot


def assert_at(got, value, gradient):
    # Sums of 60 terms of size 1 to 10.
    assert got.value == pytest.approx(value, rel=1e-13, abs=0)
    np.testing.assert_allclose(got.gradient, gradient, rtol=0, atol=1e-13 * (1 + abs(gradient).max()))


@pytest.fixture(params=[True, False], ids=["stored", "not stored"])
def stored(request):
    return request.param


@pytest.mark.parametrize("threads", [1, 2])
def test_values_and_gradients_are_those_of_the_formulas(problem, plain, theta, stored, threads):
    with single_threaded_products():
        evaluator = Evaluator(problem.with_threads(threads), stored=stored)
        assert evaluator.stored is stored
        assert_at(evaluator.at(theta), plain.value(theta), plain.gradient(theta))


def test_the_gradient_is_the_slope_of_the_value(problem, theta):
    direction = np.random.default_rng(1).normal(size=theta.shape)
    with single_threaded_products():
        evaluator = Evaluator(problem)
        slope = np.sum(np.array(evaluator.at(theta).gradient) * direction)
        steps = np.array([-2, -1, 1, 2]) * 1e-3
        values = [evaluator.at(theta + step * direction).value for step in steps]
    # A quotient of fourth order: 1e-12 / 30 times fifth derivatives up to 1e3, and a rounding of 1e-16 / 1e-3.
    assert np.dot(values, [1, -8, 8, -1]) / 12e-3 == pytest.approx(slope, rel=0, abs=1e-9)


def test_points_on_a_line_are_those_reached_at_once(problem, plain, theta, stored):
    direction = np.random.default_rng(1).normal(size=theta.shape)
    with single_threaded_products():
        evaluator = Evaluator(problem.with_threads(2), stored=stored)
        evaluator.at(theta)
        there = evaluator.towards(theta, direction, 0.7)
        end = theta + 0.7 * direction
        assert_at(there, plain.value(end), plain.gradient(end))
        assert there.slope == pytest.approx(np.sum(plain.gradient(end) * direction), rel=1e-12, abs=0)
        if not stored:
            return
        for step in (0.0, 0.3, -1.5):
            value, slope = evaluator.along(theta, direction, step)
            at = theta + step * direction
            assert value == pytest.approx(plain.value(at), rel=1e-13, abs=0)
            assert slope == pytest.approx(np.sum(plain.gradient(at) * direction), rel=1e-11, abs=1e-13)
        evaluator.accept()
        again = evaluator.towards(end, -direction, 0.7)
        assert_at(again, plain.value(theta), plain.gradient(theta))


def test_centre_and_scale_are_features_changed_by_hand(problem, plainly, theta, stored):
    centre, scale = np.array([1.0, -2.0, 0.0, 30.0]), np.array([0.1, 1.0, 4.0, 20.0])
    centre = centre if problem.intercept else None
    changed = plainly(problem.of((problem.x - (0 if centre is None else centre)) / scale))
    with single_threaded_products():
        evaluator = Evaluator(problem.with_threads(2), Features(problem.intercept, centre, scale), stored)
        assert_at(evaluator.at(theta), changed.value(theta), changed.gradient(theta))
        direction = -changed.gradient(theta)
        end = theta + 2.0 * direction
        assert_at(evaluator.towards(theta, direction, 2.0), changed.value(end), changed.gradient(end))


def test_leaves_change_the_order_of_sums_and_threads_do_not(problem_of, plainly, stored):
    """Other sums differ by their rounding, 1e-16 times the terms."""
    problem = problem_of("softmax", n=20_011, d=6, k=30, l2=0.1)
    theta = np.random.default_rng(0).normal(size=problem.shape) * 0.1
    plain, results = plainly(problem), []
    for size, threads in ((20_011, 1), (997, 1), (997, 2), (997, 3)):
        with single_threaded_products():
            cut = replace(problem, rows_of_leaf=size, engine=None)
            evaluator = Evaluator(cut.with_threads(threads), stored=stored)
            here = evaluator.at(theta)
            results.append((here.value, np.array(here.gradient)))
            twice = evaluator.at(theta)
            assert (twice.value, twice.gradient.tobytes()) == (results[-1][0], results[-1][1].tobytes())
    for value, gradient in results:
        assert value == pytest.approx(plain.value(theta), rel=1e-14, abs=0)
        np.testing.assert_allclose(gradient, plain.gradient(theta), rtol=0, atol=1e-14)
    assert len({gradient.tobytes() for _, gradient in results[1:]}) == 1
    assert len({gradient.tobytes() for _, gradient in results}) == 2, "one leaf only would show nothing"


@pytest.mark.parametrize("form", [sp.csr_matrix, sp.csr_array])
def test_sparse_features_are_dense_ones(problem, plain, theta, stored, form):
    sparse = problem.of(form(problem.x))
    with single_threaded_products():
        evaluator = Evaluator(sparse.with_threads(2), stored=stored)
        assert_at(evaluator.at(theta), plain.value(theta), plain.gradient(theta))


def test_float32_features_give_what_float32_can(problem, plain, theta, stored):
    narrow = replace(
        problem,
        x=problem.x.astype(np.float32),
        targets=problem.targets if problem.targets.dtype.kind == "i" else problem.targets.astype(np.float32),
        engine=None,
    )
    with single_threaded_products():
        here = Evaluator(narrow, stored=stored).at(theta)
    # Logits up to 20, in 24 bits: 2e-6; gradients are features, up to 8, times that.
    assert here.value == pytest.approx(plain.value(theta), rel=1e-5)
    np.testing.assert_allclose(here.gradient, plain.gradient(theta), rtol=0, atol=3e-5)


def test_inner_products_of_long_float32_arrays_keep_their_digits():
    a = np.full(3_000_001, 0.1, dtype=np.float32)
    exact = 3_000_001 * float(a[0]) ** 2
    # Sums of 24 bits in one go are off by 6e-4 here, and by more with fewer running sums; in chunks, by 2e-5.
    assert dot(a, a) == pytest.approx(exact, rel=1e-4)
    b = np.random.default_rng(0).normal(size=(40, 30))
    assert dot(b, b + 1) == pytest.approx(np.sum(b * (b + 1)), rel=1e-13)
