"""A document of any format, from its text or file, as pieces."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chainrule.documents.sources.declared import declared_spans
from chainrule.documents.sources.latex import latex_spans
from chainrule.documents.sources.macros import closing_braces, definitions, macros_in
from chainrule.documents.sources.markdown import Style, markdown_spans, style_of
from chainrule.documents.sources.pieces import Piece, Pieces
from chainrule.documents.sources.plain import plain_spans
from chainrule.documents.sources.restructured import restructured_spans
from chainrule.documents.sources.scanning import Region
from chainrule.documents.sources.stretches import Sheet, Stretch
from chainrule.documents.sources.wording import pieces_between

MOST_CHARACTERS = 2_000_000
MOST_NOTES = 200
FORMATS = {
    **dict.fromkeys((".md", ".markdown", ".mdown", ".rmd", ".qmd", ".mdx"), "markdown"),
    **dict.fromkeys((".tex", ".ltx", ".latex"), "latex"),
    ".ipynb": "notebook",
    ".rst": "rst",
    ".rest": "rst",
}
OTHER_FORMATS = {
    b"%PDF-": "PDF has no formulas to read",
    b"PK\x03\x04": "this is an archive or the file of a word processor",
    **dict.fromkeys((b"\x89PNG", b"\xff\xd8\xff"), "a picture has no formulas to read"),
}
"""By the first bytes of a file: why it is not read."""
UNREAD = {
    ".pdf": OTHER_FORMATS[b"%PDF-"],
    **dict.fromkeys((".doc", ".docx", ".odt", ".pages", ".rtf"), "formulas of word processors are not read"),
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".heic", ".gif", ".tif", ".tiff"), OTHER_FORMATS[b"\x89PNG"]),
    **dict.fromkeys((".zip", ".tar", ".gz", ".7z", ".rar"), "archives are not opened"),
}
"""The endings of files that people hand in and that are not read, with the reason."""
STANDARD_INPUT = "-"
_LATEX = re.compile(r"^[ \t]*\\(?:documentclass|begin\{document\})", re.MULTILINE)
_OWN = re.compile(r"^\[chainrule: [^\n]*", re.MULTILINE)
"""Comments that `chainrule check --annotate` writes into plain text."""
_RST = re.compile(r"^[ \t]*\.\. math::|:math:`", re.MULTILINE)


class Unreadable(ValueError):
    """The document is too long, no text, or a notebook that is none.

    Examples
    --------
    >>> from chainrule.documents import check_derivation
    >>> check_derivation("{", name="notes.ipynb")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    chainrule.documents.sources.opening.Unreadable: this notebook cannot be read: ...
    """


@dataclass
class _Notes:
    """Notes of a sheet, with lines; after many of them only their number."""

    found: list[tuple[int, str]] = field(default_factory=list)
    more: int = 0

    def of(self, sheet: Sheet) -> Any:
        def note(offset: int, text: str) -> None:
            where = "" if sheet.cell is None else f"cell {sheet.cell}: "
            if len(self.found) < MOST_NOTES:
                self.found.append((sheet.line(offset), where + text))
            else:
                self.more += 1

        return note

    def all(self) -> tuple[tuple[int, str], ...]:
        more = [(0, f"{self.more} more notes")] if self.more else []
        return (*sorted(dict.fromkeys(self.found)), *more)


def read(path: str | Path) -> Pieces:
    """The pieces of a file.

    The path may be a pipe, or "-" for the standard input.

    Raises
    ------
    Unreadable
        If it has more than two million characters, is binary, or is a broken notebook.
    OSError
    """
    path = Path(path)
    why = UNREAD.get(path.suffix.lower(), "")
    raw = b"" if why else _bytes(path)
    if why := why or next((why for begins, why in OTHER_FORMATS.items() if raw.startswith(begins)), ""):
        raise Unreadable(f"{why}; give Markdown, LaTeX or a notebook")
    if len(raw) > 4 * MOST_CHARACTERS:
        raise Unreadable(
            f"more than {4 * MOST_CHARACTERS} bytes; documents of up to {MOST_CHARACTERS} characters are read"
        )
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return pieces_of(raw.decode("utf-16", errors="replace"), path.name)
    return pieces_of(raw.decode("utf-8", errors="replace"), path.name)


def pieces_of(text: str, name: str = "", format: str | None = None) -> Pieces:
    r"""The pieces of a document; its format is that of the name, or the one that the text looks like.

    >>> found = pieces_of("Let $x > 0$.\n\n$$x + x = 2x$$\n", "a.md")
    >>> [(piece.kind, piece.text, piece.place_of(0)) for piece in found.pieces if piece.kind != "prose"]
    [('inline', 'x > 0', (1, 6)), ('display', 'x + x = 2x', (3, 3))]

    Raises
    ------
    Unreadable
        If it has more than two million characters, is binary, or is a broken notebook.
    """
    if len(text) > MOST_CHARACTERS:
        raise Unreadable(f"{len(text)} characters; documents of up to {MOST_CHARACTERS} are read")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    if text.count("\x00") * 20 > len(text):
        raise Unreadable("this is a binary file; expected text")
    notes = _Notes()
    notes.found += [(1, f"{text.count(bad)} {what}") for bad, what in _BAD.items() if bad in text]
    format = format or FORMATS.get(Path(name).suffix.lower()) or _looks_like(text)
    sheets = _cells(text) if format == "notebook" else [(Sheet(text), format)]
    body = "\n\n".join(sheet.text for sheet, kind in sheets if kind != "code")
    style = style_of(body) if format in ("markdown", "notebook") else Style()
    macros: dict[str, tuple[str, int, str]] = {}
    pieces: list[Piece] = []
    for sheet, kind in sheets:
        pieces += _pieces(sheet, kind, style, macros, notes)
    return Pieces(name, format, tuple(pieces), tuple(macros.values()), notes.all(), text)


_BAD = {"\ufffd": "characters are no valid UTF-8", "\x00": "NUL characters are left out of formulas"}


def _bytes(path: Path) -> bytes:
    """The content of a file, which may be a pipe, up to more than the most that is read."""
    most = 4 * MOST_CHARACTERS + 1
    if str(path) == STANDARD_INPUT:
        return sys.stdin.buffer.read(most)
    with path.open("rb") as file:
        return file.read(most)


def _looks_like(text: str) -> str:
    if text.lstrip()[:1] == "{" and '"cells"' in text[:2000] + text[-2000:]:
        return "notebook"
    if _LATEX.search(text):
        return "latex"
    if _RST.search(text):
        return "rst"
    spans = markdown_spans(text, Style(), lambda offset, message: None)
    return "markdown" if any(span.kind in ("display", "inline", "declarations") for span in spans) else "text"


def _cells(text: str) -> list[tuple[Sheet, str]]:
    """The cells of a notebook, with the format of each."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"this notebook cannot be read: {type(error).__name__}: {error}") from None
    if not isinstance(notebook, dict):
        raise Unreadable(f"this notebook cannot be read: expected a JSON object with cells, got {_kind(notebook)}")
    if "cells" not in notebook and isinstance(notebook.get("worksheets"), list):
        raise Unreadable("this notebook has the format 3; convert it: jupyter nbconvert --to notebook FILE")
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        got = f"{_kind(cells)} in their place" if "cells" in notebook else "no cells"
        raise Unreadable(f"this notebook cannot be read: expected a list of cells, got {got}")
    found = []
    for number, cell in enumerate(cells):
        if not isinstance(cell, dict):
            continue
        source = cell.get("source", "")
        body = "".join(map(str, source)) if isinstance(source, list) else str(source)
        kind = {"markdown": "markdown", "code": "code"}.get(str(cell.get("cell_type")))
        if kind is not None:
            found.append((Sheet(body.replace("\r\n", "\n"), number), kind))
    return found


