"""Batches of samples in files: every row once an epoch, mixed over blocks, the same whatever the reading takes."""

import math
import threading
import time
import tracemalloc
from contextlib import closing
from itertools import chain, pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainrule.storage import StoredRows, stored_rows
from chainrule.storage.read_ahead import READER
from chainrule.training import Samples, shuffled_windows
from chainrule.training.shuffled_windows import WindowReader


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of 5 rows of 3 features, and windows of 4 blocks."""
    monkeypatch.setattr(stored_rows, "NUMBERS_OF_A_BLOCK", 15)
    monkeypatch.setattr(shuffled_windows, "BLOCKS_OF_A_WINDOW", 4)


@pytest.fixture
def reader_of(array_source):
    def make(count, batch_size=7, shuffle=True, seed=5, kind=np.asarray, rows=None, weights=True, **options):
        number = np.arange(count)
        x = np.stack([number + 1, -number, 10 * number], axis=1).astype(np.float64)
        stored = StoredRows(array_source(kind(x), **options), np.dtype(float))
        rows = number if rows is None else rows
        samples = Samples(stored[rows], number[rows], number[rows] + 0.5 if weights else None)
        return WindowReader(samples, batch_size, shuffle, seed)

    return make


def batches(reader, epoch, first=0):
    """The numbers of the rows of each batch, checked to belong together."""
    found = []
    for batch in reader.epoch(epoch, first):
        labels = batch.targets
        x = batch.x.toarray() if sp.issparse(batch.x) else batch.x
        assert (x == np.stack([labels + 1, -labels, 10 * labels], axis=1)).all()
        assert batch.weights is None or (batch.weights == labels + 0.5).all()
        found.append(labels.tolist())
    return found


def order(reader, epoch):
    return list(chain(*batches(reader, epoch)))


SIZES = settings(
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@SIZES
@given(st.integers(1, 130), st.integers(1, 70), st.booleans(), st.integers(0, 2**64 - 1), st.integers(0, 1000))
def test_every_row_is_served_once_an_epoch(reader_of, count, batch_size, shuffle, seed, epoch):
    found = batches(reader_of(count, batch_size, shuffle, seed), epoch)
    assert sorted(chain(*found)) == list(range(count))
    assert {len(batch) for batch in found[:-1]} <= {batch_size}
    assert len(found[-1]) == (count - 1) % batch_size + 1


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize("weights", [True, False])
def test_the_chosen_rows_are_served_once_and_each_block_is_read_once(reader_of, kind, weights):
    rows = np.flatnonzero(np.random.default_rng(0).random(150) < 0.8)
    if kind is sp.csr_matrix:
        rows = rows[:40]
    reader = reader_of(150, kind=kind, rows=rows, weights=weights)
    assert sorted(order(reader, 3)) == rows.tolist()
    read = sorted(reader.samples.x.source.reads)
    assert all(one[1] <= other[0] for one, other in pairwise(read))


@SIZES
@given(st.integers(1, 130), st.integers(1, 70), st.booleans(), st.integers(0, 200))
def test_an_epoch_goes_on_from_any_batch_with_the_same_batches(reader_of, count, batch_size, shuffle, first):
    reader = reader_of(count, batch_size, shuffle)
    assert batches(reader, 2, first) == batches(reader, 2)[first:]


def test_a_window_is_read_in_the_order_of_the_files(reader_of):
    reader = reader_of(200)
    list(reader.epoch(0))
    windows = np.reshape(reader.samples.x.source.reads, (10, 4, 2))
    assert (np.diff(windows[:, :, 0], axis=1) > 0).all()
    assert (np.diff(windows[:, 0, 0]) < 0).any(), "windows hold random blocks"


def test_only_what_is_needed_is_read_to_go_on(reader_of):
    reader = reader_of(200, 10)
    list(reader.epoch(0, 15))
    assert sum(stop - start for start, stop in reader.samples.x.source.reads) == 60


def test_the_order_depends_on_seed_and_epoch_and_not_on_the_pace_of_reading(reader_of):
    pauses = np.random.default_rng(0).random(10_000) * 2e-3
    quick = reader_of(200)
    slow = reader_of(200, before=lambda start, stop: time.sleep(pauses[start]))
    orders = {(seed, epoch): order(reader_of(200, seed=seed), epoch) for seed in (0, 5, 2**63) for epoch in (0, 1)}
    assert len({tuple(each) for each in orders.values()}) == 6
    for epoch in (1, 0, 0):
        assert order(quick, epoch) == order(slow, epoch) == orders[5, epoch]
    with closing(quick.epoch(0)) as begun:
        next(begun)
    assert order(quick, 1) == orders[5, 1]
    # The batches are cut from one order whatever their size.
    assert order(reader_of(200, 64), 1) == orders[5, 1]


def test_without_shuffling_rows_come_in_their_order(reader_of):
    assert order(reader_of(103, shuffle=False), 4) == list(range(103))


def test_rows_of_all_parts_of_the_files_meet(reader_of):
    # 2000 rows, 20 in each window. Over 200 epochs, the mean place of a row is 999.5 +- 41 and its correlation with
    # its number is 0 +- 0.002; a window holds 4 random blocks.
    reader = reader_of(2000)
    orders = np.array([order(reader, epoch) for epoch in range(200)])
    places = np.argsort(orders, axis=1)
    assert abs(places.mean(axis=0) - 999.5).max() < 5 * 41
    correlations = [np.corrcoef(each, np.arange(2000))[0, 1] for each in orders]
    assert abs(np.mean(correlations)) < 5 * 0.0112  # 1 / sqrt(400 blocks), by sqrt(20) epochs at worst
    # Neighbours in a batch come from one block with probability 4 / 19, and never always from near ones.
    same = np.mean(orders[:, 1:] // 5 == orders[:, :-1] // 5)
    assert 0.18 < same < 0.22
    far = np.mean(abs(orders[:, 1:] - orders[:, :-1]) > 500)
    assert 0.35 < far < 0.5, "(3/4)^2 of the pairs of independent rows, by 1 - 4/19"
    assert (np.sort(orders, axis=1) == np.arange(2000)).all()


def test_two_windows_are_in_memory_whatever_the_number_of_rows(monkeypatch, array_source):
    # Blocks of 1 MB; rows in C order, of which the check for NaN takes no copy.
    monkeypatch.setattr(stored_rows, "NUMBERS_OF_A_BLOCK", 2**17)
    samples = Samples(StoredRows(array_source(np.zeros((2**17, 64))), np.dtype(float)), np.zeros(2**17, np.int8))
    window = 4 * 2**17 * 8

    def two_epochs():
        reader = WindowReader(samples, 100, shuffle=True, seed=0)
        return sum(len(batch) for epoch in range(2) for batch in reader.epoch(epoch, goes_on=epoch == 0))

    def peak_of_two_epochs():
        tracemalloc.start()
        try:
            assert two_epochs() == 2 * 2**17
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    two_epochs()  # Python keeps 2000 tuples for later, which it makes sooner or later
    # Two windows and the block that is read; numbers and orders of rows, and batches, take less than half a megabyte.
    bound = 2.25 * window + 2**19
    # Threads that other tests left behind allocate, too, for some time.
    peak = next((peak for _ in range(12) if (peak := peak_of_two_epochs()) < bound), math.inf)
    assert peak < bound


def test_the_next_window_is_read_while_one_trains(reader_of):
    read = threading.Event()
    reader = reader_of(60, before=lambda start, stop: len(reader.samples.x.source.reads) == 7 and read.set())
    with closing(reader.epoch(0)) as served:
        next(served)
        assert read.wait(60), "all blocks of the second window are read before it is asked for"
    assert [name.startswith(READER) for name in reader.samples.x.source.readers] == [True]
    assert len(reader.samples.x.source.expected) >= 8


@pytest.mark.parametrize("count", [60, 65, 20, 13])  # whole windows, a short last one, one window, less than one
@pytest.mark.parametrize("kind", [np.asarray, sp.csr_matrix])
def test_the_first_window_of_the_next_epoch_is_read_while_the_last_one_trains(reader_of, count, kind):
    whole = threading.Event()
    reader = reader_of(count, kind=kind, before=lambda start, stop: len(reads) == blocks + first - 1 and whole.set())
    reads, blocks, first = reader.samples.x.source.reads, -(-count // 5), min(4, -(-count // 5))
    served = reader.epoch(0, goes_on=True)
    for _ in range(-(-count // 7)):
        next(served)
    assert whole.wait(60), "before the epoch ends"
    assert list(served) == []
    again = [batch.targets.tolist() for batch in reader.epoch(1)]
    assert again == batches(reader_of(count, kind=kind), 1)
    assert len(reads) == 2 * blocks, "each block once an epoch"
    assert no_readers(), "no epoch follows"


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_matrix])
def test_no_window_is_read_before_its_turn(reader_of, kind):
    # Windows of 20 and of 5 rows: two windows after the one that trains would overwrite it.
    reader, windows, served = reader_of(45, 5, kind=kind), [4, 4, 1] * 4, 0
    for epoch in range(4):
        for batch in reader.epoch(epoch, goes_on=epoch < 3):
            time.sleep(2e-3)
            window = np.searchsorted(np.cumsum(windows), served, side="right")
            assert len(reader.samples.x.source.reads) <= sum(windows[: window + 2])
            assert (batch.x[:, [0]] == (batch.targets + 1)[:, None]).all()
            served += 1
    assert served == sum(windows)


def test_another_epoch_than_the_next_is_read_from_its_beginning(reader_of):
    reader = reader_of(60)
    list(reader.epoch(0, goes_on=True))
    assert batches(reader, 5, 2) == batches(reader_of(60), 5, 2)
    list(reader.epoch(0, goes_on=True))
    assert not no_readers()
    reader.close()
    assert no_readers()


def no_readers():
    return not [thread for thread in threading.enumerate() if thread.name.startswith(READER)]


def test_a_read_error_arrives_with_its_batch_and_leaves_no_thread(reader_of):
    def fail(start, stop):
        if start == 50:
            raise OSError("part-0.npy: the file is truncated")

    reader = reader_of(200, 5, shuffle=False, before=fail)
    served = []
    with pytest.raises(OSError, match=r"part-0\.npy: the file is truncated"):
        served.extend(len(batch) for batch in reader.epoch(0))
    assert len(served) == 8, "the batches of the two windows before it, as far as windows are whole"
    assert no_readers()


@pytest.mark.parametrize("taken", [0, 1, 9])
def test_a_closed_epoch_leaves_no_thread(reader_of, taken):
    served = reader_of(200).epoch(0)
    for _ in range(taken):
        next(served)
    served.close()
    assert no_readers()


def test_changes_of_batches_are_those_of_the_batch_also_after_a_start_within_the_epoch(reader_of):
    def change(x, stream):
        return x + stream.random()

    def features(first):
        reader = reader_of(60)
        reader.change = change
        return [batch.x for batch in reader.epoch(1, first)]

    for got, want in zip(features(3), features(0)[3:], strict=True):
        assert (got == want).all()


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_matrix])
def test_a_share_of_a_batch_is_a_part_of_the_whole(reader_of, kind):
    whole, reader = batches(reader_of(64, kind=kind), 1), reader_of(64, kind=kind)
    reader.share = lambda rows: slice(rows // 3, 2 * rows // 3 + 1)
    assert batches(reader, 1) == [batch[len(batch) // 3 : 2 * len(batch) // 3 + 1] for batch in whole]


def test_batches_are_served_on_the_device(reader_of):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    plain, reader = reader_of(60), reader_of(60)
    reader.device = "cpu"
    for got, want in zip(reader.epoch(1), plain.epoch(1), strict=True):
        assert isinstance(got.x, torch.Tensor)
        assert (got.x.numpy() == want.x).all()
        assert (got.targets.numpy() == want.targets).all()
    with pytest.raises(ValueError, match="device='cpu' takes dense X"):
        reader_of(60, kind=sp.csr_matrix).samples.on("cpu")
