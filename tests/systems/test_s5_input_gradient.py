"""S5: R = logloss(softmax(B sigmoid(A x)), y), and above all its gradient by the input x."""

import numpy as np
import pytest

from chainrule.networks import Plan, mlp

FEATURES, HIDDEN, CLASSES, ROWS = 6, 4, 3, 5
LABELS = np.array([2, 0, 2, 1, 2])
WEIGHTS = np.array([1.0, 0.25, 2.0, 0.0, 1.75])


@pytest.fixture
def network():
    return mlp(FEATURES, (HIDDEN,), CLASSES, activation="sigmoid", bias=False)


@pytest.fixture
def blocks():
    draw = np.random.default_rng(501)
    return [draw.normal(-0.1, 1.0, (HIDDEN, FEATURES)), draw.normal(0.3, 2.0, (CLASSES, HIDDEN))]


@pytest.fixture
def inputs():
    x = np.random.default_rng(502).normal(0.5, 1.2, (ROWS, FEATURES))
    x[1, 0], x[4] = 7.5, -x[4]
    return x


def closed_form(A, B, x, y):
    """dR/dx, dR/dA and dR/dB: the first as the product of full matrices, in the row layout."""
    a = 1 / (1 + np.exp(-(A @ x)))
    e = np.exp(B @ a)
    by_v = e / e.sum() - np.eye(CLASSES)[y]
    by_w = (a * (1 - a)) * (B.T @ by_v)
    return by_v @ B @ np.diag(a * (1 - a)) @ A, np.outer(by_w, x), np.outer(by_v, a)


def naive_risk(labels):
    """The sum of the losses as they are defined, for balls."""

    def risk(A, B, x):
        e = np.exp(1 / (1 + np.exp(-(x @ A.T))) @ B.T)
        return sum(-(row[label] / sum(row)).log() for row, label in zip(e, labels, strict=True))

    return risk


@pytest.mark.parametrize("label", range(CLASSES))
@pytest.mark.parametrize("row", [0, 1, 4])
def test_every_gradient_of_one_example_matches_its_closed_form(
    network, blocks, inputs, plan_gradients, trace_steps, differences, agree, row, label
):
    x = inputs[row]
    by_x, by_A, by_B = closed_form(*blocks, x, label)
    _, found = plan_gradients(network, blocks, x[None], np.array([label]))
    steps = trace_steps(network, blocks, x, label)
    for name, formula, slope in zip(
        ("W1", "W2", "x"), (by_A, by_B, by_x[None]), differences(naive_risk([label]), *blocks, x[None]), strict=True
    ):
        agree(found[name], formula)
        agree(found[name], slope)
        agree(steps[f"d {name}"], formula.reshape(steps[f"d {name}"].shape))


def test_the_row_form_of_the_input_gradient_equals_the_column_form(network, blocks, inputs, trace_steps, agree):
    A, B = blocks
    steps = trace_steps(network, blocks, inputs[0], 1)
    a, delta = steps["h1"], steps["p"] - np.eye(CLASSES)[1]
    agree(steps["d logits"], delta)
    agree(steps["d x"], A.T @ ((a * (1 - a)) * (B.T @ delta)))
    agree(steps["d x"], delta @ B @ np.diag(a * (1 - a)) @ A)


def test_each_row_of_a_batch_has_its_own_input_gradient_times_its_share(network, blocks, inputs, plan_gradients, agree):
    each = [closed_form(*blocks, x, y) for x, y in zip(inputs, LABELS, strict=True)]
    shares = WEIGHTS / WEIGHTS.sum()
    _, found = plan_gradients(network, blocks, inputs, LABELS, WEIGHTS)
    _, plain = plan_gradients(network, blocks, inputs, LABELS)
    agree(found["x"], np.stack([share * by_x for share, (by_x, _, _) in zip(shares, each, strict=True)]))
    agree(plain["x"], np.stack([by_x for by_x, _, _ in each]) / ROWS)
    agree(found["W1"], sum(share * by_A for share, (_, by_A, _) in zip(shares, each, strict=True)))
    agree(found["W2"], sum(share * by_B for share, (_, _, by_B) in zip(shares, each, strict=True)))
    assert np.all(found["x"][3] == 0)  # the row of weight 0


def test_a_batch_matches_autograd(network, blocks, inputs, plan_gradients, autograd, agree):
    def risk(A, B, x):
        log_probs = ((x @ A.T).sigmoid() @ B.T).log_softmax(-1)
        return -(log_probs.new_tensor(WEIGHTS) * log_probs[range(ROWS), LABELS]).sum() / WEIGHTS.sum()

    _, found = plan_gradients(network, blocks, inputs, LABELS, WEIGHTS)
    for name, gradient in zip(("W1", "W2", "x"), autograd(risk, *blocks, inputs), strict=True):
        agree(found[name], gradient)


def test_the_input_gradient_is_computed_only_where_it_is_asked_for(network, blocks, inputs, packed):
    plans = [Plan(network, ROWS, packed(network, blocks), input_gradient=asked) for asked in (False, True)]
    losses = [plan.loss_and_gradient(inputs, LABELS) for plan in plans]
    assert plans[0].input_gradient is None
    assert plans[1].input_gradient.shape == inputs.shape
    assert losses[0] == losses[1]
    np.testing.assert_array_equal(plans[0].gradient, plans[1].gradient)


def test_a_second_batch_through_the_same_plan_leaves_nothing_of_the_first(
    network, blocks, inputs, packed, plan_gradients
):
    plan = Plan(network, ROWS, packed(network, blocks), input_gradient=True)
    plan.loss_and_gradient(inputs, LABELS, WEIGHTS)
    loss = plan.loss_and_gradient(-2 * inputs, LABELS[::-1].copy())
    expected_loss, expected = plan_gradients(network, blocks, -2 * inputs, LABELS[::-1].copy())
    assert loss == expected_loss
    np.testing.assert_array_equal(plan.input_gradient, expected["x"])
    np.testing.assert_array_equal(network.unpack(plan.gradient)[0].T, expected["W1"])


def test_an_input_that_saturates_every_unit_still_has_its_gradient_in_a_trace(
    network, blocks, trace_steps, differences, agree
):
    # All units lie between 38 and 42, so that a is 1 in float64 and the closed form with 1 - a gives 0.
    A, B = blocks
    x = np.linalg.lstsq(A, np.array([38.0, 42.0, 39.0, 40.0]), rcond=None)[0]
    (slope,) = differences(lambda row: naive_risk([0])(A, B, row[None]), x)
    assert np.all(closed_form(A, B, x, 0)[0] == 0)
    # A x near 40 is off by up to 1e-14, and its exponential by as much relatively.
    agree(trace_steps(network, blocks, x, 0)["d x"], slope, relative=1e-11)


@pytest.mark.parametrize("label", range(CLASSES))
def test_logits_of_scale_40_keep_the_input_gradient(network, blocks, inputs, plan_gradients, differences, agree, label):
    A, B = blocks
    a = 1 / (1 + np.exp(-(A @ inputs[0])))
    steep = B + np.outer(np.array([-2.0, 40.0, 0.5]) - B @ a, a) / (a @ a)
    _, found = plan_gradients(network, [A, steep], inputs[:1], np.array([label]))
    _, _, expected = differences(naive_risk([label]), A, steep, inputs[:1])
    assert (np.abs(expected).max() < 1e-15) == (label == 1)
    agree(found["x"], expected, relative=1e-11)
