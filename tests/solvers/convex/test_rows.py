"""Rows are seen through blocks alone: sums over them, products with their transpose, and some rows by number."""

import ast
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.solvers import convex
from chainrule.solvers.convex import rows as rows_module
from chainrule.solvers.convex.rows import Rows

WEIGHTS = np.random.default_rng(3).uniform(0.1, 3, 60)


@pytest.fixture(params=[np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
def form(request):
    return request.param


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_blocks_add_up_to_all_rows(problem_of, threads, size):
    problem = problem_of("rows", weights=WEIGHTS, rows_of_leaf=size)
    rows = Rows(problem.with_threads(threads))

    def sums(block, factor):
        assert len(block.x) == len(block.targets) == len(block.shares) == len(block.curvatures) <= size
        return factor * len(block.x), block.shares.T @ block.x, float(block.curvatures.sum())

    count, mean, curvature = rows.map_reduce(sums, 2)
    assert count == 2 * 60
    np.testing.assert_allclose(mean[0], WEIGHTS @ problem.x / WEIGHTS.sum(), rtol=1e-13)
    assert curvature == pytest.approx(WEIGHTS @ problem.targets.sum(axis=1) / WEIGHTS.sum(), rel=1e-13, abs=0)


def test_results_are_joined_in_the_order_of_rows(problem_of, form):
    problem = problem_of("softmax", rows_of_leaf=7)
    rows = Rows(problem.of(form(problem.x)).with_threads(3))
    got = rows.gather(lambda block, factor: factor * np.arange(block.rows.start, block.rows.stop), 2)
    np.testing.assert_array_equal(got, 2 * np.arange(60))


@pytest.mark.parametrize("squared", [False, True])
def test_residuals_are_pulled_back_through_the_samples(problem_of, form, squared, monkeypatch):
    if squared and form is np.asarray:
        pytest.skip("only sparse samples are squared so")
    monkeypatch.setattr(rows_module, "SPARSE_BLOCK_BYTES", 0)  # 64 rows
    problem = problem_of("softmax", n=200, rows_of_leaf=150)
    x, residuals = problem.x, np.random.default_rng(0).normal(size=(200, 3))
    rows = Rows(problem.of(form(x)).with_threads(2))
    options = {"squared": True} if squared else {}
    total, gradient = rows.pull_back(lambda block, factor: (1.0, factor * residuals[block.rows]), 3.0, **options)
    assert total == (2 if form is np.asarray else 4)
    np.testing.assert_allclose(gradient[:-1], 3 * (x**2 if squared else x).T @ residuals, rtol=0, atol=1e-12)
    np.testing.assert_allclose(gradient[-1], 3 * residuals.sum(axis=0), rtol=0, atol=1e-13)


@pytest.mark.parametrize("held", ["in memory", "in files"])
def test_samples_are_found_by_number(problem_of, source_of, form, held):
    problem = problem_of("softmax", rows_of_leaf=7)
    x = problem.x
    rows = Rows(problem.of(form(x) if held == "in memory" else source_of(form(x))))
    samples = rows.samples([np.array([59, 0, 7]), np.array([8])])
    for numbers in ([0, 7, 59], [8], [7, 7]):
        got = samples(np.array(numbers))
        np.testing.assert_array_equal(got.toarray() if sp.issparse(got) else got, x[numbers])


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
    right = ["problem.x.dtype", "is_sparse(problem.x)", "rows.samples([rows])", "block.x @ w"]
    assert [readings(line) for line in right] == [[]] * 4


def test_solvers_read_the_samples_only_through_their_rows():
    files = [path for path in Path(convex.__file__).parent.glob("*.py") if path.stem not in ("rows", "problem")]
    assert len(files) > 10
    assert {path.name: found for path in files if (found := readings(path.read_text(encoding="utf-8")))} == {}
