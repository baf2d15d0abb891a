r"""Fragments as statements: chains of members joined by relations, with the conditions over them.

`a = b \\ &= c` is one chain of three members; `a = b, \qquad c = d` are two chains; a condition may stand over a
relation (`\stackrel{k \neq l}{=}`), behind it (`\quad (i \neq j)`), or at the end (`a = b, i \neq j`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from chainrule.checking.derivations.sources import Fragment
from chainrule.checking.derivations.tokens import Token, tokens

LAYOUTS = frozenset(
    [
        "equation",
        "align",
        "aligned",
        "split",
        "gather",
        "gathered",
        "multline",
        "multlined",
        "eqnarray",
        "displaymath",
        "flalign",
        "alignat",
        "alignedat",
        "math",
        "subequations",
        "dmath",
        "center",
    ]
)
_CONDITION_WORDS = (
    "if",
    "for",
    "when",
    "where",
    "falls",
    "für",
    "si",
    "pour",
    "если",
    "при",
    "для",
    "wenn",
    "with",
    "all",
)


_REASON = re.compile(
    r"\W*(?:since|because|as|using|by|da|weil|denn|wegen|nach|car|puisque|par|так как|поскольку|по)\b", re.I
)


@dataclass(frozen=True)
class Member:
    """One side of a relation."""

    tokens: tuple[Token, ...]

    @property
    def span(self) -> tuple[int, int]:
        """Its place in the fragment's text."""
        return (self.tokens[0].start, self.tokens[-1].end) if self.tokens else (0, 0)


@dataclass(frozen=True)
class Link:
    """A relation between two members: its operator, what stands over it, where."""

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
    notes: tuple[str, ...] = field(default=())


