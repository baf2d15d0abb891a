"""Rows are seen through blocks alone: sums over them, products with their transpose, and some rows by number."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.solvers.convex.rows import DenseRows, Rows, SparseRows

WEIGHTS = np.random.default_rng(3).uniform(0.1, 3, 60)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_blocks_add_up_to_all_rows(problem_of, threads, size):
    problem = problem_of("rows", weights=WEIGHTS)
    rows = Rows(problem, threads, size)

    def sums(block, factor):
        assert len(block.x) == len(block.targets) == len(block.shares) == len(block.curvatures) <= size
        return factor * len(block.x), block.shares.T @ block.x, float(block.curvatures.sum())

    count, mean, curvature = rows.map_reduce(sums, 2)
    assert count == 2 * 60
    np.testing.assert_allclose(mean[0], WEIGHTS @ problem.x / WEIGHTS.sum(), rtol=1e-13)
    assert curvature == pytest.approx(WEIGHTS @ problem.targets.sum(axis=1) / WEIGHTS.sum(), rel=1e-13, abs=0)


def test_what_a_function_gives_may_be_memory_that_it_writes_to_again(problem_of):
    """As scratch memory is: the sums are not in it."""
    rows = Rows(problem_of("softmax"), 2, 4)

    def ones(block, _):
        block.buffer("ones")[...] = 1
        return block.buffer("ones")[:1], block.buffer("ones")[1:2]

    first, second = rows.map_reduce(ones, None)
    assert first.ravel().tolist() == second.ravel().tolist() == [16, 16, 16]


def test_what_is_kept_is_there_in_later_calls_and_for_rows_in_other_blocks(problem_of):
    problem = problem_of("softmax")
    rows = Rows(problem, 2, 7)
    rows.keep("numbers")
    rows.map_reduce(lambda block, _: block.of("numbers").fill(block.rows.start), None)
    others = Rows(problem, 3, 4, kept=rows.kept)
    starts = others.map_reduce(lambda block, _: np.sum(block.of("numbers"), axis=0), None)
    assert starts.tolist() == [sum(block.rows.start * len(block.x) for each in rows.blocks for block in each)] * 3


@pytest.mark.parametrize("squared", [True, False])
@pytest.mark.parametrize("kind", [DenseRows, SparseRows])
def test_residuals_are_pulled_back_through_the_samples(problem_of, kind, squared):
    problem = problem_of("softmax", weights=WEIGHTS)
    x, residuals = problem.x, np.random.default_rng(0).normal(size=(60, 3))
    if kind is SparseRows:
        problem = replace(problem, x=sp.csr_matrix(x))
    rows = kind(problem, 2, np.float64, np.float64, {})
    total, gradient = rows.pull_back(lambda block, factor: (1.0, factor * residuals[block.rows]), 3.0, squared=squared)
    assert total == 2  # a block for each thread
    np.testing.assert_allclose(gradient[:-1], 3 * (x**2 if squared else x).T @ residuals, rtol=0, atol=1e-12)
    np.testing.assert_allclose(gradient[-1], 3 * residuals.sum(axis=0), rtol=0, atol=1e-13)


def test_rows_are_taken_by_number(problem_of):
    problem = problem_of("softmax")
    np.testing.assert_array_equal(Rows(problem, 2, 7).take(np.array([59, 0, 7])), problem.x[[59, 0, 7]])
