"""Random number generators of a fit: one stream for each purpose, keyed by the place in the fit where it is used.

    stream(Purpose.DROPOUT, seed, epoch, batch, layer)

A stream depends only on its key, so runs that are resumed, reordered or spread over machines draw the same numbers. The
key contains the purpose, and the number of parts after it is fixed for each purpose. No two keys give the same stream.
"""

from enum import Enum

import numpy as np


def random_stream(*key: int) -> np.random.Generator:
    """A generator that depends only on its key, such as (seed, epoch, batch, layer).

    The first entry of the key is the seed, any integer below 2^64. Up to four more, each below 2^32, select the stream.
    The generator is counter based (Philox).

    >>> bool(random_stream(7, 3, 1).random() == random_stream(7, 3, 1).random())
    True
    >>> bool(random_stream(7, 3, 1).random() == random_stream(7, 1, 3).random())
    False
    """
    seed, path = key[0], (*key[1:], 0, 0, 0, 0)[:4]
    if len(key) > 5 or not 0 <= seed < 2**64 or not all(0 <= part < 2**32 for part in path):
        raise ValueError(f"a stream's key is a seed below 2**64 and up to four numbers below 2**32, got {key}")
    # The path fills the upper half of the 256-bit counter, so that streams do not overlap within 2^128 draws. The dtype
    # is explicit because NumPy converts a list with entries of 64 bits to floats, which would merge streams.
    counter = np.array([0, 0, path[0] | path[1] << 32, path[2] | path[3] << 32], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=seed, counter=counter))


class Purpose(Enum):
    """The use of a stream: its number, which is never given to another purpose, and the names of its key's parts."""

    INITIALISATION = 1, ("draw", "block")
    SHUFFLE = 2, ("epoch",)
    DROPOUT = 3, ("epoch", "batch", "layer")
    AUGMENTATION = 4, ("epoch", "batch")
    VALIDATION = 5, ()
    BLOCKS = 6, ("epoch",)
    ROWS = 7, ("epoch", "window")

    def __init__(self, number: int, parts: tuple[str, ...]) -> None:
        self.number, self.parts = number, parts


def stream(purpose: Purpose, seed: int, *parts: int) -> np.random.Generator:
    """The generator of that purpose, seed and parts, where each part is below 2^32.

    Raises
    ------
    ValueError
        If the number of parts differs from the purpose's, or if a number is out of range.

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
    """The seed of scikit-learn's split of the samples into a fitted and a held-out part."""
    return int(stream(Purpose.VALIDATION, seed).integers(2**31))
