"""Options that are left at their defaults."""

import numpy as np

from chainrule import rules
from chainrule.checking import check_rule, prove_rule
from chainrule.checking.option_values import defaults_left, in_words, other_options

X = np.array([1.0, 2.0])


def square(pullback):
    return rules.Rule("square", lambda x, b=1.0: (b * x * x, (x, b)), pullback, options=("b",))


def test_a_factor_that_is_one_by_default_is_missed_nowhere():
    lost = square(lambda residuals, v: 2 * residuals[0] * v)
    report = check_rule(lost, X)
    assert report.verdict == "fail"
    assert "quotient with b = 2.0: x[0]: got -0.9922668338, expected -1.984533668" in str(report)
    proof = prove_rule(lost, X)
    assert proof.verdict == "fail"
    assert "with b = 2.0: got " in str(proof)


def test_a_proof_names_the_defaults():
    right = square(lambda residuals, v: 2 * residuals[0] * residuals[1] * v)
    assert str(prove_rule(right, X)) == "square: proved for all inputs at size 2 with b = 1.0, its default"
    assert check_rule(right, X).proof.claim.endswith("with b = 1.0, its default")
    assert str(prove_rule(right, X, options={"b": 2.5})).endswith("with b = 2.5")
    assert check_rule(right, X, options={"b": 2.5}).proof.claim.endswith("with b = 2.5")


def test_only_numbers_that_are_left_out_count():
    rule = rules.Rule("r", lambda x, a=1, b=2.0, c="d", e=True: (x, ()), lambda r, v: v, options=("a", "b", "c", "e"))
    assert defaults_left(rule, {}) == {"a": 1, "b": 2.0}
    assert defaults_left(rule, {"b": 1.0}) == {"a": 1}
    assert in_words(rule, {}) == "with a = 1 and b = 2.0, their defaults"
    assert list(other_options(rule, {"c": "f"})) == [("b = 0.5", {"c": "f", "b": 0.5})]


def test_values_that_a_rule_refuses_are_left_out():
    def forward(x, b=1.0):
        if b != 1.0:
            raise ValueError("b: expected 1")
        return x * x, x

    assert check_rule(rules.Rule("square", forward, lambda x, v: 2 * x * v, options=("b",)), X).ok
