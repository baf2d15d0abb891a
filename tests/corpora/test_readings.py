"""Documents by an outsider, whose false claims hold under a reading that is not meant."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from chainrule.documents.sources.opening import read
from chainrule.documents.verdicts.document_steps import steps_of

FOLDER = Path(__file__).parent / "readings"
TAKEN = ("proved", "verified", "held")
with (FOLDER / "oracle.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


def test_the_oracle_agrees():
    done = subprocess.run([sys.executable, FOLDER / "oracle.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert len(ROWS) == 48


@pytest.mark.parametrize("row", ROWS, ids=lambda row: Path(row["file"]).stem)
def test_no_false_claim_is_taken_and_no_true_one_accused(row):
    found = [(step.line, step.verdict) for step in steps_of(read(FOLDER / row["file"]), seconds=5).steps]
    false = int(row["line"] or 0)
    assert not [name for line, each in found if line == false and (name := each.name) in TAKEN]
    assert not [(line, each.name) for line, each in found if line != false and each.fault]
