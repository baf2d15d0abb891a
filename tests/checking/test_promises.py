"""Rules that break a promise other than right numbers."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking.case import RuleCase
from chainrule.checking.promises import keeps_inputs

X = np.array([0.5, -1.25, 2.0])


def overwriting(x):
    if x.dtype != object:
        x *= 2
        return x.copy(), ()
    return 2 * x, ()


def double(residuals, v):
    return 2 * v


@pytest.mark.parametrize(
    ("forward", "pullback", "finding"),
    [
        (lambda x: (2 * x, ()), double, None),
        (overwriting, double, "x: got overwritten, expected left alone"),
        (lambda x: ((2 * x).astype(x.dtype if x.dtype == object else "f4"), ()), double, "dtype of the output"),
        (lambda x: (2 * x, ()), lambda residuals, v: np.sum(2 * v, keepdims=True), "shape of cotangent of x"),
        (lambda x: (2 * x, ()), lambda residuals, v: None, "cotangent of x: got None, expected an array"),
    ],
)
def test_a_broken_promise_is_named(forward, pullback, finding):
    case = RuleCase(rules.Rule("mine", forward, pullback), (X.copy(),), {}, 300)
    found = [str(each) for each in keeps_inputs(case, "promises")]
    assert (found == []) if finding is None else any(finding in text for text in found)