def _kind(value: object) -> str:
    """The kind of a value of JSON, in words."""
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


def _pieces(
    sheet: Sheet, format: str, style: Style, macros: dict[str, tuple[str, int, str]], notes: _Notes
) -> list[Piece]:
    whole = Stretch(sheet.text)
    if format == "code":
        return [sheet.piece("code", whole)] if sheet.text.strip() else []
    note = notes.of(sheet)
    declared = declared_spans(sheet.text, format)
    unread = [(span.start, span.end) for span in declared] + [found.span() for found in _OWN.finditer(sheet.text)]
    blank = [(start, end, re.sub(r"[^\n]", " ", sheet.text[start:end])) for start, end in sorted(unread)]
    text = whole.edited(blank).text
    closing = closing_braces(text)
    defined = definitions(text, closing)
    for each in defined:
        macros[each.name] = (each.name, each.arguments, each.replacement)
    for span in declared:
        macros |= macros_in(sheet.text[span.start : span.end]) if span.kind == "declarations" else {}
    if format == "latex":
        spans = latex_spans(text, closing, defined, note)
    elif format == "rst":
        spans = restructured_spans(text)
    elif format == "markdown":
        spans = markdown_spans(text, style, note)
        if not any(span.kind in ("display", "inline") for span in spans):
            spans = [*spans, *plain_spans(text)]
    else:
        spans = plain_spans(text)
    spelling = "escaped" if style.escaped else format
    spans = [part for span in spans for part in _around(span, declared)]
    return pieces_between(sheet, whole, _merged([*spans, *declared]), spelling, note)


def _around(span: Region, declared: Sequence[Region]) -> Iterator[Region]:
    """A span that is skipped, such as a preamble, without the declarations in it; any other span whole."""
    inside = [each for each in declared if span.start <= each.start and each.end <= span.end]
    if span.kind != "skipped" or not inside:
        yield span
        return
    ends = (span.start, *(each.end for each in inside))
    for start, end in zip(ends, (*(each.start for each in inside), span.end), strict=True):
        if start < end:
            yield Region("skipped", start, start, end, end)


def _merged(spans: Sequence[Region]) -> list[Region]:
    """All spans in order, without those that begin inside others."""
    kept: list[Region] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept
