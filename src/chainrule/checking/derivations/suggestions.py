"""Declarations for the names that a document uses without saying what they are."""

from __future__ import annotations

import re

from chainrule.checking.derivations.report import Report
from chainrule.checking.derivations.vocabulary import GREEK

_LETTERS = "nmkdhpqr"
_COMMANDS = {letter: "\\" + name for name, letter in reversed(GREEK.items())}


def suggested(report: Report) -> str:
    """A block of declarations to put at the top, sizes first; empty if nothing is missing.

    >>> from chainrule.checking.derivations import check_derivation
    >>> print(suggested(check_derivation(r"$$\\frac{d}{dx} \\sum_{i=1}^n a_i x = \\sum_{i=1}^n a_i$$")))
    n: size
    a: vector n
    x: scalar
    """
    taken = {name for name, _ in (*report.names, *report.undeclared)}
    renamed: dict[str, str] = {}
    lines: list[tuple[bool, str]] = []

    def size(match: re.Match[str]) -> str:
        hidden = match.group()
        if hidden not in renamed:
            free = next((letter for letter in _LETTERS if letter not in taken), f"n_{len(renamed)}")
            taken.add(free)
            renamed[hidden] = free
        return renamed[hidden]

    for name, kind in report.undeclared:
        if name.startswith("·"):
            continue
        lines.append((not kind.startswith("size"), f"{spelled(name)}: {re.sub('·[0-9a-z]*', size, kind)}"))
    lines += [(False, f"{letter}: size") for letter in renamed.values()]
    return "\n".join(line for _, line in sorted(lines))


def spelled(name: str) -> str:
    """A name as it is typed: W^{(1)}, \\sigma."""
    base = re.split(r"[\^_]", name, maxsplit=1)[0]
    rest = name[len(base) :]
    if rest and len(rest) > 2:
        rest = f"{rest[0]}{{{rest[1:]}}}"
    return _COMMANDS.get(base, base) + rest
