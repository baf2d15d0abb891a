"""`chainrule check`: check each step of written derivations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chainrule.cli.output import CommandError, first_notes, print_json
from chainrule.cli.user_modules import Imports
from chainrule.progress import ProgressLine

if TYPE_CHECKING:
    from chainrule.documents import Report

RIGHT, WRONG, UNDECIDED, UNREADABLE = 0, 1, 2, 3
"""Exit statuses."""


def check(
    targets: Annotated[
        list[Path],
        typer.Argument(
            help="Documents (Markdown, LaTeX, notebooks, RST, text), folders of documents, or - for standard input."
        ),
    ],
    show_reading: Annotated[
        bool, typer.Option("--show-reading", help="Print below every formula how it was read.")
    ] = False,
    write_declarations: Annotated[
        bool,
        typer.Option(
            "--write-declarations", "--suggest-preamble", help="Print declarations for the names that were guessed."
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object, or a list of them.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Print a page with MathML.")] = False,
    annotate: Annotated[bool, typer.Option("--annotate", help="Print the document with comments.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print a table with one row per document.")] = False,
    github: Annotated[bool, typer.Option("--github", help="Print annotations for a GitHub workflow.")] = False,
    declare: Annotated[
        Path | None, typer.Option("--declare", "--preamble", help="A file with declarations for all documents.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Count damaged input, and steps that rest on doubts, as undecided.")
    ] = False,
    allow_undecided: Annotated[
        bool, typer.Option("--allow-undecided", help="Exit with 0 if nothing is wrong, even if something is undecided.")
    ] = False,
    repairs: Annotated[bool, typer.Option(help="Search for a change that makes a wrong step right.")] = True,
    seconds: Annotated[float, typer.Option(min=0.1, help="Maximum processor time for one step, in seconds.")] = 10.0,
    total: Annotated[float, typer.Option(min=0.1, help="Maximum seconds for all steps of one document.")] = 3600.0,
    imports: Imports = None,
) -> int:
    """Check each step of written derivations.

    Every relation is listed with its line, a verdict and the reason. A wrong step is listed with numbers that show the
    mistake, and with a change that corrects it. Ctrl-C prints what was checked until then. Exit status: 0 all proved,
    verified or "proved if", 1 something is wrong, 2 nothing is wrong but something is undecided or has no end, 3 a
    document cannot be read.
    """
    forms = {
        "show-reading": show_reading, "write-declarations": write_declarations, "json": json, "html": html,
        "annotate": annotate, "csv": csv, "github": github,
    }  # fmt: skip
    chosen = [form for form, wanted in forms.items() if wanted]
    if len(chosen) > 1:
        raise typer.BadParameter(f"give one of --{' and --'.join(chosen)}")
    form = chosen[0] if chosen else ""
    paths = _documents(targets)
    if form == "annotate" and (notebooks := [str(path) for path in paths if path.suffix.lower() == ".ipynb"]):
        raise CommandError(f"{notebooks[0]}: a notebook cannot be annotated; use --html or --json", UNREADABLE)
    reports, refused, interrupted = checked(
        paths, declare, mending=repairs and form != "write-declarations", seconds=seconds, total=total
    )
    if interrupted and not reports:
        raise KeyboardInterrupt
    text = _printed(reports, refused, form, seconds, total)
    if text:
        print(text.rstrip("\n"))
    if interrupted:
        raise KeyboardInterrupt
    if refused and form not in ("json", "csv"):
        raise CommandError("; ".join(f"{name}: {reason}" for name, reason in refused), UNREADABLE)
    codes = {report.strict_exit_code if strict else report.exit_code for report in reports}
    if WRONG in codes or refused:
        return WRONG if WRONG in codes else UNREADABLE
    return RIGHT if allow_undecided else max(codes)


def checked(
    paths: Sequence[Path],
    declare: Path | None,
    *,
    mending: bool,
    seconds: float,
    total: float,
    inside: Path | None = None,
) -> tuple[list[Report], list[tuple[str, str]], bool]:
    """The reports about documents; those that cannot be read, with the reasons; and whether Ctrl-C ended the check.

    Names of documents are those inside a folder, if one is given.
    """
    from dataclasses import replace

    from chainrule.documents.checked import Interrupted, check_pieces, with_declarations
    from chainrule.documents.defects import in_words
    from chainrule.documents.sources.opening import Unreadable, read
    from chainrule.documents.verdicts.messages import sentence

    reports: list[Report] = []
    refused: list[tuple[str, str]] = []
    declarations = declarations_in(declare) if declare else ""
    with ProgressLine() as line:
        for path in paths:
            name = str(path.relative_to(inside) if inside else path)

            def progress(done: int, of: int, name: str = name) -> None:
                line.show(f"{name}: {done} of {of} relations")

            try:
                pieces = with_declarations(replace(read(path), name=name), declarations)
                reports.append(check_pieces(pieces, mending=mending, seconds=seconds, total=total, progress=progress))
            except KeyboardInterrupt as error:
                reports += [error.report] if isinstance(error, Interrupted) else []
                return reports, refused, True
            except (Unreadable, OSError) as error:
                refused.append((name, getattr(error, "strerror", None) or str(error)))
            except Exception as error:  # a defect of the checker costs this document, not the others
                refused.append((name, sentence("failed", error=in_words(error))))
    return reports, refused, False


def declarations_in(path: Path) -> str:
    """The text of a file with declarations."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path}: {getattr(error, 'strerror', error)}", UNREADABLE) from None


def _documents(targets: Sequence[Path]) -> list[Path]:
    """The given files, and the documents inside the given folders; other files that people hand in are named."""
    from chainrule.documents.reports.grading import ENDINGS
    from chainrule.documents.sources.opening import STANDARD_INPUT, UNREAD
    from chainrule.documents.verdicts.messages import sentence

    found: list[Path] = []
    for path in targets:
        if str(path) != STANDARD_INPUT and not path.exists():
            raise CommandError(f"{path}: no such file", UNREADABLE)
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else []
        inside = [p for p in files if p.suffix.lower() in ENDINGS]
        unread = [p for p in files if p.suffix.lower() in UNREAD]
        first_notes(
            [sentence("not a document", path=p, why=UNREAD[p.suffix.lower()]).rstrip(".") for p in unread],
            "files are not read",
        )
        if path.is_dir() and not inside:
            raise CommandError(f"{path}: no document in this folder (looked for {', '.join(ENDINGS)})", UNREADABLE)
        found += inside if path.is_dir() else [path]
    return found


def _printed(reports: list[Report], refused: list[tuple[str, str]], form: str, seconds: float, total: float) -> str:
    """The reports in one form. Only the forms json and csv contain the documents that could not be read."""
    from chainrule.documents.checked import declarations_that_help
    from chainrule.documents.reports import grading, listing, webpage
    from chainrule.documents.sources.opening import Unreadable

    if form == "json":
        told = [report.to_json() for report in reports]
        told += [{"name": name, "error": reason, "exit_code": UNREADABLE} for name, reason in refused]
        print_json(told[0] if len(told) == 1 else told)
        return ""
    if form == "csv":
        return grading.reports_table(reports, refused)
    if form == "html":
        return webpage.page(reports)
    written: dict[str, Callable[[Report], str]] = {
        "annotate": listing.annotated,
        "show-reading": listing.shown_reading,
        "write-declarations": partial(declarations_that_help, seconds=seconds, total=total),
        "github": listing.github_annotations,
    }
    try:
        return ("\n" if form else "\n\n").join(map(written.get(form, str), reports))
    except Unreadable as error:
        raise CommandError(str(error), UNREADABLE) from None
