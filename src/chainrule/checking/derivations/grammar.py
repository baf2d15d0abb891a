r"""The grammar of formulas: sums of terms and products of factors.

    expression := ["-"] term (("+" | "-") term)*
    term       := product (("⊙" | "∘") product)*
    product    := factor ((["·" | "×" | "/"]) factor)*

A big operator, a derivative in operator form and a function without brackets reach to the end of their term. Where
that is not the only way to read a text, the grammar offers a choice, and `readings` lists a few results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.checking.derivations.factors import Factors
from chainrule.checking.derivations.stream import NotRead, Vocabulary, joined
from chainrule.checking.derivations.tokens import Token
from chainrule.checking.derivations.tree import (
    Composition,
    Entrywise,
    Name,
    Node,
    Plus,
    Product,
    Ratio,
)

MOST_READINGS = 8


class Grammar(Factors):
    """Recursive descent over tokens."""

    def expression(self) -> Node:
        """A sum of terms."""
        since = self.position
        with self.deeper():
            signs = [self.sign()]
            terms = [self.term()]
            while self.at("+") or self.at("-"):
                signs.append(self.sign())
                terms.append(self.term())
            self.require(not self.at("±"), "± stands for two formulas at once")
        return terms[0] if signs == [1] else self.placed(Plus(tuple(terms), tuple(signs)), since)

    def sign(self) -> int:
        """Consume signs; the result is their product."""
        sign = 1
        while self.at("+") or self.at("-"):
            sign = -sign if self.take().text == "-" else sign
        return sign

    def term(self) -> Node:
        """Products joined elementwise."""
        since = self.position
        factors = [self.product()]
        operators: list[str] = []
        while self.at("⊙") or self.at("∘") or self.at("⊗"):
            operators.append(self.take().text)
            self.require(operators[-1] != "⊗", "⊗ is not read; write the outer product as a b^T")
            factors.append(self.signed(self.product))
        if not operators:
            return factors[0]
        if "∘" in operators and all(self.is_function(f) for f in factors):
            return self.placed(Composition(tuple(factors)), since)
        if any(isinstance(f, Product) for f in factors) and self.choose(2) == 1:
            return self.flattened(factors)
        return self.placed(Entrywise(tuple(factors)), since)

    def flattened(self, factors: Sequence[Node]) -> Node:
        """The other reading of a b ⊙ c d: from left to right, ((a b) ⊙ c) d."""
        result = factors[0]
        for factor in factors[1:]:
            first, *rest = factor.factors if isinstance(factor, Product) else (factor,)
            result = Entrywise((result, first), span=joined([result, first]))
            if isinstance(factor, Product):
                result = Product((result, *rest), factor.joints, span=joined([result, *rest]))
        return result

    def is_function(self, node: Node) -> bool:
        """Whether a node names a function that can be composed."""
        return isinstance(node, Name) and (
            node.text in self.vocabulary.functions or node.text in ("tanh", "exp", "log", "sinh", "cosh")
        )

    def signed(self, read: Callable[[], Node]) -> Node:
        """Read a factor or a product that may begin with a sign."""
        since = self.position
        sign = self.sign()
        node = read()
        return node if sign == 1 else self.placed(Plus((node,), (-1,)), since)

    def product(self) -> Node:
        """Factors side by side, with fractions written by a slash."""
        since = self.position
        factors = [self.factor()]
        joints: list[str] = []
        while self.at("·") or self.at("×") or self.at("/") or self.starts_factor():
            if self.accept("/"):
                above = _product(factors, joints)
                factors, joints = [self.placed(Ratio(above, self.denominator()), since)], []
                continue
            joints.append(self.take().text if self.at("·") or self.at("×") else "")
            self.require(self.starts_factor() or self.at("-") or self.at("+"), "a product lacks its second factor")
            factors.append(self.signed(self.factor))
        return _product(factors, joints)

    def denominator(self) -> Node:
        """Read the factor below a slash; another reading takes all factors that follow it, as in 1/2n."""
        start = self.position
        if self.at("-") or self.at("+"):
            return self.signed(self.factor)
        below = self.factor()
        if not self.starts_factor() or self.choose(2) == 0:
            return below
        return self.side_by_side(below, self.starts_factor, start)


def _product(factors: list[Node], joints: list[str]) -> Node:
    return factors[0] if len(factors) == 1 else Product(tuple(factors), tuple(joints), span=joined(factors))


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

    >>> from chainrule.checking.derivations.tokens import tokens
    >>> len(readings(tokens("1 / a b"), Vocabulary()))
    2

    Raises
    ------
    NotRead
        If there is none.
    """
    found: list[Node] = []
    sites: dict[int, int] = {}
    refusal: NotRead | None = None

    def attempt(choices: dict[int, int]) -> None:
        nonlocal refusal
        grammar = Grammar(tokens, vocabulary, choices, plain)
        try:
            node = grammar.whole()
        except NotRead as error:
            refusal = refusal or error
        else:
            if node not in found:
                found.append(node)
        sites.update({site: n for site, n in grammar.sites.items() if n > 1})

    attempt({})
    if sites:
        alternatives = [{site: option} for site in sorted(sites) for option in range(1, sites[site])]
        if len(sites) > 1:
            alternatives.append(dict.fromkeys(sites, 1))
        for choices in alternatives[: 3 * MOST_READINGS]:
            if len(found) >= MOST_READINGS:
                break
            attempt(choices)
    if not found:
        assert refusal is not None
        raise refusal
    return found
