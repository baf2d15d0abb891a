"""Derivatives in forward mode: a pass per direction, with dual numbers over balls.

    df/dx_j = tangent of f(x + e_j d),   D_x f has these as columns,   dz = tangent of z(x + dx d, W + dW d, ...)

A derivative with respect to a defined name, such as an activation, varies the name and all formulas written in terms of
it. If the text does not say how one name depends on another, the derivative is unknown, not zero.
"""

from collections.abc import Callable, Iterable, Set
from functools import partial
from operator import add, mul

import flint

from chainrule.checking.documents import tensors
from chainrule.checking.documents.evaluate import Env, Frame, Machine, NoDefinition
from chainrule.checking.documents.numbers import ONE, TAGS, ZERO, Dual, Value, tangent
from chainrule.checking.documents.stream import NotRead
from chainrule.checking.documents.tensors import Quantity, ShapeMismatch, Tensor, mapped, zipped
from chainrule.checking.documents.tree import (
    Call,
    Derivative,
    Differential,
    Gradient,
    Index,
    Jacobian,
    Name,
    Node,
    Prime,
)

STEPS = (flint.arb(2) ** -40, -(flint.arb(2) ** -40))
"""Steps of central difference quotients, with errors near 1e-24 for first and 1e-12 for second derivatives."""


def derivative(m: Machine, node: Derivative, frame: Frame, env: Env) -> Quantity:
    """A derivative with respect to each of its variables in turn."""
    return _derived(m, node.subject, node.variables, frame, env)


def _derived(m: Machine, subject: Node, variables: tuple[Node, ...], frame: Frame, env: Env) -> Quantity:
    if not variables:
        return m.value(subject, frame, env)
    variable, *rest = variables
    name, place = _variable(m, variable, frame, env)
    frame, subject = _at_argument(m, subject, name, frame, env)
    if name not in m.reach(subject):
        _absent(m, subject, name)
        if place is not None or not isinstance(m.named(name, frame, env), Tensor):
            return mapped(lambda _: ZERO, m.value(subject, frame, env))

    current = m.named(name, frame, env)
    if callable(current):
        raise NotRead(f"a derivative with respect to the function {name}", variable.span[0])

    def along(at: int | None) -> Quantity:
        def after(step: Value) -> Quantity:
            inner = Frame({name: _stepped(current, at, step)}, frame)
            return _derived(m, subject, tuple(rest), inner, env)

        return _differentiated(m, after)

    if not isinstance(current, Tensor):
        if place is not None:
            raise ShapeMismatch(f"an index on the number {name}")
        return along(None)
    if place is not None:
        return along(current.position(*place))
    return _assembled(m, current, [along(at) for at in range(len(current.entries))])


def _differentiated(m: Machine, after: Callable[[Value], Quantity]) -> Quantity:
    """The derivative of a function of a step at 0, in forward mode or as a central difference quotient."""
    if m.setting.quotient:
        above, below = map(after, STEPS)
        return zipped(lambda a, b: (a - b) / (STEPS[0] - STEPS[1]), above, below, "a difference")
    tag = next(TAGS)
    return mapped(lambda entry: tangent(entry, tag), after(Dual(ZERO, ONE, tag)))


def _stepped(current: Quantity, at: int | None, step: Value) -> Quantity:
    """A quantity plus a step in one entry, or in the number that it is."""
    if at is None:
        return current + step
    entries = list(current.entries)
    entries[at] = entries[at] + step
    return Tensor(current.shape, entries)


def _variable(m: Machine, variable: Node, frame: Frame, env: Env) -> tuple[str, tuple[int, ...] | None]:
    """The name that is varied, and the indices of the entry; None for all entries."""
    match variable:
        case Index(base=Name(text=name) | Call(function=Name(text=name)), subscripts=subscripts):
            return name, tuple(m.whole(subscript, frame, env) for subscript in subscripts)
        case Name(text=name) | Call(function=Name(text=name)):
            return name, None
    raise NotRead("a derivative with respect to something that is not a name", variable.span[0])


def _at_argument(m: Machine, subject: Node, name: str, frame: Frame, env: Env) -> tuple[Frame, Node]:
    """In D_z l(s), if z is the parameter of l and s does not depend on z, differentiate l(z) at z = s."""
    call = subject.base if isinstance(subject, Index) else subject
    if not isinstance(call, Call) or not isinstance(call.function, Name):
        return frame, subject
    definition = m.scope.definitions.get(call.function.text)
    if definition is None or name not in definition.parameters or len(call.arguments) != len(definition.parameters):
        return frame, subject
    if any(name in m.reach(a) for a in call.arguments):
        return frame, subject
    values = {p: m.value(a, frame, env) for p, a in zip(definition.parameters, call.arguments, strict=True)}
    plain = Call(call.function, tuple(map(Name, definition.parameters)), span=call.span)
    kept = m.kept(("at", id(call)), Index(plain, subject.subscripts) if isinstance(subject, Index) else plain)
    return Frame(values, frame), kept


def _absent(m: Machine, subject: Node, name: str) -> None:
    """Raise unless a formula without the variable certainly does not depend on it."""
    reached = [n for n in sorted(m.reach(subject)) if n in m.point.values and n not in m.point.sizes]
    if name in m.scope.definitions and reached:
        raise NotRead(f"how it depends on {name} is not written", subject.span[0])
    for other in reached:
        kind = m.scope.kinds.get(other)
        if kind is None or (not kind.declared and other != name):
            raise NoDefinition(other, f"how it depends on {name} is not said")


