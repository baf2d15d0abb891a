r"""Superscripts that count examples: in sums over i, x^{(i)}_k is an entry of a matrix and no name of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chainrule.checking.derivations.statements import Chain, Member
from chainrule.checking.derivations.tokens import Token

MARK = "^(·)"
"""Ends the names whose first subscript is written as a superscript."""


def counted(chains: Iterable[Chain]) -> frozenset[str]:
    """The letters that count the terms of a sum and stand there in bracketed superscripts."""
    found: set[str] = set()
    for tokens in (member.tokens for chain in chains for member in chain.members):
        summed: set[str] = set()
        for at, token in enumerate(tokens):
            if token.kind == "op" and token.text in ("Σ", "Π") and at + 2 < len(tokens) and tokens[at + 1].text == "_":
                first = tokens[at + 3] if tokens[at + 2].text == "{" and at + 3 < len(tokens) else tokens[at + 2]
                summed.add(first.text)
            letter = _letter(tokens, at)
            if letter is not None and letter[0].text in summed:
                found.add(letter[0].text)
    return frozenset(found)


def written_out(chain: Chain, letters: frozenset[str]) -> Chain:
    """The chain with x^{(i)}_k as x_{i,k} of a marked name, and with k' as one name where a sum runs over k'."""
    members = []
    for member in chain.members:
        tokens = _primed(member.tokens)
        members.append(Member(tuple(_rewritten(tokens, letters) if letters else tokens)))
    return replace(chain, members=tuple(members))


def _primed(tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens with k' as one name, if it is the index of a sum in them."""
    indices = {
        tokens[at + 3].text
        for at, token in enumerate(tokens[:-4])
        if token.kind == "op" and token.text in ("Σ", "Π") and tokens[at + 1].text == "_" and tokens[at + 2].text == "{"
        and tokens[at + 3].kind == "name" and tokens[at + 4].text == "'"
    }  # fmt: skip
    if not indices:
        return tokens
    result: list[Token] = []
    for token in tokens:
        if token.text == "'" and token.kind == "op" and result and result[-1].text in indices:
            result[-1] = replace(result[-1], text=result[-1].text + "'", end=token.end)
        else:
            result.append(token)
    return result


def _letter(tokens: Sequence[Token], at: int) -> tuple[Token, int] | None:
    """The letter of ^{(i)} or ^(i) that begins at a position, and the position after it."""
    if tokens[at].text != "^" or tokens[at].kind != "op":
        return None
    braces = at + 1 < len(tokens) and tokens[at + 1].text == "{" and tokens[at + 1].kind == "brace"
    first = at + (2 if braces else 1)
    inner = tokens[first : first + 3]
    if len(inner) < 3 or inner[0].text != "(" or inner[2].text != ")" or inner[1].kind != "name":
        return None
    if inner[1].text in ("l", "L", "ℓ"):
        return None  # layers
    after = first + 3
    if braces:
        if after >= len(tokens) or tokens[after].text != "}":
            return None
        after += 1
    return inner[1], after


def _rewritten(tokens: Sequence[Token], letters: frozenset[str]) -> list[Token]:
    result: list[Token] = []
    at = 0
    while at < len(tokens):
        found = _marked(tokens, at, letters) if tokens[at].kind == "name" else None
        if found is None:
            result.append(tokens[at])
            at += 1
        else:
            result += found[0]
            at = found[1]
    return result


def _marked(tokens: Sequence[Token], at: int, letters: frozenset[str]) -> tuple[list[Token], int] | None:
    """x^{(i)}, x^{(i)}_k and x_k^{(i)} at a position, rewritten, and the position after it."""
    below: list[Token] = []
    letter: Token | None = None
    position = at + 1
    while position < len(tokens) and tokens[position].kind == "op" and tokens[position].text in "_^":
        raised = _letter(tokens, position)
        if raised is not None and raised[0].text in letters and letter is None:
            letter, position = raised
        elif tokens[position].text == "_" and not below and position + 1 < len(tokens):
            end = _group_end(tokens, position + 1)
            below = [t for t in tokens[position + 1 : end] if t.kind != "brace"]
            position = end
        else:
            break
    if letter is None:
        return None
    name = tokens[at]
    last = tokens[position - 1].end
    comma = [Token("op", ",", letter.end, letter.end)] if below else []
    script = [Token("op", "_", name.end, name.end), Token("brace", "{", name.end, name.end), letter, *comma, *below]
    marked = replace(name, text=name.text + MARK)
    return [marked, *script, Token("brace", "}", last, last)], position


def _group_end(tokens: Sequence[Token], at: int) -> int:
    if tokens[at].text != "{":
        return at + 1
    depth = 0
    for end in range(at, len(tokens)):
        depth += {"{": 1, "}": -1}.get(tokens[end].text, 0) if tokens[end].kind == "brace" else 0
        if depth == 0:
            return end + 1
    return len(tokens)
