"""Functions of exact numbers beyond powers: sines, arc tangents, erf, gamma, and unknown smooth functions.

sin and cos use the angle sums of known angles and sin^2 + cos^2 = 1. The others have no relation but their parity; each
is one generator per argument.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial, wraps
from typing import Any

import flint

from chainrule.algebra import exact
from chainrule.algebra.ball import Undecided
from chainrule.algebra.comparisons import record, sign_at_sample
from chainrule.algebra.exact import Exact, Infinite
from chainrule.algebra.field import UNKNOWN, Field, OutsideDomain, current
from chainrule.algebra.powers import (
    cbrt,
    combination,
    cosh,
    exp,
    expm1,
    log,
    log1p,
    multiples,
    number_of,
    power,
    same,
    sinh,
    sqrt,
    tabled,
    tanh,
)

# Sines and cosines.


def _sine_and_cosine(a: Exact) -> tuple[Exact, Exact]:
    """sin(a) and cos(a), by the angle sums of known angles."""
    a, (s, c) = _without_turns(a)
    if a.is_zero():
        return s, c
    span, coefficients = combination(current(), "angle", a, _angle)
    for member, times in coefficients.items():
        sine, cosine = span.members[member]
        for _ in range(abs(times)):
            turned = sine if times > 0 else -sine
            s, c = s * cosine + c * turned, c * cosine - s * turned
    return s, c


def _without_turns(a: Exact) -> tuple[Exact, tuple[Exact, Exact]]:
    """`a` less k pi / 12, with sin(k pi / 12) and cos(k pi / 12): k is a multiple of 6 where some of pi is left."""
    twelfths = Fraction(0)
    for generator, coefficient in multiples(current(), a):
        if generator.kind == "constant" and generator.text == "pi":
            twelfths = Fraction(12 * int(coefficient.p), int(coefficient.q))
    k = int(twelfths) if twelfths.denominator == 1 else 6 * math.floor(twelfths / 6)
    return a - constant("pi") * Fraction(k, 12) if k else a, _at_twelfths(k)


def _at_twelfths(k: int) -> tuple[Exact, Exact]:
    """sin(k pi / 12) and cos(k pi / 12), by k = 4 u + 3 v: u thirds and v quarters of pi."""
    zero, one = exact.rational(0), exact.rational(1)
    u, half = k % 3, one / 2
    v = (k - 4 * u) // 3 % 8
    s, c = (sqrt(exact.rational(3)) / 2, half if u == 1 else -half) if u else (zero, one)
    if v % 2:
        s, c = (s + c) * sqrt(half), (c - s) * sqrt(half)
    for _ in range(v // 2):
        s, c = c, -s
    return s, c


def _angle(field: Field, a: Exact) -> tuple[Exact, Exact]:
    made: list[Exact] = []
    cosine = field.adjoin("cos", lambda: f"cos({a})", a.value.cos(), slopes=((a, lambda: -made[0]),), rebuild=cos)
    square = field.context.gen(cosine.index) ** 2
    sine = field.adjoin(
        "sin",
        lambda: f"sin({a})",
        a.value.sin(),
        slopes=((a, lambda: made[1]),),
        rebuild=sin,
        power=2,
        relation=field.one - square,
    )
    made += [number_of(sine), number_of(cosine)]
    return made[0], made[1]


def sin(a: Exact) -> Exact:
    """The sine."""
    return _sine_and_cosine(a)[0]


def cos(a: Exact) -> Exact:
    """The cosine."""
    return _sine_and_cosine(a)[1]


def tan(a: Exact) -> Exact:
    """sin / cos."""
    s, c = _sine_and_cosine(a)
    return s / c


# Functions with a derivative and a parity, and no other relation.


def constant(name: str) -> Exact:
    """The number pi, or Euler's constant "euler"."""
    value = {"pi": flint.arb.pi, "euler": flint.arb.const_euler}[name]()
    return tabled(current(), "constant", exact.rational(0), value, None, None, name=name, positive=True)


def _odd(function: Callable[[Exact], Exact]) -> Callable[[Exact], Exact]:
    @wraps(function)
    def of_either_sign(a: Exact) -> Exact:
        if a.is_zero():
            return a
        return -function(-a) if a.num.leading_coefficient() < 0 else function(a)

    return of_either_sign


@_odd
def arctan(a: Exact) -> Exact:
    """The arc tangent; derivative 1 / (1 + a^2)."""
    return tabled(current(), "arctan", a, a.value.atan(), lambda: 1 / (1 + a * a), arctan)


@_odd
def arcsin(a: Exact) -> Exact:
    """The arc sine of -1 < a < 1; derivative 1 / sqrt(1 - a^2)."""
    positive(1 - a * a, "an arc sine, and 1 - a^2", edge=True)
    return tabled(current(), "arcsin", a, a.value.asin(), lambda: 1 / sqrt(1 - a * a), arcsin)


def arccos(a: Exact) -> Exact:
    """pi / 2 - arcsin(a)."""
    return constant("pi") / 2 - arcsin(a)


def arctan2(y: Exact, x: Exact) -> Exact:
    """The angle of the point (x, y), away from the negative x axis."""
    if x > 0:
        return arctan(y / x)
    half = constant("pi") / 2
    return half - arctan(x / y) if y > 0 else -half - arctan(x / y)


