r"""Factors: names with their scripts, functions with their arguments, indicators, and the constructs."""

from __future__ import annotations

from fractions import Fraction

from chainrule.checking.derivations.constructs import WRAPPERS
from chainrule.checking.derivations.derivatives import FRACTIONS
from chainrule.checking.derivations.functions import Functions
from chainrule.checking.derivations.stream import NotRead
from chainrule.checking.derivations.tree import (
    Builtin,
    Call,
    Comparison,
    Constant,
    Dots,
    Index,
    Indicator,
    Name,
    Node,
    Number,
    OneHot,
    Power,
    Prime,
)


class Factors(Functions):
    """Readers of single factors."""

    def whole(self) -> Node:
        """All the tokens as one formula."""
        if not self.tokens:
            raise NotRead("an empty side")
        first = self.expression()
        node: Node = first
        if (self.at(",") or self.peek().kind == "dots") and self.position < len(self.tokens) - 1:
            node = self.row(first)
        while self.peek().kind == "gap" or self.at(","):
            self.take()
        if self.position < len(self.tokens):
            raise self.fail(f"'{self.peek().text}' is not understood here")
        return node

    def starts_factor(self) -> bool:
        """Whether a factor can begin here."""
        token = self.peek()
        if token.kind in ("name", "number", "word", "open", "begin"):
            return not (token.kind == "open" and token.text == ".")
        if token.kind == "command":
            return token.text in FRACTIONS or token.text in WRAPPERS or token.text == "\\mathbin"
        if token.kind == "brace":
            return token.text == "{"
        if token.text == "|" or token.text == "‖":
            return self.bars == 0
        return token.text in ("∂", "∇", "Σ", "Π", "√", "∫") and token.kind == "op"

    def factor(self) -> Node:
        """A primary with powers, primes and transposes."""
        self.enter()
        since = self.position
        node = self.scripted(self.primary(), since)
        if isinstance(node, Prime) and not isinstance(node.operand, Name | Index) and self.peek().text == "(":
            end = self.matching(self.position)
            if end == self.position + 2 and self.peek(1).kind == "name":
                # (f/g)'(x)
                node = Call(node, tuple(self.arguments()), span=self.span(since))
        self.depth -= 1
        return node

    def primary(self) -> Node:
        """What a factor is made of."""
        token = self.peek()
        since = self.position
        if token.kind == "number":
            self.take()
            if token.text == "1" and (indicator := self.indicator(since)):
                return indicator
            return Number(Fraction(token.text), span=self.span(since))
        if token.kind == "word":
            return self.function()
        if token.kind == "name":
            return self.name()
        if token.kind == "open":
            return self.bracket()
        if token.kind == "begin":
            return self.environment()
        if token.kind == "dots":
            self.take()
            return Dots(span=self.span(since))
        if token.kind == "brace" and token.text == "{":
            self.take()
            if self.accept("}"):
                raise self.fail("an empty group")
            node = self.expression()
            if not self.accept("}"):
                raise self.fail("a brace is not closed")
            return node
        if token.kind == "command":
            return self.command()
        if token.kind == "op":
            if token.text == "∂":
                derivative = self.slashed_derivative()
                assert derivative is not None
                return derivative
            if token.text == "∇":
                return self.gradient()
            if token.text in ("Σ", "Π"):
                return self.big()
            if token.text in ("|", "‖"):
                return self.absolute()
            if token.text == "√":
                self.take()
                inner = self.factor() if not self.at("{") else self.braced()
                return Builtin("sqrt", (inner,), span=self.span(since))
            if token.text == "∫":
                raise self.fail("integrals are not read")
        raise self.fail(f"'{token.text or 'the end'}' where a factor was expected")

    def command(self) -> Node:
        """\\frac and what only decorates."""
        token = self.peek()
        if token.text in FRACTIONS:
            return self.fraction()
        if token.text in WRAPPERS:
            self.take()
            node = self.braced()
            while token.text.endswith("brace") and (self.at("_") or self.at("^")):
                self.take()
                self.position = self.matching(self.position) + 1 if self.at("{") else self.position + 1
            return node
        raise self.fail(f"no meaning is known for {token.text}")

    def name(self) -> Node:
        """A name with its scripts, and what it may govern."""
        token = self.peek()
        since = self.position
        known = self.vocabulary.known
        if token.text == "d" and not self.vocabulary.gradients and self.is_differential(since):
            derivative = self.slashed_derivative()
            return derivative if derivative is not None else self.differential()
        if token.text == "d" and self.peek(1).kind == "name" and self.vocabulary.gradients:
            self.position += 2
            return self.decorated("d" + self.tokens[since + 1].text, since)[0]
        below = self.peek(3) if self.at("{", 2) else self.peek(2)
        if token.text == "D" and self.at("_", 1) and "D" not in known and below.kind != "word":
            return self.jacobian()
        if token.text == "D" and "D" not in known and self.peek(1).kind in ("name", "word"):
            total = self.total_derivative()
            if total is not None:
                return total
        self.take()
        if token.text in ("𝟙", "𝟏", "I", "δ", "χ", "1") and (indicator := self.indicator(since)):
            return indicator
        if token.text == "𝟏":
            return Constant("ones", span=self.span(since))
        if token.text == "𝔼":
            raise self.fail("expectations are not read; write the sum")
        if token.text == "e" and "e" not in known:
            return self.euler(since)
        node, name, written = self.decorated(token.text, since)
        if name == "I" and "I" not in known and not isinstance(node, Index):
            return Constant("identity", span=self.span(since))
        if name == "δ" and isinstance(node, Index) and len(node.subscripts) == 2 and self.is_kronecker(known):
            return Indicator(Comparison("=", *node.subscripts), span=self.span(since))
        if self.at("^") and not written and (name in self.vocabulary.functions or name in self.vocabulary.families):
            return self.power_of_function(node, name, since)
        return self.applied(node, name, since)

    def is_kronecker(self, known: frozenset[str]) -> bool:
        """Whether δ_{ij} is Kronecker's although a text may call an error δ."""
        if "δ" not in known:
            return True
        return "δ" not in self.vocabulary.matrices and self.choose(2) == 0

    def power_of_function(self, node: Node, name: str, since: int) -> Node:
        """f^2(x) is f(x)^2; without a bracket after it, f^2 is a power like any other."""
        start = self.position
        self.take()
        if not self.transposing():
            exponent = self.exponent()
            applied = self.peek().kind == "open" and self.peek().text == "("
            if isinstance(exponent, Number) and applied and self.call_or_product(node, name)[0] == "call":
                call = Call(node, tuple(self.arguments()), span=self.span(since))
                return Power(call, exponent, span=self.span(since))
        self.position = start
        return node

    def is_differential(self, at: int) -> bool:
        """Whether the d here is a differential's."""
        if self.tokens[at].bold or at + 1 >= len(self.tokens):
            return False
        following = self.tokens[at + 1]
        close = following.start == self.tokens[at].end or following.kind == "command"
        if following.text == "/" and following.kind == "op":
            return self.is_d(at + 2)
        if following.text == "^" or following.kind == "word":
            # d^2 L / dx dx, d log(p) / dx: only over another d.
            return self.is_slashed(at)
        if "d" in self.vocabulary.known:
            # A size d may stand in a text of differentials: dW is one, d W is not.
            adjacent = following.kind == "name" and following.start == self.tokens[at].end
            first = at == 0 and (following.kind in ("open", "word") or following.text == "\\operatorname")
            return "d" in self.vocabulary.sizes and (adjacent or first)
        if following.kind == "name" and following.text != "d":
            return True
        return following.kind == "open" and close and following.text == "("

    def euler(self, since: int) -> Node:
        """e^x, the number e, or e_y."""
        if self.at("^"):
            self.take()
            return Builtin("exp", (self.exponent(),), span=self.span(since))
        if self.at("_"):
            self.take()
            subscripts = self.subscripts()
            if len(subscripts) == 1:
                return OneHot(subscripts[0], span=self.span(since))
            raise self.fail("e with several subscripts")
        return Builtin("exp", (Number(Fraction(1)),), span=self.span(since))

    def indicator(self, since: int) -> Node | None:
        """The condition after 1, I, δ or the like: in braces below, or in a bracket; None if there is none."""
        start = self.position
        below = self.at("_") and self.at("{", 1)
        first = self.position + (2 if below else 0)
        if below:
            end = self.matching(self.position + 1)
        elif self.peek().kind == "open":
            end = self.matching(self.position)
            first = self.position
        else:
            return None
        inner = self.tokens[first:end]
        if not any(token.kind == "relation" for token in inner):
            token = self.tokens[since]
            if (
                token.text == "δ"
                and not below
                and any(t.text == "," for t in inner)
                and "δ" not in self.vocabulary.known
            ):
                stream = self.sub(first + 1, end)
                left = stream.expression()
                stream.accept(",")
                right = stream.expression()
                self.position = end + 1
                return Indicator(Comparison("=", left, right), span=self.span(since))
            indicates = token.text == "𝟙" or (token.text == "I" and self.is_bare_label(inner[1:]))
            if indicates and not below and "I" not in self.vocabulary.known and len(inner) > 1:
                raise NotRead("an indicator without a condition (expected a relation, as in I(y = k))", inner[0].start)
            return None
        stream = self.sub(first, end)
        wrapped = bool(inner) and inner[0].kind == "open"
        if wrapped:
            close = stream.matching(0)
            if below and close != len(stream.tokens) - 1:
                return None
            stream.position = 1
        try:
            condition = stream.condition()
        except NotRead:
            self.position = start
            raise
        self.position = min(end + 1, len(self.tokens))
        return Indicator(condition, span=self.span(since))

    def is_bare_label(self, inner: object) -> bool:
        """Whether a bracket after I holds a single name with its scripts, as in I(y)."""
        tokens = [t for t in inner if t.kind == "name"] if isinstance(inner, list) else []
        return bool(tokens) and tokens[0].text in ("y", "c", "t", "k")
