"""The changes of letters, \\Delta w: names of their own, where a document has no Delta that is anything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from chainrule.documents.reader.syntax.parts_written import base_name, parts_of_chain
from chainrule.documents.reader.syntax.written import Beside, Scripted, Symbol, Written, WrittenChain, with_parts

CHANGE = "Delta"
"""The sign of a change, and the accent of its name."""


def with_changes(chains: Mapping[int, list[WrittenChain]]) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which Delta before a letter belongs to its name: w_Delta for \\Delta w.

    It does so if each Delta stands before a letter which stands alone as well, and none has scripts or brackets.
    """
    every = [chain for found in chains.values() for chain in found]
    deltas = [part for chain in every for part in parts_of_chain(chain) if part == Symbol(CHANGE)]
    changed = [letter for chain in every for part in parts_of_chain(chain) for letter in _changed(part)]
    letters = [base_name(part) for chain in every for part in parts_of_chain(chain) if isinstance(part, Symbol)]
    spare = all(letters.count(each) > changed.count(each) for each in set(changed))
    if not changed or len(changed) < len(deltas) or not spare:
        return dict(chains)
    return {number: [_joined(chain) for chain in found] for number, found in chains.items()}


# What follows is private.


def _changed(part: Written) -> Iterator[str]:
    """The letters behind a Delta, among factors."""
    if isinstance(part, Beside):
        for before, joint, after in zip(part.parts, part.joints, part.parts[1:], strict=False):
            base = after.base if isinstance(after, Scripted) else after
            if before == Symbol(CHANGE) and not joint and isinstance(base, Symbol):
                yield base_name(base)


def _joined(node: Any) -> Any:
    """A tree in which Delta and a letter are one."""
    if isinstance(node, Beside) and any(_changed(node)):
        parts, joints = list(node.parts), list(node.joints)
        for at in range(len(parts) - 2, -1, -1):
            if parts[at] == Symbol(CHANGE) and not joints[at]:
                parts[at : at + 2] = [_with_accent(parts[at + 1], parts[at].place[0])]
                del joints[at]
        whole: Written = replace(node, parts=tuple(parts), joints=tuple(joints))
        return with_parts(parts[0] if len(parts) == 1 else whole, _joined)
    return with_parts(node, _joined)


def _with_accent(after: Written, start: int) -> Written:
    place = (start, after.place[1])
    if isinstance(after, Scripted):
        return replace(after, base=_with_accent(after.base, start), place=place)
    assert isinstance(after, Symbol)
    return replace(after, accents=(*after.accents, CHANGE), place=place)
