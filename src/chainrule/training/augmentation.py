"""Random changes of images in training: shifts, flips, crops, rotations, zooms, contrast and brightness.

    shift: y[c, i, j] = x[c, i + u, j + v], zeros outside the image, u and v uniform in -s .. s
    flip: y[c, i, j] = x[c, i, w - 1 - j] with probability 1/2        crop: h x w pixels at a uniformly random place
    rotate, zoom, brightness, contrast: the changes of `turning`, by uniform draws for each image; they come first, and
    contrast and brightness last

The changes depend only on the random stream, so an interrupted run can be resumed bit for bit. Predictions use
images without them, cropped to the middle.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from chainrule.arrays import Array, namespace
from chainrule.training.turning import toned, turned
from chainrule.workspace import Workspace

Shape = tuple[int, ...]
LARGEST = {"rotate": 180.0, "zoom": 0.9, "brightness": math.inf, "contrast": 1.0}
"""The largest numbers of changes that are uniform around none."""


@dataclass(frozen=True)
class Augmentation:
    """Random changes of images.

    Parameters
    ----------
    shift : int
        Largest shift in each direction, in pixels.
    flip, flip_vertical : bool
        True to mirror half of the images left to right, or top to bottom.
    crop : pair of int, optional
        Height and width of the part of the image that the network gets.
    rotate : float
        Largest angle in degrees, to either side.
    zoom : float
        Largest share by which images are enlarged or made smaller, below 1.
    brightness : float
        Largest number that is added to all values of an image, or subtracted: in standard deviations of a channel if
        channels are standardised.
    contrast : float
        Largest share by which the differences from the mean of a channel grow or shrink, at most 1.

    Examples
    --------
    >>> Augmentation.read("shift 2, flip") == Augmentation(shift=2, flip=True)
    True
    >>> Augmentation.read("rotate 15, zoom 0.1").rotate
    15.0
    >>> Augmentation.read("crop 24x24").out_shape((3, 28, 28))
    (3, 24, 24)
    """

    shift: int = 0
    flip: bool = False
    flip_vertical: bool = False
    crop: tuple[int, int] | None = None
    rotate: float = 0.0
    zoom: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0

    @classmethod
    def read(cls, text: str) -> Self:
        """The changes that words describe, separated by commas.

        The words are shift S, flip, flip vertical, crop N, crop HxW, rotate DEGREES, zoom SHARE, brightness B and
        contrast SHARE.

        Raises
        ------
        ValueError
            If words are not understood; the message quotes them.
        """
        changes: dict[str, Any] = {}
        for piece in filter(None, (" ".join(part.split()) for part in text.lower().split(","))):
            name, _, size = piece.partition(" ")
            numbers = [int(part) for part in size.split("x")] if size.replace("x", "").isdecimal() else []
            if piece in ("flip", "flip vertical"):
                changes[piece.replace(" ", "_")] = True
            elif name == "shift" and len(numbers) == 1:
                changes["shift"] = numbers[0]
            elif name == "crop" and 1 <= len(numbers) <= 2 and min(numbers) > 0:
                changes["crop"] = (numbers[0], numbers[-1])
            elif re.fullmatch(r"\d+\.?\d*|\.\d+", size) and float(size) <= LARGEST.get(name, -1.0):
                changes[name] = float(size)
            else:
                raise ValueError(
                    f"{piece!r}: expected shift S, flip, flip vertical, crop HxW, rotate DEGREES (at most 180), "
                    "zoom SHARE (at most 0.9), brightness B or contrast SHARE (at most 1), such as 'shift 2, flip'"
                )
        return cls(**changes)

    def out_shape(self, shape: Shape) -> Shape:
        """The shape of the images that the network gets.

        Raises
        ------
        ValueError
            If the cropped part is larger than the images.
        """
        if self.crop is None:
            return shape
        channels, height, width = shape
        if self.crop[0] > height or self.crop[1] > width:
            raise ValueError(f"crop: a part of {self.crop[0]} x {self.crop[1]} pixels of images of {height} x {width}")
        return (channels, *self.crop)

    def change(self, shape: Shape) -> Callable[[Array, np.random.Generator], Array]:
        """A function from rows of pixels and a random stream to changed rows, in a buffer that it reuses."""
        channels, height, width = shape
        rows, columns = self.out_shape(shape)[1:]
        border, work = self.shift, Workspace()

        def changed(x: Array, stream: np.random.Generator) -> Array:
            count = int(x.shape[0])
            padded = work("padded", (count, channels, height + 2 * border, width + 2 * border), x)
            images = self._turned(x.reshape(count, *shape), stream)
            padded[...] = 0
            padded[..., border : border + height, border : border + width] = images
            out = work("out", (count, channels, rows, columns), x)
            top = stream.integers(0, height - rows + 1, count) + stream.integers(0, 2 * border + 1, count)
            left = stream.integers(0, width - columns + 1, count) + stream.integers(0, 2 * border + 1, count)
            for k, (i, j) in enumerate(zip(top.tolist(), left.tolist(), strict=True)):
                out[k] = padded[k, :, i : i + rows, j : j + columns]
            for axis, wanted in ((3, self.flip), (2, self.flip_vertical)):
                if wanted:
                    chosen = np.flatnonzero(stream.integers(0, 2, count))
                    out[chosen] = namespace(out).flip(out[chosen], (axis,))
            self._tone(out, stream)
            return out.reshape(count, channels * rows * columns)

        return changed

    def _turned(self, images: Array, stream: np.random.Generator) -> Array:
        """Images turned and zoomed at random; the images themselves, and nothing drawn, if neither is wanted."""
        if not self.rotate and not self.zoom:
            return images
        angles, factors = stream.uniform(-1, 1, (2, len(images)))
        return turned(images, np.radians(self.rotate) * angles, 1 + self.zoom * factors)

    def _tone(self, images: Array, stream: np.random.Generator) -> None:
        """Change contrast and brightness at random, in place; nothing is drawn if neither is wanted."""
        if self.contrast or self.brightness:
            factors, additions = stream.uniform(-1, 1, (2, len(images)))
            toned(images, 1 + self.contrast * factors, self.brightness * additions)

    def middle(self, x: Array, shape: Shape) -> Array:
        """Rows of pixels as the network gets them for predictions: cropped to the middle."""
        if self.crop is None:
            return x
        (rows, columns), (height, width) = self.crop, shape[1:]
        top, left = (height - rows) // 2, (width - columns) // 2
        part = x.reshape(-1, *shape)[:, :, top : top + rows, left : left + columns]
        return part.reshape(x.shape[0], shape[0] * rows * columns)
