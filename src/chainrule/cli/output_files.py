"""The files that a command writes, checked before any work."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chainrule.cli.output import CommandError, note
from chainrule.cli.train_config import FIRST_WORDS, RunRecord, config_of
from chainrule.estimators.plots import figure
from chainrule.extras import import_extra
from chainrule.storage.files import replacing


def check_writable(path: Path, option: str = "--out") -> None:
    """Raise CommandError if a file cannot be written to `path`."""
    folder = path.parent
    if not folder.is_dir():
        raise CommandError(f"{option}: the directory {folder} does not exist")
    if path.is_dir():
        raise CommandError(f"{option}: {path} is a directory; expected a file name")
    if not os.access(folder, os.W_OK):
        raise CommandError(f"{option}: the directory {folder} cannot be written to")


@contextmanager
def whole_file(path: Path, *, binary: bool = False) -> Iterator[Any]:
    """Open a file of text or bytes that appears under its name when the block ends, and not at all after an error.

    A device or a pipe is written to directly.

    Raises
    ------
    OSError
        If the file cannot be written; the message names it.
    """
    special = path.exists() and not path.is_file()
    try:
        with path.open("wb") if special else replacing(path) as file:
            if binary:
                yield file
                return
            text = io.TextIOWrapper(file, encoding="utf-8", newline="")
            try:
                yield text
            finally:
                text.detach()  # which writes what is left; `file` is closed by its own block
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def check_report(folder: Path) -> None:
    """Raise CommandError if a report cannot be written to the folder, which need not exist.

    Raise ImportError if a library of the extra 'report' is missing.
    """
    import_extra("jinja2", "report", "--report needs jinja2")
    import_extra("matplotlib", "report", "--report needs matplotlib")
    if folder.is_dir():
        check_writable(folder / "report.html", "--report")
    elif folder.exists():
        raise CommandError(f"--report: {folder} is a file; expected a directory")
    else:
        check_writable(folder.absolute(), "--report")


def checkpoint_of(model: Path) -> Path:
    """The file beside a model file that holds an interrupted training."""
    return model.with_name(model.name + ".part")


def check_outputs(
    model: Path,
    *,
    config: RunRecord,
    curves: Path | None = None,
    report: Path | None = None,
    held_out_rows: Path | None = None,
    overwrite: bool,
    resume: bool,
) -> set[str]:
    """Check that the files of a training can be written, and that none is replaced without --overwrite.

    Parameters
    ----------
    model : Path
        The model file.
    config : RunRecord
        The configuration file beside it. A file that no training has written is never replaced.
    curves : Path, optional
        The file for the learning curves.
    report : Path, optional
        The folder for the report.
    held_out_rows : Path, optional
        The file for the numbers of the rows held out.
    overwrite : bool
        True if existing files may be replaced.
    resume : bool
        True to continue an interrupted run and replace its model file.

    Returns
    -------
    set of str
        The options whose files exist, belong to the run that is repeated, and are not written again; notes name them.

    Raises
    ------
    CommandError
        If a file cannot be written or exists.
    ImportError
        If a library of the extra 'report' is needed and not installed.
    """
    check_writable(model)
    written, kept = dict[str, Path](), dict[str, str]()
    if held_out_rows is not None:
        check_writable(held_out_rows, "--held-out-rows")
        written["--held-out-rows"] = held_out_rows
    if curves is not None:
        check_writable(curves, "--curves")
        kinds = figure().canvas.get_supported_filetypes()
        if curves.suffix and curves.suffix[1:].lower() not in kinds:
            raise CommandError(f"--curves: expected a file ending in {', '.join(kinds)}, got {curves.name}")
        written["--curves"] = curves
    if report is not None:
        check_report(report)
        written["--report"] = report / "report.html"
    checkpoint = checkpoint_of(model)
    resumed = resume and checkpoint.exists()
    settings = config_of(model)
    if settings.exists():
        earlier = settings.read_bytes()
        if not earlier.startswith(FIRST_WORDS.encode()):
            raise CommandError(f"{settings} exists, and no training has written it; name another file with --out")
    nothing = f"there is no interrupted run to resume ({checkpoint})"
    if not (overwrite or resumed):
        # The files of an interrupted run exist too, and --overwrite would discard it.
        if checkpoint.exists():
            raise CommandError(
                f"{checkpoint} holds an interrupted run; continue it with --resume, name another file with --out, or "
                "start again with --overwrite"
            )
        for option, file in written.items():
            name = option.removeprefix("--").replace("-", "_")
            if file.exists() and name in config.repeated:
                why = f"{file} exists, so it is not written again"
                kept[name] = f"{why}; {option} names another place, --overwrite replaces it"
            elif file.exists():
                place = "directory" if name == "report" else "file"
                raise CommandError(f"{option}: {file} exists; name another {place}, or replace it with --overwrite")
        if model.exists():
            reason = f"{nothing}, and " if resume else ""
            raise CommandError(f"{reason}{model} exists; name another file with --out, or replace it with --overwrite")
        if settings.exists() and earlier != config.text.encode():
            raise CommandError(f"{settings} exists; name another file with --out, or replace it with --overwrite")
    if resume and not resumed:
        note(f"{nothing}; starting from the beginning")
    for text in kept.values():
        note(text)
    return set(kept)
