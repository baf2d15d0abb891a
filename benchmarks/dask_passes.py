"""Fits on a Dask cluster of this machine beside fits in memory, in turns: part of `python -m benchmarks.scale`."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

SHAPES: dict[str, tuple[int, int, int]] = {
    "100 000 x 512, 100 classes": (100_000, 512, 100),
    "400 000 x 512, 100 classes": (400_000, 512, 100),
    "400 000 x 784, 10 classes": (400_000, 784, 10),
}
"""Rows, features and classes."""


def in_turns(fits: Sequence[Callable[[], Any]]) -> list[dict[str, Any]]:
    """Two fits: one takes a pass, and its steps to the next one, while the other waits. So both meet the same machine.

    Returns
    -------
    list of dict
        For each fit its result, its seconds, those of its passes and those before the first one, and the passes.
    """
    from chainrule.engines.dask_engine import DaskEngine
    from chainrule.engines.local import LocalEngine

    turns, one_has_ended = (threading.Semaphore(1), threading.Semaphore(0)), threading.Event()
    told = [{"s": 0.0, "passes s": 0.0, "before s": 0.0, "passes": 0} for _ in fits]
    numbers: dict[int, int] = {}
    began = [0.0, 0.0]

    def wrapped(take: Callable[..., Any]) -> Callable[..., Any]:
        def map_reduce(engine: Any, *call: Any) -> Any:
            me = numbers[threading.get_ident()]
            own = told[me]
            own["s"] += time.perf_counter() - began[me]
            if not own["passes"]:
                own["before s"] = own["s"]
            if not one_has_ended.is_set():
                turns[1 - me].release()
                turns[me].acquire()
            began[me] = time.perf_counter()
            found = take(engine, *call)
            own["passes s"] += time.perf_counter() - began[me]
            own["passes"] += 1
            return found

        return map_reduce

    def run(me: int) -> None:
        numbers[threading.get_ident()] = me
        turns[me].acquire()
        began[me] = time.perf_counter()
        try:
            told[me]["result"] = fits[me]()
        finally:
            told[me]["s"] += time.perf_counter() - began[me]
            one_has_ended.set()
            turns[1 - me].release()

    takes = LocalEngine.map_reduce, DaskEngine.map_reduce
    LocalEngine.map_reduce, DaskEngine.map_reduce = map(wrapped, takes)  # type: ignore[method-assign, assignment]
    try:
        threads = [threading.Thread(target=run, args=(me,)) for me in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        LocalEngine.map_reduce, DaskEngine.map_reduce = takes  # type: ignore[method-assign]
    return told


def beside_memory(x: Any, y: Any, rounds: int, make: Callable[[], Any]) -> dict[str, Any]:
    """Fits to Dask arrays on two workers of one thread, and with two threads in this process: medians of rounds.

    Each round is one fit of each, in turns. The seconds of the first fit, while workers import, are told beside them.
    """
    import dask.array as da
    from distributed import Client, LocalCluster

    began = time.perf_counter()
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        started = time.perf_counter() - began
        rows = len(x) // 8
        there = (da.from_array(x, chunks=(rows, x.shape[1])).persist(), da.from_array(y, chunks=rows).persist())
        began = time.perf_counter()
        make().fit(*there)
        first = time.perf_counter() - began
        found = [in_turns([lambda: make().fit(x, y), lambda: make().fit(*there)]) for _ in range(rounds)]
    ends = {zlib.crc32(told["result"].coef_.tobytes()) for both in found for told in both}
    if len(ends) > 1:
        raise AssertionError("fits in memory and on Dask differ")
    figures: dict[str, Any] = {}
    for key in ("s", "passes s", "before s"):
        here, away = (np.array([both[me][key] for both in found]) for me in (0, 1))
        figures |= {key: float(np.median(away)), f"{key} in memory": float(np.median(here))}
        figures[f"{key} ratio"] = float(np.median(away / here))
    return {**figures, "passes": found[0][1]["passes"], "first fit s": first, "cluster s": started}


def sent_and_back(x: Any, y: Any, make: Callable[[], Any]) -> dict[str, Any]:
    """Tasks of a pass, and bytes of its state and of what workers send back, for the pass with the largest state."""
    import dask.array as da
    from distributed import Client, LocalCluster

    from chainrule.engines import dask_engine

    told: list[tuple[int, int, int]] = []
    wait = dask_engine.all_results

    def all_results(client: Any, tasks: Any, *rest: Any) -> Any:
        found = wait(client, tasks, *rest)
        calls = [value for task in tasks for value in task.dask.values()]
        told.append((max(len(pickle.dumps(call)) for call in calls), len(pickle.dumps(found)), len(tasks)))
        return found

    dask_engine.all_results = all_results
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        rows = len(x) // 8
        make().fit(da.from_array(x, chunks=(rows, x.shape[1])), da.from_array(y, chunks=rows))
    sent, back, tasks = max(told)
    return {"s": 0.0, "sent": sent, "back": back, "tasks": tasks}


def tasks_alone() -> dict[str, Any]:
    """Seconds that Dask takes for a chunk: the slope of the time of a pass without work, over 16 and 528 chunks."""
    import dask.array as da
    from distributed import Client, LocalCluster

    from chainrule.engines import dask_engine
    from chainrule.estimators.samples_on_cluster import cluster_samples

    seconds = {}
    dask_engine.CHUNK_BYTES = 0  # a leaf is a chunk
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        for chunks in (16, 528):
            x = da.zeros((chunks * 1024, 2048), chunks=(1024, 2048), dtype=np.float32)
            y = da.from_array(np.arange(len(x)) % 1000, chunks=1024)
            engine = cluster_samples(x, y, None).rows(lambda y, w: (y, w), np.float32, 1000).engine()
            engine.map_reduce(_nothing, None)
            times = []
            for _ in range(5):
                began = time.perf_counter()
                engine.map_reduce(_nothing, None)
                times.append(time.perf_counter() - began)
            seconds[chunks] = min(times)
    return {"s": (seconds[528] - seconds[16]) / 512, "pass of 16": seconds[16], "pass of 528": seconds[528]}


def command(folder: Path, *options: str) -> dict[str, Any]:
    """Seconds of `chainrule train` on Parquet files of 100 000 x 512 numbers with 100 classes."""
    from benchmarks.scale import written

    files = folder / "parts"
    if not files.exists():
        import pyarrow as pa
        import pyarrow.parquet as pq

        features, labels = written(folder, "dask", SHAPES["100 000 x 512, 100 classes"][:2], 100, np.float32)
        x, y = np.load(features), np.load(labels)
        files.mkdir()
        for number, part in enumerate(np.array_split(np.arange(len(x)), 8)):
            vectors = pa.FixedSizeListArray.from_arrays(pa.array(x[part].ravel()), x.shape[1])
            pq.write_table(pa.table({"x": vectors, "y": pa.array(y[part])}), files / f"part-{number}.parquet")
    given = [str(files / "*.parquet"), "--target", "y", "--model", "softmax", "--C", "1", "--blocks", "--overwrite"]
    words = [sys.executable, "-m", "chainrule", "train", *given, "--out", str(folder / "run.chainrule"), *options]
    began = time.perf_counter()
    subprocess.run(words, check=True, capture_output=True)
    return {"s": time.perf_counter() - began}


def _nothing(leaf: Any, state: Any) -> float:
    return 0.0
