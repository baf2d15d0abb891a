"""The stored edits of right steps: they fit their files, and a sample of them is not taken for the opposite."""

import csv
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def edits():
    sys.path.insert(0, str(ROOT))
    try:
        from benchmarks import derivation_mutants
    finally:
        sys.path.remove(str(ROOT))
    return derivation_mutants


def test_each_edit_fits_its_file_and_changes_it(edits):
    stored = edits.stored()
    with (ROOT / "tests" / "derivations" / "mutants.csv").open(encoding="utf-8", newline="") as file:
        assert {row["truth"] for row in csv.DictReader(file)} == {"true", "false"}
    assert len(stored) == 578
    for edit in stored:
        assert edit.text != (ROOT / "tests" / "derivations" / "seen" / edit.file).read_text(encoding="utf-8")


def test_no_edit_of_a_sample_is_taken_for_the_opposite(edits):
    judged = list(edits.judged(edits.stored()[::40], 2.0))
    assert [each for each in judged if edits.is_mistaken(*each)] == []
    assert sum(verdict in edits.FAULTS for _, verdict in judged) >= 4  # 6 of 15 when this was written
