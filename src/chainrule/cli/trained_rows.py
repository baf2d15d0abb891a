"""Hashes of the rows that a model was trained on, stored in the model file.

    hash = the first 40 bits of BLAKE2b(features as the classifier takes them, in float32; label; salt)

A hash does not depend on the order of the rows, on other rows or on the kind of file, and does not reveal the row.
Equal rows count as often as they occur. A row takes 5 bytes, 300 000 rows take 1.5 MB. A new row is mistaken for one of
n training rows with probability n / 2^40.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.storage import StoredRows, read_ahead

BYTES = 5
_BITS = 8 * BYTES
_NUMBERS_OF_A_BLOCK = 2**20


@dataclass(frozen=True)
class TrainedRows:
    """The sorted hashes of the rows that a model was trained on."""

    salt: bytes
    hashes: Array
    """Sorted, of dtype uint64."""

    @classmethod
    def of(cls, X: Any, labels: Array) -> TrainedRows:
        """The hashes of samples with their class numbers.

        Parameters
        ----------
        X : array of shape (n, ...), CSR matrix, or StoredRows
        labels : array of int of shape (n,)
        """
        whole = hashlib.blake2b(digest_size=16)
        for row in _rows(X, labels):
            whole.update(row)
        salt = whole.digest()
        return cls(salt, np.sort(_numbered(_digests(X, labels, salt))))

    @classmethod
    def from_notes(cls, notes: Any) -> TrainedRows | None:
        """The hashes from the `notes` in a model file; None for files of chainrule 0.1, which have no notes."""
        if not isinstance(notes, dict):
            return None
        high, low = np.asarray(notes["high"]).astype(np.uint64), np.asarray(notes["low"]).astype(np.uint64)
        return cls(bytes.fromhex(notes["salt"]), high << np.uint64(8) | low)

    def notes(self) -> dict[str, Any]:
        """Salt and hashes for a model file, in 5 bytes each."""
        return {
            "salt": self.salt.hex(),
            "high": (self.hashes >> np.uint64(8)).astype(np.uint32),
            "low": (self.hashes & np.uint64(255)).astype(np.uint8),
        }

    def seen(self, X: Any, labels: Array) -> Array:
        """True for each sample that equals a training row; each training row is matched at most once."""
        return self.seen_among(self.digests(X, labels))

    def digests(self, X: Any, labels: Array) -> Array:
        """A number below 2^40 for each sample, equal for equal samples, of dtype uint64."""
        return _digests(X, labels, self.salt)

    def seen_among(self, digests: Array) -> Array:
        """The same as `seen`, for the digests of samples, which may come from several blocks."""
        return np.isin(_numbered(digests), self.hashes)

    def are(self, X: Any, labels: Array) -> bool:
        """True if these samples are exactly the training rows."""
        return len(labels) == len(self.hashes) and bool(self.seen(X, labels).all())


def _digests(X: Any, labels: Array, salt: bytes) -> Array:
    """A number below 2^40 for each row."""
    zeros = bytes(8 - BYTES)
    digests = (hashlib.blake2b(row, digest_size=BYTES, salt=salt).digest() + zeros for row in _rows(X, labels))
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)


def _numbered(digests: Array) -> Array:
    """The digests, in which the copies of a repeated row get different numbers."""
    order = np.argsort(digests, kind="stable")
    ordered = digests[order]
    repeats = np.arange(len(ordered)) - np.searchsorted(ordered, ordered)
    found = np.empty_like(digests)
    found[order] = (ordered + repeats.astype(np.uint64) * np.uint64(0x9E3779B97F)) % np.uint64(2**_BITS)
    return found


def _rows(X: Any, labels: Array) -> Iterator[bytes]:
    """The bytes of each row and its label."""
    numbers = labels.astype("<i4")
    if isinstance(X, StoredRows):
        size = X.rows_of_a_block
        with closing(read_ahead(range(0, len(numbers), size), lambda start: X[start : start + size])) as blocks:
            for number, block in enumerate(blocks):
                yield from _rows(block, numbers[number * size : (number + 1) * size])
        return
    if hasattr(X, "tocsr"):
        X = X.tocsr(copy=True)
        X.sum_duplicates()
        X.eliminate_zeros()
        columns, values = X.indices.astype("<i4"), _canonical(X.data)
        for (start, end), number in zip(pairwise(X.indptr), numbers, strict=True):
            yield columns[start:end].tobytes() + values[start:end].tobytes() + number.tobytes()
        return
    # Convert a few rows at a time, since images of bytes take four times as much memory as float32.
    step = max(1, _NUMBERS_OF_A_BLOCK // max(math.prod(X.shape[1:]), 1))
    for start in range(0, len(X), step):
        part = np.asarray(X[start : start + step]).reshape(-1, math.prod(X.shape[1:]))
        block = np.column_stack([_canonical(part).view("<i4"), numbers[start : start + step]])
        yield from block.view(f"V{4 * block.shape[1]}").ravel().tolist()


def _canonical(values: Array) -> Array:
    """The values as float32, with -0 replaced by 0 and all nan by one bit pattern."""
    with np.errstate(over="ignore"):
        found = np.ascontiguousarray(values, dtype="<f4") + np.float32(0)
    found[np.isnan(found)] = np.nan
    return found
