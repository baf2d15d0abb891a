"""The language server, through the client of pygls, as editors use it."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="needs pygls: pip install -e '.[lsp]'")
pytest.importorskip("lsprotocol", reason="needs pygls: pip install -e '.[lsp]'")

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from chainrule.servers.language_server import language_server

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")
SOURCES = Path(__file__).parents[2] / "src"
URI = "file:///notes/a.md"
X = "\U0001d465"  # two characters in UTF-16
WRONG = r"# T $$\frac{d}{dx} \tanh x = 1 - \tanh x$$".replace("x", X).replace(" T ", f" {X}\n\n")
RIGHT = WRONG.replace(r"1 - \tanh", r"1 - \tanh^2")


class Editor(LanguageClient):
    """A client with one open text, which notes the diagnostics of each version."""

    def __init__(self):
        super().__init__("editor", "1")
        self.text, self.version, self.published = "", 0, []

        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def noted(params):
            self.published.append((params.version, list(params.diagnostics)))

    async def open(self, text, language="markdown", uri=URI):
        self.text, self.version, self.uri = text, 1, uri
        item = types.TextDocumentItem(uri, language, 1, text)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, text):
        self.text, self.version = text, self.version + 1
        document = types.VersionedTextDocumentIdentifier(self.version, self.uri)
        whole = types.TextDocumentContentChangeWholeDocument(text)
        self.text_document_did_change(types.DidChangeTextDocumentParams(document, [whole]))

    async def diagnostics(self, seconds=60):
        """Those of the text as it is now."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for version, found in self.published:
                if version == self.version:
                    return found
            await asyncio.sleep(0.02)
        raise TimeoutError(self.published)

    async def actions(self, line):
        span = types.Range(types.Position(line, 0), types.Position(line, 0))
        document = types.TextDocumentIdentifier(self.uri)
        params = types.CodeActionParams(document, span, types.CodeActionContext([]))
        return list(await self.text_document_code_action_async(params))

    async def hover(self, line, character):
        place = types.HoverParams(types.TextDocumentIdentifier(self.uri), types.Position(line, character))
        return await self.text_document_hover_async(place)

    def apply(self, action):
        """Change the text as a quick fix says; characters count in UTF-16."""
        (edit,) = action.edit.changes[self.uri]
        assert edit.range.start.line == edit.range.end.line
        lines = self.text.split("\n")
        line = lines[edit.range.start.line].encode("utf-16-le")
        start, end = 2 * edit.range.start.character, 2 * edit.range.end.character
        lines[edit.range.start.line] = (line[:start] + edit.new_text.encode("utf-16-le") + line[end:]).decode(
            "utf-16-le"
        )
        self.change("\n".join(lines))


def in_editor(work):
    """Run a coroutine function of an editor that is connected to a server in a process of its own."""

    async def run():
        editor = Editor()
        command = (sys.executable, "-m", "chainrule", "lsp")
        await editor.start_io(*command, env=os.environ | {"PYTHONPATH": str(SOURCES)})
        answer = await editor.initialize_async(
            types.InitializeParams(capabilities=types.ClientCapabilities(), process_id=os.getpid())
        )
        editor.initialized(types.InitializedParams())
        try:
            return await work(editor, answer.capabilities)
        finally:
            await editor.shutdown_async(None)
            editor.exit(None)
            await editor.stop()

    return asyncio.run(asyncio.wait_for(run(), 120))


def marked(editor, diagnostic):
    """The part of the text that a diagnostic marks."""
    line = editor.text.split("\n")[diagnostic.range.start.line].encode("utf-16-le")
    return line[2 * diagnostic.range.start.character : 2 * diagnostic.range.end.character].decode("utf-16-le")


