"""Functions at arguments: built-in ones, the package's own code, definitions; entry by entry on vectors."""

from __future__ import annotations

from functools import partial

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
        raise NotRead(f"{name} was not defined as a function", call.span[0])
    if len(definition.parameters) != len(call.arguments):
        raise NotRead(f"{name} takes {len(definition.parameters)} arguments, got {len(call.arguments)}", call.span[0])
    inner = m.call_frame(definition, call, frame, env)
    whole: frozenset[str] = m.once(m.root, frozenset(), ("vectors", name), lambda _: m.vectors(definition))
    mapped = [p for p, value in inner.overrides.items() if p not in whole and isinstance(value, Tensor)]
    if mapped:
        return _entrywise_call(m, definition, inner, mapped)
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
    return Tensor(known, entries)


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
