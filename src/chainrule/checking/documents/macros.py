r"""Simple macros: \newcommand{\R}{\mathbb{R}}, \newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}, \def, operators.

Macros are expanded where a formula uses them, to a bounded depth and length. Packages are not known.
"""

import re
from dataclasses import dataclass

MOST_MACROS = 200
MOST_LENGTH = 20_000
MOST_DEPTH = 4
_DEFINITION = re.compile(
    r"\\(?:re)?newcommand\*?\s*\{?\\(?P<name>[A-Za-z]+)\}?\s*(?:\[(?P<count>\d)\])?\s*(?=\{)"
    r"|\\def\s*\\(?P<def>[A-Za-z]+)\s*(?=\{)"
    r"|\\DeclareMathOperator\*?\s*\{?\\(?P<operator>[A-Za-z]+)\}?\s*(?=\{)"
)
_ARGUMENT = re.compile(r"\s*(\\[A-Za-z]+|\S)")
_BRACE = re.compile(r"(?<!\\)[{}]")
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


def expansions(text: str, known: dict[str, Macro], depth: int = 0) -> list[tuple[int, int, str]]:
    """The uses of macros in a formula: the first and the last position of each, and its expansion."""
    found: list[tuple[int, int, str]] = []
    position = 0
    while known and (match := _USE.search(text, position)):
        position = match.end()
        macro = known.get(match.group(1))
        if macro is not None:
            expanded, position = _expanded(text, match.end(), macro, known, depth)
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
    if depth >= MOST_DEPTH or len(body) > MOST_LENGTH:
        return body[:MOST_LENGTH], at
    result, end = "", 0
    for first, last, new in expansions(body, known, depth + 1):
        result += body[end:first] + new
        end = last
    result += body[end:]
    return (result[:MOST_LENGTH] + (" " if result[-1:].isalpha() else "")), at


def _argument(text: str, at: int) -> tuple[str, int]:
    match = _ARGUMENT.match(text, at)
    if match is None or match.group(1) != "{":
        return (match.group(1), match.end()) if match else ("", at)
    end = closing(text, match.start(1))
    return (text[match.end() : end], end + 1) if end is not None else ("", len(text))


def closing(text: str, at: int) -> int | None:
    """The position of the brace that closes the one at a position."""
    depth = 0
    for match in _BRACE.finditer(text, at, at + MOST_LENGTH):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.start()
    return None
