"""Threads of one process: the same sums with any number of them, and none left after an error."""

import threading
import time

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.engines import Leaves, LocalEngine, leaf_rows, local, tree_sum
from chainrule.storage import StoredRows

N = 103
X = np.random.default_rng(0).normal(size=(N, 3)) * [1e-6, 1.0, 1e6]
Y = np.arange(N) % 4
WEIGHTS = np.linspace(-1, 2, N)
THREADS = (1, 2, 3, 7)


class Interrupt(BaseException):
    """Like a KeyboardInterrupt, which pytest would take for the user's own."""


def no_reader():
    return not any(thread.name.startswith("chainrule reader") for thread in threading.enumerate())


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    assert no_reader()


FORMS = {
    "dense": np.asarray,
    "sparse": sp.csr_matrix,
}


@pytest.fixture(params=[*FORMS, "files", "sparse files"])
def x(request, array_source):
    if request.param in FORMS:
        return FORMS[request.param](X)
    return StoredRows(array_source(sp.csr_matrix(X) if "sparse" in request.param else X), X.dtype)


def moments(leaf, power):
    """The sum of powers, the rows of leaves, and what comes with them."""
    features = leaf.x.toarray() if sp.issparse(leaf.x) else leaf.x
    np.testing.assert_array_equal(features, X[leaf.rows])
    np.testing.assert_array_equal(leaf.targets, Y[leaf.rows])
    np.testing.assert_array_equal(leaf.weights, WEIGHTS[leaf.rows])
    return (features**power).sum(axis=0), [leaf.number], [leaf.rows.start]


@pytest.mark.parametrize("size", [1, 10, 50, 102, 103, 500])
def test_threads_do_not_change_a_bit_and_each_row_is_seen_once(x, size):
    results = []
    for threads in THREADS:
        engine = LocalEngine(Leaves(x, Y, WEIGHTS, size), threads)
        for _ in range(3):
            total, numbers, starts = engine.map_reduce(moments, 3)
            assert numbers == list(engine.blocks())
            assert starts == list(range(0, N, size))
            results.append(total.tobytes())
    assert len(set(results)) == 1
    np.testing.assert_allclose(np.frombuffer(results[0]), (X**3).sum(axis=0), rtol=1e-12)


@pytest.mark.parametrize("keys", [[0], [10], [3, 4, 5], [1, 7, 10], range(2, 9)])
def test_some_leaves_are_summed_in_the_tree_of_their_own(x, keys):
    leaves = Leaves(x, Y, WEIGHTS, 10)
    expected = tree_sum((LocalEngine(leaves).map_reduce(moments, 1, [key])[0] for key in keys), len(keys))
    for threads in THREADS:
        total, numbers, _ = LocalEngine(leaves, threads).map_reduce(moments, 1, keys)
        assert numbers == list(keys)
        np.testing.assert_array_equal(total, expected)
    plainly = sum(X[10 * key : 10 * key + 10].sum(axis=0) for key in keys)
    np.testing.assert_allclose(expected, plainly, rtol=1e-12, atol=1e-9)


def test_a_part_of_all_rows_has_the_numbers_of_its_leaves():
    """As on a worker of a cluster."""
    part = Leaves(X[40:], Y[40:], WEIGHTS[40:], 10, first=4)
    whole = LocalEngine(Leaves(X, Y, WEIGHTS, 10)).map_reduce(moments, 2, range(4, 11))
    there = LocalEngine(part, 2).map_reduce(moments, 2)
    assert there[0].tobytes() == whole[0].tobytes()
    assert there[1:] == whole[1:]


@pytest.mark.parametrize("size", [10, 500])
def test_leaves_in_files_are_read_once_in_order_by_one_thread(array_source, size):
    source = array_source(X)
    LocalEngine(Leaves(StoredRows(source, X.dtype), Y, WEIGHTS, size), 3).map_reduce(moments, 1)
    expected = [(start, min(start + size, N)) for start in range(0, N, size)]
    assert source.reads == expected
    assert source.readers == {"chainrule reader_0"}


