"""Linear layers and penalties of many networks: each member has what one layer computes."""

from itertools import pairwise

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.kernels import linear_members
from chainrule.workspace import Workspace

MEMBERS, OUTPUTS, INPUTS, SAMPLES = 3, 4, 5, 7
SOURCE = random_stream(8, 1)
W, BIAS = SOURCE.standard_normal((MEMBERS, OUTPUTS, INPUTS)), SOURCE.standard_normal((MEMBERS, OUTPUTS))
X, V = SOURCE.standard_normal((MEMBERS, INPUTS, SAMPLES)), SOURCE.standard_normal((MEMBERS, OUTPUTS, SAMPLES))
# Sums of at most 7 terms of magnitudes around 1, in another order.
CLOSE = {"rtol": 1e-14, "atol": 1e-14}


def memory(contiguous):
    """Room for outputs: contiguous, or with an output of all members in each row."""
    if contiguous:
        return np.full((MEMBERS, OUTPUTS, SAMPLES), np.nan)
    return np.full((OUTPUTS, MEMBERS, SAMPLES), np.nan).transpose(1, 0, 2)


@pytest.mark.parametrize("contiguous", [True, False])
@pytest.mark.parametrize("shared", [True, False])
def test_products_and_their_cotangents_are_those_of_each_member(shared, contiguous):
    x, out, cotangent, to_weight = X[:1] if shared else X, memory(contiguous), memory(contiguous), np.empty_like(W)
    cotangent[...] = V
    linear_members.products(W, x, out=out)
    linear_members.products_by_weights(cotangent, x, out=to_weight)
    for member in range(MEMBERS):
        own = x[0 if shared else member]
        np.testing.assert_allclose(out[member], W[member] @ own, **CLOSE)
        np.testing.assert_allclose(to_weight[member], V[member] @ own.T, **CLOSE)


@pytest.mark.parametrize("contiguous", [True, False])
def test_the_bias_and_its_cotangent(contiguous):
    sums, total = memory(contiguous), np.empty((MEMBERS, OUTPUTS))
    sums[...] = V
    linear_members.sum_samples(sums, out=total)
    np.testing.assert_allclose(total, V.sum(axis=2), **CLOSE)
    linear_members.add_bias(sums, BIAS)
    assert (sums == V + BIAS[:, :, None]).all()


@pytest.mark.parametrize("compiled", [True, False])
def test_factors_of_the_inputs_and_their_cotangents_are_those_of_each_member(compiled, monkeypatch):
    if not compiled:
        monkeypatch.setattr(linear_members, "takes_compiled", lambda array: False)
    factors, to_product, folded, found = W[:, 0] + 2, W[::-1].copy(), np.empty_like(W), (W[:, 0].copy(), W.copy())
    linear_members.fold_factors(factors, W, out=folded)
    linear_members.by_factors_and_weights(to_product, factors, W, out=found)
    for member in range(MEMBERS):
        np.testing.assert_allclose(folded[member], W[member] @ np.diag(factors[member]), **CLOSE)
        np.testing.assert_allclose(found[0][member], np.diag(to_product[member].T @ W[member]), **CLOSE)
        np.testing.assert_allclose(found[1][member], to_product[member] @ np.diag(factors[member]), **CLOSE)


def test_each_part_has_its_own_penalty():
    starts, l2 = np.array([0, 3, 4, 9]), np.array([0.5, 0.0, 2.0])
    theta, gradient = SOURCE.standard_normal((2, 9))
    slopes = gradient.copy()
    penalties = linear_members.add_penalty(theta, slopes, starts, l2, work=Workspace())
    each = np.repeat(l2, [3, 1, 5])
    np.testing.assert_allclose(slopes, gradient + 2 * each * theta, **CLOSE)
    expected = [(each * theta**2)[start:stop].sum() for start, stop in pairwise(starts)]
    np.testing.assert_allclose(penalties, expected, **CLOSE)
