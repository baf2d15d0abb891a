"""The step checker as a language server: editors mark wrong steps while a derivation is written.

A text is checked in a child process a short time after its last change. A change ends the check that is under way.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chainrule import __version__
from chainrule.extras import import_extra
from chainrule.servers import marks
from chainrule.servers.child_process import TaskFailed, prepare, result_of

SECONDS_OF_REST = 0.3
"""Time without a change after which a text is checked."""

FORMATS = {
    **dict.fromkeys(("markdown", "quarto", "rmd", "mdx"), "markdown"),
    **dict.fromkeys(("latex", "tex", "plaintex"), "latex"),
    **dict.fromkeys(("restructuredtext", "rst"), "rst"),
}
"""Formats by what editors call a language; for others, the file's ending tells."""


@dataclass(frozen=True)
class CheckedText:
    """A version of a text with its report in JSON, and the block that declares what was guessed."""

    version: int | None
    lines: tuple[str, ...]
    report: dict[str, Any]
    declarations: str


def serve() -> None:
    """Serve on standard input and output.

    Raises
    ------
    ImportError
        If pygls is not installed.
    """
    server = language_server()
    # The protocol gets files of its own: what else prints, prints on standard error.
    reading, writing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    server.start_io(reading, writing)


def language_server() -> Any:
    """A server with diagnostics, quick fixes and hovers for texts with formulas.

    Returns
    -------
    pygls.lsp.server.LanguageServer

    Raises
    ------
    ImportError
        If pygls is not installed.
    """
    pygls = import_extra("pygls.lsp.server", "lsp", "`chainrule lsp` needs pygls")
    from lsprotocol import types

    server = pygls.LanguageServer("chainrule", __version__)
    feature: Callable[..., Callable[[Any], Any]] = server.feature
    checked: dict[str, CheckedText] = {}
    under_way: dict[str, asyncio.Task[None]] = {}
    levels = {
        "error": types.DiagnosticSeverity.Error,
        "warning": types.DiagnosticSeverity.Warning,
        "information": types.DiagnosticSeverity.Information,
        "hint": types.DiagnosticSeverity.Hint,
    }

    def stretch(lines: Any, start: tuple[int, int], end: tuple[int, int]) -> Any:
        """A range as the client counts characters."""
        found = types.Range(types.Position(*start), types.Position(*end))
        return server.workspace.position_codec.range_to_client_units(lines, found)

    def publish(uri: str, version: int | None, lines: Any, found: list[marks.Mark]) -> None:
        told = [
            types.Diagnostic(
                stretch(lines, (mark.line, mark.start), (mark.line, mark.end)),
                f"{mark.verdict}: {mark.message}",
                severity=levels[mark.level],
                code=mark.verdict,
                source="chainrule",
            )
            for mark in found
        ]
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, told, version))

    async def check(uri: str, rest: float) -> None:
        await asyncio.sleep(rest)
        document = server.workspace.get_text_document(uri)
        text, version = document.source, document.version
        lines = tuple(marks.lines_of(text))
        arguments = {"text": text, "format": FORMATS.get(document.language_id or ""), "name": uri.rpartition("/")[2]}
        try:
            answer = await result_of("check_document", arguments)
        except TaskFailed as error:
            publish(uri, version, lines, [marks.Mark(0, 0, 0, "information", "not checked", str(error))])
            return
        checked[uri] = CheckedText(version, lines, answer["report"], answer["declarations"])
        publish(uri, version, lines, marks.marks(answer["report"], lines))

    def stop(uri: str) -> None:
        checked.pop(uri, None)
        if uri in under_way:
            under_way.pop(uri).cancel()

    def known(uri: str) -> CheckedText | None:
        """The report about the text as it is now."""
        found = checked.get(uri)
        return found if found and found.version == server.workspace.get_text_document(uri).version else None

    @feature(types.INITIALIZED)
    async def prepared(_: types.InitializedParams) -> None:
        await asyncio.to_thread(prepare)

    @feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        stop(params.text_document.uri)
        under_way[params.text_document.uri] = asyncio.create_task(check(params.text_document.uri, 0.0))

    @feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        stop(params.text_document.uri)
        under_way[params.text_document.uri] = asyncio.create_task(check(params.text_document.uri, SECONDS_OF_REST))

    @feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        stop(params.text_document.uri)
        publish(params.text_document.uri, None, (), [])

    @feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        found = known(params.text_document.uri)
        if found is None:
            return None
        at = server.workspace.position_codec.position_from_client_units(found.lines, params.position)
        step = marks.step_at(found.report, found.lines, at.line, at.character)
        if step is None:
            return None
        parts = [step["verdict"], step["message"], step["strict"] and f"Read as: {step['strict']}"]
        # As Markdown, the subscripts of two formulas would become italics between them.
        return types.Hover(types.MarkupContent(types.MarkupKind.PlainText, "\n\n".join(filter(None, parts))))

    @feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
    )
    def code_actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        found = known(uri)
        if found is None:
            return []
        first, last = params.range.start.line + 1, params.range.end.line + 1
        steps = [step for step in found.report["steps"] if first <= step["line"] <= last]
        repairs = [marks.repair_of(step, found.lines) for step in steps]
        block = marks.declared(found.declarations, found.lines, found.report["format"])
        return [
            types.CodeAction(
                change.title,
                types.CodeActionKind.QuickFix,
                is_preferred=change is not block,
                edit=types.WorkspaceEdit(
                    {uri: [types.TextEdit(stretch(found.lines, change.start, change.end), change.text)]}
                ),
            )
            for change in (*repairs, block)
            if change is not None
        ]

    return server
