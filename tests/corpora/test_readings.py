"""Documents by an outsider, whose false claims hold under a reading that is not meant."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from chainrule.documents.sources.opening import read
from chainrule.documents.verdicts.document_steps import steps_of

HERE = Path(__file__).parent / "readings"
FOLDERS = (
    HERE,
    *(
        HERE / name
        for name in ("second", "third", "fourth", "fifth", "equations", "sixth", "seventh", "eighth", "ninth", "tenth")
    ),
)
TAKEN = ("proved", "verified", "held")
TOLD = ("at a kink", "is not always")
"""Words of a note with a proof that one side may have no value where the other one has."""


def rows_of(folder):
    """The rows of an oracle's table, with the paths of the documents."""
    with (folder / "oracle.csv").open(encoding="utf-8", newline="") as file:
        return [{**row, "path": folder / row["file"]} for row in csv.DictReader(file)]


@pytest.mark.parametrize(
    ("folder", "count"),
    [*zip(FOLDERS, (48, 36, 40, 60, 24, 40, 50, 50, 50, 48, 60), strict=True)],
    ids=lambda each: str(each)[-6:],
)
def test_the_oracle_agrees(folder, count):
    if folder.name in ("fourth", "fifth"):
        pytest.importorskip("torch", reason="the oracle needs PyTorch: pip install -e '.[torch]'")
    done = subprocess.run([sys.executable, folder / "oracle.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert len(rows_of(folder)) == count


@pytest.mark.parametrize(
    "row", [row for folder in FOLDERS for row in rows_of(folder)], ids=lambda row: row["path"].stem
)
def test_no_false_claim_is_taken_and_no_true_one_accused(row, claim_seconds):
    found = steps_of(read(row["path"]), seconds=claim_seconds).steps
    false = int(row["line"] or 0)
    taken = [step for step in found if step.line == false and step.verdict.name in TAKEN]
    assert not [step.line for step in taken if not any(words in step.reason for words in TOLD)]
    assert not [(step.line, step.verdict.name) for step in found if step.line != false and step.verdict.fault]
