"""Derivatives in all their spellings: \\frac{\\partial f}{\\partial x}, dL/dx, \\nabla_x, \\partial_x."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chainrule.documents.reader.syntax.written import (
    Beside,
    Differentiation,
    Fractional,
    Listed,
    Numeral,
    Place,
    Scripted,
    Signed,
    Symbol,
    Written,
)

MARKS = ("partial", "d", "delta")


def fraction_of(upper: Written, lower: Written, place: Place) -> Written:
    """A derivative, where both sides of a fraction begin with its sign; else the fraction.

    >>> d, f, x = Symbol("d"), Symbol("f"), Symbol("x")
    >>> fraction_of(beside([d, f]), beside([d, x]), (0, 0)) == Differentiation("d", f, (x,))
    True
    """
    sign = 1
    if isinstance(upper, Signed) and len(upper.terms) == 1:
        sign, upper = upper.signs[0], upper.terms[0]
    found = _derivative(upper, lower, place)
    if found is None:
        return Fractional(upper if sign == 1 else Signed((upper,), (sign,), place=upper.place), lower, place=place)
    return found if sign == 1 else Signed((found,), (sign,), place=place)


def with_slashes(parts: list[Written], joints: list[str]) -> tuple[list[Written], list[str]]:
    """Parts side by side, with each \\partial f / \\partial x among them as one derivative.

    >>> parts = [Symbol(each) for each in ("d", "f", "d", "x", "y")]
    >>> with_slashes(parts, ["", "/", "", ""])[1]
    ['']
    """
    at = 0
    while "/" in joints[at:]:
        at = joints.index("/", at)
        begin = at
        while begin > 0 and joints[begin - 1] == "" and _mark(parts[begin]) is None:
            begin -= 1
        mark, below = _mark(parts[begin]), _mark(parts[at + 1])
        end = at + 1
        if mark and below and below[0] == mark[0]:
            while (
                end + 1 < len(parts)
                and joints[end] == ""
                and _same_mark(parts[end], mark[0])
                and end - at < 2 * mark[1]
            ):
                end += 2
        if end > at + 1:
            place = parts[begin].place[0], parts[end - 1].place[1]
            found = _derivative(beside(parts[begin : at + 1]), beside(parts[at + 1 : end]), place)
            if found is not None:
                parts, joints = [*parts[:begin], found, *parts[end:]], [*joints[:begin], *joints[end - 1 :]]
                at = begin
                continue
        at += 1
    return parts, joints


def operator_of(base: Written, lower: Written | None, upper: Written | None, place: Place) -> Written | None:
    """\\nabla, \\partial and the word grad with what stands at them, or None for every other base."""
    is_word = isinstance(base, Symbol) and base.text == "grad" and base.is_word
    if not isinstance(base, Symbol) or not (is_word or base.text in ("nabla", "partial")) or base.accents:
        return None
    variables = () if lower is None else lower.items if isinstance(lower, Listed) else (lower,)
    order = int(upper.value) if isinstance(upper, Numeral) and upper.value in (1, 2, 3, 4) else 1
    if base.text == "partial":
        if not variables:
            return None
        variables = variables * order if len(variables) == 1 else variables
        return Differentiation("partial", None, variables, len(variables), place=place)
    found = Differentiation(base.text, None, variables, order, place=place)
    return found if upper is None or order > 1 else Scripted(found, None, upper, place=place)


def differentiation(
    sign: str, subject: Written | None, variables: Sequence[Written], order: int, place: Place
) -> Written | None:
    """A derivative by each variable as often as its power says; None where the powers do not add up to the order."""
    found: list[Written] = []
    for variable in variables:
        times = 1
        if order > 1 and isinstance(variable, Scripted) and isinstance(variable.upper, Numeral):
            times = int(variable.upper.value) if variable.upper.value in range(2, 10) else 1
            if times > 1:
                bare = replace(variable, upper=None)
                variable = bare if bare.lower is not None or bare.primes else bare.base
        found += [variable] * times
    if len(found) == 1 and order > 1:
        found *= order
    return Differentiation(sign, subject, tuple(found), len(found), place=place) if len(found) == order else None


def beside(parts: Sequence[Written], joints: Sequence[str] | None = None) -> Written:
    """Parts side by side, or the only one.

    >>> beside([Symbol("x")])
    Symbol(place=(0, 0), text='x', accents=(), font='', is_word=False)
    """
    if len(parts) == 1:
        return parts[0]
    place = parts[0].place[0], parts[-1].place[1]
    return Beside(tuple(parts), tuple(joints or [""] * (len(parts) - 1)), place=place)


# What follows is private.


def _mark(part: Written) -> tuple[str, int] | None:
    """The sign of a derivative and its order: \\partial^2."""
    order = 1
    if isinstance(part, Scripted) and part.lower is None and not part.primes and isinstance(part.upper, Numeral):
        order, part = int(part.upper.value), part.base
    is_mark = isinstance(part, Symbol) and part.text in MARKS and not part.accents and part.font in ("", "roman")
    return (part.text, order) if isinstance(part, Symbol) and is_mark and 0 < order < 10 else None


def _same_mark(part: Written, sign: str) -> bool:
    mark = _mark(part)
    return mark is not None and mark[0] == sign


def _derivative(upper: Written, lower: Written, place: Place) -> Written | None:
    terms = upper.terms if isinstance(upper, Signed) else (upper,)
    parts, joints = _parts(terms[0])
    mark, below = _mark(parts[0]), _mark(_parts(lower)[0][0])
    if mark is None or below is None or {mark[0], below[0]} not in ({below[0]}, {"d", "partial"}):
        return None
    if isinstance(upper, Signed) and (upper.signs[0] != 1 or any(_mark(_parts(term)[0][0]) for term in terms[1:])):
        return None
    subject = beside(parts[1:], joints[1:]) if len(parts) > 1 else None
    if isinstance(upper, Signed):
        if subject is None and mark[0] != "partial":
            return None
        if subject is None:  # \\partial -\\log f
            subject = Signed(terms[1:], upper.signs[1:], place=(terms[1].place[0], upper.place[1]))
        else:
            subject = Signed((subject, *terms[1:]), upper.signs, place=(subject.place[0], upper.place[1]))
    variables: list[list[Written]] = []
    below_parts, below_joints = _parts(lower)
    ask = False
    for part, joint in zip(below_parts, ["", *below_joints], strict=True):
        if not ask and joint == "" and _same_mark(part, below[0]):
            variables.append([])
            ask = True
        else:
            variables[-1].append(part)
            ask = False
    if not all(variables):
        return None
    return differentiation(below[0], subject, [beside(each) for each in variables], mark[1], place)


def _parts(node: Written) -> tuple[tuple[Written, ...], tuple[str, ...]]:
    return (node.parts, node.joints) if isinstance(node, Beside) else ((node,), ())
