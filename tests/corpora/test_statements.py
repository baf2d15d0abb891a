"""The oracle of the statements agrees with the table that says which of them are true."""

import csv
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "statements"


def test_each_statement_has_a_row_and_each_row_a_statement():
    with (FOLDER / "oracle.csv").open(encoding="utf-8", newline="") as file:
        rows = [row["file"] for row in csv.DictReader(file)]
    there = {path.relative_to(FOLDER).as_posix() for half in ("false", "true") for path in (FOLDER / half).iterdir()}
    assert len(rows) == len(set(rows)) == 451
    assert set(rows) == there


def test_computer_algebra_and_numbers_agree_with_every_row():
    command = [sys.executable, "-m", "tests.corpora.statements.oracle"]
    done = subprocess.run(command, cwd=FOLDER.parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, "\n".join(line for line in done.stdout.splitlines() if line.startswith("DIS"))
    assert done.stdout.endswith("451 statements, 0 disagree\n")
