"""The value of a term in exact numbers, at chosen sizes and indices.

A name is looked up in a `World`: some names are free there, and the others follow from their definitions. A derivative
by a name is taken in a world in which this name is its value plus small changes e, all of which are 0 at the sample:
what is defined by the name moves with it. After the formal derivative, e = 0.

An array that is made of its earlier entries is computed entry by entry. Where it is changed, each entry is what its
definition gives, plus its own e: so the later entries move with an earlier one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import reduce
from itertools import product
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from chainrule.algebra import Exact, ExactArray, exact_numbers, unknown, variables
from chainrule.algebra.ball import Undecided
from chainrule.algebra.special_functions import constant
from chainrule.documents.evidence.approach import limit
from chainrule.documents.evidence.array_values import (
    COMPARE,
    Undefined,
    applied,
    entry_of,
    exact,
    made_by_size,
    place_of,
    result_of_code,
    single,
    turned,
)
from chainrule.documents.evidence.changes import (
    Change,
    Place,
    Value,
    are_variables,
    array_of,
    derived_function,
    slopes_at,
    slopes_of,
    wrapped,
)
from chainrule.documents.evidence.clocks import Clock
from chainrule.documents.evidence.inputs import HOLDS
from chainrule.documents.evidence.stand_ins import stood_in
from chainrule.documents.language import terms
from chainrule.documents.language.derivation import FunctionKind, ValueKind
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.operators import MADE_BY_SIZE, OPERATORS
from chainrule.documents.language.terms import Term

MOST_CHANGES = 3
"""Entries of an array that change together where free names are no variables."""

Bound: TypeAlias = Mapping[str, Value]
"""The values of bound indices and of parameters."""


@dataclass(eq=False)
class World:
    """The values of names.

    Parameters
    ----------
    names : Names
    sizes : mapping
        The numbers that sizes are.
    given : dict
        The values of free names.
    without : World, optional
        The world in which the given names have other values; names that do not depend on them are the same here.
    """

    names: Names
    sizes: Mapping[str, int]
    given: dict[str, Value]
    without: World | None = None
    stand_in: int | None = None
    """The number of the known functions that unknown ones are, if they are."""
    opaque: bool = False
    """True if long numbers without variables are constants of which the value alone is known."""
    clock: Clock = field(default_factory=Clock)
    moving: bool = True
    """False if free names depend on one another, so that none is an independent variable."""
    nudged: Mapping[str, ExactArray] = field(default_factory=dict)
    """What is added to the entries of arrays that are made of their earlier entries."""
    _entries: dict[tuple[str, tuple[int, ...]], Value] = field(default_factory=dict)
    _made: dict[str, Value] = field(default_factory=dict)
    _moved: dict[str, tuple[Change, World]] = field(default_factory=dict)
    """The worlds in which one name is changed."""

    def with_values(self, given: dict[str, Value], nudged: Mapping[str, ExactArray] = MappingProxyType({})) -> World:
        """The world in which some names have other values, and what is defined by them moves."""
        return World(self.names, self.sizes, given, self, self.stand_in, self.opaque, self.clock, self.moving, nudged)

    @property
    def changed(self) -> Set[str]:
        """The names that are not what they are in the world around."""
        return self.given.keys() | self.nudged.keys()

    def give_up_changes(self) -> None:
        """Let others have the changes of names, as nothing more is computed in this world."""
        for change, moved in self._moved.values():
            moved.give_up_changes()
            change.give_up()
        self._moved.clear()

    def named(self, name: str) -> Value:
        """The value of a name.

        Raises
        ------
        Undefined
            If it has none.
        """
        for world in self.around:  # what was given a value keeps it, whatever else is changed later
            if name in world.given:
                return world.given[name]
        if name in self._made:
            return self._made[name]
        if self.without is not None and self.names.uses(name).isdisjoint(self.changed):
            return self.without.named(name)
        if name in self.names.steps:
            self._made[name] = value = self._of_steps(name)
            return value
        if name in self.sizes:
            return self.sizes[name]
        definition = self.names.definitions.get(name)
        if name == "pi" and definition is None:
            return exact_numbers(constant("pi"))
        if definition is None or definition.parameters:
            raise Undefined(f"{name} has no value")
        self._made[name] = value = self.value(definition.body)
        return value

    @property
    def around(self) -> Iterator[World]:
        """The world, and those without its changes."""
        world: World | None = self
        while world is not None:
            yield world
            world = world.without

    # Terms

    def value(self, term: Term, bound: Bound | None = None) -> Value:
        """The value of a term.

        Raises
        ------
        Undecided
            If it has none, or it cannot be computed in exact numbers.
        """
        bound = bound or {}
        match term:
            case terms.Number(value=number):
                return int(number) if number.denominator == 1 else exact_numbers(exact(number))
            case terms.Name(text=text):
                return bound[text] if text in bound else self.named(text)
            case terms.Entry(base=terms.Name(text=name), indices=indices) if self._is_by_steps(name, bound):
                return self._entry(name, tuple(self.whole(index, bound) for index in indices))
            case terms.Apply("member", (terms.Name(text=name), index)) if self._is_by_steps(name, bound):
                return self._member(name, 1, self.whole(index, bound))
            case terms.Apply("member", (terms.Apply("'", (terms.Name(text=name),)), index)) if self._is_by_steps(
                name, bound
            ):
                return self._member(name, 0, self.whole(index, bound))
            case terms.Apply("^", (terms.Apply("norm", (body,)), terms.Number(value=2))):  # no root: 0 has a derivative
                inside = self.value(body, bound)
                return self._applied("total", [self._applied(".*", [inside, inside])])
            case terms.Apply(operator=operator, operands=operands):
                return self._applied(operator, [self.value(operand, bound) for operand in operands])
            case terms.Entry(base=base, indices=indices):
                return entry_of(self.value(base, bound), [self.whole(index, bound) for index in indices])
            case terms.Fold():
                return self._fold(term, bound)
            case terms.Family(indices=indices, body=body):
                return self._family(indices, body, bound)
            case terms.Table(rows=rows):
                entries = [single(self.value(entry, bound)) for row in rows for entry in row]
                return array_of(entries, (len(rows), len(rows[0])))
            case terms.Truth(condition=condition):
                return int(self.holds(condition, bound))
            case terms.Choice(branches=branches, otherwise=otherwise):
                chosen = next((value for condition, value in branches if self.holds(condition, bound)), otherwise)
                if chosen is None:
                    raise Undefined("no case applies")
                return self.value(chosen, bound)
            case terms.Call(function=function, arguments=arguments, order=order):
                return self._called(function, arguments, order, bound)
            case terms.RuleCall(arguments=arguments):
                return self._of_rule(term, [self.value(argument, bound) for argument in arguments])
            case terms.Slope():
                return self._slope(term, bound)
            case terms.Differential(body=body, holding=holding):
                return self._differential(body, holding, bound)
            case terms.At(body=body, name=name, value=value):
                return self._with(name, self.value(value, bound), bound, lambda w, b: w.value(body, b))
            case terms.LimitOf(body=body, name=name, to=to):
                there = exact_numbers(self.value(to, bound))
                return limit(lambda near: self._with(name, wrapped(there + near), bound, lambda w, b: w.value(body, b)))
        raise Undefined(f"{type(term).__name__.lower()} has no value")

    def whole(self, term: Term, bound: Bound) -> int:
        """The value of an index or of a limit."""
        value = self.value(term, bound)
        if isinstance(value, int):
            return value
        number = single(value)
        rational = number.rational() if isinstance(number, Exact) else None
        if rational is not None and rational.q == 1:
            return int(rational.p)
        raise Undefined("an index that is no whole number")

    def holds(self, condition: terms.Condition, bound: Bound | None = None) -> bool:
        """Whether a condition holds. Comparisons of numbers are recorded."""
        match condition:
            case terms.Junction(kind=kind, conditions=conditions):
                return (all if kind == "and" else any)(self.holds(each, bound) for each in conditions)
            case terms.Not(condition=opposite):
                return not self.holds(opposite, bound)
            case terms.Is(subject=subject, fact=fact):
                if fact == "symmetric":
                    array = exact_numbers(self.value(subject, bound))
                    return self._alike(array, wrapped(array.T))
                if fact not in HOLDS:
                    raise Undecided(f"whether something that is computed is {fact}")
                return all(map(HOLDS[fact], exact_numbers(self.value(subject, bound)).ravel().tolist()))
        left, right = self.value(condition.left, bound), self.value(condition.right, bound)
        compare = COMPARE[condition.relation]
        if isinstance(left, int) and isinstance(right, int):
            return bool(compare(left, right))
        return self._alike(left, right, compare)

    # What follows is private.

    def _alike(self, left: Value, right: Value, compare: Callable[[Any, Any], Any] = COMPARE["="]) -> bool:
        """Whether a comparison holds for all entries."""
        pairs = zip(*(exact_numbers(each).ravel().tolist() for each in (left, right)), strict=True)
        return all(bool(compare(a, b)) for a, b in pairs)

    def _applied(self, operator: str, operands: list[Value]) -> Value:
        self.clock.check()
        return applied(operator, operands, self.opaque)

    def _fold(self, term: terms.Fold, bound: Bound) -> Value:
        low, high = self.whole(term.low, bound), self.whole(term.high, bound)
        inside = ({**bound, term.index: index} for index in range(low, high + 1))
        wanted = [each for each in inside if term.condition is None or self.holds(term.condition, each)]
        values = [self.value(term.body, each) for each in wanted]
        if not values:
            if term.kind not in ("sum", "prod"):
                raise Undefined(f"the {term.kind} of nothing")
            return 0 if term.kind == "sum" else 1
        operator = {"sum": "+", "prod": "*", "max": "max", "min": "min"}[term.kind]
        return reduce(lambda total, value: self._applied(operator, [total, value]), values)

    def _family(self, indices: Sequence[tuple[str, Term]], body: Term, bound: Bound) -> Value:
        sizes = [self.whole(size, bound) for _, size in indices]
        entries = [
            single(self.value(body, {**bound, **dict(zip((n for n, _ in indices), place, strict=True))}))
            for place in product(*(range(1, size + 1) for size in sizes))
        ]
        return array_of(entries, (*sizes, 1) if len(sizes) == 1 else tuple(sizes))

    # Arrays that are made of their earlier entries

    def _is_by_steps(self, name: str, bound: Bound) -> bool:
        """Whether the entries of a name are to be computed one by one."""
        is_fixed = name in bound or any(name in world.given for world in self.around)
        return name in self.names.steps and not is_fixed

    def _sizes_of(self, name: str) -> tuple[int, ...]:
        family = self.names.definitions[name].body
        assert isinstance(family, terms.Family)
        return tuple(self.whole(size, {}) for _, size in family.indices)

    def _of_steps(self, name: str) -> ExactArray:
        """All entries."""
        sizes = self._sizes_of(name)
        places = product(*(range(1, size + 1) for size in sizes))
        entries = [self._entry(name, place) for place in places]
        return array_of(entries, (*sizes, 1) if len(sizes) == 1 else sizes)

    def _member(self, name: str, axis: int, number: int) -> ExactArray:
        """A column of a matrix, or one of its rows as a column."""
        sizes = self._sizes_of(name)
        places = [(other, number) if axis else (number, other) for other in range(1, sizes[1 - axis] + 1)]
        return array_of([self._entry(name, place) for place in places], (len(places), 1))

    def _entry(self, name: str, place: tuple[int, ...]) -> Value:
        """An entry, plus what is added to it here and in the worlds around."""
        self.clock.check()
        if self.without is not None and self.names.uses(name).isdisjoint(self.changed):
            return self.without._entry(name, place)
        if (name, place) not in self._entries:
            family = self.names.definitions[name].body
            assert isinstance(family, terms.Family)
            sizes = self._sizes_of(name)
            if len(place) != len(sizes) or not all(1 <= k <= size for k, size in zip(place, sizes, strict=True)):
                raise Undefined("an index beyond the end")
            found = self.value(family.body, dict(zip((index for index, _ in family.indices), place, strict=True)))
            at = tuple(k - 1 for k in place)
            for world in self.around:
                if name in world.nudged:
                    found = self._applied("+", [found, wrapped(world.nudged[name][(*at, 0) if len(at) == 1 else at])])
            self._entries[name, place] = single(found)
        return self._entries[name, place]

    def _called(self, name: str, arguments: Sequence[Term], order: tuple[int, ...], bound: Bound) -> Value:
        values = [self.value(argument, bound) for argument in arguments]
        if name in MADE_BY_SIZE:
            return made_by_size(name, [self.whole(argument, bound) for argument in arguments])
        definition, kind = self.names.definitions.get(name), self.names.kinds.get(name)
        arrays: list[Any] = [exact_numbers(value) for value in values]
        if definition is not None and definition.parameters:
            parameters = definition.parameters
            if len(parameters) != len(values):
                raise Undefined(f"{name} has {len(parameters)} arguments, got {len(values)}")
            numbers = all(not getattr(kind, "shape", ()) for _, kind in parameters)

            def of(*given: Value) -> Value:
                inside = dict(zip((n for n, _ in parameters), given, strict=True))
                lengths = {
                    size: exact_numbers(inside[parameter]).shape[axis]
                    for size, (parameter, axis) in definition.lengths.items()
                    if size not in self.names.kinds
                }
                return self.value(definition.body, lengths | inside)

        elif isinstance(kind, FunctionKind):
            numbers = not any(kind.arguments)

            def of(*given: Value) -> Value:
                return self._unknown(name, kind, given)

        elif name in OPERATORS:
            numbers = True

            def of(*given: Value) -> Value:
                return self._applied(name, list(given))

        else:
            raise Undefined(f"{name} is no function that is defined")
        differentiated = derived_function(of, order) if any(order) else of
        if definition is not None and (columns := turned(arrays, [kind for _, kind in definition.parameters])):
            found = exact_numbers(differentiated(*columns))
            return wrapped(found.T) if found.ndim == 2 and found.shape[1] == 1 else found
        if not numbers or all(array.ndim == 0 for array in arrays):
            return differentiated(*values)
        entries = [
            single(differentiated(*map(exact_numbers, row)))
            for row in zip(*(array.ravel().tolist() for array in arrays), strict=True)
        ]
        return array_of(entries, arrays[0].shape)

    def _of_rule(self, call: terms.RuleCall, values: list[Value]) -> Value:
        self.clock.check()
        found = result_of_code(call, values)
        if call.shape is None or found.shape != tuple(self.whole(size, {}) for size in call.shape):
            raise Undefined(f"the shape of what {call.rule} returns is not known")
        return found

    def _unknown(self, name: str, kind: FunctionKind, given: Sequence[Value]) -> Value:
        """An unknown function: its jets are generators, or it is a sum of exponentials."""
        entries = [entry for value in given for entry in exact_numbers(value).ravel().tolist()]
        shape = tuple(self.whole(size, {}) for size in kind.result)
        count = int(np.prod(shape, dtype=int))
        labels = [name] if count == 1 else [f"{name}_{number + 1}" for number in range(count)]
        if self.stand_in is None:
            return array_of([unknown(label, *entries) for label in labels], shape)
        return array_of([stood_in(self.stand_in, label, entries) for label in labels], shape)

    # Derivatives

    def _with(self, name: str, value: Value, bound: Bound, then: Callable[[World, Bound], Value]) -> Value:
        """Something computed where a name has another value."""
        if name in bound:
            return then(self, {**bound, name: value})
        return then(self.with_values({name: value}), bound)

    def _held(self, holding: Sequence[str]) -> World:
        return self.with_values({name: self.named(name) for name in holding}) if holding else self

    def _slope(self, term: terms.Slope, bound: Bound) -> Value:
        world, name = self._held(term.holding), term.moved
        if not name:
            raise Undefined("a derivative by something that has no name")
        value = exact_numbers(world.value(terms.Name(name), bound))
        place, by_steps = world._place(term.variable, value, bound), world._is_by_steps(name, bound)
        orders = 2 if term.kind == "hessian" else 1
        if name in bound:
            found = slopes_at(value, lambda moved: world.value(term.body, {**bound, name: moved}), place, orders)
        elif name in world.root.given and world.moving and are_variables(value) and world._is_plain(bound):
            found = slopes_of(world.value(term.body, bound), value if place is None else wrapped(value[place]), orders)
        elif orders == 1 and place is None and not world.moving and value.size > MOST_CHANGES and not by_steps:
            found = world._by_entries(name, value.shape, term.body, bound)
        else:
            world = world._where_the_same(self.names.used_by(term.body) | self.names.uses(name) | {name})
            if by_steps:  # the fewer entries change, the shorter are those that follow
                change, moved = world._nudged(name, value.shape, place)
                found = change.derivatives(lambda: moved.value(term.body, bound), None, orders)
            else:
                change, moved = world._changed(name, value)
                found = change.derivatives(lambda: moved.value(term.body, bound), place, orders)
        shape = value.shape if place is None else np.shape(value[place])
        count = int(np.prod(shape, dtype=int))
        if term.kind == "jacobian":
            return wrapped(found.reshape(found.size // count, count))
        if term.kind == "hessian":
            return wrapped(found.reshape(count, count))
        return wrapped(found.reshape(shape if term.kind == "gradient" else ()))

    def _changed(self, name: str, value: ExactArray) -> tuple[Change, World]:
        """The changes of a name, and the world in which it is changed."""
        if name not in self._moved:
            made = Change.of(value.shape)
            self._moved[name] = made, self.with_values({name: value + made.array})
        return self._moved[name]

    def _nudged(self, name: str, shape: tuple[int, ...], place: Place | None) -> tuple[Change, World]:
        """The same for entries of an array that is made of its earlier entries."""
        key = f"{name}{place}"
        if key not in self._moved:
            added = np.full(shape, Exact(0), dtype=object)
            made = Change.of(np.shape(added[place or ...]))
            added[place or ...] = made.array
            self._moved[key] = made, self.with_values({}, {name: exact_numbers(added)})
        return self._moved[key]

    def _place(self, variable: Term, value: ExactArray, bound: Bound) -> Place | None:
        """The position of an entry, or of a column, in the array of which it is one; None for the array itself."""
        match variable:
            case terms.Entry(indices=indices):
                return place_of(value, [self.whole(index, bound) for index in indices])
            case terms.Apply("member", (base, index)):
                number = self.whole(index, bound)
                axis = 0 if isinstance(base, terms.Apply) else 1
                if not 1 <= number <= value.shape[axis]:
                    raise Undefined("an index beyond the end")
                return (number - 1, slice(None)) if axis == 0 else (slice(None), slice(number - 1, number))
        return None

    def _where_the_same(self, names: Set[str]) -> World:
        """The world nearest to the root in which names have the values that they have here: the moved one is shared."""
        world = self
        while world.without is not None and names.isdisjoint(world.changed):
            world = world.without
        return world

    def _by_entries(self, name: str, shape: tuple[int, ...], body: Term, bound: Bound) -> ExactArray:
        """The derivatives by the entries of an array, one after another, so that numbers have few variables."""
        found = []
        for place in np.ndindex(shape):
            direction = np.zeros(shape, dtype=int)
            direction[place] = 1
            found.append(self._along({name: direction}, body, bound))
        slopes = np.stack(found, axis=-1)
        return wrapped(slopes.reshape((*slopes.shape[:-1], *shape)))

    def _is_plain(self, bound: Bound) -> bool:
        """Whether nothing but indices has another value than in the root, so that no other value moves with a name."""
        if not all(isinstance(value, int) for value in bound.values()):
            return False
        return self.without is None or (not self.nudged and self.without._is_plain(self.given))

    def _differential(self, body: Term, holding: Sequence[str], bound: Bound) -> Value:
        """The derivative along the changes of all free arrays that are not held."""
        names = (self.names.used_by(body) - bound.keys() - set(holding)) & self.root.given.keys()
        free = sorted(name for name in names if isinstance(self.names.kinds.get(name), ValueKind))
        return self._along({name: self._change(name) for name in free}, body, bound)

    def _along(self, directions: Mapping[str, Any], body: Term, bound: Bound) -> ExactArray:
        """The derivative where names move along directions."""
        values = {name: exact_numbers(self.named(name)) for name in directions}

        def moved(change: ExactArray) -> Value:
            there = {name: wrapped(values[name] + change * direction) for name, direction in directions.items()}
            return self.with_values(there).value(body, bound)

        return slopes_at(exact_numbers(0), moved)

    def _change(self, name: str) -> ExactArray:
        """The change d(x) of a free name."""
        key, root = f"d {name}", self.root
        if key not in root.given:
            shape = exact_numbers(root.named(name)).shape
            count = int(np.prod(shape, dtype=int))
            root.given[key] = variables(f"d{name}", np.arange(1, count + 1).reshape(shape) / 8 + len(root.given) / 64)
        found: ExactArray = root.given[key]
        return found

    @property
    def root(self) -> World:
        """The world in which nothing is changed."""
        return self if self.without is None else self.without.root
