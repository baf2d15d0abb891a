"""`python -m benchmarks.scale`: fits of samples in memory, in files and on a cluster, at the sizes that people ask for.

All samples are synthetic, of the shapes of known data sets. Each measurement runs in a fresh process; what it needs is
written to a folder once. Rows are measured in turns, and the least of the repetitions counts. `--share` makes the data
sets smaller; a full fit is then extrapolated, and the table says so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import dask_passes
from benchmarks.machine import blas_kernels

ROWS_AT_ONCE = 1 << 18
HERE = Path(__file__).resolve().parent.parent


# The data.


def written(folder: Path, name: str, shape: tuple[int, int], classes: int, dtype: Any) -> tuple[Path, Path]:
    """The files of features and labels, which are made if they are not there: correlated features, noisy labels."""
    features, labels = folder / f"{name}.npy", folder / f"{name}-labels.npy"
    if labels.exists():
        return features, labels
    n, d = shape
    stream = np.random.default_rng(0)
    mix = stream.standard_normal((d, d), dtype=np.float32) / np.float32(3 * d**0.5) + np.eye(d, dtype=np.float32)
    weights = stream.standard_normal((d, classes), dtype=np.float32) * np.float32(2 / d**0.5)
    out, y = np.lib.format.open_memmap(features, "w+", np.dtype(dtype), shape), np.empty(n, np.int32)
    for start in range(0, n, ROWS_AT_ONCE):
        rows = slice(start, min(start + ROWS_AT_ONCE, n))
        x = stream.standard_normal((rows.stop - start, d), dtype=np.float32) @ mix
        # Gumbel's noise draws labels from a softmax.
        y[rows] = (x @ weights - np.log(-np.log(stream.random((len(x), classes))))).argmax(axis=1)
        out[rows] = np.clip(40 * x + 128, 0, 255) if out.dtype == np.uint8 else x
    out.flush()
    np.save(labels, y)
    return features, labels


def written_sparse(folder: Path, n: int, d: int, classes: int) -> tuple[Path, Path]:
    """CSR in files of SciPy and of `Blocks`: about 80 words a row, frequent ones first."""
    import scipy.sparse as sp

    whole, parts = folder / "words.npz", folder / "words.csr"
    if parts.exists():
        return whole, parts
    stream = np.random.default_rng(0)
    columns = np.minimum((d ** stream.random((n, 80))).astype(np.int32), d - 1)
    x = sp.csr_matrix((np.ones(columns.size, np.float32), columns.ravel(), np.arange(0, columns.size + 1, 80)), (n, d))
    x.sum_duplicates()
    x.data = np.log1p(x.data)
    weights = stream.standard_normal((d, classes), dtype=np.float32) / 2
    y = (x @ weights - np.log(-np.log(stream.random((n, classes))))).argmax(axis=1)
    arrays = {"data": x.data, "indices": x.indices, "indptr": x.indptr, "shape": np.array(x.shape), "labels": y}
    np.savez(whole, **arrays)
    parts.mkdir()
    for name, array in arrays.items():
        np.save(parts / f"{name}.npy", array)
    return whole, parts


# Measuring.


@contextmanager
def memory() -> Iterator[dict[str, float]]:
    """The largest RssAnon + RssShmem in the context, in MB."""
    found, ended = {"MB": 0.0}, threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
            kilobytes = [int(line.split()[1]) for line in lines if line.startswith(("RssAnon", "RssShmem"))]
            found["MB"] = max(found["MB"], sum(kilobytes) / 1024)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def dropped(*paths: Path) -> None:
    """Drop the pages of files from the system's cache."""
    os.sync()
    for path in paths:
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def fitted(make: Callable[[], tuple[Any, Any]], **parameters: Any) -> dict[str, Any]:
    """Seconds, memory and objective of a fit."""
    from chainrule import SoftmaxRegression

    X, y = make()
    with memory() as used:
        began = time.perf_counter()
        model = SoftmaxRegression(**parameters).fit(X, y)
        seconds = time.perf_counter() - began
    return {
        "s": seconds,
        "MB": used["MB"],
        "objective": model.objective_,
        "steps": int(model.n_iter_[0]),
        "converged": bool(model.converged_),
        "crc": zlib.crc32(model.coef_.tobytes()),
    }


def passed(make: Callable[[], tuple[Any, Any]], classes: int, count: int) -> dict[str, Any]:
    """Seconds and memory of a pass: F and its gradient at one point."""
    from chainrule.kernels.blas import single_threaded_products
    from chainrule.rules import binary_cross_entropy, softmax_cross_entropy
    from chainrule.solvers.convex.evaluation import Evaluator
    from chainrule.solvers.convex.problem import Problem
    from chainrule.storage import StoredRows, is_source

    X, y = make()
    X = StoredRows(X, X.dtype, checked=True) if is_source(X) else X
    k, loss = (1, binary_cross_entropy) if classes == 2 else (classes, softmax_cross_entropy)
    targets = y.astype(X.dtype)[:, None] if k == 1 else y
    problem = Problem(X, targets, k, loss, l2=1e-6).with_threads()
    theta, times = np.zeros(problem.shape), []
    with memory() as used, single_threaded_products():
        evaluator = Evaluator(problem)
        for _ in range(count):
            began = time.perf_counter()
            evaluator.at(theta)
            times.append(time.perf_counter() - began)
    return {"s": min(times), "first": times[0], "MB": used["MB"], "rows": problem.n_samples}


