"""`chainrule check notes.md`: check each step of written derivations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.cli.errors import CommandError

if TYPE_CHECKING:
    from chainrule.checking.derivations import Report

PASSED, WRONG, UNDECIDED, UNREADABLE = 0, 1, 2, 3
"""Exit codes of `chainrule check`."""
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
        print(_printed(reports, refused, form))
    except OSError:
        raise
    except Exception as error:  # a defect of chainrule
        raise CommandError(failure(error), WRONG if WRONG in codes else UNDECIDED) from None
    if refused and form not in ("json", "csv"):
        raise CommandError("; ".join(f"{name}: {reason}" for name, reason in refused), UNREADABLE)
    if WRONG in codes:
        return WRONG
    return UNREADABLE if refused else max(codes, default=UNREADABLE)


def _paths(targets: Sequence[str]) -> list[Path]:
    """The given files, and the documents inside the given folders."""
    found: list[Path] = []
    for path in map(Path, targets):
        if not path.exists():
            raise CommandError(f"{path}: no such file", UNREADABLE)
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file())
        if path.is_dir() and not inside:
            raise CommandError(f"{path}: no document in this folder (looked for {', '.join(ENDINGS)})", UNREADABLE)
        found += inside if path.is_dir() else [path]
    return found


def _read(path: Path) -> str:
    from chainrule.checking.derivations import Unreadable

    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("this is not UTF-8 text") from None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", UNREADABLE) from None


def _printed(reports: list[Report], refused: list[tuple[str, str]], form: str | None) -> str:
    """The reports in one form. Only the forms json and csv contain the documents that could not be read."""
    from chainrule.checking.derivations import annotations, html, suggestions, table

    if form == "json":
        documents = [report.to_json() for report in reports]
        documents += [{"name": name, "error": reason, "exit_code": UNREADABLE} for name, reason in refused]
        return json.dumps(documents[0] if len(documents) == 1 else documents, ensure_ascii=False, indent=1)
    if form == "csv":
        return table.table([*reports, *refused]).rstrip("\n")
    if form == "html":
        return html.page(reports).rstrip("\n")
    if form == "annotate":
        return "\n".join(map(annotations.annotated, reports))
    if form == "suggest_preamble":
        return "\n".join(map(suggestions.suggested, reports))
    return "\n\n".join(map(str, reports))
