r"""Readers of fractions and derivatives: \\frac{∂f}{∂x_j}, ∂L/∂x, d/dx, D_x f, ∇f, dW."""

from __future__ import annotations

from fractions import Fraction

from chainrule.checking.derivations.stream import MOST_DEPTH, NotRead, Stream
from chainrule.checking.derivations.tree import (
    Call,
    Derivative,
    Differential,
    Gradient,
    Index,
    Jacobian,
    Name,
    Node,
    Number,
    Power,
    Product,
    Quotient,
    Transpose,
    walk,
)

FRACTIONS = frozenset(["\\frac", "\\dfrac", "\\tfrac", "\\cfrac", "\\nicefrac", "\\sfrac", "\\over"])


class Derivatives(Stream):
    """Readers of derivatives."""

    bars = 0

    def enter(self) -> None:
        """Go one level deeper, unless that is too deep."""
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise self.fail(f"brackets nested more than {MOST_DEPTH} deep")

    def braced(self) -> Node:
        """A TeX argument: a group in braces, or one token."""
        if self.at("{"):
            self.take()
            node = self.expression()
            if not self.accept("}"):
                raise self.fail("a brace is not closed, or holds something that is not read")
            return node
        token = self.peek()
        if token.kind == "number" and len(token.text) > 1:
            # `\frac12` is one half.
            self.tokens[self.position : self.position + 1] = [
                type(token)("number", c, token.start + i, token.start + i + 1) for i, c in enumerate(token.text)
            ]
        since = self.position
        token = self.take()
        if token.kind == "number":
            return Number(Fraction(token.text), span=self.span(since))
        if token.kind == "name":
            return Name(token.text, span=self.span(since))
        self.position = since
        return self.factor()

    def fraction(self) -> Node:
        """A fraction, which may be a derivative."""
        since = self.position
        self.take()
        above = self.group_end()
        if above is not None:
            below = above + 1
            derivative = self.derivative_fraction(since, above, below)
            if derivative is not None:
                return derivative
        numerator = self.braced()
        denominator = self.braced()
        return Quotient(numerator, denominator, span=self.span(since))

    def group_end(self) -> int | None:
        """The position of the brace that closes the group that begins here."""
        return self.matching(self.position) if self.at("{") else None

    def is_d(self, position: int) -> bool:
        """Whether ∂ or an upright or free d of a derivative stands at a position."""
        token = self.tokens[position] if position < len(self.tokens) else None
        if token is None:
            return False
        if token.kind == "op" and token.text == "∂":
            return True
        return token.kind == "name" and token.text == "d" and not token.bold

    def derivative_fraction(self, since: int, above: int, below: int) -> Node | None:
        """Read the fraction as a derivative, if both parts begin with ∂ or d."""
        first = self.position + 1
        start_below = below + 1
        if below >= len(self.tokens) or self.tokens[below].text != "{":
            # \frac\partial{...}, or a numerator whose brace is the last thing.
            return None
        end_below = self.matching(below)
        over, under = self.is_d(first), self.is_d(start_below)
        partial = over and self.tokens[first].text == "∂"
        if over and not under and partial:
            raise NotRead(
                "a malformed derivative: its denominator has no ∂ "
                f"(write ∂{self.shown(start_below, end_below)} below the line)",
                self.tokens[start_below].start if start_below < len(self.tokens) else -1,
            )
        if under and not over and self.tokens[start_below].text == "∂":
            raise NotRead("a malformed derivative: its numerator has no ∂", self.tokens[first].start)
        if not (over and under):
            return None
        if not partial and start_below + 1 >= end_below:
            return None
        self.position = first
        order = self.derivative_order()
        subject: Node | None = None
        if self.position < above:
            subject = self.expression()
        if self.position != above:
            raise self.fail("the numerator of a derivative is not read")
        self.position = start_below
        variables = self.variables(end_below)
        self.position = min(end_below + 1, len(self.tokens))
        return self.derivative(since, subject, variables, order)

    def shown(self, first: int, last: int) -> str:
        """The text of some tokens."""
        return "".join(t.text for t in self.tokens[first:last])[:40]

    def derivative_order(self) -> int:
        """∂, ∂^2, d^n, consumed; the order."""
        self.take()
        if not self.at("^"):
            return 1
        self.take()
        order = self.braced()
        if isinstance(order, Number) and order.value.denominator == 1 and 1 <= order.value <= 4:
            return int(order.value)
        raise self.fail("the order of a derivative is not a small number")

    def variables(self, end: int) -> list[Node]:
        """∂x_j ∂x_k or ∂x^2, up to a position."""
        found: list[Node] = []
        while self.position < end:
            if not self.is_d(self.position):
                raise self.fail("a malformed derivative: expected ∂ before each variable of the denominator")
            self.take()
            found += self.variable()
        if not found:
            raise self.fail("a derivative without a variable")
        return found

    def variable(self) -> list[Node]:
        """One variable of differentiation, as often as its power says."""
        node: Node = self.factor()
        count = 1
        if isinstance(node, Power) and isinstance(node.exponent, Number) and node.exponent.value.denominator == 1:
            count = int(node.exponent.value)
            node = node.base
        if isinstance(node, Transpose):
            node = node.operand
        if count < 1 or count > 4:
            raise self.fail("the order of a derivative is not a small number")
        return [node] * count

    def derivative(self, since: int, subject: Node | None, variables: list[Node], order: int) -> Node:
        """A derivative; without a numerator it acts on what follows."""
        if order != len(variables):
            raise NotRead(f"a malformed derivative: order {order} above, {len(variables)} below", self.offset())
        if subject is None:
            if self.at("("):
                # d/dx (...) ...: to the end of the term, or on the bracket alone.
                start = self.position
                inner = self.factor()
                if self.starts_factor() or self.at("·") or self.at("×") or self.at("/"):
                    self.position = start
                    subject = self.factor() if self.choose(2) == 0 else self.term()
                else:
                    subject = inner
            elif self.starts_factor():
                subject = self.term_or_factor()
            else:
                raise self.fail("a derivative of nothing")
        return Derivative(subject, tuple(variables), span=self.span(since))

    def term_or_factor(self) -> Node:
        """The rest of the term; by another reading the next factor alone."""
        start = self.position
        node = self.term()
        if isinstance(node, Product) and any(node.joints):
            end = self.position
            self.position = start
            if self.choose(2) == 1:
                return self.factor()
            self.position = end
        return node

    def is_slashed(self, since: int) -> bool:
        """Whether a d begins a derivative in one line: a slash and another d follow in the same term."""
        depth = 0
        for at in range(since + 1, min(len(self.tokens), since + 24)):
            token = self.tokens[at]
            depth += {"open": 1, "close": -1}.get(token.kind, {"{": 1, "}": -1}.get(token.text, 0))
            if depth < 0 or (depth == 0 and (token.text in ("+", "-", ",") or token.kind == "relation")):
                return False
            if depth == 0 and token.text == "/" and token.kind == "op":
                return self.is_d(at + 1) and at + 2 < len(self.tokens)
        return False

    def slashed_derivative(self) -> Node | None:
        """∂L/∂x, d/dx ..., written on one line; None if this is none."""
        since = self.position
        if self.tokens[since].text == "∂" and self.at("_", 1):
            self.position += 2
            variable = self.braced()
            if not isinstance(variable, Name | Index) or not self.starts_factor():
                raise self.fail("this form of a derivative is not read")
            return Derivative(self.factor(), (variable,), span=self.span(since))
        if self.tokens[since].text != "∂" and not self.is_slashed(since):
            return None
        order = self.derivative_order()
        subject: Node | None = None
        if not self.at("/"):
            start = self.position
            parts = [self.factor()]
            while self.starts_factor():
                parts.append(self.factor())
            subject = parts[0]
            if len(parts) > 1:
                subject = Product(tuple(parts), ("",) * (len(parts) - 1), span=self.span(start))
        if not self.accept("/") or not self.is_d(self.position):
            raise self.fail("a malformed derivative: expected ∂ after the slash")
        found: list[Node] = []
        while self.is_d(self.position) and (len(found) < order or self.tokens[self.position].text == "∂"):
            self.take()
            found += self.variable()
        return self.derivative(since, subject, found, order)

    def differential(self) -> Node:
        """DW, dz: what stands after a free d."""
        since = self.position
        self.take()
        return Differential(self.factor(), span=self.span(since))

    def jacobian(self) -> Node:
        """D_x f."""
        since = self.position
        self.take()
        self.take()
        variable = self.braced()
        if not self.starts_factor():
            raise self.fail("D_x of nothing")
        return Jacobian(self.factor(), variable, span=self.span(since))

    def total_derivative(self) -> Node | None:
        """D f(x): the Jacobian with respect to the argument; None if no call with a name in its bracket follows."""
        since = self.position
        self.take()
        subject = self.factor()
        call = subject.base if isinstance(subject, Index) else subject
        if isinstance(call, Call) and len(call.arguments) == 1 and isinstance(call.arguments[0], Name):
            return Jacobian(subject, call.arguments[0], span=self.span(since))
        self.position = since
        return None

    def gradient(self) -> Node:
        """∇_x f, ∇² f."""
        since = self.position
        self.take()
        variable: Node | None = None
        order = 1
        while self.at("_") or self.at("^"):
            if self.take().text == "_":
                variable = self.braced()
            else:
                power = self.braced()
                if not isinstance(power, Number) or power.value not in (1, 2):
                    raise self.fail("∇ to this power is not read")
                order = int(power.value)
        if not self.starts_factor():
            raise self.fail("∇ of nothing")
        start = self.position
        subject = self.factor()
        if not any(isinstance(n, Name) for n in walk(subject)) and self.starts_factor():
            # ∇ ½ |x|²: a number in front belongs to what is differentiated.
            self.position = start
            subject = self.term()
        return Gradient(subject, variable, order, span=self.span(since))
