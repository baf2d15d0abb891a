"""`chainrule derive` prints the facts about a rule and its derivation."""

import pytest

from chainrule import rules
from chainrule.cli import main


@pytest.mark.parametrize("name", rules.names())  # one by one, since the longest take many seconds
def test_a_rule_is_shown(name, capsys):
    rule = rules.get(name)
    assert main(["derive", name]) == 0
    shown = capsys.readouterr().out
    for known in (rule.formula, rule.derivative, rule.domain, rule.kinks):
        assert known in shown
    assert main(["derive", "sofmax"]) == 1
    assert "no rule is named 'sofmax'" in capsys.readouterr().err
