"""Single elements of formulas as trees: brackets, matrices, cases, accents, derivatives and other commands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace

from chainrule.documents.reader.syntax import written
from chainrule.documents.reader.syntax.constructs import ENVIRONMENTS
from chainrule.documents.reader.syntax.derivative_signs import differentiation, fraction_of
from chainrule.documents.reader.syntax.dotted_lists import with_dots_apart
from chainrule.documents.reader.syntax.formula_elements import Element, elements_of
from chainrule.documents.reader.syntax.segments import condition_of, segments_of
from chainrule.documents.reader.syntax.token_groups import Group, Item, split
from chainrule.documents.reader.syntax.written import (
    BigOperator,
    Bracketed,
    Listed,
    NotRead,
    Numeral,
    Place,
    Scripted,
    Symbol,
    Words,
    Written,
)

MOST_NESTED = 50
"""Formulas within formulas, by brackets and by commands."""


class Level(ABC):
    """One of the formulas within each other, which reads those within it.

    Attributes
    ----------
    depth : int
        The number of formulas around it.
    """

    depth: int

    @property
    @abstractmethod
    def place(self) -> Place:
        """From the first element to the last."""

    @abstractmethod
    def listed(self) -> tuple[tuple[Written, ...], tuple[str, ...]]:
        """The parts between commas, and the commas."""

    @abstractmethod
    def alone(self) -> Written:
        """All elements as one node."""

    @abstractmethod
    def deeper(self, elements: Sequence[Element], in_bracket: bool = False) -> Level:
        """The level of elements within this one."""

    @abstractmethod
    def formula(self, items: Sequence[Item], font: str = "") -> Written | None:
        """The tree of items within this level, or None where nothing is written."""


def atom(level: Level, element: Element) -> Written:
    """One element as a node."""
    if isinstance(element.value, Written):
        return element.value
    make = _ATOMS.get(element.role)
    if make is None:
        return NotRead(f"{element.role} {element.value}", place=element.place)
    return make(level, element)


def grid_of(level: Level, items: Sequence[Item]) -> tuple[tuple[Written, ...], ...]:
    """The cells of a matrix, row by row; an empty cell is Words("")."""
    return tuple(tuple(level.formula(cell) or Words("") for cell in split(row, "cell")) for row in split(items, "row"))


# What follows is private.


def _inside(level: Level, element: Element, index: int = 0) -> Written:
    """An argument of a command."""
    return level.formula(element.arguments[index], element.font) or Words("", place=element.place)


def _bracket(level: Level, element: Element) -> Written:
    """Brackets, with a matrix or cases in them."""
    assert isinstance(element.value, tuple)
    opening, closing = element.value
    items = element.arguments[0]
    sole = items[0] if len(items) == 1 and isinstance(items[0], Group) and items[0].kind == "begin" else None
    if "." in (opening, closing) and "{" in (opening, closing) and sole is not None:
        return written.CasesOf(_rows(level, sole.items), place=element.place)
    kind = opening if opening == closing else "at" if opening == "." and closing == "|" else opening + closing
    return _between(level, element, kind)


def _between(level: Level, element: Element, kind: str) -> Written:
    """The items of an element in brackets of a kind."""
    if level.depth >= MOST_NESTED:
        return NotRead(f"more than {MOST_NESTED} formulas within each other", place=element.place)
    reader = level.deeper(elements_of(element.arguments[0], element.font), in_bracket=True)
    found, separators = reader.listed()
    if kind in ("..", ".)", "(.", ".]", "[."):
        return found[0] if len(found) == 1 else Listed(found, place=element.place)
    if kind in ("(", "["):
        found, separators = with_dots_apart(found, separators, kind)
    return Bracketed(kind, found, separators, place=element.place)


def _enclosed(level: Level, element: Element) -> Written:
    """\\abs{x}, \\pqty{x}: a command that writes the brackets."""
    return _between(level, element, str(element.value))


def _environment(level: Level, element: Element) -> Written:
    """A matrix, cases, or another environment."""
    construct = ENVIRONMENTS.get(str(element.value))
    if construct is None:
        return NotRead(f"\\begin{{{element.value}}}", place=element.place)
    if construct.role == "cases":
        return written.CasesOf(_rows(level, element.arguments[0]), place=element.place)
    return _grid(level, element, construct.value if construct.role == "grid" else "")


def _grid(level: Level, element: Element, kind: str) -> Written:
    """A matrix in its brackets."""
    grid = written.Grid(grid_of(level, element.arguments[0]), place=element.place)
    return Bracketed(kind, (grid,), place=element.place) if kind else grid


def _rows(level: Level, items: Sequence[Item]) -> tuple[tuple[Written, Written | None], ...]:
    """The values of cases with their conditions."""
    found: list[tuple[Written, Written | None]] = []
    for row in split(items, "row"):
        value, *conditions = split(row, "cell")
        first = segments_of(elements_of(value))
        segments = first[1:] + [part for cell in conditions for part in segments_of(elements_of(cell))]
        if not first and not segments:
            continue
        read = [(each, level.deeper(each.elements)) for each in segments]
        said = [condition_of(each, reader.alone() if each.elements else None, True) for each, reader in read]
        nodes = [node for node in said if node is not None]
        place = level.place
        head = level.deeper(first[0].elements).alone() if first else Words("")
        found.append((head, None if not nodes else nodes[0] if len(nodes) == 1 else Listed(tuple(nodes), place=place)))
    return tuple(found)


def _accent(level: Level, element: Element) -> Written:
    """An accent over a letter; the scripts under the accent stay."""
    node = _inside(level, element)
    mark = str(element.value)
    if isinstance(node, Scripted) and isinstance(node.base, Symbol):
        return replace(node, base=_accented(node.base, mark), place=element.place)
    if isinstance(node, Numeral):
        node = Symbol(str(node.value), font=element.font)
    if isinstance(node, Symbol):
        return replace(_accented(node, mark), place=element.place)
    if mark == "underline":
        return node
    return NotRead(f"\\{mark} over more than a symbol", place=element.place)


def _derivative(level: Level, element: Element) -> Written:
    """\\dv{f}{x} and \\pdv[2]{f}{x}{y}."""
    optional, *lists = (level.formula(items) for items in element.arguments)
    order = int(optional.value) if isinstance(optional, Numeral) and 0 < optional.value < 10 else 1
    subject, variables = (None, lists) if len(lists) == 1 else (lists[0], lists[1:])
    known = [variable for variable in variables if variable is not None]
    order = max(order, len(known))
    found = differentiation(str(element.value), subject, known, order, element.place) if known else None
    return found or NotRead("derivative whose order does not fit its variables", place=element.place)


def _accented(symbol: Symbol, mark: str) -> Symbol:
    return replace(symbol, accents=(*symbol.accents, mark))


_Make = Callable[[Level, Element], Written]
_ATOMS: dict[str, _Make] = {
    "big": lambda level, element: BigOperator(str(element.value), place=element.place),
    "bracket": _bracket,
    "environment": _environment,
    "accent": _accent,
    "derivative": _derivative,
    "braced": _inside,
    "noted": lambda level, element: written.Noted(
        _inside(level, element), _inside(level, element, 1), place=element.place
    ),
    "fraction": lambda level, element: fraction_of(_inside(level, element), _inside(level, element, 1), element.place),
    "binomial": lambda level, element: Bracketed(
        "binomial", (_inside(level, element), _inside(level, element, 1)), (",",), place=element.place
    ),
    "root": lambda level, element: written.Root(
        _inside(level, element, 1),
        level.formula(element.arguments[0]),
        place=element.place,
    ),
    "enclosed": _enclosed,
    "stack": lambda level, element: Listed(
        tuple(level.formula(row) or Words("") for row in split(element.arguments[0], "row")),
        place=element.place,
    ),
    "matrix": lambda level, element: _grid(level, element, str(element.value)),
    "casework": lambda level, element: written.CasesOf(_rows(level, element.arguments[0]), place=element.place),
    "phrase": lambda level, element: Words(str(element.value), place=element.place),
    "reference": lambda level, element: Words(f"({element.value})", place=element.place),
    "forall": lambda level, element: Words("for all", place=element.place),
    "colon": lambda level, element: Symbol(":", place=element.place),
}
