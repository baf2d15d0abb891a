"""Common passes of several fits: each has the sums of its own engine."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.engines import Leaves, LocalEngine, Meeting
from chainrule.solvers.convex import Problem, minimise, shared_products
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import Features
from chainrule.solvers.convex.hessian import Curvature
from chainrule.solvers.convex.shared_products import joint_sums

N, D = 300, 7
RANDOM = np.random.default_rng(0)
OUTPUTS = (1, 3, 1, 40)
"""The last one has so many logits that its products are its own."""


def problems(dtype):
    x = RANDOM.standard_normal((N, D)).astype(dtype)
    made = []
    for k in OUTPUTS:
        weights = RANDOM.random(N).astype(dtype) if k == 3 else None
        if k == 1:
            targets, loss = (RANDOM.random((N, 1)) < 0.4).astype(dtype), rules.binary_cross_entropy
        else:
            targets, loss = RANDOM.integers(k, size=N), rules.softmax_cross_entropy
        made.append(Problem(x, targets, k, loss, weights, l2=0.01, rows_of_leaf=64))
    return made


def at_meeting(made, threads=1):
    meeting = Meeting(joint_sums, threads)
    return meeting, [
        Problem(
            one.x,
            one.targets,
            one.n_outputs,
            one.loss,
            one.weights,
            one.l2,
            rows_of_leaf=64,
            engine=meeting.around(one.engine),
        )
        for one in made
    ]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_gradients_lines_and_curvature_are_those_of_own_engines(dtype, threads):
    made = problems(dtype)
    thetas = [RANDOM.standard_normal(one.shape) for one in made]
    ways = [RANDOM.standard_normal(one.shape) for one in made]

    def figures(problem, theta, way):
        evaluator = Evaluator(problem, Features(centre=problem.x.mean(axis=0, dtype=np.float64)))
        here = evaluator.at(theta)
        there = evaluator.towards(theta, way, 0.1)
        value, slope = evaluator.along(theta, way, 0.05)
        curvature = Curvature(evaluator)
        exact = evaluator.exactly(theta)
        found = [here.gradient, there.gradient, curvature.of_logits(), curvature.product()(way), exact.gradient]
        return [here.value, there.value, value, slope, exact.value, *found]

    meeting, shared = at_meeting(made, threads)
    fits = [lambda one=one: figures(*one) for one in zip(shared, thetas, ways, strict=True)]
    # Sums of 300 numbers of size 1 in another order: 300 ulps of float32 are 4e-5.
    near = {"rtol": 4e-5, "atol": 4e-5} if dtype == np.float32 else {"rtol": 1e-12, "atol": 1e-12}
    for (found, error), *single in zip(meeting.hold(fits, 4), made, thetas, ways, strict=True):
        assert error is None
        for mine, expected in zip(found, figures(*single), strict=True):
            np.testing.assert_allclose(mine, expected, **near)


def test_one_product_with_x_for_all_columns(monkeypatch):
    widths = []
    rows_of = shared_products._rows_of

    def counted(leaf):
        block = rows_of(leaf)
        widths.append(leaf.number)
        return block

    monkeypatch.setattr(shared_products, "_rows_of", counted)
    made = problems(np.float64)[:3]
    meeting, shared = at_meeting(made)
    meeting.hold([lambda one=one: Evaluator(one).at(np.zeros(one.shape)) for one in shared], 3)
    # Five leaves, with one product and one transposed product each.
    assert sorted(widths) == sorted([*range(5)] * 2)


def test_a_single_request_is_left_to_its_own_products(monkeypatch):
    monkeypatch.setattr(shared_products, "_multiplied", None)
    _, (problem, *_) = at_meeting(problems(np.float64))
    assert np.isfinite(Evaluator(problem).at(np.zeros(problem.shape)).value)


def test_minima_of_all_are_their_own():
    made = problems(np.float64)
    meeting, shared = at_meeting(made)
    fits = [lambda one=one: minimise(one, tol=1e-12, certify=True) for one in shared]
    for (found, error), single in zip(meeting.hold(fits, 4), made, strict=True):
        assert error is None
        expected = minimise(single, tol=1e-12, certify=True)
        assert found.converged
        # Each is at most 1e-12 of F above the minimum.
        assert abs(found.value - expected.value) <= 1e-12 * expected.value + 1e-15
        assert found.iterations == expected.iterations


def test_buffers_of_few_sizes():
    leaves = Leaves(np.zeros((10, 3)), None, None, 10)
    sizes = {
        shared_products._buffer(leaf, "name", np.float64, {0: slice(0, count)}).shape
        for leaf in [leaves.leaf(0, leaves.x, LocalEngine(leaves)._works, LocalEngine(leaves)._lender, {})]
        for count in range(1, 49)
    }
    assert sizes == {(16, 10), (32, 10), (48, 10)}
