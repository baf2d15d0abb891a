"""Values of formulas at a point, on balls.

A `Machine` evaluates the formulas of one scope at one point. A frame overrides the values of some names: the argument
of a function, a variable of differentiation, a label. Names are looked up through the frames, so that a definition uses
the changed variable. A result is kept in the outermost frame that agrees on the names on which it depends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import flint

from chainrule.checking.documents import tensors
from chainrule.checking.documents.model import Definition, Scope
from chainrule.checking.documents.numbers import Value
from chainrule.checking.documents.points import Point
from chainrule.checking.documents.stream import NotRead
from chainrule.checking.documents.tensors import Quantity, ShapeMismatch, Tensor, places
from chainrule.checking.documents.tree import (
    Big,
    Call,
    Comparison,
    Differential,
    Gradient,
    Index,
    Name,
    Node,
    Number,
    Plus,
    Prime,
    Product,
    children,
    free_names,
    walk,
)

MOST_DEPTH = 24
Env = dict[str, int]


class NoDefinition(LookupError):
    """A name whose meaning the document does not give."""

    def __init__(self, name: str, why: str = "") -> None:
        super().__init__(name)
        self.name, self.why = name, why


class Frame:
    """Values that override names, and the results computed with these values."""

    __slots__ = ("memo", "overrides", "parent")

    def __init__(self, overrides: dict[str, Any], parent: Frame | None = None) -> None:
        self.overrides, self.parent = overrides, parent
        self.memo: dict[Any, Any] = {}


@dataclass(frozen=True)
class Setting:
    """One choice among conventions: gradients as columns or rows, vectors as rows, the reading of definitions."""

    layout: str = "columns"
    rows: bool = False
    """Read vectors without a transpose as rows."""
    reading: int = 0
    """The number of the reading for definitions that have several; definitions with fewer take their last one."""
    square: bool = False
    """Make all sizes equal; tried if sizes were inferred rather than declared."""
    quotient: bool = False
    """Derivatives by difference quotients instead of forward mode."""


class Machine:
    """Evaluates formulas of one scope at one point."""

    def __init__(
        self, scope: Scope, point: Point, setting: Setting | None = None, *, prime: str | None = None,
        moving: frozenset[str] = frozenset(), budget: int = 400_000,
    ) -> None:  # fmt: skip
        from chainrule.checking.documents.values import VALUES

        self.handlers = VALUES
        self.scope, self.point, self.setting = scope, point, setting or Setting()
        self.prime, self.moving, self.budget = prime, moving, budget
        self.steps = self.depth = 0
        self.root = Frame({})
        self.reached: dict[int, frozenset[str]] = {}
        self.names: dict[str, frozenset[str]] = {}
        self.free: dict[int, tuple[str, ...]] = {}
        self.filler = next(iter(point.sizes.values())) if len(point.sizes) == 1 else None
        """The size of ones and identities where there is only one to choose."""
        self.fillers: dict[int, int] = {}
        self.made: dict[Any, Node] = {}

    # Names on which a formula depends

    def reach(self, node: Node) -> frozenset[str]:
        """The names that a formula depends on, through definitions."""
        if isinstance(node, Name):
            # Evaluation creates names, which do not live as long as results that are kept by identity.
            return self.reach_of(node.text)
        if id(node) not in self.reached:
            self.reached[id(node)] = frozenset[str]().union(*map(self.reach_of, sorted(self.uses(node))))
        return self.reached[id(node)]

    def reach_of(self, name: str) -> frozenset[str]:
        """The names that a name depends on, including itself. A function is taken at its usual arguments."""
        if name not in self.names:
            found, pending = set[str](), {name}
            while pending:
                current = min(pending)  # not any: a refusal names the same name in every run
                pending.remove(current)
                found.add(current)
                pending |= self.uses_of(current) - found
            self.names[name] = frozenset(one.removesuffix("()") for one in found)
        return self.names[name]

    def uses(self, node: Node) -> frozenset[str]:
        """The names that occur in a formula; f() for a function at other arguments than its usual ones."""
        if isinstance(node, Name):
            return frozenset({node.text})
        inside = children(node)
        found: frozenset[str] = frozenset()
        if isinstance(node, Call) and isinstance(node.function, Name):
            inside, name = iter(node.arguments), node.function.text
            definition = self.scope.definitions.get(name)
            usual = definition is None or not definition.parameters or self.default_call(definition, node)
            found = frozenset({name if usual else f"{name}()"})
        if isinstance(node, Gradient | Prime | Differential):
            found |= self.moving | ({self.prime} if self.prime else set())
        found = found.union(*(self.uses(part) for part in inside))
        return found - {node.index} if isinstance(node, Big) else found

    def uses_of(self, name: str) -> frozenset[str]:
        """The names in the definition of a name, without its own indices and parameters, and its usual arguments."""
        definition = self.scope.definitions.get(name.removesuffix("()"))
        if definition is None:
            return frozenset()
        inside = self.uses(self.body_of(definition)) - {*definition.indices, *definition.parameters}
        usual = () if name.endswith("()") else self.defaults(definition)
        return inside.union(*(self.uses(argument) for argument in usual))

    def defaults(self, definition: Definition) -> tuple[Node, ...]:
        """The arguments of a function that is used without any."""
        usual = self.scope.arguments.get(definition.name)
        return tuple(map(Name, definition.parameters)) if usual is None else (usual,)

    def bound_in(self, node: Node, env: Env) -> tuple[tuple[str, int], ...]:
        """The indices that a formula depends on, with their values."""
        names = self.free.get(id(node))
        if names is None:
            names = self.free[id(node)] = tuple(sorted(free_names(node)))
        return tuple((name, env[name]) for name in names if name in env)

    def home(self, frame: Frame, names: frozenset[str]) -> Frame:
        """The outermost frame that gives the same values to these names."""
        while frame.parent is not None and names.isdisjoint(frame.overrides):
            frame = frame.parent
        return frame

    def once(self, frame: Frame, names: frozenset[str], key: Any, compute: Callable[[Frame], Any]) -> Any:
        """A result that depends only on these names, computed once in the outermost frame that agrees on them."""
        home = self.home(frame, names)
        if key not in home.memo:
            home.memo[key] = compute(home)
        return home.memo[key]

    def body_of(self, definition: Definition) -> Node:
        """The formula of a definition."""
        if definition.name not in self.scope.bodies:
            raise NoDefinition(definition.name, "its definition is not read")
        readings = [self.scope.bodies[definition.name], *self.scope.others.get(definition.name, [])]
        return readings[min(self.setting.reading, len(readings) - 1)]

    # Values

    def value(self, node: Node, frame: Frame, env: Env) -> Quantity:
        """The value of a formula."""
        self.steps += 1
        if self.steps > self.budget:
            raise NotRead(f"its value takes more than {self.budget} steps", node.span[0])
        return self.handlers[type(node)](self, node, frame, env)

    def number(self, node: Node, frame: Frame, env: Env) -> Value:
        """The value of a formula that must be a number."""
        value = self.value(node, frame, env)
        if isinstance(value, Tensor):
            raise ShapeMismatch(f"{tensors.shown(value.shape)} where a number was expected")
        if value is None:
            raise NotRead("an ellipsis that does not show its pattern", node.span[0])
        return value

    def whole(self, node: Node, frame: Frame, env: Env) -> int:
        """The value of an index or a limit."""
        match node:
            case Number(value=value) if value.denominator == 1:
                return int(value)
            case Name(text=name) if name in env:
                return env[name]
            case Name(text=name):
                found = self.overridden(name, frame)
                return found if isinstance(found, int) else self.size(name)
            case Plus(terms=terms, signs=signs):
                return sum(sign * self.whole(term, frame, env) for term, sign in zip(terms, signs, strict=True))
            case Product(factors=(first, second)):
                return self.whole(first, frame, env) * self.whole(second, frame, env)
        raise NotRead("an index that is not read", node.span[0])

    def maybe_whole(self, node: Node, frame: Frame, env: Env) -> int | None:
        """Like `whole`, with None for formulas that are no index."""
        try:
            return self.whole(node, frame, env)
        except (NotRead, NoDefinition):
            return None

    def overridden(self, name: str, frame: Frame | None) -> Any:
        """The value that a frame gives to a name; None without one."""
        while frame is not None:
            if name in frame.overrides:
                return frame.overrides[name]
            frame = frame.parent
        return None

    def named(self, name: str, frame: Frame, env: Env) -> Quantity:
        """The value of a name."""
        if name in env:
            return flint.arb(env[name])
        found = self.overridden(name, frame)
        if found is None:
            found = self.point.values.get(name)
        if found is None:
            found = self.point.sizes.get(name)
        if isinstance(found, int):
            return flint.arb(found)
        if found is not None:
            is_vector = isinstance(found, Tensor) and len(found.shape) == 1
            return self.vector(found.entries) if is_vector else found
        definition = self.scope.definitions.get(name)
        if definition is None:
            raise NoDefinition(name)
        return self.once(frame, self.reach_of(name), name, partial(self.defined, definition))

    def defined(self, definition: Definition, frame: Frame) -> Quantity:
        """The value of a definition used without arguments."""
        frame = self.with_defaults(definition, frame)
        if not definition.indices:
            return self.inside(self.value, definition, frame, ())
        extents = tuple(self.extent(definition, axis, frame) for axis in range(len(definition.indices)))
        entries = [self.inside(self.number, definition, frame, place) for place in places(extents)]
        return self.vector(entries) if len(extents) == 1 else Tensor(extents, entries)

    def vector(self, entries: list[Value]) -> Tensor:
        """A vector without a transpose: a column, or a row where the setting reads vectors so."""
        return Tensor((1, len(entries)) if self.setting.rows else (len(entries),), entries)

    def inside(
        self, evaluate: Callable[[Node, Frame, Env], Quantity], definition: Definition, frame: Frame,
        place: tuple[int, ...],
    ) -> Quantity:  # fmt: skip
        """A definition's formula, evaluated for one choice of its indices."""
        if self.depth > MOST_DEPTH:
            raise NotRead(f"the definition of {definition.name} leads to itself")
        self.depth += 1
        try:
            return evaluate(self.body_of(definition), frame, dict(zip(definition.indices, place, strict=True)))
        finally:
            self.depth -= 1

    def with_defaults(self, definition: Definition, frame: Frame) -> Frame:
        """The frame in which the parameters have the values of the usual arguments."""
        defaults = zip(definition.parameters, self.defaults(definition), strict=True)
        renamed = {p: d for p, d in defaults if d != Name(p)}
        if not renamed:
            return frame
        used = frozenset[str]().union(*(self.reach(d) for d in renamed.values()))

        def evaluated(home: Frame) -> Frame:
            return Frame({p: self.value(d, frame, {}) for p, d in renamed.items()}, home)

        inner: Frame = self.once(frame, used, ("defaults", definition.name), evaluated)
        return inner if inner.parent is frame else Frame(inner.overrides, frame)

    def entry(self, definition: Definition, place: tuple[int, ...], frame: Frame) -> Value:
        """One entry of a definition with indices."""

        def evaluated(home: Frame) -> Value:
            return self.inside(self.number, definition, self.with_defaults(definition, home), place)

        return self.once(frame, self.reach_of(definition.name), (definition.name, place), evaluated)

    def extent(self, definition: Definition, axis: int, frame: Frame) -> int:
        """How many entries a definition has along an index."""
        kind = self.scope.kinds.get(definition.name)
        if kind is not None and len(kind.dims) > axis:
            return self.size(kind.dims[axis])
        index = definition.indices[axis]
        # A frame overrides a value by one of the same shape: without parameters the extent is the same in all frames.
        home = self.home(frame, self.reach_of(definition.name)) if definition.parameters else self.root
        key = ("extent", definition.name, axis)
        if key not in home.memo:
            home.memo[key] = None  # found again on the way: a definition in terms of itself does not show it
            found = self.range_of(index, self.body_of(definition), frame, {})
            stated = self.scope.ranges.get(index)
            home.memo[key] = self.size(stated) if found is None and stated is not None else found
        if home.memo[key] is None:
            raise NotRead(f"how many entries {definition.name} has is not said")
        return int(home.memo[key])

    def size(self, dim: str | int) -> int:
        """A size as a number."""
        if isinstance(dim, int):
            return dim
        if dim not in self.point.sizes:
            raise NoDefinition(dim, "it is used as an index or a size")
        return self.point.sizes[dim]

    def range_of(self, index: str, node: Node, frame: Frame, env: Env) -> int | None:
        """The last value of an index, from the lengths of the things that it indexes; None if they do not show it."""
        found: int | None = None
        match node:
            case Big(index=bound) if bound == index:
                return None
            case Index(subscripts=subscripts) if Name(index) in subscripts:
                found = self.axis_of(node, subscripts.index(Name(index)), frame, env)
            case Comparison(left=Name(text=one), right=Name(text=other)) if index in (one, other):
                label = self.scope.kinds.get(other if one == index else one)
                if label is not None and label.role == "label" and label.dims:
                    found = self.size(label.dims[0])
        for child in children(node):
            found = self.range_of(index, child, frame, env) if found is None else found
        return found

    def axis_of(self, node: Index, axis: int, frame: Frame, env: Env) -> int | None:
        """The length of an indexed formula along one of its subscripts; None if it is unknown."""
        base = node.base
        try:
            if isinstance(base, Name) and self.overridden(base.text, frame) is None:
                definition = self.scope.definitions.get(base.text)
                if definition is not None and len(definition.indices) > axis:
                    return self.extent(definition, axis, self.with_defaults(definition, frame))
            value = self.value(base, frame, env)
        except (NotRead, NoDefinition, ShapeMismatch, ArithmeticError):
            return None
        if not isinstance(value, Tensor):
            return None
        shape = value.shape[1:] if value.is_row and len(node.subscripts) == 1 else value.shape
        return shape[axis] if axis < len(shape) else None

    def kept(self, key: Any, node: Node) -> Any:
        """A node created during evaluation. The same key gives the same node, because results are kept by identity."""
        return self.made.setdefault(key, node)

    # Calls

    def call_frame(self, definition: Definition, call: Call, frame: Frame, env: Env) -> Frame:
        """The frame in which a function's parameters have the values of its arguments; equal calls share it."""
        names = self.reach_of(definition.name).union(*(self.reach(argument) for argument in call.arguments))

        def evaluated(home: Frame) -> Frame:
            values = [self.value(argument, frame, env) for argument in call.arguments]
            return Frame(dict(zip(definition.parameters, values, strict=True)), home)

        found: Frame = self.once(frame, names, (id(call), "call", self.bound_in(call, env)), evaluated)
        return found

    def vectors(self, definition: Definition) -> frozenset[str]:
        """The parameters that take whole vectors: they have indices in the body, or are declared as vectors."""
        kinds = self.scope.kinds
        nodes = walk(self.body_of(definition))
        indexed = {n.base.text for n in nodes if isinstance(n, Index) and isinstance(n.base, Name)}
        declared = {name for name in definition.parameters if name in kinds and kinds[name].dims}
        return frozenset(definition.parameters) & (indexed | declared)

    def default_call(self, definition: Definition, call: Call) -> bool:
        """Whether the arguments only repeat what the definition depends on."""
        if definition.parameters and call.arguments == self.defaults(definition):
            return True
        given = [a.text if isinstance(a, Name) else None for a in call.arguments]
        return not definition.parameters and all(g is not None and g in self.reach_of(definition.name) for g in given)
