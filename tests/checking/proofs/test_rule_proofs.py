"""prove_rule: all rules of the package are proved, and wrong ones are not."""

from dataclasses import replace

import numpy as np
import pytest
from docs.catalogue import RULE_CLAIMS
from scipy.special import erf

from chainrule import rules
from chainrule.arrays import namespace
from chainrule.checking.proofs import prove_rule
from chainrule.rules import registry

SAMPLED = ("half_squared_error", "max_pool2d", "scaled_sigmoid", "scaled_softmax")
"""Their code compares products or too many entries, so that cells are sampled."""

AWAY_FROM_KINKS = ("cross_entropy", "heaviside", "relu", "selu", "sign")
"""At a kink, or where a probability is 0, only the value is compared."""


@pytest.mark.parametrize("name", registry.names())
def test_rules_of_the_package_are_proved(name):
    proof = prove_rule(registry.get(name))
    assert proof.verdict == "proved", str(proof)
    assert proof.claim == RULE_CLAIMS[name]
    assert proof.complete == (name not in SAMPLED)
    assert (proof.kinks > 0) == (name in AWAY_FROM_KINKS)
    assert not proof.divisors
    assert not proof.idealised


def test_the_report_says_for_which_inputs():
    assert str(prove_rule(rules.softplus)) == "softplus: proved for all inputs at sizes 1 to 4"
    assert "at which the definition has a derivative" in prove_rule(rules.relu).claim
    assert "on 28 sampled cells" in prove_rule(rules.half_squared_error).claim


WRONG = {
    "sign": lambda residuals, v: -v * residuals * (1 - residuals),
    "factor": lambda residuals, v: v * residuals * (1 - residuals) * 1.0000001,
    "tiny": lambda residuals, v: v * residuals * (1 - residuals) + v * 1e-30,
    "missing factor": lambda residuals, v: v * residuals,
    "tail": lambda residuals, v: v * residuals * (1 - residuals) + namespace(v).exp(-80 * abs(residuals)) * v,
}


@pytest.mark.parametrize("slip", WRONG)
def test_a_wrong_pullback_fails_with_both_values(slip):
    wrong = rules.Rule("own_sigmoid", lambda x: (_sigmoid(x), _sigmoid(x)), WRONG[slip])
    proof = prove_rule(wrong, np.array([0.5, -1.5]))
    assert proof.verdict == "fail"
    assert "pullback of v by x[0] at x0 = " in proof.failures[0]
    assert ", v0 = 488/11, v1 = " in proof.failures[0], "the value is a product with v"


def _sigmoid(x):
    return 1 / (1 + namespace(x).exp(-x))


def test_a_rule_of_the_user_is_proved_at_its_size():
    right = rules.Rule("own_sigmoid", lambda x: (_sigmoid(x), _sigmoid(x)), lambda s, v: v * s * (1 - s))
    assert prove_rule(right, np.array([0.5, -1.5])).claim == "proved for all inputs at size 2"


@pytest.mark.parametrize(
    ("value", "slope", "wrong"),
    [
        (lambda x: np.where(x > 0, x, 0.1 * x), lambda x: np.where(x > 0, 1, 0.1), lambda x: np.where(x > 0, 1, 0.2)),
        (lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0, lambda x: (x > -1) * 1.0),
        (np.abs, np.sign, lambda x: np.ones(x.shape)),
    ],
)
def test_slopes_of_pieces_may_be_plain_numbers(value, slope, wrong):
    proof = prove_rule(rules.elementwise("piecewise", value, slope), np.array([1.5, -2.0]))
    assert str(proof) == "piecewise: proved for all inputs at which the definition has a derivative at size 2"
    assert prove_rule(rules.elementwise("piecewise", value, wrong), np.array([1.5, -2.0])).verdict == "fail"


def test_tangents_and_cotangents_are_told_and_what_is_left_out_is_counted():
    wrong = rules.elementwise("cube", lambda x: x**3, lambda x: 2 * x * x)
    lines = str(prove_rule(wrong, np.arange(1.0, 4))).splitlines()
    assert len(lines) == 7
    assert lines[-1] == "  and 7 more"
    [pushed] = [text for text in prove_rule(wrong, np.ones(1)).failures if text.startswith("pushforward of t")]
    assert ", t_x0 = " in pushed


def test_integers_are_numbers_unless_the_rule_takes_labels():
    wrong = rules.elementwise("square", lambda x: x * x, lambda x: x)
    assert prove_rule(wrong, [2, 3]).verdict == "fail"
    right = rules.elementwise("square", lambda x: x * x, lambda x: 2 * x)
    assert str(prove_rule(right, [2, 3])) == "square: proved for all inputs at size 2"


