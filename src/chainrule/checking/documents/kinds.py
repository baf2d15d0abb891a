"""Kinds of undeclared names, inferred from how the text uses them.

A name with one subscript is a vector, a name with two is a matrix; a letter that only occurs as a subscript is an
index; the upper limit of a sum is a size. Sizes are unified: if x_i occurs in a sum over i to n, then x has n entries,
and so has t if t_i occurs in the same sum.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from chainrule.checking.documents.model import Definition, Kind, Scope, Size
from chainrule.checking.documents.tree import (
    Big,
    Builtin,
    Call,
    Comparison,
    Composition,
    Constant,
    Dots,
    Gradient,
    Index,
    Indicator,
    Jacobian,
    Matrix,
    Name,
    Node,
    Number,
    Plus,
    Prime,
    Product,
    Transpose,
    children,
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
        while self.parents.setdefault(key, key) != key:
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

    def see_definition(self, definition: Definition, body: Node) -> None:
        """Collect evidence from a definition, whose indices run over its entries."""
        bound = {i: (definition.name, axis) for axis, i in enumerate(definition.indices)}
        self.as_index |= bound.keys()
        self.see(body, f"definition {definition.name}", bound)
        default = self.scope.arguments.get(definition.name)
        if isinstance(default, Name) and definition.indices:
            self.sizes.join((definition.name, 0), (default.text, 0))
            self.shaped.add(default.text)

    def see(self, node: Node, where: str, bound: dict[str, Any]) -> None:
        """Collect evidence from a formula. Equal free indices with the same `where` have the same range."""
        inside = list(children(node))
        match node:
            case Big(index=index):
                self.fresh += 1
                bound = {**bound, index: ("bound", self.fresh)}
                self._limit(bound[index], node.high)
                self.as_index.add(index)
                inside = [part for part in (node.body, node.condition) if part is not None]
            case Index():
                self._indexed(node, where, bound)
                inside = [part for part in inside if not isinstance(part, Name | Number)]
            case Comparison(operator="=" | "!=", left=Name(text=left), right=Name(text=right)):
                self.as_index |= {left, right}
                self.sizes.join(self._key(left, where, bound), self._key(right, where, bound))
            case Constant(index=Name(text=name)):
                self.as_index.add(name)
                inside = []
            case Name(text=name):
                self.as_value.add(name)
            case Call(function=Name() | Prime()):
                self._called(node)
                inside = list(node.arguments)
            case Composition():
                inside = []
            case Matrix() | Plus() if any(isinstance(part, Dots) for part in walk(node)):
                self._dotted(node)
            case _:
                self._evidence(node)
        for part in inside:
            self.see(part, where, bound)

    def _evidence(self, node: Node) -> None:
        """Collect the names without subscripts that must be vectors or matrices."""
        match node:
            case (
                Transpose(operand=Name(text=name))
                | Jacobian(variable=Name(text=name))
                | Gradient(variable=Name(text=name))
                | Builtin(name="diag" | "norm", operands=(Name(text=name), *_))
            ):
                self.shaped.add(name)
            case Product(factors=factors, joints=joints) if "⊙" in joints:
                self.shaped |= {f.text for f in factors if isinstance(f, Name)}
            case Product(factors=factors) if any(isinstance(f, Transpose) for f in factors):
                names = {f.text for f in factors if isinstance(f, Name)}
                self.shaped |= {name for name in names if name.islower() and len(name) == 1}
            case Plus(terms=terms):
                factors = tuple(f for t in terms if isinstance(t, Product) for f in t.factors)
                if any(isinstance(f, Name) and f.text[0] in MATRIX_LETTERS for f in factors):
                    self.shaped |= {t.text for t in terms if isinstance(t, Name)}
            case Product(factors=factors):
                for one, following in pairwise(factors):
                    if isinstance(one, Name) and one.text[0] in MATRIX_LETTERS:
                        if isinstance(following, Name | Call | Plus):
                            self.matrices.add(one.text)
                        if isinstance(following, Name) and following.text[0].islower():
                            self.shaped.add(following.text)

    def _called(self, node: Call) -> None:
        """Collect evidence from a call: the arguments of templates such as softmax are vectors."""
        function = node.function.operand if isinstance(node.function, Prime) else node.function
        if isinstance(function, Name):
            self.as_function.add(function.text)
            definition = self.scope.definitions.get(function.text)
            if definition is not None and definition.indices and definition.source in ("template", "convention"):
                self.shaped |= {argument.text for argument in node.arguments if isinstance(argument, Name)}

    def _dotted(self, node: Node) -> None:
        """In x_1, ..., x_n the name n is a size."""
        seen = [s for n in walk(node) if isinstance(n, Index) for s in n.subscripts]
        if any(isinstance(s, Number) and s.value == 1 for s in seen):
            ends = {s.text for s in seen if isinstance(s, Name)}
            self.as_size |= {name for name in ends if name in "nmNMKkdDhHCp" or len(ends) == 1}

    def _limit(self, key: Any, high: Node | None) -> None:
        match high:
            case Name(text=name):
                self.as_size.add(name)
                self.sizes.join(("size", name), key)
                self.sizes.fix(("size", name), name)
            case Number(value=value) if value.denominator == 1:
                self.sizes.fix(key, int(value))

    def _key(self, index: str, where: str, bound: dict[str, Any]) -> Any:
        kind = self.scope.kinds.get(index)
        return bound.get(index, ("free", "" if kind is not None and kind.role == "label" else where, index))

    def _indexed(self, node: Index, where: str, bound: dict[str, Any]) -> None:
        for subscript in node.subscripts:
            self.as_index |= {inner.text for inner in walk(subscript) if isinstance(inner, Name)}
        match node.base.function if isinstance(node.base, Call) else node.base:
            case Name(text=name) | Prime(operand=Name(text=name)):
                self.ranks[name] = max(self.ranks.get(name, 0), len(node.subscripts))
                for axis, subscript in enumerate(node.subscripts):
                    if isinstance(subscript, Name):
                        self.sizes.join((name, axis), self._key(subscript.text, where, bound))

    # Shapes of names without subscripts

    def shape(self, node: Node) -> Shape | None:
        """The shape of a formula as classes of sizes; None where it is not known."""
        match node:
            case Number() | Index() | Indicator():
                return ()
            case Name(text=name):
                definition = self.scope.definitions.get(name)
                if definition is not None and not definition.indices and name not in self.ranks:
                    return self._shape_of(definition)
                rank = self.rank(name)
                return None if rank is None else tuple((name, axis) for axis in range(rank))
            case Transpose(operand=operand):
                inner = self.shape(operand)
                return None if inner is None else (None, inner[0]) if len(inner) == 1 else tuple(reversed(inner))
            case Plus(terms=terms):
                return self.alike(map(self.shape, terms))
            case Product(factors=factors, joints=joints):
                return self.multiplied([self.shape(factor) for factor in factors], joints)
            case Call(function=function, arguments=(argument, *_)):
                definition = self.scope.definitions.get(function.text) if isinstance(function, Name) else None
                return self.shape(argument) if definition is None else self._applied(definition, argument)
            case Builtin(name="diag", operands=(operand, *_)):
                inner = self.shape(operand)
                return (inner[0], inner[0]) if inner and len(inner) == 1 else None
            case Builtin(name="exp" | "log" | "tanh", operands=(operand, *_)):
                return self.shape(operand)
            case Constant(kind=kind):
                self.fresh += 1
                one = ("constant", self.fresh)
                return (one, one) if kind == "identity" else (one,)
        return None

    def _applied(self, definition: Definition, argument: Node) -> Shape | None:
        """The shape of a function at an argument; it is the argument's where the function acts entry by entry."""
        if len(definition.parameters) != 1:
            return self._shape_of(definition)
        body, parameter = self.scope.bodies.get(definition.name), Name(definition.parameters[0])
        whole = body is not None and any(isinstance(n, Index) and n.base == parameter for n in walk(body))
        return () if whole and not definition.indices else self.shape(argument)

    def _shape_of(self, definition: Definition) -> Shape | None:
        """The shape of a definition without indices."""
        name = definition.name
        if name not in self.shapes:
            self.shapes[name] = None
            body = self.scope.bodies.get(name)
            self.shapes[name] = None if body is None else self.shape(body)
        return self.shapes[name]

    def alike(self, shapes: Iterable[Shape | None]) -> Shape | None:
        """Unify the shapes of the terms of a sum; the result is the first known shape of a vector or matrix."""
        known = [shape for shape in shapes if shape]
        for shape in known[1:]:
            if len(shape) == len(known[0]):
                for a, b in zip(known[0], shape, strict=True):
                    if a is not None and b is not None:
                        self.sizes.join(a, b)
        return known[0] if known else None

    def multiplied(self, shapes: list[Shape | None], joints: tuple[str, ...]) -> Shape | None:
        """The shape of a product of factors from left to right."""
        total = shapes[0]
        for shape, joint in zip(shapes[1:], joints, strict=True):
            match total, shape:
                case (None, _) | (_, None):
                    return None
                case ((), _) | (_, ()):
                    total = total or shape
                case _ if joint == "⊙":
                    total = self.alike([total, shape])
                case (rows, width), (height, *rest) if height is not None:
                    if width is not None:
                        self.sizes.join(width, height)
                    total = (rows, *rest) if rest or rows is not None else ()
                case (height,), (None, width):
                    total = (height, width)
                case (one,), (other,) if joint:
                    self.sizes.join(one, other)
                    total = ()
                case _:
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
        return self.guess(name) if definition is None else len(definition.indices) or None

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

    def complete(self, sides: Iterable[Node], relations: Iterable[tuple[Node, Node]]) -> None:
        """Give every name that needs one a kind."""
        for part in (part for side in sides for part in walk(side) if isinstance(part, Plus | Product)):
            self.shape(part)
        for relation in relations:
            self.alike(map(self.shape, relation))
        scope = self.scope
        defined = scope.definitions.keys()
        sizes = sorted({n for n, k in scope.kinds.items() if k.role == "size"} | self.as_size - defined)
        for name in sizes:
            scope.kinds.setdefault(name, Kind("size", declared=False))
        default: Size = sizes[0] if len(sizes) == 1 else "n" if "n" in sizes or "n" not in self.as_value else "·n"

        def dims(name: str, rank: int) -> tuple[Size, ...]:
            return tuple(self.sizes.size((name, axis)) or default for axis in range(rank))

        met = (self.as_value | self.ranks.keys() | self.as_index) - defined - scope.code.keys() - {"·r", "·c"}
        met -= scope.kinds.keys() | self.as_size | (self.as_function - self.ranks.keys())
        for name in sorted(met, key=lambda n: (n not in self.matrices, n)):
            rank = self.ranks.get(name, self.guess(name))
            if name in self.as_index and not rank:
                keys = [key for key in self.sizes.parents if key[0] == "free" and key[2] == name]
                found = {size for key in keys if (size := self.sizes.size(key)) is not None}
                scope.kinds[name] = Kind("label", tuple(found) if len(found) == 1 else (), declared=False)
                continue
            if name in self.matrices and not sizes:
                for axis in range(rank):
                    self.sizes.fix((name, axis), f"·{len(self.sizes.sizes)}")
            facts = frozenset(scope.facts.get(name, ()))
            scope.kinds[name] = Kind("value", dims(name, rank), facts, declared=False, certain=name in self.ranks)
        for name, kind in list(scope.kinds.items()):
            # Of x_1, ..., x_k the text stated only the rank.
            if "·n" in kind.dims:
                stated = zip(kind.dims, dims(name, kind.rank), strict=True)
                scope.kinds[name] = replace(kind, dims=tuple(size if dim == "·n" else dim for dim, size in stated))
            elif kind.role == "label" and kind.declared and not kind.dims and (size := self.sizes.size((name, 0))):
                scope.kinds[name] = replace(kind, dims=(size,))
        for name in self.ranks.keys() & defined:
            scope.freed[name] = Kind("value", dims(name, self.ranks[name]), declared=False)
        for dim in sorted({dim for kind in scope.kinds.values() for dim in kind.dims if isinstance(dim, str)}):
            scope.kinds.setdefault(dim, Kind("size", declared=False))
