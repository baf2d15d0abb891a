"""Log-softmax in place, beside the rule."""

from chainrule import rules


def test_it_agrees_with_its_rule(agrees_with_its_rule):
    agrees_with_its_rule(rules.log_softmax)


def test_it_keeps_a_nan(keeps_a_nan):
    keeps_a_nan(rules.log_softmax)
