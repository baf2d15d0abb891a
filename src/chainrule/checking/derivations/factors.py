r"""Factors: names with their scripts, functions with their arguments, indicators, and the constructs."""

from __future__ import annotations

from fractions import Fraction

from chainrule.checking.derivations.constructs import WRAPPERS
from chainrule.checking.derivations.derivatives import FRACTIONS
from chainrule.checking.derivations.functions import Functions
from chainrule.checking.derivations.stream import NotRead
from chainrule.checking.derivations.tokens import Token, closing, group
from chainrule.checking.derivations.tree import (
    Builtin,
    Call,
    Comparison,
    Constant,
    Differential,
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

_REFUSED = {"∫": "integrals are not read", "𝔼": "expectations are not read; write the sum"}


class Factors(Functions):
    """Readers of single factors."""

    def whole(self) -> Node:
        """All the tokens as one formula."""
        if not self.tokens:
            raise NotRead("an empty side")
        node = self.expression()
        if self.position < len(self.tokens) - 1:
            node = self.row(node)
        while self.peek().kind == "gap" or self.at(","):
            self.take()
        self.require(self.position >= len(self.tokens), f"'{self.peek().text}' is not understood here")
        return node

    def starts_factor(self) -> bool:
        """Whether a factor can begin here."""
        token = self.peek()
        if token.kind in ("name", "number", "word", "open", "begin"):
            return not (token.kind == "open" and token.text == ".")
        if token.kind == "command":
            return token.text in FRACTIONS or token.text in WRAPPERS
        if token.is_op("|‖"):
            return self.bars == 0
        return token.is_op("∂∇ΣΠ√∫") or (token.kind == "brace" and token.text == "{")

    def factor(self) -> Node:
        """A primary with powers, primes and transposes."""
        since = self.position
        with self.deeper():
            node = self.scripted(self.placed(self.primary(), since), since)
            quotient = isinstance(node, Prime) and not isinstance(node.operand, Name | Index)
            if quotient and self.peek().text == "(" and self.peek(1).kind == "name" and self.peek(2).kind == "close":
                # (f/g)'(x)
                node = self.placed(Call(node, tuple(self.arguments())), since)
        return node

    def primary(self) -> Node:
        """A factor without its scripts, by the kind of its first token."""
        token = self.peek()
        match token.kind, token.text:
            case "number", "1":
                self.take()
                return self.indicator(token) or Number(Fraction(1))
            case "number", _:
                return Number(Fraction(self.take().text))
            case "word", _:
                return self.function()
            case "name", _:
                return self.name()
            case "open", _:
                return self.bracket()
            case "begin", _:
                return self.environment()
            case "dots", _:
                self.take()
                return Dots()
            case "brace", "{":
                self.require(not self.at("}", 1), "an empty group")
                return self.braced()
            case "command", _:
                return self.command()
            case "op", "∇":
                return self.gradient()
            case "op", "Σ" | "Π":
                return self.big()
            case "op", "|" | "‖":
                return self.absolute()
            case "op", "√":
                self.take()
                return self.root()
        derivative = self.slashed_derivative() if token.is_op("∂") else None
        if derivative is None:
            raise self.fail(_REFUSED.get(token.text, f"'{token.text or 'the end'}' where a factor was expected"))
        return derivative

    def command(self) -> Node:
        """Read \\frac, or the argument of a command that only decorates."""
        name = self.peek().text
        if name in FRACTIONS:
            return self.fraction()
        self.require(name in WRAPPERS, f"no meaning is known for {name}")
        self.take()
        node = self.braced()
        while name.endswith("brace") and (self.accept("_") or self.accept("^")):
            _, self.position = group(self.tokens, self.position)
        return node

    def name(self) -> Node:
        """Read a name with its scripts, and the argument of d, D, e, an indicator or a function."""
        token = self.peek()
        since = self.position
        known = self.vocabulary.known
        if token.text == "d" and not self.vocabulary.gradients and self.is_differential(since):
            if derivative := self.slashed_derivative():
                return derivative
            self.take()
            return Differential(self.factor())
        if token.text == "d" and self.peek(1).kind == "name" and self.vocabulary.gradients:
            self.position += 2
            return self.decorated("d" + self.tokens[since + 1].text, since)[0]
        if token.text == "D" and "D" not in known:
            below = self.peek(3) if self.at("{", 2) else self.peek(2)
            if self.at("_", 1) and below.kind != "word":
                return self.jacobian()
            if self.peek(1).kind in ("name", "word") and (total := self.total_derivative()):
                return total
        self.take()
        if token.text in ("𝟙", "𝟏", "I", "δ", "χ") and (indicator := self.indicator(token)):
            return indicator
        if token.text == "𝟏":
            return Constant("ones")
        if token.text in _REFUSED:
            raise self.fail(_REFUSED[token.text])
        if token.text == "e" and "e" not in known:
            return self.euler()
        node, name, written = self.decorated(token.text, since)
        if name == "I" and "I" not in known and not isinstance(node, Index):
            return Constant("identity")
        if name == "δ" and isinstance(node, Index) and len(node.subscripts) == 2 and self.is_kronecker(known):
            return Indicator(Comparison("=", *node.subscripts))
        if self.at("^") and not written and (name in self.vocabulary.functions or name in self.vocabulary.families):
            return self.power_of_function(node, name, since)
        return self.applied(node, name, since)

    def is_kronecker(self, known: frozenset[str]) -> bool:
        """Whether δ_{ij} is Kronecker's delta rather than an entry of a δ that the text defines."""
        return "δ" not in known or ("δ" not in self.vocabulary.matrices and self.choose(2) == 0)

    def power_of_function(self, node: Node, name: str, since: int) -> Node:
        """f^2(x) is f(x)^2; without a bracket after it, f^2 is a power like any other."""
        start = self.position
        self.take()
        if not self.transposing():
            exponent = self.exponent()
            applied = self.peek().kind == "open" and self.peek().text == "("
            if isinstance(exponent, Number) and applied and self.call_or_product(node, name)[0] == "call":
                return Power(self.placed(Call(node, tuple(self.arguments())), since), exponent)
        self.position = start
        return node

    def is_differential(self, at: int) -> bool:
        """Whether the d at a position begins a differential or a derivative."""
        if self.tokens[at].bold or at + 1 >= len(self.tokens):
            return False
        following = self.tokens[at + 1]
        adjacent = following.start == self.tokens[at].end
        if following.is_op("/"):
            return self.is_d(at + 2)
        if following.text == "^" or following.kind == "word":
            # d^2 L / dx dx and d log(p) / dx are derivatives only if another d follows the slash.
            return self.is_slashed(at)
        if "d" in self.vocabulary.known:
            # Where d is also a size, dW is a differential and d W is not.
            first = at == 0 and following.kind == "open"
            return "d" in self.vocabulary.sizes and ((following.kind == "name" and adjacent) or first)
        if following.kind == "name":
            return following.text != "d"
        return following.kind == "open" and following.text == "(" and adjacent

    def euler(self) -> Node:
        """e^x, the number e, or e_y."""
        if self.accept("^"):
            return Builtin("exp", (self.exponent(),))
        if not self.accept("_"):
            return Builtin("exp", (Number(Fraction(1)),))
        subscripts = self.subscripts()
        self.require(len(subscripts) == 1, "e with several subscripts")
        return OneHot(subscripts[0])

    def indicator(self, token: Token) -> Node | None:
        """Read the condition of an indicator 1, I or δ, in its subscript or in a bracket; None if it has none."""
        below = self.at("_") and self.at("{", 1)
        if not below and self.peek().kind != "open":
            return None
        start = self.position + below
        end = closing(self.tokens, start)
        inner = self.tokens[start + 1 : end]
        if not any(t.kind == "relation" for t in inner):
            unknown = token.text not in self.vocabulary.known
            names = [t.text for t in inner if t.kind == "name"]
            if token.text == "δ" and unknown and not below and any(t.text == "," for t in inner):
                stream = self.sub(start + 1, end)
                left = stream.expression()
                stream.accept(",")
                right = stream.expression()
                self.position = end + 1
                return Indicator(Comparison("=", left, right))
            of_label = token.text == "𝟙" or (token.text == "I" and names[:1] in (["y"], ["c"], ["t"], ["k"]))
            if of_label and inner and "I" not in self.vocabulary.known and not below:
                reason = "an indicator without a condition (expected a relation, as in I(y = k))"
                raise NotRead(reason, self.tokens[start].start)
            return None
        stream = self.sub(start + 1, end)
        if below and inner[0].kind == "open":
            if closing(inner, 0) != len(inner) - 1:
                return None
            stream = self.sub(start + 2, end - 1)
        condition = stream.condition()
        self.position = min(end + 1, len(self.tokens))
        return Indicator(condition)
