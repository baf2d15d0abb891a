"""Entries that a document makes of earlier ones, h_t = tanh(w h_{t-1} + u x_t), and the one before the first, h_0.

The array h has the entries 1 to T. Where an entry may be that with the number 0, h_{t-1}, it is h_0, a name of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition, Derivation, IndexKind, Relation
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.reachability import reached
from chainrule.documents.language.terms import (
    ZERO,
    Apply,
    Choice,
    Comparison,
    Condition,
    Entry,
    Family,
    Fold,
    Name,
    Slope,
    Term,
    Use,
    uses_of,
)
from chainrule.documents.reader.notations.next_entries import is_descent
from chainrule.documents.reader.structure.statements import Statement
from chainrule.documents.reader.structure.targets import Target
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.parts_written import all_parts, base_letter, letters_of


def recurs(statement: Statement, target: Target) -> bool:
    """Whether an entry is made of entries before or behind it, but not by a step of descent, w_t = w_{t-1} - g."""
    own, right = target.name.lower if isinstance(target.name, w.Scripted) else None, statement.right
    same = (one for one in all_parts(right) if isinstance(one, w.Scripted) and base_letter(one) == target.base)
    return own is not None and not is_descent(target.base, right) and any(_is_shifted(own, one.lower) for one in same)


def recurrent_letters(told: Sequence[tuple[Statement, Target]]) -> set[str]:
    """The letters whose entries equations make of earlier ones, also through others: z_t of s_{t-1}, and s_t of z_t."""
    made, steps = dict[str, frozenset[str]](), set[tuple[str, str]]()
    for statement, target in told:
        made[target.base] = made.get(target.base, frozenset()) | letters_of(statement.right)
        own = target.name.lower if isinstance(target.name, w.Scripted) else None
        scripted = (one for one in all_parts(statement.right) if isinstance(one, w.Scripted))
        steps |= {
            (target.base, base_letter(one)) for one in scripted if own is not None and _is_shifted(own, one.lower)
        }
    found = {target.base for statement, target in told if recurs(statement, target)}
    behind = {letter: reached(letter, lambda one: made.get(one, ())) for letter in made}
    for one, other in steps:
        if one != other and one in behind.get(other, ()):
            found |= {each for each in behind[one] if one in behind.get(each, ())}
    return found


def is_by_steps(definitions: Mapping[str, Definition], new: Definition) -> bool:
    """Whether a new definition makes an array of its earlier entries, together with those that are there.

    >>> from chainrule.documents.language.parsing import derivation_of
    >>> of_steps, of_itself = derivation_of("h := [t in T: h[t - 1] + x[t]]; x := [t in T: x[t] + 1]").definitions
    >>> is_by_steps({}, of_steps), is_by_steps({}, of_itself)
    (True, False)
    """
    return new.name in Names({**definitions, new.name: new}, {}).steps


def letters_from_zero(conditions: Iterable[Condition]) -> frozenset[str]:
    """The letters of which a condition says that they may be 0: 0 <= k.

    >>> letters_from_zero([Comparison("<=", ZERO, Name("k")), Comparison("<", Name("j"), Name("k"))])
    frozenset({'k'})
    """
    found = frozenset[str]()
    for each in conditions:
        match each:
            case Comparison("<=", low, Name(text=text)) | Comparison(">=", Name(text=text), low):
                found |= {text} if terms.is_number(low, 0) else frozenset()
    return found


def with_starts(derivation: Derivation, from_zero: Set[str] = frozenset()) -> Derivation:
    """The derivation in which the entry with the number 0 of an array that is made of earlier entries has a name.

    `from_zero` has the letters of indices that may be 0.

    >>> from chainrule.documents.language.parsing import derivation_of
    >>> from chainrule.documents.language.printing import text_of
    >>> text = "x : column T; h := [t in T: x[t] * h[t - 1]]; claim 1 [t in T]: partial(h[t], h[t - 1]) = x[t]"
    >>> found = with_starts(derivation_of(text))
    >>> text_of(found.definitions[0].body)
    '[t in T: x[t] * cases(h_0 if t - 1 = 0, h[t - 1] otherwise)]'
    >>> text_of(found.claims[0].left)
    'cases(partial(h[t], h_0) if t - 1 = 0, partial(h[t], h[t - 1]) otherwise)'
    """
    names = Names.of(derivation)
    if not names.steps:
        return derivation
    along = names.steps | _given_beside(names)
    firsts = _first_entries(names, along)
    arrays = _Arrays(along | {each.name: axis for each, axis in firsts}, from_zero)
    started = partial(_started, arrays)
    definitions = [replace(each, body=_started_in(arrays, each)) for each in derivation.definitions]
    for each, axis in firsts:
        first = _first_of(each, axis)
        if first.name not in names.definitions:
            definitions.append(replace(first, body=started(first.body)))
    claims = [
        replace(each.substituted(started), from_zero=_steps_in(each, names) & from_zero) for each in derivation.claims
    ]
    return replace(derivation, definitions=tuple(definitions), claims=tuple(claims))


# What follows is private.


def _given_beside(names: Names) -> dict[str, int]:
    """The axes of given arrays of which a step uses an entry before: f of x[t] = s * x[t - 1] + f[t - 1]."""
    found = dict[str, int]()
    for name in names.steps:
        for part in terms.every(names.definitions[name].body):
            for use in uses_of(part):
                if use.name not in names.definitions and _is_before(use.at):
                    found[use.name] = use.axis
    return found


def _first_entries(names: Names, along: dict[str, int]) -> list[tuple[Definition, int]]:
    """Arrays whose entry t is made of the entries t of such arrays, and so their entry 0 of those: r_t = 1 - a y_t."""
    found = dict[str, tuple[Definition, int]]()
    for each in names.in_order:
        if each.name in along or each.parameters or not isinstance(each.body, Family):
            continue
        letters = [index for index, _ in each.body.indices]
        known = along | {name: axis for name, (_, axis) in found.items()}
        uses = [use for part in terms.every(each.body.body) for use in uses_of(part)]
        steps = {terms.base_of(use.at) for use in uses if known.get(use.name) == use.axis}
        letter = steps.pop() if len(steps) == 1 else ""
        beside = [use for use in uses if letter in terms.free_names(use.at)]
        if letter in letters and all(use.at == Name(letter) and known.get(use.name) == use.axis for use in beside):
            found[each.name] = each, letters.index(letter)
    return list(found.values())


def _first_of(definition: Definition, axis: int) -> Definition:
    """The definition of the entry 0 of an array, r_0 = 1 - a y_0."""
    assert isinstance(definition.body, Family)
    indices = definition.body.indices
    number = Name(indices[axis][0])
    first = terms.substituted(definition.body.body, lambda part: ZERO if part == number else None)
    others = tuple(each for place, each in enumerate(indices) if place != axis)
    return Definition(f"{definition.name}_0", Family(others, first) if others else first, (), definition.line)


def _is_before(index: Term) -> bool:
    """Whether an index is a letter less a number: t - 1."""
    return isinstance(index, Apply) and index.operator == "-" and isinstance(index.operands[0], Name)


def _steps_in(claim: Relation, names: Names) -> frozenset[str]:
    """The indices of a claim that choose entries of arrays which are made of their earlier entries."""
    chosen = (part for part in claim.parts if isinstance(part, Entry | Apply))
    used = (use for part in chosen for use in uses_of(_bare(part)) if names.steps.get(use.name) == use.axis)
    return frozenset(use.at.text for use in used if isinstance(use.at, Name)) & {name for name, _ in claim.over}


def _is_shifted(one: w.Written, other: w.Written | None) -> bool:
    """Whether two subscripts are a letter and the same letter with a number added: t and t - 1."""
    if other is None or one == other or not any(isinstance(each, w.Signed) for each in (one, other)):
        return False
    letters = [{part for part in all_parts(each) if isinstance(part, w.Symbol)} for each in (one, other)]
    return bool(letters[0] & letters[1])


@dataclass(frozen=True, eq=False)
class _Arrays:
    """The arrays that are made of their earlier entries.

    Attributes
    ----------
    steps : mapping
        The axes along which the entries follow each other.
    from_zero : set of str
        The letters of indices that may be 0.
    """

    steps: Mapping[str, int]
    from_zero: Set[str]


def _started(arrays: _Arrays, term: Term) -> Term:
    """A term in which an entry whose number may be 0 has two cases."""
    inside = partial(_started, arrays)
    match term:
        case Slope(variable=variable) if (use := _early(arrays, variable)) is not None:
            found = replace(term, body=inside(term.body))
            return _cases(use, found, replace(found, variable=_start(use, variable)))
        case Apply("member", (Slope() as every, _)) | Entry(base=Slope() as every):
            return _of_slopes(arrays, term, every, inside)
        case Apply("member", (Apply("'", (Slope() as every,)), _)):
            return _of_slopes(arrays, term, every, inside)
        case Fold(index=index, low=low) if terms.is_number(low, 0):
            arrays = replace(arrays, from_zero=arrays.from_zero | {index})
            return terms.mapped(term, partial(_started, arrays))
        case _ if (use := _early(arrays, term)) is not None:
            return _cases(use, term, _start(use, term))
    return terms.mapped(term, inside)


def _started_in(arrays: _Arrays, definition: Definition) -> Term:
    """The body of a definition with the entries before the first; a number that is its parameter may be 0."""
    numbers = {name for name, kind in definition.parameters if isinstance(kind, IndexKind)}
    return _started(replace(arrays, from_zero=arrays.from_zero | numbers), definition.body)


def _of_slopes(arrays: _Arrays, term: Term, every: Slope, inside: Callable[[Term], Term]) -> Term:
    """One of the derivatives by all entries of an array; by those before the first, it is the derivative by these."""
    moved = terms.substituted(term, lambda part: replace(every, body=inside(every.body)) if part is every else None)
    if (use := _early(arrays, named := _bare(term))) is None:
        return moved
    return _cases(use, moved, replace(every, body=inside(every.body), variable=_start(use, named)))


def _bare(term: Term) -> Term:
    """A term with arrays in the place of the derivatives by them."""
    return terms.substituted(term, lambda part: part.variable if isinstance(part, Slope) else None)


def _early(arrays: _Arrays, term: Term) -> Use | None:
    """How a term uses an array whose entries are made of earlier ones, if the number of its entry may be 0."""
    for use in uses_of(term):
        if arrays.steps.get(use.name) == use.axis and not _is_later(use.at, arrays.from_zero):
            return use
    return None


def _is_later(index: Term, from_zero: Set[str]) -> bool:
    """Whether an index is at least 1: a number, a letter, or t + 1."""
    if isinstance(index, Name):
        return index.text not in from_zero
    if isinstance(index, terms.Number):
        return index.value >= 1
    return isinstance(index, Apply) and index.operator == "+"


def _start(use: Use, term: Term) -> Term:
    """The entry before the first one, h_0, or an entry of it."""
    start = Name(f"{use.name}_0")
    if not isinstance(term, Entry):
        return start
    others = tuple(each for axis, each in enumerate(term.indices) if axis != use.axis)
    return Entry(start, others) if others else start


def _cases(use: Use, otherwise: Term, first: Term) -> Term:
    """A value that is another one where the number of an entry is 0."""
    return first if terms.is_number(use.at, 0) else Choice(((Comparison("=", use.at, ZERO), first),), otherwise)
