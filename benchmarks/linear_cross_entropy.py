"""`python -m benchmarks.linear_cross_entropy`: time and memory of the loss and gradients of a linear softmax head.

Every contestant computes the mean cross entropy of the same float32 samples and weights, and its gradients by both, in
a process of its own that runs with the same number of threads. Contestants take turns; times are medians over all runs.
Memory is the peak resident set during the runs over that before them, which holds the inputs: results count, and so
does every buffer. CPU time is that of all threads: on a machine that others use, it is the steadier of the two, with
`--threads 1`. Losses and a sample of the gradients' entries must agree before anything is printed. "bare products" are
the three matrix products on all rows at once: the limit. A table stands at the end, `--json FILE` keeps the figures.

Where OPENBLAS_CORETYPE names an older processor than the machine's, NumPy's products are slower than they need be.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import blas_kernels

ROWS, FEATURES, CLASSES = 2048, 512, 50_000

Outcome = tuple[float, Any, Any]


def problem(rows: int, features: int, classes: int) -> tuple[Any, Any, Any]:
    """Samples, weights whose logits have a spread of about 1, and labels."""
    stream = np.random.default_rng(0)
    X = stream.standard_normal((rows, features), dtype=np.float32)
    W = stream.standard_normal((classes, features), dtype=np.float32) / np.float32(features**0.5)
    return X, W, stream.integers(0, classes, rows)


def on_numpy(X: Any, W: Any, labels: Any, **options: Any) -> Outcome:
    from chainrule import LinearCrossEntropy

    loss, gradients = LinearCrossEntropy(X, W, labels, **options).value_and_gradients()
    return float(loss), gradients.X, gradients.W


def on_pytorch(loss_of: Callable[..., Any]) -> Callable[..., Outcome]:
    def run(X: Any, W: Any, labels: Any) -> Outcome:
        import torch

        x, w = torch.from_numpy(X).requires_grad_(), torch.from_numpy(W).requires_grad_()
        loss = loss_of(x, w, torch.from_numpy(labels))
        loss.backward()
        return float(loss.detach()), x.grad.numpy(), w.grad.numpy()

    return run


def ours_on_pytorch(x: Any, w: Any, y: Any) -> Any:
    from chainrule import linear_cross_entropy

    return linear_cross_entropy(x, w, y)


def pytorchs(**options: Any) -> Callable[..., Any]:
    def loss_of(x: Any, w: Any, y: Any) -> Any:
        import torch

        return torch.nn.functional.linear_cross_entropy(
            x, w, y, options=torch.nn.LinearCrossEntropyOptions(**options) if options else None
        )

    return loss_of


def unfused(x: Any, w: Any, y: Any) -> Any:
    import torch

    return torch.nn.functional.cross_entropy(torch.nn.functional.linear(x, w), y)


def bare_on_numpy(X: Any, W: Any, labels: Any) -> Outcome:
    logits = X @ W.T
    return float("nan"), logits @ W, logits.T @ X


def bare_on_pytorch(X: Any, W: Any, labels: Any) -> Outcome:
    import torch

    return bare_on_numpy(torch.from_numpy(X), torch.from_numpy(W), labels)


CONTESTANTS: dict[str, Callable[..., Outcome]] = {
    "chainrule, NumPy, 64 MiB": on_numpy,
    "chainrule, NumPy, 16 MiB": lambda *given: on_numpy(*given, memory=16 << 20),
    "chainrule, PyTorch, 64 MiB": on_pytorch(ours_on_pytorch),
    "PyTorch, chunked, its choice": on_pytorch(pytorchs(chunking_method="auto")),
    "PyTorch, chunked, 256 rows": on_pytorch(pytorchs(batch_chunk_size=256)),
    "PyTorch, options=None": on_pytorch(pytorchs()),
    "PyTorch, linear, cross_entropy": on_pytorch(unfused),
    "bare products, NumPy": bare_on_numpy,
    "bare products, PyTorch": bare_on_pytorch,
}


def resident(field: str) -> int:
    """VmRSS or VmHWM of this process, in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return 1024 * int(line.split()[1])
    raise OSError(f"/proc/self/status has no {field}; this benchmark needs Linux")


