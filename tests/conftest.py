"""Shared by all tests."""

import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress

import numpy as np
import pytest
from tests.thorough import THOROUGH

from chainrule.rules import registry


@pytest.fixture(autouse=True, scope="session")
def ctrl_c_is_heard():
    """A script's background job is started with SIGINT ignored; here, and in processes started here, it raises."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def claim_seconds():
    """The longest time for one claim: more before a release (CLAIM_SECONDS), where more false ones may seem to hold."""
    return float(os.environ.get("CLAIM_SECONDS", "0.75"))


@pytest.fixture(autouse=True)
def registry_is_restored():
    """Rules that a test registers, or a page that it runs, do not reach the next one."""
    before = set(registry.names())
    yield
    for name in set(registry.names()) - before:
        registry.unregister(name)


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


LAUNCHER = """
import os, pickle, socket, sys, time
from datetime import timedelta
import torch.distributed
import chainrule.cli.training_run

folder, joined, counts = sys.argv[1], eval(sys.argv[2]), eval(sys.argv[3])
with open(f"{folder}/code.py") as file:
    code = compile(file.read(), "code.py", "exec")

def work_in_group(rank, count, port):
    place = {"RANK": rank, "WORLD_SIZE": count, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": count}
    os.environ |= {name: str(value) for name, value in place.items()}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    if joined:
        torch.distributed.init_process_group("gloo", timeout=timedelta(seconds=120))
    names = {}
    exec(code, names)
    return names["work"](rank, count, folder)

for count in counts:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    children = {}
    for rank in range(count):
        child = os.fork()
        if not child:
            try:
                outcome = work_in_group(rank, count, port)
            except BaseException as error:
                outcome = type(error).__name__, str(error)
            with open(f"{folder}/{count}-{rank}", "wb") as file:
                pickle.dump(outcome, file)
            os._exit(0)
        children[child] = rank
    deadline = time.time() + 100
    while children and time.time() < deadline:
        done, _ = os.waitpid(-1, os.WNOHANG)
        children.pop(done, None)
        time.sleep(0.01)
    for child in children:
        os.kill(child, 9)
"""


@pytest.fixture(scope="session")
def run_in_groups():
    """A function that runs work(rank, count, folder) in groups of processes; its results are by (count, rank).

    The code of `work` is given as text. Processes are forked from one that has imported everything, because importing
    takes longer than the tests. They have the environment that torchrun gives, and form a group unless joined=False.
    What a process raises is its result, as the name of its type and its message; a process that was killed has none.
    """
    pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    if not hasattr(os, "fork"):
        pytest.skip("needs processes that fork")

    def run(code, counts, folder, *, joined=True):
        (folder / "code.py").write_text(code)
        command = [sys.executable, "-W", "ignore", "-c", LAUNCHER, str(folder), repr(joined), repr(list(counts))]
        threads = {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}
        subprocess.run(command, env=os.environ | threads, timeout=110, check=True)
        files = {(count, rank): folder / f"{count}-{rank}" for count in counts for rank in range(count)}
        return {key: pickle.loads(file.read_bytes()) for key, file in files.items() if file.exists()}

    return run


@pytest.fixture
def dask_somewhere(request):
    """Dask computes in threads of this process; before a release, in thrice the time, on the cluster."""
    if THOROUGH:
        request.getfixturevalue("dask_client")


@pytest.fixture(autouse=True)
def few_rows_stay_on_workers(monkeypatch):
    """So that tests of clusters need no large samples."""
    monkeypatch.setattr("chainrule.engines.dask_engine.GATHERED_BYTES", -1)


@contextmanager
def processes(**options):
    """A cluster of two processes on this machine, which tests may kill: it starts new ones."""
    dask = pytest.importorskip("dask", reason="needs Dask: pip install -e '.[dask]'")
    distributed = pytest.importorskip("distributed", reason="needs Dask: pip install -e '.[dask]'")

    # By default a killed worker that is not back within 15 s is given up for good: too few on a busy machine.
    dask.config.set({"distributed.deploy.lost-worker-timeout": "10 minutes"})
    options |= {"processes": True, "threads_per_worker": 1, "silence_logs": logging.CRITICAL}
    cluster = distributed.LocalCluster(n_workers=2, **options)
    yield cluster
    with suppress(KeyError, TimeoutError):  # Dask may stumble over a killed worker; a second try would hang
        cluster.close(timeout=60)
    cluster.shutdown_on_close = False  # so that this process does not try again at its end


@pytest.fixture(scope="session")
def cluster_of_processes():
    """The function `processes`."""
    return processes


@pytest.fixture(scope="session")
def dask_cluster():
    """The cluster that most tests share."""
    with processes(dashboard_address=":0", memory_limit="1GiB") as cluster:
        yield cluster


@pytest.fixture
def dask_client(dask_cluster):
    """A client of that cluster, which has two workers again after the test."""
    import distributed

    with distributed.Client(dask_cluster, set_as_default=False) as client, client.as_current():
        yield client
        dask_cluster.scale(2)
        client.wait_for_workers(2, timeout=60)
