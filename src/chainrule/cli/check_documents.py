"""`chainrule check notes.md`: check each step of written derivations."""

from __future__ import annotations

import json as json_module
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.cli.errors import CommandError

if TYPE_CHECKING:
    from chainrule.checking.derivations import Report

ALL_VERIFIED, SOMETHING_WRONG, SOMETHING_UNDECIDED, UNREADABLE = 0, 1, 2, 3
"""Exit codes."""
ENDINGS = (".md", ".markdown", ".tex", ".ipynb", ".txt")
FORMS = ("json", "html", "annotate", "csv", "suggest_preamble")


def are_documents(targets: Sequence[str]) -> bool:
    """True if a target is a file or a folder; False if all targets name Python objects."""
    return any(Path(target).exists() or target.lower().endswith(ENDINGS) for target in targets)


def check_documents(targets: Sequence[str], preamble: str | None, strict: bool, form: str | None) -> int:
    """Check documents, print the result in one form, and return the exit code."""
    from chainrule.checking.derivations import Unreadable, check_derivation
    from chainrule.checking.derivations.document import failure

    declarations = _read(Path(preamble)) if preamble is not None else None
    reports: list[Report] = []
    refused: list[tuple[str, str]] = []
    for path in _paths(targets):
        try:
            repairs = form != "suggest_preamble"
            reports.append(check_derivation(_read(path), declarations, name=str(path), repairs=repairs))
        except Unreadable as error:
            refused.append((str(path), str(error)))
    codes = [report.strict_exit_code if strict else report.exit_code for report in reports]
    try:
        _print(reports, refused, form)
    except (CommandError, Unreadable, OSError):
        raise
    except Exception as error:  # a defect of chainrule
        status = SOMETHING_WRONG if SOMETHING_WRONG in codes else SOMETHING_UNDECIDED
        raise CommandError(failure(error), status) from None
    if SOMETHING_WRONG in codes:
        return SOMETHING_WRONG
    return UNREADABLE if refused else max(codes, default=UNREADABLE)


def _paths(targets: Sequence[str]) -> list[Path]:
    """The given files, and the documents inside the given folders."""
    found: list[Path] = []
    for target in targets:
        path = Path(target)
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file())
            if not inside:
                raise CommandError(
                    f"{target}: no document in this folder (looked for {', '.join(ENDINGS)})", UNREADABLE
                )
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise CommandError(f"{target}: no such file", UNREADABLE)
    return found


def _read(path: Path) -> str:
    from chainrule.checking.derivations import Unreadable

    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("this is not UTF-8 text") from None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", UNREADABLE) from None


def _print(reports: list[Report], refused: list[tuple[str, str]], form: str | None) -> None:
    from chainrule.checking.derivations.annotations import annotated
    from chainrule.checking.derivations.html import page
    from chainrule.checking.derivations.suggestions import suggested
    from chainrule.checking.derivations.table import table

    if form == "json":
        documents = [report.to_json() for report in reports]
        documents += [{"name": name, "error": reason, "exit_code": UNREADABLE} for name, reason in refused]
        print(json_module.dumps(documents[0] if len(documents) == 1 else documents, ensure_ascii=False, indent=1))
        return
    if form == "csv":
        print(table([*reports, *refused]), end="")
        return
    if form == "html":
        print(page(reports), end="")
    elif form == "annotate":
        print("\n".join(annotated(report) for report in reports))
    elif form == "suggest_preamble":
        for report in reports:
            print(suggested(report))
    else:
        print("\n\n".join(str(report) for report in reports))
    if refused:
        raise CommandError("; ".join(f"{name}: {reason}" for name, reason in refused), UNREADABLE)
