"""The random streams of a fit, each of them for one purpose, and keyed by what it is drawn for.

    stream(Purpose.DROPOUT, seed, epoch, batch, layer)

A stream depends on nothing but its key, so that runs that are resumed, reordered or spread over machines draw the same
numbers. The purpose is part of the key, and every purpose has a fixed number of parts after it: no two uses, and no two
keys of one use, are one stream.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from chainrule.arrays import random_stream


class Purpose(Enum):
    """What random numbers are for: a number that is never given away again, and the parts of the key."""

    INITIALISATION = 1, ("draw", "block")
    SHUFFLE = 2, ("epoch",)
    DROPOUT = 3, ("epoch", "batch", "layer")
    AUGMENTATION = 4, ("epoch", "batch")
    VALIDATION = 5, ()

    def __init__(self, number: int, parts: tuple[str, ...]) -> None:
        self.number, self.parts = number, parts


def stream(purpose: Purpose, seed: int, *parts: int) -> np.random.Generator:
    """The generator of that purpose, seed and parts, each of these below 2^32.

    Raises
    ------
    ValueError
        For another number of parts than the purpose has, or for one that is out of range.

    Examples
    --------
    >>> bool(stream(Purpose.SHUFFLE, 7, 1).random() == stream(Purpose.SHUFFLE, 7, 1).random())
    True
    >>> bool(stream(Purpose.SHUFFLE, 7, 1).random() == stream(Purpose.DROPOUT, 7, 1, 0, 0).random())
    False
    """
    if len(parts) != len(purpose.parts):
        expected = ", ".join(("seed", *purpose.parts))
        raise ValueError(f"{purpose.name.lower()}: a stream's key is ({expected}), got {(seed, *parts)}")
    return random_stream(seed, purpose.number, *parts)


def validation_seed(seed: int) -> int:
    """The seed for scikit-learn's split of the samples into those that are fitted and those held out."""
    return int(stream(Purpose.VALIDATION, seed).integers(2**31))
