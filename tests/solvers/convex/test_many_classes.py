"""Passes over many classes: in parts that stay in the cache, and with compiled loops."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule import rules
from chainrule.kernels import kernel
from chainrule.kernels.blas import single_threaded_products
from chainrule.solvers.convex import evaluation, minimise, row_blocks, rows
from chainrule.solvers.convex.evaluation import Evaluation, Evaluator, line_search
from chainrule.solvers.convex.hessian import Curvature
from chainrule.solvers.convex.problem import Problem

N, D, K = 90, 5, 40
SIGNED = np.where(np.arange(N) % 4, 1.0, -0.7) * np.random.default_rng(2).uniform(0.1, 3, N)


def problem_of(dtype, targets="labels", weights=None):
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.arange(N) % K)
    given = labels if targets == "labels" else rng.uniform(size=(N, K))
    x = rng.normal(size=(N, D)).astype(dtype)
    return Problem(x, given, K, rules.softmax_cross_entropy, weights=weights, l2=0.1, label_smoothing=0.1)


@pytest.fixture(params=["numba", "numpy"])
def loops(request, monkeypatch):
    """Passes with compiled loops, which take problems of any size, or without."""
    if request.param == "numba":
        pytest.importorskip("numba", reason="needs numba: pip install -e '.[fast]'")
    monkeypatch.setattr(kernel, "available", lambda: request.param == "numba")
    monkeypatch.setattr(rows, "COMPILED_ENTRIES", 0)
    return request.param


@pytest.mark.parametrize("in_parts", [True, False])
@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("targets", "weights"), [("labels", None), ("labels", SIGNED), ("rows", None)])
def test_passes_are_their_formulas(plainly, monkeypatch, loops, targets, weights, dtype, stored, in_parts):
    """F, its gradient and products with its Hessian, within 100 ulps of their terms, which are below 1."""
    if in_parts:
        monkeypatch.setattr(row_blocks, "PART_BYTES", 0)
    problem = problem_of(dtype, targets, weights)
    theta, direction = np.random.default_rng(1).normal(size=(2, D + 1, K))
    plain = plainly(replace(problem, x=problem.x.astype(np.float64), engine=None))
    with single_threaded_products():
        evaluator = Evaluator(problem.with_threads(2), stored=stored)
        found = evaluator.at(theta)
        product = Curvature(evaluator, None, theta).product()(direction)
    size = 100 * float(np.finfo(dtype).eps) * (K if targets == "rows" else 1)
    assert found.value == pytest.approx(plain.value(theta), rel=size)
    np.testing.assert_allclose(found.gradient, plain.gradient(theta), rtol=0, atol=size)
    expected = (plain.hessian(theta) @ direction.reshape(-1)).reshape(theta.shape)
    np.testing.assert_allclose(product, expected, rtol=0, atol=size)


def test_loops_and_parts_are_really_used(monkeypatch):
    """Other bits than those of whole blocks and of NumPy, unless logits are kept, which are whole."""
    pytest.importorskip("numba", reason="needs numba: pip install -e '.[fast]'")
    monkeypatch.setattr(kernel, "available", lambda: True)  # also if a variable of the environment switches loops off
    problem, theta = problem_of(np.float32), np.random.default_rng(1).normal(size=(D + 1, K))

    def calls_of(stored):
        counted = []
        losses = evaluation.row_losses

        def counting(loss, options, block, logits, out=None):
            counted.append((len(logits), block.view.compiled))
            return losses(loss, options, block, logits, out)

        with monkeypatch.context() as patched, single_threaded_products():
            patched.setattr(evaluation, "row_losses", counting)
            evaluator = Evaluator(problem, stored=stored)
            return evaluator.at(theta), counted

    plain, calls = calls_of(stored=False)
    assert calls == [(N, False)]
    monkeypatch.setattr(row_blocks, "PART_BYTES", 0)
    monkeypatch.setattr(rows, "COMPILED_ENTRIES", N * K)
    found, calls = calls_of(stored=False)
    assert calls == [(16, True)] * 5 + [(10, True)]
    assert found.gradient.tobytes() != plain.gradient.tobytes()
    assert calls_of(stored=True)[1] == [(N, True)]


def test_fits_with_and_without_numba_end_at_the_same_optimum(monkeypatch):
    pytest.importorskip("numba", reason="needs numba: pip install -e '.[fast]'")
    monkeypatch.setattr(rows, "COMPILED_ENTRIES", 0)
    ends = []
    for there in (True, False):
        monkeypatch.setattr(kernel, "available", lambda there=there: there)
        ends.append(minimise(problem_of(np.float32), tol=1e-12))
    assert all(end.converged for end in ends)
    assert ends[0].value == pytest.approx(ends[1].value, rel=2e-12)


@pytest.mark.parametrize("steep", [1e2, 1e4, 1e6])
def test_a_step_that_is_much_too_long_takes_few_trials(steep):
    """Along the line F falls with slope -1 up to 0.3, and rises steeply after it; steps of 0.3 to 0.3 + 1.7 / steep do.

    Each trial after the first leaves at most 0.7 of the interval that holds such a step.
    """
    trials = []

    class Line:
        dtype, stored = np.dtype(np.float64), False

        def towards(self, theta, direction, step=1.0):
            trials.append(step)
            over = max(step - 0.3, 0.0)
            return Evaluation(-step + steep * over**2 / 2, np.zeros(1), -1.0 + steep * over)

        def accept(self):
            """Nothing to keep."""

    length, there = line_search(Line(), np.zeros(1), np.ones(1), Evaluation(0.0, np.zeros(1)), -1.0)
    assert there is not None
    assert length >= 0.3
    assert len(trials) <= 2 + np.log(steep / 1.7) / np.log(1 / 0.7)


@pytest.mark.parametrize("in_parts", [True, False])
def test_likely_samples_are_found_with_their_numbers(monkeypatch, in_parts):
    """In leaves of 37 rows, and in parts of 16 rows."""
    if in_parts:
        monkeypatch.setattr(row_blocks, "PART_BYTES", 0)
    problem = replace(problem_of(np.float64, weights=SIGNED), rows_of_leaf=37, engine=None)
    theta = np.random.default_rng(1).normal(size=(D + 1, K))
    logits = np.hstack([problem.x, np.ones((N, 1))]) @ theta
    probs = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    own = abs(SIGNED) / abs(SIGNED).sum()
    with single_threaded_products():
        evaluator = Evaluator(problem, stored=False)
        found = Curvature(evaluator, None, theta).largest(0.1)
    numbers, classes, curvatures = map(np.concatenate, found[:3])
    expected = np.nonzero(probs >= 0.1)
    np.testing.assert_array_equal([numbers, classes], expected)
    np.testing.assert_allclose(curvatures, (own[:, None] * probs * (1 - probs))[expected], rtol=1e-12)
    np.testing.assert_allclose(found[3], own @ (probs * (probs < 0.1)), rtol=1e-12, atol=1e-15)
