"""What names stand for: kinds, definitions, and the scope that holds them for one question."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chainrule.checking.derivations.stream import Vocabulary
from chainrule.checking.derivations.tokens import Token

if TYPE_CHECKING:
    from chainrule.checking.derivations.code import Code
    from chainrule.checking.derivations.extents import Extent
    from chainrule.checking.derivations.tree import Node

Size = str | int


@dataclass(frozen=True)
class Kind:
    """What a free name is: a size, a label (an index that is data), a function, or numbers of some rank."""

    role: str = "value"
    dims: tuple[Size, ...] = ()
    facts: frozenset[str] = frozenset()
    declared: bool = True
    certain: bool = True
    """Whether the rank is known, rather than guessed from the letter."""
    extent: Extent | None = None
    """For a size that follows from others, or is a number."""

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
    line: int = 0
    text: str = ""
    source: str = "text"
    """Where it comes from: preamble, template, text, convention."""


@dataclass
class Scope:
    """The names of one question."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)
    bodies: dict[str, list[Node]] = field(default_factory=dict)
    layout: str | None = None
    arguments: dict[str, str] = field(default_factory=dict)
    """For functions used without their argument: the name that stands for it."""
    facts: dict[str, set[str]] = field(default_factory=dict)
    """What sentences say about names whose kind they leave open."""
    decorations: set[str] = field(default_factory=set)
    """Names such as o^a and W_1, found by how the text uses their letters."""
    gradients: bool = False
    """Whether the text writes dz for the gradient with respect to z."""
    calls: dict[str, Node] = field(default_factory=dict)
    """For functions that are never applied to a plain name: the formula that stands for the argument."""
    freed: dict[str, Kind] = field(default_factory=dict)
    """Kinds that defined names would have as free ones, where one is differentiated with respect to them."""
    inherited: dict[str, int] = field(default_factory=dict)
    """Ranks that names had in the part before, for want of better evidence."""
    vector_parameters: dict[str, tuple[bool, ...]] = field(default_factory=dict)
    ranges: dict[str, Size] = field(default_factory=dict)
    """How far sentences say that an index runs."""
    code: dict[str, Code] = field(default_factory=dict)
    """The package's own functions, where a declaration asks for them."""

    def vocabulary(self) -> Vocabulary:
        """What the grammar needs of it."""
        functions = {name for name, kind in self.kinds.items() if kind.role == "function"}
        families: set[str] = set()
        arguments: dict[str, tuple[str, ...]] = {}
        for name, definition in self.definitions.items():
            if not definition.parameters and not definition.indices:
                continue
            if definition.parameters:
                arguments[name] = definition.parameters
            if definition.source in ("template", "convention") and not definition.indices and definition.parameters:
                functions.add(name)
            else:
                families.add(name)
        functions |= self.code.keys()
        for name in self.definitions:
            if name not in functions:
                families.add(name)
        known = {*self.kinds, *self.definitions, *self.code}
        decorated = {name for name in known - self.code.keys() if "_" in name or "^" in name} | self.decorations
        scalars = {name for name, kind in self.kinds.items() if kind.role == "value" and not kind.dims}
        sizes = {n for n, k in self.kinds.items() if k.role == "size"}
        scalars |= sizes
        matrices = {name for name, kind in self.kinds.items() if kind.declared and kind.rank > 1}
        matrices |= {name for name, definition in self.definitions.items() if len(definition.indices) > 1}
        return Vocabulary(
            frozenset(functions), frozenset(families - functions), frozenset(decorated), frozenset(known), arguments,
            frozenset(scalars), frozenset(sizes), frozenset(matrices), self.gradients,
        )  # fmt: skip

    def is_label(self, name: str) -> bool:
        """Whether a name is an index that is data."""
        return name in self.kinds and self.kinds[name].role == "label"

    def copy(self, *, inferred: bool = False) -> Scope:
        """A scope to grow from this one: what was said stays, what was only inferred is inferred anew."""
        return Scope(
            kinds={n: kind for n, kind in self.kinds.items() if kind.declared or kind.role == "size" or inferred},
            definitions=dict(self.definitions),
            inherited=dict(self.inherited) if inferred else {},
            layout=self.layout,
            facts={name: set(facts) for name, facts in self.facts.items()},
            ranges=dict(self.ranges),
            code=dict(self.code),
        )

    def without(self, names: frozenset[str]) -> Scope:
        """The same scope in which some defined names are free."""
        kinds = {**self.kinds, **{name: self.freed[name] for name in names}}
        definitions = {name: d for name, d in self.definitions.items() if name not in names}
        return replace(self, kinds=kinds, definitions=definitions, vector_parameters={})

    def forget(self, name: str) -> None:
        """Drop what a name meant, before it is declared anew."""
        self.kinds.pop(name, None)
        self.definitions.pop(name, None)
        self.bodies.pop(name, None)
        self.facts.pop(name, None)
        self.arguments.pop(name, None)
