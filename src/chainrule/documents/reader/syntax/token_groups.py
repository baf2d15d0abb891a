"""Tokens in groups: what stands between braces, brackets, and the two ends of an environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from chainrule.documents.reader.syntax.constructs import CONSTRUCTS, SIGNS, Construct
from chainrule.documents.reader.syntax.formula_tokens import FormulaToken
from chainrule.documents.reader.syntax.written import UNENDED

MOST_DEPTH = 40
"""Groups within groups; what lies deeper is not read."""


@dataclass
class Group:
    """Items between an opening and a closing sign.

    Attributes
    ----------
    kind : str
        "{" for braces, "(" for brackets of every kind, "begin" for an environment.
    opening, closing : str
        Which brackets: "(", "[", "{", "<", "floor", "|", "||", "." for none; or the environment's name.
    items : list of FormulaToken or Group
    start, end : int
    """

    kind: str
    opening: str
    start: int
    items: list[FormulaToken | Group] = field(default_factory=list)
    closing: str = ""
    end: int = 0
    is_side: bool = False
    is_open: bool = False


Item = FormulaToken | Group


def construct_of(item: Item) -> Construct:
    """The entry of a token in the tables; for groups, names, numbers and unknown commands one with their kind as role.

    >>> construct_of(FormulaToken("command", "cdot", 0, 5, ""))
    Construct(role='joint', value='*', arguments='')
    """
    if isinstance(item, Group):
        return Construct(item.kind)
    if item.kind in ("command", "sign"):
        entry = (CONSTRUCTS if item.kind == "command" else SIGNS).get(item.text)
        return entry or Construct("unknown", item.text)
    return Construct(item.kind, item.text)


def role_of(item: Item) -> str:
    """The role of an item's entry.

    >>> role_of(Group("{", "{", 0))
    '{'
    """
    return construct_of(item).role


def groups_of(tokens: list[FormulaToken]) -> list[Item]:
    """Tokens in groups. What has no other end becomes a token of the kind "problem", and nothing else is lost.

    >>> [group.closing for group in groups_of([FormulaToken("sign", each, 0, 1, each) for each in "([)"])]
    ['(']
    """
    return _Grouping(tokens).items()


def split(items: Sequence[Item], role: str) -> list[list[Item]]:
    """Items between the signs of a role; the last part is left out if it is empty."""
    found: list[list[Item]] = [[]]
    for item in items:
        if role_of(item) == role:
            found.append([])
        else:
            found[-1].append(item)
    blank = role == "row" and all(not isinstance(item, Group) and item.raw == "\\hline" for item in found[-1])
    return found[:-1] if blank else found


# What follows is private.


class _Grouping:
    def __init__(self, tokens: list[FormulaToken]) -> None:
        self.tokens = tokens
        self.stack = [Group("all", "", 0)]
        self.skipped = 0

    def items(self) -> list[Item]:
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            construct = construct_of(token)
            at += 1
            if construct.role == "size":
                continue
            if construct.role == "side":
                delimiter = self.tokens[at] if at < len(self.tokens) else token
                at += 1
                self.side(token, delimiter, construct.value, at)
            elif token.text == "[" and self.stack[-1].opening == "]":
                self.close("]", token, "[")
            elif construct.role in ("group", "open", "begin"):
                kind = {"group": "{", "open": "(", "begin": "begin"}[construct.role]
                self.open(kind, token.arguments[0] if kind == "begin" else construct.value or "{", token)
            elif construct.role in ("ungroup", "end"):
                self.close_strong("{" if construct.role == "ungroup" else "begin", token)
            elif construct.role == "close":
                self.close(construct.value, token)
            else:
                self.add(token)
        while len(self.stack) > 1:
            self.unwind()
        return _angled(self.stack[0].items, "all")

    def add(self, item: Item) -> None:
        if not self.skipped:
            self.stack[-1].items.append(item)

    def open(self, kind: str, opening: str, token: FormulaToken, is_side: bool = False) -> None:
        if self.skipped or len(self.stack) > MOST_DEPTH:
            if not self.skipped:
                self.add(_problem(token, f"more than {MOST_DEPTH} groups within each other"))
            self.skipped += 1
        else:
            self.stack.append(Group(kind, opening, token.start, is_side=is_side))

    def shut(self, closing: str, end: int) -> None:
        group = self.stack.pop()
        group.closing, group.end = closing, end
        group.items = _angled(group.items, group.kind)
        self.stack[-1].items.append(group)

    def unwind(self) -> None:
        """The innermost group has no end: its items belong to the group around it. A plain bracket reaches to the next
        relation, or to the end of the formula."""
        group = self.stack.pop()
        if group.kind == "(" and group.opening == "(" and not group.is_side:
            ends = (at for at, item in enumerate(group.items) if role_of(item) in _BEYOND_BRACKETS)
            end = next(ends, len(group.items))
            if inside := group.items[:end]:
                place = inside[-1].end
                closed = Group("(", "(", group.start, _angled(inside, "("), "(", place)
                unended = FormulaToken("problem", UNENDED, place - 1, place, "")
                self.stack[-1].items += [closed, unended, *group.items[end:]]
                return
        names = {"{": "brace", "begin": f"\\begin{{{group.opening}}}"}
        if not (group.kind == "(" and group.is_open):
            what = f"{names.get(group.kind, f'bracket {group.opening}')} without an end"
            self.stack[-1].items.append(FormulaToken("problem", what, group.start, group.start + 1, ""))
        self.stack[-1].items += group.items

    def close_strong(self, kind: str, token: FormulaToken) -> None:
        """A brace, or the end of an environment, ends all brackets within it."""
        if self.skipped:
            self.skipped -= 1
            return
        names = token.arguments[:1] if kind == "begin" else ("{",)
        if not any(group.kind == kind and group.opening in names for group in self.stack):
            self.add(_problem(token, f"{token.raw}{''.join(names) if kind == 'begin' else ''} without a beginning"))
            return
        while not (self.stack[-1].kind == kind and self.stack[-1].opening in names):
            self.unwind()
        self.shut(names[0], token.end)

    def close(self, closing: str, token: FormulaToken, shown: str = "") -> None:
        """A bracket: it ends the innermost one of its kind; ( and [ may end each other, as in [0, 1) and ]0, 1[."""
        if self.skipped:
            self.skipped -= 1
            return
        for depth, group in enumerate(reversed(self.stack)):
            if group.kind != "(" or (group.is_side and not group.is_open):
                break
            if group.opening == closing:
                for _ in range(depth):
                    self.unwind()
                self.shut(shown or closing, token.end)
                return
        top = self.stack[-1]
        before = role_of(top.items[-1]) if top.items else "relation"
        if top.kind == "(" and not top.is_side and {top.opening, closing} <= {"(", "["}:
            self.shut(closing, token.end)
        elif closing == "(" and len(self.stack) == 1 and len(top.items) == 1 and isinstance(top.items[0], FormulaToken):
            top.items.clear()  # the label of an item: a)
        elif closing == "[" and before in ("relation", "comma", "sign", "joint"):
            self.open("(", "]", token)
        elif closing == "|":  # P(y \\rvert x)
            self.add(token._replace(text="vert"))
        else:
            self.add(_problem(token, f"bracket {token.raw} without a beginning"))

    def side(self, token: FormulaToken, delimiter: FormulaToken, side: str, at: int) -> None:
        """\\left( and \\right). A bracket may go on in the next row: \\left( a \\right. \\\\ \\left. b \\right)."""
        found = construct_of(delimiter)
        sign = found.value if found.role in ("open", "close", "bar") else delimiter.text
        sign = "/" if sign not in ("(", "[", "{", "<", ">", ".", "|", "||", "floor", "ceil", "[[") else sign
        place = token._replace(end=delimiter.end)
        sign = "<" if sign == ">" else sign
        if side == "left":
            if sign == "." and self.stack[-1].is_open:
                self.stack[-1].is_open = False
            else:
                self.open("(", sign, place, is_side=True)
        elif self.skipped:
            self.skipped -= 1
        else:
            inner = next((each for each in reversed(self.stack) if each.kind != "(" or each.is_side), self.stack[0])
            if not inner.is_side:
                self.add(_problem(place, "\\right without \\left"))
                return
            while self.stack[-1] is not inner:
                self.unwind()
            if sign == "." and inner.opening != "." and self.goes_on(at):
                inner.is_open = True
            else:
                self.shut(sign, place.end)

    def goes_on(self, at: int) -> bool:
        """True where \\left. follows, with nothing but a new row and signs between."""
        for token, after in zip(self.tokens[at : at + 8], self.tokens[at + 1 : at + 9], strict=False):
            if token.kind == "command" and token.text == "left":
                return after.text == "."
            if construct_of(token).role not in ("row", "cell", "sign", "joint", "wide", "space", "relation", "nothing"):
                return False
        return False


def _problem(token: FormulaToken, what: str) -> FormulaToken:
    return FormulaToken("problem", what, token.start, token.end, token.raw)


_BEYOND_BRACKETS = ("relation", "row", "cell", "wide", "phrase")
_NO_FACTOR = ("relation", "sign", "joint", "comma", "end")


def _angled(items: list[Item], kind: str) -> list[Item]:
    """With <x, y> in brackets, where < cannot be a relation, or > cannot: nothing stands before it, or behind it."""
    signs = [at for at, item in enumerate(items) if isinstance(item, FormulaToken) and item.raw in ("<", ">")]
    found: list[Item] = []
    at = 0
    for first, last in pairwise(signs):
        if first >= at and _is_angled(items, first, last, kind):
            found += items[at:first]
            found.append(Group("(", "<", items[first].start, items[first + 1 : last], "<", items[last].end))
            at = last + 1
    return [*found, *items[at:]] if at else items


def _is_angled(items: list[Item], first: int, last: int, kind: str) -> bool:
    opening, closing = items[first], items[last]
    if not isinstance(opening, FormulaToken) or not isinstance(closing, FormulaToken):
        return False
    roles = [role_of(item) for item in items[first + 1 : last]]
    before = next((role for role in map(role_of, reversed(items[max(first - 9, 0) : first])) if role != "space"), "")
    after = next((role for role in map(role_of, items[last + 1 : last + 9]) if role != "space"), "end")
    starts = before in _NO_FACTOR or (not before and kind == "(")
    ends = after in (*_NO_FACTOR, "script") and after != "sign"
    pair = (opening.raw, closing.raw) == ("<", ">")
    return pair and roles.count("comma") == 1 and "relation" not in roles and (starts or ends)
