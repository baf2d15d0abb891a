"""Batches of samples in files, in an order that is random enough for training and fast to read.

An epoch puts the blocks of consecutive rows in random order. A window is a group of these blocks that is in memory. Its
rows are put in random order, and batches are cut from one window after the other. While training uses one window, a
thread reads the next, also that of the next epoch, so two windows are in memory.
"""

import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import count, takewhile
from operator import itemgetter
from typing import TypeAlias

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.storage import StoredRows, read_ahead
from chainrule.storage.stored_rows import stacked
from chainrule.streams import Purpose, stream
from chainrule.training.data import ReaderOfBatches, Samples

BLOCKS_OF_A_WINDOW = 16
"""A window of dense samples takes 64 MB in float32 and 128 MB in float64."""

Window: TypeAlias = list[tuple[int, int]]
"""The blocks of a window: the first row of each, and the row after its last."""


@dataclass
class WindowReader(ReaderOfBatches):
    """Serves samples in files, `StoredRows`, in batches.

    With `shuffle`, the order of the blocks is drawn from a stream keyed by (seed, epoch), and the order of the rows of
    each window from one keyed by (seed, epoch, window).

    Parameters
    ----------
    device : str, optional
        The device of the batches. The windows are in main memory.
    """

    device: str | None = None
    _memory: list[Array] = field(default_factory=list, init=False)
    _reading: Generator[tuple[Array, Array], None, None] | None = field(default=None, init=False)
    _next: tuple[int, int] | None = field(default=None, init=False)
    """Between two epochs, the epoch and the window that `_reading` yields next."""
    _goes_on: bool = field(default=False, init=False)

    def epoch(self, number: int, first: int = 0, *, goes_on: bool = False) -> Generator[Samples, None, None]:
        """The batches of one epoch, from batch `first` on.

        A caller that stops before the end of the epoch must close the generator; with `goes_on`, it must close the
        reader.

        Parameters
        ----------
        number : int
        first : int
        goes_on : bool
            True if the next epoch follows: its first window is read while the last one of this epoch is served.

        Raises
        ------
        ValueError
            If a sample has NaN or infinity; the message names its place.
        """
        windows = self._order(number)
        ends = np.cumsum([sum(stop - start for start, stop in window) for window in windows])
        skipped = first * self.batch_size
        earlier = int(np.searchsorted(ends, skipped, side="right"))
        skipped -= int(ends[earlier - 1]) if earlier else 0
        batch, parts, missing = first, list[Samples](), self.batch_size
        if self._next != (number, earlier):
            self.close()
        self._goes_on, self._next = goes_on, None
        self._reading = self._reading or self._read(number, earlier)
        try:
            for window in range(earlier, len(windows)):
                rows, x = next(self._reading)
                if self.shuffle:
                    order = stream(Purpose.ROWS, self.seed, number + 1, window).permutation(len(rows))
                else:
                    order = np.arange(len(rows))
                order, skipped = order[skipped:], 0
                while len(order):
                    taken, order = order[:missing], order[missing:]
                    parts.append(self._at(x, taken, rows))
                    missing -= len(taken)
                    if not missing:
                        yield self._batch(parts, number, batch)
                        batch, parts, missing = batch + 1, [], self.batch_size
            if parts:
                yield self._batch(parts, number, batch)
            if goes_on:
                self._next = number + 1, 0
        finally:
            if self._next is None:
                self.close()

    def close(self) -> None:
        """End the thread that reads ahead."""
        self._next = None
        if self._reading is not None:
            self._reading.close()
            self._reading = None

    # What follows is private.

    def _order(self, number: int) -> list[Window]:
        """The windows of an epoch."""
        every, rows = len(self.samples), self.samples.x.rows_of_a_block
        blocks = [(start, min(start + rows, every)) for start in range(0, every, rows)]
        if self.shuffle:
            order = stream(Purpose.BLOCKS, self.seed, number + 1).permutation(len(blocks))
            blocks = [blocks[index] for index in order]
        starts = range(0, len(blocks), BLOCKS_OF_A_WINDOW)
        # Sorted in the order of the files, because neighbouring blocks may have to be decoded together.
        return [sorted(blocks[start : start + BLOCKS_OF_A_WINDOW]) for start in starts]

    def _read(self, number: int, first: int) -> Generator[tuple[Array, Array], None, None]:
        """The numbers and the features of the rows of each window, from window `first` of an epoch on.

        During training on one window, a thread reads only the next: dense windows lie in two arrays in turn.
        """
        x: StoredRows = self.samples.x
        closed = threading.Event()

        def windows() -> Iterator[Window]:
            yield from self._order(number)[first:]
            for epoch in count(number + 1):
                if not self._goes_on:
                    return
                yield from self._order(epoch)

        def read(task: tuple[int, Window]) -> tuple[Window, list[Array]]:
            turn, window = task
            for start, stop in window:
                x.expect(start, stop)
            blocks = takewhile(lambda block: not closed.is_set(), window)
            if x.sparse:
                return window, [x.read(start, stop) for start, stop in blocks]
            memory, row = self._memory_of(turn % 2), 0
            for start, stop in blocks:
                memory[row : row + stop - start] = x.read(start, stop)
                row += stop - start
            return window, [memory[:row]]

        with closing(read_ahead(enumerate(windows()), read)) as found:
            try:
                for window, parts in found:
                    numbers = np.concatenate([np.arange(start, stop) for start, stop in window])
                    yield numbers, stacked(parts) if x.sparse else parts[0]
            finally:
                closed.set()  # the thread reads no further block

    def _memory_of(self, turn: int) -> Array:
        """The array for the even windows, or for the odd ones."""
        x: StoredRows = self.samples.x
        if turn == len(self._memory):
            rows = min(len(self.samples), BLOCKS_OF_A_WINDOW * x.rows_of_a_block)
            self._memory.append(np.empty((rows, x.shape[1]), x.dtype))
        return self._memory[turn]

    def _at(self, x: Array, taken: Array, rows: Array) -> Samples:
        """The samples at some positions in a window."""
        numbers, samples = rows[taken], self.samples
        weights = None if samples.weights is None else samples.weights[numbers]
        return Samples(x[taken] if is_sparse(x) else x.take(taken, axis=0), samples.targets[numbers], weights)

    def _batch(self, parts: list[Samples], number: int, batch: int) -> Samples:
        """The samples of a batch, from one window or more."""
        whole = parts[0]
        if len(parts) > 1:
            weights = None if whole.weights is None else np.concatenate([part.weights for part in parts])
            x, targets = stacked([part.x for part in parts]), np.concatenate([part.targets for part in parts])
            whole = Samples(x, targets, weights)
        if self.change is not None:
            source = stream(Purpose.AUGMENTATION, self.seed, number + 1, batch)
            whole = replace(whole, x=self.change(whole.x, source))
        if self.share is not None:
            whole = whole.each(itemgetter(self.share(len(whole))))
        return whole.on(self.device)
