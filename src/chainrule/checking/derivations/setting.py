r"""Formulas set piece by piece from their tokens: the walk over the tokens, and what a way of setting must offer.

Only what the tokens say is set: names, fractions, scripts, sums, matrices, brackets. What is not known is shown as
text, so that nothing of the input disappears.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from chainrule.checking.derivations.constructs import MATRICES, WRAPPERS
from chainrule.checking.derivations.derivatives import FRACTIONS
from chainrule.checking.derivations.tokens import Token, TooLong, tokens
from chainrule.checking.derivations.vocabulary import LAYOUTS, STACKED

OPERATORS = {"-": "−", "'": "′", "''": "″", "…": "…", "<=": "≤", ">=": "≥", "!=": "≠", "~": "≈", "Σ": "∑", "Π": "∏"}
_FENCES = {"pmatrix": "()", "bmatrix": "[]", "vmatrix": "||", "Bmatrix": "{}", "cases": "{", "dcases": "{"}
MOST_DEPTH = 60

Piece = TypeVar("Piece")


class Sheet(ABC, Generic[Piece]):
    """How pieces look: as MathML, as lines of text."""

    @abstractmethod
    def row(self, parts: Sequence[Piece]) -> Piece:
        """Pieces side by side."""

    @abstractmethod
    def group(self, inner: Piece) -> Piece:
        """Pieces that belong together."""

    @abstractmethod
    def identifier(self, text: str, bold: bool) -> Piece:
        """A name."""

    @abstractmethod
    def number(self, text: str) -> Piece:
        """A number."""

    @abstractmethod
    def operator(self, text: str, kind: str) -> Piece:
        """A sign; `kind` is that of its token: open, close, relation, op, ..."""

    @abstractmethod
    def bracketed(self, opening: str, inner: Sequence[Piece], closing: str) -> Piece:
        """Brackets as tall as what they hold."""

    @abstractmethod
    def text(self, text: str) -> Piece:
        """Words, and commands that are not known."""

    @abstractmethod
    def gap(self) -> Piece:
        """A wide space."""

    @abstractmethod
    def newline(self) -> Piece:
        """A new line outside of matrices."""

    @abstractmethod
    def fraction(self, above: Piece, below: Piece) -> Piece:
        """A fraction."""

    @abstractmethod
    def root(self, inner: Piece) -> Piece:
        """A square root."""

    @abstractmethod
    def over(self, base: Piece, above: Piece) -> Piece:
        """Something written over a relation."""

    @abstractmethod
    def scripts(self, base: Piece, below: Sequence[Piece], above: Sequence[Piece], stacked: bool) -> Piece:
        """Subscripts and superscripts; `stacked` for the limits of a sum."""

    @abstractmethod
    def table(self, rows: Sequence[Sequence[Piece]], left: str, right: str) -> Piece:
        """A matrix, or cases, between brackets that may be empty."""


def typeset(text: str, sheet: Sheet[Piece], *, plain: bool = False) -> Piece:
    """A formula set on a sheet; of what is too long to read, the beginning."""
    try:
        return _Setter(tokens(text, plain=plain), sheet).all()
    except (TooLong, RecursionError):
        return sheet.text(text[:200])


class _Setter(Generic[Piece]):
    def __init__(self, found: list[Token], sheet: Sheet[Piece]) -> None:
        self.tokens, self.sheet, self.position, self.depth = found, sheet, 0, 0

    def all(self) -> Piece:
        parts = []
        while self.position < len(self.tokens):
            before = self.position
            parts += self.parts(lambda _: False)
            if self.position == before:
                parts.append(self.sheet.operator(self.take().text, "op"))
        return self.sheet.row(parts)

    def peek(self) -> Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self) -> Token:
        self.position += 1
        return self.tokens[self.position - 1]

    def parts(self, stop: Callable[[Token], bool]) -> list[Piece]:
        """Atoms with their scripts up to a closing token."""
        self.depth += 1
        found = []
        while (token := self.peek()) is not None and not stop(token):
            if token.kind == "end" or (token.kind == "brace" and token.text == "}"):
                break
            found.append(self.scripted(stop))
        self.depth -= 1
        return found

    def bracket(self, stop: Callable[[Token], bool]) -> Piece:
        """A bracket and what it holds, or the sign alone where none closes it."""
        opening, since = self.take(), self.position
        inner = self.parts(lambda t: t.kind == "close" or stop(t)) if self.depth <= MOST_DEPTH else []
        token = self.peek()
        if token is not None and token.kind == "close":
            self.take()
            fences = ("" if t.text == "." else t.text for t in (opening, token))
            return self.sheet.bracketed(next(fences), inner, next(fences))
        self.position = since
        return self.sheet.operator(opening.text, "open")

    def scripted(self, stop: Callable[[Token], bool]) -> Piece:
        """An atom with what stands below and above it."""
        token = self.peek()
        stacked = token is not None and token.text in ("Σ", "Π", "max", "min")
        base = self.bracket(stop) if token is not None and token.kind == "open" else self.atom()
        below: list[Piece] = []
        above: list[Piece] = []
        while (token := self.peek()) is not None and token.kind == "op" and token.text in ("_", "^", "'", "''"):
            self.take()
            if token.text == "_":
                below.append(self.argument())
            elif token.text == "^":
                above.append(self.argument())
            else:
                above.append(self.sheet.operator(OPERATORS[token.text], "prime"))
        return self.sheet.scripts(base, below, above, stacked) if below or above else base

    def argument(self) -> Piece:
        """A group in braces, or one atom."""
        token = self.peek()
        if token is None or token.kind == "end":
            return self.sheet.group(self.sheet.row([]))
        if self.depth > MOST_DEPTH:
            self.take()
            return self.sheet.operator("…", "dots")
        if token.kind == "brace" and token.text == "{":
            self.take()
            inner = self.parts(lambda _: False)
            if (closing := self.peek()) is not None and closing.text == "}":
                self.take()
            return self.sheet.row(inner) if inner else self.sheet.group(self.sheet.row([]))
        return self.atom()

    def atom(self) -> Piece:
        sheet, token = self.sheet, self.take()
        text = OPERATORS.get(token.text, token.text)
        if token.kind in ("name", "word"):
            return sheet.identifier(text, token.bold)
        if token.kind == "number":
            return sheet.number(text)
        if token.kind == "text":
            return sheet.text(text)
        if token.kind == "gap":
            return sheet.gap()
        if token.kind == "brace":
            if token.text == "{":
                self.position -= 1
                return sheet.group(self.argument())
            return sheet.group(sheet.row([]))
        if token.kind == "begin":
            return self.environment(token.text)
        if token.kind == "end" or token.text == "&" or (token.kind in ("open", "close") and token.text == "."):
            return sheet.group(sheet.row([]))
        if token.kind == "command":
            return self.command(token)
        if token.text == "√":
            return sheet.root(self.argument())
        if token.text == "\\\\":
            return sheet.newline()
        return sheet.operator(text, token.kind)

    def command(self, token: Token) -> Piece:
        sheet = self.sheet
        if token.text in FRACTIONS:
            return sheet.fraction(self.argument(), self.argument())
        if token.text in WRAPPERS:
            return sheet.group(self.argument())
        if token.text in STACKED:
            over = self.argument()
            return sheet.over(self.argument(), over)
        return sheet.text(token.text)

    def environment(self, name: str) -> Piece:
        if name not in MATRICES and name not in _FENCES and name not in LAYOUTS:
            return self.sheet.text(name)
        if self.depth > MOST_DEPTH:
            return self.sheet.operator("…", "dots")
        if name == "array" and (token := self.peek()) is not None and token.text == "{":
            self.argument()
        rows: list[list[list[Piece]]] = [[[]]]
        while (token := self.peek()) is not None and token.kind != "end":
            if token.kind == "op" and token.text == "\\\\":
                self.take()
                rows.append([[]])
            elif token.kind == "op" and token.text == "&":
                self.take()
                rows[-1].append([])
            elif token.kind == "brace" and token.text == "}":
                self.take()
            else:
                rows[-1][-1] += self.parts(lambda t: t.kind == "op" and t.text in ("&", "\\\\"))
        if self.peek() is not None:
            self.take()
        fences = _FENCES.get(name, "")
        cells = [[self.sheet.row(cell) for cell in row] for row in rows if row != [[]]]
        return self.sheet.table(cells, fences[:1], fences[1:])