def arcsinh(a: Exact) -> Exact:
    """log(a + sqrt(a^2 + 1))."""
    return log(a + sqrt(a * a + 1))  # type: ignore[no-any-return]  # an Exact: the sum is not 0


def arccosh(a: Exact) -> Exact:
    """log(a + sqrt(a^2 - 1)) for a > 1."""
    return log(a + sqrt(a * a - 1))  # type: ignore[no-any-return]  # an Exact: the sum is not 0


def arctanh(a: Exact) -> Exact:
    """log((1 + a) / (1 - a)) / 2."""
    return log((1 + a) / (1 - a)) / 2  # type: ignore[no-any-return]  # an Exact: the quotient is not 0


@_odd
def erf(a: Exact) -> Exact:
    """The error function; derivative 2 exp(-a^2) / sqrt(pi)."""
    return tabled(current(), "erf", a, a.value.erf(), lambda: 2 * exp(-(a * a)) / sqrt(constant("pi")), erf)


def erfc(a: Exact) -> Exact:
    """1 - erf(a)."""
    return 1 - erf(a)


def ndtr(a: Exact) -> Exact:
    """The distribution function of the normal distribution, (1 + erf(a / sqrt 2)) / 2."""
    return (1 + erf(a / sqrt(exact.rational(2)))) / 2


def gammaln(a: Exact) -> Exact:
    """The logarithm of the gamma function of a > 0; derivative digamma(a)."""
    positive(a, "log gamma", beyond=True, edge=True)
    return tabled(current(), "gammaln", a, a.value.lgamma(), lambda: digamma(a), gammaln)


def gamma(a: Exact) -> Exact:
    """exp(gammaln(a)) for a > 0."""
    return exp(gammaln(a))


def digamma(a: Exact) -> Exact:
    """The derivative of gammaln."""
    return polygamma(0, a)


def polygamma(order: int, a: Exact) -> Exact:
    """The derivative of digamma of an order."""
    positive(a, "a polygamma function", beyond=True, edge=True)
    value = a.value.digamma() if order == 0 else flint.acb(a.value).polygamma(order).real
    name = "digamma" if order == 0 else f"polygamma{order}"
    return tabled(
        current(), "polygamma", a, value, lambda: polygamma(order + 1, a), partial(polygamma, order), name=name
    )


def positive(a: Exact, what: str, *, edge: bool = False, beyond: bool = False) -> None:
    """Record that a number is positive.

    Raises
    ------
    Undecided
        If it is not positive at the sample: `OutsideDomain`, unless the function is defined where it is 0 (`edge`) or
        negative (`beyond`).
    """
    sign, unknown = sign_at_sample(a)
    if sign <= 0:
        if unknown is not None:
            record(unknown, "<")
        refused = Undecided if (edge if sign == 0 else beyond) else OutsideDomain
        raise refused(f"{what} of {a}, which is {'0' if sign == 0 else 'negative'} at the sample")
    if unknown is not None:
        record(unknown, ">")


# Unknown smooth functions.


def unknown(name: str, *arguments: Exact, order: tuple[int, ...] = ()) -> Exact:
    """f(x, ...) of an unknown smooth f, or one of its partial derivatives.

    What is proved holds for every smooth f: the value at the sample is not known, so no comparison may depend on it.

    Parameters
    ----------
    name : str
    *arguments : Exact
    order : tuple of int, optional
        How often f is differentiated by each argument; f itself if absent.

    Returns
    -------
    Exact
        The same number for equal arguments.

    Examples
    --------
    >>> from chainrule.algebra import Field, gradient, variables
    >>> with Field():
    ...     x = variables("x", [2.0])
    ...     print(gradient(unknown("f", x[0] * x[0]), x))
    [2 x0 f'(x0^2)]
    """
    field = current()
    order = order or (0,) * len(arguments)
    known = field.tables.setdefault(UNKNOWN + name, [])
    for others, of_order, number in known:
        if of_order == order and all(same(a, b) for a, b in zip(others, arguments, strict=True)):
            found: Exact = number
            return found
    slopes = tuple(
        (a, partial(unknown, name, *arguments, order=(*order[:i], order[i] + 1, *order[i + 1 :])))
        for i, a in enumerate(arguments)
    )

    def spelling() -> str:
        marks = "".join("'" * n for n in order) if len(order) == 1 else "" if not any(order) else str(order)
        return f"{name}{marks}({', '.join(map(str, arguments))})"

    made = number_of(
        field.adjoin("unknown", spelling, flint.arb.nan(), slopes=slopes, rebuild=partial(unknown, name, order=order))
    )
    known.append((arguments, order, made))
    return made


def _of_finite(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def of_finite(*arguments: Exact) -> Any:
        if any(isinstance(a, Infinite) for a in arguments):
            raise Undecided(f"{function.__name__} of infinity")
        if (number := current().number) is not None:
            return number.function(function.__name__, *arguments)
        return function(*arguments)

    return of_finite


FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: _of_finite(function)
    for function in (
        *(exp, expm1, sinh, cosh, tanh, log, log1p, sqrt, cbrt, power, sin, cos, tan, arctan, arcsin, erf),
        *(arcsinh, arccosh, arctanh, arccos, arctan2, erfc, ndtr, gamma, gammaln, digamma),
    )
}
"""All functions of one number, and `power` and `arctan2`, by name."""

exact.FUNCTIONS.update(FUNCTIONS)
