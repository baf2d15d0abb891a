"""Images with labels from where people keep them: IDX files, NumPy archives, and folders of pictures by class.

    IDX: two zero bytes, a type, the number of axes, the sizes as big-endian 32-bit integers, then the numbers

A folder of pictures has one folder per class inside; what cannot be read as a picture is reported and left out.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
MOST_BYTES = 2**34
"""No array of images is larger: sizes in a damaged file may say anything."""

FilesRead = Callable[[int, int], None]
"""Told how many of how many files have been read."""


class DataError(ValueError):
    """A file or folder is no data set of images; the message names it and says why."""


@dataclass(frozen=True)
class Images:
    """Labelled images.

    Parameters
    ----------
    images : (n, channels, height, width) array
        Pixels as they are in the files: mostly bytes.
    labels : (n,) array
        Integers, or names of classes.
    test : Images, optional
        What the source itself keeps apart for testing.
    bad_files : tuple of (path, reason)
        Files that could not be read and are left out.
    resized : int
        How many pictures had another size, and were scaled.
    """

    images: np.ndarray[Any, Any]
    labels: np.ndarray[Any, Any]
    test: Images | None = None
    bad_files: tuple[tuple[str, str], ...] = ()
    resized: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, height and width."""
        return tuple(self.images.shape[1:])

    def __len__(self) -> int:
        return len(self.images)


def read_images(path: Path, *, size: tuple[int, int] | None = None, progress: FilesRead | None = None) -> Images:
    """The labelled images at a path: an IDX file of images, a .npz archive, or a folder of IDX files or of pictures.

    Parameters
    ----------
    path : path
    size : pair of int, optional
        Height and width to which pictures are scaled; without it those of most of them.
    progress : callable, optional
        Told how far the reading of pictures is.

    Raises
    ------
    DataError
        If there is no data set of images; the message says what was expected.
    OSError
        If a file cannot be read.
    """
    if path.is_dir():
        found = _idx_pair(path, "train")
        if found is None:
            return read_folder(path, size=size, progress=progress)
        test = _idx_pair(path, "t10k") or _idx_pair(path, "test")
        return _from_idx(*found, test=None if test is None else _from_idx(*test))
    if path.name.lower().endswith(".npz"):
        return read_archive(path)
    if "idx" in path.name.lower():
        return _from_idx(path, _labels_beside(path))
    raise DataError(
        f"{path}: expected a folder with one folder of pictures per class, an IDX file of images (whose name holds "
        "'idx', as in train-images-idx3-ubyte.gz), or a .npz file"
    )


def holds_images(path: Path) -> bool:
    """Whether a path looks like one that `read_images` reads."""
    name = path.name.lower()
    return path.is_dir() or name.endswith(".npz") or "-idx" in name or ".idx" in name


_IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_idx(path: Path) -> np.ndarray[Any, Any]:
    """The array in an IDX file, plain or compressed by gzip.

    Raises
    ------
    DataError
        If the file is none, or is cut off.
    """
    try:
        data = gzip.decompress(path.read_bytes()) if path.name.lower().endswith(".gz") else path.read_bytes()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: the gzip file is damaged ({error})") from None
    axes = data[3] if len(data) > 3 else 0
    if data[:2] != b"\0\0" or len(data) < 4 + 4 * axes or data[2] not in _IDX_TYPES or not axes:
        raise DataError(f"{path}: this is no IDX file; it begins with {data[:4].hex(' ') or 'nothing'}")
    shape = tuple(int(size) for size in np.frombuffer(data, ">u4", axes, 4))
    dtype, start = np.dtype(_IDX_TYPES[data[2]]), 4 + 4 * axes
    expected = math.prod(shape) * dtype.itemsize
    if len(data) - start != expected:
        sizes = " x ".join(map(str, shape))
        raise DataError(
            f"{path}: {sizes} numbers of {dtype.itemsize} bytes are {expected}, the file holds {len(data) - start}"
        )
    return np.frombuffer(data, dtype, offset=start).astype(dtype.newbyteorder("=")).reshape(shape)


def _from_idx(images: Path, labels: Path, *, test: Images | None = None) -> Images:
    pixels, known = read_idx(images), read_idx(labels)
    if known.ndim != 1 or known.dtype.kind not in "iu":
        raise DataError(f"{labels}: expected one integer per image, got an array of shape {known.shape}")
    return _checked(pixels, known.astype(np.int64), str(images), test)


def _checked(images: Any, labels: Any, name: str, test: Images | None = None) -> Images:
    pixels = images[:, None] if images.ndim == 3 else images
    if images.ndim == 4 and images.shape[-1] in (1, 3, 4) and images.shape[1] not in (1, 3):
        pixels = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    if pixels.ndim != 4 or 0 in pixels.shape:
        raise DataError(
            f"{name}: expected images, n x height x width or n x channels x height x width, got {images.shape}"
        )
    if pixels.dtype.kind not in "uif":
        raise DataError(f"{name}: expected numbers, got {pixels.dtype}")
    if labels.shape != (len(pixels),):
        raise DataError(f"{name}: {len(pixels)} images, but labels of shape {labels.shape}")
    if test is not None and test.shape != pixels.shape[1:]:
        raise DataError(f"{name}: images for training of shape {pixels.shape[1:]}, for testing of {test.shape}")
    return Images(pixels, labels, test)


