"""Labelled images from IDX files, NumPy files and folders of pictures.

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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.extras import import_extra
from chainrule.training.image_arrays import DataError, Images, labelled, read_archive, read_pixels, reason_of

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
GRAY = ("1", "L", "LA", "I", "I;16", "F")
"""Pillow's modes without colours."""
MOST_BYTES = 2**34
"""Largest size of an array of pictures. A damaged file may state any size."""

FilesRead = Callable[[int, int], None]
"""A callback that gets the number of files read and the number of all files."""


def read_images(
    path: Path | str,
    *,
    labels: Any = None,
    like: Any = None,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    progress: FilesRead | None = None,
) -> Images:
    """The images at a path: pictures in one folder per class, arrays in a .npz or .npy file, or IDX files.

    Parameters
    ----------
    path : path
        One of these: a folder with one folder of pictures per class (without labels also a picture, any folder of
        pictures, or a glob); a .npz file with arrays X and y, or images and labels, whose images have shape (n, height,
        width), (n, channels, height, width) or (n, height, width, channels); a .npy file of such images; an IDX file
        with its labels beside it, or a folder of IDX files.
    labels : array of shape (n,) or False, optional
        The labels of the images in a .npy file, or labels that replace those of a .npz file. False reads no labels, as
        for predictions; pictures then come in the natural order of their paths.
    like : ConvClassifier, optional
        A fitted classifier, which gives `size` and `channels`.
    size : pair of int, optional
        The height and width to which pictures are scaled; by default, the most frequent size.
    channels : int, optional
        1 if pictures are converted to gray, 3 for colours; by default gray if all pictures are gray.
    progress : callable, optional
        Called after each picture with the number of pictures read so far and their total number.

    Returns
    -------
    Images
        It has `images` of shape (n, channels, height, width), `labels`, and the `files` of pictures. Pictures that
        cannot be read are left out, and are listed in `bad_files` with the reason.

    Raises
    ------
    DataError
        If the path holds no data set of images; the message says what was expected. DataError is a ValueError.
    OSError
        If a file cannot be read.
    ImportError
        If there are pictures, and Pillow, the extra 'images', is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule import read_images
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/scans.npz", images=np.zeros((6, 8, 8), np.uint8), labels=[0, 1, 0, 1, 0, 1])
    ...     found = read_images(f"{folder}/scans.npz")
    >>> found.images.shape, found.labels
    ((6, 1, 8, 8), array([0, 1, 0, 1, 0, 1]))
    """
    if like is not None:
        if size is not None or channels is not None:
            raise ValueError("like: it gives the size and the channels; leave out size and channels")
        channels, *size = like.image_shape_
    if labels is False:
        return _without_labels(path, size, channels, progress)
    path = Path(path)
    arrays = path.suffix.lower() in (".npy", ".npz") and not path.is_dir()
    if labels is not None:
        if not arrays:
            raise DataError(f"{path}: labels are given for the images in .npy and .npz files only")
        return labelled(read_pixels(path), np.asarray(labels), str(path))
    if path.is_dir():
        found = _idx_pair(path, "train")
        if found is None:
            return read_folder(path, size=size, channels=channels, progress=progress)
        test = _idx_pair(path, "t10k") or _idx_pair(path, "test")
        return _from_idx(*found, test=None if test is None else _from_idx(*test))
    if arrays and path.suffix.lower() == ".npy":
        raise DataError(f"{path}: a .npy file holds no labels of its images; give them with labels")
    if arrays:
        return read_archive(path)
    if "idx" in path.name.lower():
        return _from_idx(path, _labels_beside(path))
    raise DataError(
        f"{path}: expected a folder with one folder of pictures per class, an IDX file of images (whose name holds "
        "'idx', as in train-images-idx3-ubyte.gz), or a .npz or .npy file"
    )


def _without_labels(
    path: Path | str, size: tuple[int, int] | None, channels: int | None, progress: FilesRead | None
) -> Images:
    """The images at a path, without reading their labels."""
    files = picture_files(str(path))
    if files is not None:
        found = read_pictures(files, str(path), size=size, channels=channels, progress=progress)
        bad = tuple((str(file), reason) for file, reason in found.bad_files)
        return Images(found.pixels, None, None, bad, found.resized, found.recoloured, found.files)
    if Path(path).suffix.lower() in (".npy", ".npz"):
        return Images(read_pixels(Path(path)), None)
    return replace(read_images(path, size=size, channels=channels, progress=progress), labels=None)


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
    return labelled(pixels, known, str(images), test)


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
        raise DataError(
            f"{path}: expected one folder of pictures per class, as in {path}/cat/1.png; without classes they can be "
            "predicted (in Python: read_images with labels=False)"
        )
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
        Number of pictures that were scaled, and number that were converted to gray or to colours.
    """

    pixels: np.ndarray[Any, Any]
    files: tuple[Path, ...]
    bad_files: tuple[tuple[Path, str], ...]
    resized: int
    recoloured: int


def picture_files(source: str) -> list[Path] | None:
    """The picture files of a source (a file, a folder with its subfolders, or a glob), in `natural` order.

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
        of_arrays = path.suffix.lower() not in PICTURES and re.search(r"idx|\.np[yz]$", path.name.lower())
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
    """A sort key that compares paths folder by folder, and numbers in their names by value.

    Examples
    --------
    >>> [path.as_posix() for path in sorted(map(Path, ["10.png", "9.png", "a2/1.png", "a10/1.png"]), key=natural)]
    ['9.png', '10.png', 'a2/1.png', 'a10/1.png']
    """
    # Each odd piece is a number, so numbers are only compared with numbers. The path breaks ties such as 1 and 01.
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
        The name of the source in messages.
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
                bad.append((file, reason_of(error)))
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
