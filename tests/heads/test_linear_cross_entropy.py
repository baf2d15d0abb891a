"""Loss and gradients of a linear head: against balls, against the rules they combine, and by the laws they obey."""

import tracemalloc

import numpy as np
import pytest

from chainrule import LinearCrossEntropy, linear_cross_entropy
from chainrule.arrays import class_mask, random_stream
from chainrule.checking import balls, precision, ulp_errors
from chainrule.rules import softmax_cross_entropy

ALL = ("X", "W", "bias", "temperature")
REDUCTIONS = pytest.mark.parametrize("reduction", ["mean", "sum"])
DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def within(got, expected, bound):
    return bool((np.abs(np.asarray(got, dtype=float) - expected) <= bound).all())


@REDUCTIONS
@DTYPES
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_loss_and_gradients_are_those_of_balls(problem, kind, memory, reduction, dtype, scale, exactly, bounds):
    head = problem(kind, scale, reduction=reduction, memory=memory)
    small = {name: getattr(head, name).astype(dtype) for name in ("X", "W", "bias", "weights")}
    head = problem(kind, scale, reduction=reduction, memory=memory, **small)
    loss, gradients = head.value_and_gradients(ALL)
    exact_loss, exact = exactly(head, "value_and_gradients", ALL)
    allowed = bounds(head)
    assert within(loss, exact_loss, allowed["loss"])
    assert within(head.value(), exact_loss, allowed["loss"])
    for name in ALL:
        got = getattr(gradients, name)
        assert within(got, getattr(exact, name), allowed[name]), name
        assert np.asarray(got).dtype == dtype
    assert np.asarray(loss).dtype == dtype


@pytest.mark.parametrize("smoothing", [0.0, 0.25, 1.0])
def test_the_gradient_is_the_difference_quotient_of_the_loss(problem, kind, memory, smoothing, direction):
    """At 300 bits a step of 2^-100 leaves an error of 2^-200 times the third derivative: a wrong term would be 1."""
    head = problem(kind, label_smoothing=smoothing)
    dense = head.labels.toarray() if kind == "sparse rows" else head.labels
    with precision(300):
        t = dense if kind == "labels" else balls(dense)
        moved = {name: balls(x) for name, x in direction(head).items()}
        step = balls(2.0**-100)

        def at(h):
            X, W, bias = (balls(getattr(head, name)) + h * moved[name] for name in ("X", "W", "bias"))
            return LinearCrossEntropy(X, W, t, bias, label_smoothing=smoothing, temperature=1.75, memory=memory)

        quotient = (at(step).value() - at(-step).value()) / (2 * step)
        _, gradients = at(0 * step).value_and_gradients()
        slope = sum(np.sum(getattr(gradients, name) * moved[name]) for name in moved)
        assert bool(np.abs(quotient - slope) < 2.0**-90)


def test_the_gradient_by_temperature_is_the_difference_quotient(problem, kind):
    step = 2.0**-20
    up, down = (problem(kind, temperature=1.75 + h).value() for h in (step, -step))
    _, gradients = problem(kind).value_and_gradients(["temperature"])
    # The quotient's own error: step^2 times the third derivative, and 2^-52 of the loss over the step.
    assert gradients.temperature == pytest.approx((up - down) / (2 * step), rel=1e-8)
    assert gradients.X is gradients.W is gradients.bias is None


def test_it_is_the_rule_applied_to_a_linear_map(problem, kind):
    head = problem(kind, reduction="none")
    dense = head.labels.toarray() if kind == "sparse rows" else head.labels
    logits = (head.X @ head.W.T + head.bias) / head.temperature
    expected = softmax_cross_entropy(logits, dense, label_smoothing=head.label_smoothing)
    assert head.value() == pytest.approx(head.weights * expected, rel=1e-13, abs=0)
    v = random_stream(1).standard_normal(len(logits))
    pulled, _ = softmax_cross_entropy.vjp(logits, dense, v * head.weights, label_smoothing=head.label_smoothing)
    _, gradients = head.value_and_gradients(cotangent=v)
    assert pytest.approx(pulled @ head.W / head.temperature, rel=1e-12, abs=1e-15) == gradients.X
    assert pytest.approx(pulled.T @ head.X / head.temperature, rel=1e-12, abs=1e-15) == gradients.W