def child(name: str, shape: tuple[int, int, int], runs: int, threads: int, sample: str) -> None:
    """Run one contestant: print times and memory, save the loss and some entries of the gradients."""
    run = CONTESTANTS[name]
    if "PyTorch" in name:
        import torch

        torch.set_num_threads(threads)
        if torch.get_num_threads() != threads:
            raise RuntimeError(f"asked PyTorch for {threads} threads, got {torch.get_num_threads()}")
    run(*problem(8, 8, 8))  # loads what is loaded lazily
    given = problem(*shape)
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts anew
    seconds, cpu = [], []
    for number in range(runs):
        start, start_cpu = time.perf_counter(), time.process_time()
        loss, by_samples, by_weights = run(*given)
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
        if number == 0:
            peak = resident("VmHWM") - before
            entries = [np.asarray(g).reshape(-1)[::997].copy() for g in (by_samples, by_weights)]
        del by_samples, by_weights
    np.savez(sample, loss=loss, by_samples=entries[0], by_weights=entries[1])
    print(json.dumps({"seconds": seconds, "cpu": cpu, "bytes": peak}))


def agree(name: str, ours: Any, theirs: Any) -> None:
    """Raise RuntimeError unless the results of two contestants agree up to float32 rounding."""
    if "bare" in name:
        return
    if abs(float(ours["loss"]) - float(theirs["loss"])) > 1e-5 * abs(float(ours["loss"])):
        raise RuntimeError(f"{name}: loss {float(theirs['loss'])!r}, expected {float(ours['loss'])!r}")
    for field in ("by_samples", "by_weights"):
        # Sums of 50 000 terms in float32, in different orders.
        off = np.abs(ours[field] - theirs[field]).max() / np.abs(ours[field]).max()
        if not off < 1e-4:
            raise RuntimeError(f"{name}: {field} differ by {off:.2g} of their largest entry")


def measure(names: list[str], shape: tuple[int, int, int], rounds: int, runs: int, threads: int) -> dict[str, Any]:
    figures: dict[str, Any] = {name: {"seconds": [], "cpu": [], "bytes": []} for name in names}
    samples: dict[str, Any] = {}
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for name in list(figures):
                file = str(Path(folder) / "sample.npz")
                command = [sys.executable, "-m", "benchmarks.linear_cross_entropy", "--child", name, "--sample", file]
                command += ["--shape", *map(str, shape), "--runs", str(runs), "--threads", str(threads)]
                result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
                if result.returncode:
                    reason = (result.stderr.strip() or "no message").splitlines()[-1]
                    print(f"{name}: left out ({reason})", file=sys.stderr)
                    del figures[name]
                    continue
                found = json.loads(result.stdout)
                figures[name]["seconds"] += found["seconds"]
                figures[name]["cpu"] += found["cpu"]
                figures[name]["bytes"].append(found["bytes"])
                with np.load(file) as entries:
                    samples[name] = {key: entries[key] for key in entries}
                agree(name, samples[next(iter(samples))], samples[name])
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3, help="runs of a contestant in each round")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--shape", type=int, nargs=3, default=(ROWS, FEATURES, CLASSES), help="rows features classes")
    parser.add_argument("--skip", nargs="*", default=[], help="contestants to leave out")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--sample", help=argparse.SUPPRESS)
    options = parser.parse_args()
    shape = (options.shape[0], options.shape[1], options.shape[2])
    if options.child:
        child(options.child, shape, options.runs, options.threads, options.sample)
        return
    kernels = blas_kernels()
    print(f"{' x '.join(map(str, shape))} float32, {options.threads} threads each, OpenBLAS for {', '.join(kernels)}")
    names = [name for name in CONTESTANTS if name not in options.skip]
    figures = measure(names, shape, options.rounds, options.runs, options.threads)
    bare = [name for name in figures if "bare" in name]
    medians = {key: {n: statistics.median(f[key]) for n, f in figures.items()} for key in ("seconds", "cpu")}
    limits = {key: min((of[name] for name in bare), default=float("nan")) for key, of in medians.items()}
    print(f"medians of {options.rounds} x {options.runs} runs; losses and gradients agree; x: times the bare products")
    print(f"  {'':<32}{'time':>10}{'fastest to slowest':>20}{'x':>8}{'CPU time':>12}{'x':>8}{'memory':>12}")
    for name, found in figures.items():
        seconds, cpu = medians["seconds"][name], medians["cpu"][name]
        spread = f"{min(found['seconds']):.2f} to {max(found['seconds']):.2f}"
        times = f"{seconds:8.2f} s{spread:>20}{seconds / limits['seconds']:8.2f}"
        cpu_times = f"{cpu:10.2f} s{cpu / limits['cpu']:8.2f}"
        print(f"  {name:<32}{times}{cpu_times}{max(found['bytes']) / 2**20:8.0f} MiB")
    if options.json:
        report = {"shape": shape, "threads": options.threads, "openblas": kernels, "figures": figures}
        options.json.write_text(json.dumps(report, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
