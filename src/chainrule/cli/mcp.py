"""`chainrule mcp`: the checks as tools for assistants."""

from __future__ import annotations

from typing import Annotated

import typer


def mcp(
    allow_code: Annotated[
        bool,
        typer.Option(
            "--allow-code",
            help="Let tools run Python code that they are sent, in a process without files, network or processes.",
        ),
    ] = False,
) -> int:
    """Serve the checks as tools of the Model Context Protocol, on standard input and output.

    The tools are check_derivation, check_step, prove_identity and check_gradient.
    """
    from chainrule.servers.mcp_server import mcp_server

    mcp_server(allow_code=allow_code).run()
    return 0
