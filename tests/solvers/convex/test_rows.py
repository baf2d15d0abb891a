"""Rows are seen through blocks alone: sums over them, products with their transpose, and some rows by number."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.solvers import convex
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


@pytest.mark.parametrize(("kind", "squared"), [(DenseRows, False), (SparseRows, False), (SparseRows, True)])
def test_residuals_are_pulled_back_through_the_samples(problem_of, kind, squared):
    problem = problem_of("softmax", weights=WEIGHTS)
    x, residuals = problem.x, np.random.default_rng(0).normal(size=(60, 3))
    if kind is SparseRows:
        problem = replace(problem, x=sp.csr_matrix(x))
    rows = kind(problem, 2, np.float64, np.float64, {})
    options = {"squared": True} if squared else {}
    total, gradient = rows.pull_back(lambda block, factor: (1.0, factor * residuals[block.rows]), 3.0, **options)
    assert total == 2  # a block for each thread
    np.testing.assert_allclose(gradient[:-1], 3 * (x**2 if squared else x).T @ residuals, rtol=0, atol=1e-12)
    np.testing.assert_allclose(gradient[-1], 3 * residuals.sum(axis=0), rtol=0, atol=1e-13)


def test_rows_are_taken_by_number(problem_of):
    problem = problem_of("softmax")
    np.testing.assert_array_equal(Rows(problem, 2, 7).take(np.array([59, 0, 7])), problem.x[[59, 0, 7]])


def readings(source):
    """Lines that index, multiply, transpose or rename the samples of a problem."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Subscript | ast.BinOp | ast.Assign | ast.NamedExpr | ast.For | ast.Attribute)
        and getattr(node, "attr", "T") in ("T", "multiply", "toarray", "tocsr")
        and any(ast.unparse(part).endswith("problem.x") for part in operands(node))
    ]


def operands(node):
    match node:
        case ast.Subscript() | ast.Attribute() | ast.NamedExpr():
            return [node.value]
        case ast.BinOp():
            return [node.left, node.right]
        case ast.For():
            return [node.iter]
        case ast.Assign():
            return node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]


def test_readings_of_the_samples_are_detected():
    wrong = ["problem.x[0]", "w @ problem.x", "self.problem.x.T", "a, x = 1, problem.x", "x = problem.x"]
    assert [readings(line) for line in wrong] == [[1]] * 5
    right = ["problem.x.dtype", "is_sparse(problem.x)", "rows.take(0)", "block.x @ w"]
    assert [readings(line) for line in right] == [[]] * 4


def test_solvers_read_the_samples_only_through_their_rows():
    files = [path for path in Path(convex.__file__).parent.glob("*.py") if path.stem not in ("rows", "problem")]
    assert len(files) > 10
    assert {path.name: found for path in files if (found := readings(path.read_text(encoding="utf-8")))} == {}
