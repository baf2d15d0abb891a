"""Indices that count from 0, as those of the strict language count from 1.

In sum_{i=0}^n w_i x_i the entries of w and x have the numbers 0 to n, and so have those of x in a list (x_0, ..., x_n).
They become the entries 1 to n + 1, with every index that chooses among them anywhere. Where another sum over entries
that are not listed begins at 1, nothing shows which entries there are for an index without a range; then all stays as
it is written, as do entries with a computed index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition, Derivation, Relation
from chainrule.documents.language.dimensions import OPEN
from chainrule.documents.language.terms import ONE, Apply, Condition, Entry, Family, Fold, Name, Number, Term

_Place: TypeAlias = tuple[object, ...]
"""An axis of an array, by its name and number, or an index, by the number of the formula and of the index in it."""

COUNTED = "indices count from 0"


def counted_from_one(
    derivation: Derivation, stated: Sequence[Condition], letters: Set[str], listed: Set[str] = frozenset()
) -> tuple[Derivation, list[Condition], set[int]]:
    """The derivation and the conditions in which all indices count from 1, and the claims that changed without a list.

    Parameters
    ----------
    derivation : Derivation
    stated : sequence of Condition
        What is assumed: arrays with numbered entries in it stay as they are, but for those that are listed.
    letters : set of str
        The letters of indices.
    listed : set of str
        The vectors whose entries the document lists from 0.

    Examples
    --------
    >>> from chainrule.documents.language.parsing import derivation_of
    >>> from chainrule.documents.language.printing import text_of
    >>> text = "size n\\nw : column n\\nx : column n\\nclaim 1: sum(i in 0..n: i * w[i] * x[i]) = w[0]"
    >>> found, _, _ = counted_from_one(derivation_of(text), (), set())
    >>> text_of(found.claims[0].left), text_of(found.claims[0].right)
    ('sum(i in n + 1: (i - 1) * w[i] * x[i])', 'w[1]')
    """
    if not listed and not any(_begins_at_zero(part) for part in derivation.parts):
        return derivation, [*stated], set()
    marks = _Marks(letters)
    for name in listed:
        marks.see_list((name, 0))
    for number, definition in enumerate(derivation.definitions):
        marks.see_definition(number, definition)
    for number, claim in enumerate(derivation.claims):
        for side in (claim.left, claim.right, *claim.conditions):
            marks.see(side, {}, ("claim", number))
    for condition in stated:
        marks.fix_numbered(condition)
    marks.fix_named({each.name for each in derivation.definitions})
    told: set[_Place] = {
        ("claim", number, index)
        for number, claim in enumerate(derivation.claims)
        for index, size in claim.over
        if not terms.base_of(size).startswith(OPEN)  # for j = 1, ..., d
    }
    shifted = _Shifted(marks.places_from_zero() - told, letters)
    definitions = tuple(
        replace(each, body=shifted.of(each.body, {}, ("definition", number)))
        for number, each in enumerate(derivation.definitions)
    )
    claims = tuple(
        replace(
            each,
            left=shifted.of(each.left, {}, ("claim", number)),
            right=shifted.of(each.right, {}, ("claim", number)),
            conditions=shifted.conditions(each.conditions, ("claim", number)),
        )
        for number, each in enumerate(derivation.claims)
    )
    if not shifted.places:
        return derivation, [*stated], set()
    moved: list[Any] = [shifted.of(each, {}, ("stated", number)) for number, each in enumerate(stated)]
    made = {id(old): new for old, new in zip(stated, moved, strict=True)}
    assumed = tuple(replace(each, condition=made.get(id(each.condition), each.condition))
                    for each in derivation.assumptions)  # fmt: skip
    unsure = shifted.places - marks.places_listed()
    changed = {number for number, each in enumerate(claims) if marks.axes_of(each) & unsure}
    return replace(derivation, definitions=definitions, assumptions=assumed, claims=claims), moved, changed


# What follows is private.


def _begins_at_zero(term: Term) -> bool:
    if isinstance(term, Fold):
        return terms.is_number(term.low, 0)
    return isinstance(term, Entry) and any(map(_is_before, term.indices))


def _is_before(index: Term) -> bool:
    """Whether an index is _k - 1, as in the column of x_0, ..., x_n, of which the entry _k is x_{_k - 1}."""
    return (
        isinstance(index, Apply)
        and index.operator == "-"
        and isinstance(index.operands[0], Name)
        and index.operands[0].text.startswith("_")
        and terms.is_number(index.operands[1], 1)
    )


@dataclass(eq=False)
class _Walk:
    """Numbers the indices that the parts of a formula bind, always in the same order."""

    letters: Set[str]
    count: dict[_Place, int] = field(default_factory=dict)

    def bound(self, names: Iterable[str], scope: Mapping[str, _Place], formula: _Place) -> dict[str, _Place]:
        """The indices in a part that binds some."""
        found = dict(scope)
        for name in names:
            self.count[formula] = self.count.get(formula, 0) + 1
            found[name] = (*formula, self.count[formula])
        return found

    def place(self, name: str, scope: Mapping[str, _Place], formula: _Place) -> _Place | None:
        """The place of an index; None for a name that is none."""
        return scope.get(name) or ((*formula, name) if name in self.letters else None)


@dataclass(eq=False)
class _Marks(_Walk):
    """Which places go together, and which of them have a 0, or a reason against counting from 0."""

    joined: dict[_Place, _Place] = field(default_factory=dict)
    zero: set[_Place] = field(default_factory=set)
    fixed: set[_Place] = field(default_factory=set)
    later: set[_Place] = field(default_factory=set)
    """Indices of sums that begin at 1, which is a reason against it, too, unless the entries are listed from 0."""
    listed: set[_Place] = field(default_factory=set)
    first: set[str] = field(default_factory=set)

    def see_definition(self, number: int, definition: Definition) -> None:
        """A definition: the indices of its entries are those of the name."""
        formula: _Place = ("definition", number)
        if isinstance(definition.body, Family):
            scope = self.bound([name for name, _ in definition.body.indices], {}, formula)
            for axis, (name, _) in enumerate(definition.body.indices):
                self.join((definition.name, axis), scope[name])
            self.see(definition.body.body, scope, formula)
        else:
            self.see(definition.body, {}, formula)

    def see_list(self, axis: _Place) -> None:
        """An axis along which the document lists the entries from 0."""
        self.zero.add(axis)
        self.listed.add(axis)

    def see(self, term: Term, scope: Mapping[str, _Place], formula: _Place) -> None:
        """A part of a formula, in which some indices are bound."""
        match term:
            case Fold(index=index, low=low, high=high):
                self.see(low, scope, formula)
                self.see(high, scope, formula)
                scope = self.bound([index], scope, formula)
                is_open = isinstance(high, Name) and high.text.startswith(OPEN)
                if terms.is_number(low, 0):
                    self.zero.add(scope[index])
                elif isinstance(low, Number) and not is_open:
                    (self.later if terms.is_number(low, 1) else self.fixed).add(scope[index])
                for inside in (term.body, *([] if term.condition is None else [term.condition])):
                    self.see(inside, scope, formula)
                return
            case Family(indices=indices, body=body):
                self.see(body, self.bound([name for name, _ in indices], scope, formula), formula)
                return
            case Name(text=text) if text.endswith("_0"):
                self.first.add(text[:-2])
            case Entry(base=Name(text=text), indices=indices):
                for axis, chosen in enumerate(indices):
                    self.choose((text, axis), chosen, scope, formula)
            case Apply(operator="member", operands=(_, chosen)) if (along := _axis_of_members(term)) is not None:
                self.choose(along, chosen, scope, formula)
            case Entry(indices=indices) | Apply(operator="member", operands=(_, *indices)):
                for chosen in indices:
                    names = [self.place(name, scope, formula) for name in terms.free_names(chosen)]
                    self.fixed.update(place for place in names if place is not None)
        for part in terms.parts(term):
            self.see(part, scope, formula)

    def choose(self, axis: _Place, index: Term, scope: Mapping[str, _Place], formula: _Place) -> None:
        """An index of an entry goes with the axis; a 0 is a reason to count from there."""
        if terms.is_number(index, 0):
            self.zero.add(axis)
        if _is_before(index):
            self.see_list(axis)
            return
        if not isinstance(index, Name | Number):
            self.fixed.add(axis)  # what x_{i+k} is beyond the ends is told in words
        for name in sorted(terms.free_names(index)):
            place = self.place(name, scope, formula)
            if place is None:
                self.fixed.add(axis)  # x_n, where n is a size
            else:
                self.join(axis, place)

    def fix_numbered(self, condition: Term) -> None:
        """The axes along which a condition numbers entries stay as they are."""
        for part in terms.every(condition):
            if isinstance(part, Entry):
                base = terms.base_of(part)
                for axis, index in enumerate(part.indices):
                    is_listed = isinstance(index, Number) and (base, axis) in self.listed
                    self.fixed.update([] if isinstance(index, Name) or is_listed else [(base, axis)])

    def fix_named(self, defined: Set[str]) -> None:
        """The axes of matrices of which w_0 is a part, and of arrays where a definition says what w_0 is."""
        for base in self.first:
            if (base, 1) in self.joined or f"{base}_0" in defined:
                self.fixed.update({(base, 0), (base, 1)})

    def join(self, one: _Place, other: _Place) -> None:
        """Two places count alike."""
        self.joined[self.root(one)] = self.root(other)

    def root(self, place: _Place) -> _Place:
        """The place that stands for all that count alike."""
        while (above := self.joined.setdefault(place, place)) != place:
            place = above
        return place

    def places_from_zero(self) -> set[_Place]:
        """All places that count from 0."""
        against = self.fixed | (self.later - self.places_listed())
        roots = {self.root(place) for place in self.zero} - {self.root(place) for place in against}
        return {place for place in [*self.joined] if self.root(place) in roots}

    def places_listed(self) -> set[_Place]:
        """All places that count as a list of the document does."""
        roots = {self.root(place) for place in self.listed}
        return {place for place in [*self.joined] if self.root(place) in roots}

    def axes_of(self, claim: Relation) -> set[_Place]:
        """The axes of the entries in a claim."""
        entries = [part for part in claim.parts if isinstance(part, Entry)]
        members = {axis for part in claim.parts if (axis := _axis_of_members(part)) is not None}
        return members | {(terms.base_of(part), axis) for part in entries for axis, _ in enumerate(part.indices)}


@dataclass(eq=False)
class _Shifted(_Walk):
    """Terms in which the indices at some places count from 1."""

    places: Set[_Place] = frozenset()

    def __init__(self, places: Set[_Place], letters: Set[str]) -> None:
        super().__init__(letters)
        self.places = places

    def conditions(self, conditions: Sequence[Any], formula: _Place) -> tuple[Any, ...]:
        """Conditions with other numbers."""
        return tuple(self.of(each, {}, formula) for each in conditions)

    def of(self, term: Term, scope: Mapping[str, _Place], formula: _Place) -> Term:
        """The term with other numbers."""
        match term:
            case Name(text=text) if text.endswith("_0") and (text[:-2], 0) in self.places:
                return Entry(Name(text[:-2]), (ONE,), span=term.span)
            case Name(text=text):
                return _moved(term, -1) if self.place(text, scope, formula) in self.places else term
            case Fold(index=index, low=low, high=high, condition=condition):
                low, high = (self.of(each, scope, formula) for each in (low, high))
                scope = self.bound([index], scope, formula)
                is_open = isinstance(high, Name) and high.text.startswith(OPEN)
                if scope[index] in self.places and not is_open:
                    low, high = _moved(low, 1), _moved(high, 1)
                body = self.of(term.body, scope, formula)
                known: Any = condition and self.of(condition, scope, formula)
                return replace(term, low=low, high=high, body=body, condition=known)
            case Family(indices=indices, body=body):
                return replace(
                    term, body=self.of(body, self.bound([name for name, _ in indices], scope, formula), formula)
                )
            case Entry(base=Name(text=text), indices=indices):
                moved = [self.of(index, scope, formula) for index in indices]
                return replace(term, indices=tuple(
                    _moved(index, 1) if (text, axis) in self.places else index for axis, index in enumerate(moved)
                ))  # fmt: skip
            case Apply(operator="member", operands=(whole, index)) if _axis_of_members(term) in self.places:
                return replace(term, operands=(whole, _moved(self.of(index, scope, formula), 1)))
        return terms.mapped(term, lambda part: self.of(part, scope, formula))


def _axis_of_members(term: Term) -> _Place | None:
    """The axis of a matrix along which a term chooses one of its columns, or of its rows; None for another term."""
    return next(((use.name, use.axis) for use in terms.uses_of(term) if isinstance(term, Apply)), None)


def _moved(term: Term, by: int) -> Term:
    """A number that is greater by 1, or less by 1."""
    sign, back = ("+", "-") if by > 0 else ("-", "+")
    if isinstance(term, Number):
        return replace(term, value=term.value + by)
    if isinstance(term, Apply) and term.operator == back and terms.is_number(term.operands[1], 1):
        return term.operands[0]
    return Apply(sign, (term, ONE), span=term.span)