def test_each_wrong_part_is_found():
    broken = replace(rules.softmax, pushforward=lambda residuals, t: t * residuals[0], name="own_softmax")
    assert any("pushforward" in failure for failure in prove_rule(broken, np.array([0.5, -1.0])).failures)
    broken = replace(rules.softmax, jacobian_matrix=lambda residuals: np.diag(residuals[0]), name="own_softmax")
    assert any("Jacobian" in failure for failure in prove_rule(broken, np.array([0.5, -1.0])).failures)


def test_a_rule_that_is_right_on_one_side_of_0_only_is_refused():
    own = rules.Rule("own_abs", lambda x: (abs(x), x), lambda x, v: v)
    proof = prove_rule(own, np.array([0.5]))
    assert proof.verdict == "fail"


@pytest.mark.parametrize(
    "undefined", [lambda x: namespace(x).sqrt(x) ** 2, lambda x: namespace(x).exp(namespace(x).log(x))]
)
def test_a_pullback_that_is_undefined_where_the_rule_is_not_is_refused(undefined):
    own = rules.Rule("own_square", lambda x: (x * x, x), lambda x, v: 2 * v * undefined(x))
    proof = prove_rule(own, np.array([0.5]))
    assert proof.verdict == "unchecked"
    assert "not positive at the sample" in str(proof)


def test_without_inputs_a_rule_of_the_user_is_refused():
    own = rules.Rule("own", lambda x: (x, None), lambda residuals, v: v)
    with pytest.raises(LookupError, match="give inputs of small sizes"):
        prove_rule(own)


def test_a_rule_that_needs_floats_is_unchecked():
    own = rules.Rule("own", lambda x: (np.asarray(x, dtype=float), None), lambda residuals, v: v)
    assert prove_rule(own, np.array([0.5])).verdict == "unchecked"


def test_code_that_fails_where_the_definition_has_a_value_is_not_outside_the_domain():
    own = rules.Rule("own_square", lambda x: (x * x, x), lambda x, v: 2 * np.exp(np.log(x)) * v)
    proof = prove_rule(own, np.array([0.5]))
    assert proof.verdict == "unchecked"
    assert "the rule: the logarithm" in proof.unchecked[0]


def test_a_missing_cotangent_is_not_proved():
    own = rules.Rule("own_square", lambda x: (x * x, x), lambda x, v: None)
    assert prove_rule(own, np.array([0.5])).verdict == "unchecked"


@pytest.mark.parametrize(
    ("rule", "inputs", "options", "error", "message"),
    [
        (rules.affine, (np.ones(2),), {}, TypeError, "affine takes x, weight, bias, got 1 arguments"),
        (rules.softmax, (np.ones(2),), {"foo": 1}, TypeError, "softmax has no option 'foo'"),
        (rules.softmax, (np.zeros(0),), {}, ValueError, "expected 1 to 60 numbers in all inputs, got 0"),
        (rules.softmax, (np.zeros(500),), {}, ValueError, "expected 1 to 60 numbers in all inputs, got 500"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(rule, inputs, options, error, message):
    with pytest.raises(error, match=message):
        prove_rule(rule, *inputs, options=options)


def test_inputs_outside_the_domain_are_unchecked_with_the_reason():
    proof = prove_rule(rules.nll, np.array([-2.0, -1.0]), np.array(5))
    assert proof.verdict == "unchecked"
    assert "labels lie in 0..1 for 2 classes" in proof.unchecked[0]


def test_constants_that_are_rounded_stand_for_the_numbers_that_they_round():
    def cdf(x):
        return (1 + erf(x / np.sqrt(2))) / 2

    def slope(x):
        return cdf(x) + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi)

    found = prove_rule(rules.elementwise("gelu_of_mine", lambda x: x * cdf(x), slope), [3])
    assert str(found) == (
        "gelu_of_mine: proved for all inputs at size 1 up to the rounding of the constants "
        "1.4142135623730951 = sqrt(2) and 2.5066282746310002 = sqrt(2 pi)"
    )
    wrong = rules.elementwise("gelu_of_mine", lambda x: x * cdf(x), lambda x: slope(x) * (1 + 1e-9))
    assert prove_rule(wrong, [3]).verdict == "fail"


def test_an_input_without_a_pullback_is_told():
    rule = rules.Rule("product", lambda x, y: (x * y, y), {"x": lambda y, v: y * v}, inputs=("x", "y"))
    assert prove_rule(rule, np.ones(2), np.ones(2)).constants == ("y",)
