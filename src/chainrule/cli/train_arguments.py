"""Checks of what `chainrule train` is asked for, before files are written or read whole: the data, then the target."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

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
    if array_files.is_array_file(data):
        _check_arrays(options)
        return
    table_files.check_there(data)
    if Path(data).is_dir():
        raise CommandError(
            f"{data}: this is a directory; expected a file ending in {', '.join(array_files.TABLE_ENDINGS)}; a folder "
            f"of pictures is for conv: {for_pictures(data)}"
        )
    names = table_files.columns_of(data)
    if names and target is None:
        raise CommandError(f"--target: name the column to predict; {Path(data).name} has {listed(names)}")
    if names and target is not None:
        table_files.check_target(names, target, Path(data).name, what="--target")


# What follows is private.


def _check_arrays(options: RowOptions) -> None:
    """Raise CommandError if a .npz file lacks the array of labels, and OSError if there is no file."""
    path, target = Path(options.data), options.target
    path.stat()
    shapes = _arrays_in(path) if path.suffix.lower() == ".npz" else {}
    if shapes and target is not None and target not in shapes:
        hint = f"{did_you_mean(target, shapes)}it has {', '.join(shapes)}"
        raise CommandError(f"--target: {path.name} has no array {target!r}; {hint}")
    if shapes and target is None and options.labels is None and not {*array_files.LABEL_NAMES} & {*shapes}:
        named = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise CommandError(
            f"--target: name the array of labels in {path.name}, or give a file of them with --labels; it has {named}"
        )


def _arrays_in(path: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of the arrays in a .npz file by name; none if it is damaged, which is told where it is read."""
    found = {}
    try:
        with zipfile.ZipFile(path) as file:
            for name in file.namelist():
                with file.open(name) as stream:
                    version = np.lib.format.read_magic(stream)
                    read = (
                        np.lib.format.read_array_header_1_0
                        if version == (1, 0)
                        else np.lib.format.read_array_header_2_0
                    )
                    found[name.removesuffix(".npy")] = read(stream)[0]
    except (OSError, ValueError, zipfile.BadZipFile):
        return {}
    return found
