"""The chain rule: composed rules against difference quotients, against the rules they equal, and against networks."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.arrays import random_stream
from chainrule.checking import assert_rule
from chainrule.kernels import kernel_of
from chainrule.networks import Plan, mlp
from chainrule.rules import compose
from chainrule.workspace import Workspace


def normal(*shape):
    return random_stream(61, *shape).standard_normal(shape)


NETWORK = compose(rules.softmax_cross_entropy, rules.linear, rules.sigmoid, rules.linear)


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (3, 1), (0, 4)])
def test_elementwise_rules_and_rows_compose_at_every_shape(shape):
    for rule in (
        compose(rules.tanh, rules.softplus, rules.tanh),
        compose(rules.logarithm, rules.softmax),
        compose(rules.log_sum_exp, rules.tanh),
        compose(rules.softmax, rules.linear, name="head"),
    ):
        inputs = (normal(*shape),) if len(rule.inputs) == 1 else (normal(*shape), normal(shape[-1], 3))
        assert not assert_rule(rule, *inputs).unchecked


@pytest.mark.parametrize(
    ("rule", "inputs"),
    [
        (compose(rules.scaled_sigmoid, rules.scaled_sigmoid), ((3, 4), (), (4,))),
        (compose(rules.l2_penalty, rules.tanh), ((4,), ())),
        (compose(rules.tanh, rules.log_sum_exp), ((3, 4),)),
        (compose(rules.softmax, rules.log_sum_exp), ((2, 3, 4),)),
        (compose(rules.log_softmax, rules.log_sum_exp, rules.log_sum_exp), ((2, 3, 4),)),
        (compose(rules.linear, rules.log_sum_exp), ((2, 3, 4), (3, 2))),
        (compose(rules.softmax, rules.convolve1d, rules.affine), ((2, 4), (4, 3), (3,), (2,))),
        (compose(rules.half_squared_error, rules.linear), ((3, 4), (4, 2), (3, 2))),
        (compose(rules.softmax_expectation, rules.linear), ((3, 4), (4, 2), (3, 2))),
        (NETWORK, ((3, 4), (4, 5), (5, 3), (3, 3))),
    ],
    ids=lambda part: part.name if isinstance(part, rules.Rule) else "",
)
def test_further_inputs_flow_and_rows_may_mix(rule, inputs):
    """Where the outer rule's last axis is a leading axis of the inner one, J is written out for all rows."""
    assert not assert_rule(rule, *(normal(*shape) for shape in inputs)).unchecked


def test_constants_and_labels_keep_their_nature():
    masked = compose(rules.tanh, rules.dropout)
    assert masked.constants == ("mask",)
    mask = np.array([[2.0, 0.0, 2.0]])
    assert not assert_rule(masked, normal(1, 3), mask).unchecked
    twice = compose(rules.dropout, rules.dropout)
    assert twice.constants == ("mask", "mask_2")
    assert not assert_rule(twice, normal(1, 3), mask, mask / 2).unchecked
    assert NETWORK.integers == ("targets",)
    assert NETWORK.vjp(normal(2, 4), normal(4, 5), normal(5, 3), np.array([0, 2]), np.ones(2))[3] is None


def test_the_inputs_are_those_of_the_innermost_rule_first_and_repeated_names_get_numbers():
    assert NETWORK.name == "softmax_cross_entropy_of_linear_of_sigmoid_of_linear"
    assert NETWORK.inputs == ("x", "weight", "weight_2", "targets")
    three = compose(rules.affine, rules.affine, rules.affine)
    assert three.inputs == ("x", "weight", "bias", "weight_2", "bias_2", "weight_3", "bias_3")


def test_the_log_of_a_function_has_derivative_f_prime_over_f():
    x = np.array([-2.0, 0.5, 3.0])
    for f in (rules.sigmoid, rules.softplus):
        expected = f.vjp(x, np.ones(3)) / f(x)
        assert compose(rules.logarithm, f).vjp(x, np.ones(3)) == pytest.approx(expected, rel=1e-15, abs=0)
    log_sigmoid = compose(rules.logarithm, rules.sigmoid)
    assert log_sigmoid(x) == pytest.approx(rules.log_sigmoid(x), rel=1e-14, abs=0)


