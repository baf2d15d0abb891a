r"""Superscripts that count examples: in sums over i, x^{(i)}_k is an entry of a matrix rather than a name."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from chainrule.checking.documents.statements import Chain, Member
from chainrule.checking.documents.tokens import Token, group, script, scripts_behind

MARK = "^(·)"
"""Ends the names whose first subscript is written as a superscript."""


def counted(chains: Iterable[Chain]) -> frozenset[str]:
    """The letters that a sum runs over and that its terms have as superscripts in brackets."""
    found: set[str] = set()
    for tokens in (member.tokens for chain in chains for member in chain.members):
        summed: set[str] = set()
        for at in range(len(tokens)):
            summed |= {token.text for token in _lower_limit(tokens, at)[:1]}
            letter = _letter(tokens, at)
            if letter is not None and letter[0].text in summed:
                found.add(letter[0].text)
    return frozenset(found)


def written_out(chain: Chain, letters: frozenset[str]) -> Chain:
    """The chain with x^{(i)}_k as x_{i,k} of a marked name, and with k' as one name where a sum runs over k'."""
    return replace(chain, members=tuple(Member(tuple(_rewritten(_primed(m.tokens), letters))) for m in chain.members))


def _lower_limit(tokens: Sequence[Token], at: int) -> list[Token]:
    """The subscript of the sum or product at a position; nothing if none stands there."""
    scripts = scripts_behind(tokens, at)[0] if tokens[at].is_op("ΣΠ") else []
    return dict(scripts).get("_", [])


def _primed(tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens with k' as one name, if it is the index of a sum in them."""
    limits = [_lower_limit(tokens, at) for at in range(len(tokens))]
    indices = {x[0].text for x in limits if len(x) > 1 and x[0].kind == "name" and x[1].is_op("'")}
    if not indices:
        return tokens
    result: list[Token] = []
    for token in tokens:
        if token.is_op("'") and result and result[-1].text in indices:
            result[-1] = replace(result[-1], text=result[-1].text + "'", end=token.end)
        else:
            result.append(token)
    return result


def _letter(tokens: Sequence[Token], at: int) -> tuple[Token, int] | None:
    """The letter of ^{(i)} or ^(i) that begins at a position, and the position after it; layers have no such letter."""
    if not tokens[at].is_op("^"):
        return None
    inner, after = script(tokens, at + 1)
    if len(inner) != 3 or inner[0].text != "(" or inner[1].kind != "name" or inner[1].text in ("l", "L", "ℓ"):
        return None
    return inner[1], after


def _rewritten(tokens: Sequence[Token], letters: frozenset[str]) -> Iterator[Token]:
    at = 0
    while at < len(tokens):
        marked, at = _marked(tokens, at, letters)
        yield from marked


def _marked(tokens: Sequence[Token], at: int, letters: frozenset[str]) -> tuple[list[Token], int]:
    """The tokens for x^{(i)}, x^{(i)}_k or x_k^{(i)} as an entry of a marked name, and the position behind them.

    Any other token stays as it is.
    """
    name = tokens[at]
    below: list[Token] = []
    letter: Token | None = None
    position = at + 1
    while name.kind == "name" and position < len(tokens) and tokens[position].is_op("_^"):
        raised = _letter(tokens, position)
        if raised is not None and raised[0].text in letters and letter is None:
            letter, position = raised
        elif tokens[position].text == "_" and not below:
            inner, position = group(tokens, position + 1)
            below = [token for token in inner if token.kind != "brace"]
        else:
            break
    if letter is None:
        return [name], at + 1
    last = tokens[position - 1].end
    comma = [Token("op", ",", letter.end, letter.end)] if below else []
    opening = [Token("op", "_", name.end, name.end), Token("brace", "{", name.end, name.end)]
    marked = replace(name, text=name.text + MARK)
    return [marked, *opening, letter, *comma, *below, Token("brace", "}", last, last)], position
