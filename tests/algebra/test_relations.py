"""Each relation between generators: it holds in balls, and without it a proof becomes undecided, none wrong.

A relation is switched off by hand in `RELATIONS`, one at a time.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.algebra.expressions import BITS, At, exactly, in_balls

from chainrule.algebra import (
    Exact,
    Field,
    attempt,
    derivative,
    polynomial_quotients,
    powers,
    precision,
    spans,
    unknown,
    variables,
)
from chainrule.algebra import special_functions as functions
from chainrule.algebra.comparisons import record, sign_at_sample
from chainrule.algebra.field import current
from chainrule.algebra.special_functions import constant

F = functions.FUNCTIONS
exp, log, sqrt, power = powers.exp, powers.log, powers.sqrt, powers.power
HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


def off(module, name, replacement):
    return lambda patch: patch.setattr(module, name, replacement)


def without_spans(kind):
    """Each argument of exp, or of sin and cos, is a generator of its own."""
    found = powers.combination

    def combination(field, of_kind, a, make):
        if of_kind != kind:
            return found(field, of_kind, a, make)
        for span in field.tables.setdefault(kind, []):
            if span.combination(a) == {0: 1}:
                return span, {0: 1}
        span = spans.Span(kind)
        span.add(a, make(field, a))
        field.tables[kind].append(span)
        return span, {0: 1}

    def disable(patch):
        patch.setattr(powers, "combination", combination)
        patch.setattr(functions, "combination", combination)

    return disable


def whole_only(x, most=64, *, fineness=1):
    return Fraction(int(x.p)) if x.q == 1 and abs(x.p) <= most else None


def without_kind(kind):
    found = powers.single

    def single(a):
        generator = found(a)
        return None if generator is not None and generator.kind == kind else generator

    return off(powers, "single", single)


def without_relation(kind):
    """Powers of a generator of this kind stay."""
    found = Field.adjoin

    def adjoin(field, of_kind, text, value, **known):
        made = found(field, of_kind, text, value, **known)
        field.related = [pair for pair in field.related if pair[0].kind != kind]
        return made

    return off(Field, "adjoin", adjoin)


def itself(n):
    """A whole number, not as a product of primes."""
    return [(n, 1)] if n != 1 else []


def whole_factor(a, what):
    found = sign_at_sample(a)
    assert found[0] > 0
    if found[1] is not None:
        record(a, ">")
    return flint.fmpq(1), [(a, 1)]


def its_own(module, name):
    """A function without its definition by others: one generator per argument."""

    def alone(*a):
        known = getattr(flint.arb, {"arccos": "acos", "arcsinh": "asinh"}.get(name, name))(a[0].value)
        return powers.tabled(current(), name, a[0], known, lambda: a[0], None)

    return off(module, name, alone)


def another_constant(name):
    return powers.number_of(current().adjoin("constant", name, flint.arb.pi()))


@dataclass
class Relation:
    """How to switch a relation off, and two numbers that are equal by it."""

    disable: Callable[[pytest.MonkeyPatch], None]
    sides: Callable[[Any, Any], tuple[Any, Any]]


RELATIONS = {
    "exp of a sum": Relation(without_spans("exp"), lambda x, y: (exp(x + y), exp(x) * exp(y))),
    "exp of a multiple": Relation(
        off(spans, "small_fraction", whole_only), lambda x, y: (exp(x / 3) ** 3 * exp(x / 2) ** 2, exp(2 * x))
    ),
    "exp of a logarithm": Relation(
        off(powers, "_without_logarithms", lambda field, a: (a, Exact(1))),
        lambda x, y: (exp(2 * log(x) + y), x * x * exp(y)),
    ),
    "log of exp": Relation(without_kind("exp"), lambda x, y: (log(exp(x) * exp(y)), x + y)),
    "log of a root": Relation(without_kind("root"), lambda x, y: (log(sqrt(x)), log(x) / 2)),
    "log of a product": Relation(off(powers, "_factors", whole_factor), lambda x, y: (log(x * y), log(x) + log(y))),
    "root of a product": Relation(off(powers, "_factors", whole_factor), lambda x, y: (sqrt(x * y), sqrt(x) * sqrt(y))),
    "root of a square": Relation(off(powers, "_factors", whole_factor), lambda x, y: (sqrt((x - y) ** 2), y - x)),
    "log of a whole number": Relation(
        off(powers, "_primes", itself),
        lambda x, y: (log(Exact(12)), 2 * log(Exact(2)) + log(Exact(3))),
    ),
    "root of a whole number": Relation(
        off(powers, "_primes", itself), lambda x, y: (sqrt(Exact(12)), 2 * sqrt(Exact(3)))
    ),
    "power of a root": Relation(without_relation("root"), lambda x, y: (sqrt(x + y) ** 2, x + y)),
    "power of a cube root": Relation(without_relation("root"), lambda x, y: (F["cbrt"](x + y) ** 3, x + y)),
    "nested roots": Relation(without_relation("root"), lambda x, y: (sqrt(x + sqrt(y)) ** 2, x + sqrt(y))),
    "the circle": Relation(without_relation("sin"), lambda x, y: (F["sin"](x) ** 2 + F["cos"](x) ** 2, Exact(1))),
    "sine of a sum": Relation(
        without_spans("angle"), lambda x, y: (F["sin"](x - y), F["sin"](x) * F["cos"](y) - F["cos"](x) * F["sin"](y))
    ),
    "cosine of a double": Relation(without_spans("angle"), lambda x, y: (F["cos"](2 * x), 1 - 2 * F["sin"](x) ** 2)),
    **{
        f"parity of {name}": Relation(
            off(functions, name, getattr(functions, name).__wrapped__),
            lambda x, y, name=name: (getattr(functions, name)(x - y), -getattr(functions, name)(y - x)),
        )
        for name in ("arctan", "arcsin", "erf")
    },
    "erfc": Relation(its_own(functions, "erfc"), lambda x, y: (functions.erfc(x) + functions.erf(x), Exact(1))),
    "arccos": Relation(
        its_own(functions, "arccos"), lambda x, y: (functions.arccos(x) + functions.arcsin(x), constant("pi") / 2)
    ),
    "arcsinh": Relation(its_own(functions, "arcsinh"), lambda x, y: (exp(functions.arcsinh(x)), x + sqrt(x * x + 1))),
    "gamma": Relation(its_own(functions, "gamma"), lambda x, y: (log(functions.gamma(x)), functions.gammaln(x))),
    "one pi": Relation(
        off(functions, "constant", another_constant),
        lambda x, y: (functions.constant("pi"), functions.arccos(-x) + functions.arccos(x)),
    ),
    "one number per argument": Relation(off(powers, "same", lambda a, b: False), lambda x, y: (log(x + y), log(y + x))),
    "one unknown function": Relation(
        off(functions, "same", lambda a, b: False), lambda x, y: (unknown("f", x * y), unknown("f", y * x))
    ),
    "derivative of an unknown function": Relation(
        off(functions, "same", lambda a, b: False),
        lambda x, y: (derivative(unknown("f", x * x), x), 2 * x * unknown("f", x * x, order=(1,))),
    ),
}

WRONG = {
    "exp of a sum": lambda x, y: (exp(x + y), exp(x) + exp(y)),
    "exp of a multiple": lambda x, y: (exp(x / 3) ** 2, exp(x)),
    "log of a product": lambda x, y: (log(x * y), log(x) * log(y)),
    "log of a root": lambda x, y: (log(sqrt(x)), log(x)),
    "root of a square": lambda x, y: (sqrt((x - y) ** 2), x - y),
    "power of a root": lambda x, y: (sqrt(x + y) ** 3, x + y),
    "the circle": lambda x, y: (F["sin"](x) ** 2 - F["cos"](x) ** 2, Exact(1)),
    "sine of a sum": lambda x, y: (F["sin"](x + y), F["sin"](x) * F["cos"](y) - F["cos"](x) * F["sin"](y)),
    "parity": lambda x, y: (functions.erf(x - y), functions.erf(y - x)),
    "unknown functions": lambda x, y: (unknown("f", x * y), unknown("f", x + y)),
}


def attempted(sides):
    return attempt(lambda field: [("it", *sides(*variables("x", [0.5, 0.75])))])


@pytest.mark.parametrize("name", RELATIONS)
def test_a_relation_proves_and_without_it_the_proof_is_undecided(name, monkeypatch):
    relation = RELATIONS[name]
    assert attempted(relation.sides).proved
    relation.disable(monkeypatch)
    outcome = attempted(relation.sides)
    assert outcome.undecided
    assert not outcome.differences


@pytest.mark.parametrize("name", RELATIONS)
def test_without_a_relation_nothing_wrong_is_proved_and_nothing_right_differs(name, monkeypatch):
    RELATIONS[name].disable(monkeypatch)
    for other in RELATIONS.values():
        assert not attempted(other.sides).differences
    for sides in WRONG.values():
        assert not attempted(sides).proved


def test_wrong_relations_differ():
    outcomes = {name: attempted(sides) for name, sides in WRONG.items()}
    assert [name for name, outcome in outcomes.items() if not outcome.differences] == ["unknown functions"]


@pytest.mark.parametrize(
    ("kind", "number"), [("exp", lambda x: power(exp(x), Exact(1) / 3)), ("root", lambda x: sqrt(sqrt(1 + x)))]
)
def test_without_roots_of_exponentials_and_of_roots_there_are_more_generators(kind, number, monkeypatch):
    def generators():
        fields = []

        def compute(field):
            fields.append(field)
            (x,) = variables("x", [2.0])
            yield "it", number(x), number(x)

        assert attempt(compute).proved
        return len(fields[-1].generators)

    assert generators() == 2
    without_kind(kind)(monkeypatch)
    assert generators() == 3


def test_without_cancelling_divisors_numbers_have_more_of_them(monkeypatch):
    def divisors():
        with Field():
            x, y = variables("x", [2.0, 3.0])
            return len(((x**3 - y**3) / (x - y) * (x + y) / (x * x - y * y)).den)

    assert divisors() == 1
    monkeypatch.setattr(polynomial_quotients, "_cancelled", lambda field, num, den, among: (num, den))
    assert divisors() > 1


def test_without_signs_for_all_inputs_the_cell_has_more_conditions(monkeypatch):
    def conditions():
        return len(attempted(lambda x, y: (log(1 + x * x) - log(exp(y) + 1), 0)).comparisons)

    assert conditions() == 0
    monkeypatch.setattr(Field, "sign_of", lambda field, p, **_: 0)
    assert conditions() == 2


def positive(x):
    return ("add", ("square", x), Fraction(1, 4))


def combination(r, s):
    return ("add", ("mul", r, 0), ("mul", s, 1))


def inside(x):
    """A number between -1 and 1."""
    return ("truediv", x, ("sqrt", ("add", ("square", x), Fraction(1))))


FORMULAS = {
    "exp of sums": lambda r, s: ("mul", ("exp", combination(r, s)), ("exp", combination(s, -r))),
    "exp of rational multiples": lambda r, s: ("add", ("exp", ("mul", r, 0)), ("exp", ("mul", s, 0))),
    "exp of logarithms": lambda r, s: ("exp", (*combination(r, s)[:2], ("mul", s, ("log", positive(1))))),
    "log of products and quotients": lambda r, s: ("log", ("abs", ("truediv", ("mul", r, 0), ("sub", 1, s)))),
    "log of exp": lambda r, s: ("log", ("mul", ("abs", r), ("exp", combination(r, s)))),
    "log of roots": lambda r, s: ("log", ("power", ("abs", ("sub", 0, r)), s)),
    "logs of rationals": lambda r, s: ("truediv", ("log", ("abs", r)), ("log", ("add", ("square", s), Fraction(1)))),
    "roots of rationals": lambda r, s: ("mul", ("sqrt", ("abs", r)), ("power", ("abs", s), THIRD)),
    "roots of powers": lambda r, s: ("power", ("square", ("mul", ("sub", 0, r), ("sub", 1, s))), Fraction(1, 6)),
    "roots of several orders": lambda r, s: ("add", ("power", positive(0), r), ("power", positive(0), s)),
    "powers of roots": lambda r, s: ("square", ("add", ("sqrt", positive(0)), ("cbrt", ("sub", 1, r)))),
    "nested roots": lambda r, s: ("sqrt", ("add", ("abs", r), ("sqrt", ("add", ("abs", s), ("sqrt", positive(0)))))),
    "sines of sums": lambda r, s: ("mul", ("sin", combination(r, s)), ("sin", combination(s, r))),
    "cosines of multiples": lambda r, s: ("mul", ("cos", ("mul", r, 0)), ("cos", ("mul", s, 0))),
    "the circle": lambda r, s: ("square", ("add", ("square", ("sin", combination(r, s))), ("cos", 0))),
    "tangents": lambda r, s: ("tan", combination(r, s)),
    "arc tangents": lambda r, s: ("add", ("arctan", combination(r, s)), ("arctan", combination(-r, -s))),
    "arc tangents of two numbers": lambda r, s: ("arctan2", ("sub", 0, r), ("sub", 1, s)),
    "arc sines": lambda r, s: ("sub", ("arcsin", inside(("sub", 0, r))), ("arcsin", inside(("sub", s, 1)))),
    "arc cosines": lambda r, s: ("arccos", inside(combination(r, s))),
    "arcsinh": lambda r, s: ("arcsinh", combination(r, s)),
    "arccosh": lambda r, s: ("arccosh", ("add", positive(0), Fraction(1))),
    "arctanh": lambda r, s: ("arctanh", inside(combination(r, s))),
    "error functions": lambda r, s: ("mul", ("erf", combination(r, s)), ("erfc", combination(-r, -s))),
    "the normal distribution": lambda r, s: ("mul", ("ndtr", combination(r, s)), ("ndtr", combination(-r, -s))),
    "gamma": lambda r, s: ("mul", ("gamma", positive(0)), ("exp", ("gammaln", positive(1)))),
    "digamma": lambda r, s: ("digamma", ("add", positive(0), ("abs", r))),
    "hyperbolic functions": lambda r, s: ("mul", ("sinh", combination(r, s)), ("tanh", combination(s, r))),
    "differences of exp and 1": lambda r, s: ("add", ("expm1", combination(r, s)), ("log1p", positive(0))),
}

rationals = st.builds(Fraction, st.integers(-6, 6).filter(bool), st.integers(1, 4))
values = st.builds(Fraction, st.integers(-40, 40), st.sampled_from([8, 7]))


@pytest.mark.parametrize("name", FORMULAS)
@settings(derandomize=True, max_examples=12, deadline=None)
@given(r=rationals, s=rationals, sample=st.tuples(values, values))
def test_a_relation_holds_in_balls_at_points_of_the_cell(name, r, s, sample):
    formula = FORMULAS[name](r, s)
    stream = random.Random(0)

    def compute(field):
        x = [variables(f"x{i}", v)[()] for i, v in enumerate(sample)]
        number = exactly(formula, x)
        slopes = [derivative(number, variable) for variable in x]
        with precision(BITS):
            assert number.value.overlaps(in_balls(formula, sample))
            for _ in range(6):
                point = [v + Fraction(stream.randrange(-(10**6), 10**6), 10**7 + 19) for v in sample]
                at = At(field, point)
                if at.is_in_the_cell():
                    assert at.number(number).overlaps(in_balls(formula, point))
                    step = Fraction(1, 2**80)
                    for i, slope in enumerate(slopes):
                        up, down = ([v + sign * step * (i == j) for j, v in enumerate(point)] for sign in (1, -1))
                        quotient = (in_balls(formula, up) - in_balls(formula, down)) / (2 * flint.arb(2) ** -80)
                        expected = at.number(slope)
                        assert abs(quotient - expected) < (1 + abs(expected)) * flint.arb(2) ** -40
        yield "it", number, number

    outcome = attempt(compute)
    assert outcome.proved or outcome.undecided


def test_derivatives_of_gamma_are_those_of_flint():
    with Field():
        (x,) = variables("x", [2.5])
        slope = F["gammaln"](x)
        for order in range(4):
            slope = derivative(slope, x)
            expected = x.value.digamma() if order == 0 else flint.acb(x.value).polygamma(order).real
            assert slope.value.overlaps(expected)
