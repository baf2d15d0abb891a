"""The record of a rule: what its methods take, fill in and refuse, and public calls in blocks of rows."""

import copy
import pickle

import numpy as np
import pytest

from chainrule import rules
from chainrule.kernels import kernel_of
from chainrule.rules import Rule
from chainrule.rules import rule as rule_module

ROWWISE = sorted(name for name in rules.names() if rules.get(name).rowwise or rules.get(name).elementwise)


def arguments(rule, seed):
    """Seven rows of five asymmetric inputs, and targets of the same shape for rules of two inputs."""
    stream = np.random.default_rng(seed)
    logits = stream.standard_normal((7, 5)) * np.array([1, 30, 0.1, 700, 5])
    if rule is rules.cross_entropy:
        logits = stream.dirichlet(np.ones(5), 7)
    if rule is rules.logarithm:
        logits = np.abs(logits)
    return (logits, stream.dirichlet(np.ones(5), 7))[: len(rule.inputs)]


def flat(results):
    return [x for x in (results if isinstance(results, tuple) else (results,)) if x is not None]


@pytest.mark.parametrize("name", ROWWISE)
def test_blocks_of_rows_give_the_same_bits(name, monkeypatch):
    rule = rules.get(name)
    inputs = arguments(rule, seed=1)
    output = rule(*inputs)
    cotangents = [np.random.default_rng(2).standard_normal(output.shape), np.float64(0.7)]
    cotangents += [np.arange(1.0, 6.0)] * (output.ndim == 2)
    tangents = np.random.default_rng(3).standard_normal((len(inputs), 7, 5))
    whole = [output, rule.jvp(*inputs, *tangents), *(x for v in cotangents for x in flat(rule.vjp(*inputs, v)))]
    blocks = []
    monkeypatch.setattr(rule_module, "BLOCK_BYTES", 80)  # two rows of five float64 numbers
    forward = rule.forward
    object.__setattr__(rule, "forward", lambda *x, **options: blocks.append(len(x[0])) or forward(*x, **options))
    try:
        parts = [
            rule(*inputs),
            rule.jvp(*inputs, *tangents),
            *(x for v in cotangents for x in flat(rule.vjp(*inputs, v))),
        ]
    finally:
        object.__setattr__(rule, "forward", forward)
    assert blocks == [2, 2, 2, 1] * (2 + len(cotangents))
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other, strict=True)


def test_labels_are_split_with_their_rows(monkeypatch):
    logits, labels = np.random.default_rng(1).standard_normal((7, 5)), np.array([0, 4, 2, 2, 1, 3, 0])
    loss, (gradient, none) = (
        rules.softmax_cross_entropy(logits, labels),
        rules.softmax_cross_entropy.vjp(logits, labels, np.arange(7.0)),
    )
    monkeypatch.setattr(rule_module, "BLOCK_BYTES", 80)
    np.testing.assert_array_equal(rules.softmax_cross_entropy(logits, labels), loss)
    by_blocks, still_none = rules.softmax_cross_entropy.vjp(logits, labels, np.arange(7.0))
    np.testing.assert_array_equal(by_blocks, gradient)
    assert none is None
    assert still_none is None


def test_a_single_row_is_not_split_over_its_classes(monkeypatch):
    monkeypatch.setattr(rule_module, "BLOCK_BYTES", 8)
    assert rules.softmax(np.zeros(4)).tolist() == [0.25] * 4


def test_a_cotangent_for_the_last_axis_is_not_split_over_the_rows(monkeypatch):
    x, v = np.random.default_rng(1).standard_normal((5, 5)), np.arange(1.0, 6.0)
    whole = rules.softmax.vjp(x, v)
    monkeypatch.setattr(rule_module, "BLOCK_BYTES", 80)
    np.testing.assert_array_equal(rules.softmax.vjp(x, v), whole)


def test_a_wrong_shape_is_named_as_for_whole_arrays(monkeypatch):
    monkeypatch.setattr(rule_module, "BLOCK_BYTES", 80)
    with pytest.raises(ValueError, match=r"softmax.vjp: the cotangent has shape \(3,\), which does not fit \(7, 5\)"):
        rules.softmax.vjp(np.zeros((7, 5)), np.ones(3))


X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def scaled(**about):
    """y = s x for one number s, a rule of two inputs."""
    return Rule(
        "scaled",
        lambda x, scale: (x * scale, (x, scale)),
        {"x": lambda r, v: v * r[1], "scale": lambda r, v: np.sum(v * r[0])},
        lambda r, t, u: r[1] * t + r[0] * u,
        inputs=("x", "scale"),
        **about,
    )


