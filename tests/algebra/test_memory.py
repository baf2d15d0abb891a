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
