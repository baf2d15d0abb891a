r"""Single-edit mutants of correct relations, made in the text, as a slip of the pen would.

    sign        + for -, - for +, minus the whole side
    index       one letter below for another that the relation uses
    name        one vector, number or matrix for another of the same kind
    constant    a number one larger
    power       an exponent dropped, a square added
    factor, term, denominator    dropped; a factor 2 or 1/2 added
    transpose   dropped

An edit counts if it changes the mathematics: the edited side, read again from its text, must differ from the original
side at some point.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.checking.documents.grammar import readings
from chainrule.checking.documents.model import Scope
from chainrule.checking.documents.stream import NotRead
from chainrule.checking.documents.tokens import Token, tokens
from chainrule.checking.documents.tree import Node, Plus, Product, walk
from chainrule.checking.documents.vocabulary import GREEK

_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True)
class Mutant:
    """An edited side of a relation and the kind of edit."""

    kind: str
    text: str


def mutants(text: str, scope: Scope, letters: frozenset[str], *, plain: bool = False) -> list[Mutant]:
    """All single edits of a formula's text, without repetition."""
    found: dict[str, Mutant] = {}
    for mutant in _all(text, scope, letters, plain):
        if mutant.text != text and mutant.text not in found:
            found[mutant.text] = mutant
    return list(found.values())


def _all(text: str, scope: Scope, letters: frozenset[str], plain: bool) -> Iterator[Mutant]:
    found = tokens(text, plain=plain)
    yield Mutant("sign", f"-({text})")
    yield Mutant("factor", f"2 ({text})")
    yield Mutant("factor", f"({text}) / 2" if plain else rf"\frac{{1}}{{2}} ({text})")
    below = _below(found)
    for at, token in enumerate(found):
        width = token.end - token.start
        if token.kind == "op" and token.text in "+-" and width == 1:
            if at and at not in below:
                yield Mutant("sign", _spliced(text, token, "-" if token.text == "+" else "+"))
            elif not at:
                yield Mutant("sign", _spliced(text, token, ""))
        elif token.kind == "name" and at in below and width == 1:
            for letter in sorted(letters):
                if letter != token.text:
                    yield Mutant("index", _spliced(text, token, letter))
        elif token.kind == "name" and at not in below:
            for other in _same_kind(token.text, scope):
                yield Mutant("name", _spliced(text, token, other if plain else _typed(other)))
        elif token.kind == "number" and at not in below and width == len(token.text):
            yield Mutant("constant", _spliced(text, token, str(int(float(token.text)) + 1)))
    yield from _scripts(text, found)
    yield from _parts(text, scope, plain)


def _below(found: list[Token]) -> set[int]:
    """The positions of tokens in subscripts and limits."""
    inside: set[int] = set()
    for at, token in enumerate(found[:-1]):
        if token.kind == "op" and token.text == "_":
            end = at + 1
            if found[end].text == "{":
                depth = 0
                while end < len(found):
                    depth += {"{": 1, "}": -1}.get(found[end].text, 0)
                    if depth == 0:
                        break
                    end += 1
            inside |= set(range(at + 1, end + 1))
    return inside


def _spliced(text: str, token: Token, new: str) -> str:
    space = " " if new[-1:].isalpha() and text[token.end : token.end + 1].isalpha() else ""
    return text[: token.start] + new + space + text[token.end :]


def _typed(name: str) -> str:
    base = re.split(r"[\^_]", name, maxsplit=1)[0]
    rest = name[len(base) :]
    rest = f"{rest[0]}{{{rest[1:]}}}" if len(rest) > 2 else rest
    return {letter: "\\" + word for word, letter in reversed(GREEK.items())}.get(base, base) + rest


def _same_kind(name: str, scope: Scope) -> list[str]:
    kind = scope.kinds.get(name)
    if kind is None or kind.role != "value":
        return []
    others = [n for n, k in scope.kinds.items() if n != name and k.role == "value" and k.dims == kind.dims]
    return sorted(others)[:3]


def _scripts(text: str, found: list[Token]) -> Iterator[Mutant]:
    for match in re.finditer(r"\^(\{[^{}]*\}|\\top|\\[A-Za-z]+|.)", text):
        inner = match.group(1).strip("{}")
        kind = (
            "transpose"
            if inner in ("T", "\\top", "⊤", "\\mathsf T")
            else "power"
            if inner.lstrip("-").isdigit()
            else ""
        )
        if kind:
            yield Mutant(kind, text[: match.start()] + text[match.end() :])
    for match in re.finditer("[²ᵀ]", text):
        yield Mutant("power", text[: match.start()] + text[match.end() :])
    for token, following in zip(found, [*found[1:], None], strict=True):
        after = following.text if following is not None else ""
        if token.kind == "close" and after not in ("^", "_", "'") and token.end - token.start == 1:
            yield Mutant("power", text[: token.end] + "^2" + text[token.end :])


def _parts(text: str, scope: Scope, plain: bool) -> Iterator[Mutant]:
    """Factors and terms dropped, denominators dropped, at the places that the parser gives."""
    try:
        tree = readings(tokens(text, plain=plain), scope.vocabulary(), plain=plain)[0]
    except NotRead:
        return
    for node in walk(tree):
        if isinstance(node, Product):
            for factor in node.factors:
                yield from _without(text, factor, "factor")
        elif isinstance(node, Plus) and len(node.terms) > 1:
            for term in node.terms[1:]:
                first, last = _whole(text, term.span)
                head = text[:first].rstrip()
                if head[-1:] in "+-−":
                    yield Mutant("term", head[:-1] + text[last:])
    for match in re.finditer(r"\\d?frac", text):
        above = _group(text, match.end())
        under = _group(text, above[1]) if above else None
        if above and under:
            numerator = text[above[0] : above[1]][1:-1]
            if not numerator.lstrip().startswith(("\\partial", "d")):
                yield Mutant("denominator", f"{text[: match.start()]}({numerator}){text[under[1] :]}")


def _without(text: str, node: Node, kind: str) -> Iterator[Mutant]:
    first, last = _whole(text, node.span)
    head = re.sub(r"(\\cdot|\\times|\\odot|\\circ|·|⊙|\*)\s*$", "", text[:first])
    rest = text[last:]
    if head.strip() == "" or head.rstrip()[-1:] in "+-=({[":
        rest = re.sub(r"^\s*(\\cdot|\\times|\\odot|\\circ|·|⊙|\*)", "", rest)
    yield Mutant(kind, head + rest)


def _whole(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """A span with the brackets that stand directly around it."""
    first, last = span
    while True:
        before, after = text[:first].rstrip(), text[last:].lstrip()
        left = re.search(r"(\\left|\\[Bb]igg?l?)?\s*\(\s*$", before)
        right = re.match(r"(\\right|\\[Bb]igg?r?)?\s*\)", after)
        if not left or not right or before[-1:] not in _OPENING:
            return first, last
        first, last = left.start(), len(text) - len(after) + right.end()


def _group(text: str, at: int) -> tuple[int, int] | None:
    while at < len(text) and text[at].isspace():
        at += 1
    if at >= len(text) or text[at] != "{":
        return None
    depth = 0
    for end in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0:
            return at, end + 1
    return None
