"""Formulas without what belongs to their format: comments, escapes of Markdown, entities, definitions, damage."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from chainrule.documents.sources.damage import repaired
from chainrule.documents.sources.macros import closing_braces, definitions
from chainrule.documents.sources.scanning import DISPLAYS, Region
from chainrule.documents.sources.stretches import Edit, Stretch

_INVISIBLE = "[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]"
_TEX = re.compile(rf"(?P<comment>%[^\n]*)|(?P<invisible>{_INVISIBLE}+)|(?P<null>\x00)|\\.", re.DOTALL)
_MARKDOWN = re.compile(
    r"(?P<words>\\(?:text[a-z]{0,6}|math(?:tt|rm)|operatorname\*?|mbox)\s?\{[^{}]{0,300}\})"
    r"|(?P<norm>\\\|\\\|)|(?P<row>\\\\\\\\)|\\(?P<escaped>[_*-])|(?P<entity>&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31});)"
    r"|(?P<quote>\n[ \t]{0,9}(?:>[ \t]?){1,20})|" + _TEX.pattern,
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\\\(?P<twice>[{}|,;!_#&%])|\\(?P<once>[()\[\]])|" + _MARKDOWN.pattern, re.DOTALL)
"""For documents whose Markdown eats backslashes, so that they write `\\\\[` and `\\_`."""

_RST = re.compile(
    r"^[ \t]*:(?:label:[ \t]*(?P<label>[^\s]{1,100})|(?P<option>[a-z]{1,20}:[^\n]*))|" + _TEX.pattern,
    re.DOTALL | re.MULTILINE,
)
_TEXT = re.compile(rf"(?P<invisible>{_INVISIBLE}+)|(?P<null>\x00)")

_WHOLE = re.compile(r"\\begin\{(?P<name>[a-z]+)\*?\}")
_ENDS = re.compile(r"\\end\{(?P<name>[a-z]+)\*?\}")
_ARGUMENTS = re.compile(r"[ \t]*(?:\[[tbchH!p]{1,4}\]|(?<=[tdn]\})\{\d{1,3}\}|(?<=\*\})\{\d{1,3}\})")
_ROOM = re.compile(r"\s*[.,;]?\s*")


def formula(sheet: Stretch, span: Region, format: str, note: Callable[[int, str], None]) -> tuple[Stretch, str]:
    """The formula in a span, and its environment: the innermost one that holds all of it.

    Parameters
    ----------
    format : str
        "latex", "markdown", or "escaped" for Markdown that eats backslashes.
    note : callable
        It is told the offset and the text of each repair.
    """
    text = sheet.cut(span.first, span.last)
    text = _without_definitions(text)
    line = sheet.text[max(span.start - 99, 0) : span.first].rsplit("\n", 1)[-1]
    pattern = {"markdown": _MARKDOWN, "escaped": _ESCAPED, "rst": _RST, "text": _TEXT}.get(format, _TEX)
    quoted = line.lstrip().startswith(">")
    edits: list[Edit] = []
    for match in pattern.finditer(text.text):
        new = _replacement(match, quoted)
        if new is not None and new != match.group():
            edits.append((*match.span(), new))
    text, notes = repaired(text.edited(edits))
    for offset, message in notes:
        note(offset, message)
    if span.environment in ("plain", "code"):
        return text.stripped(), span.environment
    return _unwrapped(text, span.environment)


def _replacement(match: re.Match[str], quoted: bool) -> str | None:
    group, found = match.lastgroup, match.group()
    if group in ("escaped", "once"):
        return match[group]
    if group == "twice":
        return f"\\{match[group]}"
    if group == "label":
        return f"\\label{{{match[group]}}}"
    if group == "quote":
        return "\n" if quoted else None
    if group == "entity":
        return unescape(found).replace("\xa0", "~")
    return {"row": "\\\\", "norm": "\\|", **dict.fromkeys(("comment", "invisible", "null", "option"), "")}.get(
        group or ""
    )


def _without_definitions(text: Stretch) -> Stretch:
    if not re.search(r"\\(?:def|[a-z]*newcommand|let|providecommand|Declare)", text.text):
        return text
    found = definitions(text.text, closing_braces(text.text))
    return text.edited([(each.start, each.end, "") for each in found])


def _unwrapped(text: Stretch, environment: str) -> tuple[Stretch, str]:
    """`\\begin{aligned} ... \\end{aligned}` as a whole is what stands in it."""
    text = text.stripped()
    if environment.startswith(("alignat", "xalignat")):
        text = text.edited(
            [(0, match.end(), "") for match in [re.match(r"\{\d{1,3}\}", text.text)] if match]
        ).stripped()
    for _ in range(3):
        begin = _WHOLE.match(text.text)
        if begin is None or begin["name"] not in DISPLAYS:
            break
        end = next((found for found in _ENDS.finditer(text.text) if found["name"] == begin["name"]), None)
        if end is None or not _ROOM.fullmatch(text.text, end.end()):
            break
        first = begin.end()
        while match := _ARGUMENTS.match(text.text, first):
            first = match.end()
        environment = begin.group()[7:-1]
        text = text.cut(first, max(end.start(), first)).stripped()
    return text, environment
