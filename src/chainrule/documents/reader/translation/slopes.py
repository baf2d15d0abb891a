"""Derivatives as they are written: their kind, their variables, and the functions that they are of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from chainrule.documents.language import terms
from chainrule.documents.language.terms import Apply, Call, Name, Slope, Term
from chainrule.documents.reader.letters.gradient_names import MEANT, NAMED
from chainrule.documents.reader.letters.meanings import Meanings
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import AT_ITS_ARGUMENT, ELEMENTARY, EQUATED, TRANSPOSES, NotMeant
from chainrule.documents.reader.syntax.parts_written import all_parts, arguments_of, base_name, letters_of
from chainrule.documents.reader.syntax.written import Written

USUAL_CONSTANTS = frozenset({"a", "b", "c", "e", "pi", "lambda"})
"""Letters that are rarely variables."""


def along(meanings: Meanings, part: Written, value: Term) -> Term | None:
    """The derivative of a function in a direction: D_v f(x) is that of f(x + t v) by t at t = 0.

    D_v f(x, y) is that of f(x + t v_1, y + t v_2).
    """
    match part, value:
        case w.Scripted(base=w.Symbol(text="D"), lower=w.Symbol() as direction, upper=None, primes=0), Call(
            function=function, arguments=(_, *_) as points, order=()
        ) if "D" not in meanings.inventory.bare and not meanings.inventory.is_index(direction):
            letter, way = Name(meanings.new_letter()), meanings.term(direction)
            numbers = range(1, len(points) + 1)
            ways = [way] if len(points) == 1 else [terms.Entry(way, (terms.Number(Fraction(n)),)) for n in numbers]
            moved = tuple(
                Apply("+", (point, Apply("beside", (letter, each)))) for point, each in zip(points, ways, strict=True)
            )
            meanings.used.add("D with a letter below is the derivative in its direction")
            return terms.At(Slope("partial", Call(function, moved), letter), letter.text, terms.ZERO)
    return None


def gradient(
    meanings: Meanings, part: w.Differentiation, parts: Sequence[Written], joints: Sequence[str], at: int
) -> tuple[Term, int]:
    """\\nabla f(x, y): the derivatives by all arguments, at these; \\nabla J(w) of a value is one by w.

    Without arguments, \\nabla f is that at the parameters with which f is defined.
    """
    subject, bracket = parts[at + 1], parts[at + 2] if at + 2 < len(parts) else None
    if joints[at]:
        raise NotMeant("a gradient by nothing that is said", part.place)
    if joints[at + 1 : at + 2] != ("",) or not isinstance(bracket, w.Bracketed):
        names = _parameters_without_arguments(meanings, subject)
        plain = tuple(w.Symbol(each, place=part.place) for each in names)
        if not plain:
            variable = _only_variable(meanings, subject)
            if variable is None or len(parts) > at + 2:
                raise NotMeant("a gradient by nothing that is said", part.place)
            meanings.used.add(f"nabla without a letter is the derivative by {base_name(variable)}")
            return slope_of(meanings, replace(part, variables=(variable,)), meanings.term(subject)), at + 2
        return _gradient(meanings, part, subject, w.Bracketed("(", plain, place=part.place)), at + 2
    return _gradient(meanings, part, subject, bracket), at + 3


def _only_variable(meanings: Meanings, subject: Written) -> w.Symbol | None:
    """The only letter in brackets by which derivatives are taken: x in \\nabla (x^T A x), if A is capital.

    For a letter without brackets, it is the only one by which the document differentiates it.
    """
    if isinstance(subject, w.Symbol):
        by = meanings.inventory.variables.get(base_name(subject), frozenset[str]())
        return w.Symbol(min(by), place=subject.place) if len(by) == 1 else None
    if not isinstance(subject, w.Bracketed):
        return None
    letters = {base_name(each): each for each in all_parts(subject) if isinstance(each, w.Symbol)}
    small = {name for name, each in letters.items() if not each.is_word and name[:1].islower()} - USUAL_CONSTANTS
    small -= meanings.functions.keys() | ELEMENTARY.keys() | TRANSPOSES | meanings.inventory.indices
    found = small & meanings.inventory.by.keys() or small
    return letters[min(found)] if len(found) == 1 else None


def _gradient(meanings: Meanings, part: w.Differentiation, subject: Written, bracket: w.Bracketed) -> Term:
    items, name = arguments_of(bracket), base_name(subject) if isinstance(subject, w.Symbol) else ""
    if len(items) == 1 == part.order and not isinstance(items[0], w.Symbol) and name not in meanings.depends:
        return _at_new_letter(meanings, part, subject, bracket)
    names = parameters_of(meanings, subject, bracket)
    variables = [w.Symbol(name, place=part.place) for name in names]
    by_each = [replace(part, sign="partial", subject=subject, variables=(each,) * part.order) for each in variables]
    if len(by_each) == 1:
        value = replace(part, subject=subject, variables=(variables[0],))
        return at_arguments(meanings, slope_of(meanings, value, meanings.term(subject), 1), names, bracket)
    if part.order > 1:
        raise NotMeant("a second derivative by several variables", part.place)
    if not function_of(meanings, subject, len(names)):
        meanings.used.add("a gradient is by all that stands in brackets")
    column = terms.Table(tuple((slope_of(meanings, each, meanings.term(subject), len(names)),) for each in by_each))
    return at_arguments(meanings, column, names, bracket)


def _at_new_letter(meanings: Meanings, part: w.Differentiation, subject: Written, bracket: w.Bracketed) -> Term:
    """The derivative of a function of one argument at something: by a letter of its own, where this is the value."""
    letter = w.Symbol(meanings.new_letter(), place=bracket.place)
    value = meanings.term(w.Beside((subject, replace(bracket, items=(letter,))), ("",), place=part.place))
    if not isinstance(value.base if isinstance(value, terms.Entry) else value, Call):
        raise NotMeant("a derivative at something", bracket.place)
    slope = slope_of(meanings, replace(part, variables=(letter,)), value)
    return terms.At(slope, letter.text, meanings.term(bracket.items[0]))


def parameters_of(meanings: Meanings, subject: Written, bracket: w.Bracketed) -> tuple[str, ...]:
    """The names of what stands in brackets behind a function, or behind a value that depends on them."""
    items = arguments_of(bracket)
    name = function_of(meanings, subject, len(items))
    names = _names_of(meanings, name, base_name(subject), len(items)) if isinstance(subject, w.Symbol) and name else ()
    names = names or _parameters_without_arguments(meanings, subject)
    if len(names) != len(items):
        names = tuple(base_name(item) if isinstance(item, w.Symbol) else "" for item in items)
    if not all(names) or len(set(names)) < len(names):
        raise NotMeant("a derivative at something", bracket.place)
    return names


def _parameters_without_arguments(meanings: Meanings, subject: Written) -> tuple[str, ...]:
    """The names in brackets behind a letter where the document says what it is: a function, or a value."""
    if name := function_of(meanings, subject):
        return meanings.functions.get(name, ())
    return meanings.depends.get(meanings.named(base_name(subject)), ()) if isinstance(subject, w.Symbol) else ()


def at_arguments(meanings: Meanings, slope: Term, names: Sequence[str], bracket: w.Bracketed) -> Term:
    """A derivative at arguments: \\frac{\\partial f}{\\partial x}(a, b)."""
    return _at(meanings, slope, dict(zip(names, arguments_of(bracket), strict=True)), bracket)


def is_one_thing(item: Written) -> bool:
    """Whether something alone in brackets is where a derivative is taken, and no factor: a letter, a vector, a call."""
    match item:
        case w.Beside(parts=(w.Symbol() | w.Scripted(), w.Bracketed(kind="(")), joints=("",)):
            return True
    return isinstance(item, w.Symbol | w.Scripted | w.Numeral | w.Dots | w.Bracketed)


def point_below(meanings: Meanings, part: w.Differentiation, subject: Written) -> w.Bracketed | None:
    """The point below nabla in brackets at which the gradient of a function is taken; None if a name stands there."""
    match part.variables, subject:
        case (w.Bracketed() | w.Beside() as point,), w.Symbol() if (
            is_one_thing(point) and meanings.named(base_name(subject)) in meanings.functions
        ):
            return w.Bracketed("(", (point,), place=point.place)
    return None


def called_with_variable(meanings: Meanings, part: w.Differentiation, subject: Written) -> Written:
    """A function of one argument, at the letter below nabla: f(x) in nabla_x f, where the text also has f(h) and f(x).

    The argument of a function that is written out has no letter, so that below nabla is its argument.
    """
    match part.variables, subject:
        case (w.Symbol() as letter,), w.Symbol():
            name, base = meanings.named(base_name(subject)), base_name(subject)
            usual, calls = _names_of(meanings, name, base, 1), meanings.inventory.called.get(base, ())
            is_made = (
                usual[:1]
                and usual[0].startswith(EQUATED)
                and any(base_name(letter) in letters_of(each) for each in calls)
            )
            is_called = meanings.functions.get(name) == () and any(arguments_of(each) == (letter,) for each in calls)
            if len(usual) == 1 and not {base_name(letter), *meanings.defined} & {*usual} and (is_made or is_called):
                return w.Beside((subject, w.Bracketed("(", (letter,), place=subject.place)), ("",), place=subject.place)
    return subject


def at_point(meanings: Meanings, part: Written, after: Written | None) -> Term | None:
    """\\frac{df}{dx}(g(t)) of a function of one argument, of which nothing tells the letter: x is this letter."""
    match part, after:
        case w.Differentiation(subject=w.Symbol() as subject, variables=(variable,)), w.Bracketed(items=(item,)) if (
            meanings.functions.get(meanings.named(base_name(subject))) == () and is_one_thing(item)
        ):
            letter = variable.base if isinstance(variable, w.Scripted) else variable
            if isinstance(letter, w.Symbol):
                called = w.Beside((subject, w.Bracketed("(", (letter,), place=part.place)), ("",), place=part.place)
                slope = slope_of(meanings, part, meanings.term(called))
                return at_arguments(meanings, slope, (base_name(letter),), after)
    return None


def is_at_its_variable(part: Written, after: Written | None) -> bool:
    """Whether brackets behind a derivative only tell its variable again, or the vector of which this is an entry."""
    bracket = after.base if isinstance(after, w.Scripted) else after
    match part, bracket:
        case w.Differentiation(subject=w.Written(), variables=(variable,)), w.Bracketed(kind="(", items=(item,)):
            base = variable.base if isinstance(variable, w.Scripted) else variable
            return isinstance(item, w.Symbol) and item in (variable, base)
    return False


def evaluated(meanings: Meanings, inside: Written, lower: Written) -> Term:
    """A value elsewhere: \\left. f(x) \\right|_{x = a}; of a derivative by x also \\left. df/dx \\right|_a.

    Raises
    ------
    NotMeant
    """
    there = dict[str, Written]()
    for each in lower.items if isinstance(lower, w.Listed) else (lower,):
        match each, inside:
            case w.Comparing(members=(w.Symbol() as name, value), relations=("=",)), _:
                there[base_name(name)] = value
            case ((w.Symbol() | w.Scripted() | w.Numeral()), w.Differentiation(variables=(w.Symbol() as name,))):
                there[base_name(name)] = each
            case _:
                raise NotMeant("a value at something that is not read", lower.place)
    return _at(meanings, meanings.term(inside), there, lower)


def _at(meanings: Meanings, found: Term, there: Mapping[str, Written], place: Written) -> Term:
    """A term where names have other values."""
    items = [(meanings.named(name, alone=True), meanings.term(value)) for name, value in there.items()]
    moved = {own: value for own, value in items if value != Name(own)}
    for name, value in moved.items():
        if moved.keys() & terms.free_names(value) - {name}:
            raise NotMeant("a derivative where variables are exchanged", place.place)
        found = terms.At(found, name, value)
    return found


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


def usual_arguments(meanings: Meanings, name: str) -> tuple[str, ...]:
    """The letters with which a function that has no definition is mostly called, if it is called with letters alone."""
    if name not in meanings.functions or meanings.functions[name]:
        return ()
    counts = Counter(len(arguments_of(bracket)) for bracket in meanings.inventory.called.get(name, ()))
    return _usual(meanings, name, counts.most_common(1)[0][0]) if counts else ()


def slope_of(meanings: Meanings, written: w.Differentiation, body: Term, count: int = 0) -> Term:
    """A derivative of a term, or of a function of so many arguments."""
    subject = written.subject
    name = function_of(meanings, subject, count) if subject is not None else ""
    if name and isinstance(subject, w.Symbol):
        names = _names_of(meanings, name, base_name(subject), count)
        body = Call(name, tuple(Name(meanings.named(each, alone=True)) for each in names))
    kind = f"written, {meanings.layout}" if meanings.layout else "written"
    if written.sign in ("nabla", "grad", "jacobian"):
        is_row = written.sign == "jacobian" or (written.sign == "nabla" and meanings.nabla_is_row)
        kind = "written, rows" if is_row else "written"
    if written.sign == NAMED:
        meanings.used.add(MEANT)
    if isinstance(body, Call) and body.function in meanings.of_numbers:
        kind = "partial"
    if not written.variables:
        raise NotMeant("a gradient by nothing that is said", written.place)
    variables = [meanings.term(variable) for variable in written.variables]
    variables *= written.order if written.sign in ("nabla", "grad") and len(variables) == 1 else 1
    if any(isinstance(each, Apply) and each.operator == "turned" for each in variables):
        meanings.used.add("a derivative by a transpose is one by the vector")
        variables = [each.operands[0] if isinstance(each, Apply) else each for each in variables]
    letter = _elsewhere(meanings, written, body, variables[0]) if len({*variables}) == 1 else ""
    if letter and isinstance(body, Call):
        there = replace(body, arguments=(Name(letter),))
        return terms.At(_slope(meanings, written, there, kind, variables), letter, body.arguments[0])
    return _slope(meanings, written, body, kind, variables)


def _slope(meanings: Meanings, written: w.Differentiation, body: Term, kind: str, variables: Sequence[Term]) -> Term:
    """The derivative of a term by one variable after another."""
    held = _held(meanings, body, variables) if written.sign == "partial" else ()
    if len(variables) == 1 and (at := _by_argument(meanings, body, kind, variables[0])) is not None:
        return at
    if len(variables) == 1 and (found := _by_member(body, kind, variables[0])) is not None:
        return found
    for variable in variables:
        if not terms.base_of(variable):
            raise NotMeant("a derivative by something that is no name", written.place)
        if isinstance(variable, Name) and variable.text in meanings.inventory.indices - meanings.inventory.by.keys():
            raise NotMeant("a derivative by an index", written.place)
    if len(variables) == 2 and variables[0] == variables[1] and isinstance(variables[0], Name):
        return Slope("second", body, variables[0], held)
    for variable in reversed(variables):
        body = Slope(kind, body, variable, held)
    return body


def _held(meanings: Meanings, body: Term, variables: Sequence[Term]) -> tuple[str, ...]:
    """The arguments of L(w, b), besides those by which it is differentiated, that have definitions."""
    by = {terms.base_of(each) for each in variables}
    names = [terms.base_of(each) for each in body.arguments] if isinstance(body, Call) else []
    names = names or [meanings.named(each, alone=True) for each in meanings.depends.get(terms.base_of(body), ())]
    return tuple(each for each in names if each not in by and each in meanings.defined) if by <= {*names} else ()


def is_elsewhere(part: w.Differentiation, function: Written, bracket: Written) -> bool:
    """Whether a gradient by a letter is one of a function at something without this letter: nabla_x f(A z)."""
    match part.variables, function, bracket:
        case (w.Symbol() as letter,), w.Symbol(), w.Bracketed(kind="(", items=(item,)):
            return base_name(letter) not in letters_of(item)
    return False


def _elsewhere(meanings: Meanings, written: w.Differentiation, body: Term, variable: Term) -> str:
    """The letter of a derivative of a function at something without this letter: nabla_x f(A z) is that of f at A z.

    Nothing in A z has a definition, by which it might depend on x. If the derivative is no gradient, A z is no letter,
    and nothing else is known of f. Then, or with a definition of z^{(i)}, a proof rests on this.
    """
    letter = terms.base_of(variable)
    if not letter or not isinstance(body, Call) or len(body.arguments) != 1:
        return ""
    [argument], is_gradient = body.arguments, written.sign in ("nabla", "grad")
    if not is_gradient and (terms.base_of(argument) or meanings.functions.get(body.function) != ()):
        return ""
    inside = terms.free_names(argument) - meanings.inventory.indices
    if letter in inside or inside & (meanings.defined | meanings.depends.keys() | meanings.functions.keys()):
        return ""
    is_sure = is_gradient and not inside & meanings.defined_above
    meanings.used.add(f"{'a' if is_sure else 'the'} derivative of {body.function} by {letter} {AT_ITS_ARGUMENT}")
    return letter


def _by_argument(meanings: Meanings, body: Term, kind: str, variable: Term) -> Term | None:
    """The derivative by a formula that stands in the body: df(A z)/d(A z)_k is that by a letter of its own, at A z."""
    place = variable.base if isinstance(variable, terms.Entry) else variable
    letter = Name(meanings.new_letter())
    inside = terms.substituted(body, lambda part: letter if part == place else None)
    own = terms.free_names(place) - meanings.inventory.indices - meanings.functions.keys()
    if terms.base_of(variable) or inside == body or own & terms.free_names(inside):
        return None
    meanings.used.add("a derivative by a formula is one by the argument that it is")
    by = replace(variable, base=letter) if isinstance(variable, terms.Entry) else letter
    return terms.At(Slope(kind, inside, by), letter.text, place)


def _by_member(body: Term, kind: str, variable: Term) -> Term | None:
    """The derivative of a number by one of several vectors: that one of its derivatives by all of them."""
    match variable:
        case Apply(operator="member", operands=(Name() as every, index)):
            found = Apply("member", (Slope("written", body, every), index))
        case Apply(operator="member", operands=(Apply(operator="'", operands=(Name() as every,)), index)):
            found = Apply("member", (Apply("'", (Slope("written", body, every),)), index))
        case Apply(operator="'", operands=(Apply(operator="member") as column,)):  # a row, W_{i:}
            return None if (of := _by_member(body, kind, column)) is None else Apply("'", (of,))
        case _:
            return None
    return Apply("turned", (found,)) if kind.endswith("transposed") else found
