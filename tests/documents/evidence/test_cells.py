"""Evidence from the cells at one choice of sizes."""

import pytest

from chainrule.documents.evidence.cells import Cells, cells_at
from chainrule.documents.evidence.clocks import Clock
from chainrule.documents.evidence.questions import Question
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.shapes import Shapes


def question(text):
    derivation = derivation_of(text)
    return Question.of(derivation, Shapes(derivation), Names.of(derivation), derivation.claims[-1])


def at(text, **sizes):
    return cells_at(question(text), sizes, Clock(), set())


def test_cells_cover_the_signs_of_what_is_compared():
    found = at("u : number; claim: abs(u) = max(u, -u)")
    assert isinstance(found, Cells)
    assert (found.proved, found.inside_only, found.reason) == (True, False, "")
    assert found.count > 1
    assert [str(border) for border in found.borders]


def test_sides_that_differ_in_a_cell_are_a_finding():
    found = at("size n; x : column n; claim: x[1] = abs(x[1])", n=1)
    assert found.status == "differs"
    assert found.counterexample.sizes == {"n": 1}


def test_ranges_with_members_are_filled():
    filled = set()
    asked = question("size n; x : column n; claim: sum(i in 3..n: x[i]) = sum(i in 3..n: x[i] + 0)")
    assert cells_at(asked, {"n": 2}, Clock(), filled).proved
    assert not filled
    assert cells_at(asked, {"n": 3}, Clock(), filled).proved
    assert filled == set(range(len(asked.ranges)))


def test_what_is_defined_nowhere_is_undefined():
    found = at("size n; x : column n; claim: x[n + 1] = x[n + 1]", n=1)
    assert (found.proved, found.undefined) == (False, True)


def test_a_claim_about_the_inside_of_cells_says_so(findings_of):
    slope, value = findings_of("claim: ramp'(u) = [u > 0]\nclaim: ramp(u) = max(u, 0)")
    assert slope.inside_only
    assert not value.inside_only


def test_a_counterexample_has_the_numbers_at_which_both_sides_were_computed(findings_of):
    [found] = findings_of("claim: v + u = 2 * v")
    values = {name: float(text) for name, text in found.counterexample.values.items()}
    assert float(found.counterexample.left) == pytest.approx(values["v"] + values["u"], rel=1e-5)
    assert float(found.counterexample.right) == pytest.approx(2 * values["v"], rel=1e-5)
