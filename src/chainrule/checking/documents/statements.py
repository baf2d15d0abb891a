r"""Fragments as statements: chains of members joined by relations, with the conditions over them.

`a = b \\ &= c` is one chain of three members; `a = b, \qquad c = d` are two chains; a condition may stand over a
relation (`\stackrel{k \neq l}{=}`), behind it (`\quad (i \neq j)`), or at the end (`a = b, i \neq j`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chainrule.checking.documents.sources import Fragment
from chainrule.checking.documents.tokens import Token, group, tokens
from chainrule.checking.documents.vocabulary import LAYOUTS, STACKED

_REASON = re.compile(
    r"\W*(?:since|because|as|using|by|da|weil|denn|wegen|nach|car|puisque|par|так как|поскольку|по)\b", re.I
)


@dataclass(frozen=True)
class Member:
    """One side of a relation."""

    tokens: tuple[Token, ...]

    @property
    def span(self) -> tuple[int, int]:
        """The first and last offset in the fragment's text."""
        return (self.tokens[0].start, self.tokens[-1].end) if self.tokens else (0, 0)


@dataclass(frozen=True)
class Link:
    """A relation between two members: its operator, the formula over it, and its place."""

    operator: str
    over: tuple[Token, ...]
    at: int


@dataclass(frozen=True)
class Chain:
    """Members and the links between them. `continued`: it begins with a relation. `open`: it ends with one."""

    fragment: Fragment
    members: tuple[Member, ...]
    links: tuple[Link, ...]
    conditions: tuple[tuple[Token, ...], ...] = ()
    continued: Link | None = None
    open: Link | None = None


def statements(fragment: Fragment) -> list[Chain]:
    r"""The chains of a fragment, in order.

    >>> from chainrule.checking.documents.sources import read
    >>> chains = statements(read(r"$$a = b \qquad c = d = e$$").fragments[0])
    >>> [len(chain.members) for chain in chains]
    [2, 3]

    Raises
    ------
    TooLong
        If the fragment is beyond the limits.
    """
    chains: list[Chain] = []
    for row in _rows(fragment):
        begun = False
        for piece in _pieces(row):
            if begun and piece[0].kind == "text" and _REASON.match(piece[0].text.strip()):
                # ... && \text{since } dE = X dW: a reason, not the next step.
                break
            if piece[0].kind not in ("text", "arrow", "gap"):
                begun = True
                _add(chains, fragment, piece)
    return chains


def _rows(fragment: Fragment) -> list[list[Token]]:
    if fragment.plain:
        lines = re.finditer(r"[^\n]+", fragment.text)
        return [tokens(line.group(), line.start(), plain=True) for line in lines]
    rows: list[list[Token]] = [[]]
    depth = 0
    for token in tokens(fragment.text):
        if token.kind in ("begin", "end") and token.text in LAYOUTS and not depth:
            if token.text != "split":
                rows.append([])
            continue
        if token.kind in ("begin", "end", "brace"):
            depth += token.nesting
        if depth <= 0 and token.is_op("\\\\"):
            rows.append([])
        elif depth > 0 or not token.is_op("&"):
            rows[-1].append(token)
    return [_folded(row) for row in rows if row]


def _folded(row: list[Token]) -> list[Token]:
    r"""The row with \stackrel{k \neq l}{=} as one relation token that carries its annotation."""
    result: list[Token] = []
    at = 0
    while at < len(row):
        token = row[at]
        at += 1
        if token.kind != "command" or token.text not in STACKED:
            result.append(token)
            continue
        over, at = group(row, at)
        base, at = group(row, at)
        relation = next((t for t in base if t.kind in ("relation", "arrow")), None)
        if relation is not None:
            base = [replace(relation, start=token.start, end=row[at - 1].end, over=tuple(over))]
        result += base
    return result


def _depths(row: Sequence[Token]) -> list[int]:
    """The number of brackets, braces and environments around each token."""
    depth, depths = 0, []
    alone = unmatched(row)
    for at, token in enumerate(row):
        step = 0 if at in alone else token.nesting
        before, depth = depth, max(0, depth + step)
        depths.append(min(before, depth))
    return depths


def unmatched(row: Sequence[Token]) -> set[int]:
    """The positions of brackets without a partner."""
    open_: list[int] = []
    lost: set[int] = set()
    for at, token in enumerate(row):
        if token.kind == "open":
            open_.append(at)
        elif token.kind == "close" and open_:
            open_.pop()
        elif token.kind == "close":
            lost.add(at)
    return lost | set(open_)


