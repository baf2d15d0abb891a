"""Labelled images, and how they are read from NumPy files: .npz archives and .npy files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import Array


class DataError(ValueError):
    """A file or folder that is not a data set of images; the message names it and the reason."""


@dataclass(frozen=True)
class Images:
    """Images with their labels.

    Parameters
    ----------
    images : (n, channels, height, width) array
        Pixels with the values in the files: mostly bytes.
    labels : (n,) array
        Integers, or names of classes; None if they were not read.
    test : Images, optional
        The images that the source provides for testing.
    bad_files : tuple of (path, reason)
        Files that could not be read and are left out.
    resized : int
        Number of pictures that had another size and were scaled.
    recoloured : int
        Number of pictures that were converted from gray to colours, or the reverse.
    files : tuple of n paths
        The file of each picture; empty for arrays.
    notes : tuple of str
        How many pictures were changed and how, and which folders are no classes.

    Examples
    --------
    >>> found = Images(np.zeros((2, 3, 8, 8), np.uint8), np.array(["cat", "dog"]))
    >>> len(found), found.shape
    (2, (3, 8, 8))
    """

    images: np.ndarray[Any, Any]
    labels: Any
    test: "Images | None" = None
    bad_files: tuple[tuple[str, str], ...] = ()
    resized: int = 0
    recoloured: int = 0
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, height and width."""
        return tuple(self.images.shape[1:])

    def __len__(self) -> int:
        return len(self.images)


def labelled(images: Any, labels: Any, name: str, test: Images | None = None) -> Images:
    """Images with the channels before height and width, and labels in one dimension; `name` is for messages.

    Raises
    ------
    DataError
        If the arrays hold no images, or not exactly one label per image.
    """
    pixels = channels_first(images, name)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != (len(pixels),):
        raise DataError(f"{name}: {len(pixels)} images, but labels of shape {labels.shape}")
    if test is not None and test.shape != pixels.shape[1:]:
        raise DataError(f"{name}: images for training of shape {pixels.shape[1:]}, for testing of {test.shape}")
    return Images(pixels, labels.astype(np.int64) if labels.dtype.kind in "iub" else labels, test)


def channels_first(images: Any, name: str) -> Array:
    """Images of shape (n, channels, height, width), from images without channels or with channels last.

    Raises
    ------
    DataError
        If the array does not have the shape of images, or does not hold numbers.
    """
    pixels: Array = images[:, None] if images.ndim == 3 else images
    if images.ndim == 4 and images.shape[-1] in (1, 3, 4) and images.shape[1] not in (1, 3):
        pixels = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    if pixels.ndim != 4 or 0 in pixels.shape:
        raise DataError(
            f"{name}: expected images, n x height x width, n x channels x height x width or n x height x width x "
            f"channels, got {images.shape}"
        )
    if pixels.dtype.kind not in "uif":
        raise DataError(f"{name}: expected numbers, got {pixels.dtype}")
    return pixels


_NAMES: tuple[tuple[str, ...], ...] = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
    ("X", "y"),
    ("images", "labels"),
    ("x", "y"),
    ("data", "target"),
)
"""Usual names of the arrays in archives: images and labels, then images and labels for testing."""


def read_archive(path: Path) -> Images:
    """The images in a .npz file, by the usual names: X and y, images and labels, x_train and y_train (and x_test), ...

    Raises
    ------
    DataError
        If there are none; the message lists the arrays in the file.
    """

    def usual(present: set[str]) -> tuple[str, ...]:
        names = next((names for names in _NAMES if present.issuperset(names[:2])), ())
        return names if present.issuperset(names) else names[:2]

    names, arrays = _arrays(path, usual, "arrays X and y, or images and labels")
    test = labelled(arrays[2], arrays[3], f"{path}: {names[2]}") if len(arrays) == 4 else None
    return labelled(arrays[0], arrays[1], f"{path}: {names[0]}", test)


def read_pixels(path: Path) -> Array:
    """The images of shape (n, channels, height, width) in a .npy file or, by one of the usual names, a .npz file.

    Labels and images for testing are ignored.

    Raises
    ------
    DataError
        If there are none; the message says what was expected.
    """

    def usual(present: set[str]) -> tuple[str, ...]:
        return next(((images,) for images, *_ in _NAMES if images in present), ())

    (name,), (pixels,) = _arrays(path, usual, "an array X or images")
    return channels_first(pixels, f"{path}: {name}" if name else str(path))


def _arrays(
    path: Path, choose: Callable[[set[str]], tuple[str, ...]], expected: str
) -> tuple[tuple[str, ...], list[Array]]:
    """The chosen arrays of a .npz file with their names, or the array of a .npy file, which has no name."""
    kind = path.suffix.lower()
    with path.open("rb") as file:
        try:
            # numpy.load would take other files for pickles, and advise the user to trust them.
            if kind == ".npy":
                return ("",), [np.lib.format.read_array(file, allow_pickle=False)]
            with np.lib.npyio.NpzFile(file, allow_pickle=False) as archive:
                present, names = set(archive.files), choose(set(archive.files))
                arrays = [archive[name] for name in names]
        except Exception as error:  # NumPy, zipfile and zlib raise many kinds of errors for damaged files
            raise DataError(f"{path}: this is no {kind} file that can be read ({reason_of(error)})") from None
    if not names:
        raise DataError(f"{path}: expected {expected}; it holds {', '.join(sorted(present)) or 'nothing'}")
    return names, arrays


def reason_of(error: Exception) -> str:
    """The message of an error in one line, at most 200 characters of it."""
    return " ".join(str(error).split())[:200] or type(error).__name__
