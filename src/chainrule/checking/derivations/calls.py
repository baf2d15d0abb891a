"""Functions at arguments: built-in ones, the package's own code, definitions; entry by entry on vectors."""

from __future__ import annotations

from chainrule.checking.derivations import numbers, tensors
from chainrule.checking.derivations.code import Code, Label
from chainrule.checking.derivations.evaluate import Env, Frame, Machine, NoDefinition
from chainrule.checking.derivations.model import Definition
from chainrule.checking.derivations.stream import NotRead
from chainrule.checking.derivations.tensors import Quantity, ShapeMismatch, Tensor, places
from chainrule.checking.derivations.tree import Call, Name


def applied(m: Machine, name: str, call: Call, frame: Frame, env: Env) -> Quantity:
    """A function at its arguments."""
    function = m.overridden(name, frame)
    function = m.point.values.get(name, numbers.ELEMENTARY.get(name)) if function is None else function
    if callable(function):
        if len(call.arguments) != 1:
            raise NotRead(f"{name} takes one argument", call.span[0])
        return tensors.mapped(function, m.value(call.arguments[0], frame, env))
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
        return _substituted(m, definition, call, frame, env)
    if len(definition.parameters) != len(call.arguments):
        raise NotRead(f"{name} takes {len(definition.parameters)} arguments, got {len(call.arguments)}", call.span[0])
    inner = m.call_frame(definition, call, frame, env)
    vectors = m.vector_parameters(definition)
    mapped = [p for p, whole in zip(definition.parameters, vectors, strict=True)
              if not whole and isinstance(inner.overrides[p], Tensor)]  # fmt: skip
    if mapped:
        return _entrywise_call(m, definition, inner, mapped)
    if definition.indices:
        return _tensor_of(m, definition, inner)
    return m.inside(m.value, definition, inner, ())


def _run(m: Machine, code: Code, call: Call, frame: Frame, env: Env) -> Quantity:
    """The package's own code at some arguments; kept, as one run gives all entries."""

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
    is_row = len(known) == 1 and any(isinstance(v, Tensor) and v.is_row for v in frame.overrides.values())
    return Tensor((1, *known) if is_row else known, entries)


def _entrywise_call(m: Machine, definition: Definition, frame: Frame, mapped: list[str]) -> Tensor:
    """A function of numbers, on every entry of vectors."""
    given = frame.overrides
    first: Tensor = given[mapped[0]]
    if any(given[p].shape != first.shape for p in mapped):
        raise ShapeMismatch(f"the arguments of {definition.name} have different shapes")
    if definition.indices:
        raise ShapeMismatch(f"{definition.name} of {tensors.shown(first.shape)}")
    entries = []
    for at in range(len(first.entries)):
        one = {p: given[p].entries[at] if p in mapped else given[p] for p in given}
        entries.append(m.inside(m.number, definition, Frame(one, frame.parent), ()))
    return Tensor(first.shape, entries)


def _substituted(m: Machine, definition: Definition, call: Call, frame: Frame, env: Env) -> Quantity:
    """f(u) for a definition without parameters: u takes the place of the one name that it depends on."""
    values = [m.value(a, frame, env) for a in call.arguments]
    shape = getattr(values[0], "shape", ())
    free = [n for n in sorted(m.reach_of(definition.name)) if n in m.point.values]
    fitting = [n for n in free if getattr(m.point.values[n], "shape", ()) == shape]
    named = m.scope.arguments.get(definition.name)
    target = named or (fitting[0] if len(fitting) == 1 else None)
    if len(values) != 1 or target is None:
        raise NotRead(f"{definition.name} was not defined as a function", call.span[0])
    return m.named(definition.name, Frame({target: values[0]}, frame), env)
