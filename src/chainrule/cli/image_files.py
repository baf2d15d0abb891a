"""Images for the command line, read from digits, folders, IDX files, .npz and .npy files."""

import os
import re
from pathlib import Path

import numpy as np

from chainrule.cli import array_files
from chainrule.cli.data_set import DataSet, as_classes
from chainrule.cli.output import CommandError, first_notes, note
from chainrule.progress import ProgressLine
from chainrule.training.image_arrays import Images, read_pixels
from chainrule.training.image_sources import picture_files, read_images
from chainrule.training.pictures import FilesRead, Pictures, read_pictures

_ARRAYS = (".npy", ".npz")


def read(
    source: str, size: tuple[int, int] | None = None, channels: int | None = None, labels: Path | None = None
) -> Images:
    """The labelled images in a source: the built-in digits, or a path that `read_images` takes.

    Parameters
    ----------
    source : str
    size : pair of int, optional
        Height and width to which pictures in folders are scaled; by default, the most frequent size.
    channels : int, optional
        1 if these pictures are converted to gray, 3 for colours; by default gray if all are gray.
    labels : Path, optional
        A file with the labels of the images in a .npy or .npz file.

    Raises
    ------
    CommandError
        If the path does not exist, or there are no labels, or labels of anything but arrays.
    DataError
        If it holds no images. Single bad files are left out and named on standard error.
    """
    if labels is not None and not source.lower().endswith(_ARRAYS):
        raise CommandError(f"--labels: only for .npy and .npz files of images, not for {source}")
    if source == "digits":
        from sklearn.datasets import load_digits

        digits = load_digits()
        return Images(digits.images[:, None].astype(np.uint8), digits.target.astype(np.int64))
    path = Path(source)
    if not path.exists():
        raise CommandError(f"{source}: there is no such file or folder; the built-in images are digits")
    if labels is None and source.lower().endswith(".npy"):
        raise CommandError(f"{source}: there are no labels; give a file of them with --labels")
    known = None if labels is None else as_classes(array_files.read_labels(labels), str(labels), "file of labels")
    with ProgressLine() as line:
        found = read_images(path, labels=known, size=size, channels=channels, progress=_shown_on(line))
    _notes(found)
    return found


def read_new(source: str, size: tuple[int, int], channels: int) -> DataSet:
    """Images to predict: a picture, a folder or a glob of pictures with or without classes, arrays, or IDX files.

    Rows of pictures are in the natural order of their paths, and have the names of their files.

    Raises
    ------
    CommandError, DataError
        As `read` does, or if there are no pictures.
    """
    files = None if source == "digits" else picture_files(source)
    if files is None and source.lower().endswith(_ARRAYS) and Path(source).exists():
        return DataSet(source, read_pixels(Path(source)), None, kind="images")
    if files is None:
        return data_set(read(source, size, channels), source, "images")
    with ProgressLine() as line:
        found = read_pictures(files, source, size=size, channels=channels, progress=_shown_on(line))
    _notes(found)
    if found.bad_files:
        note(
            f"{len(found.bad_files)} of {len(files)} files are left out; the rows are of the {len(found.files)} others"
        )
    return DataSet(source, found.pixels, None, kind="images", files=tuple(map(printable, found.files)))


def printable(path: Path) -> str:
    """A path as text; bytes of its name that are no UTF-8 become backslashes and digits."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _shown_on(line: ProgressLine) -> FilesRead:
    return lambda done, total: line.show(f"reading pictures: {done:,} of {total:,}")


def _notes(found: Images | Pictures) -> None:
    """Say which pictures were changed, and which files are left out."""
    for text in found.notes:
        note(text)
    notes = [f"{printable(Path(file))} is left out: {reason}" for file, reason in found.bad_files]
    first_notes(notes, "files are left out", most=5)


def data_set(images: Images, name: str, kind: str, what: str = "image") -> DataSet:
    """Images and their labels, with the images that the source provides for testing."""
    test = None if images.test is None else data_set(images.test, name, kind, "test image")
    where = (lambda number: printable(images.files[number])) if images.files else f"{what} {{}}".format
    return DataSet(name, images.images, images.labels, kind=kind, test=test, where=where)


def parsed_size(text: str) -> tuple[int, int]:
    """The height and width in the words of --size, such as 64x64 or 64."""
    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*)?", text):
        raise CommandError(f"--size: expected height x width, such as 64x64, got {text!r}")
    numbers = [int(part) for part in text.split("x")]
    return numbers[0], numbers[-1]
