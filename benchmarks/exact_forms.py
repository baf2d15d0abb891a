"""`python -m benchmarks.exact_forms`: the cost of exact tails, compared with the usual formulas in one run.

The public forms of the softmax family against the usual ones, written in the same library with the same operations:

    softmax                 e = exp(x - max x), p = e / sum e                  p * (v - sum p v)
    log_softmax             b = x - max x, y = b - log(sum exp b)              v - exp(y) * sum v
    log_sum_exp             max x + log(sum e), and p                          v p
    softmax_cross_entropy   log-sum-exp - x[label]                             v (p - t)
                            t . (log-sum-exp - x)                              v (p sum t - t)

"forward" computes the value and what the pullback needs, "pullback" takes that from the forward: for the usual forms
p (for log-softmax y), held ready. Contestants take turns; figures are medians, and results are compared before
anything is timed. Logits are normal numbers times a scale.

Both forms make an array for every step. Where the exact forms take longer, their passes over the array say why. A sum
without the largest entry is a copy and a sum. The pullback of softmax takes two dot products, two differences and a sum
that shows an overflow, where the usual form takes a product, a sum, a difference and a product. For rows of targets the
pullback is that of log-softmax, with three passes more than the usual difference. The index of a row's largest logit is
found by NumPy on one thread, since PyTorch needs five times as long for it on two. Beside the passes, some twenty
operations on one number per row cost PyTorch 0.1 ms in all, whatever the classes.

Memory is kept by the allocator, for which the process starts itself anew where that is GNU's: given back to the system
after each call, its first touch would cost more than the arithmetic, and which form pays it is a matter of luck.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import rules
from chainrule.arrays import namespace, take_class, to_numpy

LIMIT = 1.3
"""Limit of the time of an exact form, as a multiple of the usual form."""


@dataclass(frozen=True)
class Pair:
    """The usual and the exact form of one operator, as functions without arguments."""

    rule: str
    form: str
    usual: Callable[[], Any]
    exact: Callable[[], Any]


def softmax_usual(x: Any) -> Any:
    xp = namespace(x)
    e = xp.exp(x - xp.amax(x, axis=-1, keepdims=True))
    return e / xp.sum(e, axis=-1, keepdims=True)


def log_softmax_usual(x: Any) -> Any:
    xp = namespace(x)
    below = x - xp.amax(x, axis=-1, keepdims=True)
    return below - xp.log(xp.sum(xp.exp(below), axis=-1, keepdims=True))


def log_sum_exp_usual(x: Any) -> Any:
    xp = namespace(x)
    maximum = xp.amax(x, axis=-1, keepdims=True)
    e = xp.exp(x - maximum)
    total = xp.sum(e, axis=-1, keepdims=True)
    return (maximum + xp.log(total))[..., 0], e / total


def on_labels_usual(x: Any, labels: Any) -> Any:
    xp = namespace(x)
    maximum = xp.amax(x, axis=-1, keepdims=True)
    e = xp.exp(x - maximum)
    total = xp.sum(e, axis=-1, keepdims=True)
    losses = maximum + xp.log(total) - take_class(x, labels)
    return losses[..., 0], e / total


def on_rows_usual(x: Any, targets: Any) -> Any:
    xp = namespace(x)
    below = x - xp.amax(x, axis=-1, keepdims=True)
    e = xp.exp(below)
    total = xp.sum(e, axis=-1, keepdims=True)
    weight = xp.sum(targets, axis=-1, keepdims=True)
    return xp.sum(targets * (xp.log(total) - below), axis=-1), e / (total / weight)


def pairs(x: Any, v: Any, labels: Any, targets: Any) -> Iterator[Pair]:
    """Forward and pullback of each operator at logits x, for cotangents v of the same shape."""
    xp, one = namespace(x), v[..., 0]
    probs, log_probs = softmax_usual(x), log_softmax_usual(x)
    hot = xp.where(labels[..., None] == xp.arange(x.shape[-1]), xp.ones_like(x), xp.zeros_like(x))

    def forms(name: str, *inputs: Any) -> tuple[Any, Any]:
        rule = rules.get(name)
        return lambda: rule.forward(x, *inputs), rule.pullbacks["logits"]

    forward, pullback = forms("softmax")
    kept = forward()[1]
    yield Pair("softmax", "forward", lambda: softmax_usual(x), lambda: forward()[0])
    yield Pair(
        "softmax",
        "pullback",
        lambda: probs * (v - xp.sum(probs * v, axis=-1, keepdims=True)),
        lambda kept=kept, pullback=pullback: pullback(kept, v),
    )
    log_forward, log_pullback = forms("log_softmax")
    log_kept = log_forward()[1]
    yield Pair("log_softmax", "forward", lambda: log_softmax_usual(x), lambda: log_forward()[0])
    yield Pair(
        "log_softmax",
        "pullback",
        lambda: v - xp.exp(log_probs) * xp.sum(v, axis=-1, keepdims=True),
        lambda: log_pullback(log_kept, v),
    )
    sum_forward, sum_pullback = forms("log_sum_exp")
    sum_kept = sum_forward()[1]
    yield Pair("log_sum_exp", "forward", lambda: log_sum_exp_usual(x)[0], lambda: sum_forward()[0])
    yield Pair("log_sum_exp", "pullback", lambda: one[..., None] * probs, lambda: sum_pullback(sum_kept, one))
    hard_forward, loss_pullback = forms("softmax_cross_entropy", labels)
    hard_kept = hard_forward()[1]
    name = "softmax_cross_entropy, labels"
    yield Pair(name, "forward", lambda: on_labels_usual(x, labels)[0], lambda: hard_forward()[0])
    yield Pair(name, "pullback", lambda: one[..., None] * (probs - hot), lambda: loss_pullback(hard_kept, one))
    soft_forward, _ = forms("softmax_cross_entropy", targets)
    soft_kept = soft_forward()[1]
    name = "softmax_cross_entropy, rows"
    yield Pair(name, "forward", lambda: on_rows_usual(x, targets)[0], lambda: soft_forward()[0])
    yield Pair(
        name,
        "pullback",
        lambda: one[..., None] * (probs - targets),
        lambda: loss_pullback(soft_kept, one),
    )


def agree(pair: Pair, eps: float) -> bool:
    """True if the results differ by at most a few ulp of the largest entry."""
    a, b = (to_numpy(f()).astype(np.float64) for f in (pair.usual, pair.exact))
    return bool(np.abs(a - b).max() <= 64 * eps * max(1.0, np.abs(b).max()))


def medians(pair: Pair, rounds: int) -> tuple[float, float]:
    """Seconds of the usual and of the exact form, measured in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 2):
        for which, function in enumerate((pair.usual, pair.exact)):
            start = time.perf_counter()
            function()
            if number >= 2:
                times[which].append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])