@pytest.mark.parametrize("classes", [3, 400])
def test_a_confident_row_keeps_its_digits(classes, memory):
    """Logits are exact here. log(sum) would give 0 and p - 1 would give 0 where the answers are about 1e-30."""
    W = np.linspace(-20, 0, classes)[:, None]
    W[1] = 70.0
    x, y, plain = np.ones((1, 1)), np.array([1]), {"memory": memory}
    with precision(300):
        expected = softmax_cross_entropy(balls(W.T), y)
        pulled, _ = softmax_cross_entropy.vjp(balls(W.T), y, balls(np.ones(1)))
    loss, gradients = LinearCrossEntropy(x, W, y, **plain).value_and_gradients(["W"])
    # z - m is rounded by half a unit of 90, which the exponential turns into 90 / 2 of its units; the rest is 16.
    assert 1e-31 < loss < 1e-28
    assert ulp_errors(np.array([loss]), expected).max() <= 64
    assert ulp_errors(gradients.W.T, pulled).max() <= 64


def test_a_confident_soft_row_keeps_its_digits(memory):
    W, one_hot = np.array([[70.0], [0.0], [1.0]]), np.array([[1.0, 0.0, 0.0]])
    by_row = LinearCrossEntropy(np.ones((1, 1)), W, one_hot, memory=memory).value_and_gradients()
    by_label = LinearCrossEntropy(np.ones((1, 1)), W, [0], memory=memory).value_and_gradients()
    assert by_row[0] == pytest.approx(by_label[0], rel=1e-15, abs=0)
    assert pytest.approx(by_label[1].W, rel=1e-15, abs=0) == by_row[1].W


def test_one_hot_rows_are_labels(problem, memory):
    head = problem(memory=memory)
    rows = problem(memory=memory, labels=class_mask(head.labels, len(head.W)) * 1.0)
    assert head.value() == pytest.approx(rows.value(), rel=1e-14, abs=0)
    for ours, theirs in zip(head.value_and_gradients(ALL)[1], rows.value_and_gradients(ALL)[1], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-13, abs=1e-15)


def test_sparse_rows_are_dense_rows(problem, memory):
    sparse, dense = problem("sparse rows", memory=memory), problem("rows", memory=memory)
    assert sparse.value() == dense.value()
    assert (sparse.value_and_gradients()[1].W == dense.value_and_gradients()[1].W).all()


def test_a_weight_of_two_is_the_row_twice(problem, memory):
    head = problem(weights=None)
    index = np.array([0, 1, 1, 2, 3, 4, 5, 5, 6])
    twice = problem(weights=None, X=head.X[index], labels=head.labels[index], memory=memory)
    weighted = problem(weights=[1, 2, 1, 1, 1, 2, 1], memory=memory)
    assert weighted.value() == pytest.approx(twice.value(), rel=1e-14, abs=0)
    assert pytest.approx(twice.value_and_gradients()[1].W, rel=1e-12, abs=1e-16) == weighted.value_and_gradients()[1].W


def test_a_weight_of_zero_and_an_ignored_label_leave_a_row_out(problem, memory):
    """Even if it holds nan, or would cost infinity."""
    head = problem(weights=None)
    X, labels, some = head.X.copy(), head.labels.copy(), [0, 2, 3, 5, 6]
    X[1] = np.nan
    expected = problem(weights=None, X=X[some], labels=labels[some], memory=memory).value_and_gradients()
    labels[[1, 4]] = -100
    ignored = problem(weights=None, X=X, labels=labels, ignore_index=-100, memory=memory)
    weightless = problem(weights=[1, 0, 1, 1, 0, 1, 1], X=X, memory=memory)
    for left_out in (ignored, weightless):
        loss, gradients = left_out.value_and_gradients()
        assert loss == pytest.approx(expected[0], rel=1e-14, abs=0)
        assert pytest.approx(expected[1].W, rel=1e-12, abs=1e-16) == gradients.W
        assert gradients.X[some] == pytest.approx(expected[1].X, rel=1e-12, abs=1e-16)
        assert not gradients.X[[1, 4]].any()
    both = problem(weights=[1, 5, 1, 0, 5, 1, 1], X=X, labels=labels, ignore_index=-100, memory=memory)
    some_more = [0, 2, 5, 6]
    remaining = problem(weights=None, X=head.X[some_more], labels=head.labels[some_more], memory=memory)
    assert both.value() == pytest.approx(remaining.value(), rel=1e-14, abs=0)
    each = problem(weights=None, X=X, labels=labels, ignore_index=-100, reduction="none").value()
    assert each[[1, 4]].tolist() == [0, 0]
    assert (each[some] > 0).all()


