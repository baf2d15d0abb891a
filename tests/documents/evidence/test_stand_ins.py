"""Known functions in place of unknown ones."""

import pytest

from chainrule.algebra import Exact, Field, Memory, variables
from chainrule.algebra.memory import Restart
from chainrule.documents.evidence.stand_ins import FORMS, stood_in, told


def at(number, *entries):
    memory = Memory()
    while True:
        try:
            with Field(memory):
                x = [Exact(0) + entry for entry in variables("x", entries).tolist()]
                return float(stood_in(number, "g", x).value.mid())
        except Restart:
            continue


def test_no_property_is_shared_by_all():
    points = [(-2.0, 1.0), (0.5, 3.0), (-1.0, 2.5)]
    several = range(len(FORMS))
    assert not all(2 * at(k, (a + b) / 2) <= at(k, a) + at(k, b) for k in several for a, b in points)
    assert not all(2 * at(k, (a + b) / 2) >= at(k, a) + at(k, b) for k in several for a, b in points)
    assert not all(at(k, a) <= at(k, b) for k in several for a, b in points)
    assert not any(at(k, 1.0) == at(k, -1.0) for k in several)
    assert not any(at(k, 1.0, 2.0) == at(k, 2.0, 1.0) for k in several)


@pytest.mark.parametrize("number", range(len(FORMS)))
def test_a_function_depends_on_all_arguments(number):
    assert len({at(number, 1.0, 2.0, 0.5), at(number, 1.5, 2.0, 0.5), at(number, 1.0, 2.0, 0.75)}) == 3


def test_the_words_have_a_coefficient_for_each_argument():
    assert told(0, "g", 3).count("x3") == 2
