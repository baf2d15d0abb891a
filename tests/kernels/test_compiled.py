"""Compiled kernels against their rules."""

from itertools import product

import numpy as np
import pytest

pytest.importorskip("numba", reason="needs numba: pip install -e '.[fast]'")

from chainrule import rules
from chainrule.arrays import class_mask, random_stream
from chainrule.kernels.compiled import KERNELS
from chainrule.networks import Plan, mlp
from chainrule.solvers import SGD, Adam
from chainrule.workspace import Workspace

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
ACTIVATIONS = ["log_sigmoid", "relu", "sigmoid", "softplus", "tanh"]
LABELS = (7 * np.arange(30) + 1) % 11
TARGETS = {"labels": LABELS, "one-hot": class_mask(LABELS, 11) * 1.0, "rows": random_stream(6, 30).random((30, 11))}


@DTYPES
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_give_what_their_rules_give(name, dtype):
    rule, kernel, unit = rules.get(name), KERNELS[rules.get(name)], np.finfo(dtype).eps
    x = np.concatenate([[0.0, -60.0, 60.0, 1e-20, -1e-20], 3 * random_stream(1, 35).standard_normal(35)])
    x, v = x.astype(dtype).reshape(8, 5), random_stream(2, 40).standard_normal((8, 5)).astype(dtype)
    expected, pulled = rule(x), rule.vjp(x, v)
    for _ in range(2):
        over, cotangent = x.copy(), v.copy()
        output, residuals = kernel.forward(over, out=over)
        assert output is over
        np.testing.assert_allclose(output, expected, rtol=8 * unit, atol=0)
        assert kernel.pullback(residuals, cotangent, out=cotangent) is cotangent
        # Slopes from the output lose digits in the tails: an eps for 1 - y^2 and y - y^2.
        np.testing.assert_allclose(cotangent, pulled, rtol=8 * unit, atol=8 * unit)
    np.testing.assert_array_equal(kernel.pullback(kernel.forward(x)[1], v), cotangent)


@DTYPES
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_have_the_same_bits_in_place_and_apart(name, dtype):
    kernel = KERNELS[rules.get(name)]
    x, v = random_stream(5, 2, 77).standard_normal((2, 77)).astype(dtype)
    apart, residuals = kernel.forward(x)
    pulled = kernel.pullback(residuals, v)
    assert (kernel.forward(x, out=x)[0] == apart).all()
    assert (kernel.pullback(residuals, v, out=v) == pulled).all()


@pytest.mark.parametrize("order", "CF")
def test_a_nan_among_the_logits_makes_its_loss_a_nan(order):
    logits, losses = np.array([[1.0, 2.0, 3.0], [np.nan, 2.0, 3.0], [1.0, 2.0, np.nan]], order=order), np.empty((3, 1))
    shares = np.full((3, 1), 1 / 3)
    KERNELS[rules.softmax_cross_entropy].value_and_pullback(
        logits, np.array([1, 1, 1]), shares, out=(losses, logits), work=Workspace()
    )
    assert np.isnan(losses[:, 0]).tolist() == np.isnan(logits).all(axis=1).tolist() == [False, True, True]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_nan_stays_a_nan(name):
    kernel = KERNELS[rules.get(name)]
    output, _ = kernel.forward(np.array([[1.0, np.nan, -2.0]]))
    assert np.isnan(output).tolist() == [[False, True, False]]


def test_columns_that_are_not_contiguous_are_refused():
    with pytest.raises(ValueError, match="contiguous rows"):
        KERNELS[rules.relu].forward(np.ones((2, 3)), out=np.ones((3, 2)).T)


@DTYPES
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("scale", [1, 40])
def test_softmax_cross_entropy_is_its_rule(kind, smoothing, scale, dtype):
    unit, rule = np.finfo(dtype).eps, rules.softmax_cross_entropy
    x = (scale * random_stream(11, 30, 11).standard_normal((30, 11))).astype(dtype)
    targets = TARGETS[kind] if kind == "labels" else TARGETS[kind].astype(dtype)
    shares = np.linspace(0.25, 3, 30, dtype=dtype)[:, None]
    options = {"label_smoothing": smoothing} if smoothing else {}
    for over, order in product((False, True), "CF"):  # in the second order there is a class in each row of memory
        logits, losses = x.copy(order), np.empty((30, 1), dtype)
        slopes = logits if over else np.empty_like(logits)
        KERNELS[rule].value_and_pullback(logits, targets, shares, out=(losses, slopes), work=Workspace(), **options)
        expected = rule(x, targets, **options)
        np.testing.assert_allclose(losses[:, 0], expected, rtol=8 * unit, atol=8 * unit * scale * targets.max())
        gradient, _ = rule.vjp(x, targets, shares[:, 0], **options)
        np.testing.assert_allclose(slopes, gradient, rtol=8 * unit, atol=24 * unit)


@DTYPES
@pytest.mark.parametrize("name", ["binary_cross_entropy", "half_squared_error"])
def test_losses_of_single_logits_are_their_rules(name, dtype):
    unit, rule = np.finfo(dtype).eps, rules.get(name)
    x = (8 * random_stream(3, 30, 1).standard_normal((30, 1))).astype(dtype)
    targets = random_stream(4, 30, 1).random((30, 1)).astype(dtype)
    shares = np.linspace(0.25, 3, 30, dtype=dtype)[:, None]
    losses, slopes = np.empty((30, 1), dtype), np.empty_like(x)
    KERNELS[rule].value_and_pullback(x, targets, shares, out=(losses, slopes), work=Workspace())
    np.testing.assert_allclose(losses, rule(x, targets), rtol=16 * unit, atol=32 * unit)
    np.testing.assert_allclose(slopes, rule.vjp(x, targets, shares)[0], rtol=16 * unit, atol=16 * unit)


@pytest.mark.parametrize("solver", [Adam(), SGD(), SGD(nesterov=False)], ids=["adam", "nesterov", "momentum"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "softplus"])
def test_ten_steps_are_those_without_numba(activation, solver, monkeypatch):
    network = mlp(6, (7, 5), 4, activation=activation)
    x, labels = random_stream(8, 12, 6).standard_normal((12, 6)), np.arange(12) % 4

    def trained(compiled):
        monkeypatch.setattr("chainrule.kernels.kernel.available", lambda: compiled)
        plan = Plan(network, 12, network.initial_parameters(seed=3))
        state = solver.start(plan.theta)
        losses = []
        for _ in range(10):
            losses.append(plan.loss_and_gradient(x, labels, l2=0.01))
            solver.step(plan.theta, plan.gradient, state, 0.01)
        return np.array([*losses, *plan.theta])

    first = trained(True)
    assert (first == trained(True)).all()
    np.testing.assert_allclose(first, trained(False), rtol=1e-11, atol=1e-12)
