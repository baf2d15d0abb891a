"""Values of formulas at a point, on balls.

A `Machine` evaluates in one scope at one point. Frames hold what is overridden while it works: a function's argument,
a variable under differentiation, a label. Names are looked up through the frames, so that a definition sees the
variable that is being varied; results are kept in the outermost frame on which they cannot depend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint

from chainrule.checking.derivations import tensors
from chainrule.checking.derivations.frames import Frame, NoDefinition, OverBudget, Point, places, used_names
from chainrule.checking.derivations.model import Definition, Scope
from chainrule.checking.derivations.numbers import Value
from chainrule.checking.derivations.stream import NotRead
from chainrule.checking.derivations.tensors import OutOfRange, Quantity, ShapeMismatch, Tensor
from chainrule.checking.derivations.tree import (
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
    Transpose,
    children,
    free_names,
    walk,
)

Env = dict[str, int]


class Machine:
    """Evaluates formulas of one scope at one point."""

    def __init__(
        self, scope: Scope, point: Point, *, layout: str = "columns", rows: bool = False, budget: int = 400_000,
        prime: str | None = None, moving: frozenset[str] = frozenset(), body: int = 0, filler: int | None = None,
        quotient: bool = False,
    ) -> None:  # fmt: skip
        from chainrule.checking.derivations.values import VALUES

        self.handlers = VALUES
        self.scope, self.point, self.layout, self.rows = scope, point, layout, rows
        self.budget, self.steps, self.prime, self.moving, self.body = budget, 0, prime, moving, body
        self.filler, self.quotient = filler, quotient
        self.root = Frame({})
        self.reached: dict[int, frozenset[str]] = {}
        self.names: dict[str, frozenset[str]] = {}
        self.free: dict[int, tuple[str, ...]] = {}
        self.fillers: dict[int, int] = {}
        self.made: dict[Any, Node] = {}
        self.entered: set[str] = set()
        self.depth = 0

    # What a formula can depend on

    def reach(self, node: Node) -> frozenset[str]:
        """The names that a formula depends on, through definitions."""
        if isinstance(node, Name):
            # Names are made on the way, and what is kept by identity must outlive the machine.
            return self.reach_of(node.text)
        found = self.reached.get(id(node))
        if found is None:
            bare, applied = used_names(node)
            found = frozenset().union(*(self.reach_of(name) for name in bare), frozenset())
            for call in applied:
                found |= self.reach_of_call(call)
            if any(isinstance(n, Gradient | Prime | Differential) for n in walk(node)):
                found |= self.moving | ({self.prime} if self.prime else set())
            self.reached[id(node)] = found
        return found

    def reach_of(self, name: str) -> frozenset[str]:
        """The names that a name depends on, itself among them; a function at its usual arguments."""
        found = self.names.get(name)
        if found is None:
            self.names[name] = frozenset({name})
            found = frozenset({name})
            definition = self.scope.definitions.get(name)
            if definition is not None:
                found |= self.reach_of_body(definition)
                found = found.union(*(self.reach(node) for node in self.defaults(definition)))
            self.names[name] = found
        return found

    def reach_of_body(self, definition: Definition) -> frozenset[str]:
        """What a definition's formula depends on besides its own parameters."""
        return self.reach(self.body_of(definition)) - set(definition.indices) - set(definition.parameters)

    def reach_of_call(self, call: Call) -> frozenset[str]:
        """What f(u) depends on: u, and what f is made of."""
        assert isinstance(call.function, Name)
        name = call.function.text
        inside = frozenset().union(*(self.reach(argument) for argument in call.arguments), {name})
        definition = self.scope.definitions.get(name)
        if definition is None or name in self.entered:
            return inside
        if not definition.parameters or self.default_call(definition, call):
            return inside | self.reach_of(name)
        self.entered.add(name)
        inside |= self.reach_of_body(definition)
        self.entered.discard(name)
        return inside

    def defaults(self, definition: Definition) -> tuple[Node, ...]:
        """What stands for a function's parameters where it is used without an argument."""
        if len(definition.parameters) == 1:
            call = self.scope.calls.get(definition.name)
            named = self.scope.arguments.get(definition.name)
            if call is not None or named is not None:
                return (call or Name(str(named)),)
        return tuple(Name(p) for p in definition.parameters)

    def bound_in(self, node: Node, env: Env) -> tuple[tuple[str, int], ...]:
        """The indices on whose values a formula depends, with them."""
        names = self.free.get(id(node))
        if names is None:
            names = self.free[id(node)] = tuple(sorted(free_names(node)))
        return tuple((name, env[name]) for name in names if name in env)

    def home(self, frame: Frame, names: frozenset[str]) -> Frame:
        """The outermost frame that gives the same values to these names."""
        while frame.parent is not None and names.isdisjoint(frame.overrides):
            frame = frame.parent
        return frame

    def body_of(self, definition: Definition) -> Node:
        """The formula of a definition."""
        bodies = self.scope.bodies.get(definition.name)
        if not bodies:
            raise NoDefinition(definition.name, "its definition is not read")
        return bodies[min(self.body, len(bodies) - 1)]

    # Values

    def value(self, node: Node, frame: Frame, env: Env) -> Quantity:
        """The value of a formula."""
        self.steps += 1
        if self.steps > self.budget:
            raise OverBudget
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
        if isinstance(node, Number) and node.value.denominator == 1:
            return int(node.value)
        if isinstance(node, Name):
            bound = env.get(node.text)
            if bound is not None:
                return bound
            found = self.overridden(node.text, frame)
            if isinstance(found, int):
                return found
            if node.text in self.point.sizes:
                return self.point.sizes[node.text]
            label = self.scope.kinds.get(node.text)
            raise NoDefinition(node.text, "it is used as an index" if label is None else "")
        if isinstance(node, Plus):
            return sum(s * self.whole(t, frame, env) for t, s in zip(node.terms, node.signs, strict=True))
        if isinstance(node, Product) and len(node.factors) == 2:
            return self.whole(node.factors[0], frame, env) * self.whole(node.factors[1], frame, env)
        raise NotRead("an index that is not read", node.span[0])

    def maybe_whole(self, frame: Frame, env: Env) -> Callable[[Node], int | None]:
        """`whole`, with None for what is no index."""

        def of(node: Node) -> int | None:
            try:
                return self.whole(node, frame, env)
            except (NotRead, NoDefinition):
                return None

        return of

    def are_whole(self, comparison: Comparison, frame: Frame, env: Env) -> bool:
        """Whether both sides of a comparison are indices."""
        of = self.maybe_whole(frame, env)
        return of(comparison.left) is not None and of(comparison.right) is not None

    def overridden(self, name: str, frame: Frame | None) -> Any:
        """What a frame puts in place of a name; None if nothing."""
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
        if found is not None:
            if isinstance(found, int):
                return flint.arb(found)
            if self.rows and isinstance(found, Tensor) and len(found.shape) == 1:
                return tensors.transposed(found)
            return found
        if name in self.point.sizes:
            return flint.arb(self.point.sizes[name])
        definition = self.scope.definitions.get(name)
        if definition is None:
            raise NoDefinition(name)
        home = self.home(frame, self.reach_of(name))
        key = ("name", name)
        if key not in home.memo:
            home.memo[key] = self.defined(definition, home)
        return home.memo[key]

    def defined(self, definition: Definition, frame: Frame) -> Quantity:
        """The value of a definition used without arguments."""
        frame = self.with_defaults(definition, frame)
        if self.deep():
            raise NotRead(f"the definition of {definition.name} leads to itself")
        self.depth += 1
        try:
            if not definition.indices:
                return self.value(self.body_of(definition), frame, {})
            extents = [self.extent(definition, axis, frame) for axis in range(len(definition.indices))]
            entries = [
                self.number(self.body_of(definition), frame, dict(zip(definition.indices, place, strict=True)))
                for place in places(extents)
            ]
        finally:
            self.depth -= 1
        if self.rows and len(extents) == 1:
            extents = [1, *extents]
        return Tensor(tuple(extents), entries)

    def deep(self) -> bool:
        """Whether definitions are nested beyond reason."""
        return self.depth > 24

    def with_defaults(self, definition: Definition, frame: Frame) -> Frame:
        """The frame in which the parameters are the names that stand for them."""
        defaults = zip(definition.parameters, self.defaults(definition), strict=True)
        renamed = {p: d for p, d in defaults if d != Name(p)}
        if not renamed:
            return frame
        used = frozenset().union(*(free_names(d) for d in renamed.values()))
        home = self.home(frame, frozenset().union(*(self.reach_of(n) for n in used)))
        key = ("defaults", definition.name)
        if key not in home.memo:
            home.memo[key] = Frame({p: self.value(d, frame, {}) for p, d in renamed.items()}, home)
        inner: Frame = home.memo[key]
        return inner if home is frame else Frame(inner.overrides, frame)

    def entry(self, definition: Definition, place: tuple[int, ...], frame: Frame) -> Value:
        """One entry of a definition with indices."""
        home = self.home(frame, self.reach_of(definition.name))
        key = ("entry", definition.name, place)
        if key not in home.memo:
            inner = self.with_defaults(definition, home)
            if self.deep():
                raise NotRead(f"the definition of {definition.name} leads to itself")
            self.depth += 1
            try:
                self.check_extents(definition, place, inner)
                env = dict(zip(definition.indices, place, strict=True))
                home.memo[key] = self.number(self.body_of(definition), inner, env)
            finally:
                self.depth -= 1
        return home.memo[key]

    def check_extents(self, definition: Definition, place: tuple[int, ...], frame: Frame) -> None:
        """Raise OutOfRange unless the entry exists."""
        for axis, i in enumerate(place):
            try:
                extent = self.extent(definition, axis, frame)
            except NotRead:
                continue
            if not 1 <= i <= extent:
                raise OutOfRange(f"index {i} outside 1..{extent}")

    def extent(self, definition: Definition, axis: int, frame: Frame) -> int:
        """How many entries a definition has along an index."""
        kind = self.scope.kinds.get(definition.name)
        if kind is not None and len(kind.dims) > axis:
            return self.size(kind.dims[axis])
        key = ("extent", definition.name, axis)
        # Without parameters it is the same in all frames, which keep the shapes of what they override.
        home = self.home(frame, self.reach_of(definition.name)) if definition.parameters else self.root
        if key not in home.memo:
            index = definition.indices[axis]
            found = self.range_of(index, self.body_of(definition), frame, {}, set())
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
            raise NoDefinition(dim, "it is used as a size")
        return self.point.sizes[dim]

    def range_below(self, node: Big, frame: Frame, env: Env) -> int | None:
        """How far the index of a sum without limits runs; the same for all values of the indices around it."""
        home = self.home(frame, self.reach(node))
        key = ("range", id(node))
        if key not in home.memo:
            home.memo[key] = self.range_of(node.index, node.body, frame, env, set())
        found: int | None = home.memo[key]
        return found

    def range_of(self, index: str, node: Node, frame: Frame, env: Env, visited: set[str]) -> int | None:
        """How far an index runs in a formula, from what it is an index of; None if that does not show."""
        if isinstance(node, Big) and node.index == index:
            return None
        if isinstance(node, Index):
            for axis, subscript in enumerate(node.subscripts):
                if isinstance(subscript, Name) and subscript.text == index:
                    found = self.axis_of(node.base, axis, len(node.subscripts), frame, env, visited)
                    if found is not None:
                        return found
        if isinstance(node, Comparison):
            for one, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(one, Name) and one.text == index and isinstance(other, Name):
                    label = self.scope.kinds.get(other.text)
                    if label is not None and label.role == "label" and label.dims:
                        return self.size(label.dims[0])
        for child in children(node):
            found = self.range_of(index, child, frame, env, visited)
            if found is not None:
                return found
        return None

    def axis_of(self, base: Node, axis: int, count: int, frame: Frame, env: Env, visited: set[str]) -> int | None:
        """How long an indexed thing is along an axis."""
        function = base.function if isinstance(base, Call) else base
        if isinstance(function, Prime):
            function = function.operand
        try:
            if (
                isinstance(base, Name)
                and self.overridden(base.text, frame) is None
                and base.text not in self.point.values
            ):
                definition = self.scope.definitions.get(base.text)
                if definition is not None and definition.indices:
                    if base.text in visited or axis >= len(definition.indices):
                        return None
                    visited.add(base.text)
                    inner = self.with_defaults(definition, frame)
                    kind = self.scope.kinds.get(base.text)
                    if kind is not None and len(kind.dims) > axis:
                        return self.size(kind.dims[axis])
                    return self.range_of(definition.indices[axis], self.body_of(definition), inner, {}, visited)
            if isinstance(base, Call) and isinstance(function, Name) and base.arguments:
                definition = self.scope.definitions.get(function.text)
                if definition is not None and self.default_call(definition, base):
                    return self.axis_of(function, axis, count, frame, env, visited)
                arity = len(base.arguments)
                if definition is not None and len(definition.indices) == count and len(definition.parameters) == arity:
                    inner = self.call_frame(definition, base, frame, env)
                    return self.range_of(definition.indices[axis], self.body_of(definition), inner, {}, visited)
            value = self.value(base, frame, env)
        except (NotRead, NoDefinition, ShapeMismatch, ArithmeticError):
            return None
        if not isinstance(value, Tensor):
            return None
        shape = value.shape[1:] if value.is_row and count == 1 else value.shape
        return shape[axis] if axis < len(shape) else None

    def kept(self, key: Any, node: Node) -> Any:
        """A node made while evaluating, the same one for the same key: results are kept by identity."""
        return self.made.setdefault(key, node)

    # Calls

    def call_frame(self, definition: Definition, call: Call, frame: Frame, env: Env) -> Frame:
        """The frame in which a function's parameters are its arguments; kept, so that its results are shared."""
        used = self.bound_in(call, env)
        names = frozenset().union(*(self.reach(a) for a in call.arguments), self.reach_of(definition.name))
        home = self.home(frame, names)
        key = ("call", id(call), used)
        if key not in home.memo:
            values = [self.value(argument, frame, env) for argument in call.arguments]
            home.memo[key] = Frame(dict(zip(definition.parameters, values, strict=True)), home)
        found: Frame = home.memo[key]
        return found

    def vector_parameters(self, definition: Definition) -> tuple[bool, ...]:
        """Which parameters are vectors as a whole: those with indices in the body, or declared so."""
        known = self.scope.vector_parameters.get(definition.name)
        if known is None:
            body = self.body_of(definition)
            indexed = {n.base.text for n in walk(body) if isinstance(n, Index) and isinstance(n.base, Name)}
            passed = {
                a.text for n in walk(body) if isinstance(n, Call) for a in n.arguments
                if isinstance(a, Name) and isinstance(n.function, Name)
                and self.takes_vector(n.function.text, definition.name)
            }  # fmt: skip
            shaped = {n.operand.text for n in walk(body) if isinstance(n, Transpose) and isinstance(n.operand, Name)}
            kinds = self.scope.kinds
            declared = {p for p in definition.parameters if p in kinds and kinds[p].dims}
            known = tuple(p in indexed | passed | declared | shaped for p in definition.parameters)
            self.scope.vector_parameters[definition.name] = known
        return known

    def takes_vector(self, name: str, but: str) -> bool:
        """Whether a function's first parameter is a vector."""
        definition = self.scope.definitions.get(name)
        if definition is None or name == but or not definition.parameters:
            return False
        return bool(definition.indices) or any(self.vector_parameters(definition))

    def default_call(self, definition: Definition, call: Call) -> bool:
        """Whether the arguments only repeat what the definition depends on."""
        if definition.parameters and call.arguments == self.defaults(definition):
            return True
        given = [a.text if isinstance(a, Name) else None for a in call.arguments]
        return not definition.parameters and all(g is not None and g in self.reach_of(definition.name) for g in given)
