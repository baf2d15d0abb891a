"""Random formulas: their normal forms, derivatives and proofs agree with balls all over the cell."""

import random
from collections import Counter
from contextlib import suppress
from fractions import Fraction

import pytest
from flint import arb
from tests.algebra.expressions import BITS, IN_BALLS, At, OutOfDomain, as_ball, exactly, in_balls, random_formula

from chainrule.algebra import Field, Memory, Undecided, attempt, derivative, precision, substituted, variables
from chainrule.algebra.exact import Infinite
from chainrule.algebra.memory import Restart
from chainrule.algebra.powers import single

ARITHMETIC = ["add", "sub", "mul", "truediv", "neg", "abs", "square"]
GROUPS = {
    "roots": [*ARITHMETIC, "power", "sqrt", "cbrt"],
    "exponentials": [*ARITHMETIC, "exp", "log", "sqrt", "power", "tanh"],
    "angles": [*ARITHMETIC, "sin", "cos", "tan", "arctan", "arcsin"],
    "branches": [*ARITHMETIC, "maximum", "minimum", "where", "sqrt", "exp"],
    "powers": ["exp", "log", "power", "mul", "add", "sqrt", "truediv"],
    "all": list(IN_BALLS),
}
FORMULAS = 400
ENOUGH = 20
"""Points of each cell at which an equality is tested."""


def samples(stream, inputs):
    """Small fractions, among them 0 and whole numbers, and sometimes equal ones."""
    return [Fraction(stream.randrange(-24, 25), 8) for _ in range(inputs)]


def computed(sample, compute):
    """What ``compute(field, variables)`` returns, or the name of the reason why it is undecided."""
    memory = Memory()
    for _ in range(24):
        try:
            with Field(memory) as field:
                return compute(field, [variables(f"x{i}", float(x))[()] for i, x in enumerate(sample)])
        except Restart:
            continue
        except Undecided as reason:
            return type(reason).__name__
    raise AssertionError("the computation does not end")


def points_of_the_cell(stream, field, sample):
    """Points near the sample and far from it, at which all conditions of the field hold, as computed in balls."""
    for i in range(3 * ENOUGH):
        spread = (0.02, 0.2, 1, 3)[i % 4]
        point = [x + Fraction(round(stream.gauss(0, spread) * 2**40), 2**40 + 15) for x in sample]
        if (at := At(field, point)).is_in_the_cell():
            yield point, at


@pytest.fixture(autouse=True)
def fine_balls():
    with precision(BITS):
        yield


@pytest.mark.parametrize("group", GROUPS)
def test_a_normal_form_has_the_values_of_the_formula_all_over_its_cell(group):
    stream, seen = random.Random(group), Counter()

    def compare(formula, sample, field, x):
        number = exactly(formula, x)
        if isinstance(number, Infinite):
            return "infinite"
        with precision(BITS):
            good = 0
            for point, at in points_of_the_cell(stream, field, sample):
                try:
                    expected = in_balls(formula, point)
                except Undecided:
                    continue
                assert at.number(number).overlaps(expected) or expected.is_nan(), (formula, sample, point)
                good += expected.is_finite()
            return "good" if good >= ENOUGH else "few points"

    for _ in range(FORMULAS):
        formula, sample = random_formula(stream, GROUPS[group], 3), samples(stream, 3)
        try:
            expected = in_balls(formula, sample)
        except (Undecided, OutOfDomain):
            expected = arb.nan()

        def at_the_sample(field, x, formula=formula, sample=sample, expected=expected):
            number = exactly(formula, x)
            assert isinstance(number, Infinite) or number.value.overlaps(expected) or expected.is_nan()
            return compare(formula, sample, field, x)

        seen[computed(sample, at_the_sample)] += 1
    assert seen["good"] > FORMULAS / 5, seen


