"""Eight hand-ins of homework, written with an oracle by someone who had not seen the checker."""

import csv
from pathlib import Path

import pytest

from chainrule.documents import check_derivation

SHEETS = Path(__file__).parent / "exercise_sheets"
TAKEN = ("proved", "verified", "held")


def verdicts(table):
    """The truth of each claim, with the verdict on the step in its line, the first that no claim before it has."""
    document = next(path for path in map(table.with_suffix, (".md", ".tex")) if path.exists())
    by_line = {}
    for step in check_derivation(document.read_text(encoding="utf-8"), name=document.name, repairs=False).steps:
        by_line.setdefault(step.line, []).append(step)
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            here = by_line.get(int(row["line"]), [])
            plain = [step for step in here if step.verdict not in ("definition", "hypothesis")]
            step = next(iter(plain or here), None)
            if step is not None:
                here.remove(step)
                yield row, step


@pytest.mark.parametrize("table", sorted(SHEETS.glob("*.csv")), ids=lambda path: path.stem)
def test_no_true_answer_is_accused_and_no_false_one_taken(table):
    found = list(verdicts(table))
    assert len(found) > 15
    assert not [
        (row["line"], step.verdict) for row, step in found if row["truth"] == "true" and step.verdict == "wrong"
    ]
    assert not [(row["line"], step.verdict) for row, step in found if row["truth"] == "false" and step.verdict in TAKEN]