def arrays(library: str, dtype: str, scale: float, shape: tuple[int, int]) -> tuple[Any, ...]:
    stream = np.random.default_rng(0)
    x = (scale * stream.standard_normal(shape)).astype(dtype)
    v = stream.standard_normal(shape).astype(dtype)
    labels = stream.integers(0, shape[1], shape[0])
    targets = stream.dirichlet(np.ones(shape[1]), shape[0]).astype(dtype)
    if library == "numpy":
        return x, v, labels, targets
    import torch

    return tuple(torch.from_numpy(a) for a in (x, v, labels, targets))


def keep_memory() -> None:
    """Restart the process with settings that make the GNU allocator keep freed memory."""
    if platform.libc_ver()[0] == "glibc" and "EXACT_FORMS_KEEP_MEMORY" not in os.environ:
        thresholds = f"glibc.malloc.mmap_threshold={1 << 25}:glibc.malloc.trim_threshold={1 << 30}"
        tunables = ":".join(filter(None, [os.environ.get("GLIBC_TUNABLES"), thresholds]))
        kept = {"GLIBC_TUNABLES": tunables, "EXACT_FORMS_KEEP_MEMORY": "1"}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | kept)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--shape", type=int, nargs=2, default=(1000, 1000))
    parser.add_argument("--scales", type=float, nargs="*", default=(1.0, 10.0, 40.0, 200.0))
    parser.add_argument("--libraries", nargs="*", default=("numpy", "torch"))
    parser.add_argument("--threads", type=int, default=1, help="for PyTorch; NumPy takes one here")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args()
    if "torch" in options.libraries:
        import torch

        torch.set_num_threads(options.threads)
    print(f"{options.shape[0]} x {options.shape[1]}, medians of {options.rounds} rounds, {platform.machine()}")
    figures = []
    for library in options.libraries:
        for dtype in ("float64", "float32"):
            for scale in options.scales:
                print(f"\n{library}, {dtype}, logits of scale {scale:g}")
                for pair in pairs(*arrays(library, dtype, scale, tuple(options.shape))):
                    with np.errstate(over="ignore", under="ignore", divide="ignore"):
                        if not agree(pair, float(np.finfo(dtype).eps) * scale):
                            raise SystemExit(f"{pair.rule}, {pair.form}: the two forms disagree")
                        usual, exact = medians(pair, options.rounds)
                    ratio = exact / usual
                    print(
                        f"  {pair.rule:<32}{pair.form:<10}{usual * 1e3:8.3f} ms usual {exact * 1e3:8.3f} ms exact"
                        f"{ratio:7.2f} x{'' if ratio <= LIMIT else '  above ' + str(LIMIT)}",
                        flush=True,
                    )
                    figures.append(
                        {"library": library, "dtype": dtype, "scale": scale, "rule": pair.rule, "form": pair.form}
                        | {"usual_ms": usual * 1e3, "exact_ms": exact * 1e3, "ratio": ratio}
                    )
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    keep_memory()
    main()
