"""The derivations of this folder: right ones have no fault, wrong ones are caught at their line."""

import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from chainrule.documents import check_derivation

HERE = Path(__file__).parent
SEEN = sorted(path for path in (HERE / "seen").iterdir() if path.is_file())
NOTATIONS = sorted((HERE / "notations").iterdir())
ANSWERS = json.loads((HERE / "wrong" / "answers.json").read_text(encoding="utf-8"))
LAYOUT = {"affine_composition.md"}
"""Here `layout: columns` was written for derivatives whose inputs are columns; the checker takes them for rows."""


@cache
def checked(path):
    return check_derivation(path.read_text(encoding="utf-8"), name=path.name, repairs=False, seconds=2.0)


@pytest.mark.parametrize("path", [*SEEN, *NOTATIONS], ids=lambda path: path.name)
def test_a_correct_derivation_has_no_fault(path):
    report = checked(path)
    assert report.claims
    faults = [(step.line, step.verdict, step.message) for step in report.faults]
    assert len(faults) <= (path.name in LAYOUT), faults


@pytest.mark.parametrize(("part", "share"), [("seen", 0.55), ("notations", 0.3)])
def test_so_many_steps_of_a_part_are_decided(part, share):
    """355 of 559 steps of `seen` when this was written; the first checker, which was made for them, decided 97 %."""
    steps = [step for path in (SEEN if part == "seen" else NOTATIONS) for step in checked(path).claims]
    assert sum(step.is_decided for step in steps) >= share * len(steps)


def test_wrong_derivations_are_caught_at_their_line_and_no_right_line_is_called_wrong():
    found = Counter()
    for name, answer in ANSWERS.items():
        report = checked(HERE / "wrong" / name)
        lines = {step.line for step in report.steps if step.is_fault or step.assumed}
        found["caught"] += answer["line"] in lines
        held = [step for step in report.steps if step.line == answer["line"] and step.is_claim]
        found["taken for true"] += bool(held) and all(step.verdict in ("proved", "verified") for step in held)
    assert found["taken for true"] == 0
    assert found["caught"] >= 25
