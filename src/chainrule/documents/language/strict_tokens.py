"""The tokens of a statement in the strict language: numbers, names and signs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

Part = TypeVar("Part")

_TOKEN = re.compile(
    r"(?P<space>[ \t]+)|(?P<number>\d+(?:\.\d+)?)|(?P<name>[^\W\d]\w*)"
    r"|(?P<sign>:=|!=|<=|>=|\.\.|\.\*|\./|\.\^|->|[-+*/@^'()\[\]{},;:=<>~|])"
)


class LanguageError(ValueError):
    """Text that is not in the strict language; the message says where and what was expected."""


@dataclass
class Tokens:
    """A statement, read from left to right.

    Parameters
    ----------
    text : str
    line : int

    Attributes
    ----------
    at : int
        The number of the next token.
    depth : int
        How many terms are within each other here.
    every : list of (str, str, int)
        The tokens: their kinds ("number", "name", "sign", and "end" for the last), texts and positions.

    Raises
    ------
    LanguageError
    """

    text: str
    line: int
    at: int = 0
    depth: int = 0
    every: list[tuple[str, str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        position = 0
        while position < len(self.text):
            found = _TOKEN.match(self.text, position)
            if found is None:
                raise LanguageError(f"line {self.line}, column {position + 1}: {self.text[position]!r} has no meaning")
            if found.lastgroup != "space":
                self.every.append((str(found.lastgroup), found.group(), position))
            position = found.end()
        self.every.append(("end", "", position))

    @property
    def kind(self) -> str:
        """The kind of the next token."""
        return self.every[self.at][0]

    @property
    def second(self) -> str:
        """The text of the token behind the next."""
        return self.every[self.at + 1][1]

    @property
    def next(self) -> str:
        """The text of the next token."""
        return self.every[self.at][1]

    @property
    def place(self) -> int:
        """The position of the next token."""
        return self.every[self.at][2]

    @property
    def before(self) -> int:
        """The end of the token before."""
        _, text, start = self.every[self.at - 1]
        return start + len(text)

    def take(self, *wanted: str) -> str | None:
        """The next token's text if it is one of these, which is then read."""
        if self.next in wanted and self.kind != "end":
            self.at += 1
            return self.every[self.at - 1][1]
        return None

    def expect(self, wanted: str) -> None:
        """Read this token."""
        if self.take(wanted) is None:
            raise self.error(repr(wanted))

    def error(self, wanted: str) -> LanguageError:
        """An error that says what was expected at the next token, and what is there."""
        return LanguageError(
            f"line {self.line}, column {self.place + 1}: expected {wanted}, got {self.next or 'the end'!r}"
        )

    def name(self) -> str:
        """Read a name."""
        if self.kind != "name":
            raise self.error("a name")
        self.at += 1
        return self.every[self.at - 1][1]

    def listed(self, read: Callable[[Tokens], Part]) -> list[Part]:
        """Read parts with commas between."""
        found = [read(self)]
        while self.take(","):
            found.append(read(self))
        return found

    def names(self) -> list[str]:
        """Read names with commas between."""
        return self.listed(Tokens.name)

    def end(self) -> None:
        """Nothing is left."""
        if self.kind != "end":
            raise self.error("the end of the statement")
