"""Products in bfloat16: rounded as they should be, given up in time, and without a trace in the optimum."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule import SoftmaxRegression, SoftmaxRegressionCV
from chainrule.estimators import softmax_recipe
from chainrule.kernels.blas import single_threaded_products
from chainrule.rules import softmax_cross_entropy
from chainrule.solvers.convex import Problem, minimisation, minimise
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import Features, Precision
from chainrule.solvers.convex.hessian import Curvature
from chainrule.solvers.convex.rows import Rows
from chainrule.solvers.convex.slices import cut

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
from chainrule.solvers.convex.directions import Directions  # noqa: E402
from chainrule.solvers.convex.narrow import Narrowing, has_bfloat16_units  # noqa: E402
from chainrule.solvers.convex.phases import Method  # noqa: E402

UNIT = 2.0**-7
"""Half of it is the relative error of a number rounded to bfloat16."""


def rounded(x):
    return torch.from_numpy(np.ascontiguousarray(x)).bfloat16().double().numpy()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_are_those_of_rounded_factors(dtype, threads):
    rng = np.random.default_rng(0)
    x, weights, rows = (rng.normal(size=size).astype(dtype) for size in ((300, 7), (7, 5), (300, 5)))
    offset = rng.normal(size=5).astype(dtype)
    before = torch.get_num_threads()
    with single_threaded_products():
        problem = Problem(x, np.zeros(300, dtype=int), 5, softmax_cross_entropy, rows_of_leaf=110)
        narrow = Rows(problem.with_threads(threads), narrow=Narrowing(None, before))
        out = np.empty((300, 5), dtype)
        narrow.map_reduce(lambda block, _: block.times(weights, offset, out[block.rows]) is None, None)
        loss, gradient = narrow.pull_back(lambda block, _: (1.0, rows[block.rows].copy()), None)
    assert torch.get_num_threads() == before
    assert loss == 3
    # Sums in float32, the results rounded once more.
    exact = rounded(x) @ rounded(weights)
    assert (abs(out - offset - exact) <= UNIT / 2 * abs(exact) + 1e-5).all()
    parts = [rounded(x)[part].T @ rounded(rows)[part] for part in cut(0, 300, 110)]
    reach = abs(rounded(x)).T @ abs(rounded(rows))  # of sums in float32
    assert (abs(gradient[:-1] - sum(parts)) <= UNIT / 2 * sum(map(abs, parts)) + 2e-5 * reach).all()
    np.testing.assert_allclose(gradient[-1], rows.sum(axis=0), rtol=0, atol=1e-4)
    assert abs(out - offset - x @ weights).max() > 1e-4  # not in full precision


def test_the_diagonal_of_the_hessian_is_in_full_precision(problem_of, plainly):
    """At zero weights the logits, and so the probabilities, are exact in bfloat16 too."""
    problem, theta = problem_of("softmax", l2=0.1), np.zeros((5, 3))
    centre = problem.x.mean(axis=0)
    with single_threaded_products():
        evaluator = Evaluator(problem.with_threads(2), Features(True, centre, precision=Precision.BFLOAT16))
        evaluator.at(theta)
        diagonal = Curvature(evaluator).diagonal()
    expected = np.diag(plainly(problem.of(problem.x - centre)).hessian(theta))
    np.testing.assert_allclose(diagonal.ravel(), expected, rtol=1e-13)


@pytest.mark.parametrize("kind", ["softmax", "logit", "rows"])
def test_the_optimum_is_that_of_full_precision(problem_of, plainly, kind):
    problem = problem_of(kind, n=300, d=30, k=5, l2=0.01)
    for narrow_samples in (problem, problem.of(problem.x.astype(np.float32))):
        if narrow_samples.x.dtype == np.float32 and kind != "softmax":
            narrow_samples = replace(narrow_samples, targets=problem.targets.astype(np.float32), engine=None)
        tol = 1e-17 if narrow_samples.x.dtype == np.float64 else 1e-9
        best = minimise(narrow_samples, tol=tol, max_iter=300)
        found = minimise(narrow_samples, tol=tol, max_iter=300, narrow=True)
        assert found.converged, found.message
        assert found.value == pytest.approx(best.value, rel=1e-8 if tol > 1e-12 else 1e-13, abs=0)
        exact = plainly(problem.of(narrow_samples.x.astype(np.float64)))
        assert exact.value(found.theta) <= exact.minimum() * (1 + tol + 4 * 2**-52)


def test_first_steps_are_narrow_and_last_ones_are_not(problem_of, monkeypatch):
    problem = problem_of("softmax", n=300, d=30, k=5, l2=0.01)
    seen = []
    step = minimisation.Minimisation._step

    def watched(self, enough):
        seen.append(self.evaluator.features.precision is Precision.BFLOAT16)
        return step(self, enough)

    monkeypatch.setattr(minimisation.Minimisation, "_step", watched)
    minimise(problem, tol=1e-17, narrow=True)
    assert seen[0]
    assert not seen[-1]
    assert seen == sorted(seen, reverse=True)


def test_a_start_at_the_optimum_of_rounded_samples_is_looked_at_again(problem_of, plainly):
    problem = problem_of("softmax", l2=0.1)
    best = minimise(problem, tol=1e-19)
    again = minimise(problem, best.theta, tol=1e-3, narrow=True)
    assert again.converged
    assert again.value == pytest.approx(plainly(problem).value(again.theta), rel=1e-13, abs=0)


def test_curvature_is_in_full_precision_after_widening(problem_of, plainly):
    problem = problem_of("softmax", l2=0.1)
    theta, direction = (np.random.default_rng(seed).normal(size=problem.shape) * 0.3 for seed in (0, 1))
    with single_threaded_products():
        evaluator = Evaluator(problem, Features(precision=Precision.BFLOAT16))
        evaluator.at(theta)
        rough = Curvature(evaluator).product()(direction)
        evaluator.switch(Precision.SAMPLES)
        evaluator.at(theta)
        exact = Curvature(evaluator).product()(direction)
    expected = (plainly(problem).hessian(theta) @ direction.ravel()).reshape(theta.shape)
    np.testing.assert_allclose(exact, expected, rtol=0, atol=1e-12)
    assert 1e-5 < abs(rough - expected).max() < 0.1 * abs(expected).max()


def test_curvature_may_stay_narrow_for_directions(problem_of, plainly):
    problem = problem_of("softmax", n=300, l2=0.1)
    problem = problem.of(problem.x + 50.0)  # rounded without the centre, samples would lose all digits
    theta, direction = (np.random.default_rng(seed).normal(size=problem.shape) * 0.3 for seed in (0, 1))
    features = Features(centre=problem.x.mean(axis=0), scale=np.arange(1.0, problem.n_features + 1))
    with single_threaded_products():
        evaluator = Evaluator(problem, features)
        evaluator.at(theta)
        exact, rough = (Curvature(evaluator).product(narrow=narrow)(direction) for narrow in (False, True))
    assert 1e-5 < abs(rough - exact).max() < 0.02 * abs(exact).max()


@pytest.mark.parametrize("tol", [1e-3, 1e-9])
def test_the_end_of_a_fit_is_certain_from_full_products_alone(tol, problem_of, monkeypatch):
    problem = problem_of("softmax", n=400, d=30, k=5, l2=1e-4)
    monkeypatch.setattr("chainrule.solvers.convex.directions.MOST_PARAMETERS", 1)
    found, find = [], Directions.find

    def watched(self, phase, *given):
        found.append((phase, find(self, phase, *given)))
        return found[-1][1]

    monkeypatch.setattr(Directions, "find", watched)
    mixed = minimise(problem, tol=tol, max_iter=300, narrow=True)
    phases = [phase for phase, _ in found]
    assert any(phase.narrow and phase.method is Method.PRODUCTS for phase in phases)
    assert mixed.converged
    assert not phases[-1].narrow
    plain = minimise(problem, tol=1e-13, max_iter=300)
    assert mixed.value <= plain.value * (1 + 2 * tol)


def test_sparse_samples_are_fitted_without(problem_of):
    problem = problem_of("softmax", l2=0.1)
    sparse = problem.of(sp.csr_matrix(problem.x))
    found, plain = (minimise(sparse, tol=1e-17, narrow=narrow) for narrow in (True, False))
    np.testing.assert_array_equal(found.theta, plain.theta)


def test_classifiers_take_it_and_say_what_they_miss(monkeypatch):
    monkeypatch.setattr(softmax_recipe, "has_bfloat16_units", lambda: True)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 20))
    y = (X[:, :4] + rng.gumbel(size=(200, 4))).argmax(axis=1)
    plain = SoftmaxRegression(tol=1e-17, max_iter=300).fit(X, y)
    mixed = SoftmaxRegression(tol=1e-17, max_iter=300, mixed_precision=True).fit(torch.from_numpy(X), y)
    np.testing.assert_allclose(mixed.coef_, plain.coef_, rtol=0, atol=1e-6)
    each = SoftmaxRegressionCV(Cs=3, cv=3, tol=1e-16, max_iter=300)
    np.testing.assert_allclose(
        each.set_params(mixed_precision=True).fit(X, y).scores_,
        each.set_params(mixed_precision=False).fit(X, y).scores_,
    )

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="mixed_precision needs PyTorch, the extra 'torch'"):
        SoftmaxRegression(mixed_precision=True).fit(X, y)
    SoftmaxRegression(mixed_precision=True).fit(sp.csr_matrix(X), y)  # it has no effect on sparse samples


@pytest.mark.parametrize("units", [True, False])
def test_processors_without_units_for_it_multiply_in_full_precision(monkeypatch, units):
    """There a product in bfloat16 takes several times as long as in float32."""
    capabilities = {"avx2": True, "avx512_bf16": units}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 20))
    y = (X[:, :4] + rng.gumbel(size=(200, 4))).argmax(axis=1)
    plain, mixed = (SoftmaxRegression(tol=1e-3, mixed_precision=mixed).fit(X, y) for mixed in (False, True))
    assert np.array_equal(plain.coef_, mixed.coef_) is not units


def test_a_processor_about_which_pytorch_cannot_tell_is_believed(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert has_bfloat16_units()


@pytest.mark.parametrize("shift", [0.0, 100.0])
def test_a_run_that_ends_early_tells_figures_of_full_precision(problem_of, plainly, shift):
    """Also far from 0, where samples rounded as they are would keep no digit."""
    problem = problem_of("softmax", n=3000, d=30, k=4, l2=0.01)
    problem = problem.of(problem.x + shift)
    full, mixed = (minimise(problem, tol=1e-22, max_iter=3, narrow=narrow) for narrow in (False, True))
    assert mixed.iterations == 3
    plain = plainly(problem)
    assert mixed.value == pytest.approx(plain.value(mixed.theta), rel=1e-11)
    assert mixed.gradient_norm == pytest.approx(abs(plain.gradient(mixed.theta)).max(), rel=1e-6)
    assert mixed.value == pytest.approx(full.value, rel=0.02)


def test_samples_that_may_not_be_written_to_are_fitted_without_a_warning(problem_of):
    problem = problem_of("softmax", n=3000, l2=0.01)
    problem.x.setflags(write=False)
    assert minimise(problem, narrow=True).converged


def test_numbers_beyond_bfloat16_are_fitted_in_full_precision(problem_of):
    problem = problem_of("softmax", l2=0.1)
    far = problem.of(problem.x * 1e40)
    with np.errstate(all="ignore"):
        assert np.isfinite(minimise(far, max_iter=20, narrow=True).value)


def test_pytorchs_number_of_threads_is_the_same_after_a_fit(problem_of):
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        minimise(problem_of("softmax", l2=0.1), tol=1e-3, narrow=True)
        with ThreadPoolExecutor(1) as pool:
            assert (torch.get_num_threads(), pool.submit(torch.get_num_threads).result()) == (3, 3)
    finally:
        torch.set_num_threads(before)
