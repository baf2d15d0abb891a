"""Markdown as GitHub, Jupyter, kramdown and Pandoc read it: maths first, then code, comments, headings and prose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from chainrule.documents.sources.scanning import Pair, Region, Token, display_pairs, spans_of

_TOKENS = re.compile(
    r"(?P<fence>^[ \t>]{0,40}(?:`{3,}|~{3,})[^`\n]*$)"
    r"|(?P<heading>^[ ]{0,3}\#{1,6}[ \t][^\n]*)"
    r"|(?P<underlined>^[ ]{0,3}[^\s$|>\#\\`=*+-][^\n]*\n[ ]{0,3}(?:={2,}|-{2,})[ \t]*$)"
    r"|(?P<bold>^[ \t]{0,9}(?:\*\*|__)[^*_$\\\n]{1,80}(?:\*\*|__)[.:]?[ \t]*$"
    r"|^[ \t]{0,9}\(?[a-z0-9]{1,2}\)[ \t]*$)"
    r"|(?P<numbered>^(?:\d{1,2}[.)](?=[ \t]+\S)|(?:\*\*|__)[^*_$\\\n]{0,40}\b\d{1,2}[a-z]?[.:)]?(?:\*\*|__)))"
    r"|(?P<blank>\n[ \t>]*(?=\n))"
    r"|(?P<bracket>\\\\?[()\[\]])|\\{1,2}(?P<environment>(?:begin|end)[ ]?\{[a-zA-Z]{1,20}\*?\})"
    r"|(?P<lost>\x08?egin\{[a-z]{4,9}\*?\})"
    r"|\\.|\$`(?P<gitlab>[^`\n]{1,1000})`\$|(?P<dollars>\$+)|(?P<ticks>`+)"
    r"|(?P<html><!--|-->|<script[^<>]{0,300}>|</script>|<style[^<>]{0,300}>|</style>|<pre[^<>]{0,300}>|</pre>)"
    r"|\{%-?[ ]{0,9}(?P<liquid>(?:end)?highlight|(?:end)?comment)\b[^%\n]{0,100}%\}|(?P<tag>\{%|%\})",
    re.MULTILINE | re.DOTALL,
)
_BARRIERS = ("heading", "fence")
_PAIRS = {
    **display_pairs(_BARRIERS),
    "\\\\(": Pair("\\\\)", "inline", "\\(", ("blank", *_BARRIERS)),
    "\\\\[": Pair("\\\\]", "display", "\\[", _BARRIERS, "blank"),
    **{"`" * n: Pair("`" * n, "words", "", ("blank", *_BARRIERS)) for n in (1, 2, 3)},
    "<!--": Pair("-->", "skipped", "", (), "end"),
    "<script": Pair("</script>", "skipped", "", (), "end"),
    "<style": Pair("</style>", "skipped", "", (), "end"),
    "<pre": Pair("</pre>", "code", "", (), "end"),
    "script": Pair("</script>", "inline", "math/tex"),
    "script display": Pair("</script>", "display", "math/tex"),
    "{%": Pair("%}", "skipped", ""),
    "highlight": Pair("endhighlight", "code", "", (), "end"),
    "comment": Pair("endcomment", "skipped", "", (), "end"),
}
MOST_INLINE = 4000
_FENCE = re.compile(r"[ \t>]*(?P<marks>`{3,}|~{3,})[ \t]*(?P<language>[^\s`{]*)")
_LABEL = r"[ \t>]*(?:[-*+][ \t]+|\(?\w{1,3}[.)][ \t]*)?(?:\*\*\(?\w{1,3}[.)]?\*\*)?[ \t]*"
_NOTHING_BEFORE = re.compile(rf"{_LABEL}|[ \t]*\|(?:.*\|)?[ \t]*")
_NOTHING_AFTER = re.compile(r"[ \t]*[.,;:。，；]?(?:[ \t]*(?:\\|<br ?/?>))?[ \t]*(?:\|.*)?")
_ENDS_LINE = re.compile(r"(?:[:：,，.。;；!?]|  |\\|<br ?/?>|[|*_)])\s*\Z")
_RELATION = re.compile(r"[=<>≤≥≈≠]|\\(?:leq?|geq?|neq?|approx|equiv|propto|sim|ll|gg|to|gets|leftarrow|iff|implies)\b")
_WORDS = re.compile(r"(?<![\\A-Za-z{])[a-z]{3,}[\s.,]")
_SIGN = re.compile(r"[_^=]|\\[A-Za-z]")


class Style(NamedTuple):
    """How a document uses Markdown, decided for all of it.

    Attributes
    ----------
    escaped : bool
        Markdown eats backslashes, so `\\\\(` opens a formula.
    kramdown : bool
        `$$` beside words in a line is inline.
    """

    escaped: bool = False
    kramdown: bool = False


def style_of(text: str) -> Style:
    r"""The style of a document.

    >>> style_of("The set $$X$$ is \\ldots"), style_of(r"The set \\(X\\) is")
    (Style(escaped=False, kramdown=True), Style(escaped=True, kramdown=False))
    """
    spans = _spans(text, lambda offset, message: None)
    marks = [text[span.start : span.first] for span in spans]
    beside = sum(mark == "$$" and _is_in_sentence(text, span) for mark, span in zip(marks, spans, strict=True))
    escaped = sum(mark in ("\\\\(", "\\\\[") for mark in marks)
    return Style(escaped > len(marks) // 2, beside > sum(mark in ("$", "\\(") for mark in marks))


def markdown_spans(text: str, style: Style, note: Callable[[int, str], None]) -> list[Region]:
    """The spans of a text: a formula that has its lines for itself is a display, `$$` in a sentence may be inline."""
    spans = []
    previous = 0
    for span in _spans(text, note):
        mark = text[span.start : span.first]
        if style.kramdown and mark == "$$" and _is_in_sentence(text, span):
            span = span._replace(kind="inline")
        elif span.kind == "inline" and mark[0] in "$\\" and _stands_alone(text, span, previous):
            span = span._replace(kind="display")
        if span.kind in ("display", "heading", "code"):
            previous = span.end
        if span.kind != "words":
            spans.append(span)
    return spans


def _spans(text: str, note: Callable[[int, str], None]) -> list[Region]:
    tokens = list(_outside_code([_token(match) for match in _TOKENS.finditer(text)], text))
    return spans_of(text, tokens, _PAIRS, note, lambda token: _whole(text, token), _accepts)


def _token(match: re.Match[str]) -> Token:
    group, found = match.lastgroup or "", match.group()
    if group in ("heading", "underlined", "bold"):
        kind = "heading"
    elif group == "environment":
        kind = match[group].replace(" ", "")
    elif group == "lost":
        kind = "b" + found.removeprefix("\x08")
    elif group == "html":
        kind = re.split(r"[\s>]", found)[0] if found[1].isalpha() else found
        if "math/tex" in found:
            kind = "script display" if "display" in found else "script"
    elif group in ("liquid", "fence", "blank", "gitlab", "numbered"):
        kind = match[group] if group == "liquid" else group
    else:
        kind = found
    return Token(kind, match.start(), match.end())


def _outside_code(tokens: Sequence[Token], text: str) -> Iterator[Token]:
    """The tokens that are not in fenced code, with every fenced block as one token."""
    opened: tuple[Token, str] | None = None
    for token in tokens:
        marks = _FENCE.match(text, token.start) if token.kind == "fence" else None
        if opened is None:
            if marks is None:
                yield token
            else:
                opened = token, marks["marks"]
        elif marks is not None and marks["marks"].startswith(opened[1]) and not marks["language"]:
            yield Token("fence", opened[0].start, token.end)
            opened = None
    if opened is not None:
        yield Token("fence", opened[0].start, len(text))


def _whole(text: str, token: Token) -> Region | None:
    if token.kind == "fence":
        return _fenced(text, token)
    if token.kind == "gitlab":
        return Region("inline", token.start, token.start + 2, token.end - 2, token.end, "$")
    if token.kind == "numbered":  # an exercise, say: a part by itself
        return Region("heading", token.start, token.start, token.end, token.end, "7")
    if token.kind != "heading":
        return None
    found = text[token.start : token.end]
    title = found.split("\n")[0]
    marks = title.lstrip()[:6]
    level = len(marks) - len(marks.lstrip("#"))
    if not level:
        level = 7 if "\n" not in found else 1 if found.rstrip()[-1] == "=" else 2
    inner = title.strip().strip("# " if level != 7 else "*_")
    first = token.start + title.find(inner) if inner.strip() else token.start
    return Region("heading", token.start, first, first + len(inner), token.end, str(level))


def _fenced(text: str, token: Token) -> Region:
    first = text.find("\n", token.start, token.end) + 1 or token.end
    last = text.rfind("\n", first, token.end)
    last = last if last >= 0 and _FENCE.match(text, last + 1) else token.end
    match = _FENCE.match(text, token.start)
    language = match["language"].lower() if match else ""
    kind = {"math": "display", "latex": "display", "tex": "display", "chainrule": "declarations"}.get(language, "code")
    if kind == "display" and "\\documentclass" in text[first:last]:
        kind = "code"
    return Region(kind, token.start, min(first, last), last, token.end, language if kind != "declarations" else "")


def _accepts(content: str) -> bool:
    """Whether dollars around a text enclose a formula: not so in "$5 and $10"."""
    if not content.strip() or len(content) > MOST_INLINE:
        return False
    return content[0].isspace() == content[-1].isspace() or not _WORDS.search(content) or bool(_SIGN.search(content))


def _is_in_sentence(text: str, span: Region) -> bool:
    before, after = _beside(text, span)
    return not (_NOTHING_BEFORE.fullmatch(before) and _NOTHING_AFTER.fullmatch(after))


def _beside(text: str, span: Region) -> tuple[str, str]:
    """The text in the line before and after a span; a few hundred characters tell enough."""
    before, after = text[max(span.start - 300, 0) : span.start], text[span.end : span.end + 300]
    return before.rsplit("\n", 1)[-1], after.split("\n", 1)[0]


def _stands_alone(text: str, span: Region, previous: int) -> bool:
    """Whether an inline formula with a relation has its lines for itself, after the end of a sentence or a line."""
    if _is_in_sentence(text, span) or not _RELATION.search(text, span.first, span.last):
        return False
    above = text[max(span.start - 300, 0) : span.start].rsplit("\n", 2)
    follows_display = 0 < previous > span.start - 60 and not text[previous : span.start].strip(" \t\n.,;:>\\")
    return len(above) < 2 or not above[-2].strip(" \t>") or bool(follows_display or _ENDS_LINE.search(above[-2]))
