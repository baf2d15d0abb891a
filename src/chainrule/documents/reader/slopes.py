"""Derivatives as they are written: their kind, their variables, and the functions that they are of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from chainrule.documents.language import terms
from chainrule.documents.language.terms import Apply, Call, Name, Slope, Term
from chainrule.documents.reader import written as w
from chainrule.documents.reader.gradient_names import MEANT, NAMED
from chainrule.documents.reader.inventory import arguments_of, base_name, letters_of
from chainrule.documents.reader.known_words import ELEMENTARY, NotMeant
from chainrule.documents.reader.meanings import Meanings
from chainrule.documents.reader.written import Written


def gradient(
    meanings: Meanings, part: w.Differentiation, parts: Sequence[Written], joints: Sequence[str], at: int
) -> tuple[Term, int]:
    """\\nabla f(x, y): the derivatives by all arguments, at these; \\nabla J(w) of a value is one by w."""
    subject, bracket = parts[at + 1], parts[at + 2] if at + 2 < len(parts) else None
    if joints[at] or joints[at + 1 : at + 2] != ("",) or not isinstance(bracket, w.Bracketed):
        raise NotMeant("a gradient by nothing that is said", part.place)
    names = parameters_of(meanings, subject, bracket)
    variables = [w.Symbol(name, place=part.place) for name in names]
    by_each = [replace(part, sign="partial", subject=subject, variables=(each,) * part.order) for each in variables]
    if len(by_each) == 1:
        value = replace(part, subject=subject, variables=(variables[0],))
        return at_arguments(meanings, slope_of(meanings, value, meanings.term(subject), 1), names, bracket), at + 3
    if part.order > 1:
        raise NotMeant("a second derivative by several variables", part.place)
    if not function_of(meanings, subject, len(names)):
        meanings.used.add("a gradient is by all that stands in brackets")
    column = terms.Table(tuple((slope_of(meanings, each, meanings.term(subject), len(names)),) for each in by_each))
    return at_arguments(meanings, column, names, bracket), at + 3


def parameters_of(meanings: Meanings, subject: Written, bracket: w.Bracketed) -> tuple[str, ...]:
    """The names of what stands in brackets behind a function, or behind a value that depends on them."""
    items = arguments_of(bracket)
    name = function_of(meanings, subject, len(items))
    names = _names_of(meanings, name, base_name(subject), len(items)) if isinstance(subject, w.Symbol) and name else ()
    if len(names) != len(items):
        names = tuple(base_name(item) if isinstance(item, w.Symbol) else "" for item in items)
    if not all(names) or len(set(names)) < len(names):
        raise NotMeant("a derivative at something", bracket.place)
    return names


def at_arguments(meanings: Meanings, slope: Term, names: Sequence[str], bracket: w.Bracketed) -> Term:
    """A derivative at arguments: \\frac{\\partial f}{\\partial x}(a, b)."""
    items = zip(names, map(meanings.term, arguments_of(bracket)), strict=True)
    moved = {own: value for name, value in items if value != Name(own := meanings.named(name, alone=True))}
    for name, value in moved.items():
        if moved.keys() & terms.free_names(value) - {name}:
            raise NotMeant("a derivative where variables are exchanged", bracket.place)
        slope = terms.At(slope, name, value)
    return slope


def primed_bracket(meanings: Meanings, bracket: Written) -> Term:
    """The derivative (u v)' by the only letter in it that is no function; of several, by the argument of functions.

    Raises
    ------
    NotMeant
    """
    inventory = meanings.inventory
    calls = [arguments_of(each) for brackets in inventory.called.values() for each in brackets]
    arguments = {base_name(items[0]) for items in calls if len(items) == 1 and isinstance(items[0], w.Symbol)}
    letters = {
        name
        for name in letters_of(bracket)
        if name not in meanings.functions.keys() | ELEMENTARY.keys() | {"e", "pi"}
        and not inventory.is_always_called(name)
    }
    found = letters if len(letters) == 1 else letters & arguments
    if len(found) != 1:
        raise NotMeant("a derivative of a bracket by something that is not told", bracket.place)
    (name,) = found
    if {name} != arguments:
        meanings.used.add(f"a prime on a bracket is the derivative by {name}")
    return Slope("written", meanings.term(bracket), Name(meanings.named(name, alone=True)))


def function_of(meanings: Meanings, subject: Written, count: int = 0) -> str:
    """The function that a letter means, if it has known parameters; of so many, if a number is given."""
    if not isinstance(subject, w.Symbol):
        return ""
    base = base_name(subject)
    name = meanings.named(base)
    name = meanings.with_arity(name, base, count) if count else meanings.latest.get(name, name)
    return name if _names_of(meanings, name, base, count) else ""


def _names_of(meanings: Meanings, name: str, base: str, count: int = 0) -> tuple[str, ...]:
    """The names of the parameters of a function; if a number is given, also of one without a definition."""
    known = meanings.functions.get(name, ())
    return known or (_usual(meanings, base, count) if count and base in meanings.functions else ())


def _usual(meanings: Meanings, base: str, count: int) -> tuple[str, ...]:
    """The letters with which a function without a definition is mostly called: f(x, y)."""
    calls = [arguments_of(bracket) for bracket in meanings.inventory.called[base]]
    plain = [
        tuple(base_name(item) for item in items if isinstance(item, w.Symbol)) for items in calls if len(items) == count
    ]
    found = Counter(names for names in plain if len(set(names)) == count)
    return found.most_common(1)[0][0] if found else ()


def slope_of(meanings: Meanings, written: w.Differentiation, body: Term, count: int = 0) -> Term:
    """A derivative of a term, or of a function of so many arguments."""
    subject = written.subject
    name = function_of(meanings, subject, count) if subject is not None else ""
    if name and isinstance(subject, w.Symbol):
        names = _names_of(meanings, name, base_name(subject), count)
        body = Call(name, tuple(Name(meanings.named(each, alone=True)) for each in names))
    kind = f"written, {meanings.layout}" if meanings.layout else "written"
    if written.sign == "nabla":
        kind = "written"
    if written.sign == NAMED:
        meanings.used.add(MEANT)
    if isinstance(body, Call) and body.function in meanings.of_numbers:
        kind = "partial"
    if not written.variables:
        raise NotMeant("a gradient by nothing that is said", written.place)
    variables = [meanings.term(variable) for variable in written.variables]
    variables *= written.order if written.sign == "nabla" and len(variables) == 1 else 1
    if any(isinstance(each, Apply) and each.operator == "turned" for each in variables):
        meanings.used.add("a derivative by a transpose is one by the vector")
        variables = [each.operands[0] if isinstance(each, Apply) else each for each in variables]
    if len(variables) == 1 and (found := _by_member(body, kind, variables[0])) is not None:
        return found
    for variable in variables:
        if not terms.base_of(variable):
            raise NotMeant("a derivative by something that is no name", written.place)
        if isinstance(variable, Name) and variable.text in meanings.inventory.indices - meanings.inventory.by.keys():
            raise NotMeant("a derivative by an index", written.place)
    if len(variables) == 2 and variables[0] == variables[1] and isinstance(variables[0], Name):
        return Slope("second", body, variables[0])
    for variable in reversed(variables):
        body = Slope(kind, body, variable)
    return body


def _by_member(body: Term, kind: str, variable: Term) -> Term | None:
    """The derivative of a number by one of several vectors: that one of its derivatives by all of them."""
    match variable:
        case Apply(operator="member", operands=(Name() as every, index)):
            found = Apply("member", (Slope("written", body, every), index))
        case Apply(operator="member", operands=(Apply(operator="'", operands=(Name() as every,)), index)):
            found = Apply("member", (Apply("'", (Slope("written", body, every),)), index))
        case _:
            return None
    return Apply("turned", (found,)) if kind.endswith("transposed") else found
