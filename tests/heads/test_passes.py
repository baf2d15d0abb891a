"""Hessian and Gauss-Newton products of a linear head: against balls, and by the laws of second derivatives."""

import numpy as np
import pytest

from chainrule import LinearCrossEntropy
from chainrule.arrays import random_stream
from chainrule.checking import balls, precision
from chainrule.heads.passes import RowSummary, base_of, joined, merged

VARIABLES = ("X", "W", "bias")


def inner(a, b):
    """The inner product over all variables."""
    a, b = ({name: getattr(x, name) if hasattr(x, name) else x[name] for name in VARIABLES} for x in (a, b))
    return sum(np.sum(a[name] * b[name]) for name in VARIABLES)


@pytest.mark.parametrize("smoothing", [0.0, 0.25, 1.0])
def test_the_joint_product_is_the_quotient_of_gradients(problem, kind, memory, smoothing, direction):
    """At 300 bits, with a step of 2^-100: exact up to 2^-200 times the fourth derivative."""
    head = problem(kind, label_smoothing=smoothing)
    dense = head.labels.toarray() if kind == "sparse rows" else head.labels
    with precision(300):
        t = dense if kind == "labels" else balls(dense)
        moved = {name: balls(x) for name, x in direction(head).items()}
        weights, step = balls(head.weights), balls(2.0**-100)

        def at(h):
            X, W, bias = (balls(getattr(head, name)) + h * moved[name] for name in VARIABLES)
            options = {"weights": weights, "label_smoothing": smoothing, "temperature": 1.75, "memory": memory}
            return LinearCrossEntropy(X, W, t, bias, **options)

        up, down = (at(h).value_and_gradients()[1] for h in (step, -step))
        product = at(0 * step).hessian_product(**moved)
        for name in VARIABLES:
            quotient = (getattr(up, name) - getattr(down, name)) / (2 * step)
            assert bool((np.abs(quotient - getattr(product, name)) < 2.0**-90).all()), name


@pytest.mark.parametrize("moving", [["X"], ["W"], ["bias"], ["X", "bias"], ["W", "bias"], ["X", "W"]])
@pytest.mark.parametrize("method", ["hessian_product", "gauss_newton_product"])
def test_a_direction_that_is_not_given_is_zero(problem, memory, direction, moving, method):
    head = problem(memory=memory)
    some = {name: x for name, x in direction(head).items() if name in moving}
    full = {name: some.get(name, np.zeros_like(getattr(head, name))) for name in VARIABLES}
    expected = getattr(head, method)(**full)
    got = getattr(head, method)(**some, of=VARIABLES)
    alone = getattr(head, method)(**some)
    for name in VARIABLES:
        assert getattr(got, name) == pytest.approx(getattr(expected, name), rel=1e-12, abs=1e-15)
        rows = getattr(alone, name)
        assert rows is None if name not in moving else rows == pytest.approx(getattr(got, name), rel=1e-13, abs=1e-16)


@pytest.mark.parametrize("method", ["hessian_product", "gauss_newton_product"])
def test_both_are_symmetric(problem, kind, memory, direction, method):
    head = problem(kind, memory=memory)
    a, b = direction(head, 5), direction(head, 6)
    forward, back = inner(getattr(head, method)(**a), b), inner(getattr(head, method)(**b), a)
    assert forward == pytest.approx(back, rel=1e-12, abs=0)


def test_in_weights_and_bias_the_two_coincide_and_jointly_with_the_samples_they_do_not(problem, memory, direction):
    head = problem(memory=memory)
    moved = direction(head)
    for names in (("W", "bias"), ("X",)):
        some = {name: moved[name] for name in names}
        full, without = head.hessian_product(**some), head.gauss_newton_product(**some)
        for name in names:
            assert getattr(full, name) == pytest.approx(getattr(without, name), rel=1e-13, abs=1e-16)
    full, without = head.hessian_product(**moved), head.gauss_newton_product(**moved)
    assert np.abs(full.W - without.W).max() > 0.01
    assert np.abs(full.X - without.X).max() > 0.01
    # What is left out is the gradient by logits times the change of the other factor.
    _, gradients = head.value_and_gradients()
    _, turned = LinearCrossEntropy(
        head.X,
        head.W,
        head.labels,
        head.bias,
        weights=head.weights,
        label_smoothing=head.label_smoothing,
        temperature=head.temperature,
    ).value_and_gradients()
    assert np.sum((full.X - without.X) * head.X) == pytest.approx(np.sum(turned.W * moved["W"]), rel=1e-11)
    assert np.sum((full.W - without.W) * head.W) == pytest.approx(np.sum(gradients.X * moved["X"]), rel=1e-11)


def test_the_gauss_newton_product_is_never_negative(problem, memory, direction):
    head = problem(memory=memory)
    for key in range(20):
        moved = direction(head, key)
        assert inner(head.gauss_newton_product(**moved), moved) > 0


def test_moving_all_classes_alike_changes_nothing(problem, kind, memory):
    head = problem(kind, memory=memory)
    stream = random_stream(1)
    V, b = np.tile(stream.standard_normal(4), (9, 1)), np.full(9, 3.0)
    product = head.hessian_product(W=V, bias=b)
    # p (u - p.u) with u = dz - dz[top] rounds dz, of size 10, by its units: 9 classes, 7 samples, two passes.
    assert np.abs(product.W).max() < 10 * 2 * 16 * 2**-52
    assert np.abs(product.bias).max() < 10 * 2 * 16 * 2**-52


