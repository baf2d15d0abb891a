"""Attempted proofs: proved, different, undecided; the cell; restarts."""

import numpy as np
import pytest

from chainrule.algebra import Exact, Memory, attempt, unknown, variables
from chainrule.algebra.equalities import MOST_RUNS

PRIMES = [2, *(n for n in range(3, 200) if all(n % d for d in range(2, n)))]


def attempted(sides, sample=(2.0, 3.0), **options):
    return attempt(lambda field: [("it", *sides(*variables("x", sample)))], **options)


def test_a_proof_a_difference_and_an_undecided_case():
    proved = attempted(lambda x, y: ((x + y) ** 2, x * x + 2 * x * y + y * y))
    assert proved.proved
    assert proved.cell == "all inputs"
    different = attempted(lambda x, y: ((x + y) ** 2, x * x + y * y))
    assert not different.proved
    assert [str(d) for d in different.differences] == ["it: got 25.0000000000, expected 13.0000000000"]
    nested = attempted(lambda x, y: ((5 + 2 * (0 * x + 6) ** 0.5) ** 0.5, (0 * x + 2) ** 0.5 + (0 * x + 3) ** 0.5))
    assert not nested.proved
    assert not nested.differences
    assert nested.undecided


def test_the_cell_is_short():
    outcome = attempted(lambda x, y: (abs(x) * (x < y) / y + np.log(x), x / y + np.log(x)))
    assert outcome.proved
    assert outcome.cell == "all inputs with x1 > x0 and x0 > 0 and x1 != 0"


def test_an_infinite_computation_with_new_demands_ends():
    runs = []

    def never_the_same(field):
        runs.append(1)
        x, y = variables("x", [2.0, 3.0])
        yield "it", x**0.5 * x ** (Exact(1) / PRIMES[len(runs)]), y

    outcome = attempt(never_the_same)
    assert not outcome.proved
    assert outcome.undecided
    assert len(runs) <= MOST_RUNS


def test_the_memory_makes_the_second_run_the_last():
    memory, runs = Memory(), []

    def halves(field):
        runs.append(1)
        x, y = variables("x", [2.0, 3.0])
        yield "it", np.exp(x) * np.exp(x / 2) * np.exp(y / 3) ** 3, np.exp(1.5 * x + y)

    assert attempt(halves, memory=memory).proved
    assert len(runs) > 1
    runs.clear()
    assert attempt(halves, memory=memory).proved
    assert len(runs) == 1


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="shapes"):
        attempted(lambda x, y: (np.array([x, y]), x))


def root(x):
    return x**0.5


NUMBER = {n: lambda x, n=n: root(0 * x + n) for n in (2, 3, 5, 6)}

NEVER_WRONG = {
    "a root of a negative square": lambda x, y: (root(x * x), x),
    "conjugates": lambda x, y: ((root(x * x) - x) * (root(x * x) + x), 0 * x),
    "nested roots": lambda x, y: (root(5 + 2 * NUMBER[6](x)), NUMBER[2](x) + NUMBER[3](x)),
    "nested roots and a number": lambda x, y: (root(5 + 2 * NUMBER[6](x)) / (NUMBER[2](x) + NUMBER[3](x)), 1 + 0 * x),
    "the golden ratio": lambda x, y: (np.cbrt(2 + NUMBER[5](x)), (1 + NUMBER[5](x)) / 2),
    "a cube root and a root": lambda x, y: (np.cbrt(x * x * x), x),
    "an arc tangent": lambda x, y: (np.arctan(x) + np.arctan(1 / x), 0 * x),
    "a logarithm of a sum": lambda x, y: (np.log(np.exp(x) + np.exp(y)), x + y),
}


@pytest.mark.parametrize("sample", [(2.0, 3.0), (-2.0, 3.0), (-2.0, -3.0), (1.0, 1.0), (0.25, -1.0)])
@pytest.mark.parametrize("name", NEVER_WRONG)
def test_zero_divisors_and_missing_relations_make_nothing_wrong(name, sample):
    outcome = attempted(NEVER_WRONG[name], sample)
    left, right = (float(side) for side in NEVER_WRONG[name](np.float64(sample[0]), np.float64(sample[1])))
    if abs(left - right) < 1e-12:
        assert not outcome.differences
    else:
        assert not outcome.proved


ZERO = {
    "nested roots": lambda x: root(5 + 2 * NUMBER[6](x)) - NUMBER[2](x) - NUMBER[3](x),
    "a golden ratio": lambda x: np.cbrt(2 + NUMBER[5](x)) - (1 + NUMBER[5](x)) / 2,
    "an angle of pi": lambda x: np.sin(4 * np.arctan(x / x)),
    "an error function": lambda x: unknown("f", x) - unknown("f", x) + np.sin(4 * np.arctan(x / x)),
}


@pytest.mark.parametrize("name", ZERO)
def test_a_divisor_that_is_0_unknown_to_the_field_is_undecided(name):
    divided = attempted(lambda x, y: (ZERO[name](x) * y / ZERO[name](x), y))
    assert not divided.proved
    assert not divided.differences
    for undecided in (lambda z: abs(z), lambda z: root(z), lambda z: np.log(z), lambda z: z > 0):
        outcome = attempted(lambda x, y, u=undecided: (u(ZERO[name](x)), y))
        assert outcome.undecided
        assert not outcome.outside


@pytest.mark.parametrize("compared", [np.maximum, np.minimum, lambda x, y: np.where(x == y, x, y)])
def test_ties_at_the_sample_are_undecided_unless_both_are_the_same_number(compared):
    assert attempted(lambda x, y: (compared(x, y), y), (1.0, 1.0)).undecided
    assert attempted(lambda x, y: (compared(x, (2 * x) / 2), compared(x, x)), (1.0, 1.0)).proved


def test_a_large_difference_is_seen_without_its_normal_form():
    def powers(field):
        x = variables("x", [2.0, 3.0, 5.0, 7.0])
        yield "it", ((1 + x.sum()) ** 12)[()], ((2 + x.sum()) ** 12)[()]

    assert attempt(powers).differences
