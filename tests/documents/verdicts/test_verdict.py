"""The table of verdicts: nothing is wrong without certainty, nothing proved without a proof."""

import pytest

from chainrule.documents.evidence.findings import Finding
from chainrule.documents.verdicts.verdict import TABLE, VERDICTS, verdict_of

STATUSES = ("proved", "verified", "held", "differs", "undefined", "undecided")


@pytest.mark.parametrize("status", STATUSES)
def test_an_uncertain_reading_is_never_a_fault(status):
    assert not verdict_of(Finding(status), certain=False).fault


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("certain", [True, False])
def test_only_a_proof_is_called_proved(status, certain):
    assert (verdict_of(Finding(status), certain=certain).name == "proved") == (status == "proved")


@pytest.mark.parametrize("status", STATUSES)
def test_without_a_definition_only_a_proof_for_all_its_values_counts(status):
    found = verdict_of(Finding(status), certain=True, unread=True)
    assert found.name == ("proved" if status == "proved" else "no definition")


def test_a_claim_that_holds_for_some_indices_says_so():
    found = Finding("differs", held=({"i": 1},), failed=({"i": 2},))
    assert verdict_of(found, certain=True).name == "true for some indices"
    assert verdict_of(found, certain=False).name == "wrong if read so"


def test_every_verdict_of_the_table_is_known_and_says_something():
    assert {name for row in TABLE.values() for name in row} <= VERDICTS.keys()
    assert all(verdict.says.endswith(".") for verdict in VERDICTS.values())
    assert all(verdict.decided for verdict in VERDICTS.values() if verdict.fault)
