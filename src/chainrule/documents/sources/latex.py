"""LaTeX: displays, formulas in sentences, sections, and what is left out."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Sequence

from chainrule.documents.sources.macros import MacroDefinition, wrapper
from chainrule.documents.sources.scanning import HEADINGS, NOT_SHOWN, Pair, Region, Token, display_pairs, spans_of

_TOKENS = re.compile(
    r"(?P<comment>%[^\n]*)|\\(?P<environment>(?:begin|end)[ ]?\{[a-zA-Z]{1,20}\*?\})"
    r"|\\(?P<item>item\s{0,9}\\textbf(?=\s{0,9}\{))"
    r"|\\verb\*?(?P<verb>[^A-Za-z\s*])[^\n]{0,200}?(?P=verb)|\\(?P<command>[A-Za-z@]+)\*?"
    r"|(?P<bracket>\\[()\[\]])|\\.|(?P<dollars>\$+)|(?P<blank>\n[ \t]*(?=\n))",
    re.DOTALL,
)
_PAIRS = {
    **display_pairs(()),
    **{f"begin{{{name}}}": Pair(f"end{{{name}}}", "code", name, (), "end") for name in NOT_SHOWN},
    "begin{comment}": Pair("end{comment}", "skipped", "", (), "end"),
}
_SCOPES = re.compile(
    r"(?P<what>begin|end)\{(?P<name>(?:ex[ae]mp|exerci|beispiel|aufgabe|ejemplo|problem|rem|bem|d[eé]f|theo|satz|lem|prop|cor"
    r"|proof|preuve|beweis|demo|solution)[a-z]*)\*?\}"
)
"""Environments in which letters may be something else than around them."""
_LISTS = re.compile(r"(?P<what>begin|end)\{(?P<name>enumerate|itemize|description)\}")
_GROUP = re.compile(r"\s{0,9}(?:\[[^\[\]\n]{0,200}\]\s{0,9})?(?=\{)")
_BOX = re.compile(r"\s*(?:\\[A-Za-z]{1,20}\*?\{?\s*){0,2}")
_FRAMED = re.compile(r"\s*\\f(?:rame)?box\s*\{\s*")
_BOX_ENDS = re.compile(r"\s*\}?\s*[.,;]?\s*(?:\\\\)?\s*(?:%.*)?")
_FRAME = re.compile(r"(?:\[[^\[\]\n]{0,99}\]|<[^<>\n]{0,99}>)*\s{0,9}(?=\{)")


def latex_spans(
    text: str,
    closing: array[int],
    defined: Sequence[MacroDefinition],
    note: Callable[[int, str], None],
) -> list[Region]:
    r"""The spans of a document: between \begin{document} and \end{document}, without comments and definitions.

    Parameters
    ----------
    closing : array of int
        See `closing_braces`.
    defined : sequence of MacroDefinition
        Macros that stand for a mark (\be for \begin{equation}) or around a display are read as such.
    """
    aliases = {each.name: each.replacement.strip() for each in defined if not each.arguments}
    around = {each.name: found[0] for each in defined if each.arguments == 1 and (found := wrapper(each.replacement))}
    tokens: list[Token] = []
    lists = list[str]()
    cuts = iter([*((each.start, each.end) for each in defined), (len(text), len(text))])
    cut = next(cuts)
    begins = False
    for match in _TOKENS.finditer(text):
        while match.start() >= cut[1] and cut[1] < len(text):
            cut = next(cuts)
        if cut[0] <= match.start() < cut[1]:
            continue
        kind, end = _kind(match, aliases, around), match.end()
        if kind == "begin{document}":
            tokens, begins = [Token("preamble", 0, end)], True
        elif kind == "end{document}" and begins:
            tokens.append(Token("preamble", match.start(), len(text)))
            break
        elif match.group() == "\\item" and lists == ["enumerate"]:
            tokens.append(Token("numbered", match.start(), end))
        elif kind:
            tokens.append(Token(kind, match.start(), end))
        if listed := _LISTS.fullmatch(kind):
            lists = [*lists, listed["name"]] if listed["what"] == "begin" else lists[:-1]
        if kind == "input":
            note(match.start(), f"{text[match.start() : match.start() + 60].splitlines()[0]} is not read")
    spans = spans_of(text, tokens, _PAIRS, note, lambda token: _whole(text, token, closing, around))
    spans = [span._replace(kind="display") if _stands_alone(text, span) else span for span in spans]
    return [*spans, *(Region("skipped", each.start, each.start, each.end, each.end) for each in defined)]


def _kind(match: re.Match[str], aliases: dict[str, str], around: dict[str, str]) -> str:
    group = match.lastgroup
    if group == "environment":
        return match[group].replace(" ", "")
    if group == "command":
        name = match[group]
        if name in aliases and (alias := _TOKENS.fullmatch(aliases[name])) and alias.lastgroup != "command":
            return _kind(alias, {}, {})
        if name in around:
            return f"around {name}"
        return "input" if name in ("input", "include", "subfile") else "heading" if name in HEADINGS else ""
    if group in ("comment", "blank"):
        return group
    if group == "item":
        return "heading"
    return match.group() if group in ("bracket", "dollars") else ""


def _whole(text: str, token: Token, closing: array[int], around: dict[str, str]) -> Region | None:
    if token.kind in ("comment", "preamble"):
        return Region("skipped", token.start, token.start, token.end, token.end)
    if token.kind == "numbered":  # an exercise, say: a part by itself
        return Region("heading", token.start, token.start + 1, token.end, token.end, "7")
    if scope := _SCOPES.fullmatch(token.kind):
        first = text.index("{", token.start) + 1
        kind = "heading" if scope["what"] == "begin" else "end"
        return Region(kind, token.start, first, first + len(scope["name"]), token.end, "8")
    is_frame = token.kind == "begin{frame}"
    if not is_frame and token.kind != "heading" and not token.kind.startswith("around "):
        return None
    group = (_FRAME if is_frame else _GROUP).match(text, token.end)
    if group is None or closing[group.end()] < 0:
        return None
    first, last = group.end() + 1, closing[group.end()]
    if token.kind.startswith("around "):
        return Region("display", token.start, first, last, last + 1, around[token.kind[7:]])
    name = text[token.start + 1 : token.end].rstrip("*")
    level = 3 if is_frame else HEADINGS.get(name, 7)  # 7 for an item that begins with a bold title
    return Region("heading", token.start, first, last, last + 1, str(level))


def _stands_alone(text: str, span: Region) -> bool:
    """Whether an inline formula is set as a display: alone in its lines, in a frame or with \\displaystyle."""
    if span.kind != "inline":
        return False
    before = text[max(span.start - 100, 0) : span.start].rsplit("\n", 1)[-1]
    after = text[span.end : span.end + 100].split("\n", 1)[0]
    opening = _BOX if text.startswith("\\displaystyle", span.first) else _FRAMED
    return bool(opening.fullmatch(before) and _BOX_ENDS.fullmatch(after))
