"""A problem's shares, masses and parts."""

from dataclasses import replace

import numpy as np
import pytest

SIGNED = np.where(np.arange(60) % 4, 1.0, -0.5)


@pytest.mark.parametrize("weights", [None, SIGNED], ids=["even", "signed"])
@pytest.mark.parametrize("kind", ["softmax", "rows", "logit"])
def test_shares_are_weights_over_the_sum_of_their_sizes(problem_of, plainly, kind, weights):
    problem = problem_of(kind, weights=weights)
    plain = plainly(problem)
    np.testing.assert_allclose(problem.row_shares, plain.shares, rtol=1e-15)
    sums = plain.rows.sum(axis=1) if kind == "rows" else 1.0
    np.testing.assert_allclose(problem.row_curvatures, plain.shares * sums, rtol=1e-15)
    np.testing.assert_allclose(problem.class_mass, abs(plain.shares) @ plain.rows, rtol=1e-13)
    assert problem.signed is (weights is not None)


def test_a_part_is_the_problem_of_its_samples(problem_of):
    problem = problem_of("softmax", weights=abs(SIGNED), l2=0.1)
    part = problem.part(slice(3, 50, 7))
    np.testing.assert_array_equal(part.x, problem.x[3:50:7])
    np.testing.assert_array_equal(part.targets, problem.targets[3:50:7])
    assert part.row_shares.sum() == pytest.approx(1, rel=1e-15)
    assert part.l2 == 0.1
    assert replace(problem, weights=None).part(slice(2)).row_shares.tolist() == [0.5, 0.5]


def test_samples_without_any_weight_have_no_share(problem_of):
    assert not problem_of("softmax", weights=np.zeros(60)).row_shares.any()


def test_parameters_have_a_row_for_intercepts(problem_of):
    assert problem_of("softmax").shape == (5, 3)
    assert problem_of("logit", intercept=False).shape == (4, 1)