def _assembled(m: Machine, variable: Tensor, results: list[Quantity]) -> Quantity:
    """The derivatives along all entries of a variable, as a gradient of its shape or as a Jacobian."""
    first, shape = results[0], variable.shape
    if not isinstance(first, Tensor):
        return Tensor((1, *shape) if len(shape) == 1 and m.setting.layout == "rows" else shape, results)
    if not variable.is_line:
        raise NotRead("a derivative of a vector with respect to a matrix")
    if not first.is_line:
        raise NotRead("a derivative of a matrix with respect to a vector")
    height = len(first.entries)
    return Tensor((height, len(results)), [result.entries[i] for i in range(height) for result in results])


def jacobian(m: Machine, node: Jacobian, frame: Frame, env: Env) -> Quantity:
    """D_x f. For a number f it is a row."""
    result = _derived(m, node.subject, (node.variable,), frame, env)
    is_column = isinstance(result, Tensor) and len(result.shape) == 1
    return tensors.transposed(result) if is_column else result


def gradient(m: Machine, node: Gradient, frame: Frame, env: Env) -> Quantity:
    """∇f for order 1, the Hessian of f for order 2."""
    variable = node.variable or _gradient_variable(m, node.subject)
    return _derived(m, node.subject, (variable,) * node.order, frame, env)


def _gradient_variable(m: Machine, subject: Node) -> Node:
    """The variable of a ∇ that does not name it: the argument, or the one vector that the subject depends on."""
    match subject:
        case Call(arguments=(Name() as argument,)):
            return argument
        case Name(text=name) if name in m.scope.definitions and len(m.scope.definitions[name].parameters) == 1:
            return Name(*m.scope.definitions[name].parameters)
    reached = {n for n in m.reach(subject) if isinstance(m.point.values.get(n), Tensor)}
    return _only_one(reached, (m.moving, reached, {"θ", "w", "x"}), "∇", subject)


def _only_one(reached: Set[str], likely: Iterable[Set[str | None]], sign: str, subject: Node) -> Name:
    """The variable of a derivative: the only one among the likely names that the subject depends on."""
    for names in likely:
        if len(names & reached) == 1:
            return Name(*(reached & names))
    raise NotRead(f"a {sign} that does not say with respect to what", subject.span[0])


def prime(m: Machine, node: Prime, frame: Frame, env: Env) -> Quantity:
    """f' without an argument, or the derivative of a bracket."""
    operand = node.operand
    definition = m.scope.definitions.get(operand.text) if isinstance(operand, Name) else None
    if definition is not None and len(definition.parameters) == 1:
        call = m.kept(("prime", id(node)), Call(node, m.defaults(definition), span=node.span))
        return prime_call(m, call, frame, env)
    if isinstance(operand, Name) and definition is None and m.overridden(operand.text, frame) is None:
        if callable(m.point.values.get(operand.text)):
            raise NotRead(f"the function {operand.text}' without an argument", node.span[0])
        raise NoDefinition(operand.text, "its derivative is used")
    reached = {n for n in m.reach(operand) if isinstance(m.point.values.get(n), flint.arb)}
    variable = _only_one(reached, ({m.prime}, reached), "prime", operand)
    return _derived(m, operand, (variable,) * node.order, frame, env)


def prime_call(m: Machine, node: Call, frame: Frame, env: Env) -> Quantity:
    """f'(u): the derivative of a function of a number, at u, entry by entry."""
    assert isinstance(node.function, Prime)
    if len(node.arguments) != 1:
        raise NotRead("a derivative of a function of several arguments", node.span[0])
    if not isinstance(node.function.operand, Name):
        if not isinstance(node.arguments[0], Name):
            raise NotRead("a derivative of this function is not read", node.span[0])
        return _derived(m, node.function.operand, (node.arguments[0],) * node.function.order, frame, env)
    name, order = node.function.operand.text, node.function.order
    call = m.kept(("prime of", name), Call(Name(name), (Name("·u"),)))

    def at(order: int, x: Value) -> Value:
        if order:
            return _differentiated(m, lambda step: at(order - 1, x + step))
        result = m.value(call, Frame({"·u": x}, frame), env)
        if isinstance(result, Tensor):
            raise ShapeMismatch(f"{name}' of a number is not a number")
        return result

    return mapped(partial(at, order), m.value(node.arguments[0], frame, env))


def differential(m: Machine, node: Differential, frame: Frame, env: Env) -> Quantity:
    """dz: the derivative of z along the changes of all names whose differentials the text writes."""
    names = [n for n in sorted(m.reach(node.operand)) if n in m.moving and n in m.point.values]
    if not names:
        raise NotRead("a differential along nothing", node.span[0])

    def after(step: Value) -> Quantity:
        changes = {name: mapped(partial(mul, step), m.point.changes[name]) for name in names}
        values = {n: zipped(add, m.named(n, frame, env), change, "a change") for n, change in changes.items()}
        return m.value(node.operand, Frame(values, frame), env)

    return _differentiated(m, after)
