"""Functions of rules that raise, return no array, or write to what they are given."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking import check_rule, prove_rule
from chainrule.checking.case import RuleCase
from chainrule.checking.rule_calls import broken_calls

X, SCALE = np.array([[0.5, -1.0, 2.0], [1.0, 0.25, -3.0]]), np.array([1.0, 0.5, 2.0])


def scaled(**parts):
    given = {
        "x": lambda residuals, v: v * residuals[1],
        "scale": lambda residuals, v: (v * residuals[0]).sum(axis=0),
        "pushforward": lambda residuals, t, s: t * residuals[1] + residuals[0] * s,
        "forward": lambda x, scale: (x * scale, (x * 1, scale)),
    } | parts
    pullbacks = {"x": given["x"], "scale": given["scale"]}
    return rules.Rule("scaled", given["forward"], pullbacks, given["pushforward"], inputs=("x", "scale"))


def halving_a_residual(residuals, v):
    found = (v * residuals[0]).sum(axis=0)
    residuals[0][...] *= 0.5
    return found


def overwriting_its_cotangent(residuals, v):
    v *= residuals[1]
    return v


def overwriting_its_tangent(residuals, t, s):
    t *= residuals[1]
    return t + residuals[0] * s


def failing(*arguments):
    raise KeyError("no such entry")


def fails_in_float32(residuals, v):
    return failing() if v.dtype == np.float32 else v * residuals[1]


BROKEN = {
    "scale": (halving_a_residual, "pullback of scale: got residual 0 overwritten, expected the residuals left as they"),
    "x": (overwriting_its_cotangent, "pullback of x: got its cotangent overwritten, expected the cotangent left as it"),
    "pushforward": (overwriting_its_tangent, "pushforward: got its tangent overwritten, expected the tangent left as"),
}


@pytest.mark.parametrize("part", BROKEN)
def test_a_function_that_writes_to_its_arguments_is_named(part):
    function, text = BROKEN[part]
    report = check_rule(scaled(**{part: function}), X, SCALE)
    (failure,) = report.failures
    assert f"scaled: inputs, shapes and dtypes: {text}" in str(failure)
    assert report.proof is None
    proof = prove_rule(scaled(**{part: function}), X, SCALE)
    assert proof.verdict == "unchecked"
    assert text in str(proof)


@pytest.mark.parametrize("order", [("x", "scale"), ("scale", "x")])
def test_a_residual_that_is_overwritten_is_found_in_any_order(order):
    pullbacks = {"x": lambda residuals, v: v * residuals[1], "scale": halving_a_residual}
    forward = scaled().forward
    rule = rules.Rule("scaled", forward, {name: pullbacks[name] for name in order}, inputs=("x", "scale"))
    assert "pullback of scale: got residual 0 overwritten" in str(check_rule(rule, X, SCALE))


@pytest.mark.parametrize(
    ("part", "function", "text"),
    [
        ("x", lambda r, v: (v * r[1], v), "pullback of x: got a tuple, expected one array of shape (2, 3)"),
        ("scale", lambda r, v: [1.0, 2.0, 3.0], "pullback of scale: got a list, expected one array of shape (3,)"),
        ("x", failing, "pullback of x: got KeyError: 'no such entry' (test_rule_calls.py, line "),
        ("x", fails_in_float32, "pullback of x: got KeyError: 'no such entry' (test_rule_calls.py, line "),
        ("pushforward", failing, "pushforward: got KeyError: 'no such entry' (test_rule_calls.py, line "),
        ("forward", failing, "forward: got KeyError: 'no such entry' (test_rule_calls.py, line "),
        ("forward", lambda x, scale: x * scale, "forward: got TypeError: scaled: forward must return (output, resid"),
        ("forward", lambda x, scale: ([1.0], ()), "forward: got a list as the output, expected an array"),
    ],
)
def test_a_function_that_raises_or_returns_no_array_is_named_once(part, function, text):
    report = check_rule(scaled(**{part: function}), X, SCALE)
    (failure,) = report.failures
    assert text in str(failure)
    assert str(report).count("KeyError") <= 1


def test_a_random_forward_is_called_so():
    rule = rules.Rule("noisy", lambda x: (x * np.random.default_rng().random(), x), lambda x, v: v)
    (failure,) = check_rule(rule, np.array([1.0, 2.0])).failures
    assert (failure.entry, failure.expected) == ("forward", "the same value each time; give random numbers as an input")
    assert failure.got.endswith(" in two calls with the same input")


def test_rules_that_keep_to_it_are_not_named():
    assert not list(broken_calls(RuleCase(scaled(), (X, SCALE), {}, 300), "calls"))