def _pieces(row: list[Token]) -> list[list[Token]]:
    """The parts of a row between wide spaces, arrows, texts, and commas that separate equations."""
    pieces: list[list[Token]] = [[]]
    for token, depth in zip(row, _depths(row), strict=True):
        if depth == 0 and token.kind in ("gap", "arrow", "text"):
            pieces += [[token], []]
        else:
            pieces[-1].append(token)
    parts = [_trimmed(part) for piece in pieces for part in _at_commas(piece)]
    return [part for part in parts if part]


def _at_commas(piece: list[Token]) -> list[list[Token]]:
    """The equations of a piece: a = b, i ≠ j are two statements; x_1, …, x_n > 0 is one."""
    outer = [at for at, depth in enumerate(_depths(piece)) if depth == 0]
    relations = [at for at in outer if piece[at].kind == "relation"]
    parts, since = [], 0
    for at in outer:
        if piece[at].is_op(",:") and relations and relations[-1] > at and any(since <= r < at for r in relations):
            parts.append(piece[since:at])
            since = at + 1
    return [*parts, piece[since:]]


def _trimmed(piece: list[Token]) -> list[Token]:
    """The tokens without commas and colons at their ends."""
    inside = [at for at, token in enumerate(piece) if not token.is_op(",:")]
    return piece[inside[0] : inside[-1] + 1] if inside else []


def _add(chains: list[Chain], fragment: Fragment, piece: list[Token]) -> None:
    """Append a piece as a chain, a condition on the last one, or a continuation of it."""
    previous = chains[-1] if chains else None
    if previous is not None and (condition := _as_condition(piece, previous)):
        chains[-1] = replace(previous, conditions=(*previous.conditions, tuple(condition)))
        return
    members, links = _split(piece)
    opened = links.pop() if links and not members[-1].tokens else None
    if opened is not None:
        members.pop()
    continues = not members[0].tokens
    if continues:
        members.pop(0)
    if previous is not None and (continues or previous.open is not None):
        if previous.open is not None and not continues:
            links.insert(0, previous.open)
        elif previous.open is not None and links:
            links[0] = replace(links[0], over=links[0].over or previous.open.over)
        grown = (*previous.members, *members)
        chains[-1] = replace(previous, members=grown, links=(*previous.links, *links), open=opened)
    elif continues:
        if links:
            chains.append(Chain(fragment, tuple(members), tuple(links[1:]), continued=links[0], open=opened))
    elif previous is not None and not links and opened is None and piece[0].is_op("+-·×⊙/"):
        joined = Member((*previous.members[-1].tokens, *piece))
        chains[-1] = replace(previous, members=(*previous.members[:-1], joined))
    elif links or opened is not None or previous is None or not previous.links:
        chains.append(Chain(fragment, tuple(members), tuple(links), open=opened))


def _split(piece: list[Token]) -> tuple[list[Member], list[Link]]:
    members: list[list[Token]] = [[]]
    links: list[Link] = []
    for token, depth in zip(piece, _depths(piece), strict=True):
        if token.kind == "relation" and depth == 0:
            links.append(Link(token.text, token.over, token.start))
            members.append([])
        else:
            members[-1].append(token)
    return [Member(tuple(_trimmed(member))) for member in members], links


def _as_condition(piece: list[Token], previous: Chain) -> list[Token]:
    """The tokens of a condition on indices, if a piece is one: i ≠ j, (i ≠ j), k = l."""
    if piece[0].kind == "open" and piece[-1].kind == "close":
        piece = piece[1:-1]
    relations = [t for t in piece if t.kind == "relation"]
    others = [t for t in piece if t.kind != "relation"]
    if not relations or relations[0] is piece[0] or relations[-1] is piece[-1] or len(piece) > 12:
        return []
    letters = {t.text for t in others if t.kind == "name"}
    simple = all((t.kind == "name" and t.text.islower()) or t.kind == "number" or t.text in ",…" for t in others)
    if not simple or not letters:
        return []
    # i = j is a condition if both are indices of the formula before it; otherwise it is an equation.
    return piece if any(r.text == "!=" for r in relations) or letters <= _below(previous) else []


def _below(chain: Chain) -> set[str]:
    """The letters in the subscripts of a chain."""
    found: set[str] = set()
    for member in chain.members:
        for at, token in enumerate(member.tokens):
            if token.is_op("_"):
                found |= {inner.text for inner in group(member.tokens, at + 1)[0] if inner.kind == "name"}
    return found
