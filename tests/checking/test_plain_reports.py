"""Reports of checks of code as values that JSON holds, with wrong entries as numbers."""

import json
import math

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking import check_gradient, check_rule, prove_identity
from chainrule.checking.plain_reports import number, plain_proof, plain_report


def test_a_wrong_gradient_is_told_in_numbers():
    report = check_gradient(lambda x: np.sum(np.exp(x)), np.array([0.0, 1.0]), gradient=lambda x: x * np.exp(x))
    found = json.loads(json.dumps(plain_report(report), allow_nan=False))
    assert list(found) == ["verdict", "proof", "failures", "slip", "unchecked"]
    (failure,) = found["failures"]  # the entry at 1 is right
    assert (found["verdict"], failure["entry"], failure["numbers"]) == ("fail", "x[0]", [0.0, 1.0])
    assert [float(failure["got"]), float(failure["expected"])] == failure["numbers"]


def test_a_wrong_shape_has_no_numbers():
    report = check_gradient(lambda x: np.sum(x**2), np.array([1.0, 4.0]), gradient=lambda x: np.ones((2, 2)))
    assert plain_report(report)["failures"][0]["numbers"] is None


def test_a_rule_that_is_right_has_no_failures():
    found = plain_report(check_rule(rules.tanh, np.array([0.5])))
    assert (found["verdict"], found["failures"], found["slip"]) == ("pass", [], None)
    assert found["proof"].startswith("proved for all inputs")


def test_an_identity_that_fails_is_told_with_the_point():
    found = plain_proof(prove_identity(lambda x: np.exp(x[0]), lambda x: np.exp(x[1]), shapes={"x": (2,)}))
    numbers = found["differences"][0]["numbers"]
    assert found["verdict"] == "fail"
    assert numbers["left"] == pytest.approx(math.exp(numbers["values"]["x0"]), rel=1e-9)  # ten digits are told
    assert numbers["right"] == pytest.approx(math.exp(numbers["values"]["x1"]), rel=1e-9)
    proved = plain_proof(prove_identity(lambda x: x + x, lambda x: 2 * x, shapes={"x": ()}))
    assert (proved["verdict"], proved["differences"]) == ("proved", [])


@pytest.mark.parametrize(("text", "value"), [("-2.5e3", -2500.0), ("inf", None), ("nan", None), ("", None)])
def test_only_finite_numbers_are_numbers(text, value):
    assert number(text) == value
