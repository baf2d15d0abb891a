r"""Readers of constructs with a shape of their own: sums over indices, conditions, brackets, matrices, cases."""

from fractions import Fraction
from itertools import pairwise

from chainrule.checking.documents.derivatives import Derivatives
from chainrule.checking.documents.stream import NotRead
from chainrule.checking.documents.tokens import closing
from chainrule.checking.documents.tree import (
    At,
    Big,
    Both,
    Builtin,
    Cases,
    Comparison,
    Dots,
    Index,
    Indicator,
    Matrix,
    Name,
    Node,
    Number,
    Plus,
)

_BIG = {"Σ": "sum", "Π": "product", "max": "max", "min": "min"}
Limits = tuple[list[tuple[str, Node | None]], list[Node], Node | None]
"""The indices of a sum, each with its start, the conditions on them, and the upper limit."""
MATRICES = frozenset(
    ["matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix", "array", "vmatrix", "psmallmatrix", "bsmallmatrix"]
)
WRAPPERS = frozenset(
    ["\\underbrace", "\\overbrace", "\\boxed", "\\fbox", "\\cancel", "\\bcancel", "\\ensuremath", "\\mathclap"]
)
_OTHERWISE = ("otherwise", "else", "sonst", "sinon", "иначе", "autrement", "andernfalls", "в остальных")
_ENDS = ("end", "end of formula")