@pytest.mark.parametrize("group", GROUPS)
def test_a_derivative_is_the_limit_of_difference_quotients(group):
    stream, seen = random.Random(group), Counter()
    names = [name for name in GROUPS[group] if name not in ("gamma", "gammaln", "digamma")]
    steps = Fraction(1, 2**60), Fraction(1, 2**80)

    def quotient(formula, point, step):
        up, down = ([x + sign * step * (i == 0) for i, x in enumerate(point)] for sign in (1, -1))
        return (in_balls(formula, up) - in_balls(formula, down)) / (2 * as_ball(step))

    def compare(formula, sample, field, x):
        number = exactly(formula, x)
        if isinstance(number, Infinite):
            return "infinite"
        slope = derivative(number, x[0])
        with precision(2 * BITS):
            good = 0
            for point, at in points_of_the_cell(stream, field, sample):
                expected = at.number(slope)
                try:
                    far, near = (abs(quotient(formula, point, step) - expected) for step in steps)
                except (Undecided, OutOfDomain):
                    continue
                if near.is_finite() and abs(expected) < 1e6:
                    assert near < (1 + abs(expected)) * arb(2) ** -50 or near < far * arb(2) ** -20, (formula, point)
                    good += 1
            return "good" if good >= ENOUGH else "few points"

    for _ in range(FORMULAS // 2):
        formula, sample = random_formula(stream, names, 3), samples(stream, 2)
        formula = random_formula(stream, names, 3, inputs=2)
        seen[computed(sample, lambda field, x, f=formula, s=sample: compare(f, s, field, x))] += 1
    assert seen["good"] > FORMULAS / 10, seen


@pytest.mark.parametrize("group", GROUPS)
def test_substitution_is_evaluation_at_other_numbers(group):
    stream, seen = random.Random(group), Counter()

    def compare(formula, inner, sample, field, x):
        number, other = exactly(formula, x), exactly(inner, x)
        if isinstance(number, Infinite) or isinstance(other, Infinite):
            return "infinite"
        result = substituted(number, {single(x[0]).index: other})
        if isinstance(result, Infinite):
            return "infinite"
        with precision(BITS):
            good = 0
            for point, at in points_of_the_cell(stream, field, sample):
                try:
                    moved = [in_balls(inner, point), *map(as_ball, point[1:])]
                    if At(field, moved).is_in_the_cell():
                        expected = in_balls(formula, moved)
                        assert at.number(result).overlaps(expected) or expected.is_nan(), (formula, inner, point)
                        good += 1
                except Undecided:
                    continue
            return "good" if good >= ENOUGH / 2 else "few points"

    for _ in range(FORMULAS // 2):
        formula, inner = (random_formula(stream, GROUPS[group], depth, inputs=2) for depth in (3, 2))
        sample = samples(stream, 2)
        seen[computed(sample, lambda field, x, f=formula, g=inner, s=sample: compare(f, g, s, field, x))] += 1
    assert seen["good"] > FORMULAS / 15, seen


def other_form(stream, formula):
    """A formula that is equal wherever both are defined and a condition on signs holds, or, sometimes, is not."""
    if not isinstance(formula, tuple):
        return ("sub", ("add", formula, Fraction(5)), Fraction(5)) if stream.random() < 0.3 else formula
    name, *parts = formula
    parts = [other_form(stream, part) for part in parts]
    if stream.random() < 0.3:
        return (name, *parts)
    a, b = (*parts, None)[:2]
    two = Fraction(2)
    forms = {
        "add": [("add", b, a), ("sub", a, ("neg", b))],
        "sub": [("neg", ("sub", b, a)), ("add", a, ("neg", b)), ("sub", b, a)],
        "mul": [("mul", b, a), ("truediv", b, ("truediv", Fraction(1), a)), ("square", ("sqrt", ("mul", a, b)))],
        "truediv": [("mul", a, ("power", b, Fraction(-1))), ("truediv", ("mul", a, b), ("square", b))],
        "square": [("mul", a, a), ("power", a, two), ("square", ("abs", a)), ("add", a, a)],
        "abs": [("sqrt", ("square", a)), ("maximum", a, ("neg", a)), ("cbrt", ("mul", ("square", a), a))],
        "exp": [
            ("square", ("exp", ("truediv", a, two))),
            ("power", ("exp", ("neg", a)), Fraction(-1)),
            ("exp", ("neg", a)),
        ],
        "log": [("neg", ("log", ("truediv", Fraction(1), a))), ("mul", two, ("log", ("sqrt", a)))],
        "sqrt": [("power", ("square", a), Fraction(1, 4)), ("exp", ("truediv", ("log", a), two))],
        "cbrt": [("neg", ("cbrt", ("neg", a))), ("power", a, Fraction(1, 3))],
        "sin": [("neg", ("sin", ("neg", a))), ("mul", ("tan", a), ("cos", a)), ("cos", a)],
        "cos": [("sub", Fraction(1), ("mul", two, ("square", ("sin", ("truediv", a, two)))))],
        "tan": [("truediv", ("sin", a), ("cos", a)), ("mul", ("sin", a), ("cos", a))],
        "tanh": [("truediv", ("expm1", ("mul", two, a)), ("add", ("exp", ("mul", two, a)), Fraction(1)))],
        "arctan": [("neg", ("arctan", ("neg", a)))],
        "maximum": [("truediv", ("add", ("add", a, b), ("abs", ("sub", a, b))), two), ("maximum", b, a)],
        "minimum": [("neg", ("maximum", ("neg", a), ("neg", b))), ("maximum", a, b)],
    }.get(name, [(name, *parts)])
    return stream.choice(forms)


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_proved_holds_all_over_the_cell_and_what_differs_differs_at_the_sample(group):
    stream, seen = random.Random(group), Counter()
    for _ in range(2 * FORMULAS):
        formula, sample = random_formula(stream, GROUPS[group], 3), samples(stream, 3)
        if not isinstance(formula, tuple):
            continue
        other, fields = other_form(stream, formula), []

        def both(field, formula=formula, other=other, sample=sample, fields=fields):
            fields.append(field)
            x = [variables(f"x{i}", float(v))[()] for i, v in enumerate(sample)]
            yield "it", exactly(formula, x), exactly(other, x)

        outcome = attempt(both)
        if outcome.differences:
            with suppress(Undecided):
                left, right = in_balls(formula, sample), in_balls(other, sample)
                assert left.is_nan() or right.is_nan() or not left.overlaps(right), (formula, other, sample)
            seen["differs"] += 1
        elif outcome.proved:
            good = 0
            for point, _ in points_of_the_cell(stream, fields[-1], sample):
                try:
                    left, right = in_balls(formula, point), in_balls(other, point)
                except Undecided:
                    continue
                assert left.overlaps(right) or left.is_nan() or right.is_nan(), (formula, other, sample, point)
                good += 1
            seen["proved" if good >= ENOUGH else "proved, few points"] += 1
        else:
            seen["outside" if outcome.outside else "undecided"] += 1
    assert seen["proved"] > FORMULAS / 4, seen
    assert seen["differs"] > 0, seen
