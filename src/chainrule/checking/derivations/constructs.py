r"""Constructs with a shape of their own: brackets, absolute values, matrices, cases."""

from __future__ import annotations

from dataclasses import replace

from chainrule.checking.derivations.stream import NotRead
from chainrule.checking.derivations.sums import Sums
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


class Constructs(Sums):
    """Readers of brackets and environments."""

    def bracket(self) -> Node:
        """A bracket: a group, a row of entries, or a condition in square brackets."""
        since = self.position
        opening = self.take()
        self.enter()
        if self.peek().kind == "begin":
            node = self.environment(opening.text)
            if self.peek().kind == "close":
                self.take()
            self.depth -= 1
            return node
        bars, self.bars = self.bars, int(opening.text == ".")
        first = self.expression()
        if self.peek().kind == "relation" or self.at("∧"):
            self.position = since + 1
            node = Indicator(self.condition())
            if opening.text != "[":
                raise self.fail("a relation inside a bracket")
        elif opening.text == "⟨":
            if not self.accept(","):
                raise self.fail("an inner product takes two entries")
            node = Builtin("inner", (first, self.expression()))
        elif self.at(",") or self.peek().kind == "dots":
            node = self.row(first)
        else:
            node = first
        self.bars = bars
        self.depth -= 1
        if opening.text == ".":
            return self.evaluated_at(node, since)
        self.close()
        return replace(node, span=self.span(since)) if isinstance(node, Indicator | Matrix | Builtin) else node

    def evaluated_at(self, node: Node, since: int) -> Node:
        """f |_{x = a}."""
        if not self.accept("|") or not self.accept("_"):
            raise self.fail("an invisible bracket without |_{x = a} at its end")
        braces = self.accept("{")
        name = self.factor()
        if not isinstance(name, Name) or self.peek().text != "=":
            raise self.fail("expected x = a behind the bar")
        self.take()
        value = self.expression()
        if braces and not self.accept("}"):
            raise self.fail("expected one condition behind the bar")
        return At(node, name.text, value, span=self.span(since))

    def close(self) -> None:
        """Consume the closing bracket; where the formula ends without it, close it and remember."""
        token = self.peek()
        if token.kind == "close":
            self.take()
        elif token.kind == "end of formula" or token.text == "}":
            self.closed.append(self.offset())
        else:
            raise self.fail("a bracket is not closed, or holds something that is not read")

    def row(self, first: Node) -> Node:
        """(a, b, …, c) or (a … c), the first entry read already."""
        entries: list[Node] = [first]
        while self.at(",") or self.peek().kind == "dots":
            if self.peek().kind == "dots":
                self.take()
                entries.append(Dots())
            elif self.accept(",") and self.peek().kind not in ("dots", "close", "end of formula"):
                entries.append(self.expression())
                continue
            if self.starts_factor() or self.at("-"):
                entries.append(self.expression())
        return Matrix((tuple(entries),))

    def environment(self, opening: str = "") -> Node:
        """A matrix, or a set of cases."""
        since = self.position
        name = self.take().text
        if name == "array" and self.at("{"):
            self.position = self.matching(self.position) + 1
        if name in ("cases", "dcases", "rcases") or (opening == "{" and name in ("array", "aligned", "matrix")):
            return Cases(tuple(self.branches(name)), span=self.span(since))
        if name not in MATRICES:
            raise NotRead(f"the environment {name} inside a formula is not read", self.tokens[since].start)
        rows: list[tuple[Node, ...]] = []
        entries: list[Node] = []
        while True:
            token = self.peek()
            if token.kind == "end" or token.kind == "end of formula":
                if entries:
                    rows.append(tuple(entries))
                self.take()
                break
            if self.accept("\\\\"):
                if entries:
                    rows.append(tuple(entries))
                entries = []
            elif self.accept("&") or self.accept(","):
                continue
            elif token.kind == "dots":
                entries.append(Dots(span=(token.start, token.end)))
                self.take()
            elif token.kind == "gap":
                self.take()
            else:
                entries.append(self.expression())
        return Matrix(tuple(rows), span=self.span(since))

    def branches(self, name: str) -> list[tuple[Node, Node | None]]:
        """The lines of a set of cases."""
        found: list[tuple[Node, Node | None]] = []
        while self.peek().kind not in ("end", "end of formula"):
            if self.accept("\\\\"):
                continue
            value = self.expression()
            condition: Node | None = None
            otherwise = False
            while self.at("&") or self.at(",") or self.peek().kind in ("gap", "text", "word"):
                token = self.take()
                otherwise = otherwise or any(w in token.text.lower() for w in _OTHERWISE)
            if self.peek().kind not in ("end", "end of formula") and not self.at("\\\\"):
                condition = self.condition()
            elif not otherwise:
                raise self.fail("a case without its condition")
            while self.at(",") or self.peek().kind == "gap":
                self.take()
            found.append((value, condition))
        self.take()
        return found

    def absolute(self) -> Node:
        """|x| or ‖x‖."""
        since = self.position
        bar = self.take().text
        self.bars += 1
        self.enter()
        inner = self.expression()
        self.depth -= 1
        self.bars -= 1
        if not self.accept(bar):
            raise self.fail("an absolute value is not closed")
        if bar == "|":
            return Builtin("abs", (inner,), span=self.span(since))
        if self.at("_"):
            self.take()
            order = self.braced()
            if not (
                (isinstance(order, Number) and order.value == 2) or (isinstance(order, Name) and order.text == "F")
            ):
                raise self.fail("this norm is not read")
        return Builtin("norm", (inner,), span=self.span(since))
