"""A search for all that can be reached from something, one step after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Node = TypeVar("Node")


def reached(start: Node, step: Callable[[Node], Iterable[Node]]) -> frozenset[Node]:
    """All that lies beyond a start, one step after another; with the start itself if a way leads back to it.

    >>> sorted(reached("a", {"a": "b", "b": "cb", "c": ""}.__getitem__))
    ['b', 'c']
    """
    found, pending = set[Node](), [start]
    while pending:
        new = {*step(pending.pop())} - found
        found |= new
        pending += new
    return frozenset(found)
