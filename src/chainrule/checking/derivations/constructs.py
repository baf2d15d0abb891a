r"""Constructs with a shape of their own: brackets, absolute values, matrices, cases."""

from __future__ import annotations

from fractions import Fraction

from chainrule.checking.derivations.stream import NotRead
from chainrule.checking.derivations.sums import Sums
from chainrule.checking.derivations.tokens import closing
from chainrule.checking.derivations.tree import (
    At,
    Builtin,
    Cases,
    Dots,
    Indicator,
    Matrix,
    Name,
    Node,
    Number,
)

MATRICES = frozenset(
    ["matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix", "array", "vmatrix", "psmallmatrix", "bsmallmatrix"]
)
WRAPPERS = frozenset(
    ["\\underbrace", "\\overbrace", "\\boxed", "\\fbox", "\\cancel", "\\bcancel", "\\ensuremath", "\\mathclap"]
)
_OTHERWISE = ("otherwise", "else", "sonst", "sinon", "иначе", "autrement", "andernfalls", "в остальных")
_ENDS = ("end", "end of formula")


class Constructs(Sums):
    """Readers of brackets and environments."""

    def bracket(self) -> Node:
        """Read a bracket: a group, a row of entries, or a condition in square brackets."""
        since = self.position
        opening = self.take().text
        if self.peek().kind == "begin":
            with self.deeper():
                node = self.environment(opening)
            if self.peek().kind == "close":
                self.take()
            return node
        with self.deeper(bars=int(opening == ".")):
            node = self.expression()
            if self.peek().kind == "relation" or self.at("∧"):
                self.position = since + 1
                node = Indicator(self.condition())
                self.require(opening == "[", "a relation inside a bracket")
            elif opening == "⟨":
                self.require(self.accept(","), "an inner product takes two entries")
                node = Builtin("inner", (node, self.expression()))
            else:
                node = self.row(node)
        if opening == ".":
            return self.evaluated_at(node)
        self.close()
        return self.placed(node, since)

    def evaluated_at(self, node: Node) -> Node:
        """Read the bar and the value in f |_{x = a}."""
        self.require(self.accept("|") and self.accept("_"), "an invisible bracket without |_{x = a} at its end")
        braces = self.accept("{")
        name = self.factor()
        if not isinstance(name, Name) or not self.accept("="):
            raise self.fail("expected x = a behind the bar")
        value = self.expression()
        if braces:
            self.require(self.accept("}"), "expected one condition behind the bar")
        return At(node, name.text, value)

    def close(self) -> None:
        """Consume the closing bracket; at the end of the formula it may be missing."""
        if self.peek().kind == "close":
            self.take()
        elif self.peek().kind != "end of formula" and self.peek().text != "}":
            raise self.fail("a bracket is not closed, or holds something that is not read")

    def row(self, first: Node) -> Node:
        """Read the other entries of (a, b, …, c); the first one alone is no row."""
        entries: list[Node] = [first]
        while self.at(",") or self.peek().kind == "dots":
            if self.take().kind == "dots":
                entries.append(Dots())
                if self.starts_factor() or self.at("-"):
                    entries.append(self.expression())
            elif self.peek().kind not in ("dots", "close", "end of formula"):
                entries.append(self.expression())
        return first if len(entries) == 1 else Matrix((tuple(entries),))

    def environment(self, opening: str = "") -> Node:
        """A matrix, or a set of cases."""
        since = self.position
        name = self.take().text
        if name == "array" and self.at("{"):
            self.position = closing(self.tokens, self.position) + 1
        if name in ("cases", "dcases", "rcases") or (opening == "{" and name in ("array", "aligned", "matrix")):
            return self.placed(Cases(tuple(self.branches())), since)
        if name not in MATRICES:
            raise NotRead(f"the environment {name} inside a formula is not read", self.tokens[since].start)
        rows: list[list[Node]] = [[]]
        while self.peek().kind not in _ENDS:
            token = self.peek()
            if self.accept("\\\\"):
                rows.append([])
            elif token.kind == "dots":
                self.take()
                rows[-1].append(Dots(span=(token.start, token.end)))
            elif token.kind == "gap" or self.at("&") or self.at(","):
                self.take()
            else:
                rows[-1].append(self.expression())
        self.take()
        return self.placed(Matrix(tuple(tuple(row) for row in rows if row)), since)

    def branches(self) -> list[tuple[Node, Node | None]]:
        """The lines of a set of cases."""
        found: list[tuple[Node, Node | None]] = []
        while self.peek().kind not in _ENDS:
            if self.accept("\\\\"):
                continue
            value = self.expression()
            words = ""
            while self.at("&") or self.at(",") or self.peek().kind in ("gap", "text", "word"):
                words += self.take().text.lower() + " "
            if self.peek().kind not in _ENDS and not self.at("\\\\"):
                found.append((value, self.condition()))
            elif any(word in words for word in _OTHERWISE):
                found.append((value, None))
            else:
                raise self.fail("a case without its condition")
            while self.at(",") or self.peek().kind == "gap":
                self.take()
        self.take()
        return found

    def absolute(self) -> Node:
        """|x| or ‖x‖."""
        bar = self.take().text
        with self.deeper(bars=self.bars + 1):
            inner = self.expression()
        self.require(self.accept(bar), "an absolute value is not closed")
        if bar == "|":
            return Builtin("abs", (inner,))
        self.require(not self.accept("_") or self.braced() in (Number(Fraction(2)), Name("F")), "this norm is not read")
        return Builtin("norm", (inner,))
