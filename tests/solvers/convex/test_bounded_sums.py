"""The bounds on rounding errors hold against the same sums in 240 bits."""

from dataclasses import replace

import flint
import numpy as np
import pytest
from tests.solvers.convex.optima import BITS, Exact, exactly, norm

from chainrule.solvers.convex import bounded_sums, certificate


@pytest.fixture(autouse=True)
def _digits():
    before, flint.ctx.prec = flint.ctx.prec, BITS
    yield
    flint.ctx.prec = before


CASES = {
    "plain": ({}, 1.0, 1.0),
    "huge weights": ({}, 1.0, 1e4),
    "large features": ({}, 1e6, 1.0),
    "uneven features": ({}, np.array([1e-5, 1.0, 1e3, 1e6]), 1.0),
    "certain": ({}, 1.0, 100.0),
    "cancelling": ({}, 1.0, 1.0),
    "without intercepts": ({"intercept": False}, 1.0, 30.0),
    "weighted": ({"weights": np.linspace(0, 3, 24)}, 1.0, 3.0),
    "smoothed": ({"label_smoothing": 0.2}, 1.0, 3.0),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", ["softmax", "rows", "logit"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_errors_are_within_their_bounds(problem_of, kind, case, dtype):
    options, sizes, length = CASES[case]
    if kind == "logit":
        options = {name: value for name, value in options.items() if name != "label_smoothing"}
    problem = problem_of(kind, n=24, l2=0.1, **options)
    x = (problem.x * sizes).astype(dtype)
    problem = replace(problem, x=x)
    theta = length * np.random.default_rng(1).normal(size=problem.shape)
    theta[: problem.n_features] /= np.asarray(sizes).reshape(-1, 1)
    if case == "cancelling":
        x[:, 1], theta[0] = x[:, 0], 1e7 * theta[0]
        theta[1] -= theta[0]
    there, d, k = certificate._Certifier(problem, theta, None), problem.n_features, problem.n_outputs
    sums = bounded_sums.Sums(*there._sums(bounded_sums.with_bounds))
    exact = Exact(problem)
    if problem.intercept:  # the point is W and c = b + m W, whose rounding does not count
        at = exactly(theta).tolist()
        for j in range(k):
            centre = [flint.arb(float(m)) * at[f][j] for f, m in enumerate(there.point.centre)]
            at[d][j] = flint.arb(float(there.point.offset[j])) - sum(centre)
        gradient, hessian = exact.derivatives(flint.arb_mat(at))
    else:
        gradient, hessian = exact.derivatives(exactly(theta))

    def entry(f, j):
        return gradient[f * k + j, 0]

    slopes = [[entry(f, j) - flint.arb(problem.l2) * float(theta[f, j]) for j in range(k)] for f in range(d)]
    if problem.intercept:
        for f in range(d):
            for j in range(k):
                slopes[f][j] -= flint.arb(float(there.point.centre[f])) * entry(d, j)
    slope_error, offset_error, slope_size, offset_size, between_error, *_, blocks = sums.numbers
    adding = (blocks + 8) * bounded_sums.ROUNDING
    off = norm(flint.arb_mat(slopes) - exactly(sums.slopes))
    with np.errstate(all="ignore"):
        assert off <= slope_error + adding * slope_size <= there._bounds(sums)[0].error
    assert slope_error < 1e-3 * slope_size
    if problem.intercept:
        off = norm(flint.arb_mat([[entry(d, j) for j in range(k)]]) - exactly(sums.offsets[None]))
        assert off <= offset_error + adding * offset_size
        mine = -sums.between if k > 1 else sums.between
        if k > 1:
            np.fill_diagonal(mine, 0.0)
            np.fill_diagonal(mine, -mine.sum(axis=1))
        block = flint.arb_mat([[hessian[d * k + j, d * k + m] - (k > 1) for m in range(k)] for j in range(k)])
        assert norm(block - exactly(mine)) <= between_error + (blocks + 20 * k) * bounded_sums.ROUNDING * np.trace(mine)
