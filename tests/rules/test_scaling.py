"""Scaling against products that are written out: factors of features, of all features, of rows and of members."""

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.checking import assert_rule
from chainrule.rules import linear, scaling

X = np.array([[1.0, 2.0, -3.0], [0.5, -4.0, 8.0]])
V = np.array([[1.0, 10.0, 100.0], [2.0, 20.0, 200.0]])
SCALE = np.array([2.0, -1.0, 0.5])


def test_a_scale_is_a_linear_layer_with_a_diagonal_weight():
    assert scaling(X, SCALE).tolist() == linear(X, np.diag(SCALE)).tolist()
    by_x, by_scale = scaling.vjp(X, SCALE, V)
    expected_x, expected_weight = linear.vjp(X, np.diag(SCALE), V)
    assert by_x.tolist() == expected_x.tolist()
    assert by_scale.tolist() == np.diag(expected_weight).tolist()


def test_members_share_the_rows_and_the_sum_over_them_goes_back():
    factors = np.array([[[2.0, -1.0, 0.5]], [[1.0, 3.0, 4.0]]])
    cotangents = np.stack([V, 3 * V])
    assert scaling(X, factors).tolist() == [(X * member).tolist() for member in factors]
    by_x, by_factors = scaling.vjp(X, factors, cotangents)
    assert by_x.tolist() == (V * factors[0] + 3 * V * factors[1]).tolist()
    assert by_factors.tolist() == [[(V * X).sum(axis=0).tolist()], [(3 * V * X).sum(axis=0).tolist()]]


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 1), (2, 3), (4, 1, 3), (4, 2, 1), (4, 2, 3)])
@pytest.mark.parametrize("rows", [(2, 3), (1, 2, 3), (4, 2, 3)])
def test_derivatives_are_right_for_every_pair_of_shapes(rows, shape):
    stream = random_stream(3)
    assert not assert_rule(scaling, stream.standard_normal(rows), stream.standard_normal(shape)).unchecked


def test_huge_and_tiny_factors_keep_their_digits(same_on_torch):
    x, scale = np.array([[1e300, 3e-310, 7.0]]), np.array([1e-300, 1e305, 0.0])
    np.testing.assert_allclose(scaling(x, scale), [[1.0, 3e-5, 0.0]], rtol=1e-13)
    same_on_torch(scaling, X, SCALE)


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"scale: shape \(2,\) does not fit x of shape \(2, 3\)"):
        scaling(X, np.ones(2))
