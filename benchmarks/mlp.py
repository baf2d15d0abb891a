"""`python -m benchmarks.mlp`: time per epoch of MLP training, compared with other packages in one run.

Every contestant trains the same network on the same float32 samples with Adam (learning rate 1e-3), the same batch
size, shuffling, the default L2 penalty of 1e-4, and the same number of threads. Contestants take turns; the figures are
medians over the rounds. The mean training loss of the last epoch stands beside them and must agree. "bare products" are
the matrix products of the steps, five for a two-layer network, on batches that lie in memory. The limit adds what no
implementation can leave out: the gather of each batch, and one read and write of the arrays that the optimiser changes.

With `--device cuda` all train on a GPU, for ten times as many epochs and at a larger shape too. Products are in
float32, or with `--tf32` in TF32. The bare products are then recorded as one CUDA graph. The samples of PyTorch and JAX
lie on the device before the clock starts, chainrule's in NumPy.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.adam import jax_adam
from benchmarks.machine import blas_kernels
from chainrule.kernels.compiling import described


@dataclass(frozen=True)
class Shape:
    """A network, a batch size and the amount of training."""

    name: str
    features: int
    hidden: tuple[int, ...]
    classes: int
    batch: int
    rows: int
    epochs: int


SHAPES = (
    Shape("64-100-10", 64, (100,), 10, 200, 1797, 30),
    Shape("784-100-10", 784, (100,), 10, 200, 20000, 5),
    Shape("784-100-10", 784, (100,), 10, 1024, 20480, 5),
    Shape("784-256-128-10", 784, (256, 128), 10, 256, 20480, 4),
    Shape("768-256-1000", 768, (256,), 1000, 256, 12800, 4),
)


LARGE = Shape("1024-2048-2048-100", 1024, (2048, 2048), 100, 4096, 65536, 1)
"""A shape that fills a GPU."""


def samples(shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Clusters that a network learns in several epochs."""
    stream = np.random.default_rng(0)
    labels = stream.integers(0, shape.classes, shape.rows)
    centres = stream.normal(size=(shape.classes, shape.features)).astype(np.float32)
    noise = stream.normal(size=(shape.rows, shape.features)).astype(np.float32)
    return (0.25 * centres[labels] + noise).astype(np.float32), labels


LIMIT = "limit, NumPy"
PAUSE = 0.2
"""Seconds between contestants. A library's threads spin for some milliseconds after its last product, and would slow
down the threads of the next library."""


def timed(function: Callable[[], float], epochs: int) -> tuple[float, float]:
    time.sleep(PAUSE)
    start = time.perf_counter()
    loss = function()
    return (time.perf_counter() - start) / epochs, loss


