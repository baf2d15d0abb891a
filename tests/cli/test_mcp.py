"""`chainrule mcp`: the command starts the server. tests/servers/test_mcp_server.py talks to it."""

import sys

import pytest

from chainrule.cli import main
from chainrule.servers import mcp_server


@pytest.mark.parametrize(("words", "allowed"), [([], False), (["--allow-code"], True)])
def test_code_runs_only_if_the_command_says_so(words, allowed, monkeypatch):
    started = []

    class Server:
        def run(self):
            started.append("running")

    def made(*, allow_code):
        started.append(allow_code)
        return Server()

    monkeypatch.setattr(mcp_server, "mcp_server", made)
    assert main(["mcp", *words]) == 0
    assert started == [allowed, "running"]


def test_a_missing_sdk_is_an_error_of_one_line(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    assert main(["mcp"]) == 1
    assert capsys.readouterr().err == (
        "error: `chainrule mcp` needs the SDK of the Model Context Protocol, the extra 'mcp': pip install "
        "'chainrule[mcp]'\n"
    )