def test_a_masked_class_is_no_class(problem, memory):
    """With the bias at minus infinity: no effect, no gradient, and no nan."""
    bias = problem().bias.copy()
    bias[[0, 1, 8]] = -np.inf
    rest, labels = slice(2, 8), problem().labels % 6
    masked = problem(bias=bias, labels=labels + 2, label_smoothing=0.0, memory=memory)
    fewer = problem(bias=bias[rest], W=masked.W[rest], labels=labels, label_smoothing=0.0, memory=memory)
    loss, gradients = masked.value_and_gradients(ALL)
    expected, theirs = fewer.value_and_gradients(ALL)
    assert loss == pytest.approx(expected, rel=1e-14, abs=0)
    assert gradients.W[rest] == pytest.approx(theirs.W, rel=1e-12, abs=1e-16)
    assert pytest.approx(theirs.X, rel=1e-12, abs=1e-16) == gradients.X
    assert gradients.temperature == pytest.approx(theirs.temperature, rel=1e-12, abs=0)
    assert not gradients.W[[0, 1, 8]].any()
    assert masked.entropy() == pytest.approx(fewer.entropy(), rel=1e-13, abs=0)
    assert (masked.predict() == fewer.predict() + 2).all()


def test_a_masked_class_without_target_weight_costs_nothing(problem, memory):
    rows, bias = problem("rows").labels.copy(), problem().bias.copy()
    rows[:, [0, 4]], bias[[0, 4]] = 0, -np.inf
    others = [1, 2, 3, 5, 6, 7, 8]
    masked = problem(bias=bias, labels=rows, label_smoothing=0.0, memory=memory)
    fewer = problem(bias=bias[others], W=masked.W[others], labels=rows[:, others], label_smoothing=0.0, memory=memory)
    assert masked.value() == pytest.approx(fewer.value(), rel=1e-14, abs=0)
    gradients = masked.value_and_gradients()[1]
    assert gradients.W[others] == pytest.approx(fewer.value_and_gradients()[1].W, rel=1e-12, abs=1e-16)
    assert not gradients.W[[0, 4]].any()


def test_of_equal_logits_the_first_class_is_predicted(memory):
    head = LinearCrossEntropy(np.ones((2, 1)), [[0.0], [1.0], [1.0], [0.5], [1.0]], [0, 1], memory=memory)
    assert head.predict().tolist() == [1, 1]


def test_a_label_on_a_masked_class_costs_infinity_and_still_has_a_gradient(problem, memory):
    bias = problem().bias.copy()
    bias[3] = -np.inf
    head = problem(bias=bias, labels=np.full(7, 3), label_smoothing=0.0, memory=memory)
    loss, gradients = head.value_and_gradients()
    assert loss == np.inf
    assert gradients.bias[3] == pytest.approx(-1 / head.temperature, rel=1e-14, abs=0)
    smoothed = problem(bias=bias, labels=np.full(7, 2), memory=memory)
    assert smoothed.value() == np.inf


def test_a_constant_added_to_the_bias_changes_nothing(problem, memory, kind):
    head, moved = problem(kind, memory=memory), problem(kind, bias=problem().bias + 64, memory=memory)
    # Logits of size 64 are rounded to 64 units of 1.
    assert moved.value() == pytest.approx(head.value(), rel=64 * 2**-50, abs=0)
    assert head.value_and_gradients()[1].bias.sum() == pytest.approx(0, abs=1e-15)


def test_the_order_of_classes_does_not_matter(problem, memory):
    head, order = problem(memory=memory), random_stream(9).permutation(9)
    moved = problem(W=head.W[order], bias=head.bias[order], labels=np.argsort(order)[head.labels], memory=memory)
    assert moved.value() == pytest.approx(head.value(), rel=1e-14, abs=0)
    expected = head.value_and_gradients()[1].W[order]
    assert pytest.approx(expected, rel=1e-12, abs=1e-16) == moved.value_and_gradients()[1].W
    assert (order[moved.predict()] == head.predict()).all()


