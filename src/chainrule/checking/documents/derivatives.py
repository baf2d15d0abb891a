r"""Readers of fractions and derivatives: \\frac{∂f}{∂x_j}, ∂L/∂x, d/dx, D_x f, ∇f, dW."""

from collections.abc import Callable
from fractions import Fraction

from chainrule.checking.documents.stream import NotRead, Stream
from chainrule.checking.documents.tokens import closing
from chainrule.checking.documents.tree import (
    Call,
    Derivative,
    Gradient,
    Index,
    Jacobian,
    Name,
    Node,
    Number,
    Plus,
    Power,
    Product,
    Ratio,
    Transpose,
    walk,
)

FRACTIONS = frozenset(["\\frac", "\\dfrac", "\\tfrac", "\\cfrac", "\\nicefrac", "\\sfrac", "\\over"])


class Derivatives(Stream):
    """Readers of derivatives."""

    def braced(self) -> Node:
        """Read a TeX argument: a group in braces, or one token."""
        if self.accept("{"):
            node = self.expression()
            self.require(self.accept("}"), "a brace is not closed, or holds something that is not read")
            return node
        self.split()
        since, token = self.position, self.peek()
        if token.kind == "number":
            return self.placed(Number(Fraction(self.take().text)), since)
        return self.placed(Name(self.take().text), since) if token.kind == "name" else self.factor()

    def sign(self) -> int:
        """Consume signs; the result is their product."""
        sign = 1
        while self.at("+") or self.at("-"):
            sign = -sign if self.take().text == "-" else sign
        return sign

    def signed(self, read: Callable[[], Node]) -> Node:
        """Read a factor or a product that may begin with a sign."""
        since = self.position
        sign = self.sign()
        node = read()
        return node if sign == 1 else self.placed(Plus((node,), (-1,)), since)

    def side_by_side(self, first: Node, continues: Callable[[], bool], since: int) -> Node:
        """Read more factors while they continue; the result is the first factor or the product of all."""
        factors = [first]
        while continues():
            factors.append(self.factor())
        product = Product(tuple(factors), ("",) * (len(factors) - 1))
        return first if len(factors) == 1 else self.placed(product, since)

    def fraction(self) -> Node:
        """Read a fraction, which may be a derivative."""
        self.take()
        return self.derivative_fraction() or Ratio(self.braced(), self.braced())

    def is_d(self, position: int) -> bool:
        """Whether ∂ or an upright or free d of a derivative stands at a position."""
        token = self.peek(position - self.position)
        return token.is_op("∂") or (token.kind == "name" and token.text == "d" and not token.bold)

    def derivative_fraction(self) -> Node | None:
        """The fraction as a derivative, if both parts begin with ∂ or d."""
        above = closing(self.tokens, self.position) if self.at("{") else len(self.tokens)
        first, start = self.position + 1, above + 2
        if self.peek(above + 1 - self.position).text != "{":
            return None
        end = closing(self.tokens, above + 1)
        over, under = self.is_d(first), self.is_d(start)
        partial = over and self.tokens[first].text == "∂"
        if partial and not under:
            variable = "".join(token.text for token in self.tokens[start:end])[:40]
            reason = f"a malformed derivative: its denominator has no ∂ (write ∂{variable} below the line)"
            raise NotRead(reason, self.tokens[start].start if start < len(self.tokens) else -1)
        if under and not over and self.tokens[start].text == "∂":
            raise NotRead("a malformed derivative: its numerator has no ∂", self.tokens[first].start)
        if not (over and under) or (not partial and start + 1 >= end):
            return None
        self.position = first
        order = self.derivative_order()
        subject = self.expression() if self.position < above else None
        self.require(self.position == above, "the numerator of a derivative is not read")
        self.position = start
        variables: list[Node] = []
        while self.position < end:
            self.require(
                self.is_d(self.position), "a malformed derivative: expected ∂ before each variable of the denominator"
            )
            variables += self.variable()
        self.position = min(end + 1, len(self.tokens))
        return self.derivative(subject, variables, order)

    def derivative_order(self) -> int:
        """Consume ∂, ∂^2 or d^n; the result is the order."""
        self.take()
        return self.small(self.braced()) if self.accept("^") else 1

    def small(self, order: Node) -> int:
        """The order of a derivative as a number."""
        if isinstance(order, Number) and order.value in (1, 2, 3, 4):
            return int(order.value)
        raise self.fail("the order of a derivative is not a small number")

    def variable(self) -> list[Node]:
        """Read ∂x or ∂x^2: the variable, once or twice."""
        self.take()
        node = self.factor()
        count = 1
        if isinstance(node, Power):
            count = self.small(node.exponent)
            node = node.base
        return [node.operand if isinstance(node, Transpose) else node] * count

    def derivative(self, subject: Node | None, variables: list[Node], order: int) -> Node:
        """The derivative of a formula; without one, of the formula that follows."""
        self.require(order == len(variables), f"a malformed derivative: order {order} above, {len(variables)} below")
        self.require(subject is not None or self.starts_factor(), "a derivative of nothing")
        return Derivative(subject or self.operand(), tuple(variables))

    def operand(self) -> Node:
        """Read the formula behind d/dx: the rest of the term; another reading takes the next factor alone."""
        start = self.position
        if not self.at("("):
            term = self.term()
            if isinstance(term, Product) and any(term.joints) and self.other_reading(start):
                self.position = start
                return self.factor()
            return term
        bracket = self.factor()
        if self.starts_factor() or self.at("·") or self.at("×") or self.at("/"):
            self.position = start
            return self.term() if self.other_reading() else self.factor()
        return bracket

    def is_slashed(self, since: int) -> bool:
        """Whether a d begins a derivative in one line: a slash and another d follow in the same term."""
        depth = 0
        for at in range(since + 1, min(len(self.tokens), since + 24)):
            token = self.tokens[at]
            depth += token.nesting
            if depth < 0 or (depth == 0 and (token.text in ("+", "-", ",") or token.kind == "relation")):
                return False
            if depth == 0 and token.is_op("/"):
                return self.is_d(at + 1) and at + 2 < len(self.tokens)
        return False

    def slashed_derivative(self) -> Node:
        """Read ∂L/∂x or d/dx on one line."""
        if self.at("∂") and self.at("_", 1):
            self.position += 2
            variable = self.braced()
            readable = isinstance(variable, Name | Index) and self.starts_factor()
            self.require(readable, "this form of a derivative is not read")
            return Derivative(self.factor(), (variable,))
        order = self.derivative_order()
        start = self.position
        subject = None if self.at("/") else self.side_by_side(self.factor(), self.starts_factor, start)
        self.require(
            self.accept("/") and self.is_d(self.position), "a malformed derivative: expected ∂ after the slash"
        )
        variables: list[Node] = []
        while self.is_d(self.position) and (len(variables) < order or self.peek().text == "∂"):
            variables += self.variable()
        return self.derivative(subject, variables, order)

    def jacobian(self) -> Node:
        """Read D_x f."""
        self.position += 2
        variable = self.braced()
        self.require(self.starts_factor(), "D_x of nothing")
        return Jacobian(self.factor(), variable)

    def total_derivative(self) -> Node | None:
        """Read D f(x), the Jacobian by the argument; None if no call with a name in its bracket follows."""
        since = self.position
        self.take()
        subject = self.factor()
        call = subject.base if isinstance(subject, Index) else subject
        if isinstance(call, Call) and len(call.arguments) == 1 and isinstance(call.arguments[0], Name):
            return Jacobian(subject, call.arguments[0])
        self.position = since
        return None

    def gradient(self) -> Node:
        """Read ∇_x f or ∇² f."""
        self.take()
        variable: Node | None = None
        order = 1
        while self.at("_") or self.at("^"):
            if self.take().text == "_":
                variable = self.braced()
            else:
                order = self.small(self.braced())
        self.require(order <= 2, "∇ to this power is not read")
        self.require(self.starts_factor(), "∇ of nothing")
        start = self.position
        subject = self.factor()
        if not any(isinstance(n, Name) for n in walk(subject)) and self.starts_factor():
            # ∇ ½ |x|²: a number in front belongs to the subject.
            self.position = start
            subject = self.term()
        return Gradient(subject, variable, order)
