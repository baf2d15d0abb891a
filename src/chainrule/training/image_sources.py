"""Labelled images from IDX files, NumPy files and folders of pictures.

    IDX: two zero bytes, a type, the number of axes, the sizes as big-endian 32-bit integers, then the numbers

A folder of pictures contains one folder per class. Its files are decoded in `pictures`.
"""

import glob
import gzip
import math
import re
import zlib
from collections import Counter
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.training.image_arrays import DataError, Images, labelled, read_archive, read_pixels
from chainrule.training.pictures import PICTURES, FilesRead, read_pictures

SPLITS = ("train", "training", "test", "testing", "val", "valid", "validation")
"""Usual names of folders that hold folders of classes."""


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
        It has `images` of shape (n, channels, height, width), `labels`, and the `files` of pictures. Pictures have the
        channels red, green and blue, or one, and values from 0 to 255. Pictures that cannot be read are left out, and
        are listed in `bad_files` with the reason; `notes` say how others were changed.

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
        return Images(found.pixels, None, None, bad, found.resized, found.recoloured, found.files, found.notes)
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
        If there are no folders of pictures, no picture can be read, or a folder such as train holds folders of classes.
    ImportError
        If Pillow, the extra 'images', is not installed.
    """
    inside = sorted(file for file in path.iterdir() if not _is_hidden(file.name))
    classes = {
        folder: [file for file in sorted(folder.rglob("*")) if file.is_file() and not _is_hidden(file.name)]
        for folder in inside
        if folder.is_dir()
    }
    files = list(chain.from_iterable(classes.values()))
    if classes and not files:
        named = ", ".join(folder.name for folder in list(classes)[:3]) + ", ..." * (len(classes) > 3)
        raise DataError(f"{path}: its folders ({named}) hold no pictures")
    if not files:
        raise DataError(
            f"{path}: expected one folder of pictures per class, as in {path}/cat/1.png; without classes they can be "
            "predicted (in Python: read_images with labels=False)"
        )
    notes = _notes_on_folders(path, list(classes))
    found = read_pictures(files, str(path), size=size, channels=channels, progress=progress)
    labels = np.array([file.relative_to(path).parts[0] for file in found.files])
    loose = sum(file.suffix.lower() in PICTURES for file in inside if file not in classes)
    if loose:
        notes.append(f"pictures in {path} that are in no folder of a class are left out: {loose}")
    for folder, held in classes.items():
        if folder.name not in labels:
            why = f"none of its {len(held)} files can be read as a picture" if held else "it holds no files"
            notes.append(f"{folder} is no class: {why}")
    alone = [name for name, count in Counter(labels.tolist()).items() if count == 1]
    if alone:
        named = ", ".join(alone[:5]) + ", ..." * (len(alone) > 5)
        notes.append(f"classes with a single picture can be trained on or judged, but not both: {named}")
    bad = tuple((str(file.relative_to(path)), reason) for file, reason in found.bad_files)
    every = (*found.notes, *notes)
    return Images(found.pixels, labels, None, bad, found.resized, found.recoloured, found.files, every)


def _notes_on_folders(path: Path, classes: list[Path]) -> list[str]:
    """A note if folders of classes hold folders of equal names; DataError if they are parts such as train and test."""
    inner = {folder: [sub.name for sub in sorted(folder.iterdir()) if sub.is_dir()] for folder in classes}
    parts = {folder: names for folder, names in inner.items() if folder.name.lower() in SPLITS and names}
    if parts:
        folder = min(parts, key=lambda folder: SPLITS.index(folder.name.lower()))
        names = parts[folder]
        raise DataError(
            f"{path}: expected one folder of pictures per class, but the folder {folder.name} holds folders "
            f"({', '.join(names[:3])}{', ...' * (len(names) > 3)}), which look like the classes; give one folder "
            f"of classes, such as {folder}"
        )
    equal = [name for name, count in Counter(chain.from_iterable(inner.values())).items() if count > 1]
    if not equal:
        return []
    outer = ", ".join(folder.name for folder in classes[:3])
    return [
        f"several folders in {path} hold a folder {equal[0]}; the classes are the outer folders ({outer}, ...). If the "
        f"inner ones are the classes, give one of the outer folders"
    ]


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
