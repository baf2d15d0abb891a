"""The items of a formula as a flat row of elements: braces, fonts, boxes and colours, which only show, are gone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from chainrule.documents.language.terms import decimals_in
from chainrule.documents.reader.syntax.constructs import BIG, CONSTRUCTS, letter
from chainrule.documents.reader.syntax.formula_tokens import FormulaToken, first_and_rest
from chainrule.documents.reader.syntax.token_groups import Group, Item, construct_of, role_of, split
from chainrule.documents.reader.syntax.written import Dots, NotRead, Numeral, Symbol, Written

DEFINING = ("def", "triangle", "Delta", "define", "definition", ".", "def.", "bigtriangleup", "Def")
"""Words and signs above an equality sign that make it a definition."""


_CODE = re.compile(r"[A-Za-z]\w+(?:\.\w+)*", re.ASCII)


class Element(NamedTuple):
    """One sign that stands in a row, with what belongs to it.

    Attributes
    ----------
    role : str
        "atom" (its value is Written), "relation", "sign", "joint", "script", "prime", "comma", "colon", "point", "bar",
        "wide", "phrase", "forall", "tag", "label", "big", "bracket", "environment", or a command with arguments.
    value : object
    start, end : int
    arguments : tuple of list of items
    font : str
        The font that it stands in.
    """

    role: str
    value: object
    start: int
    end: int
    arguments: tuple[Sequence[Item], ...] = ()
    font: str = ""

    @property
    def place(self) -> tuple[int, int]:
        """Its start and its end."""
        return self.start, self.end


def elements_of(items: Sequence[Item], font: str = "") -> list[Element]:
    """The elements of items.

    >>> items = FormulaToken("letter", "x", 0, 1, "x"), FormulaToken("sign", "+", 1, 2, "+")
    >>> [element.role for element in elements_of(items)]
    ['atom', 'sign']
    """
    return _Flattening(items, font).elements()


# What follows is private.


class _Flattening:
    def __init__(self, items: Sequence[Item], font: str) -> None:
        self.waiting = list(items)[::-1]
        self.font = font
        self.found: list[Element] = []
        self.is_negated = False

    def elements(self) -> list[Element]:
        narrow = 0
        while self.waiting:
            item = self.waiting.pop()
            construct = None if isinstance(item, Group) else construct_of(item)
            is_space = construct is not None and construct.role == "space"
            narrow = narrow + (construct is not None and is_space and construct.value != "!" and construct.value != ",")
            if isinstance(item, Group):
                self.group(item)
            elif is_space and narrow == 2:
                self.found.append(Element("wide", "", item.start, item.end))
            elif construct is not None and not is_space:
                self.token(item, construct.role, construct.value, construct.arguments)
            if not is_space:
                narrow = 0
        return self.found

    def put(self, role: str, value: object, item: Item, *arguments: Sequence[Item]) -> None:
        end = _end(arguments[-1]) if arguments and arguments[-1] else item.end
        self.found.append(Element(role, value, item.start, max(item.end, end), arguments, self.font))

    def atom(self, written: type[Written], item: Item, *values: object, **named: Any) -> None:
        found = written(*values, **named, place=(item.start, item.end))
        self.found.append(Element("atom", found, item.start, item.end))

    def group(self, group: Group) -> None:
        if self.is_slice(group):
            self.put("script", "_", group, group.items)
        elif group.kind == "(":
            self.put("bracket", (group.opening, group.closing), group, group.items)
        elif group.kind == "begin":
            self.put("environment", group.opening, group, group.items)
        elif self.is_scripted() or any(role_of(item) == "infix" for item in group.items):
            self.put("braced", "", group, group.items)
        else:
            self.found += elements_of(group.items, self.font)

    def is_slice(self, group: Group) -> bool:
        """True for the brackets of a row or a column in the way of code: A[i, :], directly behind a letter."""
        before = self.found[-1] if self.found else None
        if group.opening != "[" or before is None or before.role != "atom" or before.end != group.start:
            return False
        parts = split(group.items, "comma")
        colons = [[role_of(item) for item in part if role_of(item) != "space"] == ["colon"] for part in parts]
        return isinstance(before.value, Symbol) and len(colons) == 2 and any(colons)

    def is_scripted(self) -> bool:
        """True where a script or a prime follows, which then stands at the whole group."""
        following = next((item for item in reversed(self.waiting[-3:]) if role_of(item) != "space"), None)
        return following is not None and role_of(following) in ("script", "prime")

    def token(self, token: FormulaToken, role: str, value: str, wanted: str) -> None:
        if role in ("nothing", "row", "cell"):
            return
        if role == "mark":  # of the end of a proof, if nothing stands behind it
            if not all(role_of(item) in ("space", "wide", "nothing", "row", "cell", "mark") for item in self.waiting):
                self.atom(NotRead, token, f"the sign {token.raw} between factors")
            return
        if role in ("letter", "number", "roman", "blackboard", "symbol", "word", "big", "dots", "unknown", "problem"):
            self.simple(token, role, value)
        elif role == "not":
            self.is_negated = True
        elif role == "relation":
            start, before = token.start, self.found[-1] if self.found else None
            if value == "=" and before is not None and before.role == "sign" and before.value in ("1", "-1"):
                start, value = self.found.pop().start, "+=" if before.value == "1" else "-="
            self.found.append(Element(role, self.negated(value), start, token.end))
        elif role == "script":
            items = self.argument(token)
            primes = [role_of(item) for item in items] == ["prime"] * len(items) and items and value == "^"
            self.put("prime" if primes else "script", len(items) if primes else value, token, items)
        elif role == "prime":
            self.put("prime", len(value), token)
        elif role == "font" or role == "inside":
            items = self.argument(token)
            if value == "typewriter" and (name := _name_of_code(items)):
                self.atom(Symbol, token, name, (), value, True)
                return
            if role == "font" and len(items) == 1 and isinstance(items[0], FormulaToken) and value == "italic":
                value = ""
            self.found += elements_of(items, value if role == "font" else self.font)
        elif role == "switch":
            self.font = value
        elif role in ("over", "under"):
            self.over(token, role)
        elif role == "arrow":
            self.optional()
            above = self.argument(token)
            self.found.append(Element("relation", value, token.start, _end(above), (above,) if above else ()))
        elif role in ("text", "side", "ungroup", "close", "open", "end", "size"):
            self.atom(NotRead, token, f"{token.raw} alone")
        elif role in ("tag", "label", "reference"):
            self.put(role, token.arguments[0].strip("() ") if token.arguments else "", token)
        elif role == "derivative":
            optional, lists = self.optional(), [self.argument(token)]
            while len(lists) < 3 and self.waiting and _is_braces(self.waiting[-1]):
                lists.append(self.argument(token))
            self.put(role, value, token, optional, *lists)
        else:
            if role == "infix":
                self.put(role, value, token)
                return
            lists = [self.optional() if kind == "o" else self.argument(token) for kind in wanted if kind != "r"]
            self.put(role, value if role != "phrase" else token.text, token, *lists)

    def simple(self, token: FormulaToken, role: str, value: str) -> None:
        if role == "letter":
            text, accents, font = letter(token.text)
            if (text, font or self.font) == ("E", "blackboard"):
                self.put("big", "E", token)
            else:
                self.atom(Symbol, token, text, accents, font or self.font)
        elif role == "number":
            self.number(token)
        elif role in ("roman", "blackboard"):
            self.atom(Symbol, token, value, (), role)
        elif role == "big" or (role == "word" and _lower(token.text) in BIG):
            self.put("big", _lower(token.text) if role == "word" else value, token)
        elif role == "word":
            entry = CONSTRUCTS.get(token.text)
            self.atom(Symbol, token, entry.value if entry and entry.role == "word" else token.text, (), "", True)
        elif role == "symbol":
            self.atom(Symbol, token, value, (), self.font)
        elif role == "dots":
            self.atom(Dots, token)
        else:
            self.atom(NotRead, token, token.text if role == "problem" else token.raw)

    def number(self, token: FormulaToken) -> None:
        text = token.text
        for space in ("\\,", "\\:", "\\;", "\\!", "\\ ", "~", "\u2009", "\u202f"):
            text = text.replace(space, "")
        head, *parts = text.split("{,}")
        if parts and "." not in head:
            in_threes = all(len(part) == 3 for part in parts)
            if len(parts) > 1 or not in_threes or head == "0" or len(head) > 3:
                text = "".join((head, *parts)) if in_threes and len(parts) > 1 else f"{head}.{''.join(parts)}"
            else:
                self.atom(NotRead, token, f"{head},{parts[0]}: a decimal comma, or thousands")
                return
        else:
            text = "".join((head, *parts))
        if self.font in ("bold", "blackboard") and text in ("0", "1"):
            self.atom(Symbol, token, text, (), self.font)
        elif len(text) > 400 or len(text.lower().partition("e")[2]) > 4:
            self.atom(NotRead, token, "a number of more than 400 digits")
        else:
            self.atom(Numeral, token, Fraction(text), decimals=decimals_in(text))

    def negated(self, relation: str) -> str:
        """The relation after \\not."""
        if not self.is_negated:
            return relation
        self.is_negated = False
        return {"=": "!=", "in": "notin", "<": ">=", ">": "<=", "<=": ">", ">=": "<"}.get(relation, f"not {relation}")

    def over(self, token: FormulaToken, role: str) -> None:
        """Something over or under a sign: a remark at a relation, the range of a maximum, a note at anything else."""
        first, base = self.argument(token), self.argument(token)
        inside = elements_of(base, self.font)
        if len(inside) == 1 and inside[0].role == "relation":
            texts = [element.text for element in first if isinstance(element, FormulaToken)]
            value = ":=" if inside[0].value == "=" and "".join(texts) in DEFINING else inside[0].value
            self.found.append(Element("relation", value, token.start, _end(base), (first,) if first else ()))
        elif role == "under" and inside and (inside[-1].role == "big" or getattr(inside[-1].value, "is_word", False)):
            self.found += inside
            self.put("script", "_", token, first)
        else:
            self.put("noted", "", token, base, first)

    def argument(self, token: FormulaToken) -> list[Item]:
        """The argument of a command: what stands in braces, or the next item with its own arguments."""
        while self.waiting and role_of(self.waiting[-1]) in ("space", "nothing"):
            self.waiting.pop()
        if not self.waiting or role_of(self.waiting[-1]) in ("cell", "row"):
            return [FormulaToken("problem", f"{token.raw} without its argument", token.start, token.end, "")]
        item = self.waiting.pop()
        if isinstance(item, Group):
            return list(item.items) if item.kind == "{" else [item]
        if item.kind == "number" and len(item.text) > 1 and item.text.isdigit() and token.raw != "√":
            item, rest = first_and_rest(item)
            self.waiting.append(rest)
        found: list[Item] = [item]
        needed = len(_mandatory(item))
        while needed and self.waiting:
            item = self.waiting.pop()
            found.append(item)
            needed += len(_mandatory(item)) - (role_of(item) != "space" and not (_is_square(item) and len(found) == 2))
            if len(found) > 100:
                break
        return found

    def optional(self) -> list[Item]:
        if self.waiting and _is_square(self.waiting[-1]):
            group = self.waiting.pop()
            assert isinstance(group, Group)
            return group.items
        return []


def _name_of_code(items: Sequence[Item]) -> str:
    r"""The name of several letters that typewriter type spells: \mathtt{max\_pool2d.pullback}; else nothing."""
    raw = "".join(item.raw if isinstance(item, FormulaToken) else "{" for item in items).replace("\\_", "_")
    return raw.replace(".", "_") if _CODE.fullmatch(raw) else ""


def _lower(text: str) -> str:
    """ArgMax and argmax are one name."""
    return text.lower() if text.lower().startswith("arg") else text


def _mandatory(item: Item) -> str:
    return construct_of(item).arguments.replace("o", "").replace("r", "")


def _is_square(item: Item) -> bool:
    return isinstance(item, Group) and item.kind == "(" and item.opening == "[" and not item.is_side


def _is_braces(item: Item) -> bool:
    return isinstance(item, Group) and item.kind == "{"


def _end(items: Sequence[Item]) -> int:
    return items[-1].end if items else 0
