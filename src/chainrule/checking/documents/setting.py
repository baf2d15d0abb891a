r"""Formulas as pieces to be set: the layout that MathML and the lines of a terminal share.

Names, fractions, scripts, sums, matrices and brackets become pieces; unknown commands become text, so that the
layout shows all of the input.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chainrule.checking.documents.constructs import MATRICES, WRAPPERS
from chainrule.checking.documents.derivatives import FRACTIONS
from chainrule.checking.documents.stream import Cursor
from chainrule.checking.documents.tokens import TooLong, tokens
from chainrule.checking.documents.vocabulary import LAYOUTS, STACKED

_OPERATORS = {"-": "−", "'": "′", "''": "″", "<=": "≤", ">=": "≥", "!=": "≠", "~": "≈", "Σ": "∑", "Π": "∏"}
_FENCES = {"pmatrix": "()", "bmatrix": "[]", "vmatrix": "||", "Bmatrix": "{}", "cases": "{", "dcases": "{"}
MOST_DEPTH = 60


@dataclass(frozen=True)
class Piece:
    """A part of a formula with the parts that it is made of.

    `kind` is ``row``, ``group``, ``name``, ``bold``, ``number``, ``text``, ``gap``, ``newline``, ``fraction``,
    ``root``, ``over`` (a relation and the formula above it), ``scripts`` and ``stacked`` (base, below, above),
    ``bracket``, or ``matrix`` for a ``table`` of ``cells``, both with fences; or the kind of an operator's token.
    """

    kind: str
    text: str = ""
    parts: tuple[Piece, ...] = ()
    fences: tuple[str, str] = ("", "")


def _row(parts: Iterable[Piece], kind: str = "row") -> Piece:
    return Piece(kind, parts=tuple(parts))


_NOTHING = Piece("group")


def layout(text: str, *, plain: bool = False) -> Piece:
    """The pieces of a formula; a formula that is too long or too deep to read is cut off and shown as it is written."""
    try:
        return _Setter(tokens(text, plain=plain), plain).all()
    except (TooLong, RecursionError):
        return Piece("text", text[:200])


class _Setter(Cursor):
    def all(self) -> Piece:
        parts: list[Piece] = []
        while self.position < len(self.tokens):
            parts += self.pieces()
            if self.position < len(self.tokens):
                parts.append(Piece("op", self.take().text))
        return _row(parts)

    def pieces(self, *stops: str) -> list[Piece]:
        """Atoms with their scripts up to a closing token: a brace, or one whose kind or sign is among the stops."""
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise TooLong("nested too deeply")
        found = []
        while self.position < len(self.tokens):
            token = self.peek()
            closed = token.kind == "end" or (token.kind == "brace" and token.text == "}")
            if closed or token.kind in stops or token.is_op(stops):
                break
            found.append(self.scripted(stops))
        self.depth -= 1
        return found

    def bracket(self, stops: tuple[str, ...]) -> Piece:
        """A bracket with its content; one that nothing closes has no fence at its end."""
        left = self.take().text
        inner = self.pieces("close", *stops)
        right = self.take().text if self.peek().kind == "close" else ""
        return Piece("bracket", parts=tuple(inner), fences=(left.strip("."), right.strip(".")))

    def scripted(self, stops: tuple[str, ...]) -> Piece:
        """An atom with its subscripts, superscripts and primes."""
        token = self.peek()
        kind = "stacked" if token.text in ("Σ", "Π", "max", "min") else "scripts"
        base = self.bracket(stops) if token.kind == "open" else self.atom()
        below: list[Piece] = []
        above: list[Piece] = []
        while self.peek().is_op(("_", "^", "'", "''")):
            sign = self.take().text
            if sign in "_^":
                (below if sign == "_" else above).append(self.argument(whole=sign == "_"))
            else:
                above.append(Piece("op", _OPERATORS[sign]))
        if below or above:
            return _row([base, _row(below, "joined"), _row(above, "joined")], kind)
        return base

    def argument(self, whole: bool = False) -> Piece:
        r"""A group in braces, or one atom: a whole number as in W_12, or one digit as in `\frac12`."""
        if self.peek().kind in ("end", "end of formula"):
            return _NOTHING
        if not whole:
            self.split()
        if not self.accept("{"):
            return self.atom()
        inner = self.pieces()
        self.accept("}")
        return _row(inner) if inner else _NOTHING

    def atom(self) -> Piece:
        token = self.take()
        text = _OPERATORS.get(token.text, token.text)
        if token.kind in ("name", "word"):
            return Piece("bold" if token.bold else "name", text)
        if token.kind in ("number", "text", "gap"):
            return Piece(token.kind, text)
        if token.kind == "brace" and token.text == "{":
            self.position -= 1
            return _row([self.argument()], "group")
        if token.kind == "begin":
            return self.environment(token.text)
        if token.kind in ("brace", "end") or token.text == "&" or (token.kind in ("open", "close") and text == "."):
            return _NOTHING
        if token.kind == "command":
            return self.command(token.text)
        if token.text == "√":
            return _row([self.argument()], "root")
        return Piece("newline") if token.text == "\\\\" else Piece(token.kind, text)

    def command(self, name: str) -> Piece:
        if name in WRAPPERS:
            return _row([self.argument()], "group")
        if name in FRACTIONS:
            parts = [_row([self.argument()], "group") for _ in ("above", "below")]
            return _row(parts, "fraction")
        if name in STACKED:
            over, base = (_row([self.argument()], "group") for _ in ("over", "base"))
            return _row([base, over], "over")
        return Piece("text", name)

    def environment(self, name: str) -> Piece:
        if name not in MATRICES and name not in _FENCES and name not in LAYOUTS:
            return Piece("text", name)
        if name == "array" and self.at("{"):
            self.argument()
        rows: list[list[list[Piece]]] = [[[]]]
        while self.peek().kind not in ("end", "end of formula"):
            if self.accept("\\\\"):
                rows.append([[]])
            elif self.accept("&"):
                rows[-1].append([])
            elif not self.accept("}"):
                rows[-1][-1] += self.pieces("&", "\\\\")
        self.take()
        table = _row((_row((_row(cell, "cell") for cell in row), "cells") for row in rows if row != [[]]), "table")
        fences = _FENCES.get(name, "")
        return Piece("matrix", parts=(table,), fences=(fences[:1], fences[1:]))
