"""The text of a formula as chains: members with relations between, row by row, with conditions and tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass, field, replace

from chainrule.documents.reader.syntax.constructs import ENVIRONMENTS
from chainrule.documents.reader.syntax.formula_elements import Element, elements_of
from chainrule.documents.reader.syntax.formula_tokens import MOST_TEXT, FormulaToken, tokens_of
from chainrule.documents.reader.syntax.segments import Segment, condition_of, segments_of
from chainrule.documents.reader.syntax.token_groups import Group, Item, construct_of, groups_of, role_of, split
from chainrule.documents.reader.syntax.written import (
    Bracketed,
    Comparing,
    Dots,
    Link,
    Listed,
    NotRead,
    Numeral,
    Scripted,
    Signed,
    Symbol,
    Words,
    Written,
    WrittenChain,
)
from chainrule.documents.reader.syntax.written_trees import FormulaReader

_NUMBER = re.compile(r"\(?(?:eq\.?\s*)?(?:[a-z]{0,4}[\d.]+[a-z]?'*|\*+|[a-z])\)?\Z", re.IGNORECASE)
INDICES = "ijklmnpqrst"
UNSEEN = ("space", "nothing", "wide")
_BOUNDS = ("!=", "<", "<=", ">", ">=", "in", "notin", "subset", "∼")


def chains_of(
    text: str, macros: Iterable[tuple[str, int, str]] = (), names: Set[str] = frozenset()
) -> list[WrittenChain]:
    """The chains of a formula.

    Parameters
    ----------
    text : str
        LaTeX as in a display or between dollars, or mathematics in Unicode. There is nothing that raises an error: a
        construct that is not known becomes `NotRead`, and the rest is read.
    macros : iterable of (name, number of arguments, replacement)
        The commands that the document defines.
    names : set of str
        Words that are names; other letters side by side are factors.

    Examples
    --------
    >>> first, second = chains_of(r"y &= x^2, \\quad x > 0 \\\\ &= x x")
    >>> first.links[0].relation, second.members[0], len(first.conditions)
    ('=', None, 1)
    """
    if len(text) > MOST_TEXT:
        end, why = text.rfind("="), f"a formula of {len(text)} characters"
        sides = ((0, end), (end + 1, len(text))) if end > 0 else ((0, len(text)),)  # so that an equation is listed
        links = (Link("=", (end, end + 1)),) if end > 0 else ()
        return [WrittenChain(tuple(NotRead(why, place=place) for place in sides), links)]
    found: list[WrittenChain] = []
    for number, row in enumerate(_rows(groups_of(tokens_of(text, macros, names)))):
        found += _chains(row, number)
    return _with_lone_conditions(found)


# What follows is private.


# Rows


def _rows(items: list[Item]) -> list[list[Item]]:
    """The rows of a display, without alignment; a row that begins with a sign goes on with the row before."""
    found: list[list[Item]] = []
    for row in split(_opened(items), "row"):
        cells = _without_alignment(row)
        if all(role_of(item) in ("comma", "point", *UNSEEN) for item in cells):
            continue
        if found and (_continues(row) or _is_unfinished(found[-1]) or _is_right_side(row, found[-1])):
            found[-1] += cells
        else:
            found.append(cells)
    return found


def _opened(items: list[Item]) -> list[Item]:
    """With the rows of environments such as align among the rows of the formula."""
    found: list[Item] = []
    for position, item in enumerate(items):
        before = construct_of(items[position - 1] if position else item)
        is_argument = before.role == "script" or ("m" in before.arguments and before.role != "inside")
        if isinstance(item, Group) and not is_argument and _has_rows(item, len(items) == 1):
            found += _opened(item.items)
        else:
            found.append(item)
    return found


def _has_rows(group: Group, is_alone: bool) -> bool:
    if group.kind == "{":
        return any(
            role_of(item) in ("row", "cell") or (isinstance(item, Group) and _has_rows(item, False))
            for item in group.items
        )
    if group.kind == "(":
        inner = group.items[0] if len(group.items) == 1 else None
        is_system = group.opening == "{" and group.closing == "." and isinstance(inner, Group)
        return is_system and isinstance(inner, Group) and inner.kind == "begin" and _is_system(inner)
    construct = ENVIRONMENTS.get(group.opening)
    if construct is None:
        return False
    if group.opening in ("array", "tabular"):
        return _is_system(group)
    return construct.role == "rows" or (construct.role == "cases" and is_alone and _is_system(group))


def _is_system(group: Group) -> bool:
    """True for an array of equations: a cell begins or ends with a relation, or each row is an equation."""
    rows = [split(row, "cell") for row in split(group.items, "row")]
    cells = [[item for item in cell if role_of(item) not in UNSEEN] for row in rows for cell in row]
    for cell in cells:
        if cell and "relation" in (role_of(cell[0]), role_of(cell[-1])):
            return True
    return all(len(row) == 1 for row in rows) and all(
        any(role_of(item) == "relation" for item in cell) for cell in cells if cell
    )


def _without_alignment(row: list[Item]) -> list[Item]:
    """Every second & separates equations, unless it stands at a relation: a &= b & c &= d, but a &=& b."""
    found: list[Item] = []
    marks, before = 0, ""
    row = _with_remark(row)
    for position, item in enumerate(row):
        role = role_of(item)
        if role == "cell":
            marks += 1
            after = next(
                (each for each in map(role_of, row[position + 1 : position + 9]) if each not in UNSEEN), "cell"
            )
            at_sign = {"relation", "sign", "joint"} & {before, after} and (before, after) != ("sign", "relation")
            if marks % 2 == 0 and before and not at_sign and after != "cell":
                assert isinstance(item, FormulaToken)
                found.append(item._replace(kind="command", text="quad"))
            continue
        found.append(item)
        before = role if role not in UNSEEN else before
    return found


def _with_remark(row: list[Item]) -> list[Item]:
    """A row with words in the place of a command that nobody knows, behind &&: it is a remark of the author's.

    So is a lone word in the last cell, behind a relation and its right side.
    """
    seen = [at for at, item in enumerate(row) if role_of(item) not in UNSEEN][-4:]
    roles = [role_of(row[at]) for at in seen]
    if roles[2:] == ["cell", "word"] and roles[1] not in ("relation", "sign", "joint", "cell"):
        word = row[seen[-1]]
        if isinstance(word, FormulaToken) and "relation" in map(role_of, row[: seen[-2]]):
            return [*row[: seen[-1]], word._replace(kind="phrase"), *row[seen[-1] + 1 :]]
    if roles != ["cell", "cell", "unknown", "{"]:
        return row
    command, argument = seen[-2:]
    token = row[command]
    assert isinstance(token, FormulaToken)
    remark = token._replace(kind="phrase", text=token.raw, end=row[argument].end)
    return [*row[:command], remark, *row[argument + 1 :]]


def _continues(row: list[Item]) -> bool:
    """True for a row that begins with +, a joint, or a minus without a relation of its own."""
    roles = [role for role in map(role_of, row) if role not in ("cell", *UNSEEN)]
    if not roles or roles[0] not in ("sign", "joint"):
        return False
    first = next(item for item in row if role_of(item) == roles[0])
    if roles[0] == "joint":
        return len(roles) > 1
    return construct_of(first).value != "-1" or "relation" not in roles


def _is_unfinished(row: list[Item]) -> bool:
    """True for a row that ends with + or a joint."""
    return next((role for role in map(role_of, reversed(row)) if role not in ("label", *UNSEEN)), "") in (
        "sign",
        "joint",
    )


def _is_right_side(row: list[Item], before: list[Item]) -> bool:
    """True for a row without relations behind one that ends with an equality or an inequality: a = \\\\ b."""
    last = next((item for item in reversed(before) if role_of(item) not in ("label", *UNSEEN)), None)
    ends = last is not None and role_of(last) == "relation" and construct_of(last).value in ("=", *_BOUNDS)
    return ends and not any(role_of(item) == "relation" for item in row)


# Chains of one row


@dataclass
class _Part:
    """A segment, read; `first` and `last` are listed with its first and its last member."""

    segment: Segment
    members: list[Written | None]
    links: list[Link]
    conditions: list[Written] = field(default_factory=list)
    first: list[Written] = field(default_factory=list)
    last: list[Written] = field(default_factory=list)

    @property
    def is_listed(self) -> bool:
        """True for a formula behind a comma, without words."""
        return self.segment.before in (",", ";") and not self.segment.kind and self.members != [None]

    def finished(self) -> _Part:
        """With the lists in its members."""
        for position, items in ((0, [*self.first, self.members[0]]), (-1, [self.members[-1], *self.last])):
            known = [item for item in items if item is not None]
            if len(known) > 1:
                self.members[position] = Listed(tuple(known), place=(known[0].place[0], known[-1].place[1]))
        return self


def _chains(row: list[Item], number: int) -> list[WrittenChain]:
    elements, tag = _without_tags(elements_of(row))
    segments = segments_of(_without_ends(elements))
    if len(segments) > 1 and not tag and (last := _tag_of(segments[-1])):
        segments, tag = segments[:-1], last
    parts: list[_Part] = []
    waiting: list[Written] = []
    for part in _joined([_read(segment) for segment in segments]):
        if _is_condition(part, parts):
            node = None if part.members == [None] else _as_condition(part)
            condition = condition_of(part.segment, node) if part.segment.words else node
            if condition is not None:
                (parts[-1].conditions if parts else waiting).append(condition)
        elif part.members != [None]:
            part.conditions += waiting
            waiting = []
            parts.append(part)
    found = [WrittenChain(tuple(part.members), tuple(part.links), tuple(part.conditions), number) for part in parts]
    if waiting:
        found.append(WrittenChain((), (), tuple(waiting), number))
    return [*found[:-1], replace(found[-1], tag=tag)] if found else []


def _with_lone_conditions(chains: list[WrittenChain]) -> list[WrittenChain]:
    """A row of conditions alone belongs to the row before it; where there is none, it is a formula."""
    found: list[WrittenChain] = []
    for chain in chains:
        if chain.members:
            found.append(chain)
        elif found:
            joined = (*found[-1].conditions, *chain.conditions)
            found[-1] = replace(found[-1], conditions=joined, tag=found[-1].tag or chain.tag)
        else:
            found.append(WrittenChain(chain.conditions[:1], (), chain.conditions[1:], chain.row, chain.tag))
    return found


def _without_tags(elements: list[Element]) -> tuple[list[Element], str]:
    tags = [str(element.value) for role in ("tag", "label") for element in elements if element.role == role]
    return [element for element in elements if element.role not in ("tag", "label")], tags[0] if tags else ""


def _without_ends(elements: list[Element]) -> list[Element]:
    """Without spaces at both ends, and without punctuation at the end."""
    start, end = 0, len(elements)
    while end > start and elements[end - 1].role in ("wide", "point", "comma", "colon"):
        end -= 1
    while start < end and elements[start].role in ("wide", "comma", "point"):
        start += 1
    return elements[start:end]


def _tag_of(segment: Segment) -> str:
    """The number of an equation behind a wide space: (3)."""
    if segment.before != "wide":
        return ""
    if segment.kind == "note":
        return segment.words.strip("()") if _NUMBER.match(segment.words) else ""
    elements = [element for element in segment.elements if element.role not in ("sign", "point")]
    if len(elements) != 1 or elements[0].role != "bracket" or elements[0].value != ("(", "("):
        return ""
    inside = elements[0].arguments[0]
    texts = [item.text for item in inside if isinstance(item, FormulaToken) and item.kind != "command"]
    text = "".join(texts)
    return text if len(texts) == len(inside) and _NUMBER.match(text) else ""


def _read(segment: Segment) -> _Part:
    """The members of a segment. A sign that stands for nothing is listed with the last member, and what follows it."""
    elements = _with_last_step(_without_ends(segment.elements))
    if any(element.role == "infix" for element in elements):
        return _Part(segment, [FormulaReader(elements).alone()], [])
    reader = FormulaReader(elements)
    part = _Part(segment, *reader.members())
    while reader.role != "end":
        element = reader.take()
        if element.role not in ("wide", "point"):
            part.last.append(NotRead(f"{element.role} {element.value}", place=element.place))
        more, links = reader.members()
        if links:
            part.finished().last.clear()
        elif more[0] is not None:
            part.last.append(more[0])
        part.members += more[1:]
        part.links += links
    return part.finished()


def _with_last_step(elements: list[Element]) -> list[Element]:
    """With a step that stands in brackets at the end: a = b (= c)."""
    last = elements[-1] if elements else None
    if last is None or last.role != "bracket" or last.value != ("(", "("):
        return elements
    inside = elements_of(last.arguments[0])
    steps = len(inside) > 1 and inside[0].role == "relation" and inside[0].value == "="
    goes_on = any(element.role == "relation" for element in elements[:-1])
    return [*elements[:-1], *inside] if steps and goes_on else elements


def _joined(parts: list[_Part]) -> list[_Part]:
    """With lists put together: x, y \\in R and i = 1, \\ldots, n."""
    follows = [False]
    for part in reversed(parts[1:]):
        follows.append(part.is_listed and (bool(part.links) or follows[-1]))
    found: list[_Part] = []
    for part, is_followed in zip(parts, reversed(follows), strict=False):
        last = found[-1] if found else None
        if last is None or not part.is_listed or last.members == [None]:
            found.append(part)
        elif part.links and not last.links and _goes_with(last.members[0], part):
            part.first = [item for item in (*last.first, last.members[0], *last.last) if item is not None]
            part.segment = last.segment
            found[-1] = part
        elif part.links or (last.links and is_followed and not last.last and not _ends_list(last, part)):
            found.append(part)
        else:
            last.last += [item for item in part.members if item is not None]
    return [part.finished() for part in found]


def _goes_with(before: Written | None, part: _Part) -> bool:
    """True for x, y \\in R and u, v = f(x), but not for z_k, k = 1, ..., K."""
    is_bound = part.links[0].relation in _BOUNDS and _is_simple(before)
    return is_bound or isinstance(before, Symbol) or not _is_index(part)


def _ends_list(last: _Part, part: _Part) -> bool:
    return isinstance(last.members[-1], Numeral | Dots) or isinstance(part.members[0], Dots)


def _is_condition(part: _Part, before: list[_Part]) -> bool:
    """True for what words make a condition, and for i = j and x > 0 after a formula that says more."""
    kind, only = part.segment.kind, part.members[0]
    if kind not in ("", "chain") or not before:
        return kind not in ("", "chain")
    if kind == "chain":
        return bool(before[-1].conditions) and _is_index(part)
    if not part.links:
        in_brackets = part.segment.before == "wide" and isinstance(only, Bracketed)
        return in_brackets and any(isinstance(item, Comparing | Words) for item in getattr(only, "items", ()))
    bounds = all(link.relation in _BOUNDS for link in part.links) and any(map(_is_simple, part.members))
    return (_is_index(part) or bounds) and not _is_index(before[0])


def _is_index(part: _Part) -> bool:
    """True for i = j, y = 1, k = 1, 2, ..., K and x \\neq y: letters and simple members. But a = b defines a."""
    relations = {link.relation for link in part.links}
    known = [member for member in part.members if member is not None]
    if not relations or not all(map(_is_simple, part.members)):
        return False
    letters = [member.text for member in known if isinstance(member, Symbol) and not member.is_word]
    if relations <= set(_BOUNDS):
        return bool(letters)
    first, last = known[0], known[-1]
    is_counted = isinstance(first, Symbol | Listed) and isinstance(last, Numeral | Listed)
    return relations <= {"=", *_BOUNDS} and (is_counted or any(letter in INDICES for letter in letters))


def _is_simple(node: Written | None) -> bool:
    if isinstance(node, Listed):
        return all(_is_simple(item) for item in node.items)
    if isinstance(node, Signed):
        return all(_is_simple(term) for term in node.terms)
    if isinstance(node, Scripted):
        return isinstance(node.base, Symbol)
    return isinstance(node, Symbol | Numeral | Dots)


def _as_condition(part: _Part) -> Written:
    if not part.links:
        only = part.members[0]
        inner = only.items[0] if isinstance(only, Bracketed) and len(only.items) == 1 else only
        return inner or Words("")
    known = tuple(member or Words("") for member in part.members)
    place = known[0].place[0], known[-1].place[1]
    return Comparing(known, tuple(link.relation for link in part.links), place=place)
