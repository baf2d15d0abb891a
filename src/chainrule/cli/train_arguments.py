"""Checks of what `chainrule train` is asked for, before files are written or read whole: the data, then the target."""

from __future__ import annotations

import zipfile
from pathlib import Path

from chainrule.cli import array_files, table_files
from chainrule.cli.block_files import is_in_blocks
from chainrule.cli.completion import BUILT_IN
from chainrule.cli.output import CommandError, did_you_mean, listed
from chainrule.cli.train_options import RowOptions, for_pictures


def check_source(options: RowOptions, blocks: bool = False) -> None:
    """Raise CommandError if the data is absent or has no column or array of labels; files are not read whole."""
    data, target = options.data, options.target
    if data in BUILT_IN or is_in_blocks(data, blocks):
        return
    table_files.check_there(data)
    if Path(data).is_dir():
        raise CommandError(
            f"{data}: this is a directory; expected a file ending in {', '.join(array_files.TABLE_ENDINGS)}; a folder "
            f"of pictures is for conv: {for_pictures(data)}"
        )
    if data.lower().endswith(".npz"):
        names = _arrays_in(data)
        if names and target is not None and target not in names:
            hint = f"{did_you_mean(target, names)}it has {listed(names)}"
            raise CommandError(f"--target: {Path(data).name} has no array {target!r}; {hint}")
        if names and target is None and options.labels is None and not {*array_files.LABEL_NAMES} & {*names}:
            raise CommandError(
                f"--target: name the array of labels in {Path(data).name}, or give a file of them with --labels; it "
                f"has {listed(names)}"
            )
    elif not array_files.is_array_file(data):
        names = table_files.columns_of(data)
        if names and target is None:
            raise CommandError(f"--target: name the column to predict; {Path(data).name} has {listed(names)}")
        if names and target is not None:
            table_files.check_target(names, target, Path(data).name, what="--target")


# What follows is private.


def _arrays_in(path: str) -> list[str]:
    """The names of the arrays in a .npz file; none if it is damaged, which is told where it is read."""
    try:
        with zipfile.ZipFile(path) as file:
            return [name.removesuffix(".npy") for name in file.namelist()]
    except (OSError, zipfile.BadZipFile):
        return []
