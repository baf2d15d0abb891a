"""`python -m benchmarks.softmax_gpu`: a softmax regression on a GPU, beside its bare products and PyTorch's L-BFGS.

The samples are products of factors of falling size, with noise, in float32; a label is the class of the largest logit
of a random linear model with Gumbel noise. They lie in main memory, so that the fit's time includes the way to the GPU.
PyTorch's L-BFGS (`torch.optim.LBFGS`, strong Wolfe line search, 10 pairs) minimises the same objective on samples that
lie on the GPU already, as autograd over parts of the rows, until it is within a relative 1e-5 of chainrule's or has had
its time. For both it is told when the objective came within 1e-2 to 1e-5 of the least that any reached.
"bare products" are x W and x^T R for all rows in one call each: what one evaluation cannot do without.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

from chainrule import SoftmaxRegression
from chainrule.solvers.convex import device_engine
from chainrule.solvers.convex.device_passes import PASSES
from chainrule.solvers.convex.evaluation import Evaluator

REACHED = (1e-2, 1e-3, 1e-4, 1e-5)
"""Relative distances from the least objective of all, to which times are told."""
Trace = list[tuple[float, float]]
"""Seconds since the beginning, and objectives."""
KINDS: dict[str, dict[str, Any]] = {
    "bfloat16 first": {"mixed_precision": True},
    "float32": {},
    "without the device": {"device": None},
}


def problem(rows: int, features: int, classes: int, device: str) -> tuple[Any, Any]:
    """Samples on the device, and labels."""
    stream = torch.Generator(device).manual_seed(0)

    def normal(*shape: int) -> Any:
        return torch.randn(shape, generator=stream, device=device)

    factors = features // 8
    mixing = normal(factors, features) * torch.arange(1, factors + 1, device=device)[:, None] ** -0.5
    weights = normal(features, classes) * 2 / features**0.5
    x = torch.empty((rows, features), device=device)
    labels = torch.empty(rows, dtype=torch.int64, device=device)
    for start in range(0, rows, 65536):
        part = x[start : start + 65536]
        part[...] = normal(len(part), factors) @ mixing + 0.5 * normal(len(part), features)
        noise = -torch.log(-torch.log(torch.rand(len(part), classes, generator=stream, device=device)))
        labels[start : start + 65536] = (part @ weights + noise).argmax(1)
    return x, labels


def seconds_of(function: Callable[[], Any], device: str, repeats: int = 3) -> float:
    """The least of some times, after one call that does not count."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        function()
        if device != "cpu":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return min(times[1:])


def bare(x: Any, classes: int, device: str) -> dict[str, float]:
    """Seconds of both products in float32, TF32 and bfloat16."""
    found = {}
    weights, rows = torch.randn(x.shape[1], classes, device=device), torch.randn(len(x), classes, device=device)
    for name, precision in ("float32", "highest"), ("TF32", "high"):
        torch.set_float32_matmul_precision(precision)
        found[name] = seconds_of(lambda: (torch.mm(x, weights, out=rows), x.T @ rows), device)
    torch.set_float32_matmul_precision("highest")
    narrow = x.to(torch.bfloat16)
    both = torch.mm(narrow, weights.to(torch.bfloat16))
    found["bfloat16"] = seconds_of(
        lambda: (torch.mm(narrow, weights.to(torch.bfloat16), out=both), narrow.T @ both), device
    )
    return found


