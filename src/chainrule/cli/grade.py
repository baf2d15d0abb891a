"""`chainrule grade`: marks for a folder of derivations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from chainrule.cli.check import UNREADABLE, checked, declarations_in
from chainrule.cli.output import USAGE, CommandError, listed, print_json
from chainrule.cli.user_modules import Imports


def grade(
    folder: Annotated[Path, typer.Argument(help="A folder with a file or a folder for each student.")],
    points: Annotated[float, typer.Option(min=0.0, help="The points for work without wrong steps.")] = 10.0,
    gradescope: Annotated[
        bool, typer.Option("--gradescope", help="Grade FOLDER as the work of one student; print results.json.")
    ] = False,
    declare: Annotated[
        Path | None,
        typer.Option(
            help="A file with declarations for all students, or a folder with STUDENT.declare and all.declare."
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Count right steps that rest on doubts or assumptions as not decided.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=0.1, help="Maximum seconds for one step.")] = 10.0,
    total: Annotated[float, typer.Option(min=0.1, help="Maximum seconds for all steps of one document.")] = 600.0,
    imports: Imports = None,
) -> int:
    """Grade derivations: each step that is not wrong earns its share of the points.

    Prints one row per student as CSV. Undecided steps cost no points, and each step is compared with the step before
    it: the columns look_at and notes name what a person has to look at. In a folder of declarations, those for a
    student are in STUDENT.declare, and those for all who have no such file in all.declare. Submitted notebooks are read
    but never run. Symbolic links, and paths that lead out of the folder, are not opened. Exit status: 0 done, 3 there
    is nothing to grade, 64 the command was used wrongly, or a declaration is not understood.
    """
    from chainrule.documents.reports import grading
    from chainrule.documents.verdicts.messages import sentence

    if folder.exists() and not folder.is_dir():
        raise CommandError(f"{folder}: expected a folder, got a file; chainrule check reads one file", UNREADABLE)
    if not folder.is_dir():
        raise CommandError(f"{folder}: no such folder", UNREADABLE)
    if declare is not None and not declare.exists():
        raise CommandError(f"{declare}: no such file or folder", UNREADABLE)
    several = declare is not None and declare.is_dir()
    if gradescope and several:
        raise CommandError(f"--declare {declare}: expected a file with --gradescope, got a folder", USAGE)
    root = folder.resolve()
    alone = [(root.name, *grading.documents_in(root, root))] if gradescope else []
    work = alone or list(grading.submissions(root))
    if not work:
        raise CommandError(f"{folder}: no submission in this folder", UNREADABLE)
    if declare is not None:
        _check_declarations(declare, [student for student, _, _ in work])
    grades = []
    for student, paths, notes in work:
        own = grading.declarations_for(student, declare) if declare and several else declare
        reports, refused, interrupted = checked(paths, own, mending=True, seconds=seconds, total=total, inside=root)
        if interrupted:  # no marks for what was not checked
            raise KeyboardInterrupt
        notes += [sentence("unreadable", path=path, error=reason.rstrip(".")) for path, reason in refused]
        notes += [] if paths or notes else [sentence("no document")]
        grades.append(grading.Grade(student, tuple(reports), points, tuple(notes), strict=strict))
    if gradescope:
        print_json(grades[0].gradescope())
    else:
        print(grading.grades_table(grades), end="")
    return 0


def _check_declarations(declare: Path, students: Sequence[str]) -> None:
    """End the command if a declaration is not understood, or if a file of declarations belongs to no student."""
    from chainrule.documents.reader.declaring.declared_files import problems_in

    files = sorted(declare.glob("*.declare")) if declare.is_dir() else [declare]
    if not files:
        raise CommandError(f"--declare {declare}: expected STUDENT.declare or all.declare in this folder", USAGE)
    strange = [path.name for path in files if declare.is_dir() and path.stem not in (*students, "all")]
    if strange:
        raise CommandError(
            f"--declare {declare}: expected the names of students, got {listed(strange)}; the students are "
            f"{listed(students)}",
            USAGE,
        )
    problems = [
        f"{path}, line {line}: {expected}" for path in files for line, expected in problems_in(declarations_in(path))
    ]
    if problems:
        raise CommandError("; ".join(problems), USAGE)
