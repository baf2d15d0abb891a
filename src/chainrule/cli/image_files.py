"""Images for the command line, read from digits, folders, IDX and .npz files."""

import re
from pathlib import Path

import numpy as np

from chainrule.cli import output
from chainrule.cli.data_set import DataSet
from chainrule.cli.errors import CommandError
from chainrule.training.image_sources import Images, holds_images, read_images

LISTED = 5
"""Largest number of bad files that are named; the rest are counted."""


def read(source: str, size: str | None = None) -> Images:
    """Labelled images: the built-in digits, or what `read_images` reads. Bad files are named on standard error."""
    if source == "digits":
        from sklearn.datasets import load_digits

        digits = load_digits()
        return Images(digits.images[:, None].astype(np.uint8), digits.target.astype(np.int64))
    path = Path(source)
    if not path.exists():
        raise CommandError(f"{source}: there is no such file or folder; the built-in images are digits")
    if not holds_images(path):
        raise CommandError(
            f"{source}: --model conv reads a folder with one folder of pictures per class, IDX files, or a .npz file"
        )
    with output.ProgressLine(quiet=1.0) as line:
        found = read_images(
            path,
            size=parsed_size(size),
            progress=lambda done, total: line.show(f"reading pictures: {done:,} of {total:,}"),
        )
    if found.resized:
        output.note(f"{found.resized} of {len(found)} pictures were scaled to {found.shape[1]} x {found.shape[2]}")
    notes = [f"{file} is left out: {reason}" for file, reason in found.bad_files]
    output.first_notes(notes, LISTED, "files are left out")
    return found


def data_set(images: Images, name: str, kind: str) -> DataSet:
    """Images and their labels, with the images that the source provides for testing."""
    test = None if images.test is None else data_set(images.test, name, kind)
    return DataSet(name, images.images, images.labels, kind=kind, test=test)


def parsed_size(text: str | None) -> tuple[int, int] | None:
    """Height and width from the words of --size, such as 64x64 or 64; None without them."""
    if text is None:
        return None
    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*)?", text):
        raise CommandError(f"--size: expected height x width, such as 64x64, got {text!r}")
    numbers = [int(part) for part in text.split("x")]
    return numbers[0], numbers[-1]
