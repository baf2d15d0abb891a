"""A rule as the judge of its mutants."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking import examples
from chainrule.checking.mutation import point_checks, rule_judge, run_gate

X = np.array([[0.5, -1.25, 2.0], [3.0, 0.25, -0.75]])


def _shifted_softmax(x):
    top = np.amax(x, axis=-1, keepdims=True)
    e = np.exp(x - top)
    s = e / np.sum(e, axis=-1, keepdims=True)
    return s, s


def _shifted_softmax_pullback(s, v):
    return s * (v - np.sum(s * v, axis=-1, keepdims=True))


@pytest.fixture
def own_rule(monkeypatch):
    """Runs the gate on a rule of this file, at given points; equivalence is decided at X."""

    def run(*points):
        rule = rules.Rule("own_softmax", _shifted_softmax, _shifted_softmax_pullback, inputs=("logits",))
        everywhere = (examples.Example((X,)),)
        for module in (point_checks, rule_judge):
            monkeypatch.setattr(
                module, "examples", lambda name, seed=5, edges=True: points if seed == 5 else everywhere
            )
        rules.register(rule)
        try:
            reports, not_judged = run_gate(["own_softmax"], processes=1)
        finally:
            rules.unregister("own_softmax")
        assert not_judged == {}
        return reports[0]

    return run


def _fate(report, before, after):
    (found,) = [x for x in report.outcomes if (x.before, x.after) == (before, after)]
    return found


def test_a_dropped_shift_is_equivalent_at_small_logits_and_killed_at_large_ones(own_rule):
    small, large = examples.Example((X,)), examples.Example((400 * X,), bounded=())
    assert _fate(own_rule(small), "x - top", "x").fate == "equivalent"
    killed = _fate(own_rule(small, large), "x - top", "x")
    assert killed.fate == "killed"
    assert "got NaN" in killed.reason


def test_the_gate_says_where_its_inputs_are_too_weak(own_rule):
    weak = own_rule(examples.Example((np.zeros((1, 1)),)))
    assert _fate(weak, "s * (v - np.sum(s * v, axis=-1, keepdims=True))", "s").fate == "killed"
    assert _fate(weak, "s * v", "v").fate == "survived"
    assert _fate(own_rule(examples.Example((X,))), "s * v", "v").fate == "killed"


def test_a_rule_that_fails_its_checks_is_refused_as_it_is():
    wrong = rules.Rule("wrong", lambda x: (x * x, x), lambda x, v: x * v)
    rules.register(wrong)
    try:
        with pytest.raises(rule_judge.Refused, match=r"wrong itself is refused at inputs of shape \(2, 3\)"):
            rule_judge.RuleJudge("wrong")
    finally:
        rules.unregister("wrong")
