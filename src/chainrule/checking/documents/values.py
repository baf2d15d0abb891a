"""The value of each kind of node.

A function is built in, the package's own code, or defined by the text. A function of numbers acts on every entry of a
vector.
"""

from collections.abc import Callable
from functools import partial, reduce
from itertools import repeat
from operator import add, eq, ge, gt, le, lt, ne, sub

import flint

from chainrule.algebra.ball import Undecided
from chainrule.checking.documents import calculus, numbers, tensors
from chainrule.checking.documents.code import Code, Label
from chainrule.checking.documents.dots import Filled, filled_rows, spread
from chainrule.checking.documents.evaluate import Env, Frame, Machine, NoDefinition
from chainrule.checking.documents.model import Definition
from chainrule.checking.documents.numbers import ONE, ZERO, divide, power, primal
from chainrule.checking.documents.stream import NotRead
from chainrule.checking.documents.tensors import (
    Quantity,
    ShapeMismatch,
    Tensor,
    entries_of,
    mapped,
    places,
    product,
    zipped,
)
from chainrule.checking.documents.tree import (
    At,
    Big,
    Both,
    Builtin,
    Call,
    Cases,
    Comparison,
    Composition,
    Constant,
    Derivative,
    Differential,
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
    Power,
    Prime,
    Product,
    Ratio,
    Transpose,
)

MOST_TERMS = 400


def _number(m: Machine, node: Number, frame: Frame, env: Env) -> Quantity:
    value = node.value
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def _name(m: Machine, node: Name, frame: Frame, env: Env) -> Quantity:
    value = m.named(node.text, frame, env)
    if callable(value):
        raise NotRead(f"the function {node.text} without an argument", node.span[0])
    return value


def _index(m: Machine, node: Index, frame: Frame, env: Env) -> Quantity:
    place = tuple(m.whole(s, frame, env) for s in node.subscripts)
    base = node.base
    if isinstance(base, Name) and m.overridden(base.text, frame) is None and base.text not in m.point.values:
        definition = m.scope.definitions.get(base.text)
        if definition is not None and len(definition.indices) == len(place):
            return m.entry(definition, place, frame)
    value = m.value(base, frame, env)
    if not isinstance(value, Tensor):
        raise ShapeMismatch(f"an index on {tensors.shown(())}")
    if len(place) == 1 and len(value.shape) == 2 and not value.is_row:
        height, width = value.shape
        if isinstance(node.subscripts[0], Number) and height < place[0] < 100:
            # W_12 is an entry where there is no row 12.
            return value.at(*divmod(place[0], 10))
        # W_i is row i.
        start = value.position(place[0], 1)
        return Tensor((width,), value.entries[start : start + width])
    return value.at(*place)


def _call(m: Machine, node: Call, frame: Frame, env: Env) -> Quantity:
    match node.function:
        case Prime():
            return calculus.prime_call(m, node, frame, env)
        case Name(text=name):
            return _applied(m, name, node, frame, env)
    raise NotRead("a function that is not a name", node.span[0])


def _applied(m: Machine, name: str, call: Call, frame: Frame, env: Env) -> Quantity:
    """A function at its arguments."""
    function = m.overridden(name, frame)
    function = m.point.values.get(name, numbers.ELEMENTARY.get(name)) if function is None else function
    if callable(function):
        if len(call.arguments) != 1:
            raise NotRead(f"{name} takes one argument", call.span[0])
        return mapped(function, m.value(call.arguments[0], frame, env))
    if name in m.scope.code:
        return _run(m, m.scope.code[name], call, frame, env)
    definition = m.scope.definitions.get(name)
    if definition is None:
        if function is None:
            raise NoDefinition(name, "it is used as a function")
        raise NotRead(f"{name} is not a function", call.span[0])
    if m.default_call(definition, call):
        return m.named(name, frame, env)
    if not definition.parameters:
        return m.named(name, _substituted(m, name, call, frame, env), env)
    if len(definition.parameters) != len(call.arguments):
        raise NotRead(f"{name} takes {len(definition.parameters)} arguments, got {len(call.arguments)}", call.span[0])
    inner = m.call_frame(definition, call, frame, env)
    whole: frozenset[str] = m.once(m.root, frozenset(), ("vectors", name), lambda _: m.vectors(definition))
    vectors = [p for p, value in inner.overrides.items() if p not in whole and isinstance(value, Tensor)]
    if vectors:
        return _entrywise_call(m, definition, inner, vectors)
    if definition.indices:
        return m.once(inner, frozenset(inner.overrides), "all entries", partial(_tensor_of, m, definition))
    return m.inside(m.value, definition, inner, ())


