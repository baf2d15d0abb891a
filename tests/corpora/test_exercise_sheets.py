"""Eight hand-ins of homework, written with an oracle by someone who had not seen the checker."""

import csv
from pathlib import Path

import pytest

from chainrule.documents import check_derivation

SHEETS = Path(__file__).parent / "exercise_sheets"
TAKEN = ("proved", "verified", "held")


def verdicts(table, seconds):
    """The truth of each claim, with the verdict on the step in its line, the first that no claim before it has.

    Definitions and hypotheses are no claims where a line has enough other steps.
    """
    document = next(path for path in map(table.with_suffix, (".md", ".tex")) if path.exists())
    by_line = {}
    text = document.read_text(encoding="utf-8")
    for step in check_derivation(text, name=document.name, repairs=False, seconds=seconds).steps:
        by_line.setdefault(step.line, []).append(step)
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for line in dict.fromkeys(row["line"] for row in rows):
        own = [row for row in rows if row["line"] == line]
        here = by_line.get(int(line), [])
        plain = [step for step in here if step.verdict not in ("definition", "hypothesis")]
        yield from zip(own, plain if len(plain) >= len(own) else here, strict=False)


@pytest.mark.parametrize("table", sorted(SHEETS.glob("*.csv")), ids=lambda path: path.stem)
def test_no_true_answer_is_accused_and_no_false_one_taken(table, claim_seconds):
    found = list(verdicts(table, claim_seconds))
    assert len(found) > 15
    assert not [
        (row["line"], step.verdict) for row, step in found if row["truth"] == "true" and step.verdict == "wrong"
    ]
    assert not [(row["line"], step.verdict) for row, step in found if row["truth"] == "false" and step.verdict in TAKEN]
