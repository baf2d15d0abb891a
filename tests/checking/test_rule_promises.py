"""Rules that break what their record promises."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking import check_rule, prove_rule
from chainrule.checking.rule_promises import changes_inputs, on_copies

X = np.array([[1.0, 2.0], [3.0, -4.0], [0.5, 8.0]])


def centred(**flags):
    return rules.Rule("centred", lambda x: (x - x.mean(axis=0), ()), lambda r, v: v - v.mean(axis=0), **flags)


def overwriting(slope):
    def forward(x):
        x *= 2
        return x * 1, ()

    return rules.Rule("doubled", forward, lambda residuals, v: slope * v)


def texts(report):
    return [str(failure) for failure in report.failures]


@pytest.mark.parametrize("x", [X, X[:1], X[0]])
@pytest.mark.parametrize("flag", ["rowwise", "elementwise"])
def test_a_rule_that_mixes_rows_is_not_rowwise_and_not_elementwise(flag, x):
    assert check_rule(centred(), x).ok
    (text,) = texts(check_rule(centred(**{flag: True}), x))
    assert f"{flag}=True: output[0]: got " in text
    assert f"{flag}=True: output[0]" in str(prove_rule(centred(**{flag: True}), x))


def test_a_pullback_that_mixes_rows_breaks_the_flag_too():
    rule = rules.Rule("twice", lambda x: (2 * x, ()), lambda r, v: 2 * v.mean(axis=0) + 0 * v, rowwise=True)
    assert any("rowwise=True: x[0]" in text for text in texts(check_rule(rule, X)))


def test_rules_of_the_package_keep_their_flags():
    assert check_rule(rules.softmax, X).ok
    assert check_rule(rules.tanh, X[0]).ok
    assert check_rule(rules.softmax_cross_entropy, X, np.array([0, 1, 1])).ok


def test_an_activation_keeps_the_shape_of_its_input():
    total = rules.Rule("total", lambda x: (x.sum(axis=-1), x), lambda x, v: v[..., None] + 0 * x)
    (text,) = texts(check_rule(total, X))
    assert "shape of the output: got (3,) for an input of shape (3, 2), expected the same shape, or kind='map'" in text


@pytest.mark.parametrize(("slope", "passes"), [(2, True), (3, False)])
def test_a_rule_that_writes_to_its_input_is_checked_at_the_given_input(slope, passes):
    x = np.array([1.0, 2.0])
    report = check_rule(overwriting(slope), x)
    assert x.tolist() == [1.0, 2.0]
    assert "doubled: inputs, shapes and dtypes: x: got overwritten, expected left alone" in texts(report)
    assert (len(report.failures) == 1) is passes
    assert passes or "x[0]: got -1.488400251, expected -0.9922668338" in str(report)
    assert "the rule writes to its input x" in str(prove_rule(overwriting(slope), x))


def test_inputs_that_are_written_to_are_named_and_copies_are_not():
    assert changes_inputs(overwriting(2), [X[0]], {}) == "x"
    assert changes_inputs(on_copies(overwriting(2)), [X[0]], {}) is None
    assert changes_inputs(rules.tanh, [X[0]], {}) is None


def test_float64_results_for_float32_inputs_fail_with_the_cause():
    scaled = rules.elementwise("scaled", lambda x: x * np.sqrt(2), lambda x: np.sqrt(2) + 0 * x)
    (text,) = texts(check_rule(scaled, X))
    assert "dtype of the output for float32 inputs: got float64, expected float32: write constants as Python" in text
    good = rules.elementwise("scaled", lambda x: x * float(np.sqrt(2)), lambda x: float(np.sqrt(2)) + 0 * x)
    assert check_rule(good, X).ok


@pytest.mark.parametrize(
    ("function", "maker"),
    [
        (lambda x, v: v * np.where(x > 0, 1.0, 1.0) + 0.0 * np.float32(1), "where"),
        (lambda x, v: v + np.zeros(x.shape), "zeros"),
        (lambda x, v: v @ np.eye(2), "eye"),
    ],
)
def test_an_array_that_is_made_in_a_pullback_is_named_as_the_cause_of_float64(function, maker):
    report = check_rule(rules.Rule("same", lambda x: (x * 1, x), function), X)
    (text,) = texts(report)
    assert f"expected float32: {maker} may make a float64 array there: give it dtype=x.dtype" in text
    assert report.worst_ulp["vjp float32"] < 1


def test_other_values_of_options_are_checked_though_a_dtype_is_wrong():
    def pull(residuals, v):
        return v * np.ones(v.shape)  # lacks the factor p, and float32

    rule = rules.Rule("times", lambda x, p=1.0: (x * p, (x, p)), pull, options=("p",))
    found = texts(check_rule(rule, X))
    assert any("dtype of cotangent of x" in text for text in found)
    assert any("with p = 2.0: x[0, 0]" in text for text in found)


def test_nan_for_finite_inputs_fails():
    report = check_rule(rules.Rule("n", lambda x: (x * np.nan, x), lambda x, v: v * np.nan), np.array([1.0, 2.0]))
    assert report.verdict == "fail"
    assert "the output: got NaN for x = [1. 2.]" in str(report)
    assert "0 ulp" not in str(report)
    assert "n: vjp float64: not measured" in str(report)