def _run(m: Machine, code: Code, call: Call, frame: Frame, env: Env) -> Quantity:
    """The package's own code at some arguments, run once for all entries."""

    def evaluated(_: Frame) -> Quantity:
        labels = [m.scope.is_label(a.text) if isinstance(a, Name) else False for a in call.arguments]
        values = [
            Label(m.whole(argument, frame, env)) if label else m.value(argument, frame, env)
            for argument, label in zip(call.arguments, labels, strict=True)
        ]
        return code(values, call.span[0])

    return m.once(frame, m.reach(call), (id(call), "code", m.bound_in(call, env)), evaluated)


def _tensor_of(m: Machine, definition: Definition, frame: Frame) -> Tensor:
    """All entries of a function with indices, in a frame with its arguments."""
    extents = [m.range_of(index, m.body_of(definition), frame, {}) for index in definition.indices]
    known = tuple(extent for extent in extents if extent is not None)
    if len(known) < len(extents):
        raise NotRead(f"how many entries {definition.name} has is not said")
    entries = [m.inside(m.number, definition, frame, place) for place in places(known)]
    is_row = len(known) == 1 and any(isinstance(value, Tensor) and value.is_row for value in frame.overrides.values())
    return Tensor((1, *known) if is_row else known, entries)


def _substituted(m: Machine, name: str, call: Call, frame: Frame, env: Env) -> Frame:
    """The frame for f(u) where f has no parameters: u replaces the only name of its shape on which f depends."""
    values = [m.value(argument, frame, env) for argument in call.arguments]
    shapes = {n: getattr(m.point.values[n], "shape", ()) for n in m.reach_of(name) if n in m.point.values}
    fitting = [n for n, shape in shapes.items() if shape == getattr(values[0], "shape", ())]
    if len(values) != 1 or len(fitting) != 1:
        raise NotRead(f"{name} was not defined as a function", call.span[0])
    return Frame({fitting[0]: values[0]}, frame)


def _entrywise_call(m: Machine, definition: Definition, frame: Frame, vectors: list[str]) -> Tensor:
    """A function of numbers, on every entry of vectors."""
    given = frame.overrides
    first: Tensor = given[vectors[0]]
    if any(given[p].shape != first.shape for p in vectors):
        raise ShapeMismatch(f"the arguments of {definition.name} have different shapes")
    if definition.indices:
        raise ShapeMismatch(f"{definition.name} of {tensors.shown(first.shape)}")
    chosen = [
        {p: given[p].entries[at] if p in vectors else given[p] for p in given} for at in range(len(first.entries))
    ]
    return Tensor(first.shape, [m.inside(m.number, definition, Frame(one, frame.parent), ()) for one in chosen])


def _plus(m: Machine, node: Plus, frame: Frame, env: Env) -> Quantity:
    dotted = any(isinstance(term, Dots) for term in node.terms)
    whole = partial(m.maybe_whole, frame=frame, env=env)
    terms = spread(node, whole) if dotted else zip(node.terms, node.signs, repeat({}))
    total: Quantity = ZERO
    for term, sign, running in terms:
        value = None if term is None else m.value(term, frame, {**env, **running})
        total = zipped(add if sign > 0 else sub, total, value, "the sum")
    return total


def _product(m: Machine, node: Product, frame: Frame, env: Env) -> Quantity:
    values = [m.value(factor, frame, env) for factor in node.factors]
    total = values[0]
    try:
        for value, joint in zip(values[1:], node.joints, strict=True):
            total = product(total, value, joint)
    except ShapeMismatch:
        # In u v · w, only v · w has a value.
        total = values[-1]
        for value, joint in zip(values[-2::-1], node.joints[::-1], strict=True):
            total = product(value, total, joint)
    return total


def _quotient(m: Machine, node: Ratio, frame: Frame, env: Env) -> Quantity:
    above, below = m.value(node.numerator, frame, env), m.value(node.denominator, frame, env)
    if isinstance(below, Tensor) and not below.is_line:
        raise ShapeMismatch("a division by a matrix")
    return zipped(divide, above, below, "the quotient")


