"""Points and frames: values for the free names, what is overridden while evaluating, and what can go wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chainrule.checking.derivations.tree import (
    Big,
    Call,
    Name,
    Node,
    Prime,
    children,
    walk,
)


def used_names(node: Node) -> tuple[frozenset[str], list[Call]]:
    """The names that stand in a formula for themselves, and the functions that it applies."""
    applied = [
        n for n in walk(node) if isinstance(n, Call) and isinstance(n.function, Name) and not isinstance(n, Prime)
    ]  # fmt: skip
    functions = {id(call.function) for call in applied}
    bare: set[str] = set()
    pending: list[tuple[Node, frozenset[str]]] = [(node, frozenset())]
    while pending:
        current, bound = pending.pop()
        if isinstance(current, Name):
            if current.text not in bound and id(current) not in functions:
                bare.add(current.text)
            continue
        inner = bound | {current.index} if isinstance(current, Big) else bound
        pending += [(child, inner) for child in children(current)]
    return frozenset(bare), applied


class NoDefinition(LookupError):
    """A name whose meaning the document does not give."""

    def __init__(self, name: str, why: str = "") -> None:
        super().__init__(name)
        self.name, self.why = name, why


class OverBudget(RuntimeError):
    """The evaluation would take longer than is reasonable."""


@dataclass
class Point:
    """Values for the free names: sizes, numbers and tensors, functions; changes along each for differentials."""

    sizes: dict[str, int] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)


class Frame:
    """Overridden names, and what was computed under them."""

    __slots__ = ("memo", "overrides", "parent")

    def __init__(self, overrides: dict[str, Any], parent: Frame | None = None) -> None:
        self.overrides, self.parent = overrides, parent
        self.memo: dict[Any, Any] = {}


def places(extents: Iterable[int]) -> list[tuple[int, ...]]:
    """All index positions, counted from 1, the last fastest.

    >>> places([1, 2])
    [(1, 1), (1, 2)]
    """
    result: list[tuple[int, ...]] = [()]
    for extent in extents:
        result = [(*place, i) for place in result for i in range(1, extent + 1)]
    return result
