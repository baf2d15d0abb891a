"""`chainrule rules` lists every rule."""

import json

from chainrule import rules
from chainrule.cli import main


def test_every_rule_is_listed(capsys):
    assert main(["rules", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert sorted(listed) == sorted(rules.names())
    assert main(["rules"]) == 0
    text = capsys.readouterr().out
    for name in rules.names():
        assert name in text
        assert rules.get(name).formula in text
        assert listed[name]["notes"], f"{name} has no text at the top of its file"
