"""Sums on a cluster have the bits of sums in this process, whoever dies; what cannot go on ends in an error."""

import os
import signal
import threading
import time
import warnings

import numpy as np
import pytest

from chainrule.engines import ClusterError, ClusterRows, Leaves, LocalEngine, dask_engine, dask_tasks
from chainrule.engines.dask_engine import DaskEngine
from chainrule.estimators.samples_on_cluster import cluster_samples

distributed = pytest.importorskip("distributed", reason="needs Dask: pip install -e '.[dask]'")
dask = pytest.importorskip("dask", reason="needs Dask: pip install -e '.[dask]'")
da = pytest.importorskip("dask.array", reason="needs Dask: pip install -e '.[dask]'")

N, SIZE = 103, 7
rng = np.random.default_rng(0)
X = rng.normal(size=(N, 3)) * [1e-6, 1.0, 1e6]
Y = np.arange(N) % 4
WEIGHTS = np.linspace(-1, 2, N)


def rows_on(client, leaves=2, before=None):
    """The samples in chunks of whole leaves; `before` is called by each task that makes a chunk."""
    step = leaves * SIZE

    def made(start):
        if before is not None:
            before(start)
        rows = slice(start, start + step)
        return X[rows], Y[rows], WEIGHTS[rows]

    chunks = [dask.delayed(made, pure=False)(start) for start in range(0, N, step)]
    return ClusterRows(chunks, X.shape, X.dtype, False, SIZE, leaves, client)


def moments_and_state(state):
    """What sums are made of: numbers, arrays in both precisions, lists. Workers get it by value, as it is nested."""

    def moments(leaf, state):
        scaled, weights = leaf.x * state, leaf.weights[:, None]
        total, single = float((scaled * weights).sum()), (weights * scaled).sum(axis=0).astype("f4")
        return total, len(leaf.x), scaled.T @ scaled, single, [(leaf.number, leaf.rows, leaf.targets.tolist())]

    return moments, state


def local(state, keys=None):
    return LocalEngine(Leaves(X, Y, WEIGHTS, SIZE), 2).map_reduce(*moments_and_state(state), keys)


def same(found, expected):
    if isinstance(expected, tuple):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, np.ndarray):
        return found.dtype == expected.dtype and np.array_equal(found, expected)
    return type(found) is type(expected) and found == expected


def kill(client, address):
    """Kill a worker as the system does if memory is short."""
    os.kill(client.run(os.getpid, workers=[address])[address], signal.SIGKILL)


@pytest.fixture
def counted(tmp_path):
    """A function that notes a number in a file, from any process, and one that returns the numbers so far."""
    folder = str(tmp_path)

    def calls():
        with open(f"{folder}/calls") as file:
            return [int(line) for line in file]

    def note(number):
        with open(f"{folder}/calls", "a") as file:
            file.write(f"{number}\n")

    (tmp_path / "calls").touch()
    return note, calls


@pytest.mark.parametrize("leaves", [1, 2, 4, 16])
@pytest.mark.parametrize("where", ["threads of this process", "cluster"])
def test_sums_have_the_bits_of_one_process(where, leaves, request):
    client = request.getfixturevalue("dask_client") if where == "cluster" else None
    engine = DaskEngine(rows_on(client, leaves))
    state = np.array([1e3, 1 / 3, 1e-5])
    assert same(engine.map_reduce(*moments_and_state(state)), local(state))
    some = [0, 3, 4, 9, 14]
    assert same(engine.map_reduce(*moments_and_state(state), some), local(state, some))


def test_an_engine_tells_its_leaves_and_keeps_its_rows():
    rows = rows_on(None)
    engine = rows.engine()
    assert list(engine.blocks()) == list(range(15))
    assert engine.with_threads(3).threads == 3
    assert engine.with_threads(3).x is engine.x is rows
    engine.close()


