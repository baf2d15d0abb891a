"""Relations in sentences that are neither definitions nor claims."""

import pytest

from chainrule.documents.reader.structure.asides import Aside, doubts_of


@pytest.fixture
def found(reading_of):
    """The doubts, and the bar, of the last claim of a text."""

    def of(text):
        reading = reading_of(text)
        last = [entry for entry in reading.entries if entry.kind == "claim"][-1]
        return [doubt for doubt in last.rests_on if doubt.startswith("whether")], reading.bars.get(last.claim, "")

    return of


CLAIM = "\n\n$$\\frac{d}{dx} x^2 y = 2 x y$$"


def test_an_equation_that_is_not_used_is_a_doubt_and_bars_proofs_of_derivatives(found):
    doubts, bar = found("Let $f(x, y) = x^2 y$ with $y = x^3$." + CLAIM)
    assert doubts == ["whether 'y = x^3' in line 1 holds here"]
    assert bar == "'y = x^3' in line 1 may say what y depends on"


def test_without_a_derivative_nothing_is_barred(found):
    assert found("Let $f(x, y) = x^2 y$ with $y = x^3$.\n\n$$x y = y x$$")[1] == ""


def test_what_is_about_other_names_is_no_doubt(found):
    assert found("Let $f(u, v) = u^2 v$ with $v = u^3$." + CLAIM) == ([], "")


def test_only_what_comes_before_counts(reading_of):
    statement = reading_of("As $y = x^3$ here, $$x y = y x$$").entries[-1].statement
    asides = [Aside(5, statement)]
    assert list(doubts_of(asides, 4, {"x"}, set(), set())) == []
    assert len(list(doubts_of(asides, 6, {"x"}, set(), set()))) == 1
    assert list(doubts_of(asides, 6, {"x"}, {5}, set())) == []


def test_a_number_ties_a_name_to_nothing(reading_of):
    (first, *_) = reading_of("$$y = 3$$\n\n$$y = x$$").entries
    assert Aside(1, first.statement).tied == ""