def _power(m: Machine, node: Power, frame: Frame, env: Env) -> Quantity:
    base = m.value(node.base, frame, env)
    exponent = m.number(node.exponent, frame, env)
    if isinstance(base, Tensor) and not base.is_line:
        raise NotRead("a power of a matrix", node.span[0])
    return mapped(lambda x: power(x, exponent), base)


def _transpose(m: Machine, node: Transpose, frame: Frame, env: Env) -> Quantity:
    return tensors.transposed(m.value(node.operand, frame, env))


def _big(m: Machine, node: Big, frame: Frame, env: Env) -> Quantity:
    key = (id(node), m.bound_in(node, env))
    return m.once(frame, m.reach(node), key, lambda _: _sum(m, node, frame, env))


def _sum(m: Machine, node: Big, frame: Frame, env: Env) -> Quantity:
    low = 1 if node.low is None else m.whole(node.low, frame, env)
    high = _end(m, node, frame, env) if node.high is None else m.whole(node.high, frame, env)
    if high - low >= MOST_TERMS:
        raise NotRead(f"a sum of {high - low + 1} terms", node.span[0])
    runs = [{**env, node.index: i} for i in range(low, high + 1)]
    chosen = [run for run in runs if node.condition is None or holds(m, node.condition, frame, run)]
    values = [m.value(node.body, frame, run) for run in chosen]
    if any(value is None for value in values):
        return None
    if node.kind == "product":
        return reduce(product, values, ONE)
    if node.kind == "sum":
        return reduce(partial(zipped, add, what="the sum"), values, ZERO)
    if not values:
        raise numbers.Undefined("the maximum of nothing")
    if any(isinstance(value, Tensor) for value in values):
        raise ShapeMismatch("the maximum of vectors")
    return numbers.extreme(node.kind, values)


def _end(m: Machine, node: Big, frame: Frame, env: Env) -> int:
    """The last value of an index without limits. It does not depend on the values of the indices around the sum."""

    def found(_: Frame) -> int | None:
        return m.range_of(node.index, node.body, frame, env)

    extent: int | None = m.once(frame, m.reach(node), (id(node), "range"), found)
    extent = m.filler if extent is None else extent
    if extent is None:
        raise NotRead(f"how far {node.index} runs is not said", node.span[0])
    return extent


def _builtin(m: Machine, node: Builtin, frame: Frame, env: Env) -> Quantity:
    values = [m.value(operand, frame, env) for operand in node.operands]
    if any(value is None for value in values):
        return None
    match node.name, values:
        case name, [x] if name in numbers.ELEMENTARY:
            return mapped(numbers.ELEMENTARY[name], x)
        case "inner", [_, _]:
            first, second = (Tensor((len(entries),), entries) for entries in map(entries_of, values))
            return tensors.inner(first, second)
        case "diag", [x]:
            return tensors.diagonal(x)
        case "tr", [x]:
            return tensors.trace(x)
        case "norm", [x]:
            return numbers.ELEMENTARY["sqrt"](tensors.inner(x, x))
        case "max" | "min" as kind, [x]:
            return numbers.extreme(kind, entries_of(x))
        case "max" | "min" as kind, _:
            return reduce(partial(zipped, lambda *pair: numbers.extreme(kind, pair), what="the maximum"), values)
    raise NotRead(f"no meaning is known for {node.name}", node.span[0])


def _matrix(m: Machine, node: Matrix, frame: Frame, env: Env) -> Quantity:
    rows: list[Filled] = filled_rows(node.rows, partial(m.maybe_whole, frame=frame, env=env))
    if not rows or len({len(row) for row in rows}) != 1:
        raise NotRead("a matrix whose rows have different lengths", node.span[0])
    values = [[None if entry is None else m.value(entry, frame, {**env, **run}) for entry, run in row] for row in rows]
    width = len(values[0])
    entries = [value for row in values for value in row]
    blocks = [value for value in entries if isinstance(value, Tensor)]
    if not blocks:
        return Tensor((len(values),) if width == 1 and len(values) > 1 else (len(values), width), entries)
    first = blocks[0]
    if width > 1 or not first.is_row or len(blocks) < len(entries) or {b.shape for b in blocks} != {first.shape}:
        raise NotRead("a matrix made of blocks", node.span[0])
    return Tensor((len(blocks), first.shape[1]), [entry for row in blocks for entry in row.entries])