def _idx_pair(folder: Path, part: str) -> tuple[Path, Path] | None:
    names = sorted(
        path for path in folder.iterdir() if path.name.lower().startswith(f"{part}-images") and "idx" in path.name
    )
    return (names[0], _labels_beside(names[0])) if names else None


def _labels_beside(path: Path) -> Path:
    stem = path.name.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1")
    for name in (stem, f"{stem}.gz"):
        if stem != path.name.removesuffix(".gz") and path.with_name(name).exists():
            return path.with_name(name)
    raise DataError(f"{path}: expected its labels beside it, in {path.with_name(stem)} or {stem}.gz")


_NAMES = (
    ("x_train", "y_train"),
    ("train_images", "train_labels"),
    ("X", "y"),
    ("images", "labels"),
    ("x", "y"),
    ("data", "target"),
)
_TESTS = {"x_train": ("x_test", "y_test"), "train_images": ("test_images", "test_labels")}


def read_archive(path: Path) -> Images:
    """The images in a .npz file, by the usual names: X and y, images and labels, x_train and y_train (and x_test), ...

    Raises
    ------
    DataError
        If there are none; the message lists what the file holds.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            names = set(archive.files)
            found = next((pair for pair in _NAMES if set(pair) <= names), None)
            if found is None:
                raise DataError(
                    f"{path}: expected arrays X and y, or images and labels; it holds {', '.join(sorted(names))}"
                )
            test = _TESTS.get(found[0], ("", ""))
            arrays = [np.asarray(archive[name]) for name in (*found, *(test if set(test) <= names else ()))]
    except DataError:
        raise
    except (OSError, ValueError, EOFError, KeyError, zlib.error) as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        raise DataError(
            f"{path}: this is no .npz file that can be read ({' '.join(str(error).split())[:200]})"
        ) from None
    except Exception as error:  # zipfile has errors of its own
        raise DataError(
            f"{path}: this is no .npz file that can be read ({' '.join(str(error).split())[:200]})"
        ) from None
    held_out = _checked(arrays[2], _flat_labels(arrays[3]), f"{path}: {test[0]}") if len(arrays) == 4 else None
    return _checked(arrays[0], _flat_labels(arrays[1]), f"{path}: {found[0]}", held_out)


def _flat_labels(labels: Any) -> Any:
    flat = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    return flat.astype(np.int64) if flat.dtype.kind in "iub" else flat


def read_folder(path: Path, *, size: tuple[int, int] | None = None, progress: FilesRead | None = None) -> Images:
    """Pictures in one folder per class, in gray if all are, else in colours.

    Raises
    ------
    DataError
        If there are no folders of pictures, or no picture can be read.
    ImportError
        If Pillow, the extra 'images', is not installed.
    """
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(
            "reading pictures needs Pillow, the extra 'images': pip install 'chainrule[images]'"
        ) from None
    files = [
        (file, folder.name)
        for folder in sorted(path.iterdir())
        if folder.is_dir() and not folder.name.startswith(".")
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.startswith(".")
    ]
    if not files:
        raise DataError(f"{path}: expected one folder of pictures per class, as in {path}/cat/1.png")
    bad: list[tuple[str, str]] = []
    headers: list[tuple[Path, str, tuple[int, int], bool]] = []
    for file, name in files:
        try:
            if file.suffix.lower() not in PICTURES:
                raise ValueError(f"no picture: expected a name ending in {', '.join(PICTURES[:3])}, ...")
            with Image.open(file) as picture:
                headers.append((file, name, (picture.height, picture.width), picture.mode in GRAY))
        except Exception as error:  # Pillow's readers raise dozens of kinds on damaged files
            bad.append((str(file.relative_to(path)), _reason(error)))
    if not headers:
        raise DataError(f"{path}: none of {len(files)} files is a picture; {bad[0][0]}: {bad[0][1]}")
    height, width = size or Counter(header[2] for header in headers).most_common(1)[0][0]
    mode = "L" if all(header[3] for header in headers) else "RGB"
    channels = 1 if mode == "L" else 3
    if len(headers) * channels * height * width > MOST_BYTES:
        raise DataError(
            f"{path}: {len(headers)} pictures of {height} x {width} do not fit in memory; give a smaller size"
        )
    pixels = np.empty((len(headers), channels, height, width), np.uint8)
    names: list[str] = []
    resized = 0
    for number, (file, name, found, _) in enumerate(headers, start=1):
        try:
            with Image.open(file) as picture:
                gray_or_colours = picture.convert(mode)
        except Exception as error:  # the header was sound, and what follows is not
            bad.append((str(file.relative_to(path)), _reason(error)))
            continue
        if found != (height, width):
            resized += 1
            gray_or_colours = gray_or_colours.resize((width, height), Image.Resampling.BILINEAR)
        array = np.asarray(gray_or_colours)
        pixels[len(names)] = array[None] if channels == 1 else array.transpose(2, 0, 1)
        names.append(name)
        if progress is not None:
            progress(number, len(headers))
    if not names:
        raise DataError(f"{path}: none of {len(files)} files is a picture; {bad[0][0]}: {bad[0][1]}")
    return Images(pixels[: len(names)], np.array(names), None, tuple(bad), resized)


GRAY = ("1", "L", "LA", "I", "I;16", "F")
"""Pillow's modes without colours."""


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
