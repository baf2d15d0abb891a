"""Walks through trees of frozen dataclasses, whose nodes lie in fields or in tuples there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import cache
from typing import Any, TypeVar

Node = TypeVar("Node")


def parts_of(node: Node, kind: type[Node]) -> list[Node]:
    """The nodes of a kind directly under a node, from left to right.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Leaf:
    ...     below: tuple = ()
    >>> parts_of(Leaf((Leaf((1,)), (Leaf(),))), Leaf)
    [Leaf(below=(1,)), Leaf(below=())]
    """
    found = list[Node]()
    for name in names_of(node):
        _enter(getattr(node, name), kind, found)
    return found


def every_part(node: Node, kind: type[Node]) -> Iterator[Node]:
    """The node and all nodes below it, from left to right."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(parts_of(current, kind)))


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
        if through and isinstance(value, through):
            return mapped(value, function, kind, through)
        if isinstance(value, tuple):
            entries = tuple(map(inside, value))
            return entries if any(a is not b for a, b in zip(entries, value, strict=True)) else value
        return value

    before = {name: getattr(node, name) for name in names_of(node)}
    changed = {name: after for name, value in before.items() if (after := inside(value)) is not value}
    return replace(node, **changed) if changed else node


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
