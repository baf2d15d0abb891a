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

from chainrule.algebra import Exact, ExactArray, exact_numbers, unknown
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
    result_of_code,
    single,
    turned,
)
from chainrule.documents.evidence.changes import (
    Change,
    Value,
    array_of,
    derived_function,
    wrapped,
)
from chainrule.documents.evidence.clocks import Clock
from chainrule.documents.evidence.derivatives_in_worlds import differential, slope
from chainrule.documents.evidence.inputs import HOLDS
from chainrule.documents.evidence.stand_ins import stood_in
from chainrule.documents.language import terms
from chainrule.documents.language.derivation import FunctionKind
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.operators import MADE_BY_SIZE, OPERATORS
from chainrule.documents.language.terms import Term

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
    """The numbers that are added to the entries of arrays which are made of their earlier entries."""
    _entries: dict[tuple[str, tuple[int, ...]], Value] = field(default_factory=dict)
    _made: dict[str, Value] = field(default_factory=dict)
    moved: dict[str, tuple[Change, World]] = field(default_factory=dict)
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
        for change, moved in self.moved.values():
            moved.give_up_changes()
            change.give_up()
        self.moved.clear()

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
            case terms.Entry(base=terms.Name(text=name), indices=indices) if self.is_by_steps(name, bound):
                return self._entry(name, tuple(self.whole(index, bound) for index in indices))
            case terms.Apply("member") if (uses := terms.uses_of(term)) and self.is_by_steps(uses[0].name, bound):
                [use] = uses
                return self._member(use.name, use.axis, self.whole(use.at, bound))
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
                return slope(self, term, bound)
            case terms.Differential(body=body, holding=holding):
                return differential(self, body, holding, bound)
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

    def is_by_steps(self, name: str, bound: Bound) -> bool:
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

    def _with(self, name: str, value: Value, bound: Bound, then: Callable[[World, Bound], Value]) -> Value:
        """Something computed where a name has another value."""
        if name in bound:
            return then(self, {**bound, name: value})
        return then(self.with_values({name: value}), bound)

    @property
    def root(self) -> World:
        """The world in which nothing is changed."""
        return self if self.without is None else self.without.root
