"""Labelled images from IDX files, NumPy archives and folders of pictures.

    IDX: two zero bytes, a type, the number of axes, the sizes as big-endian 32-bit integers, then the numbers

A folder of pictures contains one folder per class. Files that cannot be read as pictures are reported and left out.
"""

import glob
import gzip
import math
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.extras import import_extra

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
GRAY = ("1", "L", "LA", "I", "I;16", "F")
"""Pillow's modes without colours."""
MOST_BYTES = 2**34
"""Largest size of an array of pictures; the sizes in a damaged file may be anything."""

FilesRead = Callable[[int, int], None]
"""A callback that gets the number of files read and the number of all files."""


class DataError(ValueError):
    """A file or folder that is not a data set of images; the message names it and the reason."""


@dataclass(frozen=True)
class Images:
    """Labelled images.

    Parameters
    ----------
    images : (n, channels, height, width) array
        Pixels with the values in the files: mostly bytes.
    labels : (n,) array
        Integers, or names of classes.
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
    """

    images: np.ndarray[Any, Any]
    labels: np.ndarray[Any, Any]
    test: "Images | None" = None
    bad_files: tuple[tuple[str, str], ...] = ()
    resized: int = 0
    recoloured: int = 0
    files: tuple[Path, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, height and width."""
        return tuple(self.images.shape[1:])

    def __len__(self) -> int:
        return len(self.images)


def read_images(
    path: Path,
    *,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    progress: FilesRead | None = None,
) -> Images:
    """The labelled images at a path: an IDX file of images, a .npz archive, or a folder of IDX files or of pictures.

    Parameters
    ----------
    path : path
    size : pair of int, optional
        Height and width to which pictures are scaled; by default, the most frequent size.
    channels : int, optional
        1 if pictures are converted to gray, 3 for colours; by default gray if all pictures are gray.
    progress : callable, optional
        Called after each picture with the number of pictures read and the number of all.

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
            return read_folder(path, size=size, channels=channels, progress=progress)
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


_IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_idx(path: Path) -> np.ndarray[Any, Any]:
    """The array in an IDX file, plain or compressed by gzip.

    Raises
    ------
    DataError
        If the file is not an IDX file or is incomplete.
    """
    data = path.read_bytes()
    if path.name.lower().endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(f"{path}: the gzip file is damaged ({error})") from None
    axes = data[3] if len(data) > 3 else 0
    start = 4 + 4 * axes
    if data[:2] != b"\0\0" or len(data) < start or data[2] not in _IDX_TYPES or not axes:
        raise DataError(f"{path}: this is no IDX file; it begins with {data[:4].hex(' ') or 'nothing'}")
    shape, dtype = np.frombuffer(data, ">u4", axes, 4).tolist(), np.dtype(_IDX_TYPES[data[2]])
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
    return _checked(pixels, known, str(images), test)


def _checked(images: Any, labels: Any, name: str, test: Images | None = None) -> Images:
    """Images with the channels before height and width, and labels in one dimension."""
    pixels = images[:, None] if images.ndim == 3 else images
    if images.ndim == 4 and images.shape[-1] in (1, 3, 4) and images.shape[1] not in (1, 3):
        pixels = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    if pixels.ndim != 4 or 0 in pixels.shape:
        raise DataError(
            f"{name}: expected images, n x height x width or n x channels x height x width, got {images.shape}"
        )
    if pixels.dtype.kind not in "uif":
        raise DataError(f"{name}: expected numbers, got {pixels.dtype}")
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != (len(pixels),):
        raise DataError(f"{name}: {len(pixels)} images, but labels of shape {labels.shape}")
    if test is not None and test.shape != pixels.shape[1:]:
        raise DataError(f"{name}: images for training of shape {pixels.shape[1:]}, for testing of {test.shape}")
    return Images(pixels, labels.astype(np.int64) if labels.dtype.kind in "iub" else labels, test)


def _idx_pair(folder: Path, part: str) -> tuple[Path, Path] | None:
    names = sorted(
        path for path in folder.iterdir() if path.name.lower().startswith(f"{part}-images") and "idx" in path.name
    )
    return (names[0], _labels_beside(names[0])) if names else None


def _labels_beside(path: Path) -> Path:
    images = path.name.removesuffix(".gz")
    stem = images.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1")
    for labels in (path.with_name(stem), path.with_name(f"{stem}.gz")):
        if stem != images and labels.exists():
            return labels
    raise DataError(f"{path}: expected its labels beside it, in {path.with_name(stem)} or {stem}.gz")


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
    with path.open("rb") as file:
        try:
            # NumPy's load would take other files for pickles, and advise to trust them.
            with np.lib.npyio.NpzFile(file, allow_pickle=False) as archive:
                present = set(archive.files)
                usual = next((names for names in _NAMES if present.issuperset(names[:2])), ())
                names = usual if present.issuperset(usual) else usual[:2]
                arrays = [archive[name] for name in names]
        except Exception as error:  # NumPy, zipfile and zlib raise many kinds of errors for damaged files
            raise DataError(f"{path}: this is no .npz file that can be read ({_reason(error)})") from None
    if not names:
        raise DataError(f"{path}: expected arrays X and y, or images and labels; it holds {', '.join(sorted(present))}")
    test = _checked(arrays[2], arrays[3], f"{path}: {names[2]}") if len(arrays) == 4 else None
    return _checked(arrays[0], arrays[1], f"{path}: {names[0]}", test)


def read_folder(
    path: Path,
    *,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    progress: FilesRead | None = None,
) -> Images:
    """The pictures in one folder per class, in gray if all pictures are gray, otherwise in colours.

    Raises
    ------
    DataError
        If there are no folders of pictures, or no picture can be read.
    ImportError
        If Pillow, the extra 'images', is not installed.
    """
    files = [
        file
        for folder in sorted(path.iterdir())
        if folder.is_dir() and not folder.name.startswith(".")
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.startswith(".")
    ]
    if not files:
        raise DataError(f"{path}: expected one folder of pictures per class, as in {path}/cat/1.png")
    found = read_pictures(files, str(path), size=size, channels=channels, progress=progress)
    labels = np.array([file.relative_to(path).parts[0] for file in found.files])
    bad = tuple((str(file.relative_to(path)), reason) for file, reason in found.bad_files)
    return Images(found.pixels, labels, None, bad, found.resized, found.recoloured, found.files)


@dataclass(frozen=True)
class Pictures:
    """Pictures without labels.

    Parameters
    ----------
    pixels : (n, channels, height, width) array of bytes
    files : tuple of n paths
        The file of each picture.
    bad_files : tuple of (path, reason)
        Files that could not be read and are left out.
    resized, recoloured : int
        Number of pictures that were scaled, and of those that were converted to gray or to colours.
    """

    pixels: np.ndarray[Any, Any]
    files: tuple[Path, ...]
    bad_files: tuple[tuple[Path, str], ...]
    resized: int
    recoloured: int


def picture_files(source: str) -> list[Path] | None:
    """The files of a picture, of a folder of pictures with the folders in it, or of a glob, in the order of `natural`.

    None for sources of arrays (IDX files, folders of them, and archives), and for paths that do not exist.

    Raises
    ------
    DataError
        If a folder holds no files, or no file fits the glob.
    """
    path = Path(source)
    if path.is_dir():
        if _idx_pair(path, "train") is not None:
            return None
        inside = [file for file in path.rglob("*") if not any(map(_is_hidden, file.relative_to(path).parts))]
    elif path.exists() or not glob.has_magic(source):
        of_arrays = path.suffix.lower() not in PICTURES and re.search(r"idx|\.npz$", path.name.lower())
        return None if of_arrays or not path.exists() else [path]
    else:
        inside = [Path(name) for name in glob.glob(source, recursive=True)]
    files = sorted((file for file in inside if file.is_file()), key=natural)
    if not files:
        raise DataError(f"{source}: there are no pictures {'in this folder' if path.is_dir() else 'of such names'}")
    return files


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def natural(path: Path) -> tuple[Any, ...]:
    """A key that sorts paths folder by folder by their names, in which numbers count as numbers.

    Examples
    --------
    >>> [path.as_posix() for path in sorted(map(Path, ["10.png", "9.png", "a2/1.png", "a10/1.png"]), key=natural)]
    ['9.png', '10.png', 'a2/1.png', 'a10/1.png']
    """
    # Each odd piece is a number, so that numbers are compared with numbers only. Equal numbers differ in their zeros.
    pieces = [re.split(r"([0-9]+)", part) for part in path.parts]
    return [[int(word) if k % 2 else word for k, word in enumerate(words)] for words in pieces], str(path)


def read_pictures(
    files: Sequence[Path],
    name: str,
    *,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    progress: FilesRead | None = None,
) -> Pictures:
    """The pictures in some files, which are scaled to one size and converted to gray or to colours.

    Parameters
    ----------
    files : sequence of path
    name : str
        What messages call the source.
    size : pair of int, optional
        Height and width; by default, the most frequent size.
    channels : int, optional
        1 for gray, 3 for colours; by default gray if all pictures are gray.
    progress : callable, optional
        As in `read_images`.

    Raises
    ------
    DataError
        If no picture can be read, or the pictures do not fit in memory.
    ImportError
        If Pillow, the extra 'images', is not installed.
    """
    Image = import_extra("PIL.Image", "images", "reading pictures needs Pillow")
    bad: list[tuple[Path, str]] = []

    def each(files: Iterable[Path], read: Callable[[Any], Any]) -> Iterator[tuple[Path, Any]]:
        """``read(picture)`` for each file; a file that cannot be read is added to `bad`."""
        for file in files:
            try:
                if file.suffix.lower() not in PICTURES:
                    raise ValueError(f"no picture: expected a name ending in {', '.join(PICTURES[:3])}, ...")
                with Image.open(file) as picture:
                    found = read(picture)
            except Exception as error:  # Pillow raises dozens of kinds of errors for damaged files
                bad.append((file, _reason(error)))
            else:
                yield file, found

    headers = dict(each(files, lambda picture: (picture.height, picture.width, picture.mode in GRAY)))
    if channels not in (1, 3):
        channels = 1 if all(is_gray for *_, is_gray in headers.values()) else 3
    mode = "L" if channels == 1 else "RGB"
    sizes = Counter((height, width) for height, width, _ in headers.values())
    height, width = size or max(sizes, key=sizes.__getitem__, default=(0, 0))
    if len(headers) * channels * height * width > MOST_BYTES:
        raise DataError(
            f"{name}: {len(headers)} pictures of {height} x {width} do not fit in memory; give a smaller size"
        )
    pixels = np.empty((len(headers), channels, height, width), np.uint8)
    kept: list[Path] = []
    for file, picture in each(headers, lambda picture: picture.convert(mode)):
        if picture.size != (width, height):
            picture = picture.resize((width, height), Image.Resampling.BILINEAR)
        pixels[len(kept)] = np.asarray(picture).reshape(height, width, channels).transpose(2, 0, 1)
        kept.append(file)
        if progress is not None:
            progress(len(kept), len(headers))
    if not kept:
        raise DataError(f"{name}: none of {len(files)} files is a picture; {bad[0][0]}: {bad[0][1]}")
    resized = sum(headers[file][:2] != (height, width) for file in kept)
    recoloured = sum(headers[file][2] != (channels == 1) for file in kept)
    return Pictures(pixels[: len(kept)], tuple(kept), tuple(bad), resized, recoloured)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