@pytest.mark.parametrize("offset", [0, 1, 4])
def test_rows_that_begin_anywhere_in_memory_have_the_same_products(offset):
    raw = np.empty(X.nbytes + 8, np.uint8)[offset : offset + X.nbytes]
    shifted = raw.view(X.dtype).reshape(X.shape)
    shifted[...] = X
    targets = np.frombuffer(b" " * offset + Y.astype("f8").tobytes(), "f8", offset=offset)
    leaves = Leaves(shifted, targets, targets, 10)
    leaf = leaves.leaf(3, leaves.features(3), [], None, None)
    assert leaf.x.flags.aligned
    assert leaf.x.flags.c_contiguous
    assert leaf.targets.flags.aligned
    assert leaf.weights.flags.aligned
    assert np.array_equal(leaf.x, X[30:40])
    assert np.array_equal(leaf.targets, Y[30:40])


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("row", [0, 55, 102])
@pytest.mark.parametrize("error", [OSError, Interrupt, KeyboardInterrupt])
def test_an_error_of_a_reader_reaches_the_caller_and_the_next_pass_works(array_source, threads, row, error):
    def fail(start, stop):
        if start <= row < stop:
            raise error(f"row {row}")

    source = array_source(X, before=fail)
    engine = LocalEngine(Leaves(StoredRows(source, X.dtype), Y, WEIGHTS, 10), threads)
    with pytest.raises(error, match=f"row {row}"):
        engine.map_reduce(moments, 1)
    assert no_reader()
    source.before = lambda start, stop: None
    assert engine.map_reduce(moments, 1)[1] == list(range(11))


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("fails", [0, 5, 10])
@pytest.mark.parametrize("error", [ValueError, Interrupt, KeyboardInterrupt])
def test_an_error_of_a_function_reaches_the_caller_and_the_next_pass_works(x, threads, fails, error):
    seen = []

    def failing(leaf, _):
        seen.append(leaf.number)
        if leaf.number == fails:
            raise error("no sum")
        time.sleep(0.02 if leaf.number > fails else 0)  # so that the error comes first
        return 1

    engine = LocalEngine(Leaves(x, Y, WEIGHTS, 10), threads)
    with pytest.raises(error, match="no sum"):
        engine.map_reduce(failing, None)
    assert no_reader()
    assert len(seen) <= min(fails + 2 * threads, 11), "no thread goes on"
    assert engine.map_reduce(lambda leaf, _: 1, None) == 11


def test_ctrl_c_while_a_thread_waits_for_a_reader_ends_both(array_source):
    """The reader waits until the error is there: no leaf is read that nobody takes."""
    begun = threading.Event()

    def wait(start, stop):
        assert begun.wait(10)

    def interrupted(leaf, _):
        raise KeyboardInterrupt

    source = array_source(X, before=wait)
    threading.Timer(0.05, begun.set).start()
    with pytest.raises(KeyboardInterrupt):
        LocalEngine(Leaves(StoredRows(source, X.dtype), Y, WEIGHTS, 10), 3).map_reduce(interrupted, None)
    assert len(source.reads) <= 6


def test_results_are_kept_for_each_leaf_until_the_engine_is_closed(x):
    engine = LocalEngine(Leaves(x, Y, WEIGHTS, 10), 3)

    def count(leaf, _):
        leaf.kept["calls"] = leaf.kept.get("calls", 0) + 1
        return [leaf.kept["calls"]]

    assert engine.map_reduce(count, None) == [1] * 11
    assert engine.map_reduce(count, None, [2, 3]) == [2, 2]
    assert engine.map_reduce(count, None) == [2, 2, 3, 3, *[2] * 7]
    assert engine.with_threads(2).map_reduce(count, None) == [1] * 11, "another engine has its own"
    engine.close()
    assert engine.map_reduce(count, None) == [1] * 11


def test_each_thread_has_buffers_of_its_own():
    def buffer(leaf, _):
        memory = leaf.works[0]("memory", (1000,), X)
        memory.fill(leaf.number)
        threading.Event().wait(0.001)
        assert (memory == leaf.number).all()
        return [len(leaf.works)]

    assert LocalEngine(Leaves(X, Y, WEIGHTS, 10), 3).map_reduce(buffer, None) == [1] * 11
    sparse = Leaves(sp.csr_matrix(X), Y, WEIGHTS, 10)
    assert LocalEngine(sparse, 3).map_reduce(buffer, None) == [3] * 11, "they share each leaf"


def test_samples_that_are_not_there_are_one_empty_leaf():
    leaves = Leaves(np.empty((0, 3)), Y[:0], None, 10)
    assert LocalEngine(leaves, 2).map_reduce(lambda leaf, _: leaf.x.sum(axis=0), None).tolist() == [0, 0, 0]


def test_small_problems_have_one_thread():
    assert LocalEngine(Leaves(X, Y, None, 10), small=True).with_threads(4).threads == 1
    assert LocalEngine(Leaves(X, Y, None, 10)).with_threads(4).threads == 4


@pytest.mark.parametrize("sparse", [False, True])
def test_leaves_depend_on_features_and_outputs_alone_and_stay_within_bounds(sparse):
    for d in (1, 3, 28, 784, 50_000, 10_000_000):
        for k in (1, 10, 1000, 100_000):
            rows = leaf_rows(d, k, sparse=sparse)
            if sparse:
                assert rows >= max(local.SPARSE_ROWS, 2 * d)
            else:
                assert local.LEAST_ROWS <= rows <= local.MOST_ROWS
                assert rows * (d + 2 * k) <= max(local.MOST_ENTRIES, local.LEAST_ROWS * (d + 2 * k))
