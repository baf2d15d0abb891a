"""Images for the command line, read from digits, folders, IDX and .npz files."""

import re
from pathlib import Path

import numpy as np

from chainrule.cli.data_set import DataSet
from chainrule.cli.output import CommandError, first_notes, note
from chainrule.progress import ProgressLine
from chainrule.training.image_sources import Images, read_images


def read(source: str, size: tuple[int, int] | None = None) -> Images:
    """The labelled images in a source: the built-in digits, or a path that `read_images` takes.

    Parameters
    ----------
    source : str
    size : pair of int, optional
        Height and width to which pictures in folders are scaled; by default, the most frequent size.

    Raises
    ------
    CommandError
        If the path does not exist.
    DataError
        If it holds no images. Single bad files are left out and named on standard error.
    """
    if source == "digits":
        from sklearn.datasets import load_digits

        digits = load_digits()
        return Images(digits.images[:, None].astype(np.uint8), digits.target.astype(np.int64))
    path = Path(source)
    if not path.exists():
        raise CommandError(f"{source}: there is no such file or folder; the built-in images are digits")
    with ProgressLine() as line:
        found = read_images(
            path,
            size=size,
            progress=lambda done, total: line.show(f"reading pictures: {done:,} of {total:,}"),
        )
    if found.resized:
        note(f"{found.resized} of {len(found)} pictures were scaled to {found.shape[1]} x {found.shape[2]}")
    notes = [f"{file} is left out: {reason}" for file, reason in found.bad_files]
    first_notes(notes, "files are left out", most=5)
    return found


def data_set(images: Images, name: str, kind: str) -> DataSet:
    """Images and their labels, with the images that the source provides for testing."""
    test = None if images.test is None else data_set(images.test, name, kind)
    return DataSet(name, images.images, images.labels, kind=kind, test=test)


def parsed_size(text: str) -> tuple[int, int]:
    """The height and width in the words of --size, such as 64x64 or 64."""
    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*)?", text):
        raise CommandError(f"--size: expected height x width, such as 64x64, got {text!r}")
    numbers = [int(part) for part in text.split("x")]
    return numbers[0], numbers[-1]