def statements(fragment: Fragment) -> list[Chain]:
    r"""The chains of a fragment, in order.

    >>> from chainrule.checking.derivations.sources import read
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
            begun = begun or piece[0].kind not in ("text", "arrow")
            _add(chains, fragment, piece)
    return [chain for chain in chains if chain.members]


def _rows(fragment: Fragment) -> list[list[Token]]:
    if fragment.plain:
        rows, offset = [], 0
        for line in fragment.text.split("\n"):
            rows.append(tokens(line, offset, plain=True))
            offset += len(line) + 1
        return rows
    rows = [[]]
    inner = 0
    braces = 0
    for token in tokens(fragment.text):
        if token.kind in ("begin", "end"):
            if token.text in LAYOUTS and not inner and not braces:
                if token.text != "split" and rows[-1]:
                    rows.append([])
                continue
            inner += 1 if token.kind == "begin" else -1
        elif token.kind == "brace":
            braces += 1 if token.text == "{" else -1
        if token.text == "\\\\" and token.kind == "op" and inner <= 0 and braces <= 0:
            rows.append([])
        elif not (token.text == "&" and token.kind == "op" and inner <= 0 and braces <= 0):
            rows[-1].append(token)
    return _folded(row for row in rows if row)


def _folded(rows: Iterable[list[Token]]) -> list[list[Token]]:
    """\\stackrel{k \\neq l}{=} as one relation token that carries its annotation."""
    return [_fold(row) for row in rows]


def _fold(row: list[Token]) -> list[Token]:
    result: list[Token] = []
    at = 0
    while at < len(row):
        token = row[at]
        if token.kind == "command" and token.text in ("\\stackrel", "\\overset", "\\underset", "\\overunderset"):
            over, after = _group(row, at + 1)
            base, after = _group(row, after)
            relation = next((t for t in base if t.kind in ("relation", "arrow")), None)
            if relation is not None:
                result.append(
                    _Annotated(relation.kind, relation.text, token.start, row[after - 1].end, over=tuple(over))
                )
            else:
                result += base
            at = after
        elif token.kind == "command" and token.text == "\\mathrel":
            at += 1
        else:
            result.append(token)
            at += 1
    return result


@dataclass(frozen=True)
class _Annotated(Token):
    over: tuple[Token, ...] = ()


def _group(row: list[Token], at: int) -> tuple[list[Token], int]:
    if at >= len(row) or row[at].text != "{":
        return row[at : at + 1], min(at + 1, len(row))
    depth = 0
    for end in range(at, len(row)):
        depth += {"{": 1, "}": -1}.get(row[end].text, 0) if row[end].kind == "brace" else 0
        if depth == 0:
            return row[at + 1 : end], end + 1
    return row[at + 1 :], len(row)


def _depths(row: list[Token]) -> list[int]:
    """How many brackets, braces and environments each token stands in."""
    depth, depths = 0, []
    alone = unmatched(row)
    for at, token in enumerate(row):
        closing = token.kind in ("close", "end") or (token.kind == "brace" and token.text == "}")
        opening = token.kind in ("open", "begin") or (token.kind == "brace" and token.text == "{")
        if at in alone:
            closing = opening = False
        if closing:
            depth = max(0, depth - 1)
        depths.append(depth)
        if opening:
            depth += 1
    return depths


def unmatched(row: Sequence[Token]) -> set[int]:
    """The positions of brackets without a partner."""
    open_: list[int] = []
    lost: set[int] = set()
    for at, token in enumerate(row):
        if token.kind == "open":
            open_.append(at)
        elif token.kind == "close":
            if open_:
                open_.pop()
            else:
                lost.add(at)
    return lost | set(open_)


def _pieces(row: list[Token]) -> list[list[Token]]:
    """The parts of a row between wide spaces, arrows, texts, and commas that separate equations."""
    depths = _depths(row)
    pieces: list[list[Token]] = [[]]
    for token, depth in zip(row, depths, strict=True):
        if depth == 0 and token.kind in ("gap", "arrow", "text"):
            if token.kind == "text" or token.kind == "arrow":
                pieces.append([token])
            pieces.append([])
        else:
            pieces[-1].append(token)
    split: list[list[Token]] = []
    for piece in pieces:
        split += _at_commas(piece)
    return [trimmed for piece in split if (trimmed := _trimmed(piece))]


def _at_commas(piece: list[Token]) -> list[list[Token]]:
    depths = _depths(piece)
    parts: list[list[Token]] = [[]]
    for token, depth in zip(piece, depths, strict=True):
        if depth == 0 and token.text in (",", ":") and token.kind == "op":
            parts.append([])
        else:
            parts[-1].append(token)
    if len(parts) == 1 or not all(_has_relation(part) for part in parts if part):
        # x_1, …, x_n > 0 is one statement; a = b, i ≠ j are two.
        joined: list[list[Token]] = [[]]
        for number, part in enumerate(parts):
            if number and _has_relation(joined[-1]) and any(_has_relation(p) for p in parts[number:]):
                joined.append(list(part))
            elif number:
                separator = (
                    next(t for t in piece if t.text in (",", ":") and part and t.end <= part[0].start) if part else None
                )
                joined[-1] += ([separator] if separator else []) + part
            else:
                joined[-1] += part
        return joined
    return parts


def _has_relation(part: list[Token]) -> bool:
    depths = _depths(part)
    return any(t.kind == "relation" and d == 0 for t, d in zip(part, depths, strict=True))


def _trimmed(piece: list[Token]) -> list[Token]:
    first, last = 0, len(piece)
    while first < last and piece[first].kind == "op" and piece[first].text in (",", ":"):
        first += 1
    while last > first and piece[last - 1].kind == "op" and piece[last - 1].text in (",", ":"):
        last -= 1
    return piece[first:last]


def _add(chains: list[Chain], fragment: Fragment, piece: list[Token]) -> None:
    """Append a piece as a chain, a condition on the last one, or a continuation of it."""
    if piece[0].kind == "text":
        if chains:
            chains[-1] = replace(chains[-1], notes=(*chains[-1].notes, piece[0].text))
        return
    if piece[0].kind == "arrow":
        return
    condition = _as_condition(piece, _below(chains[-1]) if chains else None)
    if condition is not None and chains and chains[-1].members:
        chains[-1] = replace(chains[-1], conditions=(*chains[-1].conditions, tuple(condition)))
        return
    members, links = _split(piece)
    if not links:
        _continue(chains, fragment, piece)
        return
    first, last = members[0], members[-1]
    opened = links[-1] if not last else None
    if opened is not None:
        members, links = members[:-1], links[:-1]
    if not first and chains and chains[-1].fragment is fragment:
        previous = chains[-1]
        join = previous.open or links[0] if links else previous.open or opened
        assert join is not None
        if previous.open is not None and links:
            join = replace(links[0], over=links[0].over or previous.open.over)
        rest = [Member(tuple(m)) for m in members[1:]]
        grown = (*previous.links, *((join, *links[1:]) if rest else ()))
        chains[-1] = replace(previous, members=(*previous.members, *rest), links=grown, open=opened)
        return
    if chains and chains[-1].fragment is fragment and chains[-1].open is not None and first:
        previous = chains[-1]
        assert previous.open is not None
        joined = (*previous.members, *(Member(tuple(m)) for m in members))
        chains[-1] = replace(previous, members=joined, links=(*previous.links, previous.open, *links), open=opened)
        return
    continued = None
    if not first:
        if not links:
            return
        continued, members, links = links[0], members[1:], links[1:]
    chains.append(
        Chain(fragment, tuple(Member(tuple(m)) for m in members), tuple(links), continued=continued, open=opened)
    )


def _continue(chains: list[Chain], fragment: Fragment, piece: list[Token]) -> None:
    """A piece without a relation: the rest of a long member, the member after an open end, or a lone formula."""
    if not chains or chains[-1].fragment is not fragment:
        chains.append(Chain(fragment, (Member(tuple(piece)),), ()))
        return
    previous = chains[-1]
    if previous.open is not None:
        chains[-1] = replace(
            previous,
            members=(*previous.members, Member(tuple(piece))),
            links=(*previous.links, previous.open),
            open=None,
        )
    elif piece[0].text in ("+", "-", "·", "×", "⊙", "/") and piece[0].kind == "op":
        joined = Member((*previous.members[-1].tokens, *piece))
        chains[-1] = replace(previous, members=(*previous.members[:-1], joined))
    elif previous.links:
        chains[-1] = replace(previous, notes=(*previous.notes, " ".join(t.text for t in piece)))
    else:
        chains.append(Chain(fragment, (Member(tuple(piece)),), ()))


def _split(piece: list[Token]) -> tuple[list[list[Token]], list[Link]]:
    members: list[list[Token]] = [[]]
    links: list[Link] = []
    for token, depth in zip(piece, _depths(piece), strict=True):
        if token.kind == "relation" and depth == 0:
            over = token.over if isinstance(token, _Annotated) else ()
            links.append(Link(token.text, over, token.start))
            members.append([])
        else:
            members[-1].append(token)
    return [_trimmed(m) for m in members], links


def _as_condition(piece: list[Token], below: frozenset[str] | None) -> list[Token] | None:
    """The tokens of a condition on indices, if a piece is one: i ≠ j, (i ≠ j), k = l."""
    if piece[0].kind == "open" and piece[-1].kind == "close":
        piece = piece[1:-1]
    if below is None or not piece or len(piece) > 12:
        return None
    relations = [t for t in piece if t.kind == "relation"]
    others = [t for t in piece if t.kind != "relation"]
    if not relations or relations[0] is piece[0] or relations[-1] is piece[-1]:
        return None
    simple = all((t.kind == "name" and t.text.islower()) or t.kind == "number" or t.text in ",…" for t in others)
    if not simple or not any(t.kind == "name" for t in others):
        return None
    if any(r.text in ("!=",) for r in relations):
        return piece
    # i = j is a condition if both are indices of what stands before it; otherwise it is an equation.
    return piece if all(t.text in below for t in others if t.kind == "name") else None


def _below(chain: Chain) -> frozenset[str]:
    """The letters that stand in the subscripts of a chain."""
    found: set[str] = set()
    for tokens_ in (member.tokens for member in chain.members):
        for at, token in enumerate(tokens_[:-1]):
            if token.kind == "op" and token.text == "_":
                end = at + 1
                while end < len(tokens_) and tokens_[end].text != "}" and tokens_[at + 1].text == "{":
                    end += 1
                found |= {t.text for t in tokens_[at + 1 : end + 1] if t.kind == "name"}
    return frozenset(found)
