"""True equations in the loose notation of homework and blogs are never called wrong, however they are read.

Someone who had seen neither code nor page wrote the 100 documents on November 28, 2026, with what is meant by each. In
the first run 3 of them were called wrong: 1/1+e^{-x} was 1 + e^{-x}, a gradient by a symmetric matrix counted each
entry beside the diagonal twice, and a maximum over an interval was one over whole numbers.
"""

import csv
import re
from pathlib import Path

import pytest

from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.verdicts.document_steps import steps_of

HERE = Path(__file__).parent / "loose_notation"
DOCUMENTS = dict(
    part.split("\n", 1)
    for part in re.split(r"^## ", (HERE / "documents.txt").read_text(encoding="utf-8"), flags=re.M)[1:]
)
MEANT = list(csv.DictReader((HERE / "meant.csv").read_text(encoding="utf-8").splitlines()))


def test_what_is_meant_is_told_of_each():
    assert [int(row["number"]) for row in MEANT] == [int(label.split()[0]) for label in DOCUMENTS]
    assert all(row["meaning"] for row in MEANT)


@pytest.mark.parametrize("label", DOCUMENTS)
def test_nothing_is_called_wrong(label, claim_seconds):
    found = steps_of(pieces_of(DOCUMENTS[label], "a.md"), seconds=claim_seconds).steps
    assert [(step.line, step.verdict.name) for step in found if step.verdict.fault] == []
