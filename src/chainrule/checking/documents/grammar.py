r"""The grammar of formulas: sums of terms, products of factors, and single factors.

    expression := ["-"] term (("+" | "-") term)*
    term       := product (("⊙" | "∘") product)*
    product    := factor ((["·" | "×" | "/"]) factor)*

A big operator, a derivative in operator form and a function without brackets reach to the end of their term. Where
that is not the only way to read a text, the grammar offers a choice, and `readings` lists a few results.
"""

from collections.abc import Sequence
from fractions import Fraction

from chainrule.checking.documents.constructs import WRAPPERS
from chainrule.checking.documents.derivatives import FRACTIONS
from chainrule.checking.documents.functions import Functions
from chainrule.checking.documents.stream import NEVER_READ, NotRead, Vocabulary
from chainrule.checking.documents.tokens import Token, closing, group
from chainrule.checking.documents.tree import (
    Builtin,
    Call,
    Comparison,
    Composition,
    Constant,
    Differential,
    Dots,
    Index,
    Indicator,
    Name,
    Node,
    Number,
    Plus,
    Power,
    Prime,
    Product,
    Ratio,
)

MOST_READINGS = 8
_COMPOSED = frozenset(["tanh", "exp", "log", "sinh", "cosh"])


class Grammar(Functions):
    """Recursive descent over tokens."""

    def expression(self) -> Node:
        """Read a sum of terms."""
        since = self.position
        with self.deeper():
            signs = [self.sign()]
            terms = [self.term()]
            while self.at("+") or self.at("-"):
                signs.append(self.sign())
                terms.append(self.term())
        return terms[0] if signs == [1] else self.placed(Plus(tuple(terms), tuple(signs)), since)

    def term(self) -> Node:
        """Read products that are joined elementwise."""
        since = self.position
        factors = [self.product()]
        operators: list[str] = []
        while self.at("⊙") or self.at("∘"):
            operators.append(self.take().text)
            factors.append(self.signed(self.product))
        if not operators:
            return factors[0]
        named = {factor.text if isinstance(factor, Name) else "" for factor in factors}
        if "∘" in operators and named <= self.vocabulary.functions | _COMPOSED:
            return self.placed(Composition(tuple(factors)), since)
        product = Product(tuple(factors), ("⊙",) * len(operators))
        if any(isinstance(f, Product) for f in factors) and self.other_reading():
            product = _flattened(product)
        return self.placed(product, since)

    def product(self) -> Node:
        """Read factors side by side, and fractions that are written with a slash."""
        since = self.position
        factors = [self.factor()]
        joints: list[str] = []
        while self.at("·") or self.at("×") or self.at("/") or self.starts_factor():
            if self.at("/"):
                above = self.multiplied(factors, joints, since)
                self.take()
                factors, joints = [self.placed(Ratio(above, self.denominator()), since)], []
                continue
            joints.append(self.take().text if self.at("·") or self.at("×") else "")
            self.require(self.starts_factor() or self.at("-") or self.at("+"), "a product lacks its second factor")
            factors.append(self.signed(self.factor))
        return self.multiplied(factors, joints, since)

    def multiplied(self, factors: list[Node], joints: list[str], since: int) -> Node:
        """The product of some factors: one factor is itself, and (f ∘ g) x applies the functions."""
        if isinstance(factors[0], Composition) and len(factors) == 2:
            value = factors[1]
            for function in reversed(factors[0].functions):
                value = self.placed(Call(function, (value,)), since)
            return value
        return factors[0] if len(factors) == 1 else self.placed(Product(tuple(factors), tuple(joints)), since)

    def denominator(self) -> Node:
        """Read the factor below a slash; another reading takes all factors that follow it, as in 1/2n."""
        start = self.position
        below = self.signed(self.factor)
        more = self.starts_factor() and self.other_reading()
        return self.side_by_side(below, self.starts_factor, start) if more else below

    def whole(self) -> Node:
        """Read all tokens as one formula."""
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
        """Read a primary with its powers, primes and transposes."""
        since = self.position
        with self.deeper():
            node = self.scripted(self.placed(self.primary(), since), since)
            quotient = isinstance(node, Prime) and not isinstance(node.operand, Name | Index)
            if quotient and self.peek().text == "(" and self.peek(1).kind == "name" and self.peek(2).kind == "close":
                # (f/g)'(x)
                node = self.placed(Call(node, tuple(self.arguments())), since)
        return node

    def primary(self) -> Node:
        """Read a factor without its scripts, by the kind of its first token."""
        token = self.peek()
        self.require(token.text not in NEVER_READ, "")
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
            case "op", "∂":
                return self.slashed_derivative()
        raise self.fail(f"'{token.text or 'the end'}' where a factor was expected")

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
            if self.is_slashed(since):
                return self.slashed_derivative()
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
        return "δ" not in known or ("δ" not in self.vocabulary.matrices and not self.other_reading())

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
        """Read e^x, the number e, or the one-hot vector e_y."""
        if self.accept("^"):
            return Builtin("exp", (self.exponent(),))
        if not self.accept("_"):
            return Builtin("exp", (Number(Fraction(1)),))
        subscripts = self.subscripts()
        self.require(len(subscripts) == 1, "e with several subscripts")
        return Constant("a one-hot vector", subscripts[0])

    def indicator(self, token: Token) -> Node | None:
        """Read the condition of an indicator 1, I or δ, in its subscript or in a bracket; None if it has none."""
        below = self.at("_") and self.at("{", 1)
        if not below and self.peek().kind != "open":
            return None
        start = self.position + below
        end = closing(self.tokens, start)
        inner = self.tokens[start + 1 : end]
        if not any(t.kind == "relation" for t in inner):
            names = [t.text for t in inner if t.kind == "name"]
            is_delta = token.text == "δ" and "δ" not in self.vocabulary.known
            if is_delta and not below and any(t.is_op(",") for t in inner):
                indices = self.arguments()
                self.require(len(indices) == 2, "δ takes two indices")
                return Indicator(Comparison("=", *indices))
            of_label = token.text == "𝟙" or (token.text == "I" and names[:1] in (["y"], ["c"], ["t"], ["k"]))
            if of_label and inner and "I" not in self.vocabulary.known and not below:
                reason = "an indicator without a condition (expected a relation, as in I(y = k))"
                raise NotRead(reason, self.tokens[start].start)
            return None
        condition = self.sub(start + 1, end).condition()
        self.position = min(end + 1, len(self.tokens))
        return Indicator(condition)


