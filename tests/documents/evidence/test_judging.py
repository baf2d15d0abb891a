"""All claims of a document in one child process."""

import os
import time
from pathlib import Path

import pytest
from benchmarks.random_claims import claims, judged, mistakes

from chainrule.documents.evidence.clocks import TOO_LONG
from chainrule.documents.evidence.judging import findings
from chainrule.documents.evidence.proving import Prover
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.shapes import Shapes

HARD = "B : matrix 9 9; claim: det(B @ B) = det(B)^2"


def statuses(text, **limits):
    derivation = derivation_of(text)
    return [each.status for each in findings(derivation, Shapes(derivation), **limits)]


def test_claims_are_judged_in_order_and_in_another_process():
    before = os.times().children_user
    assert statuses("u : number; claim: u = u; claim: u = 2; claim: u * u >= 0") == ["proved", "differs", "proved"]
    assert os.times().children_user >= before


def test_a_claim_that_takes_too_long_is_undecided_and_others_are_judged(monkeypatch):
    derivation = derivation_of("u : number; claim: u = u; claim: u + u = 2 * u; claim: u = 2")
    proper = Prover.finding

    def endless(self, claim):
        while claim is derivation.claims[1]:
            time.sleep(1)
        return proper(self, claim)

    monkeypatch.setattr(Prover, "finding", endless)
    found = list(findings(derivation, Shapes(derivation), seconds=3))
    assert [each.status for each in found] == ["proved", "undecided", "differs"]
    assert "too long" in found[1].reason


def test_a_claim_whose_proof_takes_too_long_ends_in_its_time_and_is_not_proved():
    hard, simple = statuses("u : number; " + HARD + "; claim: u = 2", seconds=6)
    assert hard in ("verified", "undecided")
    assert simple == "differs"


def test_two_hundred_usual_relations_are_proved():
    derivation = derivation_of(Path(__file__).with_name("usual_relations.txt").read_text())
    found = findings(derivation, Shapes(derivation), seconds=60)
    unproved = [claim.text for claim, one in zip(derivation.claims, found, strict=True) if one.status != "proved"]
    assert len(derivation.claims) == 200
    assert unproved == []


@pytest.mark.parametrize("seed", range(20))
def test_random_claims_are_never_judged_wrongly(seed):
    found = judged(list(claims(seed, 50)))
    assert mistakes(found) == []
    right = [one.status for claim, one in found if claim.is_true]
    assert right.count("proved") >= 0.9 * len(right)


def test_a_claim_on_which_the_prover_fails_is_undecided_and_the_next_is_decided(monkeypatch):
    found = derivation_of("x : number; claim: x + x = 2 * x; claim: x = x")
    proper = Prover.finding

    def failing(self, claim):
        if claim is found.claims[0]:
            raise KeyError("boom")
        return proper(self, claim)

    monkeypatch.setattr(Prover, "finding", failing)
    first, second = findings(found, Shapes(found))
    assert (first.status, second.status) == ("undecided", "proved")
    assert "the prover failed (KeyError: 'boom')" in first.reason


def test_what_is_left_when_the_time_is_over_is_undecided():
    found = derivation_of("x : number; claim: x + x = 2 * x; claim: x = x; claim: x = 2")
    first, *others = findings(found, Shapes(found), total=0.0)
    assert first.status == "proved"
    assert [each.status for each in others] == ["undecided"] * 2
    assert "the time for the whole document was over" in others[0].reason


def test_a_sum_of_a_thousand_million_terms_is_too_large_and_no_defect():
    derivation = derivation_of("claim: sum(i in 1..1000000000: i) = 3")
    [found] = findings(derivation, Shapes(derivation))
    assert found.status == "undecided"
    assert found.reason.startswith(("it needs more memory than one step may have", TOO_LONG))
