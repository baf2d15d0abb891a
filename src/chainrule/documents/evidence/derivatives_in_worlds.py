"""Derivatives by names in a world: by free ones, which are variables there, and by those that follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.algebra import Exact, ExactArray, exact_numbers, variables
from chainrule.documents.evidence.array_values import Undefined, place_of
from chainrule.documents.evidence.changes import Change, Place, Value, are_variables, slopes_at, slopes_of, wrapped
from chainrule.documents.language import terms
from chainrule.documents.language.derivation import ValueKind
from chainrule.documents.language.terms import Term

if TYPE_CHECKING:
    from chainrule.documents.evidence.worlds import Bound, World

MOST_CHANGES = 3
"""Entries of an array that change together where free names are no variables."""


def slope(world: World, term: terms.Slope, bound: Bound) -> Value:
    """The value of a derivative.

    Raises
    ------
    Undefined
        If it is one by something that is neither a name nor a part of one.
    """
    held, name = {each: world.named(each) for each in term.holding}, term.moved
    if not name:
        raise Undefined("a derivative by something that has no name")
    world = world.with_values(held) if held else world
    value = exact_numbers(world.value(terms.Name(name), bound))
    place, by_steps = _place(world, term.variable, value, bound), world.is_by_steps(name, bound)
    orders = 2 if term.kind == "hessian" else 1
    if name in bound:
        found = slopes_at(value, lambda moved: world.value(term.body, {**bound, name: moved}), place, orders)
    elif name in world.root.given and world.moving and are_variables(value) and _is_plain(world, bound):
        found = slopes_of(world.value(term.body, bound), value if place is None else wrapped(value[place]), orders)
    elif orders == 1 and place is None and not world.moving and value.size > MOST_CHANGES and not by_steps:
        found = _by_entries(world, name, value.shape, term.body, bound)
    else:
        names = world.names.used_by(term.body) | world.names.uses(name) | {name}
        world = _where_the_same(world, names)
        if by_steps:  # the fewer entries change, the shorter are those that follow
            change, moved = _nudged(world, name, value.shape, place)
            found = change.derivatives(lambda: moved.value(term.body, bound), None, orders)
        else:
            change, moved = _changed(world, name, value)
            found = change.derivatives(lambda: moved.value(term.body, bound), place, orders)
    shape = value.shape if place is None else np.shape(value[place])
    count = int(np.prod(shape, dtype=int))
    if term.kind == "jacobian":
        return wrapped(found.reshape(found.size // count, count))
    if term.kind == "hessian":
        return wrapped(found.reshape(count, count))
    return wrapped(found.reshape(shape if term.kind == "gradient" else ()))


def differential(world: World, body: Term, holding: Sequence[str], bound: Bound) -> Value:
    """The derivative along the changes of all free arrays that are not held."""
    names = (world.names.used_by(body) - bound.keys() - set(holding)) & world.root.given.keys()
    free = sorted(name for name in names if isinstance(world.names.kinds.get(name), ValueKind))
    return _along(world, {name: _change_of(world.root, name) for name in free}, body, bound)


# What follows is private.


def _changed(world: World, name: str, value: ExactArray) -> tuple[Change, World]:
    """The changes of a name, and the world in which it is changed."""
    if name not in world.moved:
        made = Change.of(value.shape)
        world.moved[name] = made, world.with_values({name: value + made.array})
    return world.moved[name]


def _nudged(world: World, name: str, shape: tuple[int, ...], place: Place | None) -> tuple[Change, World]:
    """The same for entries of an array that is made of its earlier entries."""
    key = f"{name}{place}"
    if key not in world.moved:
        added = np.full(shape, Exact(0), dtype=object)
        made = Change.of(np.shape(added[place or ...]))
        added[place or ...] = made.array
        world.moved[key] = made, world.with_values({}, {name: exact_numbers(added)})
    return world.moved[key]


def _place(world: World, variable: Term, value: ExactArray, bound: Bound) -> Place | None:
    """The position of an entry, or of a column, in the array of which it is one; None for the array itself."""
    match variable:
        case terms.Entry(indices=indices):
            return place_of(value, [world.whole(index, bound) for index in indices])
        case terms.Apply("member"):
            [(_, axis, index)] = terms.uses_of(variable)
            number = world.whole(index, bound)
            if not 1 <= number <= value.shape[axis]:
                raise Undefined("an index beyond the end")
            return (number - 1, slice(None)) if axis == 0 else (slice(None), slice(number - 1, number))
    return None


def _where_the_same(world: World, names: Set[str]) -> World:
    """The world nearest to the root in which names have the values that they have here: the moved one is shared."""
    while world.without is not None and names.isdisjoint(world.changed):
        world = world.without
    return world


def _by_entries(world: World, name: str, shape: tuple[int, ...], body: Term, bound: Bound) -> ExactArray:
    """The derivatives by the entries of an array, one after another, so that numbers have few variables."""
    found = []
    for place in np.ndindex(shape):
        direction = np.zeros(shape, dtype=int)
        direction[place] = 1
        found.append(_along(world, {name: direction}, body, bound))
    slopes = np.stack(found, axis=-1)
    return wrapped(slopes.reshape((*slopes.shape[:-1], *shape)))


def _is_plain(world: World, bound: Bound) -> bool:
    """Whether nothing but indices has another value than in the root, so that no other value moves with a name."""
    if not all(isinstance(value, int) for value in bound.values()):
        return False
    return world.without is None or (not world.nudged and _is_plain(world.without, world.given))


def _along(world: World, directions: Mapping[str, Any], body: Term, bound: Bound) -> ExactArray:
    """The derivative where names move along directions."""
    values = {name: exact_numbers(world.named(name)) for name in directions}

    def moved(change: ExactArray) -> Value:
        there = {name: wrapped(values[name] + change * direction) for name, direction in directions.items()}
        return world.with_values(there).value(body, bound)

    return slopes_at(exact_numbers(0), moved)


def _change_of(root: World, name: str) -> ExactArray:
    """The change d(x) of a free name."""
    key = f"d {name}"
    if key not in root.given:
        shape = exact_numbers(root.named(name)).shape
        count = int(np.prod(shape, dtype=int))
        root.given[key] = variables(f"d{name}", np.arange(1, count + 1).reshape(shape) / 8 + len(root.given) / 64)
    found: ExactArray = root.given[key]
    return found
