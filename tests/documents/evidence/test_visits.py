"""Both sides of a claim at samples and points."""

from fractions import Fraction

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.evidence.inputs import Branches
from chainrule.documents.evidence.questions import Question
from chainrule.documents.evidence.visits import Visitor
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.shapes import Shapes


def visitor(text, **options):
    derivation = derivation_of(text)
    asked = Question.of(derivation, Shapes(derivation), Names.of(derivation), derivation.claims[-1])
    sizes = dict.fromkeys(asked.sizes, 2)
    return Visitor(asked, sizes, Branches(), asked.arrays(sizes), asked.places(sizes), **options)


def at(text, **values):
    return visitor(text).at_point({name: Fraction(value) for name, value in values.items()})


def test_points_are_compared_exactly():
    text = "u : number; claim: exp(2 * u) = exp(u)^2"
    assert at(text, u=3).outcome.proved
    [difference] = at("u : number; claim: exp(u) = exp(u) + 10^(-90)", u=3).outcome.differences
    assert difference.left != difference.right


def test_equal_numbers_without_a_proof_are_equal_to_the_last_bit():
    text = "u : number; claim: arctan(u) + arctan(1 / u) = 2 * arctan(1)"
    assert at(text, u=3).outcome.proved
    assert at(text, u=-3).outcome.differences


def test_conditions_that_fail_leave_no_place():
    visit = at("u : number; claim: u = 0 when u > 2", u=1)
    assert visit.outcome.proved
    assert not visit.results.places


def test_equations_are_imposed_at_points():
    visit = at("u, w : number; claim: u = 2 * w when u + w = 3", u=5, w=1)
    assert visit.results.places
    assert sum(float(text) for text in visit.results.values.values()) == pytest.approx(3)


def test_a_side_without_a_value_is_told():
    visit = at("u : number; claim: u = exp(log(u))", u=-1)
    assert not visit.results.places
    assert "the left side is defined" in visit.results.note


def test_a_shift_makes_comparisons_linear():
    one = visitor("x, w, b : number; claim: max(w * x + b, 0) = cases(w * x + b if w * x + b > 0, 0 otherwise)")
    sample = {"x": Fraction(2), "w": Fraction(3), "b": Fraction(1)}
    first = one.on_cell(sample, {})
    assert [each.terms for each in first.outcome.comparisons] == [None]
    [shift] = first.results.shifts
    one.shifts.append(shift)
    second = one.on_cell(sample, {})
    assert [list(each.terms) for each in second.outcome.comparisons] == [["b"]]
    assert second.outcome.proved


def test_large_numbers_at_points_are_opaque():
    text = "size n; A : matrix n n; claim: exp(det(A))^2 = exp(2 * det(A))"
    one = visitor(text, opaque=True)
    values = {name: Fraction(number + 1, 3) for number, name in enumerate(one.arrays[0].variables)}
    assert one.at_point(values).outcome.proved


def test_a_note_tells_of_kinks():
    text = "Let $x$ be a real number.\n\n$$\\frac{d}{dx} |x| = \\operatorname{sign}(x)$$"
    [step] = check_derivation(text, repairs=False).claims
    assert step.verdict == "proved"
    assert step.message.endswith("no derivative is taken at a kink.")
