"""Marks for derivations: a share of the points for each step that is not wrong.

Steps that are not decided cost nothing. Each step is judged against the step before it, so that a mistake costs its own
step and not those that go on from it rightly.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainrule.documents.reports.derivation_report import CheckedStep, Report
from chainrule.documents.verdicts.messages import sentence

COLUMNS = ("file", "claims", "right", "wrong", "not_decided", "first_wrong_line", "verdict", "repair", "exit_code")
GRADES = ("student", "score", "points", "steps", "right", "wrong", "not_decided", "first_wrong", "message", "notes")
ENDINGS = (".md", ".markdown", ".mdown", ".rmd", ".qmd", ".tex", ".ltx", ".ipynb", ".rst", ".txt")
"""The endings of documents that are looked for in folders."""


@dataclass(frozen=True, eq=False)
class Grade:
    """One student's work.

    Attributes
    ----------
    student : str
    reports : tuple of Report
    points : float
        The points for work without a wrong step.
    notes : tuple of str
        Files that were not opened or could not be read.
    """

    student: str
    reports: tuple[Report, ...]
    points: float
    notes: tuple[str, ...] = ()

    @property
    def steps(self) -> list[tuple[Report, CheckedStep]]:
        """All claims."""
        return [(report, step) for report in self.reports for step in report.claims]

    @property
    def wrong(self) -> list[tuple[Report, CheckedStep]]:
        """The claims that are wrong."""
        return [(report, step) for report, step in self.steps if step.is_fault]

    @property
    def score(self) -> float | None:
        """The points, less the share of wrong steps; None if no step was found."""
        count = len(self.steps)
        return round(self.points * (count - len(self.wrong)) / count, 4) if count else None

    @property
    def first_wrong(self) -> str:
        """The file and the line of the first wrong step."""
        return f"{self.wrong[0][0].name}, {self.wrong[0][1].place}" if self.wrong else ""

    @property
    def _counts(self) -> tuple[int, int, int, int]:
        right = sum(step.is_decided and not step.is_fault for _, step in self.steps)
        return len(self.steps), right, len(self.wrong), len(self.steps) - right - len(self.wrong)

    def row(self) -> list[object]:
        """Its row in the table of grades, under `GRADES`."""
        message = self.wrong[0][1].message if self.wrong else ""
        score = "" if self.score is None else f"{self.score:g}"
        notes = " ".join([*self.notes, *([] if self.steps else [sentence("nothing to grade")])])
        return [self.student, score, f"{self.points:g}", *self._counts, self.first_wrong, message, notes]

    def gradescope(self) -> dict[str, Any]:
        """The content of Gradescope's results.json: a test for each step."""
        claims, right, wrong, open_ = self._counts
        told = [sentence("grade", claims=claims, right=right, wrong=wrong, open=open_), sentence("open costs nothing")]
        output = "\n".join([*(told if claims else [sentence("nothing to grade")]), *self.notes])
        return {"score": self.score or 0.0, "output": output, "tests": [self._test(*each) for each in self.steps]}

    def _test(self, report: Report, step: CheckedStep) -> dict[str, Any]:
        share, failed = self.points / len(self.steps), step.is_fault
        test = {
            "name": f"{report.name}, {step.place}: {step.verdict}",
            "score": 0.0 if failed else round(share, 6),
            "max_score": round(share, 6),
            "output": f"{step.left} {step.relation} {step.right}\n{step.message}".rstrip(),
        }
        return test | ({"status": "failed" if failed else "passed"} if step.is_decided else {})


def submissions(folder: Path) -> Iterator[tuple[str, list[Path], list[str]]]:
    """Each student in a folder, a file or a folder of its own, with the documents and what was refused."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not (path.is_dir() or path.is_symlink() or path.suffix.lower() in ENDINGS):
            continue
        found, refused = documents_in(path, folder)
        yield path.stem if path.is_file() else path.name, found, refused


def documents_in(path: Path, folder: Path) -> tuple[list[Path], list[str]]:
    """The documents in a path inside a folder, and sentences about those that were not opened.

    Symbolic links are not followed, and nothing outside of the folder is opened.
    """
    inside, found, refused = folder.resolve(), list[Path](), list[str]()
    if path.is_symlink():
        return [], [sentence("link", path=path.name)]
    files = [path] if path.is_file() else []
    for top, folders, names in os.walk(path):  # does not go into links to folders
        folders.sort()
        files += [Path(top, name) for name in sorted([*names, *(n for n in folders if Path(top, n).is_symlink())])]
    for file in files:
        if file.is_symlink():
            refused.append(sentence("link", path=file.relative_to(folder)))
        elif file.suffix.lower() in ENDINGS and file.is_file():
            if file.resolve().is_relative_to(inside):
                found.append(file)
            else:
                refused.append(sentence("outside", path=file.relative_to(folder)))
    return found, refused


def grades_table(grades: Iterable[Grade]) -> str:
    """The grades as CSV, one row per student."""
    return _table(GRADES, (grade.row() for grade in grades))


def reports_table(reports: Sequence[Report], refused: Sequence[tuple[str, str]] = ()) -> str:
    """Reports as CSV, one row per document."""
    rows: list[list[object]] = []
    for report in reports:
        right, first = sum(s.is_decided and not s.is_fault for s in report.claims), report.faults[:1]
        counts = [len(report.claims), right, len(report.faults), len(report.claims) - right - len(report.faults)]
        told = [[step.line, step.verdict, (step.repair or {}).get("kind", "")] for step in first] or [[""] * 3]
        rows.append([report.name, *counts, *told[0], report.exit_code])
    rows += [[name, *[""] * 5, "unreadable", reason, 3] for name, reason in refused]
    return _table(COLUMNS, rows)


# What follows is private.


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return out.getvalue()


def _plain(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r") else cell
