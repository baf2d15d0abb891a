r"""Commands that a document defines: \newcommand, \def, \let, \DeclareMathOperator, \DeclarePairedDelimiter."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_BRACE = re.compile(r"\\.|[{}]|%[^\n]*", re.DOTALL)
_DEFINITION = re.compile(
    r"\\(?P<kind>(?:re|provide)?newcommand|providecommand|DeclareRobustCommand|DeclareMathOperator|[gex]?def|let"
    r"|DeclarePairedDelimiter)(?P<star>\*?)\s{0,9}(?:\{\s{0,9})?\\(?P<name>[A-Za-z@]+|[^A-Za-z\s{}])\s{0,9}\}?"
)
_PARAMETERS = re.compile(
    r"\s{0,9}(?:\[(?P<count>\d)\])?(?:\[(?P<default>[^\[\]]{0,200})\])?(?P<hashes>(?:#\d)*)\s{0,9}"
)
_SAME = re.compile(r"\s{0,9}=?\s{0,9}(\\(?:[A-Za-z@]+|.)|[^\s\\])")
_ARGUMENT = re.compile(r"#([1-9])")
_COMMAND = re.compile(r"\\([A-Za-z@]+|[^A-Za-z\s])")
_TOKEN = re.compile(r"\\(?:[A-Za-z@]+|.)|\S", re.DOTALL)
MOST_EXPANSIONS, MOST_EXPANDED = 1000, 10_000
"""Commands and characters of a formula whose commands are replaced."""
_AROUND = re.compile(
    r"\s*\\begin\{(?P<name>\w+\*?)\}(?P<before>[^#]{0,200})#1(?P<after>[^#]{0,200})\\end\{(?P=name)\}\s*"
    r"|\s*(?:\\\[|\$\$)(?P<first>[^#]{0,200})#1(?P<last>[^#]{0,200})(?:\\\]|\$\$)\s*"
)


class MacroDefinition(NamedTuple):
    """A definition and its place. A command with an optional argument has two: with it, its name ends in a bracket."""

    start: int
    end: int
    name: str
    arguments: int
    replacement: str


def closing_braces(text: str) -> array[int]:
    """For every position of an opening brace the position of its closing brace; -1 elsewhere.

    >>> list(closing_braces("{a{}}"))
    [4, -1, 3, -1, -1]
    """
    closing = array("q", [-1]) * len(text)
    opened: list[int] = []
    for match in _BRACE.finditer(text):
        if match.group() == "{":
            opened.append(match.start())
        elif match.group() == "}" and opened:
            closing[opened.pop()] = match.start()
    return closing


def definitions(text: str, closing: array[int]) -> list[MacroDefinition]:
    r"""The definitions in a text.

    >>> text = r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} \let\eps\varepsilon"
    >>> [each[2:5] for each in definitions(text, closing_braces(text))]
    [('pd', 2, '\\frac{\\partial #1}{\\partial #2}'), ('eps', 0, '\\varepsilon')]
    """
    found: list[MacroDefinition] = []
    for match in _DEFINITION.finditer(text):
        kind, name, end = match["kind"], match["name"], match.end()
        if found and match.start() < found[-1].end:
            continue
        if kind == "let":
            if same := _SAME.match(text, end):
                found.append(MacroDefinition(match.start(), same.end(), name, 0, same[1]))
            continue
        parameters = _PARAMETERS.match(text, end)
        bodies: list[str] = []
        at = parameters.end() if parameters else end
        while at < len(text) and closing[at] >= 0 and len(bodies) < 1 + (kind == "DeclarePairedDelimiter"):
            bodies.append(text[at + 1 : closing[at]])
            at = closing[at] + 1
        if parameters is None or not bodies:
            continue
        count, default = int(parameters["count"] or len(parameters["hashes"]) // 2), parameters["default"]
        body = bodies[0]
        if kind == "DeclareMathOperator":
            body = f"\\operatorname{match['star']}{{{body}}}"
        elif kind == "DeclarePairedDelimiter":
            count, body = 1, f"{bodies[0]}#1{bodies[-1]}"
        if default is not None and count:
            found.append(MacroDefinition(match.start(), at, f"{name}[", count, body))
            parts = _ARGUMENT.split(body)
            parts[1::2] = [default if place == "1" else f"#{int(place) - 1}" for place in parts[1::2]]
            body = "".join(parts)
            count -= 1
        found.append(MacroDefinition(match.start(), at, name, count, body))
    return found


def macros_in(text: str) -> dict[str, tuple[str, int, str]]:
    r"""By name: the commands that a text defines, as `Pieces.macros` has them.

    >>> macros_in(r"\def\x{x^{(i)}}")
    {'x': ('x', 0, 'x^{(i)}')}
    """
    return {each.name: each[2:5] for each in definitions(text, closing_braces(text))}


def expanded(formula: str, macros: Iterable[tuple[str, int, str]]) -> str:
    r"""A formula with the commands that its document defines replaced by what they mean; as it is if that is long.

    >>> expanded(r"\pd{y}{x_1} + \pd y x", [("pd", 2, r"\frac{\partial #1}{\partial #2}")])
    '\\frac{\\partial y}{\\partial x_1} + \\frac{\\partial y}{\\partial x}'
    """
    known, text, at = {name: (count, body) for name, count, body in macros}, formula, 0
    for _ in range(MOST_EXPANSIONS):
        found = _COMMAND.search(text, at)
        if found is None or len(text) > MOST_EXPANDED:
            return formula if found else text
        name = f"{found[1]}[" if text[found.end() :].lstrip().startswith("[") and f"{found[1]}[" in known else found[1]
        at = found.end()
        if name in known:
            count, body = known[name]
            arguments, end = _arguments(text, found.end(), count, bracket=name.endswith("["))
            if len(arguments) == count:
                body = _filled(body, arguments)
                gap = " " if re.search(r"\\[A-Za-z]+$", body) and text[end : end + 1].isalpha() else ""
                text, at = text[: found.start()] + body + gap + text[end:], found.start()
    return formula


def without_macros(text: str) -> str:
    """A text with spaces in place of the definitions of commands, on the same lines."""
    for each in definitions(text, closing_braces(text)):
        text = text[: each.start] + re.sub(r"[^\n]", " ", text[each.start : each.end]) + text[each.end :]
    return text


def wrapper(replacement: str) -> tuple[str, str, str] | None:
    r"""For a macro that makes a display of its argument: the environment, and what stands before and after.

    >>> wrapper(r"\begin{align*} #1 \end{align*}")
    ('align*', ' ', ' ')
    """
    match = _AROUND.fullmatch(replacement)
    if match is None:
        return None
    if match["name"]:
        return match["name"], match["before"], match["after"]
    return "$$", match["first"], match["last"]


# What follows is private.


def _filled(body: str, arguments: Sequence[str]) -> str:
    """The replacement of a command, with its arguments put in."""
    return _ARGUMENT.sub(lambda each: arguments[int(each[1]) - 1], body)


def _arguments(text: str, at: int, count: int, *, bracket: bool) -> tuple[list[str], int]:
    """The arguments behind a command, fewer if some are missing, and where they end."""
    closing, found = closing_braces(text), list[str]()
    while len(found) < count:
        at += len(text[at:]) - len(text[at:].lstrip())
        token = _TOKEN.match(text, at)
        if bracket and not found and (close := text.find("]", at)) >= 0:
            found.append(text[at + 1 : close])
            at = close + 1
        elif text[at : at + 1] == "{" and closing[at] >= 0:
            found.append(text[at + 1 : closing[at]])
            at = closing[at] + 1
        elif token is not None and token.group() not in "{}":
            found.append(token.group())
            at = token.end()
        else:
            break
    return found, at
