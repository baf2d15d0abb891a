"""Short documents about classifiers, written by somebody who had not seen the code: nothing false is said of them."""

from pathlib import Path

import pytest
from tests.corpora.measured import measured, rows_of

HERE = Path(__file__).parent / "course_documents"
NAMES = [row["path"] for row in rows_of(HERE / "index-c.csv")]


@pytest.mark.parametrize("name", NAMES)
def test_no_true_claim_is_a_fault_and_no_false_one_holds(name, claim_seconds):
    found = measured(HERE / name, (HERE / name).with_suffix(".csv"), claim_seconds / 2)
    assert found.claims == len(rows_of((HERE / name).with_suffix(".csv")))
    assert (found.false_faults, found.taken) == ([], [])
