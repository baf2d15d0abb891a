"""The Hessian as a product, and its diagonal, next to formulas written out."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.kernels.blas import single_threaded_products
from chainrule.solvers.convex import rows as rows_module
from chainrule.solvers.convex.curvature import Curvature
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import Features

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
        assert_curved(Evaluator(replace(problem, x=FORMS[form](problem.x)), threads), plain, theta)


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("form", FORMS)
def test_they_are_for_weights_of_both_signs_for_rows_of_any_sum_and_for_many_logits(problem_of, plainly, name, form):
    problem = variants(problem_of)[name]
    theta = np.random.default_rng(4).normal(size=problem.shape) * 0.5
    with single_threaded_products():
        assert_curved(Evaluator(replace(problem, x=FORMS[form](problem.x)), 2), plainly(problem), theta)


@pytest.mark.parametrize("name", [*VARIANTS[:4], "forty logits"])
@pytest.mark.parametrize("with_centre", [True, False])
def test_centre_and_scale_curve_like_features_changed_by_hand(problem_of, plainly, name, with_centre):
    problem = variants(problem_of)[name]
    centre = CENTRE if problem.intercept and with_centre else None
    changed = replace(problem, x=(problem.x - (0 if centre is None else centre)) / SCALE)
    theta = np.random.default_rng(4).normal(size=problem.shape) * 0.3
    with single_threaded_products():
        assert_curved(Evaluator(problem, 2, Features(problem.intercept, centre, SCALE)), plainly(changed), theta)


def test_a_scale_curves_sparse_features_too(problem, plainly, theta):
    changed = plainly(replace(problem, x=problem.x / SCALE))
    with single_threaded_products():
        features = Features(problem.intercept, scale=SCALE)
        assert_curved(Evaluator(replace(problem, x=sp.csr_matrix(problem.x)), 2, features), changed, theta)


@pytest.mark.parametrize("name", ["signed", "signed rows", "signed logit", "forty logits"])
@pytest.mark.parametrize("rows", [1, 7, 59])
def test_residuals_kept_a_few_rows_at_a_time_add_up_to_the_same(problem_of, plainly, monkeypatch, name, rows):
    problem = variants(problem_of)[name]
    monkeypatch.setattr(rows_module, "RESIDUAL_BYTES", rows * problem.n_outputs * 8)
    theta = np.random.default_rng(4).normal(size=problem.shape) * 0.5
    plain = plainly(problem)
    with single_threaded_products():
        evaluator = Evaluator(replace(problem, x=sp.csr_matrix(problem.x)), 2)
        assert len(evaluator.rows._chunks) == -(-problem.n_samples // rows)
        here = evaluator.at(theta)
        assert here.value == pytest.approx(plain.value(theta), rel=1e-13, abs=0)
        np.testing.assert_allclose(here.gradient, plain.gradient(theta), rtol=0, atol=1e-12)
        assert_curved(evaluator, plain, theta)
        direction = -here.gradient
        there = evaluator.towards(theta, direction, 0.5)
        evaluator.accept(0.5)
        end = theta + 0.5 * direction
        np.testing.assert_allclose(there.gradient, plain.gradient(end), rtol=0, atol=1e-12)
        assert_curved(evaluator, plain, end, seed=1)


@pytest.mark.parametrize("form", ["dense", "csr_matrix"])
def test_many_blocks_and_threads_change_only_the_order_of_sums(problem_of, plainly, monkeypatch, form):
    for name in ("BLOCK_BYTES", "SPARSE_BLOCK_BYTES"):
        monkeypatch.setattr(rows_module, name, 1 << 10)
    problem = problem_of("rows", n=1501, d=4, k=3, l2=0.1)
    theta = np.random.default_rng(0).normal(size=problem.shape) * 0.3
    plain = plainly(problem)
    for threads in (1, 2, 3):
        with single_threaded_products():
            evaluator = Evaluator(replace(problem, x=FORMS[form](problem.x)), threads)
            assert min(map(len, evaluator.rows.blocks)) > 5
            assert_curved(evaluator, plain, theta)


def test_float32_features_curve_as_float32_can(problem_of, plainly):
    problem = problem_of("softmax", l2=0.1)
    theta = np.random.default_rng(4).normal(size=problem.shape) * 0.5
    direction = np.random.default_rng(0).normal(size=theta.shape)
    hessian = plainly(problem).hessian(theta)
    with single_threaded_products():
        evaluator = Evaluator(replace(problem, x=problem.x.astype(np.float32)), 1)
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
        evaluator = Evaluator(problem, 2)
        evaluator.at(theta)
        evaluator.towards(theta, direction, 1.0)
        evaluator.accept(0.25)
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
            evaluator = Evaluator(replace(problem, x=sp.csr_matrix(problem.x)), 2)
            evaluator.at(theta)
            narrow = Curvature(evaluator, np.float32)
            got, diagonal = narrow.product()(direction.astype(np.float32)), narrow.diagonal()
        assert got.dtype == diagonal.dtype == np.float32
        # Logits up to 20, probabilities of 24 bits, features up to 8 twice: as for float32 features.
        expected = (hessian @ direction.ravel()).reshape(theta.shape)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-4, err_msg=name)
        np.testing.assert_allclose(diagonal, np.diag(hessian).reshape(theta.shape), rtol=0, atol=1e-4, err_msg=name)


def test_there_is_no_curvature_without_stored_logits(problem):
    with single_threaded_products(), pytest.raises(ValueError, match="not stored"):
        Curvature(Evaluator(problem, 1, stored=False))