class Constructs(Derivatives):
    """Readers of big operators, conditions, brackets and environments."""

    def big(self) -> Node:
        """Read a sum, product or maximum with its limits; several indices are several sums."""
        since = self.position
        kind = _BIG[self.take().text]
        indices: list[tuple[str, Node | None]] = []
        high: Node | None = None
        conditions: list[Node] = []
        while self.at("_") or self.at("^"):
            if self.take().text == "_":
                starts_with_number = self.at("{") and self.peek(1).kind == "number"
                indices, conditions, above = self.between() if starts_with_number else self.lower_limit()
                high = above or high
            else:
                high = self.braced()
        if not indices:
            self.require(kind in ("max", "min"), f"a {kind} without an index")
            self.require(self.peek().kind == "open", f"{kind} without a bracket")
            return Builtin(kind, tuple(self.arguments()))
        start = self.position
        self.require(self.starts_factor() or self.at("-"), f"a {kind} of nothing")
        body = self.expression() if self.at("-") else self.term()
        if (self.at("+") or self.at("-")) and self.used_further(indices[-1][0]) and self.other_reading():
            # In sum_i a_i + b_i, another reading sums b_i too.
            self.position = start
            body = self.expression()
        condition = joint(conditions) if conditions else None
        shared = indices[-1][1]
        for index, low in reversed(indices):
            body = Big(kind, index, low or shared, high, condition, body, span=self.span(since))
            condition = None
        return body

    def between(self) -> Limits:
        r"""Read 1 \le i \le n or 1 \le i < j \le n below a sum."""
        self.take()
        bounds, operators = [self.expression()], list[str]()
        while self.at("<") or self.at("<="):
            operators.append(self.take().text)
            bounds.append(self.expression())
        self.require(len(bounds) > 2 and self.accept("}"), "the lower limit of a sum is not read")
        low, *names, high = bounds
        self.require(all(isinstance(name, Name) for name in names), "the index of a sum is not a plain letter")
        if operators[0] == "<":
            low = Plus((low, Number(Fraction(1))), (1, 1))
        if operators[-1] == "<":
            high = Plus((high, Number(Fraction(1))), (1, -1))
        pairs = zip(operators[1:-1], pairwise(names), strict=True)
        conditions: list[Node] = [Comparison(operator, *pair) for operator, pair in pairs]
        return [(name.text, low) for name in names if isinstance(name, Name)], conditions, high

    def lower_limit(self) -> Limits:
        """Read the indices and conditions below a sum: i, i=1, i,j, j≠i, i<j, j=1 with j≠i below."""
        if not self.at("{"):
            token = self.take()
            self.require(token.kind == "name", "the index of a sum is not a name")
            return [(token.text, None)], [], None
        end = closing(self.tokens, self.position)
        self.take()
        indices: dict[str, Node | None] = {}
        conditions: list[Node] = []
        while self.position < end:
            token = self.take()
            self.require(
                token.kind == "name" and not self.at("_") and not self.at("'"),
                "the index of a sum is not a plain letter",
            )
            operator = self.take().text if self.peek().kind == "relation" else ""
            right = self.expression() if operator else None
            if operator == "=" and token.text not in indices:
                indices[token.text] = right
            elif right is None:
                indices.setdefault(token.text)
                self.position = end if self.at("∈") else self.position
            else:
                ordered = operator in ("<", "<=", ">", ">=")
                if ordered and isinstance(right, Name) and not indices and right.text not in self.vocabulary.known:
                    # i < j below one sum runs over both.
                    indices[right.text] = None
                indices.setdefault(token.text)
                conditions.append(Comparison(operator, Name(token.text), right))
            ended = self.position >= end or self.accept(",") or self.accept("\\\\")
            self.require(ended, "the lower limit of a sum is not read")
        self.position = end + 1
        return list(indices.items()), conditions, None

    def used_further(self, index: str) -> bool:
        """Whether the index of a sum also occurs in the terms behind it."""
        depth = 0
        for token in self.tokens[self.position :]:
            depth += token.nesting
            if depth < 0 or (depth == 0 and token.kind == "relation"):
                return False
            if token.kind == "name" and token.text == index:
                return True
        return False

    def arguments(self) -> list[Node]:
        """Read the entries of a bracket; s_1, …, s_K is s."""
        inner = self.tokens[self.position : closing(self.tokens, self.position)]
        self.take()
        entries: list[Node] = []
        dotted = False
        # f(x | y) and D(p ‖ q) have a bar between their arguments, not around one.
        with self.deeper(bars=int(sum(token.is_op("|‖") for token in inner) == 1)):
            while not self.ends_arguments():
                if self.peek().kind == "dots":
                    self.take()
                    dotted = True
                elif not self.accept(",") and not self.accept("|") and not self.accept("‖"):
                    entries.append(self.expression())
                    self.require(self.peek().kind != "relation", "a relation among the arguments of a function")
                    self.require(
                        self.ends_arguments() or self.peek().is_op(",|‖") or self.peek().kind == "dots",
                        "the arguments of a function are not read",
                    )
        self.close()
        if not dotted:
            return entries
        bases = [entry.base for entry in entries if isinstance(entry, Index)]
        self.require(bool(bases) and all(base == bases[0] for base in bases), "dots among arguments that do not match")
        return bases[:1]

    def ends_arguments(self) -> bool:
        """Whether a bracket ends here."""
        return self.peek().kind in ("close", "end of formula") or self.at("}")

    def condition(self) -> Node:
        """Read a condition: i = j, i < j < k, i = j and k = l."""
        left = self.expression()
        parts: list[Node] = []
        while self.peek().kind == "relation" or self.at(",") or self.at("∧"):
            operator = self.take()
            if operator.kind == "relation":
                right = self.expression()
                parts.append(Comparison(operator.text.replace(":=", "="), left, right))
                left = right
            elif self.starts_factor() or self.at("-"):
                left = self.expression()
            else:
                break
        self.require(bool(parts), "a condition without a relation")
        return joint(parts)

    def bracket(self) -> Node:
        """Read a bracket: a group, a row of entries, or a condition in square brackets."""
        since = self.position
        opening = self.take().text
        if self.peek().kind == "begin" and opening in "{.":
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
        closed = self.peek().kind == "close"
        ended = closed or self.peek().kind == "end of formula" or self.at("}")
        self.require(ended, "a bracket is not closed, or holds something that is not read")
        self.position += closed

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
        """Read a matrix or a set of cases."""
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
        """Read the lines of a set of cases."""
        found: list[tuple[Node, Node | None]] = []
        while self.peek().kind not in _ENDS:
            if self.accept("\\\\"):
                continue
            value = self.expression()
            words = ""
            while self.at("&") or self.at(",") or self.peek().kind in ("gap", "text", "word"):
                words += self.take().text.lower() + " "
            ended = self.peek().kind in _ENDS or self.at("\\\\")
            self.require(not ended or any(word in words for word in _OTHERWISE), "a case without its condition")
            found.append((value, None if ended else self.condition()))
            while self.at(",") or self.peek().kind == "gap":
                self.take()
        self.take()
        return found

    def absolute(self) -> Node:
        """Read |x| or ‖x‖."""
        bar = self.take().text
        with self.deeper(bars=self.bars + 1):
            inner = self.expression()
        self.require(self.accept(bar), "an absolute value is not closed")
        if bar == "|":
            return Builtin("abs", (inner,))
        self.require(not self.accept("_") or self.braced() in (Number(Fraction(2)), Name("F")), "this norm is not read")
        return Builtin("norm", (inner,))


def joint(conditions: list[Node]) -> Node:
    """Several conditions as one."""
    return conditions[0] if len(conditions) == 1 else Both(tuple(conditions))
