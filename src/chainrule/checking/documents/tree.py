"""The tree of a formula: frozen nodes, each with the span of its source text.

Indices stay symbolic: `x_i` is `Index(Name("x"), (Name("i"),))`, and a sum binds its index lexically. The meaning of a
name (a vector, a function, a layer's weights) is not decided here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

Span = tuple[int, int]


@dataclass(frozen=True)
class Node:
    """A formula, or part of one; `span` is its place in the text and does not take part in comparisons."""

    span: Span = field(default=(0, 0), compare=False, kw_only=True)


@dataclass(frozen=True)
class Number(Node):
    """An exact rational number."""

    value: Fraction


@dataclass(frozen=True)
class Name(Node):
    """A name with its decorations: x, σ, W^(1), y_2."""

    text: str


@dataclass(frozen=True)
class Index(Node):
    """Entries: x_i, W_{ij}."""

    base: Node
    subscripts: tuple[Node, ...]


@dataclass(frozen=True)
class Call(Node):
    """f(x), softmax(x); `function` is a Name, a Prime of one, or a Composition."""

    function: Node
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Plus(Node):
    """A sum of terms, each with its sign; minus one term, as in v·(-s), too."""

    terms: tuple[Node, ...]
    signs: tuple[int, ...]


@dataclass(frozen=True)
class Product(Node):
    """Factors side by side or joined by · or ×, where the shapes decide between products, or by ⊙, entry by entry."""

    factors: tuple[Node, ...]
    joints: tuple[str, ...]


@dataclass(frozen=True)
class Ratio(Node):
    """A fraction."""

    numerator: Node
    denominator: Node


@dataclass(frozen=True)
class Power(Node):
    """A power."""

    base: Node
    exponent: Node


@dataclass(frozen=True)
class Transpose(Node):
    """A transpose."""

    operand: Node


@dataclass(frozen=True)
class Big(Node):
    """A sum, product or maximum over an index: from `low` to `high`, over all its values, or where `condition`."""

    kind: str
    index: str
    low: Node | None
    high: Node | None
    condition: Node | None
    body: Node


@dataclass(frozen=True)
class Derivative(Node):
    """A derivative with respect to one or more variables, in order."""

    subject: Node
    variables: tuple[Node, ...]


@dataclass(frozen=True)
class Jacobian(Node):
    """D_x f: rows are outputs, columns inputs."""

    subject: Node
    variable: Node


@dataclass(frozen=True)
class Gradient(Node):
    """Nabla: the gradient of a number (order 1) or its Hessian (order 2)."""

    subject: Node
    variable: Node | None
    order: int


@dataclass(frozen=True)
class Prime(Node):
    """A derivative written with primes: f', f'', (f g)'."""

    operand: Node
    order: int


@dataclass(frozen=True)
class Differential(Node):
    """dz: the change of z to first order along dx, dW, ... of everything that is free."""

    operand: Node


@dataclass(frozen=True)
class Builtin(Node):
    """An operation that no document defines: diag, tr, abs, norm, sqrt, max, min."""

    name: str
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Composition(Node):
    """(f ∘ g), to be applied."""

    functions: tuple[Node, ...]


@dataclass(frozen=True)
class Matrix(Node):
    """Rows of entries; `Dots` among them replace the entries between."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True)
class Cases(Node):
    """Values with conditions; the condition None means otherwise."""

    branches: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True)
class Indicator(Node):
    """1 where the condition holds, else 0: [i = j], delta_{ij}, 1{i = j}, I(i = j)."""

    condition: Node


@dataclass(frozen=True)
class Comparison(Node):
    """A relation as a condition: left < right."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Both(Node):
    """Several conditions at once."""

    conditions: tuple[Node, ...]


@dataclass(frozen=True)
class Constant(Node):
    """Ones, the identity, or the one-hot vector e_y with its index; the context gives the size."""

    kind: str
    index: Node | None = None


@dataclass(frozen=True)
class Dots(Node):
    """An ellipsis."""


@dataclass(frozen=True)
class At(Node):
    """A formula where a name has a value: f |_{x = a}."""

    subject: Node
    name: str
    value: Node


def children(node: Node) -> Iterator[Node]:
    """The nodes directly under a node, from left to right."""
    return _nodes(tuple(vars(node).values()))


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for entry in value:
            yield from _nodes(entry)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, from left to right.

    >>> [type(n).__name__ for n in walk(Transpose(Name("x")))]
    ['Transpose', 'Name']
    """
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(list(children(current))))


def rebuilt(node: Node, swap: Mapping[int, Node]) -> Node:
    """The tree with the nodes whose `id` is a key of `swap` replaced.

    >>> x = Name("x")
    >>> rebuilt(Transpose(x), {id(x): Name("y")})
    Transpose(span=(0, 0), operand=Name(span=(0, 0), text='y'))
    """
    if id(node) in swap:
        return swap[id(node)]
    changed = {}
    for name, value in vars(node).items():
        new = _rebuilt(value, swap)
        if new is not value:
            changed[name] = new
    return replace(node, **changed) if changed else node


def _rebuilt(value: Any, swap: Mapping[int, Node]) -> Any:
    if isinstance(value, Node):
        return rebuilt(value, swap)
    if isinstance(value, tuple):
        entries = tuple(_rebuilt(entry, swap) for entry in value)
        return entries if any(a is not b for a, b in zip(entries, value, strict=True)) else value
    return value


def variables(node: Node) -> list[str]:
    """The names with respect to which a node differentiates.

    >>> variables(Derivative(Name("L"), (Index(Name("x"), (Name("i"),)),)))
    ['x']
    """
    match node:
        case Derivative(variables=found):
            bases = [variable.base if isinstance(variable, Index) else variable for variable in found]
            return [base.text for base in bases if isinstance(base, Name)]
        case Gradient(variable=Name(text=name)) | Jacobian(variable=Name(text=name)):
            return [name]
    return []


def free_names(node: Node) -> frozenset[str]:
    """The names in a formula that no sum binds.

    >>> total = Big("sum", "i", None, None, None, Index(Name("x"), (Name("i"),)))
    >>> sorted(free_names(total))
    ['x']
    """
    if isinstance(node, Name):
        return frozenset({node.text})
    found: frozenset[str] = frozenset()
    for child in children(node):  # no comprehension: nodes may be hundreds deep, and its frames count too
        names = free_names(child)
        if isinstance(node, Big) and child is not node.low and child is not node.high:
            names -= {node.index}
        found |= names
    return found
