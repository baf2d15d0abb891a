"""The meaning of names: kinds and definitions, and the questions and scopes that hold them."""

from __future__ import annotations

import ast
import operator
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chainrule.checking.documents.statements import Chain
from chainrule.checking.documents.stream import NotRead, Vocabulary
from chainrule.checking.documents.tokens import Token

if TYPE_CHECKING:
    from chainrule.checking.documents.code import Code
    from chainrule.checking.documents.tree import Node

Size = str | int
_OPERATIONS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}


@dataclass(frozen=True)
class Extent:
    """A size that follows from others: an integer formula of numbers, sizes, +, -, *, // and brackets.

    Raises
    ------
    ValueError
        If the text is something else.

    Examples
    --------
    >>> Extent("2*(m - 1) + k").value({"m": 3, "k": 2})
    6
    """

    text: str

    def __post_init__(self) -> None:
        if len(self.text) > 100:
            raise ValueError("a size of more than 100 characters")
        self.value(defaultdict(lambda: 1))

    @property
    def names(self) -> frozenset[str]:
        """The names of sizes in the formula."""
        return frozenset(n.id for n in ast.walk(ast.parse(self.text, mode="eval")) if isinstance(n, ast.Name))

    def value(self, sizes: Mapping[str, int]) -> int:
        """The size, given the others."""
        try:
            return _whole(ast.parse(self.text, mode="eval").body, sizes)
        except (SyntaxError, KeyError, ZeroDivisionError):
            raise ValueError(f"expected numbers, sizes, +, -, * and //, got {self.text!r}") from None


def _whole(node: ast.expr, sizes: Mapping[str, int]) -> int:
    match node:
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            return value
        case ast.Name(id=name):
            return sizes[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATIONS[type(op)](_whole(left, sizes), _whole(right, sizes))
    raise SyntaxError


@dataclass(frozen=True)
class Kind:
    """The kind of a free name: a size, a label (an index that is data), a function, or numbers of some rank."""

    role: str = "value"
    dims: tuple[Size, ...] = ()
    facts: frozenset[str] = frozenset()
    declared: bool = True
    certain: bool = True
    """Whether the text shows the rank by subscripts; otherwise it is guessed."""
    extent: Extent | None = None
    """The formula of a size that follows from others, or is a number."""

    @property
    def rank(self) -> int:
        """0 for numbers, 1 for vectors, 2 for matrices, 3 and more for arrays."""
        return len(self.dims)

    def __str__(self) -> str:
        if self.extent is not None:
            return f"size {self.extent.text}"
        if self.role != "value":
            return " ".join([{"label": "index"}.get(self.role, self.role), *map(str, self.dims), *sorted(self.facts)])
        form = ("scalar", "vector", "matrix", "array")[min(self.rank, 3)]
        facts = "".join(f", {fact}" for fact in sorted(self.facts))
        return " ".join([form, *map(str, self.dims)]) + facts


@dataclass(frozen=True)
class Definition:
    """name(parameters)_indices := body, as text that is parsed when it is first needed."""

    name: str
    parameters: tuple[str, ...]
    indices: tuple[str, ...]
    tokens: tuple[Token, ...]
    plain: bool = False
    text: str = ""
    source: str = "text"
    """Its origin: preamble, template, text, convention."""


@dataclass
class Scope:
    """The names of one question."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)
    bodies: dict[str, Node] = field(default_factory=dict)
    """The usual readings of definitions."""
    others: dict[str, list[Node]] = field(default_factory=dict)
    """The other readings of definitions."""
    layout: str | None = None
    arguments: dict[str, Node] = field(default_factory=dict)
    """The usual arguments of functions of one parameter, which they are also used without."""
    facts: dict[str, set[str]] = field(default_factory=dict)
    """Facts that sentences state about names without giving their kinds."""
    decorations: set[str] = field(default_factory=set)
    """Names such as o^a and W_1, found by how the text uses their letters."""
    gradients: bool = False
    """Whether the text writes dz for the gradient with respect to z."""
    freed: dict[str, Kind] = field(default_factory=dict)
    """Kinds of defined names where a formula differentiates with respect to them as if they were free."""
    inherited: dict[str, int] = field(default_factory=dict)
    """Ranks of names in the part before, used without better evidence."""
    ranges: dict[str, Size] = field(default_factory=dict)
    """The ranges of indices that sentences state."""
    code: dict[str, Code] = field(default_factory=dict)
    """Functions of the package that a declaration asks for."""

    def vocabulary(self) -> Vocabulary:
        """The names as the grammar sees them."""
        functions = {name for name, kind in self.kinds.items() if kind.role == "function"} | self.code.keys()
        for name, definition in self.definitions.items():
            if definition.parameters and not definition.indices and definition.source in ("template", "convention"):
                functions.add(name)
        families = self.definitions.keys() - functions
        known = self.kinds.keys() | self.definitions.keys() | self.code.keys()
        decorated = {name for name in known - self.code.keys() if "_" in name or "^" in name} | self.decorations
        arguments = {name: d.parameters for name, d in self.definitions.items() if d.parameters}
        sizes = {name for name, kind in self.kinds.items() if kind.role == "size"}
        scalars = {name for name, kind in self.kinds.items() if kind.role == "value" and not kind.dims} | sizes
        matrices = {name for name, kind in self.kinds.items() if kind.declared and kind.rank > 1}
        matrices |= {name for name, definition in self.definitions.items() if len(definition.indices) > 1}
        return Vocabulary(
            frozenset(functions), frozenset(families), frozenset(decorated), frozenset(known), arguments,
            frozenset(scalars), frozenset(sizes), frozenset(matrices), self.gradients,
        )  # fmt: skip

    def is_label(self, name: str) -> bool:
        """Whether a name is an index that is data."""
        return name in self.kinds and self.kinds[name].role == "label"

    def copy(self, *, inferred: bool = False) -> Scope:
        """A scope for the next part. It keeps what the text states; inferred kinds stay only with `inferred`."""
        return Scope(
            kinds={n: kind for n, kind in self.kinds.items() if kind.declared or kind.role == "size" or inferred},
            definitions=dict(self.definitions),
            inherited=dict(self.inherited) if inferred else {},
            layout=self.layout,
            facts={name: set(facts) for name, facts in self.facts.items()},
            ranges=dict(self.ranges),
            code=dict(self.code),
        )

    def forget(self, name: str) -> None:
        """Drop the meaning of a name before another declaration."""
        for meanings in (self.kinds, self.definitions, self.bodies, self.others, self.facts, self.arguments):
            meanings.pop(name, None)


@dataclass
class Read:
    """A member after parsing: its readings, or why there are none."""

    nodes: list[Node] = field(default_factory=list)
    error: NotRead | None = None


@dataclass
class Question:
    """A part of a document with one scope."""

    scope: Scope
    chains: list[Chain] = field(default_factory=list)
    defining: dict[int, str] = field(default_factory=dict)
    """For chains (by id) whose first relation is a definition: the name defined."""
    ending: dict[int, str] = field(default_factory=dict)
    """For chains (by id) whose last member is a new name for the formula before it: that name."""
    declaring: set[int] = field(default_factory=set)
    read: dict[int, Read] = field(default_factory=dict)
    """The parsed members, by id."""
    moving: frozenset[str] = frozenset()
    conventions: list[tuple[str, str]] = field(default_factory=list)
    agreement: dict[str, int] = field(default_factory=dict)
    """The number of relations that confirm each convention."""
    established: frozenset[str] = frozenset()
    """Undeclared names that the text introduces: in definitions, as variables, at the head of a chain."""
