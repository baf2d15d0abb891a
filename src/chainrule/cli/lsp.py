"""`chainrule lsp`: the step checker in editors."""

from __future__ import annotations

from typing import Annotated

import typer


def lsp(
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Ignored: standard input and output are always used. Some editors pass it.")
    ] = True,
) -> int:
    """Serve the step checker to an editor, as a language server on standard input and output.

    It marks wrong steps in Markdown and LaTeX, offers changes that correct them, and shows how a step was read.
    """
    from chainrule.servers.language_server import serve

    serve()
    return 0