def test_a_wrong_step_is_marked_explained_and_repaired():
    async def work(editor, capabilities):
        assert capabilities.hover_provider
        assert capabilities.code_action_provider.code_action_kinds == ("quickfix",)
        await editor.open(WRONG)
        (wrong,) = await editor.diagnostics()
        assert marked(editor, wrong) == rf"= 1 - \tanh {X}"
        assert (wrong.severity, wrong.code, wrong.source) == (types.DiagnosticSeverity.Error, "wrong", "chainrule")
        first, point, change = wrong.message.split("\n")
        assert first == "wrong: It does not follow from the left side."
        assert point.startswith("With x = ")
        assert "the left side is" in point
        assert change == rf"Changing \tanh {X} to (\tanh {X})^{{2}} makes it true."
        hover = await editor.hover(2, 40)
        assert hover.contents.value.startswith("wrong\n\nIt does not follow from the left side. With x = ")
        assert hover.contents.value.endswith("\n\nRead as: claim 3: partial(tanh(x), x) = 1 - tanh(x)")
        assert await editor.hover(0, 0) is None
        repair, block = await editor.actions(2)
        assert (repair.kind, repair.is_preferred, block.is_preferred) == ("quickfix", True, False)
        assert repair.title == rf"Change \tanh {X} to (\tanh {X})^{{2}}, which makes it true"
        editor.apply(repair)
        assert await editor.diagnostics() == []
        (block,) = await editor.actions(0)
        assert block.title == "Declare what was guessed"
        editor.apply(block)
        assert await editor.diagnostics() == []
        assert editor.text.startswith("---\nx: number\n---\n\n# ")
        assert await editor.actions(0) == []

    in_editor(work)


def test_a_latex_file_is_read_as_latex():
    async def work(editor, _):
        await editor.open("\\documentclass{article}\n\\begin{document}\n\\[ 1 + 1 = 3 \\]\n\\end{document}", "tex", URI)
        (wrong,) = await editor.diagnostics()
        assert (wrong.range.start.line, marked(editor, wrong)) == (2, "= 3")

    in_editor(work)


def test_typing_publishes_the_last_version_and_answers_at_once():
    async def work(editor, _):
        await editor.open("")
        assert await editor.diagnostics() == []
        began, slowest = time.monotonic(), 0.0
        for length in range(1, len(WRONG) + 1):
            editor.change(WRONG[:length])
            asked = time.monotonic()
            await editor.hover(0, 0)
            slowest = max(slowest, time.monotonic() - asked)
        typed = time.monotonic() - began
        (wrong,) = await editor.diagnostics()
        assert marked(editor, wrong) == rf"= 1 - \tanh {X}"
        versions = [version for version, _ in editor.published]
        # No check was finished that a change had made stale: at most one in each time of rest.
        assert versions == sorted(versions)
        assert len(versions) <= 2 + typed / 0.3
        assert slowest < 5  # the checks of so many versions would take longer

    in_editor(work)


def test_a_change_ends_a_long_check():
    async def work(editor, _):
        long = "\n\n".join(rf"$$\prod_{{i=1}}^{{{n}}} (x_i + {n}) = \sum_i x_i^{n}$$" for n in [*range(30, 130)] * 10)
        await editor.open(long)
        await asyncio.sleep(3)  # the check is under way
        assert editor.published == []
        editor.change("$$1 = 2$$")
        (wrong,) = await editor.diagnostics(20)
        assert wrong.code == "wrong"
        assert [version for version, _ in editor.published] == [2]

    in_editor(work)


@pytest.mark.parametrize(
    "text",
    ["$$" + "{" * 20_000, "x" * 2_000_001, r"\begin{align}" * 2000],
    ids=["nested", "long", "unended"],  # pytest puts the name into the environment, which is not as long as the texts
)
def test_what_cannot_be_checked_is_no_end_of_the_server(text):
    async def work(editor, _):
        await editor.open(text)
        await editor.diagnostics()
        editor.change(RIGHT)
        assert await editor.diagnostics() == []

    in_editor(work)


def test_a_closed_text_has_no_marks():
    async def work(editor, _):
        await editor.open(WRONG)
        assert len(await editor.diagnostics()) == 1
        editor.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(URI)))
        await editor.hover(0, 0)
        assert editor.published[-1] == (None, [])

    in_editor(work)


def test_without_pygls_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygls.lsp.server", None)
    with pytest.raises(ImportError, match=r"the extra 'lsp': pip install 'chainrule\[lsp\]'"):
        language_server()
