"""Products: factors side by side, among them functions without brackets, sums and derivatives of what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from chainrule.documents.language import terms
from chainrule.documents.language.terms import ONE, Apply, Call, Entry, Fold, Name, Term
from chainrule.documents.language.trees import changed_to
from chainrule.documents.reader.letters.inventory import LAYER_LETTERS
from chainrule.documents.reader.letters.meanings import Meanings
from chainrule.documents.reader.letters.prefixes import CHANGE
from chainrule.documents.reader.letters.scripts import is_transpose
from chainrule.documents.reader.structure.differentials import SIGN, is_sign
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import (
    BRACKET,
    ELEMENTARY,
    ENTRYWISE,
    JOINTS,
    NO_OPERATOR,
    OVER_ALL_ENTRIES,
    REACHES,
    TAKE_NO_BRACKETS,
    NotMeant,
)
from chainrule.documents.reader.syntax.parts_written import all_parts, arguments_of, base_name, letters_of
from chainrule.documents.reader.syntax.written import Written
from chainrule.documents.reader.translation import unclear_reach
from chainrule.documents.reader.translation.function_calls import called, in_base, power_of_function
from chainrule.documents.reader.translation.index_ranges import members_counted, ranges_of
from chainrule.documents.reader.translation.landau_terms import limit
from chainrule.documents.reader.translation.scripted_terms import with_scripts
from chainrule.documents.reader.translation.slopes import (
    along,
    at_arguments,
    at_point,
    called_with_variable,
    evaluated,
    function_of,
    gradient,
    is_at_its_variable,
    is_elsewhere,
    is_one_thing,
    parameters_of,
    point_below,
    slope_of,
)

OPERATOR_LETTERS = (CHANGE, "delta", "D", "T")
"""Letters that are operators in some texts: a Laplacian, a variation, a derivative, a transform."""

UNREAD_OPERATORS = {
    **dict.fromkeys(("int", "iint", "iiint", "oint"), "an integral"),
    **dict.fromkeys(("lim", "limsup", "liminf"), "a limit"),
    "E": "an expectation",
    "argmax": "the place of a maximum",
    "argmin": "the place of a minimum",
}
"""Operators that are not read, in words."""

LONE_BRACKETS = {
    w.UNOPENED: "a closing bracket that nothing opens is left out",
    w.UNENDED: "a bracket that nothing closes reaches to the next relation",
}
"""How brackets without a partner are read."""

_Factor: TypeAlias = tuple[str, Term]


def product(meanings: Meanings, parts: Sequence[Written], joints: Sequence[str]) -> Term:
    """The term of factors side by side, with the signs between them.

    Raises
    ------
    NotMeant
    """
    if len(parts) > 1 and isinstance(parts[-1], w.NotRead) and parts[-1].what in LONE_BRACKETS:
        meanings.used.add(LONE_BRACKETS[parts[-1].what])
        return product(meanings, parts[:-1], joints[:-1])
    match parts:
        case [*inner, w.Scripted(base=w.Symbol(text="|"), lower=w.Written() as there, upper=None)] if inner:
            inside = w.Beside(tuple(inner), tuple(joints[:-1]), place=parts[0].place)
            return evaluated(meanings, inside if len(inner) > 1 else inner[0], there)
    unclear_reach.below_slash(meanings, parts, joints)
    factors, at, whole = list[_Factor](), 0, list[Term]()
    while at < len(parts):
        joint, first, before = joints[at - 1] if at else "", parts[at], parts[at - 1] if at else None
        begin, (factor, at) = at, _factor(meanings, parts, joints, at)
        if at == begin + 1 and _is_factorial(parts, joints, at) and not _has_power(first):
            if not isinstance(factor, terms.Number):
                meanings.used.add("a factorial is that of a whole number")
            factor, at = Apply("gamma", (Apply("+", (factor, terms.ONE)),)), at + 1
        if (
            joint in ENTRYWISE - meanings.redefined
            and _is_capital(first)
            and not _is_capital(before)
            and at < len(parts)
        ):
            meanings.used.add("an entrywise product comes after the product behind it")  # a ⊙ W^T d is a ⊙ (W^T d)
            whole.append(_multiplied(meanings, factors, parts))
            factors = []
        factors.append((joint, placed(factor, (first.place[0], parts[at - 1].place[1]))))
    found = _multiplied(meanings, factors, parts)
    for left in reversed(whole):
        found = Apply(".*", (left, found))
    return found


def placed(term: Term, place: w.Place) -> Term:
    """A term with its place in the text, unless it has one.

    >>> placed(Name("x"), (2, 3)).span
    (2, 3)
    """
    return changed_to(term, {"span": place}) if term.span == (0, 0) else term


# What follows is private.


def _factor(meanings: Meanings, parts: Sequence[Written], joints: Sequence[str], at: int) -> tuple[Term, int]:
    """The factor that begins at a part, and where the next begins."""
    part, after = parts[at], parts[at + 1] if at + 1 < len(parts) else None
    close = after is not None and not joints[at]
    if isinstance(part, w.BigOperator):
        return _big(meanings, part, parts, joints, at)
    if isinstance(part, w.Differentiation) and part.subject is None:
        if after is None:
            raise NotMeant("a derivative of nothing", part.place)
        if part.sign in ("nabla", "grad") and (point := point_below(meanings, part, after)) is not None:
            part, parts = replace(part, variables=()), (*parts[: at + 1], after, point)
            return gradient(meanings, part, parts, (*joints[: at + 1], ""), at)[0], at + 2
        if part.sign in ("nabla", "grad") and not part.variables:
            scripted = parts[at + 2] if at + 2 < len(parts) else None
            if isinstance(scripted, w.Scripted) and isinstance(scripted.base, w.Bracketed) and not scripted.primes:
                inside = (*parts[: at + 2], scripted.base)
                found, end = gradient(meanings, part, inside, joints, at)
                return with_scripts(meanings, found, scripted), end
            return gradient(meanings, part, parts, joints, at)
        if part.sign in ("nabla", "grad") and not (
            joints[at + 1 : at + 2] == ("",) and isinstance(parts[at + 2], w.Bracketed)
        ):
            after = called_with_variable(meanings, part, after)
            parts = (*parts[: at + 1], after, *parts[at + 2 :])
        call = tuple(parts[at + 1 : at + 3])
        if part.sign in ("nabla", "grad") and joints[at + 1 : at + 2] == ("",) and is_elsewhere(part, *call):
            return slope_of(meanings, part, meanings.term(w.Beside(call, ("",), place=part.place))), at + 3
        if isinstance(after, w.Bracketed) and len(parts) > at + 2:
            meanings.used.add(BRACKET)
            return slope_of(meanings, part, meanings.term(after)), at + 2
        match after:
            case w.Scripted(base=w.Symbol(), upper=w.Symbol() as upper, primes=0) if (
                len(parts) == at + 2 and part.sign == "nabla" and is_transpose(meanings, upper)
            ):
                bare = after.base if after.lower is None else replace(after, upper=None)
                of = slope_of(meanings, part, meanings.term(called_with_variable(meanings, part, bare)))
                return Apply("turned", (of,)), at + 2  # \\nabla_x f^T
        if part.sign in ("nabla", "grad") and joints[at + 1 : at + 2] and joints[at + 1] in ENTRYWISE:
            return slope_of(meanings, part, meanings.term(after)), at + 2  # \\nabla_a C \\odot b
        if len(parts) > at + 2 and _factor(meanings, parts, joints, at + 1)[1] < len(parts):
            meanings.used.add(REACHES)
        return slope_of(meanings, part, product(meanings, parts[at + 1 :], joints[at + 1 :])), len(parts)
    head = part.base if isinstance(part, w.Scripted) else part
    match part:
        case w.Scripted(
            base=w.Differentiation(sign="nabla" | "grad", subject=None) as sign, upper=w.Symbol() as upper
        ) if close and is_transpose(meanings, upper):
            meanings.used.add("nabla with a transpose is the transposed gradient")
            end = _factor(meanings, parts, joints, at + 1)[1]
            return Apply("turned", (product(meanings, (sign, *parts[at + 1 : end]), joints[at : end - 1]),)), end
        case w.Scripted(base=w.Symbol(text="D")) if close and at + 2 < len(parts):
            of, end = _factor(meanings, parts, joints, at + 1)
            if (derived := along(meanings, part, of)) is not None:
                return derived, end
    if meanings.differentials and close and is_sign(part):
        if isinstance(after, w.Scripted) and isinstance(after.upper, w.Numeral):
            raise NotMeant("a differential of a power or a power of a differential", part.place)
        meanings.used.add(SIGN)
        inner, end = _factor(meanings, parts, joints, at + 1)
        return terms.Differential(inner), end
    if joints[at : at + 1] == ("o",) and isinstance(part, w.Symbol) and base_name(part) in meanings.functions:
        inner, end = _factor(meanings, parts, joints, at + 1)
        if not isinstance(inner, Call) or end < at + 3:
            raise NotMeant("a composition without an argument", part.place)
        return Call(meanings.named(base_name(part)), (inner,)), end
    if isinstance(part, w.Differentiation) and close and isinstance(after, w.Bracketed) and part.subject is not None:
        plain = all(map(is_one_thing, after.items))
        several, known = len(after.items) > 1, function_of(meanings, part.subject, len(arguments_of(after)))
        own = letters_of(part.variables[0]) if len(part.variables) == 1 else frozenset[str]()
        if known and is_at_its_variable(part, after) and not own & set(meanings.functions.get(known, ())):
            there = w.Beside((part.subject, after), ("",), place=part.place)  # dh/dy_1(y), where h(x) is defined
            return slope_of(meanings, replace(part, subject=there), meanings.term(there)), at + 2
        if after.kind == "(" and ((plain and (several or known)) or (several and known)):
            names = parameters_of(meanings, part.subject, after)
            return at_arguments(
                meanings, slope_of(meanings, part, meanings.term(part.subject), len(names)), names, after
            ), at + 2
    if close and (found_there := at_point(meanings, part, after)) is not None:
        return found_there, at + 2
    if close and is_at_its_variable(part, after):
        found = meanings.term(part)
        return (with_scripts(meanings, found, after) if isinstance(after, w.Scripted) else found), at + 2
    if isinstance(head, w.Symbol | w.Numeral) and close:
        value = called(meanings, part, head, after)
        if value is not None:
            return value, at + 2
        if isinstance(head, w.Symbol) and _may_be_operator(meanings, head) and isinstance(after, w.Bracketed):
            meanings.used.add(f"{base_name(head)} {NO_OPERATOR}")
        if isinstance(head, w.Symbol) and head.text in TAKE_NO_BRACKETS and head.text in ELEMENTARY:
            return _without_brackets(meanings, part, head, parts, joints, at)
    if isinstance(head, w.Symbol) and head.text in ELEMENTARY and not isinstance(part, w.Scripted):
        raise NotMeant(f"{head.text} without an argument", part.place)
    return meanings.term(part), at + 1


def _may_be_operator(meanings: Meanings, head: w.Symbol) -> bool:
    """Whether a letter of which nothing is said is one for operators: a Laplacian, a variation, a transform."""
    name = base_name(head)
    return not meanings.is_told(name) and (name in OPERATOR_LETTERS or head.font == "calligraphic")


def _multiplied(meanings: Meanings, factors: Sequence[_Factor], parts: Sequence[Written]) -> Term:
    (_, found), *others = factors
    for joint, factor in others:
        if joint in meanings.redefined:
            raise NotMeant(f"the sign {joint}, which the text defines", parts[0].place)
        if joint == "/":
            found = Apply("over", (found, factor))
        elif joint in JOINTS:
            found = Apply(JOINTS[joint], (found, factor))
        else:
            raise NotMeant(f"factors with {joint} between", parts[0].place)
    return found


def _without_brackets(
    meanings: Meanings, part: Written, head: w.Symbol, parts: Sequence[Written], joints: Sequence[str], at: int
) -> tuple[Term, int]:
    """log p_k: the argument is what follows, with the factors of a number before it, up to a sign of a product."""
    end = at + 2
    if isinstance(parts[at + 1], w.BigOperator | w.Differentiation):
        end = len(parts)
    elif isinstance(parts[at + 1], w.Numeral) and at + 2 < len(parts) and not joints[at + 1]:
        end = at + 3
    if parts[end - 1] == w.Symbol("pi") and not meanings.is_told("pi"):
        behind_pi = end
        while end < len(parts) and not joints[end - 1] and _goes_with_pi(meanings, head, parts[end]):
            end += 1
        if end > behind_pi:
            meanings.used.add(f"{head.text} takes all letters behind pi")  # sin 2 pi n, log 2 pi sigma^2
    end += _is_factorial(parts, joints, end)  # log y!
    nested = parts[at + 1]
    inner = nested.base if isinstance(nested, w.Scripted) else nested
    bracket = parts[at + 2] if at + 2 < len(parts) and not joints[at + 1] else None
    if isinstance(inner, w.Symbol) and (
        inner.text in ELEMENTARY
        or base_name(inner) in meanings.functions
        or called(meanings, nested, inner, bracket) is not None
    ):
        argument, end = _factor(meanings, parts, joints, at + 1)
    else:
        if ELEMENTARY[head.text] in ("trace", "vec"):  # tr A B is the trace of A B
            end = next((k for k in range(end, len(parts)) if joints[k - 1]), len(parts))
        argument = product(meanings, parts[at + 1 : end], joints[at + 1 : end - 1])
    unclear_reach.argument(meanings, head.text, parts, joints, end)
    if head.text == "det" and isinstance(argument, Apply) and argument.operator == "bars":  # det |A|
        argument = argument.operands[0]
    name, primes = ELEMENTARY[head.text], part.primes if isinstance(part, w.Scripted) else 0
    found: Term = Call(name, (argument,), (primes,)) if primes else Apply(name, (argument,))
    if isinstance(part, w.Scripted):
        found = in_base(meanings, found, head.text, part.lower)
        found = found if part.upper is None else power_of_function(meanings, found, part.upper)
    return found, end


def _goes_with_pi(meanings: Meanings, head: w.Symbol, part: Written) -> bool:
    """Whether a function without brackets takes a factor behind pi: a letter, and a sine takes brackets as well."""
    inner = part.base if isinstance(part, w.Scripted) else part
    if isinstance(inner, w.Bracketed):
        return head.text in ("sin", "cos", "tan")
    name = base_name(inner) if isinstance(inner, w.Symbol) else ""
    return bool(name) and name not in ELEMENTARY and name not in meanings.functions


def _big(
    meanings: Meanings, part: w.BigOperator, parts: Sequence[Written], joints: Sequence[str], at: int
) -> tuple[Term, int]:
    if part.kind in ("max", "min") and part.lower is None:
        after = parts[at + 1] if at + 1 < len(parts) else None
        bracket = after.base if isinstance(after, w.Scripted) else after
        if isinstance(bracket, w.Bracketed) and len(bracket.items) > 1:
            largest: Term = Apply(part.kind, tuple(meanings.term(item) for item in bracket.items))
            return with_scripts(meanings, largest, after) if isinstance(after, w.Scripted) else largest, at + 2
        letters = after.items if isinstance(after, w.Bracketed) else ()
        if len(letters) == 1 and isinstance(letters[0], w.Symbol):  # of all entries
            one, entry = "_one", Entry(meanings.term(letters[0]), (Name("_one"),))
            return Fold(part.kind, one, ONE, meanings.open_size(one), entry), at + 2
    if part.kind == "lim" and at + 1 < len(parts):
        return limit(meanings, part, product(meanings, parts[at + 1 :], joints[at + 1 :])), len(parts)
    if part.kind not in ("sum", "prod", "max", "min"):
        raise NotMeant(UNREAD_OPERATORS.get(part.kind, f"the sign {part.kind}"), part.place)
    if at + 1 >= len(parts):
        raise NotMeant(f"a {part.kind} of nothing", part.place)
    body = product(meanings, parts[at + 1 :], joints[at + 1 :])
    if part.kind == "sum" and part.lower is None and part.upper is None:
        meanings.used.add(OVER_ALL_ENTRIES)
        return Apply("total", (_by_entries(body),)), len(parts)
    if part.left_out:
        meanings.used.add("a sum without a range runs over the indices that stand nowhere else")
    ranges, condition = ranges_of(meanings, part)
    members_counted(part, ranges, body, parts[at + 1 :])
    above = (each.upper for one in parts[at + 1 :] for each in all_parts(one) if isinstance(each, w.Scripted))
    layers = frozenset[str]().union(*(letters_of(each) for each in above if isinstance(each, w.Bracketed)))
    if layers & LAYER_LETTERS & {index for index, _, _ in ranges}:
        raise NotMeant(f"a {part.kind} over layers", part.place)
    unclear_reach.of_values(meanings, part.kind, [index for index, _, _ in ranges], parts[at + 1 :])
    for index, low, high in reversed(ranges):
        body = Fold(part.kind, index, low, high, body, condition)
        condition = None
    return body, len(parts)


def _by_entries(body: Term) -> Term:
    """The product of which all entries are summed, entry by entry: y log p."""
    match body:
        case Apply("beside" | "dot", (left, right)) if terms.free_names(left) and terms.free_names(right):
            return Apply(".*", (_by_entries(left), _by_entries(right)))
        case Apply("beside" | "dot" | "over" | "negative", operands):
            return replace(body, operands=tuple(map(_by_entries, operands)))
    return body


def _is_factorial(parts: Sequence[Written], joints: Sequence[str], at: int) -> bool:
    """Whether the sign of a factorial stands at a place, behind what it is of."""
    return 0 < at < len(parts) and parts[at] == w.Symbol("!") and not joints[at - 1]


def _has_power(part: Written) -> bool:
    """Whether a factor is a power, or a sum or derivative of what follows: 2^{n!} and (2^n)! are both 2^n!."""
    above = part.upper if isinstance(part, w.Scripted) else None
    return not isinstance(part, w.Symbol | w.Numeral | w.Scripted | w.Bracketed) or not (
        above is None or isinstance(above, w.Bracketed)
    )


def _is_capital(part: Written | None) -> bool:
    """Whether a factor is a capital letter, perhaps with scripts, marks and brackets: (W^o)^T."""
    match part:
        case w.Scripted(base=inner) | w.Bracketed(kind="(", items=(inner,)):
            return _is_capital(inner)
        case w.Symbol(text=text):
            letter, _, _ = text.partition("_")
            return len(letter) == 1 and letter.isupper()
    return False
