"""Errors of floats against balls, and the same over the condition number."""

import numpy as np

from chainrule import rules
from chainrule.checking import balls, check_rule, precision, ulp_errors
from chainrule.checking.case import RuleCase
from chainrule.checking.floats import (
    conditioned_errors,
    exact_results,
    float_errors,
    float_results,
    references,
    rounded,
    worst,
)


def test_errors_are_in_units_of_the_reference():
    results = np.array([1.0 + 2**-52, np.inf, np.nan, np.inf, -np.inf])
    errors = ulp_errors(results, balls([1.0, 2.0, 2.0, np.inf, np.inf]))
    assert errors.tolist() == [1, np.inf, np.inf, 0, np.inf]
    assert np.isnan(ulp_errors(np.array([1.0]), balls([np.nan])))[0]
    assert worst(np.array([np.nan, 2.0, 0.5])) == 2
    assert worst(np.array([np.nan])) == 0


def test_rounded_inputs_must_be_finite():
    case = RuleCase(rules.tanh, (np.array([0.1, np.inf]),), {}, 300)
    assert rounded(case, np.float32).inputs[0].dtype == np.float32
    assert rounded(RuleCase(rules.tanh, (np.array([1e300]),), {}, 300), np.float32) is None


def test_results_have_the_dtype_of_the_inputs():
    case = rounded(RuleCase(rules.tanh, (np.array([0.1, 0.2]),), {}, 300), np.float32)
    results = float_results(case)
    assert list(results) == ["value", "vjp", "jvp"]
    assert {x.dtype for found in results.values() for x in found} == {np.dtype(np.float32)}


def test_uncertain_entries_get_more_bits():
    # exp(1e-80) - 1 has no certain digit at 200 bits.
    difference = rules.Rule("difference", lambda x: (np.exp(x) - 1, x), lambda x, v: v * np.exp(x))
    case = RuleCase(difference, (np.array([1e-80]),), {}, 200)
    assert case.value[0].value.rel_accuracy_bits() < 60
    assert exact_results(case, "value")[0][0].value.rel_accuracy_bits() >= 60


def test_errors_are_given_by_form_and_dtype_with_what_could_not_be_measured():
    errors = {}
    unmeasured = list(float_errors(errors, RuleCase(rules.tanh, (np.array([1e300]),), {}, 300), "float errors"))
    assert set(errors) == {"value float64", "vjp float64", "jvp float64"}
    assert [str(reason) for reason in unmeasured] == ["float32: the inputs lie beyond the largest float"]
    doubled = rules.Rule("doubled", lambda x: (2 * x * (1 + 1e-15), ()), lambda residuals, v: 2 * v)
    assert check_rule(doubled, np.array([1.0])).worst_ulp["value float64"] < 8


def test_cancellation_counts_only_where_the_value_is_a_sum_of_terms():
    case = RuleCase(rules.linear, (np.array([[1.0, 1.1]]), np.array([[1e17], [-1e17]])), {}, 300)
    assert conditioned_errors(references(case, linear_in=("x",)))["value float64"] < 2
    near = RuleCase(rules.linear, (np.array([[1 / 3, 0.1, -0.4]]), np.array([[1.0], [1.0], [1.0]])), {}, 300)
    with_terms = conditioned_errors(references(near, linear_in=("x",)))
    without = conditioned_errors(references(near))
    assert without["value float64"] >= with_terms["value float64"]
    assert set(without) == {f"{form} {dtype}" for form in ("value", "vjp", "jvp") for dtype in ("float64", "float32")}


def test_a_dtype_that_cannot_hold_the_inputs_is_left_out():
    case = RuleCase(rules.tanh, (np.array([1e300]),), {}, 300)
    assert [each.case.inputs[0].dtype for each in references(case)] == [np.float64]


def test_a_wrong_digit_is_seen():
    rough = rules.Rule("rough", lambda x: (np.exp(x), x), lambda x, v: v * np.exp(x))
    right = references(RuleCase(rough, (np.array([0.5, 1.5]),), {}, 300))
    with precision(300):
        exact = {form: tuple(x * (1 + 2.0**-40) for x in results) for form, results in right[0].exact.items()}
    assert conditioned_errors((right[0]._replace(exact=exact),))["value float64"] > 1000
    assert conditioned_errors(right)["value float64"] < 2


def test_equal_results_are_measured_once_and_other_results_again():
    halves = rules.Rule("halves", lambda x: (x * factor, ()), lambda residuals, v: v / 2)
    factor = 0.5
    right, measured = references(RuleCase(halves, (np.array([1.0, 3.0]),), {}, 300)), {}
    assert conditioned_errors(right, measured)["value float64"] == 0
    kept = dict(measured)
    assert conditioned_errors(right, measured)["value float64"] == 0
    assert measured == kept
    factor = 0.5 + 2.0**-50
    assert conditioned_errors(right, measured)["value float64"] > 3