def test_cotangents_and_tangents_are_broadcast():
    by_x, by_scale = scaled().vjp(X, 2.0, np.array([1.0, 10.0, 100.0]))
    assert by_x.tolist() == [[2.0, 20.0, 200.0]] * 2
    assert by_scale == np.sum(X * [1.0, 10.0, 100.0])
    assert scaled().jvp(X, 2.0, 1, None).tolist() == [[2.0] * 3] * 2
    assert scaled().jvp(X, 2.0, None, 3).tolist() == (3 * X).tolist()


def test_a_tangent_that_does_not_fit_is_named():
    with pytest.raises(ValueError, match=r"scaled.jvp: the tangent of x has shape \(2,\), which does not fit \(2, 3\)"):
        scaled().jvp(X, 2.0, np.ones(2), None)
    with pytest.raises(ValueError, match=r"scaled.vjp: the cotangent has shape \(3, 2\), which does not fit \(2, 3\)"):
        scaled().vjp(X, 2.0, np.ones((3, 2)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: scaled()(X), TypeError, "scaled takes x, scale, got 1 arguments"),
        (lambda: scaled()(X, 2.0, mode=1), TypeError, "scaled has no option 'mode'; it has none"),
        (lambda: scaled().vjp(X, 2.0), TypeError, "scaled.vjp takes x, scale and the cotangent: 3 arguments, got 2"),
        (lambda: scaled().jacobian(X, 2.0), ValueError, "scaled: no Jacobian was given"),
        (lambda: scaled(kind="layers"), ValueError, "kind: expected one of activation, "),
        (lambda: scaled(needs="both"), ValueError, "needs: expected 'input' or 'output', got 'both'"),
        (
            lambda: Rule("two", None, lambda r, v: v, inputs=("a", "b")),
            TypeError,
            "two has 2 inputs: give one pullback",
        ),
        (lambda: Rule("one", None, {"y": None}), ValueError, "one: there is a pullback for 'y', but no such input"),
        (lambda: Rule("no name", None, {}), ValueError, "a rule's name is an identifier"),
        (lambda: Rule("one", None, {}), ValueError, "one has no pullback, so nothing could be differentiated"),
        (lambda: Rule("one", None, None), ValueError, "one has no pullback, so nothing could be differentiated"),
        (lambda: Rule("one", None, {"x": None}), TypeError, "one: the pullback of x: expected a function, got None"),
        (lambda: rules.smooth_clip(np.ones(2), 2.0), TypeError, "got 2 arguments; give limit by name: limit="),
    ],
)
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_rules_are_copied_as_themselves_and_pickled_by_name():
    assert copy.deepcopy(rules.softmax) is rules.softmax
    assert pickle.loads(pickle.dumps(rules.softmax)) is rules.softmax
    with pytest.raises(TypeError, match="'scaled' is not registered, so it cannot be pickled"):
        pickle.dumps(scaled())


def test_the_role_follows_from_the_number_of_inputs():
    assert (scaled().kind, Rule("one", None, lambda r, v: v).kind) == ("map", "activation")
    assert scaled().constants == ()
    assert rules.dropout.constants == ("mask",)


@pytest.mark.parametrize(
    ("forward", "got"),
    [
        (lambda x: x * x, r"an array of shape \(2, 2\)"),
        (lambda x: (x * x, x, x), "a tuple of 3"),
        (lambda x: None, "NoneType"),
    ],
)
def test_a_forward_without_residuals_is_refused(forward, got):
    rule = Rule("sq", forward, lambda x, v: 2 * x * v)
    calls = (rule, lambda x: rule.vjp(x, 1.0), lambda x: kernel_of(rule).forward(x))
    for call in calls:
        with pytest.raises(TypeError, match=rf"sq: forward must return \(output, residuals\), got {got}"):
            call(np.array([[1.0, 2.0], [3.0, 4.0]]))


def test_other_defaults_hold_unless_a_call_gives_the_option():
    loss = rules.softmax_cross_entropy
    smoothed = loss.with_defaults("smoothed", label_smoothing=0.3)
    logits, targets = np.array([[1.0, 2.0], [0.5, -3.0]]), np.array([0, 1])
    np.testing.assert_array_equal(smoothed(logits, targets), loss(logits, targets, label_smoothing=0.3))
    np.testing.assert_array_equal(smoothed(logits, targets, label_smoothing=0.0), loss(logits, targets))
    assert np.array_equal(
        smoothed.vjp(logits, targets, np.ones(2))[0], loss.vjp(logits, targets, np.ones(2), label_smoothing=0.3)[0]
    )
    with pytest.raises(TypeError, match="softmax_cross_entropy has no option 'smoothing'"):
        loss.with_defaults("smoothed", smoothing=0.3)


def test_an_option_that_forward_does_not_take_is_refused():
    with pytest.raises(TypeError, match="same: forward has no argument 'width', which is one of the options"):
        Rule("same", lambda x: (x, x), lambda residuals, v: v, options=("width",))
    assert Rule("same", lambda x, **options: (x, x), lambda residuals, v: v, options=("width",)).options == ("width",)