def test_the_log_of_softmax_is_log_softmax(logits):
    if np.ptp(logits, axis=-1).max(initial=0) > 20 or logits.dtype != np.float64:
        return  # further out the probabilities lose what log-softmax keeps, see the next test
    composed, v = compose(rules.logarithm, rules.softmax), np.cos(np.arange(logits.size)).reshape(logits.shape)
    # Rounding a probability of up to 1 moves its logarithm by 2^-53, absolutely; v / s is then divided by that s.
    assert composed(logits) == pytest.approx(rules.log_softmax(logits), rel=1e-14, abs=1e-15)
    assert composed.vjp(logits, v) == pytest.approx(rules.log_softmax.vjp(logits, v), rel=1e-12, abs=1e-14)
    assert composed.jacobian(logits) == pytest.approx(rules.log_softmax.jacobian(logits), rel=1e-13, abs=1e-15)


def test_the_log_of_an_underflowed_softmax_is_refused_where_log_softmax_is_finite():
    x = np.array([0.0, -800.0])
    with pytest.raises(ValueError, match=r"logarithm: expected positive numbers, got 0.0 at position \[1\]"):
        compose(rules.logarithm, rules.softmax)(x)
    assert rules.log_softmax(x).tolist() == [0.0, -800.0]


def test_cross_entropy_by_two_routes_is_the_fused_rule():
    x, t = normal(5, 4), 0.1 + random_stream(62).random((5, 4))
    for head in (compose(rules.cross_entropy, rules.softmax), compose(rules.nll, rules.log_softmax)):
        assert head.inputs == ("logits", "targets")
        assert head(x, t) == pytest.approx(rules.softmax_cross_entropy(x, t), rel=1e-14, abs=0)
        got, expected = head.vjp(x, t, np.ones(5)), rules.softmax_cross_entropy.vjp(x, t, np.ones(5))
        assert got[0] == pytest.approx(expected[0], rel=1e-12, abs=1e-15)
        assert got[1] == pytest.approx(expected[1], rel=1e-14, abs=0)
        labels = np.array([0, 3, 1, 1, 2])
        assert head(x, labels) == pytest.approx(rules.softmax_cross_entropy(x, labels), rel=1e-14, abs=0)


@pytest.mark.parametrize("width", [7, 10])
def test_two_layers_of_a_sigmoid_network_are_the_network(width):
    network = mlp(5, (width,), 10, activation="sigmoid", bias=False)
    blocks = [normal(5, width), normal(width, 10)]
    x, t = normal(4, 5), random_stream(63).dirichlet(np.ones(10), 4)
    plan = Plan(network, 4, network.pack(blocks), input_gradient=True)
    loss = plan.loss_and_gradient(x, t)
    by_weights = network.unpack(plan.gradient)
    # Same formulas in another order: sums of ten terms, which round by 10 x 2^-53 of the largest.
    assert NETWORK(x, *blocks, t).mean() == pytest.approx(loss, rel=1e-14, abs=0)
    by_x, *got, _ = NETWORK.vjp(x, *blocks, t, np.full(4, 0.25))
    assert by_x == pytest.approx(plan.input_gradient, rel=1e-11, abs=1e-14)
    for ours, theirs in zip(got, by_weights, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-11, abs=1e-14)


def test_the_pullback_is_the_product_of_the_jacobians():
    x, w1, w2, t = normal(4), normal(4, 5), normal(5, 3), np.array([0.2, 0.5, 0.3])
    hidden = rules.linear(x, w1)
    logits = rules.linear(rules.sigmoid(hidden), w2)
    chain = (
        rules.softmax_cross_entropy.jacobian(logits, t)[0]
        @ rules.linear.jacobian(rules.sigmoid(hidden), w2)[0]
        @ rules.sigmoid.jacobian(hidden)
        @ rules.linear.jacobian(x, w1)[0]
    )
    assert NETWORK.vjp(x, w1, w2, t, 1.0)[0] == pytest.approx(chain, rel=1e-12, abs=0)
    assert NETWORK.jacobian(x, w1, w2, t)[0] == pytest.approx(chain, rel=1e-12, abs=0)
    # The Jacobian by the input, column form: A^T [(a (1 - a)) * B^T (g - t)].
    a, error = rules.sigmoid(hidden), rules.softmax(logits) - t
    assert chain == pytest.approx(w1 @ ((a * (1 - a)) * (w2 @ error)), rel=1e-12, abs=0)