def estimator(cls: Any, shape: Shape, x: Any, y: Any, **options: Any) -> Callable[[], float]:
    def run() -> float:
        model = cls(
            shape.hidden,
            batch_size=shape.batch,
            max_iter=shape.epochs,
            tol=0.0,
            n_iter_no_change=shape.epochs + 1,
            random_state=0,
            **options,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(x, y)
        return float(model.loss_curve_[-1])

    return run


def pytorch(shape: Shape, x: Any, y: Any, *, compiled: bool, device: str = "cpu") -> Callable[[], float]:
    import torch
    from torch import nn

    inputs, labels = torch.from_numpy(x).to(device), torch.from_numpy(y).to(device)

    def network() -> Any:
        widths = (shape.features, *shape.hidden, shape.classes)
        layers: list[Any] = []
        for i, (a, b) in enumerate(pairwise(widths)):
            layers += [nn.Linear(a, b)] + ([nn.ReLU()] if i < len(widths) - 2 else [])
        for layer in layers:
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
        return nn.Sequential(*layers).to(device)

    def loss_of(model: Any, batch: Any, target: Any) -> Any:
        return nn.functional.cross_entropy(model(batch), target)

    torch.manual_seed(0)
    model = network()
    start = {name: value.clone() for name, value in model.state_dict().items()}
    mode = None if device == "cpu" else "reduce-overhead"
    step_loss = torch.compile(loss_of, mode=mode) if compiled else loss_of

    def run() -> float:
        model.load_state_dict(start)
        weights = [p for p in model.parameters() if p.ndim == 2]
        biases = [p for p in model.parameters() if p.ndim == 1]
        decay = 1e-4 / shape.batch
        optimiser = torch.optim.Adam(
            [{"params": weights, "weight_decay": decay}, {"params": biases}], lr=1e-3, fused=True
        )
        total: Any = 0.0
        for _ in range(shape.epochs):
            order = torch.randperm(len(inputs), device=device)
            total = 0.0
            for first in range(0, len(inputs), shape.batch):
                index = order[first : first + shape.batch]
                loss = step_loss(model, inputs[index], labels[index])
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
                total += loss.detach() * len(index)
        return float(total) / len(inputs)

    run()
    return run


def jax_epochs(shape: Shape, x: Any, y: Any, *, tf32: bool = False) -> Callable[[], float]:
    import jax
    import jax.numpy as jnp

    if not tf32:
        jax.config.update("jax_default_matmul_precision", "highest")
    inputs, labels = jnp.asarray(x), jnp.asarray(y)
    widths = (shape.features, *shape.hidden, shape.classes)
    stream = np.random.default_rng(0)
    start = [
        (
            jnp.asarray(stream.uniform(-1, 1, (a, b)) * np.sqrt(6 / (a + b)), jnp.float32),
            jnp.zeros(b, jnp.float32),
        )
        for a, b in pairwise(widths)
    ]

    def loss_of(theta: Any, batch: Any, target: Any) -> Any:
        h = batch
        for i, (w, b) in enumerate(theta):
            h = h @ w + b
            h = jax.nn.relu(h) if i < len(theta) - 1 else h
        log_probs = jax.nn.log_softmax(h)
        penalty = 0.5e-4 / shape.batch * sum((w * w).sum() for w, _ in theta)
        return -jnp.take_along_axis(log_probs, target[:, None], 1).mean() + penalty

    train = jax_adam(loss_of, start, inputs, labels, shape.batch)

    def run() -> float:
        return train(shape.epochs)

    run()
    return run


def multiply(xp: Any, weights: list[Any], activations: list[Any], gradients: list[Any], outputs: list[Any]) -> None:
    """The products of one step, forward and backward."""
    for i, weight in enumerate(weights):
        xp.matmul(activations[i], weight, out=outputs[i + 1])
    for i in range(len(weights) - 1, -1, -1):
        xp.matmul(activations[i].T, activations[i + 1], out=gradients[i])
        if i:
            xp.matmul(activations[i + 1], weights[i].T, out=outputs[i])


def bare_products(shape: Shape, x: Any, library: str, *, passes: bool = False) -> Callable[[], float]:
    """The products of the steps alone; with `passes`, also the gather of each batch, and one read and write of the
    three arrays that Adam changes."""
    widths = (shape.features, *shape.hidden, shape.classes)
    stream = np.random.default_rng(0)
    arrays: dict[str, list[Any]] = {
        "w": [stream.normal(size=pair).astype(np.float32) for pair in pairwise(widths)],
        "h": [stream.normal(size=(shape.batch, width)).astype(np.float32) for width in widths],
    }
    xp: Any = np
    if library == "torch":
        import torch

        xp = torch
        arrays = {name: [torch.from_numpy(a) for a in values] for name, values in arrays.items()}
    weights, activations = arrays["w"], arrays["h"]
    gradients = [xp.empty_like(w) for w in weights]
    outputs = [xp.empty_like(h) for h in activations]
    state = [np.ones(sum(a * b + b for a, b in pairwise(widths)), np.float32) for _ in range(3)]
    steps = -(-shape.rows // shape.batch)

    def run() -> float:
        for _ in range(shape.epochs):
            order = stream.permutation(shape.rows)
            for step in range(steps):
                if passes:
                    rows = order[step * shape.batch : (step + 1) * shape.batch]
                    np.take(x, rows, axis=0, out=activations[0][: len(rows)], mode="clip")
                    for array in state:
                        np.negative(array, out=array)
                multiply(xp, weights, activations, gradients, outputs)
        return float("nan")

    return run


def bare_on_device(shape: Shape, device: str) -> Callable[[], float]:
    """The products of the steps of an epoch, as one CUDA graph."""
    import torch

    from chainrule.training.recorded_steps import Repeated

    widths = (shape.features, *shape.hidden, shape.classes)
    weights = [torch.randn(pair, device=device) for pair in pairwise(widths)]
    gradients = [torch.empty_like(weight) for weight in weights]
    activations = [torch.randn(shape.batch, width, device=device) for width in widths]
    outputs = [torch.empty_like(each) for each in activations]

    def epoch() -> None:
        for _ in range(-(-shape.rows // shape.batch)):
            multiply(torch, weights, activations, gradients, outputs)

    recorded = Repeated(epoch, weights[0])
    recorded()
    recorded()

    def run() -> float:
        for _ in range(shape.epochs):
            recorded()
        torch.cuda.synchronize()
        return float("nan")

    return run


def unrecorded(run: Callable[[], float]) -> Callable[[], float]:
    """The same fit, with Python launching every kernel."""
    from unittest.mock import patch

    def fit() -> float:
        with patch("chainrule.training.fitting.can_be_recorded", lambda *_: False):
            return run()

    return fit


def contestants_on(device: str, shape: Shape, x: Any, y: Any, *, tf32: bool) -> dict[str, Callable[[], Any]]:
    """The makers of the contestants on a GPU."""
    from chainrule import MLPClassifier

    return {
        "chainrule": lambda: estimator(MLPClassifier, shape, x, y, device=device),
        "chainrule, not recorded": lambda: unrecorded(estimator(MLPClassifier, shape, x, y, device=device)),
        "PyTorch eager": lambda: pytorch(shape, x, y, compiled=False, device=device),
        "torch.compile, CUDA graphs": lambda: pytorch(shape, x, y, compiled=True, device=device),
        "JAX, jitted epoch": lambda: jax_epochs(shape, x, y, tf32=tf32),
        "bare products": lambda: bare_on_device(shape, device),
    }


def contestants(shape: Shape, x: Any, y: Any, options: argparse.Namespace) -> dict[str, Callable[[], float]]:
    from sklearn.neural_network import MLPClassifier as Peer

    from chainrule import MLPClassifier

    makers: dict[str, Callable[[], Callable[[], float]]] = {
        "chainrule, NumPy": lambda: estimator(MLPClassifier, shape, x, y),
        "chainrule, PyTorch arrays": lambda: estimator(MLPClassifier, shape, x, y, device="cpu"),
        "scikit-learn": lambda: estimator(Peer, shape, x, y),
        "PyTorch eager": lambda: pytorch(shape, x, y, compiled=False),
        "torch.compile": lambda: pytorch(shape, x, y, compiled=True),
        "JAX, jitted epoch": lambda: jax_epochs(shape, x, y),
        "bare products, NumPy": lambda: bare_products(shape, x, "numpy"),
        "bare products, PyTorch": lambda: bare_products(shape, x, "torch"),
        LIMIT: lambda: bare_products(shape, x, "numpy", passes=True),
    }
    if options.device:
        makers = contestants_on(options.device, shape, x, y, tf32=options.tf32)
    built = {}
    for name, make in makers.items():
        if name in options.skip:
            continue
        try:
            built[name] = make()
        except ImportError as error:
            print(f"{name}: left out ({error})", file=sys.stderr)
    return built


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", type=int, nargs="*", help="numbers of the shapes, from 0")
    parser.add_argument("--skip", nargs="*", default=[], help="contestants to leave out")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--device", help="train on this device, such as cuda")
    parser.add_argument("--tf32", action="store_true", help="products of all in TF32")
    options = parser.parse_args()
    threads = os.cpu_count() or 1
    try:
        import torch

        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision("high" if options.tf32 else "highest")
    except ImportError:
        pass
    kernels = blas_kernels()
    if options.device:
        print(f"{torch.cuda.get_device_name()}, {'TF32' if options.tf32 else 'float32'} products")
    print(
        f"{threads} threads each, float32, Adam, medians of {options.rounds} rounds, "
        f"OpenBLAS for {', '.join(kernels)}, {described()}"
    )
    figures = []
    shapes = [replace(shape, epochs=10 * shape.epochs) for shape in (*SHAPES, LARGE)] if options.device else SHAPES
    for number, shape in enumerate(shapes):
        if options.only is not None and number not in options.only:
            continue
        x, y = samples(shape)
        runs = contestants(shape, x, y, options)
        times: dict[str, list[float]] = {name: [] for name in runs}
        losses: dict[str, float] = {}
        for _ in range(options.rounds):
            for name, run in runs.items():
                seconds, losses[name] = timed(run, shape.epochs)
                times[name].append(seconds)
        median = {name: statistics.median(values) for name, values in times.items()}
        print(f"\n{shape.name}, batch {shape.batch}, {shape.rows} rows")
        reference = next(iter(median.values()))
        for name, seconds in median.items():
            row = f"  {name:<28}{seconds * 1e3:9.2f} ms/epoch  {seconds / reference:6.2f} x"
            print(row + ("" if np.isnan(losses[name]) else f"   loss {losses[name]:.4f}"), flush=True)
        if LIMIT in median:
            print(f"  chainrule reaches {median[LIMIT] / reference:.0%} of the limit", flush=True)
        figures.append(
            {
                "shape": shape.name,
                "batch": shape.batch,
                "ms": {name: seconds * 1e3 for name, seconds in median.items()},
                "loss": {name: loss for name, loss in losses.items() if np.isfinite(loss)},
            }
        )
    if options.json:
        device = {"device": torch.cuda.get_device_name(), "tf32": options.tf32} if options.device else {}
        about = device | {"rounds": options.rounds, "threads": threads, "openblas": kernels, "loops": described()}
        options.json.write_text(json.dumps({**about, "figures": figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
