"""Keys by which a claim is known again in another reading."""

import pytest

from chainrule.documents.evidence.judging import findings
from chainrule.documents.evidence.proving import Prover
from chainrule.documents.evidence.same_questions import key_of
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.shapes import Shapes


def key(text):
    """The key of the last claim."""
    found = derivation_of(text)
    return key_of(Prover(found, Shapes(found)), found.claims[-1])


FIRST = "x : number; y := x^2; claim: y = x * x"
SAME = [
    "x : number; y := x^2; claim 7: y = x * x",
    "x : number; w : column n; y := x^2; u := 2 * w; claim: u = w + w; claim: y = x * x",
    "x : number; w : number; y := x^2; assume w > 0; claim: y = x * x",
]
OTHERS = [
    "x : number; y := x^2; claim: y = x^2",
    "x : number; y := x^2; claim: y <= x * x",
    "x : number; y := x^3; claim: y = x * x",
    "x : number; z := x; y := z^2; claim: y = x * x",
    "x : number; y : number; claim: y = x * x",
    "x : number, positive; y := x^2; claim: y = x * x",
    "x : number; y := x^2; assume x > 0; claim: y = x * x",
    "x : number; w : number; y := x^2; assume w > x; assume w = 0; claim: y = x * x",
    "x : number; y := x^2; claim: y = x * x when x > 0",
    "x : column n; y := norm(x); claim: y = x * x",
]


@pytest.mark.parametrize("text", SAME)
def test_what_a_claim_does_not_use_changes_no_key(text):
    assert key(text) == key(FIRST)


@pytest.mark.parametrize("text", OTHERS)
def test_what_a_claim_uses_changes_its_key(text):
    assert key(text) != key(FIRST)


def test_an_assumption_counts_through_the_names_of_another():
    with_two = "x : number; y : number; assume x < y; {}; claim: x * x = x^2"
    assert key(with_two.format("assume y < 0")) != key(with_two.format("assume y < 1"))


def test_sizes_that_nobody_names_are_the_same_by_their_places():
    alone, after = "claim: A @ x = (x' @ A')'", "claim: B @ y = (y' @ B')'; claim: A @ x = (x' @ A')'"
    shown = [Shapes(derivation_of(text)).shown("A") for text in (alone, after)]
    assert shown[0] != shown[1]
    assert key(alone) == key(after)
    assert key(f"A : matrix n n; {alone}") != key(alone)
    assert key(f"A : matrix m n; {alone}") != key(f"A : matrix n m; {alone}")


def test_a_size_in_an_assumption_is_not_any_size():
    claim = "x : column n; claim: norm(x)^2 = x' * x"
    assert key(f"size n; assume n >= 2; {claim}") != key(f"size n; {claim}")


def test_findings_that_are_known_are_not_judged_again(monkeypatch):
    found, known = derivation_of("x : number; claim: x + x = 2 * x; claim: x = 2"), {}
    first = list(findings(found, Shapes(found), known=known))
    monkeypatch.setattr(Prover, "finding", None)
    assert list(findings(found, Shapes(found), known=known)) == first
    again = derivation_of("x : number; claim: x = 2; claim: x + x = 2 * x; claim: x + x = 2 * x")
    assert [each.status for each in findings(again, Shapes(again), known=known)] == ["differs", "proved", "proved"]


def test_what_was_undecided_in_less_time_is_judged_again():
    found, known = derivation_of("x : number; claim: x + x = 2 * x"), {}
    assert [each.status for each in findings(found, Shapes(found), seconds=1e-6, known=known)] == ["undecided"]
    assert [each.status for each in findings(found, Shapes(found), seconds=1e-7, known=known)] == ["undecided"]
    assert [each.status for each in findings(found, Shapes(found), known=known)] == ["proved"]