def watched() -> dict[str, list[float]]:
    """The seconds of each pass of fits on a device, by kind, from now on."""
    times: dict[str, list[float]] = defaultdict(list)

    def around(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def passed(*arguments: Any) -> Any:
            start = time.perf_counter()
            result = function(*arguments)
            times[name].append(time.perf_counter() - start)
            return result

        return passed

    for function in PASSES:
        PASSES[function] = around(function.__name__, PASSES[function])
    curvature = device_engine.curvature

    def watched_curvature(*arguments: Any) -> Any:
        times_direction = curvature(*arguments)

        def synchronous(direction: Any) -> Any:
            result = times_direction(direction)
            if result.is_cuda:
                torch.cuda.synchronize()
            return result

        return around("curved", synchronous)

    device_engine.curvature = watched_curvature
    return times


@contextmanager
def traced(trace: Trace) -> Iterator[None]:
    """Add the objective of every evaluation to the trace."""
    start = time.perf_counter()

    def around(function: Callable[..., Any]) -> Callable[..., Any]:
        def evaluated(evaluator: Evaluator, *arguments: Any) -> Any:
            found = function(evaluator, *arguments)
            if evaluator.problem.device_engine is not None:  # not a sample of the rows
                trace.append((time.perf_counter() - start, float(found.value)))
            return found

        return evaluated

    with (
        patch.object(Evaluator, "at", around(Evaluator.at)),
        patch.object(Evaluator, "towards", around(Evaluator.towards)),
    ):
        yield


def reached(trace: Trace, least: float) -> str:
    """When the objective came within each of the distances from the least."""
    told = []
    for distance in REACHED:
        when = next((seconds for seconds, value in trace if value <= least * (1 + distance)), None)
        told.append(f"{distance:g}: {'never' if when is None else f'{when:.1f} s'}")
    return ", ".join(told)


def torch_lbfgs(x: Any, labels: Any, classes: int, C: float, goal: float, limit: float) -> Trace:
    """Seconds and objectives of all evaluations, in float32 on the device."""
    rows, device = len(x), x.device
    weights = torch.zeros((x.shape[1], classes), device=device, requires_grad=True)
    offsets = torch.zeros(classes, device=device, requires_grad=True)
    trace: Trace = []
    start = time.perf_counter()
    solver = torch.optim.LBFGS(
        [weights, offsets],
        max_iter=10_000,
        max_eval=10_000,
        history_size=10,
        line_search_fn="strong_wolfe",
        tolerance_grad=0,
        tolerance_change=0,
    )

    class ReachedError(Exception):
        pass

    def closure() -> Any:
        solver.zero_grad()
        total = torch.zeros((), dtype=torch.float64, device=device)
        for first in range(0, rows, 65536):
            logits = x[first : first + 65536] @ weights + offsets
            loss = torch.nn.functional.cross_entropy(logits, labels[first : first + 65536], reduction="sum") / rows
            loss.backward()
            total += loss.detach()
        penalty = 0.5 / (C * rows) * weights.square().sum()
        penalty.backward()
        total += penalty.detach()
        trace.append((time.perf_counter() - start, float(total)))
        if trace[-1][1] <= goal * (1 + REACHED[-1]) or trace[-1][0] > limit:
            raise ReachedError
        return total.to(torch.float32)

    with suppress(ReachedError):
        solver.step(closure)
    return trace


def fit(model: SoftmaxRegression, X: Any, y: Any, *, profiled: bool) -> float:
    """Seconds of a fit, which may print its profile."""
    with warnings.catch_warnings(), cProfile.Profile() if profiled else nullcontext() as profile:
        warnings.simplefilter("default")
        start = time.perf_counter()
        model.fit(X, y)
        seconds = time.perf_counter() - start
    if profile is not None:
        pstats.Stats(profile).sort_stats("tottime").print_stats(18)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_280_000)
    parser.add_argument("--features", type=int, default=2048)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--C", type=float, default=0.1)
    parser.add_argument("--tol", type=float, default=1e-4)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--limit", type=float, default=60, help="seconds for PyTorch's L-BFGS")
    parser.add_argument("--fits", nargs="+", choices=KINDS, default=["bfloat16 first", "float32"])
    parser.add_argument("--certify", action="store_true", help="fit with a certificate")
    parser.add_argument("--profile", action="store_true", help="print the profile of the first fit")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args()
    name = "the processor" if options.device == "cpu" else torch.cuda.get_device_name()
    shape = options.rows, options.features, options.classes
    print(f"{' x '.join(map(str, shape))} float32 on {name}, C = {options.C:g}, tol = {options.tol:g}", flush=True)
    x, labels = problem(*shape, options.device)
    figures: dict[str, Any] = {"shape": shape, "device": name, "C": options.C, "tol": options.tol, "fits": {}}
    figures["bare"] = bare(x, options.classes, options.device)
    for precision, seconds in figures["bare"].items():
        rate = 4 * np.prod(shape, dtype=float) / seconds / 1e12
        print(f"  bare products, {precision:<10}{seconds * 1e3:9.1f} ms{rate:9.1f} TFLOP/s", flush=True)
    if options.device != "cpu":
        torch.cuda.empty_cache()
    X, y = x.cpu().numpy(), labels.cpu().numpy()
    passes = watched()
    traces: dict[str, Trace] = {}
    common = {
        "C": options.C,
        "tol": options.tol,
        "max_iter": 1000,
        "certify": options.certify,
        "device": options.device,
    }
    for kind in options.fits:
        passes.clear()
        model = SoftmaxRegression(**(common | KINDS[kind]))
        with traced(traces.setdefault(kind, [])):
            seconds = fit(model, X, y, profiled=options.profile)
        ended = "converged" if model.converged_ else "NOT converged"
        figures["fits"][kind] = {
            "seconds": seconds,
            "objective": model.objective_,
            "converged": bool(model.converged_),
            "steps": int(model.n_iter_[0]),
            "passes": {name: [len(times), sum(times)] for name, times in passes.items()},
        }
        print(f"  {kind:<20}{seconds:8.2f} s, {model.n_iter_[0]} steps, objective {model.objective_:.8f}, {ended}")
        told = (f"{len(times)} {name}: {sum(times):.2f} s" for name, times in passes.items())
        print(f"    {', '.join(told)}", flush=True)
    goal = min(fit["objective"] for fit in figures["fits"].values())
    traces["torch.optim.LBFGS"] = trace = torch_lbfgs(x, labels, options.classes, options.C, goal, options.limit)
    seconds, objective = trace[-1][0], min(value for _, value in trace)
    figures["torch.optim.LBFGS"] = {"seconds": seconds, "objective": objective, "evaluations": len(trace)}
    print(f"  torch.optim.LBFGS   {seconds:8.2f} s, {len(trace)} evaluations, objective {objective:.8f}")
    figures["traces"] = traces
    least = min(value for trace in traces.values() for _, value in trace)
    for name, trace in traces.items():
        print(f"  {name:<20}within {reached(trace, least)}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
