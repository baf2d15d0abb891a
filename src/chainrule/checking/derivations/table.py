"""A table for graders: one row per document."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from chainrule.checking.derivations.report import Report

COLUMNS = (
    "file",
    "relations",
    "decided",
    "first_wrong_line",
    "verdict",
    "kind",
    "result",
    "reaches_result",
    "exit_code",
)


def table(reports: Iterable[Report | tuple[str, str]]) -> str:
    """The table as CSV; a pair (file, reason) is a document that could not be read."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for report in reports:
        writer.writerow(
            row(report) if isinstance(report, Report) else [report[0], 0, 0, "", "unreadable", "", "", "", 3]
        )
    return out.getvalue()


def row(report: Report) -> list[object]:
    """One document: first wrong step, kind of slip, result right or not."""
    first = report.first_wrong
    known = {True: "right", False: "wrong", None: "unknown"}
    reaches = {True: "yes", False: "no", None: ""}
    return [
        report.name,
        len(report.relations),
        sum(step.is_decided for step in report.relations),
        first.line if first else "",
        first.verdict if first else "",
        first.kind if first else "",
        known[report.result],
        reaches[report.reaches_result],
        report.exit_code,
    ]