@pytest.mark.parametrize("chosen", [
    np.arange(40, 90), np.flatnonzero(rng.random(N) < 0.3), np.repeat([3, 50, 51, 100], 9), np.arange(N) % 5 > 0, [102],
], ids=["neighbours", "some", "repeated", "mask", "one"])  # fmt: skip
def test_chosen_rows_are_cut_into_leaves_of_their_own(dask_client, chosen):
    chosen = np.asarray(chosen)
    leaves = Leaves(X[chosen], Y[chosen], WEIGHTS[chosen], SIZE)
    expected = LocalEngine(leaves).map_reduce(*moments_and_state(2.0))
    for client in (None, dask_client):
        rows = rows_on(client)[chosen]
        assert rows.shape == X[chosen].shape
        assert same(rows.engine().map_reduce(*moments_and_state(2.0)), expected)


def test_no_row_may_be_chosen():
    assert rows_on(None)[np.arange(0)].engine().map_reduce(lambda leaf, _: leaf.x.shape, None) == (0, 3)


def test_chosen_rows_are_kept_if_there_is_room(dask_client, monkeypatch):
    rows = rows_on(dask_client).kept()
    assert rows.held == X.nbytes
    assert rows[np.arange(50)].held == X.nbytes + 50 * 24
    monkeypatch.setattr(dask_engine, "SHARE_OF_MEMORY", (X.nbytes + 100) / dask_engine.memory_of(dask_client))
    assert rows[np.arange(50)].held == X.nbytes


def test_mapped_rows_are_those_with_other_features(dask_client):
    basis = rng.normal(size=(3, 2))
    z = np.concatenate([X[start : start + SIZE] @ basis for start in range(0, N, SIZE)])
    expected = LocalEngine(Leaves(z, Y, WEIGHTS, SIZE)).map_reduce(*moments_and_state(2.0))
    for client in (None, dask_client):
        rows = rows_on(client).mapped(lambda x, basis: x @ basis, basis, 2)
        assert rows.shape == (N, 2)
        assert same(rows.engine().map_reduce(*moments_and_state(2.0)), expected)


def test_sums_and_rows_that_arrive_at_odd_bytes_have_the_same_products(dask_client):
    def shifted(array):
        raw = np.empty(array.nbytes + 8, np.uint8)[3 : 3 + array.nbytes].view(array.dtype).reshape(array.shape)
        raw[...] = array
        return raw

    chunks = [(shifted(X[start : start + SIZE]), Y[start : start + SIZE], None) for start in range(0, N, SIZE)]
    rows = ClusterRows([dask.delayed(chunk) for chunk in chunks], X.shape, X.dtype, False, SIZE, 1, None)

    def products(leaf, state):
        return leaf.x.T @ leaf.x, [leaf.x.flags.aligned]

    found, aligned = rows.engine().map_reduce(products, None)
    assert all(aligned)
    assert same(found, LocalEngine(Leaves(X, Y, None, SIZE)).map_reduce(products, None)[0])
    mapped = rows.mapped(lambda x, basis: x @ basis, X[:3], 3).chunks[1].compute()[0]
    assert same(mapped, X[SIZE : 2 * SIZE] @ X[:3])
    for leaves in (1, 16):  # the sum of several chunks, and of one
        engine = rows_on(dask_client, leaves).engine()
        found = engine.map_reduce(lambda leaf, state: leaf.x.T @ leaf.x, None)
        assert found.flags.aligned
        assert found.flags.writeable, "the solver changes sums in place"


