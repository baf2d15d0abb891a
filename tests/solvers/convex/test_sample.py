"""Fits that begin at the optimum of a random sample of the rows, and samples that do not stand for all rows."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.rules import binary_cross_entropy, softmax_cross_entropy
from chainrule.solvers.convex import Problem, deviations, minimise, penalty_path, spectrum_of
from chainrule.solvers.convex import sample as module
from chainrule.solvers.convex.sample import chosen, sample_of, stride_of


@pytest.fixture(autouse=True)
def _samples_of_small_problems(monkeypatch):
    monkeypatch.setattr(module, "LEAST_PRODUCTS", 0)


def many(n=6000, k=1, *, weighted=False, dtype=np.float64, l2=1e-3, **fields):
    """A problem with overlapping classes, features of uneven sizes, and rows in leaves that do not divide n."""
    rng = np.random.default_rng(5)
    x = (rng.normal(size=(n, 4)) @ rng.normal(size=(4, 4)) * [1, 30, 0.2, 1] + [0, 500, 0, -3]).astype(dtype)
    labels = (
        (x - x.mean(axis=0)) / x.std(axis=0) @ rng.normal(size=(4, max(k, 2))) + rng.gumbel(size=(n, max(k, 2)))
    ).argmax(1)
    targets, loss = (labels[:, None].astype(dtype), binary_cross_entropy) if k == 1 else (labels, softmax_cross_entropy)
    weights = rng.integers(1, 5, n).astype(np.float64) if weighted else None
    return Problem(x, targets, k, loss, weights, l2, rows_of_leaf=700, **fields)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("options", [{}, {"weighted": True}, {"intercept": False}, {"dtype": np.float32}], ids=str)
def test_a_fit_that_begins_at_the_optimum_of_a_sample_ends_at_that_of_all_rows_in_fewer_passes(monkeypatch, k, options):
    problem, passes = many(k=k, **options), []
    begun = minimise(problem, tol=1e-12)
    assert spectrum_of(problem).sample is not None
    monkeypatch.setattr(module, "LEAST_PRODUCTS", 1 << 62)
    whole = minimise(problem, tol=1e-12)
    assert spectrum_of(problem).sample is None
    assert begun.converged
    assert whole.converged
    assert begun.value == pytest.approx(whole.value, rel=1e-7 if problem.dtype == np.float32 else 1e-11)
    assert begun.products < whole.products, passes


def test_the_penalty_on_scaled_features_has_the_same_optimum(monkeypatch):
    problem = many()
    scale = deviations(problem)
    begun = minimise(problem, spectrum=spectrum_of(problem, scale), tol=1e-13)
    monkeypatch.setattr(module, "LEAST_PRODUCTS", 1 << 62)
    whole = minimise(problem, spectrum=spectrum_of(problem, scale), tol=1e-13)
    np.testing.assert_allclose(begun.theta, whole.theta, rtol=1e-5)


def test_a_sample_has_the_means_of_all_rows_and_a_sixteenth_of_them():
    problem = many(weighted=True)
    sample = sample_of(problem)
    np.testing.assert_allclose(sample.mean, np.average(problem.x, axis=0, weights=problem.weights), rtol=1e-12)
    np.testing.assert_allclose(
        sample.variances,
        spectrum_of(replace(problem, l2=0)).features.centre * 0
        + np.average(np.square(problem.x - sample.mean), axis=0, weights=problem.weights),
        rtol=1e-8,
    )
    rows = sample.problem.x
    assert len(rows) == 6000 // 16
    found = {
        tuple(row): (target, weight)
        for row, target, weight in zip(problem.x, problem.targets[:, 0], problem.weights, strict=True)
    }
    matched = [found[tuple(row)] for row in rows]
    assert [target for target, _ in matched] == sample.problem.targets[:, 0].tolist()
    ratios = sample.problem.weights / [weight for _, weight in matched]
    np.testing.assert_allclose(ratios, 1 / problem.weights.sum(), rtol=1e-14)


def test_large_samples_are_limited_by_their_bytes(monkeypatch):
    problem = many()
    assert stride_of(problem) == 16
    monkeypatch.setattr(module, "SAMPLE_BYTES", 6000 * 4 * 8 // 25)
    assert stride_of(problem) == 25
    assert sample_of(problem).problem.x.nbytes <= 6000 * 4 * 8 // 25


@pytest.mark.parametrize("stride", [3, 16, 700, 1601])
@pytest.mark.parametrize("cut", [1, 5, 700, 6000])
def test_a_sample_does_not_depend_on_where_rows_are_cut(stride, cut):
    parts = [chosen(slice(start, min(start + cut, 6000)), stride) for start in range(0, 6000, cut)]
    rows = np.concatenate(parts)
    assert rows.tolist() == chosen(slice(0, 6000), stride).tolist()
    assert (rows[: 6000 // stride] // stride).tolist() == list(range(6000 // stride))
    assert len(rows) - 6000 // stride in (0, 1)


def test_a_window_may_be_longer_than_a_leaf(monkeypatch):
    problem = many(n=60000)
    monkeypatch.setattr(module, "SAMPLE_BYTES", 60000 * 4 * 8 // 750)
    assert stride_of(problem) == 750 > problem.rows_of_leaf
    assert len(sample_of(problem).problem.x) == 80
    assert minimise(problem, tol=1e-12).converged


def test_no_period_of_the_rows_hides_a_class():
    problem = many(k=3, l2=1e-2)
    periodic = replace(problem, targets=np.arange(6000) % 16 % 3, engine=None, totals=None)
    np.testing.assert_allclose(sample_of(periodic).problem.class_mass, [6 / 16, 5 / 16, 5 / 16], atol=0.08)


def test_rows_in_files_give_the_same_sample(source_of):
    problem = many(dtype=np.float32)
    stored = Problem(source_of(problem.x), problem.targets, 1, problem.loss, l2=problem.l2, rows_of_leaf=700)
    one, other = sample_of(problem), sample_of(stored)
    assert one.problem.x.tobytes() == other.problem.x.tobytes()
    assert one.mean.tobytes() == other.mean.tobytes()
    assert minimise(problem).theta.tobytes() == minimise(stored).theta.tobytes()


def test_a_feature_that_the_sample_hides_is_fitted_by_all_rows():
    problem = many()
    seen = {row.tobytes() for row in sample_of(problem).problem.x}
    hidden = [number for number, row in enumerate(problem.x) if row.tobytes() not in seen][:7]
    x = np.hstack([problem.x, np.zeros((6000, 1))])
    x[hidden, -1] = 1.0
    rare = replace(problem, x=x, engine=None)
    assert sample_of(rare) is None
    x[:, -1] = 0.1  # a constant hides nothing
    assert sample_of(replace(problem, x=x, engine=None)) is not None


def test_a_class_that_the_sample_hides_is_fitted_by_all_rows():
    problem = many(k=3)
    seen = {row.tobytes() for row in sample_of(problem).problem.x}
    hidden = [number for number, row in enumerate(problem.x) if row.tobytes() not in seen][:7]
    targets = np.where(np.isin(np.arange(6000), hidden), 2, problem.targets % 2)
    assert sample_of(replace(problem, targets=targets, engine=None, totals=None)) is None


def test_a_part_of_the_rows_does_not_begin_with_the_sample_of_all(monkeypatch):
    problem = many()
    spectrum, part = spectrum_of(problem), replace(problem, x=problem.x[::2], targets=problem.targets[::2], totals=None)
    begun = []
    monkeypatch.setattr(penalty_path, "_on_sample", lambda *_: begun.append(1))
    assert minimise(part, spectrum=spectrum).converged
    minimise(problem, spectrum=spectrum)
    assert begun == [1]


@pytest.mark.parametrize(
    "unsuited",
    [
        lambda problem: replace(problem, x=sp.csr_matrix(problem.x), engine=None),
        lambda problem: replace(problem, l2=0.0),
        lambda problem: replace(problem, weights=np.where(np.arange(6000) % 9, 1.0, -1.0), engine=None, totals=None),
        lambda problem: replace(problem, x=problem.x[:900], targets=problem.targets[:900], engine=None, totals=None),
    ],
    ids=["sparse", "no penalty", "negative weights", "few rows"],
)
def test_no_sample_is_drawn_of(unsuited):
    assert sample_of(many()) is not None
    assert sample_of(unsuited(many())) is None


def test_ctrl_c_in_the_fit_of_the_sample_ends_the_fit(monkeypatch):
    from chainrule.solvers.convex import evaluation

    def interrupted(self, theta, direction, step=1.0):
        raise KeyboardInterrupt

    monkeypatch.setattr(evaluation.Evaluator, "towards", interrupted)
    with pytest.raises(KeyboardInterrupt):
        minimise(many())
