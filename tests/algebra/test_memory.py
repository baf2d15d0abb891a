"""What the runs of one computation learn: finer generators, within limits; small fractions."""

import flint
import pytest

from chainrule.algebra import Memory
from chainrule.algebra.memory import FINEST, Restart, TooLarge, small_fraction


def test_a_refinement_asks_for_another_run_and_adds_up():
    memory = Memory()
    for by, finer in ((2, 2), (3, 6), (4, 12)):
        with pytest.raises(Restart):
            memory.refine("exp", by)
        assert memory.fineness == {"exp": finer}


def test_too_fine_a_generator_is_refused():
    memory = Memory(fineness={"exp": FINEST})
    with pytest.raises(TooLarge, match="a root of order"):
        memory.refine("exp", 11)
    assert memory.fineness == {"exp": FINEST}


def test_code_that_catches_exceptions_does_not_catch_a_restart():
    assert not issubclass(Restart, Exception)


def test_small_fractions():
    assert small_fraction(flint.fmpq(-3, 4)).as_integer_ratio() == (-3, 4)
    assert small_fraction(flint.fmpq(65)) is None is small_fraction(flint.fmpq(1, 65))


def test_numerators_of_multiples_of_a_finer_number_may_be_larger():
    assert small_fraction(flint.fmpq(84), fineness=42) == 84
    assert small_fraction(flint.fmpq(64 * 42 + 1), fineness=42) is None
    assert small_fraction(flint.fmpq(1, 65), fineness=65) is None
    assert small_fraction(flint.fmpq(FINEST + 1), fineness=FINEST) is None
    assert small_fraction(flint.fmpq(*(0.1).as_integer_ratio()), fineness=FINEST) is None
