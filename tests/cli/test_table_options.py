"""The options that commands for tables share."""

import pytest


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_strict_is_described_alike(chainrule, command):
    shown = " ".join(chainrule(command, "--help").succeeded().out.replace("\u2502", " ").split())
    assert "End with an error if a cell of a table is not a number" in shown
    assert "or if a column is empty." in shown