def _cases(m: Machine, node: Cases, frame: Frame, env: Env) -> Quantity:
    for value, condition in node.branches:
        if condition is None or holds(m, condition, frame, env):
            return m.value(value, frame, env)
    raise numbers.Undefined("no case applies")


def _indicator(m: Machine, node: Indicator, frame: Frame, env: Env) -> Quantity:
    condition = node.condition
    if isinstance(condition, Comparison) and not _wholes(m, condition, frame, env):
        left, right = m.value(condition.left, frame, env), m.value(condition.right, frame, env)
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            # [a > 0] for a vector a is a vector.
            difference = zipped(sub, left, right, "the comparison")
            compared = COMPARED[condition.operator]
            return mapped(lambda x: ONE if compared(numbers.sign_of(x), 0) else ZERO, difference)
    return ONE if holds(m, condition, frame, env) else ZERO


def holds(m: Machine, condition: Node, frame: Frame, env: Env) -> bool:
    """Whether a condition holds.

    Raises
    ------
    Undecided
        If balls overlap.
    """
    if isinstance(condition, Both):
        return all(holds(m, part, frame, env) for part in condition.conditions)
    if not isinstance(condition, Comparison) or condition.operator not in COMPARED:
        raise NotRead("a condition that is not read", condition.span[0])
    compared = COMPARED[condition.operator]
    wholes = _wholes(m, condition, frame, env)
    if wholes is not None:
        return compared(*wholes)
    a, b = m.value(condition.left, frame, env), m.value(condition.right, frame, env)
    if isinstance(a, Tensor) or isinstance(b, Tensor) or a is None or b is None:
        raise ShapeMismatch("a condition on a vector")
    difference = primal(a) - primal(b)
    if condition.operator in ("=", "!=") and not difference.is_exact() and difference.contains(0):
        raise Undecided("two numbers too close to tell apart")
    return compared(numbers.sign_of(difference), 0)


COMPARED: dict[str, Callable[[int, int], bool]] = {"=": eq, "!=": ne, "<": lt, ">": gt, "<=": le, ">=": ge}


def _wholes(m: Machine, comparison: Comparison, frame: Frame, env: Env) -> tuple[int, int] | None:
    """Both sides of a comparison of indices; None for other comparisons."""
    left, right = (m.maybe_whole(side, frame, env) for side in (comparison.left, comparison.right))
    return None if left is None or right is None else (left, right)


def _constant(m: Machine, node: Constant, frame: Frame, env: Env) -> Quantity:
    label = m.scope.kinds.get(node.index.text) if isinstance(node.index, Name) else None
    size = m.size(label.dims[0]) if label is not None and label.dims else m.fillers.get(id(node), m.filler)
    if size is None:
        raise NotRead(f"the size of {node.kind} does not show", node.span[0])
    if node.index is None:
        ones = [ONE] * size
        return tensors.diagonal(Tensor((size,), ones)) if node.kind == "identity" else m.vector(ones)
    place = m.whole(node.index, frame, env)
    if not 1 <= place <= size:
        raise tensors.OutOfRange(f"index {place} outside 1..{size}")
    return m.vector([ONE if i == place else ZERO for i in range(1, size + 1)])


def _at(m: Machine, node: At, frame: Frame, env: Env) -> Quantity:
    value = m.value(node.value, frame, env)
    return m.value(node.subject, Frame({node.name: value}, frame), env)


def _refused(m: Machine, node: Node, frame: Frame, env: Env) -> Quantity:
    raise NotRead(REFUSED[type(node)], node.span[0])


REFUSED = {
    Dots: "an ellipsis that is not read",
    Composition: "a composition without an argument",
    Comparison: "a relation inside a formula",
    Both: "a relation inside a formula",
}
"""Why nodes of these types have no value."""

VALUES: dict[type, Callable[..., Quantity]] = {
    Number: _number,
    Name: _name,
    Index: _index,
    Call: _call,
    Plus: _plus,
    Product: _product,
    Ratio: _quotient,
    Power: _power,
    Transpose: _transpose,
    Big: _big,
    Builtin: _builtin,
    Matrix: _matrix,
    Cases: _cases,
    Indicator: _indicator,
    Constant: _constant,
    At: _at,
    Derivative: calculus.derivative,
    Jacobian: calculus.jacobian,
    Gradient: calculus.gradient,
    Prime: calculus.prime,
    Differential: calculus.differential,
    **dict.fromkeys(REFUSED, _refused),
}
