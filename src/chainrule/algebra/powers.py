"""Exponentials, logarithms, powers and roots of exact numbers.

exp(a + b) = exp(a) exp(b) for all arguments that are combinations of known ones; log(a b) = log a + log b and roots of
products split where the signs of the factors are recorded; exp(log a) = a, log(exp a) = a, (a^(1/q))^q = a.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import flint

from chainrule.algebra import exact
from chainrule.algebra.ball import Indefinite, Undecided
from chainrule.algebra.comparisons import known_sign, record, sign_at_sample
from chainrule.algebra.exact import Exact, Infinite
from chainrule.algebra.field import Field, OutsideDomain, current
from chainrule.algebra.generators import Generator
from chainrule.algebra.memory import small_fraction
from chainrule.algebra.spans import Span

POWER_OF_ZERO = "0 to the power of"
"""How the reason begins why 0 to the power of an unknown number stays undecided."""

LARGEST_POWER = 64
"""Powers beyond are taken by exp and log."""

_PRIME_BITS = 96
"""Whole numbers of more bits are not split into primes."""


def number_of(generator: Generator) -> Exact:
    """The number that a generator stands for."""
    field = current()
    if field.number is not None:
        found: Exact = field.number.of_generator(generator)
        return found
    return exact.made(field.context.gen(generator.index), (), generator.value)


# Exponentials.


def exp(a: Exact) -> Exact:
    """e^a. Rational multiples of logarithms in `a` become powers of their arguments."""
    field = current()
    a, factor = _without_logarithms(field, a)
    if a.is_zero():
        return factor
    for generator in field.generators if a.den else ():
        # exp(b/d + c) = exp(b/d) exp(c), where c may be a logarithm.
        if generator.kind == "exp" and generator.slopes[0][0].den == a.den:
            rest = a - generator.slopes[0][0]
            if not rest.den:
                return factor * number_of(generator) * exp(rest)
    return factor * _powers(field, "exp", a, _exponential)


def _powers(field: Field, kind: str, a: Exact, make: Callable[[Field, Exact], Any]) -> Exact:
    """The product of powers of generators exp(b) of known arguments b whose combination is `a`."""
    span, coefficients = combination(field, kind, a, make)
    result = exact.rational(1)
    for member, power_of in coefficients.items():
        result = result * _whole_power(span.members[member], power_of)
    return result


def combination(field: Field, kind: str, a: Exact, make: Callable[[Field, Exact], Any]) -> tuple[Span, dict[int, int]]:
    """The span in which `a` has whole and small coefficients, and these; a new argument is added."""
    spans = field.tables.setdefault(kind, [])
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
    # Sums of angles are polynomials of a degree that grows with the multiple; powers of an exponential are one term.
    span.add(argument, make(field, argument), fineness if kind == "exp" else 1)
    return span, {len(span.members) - 1: fineness}


def _exponential(field: Field, a: Exact) -> Exact:
    made: list[Exact] = []
    made.append(
        number_of(
            field.adjoin(
                "exp", lambda: f"exp({a})", a.value.exp(), slopes=((a, lambda: made[0]),), rebuild=exp, positive=True
            )
        )
    )
    return made[0]


def _without_logarithms(field: Field, a: Exact) -> tuple[Exact, Exact]:
    """`a` less its rational multiples of logarithms, and the product of powers that these are."""
    rest, factor = a, exact.rational(1)
    for generator, coefficient in multiples(field, a):
        if generator.kind == "log":
            fraction = small_fraction(coefficient, fineness=int(coefficient.q))
            if fraction is not None:
                rest = rest - number_of(generator) * coefficient
                factor = factor * _rational_power(generator.slopes[0][0], fraction)
    return rest, factor


def multiples(field: Field, a: Exact) -> Iterator[tuple[Generator, Any]]:
    """The generators of which a number without divisor has rational multiples as terms, with these rationals."""
    for monomial, coefficient in () if a.den else a.num.to_dict().items():
        used = [(index, exponent) for index, exponent in enumerate(monomial) if exponent]
        if len(used) == 1 and used[0][1] == 1:
            yield field.at(used[0][0]), coefficient


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


def _check_positive(a: Exact, what: str) -> None:
    """Check that a number is positive at the sample.

    Raises
    ------
    OutsideDomain
        If it is not. That it is negative is recorded: then all inputs of the cell are outside the domain.
    """
    sign, unknown = sign_at_sample(a)
    if sign <= 0:
        if unknown is not None:
            _record_signs(current(), unknown)
        raise OutsideDomain(f"{what} of {a}, which is not positive at the sample")


def _record_signs(field: Field, negative: Exact) -> None:
    """Record that a number is negative, by the signs of its factors if it is a product."""
    _, parts = field.factors(negative.num)
    odd = [number for number, exponent in (*parts, *negative.den) if exponent % 2]
    for number in odd if len(odd) > 1 else ():
        atom = field.atoms[number]
        sign, unknown = sign_at_sample(exact.made(atom.polynomial, (), atom.value))
        if unknown is not None:
            record(unknown, ">" if sign > 0 else "<")
    if len(odd) < 2:
        record(negative, "<")


def _is_free(a: Exact) -> bool:
    """Whether a number may have any sign, as it is made of unknown functions."""
    return a.value.is_nan() and not a.is_zero() and not known_sign(a)


def _factors(a: Exact, what: str) -> tuple[Any, list[tuple[Exact, int]]]:
    """A positive number as a positive rational times powers of positive numbers; the signs of these are recorded.

    One factor made of unknown functions is taken to be positive with no record: for functions that make it negative,
    what is computed here is undefined.

    Raises
    ------
    OutsideDomain
        If the number is not positive at the sample.
    Undecided
        If several of its factors may have any sign.
    """
    field, free = current(), _is_free(a)
    if not free:
        _check_positive(a, what)
    constant, parts = field.factors(a.num)
    result, loose, rest = list[tuple[Exact, int]](), list[tuple[Exact, int]](), 1 if constant > 0 else -1
    for number, exponent in (*parts, *((k, -e) for k, e in a.den)):
        atom = field.atoms[number]
        factor = exact.made(atom.polynomial, (), atom.value)
        if free and _is_free(factor):
            loose.append((factor, exponent))
            continue
        sign, unknown = sign_at_sample(factor)
        if unknown is not None:
            record(unknown, ">" if sign > 0 else "<")
        rest *= sign if exponent % 2 else 1
        result.append((factor if sign > 0 else -factor, exponent))
    if len(loose) > 1 or any(exponent % 2 == 0 for _, exponent in loose):
        raise Undecided(f"the sign of each factor of {a} cannot be decided at the sample")
    result += [(rest * factor, exponent) for factor, exponent in loose]
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
    generator = single(factor)
    if generator is not None and generator.kind == "exp":
        return generator.slopes[0][0]
    if generator is not None and generator.kind == "root":
        return log(generator.slopes[0][0]) / generator.power  # type: ignore[no-any-return]  # an Exact: the root's argument is not 0
    is_positive = known_sign(factor - 1) > 0
    return tabled(field, "log", factor, factor.value.log(), lambda: 1 / factor, log, positive=is_positive)


def single(a: Exact) -> Generator | None:
    """The generator that a number is; None for other numbers."""
    if a.den or len(a.num) != 1 or a.num.total_degree() != 1 or a.num.leading_coefficient() != 1:
        return None
    return current().at(a.num.monomial(0).index(1))


def _log_of_rational(field: Field, x: Any) -> Exact:
    result = exact.rational(0)
    for prime, exponent in [*_primes(x.p), *((p, -e) for p, e in _primes(x.q))]:
        result = result + exponent * tabled(
            field, "log", exact.rational(prime), flint.arb(prime).log(), partial(_inverse_of, prime), log
        )
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
        fraction = small_fraction(whole, LARGEST_POWER, fineness=int(whole.q))
        if fraction is not None:
            return _rational_power(a, fraction)
    if a.is_zero():
        if whole is None or whole < 0:
            raise Undecided(f"{POWER_OF_ZERO} {b}")
        return a
    if whole is not None and whole.q == 1 and sign_at_sample(a)[0] < 0:
        size = exp(b * log(-a))
        return size if whole.p % 2 == 0 else -size
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
        raise Indefinite("a negative power of 0")
    field = current()
    constant, factors = _factors(a, "a root")
    result = exact.rational(1)
    for prime, exponent in [*_primes(constant.p), *((p, -e) for p, e in _primes(constant.q))]:
        result = result * _power_of_factor(field, exact.rational(prime), exponent * fraction)
    for factor, exponent in factors:
        result = result * _power_of_factor(field, factor, exponent * fraction)
    return result


def _power_of_factor(field: Field, factor: Exact, fraction: Fraction) -> Exact:
    generator = single(factor)
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
        if same(argument, factor):
            if fineness % fraction.denominator:
                field.memory.refine(("root", position), fineness * fraction.denominator)
            return _whole_power(number, int(fraction * fineness))
    key = ("root", len(roots))
    fineness = math.lcm(field.memory.fineness.get(key, 1), fraction.denominator)
    made: list[Exact] = []
    generator = field.adjoin(
        "root",
        lambda: f"{factor!r}^(1/{fineness})" if single(factor) else f"({factor!r})^(1/{fineness})",
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


def same(a: Exact, b: Exact) -> bool:
    """True if two numbers are proved equal."""
    return bool(a.value.overlaps(b.value)) and (a - b).is_zero()


def tabled(
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
        if same(other, argument):
            found: Exact = number
            return found
    slopes = () if slope is None else ((argument, slope),)
    spelling = name if slope is None else lambda: f"{name}({argument})"
    number = number_of(field.adjoin(kind, spelling, value, slopes=slopes, rebuild=rebuild, positive=positive))
    known.append((argument, number))
    return number
