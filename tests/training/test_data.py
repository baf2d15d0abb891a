"""Samples and their batches: every sample once an epoch, in an order that depends on seed and epoch alone."""

import itertools

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.training import Samples
from chainrule.training.data import BatchReader


def numbered(count, *, weights=True, dtype=np.float64):
    """Samples whose features, label and weight all tell their number."""
    number = np.arange(count)
    x = np.stack([number, -number, 10 * number], axis=1).astype(dtype)
    return Samples(x, number, (number + 0.5).astype(dtype) if weights else None)


def order(reader, epoch):
    """The numbers of the samples of an epoch, one after the other."""
    return list(itertools.chain(*numbers(reader, epoch)))


def numbers(reader, epoch):
    """The numbers of the samples of an epoch, batch by batch, checked to belong together."""
    batches = []
    for batch in reader.epoch(epoch):
        labels = np.array(batch.targets.tolist())
        assert (np.array(batch.x.tolist()) == np.stack([labels, -labels, 10 * labels], axis=1)).all()
        if batch.weights is not None:
            assert (np.array(batch.weights.tolist()) == labels + 0.5).all()
        assert len(batch) == len(labels)
        batches.append(labels.tolist())
    return batches


@settings(deadline=None, derandomize=True, database=None)
@given(st.integers(1, 60), st.integers(1, 80), st.booleans(), st.integers(0, 2**64 - 1), st.integers(0, 1000))
def test_every_sample_is_served_once_an_epoch(count, batch_size, shuffle, seed, epoch):
    batches = numbers(BatchReader(numbered(count), batch_size, shuffle=shuffle, seed=seed), epoch)
    assert sorted(itertools.chain(*batches)) == list(range(count))
    assert {len(batch) for batch in batches[:-1]} <= {batch_size}
    assert len(batches) == -(-count // batch_size)
    assert len(batches[-1]) == (count - 1) % batch_size + 1


def test_without_shuffling_batches_are_slices_in_order():
    samples = numbered(23)
    reader = BatchReader(samples, 5, shuffle=False, seed=3)
    for epoch in (0, 7):
        assert order(reader, epoch) == list(range(23))
    assert all(np.shares_memory(batch.x, samples.x) for batch in reader.epoch(0))


def test_the_order_depends_on_seed_and_epoch():
    samples = numbered(40)
    orders = {
        (seed, epoch): order(BatchReader(samples, 7, shuffle=True, seed=seed), epoch)
        for seed in (0, 1, 2**63)
        for epoch in (0, 1, 2)
    }
    assert len({tuple(each) for each in orders.values()}) == 9
    # 40! orders: one in which half of the samples keep their place is no shuffle.
    assert all(sum(i == j for i, j in enumerate(each)) < 20 for each in orders.values())


def test_the_order_depends_on_nothing_else():
    samples = numbered(40)
    reader = BatchReader(samples, 7, shuffle=True, seed=5)
    third = order(reader, 3)
    other = BatchReader(numbered(40, weights=False, dtype=np.float32), 9, shuffle=True, seed=5)
    for epoch in (0, 8):
        numbers(other, epoch)
    assert order(other, 3) == third
    assert order(reader, 3) == third


def test_an_epoch_broken_off_leaves_the_next_complete():
    reader = BatchReader(numbered(23), 5, shuffle=True, seed=3)
    next(reader.epoch(0))
    assert sorted(order(reader, 0)) == list(range(23))


def test_buffers_are_reused_by_batches_of_one_size():
    reader = BatchReader(numbered(23), 5, shuffle=True, seed=3)
    batches = list(reader.epoch(0))
    assert all(batch.x is batches[0].x for batch in batches[:4])
    assert batches[4].x is not batches[0].x
    assert next(reader.epoch(1)).x is batches[0].x


def test_batches_keep_dtypes_and_further_axes():
    x = np.arange(30, dtype=np.float32).reshape(10, 3)
    targets = np.arange(40, dtype=np.float32).reshape(10, 4)
    for shuffle in (True, False):
        for batch in BatchReader(Samples(x, targets), 4, shuffle=shuffle, seed=0).epoch(0):
            assert (batch.x.dtype, batch.targets.dtype, batch.weights) == (np.float32, np.float32, None)
            first = batch.x[:, 0] / 3
            assert (batch.targets == 4 * first[:, None] + np.arange(4)).all()
    labels = Samples(x, np.arange(10, dtype=np.int32))
    assert next(BatchReader(labels, 4, shuffle=True, seed=0).epoch(0)).targets.dtype == np.int32


@pytest.mark.parametrize("kind", [scipy.sparse.csr_matrix, scipy.sparse.csr_array])
@pytest.mark.parametrize("shuffle", [True, False])
def test_sparse_rows_stay_sparse_and_are_served_once(kind, shuffle):
    dense = numbered(23)
    dense.x[:, 1] = 0
    reader = BatchReader(Samples(kind(dense.x), dense.targets, dense.weights), 5, shuffle=shuffle, seed=3)
    for _ in range(2):
        seen = []
        for batch in reader.epoch(0):
            assert scipy.sparse.issparse(batch.x)
            labels = batch.targets.tolist()
            assert (batch.x.toarray() == dense.x[labels]).all()
            assert (batch.weights == dense.weights[labels]).all()
            seen += labels
        assert sorted(seen) == list(range(23))


@pytest.mark.parametrize("shuffle", [True, False])
def test_tensors_are_served_in_the_order_of_arrays(shuffle):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    arrays = numbered(23)
    tensors = Samples(*(torch.tensor(each) for each in (arrays.x, arrays.targets, arrays.weights)))
    of_arrays, of_tensors = (BatchReader(each, 5, shuffle=shuffle, seed=3) for each in (arrays, tensors))
    assert numbers(of_tensors, 2) == numbers(of_arrays, 2)


@pytest.mark.parametrize(("targets", "weights"), [(5, None), (4, 3), (5, 4), (0, 0)])
def test_samples_of_unequal_numbers_are_refused(targets, weights):
    Samples(np.zeros((4, 2)), np.zeros(4), np.ones(4))
    with pytest.raises(ValueError, match=r"samples, targets and weights differ in number: \["):
        Samples(np.zeros((4, 2)), np.zeros(targets), None if weights is None else np.ones(weights))


def test_there_must_be_a_sample():
    with pytest.raises(ValueError, match="there are no samples"):
        Samples(np.zeros((0, 2)), np.zeros(0))


def test_sparse_samples_are_counted_by_rows():
    assert len(Samples(scipy.sparse.csr_matrix((7, 3)), np.zeros(7))) == 7
