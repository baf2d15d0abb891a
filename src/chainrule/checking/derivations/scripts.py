r"""Readers of superscripts and subscripts: powers, primes, transposes, indices, layers."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from chainrule.checking.derivations.constructs import Constructs
from chainrule.checking.derivations.stream import NotRead
from chainrule.checking.derivations.tokens import closing, group, script
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
        """Read the subscripts, powers, primes and transposes behind a primary."""
        while True:
            if self.accept("^"):
                node = Transpose(node) if self.transposing() else Power(node, self.exponent())
            elif self.at("_"):
                self.require(not isinstance(node, Number | Big), "a subscript that is not read")
                self.take()
                node = Index(node, tuple(self.subscripts()))
            elif primes := self.primes():
                node = Prime(node, primes)
            elif self.at("!"):
                raise self.fail("factorials are not read")
            else:
                return node
            node = self.placed(node, since)

    def primes(self) -> int:
        """Consume the primes that come next, and count them."""
        count = 0
        while self.at("'") or self.at("''"):
            count += len(self.take().text)
        return count

    def transposing(self) -> bool:
        """Consume ⊤, or a T that names no number, if the superscript is that."""
        braces = self.at("{")
        token = self.peek(int(braces))
        is_t = token.text == "⊤" or (token.kind == "name" and token.text == "T" and "T" not in self.vocabulary.scalars)
        if is_t and (not braces or self.at("}", 2)):
            self.position += 3 if braces else 1
            return True
        return False

    def exponent(self) -> Node:
        """Read a superscript, in plain text also (a + b) and -1 without braces."""
        since = self.position
        if self.plain and self.peek().kind == "open":
            return self.bracket()
        if self.accept("-"):
            return self.placed(Plus((self.braced(),), (-1,)), since)
        return self.braced()

    def subscripts(self) -> list[Node]:
        """Read the entries of a subscript: ij is i, j."""
        if not self.at("{"):
            since, token = self.position, self.take()
            if token.kind == "number":
                return [self.placed(Number(Fraction(token.text)), since)]
            if token.kind in ("name", "word"):
                return [self.placed(Name(token.text), since)]
            raise self.fail("a subscript that is not read")
        end = closing(self.tokens, self.position)
        inner = self.sub(self.position + 1, end)
        self.position = min(end + 1, len(self.tokens))
        self.require(bool(inner.tokens), "an empty subscript")
        if inner.tokens[0].kind == "open" and closing(inner.tokens, 0) == len(inner.tokens) - 1:
            inner.tokens = inner.tokens[1:-1]
        found: list[Node] = []
        while inner.position < len(inner.tokens):
            node = inner.expression()
            indices = node.factors if isinstance(node, Product) and not any(node.joints) else ()
            found += indices if indices and all(isinstance(f, Name | Number) for f in indices) else (node,)
            if inner.position < len(inner.tokens) and not inner.accept(","):
                raise NotRead("a subscript that is not read", inner.offset())
        return found

    def decoration(self, text: str) -> str | None:
        """Consume a superscript that belongs to the name before it: (2), (i), *, or one from a declaration."""
        braces = self.at("{", 1)
        inner, after = group(self.tokens, self.position + 1) if braces else script(self.tokens, self.position + 1)
        label = "".join(token.text for token in inner)
        if inner and inner[0].kind == "open" and (braces or not self.plain):
            close = closing(inner, 0)
            content = inner[1:close]
            label = f"^({''.join(token.text for token in content)})"
            plain = all(t.kind in ("name", "number") or t.text in "+-" for t in content)
            certain = len(content) == 1 or text + label in self.vocabulary.decorated
            if not plain or not certain or len(content) > 3:
                return None
            if [token.text for token in inner[close + 1 :]] in (["T"], ["⊤"]):
                # a^{[1]T}: the transpose stays behind, as a superscript of its own.
                sign = replace(inner[close], kind="op", text="^")
                self.tokens[self.position : after] = [sign, replace(inner[close + 1], kind="op", text="⊤")]
                return label
            if close < len(inner) - 1:
                return None
        elif 0 < len(inner) <= 2 and all(t.kind in ("name", "number") for t in inner):
            label = f"^{label}"
            if text + label not in self.vocabulary.decorated:
                return None
        elif label in ("·", "+", "-") and not braces:
            label = "^*" if label == "·" else f"^{label}"
        else:
            return None
        self.position = after
        return label

    def decorated(self, text: str, since: int) -> tuple[Node, str, bool]:
        """Read the scripts of a name: layers and examples become part of the name, other subscripts index it."""
        names = self.vocabulary.decorated
        subscripts: list[Node] = []
        primes = 0
        while True:
            if self.at("^") and (decoration := self.decoration(text)) is not None:
                text += decoration
            elif self.accept("_"):
                entries = self.subscripts()
                first = entries[0]
                label = first.text if isinstance(first, Name) else str(first.value) if isinstance(first, Number) else ""
                word = isinstance(first, Name) and len(label.rstrip("'")) > 1
                if label and not subscripts and f"{text}_{label}" in names:
                    text, entries = f"{text}_{label}", entries[1:]
                elif word and len(entries) == 1 and not primes:
                    # A word below a name, as in x_max, is part of the name.
                    text, entries = f"{text}_{label}", []
                subscripts += entries
            elif not primes and text + "'" not in names and (self.at("'") or self.at("''")):
                primes = self.primes()
            else:
                break
        node = self.placed(Name(text), since)
        if primes:
            node = self.placed(Prime(node, primes), since)
        if subscripts:
            node = self.placed(Index(node, tuple(subscripts)), since)
        return node, text, bool(subscripts)
