"""Passes over rows on a device are the sums that threads take, in parts of any size."""

import numpy as np
import pytest
from tests.solvers.convex.on_devices import DEVICES, TARGETS, WEIGHTS, D, X, both, problems

from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import Features, Precision, squares
from chainrule.solvers.convex.hessian import Curvature, between_logits, squared_products
from chainrule.solvers.convex.row_blocks import LogitPoint
from chainrule.solvers.convex.rows import Rows
from chainrule.solvers.convex.spectrum import second_moments, weighted_sum

pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
pytestmark = pytest.mark.usefixtures("parts_of_device")


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weights"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", TARGETS)
def test_every_pass_is_the_threads_sum(kind, dtype, weights, device):
    here, there = problems(kind, dtype, device, weights=weights, smoothing=0.1 if kind != "one logit" else 0.0)
    centre = X.mean(axis=0)
    features = Features(centre=centre, scale=np.arange(1.0, D + 1))
    theta, along = 0.3 * np.random.default_rng(7).normal(size=(2, *here.shape))

    def passes(problem):
        evaluator = Evaluator(problem, features, stored=False)
        found = evaluator.at(theta)
        point = LogitPoint.at(features.folded(theta, dtype))
        rows = Rows(problem)
        return [
            np.array([found.value]),
            found.gradient,
            evaluator.exactly(theta).gradient,
            Curvature(evaluator, theta=theta).product()(along),
            rows.map_reduce(between_logits, point),
            rows.map_reduce(squares, features),
            rows.map_reduce(second_moments, (features, None, None)),
            rows.map_reduce(second_moments, (features, centre[:, None] / 100, np.float64)),
            rows.map_reduce(weighted_sum, None)[0],
            rows.map_reduce(squared_products, (features, point)),
        ]

    # Sums of 203 products, each within some ulps of its size; the first feature has the mean 100.
    ulps = 2000 * np.finfo(dtype).eps
    for one, other in zip(*both(passes, here, there), strict=True):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        np.testing.assert_allclose(other, one, rtol=0, atol=ulps * abs(one).max())


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("narrow", [False, True], ids=["", "bfloat16"])
@pytest.mark.parametrize("intercept", [False, True], ids=["no intercept", "intercept"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weights"])
@pytest.mark.parametrize("kind", TARGETS)
def test_products_with_the_hessian_on_a_device(kind, weights, intercept, narrow, device):
    here, there = problems(kind, np.float32, device, weights=weights, intercept=intercept)
    centre = X.mean(axis=0) if intercept else None
    features = Features(intercept=intercept, centre=centre, scale=np.arange(1.0, D + 1))
    theta, along = 0.03 * np.random.default_rng(7).normal(size=(2, *here.shape))

    def product(problem, *, on=None, narrow=False):
        evaluator = Evaluator(problem, features, stored=True)
        evaluator.at(theta)
        curvature = Curvature(evaluator)
        if on is None:
            return curvature.product(narrow=narrow)(along)
        times, vector = curvature.product_on(on, narrow=narrow), on.vectors.put(along)
        first = on.vectors.taken(times(vector))
        np.testing.assert_array_equal(on.vectors.taken(times(vector)), first)  # from kept probabilities too
        assert evaluator.products == 2 + 2 * 2
        return first

    one, other = product(here), product(there, on=there.device_engine, narrow=narrow)
    assert other.dtype == one.dtype
    if not narrow:
        assert abs(other - one).max() <= 2000 * np.finfo(np.float32).eps * abs(one).max()
        return
    # Eight factors of each summand are rounded by at most 2^-9 of their size: x and W of the slopes, the slopes, the
    # probabilities (twice), the residuals, x^T and the sum. A summand is at most 2 |x| times the row's largest slope.
    z = abs(X if centre is None else X - centre)
    shares = (np.ones(len(X)) if weights is None else weights) / here.mass
    slopes = (z @ (abs(along[:D]) / features.scale[:, None])).max(axis=1) + abs(along[D:]).sum()
    sizes = np.append((2 * shares * slopes) @ z / features.scale, (2 * shares * slopes).sum())
    assert (abs(other - one) <= 8 * 2.0**-9 * sizes[: len(one), None]).all()


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", TARGETS)
def test_bfloat16_rounds_rows_less_their_centre(kind, device):
    here, there = problems(kind, np.float32, device)
    features = Features(centre=X.mean(axis=0), precision=Precision.BFLOAT16)
    theta = 0.1 * np.random.default_rng(7).normal(size=here.shape)
    one, other = both(lambda problem: Evaluator(problem, features, stored=False).at(theta), here, there)
    assert other.value == pytest.approx(one.value, rel=1e-4)
    # Residuals, which are shares at most, and the products of each part are rounded to 8 bits, by half an ulp of 2^-8.
    # Logits, which are 3 at most, are too, and move residuals by a quarter of that. Both sides are off by all of it.
    sizes = np.append(abs(X - X.mean(axis=0)).mean(axis=0), 1.0)[:, None]
    assert (abs(other.gradient - one.gradient) <= 2 * (1 + 1 + 3 / 4) * 2.0**-9 * sizes).all()