def products(n: int, d: int, k: int) -> dict[str, Any]:
    """Seconds of the two products of a pass alone, in float32, by BLAS with its threads, from rows in the cache."""
    x, w = np.ones((4096, d), np.float32), np.ones((d, k), np.float32)
    r = x @ w
    times = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(max(1, n // 4096 // 8)):
            np.matmul(x, w, out=r)
            x.T @ r
        times.append((time.perf_counter() - began) * n / (4096 * max(1, n // 4096 // 8)))
    return {"s": min(times)}


def read(path: Path) -> dict[str, Any]:
    """Seconds to read a file from the disk, after its pages were dropped."""
    dropped(path)
    buffer, began = bytearray(1 << 24), time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
    return {"s": time.perf_counter() - began}


def peer(make: Callable[[], tuple[Any, Any]], **parameters: Any) -> dict[str, Any]:
    """Seconds of scikit-learn's fit, and its mean objective."""
    from sklearn.linear_model import LogisticRegression

    X, y = make()
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(**parameters).fit(X, y)
    seconds = time.perf_counter() - began
    z = (X @ model.coef_.T.astype(np.float64) + model.intercept_)[:, 0]
    loss = float(np.mean(np.logaddexp(0, z) - y * z)) + float(np.square(model.coef_).sum()) / 2 / len(y)
    return {"s": seconds, "objective": loss, "steps": int(model.n_iter_[0])}


# The measurements, by name: each is a function of the folder and of the share of all rows.


def _loaded(paths: tuple[Path, Path]) -> tuple[Any, Any]:
    X = np.load(paths[0])
    return (X if X.dtype == np.float32 else X.astype(np.float32)), np.load(paths[1])


def _blocks(paths: tuple[Path, Path], *, cold: bool = False) -> tuple[Any, Any]:
    from chainrule import Blocks

    if cold:
        dropped(*paths)
    return Blocks(str(paths[0])), np.load(paths[1])


SHAPES: dict[str, tuple[int, int, int, Any]] = {
    "higgs": (11_000_000, 28, 2, np.float32),
    "probe": (1_280_000, 2048, 1000, np.float16),
    "mnist8m": (8_100_000, 784, 10, np.uint8),
}
"""Rows, features, classes and dtype in files."""


def tasks(folder: Path, share: float) -> dict[str, Callable[[], dict[str, Any]]]:
    """All measurements."""
    shares = {"higgs": min(1.0, 10 * share), "probe": share / 4, "mnist8m": share}

    def files(name: str) -> tuple[Path, Path]:
        n, d, k, dtype = SHAPES[name]
        return written(folder, name, (int(n * shares[name]), d), k, dtype)

    found: dict[str, Callable[[], dict[str, Any]]] = {}
    for name, (n, d, k, _) in SHAPES.items():
        rows = int(n * shares[name])
        found |= {
            f"{name}: pass in memory": lambda name=name, k=k: passed(lambda: _loaded(files(name)), k, 3),
            f"{name}: pass, cold": lambda name=name, k=k: passed(lambda: _blocks(files(name), cold=True), k, 1),
            f"{name}: pass, warm": lambda name=name, k=k: passed(lambda: _blocks(files(name)), k, 3),
            f"{name}: products alone": lambda rows=rows, d=d, k=k: products(rows, d, 1 if k == 2 else k),
            f"{name}: reading alone": lambda name=name: read(files(name)[0]),
        }
    higgs = {"tol": 1e-6}
    probe = {"C": 0.01}  # with few rows and C = 1 the classes are separated, which says little of fits to many rows
    found |= {
        "higgs: fit in memory": lambda: fitted(lambda: _loaded(files("higgs")), **higgs),
        "higgs: fit, cold": lambda: fitted(lambda: _blocks(files("higgs"), cold=True), **higgs),
        "higgs: fit, warm": lambda: fitted(lambda: _blocks(files("higgs")), **higgs),
        "higgs: scikit-learn": lambda: peer(lambda: _loaded(files("higgs")), tol=1e-6, max_iter=1000),
        "probe: fit in memory": lambda: fitted(lambda: _loaded(files("probe")), **probe),
        "probe: fit, cold": lambda: fitted(lambda: _blocks(files("probe"), cold=True), **probe),
        "mnist8m: fit, cold": lambda: fitted(lambda: _blocks(files("mnist8m"), cold=True)),
        "words: fit in memory": lambda: fitted(lambda: _words(folder, share)[0]),
        "words: fit, warm": lambda: fitted(lambda: _words(folder, share)[1]),
        "words: fit, cold": lambda: fitted(lambda: _words(folder, share, cold=True)[1]),
        **{
            f"dask: {name}": lambda name=name: _on_dask(folder, name, partial(dask_passes.beside_memory, rounds=3))
            for name in dask_passes.SHAPES
        },
        "dask: a pass": lambda: _on_dask(folder, "100 000 x 512, 100 classes", dask_passes.sent_and_back),
        "dask: a chunk's tasks alone": dask_passes.tasks_alone,
        "dask: command, local": lambda: dask_passes.command(folder),
        "dask: command, two workers": lambda: dask_passes.command(folder, "--engine", "dask", "--workers", "2"),
        "mlp: a step of one process": lambda: _network(1),
        "mlp: a step of two processes": lambda: _network(2),
    }
    return found


def _words(folder: Path, share: float, *, cold: bool = False) -> tuple[Any, Any]:
    import scipy.sparse as sp

    from chainrule import Blocks

    whole, parts = written_sparse(folder, int(2_000_000 * share), 53_000, 20)
    if cold:
        dropped(*parts.iterdir())
    arrays = np.load(whole)
    x = sp.csr_matrix((arrays["data"], arrays["indices"], arrays["indptr"]), arrays["shape"])
    return (x, arrays["labels"]), (Blocks(str(parts)), arrays["labels"])


def _on_dask(folder: Path, name: str, measure: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    from chainrule import SoftmaxRegression

    n, d, classes = dask_passes.SHAPES[name]
    file = "dask" if n == 100_000 else f"dask-{n}-{d}-{classes}"
    return measure(*_loaded(written(folder, file, (n, d), classes, np.float32)), make=SoftmaxRegression)


def _network(processes: int) -> dict[str, Any]:
    """Seconds per step of an MLP 784-256-128-10 in float32 with batches of 256, on these processes."""
    cores = os.cpu_count() or 1
    launcher = (
        ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes), "-m"] if processes > 1 else []
    )
    command = [sys.executable, "-m", *launcher, "benchmarks.scale", "--task", "rank", "--folder", "."]
    threads = {
        **os.environ,
        "OMP_NUM_THREADS": str(cores // processes),
        "OPENBLAS_NUM_THREADS": str(cores // processes),
    }
    run = subprocess.run(command, cwd=HERE, capture_output=True, text=True, env=threads, check=True)
    found: dict[str, Any] = json.loads(run.stdout.strip().splitlines()[-1])
    return found


def _rank() -> dict[str, Any]:
    """The measurement of one process of `_network`."""
    from chainrule import MLPClassifier

    if "RANK" in os.environ:
        import torch

        torch.distributed.init_process_group("gloo")
    stream = np.random.default_rng(0)
    x, y = stream.standard_normal((20_480, 784), dtype=np.float32), stream.integers(0, 10, 20_480)
    times: list[float] = []
    options = {"max_iter": 6, "tol": 0.0, "n_iter_no_change": 100, "random_state": 0, "batch_size": 256}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        MLPClassifier((256, 128), callbacks=[lambda epoch: times.append(time.perf_counter()) and None], **options).fit(
            x, y
        )
    return {"s": float(np.min(np.diff(times), initial=np.inf)) / 80}  # rank 0 alone is told


def main(arguments: list[str] | None = None) -> int:
    """Run the measurements and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", help="Measure what begins with one of these words, such as 'higgs'.")
    parser.add_argument("--folder", type=Path, help="Where the data sets are written and kept; a temporary folder.")
    parser.add_argument("--share", type=float, default=0.1, help="Share of the rows of mnist8m; ten times it for higgs")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--json", type=Path, help="Write all figures to this file.")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.task == "rank":
        found = _rank()
        if os.environ.get("RANK", "0") == "0":
            print(json.dumps(found))
        return 0
    if given.task:
        print(json.dumps(tasks(given.folder, given.share)[given.task]()))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        names = [name for name in tasks(folder, given.share) if name.startswith(tuple(given.only) or "")]
        print(f"synthetic data; BLAS {', '.join(blas_kernels())}, {os.cpu_count()} cores")
        best: dict[str, dict[str, Any]] = {}
        for _ in range(given.repeat):
            for name in names:
                command = [sys.executable, "-m", "benchmarks.scale", "--task", name, "--folder", str(folder)]
                run = subprocess.run([*command, "--share", str(given.share)], cwd=HERE, capture_output=True, text=True)
                if run.returncode:
                    print(f"{name}: {run.stderr.strip().splitlines()[-1]}", file=sys.stderr)
                    continue
                found = json.loads(run.stdout.splitlines()[-1])
                if name not in best or found["s"] < best[name]["s"]:
                    best[name] = found
                figures = "  ".join(f"{key} {value:.6g}" for key, value in found.items() if key != "s")
                print(f"{name:28s} {found['s']:9.3f} s  {figures}", flush=True)
    if given.json:
        given.json.write_text(json.dumps(best, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