def test_a_certain_row_keeps_its_curvature(memory):
    """The probabilities are 1 - 4e-31 and two small ones: p (dz - p.dz) as it is written would round to 0 or noise."""
    W = np.array([[70.0], [0.0], [-1.0]])
    V = np.array([[1.0], [3.0], [-2.0]])
    with precision(300):
        exact = LinearCrossEntropy(balls([[1.0]]), balls(W), [0]).hessian_product(W=balls(V))
        expected = np.array([float(x.value.mid()) for x in exact.W.ravel()])
    got = LinearCrossEntropy(np.ones((1, 1)), W, [0], memory=memory).hessian_product(W=V).W.ravel()
    # Rounding 70 costs the exponentials nothing here, their own last place and a few operations a few units.
    assert got == pytest.approx(expected, rel=16 * 2**-52, abs=0)
    assert np.abs(got).min() > 1e-31


def test_masked_classes_have_no_curvature(problem, memory, direction):
    bias = problem().bias.copy()
    bias[[0, 8]] = -np.inf
    masked = problem(bias=bias, labels=problem().labels % 7 + 1, label_smoothing=0.0, memory=memory)
    fewer = problem(bias=bias[1:8], W=masked.W[1:8], labels=problem().labels % 7, label_smoothing=0.0, memory=memory)
    moved = direction(masked)
    product = masked.hessian_product(**moved)
    expected = fewer.hessian_product(X=moved["X"], W=moved["W"][1:8], bias=moved["bias"][1:8])
    assert pytest.approx(expected.X, rel=1e-12, abs=1e-15) == product.X
    assert product.W[1:8] == pytest.approx(expected.W, rel=1e-12, abs=1e-15)
    assert not product.W[[0, 8]].any()


def test_ignored_and_weightless_rows_have_no_curvature(problem, memory, direction):
    head, some = problem(weights=None), [0, 2, 3, 5, 6]
    labels = head.labels.copy()
    labels[[1, 4]] = -100
    ignored = problem(weights=None, labels=labels, ignore_index=-100, memory=memory)
    fewer = problem(weights=None, X=head.X[some], labels=head.labels[some], memory=memory)
    moved = direction(head)
    product = ignored.hessian_product(**moved)
    expected = fewer.hessian_product(X=moved["X"][some], W=moved["W"], bias=moved["bias"])
    assert pytest.approx(expected.W, rel=1e-12, abs=1e-15) == product.W
    assert product.X[some] == pytest.approx(expected.X, rel=1e-12, abs=1e-15)
    assert not product.X[[1, 4]].any()


@pytest.mark.parametrize("method", ["hessian_product", "gauss_newton_product"])
def test_float32_is_as_exact_as_its_logits(problem, memory, direction, method, exactly):
    small = {name: getattr(problem(), name).astype(np.float32) for name in (*VARIABLES, "weights")}
    head = problem(memory=memory, **small)
    moved = {name: x.astype(np.float32) for name, x in direction(head).items()}
    got, expected = getattr(head, method)(**moved), exactly(head, method, **moved)
    for name in VARIABLES:
        ours, theirs = getattr(got, name), getattr(expected, name)
        assert ours.dtype == np.float32
        # Sums of 4 features, 9 classes, 7 samples of sizes up to 10 beside their result: 100 units of the largest.
        assert np.abs(ours - theirs).max() < 100 * 2**-23 * np.abs(theirs).max()


LOGITS = np.array([[1.0, 7.0, -2.0, 7.0, 0.5], [-1e3, 2.0, 30.0, 4.0, -np.inf]])
TARGETS = np.array([[0.0, 0.5, 0.25, 0.0, 0.25], [0.0, 0.25, 0.75, 0.0, 0.0]])
CHANGE = np.array([[0.5, -1.0, 2.0, 3.0, -0.25], [1.0, 0.75, -2.0, 0.5, 4.0]])


def summary(first, last):
    """The sums over a block of classes, from their definitions."""
    z, t, d = (x[:, first:last] for x in (LOGITS, TARGETS, CHANGE))
    rows, top = np.arange(len(z)), z.argmax(axis=1)
    maximum = z[rows, top]
    e = np.exp(z - maximum[:, None])
    gap = (t * np.where(t == 0, 0.0, maximum[:, None] - z)).sum(axis=1)
    moment = (e * (d - d[rows, top][:, None])).sum(axis=1)
    return RowSummary(
        top + first, maximum, e.sum(axis=1) - 1, gap, t.sum(axis=1), moment, d[rows, top], (t * d).sum(axis=1)
    )


@pytest.mark.parametrize("at", [1, 2, 3])
def test_two_blocks_merge_into_the_whole(at):
    for got, expected in zip(merged(summary(0, at), summary(at, 5)), summary(0, 5), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-14)


def test_of_equal_maxima_the_first_class_is_the_top():
    assert merged(summary(0, 3), summary(3, 5)).top[0] == 1


def test_a_masked_block_changes_nothing():
    nothing = np.full(2, -np.inf)
    masked = RowSummary(np.array([5, 5]), nothing, *(np.zeros(2) for _ in range(6)))
    for got, expected in zip(merged(summary(0, 5), masked), summary(0, 5), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_a_row_of_masks_is_measured_from_zero():
    assert base_of(np.array([-np.inf, 3.0])).tolist() == [0.0, 3.0]


def test_rows_are_joined_in_order():
    whole = summary(0, 5)
    parts = [RowSummary(*(x[i : i + 1] for x in whole)) for i in range(2)]
    assert all((got == expected).all() for got, expected in zip(joined(parts), whole, strict=True))
