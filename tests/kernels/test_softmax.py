"""Softmax and log-softmax in place, beside their rules."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.kernels.softmax import exact_forward


@pytest.mark.parametrize("rule", [rules.softmax, rules.log_softmax])
def test_it_agrees_with_its_rule(agrees_with_its_rule, rule):
    agrees_with_its_rule(rule)


@pytest.mark.parametrize("rule", [rules.softmax, rules.log_softmax])
def test_it_keeps_a_nan(keeps_a_nan, rule):
    keeps_a_nan(rule)


def test_the_exact_form_in_place_is_the_rule_to_the_last_bit():
    x = np.array([[800.0, 0.0, -800.0], [np.inf, 1.0, np.inf], [-3.0, -np.inf, -40.0], [1.0, 2.0, 3.0]])
    for dtype in (np.float64, np.float32):
        logits = x.astype(dtype)
        expected = rules.softmax(logits)
        with np.errstate(under="ignore"):
            assert exact_forward(logits.copy(), out=None).tolist() == expected.tolist()
            assert exact_forward(logits, out=logits) is logits
        assert logits.tolist() == expected.tolist()