def _flattened(product: Product) -> Product:
    """The other reading of a b ⊙ c d: from left to right, ((a b) ⊙ c) d."""
    factors, joints = list[Node](), list[str]()
    for factor, joint in zip(product.factors, ("", *product.joints), strict=True):
        inner = factor if isinstance(factor, Product) else Product((factor,), ())
        factors += inner.factors
        joints += (joint, *inner.joints)
    return Product(tuple(factors), tuple(joints[1:]))


def parse(tokens: Sequence[Token], vocabulary: Vocabulary | None = None, *, plain: bool = False) -> Node:
    """The usual reading of some tokens.

    Raises
    ------
    NotRead
        If there is none.
    """
    return readings(tokens, vocabulary or Vocabulary(), plain=plain)[0]


def readings(tokens: Sequence[Token], vocabulary: Vocabulary, *, plain: bool = False) -> list[Node]:
    r"""The readings of some tokens, the usual one first: at most MOST_READINGS different ones.

    >>> from chainrule.checking.documents.tokens import tokens
    >>> len(readings(tokens("1 / a b"), Vocabulary()))
    2

    Raises
    ------
    NotRead
        If there is none.
    """
    found: list[Node] = []
    refusals: list[NotRead] = []
    pending: list[set[int]] = [set()]
    while pending and len(found) < MOST_READINGS:
        others = pending.pop(0)
        grammar = Grammar(tokens, vocabulary, others, plain)
        try:
            node = grammar.whole()
            found += [node] if node not in found else []
        except NotRead as error:
            refusals.append(error)
        if not others:
            # After the usual reading: one other choice at a time, and all at once.
            pending = [{site} for site in sorted(grammar.sites)]
            pending = [*pending, grammar.sites][: 3 * MOST_READINGS] if len(pending) > 1 else pending
    if not found:
        raise refusals[0]
    return found
