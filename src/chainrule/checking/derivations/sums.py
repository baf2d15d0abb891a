"""Readers of sums, products and maxima over indices, and of conditions."""

from __future__ import annotations

from fractions import Fraction

from chainrule.checking.derivations.derivatives import Derivatives
from chainrule.checking.derivations.tree import Big, Both, Builtin, Comparison, Name, Node, Number, Plus

_BIG = {"Σ": "sum", "Π": "product", "max": "max", "min": "min"}


class Sums(Derivatives):
    """Readers of big operators."""

    def big(self) -> Node:
        """A sum, product, maximum with limits; several indices are several sums."""
        since = self.position
        kind = _BIG[self.take().text]
        indices: list[tuple[str, Node | None]] = []
        high: Node | None = None
        conditions: list[Node] = []
        while self.at("_") or self.at("^"):
            if self.take().text == "^":
                high = self.limit()
            else:
                between = self.between()
                indices, conditions, high = (*self.lower_limit(), high) if between is None else between
        if kind in ("max", "min") and not indices:
            return self.extremum(kind, since)
        if not indices:
            raise self.fail(f"a {kind} without an index")
        start = self.position
        if not self.starts_factor() and not self.at("-"):
            raise self.fail(f"a {kind} of nothing")
        body = self.negative_term() if self.at("-") else self.term()
        if (self.at("+") or self.at("-")) and self.used_further(indices[-1][0]):
            # sum_i a_i + b_i with i in b: perhaps the author meant the bracket.
            end = self.position
            if self.choose(2) == 1:
                self.position = start
                body = self.expression()
            else:
                self.position = end
        condition = conditions[0] if len(conditions) == 1 else Both(tuple(conditions)) if conditions else None
        shared = indices[-1][1]
        for at, (index, low) in reversed(list(enumerate(indices))):
            inner = condition if at == len(indices) - 1 else None
            body = Big(kind, index, low or shared, high, inner, body, span=self.span(since))
        return body

    def negative_term(self) -> Node:
        """A term that begins with a minus sign."""
        self.enter()
        node = self.expression()
        self.depth -= 1
        return node

    def limit(self) -> Node | None:
        """An upper limit; infinity is not read."""
        if self.at("∞") or (self.at("{") and self.at("∞", 1)):
            raise self.fail("a sum to infinity is not read")
        return self.braced()

    def between(self) -> tuple[list[tuple[str, Node | None]], list[Node], Node] | None:
        r"""1 \le i \le n, 1 \le i < j \le n below a sum: indices, conditions and the upper limit."""
        if not (self.at("{") and self.peek(1).kind == "number"):
            return None
        self.take()
        low: Node = self.expression()
        strict = self.peek().text == "<"
        names: list[str] = []
        conditions: list[Node] = []
        right: Node = low
        while self.at("<") or self.at("<="):
            operator = self.take().text
            right = self.expression()
            if self.at("<") or self.at("<="):
                if not isinstance(right, Name):
                    raise self.fail("the index of a sum is not a plain letter")
                if names:
                    conditions.append(Comparison(operator, Name(names[-1]), right))
                names.append(right.text)
            elif operator == "<":
                right = Plus((right, Number(Fraction(1))), (1, -1))
        if not names or not self.accept("}"):
            raise self.fail("the lower limit of a sum is not read")
        if strict:
            low = Plus((low, Number(Fraction(1))), (1, 1))
        return [(name, low) for name in names], conditions, right

    def lower_limit(self) -> tuple[list[tuple[str, Node | None]], list[Node]]:
        """The indices, where each starts, and the conditions on them: i, i=1, i,j, j≠i, i<j, j=1 with j≠i below."""
        if not self.at("{"):
            token = self.take()
            if token.kind != "name":
                raise self.fail("the index of a sum is not a name")
            return [(token.text, None)], []
        end = self.matching(self.position)
        self.take()
        indices: list[tuple[str, Node | None]] = []
        conditions: list[Node] = []
        while self.position < end:
            token = self.take()
            if token.kind != "name" or self.at("_") or self.at("'"):
                raise self.fail("the index of a sum is not a plain letter")
            following = self.peek()
            met = [index for index, _ in indices]
            if following.kind == "relation":
                self.take()
                right = self.expression()
                if following.text == "=" and token.text not in met:
                    indices.append((token.text, right))
                else:
                    if token.text not in met:
                        indices.append((token.text, None))
                    other = right.text if isinstance(right, Name) else ""
                    if following.text in ("<", "<=", ">", ">=") and other and other not in met and len(met) == 0:
                        # i < j below one sum runs over both.
                        indices.insert(0, (other, None)) if not self.bound_outside(other) else None
                    conditions.append(Comparison(following.text, Name(token.text), right))
            else:
                indices.append((token.text, None))
                if self.at("∈"):
                    self.position = end
            if self.position < end and not (self.accept(",") or self.accept("\\\\")):
                raise self.fail("the lower limit of a sum is not read")
        self.position = end + 1
        return indices, conditions

    def bound_outside(self, name: str) -> bool:
        """Whether a letter is a known name rather than a second index of the sum."""
        return name in self.vocabulary.known

    def used_further(self, index: str) -> bool:
        """Whether the index occurs among the further terms at this level."""
        depth = 0
        for token in self.tokens[self.position :]:
            if token.kind == "open" or token.text == "{":
                depth += 1
            elif token.kind == "close" or token.text == "}":
                depth -= 1
            if depth < 0 or (depth == 0 and token.kind == "relation"):
                return False
            if token.kind == "name" and token.text == index:
                return True
        return False

    def extremum(self, kind: str, since: int) -> Node:
        """max(a, b)."""
        if not (self.peek().kind == "open"):
            raise self.fail(f"{kind} without a bracket")
        self.take()
        entries = [self.expression()]
        while self.accept(","):
            entries.append(self.expression())
        if self.peek().kind != "close":
            raise self.fail(f"the bracket of {kind} is not closed")
        self.take()
        return Builtin(kind, tuple(entries), span=self.span(since))

    def condition(self) -> Node:
        """i = j, i < j < k, i = j and k = l."""
        left: Node = self.expression()
        parts: list[Node] = []
        while self.peek().kind == "relation" or self.at(",") or self.at("∧"):
            token = self.take()
            if token.text in (",", "∧"):
                if not self.starts_factor() and not self.at("-"):
                    break
                left = self.expression()
                continue
            right = self.expression()
            parts.append(Comparison(token.text.replace(":=", "="), left, right))
            left = right
        if not parts:
            raise self.fail("a condition without a relation")
        return parts[0] if len(parts) == 1 else Both(tuple(parts))
