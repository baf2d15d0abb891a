"""The derivations of this folder: right ones have no fault and stay decided, wrong ones are caught at their line."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from chainrule.documents import check_derivation

HERE = Path(__file__).parent
SEEN = sorted(path for path in (HERE / "seen").iterdir() if path.is_file())
NOTATIONS = sorted((HERE / "notations").iterdir())
ANSWERS = json.loads((HERE / "wrong" / "answers.json").read_text(encoding="utf-8"))
with (HERE / "decided.csv").open(encoding="utf-8", newline="") as file:
    DECIDED = {row["document"]: int(row["decided"]) for row in csv.DictReader(file)}
"""The number of steps of right derivations that were decided on 2026-11-27."""

SHARE = 1 / 3
"""The least part of this number: a machine with three times the work decides so few steps in a second and a half each."""

LAYOUT = {"affine_composition.md"}
"""Here `layout: columns` was written for derivatives whose inputs are columns; the checker takes them for rows."""


def checked(path, seconds):
    return check_derivation(path.read_text(encoding="utf-8"), name=path.name, repairs=False, seconds=seconds)


@pytest.mark.parametrize("path", [*SEEN, *NOTATIONS], ids=lambda path: path.name)
def test_a_correct_derivation_has_no_fault(path, claim_seconds):
    report = checked(path, claim_seconds)
    assert report.claims
    faults = [(step.line, step.verdict, step.message) for step in report.faults]
    assert len(faults) <= (path.name in LAYOUT), faults
    assert sum(step.is_decided for step in report.claims) >= int(SHARE * DECIDED[path.name])


def test_wrong_derivations_are_caught_at_their_line_and_no_right_line_is_called_wrong(claim_seconds):
    found = Counter()
    for name, answer in ANSWERS.items():
        report = checked(HERE / "wrong" / name, claim_seconds)
        lines = {step.line for step in report.steps if step.is_fault or step.assumed}
        found["caught"] += answer["line"] in lines
        held = [step for step in report.steps if step.line == answer["line"] and step.is_claim]
        found["taken for true"] += bool(held) and all(step.verdict in ("proved", "verified") for step in held)
    assert found["taken for true"] == 0
    assert found["caught"] >= 25
