"""Claims about code with floats: rounded constants explain nothing larger than their rounding."""

import math

import pytest

from chainrule import rules
from chainrule.arrays import namespace, row_sum
from chainrule.documents import check_derivation
from chainrule.documents.evidence.float_readings import BY_ROUNDING


def normed(x, eps=1e-6):
    root = namespace(x).sqrt(row_sum(x * x) + eps)
    return x / root, (x, root)


def pulled(residuals, v):
    x, root = residuals
    return v / root - x * row_sum(v * x) / root**3


def scaled(factor):
    return rules.Rule("code", lambda x: (x * factor(x), factor(x)), lambda by, v: v * by)


NORMED = rules.Rule("code", normed, pulled, options=("eps",))


def checked(rule, claim, monkeypatch):
    monkeypatch.setattr(rules, "get", lambda name: rule)
    text = f"---\nn: size\nx, v: column n\ncode: code\n---\n$$ {claim} $$"
    report = check_derivation(text, repairs=False)
    [step] = report.claims
    return step.verdict, " ".join(str(report).split())


@pytest.mark.parametrize(
    "claim",
    [
        r"\mathtt{code}(x)_i = \frac{x_i}{\sqrt{\sum_k x_k^2 + 10^{-6}}}",
        r"\mathtt{code.pullback}(x, v)_j = \frac{v_j}{\sqrt{\sum_k x_k^2 + 10^{-6}}} "
        r"- \frac{x_j \sum_i v_i x_i}{(\sum_k x_k^2 + 10^{-6})^{3/2}}",
    ],
)
def test_a_float_in_code_is_read_as_its_simple_number(claim, monkeypatch):
    verdict, words = checked(NORMED, claim, monkeypatch)
    assert verdict == "proved"
    assert "up to the rounding of the constants 1e-06 = 1/1000000" in words


@pytest.mark.parametrize(
    "right",
    [
        r"\frac{x_i}{\sqrt{\sum_k x_k^2 + 2 \cdot 10^{-6}}}",
        r"\frac{x_i}{\sqrt{\sum_k x_k^2 + 1.0001 \cdot 10^{-6}}}",
        r"\frac{1.0001 x_i}{\sqrt{\sum_k x_k^2 + 10^{-6}}}",
        r"\frac{x_i}{\sqrt{\sum_k x_k^2}}",
    ],
)
def test_a_small_mistake_is_wrong_whatever_was_rounded(right, monkeypatch):
    verdict, words = checked(NORMED, rf"\mathtt{{code}}(x)_i = {right}", monkeypatch)
    assert verdict == "wrong"
    assert "the left side is" in words


def test_roots_of_sizes_are_read_as_roots(monkeypatch):
    rule = scaled(lambda x: 1 / math.sqrt(x.shape[-1]))
    assert checked(rule, r"\mathtt{code}(x)_i = \frac{x_i}{\sqrt{n}}", monkeypatch)[0] == "proved"
    assert checked(rule, r"\mathtt{code}(x)_i = \frac{x_i}{n}", monkeypatch)[0] == "wrong"


def test_what_rounding_explains_is_not_decided(monkeypatch):
    rule = scaled(lambda x: math.exp(-0.3))  # no simple number
    verdict, words = checked(rule, r"\mathtt{code}(x)_i = e^{-0.3} x_i", monkeypatch)
    assert verdict == "undecided"
    assert BY_ROUNDING in words
    # Differences of nearly equal numbers have few right digits.
    assert checked(rule, r"\mathtt{code}(x)_i - e^{-0.3} x_i = 0", monkeypatch)[0] == "undecided"
    assert checked(rule, r"\mathtt{code}(x)_i = 1.0001 e^{-0.3} x_i", monkeypatch)[0] == "wrong"


def test_floats_without_rounding_are_themselves(monkeypatch):
    verdict, words = checked(scaled(lambda x: 0.375), r"\mathtt{code}(x)_i = \frac{3}{8} x_i", monkeypatch)
    assert verdict == "proved"
    assert "rounding" not in words
