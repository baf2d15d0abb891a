"""Attempted proofs: proved, different, undecided; the cell; restarts."""

import numpy as np
import pytest

from chainrule.algebra import Exact, Memory, attempt, variables
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
