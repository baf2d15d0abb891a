"""Kinds of names that nobody declared, from how the text uses them.

A name with one subscript is a vector, with two a matrix; a letter that only occurs as a subscript is an index; what
stands above a sum is a size. Sizes follow by unification: x_i under a sum to n has n entries, and so has t if t_i
stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chainrule.checking.derivations.model import Definition, Kind, Scope, Size
from chainrule.checking.derivations.tree import (
    Big,
    Builtin,
    Call,
    Comparison,
    Composition,
    Constant,
    Derivative,
    Differential,
    Dots,
    Entrywise,
    Gradient,
    Index,
    Indicator,
    Jacobian,
    Matrix,
    Name,
    Node,
    Number,
    OneHot,
    Plus,
    Prime,
    Product,
    Transpose,
    children,
    free_names,
    walk,
)

MATRIX_LETTERS = frozenset("WABUVMX")
Shape = tuple[Any, ...]


class Unifier:
    """Classes of equal sizes."""

    def __init__(self) -> None:
        self.parents: dict[Any, Any] = {}
        self.sizes: dict[Any, Size] = {}

    def find(self, key: Any) -> Any:
        """The representative of a class."""
        self.parents.setdefault(key, key)
        while self.parents[key] != key:
            self.parents[key] = self.parents[self.parents[key]]
            key = self.parents[key]
        return key

    def join(self, a: Any, b: Any) -> None:
        """Two sizes are the same."""
        a, b = self.find(a), self.find(b)
        if a != b:
            self.parents[b] = a
            if b in self.sizes:
                self.sizes.setdefault(a, self.sizes[b])

    def fix(self, key: Any, size: Size) -> None:
        """A size has a name or a value."""
        self.sizes.setdefault(self.find(key), size)

    def size(self, key: Any) -> Size | None:
        """The name or value of a size, if it has one."""
        return self.sizes.get(self.find(key))


class Kinds:
    """Collects evidence from formulas and completes a scope with it."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.sizes = Unifier()
        self.ranks: dict[str, int] = {}
        self.as_index: set[str] = set()
        self.as_value: set[str] = set()
        self.as_size: set[str] = set()
        self.as_function: set[str] = set()
        self.shaped: set[str] = set()
        self.matrices: set[str] = set()
        self.shapes: dict[str, Shape | None] = {}
        self.fresh = 0
        for name, kind in scope.kinds.items():
            for axis, dim in enumerate(kind.dims):
                if dim == "·n":
                    continue
                self.sizes.fix((name, axis), dim)
                if isinstance(dim, str):
                    self.sizes.join(("size", dim), (name, axis))
            if kind.role == "label" and kind.dims:
                self.sizes.join((name, 0), ("free", "", name))
            if kind.role == "size":
                self.sizes.fix(("size", name), name)

    def see(self, node: Node, where: str, bound: dict[str, Any] | None = None) -> None:
        """Take in a formula; free indices of one place are the same."""
        self._visit(node, where, bound or {})

    def see_definition(self, definition: Definition, body: Node) -> None:
        """Take in a definition: its indices run over its entries."""
        bound = {i: (definition.name, axis) for axis, i in enumerate(definition.indices)}
        for index, key in bound.items():
            self.sizes.find(key)
            self.as_index.add(index)
        self._visit(body, f"definition {definition.name}", bound)
        default = self.scope.arguments.get(definition.name)
        if default is not None and definition.parameters and definition.indices:
            self.sizes.join((definition.name, 0), (default, 0))

    def _visit(self, node: Node, where: str, bound: dict[str, Any]) -> None:
        pending: list[tuple[Node, dict[str, Any]]] = [(node, bound)]
        while pending:
            node, bound = pending.pop()
            if isinstance(node, Big):
                self.fresh += 1
                key = ("bound", self.fresh)
                self._limit(key, node.high)
                self.as_index.add(node.index)
                inner = {**bound, node.index: key}
                pending.append((node.body, inner))
                if node.condition is not None:
                    pending.append((node.condition, inner))
                if isinstance(node.high, Name):
                    self.as_size.add(node.high.text)
                continue
            if isinstance(node, Index):
                self._indexed(node, where, bound)
                pending += [(s, bound) for s in node.subscripts if not isinstance(s, Name | Number)]
                if not isinstance(node.base, Name):
                    pending.append((node.base, bound))
                continue
            if isinstance(node, Comparison):
                self._compared(node, where, bound)
            elif isinstance(node, OneHot) and isinstance(node.index, Name):
                self.as_index.add(node.index.text)
                continue
            elif isinstance(node, Name):
                self.as_value.add(node.text)
            elif isinstance(node, Call) and isinstance(node.function, Name | Prime):
                function = node.function.operand if isinstance(node.function, Prime) else node.function
                if isinstance(function, Name):
                    self.as_function.add(function.text)
                pending += [(a, bound) for a in node.arguments]
                self._vector_argument(node)
                continue
            elif isinstance(node, Composition):
                continue
            elif isinstance(node, Matrix | Plus) and any(isinstance(n, Dots) for n in walk(node)):
                self._dotted(node)
            else:
                self._evidence(node)
            pending += [(child, bound) for child in children(node)]

    def _evidence(self, node: Node) -> None:
        if isinstance(node, Transpose) and isinstance(node.operand, Name):
            self.shaped.add(node.operand.text)
        elif isinstance(node, Entrywise):
            self.shaped |= {f.text for f in node.factors if isinstance(f, Name)}
        elif isinstance(node, Jacobian | Gradient) and isinstance(node.variable, Name):
            self.shaped.add(node.variable.text)
        elif isinstance(node, Builtin) and node.name in ("diag", "norm") and isinstance(node.operands[0], Name):
            self.shaped.add(node.operands[0].text)
        elif isinstance(node, Product) and any(isinstance(f, Transpose) for f in node.factors):
            self.shaped |= {
                f.text for f in node.factors if isinstance(f, Name) and f.text.islower() and len(f.text) == 1
            }
        elif isinstance(node, Plus):
            factors = [f for t in node.terms if isinstance(t, Product) for f in t.factors]
            if any(isinstance(f, Name) and f.text[0] in MATRIX_LETTERS for f in factors):
                self.shaped |= {t.text for t in node.terms if isinstance(t, Name)}
        elif isinstance(node, Product):
            for one, following in zip(node.factors, node.factors[1:], strict=False):
                if (
                    isinstance(one, Name)
                    and one.text[0] in MATRIX_LETTERS
                    and isinstance(following, Name | Call | Plus)
                ):
                    self.matrices.add(one.text)
                    if isinstance(following, Name) and following.text[0].islower():
                        self.shaped.add(following.text)

    def _vector_argument(self, node: Call) -> None:
        function = node.function
        definition = self.scope.definitions.get(function.text) if isinstance(function, Name) else None
        if definition is None or not definition.indices or definition.source not in ("template", "convention"):
            return
        for argument in node.arguments:
            if isinstance(argument, Name):
                self.shaped.add(argument.text)
                if len(definition.indices) == 1:
                    self.sizes.find((argument.text, 0))

    def _dotted(self, node: Node) -> None:
        """Between 1 and n stands an ellipsis: n is a size."""
        seen = [s for n in walk(node) if isinstance(n, Index) for s in n.subscripts]
        if any(isinstance(s, Number) and s.value == 1 for s in seen):
            ends = {s.text for s in seen if isinstance(s, Name)}
            self.as_size |= {name for name in ends if name in "nmNMKkdDhHCp" or len(ends) == 1}

    def _limit(self, key: Any, high: Node | None) -> None:
        if isinstance(high, Name):
            self.sizes.join(("size", high.text), key)
            self.sizes.fix(("size", high.text), high.text)
        elif isinstance(high, Number) and high.value.denominator == 1:
            self.sizes.fix(key, int(high.value))

    def _key(self, index: str, where: str, bound: dict[str, Any]) -> Any:
        kind = self.scope.kinds.get(index)
        return bound.get(index, ("free", "" if kind is not None and kind.role == "label" else where, index))

    def _indexed(self, node: Index, where: str, bound: dict[str, Any]) -> None:
        base: Node = node.base
        if isinstance(base, Call):
            base = base.function.operand if isinstance(base.function, Prime) else base.function
        if isinstance(base, Name):
            self.ranks[base.text] = max(self.ranks.get(base.text, 0), len(node.subscripts))
        for axis, subscript in enumerate(node.subscripts):
            if isinstance(subscript, Name):
                self.as_index.add(subscript.text)
                if isinstance(base, Name):
                    self.sizes.join((base.text, axis), self._key(subscript.text, where, bound))
            else:
                for inner in walk(subscript):
                    if isinstance(inner, Name):
                        self.as_index.add(inner.text)

    def _compared(self, node: Comparison, where: str, bound: dict[str, Any]) -> None:
        sides = [s for s in (node.left, node.right) if isinstance(s, Name)]
        if len(sides) == 2:
            keys = [self._key(s.text, where, bound) for s in sides]
            if node.operator in ("=", "!="):
                self.as_index |= {s.text for s in sides}
                self.sizes.join(*keys)

    # Shapes of names without subscripts

    def shape(self, node: Node, where: str) -> Shape | None:
        """The shape of a formula as classes of sizes; None where it is not known."""
        if isinstance(node, Number | Index | Indicator):
            return ()
        if isinstance(node, Name):
            definition = self.scope.definitions.get(node.text)
            if definition is not None and not definition.indices and node.text not in self.ranks:
                return self._shape_of(definition, where)
            rank = self.rank(node.text)
            return None if rank is None else tuple((node.text, axis) for axis in range(rank))
        if isinstance(node, Transpose):
            inner = self.shape(node.operand, where)
            return None if inner is None else (None, inner[0]) if len(inner) == 1 else tuple(reversed(inner))
        if isinstance(node, Plus | Entrywise):
            parts = [self.shape(t, where) for t in (node.terms if isinstance(node, Plus) else node.factors)]
            return self.alike([p for p in parts if p])
        if isinstance(node, Product):
            return self.multiplied([self.shape(f, where) for f in node.factors], node.joints)
        if isinstance(node, Call) and node.arguments:
            name = node.function.text if isinstance(node.function, Name) else ""
            definition = self.scope.definitions.get(name)
            if definition is None or not definition.parameters or len(definition.parameters) > 1:
                return self.shape(node.arguments[0], where) if definition is None else self._shape_of(definition, where)
            bodies = self.scope.bodies.get(name) or []
            whole = any(
                isinstance(n, Index) and n.base == Name(definition.parameters[0]) for b in bodies for n in walk(b)
            )
            return () if whole and not definition.indices else self.shape(node.arguments[0], where)
        if isinstance(node, Builtin) and node.name == "diag":
            inner = self.shape(node.operands[0], where)
            return (inner[0], inner[0]) if inner and len(inner) == 1 else None
        if isinstance(node, Builtin) and node.name in ("exp", "log", "tanh"):
            return self.shape(node.operands[0], where)
        if isinstance(node, Constant):
            self.fresh += 1
            one = ("constant", self.fresh)
            return (one, one) if node.kind == "identity" else (one,)
        if isinstance(node, Jacobian | Gradient | Derivative | Differential):
            return None
        return None

    def _shape_of(self, definition: Definition, where: str) -> Shape | None:
        """The shape of a definition without indices."""
        name = definition.name
        if name not in self.shapes:
            self.shapes[name] = None
            bodies = self.scope.bodies.get(name)
            self.shapes[name] = self.shape(bodies[0], where) if bodies else None
        return self.shapes[name]

    def alike(self, shapes: list[Shape]) -> Shape | None:
        """Things that are added have one shape."""
        for shape in shapes[1:]:
            if len(shape) == len(shapes[0]):
                for a, b in zip(shapes[0], shape, strict=True):
                    if a is not None and b is not None:
                        self.sizes.join(a, b)
        return shapes[0] if shapes else None

    def multiplied(self, shapes: list[Shape | None], joints: tuple[str, ...]) -> Shape | None:
        """The shape of a product of factors from left to right."""
        total = shapes[0]
        for shape, joint in zip(shapes[1:], joints, strict=True):
            if total is None or shape is None:
                return None
            if not total or not shape:
                total = total or shape
            elif len(total) == 2 and shape[0] is not None:
                if total[1] is not None:
                    self.sizes.join(total[1], shape[0])
                rows = total[:1] if total[0] is not None else ()
                total = (*rows, *shape[1:]) if len(shape) == 1 or rows else (None, shape[1])
            elif len(total) == 1 and len(shape) == 2 and shape[0] is None:
                total = (total[0], shape[1])
            elif len(total) == 1 and len(shape) == 1 and joint:
                self.sizes.join(total[0], shape[0])
                total = ()
            else:
                return None
        return total

    def rank(self, name: str) -> int | None:
        """How many subscripts a name takes, as far as that is known."""
        kind = self.scope.kinds.get(name)
        if kind is not None:
            return kind.rank if kind.role == "value" else 0
        if name in self.ranks:
            return self.ranks[name]
        definition = self.scope.definitions.get(name)
        if definition is not None:
            return len(definition.indices) or None
        return self.guess(name)

    def guess(self, name: str) -> int:
        """The rank of a name that never has a subscript."""
        if name in self.scope.inherited and name not in self.shaped:
            return self.scope.inherited[name]
        if name in self.matrices:
            return 2
        if name in self.shaped:
            letter = name.split("^")[0].split("_")[0]
            return 2 if letter.isupper() and letter.isascii() else 1
        return 0

    def complete(self, sides: Iterable[tuple[Node, str]], relations: Iterable[tuple[Node, Node, str]]) -> None:
        """Give every name that needs one a kind."""
        for node, where in sides:
            for part in walk(node):
                if isinstance(part, Plus | Product | Entrywise):
                    self.shape(part, where)
        for left, right, where in relations:
            shapes = [s for s in (self.shape(left, where), self.shape(right, where)) if s]
            self.alike(shapes)
        scope = self.scope
        sizes = sorted({n for n, k in scope.kinds.items() if k.role == "size"} | self.as_size - set(scope.definitions))
        for name in sizes:
            if name not in scope.kinds:
                scope.kinds[name] = Kind("size", declared=False)
        default: Size = sizes[0] if len(sizes) == 1 else "n" if "n" in sizes or "n" not in self.as_value else "·n"
        met = (self.as_value | set(self.ranks) | self.as_index) - set(scope.definitions) - set(scope.code)
        for name in sorted(met, key=lambda n: (n not in self.matrices, n)):
            if name in scope.kinds or name in ("·r", "·c"):
                continue
            if name in self.as_function and name not in self.ranks:
                continue
            rank = self.ranks.get(name, self.guess(name))
            if name in self.as_size:
                continue
            if name in self.as_index and not rank:
                keys = [key for key in self.sizes.parents if key[0] == "free" and key[2] == name]
                found = [s for key in keys if (s := self.sizes.size(key)) is not None]
                scope.kinds[name] = Kind("label", (found[0],) if len(set(found)) == 1 else (), declared=False)
                continue
            if name in self.matrices and not sizes:
                for axis in range(rank):
                    self.sizes.fix((name, axis), f"·{len(self.sizes.sizes)}")
            dims = tuple(self.sizes.size((name, axis)) or default for axis in range(rank))
            facts = frozenset(scope.facts.get(name, ()))
            scope.kinds[name] = Kind("value", dims, facts, declared=False, certain=name in self.ranks)
        for name, kind in list(scope.kinds.items()):
            # x_1, ..., of which only the rank was said.
            if "·n" in kind.dims:
                dims = tuple(self.sizes.size((name, a)) or default if d == "·n" else d for a, d in enumerate(kind.dims))
                scope.kinds[name] = Kind(kind.role, dims, kind.facts, kind.declared)
        for name, rank in sorted(self.ranks.items()):
            if name in scope.definitions:
                dims = tuple(self.sizes.size((name, axis)) or default for axis in range(rank))
                scope.freed[name] = Kind("value", dims, declared=False)
        used = {d for k in scope.kinds.values() for d in k.dims if isinstance(d, str)}
        for dim in sorted(used):
            scope.kinds.setdefault(dim, Kind("size", declared=False))
        for name in set(scope.kinds):
            kind = scope.kinds[name]
            if kind.role == "label" and kind.declared and not kind.dims and (size := self.sizes.size((name, 0))):
                scope.kinds[name] = Kind("label", (size,), kind.facts)


def mentioned(nodes: Iterable[Node]) -> frozenset[str]:
    """All free names of some formulas."""
    return frozenset().union(*(free_names(node) for node in nodes), frozenset())