def test_a_few_rows_are_summed_in_this_process(dask_client, counted, monkeypatch):
    note, calls = counted
    rows = rows_on(dask_client, before=note)
    assert isinstance(rows.engine(), DaskEngine)
    monkeypatch.setattr(dask_engine, "GATHERED_BYTES", X.nbytes)
    for _ in range(2):
        engine = rows.engine()
        assert isinstance(engine, LocalEngine)
        assert same(engine.map_reduce(*moments_and_state(0.1)), local(0.1))
        assert same(engine.map_reduce(*moments_and_state(0.1), [3, 4, 9]), local(0.1, [3, 4, 9]))
    assert sorted(calls()) == list(range(0, N, 14)), "they are sent here once"
    monkeypatch.setattr(dask_engine, "GATHERED_BYTES", X.nbytes - 1)
    assert isinstance(rows.engine(), DaskEngine)
    assert isinstance(rows_on(None).engine(), DaskEngine), "without a cluster there are no messages"


def test_a_large_state_and_many_rows_give_no_warnings(dask_client):
    state = np.ones((1500, 1500))  # 18 MB, of which Dask would warn
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rows_on(dask_client).engine().map_reduce(lambda leaf, state: int(state.sum()), state) == 15 * 1500**2


@pytest.mark.parametrize("where", ["threads of this process", "cluster"])
def test_an_error_in_a_leaf_names_its_rows(where, request):
    client = request.getfixturevalue("dask_client") if where == "cluster" else None

    def function(leaf, state):
        if leaf.number == state:
            raise ZeroDivisionError("no such number")
        return 1

    with pytest.raises(ClusterError, match=r"^rows 35 to 41: ZeroDivisionError: no such number$"):
        rows_on(client).engine().map_reduce(function, 5)
    with pytest.raises(ClusterError, match=r"^rows 98 to 102: "):
        rows_on(client).engine().map_reduce(function, 14)


@pytest.mark.parametrize("error", [OSError, TimeoutError, ValueError])
def test_rows_that_cannot_be_read_are_tried_three_times(dask_client, counted, error):
    note, calls = counted

    def before(start):
        note(start)
        if start == 28:
            raise error("the disk is gone")

    with pytest.raises(error, match="the disk is gone"):
        rows_on(dask_client, before=before).engine().map_reduce(*moments_and_state(1.0))
    assert calls().count(28) == 3


def test_a_leaf_that_fails_three_times_names_its_rows(dask_client, counted):
    note, calls = counted

    def function(leaf, state):
        if leaf.number == 5:
            note(leaf.number)
            raise OSError("the disk is gone")
        return 1

    with pytest.raises(ClusterError, match=r"^rows 35 to 41: OSError: the disk is gone$"):
        rows_on(dask_client).engine().map_reduce(function, None)
    assert calls() == [5, 5, 5]


def test_a_leaf_that_fails_twice_does_no_harm(dask_client, counted):
    note, calls = counted

    def before(start):
        if start == 28:
            note(start)
            if len(calls()) < 3:
                raise OSError("the disk is slow")

    assert same(rows_on(dask_client, before=before).engine().map_reduce(*moments_and_state(0.1)), local(0.1))
    assert len(calls()) == 3


def test_a_worker_with_other_versions_is_refused(dask_client):
    def pretend(name):
        from chainrule.engines import dask_tasks
        from chainrule.engines.fingerprint import fingerprint

        found = fingerprint()
        dask_tasks.fingerprint = (lambda: (found[0], name, *found[2:])) if name else fingerprint

    other = sorted(dask_client.nthreads())[0]
    dask_client.run(pretend, "numpy 1.7.0", workers=[other])
    try:
        with pytest.raises(ClusterError, match=r"^worker tcp.* has numpy 1.7.0 instead of numpy .*: it would change"):
            rows_on(dask_client, 1).engine().map_reduce(*moments_and_state(1.0))
    finally:
        dask_client.run(pretend, None, workers=[other])
    assert same(rows_on(dask_client, 1).engine().map_reduce(*moments_and_state(1.0)), local(1.0))