def test_leading_axes_are_rows(problem):
    flat = problem(X=np.tile(problem().X, (2, 1)), labels=np.tile(problem().labels, 2), weights=None)
    X, labels = flat.X.reshape(2, 7, 4), flat.labels.reshape(2, 7)
    deep = problem(X=X, labels=labels, weights=None, reduction="none")
    assert deep.value().shape == deep.entropy().shape == deep.predict().shape == deep.log_probs().shape == (2, 7)
    gradients = deep.value_and_gradients(cotangent=1 / 14)[1]
    assert pytest.approx(flat.value_and_gradients()[1].X.reshape(2, 7, 4), rel=1e-13, abs=1e-16) == gradients.X
    assert problem(X=flat.X[0], labels=3, weights=None, reduction="none").value().shape == ()


def test_weights_stored_features_by_classes_come_in_as_a_view(problem, memory):
    head = problem(memory=memory)
    stored = np.ascontiguousarray(head.W.T)
    turned = problem(W=stored.T, memory=memory)
    assert np.shares_memory(turned._head.W, stored)
    assert pytest.approx(head.value_and_gradients()[1].W, rel=1e-12, abs=1e-16) == turned.value_and_gradients()[1].W


def test_log_probs_entropy_and_prediction(problem, kind, memory, exactly, bounds):
    head = problem(kind, memory=memory)
    assert within(head.log_probs(), exactly(head, "log_probs"), bounds(head)["log_probs"])
    assert head.entropy() == pytest.approx(exactly(head, "entropy"), rel=1e-13, abs=0)
    assert (head.predict() == (head.X @ head.W.T + head.bias).argmax(axis=1)).all()
    dense = head.labels.toarray() if kind == "sparse rows" else head.labels
    logits = (head.X @ head.W.T + head.bias) / head.temperature
    assert head.log_probs() == pytest.approx(-softmax_cross_entropy(logits, dense), rel=1e-13, abs=0)
    certain = LinearCrossEntropy(np.ones((1, 1)), [[70.0], [0.0]], [0], memory=memory)
    assert certain.entropy() == pytest.approx(71 * np.exp(-70), rel=1e-13, abs=0)


def test_without_a_bias_there_is_no_gradient_of_one(problem, memory):
    head = problem(bias=None, memory=memory)
    zero = problem(bias=np.zeros(9), memory=memory)
    loss, gradients = head.value_and_gradients()
    assert loss == pytest.approx(zero.value(), rel=1e-15, abs=0)
    assert gradients.bias is None
    assert pytest.approx(zero.value_and_gradients()[1].W, rel=1e-14, abs=0) == gradients.W


def test_nothing_summed_is_zero(problem):
    head = problem(X=np.zeros((0, 4)), labels=np.zeros(0, int), weights=None, reduction="sum")
    loss, gradients = head.value_and_gradients()
    assert loss == 0
    assert gradients.X.shape == (0, 4)
    assert not gradients.W.any()
    assert head.entropy().shape == head.predict().shape == (0,)
    assert problem(labels=np.full(7, -1), ignore_index=-1, weights=None, reduction="sum").value() == 0


def test_small_integers_are_labels(problem):
    for dtype in (np.uint8, np.int8, np.uint64):
        assert problem(labels=problem().labels.astype(dtype), memory=1).value() == problem(memory=1).value()


def test_the_function_is_the_value(problem):
    head = problem()
    got = linear_cross_entropy(
        head.X, head.W, head.labels, head.bias, weights=head.weights, label_smoothing=0.125, temperature=1.75
    )
    assert got == head.value()


@pytest.mark.parametrize("form", ["gradients", "products", "soft targets"])
def test_memory_stays_within_the_budget(form):
    """2000 x 2000 float64 logits would take 32 MB; blocks may take 1, and results and a buffer beside them 1 more."""
    stream = random_stream(2)
    X, W = stream.standard_normal((2000, 8)), stream.standard_normal((2000, 8))
    labels = stream.integers(0, 2000, 2000)
    if form == "soft targets":
        from scipy import sparse

        labels = sparse.csr_array((np.ones(2000), (np.arange(2000), labels)), shape=(2000, 2000))
    head = LinearCrossEntropy(X, W, labels, memory=1 << 20)
    head.value()
    tracemalloc.start()
    try:
        if form == "products":
            head.hessian_product(X=X, W=W)
        else:
            head.value_and_gradients()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Elementwise passes over soft targets and tangents take temporaries of the size of a cached part, 1 MB each.
    assert peak < (3 << 20 if form == "gradients" else 8 << 20)
