"""Functions of exact numbers: generators with their derivatives and relations.

exp of sums splits into powers of known exponentials, log of products where the signs are known, roots of powers;
sin^2 + cos^2 = 1. Other functions, erf or an unknown f, have no relation but their parity; a number stands once for
each argument.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import flint

from chainrule.algebra import exact
from chainrule.algebra.ball import Undecided
from chainrule.algebra.exact import Exact, Infinite
from chainrule.algebra.field import Field, Generator, OutsideDomain, current, small_fraction
from chainrule.algebra.spans import Span

LARGEST_POWER = 64
"""Powers beyond are taken by exp and log."""

_PRIME_BITS = 96
"""Whole numbers of more bits are not split into primes."""


def number_of(generator: Generator) -> Exact:
    """The number that a generator stands for."""
    return exact.made(current().context.gen(generator.index), (), generator.value)


def _spans(field: Field, kind: str) -> list[Any]:
    return field.tables.setdefault(kind, [])


# Exponentials.


def exp(a: Exact) -> Exact:
    """e^a. Rational multiples of logarithms in `a` become powers of their arguments."""
    field = current()
    a, factor = _without_logarithms(field, a)
    return factor if a.is_zero() else factor * _powers(field, "exp", a, _exponential)


def _powers(field: Field, kind: str, a: Exact, make: Callable[[Field, Exact], Any]) -> Exact:
    """The product of powers of generators exp(b) of known arguments b whose combination is `a`."""
    span, coefficients = _combination(field, kind, a, make)
    result = exact.rational(1)
    for member, power_of in coefficients.items():
        result = result * span.members[member] ** power_of
    return result


def _combination(
    field: Field, kind: str, a: Exact, make: Callable[[Field, Exact], Any]
) -> tuple[Span, dict[int, int]]:
    """The span in which `a` has whole and small coefficients, and these; a new argument is added."""
    spans = _spans(field, kind)
    for span in spans:
        found = span.combination(a)
        if found is None:  # new here
            break
        if found:
            return span, span.whole(a, field.memory) or {}
    else:
        span = Span(f"{kind} {len(spans)}")
        spans.append(span)
    fineness = span.fineness(field.memory)
    argument = a / fineness
    span.add(argument, make(field, argument))
    return span, {len(span.members) - 1: fineness}


def _exponential(field: Field, a: Exact) -> Exact:
    made: list[Exact] = []
    made.append(
        number_of(
            field.adjoin(
                "exp", f"exp({a})", a.value.exp(), slopes=((a, lambda: made[0]),), rebuild=exp, positive=True
            )
        )
    )
    return made[0]


def _without_logarithms(field: Field, a: Exact) -> tuple[Exact, Exact]:
    """`a` less its rational multiples of logarithms, and the product of powers that these are."""
    rest, factor = a, exact.rational(1)
    if a.den:
        return rest, factor
    for monomial, coefficient in a.num.to_dict().items():
        used = [(index, exponent) for index, exponent in enumerate(monomial) if exponent]
        if len(used) == 1 and used[0][1] == 1 and (generator := field.at(used[0][0])).kind == "log":
            fraction = small_fraction(coefficient)
            if fraction is not None:
                rest = rest - number_of(generator) * coefficient
                factor = factor * _rational_power(generator.slopes[0][0], fraction)
    return rest, factor


def expm1(a: Exact) -> Exact:
    """e^a - 1."""
    return exp(a) - 1


def sinh(a: Exact) -> Exact:
    """(e^a - e^-a) / 2."""
    e = exp(a)
    return (e - 1 / e) / 2


def cosh(a: Exact) -> Exact:
    """(e^a + e^-a) / 2."""
    e = exp(a)
    return (e + 1 / e) / 2


def tanh(a: Exact) -> Exact:
    """(e^2a - 1) / (e^2a + 1)."""
    e = exp(a)
    return (e * e - 1) / (e * e + 1)


# Logarithms and roots of products.


def _positive(a: Exact, what: str) -> None:
    """Record that a number is positive.

    Raises
    ------
    OutsideDomain
        If it is not positive at the sample.
    """
    sign, unknown = exact.sign_at_sample(a)
    if sign <= 0:
        raise OutsideDomain(f"{what} of {a}, which is {'0' if sign == 0 else 'negative'} at the sample")
    if unknown is not None:
        exact.record(unknown, ">")


def _factors(a: Exact, what: str) -> tuple[Any, list[tuple[Exact, int]]]:
    """A positive number as a positive rational times powers of positive numbers; the signs of these are recorded.

    Raises
    ------
    OutsideDomain
        If the number is not positive at the sample.
    """
    field = current()
    if exact.sign_at_sample(a)[0] <= 0:
        raise OutsideDomain(f"{what} of {a}, which is not positive at the sample")
    constant, parts = field.factors(a.num)
    result = []
    for number, exponent in (*parts, *((k, -e) for k, e in a.den)):
        atom = field.atoms[number]
        factor = exact.made(atom.polynomial, (), atom.value)
        sign, unknown = exact.sign_at_sample(factor)
        if unknown is not None:
            exact.record(unknown, ">" if sign > 0 else "<")
        result.append((factor if sign > 0 else -factor, exponent))
    return abs(constant), result


def log(a: Exact) -> Any:
    """log(a). The logarithm of a product is split where the signs of the factors are recorded."""
    if a.is_zero():
        return Infinite(-math.inf)
    field = current()
    constant, factors = _factors(a, "the logarithm")
    result = _log_of_rational(field, constant)
    for factor, exponent in factors:
        result = result + exponent * _log_of_factor(field, factor)
    return result


def _log_of_factor(field: Field, factor: Exact) -> Exact:
    generator = _single(field, factor)
    if generator is not None and generator.kind == "exp":
        return generator.slopes[0][0]
    if generator is not None and generator.kind == "root":
        return log(generator.slopes[0][0]) / generator.power  # type: ignore[no-any-return]  # an Exact: the root's argument is not 0
    return _tabled(field, "log", factor, factor.value.log(), lambda: 1 / factor, log)


def _single(field: Field, a: Exact) -> Generator | None:
    """The generator that a number is."""
    if a.den or len(a.num) != 1:
        return None
    [(monomial, coefficient)] = a.num.to_dict().items()
    used = [(index, exponent) for index, exponent in enumerate(monomial) if exponent]
    return field.at(used[0][0]) if coefficient == 1 and len(used) == 1 and used[0][1] == 1 else None


def _log_of_rational(field: Field, x: Any) -> Exact:
    result = exact.rational(0)
    for prime, exponent in [*_primes(x.p), *((p, -e) for p, e in _primes(x.q))]:
        result = result + exponent * _tabled(field, "log", exact.rational(prime), flint.arb(prime).log(), partial(_inverse_of, prime), log)
    return result


def _inverse_of(n: Any) -> Exact:
    return exact.rational(flint.fmpq(1, n))


def _primes(n: Any) -> list[tuple[Any, int]]:
    """A whole number as powers of primes; itself if it is large."""
    n = flint.fmpz(n)
    if n == 1:
        return []
    return [(p, int(e)) for p, e in n.factor()] if n.bit_length() <= _PRIME_BITS else [(n, 1)]


def log1p(a: Exact) -> Any:
    """log(1 + a)."""
    return log(1 + a)


def sqrt(a: Exact) -> Exact:
    """The square root, positive where a is positive."""
    return _rational_power(a, Fraction(1, 2))


def cbrt(a: Exact) -> Exact:
    """The real cube root."""
    return _rational_power(a, Fraction(1, 3)) if a >= 0 else -_rational_power(-a, Fraction(1, 3))


def power(a: Exact, b: Exact) -> Exact:
    """a^b: for whole b by multiplication; else for positive a."""
    whole = b.rational()
    if whole is not None:
        fraction = small_fraction(whole, LARGEST_POWER)
        if fraction is not None and fraction.denominator == 1:
            return _whole_power(a, int(fraction))
        if fraction is not None:
            return _rational_power(a, fraction)
    if a.is_zero() and whole is not None and whole > 0:
        return a
    return exp(b * log(a))


def _whole_power(a: Exact, n: int) -> Exact:
    if n < 0:
        return _whole_power(exact.inverse(a), -n)
    result, square = exact.rational(1), a
    while n:
        if n & 1:
            result = result * square
        n >>= 1
        if n:
            square = square * square
    return result


def _rational_power(a: Exact, fraction: Fraction) -> Exact:
    """a^(p/q) for a > 0, as powers and roots of the factors of a."""
    if fraction.denominator == 1:
        return _whole_power(a, int(fraction))
    if a.is_zero():
        if fraction > 0:
            return a
        raise Undecided("a negative power of 0")
    field = current()
    constant, factors = _factors(a, "a root")
    result = exact.rational(1)
    for prime, exponent in [*_primes(constant.p), *((p, -e) for p, e in _primes(constant.q))]:
        result = result * _power_of_factor(field, exact.rational(prime), exponent * fraction)
    for factor, exponent in factors:
        result = result * _power_of_factor(field, factor, exponent * fraction)
    return result


def _power_of_factor(field: Field, factor: Exact, fraction: Fraction) -> Exact:
    generator = _single(field, factor)
    if generator is not None and generator.kind == "exp":
        return exp(generator.slopes[0][0] * flint.fmpq(fraction.numerator, fraction.denominator))
    if generator is not None and generator.kind == "root":
        return _rational_power(generator.slopes[0][0], fraction / generator.power)
    whole = math.floor(fraction)
    rest = fraction - whole
    result = _whole_power(factor, whole)
    return result if rest == 0 else result * _root(field, factor, rest)


def _root(field: Field, factor: Exact, fraction: Fraction) -> Exact:
    """factor^fraction for a fraction between 0 and 1, as a power of one root of the factor."""
    roots = field.tables.setdefault("root", [])
    for position, (argument, number, fineness) in enumerate(roots):
        if _same(argument, factor):
            if fineness % fraction.denominator:
                field.memory.refine(("root", position), fineness * fraction.denominator)
            return _whole_power(number, int(fraction * fineness))
    key = ("root", len(roots))
    fineness = math.lcm(field.memory.fineness.get(key, 1), fraction.denominator)
    made: list[Exact] = []
    generator = field.adjoin(
        "root",
        f"{factor!r}^(1/{fineness})" if _single(field, factor) else f"({factor!r})^(1/{fineness})",
        factor.value.root(fineness),
        slopes=((factor, lambda: made[0] / (fineness * factor)),),
        rebuild=lambda a: _rational_power(a, Fraction(1, fineness)),
        positive=True,
        power=fineness,
        relation=factor.num,
    )
    made.append(number_of(generator))
    roots.append((factor, made[0], fineness))
    return _whole_power(made[0], int(fraction * fineness))


def _same(a: Exact, b: Exact) -> bool:
    return bool(a.value.overlaps(b.value)) and (a - b).is_zero()


def _tabled(
    field: Field,
    kind: str,
    argument: Exact,
    value: Any,
    slope: Callable[[], Exact] | None,
    rebuild: Callable[..., Exact] | None,
    *,
    name: str = "",
    positive: bool = False,
) -> Exact:
    """The number of a function at an argument: one generator for equal arguments. Without a slope it is a constant."""
    name = name or kind
    known = field.tables.setdefault(name, [])
    for other, number in known:
        if _same(other, argument):
            found: Exact = number
            return found
    slopes = () if slope is None else ((argument, slope),)
    number = number_of(field.adjoin(kind, f"{name}({argument})", value, slopes=slopes, rebuild=rebuild, positive=positive))
    known.append((argument, number))
    return number


# Sines and cosines.


def _sine_and_cosine(a: Exact) -> tuple[Exact, Exact]:
    """sin(a) and cos(a), by the angle sums of known angles."""
    if a.is_zero():
        return exact.rational(0), exact.rational(1)
    span, coefficients = _combination(current(), "angle", a, _angle)
    s, c = exact.rational(0), exact.rational(1)
    for member, times in coefficients.items():
        sine, cosine = span.members[member]
        for _ in range(abs(times)):
            turned = sine if times > 0 else -sine
            s, c = s * cosine + c * turned, c * cosine - s * turned
    return s, c


def _angle(field: Field, a: Exact) -> tuple[Exact, Exact]:
    made: list[Exact] = []
    cosine = field.adjoin("cos", f"cos({a})", a.value.cos(), slopes=((a, lambda: -made[0]),), rebuild=cos)
    square = field.context.gen(cosine.index) ** 2
    sine = field.adjoin(
        "sin",
        f"sin({a})",
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
    return _tabled(current(), "constant", exact.rational(0), value, None, None, name=name, positive=True)


def _odd(function: Callable[[Exact], Exact]) -> Callable[[Exact], Exact]:
    def of_either_sign(a: Exact) -> Exact:
        if a.is_zero():
            return a
        return -function(-a) if a.num.leading_coefficient() < 0 else function(a)

    of_either_sign.__doc__ = function.__doc__
    return of_either_sign


@_odd
def arctan(a: Exact) -> Exact:
    """The arc tangent; derivative 1 / (1 + a^2)."""
    return _tabled(current(), "arctan", a, a.value.atan(), lambda: 1 / (1 + a * a), arctan)


@_odd
def arcsin(a: Exact) -> Exact:
    """The arc sine of -1 < a < 1; derivative 1 / sqrt(1 - a^2)."""
    _positive(1 - a * a, "an arc sine, and 1 - a^2")
    return _tabled(current(), "arcsin", a, a.value.asin(), lambda: 1 / sqrt(1 - a * a), arcsin)


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
    return _tabled(current(), "erf", a, a.value.erf(), lambda: 2 * exp(-(a * a)) / sqrt(constant("pi")), erf)


def erfc(a: Exact) -> Exact:
    """1 - erf(a)."""
    return 1 - erf(a)


def ndtr(a: Exact) -> Exact:
    """The distribution function of the normal distribution, (1 + erf(a / sqrt 2)) / 2."""
    return (1 + erf(a / sqrt(exact.rational(2)))) / 2


def gammaln(a: Exact) -> Exact:
    """The logarithm of the gamma function of a > 0; derivative digamma(a)."""
    _positive(a, "log gamma")
    return _tabled(current(), "gammaln", a, a.value.lgamma(), lambda: digamma(a), gammaln)


def gamma(a: Exact) -> Exact:
    """exp(gammaln(a)) for a > 0."""
    return exp(gammaln(a))


def digamma(a: Exact) -> Exact:
    """The derivative of gammaln."""
    return polygamma(0, a)


def polygamma(order: int, a: Exact) -> Exact:
    """The derivative of digamma of an order."""
    _positive(a, "a polygamma function")
    value = a.value.digamma() if order == 0 else flint.acb(a.value).polygamma(order).real
    name = "digamma" if order == 0 else f"polygamma{order}"
    return _tabled(current(), "polygamma", a, value, lambda: polygamma(order + 1, a), partial(polygamma, order), name=name)


# Unknown smooth functions.


def unknown(name: str, *arguments: Exact, order: tuple[int, ...] = ()) -> Exact:
    """f(x, ...) of an unknown smooth f, or a partial derivative; its orders by argument are given.

    What is proved holds for every smooth f: the value at the sample is not known, so no comparison may depend on it.
    """
    field = current()
    order = order or (0,) * len(arguments)
    known = field.tables.setdefault(f"unknown {name}", [])
    for others, of_order, number in known:
        if of_order == order and all(_same(a, b) for a, b in zip(others, arguments, strict=True)):
            found: Exact = number
            return found
    slopes = tuple(
        (a, partial(unknown, name, *arguments, order=(*order[:i], order[i] + 1, *order[i + 1 :])))
        for i, a in enumerate(arguments)
    )
    marks = "".join("'" * n for n in order) if len(order) == 1 else "" if not any(order) else str(order)
    text = f"{name}{marks}({', '.join(map(str, arguments))})"
    made = number_of(field.adjoin("unknown", text, flint.arb.nan(), slopes=slopes, rebuild=partial(unknown, name, order=order)))
    known.append((arguments, order, made))
    return made


exact.FUNCTIONS.update(
    {
        function.__name__: function
        for function in (
            *(exp, expm1, sinh, cosh, tanh, log, log1p, sqrt, cbrt, power, sin, cos, tan),
            *(arcsinh, arccosh, arctanh, arccos, arctan2, erfc, ndtr, gamma, gammaln, digamma),
        )
    },
    arctan=arctan,
    arcsin=arcsin,
    erf=erf,
)
