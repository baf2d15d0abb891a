r"""Readers of what stands above and below: powers, primes, transposes, indices, layers."""

from __future__ import annotations

from fractions import Fraction

from chainrule.checking.derivations.constructs import Constructs
from chainrule.checking.derivations.stream import NotRead
from chainrule.checking.derivations.tokens import Token
from chainrule.checking.derivations.tree import (
    Big,
    Index,
    Name,
    Node,
    Number,
    Plus,
    Power,
    Prime,
    Product,
    Transpose,
)


class Scripts(Constructs):
    """Readers of scripts."""

    def scripted(self, node: Node, since: int) -> Node:
        """Subscripts of brackets and calls, powers, primes, transposes."""
        while True:
            if self.at("^"):
                self.take()
                if self.transposing():
                    node = Transpose(node, span=self.span(since))
                    continue
                exponent = self.exponent()
                node = Power(node, exponent, span=self.span(since))
            elif self.at("_"):
                if isinstance(node, Number | Big):
                    raise self.fail("a subscript that is not read")
                self.take()
                node = Index(node, tuple(self.subscripts()), span=self.span(since))
            elif self.at("'") or self.at("''"):
                order = 0
                while self.at("'") or self.at("''"):
                    order += len(self.take().text)
                node = Prime(node, order, span=self.span(since))
            elif self.at("!"):
                raise self.fail("factorials are not read")
            else:
                return node

    def transposing(self) -> bool:
        """Consume ⊤, T in a superscript, if the superscript is that."""
        braces = self.at("{")
        token = self.peek(1 if braces else 0)
        is_t = token.text == "⊤" or (
            token.kind == "name" and token.text in ("T", "t") and self.means_transpose(token.text)
        )
        if is_t and (not braces or self.at("}", 2)):
            self.position += 3 if braces else 1
            return True
        return False

    def means_transpose(self, letter: str) -> bool:
        """T is a transpose unless it names a number; t only where nothing is called t."""
        if letter == "T":
            return letter not in self.vocabulary.scalars
        return False

    def exponent(self) -> Node:
        """What stands above."""
        if self.plain and self.peek().kind == "open":
            return self.bracket()
        if self.at("-"):
            return self.signed_exponent()
        return self.braced()

    def signed_exponent(self) -> Node:
        """In plain text: x^-1."""
        since = self.position
        self.take()
        return Plus((self.braced(),), (-1,), span=self.span(since))

    def subscripts(self) -> list[Node]:
        """The entries of a subscript: ij is i, j."""
        if not self.at("{"):
            token = self.take()
            since = self.position - 1
            if token.kind == "number":
                return [Number(Fraction(token.text), span=self.span(since))]
            if token.kind in ("name", "word"):
                return [Name(token.text, span=self.span(since))]
            raise self.fail("a subscript that is not read")
        end = self.matching(self.position)
        inner = self.sub(self.position + 1, end)
        self.position = min(end + 1, len(self.tokens))
        if not inner.tokens:
            raise self.fail("an empty subscript")
        if inner.tokens[0].kind == "open" and inner.matching(0) == len(inner.tokens) - 1:
            inner.tokens = inner.tokens[1:-1]
        found: list[Node] = []
        while inner.position < len(inner.tokens):
            node = inner.expression()
            if isinstance(node, Product) and not any(node.joints) and all(self.plain_index(f) for f in node.factors):
                found += node.factors
            else:
                found.append(node)
            if inner.position < len(inner.tokens) and not inner.accept(","):
                raise NotRead("a subscript that is not read", inner.offset())
        return found

    def plain_index(self, node: Node) -> bool:
        """Whether a node can be one index among several that are written side by side."""
        return isinstance(node, Name | Number)

    def decoration(self, text: str) -> str | None:
        """A superscript that belongs to the name: (2), (i), *, or one that a declaration has; consumed."""
        braces = self.at("{", 1)
        first = self.position + (2 if braces else 1)
        end = self.matching(self.position + 1) if braces else first + 1
        inner = self.tokens[first:end]
        label = ""
        after = end + 1 if braces else end
        if inner and inner[0].kind == "open" and (braces or not self.plain):
            close = self.matching(first)
            content = self.tokens[first + 1 : close]
            turned = braces and close == end - 2 and self.tokens[close + 1].text in ("T", "⊤")
            if braces and close != end - 1 and not turned:
                return None
            if all(t.kind in ("name", "number") or t.text in "+-" for t in content) and len(content) <= 3 and content:
                label, after = "^(" + "".join(t.text for t in content) + ")", (end + 1 if braces else close + 1)
                if len(content) > 1 and text + label not in self.vocabulary.decorated:
                    return None
                if turned:
                    # a^{[1]T}: the transpose stays behind, as a superscript of its own.
                    self.tokens[close + 1 : end + 1] = [Token("op", "⊤", *_place(self.tokens[close + 1]))]
                    self.tokens[self.position : close + 1] = [Token("op", "^", *_place(self.tokens[close]))]
                    return label
        elif inner and len(inner) <= 2 and all(t.kind in ("name", "number") for t in inner):
            label = "^" + "".join(t.text for t in inner)
            if text + label not in self.vocabulary.decorated:
                return None
        elif len(inner) == 1 and inner[0].text in ("·", "+", "-") and not braces:
            label = "^*" if inner[0].text == "·" else "^" + inner[0].text
        if not label:
            return None
        self.position = after
        return label

    def decorated(self, text: str, since: int) -> tuple[Node, str, bool]:
        """A name, its layer or example taken into it, then its subscripts."""
        names = self.vocabulary.decorated
        subscripts: list[Node] = []
        primes = 0
        while True:
            if self.at("^") and (decoration := self.decoration(text)) is not None:
                text += decoration
            elif self.at("_"):
                mark = self.position
                self.take()
                entries = self.subscripts()
                first = entries[0]
                label = first.text if isinstance(first, Name) else str(first.value) if isinstance(first, Number) else ""
                if label and not subscripts and f"{text}_{label}" in names:
                    text, entries = f"{text}_{label}", entries[1:]
                elif len(label.rstrip("'")) > 1 and isinstance(first, Name) and len(entries) == 1 and not primes:
                    # A word below a name, as in x_max, is part of the name.
                    text, entries = f"{text}_{label}", []
                if primes and entries and mark < 0:
                    raise self.fail("a subscript after a prime")
                subscripts += entries
            elif (self.at("'") or self.at("''")) and not primes and text + "'" not in names:
                while self.at("'") or self.at("''"):
                    primes += len(self.take().text)
            else:
                break
        node: Node = Name(text, span=self.span(since))
        if primes:
            node = Prime(node, primes, span=self.span(since))
        if subscripts:
            node = Index(node, tuple(subscripts), span=self.span(since))
        return node, text, bool(subscripts)


def _place(token: Token) -> tuple[int, int]:
    return token.start, token.end
