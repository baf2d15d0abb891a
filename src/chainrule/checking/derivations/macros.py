r"""Simple macros: \newcommand{\R}{\mathbb{R}}, \newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}, \def, operators.

Macros are expanded where a formula uses them, to a bounded depth and length; packages are not known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_MACROS = 200
MOST_LENGTH = 20_000
_DEFINITION = re.compile(
    r"\\(?:re)?newcommand\*?\s*\{?\\(?P<name>[A-Za-z]+)\}?\s*(?:\[(?P<count>\d)\])?\s*(?=\{)"
    r"|\\def\s*\\(?P<def>[A-Za-z]+)\s*(?=\{)"
    r"|\\DeclareMathOperator\*?\s*\{?\\(?P<operator>[A-Za-z]+)\}?\s*(?=\{)"
)
_USE = re.compile(r"\\([A-Za-z]+)")


@dataclass(frozen=True)
class Macro:
    """A macro: how many arguments it takes, and its text."""

    arguments: int
    body: str


def macros(text: str) -> dict[str, Macro]:
    r"""The macros that a document defines.

    >>> macros(r"\newcommand{\R}{\mathbb{R}}")
    {'R': Macro(arguments=0, body='\\mathbb{R}')}
    """
    found: dict[str, Macro] = {}
    for match in _DEFINITION.finditer(text):
        end = closing(text, match.end())
        if end is None or len(found) >= MOST_MACROS:
            continue
        body = text[match.end() + 1 : end]
        if match.group("operator"):
            found[match.group("operator")] = Macro(0, f"\\operatorname{{{body}}}")
        else:
            found[match.group("name") or match.group("def")] = Macro(int(match.group("count") or 0), body)
    return found


def expansions(text: str, known: dict[str, Macro]) -> list[tuple[int, int, str]]:
    """The uses of macros in a formula: where each stands and what it expands to."""
    found: list[tuple[int, int, str]] = []
    position = 0
    while known and (match := _USE.search(text, position)):
        position = match.end()
        macro = known.get(match.group(1))
        if macro is None:
            continue
        expanded, position = _expanded(text, match.end(), macro, known, 0)
        found.append((match.start(), position, expanded))
        if sum(len(new) for _, _, new in found) > MOST_LENGTH:
            break
    return found


def _expanded(text: str, at: int, macro: Macro, known: dict[str, Macro], depth: int) -> tuple[str, int]:
    arguments = []
    for _ in range(macro.arguments):
        argument, at = _argument(text, at)
        arguments.append(argument)
    body = re.sub(r"#(\d)", lambda m: arguments[int(m[1]) - 1] if 0 < int(m[1]) <= len(arguments) else "", macro.body)
    if depth >= 4 or len(body) > MOST_LENGTH:
        return body[:MOST_LENGTH], at
    result, end = "", 0
    for first, last, new in _inner(body, known, depth + 1):
        result += body[end:first] + new
        end = last
    result += body[end:]
    return (result[:MOST_LENGTH] + (" " if result[-1:].isalpha() else "")), at


def _inner(body: str, known: dict[str, Macro], depth: int) -> list[tuple[int, int, str]]:
    found = []
    position = 0
    while match := _USE.search(body, position):
        position = match.end()
        macro = known.get(match.group(1))
        if macro is not None:
            new, position = _expanded(body, match.end(), macro, known, depth)
            found.append((match.start(), position, new))
        if sum(len(n) for _, _, n in found) > MOST_LENGTH:
            break
    return found


def _argument(text: str, at: int) -> tuple[str, int]:
    while at < len(text) and text[at].isspace():
        at += 1
    if at < len(text) and text[at] == "{":
        end = closing(text, at)
        return (text[at + 1 : end], end + 1) if end is not None else ("", len(text))
    match = re.compile(r"\\[A-Za-z]+|.", re.DOTALL).match(text, at)
    return (match.group(), match.end()) if match else ("", at)


def closing(text: str, at: int) -> int | None:
    """The position of the brace that closes the one at a position."""
    depth = 0
    for end in range(at, min(len(text), at + MOST_LENGTH)):
        if text[end] == "\\":
            continue
        if text[end] in "{}" and text[end - 1] != "\\":
            depth += 1 if text[end] == "{" else -1
            if depth == 0:
                return end
    return None