def test_a_worker_that_dies_in_a_pass_changes_nothing_and_costs_less_than_a_pass(dask_client, counted):
    note, calls = counted

    def squares(leaf, state):
        time.sleep(0.05)
        note(leaf.number)
        return (leaf.x * state).T @ (leaf.x * state)

    engine = rows_on(dask_client, 1).engine()
    expected = LocalEngine(Leaves(X, Y, WEIGHTS, SIZE)).map_reduce(squares, 3.0)
    for turn in range(3):
        before = len(calls())
        victim = sorted(dask_client.nthreads())[turn % 2]
        timer = threading.Timer(0.2, kill, (dask_client, victim))
        timer.start()
        assert same(engine.map_reduce(squares, 3.0), expected)
        timer.join()
        assert len(calls()) - before <= 1.5 * 15
        dask_client.wait_for_workers(2, timeout=60)


def test_workers_may_join_and_retire_in_a_pass(dask_client, dask_cluster):
    def squares(leaf, state):
        time.sleep(0.05)
        return leaf.x.T @ leaf.x * state

    expected = LocalEngine(Leaves(X, Y, WEIGHTS, SIZE)).map_reduce(squares, 3.0)
    engine = rows_on(dask_client, 1).engine()
    timer = threading.Timer(0.1, dask_cluster.scale, (3,))
    timer.start()
    assert same(engine.map_reduce(squares, 3.0), expected)
    timer.join()
    dask_client.wait_for_workers(3, timeout=60)
    timer = threading.Timer(0.1, lambda: dask_client.retire_workers(sorted(dask_client.nthreads())[:1]))
    timer.start()
    assert same(engine.map_reduce(squares, 3.0), expected)
    timer.join()


def test_rows_on_a_worker_that_dies_between_passes_are_made_again(dask_client, counted):
    note, calls = counted
    rows = rows_on(dask_client, before=note)
    kept = dask_engine.kept_on_workers(dask_client, rows.chunks)
    engine = DaskEngine(ClusterRows(kept, X.shape, X.dtype, False, SIZE, 2, dask_client))
    assert same(engine.map_reduce(*moments_and_state(0.3)), local(0.3))
    assert sorted(calls()) == list(range(0, N, 14))
    kill(dask_client, sorted(dask_client.nthreads())[0])
    assert same(engine.map_reduce(*moments_and_state(0.7)), local(0.7))
    assert 8 < len(calls()) <= 16
    assert same(engine.map_reduce(*moments_and_state(0.9)), local(0.9))


def test_leaves_keep_results_as_long_as_their_rows_stay_where_they_are(dask_client):
    def passes_before(leaf, state):
        leaf.kept["passes"] = leaf.kept.get("passes", 0) + 1
        return [leaf.kept["passes"] - 1], leaf.in_memory

    def kept_there():
        return len(dask_tasks._kept)

    rows = rows_on(dask_client).kept()
    engine, other = rows.engine(), rows.engine()
    for expected in range(3):
        assert engine.map_reduce(passes_before, None) == ([expected] * 15, 0)
    assert other.map_reduce(passes_before, None)[0] == [0] * 15, "the results of another engine are not its own"
    assert engine.map_reduce(passes_before, None)[0] == [0] * 15, "only the last engine has results"
    assert sum(dask_client.run(kept_there).values()) == 8
    kill(dask_client, sorted(dask_client.nthreads())[0])
    found = engine.map_reduce(passes_before, None)[0]
    assert set(found) <= {0, 1}
    assert 0 in found
    del rows, engine, other
    for _ in range(100):
        if not sum(dask_client.run(kept_there).values()):
            break
        time.sleep(0.1)
    assert sum(dask_client.run(kept_there).values()) == 0, "results have gone with the rows"
    assert rows_on(dask_client).engine().map_reduce(passes_before, None)[0] == [0] * 15


def test_chunks_stay_where_they_are(dask_client):
    rows = rows_on(dask_client, 8).kept()
    futures = distributed.futures_of(list(rows.chunks))
    distributed.wait(futures)

    def homes():
        there = dask_client.who_has(futures)
        return [there[future.key] for future in futures]

    before, engine = homes(), rows.engine()
    for turn in range(8):  # Dask would take tasks of one name for a group, and spread them without looking
        assert same(engine.map_reduce(*moments_and_state(0.1 * turn)), local(0.1 * turn))
        assert homes() == before


