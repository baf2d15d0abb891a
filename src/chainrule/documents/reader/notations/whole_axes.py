r"""Rows and columns with a dot or a star for all indices, A_{i \cdot} and A_{* j}: they are A_{i:} and A_{:j}."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chainrule.documents.reader.syntax.parts_written import base_name, items_of
from chainrule.documents.reader.syntax.written import Listed, Scripted, Symbol, Written, WrittenChain, with_parts

_ALL = frozenset({"*", "bullet"})
"""The symbols of \\cdot, \\ast and \\bullet in a formula."""


def with_whole_axes(chains: Mapping[int, list[WrittenChain]]) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which rows and columns of capital letters are written with a colon."""
    return {number: [_with_colons(chain) for chain in found] for number, found in chains.items()}


# What follows is private.


def _with_colons(node: Any) -> Any:
    node = with_parts(node, _with_colons)
    match node:
        case Scripted(base=Symbol() as base, lower=Written() as lower) if base_name(base)[:1].isupper():
            items = tuple(Symbol(":", place=item.place) if _is_dot(item) else item for item in items_of(lower))
            if [item == Symbol(":") for item in items] in ([True, False], [False, True]):
                return replace(node, lower=Listed(items, place=lower.place))
    return node


def _is_dot(item: Written) -> bool:
    return isinstance(item, Symbol) and item.text in _ALL
