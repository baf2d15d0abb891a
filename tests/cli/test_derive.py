"""`chainrule derive` prints the facts about a rule and its derivation."""

import json

import pytest

from chainrule import rules
from chainrule.cli import main


@pytest.mark.parametrize("name", rules.names())
def test_the_facts_of_each_rule_are_shown_with_its_derivation(name, capsys):
    rule = rules.get(name)
    assert main(["derive", name, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {rule.formula, rule.derivative, rule.domain, rule.kinks} <= {str(value) for value in shown.values()}
    assert f"code: {name}" in shown["derivation"]


@pytest.mark.parametrize("name", ["l2_penalty", "tanh"])  # derivations that are checked quickly
def test_a_rule_is_shown_with_its_checked_derivation(name, capsys):
    rule = rules.get(name)
    assert main(["derive", name]) == 0
    shown = capsys.readouterr().out
    for known in (rule.formula, rule.derivative, rule.domain, rule.kinks):
        assert known in shown
    assert shown.count("✓") >= 10
    assert main(["derive", name, "--html"]) == 0
    assert "proved" in capsys.readouterr().out


def test_an_unknown_rule_is_named_with_all_that_are_known(capsys):
    assert main(["derive", "sofmax"]) == 1
    told = capsys.readouterr().err
    assert "no rule is named 'sofmax'" in told
    assert "zero_pad2d; --import MODULE adds rules of your own" in told
