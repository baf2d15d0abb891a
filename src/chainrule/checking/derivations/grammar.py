r"""The grammar of formulas: sums of terms, products of factors, and what they govern.

    expression := ["-"] term (("+" | "-") term)*
    term       := product (("⊙" | "∘") product)*
    product    := factor ((["·" | "×" | "/"]) factor)*

A big operator, a derivative in operator form and a function without brackets reach to the end of their term. Where
that is not the only way to read a text, the grammar offers a choice, and `readings` lists a few results.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.checking.derivations.factors import Factors
from chainrule.checking.derivations.stream import NotRead, Vocabulary, joined
from chainrule.checking.derivations.tokens import Token
from chainrule.checking.derivations.tree import (
    Composition,
    Entrywise,
    Name,
    Negative,
    Node,
    Plus,
    Product,
    Quotient,
)

MOST_READINGS = 8


class Grammar(Factors):
    """Recursive descent over tokens."""

    def expression(self) -> Node:
        """A sum of terms."""
        self.enter()
        since = self.position
        terms: list[Node] = []
        signs: list[int] = []
        sign = self.sign()
        while True:
            terms.append(self.term())
            signs.append(sign)
            if not (self.at("+") or self.at("-") or self.at("±")):
                break
            if self.at("±"):
                raise self.fail("± stands for two formulas at once")
            sign = self.sign()
        self.depth -= 1
        if len(terms) == 1 and signs[0] == 1:
            return terms[0]
        return Plus(tuple(terms), tuple(signs), span=self.span(since))

    def sign(self) -> int:
        """The product of the signs that stand here."""
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
            if operators[-1] == "⊗":
                raise self.fail("⊗ is not read; write the outer product as a b^T")
            factors.append(self.negated() if self.at("-") else self.product())
        if not operators:
            return factors[0]
        if "∘" in operators and all(self.is_function(f) for f in factors):
            return Composition(tuple(factors), span=self.span(since))
        if any(isinstance(f, Product) for f in factors[:-1]) or isinstance(factors[-1], Product):
            flat = self.flattened(factors)
            if flat is not None and self.choose(2) == 1:
                return flat
        return Entrywise(tuple(factors), span=self.span(since))

    def flattened(self, factors: Sequence[Node]) -> Node | None:
        """The other reading of a b ⊙ c d: from left to right, ((a b) ⊙ c) d."""
        result = factors[0]
        for factor in factors[1:]:
            if isinstance(factor, Product):
                first, *rest = factor.factors
                result = Entrywise((result, first), span=joined([result, first]))
                span = joined([result, *rest])
                result = Product((result, *rest), factor.joints, span=span)
            else:
                result = Entrywise((result, factor), span=joined([result, factor]))
        return result

    def is_function(self, node: Node) -> bool:
        """Whether a node names a function that can be composed."""
        return isinstance(node, Name) and (
            node.text in self.vocabulary.functions or node.text in ("tanh", "exp", "log", "sinh", "cosh")
        )

    def negated(self) -> Node:
        """A factor with its own minus sign, after an operator."""
        since = self.position
        sign = self.sign()
        factor = self.product()
        return factor if sign == 1 else Negative(factor, span=self.span(since))

    def product(self) -> Node:
        """Factors side by side, with fractions written by a slash."""
        since = self.position
        factors: list[Node] = [self.factor()]
        joints: list[str] = []
        while True:
            if self.at("·") or self.at("×"):
                joint = self.take().text
                negative = self.at("-") or self.at("+")
                start = self.position
                sign = self.sign() if negative else 1
                if not self.starts_factor():
                    raise self.fail("a product lacks its second factor")
                factor = self.factor()
                joints.append(joint)
                factors.append(Negative(factor, span=self.span(start)) if sign < 0 else factor)
            elif self.at("/"):
                self.take()
                below = self.denominator()
                above = self.multiplied(factors, joints, since)
                factors, joints = [Quotient(above, below, span=self.span(since))], []
            elif self.starts_factor():
                joints.append("")
                factors.append(self.factor())
            else:
                return self.multiplied(factors, joints, since)

    def multiplied(self, factors: list[Node], joints: list[str], since: int) -> Node:
        """One node of some factors."""
        if len(factors) == 1:
            return factors[0]
        return Product(tuple(factors), tuple(joints), span=joined(factors))

    def denominator(self) -> Node:
        """What stands below a slash: one factor, or by another reading all that is written close to it."""
        start = self.position
        if self.at("-"):
            return self.negated_factor()
        below = self.factor()
        if self.starts_factor() and self.choose(2) == 1:
            factors = [below]
            while self.starts_factor():
                factors.append(self.factor())
            return Product(tuple(factors), ("",) * (len(factors) - 1), span=self.span(start))
        return below

    def negated_factor(self) -> Node:
        """Minus a factor."""
        start = self.position
        sign = self.sign()
        factor = self.factor()
        return factor if sign > 0 else Negative(factor, span=self.span(start))


def parse(tokens: Sequence[Token], vocabulary: Vocabulary | None = None, *, plain: bool = False) -> Node:
    """The usual reading of some tokens.

    Raises
    ------
    NotRead
        If there is none.
    """
    return readings(tokens, vocabulary or Vocabulary(), plain=plain)[0]


def readings(tokens: Sequence[Token], vocabulary: Vocabulary, *, plain: bool = False) -> list[Node]:
    r"""The readings of some tokens, the usual one first: a small set, without repetition.

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
