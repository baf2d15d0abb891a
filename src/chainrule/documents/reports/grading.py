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
from chainrule.documents.sources.opening import UNREAD
from chainrule.documents.verdicts.messages import plain, sentence

COLUMNS = ("file", "claims", "right", "wrong", "not_decided", "first_wrong_line", "verdict", "repair", "exit_code")
GRADES = (
    "student",
    "score",
    "points",
    "steps",
    "right",
    "wrong",
    "not_decided",
    "first_wrong",
    "message",
    "look_at",
    "notes",
)
ENDINGS = (".md", ".markdown", ".mdown", ".rmd", ".qmd", ".tex", ".ltx", ".ipynb", ".rst", ".txt")
"""The endings of documents that are looked for in folders."""
MOST_LINES = 20
"""Most steps in the column `look_at`; after them only the number of the others."""


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
        Sentences about files that were not opened or could not be read.
    strict : bool
        Whether right steps that rest on doubts or on assumptions count as not decided.
    """

    student: str
    reports: tuple[Report, ...]
    points: float
    notes: tuple[str, ...] = ()
    strict: bool = False

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
    def look_at(self) -> str:
        """The places of damaged input, and of steps that assume something, or are wrong if they are read as they were.

        With `strict`, they are also the places of steps that rest on doubts.
        """
        places = [f"{report.name}, {place}" for report in self.reports for place in self._places(report)]
        return "; ".join(_first(places, "more places"))

    def _places(self, report: Report) -> list[str]:
        """The places in a document that a person has to look at, in their order."""
        steps = [(step.cell or 0, step.line, step.place) for step in report.claims if self._needs_a_look(step)]
        damaged = [(0, line, sentence("line", line=line)) for line, _ in report.notes]
        return list(dict.fromkeys(place for _, _, place in sorted([*steps, *damaged], key=lambda each: each[:2])))

    def _needs_a_look(self, step: CheckedStep) -> bool:
        return step.is_suspect or bool(step.assumed) or self._is_doubtful(step)

    def _is_doubtful(self, step: CheckedStep) -> bool:
        """Whether a step that seems right rests on something that the text does not say, where this counts."""
        return self.strict and not step.is_fault and step.is_decided and bool(step.doubts or step.assumed)

    @property
    def _told(self) -> list[str]:
        """The notes, and what the score does not cover."""
        claims, *_, open_ = self._counts
        judged = [sentence("not judged", open=open_, claims=claims)] if open_ else []
        damaged = [
            sentence("of document", name=report.name, remark=remark)
            for report in self.reports
            for remark in report.remarks
        ]
        assumed = [
            sentence("assumes", name=report.name, place=step.place, assumed=plain(" and ".join(step.assumed)))
            for report, step in self.steps
            if step.assumed
        ]
        told = [*_first(damaged, "more notes"), *_first(assumed, "more assume")]
        return [*self.notes, *told, *(judged if claims else [sentence("nothing to grade")])]

    @property
    def _counts(self) -> tuple[int, int, int, int]:
        right = sum(step.is_decided and not step.is_fault and not self._is_doubtful(step) for _, step in self.steps)
        return len(self.steps), right, len(self.wrong), len(self.steps) - right - len(self.wrong)

    def row(self) -> list[object]:
        """Its row in the table of grades, under `GRADES`."""
        message = self.wrong[0][1].message if self.wrong else ""
        score = "" if self.score is None else f"{self.score:g}"
        counts = (f"{self.points:g}", *self._counts, self.first_wrong, message)
        return [self.student, score, *counts, self.look_at, " ".join(self._told)]

    def gradescope(self) -> dict[str, Any]:
        """The content of Gradescope's results.json: a test for each step.

        Without a step there is no score, but a test of 0 points, for Gradescope needs one of them.
        """
        claims, right, wrong, open_ = self._counts
        told = [sentence("grade", claims=claims, right=right, wrong=wrong, open=open_)] if claims else []
        told += [sentence("open costs nothing")] if open_ else []
        told += [sentence("look at", places=self.look_at)] if self.look_at else []
        output = "\n".join([*told, *self._told])
        if self.score is None:
            nothing = {"name": sentence("nothing to grade"), "score": 0.0, "max_score": 0.0, "output": output}
            return {"output": output, "tests": [nothing]}
        return {"score": self.score, "output": output, "tests": [self._test(*each) for each in self.steps]}

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
    """Each student in a folder, with the documents and with sentences about what was not read.

    The work of a student is a folder of this name, the files of this name, or both.
    """
    work = dict[str, tuple[list[Path], list[str]]]()
    for path in sorted(folder.iterdir()):
        known = path.suffix.lower() in (*ENDINGS, *UNREAD)
        if path.name.startswith(".") or not (path.is_dir() or path.is_symlink() or known):
            continue
        found, refused = work.setdefault(path.stem if path.is_file() else path.name, ([], []))
        more, told = documents_in(path, folder)
        found += more
        refused += told
    yield from ((student, found, refused) for student, (found, refused) in work.items())


def declarations_for(student: str, folder: Path) -> Path | None:
    """The file in a folder with the declarations for a student: STUDENT.declare, or else all.declare."""
    return next((path for name in (student, "all") if (path := folder / f"{name}.declare").is_file()), None)


def documents_in(path: Path, folder: Path) -> tuple[list[Path], list[str]]:
    """The documents in a path inside a folder, and sentences about the files that were not read.

    Symbolic links are not followed, and nothing outside of the folder is opened.
    """
    inside, found, refused, others = folder.resolve(), list[Path](), list[str](), list[str]()
    if path.is_symlink():
        return [], [sentence("link", path=path.name)]
    files = [path] if path.is_file() else []
    for top, folders, names in os.walk(path):  # does not go into links to folders
        folders.sort()
        files += [Path(top, name) for name in sorted([*names, *(n for n in folders if Path(top, n).is_symlink())])]
    for file in files:
        name, ending = str(file.relative_to(folder)), file.suffix.lower()
        if file.is_symlink():
            refused.append(sentence("link", path=name))
        elif file.is_file() and not file.resolve().is_relative_to(inside):
            refused.append(sentence("outside", path=name))
        elif file.is_file() and ending in ENDINGS:
            found.append(file)
        elif file.is_file() and ending in UNREAD:
            refused.append(sentence("not a document", path=name, why=UNREAD[ending]))
        elif file.is_file() and not file.name.startswith("."):
            others.append(name)
    if others:
        refused.append(sentence("other files", paths=", ".join(_first(others, "more files"))))
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


def _first(texts: Sequence[str], rest: str) -> list[str]:
    """The first texts, and the number of the others in a sentence."""
    more = [sentence(rest, count=len(texts) - MOST_LINES)] if len(texts) > MOST_LINES else []
    return [*texts[:MOST_LINES], *more]


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return out.getvalue()


def _plain(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r") else cell
