"""Batches of samples in files, in an order that is random enough for training and fast to read.

An epoch puts the blocks of consecutive rows in random order. Some of these blocks at a time, a window, are in memory;
the rows of a window are put in random order, and batches are cut from the windows one after the other. A thread reads
the next window while this one trains, so two windows are in memory.
"""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
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
"""The first row of each of its blocks, and the row after the last one."""


@dataclass
class WindowReader(ReaderOfBatches):
    """Serves samples in files, `StoredRows`, in batches.

    With `shuffle`, the order of the blocks is drawn from a stream keyed by (seed, epoch), and the rows of each window
    from one keyed by (seed, epoch, window).

    Parameters
    ----------
    device : str, optional
        The device of the batches. The windows are in main memory.
    """

    device: str | None = None
    _memory: list[Array] = field(default_factory=list, init=False)

    def epoch(self, number: int, first: int = 0) -> Generator[Samples, None, None]:
        """The batches of one epoch, from batch `first` on.

        The caller has to close the generator if it stops before the end of the epoch.

        Raises
        ------
        ValueError
            For NaN or infinity; the message names the place of the sample.
        """
        windows = self._order(number)
        ends = np.cumsum([sum(stop - start for start, stop in window) for window in windows])
        skipped = first * self.batch_size
        earlier = int(np.searchsorted(ends, skipped, side="right"))
        skipped -= int(ends[earlier - 1]) if earlier else 0
        batch, parts, missing = first, list[Samples](), self.batch_size
        with closing(self._read(windows, earlier)) as read:
            for window, (rows, x) in enumerate(read, earlier):
                order = np.arange(len(rows))
                if self.shuffle:
                    order = stream(Purpose.ROWS, self.seed, number + 1, window).permutation(len(rows))
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

    # What follows is private.

    def _order(self, number: int) -> list[Window]:
        """The windows of an epoch."""
        count, rows = len(self.samples), self.samples.x.rows_of_a_block
        blocks = [(start, min(start + rows, count)) for start in range(0, count, rows)]
        if self.shuffle:
            order = stream(Purpose.BLOCKS, self.seed, number + 1).permutation(len(blocks))
            blocks = [blocks[index] for index in order]
        starts = range(0, len(blocks), BLOCKS_OF_A_WINDOW)
        # In the order of the files, because blocks that are near each other may have to be decoded together.
        return [sorted(blocks[start : start + BLOCKS_OF_A_WINDOW]) for start in starts]

    def _read(self, windows: list[Window], first: int) -> Generator[tuple[Array, Array], None, None]:
        """The numbers and the features of the rows of each window, from window `first` on.

        Dense windows are read into two arrays in turn.
        """
        x: StoredRows = self.samples.x
        if not x.sparse and not self._memory:
            rows = min(len(self.samples), BLOCKS_OF_A_WINDOW * x.rows_of_a_block)
            self._memory = [np.empty((rows, x.shape[1]), x.dtype) for _ in windows[:2]]

        def read(task: tuple[int, int]) -> Array:
            window, block = task
            if block == 0:
                for start, stop in windows[window]:
                    x.expect(start, stop)
            start, stop = windows[window][block]
            if x.sparse:
                return x.read(start, stop)
            before = sum(stop - start for start, stop in windows[window][:block])
            part = self._memory[window % 2][before : before + stop - start]
            part[...] = x.read(start, stop)
            return part

        tasks = [(window, block) for window in range(first, len(windows)) for block in range(len(windows[window]))]
        # The thread is at most one window ahead, so it never writes to the window that trains.
        with closing(read_ahead(tasks, read, BLOCKS_OF_A_WINDOW)) as blocks:
            for number, window in enumerate(windows[first:], first):
                parts = list(islice(blocks, len(window)))
                numbers = np.concatenate([np.arange(start, stop) for start, stop in window])
                yield numbers, stacked(parts) if x.sparse else self._memory[number % 2][: len(numbers)]

    def _at(self, x: Array, taken: Array, rows: Array) -> Samples:
        """The samples at an index of a window."""
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