def test_the_parts_are_exact():
    """At 20, 1 - tanh^2 from the output is 0; the exact slope is not, and neither is its product with 1 - tanh(1)^2."""
    rule, x = compose(rules.identity, rules.tanh), np.array([20.0])
    assert rule.vjp(x, np.ones(1))[0] == pytest.approx(1.699341702116636e-17, rel=1e-15, abs=0)


def test_options_reach_the_rule_that_has_them():
    x, w, labels = normal(3, 4), normal(4, 5), np.array([1, 0, 4])
    head = compose(rules.softmax_cross_entropy, rules.linear)
    assert head.options == ("label_smoothing",)
    expected = rules.softmax_cross_entropy(x @ w, labels, label_smoothing=0.1)
    assert head(x, w, labels, label_smoothing=0.1).tolist() == expected.tolist()
    with pytest.raises(TypeError, match="has no option 'mode'"):
        head(x, w, labels, mode="full")


def test_a_composed_rule_runs_through_the_adapter():
    rule = compose(rules.linear, rules.sigmoid, rules.linear, rules.sigmoid)
    inputs, v = (normal(3, 4), normal(4, 4), normal(4, 4)), normal(3, 4)
    kernel, work, pulled = kernel_of(rule), Workspace(), rule.vjp(*inputs, v)
    out, buffers = np.empty((3, 4)), tuple(np.empty(x.shape) for x in inputs)
    _, residuals = kernel.forward(*inputs, out=out, work=work)
    kernel.pullback(residuals, v, out=buffers, work=work)
    assert out.tolist() == rule(*inputs).tolist()
    for buffer, expected in zip(buffers, pulled, strict=True):
        assert buffer.tolist() == expected.tolist()


def test_it_runs_on_pytorch_and_through_autograd(same_on_torch, autograd_agrees, gradcheck):
    inputs = (normal(3, 4), normal(4, 5), normal(5, 3), 0.1 + random_stream(64).random((3, 3)))
    same_on_torch(compose(rules.logarithm, rules.softmax), inputs[0])
    autograd_agrees(NETWORK, *inputs)
    gradcheck(NETWORK, *inputs)


def test_a_composed_rule_can_be_registered_and_used_as_an_activation():
    rule = rules.register(compose(rules.tanh, rules.softplus, name="tanh_softplus"))
    assert "tanh_softplus" in rules.activation_names()
    plan_network = mlp(3, (4,), 2, activation="tanh_softplus")
    plan = Plan(plan_network, 5, plan_network.initial_parameters())
    assert np.isfinite(plan.loss_and_gradient(normal(5, 3), np.array([0, 1, 1, 0, 1])))
    assert rule.formula == "y = tanh(softplus(x))"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: compose(rules.softmax), r"expected at least one rule inside softmax, got none"),
        (lambda: compose(rules.convolve1d, rules.convolve1d), r"option 'mode' belongs to more than one"),
        (
            lambda: (
                compose(rules.tanh, rules.Rule("pick", lambda k: (k, k), lambda r, v: v, integers=("x",)))
                and compose(rules.Rule("pick", lambda k: (k, k), lambda r, v: v, integers=("x",)), rules.tanh)
            ),
            r"pick takes no derivative by its first input, x",
        ),
        (lambda: compose(rules.softmax, rules.tanh, name="my rule"), r"a rule's name is an identifier"),
        (lambda: NETWORK(np.ones(3)), r"takes x, weight, weight_2, targets, got 1 arguments"),
        (lambda: NETWORK(np.ones(4), np.ones((4, 5)), np.ones((4, 3)), 0), r"must hold the weight's 4 in_features"),
    ],
)
def test_what_cannot_be_composed_or_called_is_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_only_a_composition_that_keeps_the_shape_is_an_activation():
    assert compose(rules.tanh, rules.softplus).kind == compose(rules.logarithm, rules.softmax).kind == "activation"
    assert compose(rules.log_sum_exp, rules.tanh).kind == "map"
