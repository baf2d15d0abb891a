"""Pictures in files as arrays of one size, gray or in colours; files that cannot be read are reported and left out.

    bytes stay as they are;  values of 16 bits are divided by 257, so that white is 255, and keep their fractions

Transparent pictures are blended onto white, EXIF orientation is applied, and of several pages the first is read. What a
picture becomes depends on its file alone, so that training and prediction see the same.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.extras import import_extra
from chainrule.training.image_arrays import DataError, reason_of

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
GRAY = ("1", "L", "LA", "I", "I;16", "I;16L", "I;16B")
"""Pillow's modes without colours."""
MOST_BYTES = 2**34
"""Largest size of an array of pictures. A damaged file may state any size."""
_ORIENTATION = 0x0112
_TURNS = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270", 7: "TRANSVERSE",
    8: "ROTATE_90",
}  # fmt: skip
"""The transposition that makes a picture of each EXIF orientation upright."""
_SIXTEEN, _BLENDED, _TURNED, _PAGES = (
    "have 16 bits; their values are divided by 257, so that white is 255",
    "have transparent parts, which were blended onto white",
    "were turned upright, as their EXIF orientation says",
    "have several pages or frames, of which only the first is read",
)

FilesRead = Callable[[int, int], None]
"""A callback that gets the number of files read and the number of all files."""


@dataclass(frozen=True)
class Pictures:
    """Pictures without labels.

    Parameters
    ----------
    pixels : (n, channels, height, width) array of bytes, or of float32 if a picture has 16 bits
    files : tuple of n paths
        The file of each picture.
    bad_files : tuple of (path, reason)
        Files that could not be read and are left out.
    resized, recoloured : int
        Number of pictures that were scaled, and number that were converted to gray or to colours.
    notes : tuple of str
        How many pictures were changed, and how.
    """

    pixels: np.ndarray[Any, Any]
    files: tuple[Path, ...]
    bad_files: tuple[tuple[Path, str], ...]
    resized: int
    recoloured: int
    notes: tuple[str, ...] = ()


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
                    raise ValueError(f"no picture: expected a name ending in {', '.join(PICTURES)}")
                if not file.stat().st_size:
                    raise ValueError("the file is empty")
                # Given a path, Pillow 13 maps plain TIFF files into memory, and then turns them wrongly.
                with file.open("rb") as stream, Image.open(stream) as picture:
                    found = read(picture)
            except Image.UnidentifiedImageError:  # its message names the stream
                bad.append((file, "its contents are no picture that Pillow can read"))
            except Exception as error:  # Pillow raises dozens of kinds of errors for damaged files
                bad.append((file, reason_of(error)))
            else:
                yield file, found

    headers = dict(each(files, _header))
    if channels not in (1, 3):
        channels = 1 if all(mode in GRAY for *_, mode, _ in headers.values()) else 3
    sizes = Counter((height, width) for height, width, *_ in headers.values())
    height, width = size or max(sizes, key=sizes.__getitem__, default=(0, 0))
    dtype = np.dtype(np.float32 if any(sixteen for *_, sixteen in headers.values()) else np.uint8)
    if len(headers) * channels * height * width * dtype.itemsize > MOST_BYTES:
        raise DataError(
            f"{name}: {len(headers)} pictures of {height} x {width} do not fit in memory; give a smaller size"
        )
    pixels = np.empty((len(headers), channels, height, width), dtype)
    kept: list[Path] = []
    changes: Counter[str] = Counter()
    resized = recoloured = 0
    for file, (picture, changed) in each(headers, _upright):
        *_, mode, sixteen = headers[file]
        picture = picture if sixteen else picture.convert("L" if channels == 1 else "RGB")
        if picture.size != (width, height):
            picture = picture.resize((width, height), Image.Resampling.BILINEAR)
            resized += 1
        pixels[len(kept)] = np.atleast_3d(np.asarray(picture)).transpose(2, 0, 1)
        kept.append(file)
        changes.update(changed)
        recoloured += (mode in GRAY) != (channels == 1)
        if progress is not None:
            progress(len(kept), len(headers))
    if not kept:
        none = f"none of {len(files)} files is a picture that can be read; " if len(files) > 1 else ""
        raise DataError(f"{f'{name}: {none}' if none else ''}{bad[0][0]}: {bad[0][1]}")
    told = {
        f"were scaled to {height} x {width}": resized,
        f"were converted to {'gray' if channels == 1 else 'colours'}": recoloured,
        **{what: changes[what] for what in (_SIXTEEN, _BLENDED, _TURNED, _PAGES)},
    }
    notes = tuple(f"{count} of {len(kept)} pictures {what}" for what, count in told.items() if count)
    return Pictures(pixels[: len(kept)], tuple(kept), tuple(bad), resized, recoloured, notes)


# What follows is private.


def _orientation(picture: Any) -> int:
    """The EXIF orientation, 1 if there is none; it is read without decoding the picture."""
    from PIL import Image

    found: int = Image.Image.getexif(picture).get(_ORIENTATION, 1)
    return found


def _header(picture: Any) -> tuple[int, int, str, bool]:
    """Height, width and mode of a picture, and whether its values have 16 bits.

    Raises
    ------
    ValueError
        If its values are floats, or integers of 32 bits, for which nothing says what is white.
    """
    # Pillow before version 11 opens 16-bit files of these formats as 32-bit integers.
    sixteen = picture.mode.startswith("I;16") or (picture.mode == "I" and picture.format in ("PNG", "PPM"))
    if picture.mode in ("I", "F") and not sixteen:
        kind = "floats" if picture.mode == "F" else "32-bit integers"
        raise ValueError(
            f"its values are {kind}, of which nothing says what is white; save it with 8 or 16 bits, or give all "
            "images as one array in a .npy or .npz file"
        )
    height, width = picture.height, picture.width
    if picture.format != "TIFF" and _orientation(picture) >= 5:  # sizes of TIFF files are as turned
        height, width = width, height
    return height, width, picture.mode, sixteen


def _upright(picture: Any) -> tuple[Any, list[str]]:
    """The first page of a picture, turned upright, on white, 16 bits as floats up to 255; and what was done to it."""
    from PIL import Image

    *_, sixteen = _header(picture)
    # The further pages of MPO files, which many cameras write, are previews.
    pages = bool(getattr(picture, "is_animated", False)) and picture.format != "MPO"
    turn = _orientation(picture)
    done = [what for what, so in ((_SIXTEEN, sixteen), (_TURNED, turn > 1), (_PAGES, pages)) if so]
    picture.load()
    if picture.format == "TIFF":  # Pillow turns these itself, and then removes the tag
        turn = picture.tag_v2.get(_ORIENTATION, 1)
    if turn in _TURNS:
        picture = picture.transpose(getattr(Image.Transpose, _TURNS[turn]))
    if sixteen:
        return Image.fromarray(np.asarray(picture).astype(np.float32) / np.float32(257)), done
    if picture.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        if picture.getextrema()[3][0] < 255:
            done.append(_BLENDED)
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture, done
