"""Float errors over the condition number."""

import numpy as np

from chainrule import rules
from chainrule.checking import precision
from chainrule.checking.case import RuleCase
from chainrule.checking.conditioned import conditioned_errors, references


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
