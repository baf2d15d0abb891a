"""Worked examples with numbers by an outsider, with values that change, and claims that hold for the example alone."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from chainrule.documents.sources.opening import read
from chainrule.documents.verdicts.document_steps import steps_of

HERE = Path(__file__).parent / "examples"
HOLDS = ("proved", "verified", "held", "definition")
ROWS = list(csv.DictReader((HERE / "oracle.csv").read_text(encoding="utf-8").splitlines()))
FOUND = {
    "false/003-squared-error-general.md",
    "false/004-softmax-cross-entropy.md",
    "false/014-sigmoid-derivative.md",
    "false/020-confusion-matrix.md",
    "false/025-tiny-steps.md",
}
"""Documents whose false claim is called wrong."""


def test_the_oracle_agrees():
    done = subprocess.run([sys.executable, HERE / "oracle.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("40 documents, 0 disagree\n")
    assert len(ROWS) == 40


@pytest.mark.parametrize("row", ROWS, ids=lambda row: Path(row["file"]).stem)
def test_no_false_number_is_taken_and_no_true_one_accused(row, claim_seconds):
    found = [(step.line, step.verdict) for step in steps_of(read(HERE / row["file"]), seconds=claim_seconds).steps]
    false = int(row["line"] or 0)
    own = [each for line, each in found if line == false]
    assert not own or not all(each.name in HOLDS for each in own)
    assert any(each.fault for each in own) or row["file"] not in FOUND
    assert not [(line, each.name) for line, each in found if line != false and each.fault]
