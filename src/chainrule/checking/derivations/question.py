"""A question of a document: its scope, its chains, and what was read of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from chainrule.checking.derivations.model import Definition, Scope
from chainrule.checking.derivations.statements import Chain, Member
from chainrule.checking.derivations.stream import NotRead
from chainrule.checking.derivations.tree import (
    Node,
)


@dataclass
class Read:
    """A member after parsing: its readings, or why there are none."""

    member: Member
    nodes: list[Node] = field(default_factory=list)
    error: NotRead | None = None


@dataclass
class Question:
    """A part of a document with one scope."""

    scope: Scope
    chains: list[Chain] = field(default_factory=list)
    definitions: list[tuple[Chain, Definition]] = field(default_factory=list)
    defining: dict[int, str] = field(default_factory=dict)
    """For chains (by id) whose first relation is a definition: the name defined."""
    ending: dict[int, str] = field(default_factory=dict)
    """For chains whose last member is a new name for what precedes it: that name."""
    declaring: set[int] = field(default_factory=set)
    read: dict[int, Read] = field(default_factory=dict)
    """The parsed members, by id."""
    moving: frozenset[str] = frozenset()
    conventions: list[tuple[str, str]] = field(default_factory=list)
    agreement: dict[str, int] = field(default_factory=dict)
    """How many relations bear out a convention."""
    established: frozenset[str] = frozenset()
    """Undeclared names that the text introduces: in definitions, as variables, at the head of a chain."""
