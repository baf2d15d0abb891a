"""`chainrule lsp`: the command starts the server. tests/servers/test_language_server.py talks to it."""

import sys

import pytest

from chainrule.cli import main
from chainrule.servers import language_server


@pytest.mark.parametrize("words", [[], ["--stdio"]])
def test_the_command_serves(words, monkeypatch):
    started = []
    monkeypatch.setattr(language_server, "serve", lambda: started.append("running"))
    assert main(["lsp", *words]) == 0
    assert started == ["running"]


def test_without_pygls_there_is_an_error_of_one_line(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pygls.lsp.server", None)
    assert main(["lsp"]) == 1
    assert (
        capsys.readouterr().err == "error: `chainrule lsp` needs pygls, the extra 'lsp': pip install 'chainrule[lsp]'\n"
    )
