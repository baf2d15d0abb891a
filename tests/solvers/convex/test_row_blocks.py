"""Blocks keep what they compute at a point, and points on a line stay where they were."""

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.solvers.convex.row_blocks import LogitPoint
from chainrule.solvers.convex.rows import Rows


@pytest.fixture(params=[np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
def form(request):
    return request.param


def test_what_is_kept_is_computed_once_for_a_point_and_again_for_another_in_its_slot(problem_of, form):
    problem = problem_of("softmax", rows_of_leaf=7)
    problem = problem.of(form(problem.x)).with_threads(2)
    rows, calls = Rows(problem), []

    def starts(block, point):
        def compute(out):
            calls.append(block.rows.start)
            out[...] = block.rows.start + point.folded

        return block.remembered("starts", point, compute)

    expected = 7.0 * (np.arange(60) // 7)[:, None] * [1, 1, 1]
    here, there, loose = LogitPoint.at(1, "a"), LogitPoint.at(2, "a"), LogitPoint.at(3)
    for point, times in ((here, 1), (here, 1), (there, 2), (here, 3), (loose, 4), (loose, 5)):
        np.testing.assert_array_equal(rows.gather(starts, point), expected + point.folded)
        assert sorted(calls) == sorted([*range(0, 60, 7)] * times)
    problem.engine.close()
    rows.gather(starts, here)
    assert len(calls) == 9 * 6


@pytest.mark.parametrize("dtypes", [(np.float64, np.float32), (np.float32, np.float64)])
def test_logits_are_kept_in_the_dtype_of_their_point(problem_of, plainly, form, dtypes):
    problem = problem_of("softmax", rows_of_leaf=25)
    rows, theta = Rows(problem.of(form(problem.x))), np.random.default_rng(0).normal(size=(5, 3))
    for dtype in dtypes:
        point = LogitPoint.at((theta[:-1].astype(dtype), theta[-1].astype(dtype)), "a")
        got = rows.gather(lambda block, point: block.logits(point), point)
        assert got.dtype == dtype
        np.testing.assert_allclose(got, plainly(problem).ones @ theta, rtol=0, atol=50 * np.finfo(dtype).eps)


def test_a_point_on_a_line_stays_where_it_was_when_the_solver_changes_its_vectors_in_place():
    weights, offset, along = np.ones((3, 2)), np.zeros(2), np.full((3, 2), 0.5)
    here, direction = LogitPoint.at((weights, offset), "a"), LogitPoint.at((along, offset), "b")
    moved = here.moved(direction, 2.0)
    weights += 7.0
    along *= 7.0
    start, slopes, step = moved.line
    assert (start.folded[0] == 1.0).all()
    assert (slopes.folded[0] == 0.5).all()
    assert (step, start.version, slopes.version) == (2.0, here.version, direction.version)
