"""Walks through trees of frozen dataclasses, whose nodes lie in fields or in tuples there.

A document is read many times, under one hypothesis after the other, and each reading walks through the same trees. So a
node keeps what was found below it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache, wraps
from operator import is_not
from typing import Any, TypeVar

Node = TypeVar("Node", bound="Tree")
Answer = TypeVar("Answer")


class Tree:
    """A node that keeps the answers to questions about what lies below it: a node never changes."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name[0] != "_"}


def kept(function: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
    """A function of a node whose answer the node keeps."""
    name = f"_{function.__name__}"

    @wraps(function)
    def answer(node: Any) -> Answer:
        known: dict[str, Any] = node.__dict__
        if name not in known:
            known[name] = function(node)
        found: Answer = known[name]
        return found

    return answer


def parts_of(node: Node, kind: type[Node]) -> tuple[Node, ...]:
    """The nodes directly under a node, from left to right; `kind` is the kind of all nodes of its tree.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Leaf(Tree):
    ...     below: tuple = ()
    >>> parts_of(Leaf((Leaf((1,)), (Leaf(),))), Leaf)
    (Leaf(below=(1,)), Leaf(below=()))
    """
    known: dict[str, Any] = node.__dict__
    found: tuple[Node, ...] | None = known.get("_parts")
    if found is None:
        entered = list[Node]()
        for name in names_of(node):
            _enter(getattr(node, name), kind, entered)
        found = known["_parts"] = tuple(entered)
    return found


def every_part(node: Node, kind: type[Node]) -> tuple[Node, ...]:
    """The node and all nodes below it, from left to right."""
    known: dict[str, Any] = node.__dict__
    found: tuple[Node, ...] | None = known.get("_every")
    if found is None:
        entered, pending = list[Node](), [node]
        while pending:
            current = pending.pop()
            entered.append(current)
            pending.extend(reversed(parts_of(current, kind)))
        found = known["_every"] = tuple(entered)
    return found


def mapped(node: Any, function: Callable[[Any], Any], kind: type | tuple[type, ...], through: Any = ()) -> Any:
    """The node in which all nodes of a kind directly under it are replaced by function(part).

    Parameters
    ----------
    node : dataclass
    function : callable
    kind : type
    through : type
        Nodes of another kind, whose parts count as parts of the node.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Leaf:
    ...     below: tuple = ()
    >>> mapped(Leaf((Leaf((1,)), 2)), lambda part: part.below, Leaf)
    Leaf(below=((1,), 2))
    """

    def inside(value: Any) -> Any:
        if isinstance(value, kind):
            return function(value)
        if isinstance(value, tuple):
            entries = tuple(map(inside, value))
            return entries if any(map(is_not, entries, value)) else value
        if through and isinstance(value, through):
            return mapped(value, function, kind, through)
        return value

    state: dict[str, Any] = node.__dict__
    changed = {name: after for name in names_of(node) if (after := inside(state[name])) is not state[name]}
    return changed_to(node, changed) if changed else node


def changed_to(node: Node, changed: dict[str, Any]) -> Node:
    """The node with other values of some fields: `dataclasses.replace` without the check of their names, which is slow.

    What the node keeps about what lies below it is left out.
    """
    made = object.__new__(type(node))
    made.__dict__.update({name: value for name, value in node.__dict__.items() if name[0] != "_"} | changed)
    return made


def names_of(node: Any) -> tuple[str, ...]:
    """The names of the fields of a node, but for its place in the text."""
    kind: Any = type(node)  # mypy takes types for unhashable
    return _names(kind)


# What follows is private.


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind) if each.name not in ("span", "place"))


def _enter(value: Any, kind: type[Node], found: list[Node]) -> None:
    if isinstance(value, kind):
        found.append(value)
    elif isinstance(value, tuple):
        for entry in value:
            _enter(entry, kind, found)