def test_rows_are_made_again_after_all_workers_have_died(dask_client):
    samples = cluster_samples(da.from_array(X, chunks=(20, 3)), da.from_array(Y, chunks=20), None)
    rows = samples.rows(lambda y, weights: (y, weights), X.dtype, 4)
    engine = rows.engine()
    expected = engine.map_reduce(lambda leaf, state: leaf.x.T @ leaf.x, None)
    for address in sorted(dask_client.nthreads()):
        kill(dask_client, address)
    assert same(engine.map_reduce(lambda leaf, state: leaf.x.T @ leaf.x, None), expected)


def test_a_task_that_kills_each_worker_ends_in_an_error(dask_client, monkeypatch):
    def before(start):
        if start == 28:
            os._exit(1)

    monkeypatch.setattr(dask_client.cluster.scheduler, "allowed_failures", 0)
    with pytest.raises(ClusterError, match="workers died again and again on the same task"):
        rows_on(dask_client, before=before).engine().map_reduce(*moments_and_state(1.0))


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(dask_engine, "SECONDS_WITHOUT_WORKER", 0.6)
    monkeypatch.setattr(dask_engine, "SECONDS_BETWEEN_LOOKS", 0.2)


@pytest.fixture
def small_cluster():
    """A cluster in threads, which a test may close."""
    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0", silence_logs=50
    )
    client = distributed.Client(cluster, set_as_default=False)
    yield cluster, client
    client.close()
    cluster.close()


def slowly(leaf, state):
    time.sleep(0.3)
    return 1


def test_threads_of_a_worker_share_a_pass_and_the_limit_of_blas(small_cluster):
    _, client = small_cluster
    assert same(rows_on(client, 1).engine().map_reduce(*moments_and_state(0.1)), local(0.1))


def test_a_pass_without_workers_ends_in_an_error(small_cluster, impatient):
    cluster, client = small_cluster
    timer = threading.Timer(0.2, cluster.scale, (0,))
    timer.start()
    with pytest.raises(ClusterError, match=r"no worker, or no scheduler, for \d seconds"):
        rows_on(client, 1).engine().map_reduce(slowly, None)
    timer.join()


def test_a_pass_may_take_longer_than_the_wait_for_workers(small_cluster, impatient):
    _, client = small_cluster
    began = time.monotonic()
    assert rows_on(client, 1).engine().map_reduce(slowly, None) == 15
    assert time.monotonic() - began > 2 * dask_engine.SECONDS_WITHOUT_WORKER


def test_a_scheduler_that_ends_in_a_pass_ends_it_in_an_error(small_cluster, impatient):
    cluster, client = small_cluster
    timer = threading.Timer(0.3, cluster.close)
    timer.start()
    with pytest.raises(ClusterError, match=r"scheduler"):
        rows_on(client, 1).engine().map_reduce(slowly, None)
    timer.join()
    with pytest.raises(ClusterError, match=r"scheduler|client of the cluster is"):
        rows_on(client, 1).engine().map_reduce(slowly, None)


def test_a_client_that_is_closed_is_told(small_cluster):
    _, client = small_cluster
    client.close()
    with pytest.raises(ClusterError, match="the client of the cluster is closed, expected a running one"):
        rows_on(client, 1).engine().map_reduce(slowly, None)


def test_ctrl_c_in_a_pass_is_raised_and_the_pass_is_dropped(small_cluster):
    _, client = small_cluster
    timer = threading.Timer(0.3, signal.raise_signal, (signal.SIGINT,))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        rows_on(client, 1).engine().map_reduce(slowly, None)
    timer.join()
    assert same(rows_on(client, 1).engine().map_reduce(*moments_and_state(0.1)), local(0.1))
