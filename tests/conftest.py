"""Shared by all tests."""

import signal
import threading

import numpy as np
import pytest


@pytest.fixture(autouse=True, scope="session")
def ctrl_c_is_heard():
    """A script's background job is started with SIGINT ignored; here, and in processes started here, it raises."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class ArraySource:
    """Samples in memory as a source of rows, which notes what is read; entries are widened as files' are."""

    def __init__(self, x, labels=None, weights=None, names=None, *, before=lambda start, stop: None):
        self.x, self.shape, self.sparse, self.feature_names = x, x.shape, hasattr(x, "tocsr"), names
        self.dtype = np.dtype(np.float64 if x.dtype == np.float64 else np.float32)
        self.given, self.before, self.reads, self.expected, self.readers = (labels, weights), before, [], [], set()

    def features(self, start, stop):
        self.before(start, stop)
        self.reads.append((start, stop))
        self.readers.add(threading.current_thread().name)
        rows = self.x[start:stop].astype(self.dtype)
        if not self.sparse:
            rows.flags.writeable = False
        return rows

    def labels(self):
        return self.given[0]

    def weights(self):
        return self.given[1]

    def place(self, row):
        return f"part-{row // 100}.npy, row {row % 100}"

    def expect(self, start, stop):
        self.expected.append((start, stop))


@pytest.fixture(scope="session")
def array_source():
    return ArraySource
