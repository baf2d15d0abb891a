"""`python -m benchmarks.conv`: time per epoch, and memory, of training convolutional networks, side by side in one run.

Every contestant trains the same network on the same float32 images with Adam (learning rate 1e-3), the same batch size,
shuffling, and the same number of threads, from the same first weights. Contestants take turns; the figures are medians
over the rounds. The mean training loss of the last epoch stands beside them and must agree. "bare products" are the
matrix products of the steps as they would be with all patches laid out in memory, three for every layer but the first,
which has two: what is left when everything else costs nothing.

`--memory` measures instead, each contestant in a process of its own, how much the largest resident size grows from
before the network is made, with all libraries and data loaded, until it has been trained for an epoch.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.adam import jax_adam
from benchmarks.machine import blas_kernels
from benchmarks.mlp import timed

Run = Callable[[int], float]
"""Runs a number of epochs from the start and returns the mean loss of the last epoch."""


@dataclass(frozen=True)
class Shape:
    """A network as text, images, a batch size and the amount of training."""

    name: str
    layers: str
    image: tuple[int, int, int]
    batch: int
    rows: int
    epochs: int
    classes: int = 10


LENET = "conv 6 5x5 pad 2, relu, pool 2, conv 16 5x5, relu, pool 2, flatten, linear 120, relu, linear 84, relu"
THREE = "conv 32 3x3 pad 1, relu, pool 2, conv 64 3x3 pad 1, relu, pool 2, conv 64 3x3 pad 1, relu, pool 2, flatten"
SHAPES = (
    Shape("LeNet-like, 28x28x1", LENET, (1, 28, 28), 64, 12800, 2),
    Shape("LeNet-like, 28x28x1", LENET, (1, 28, 28), 256, 12800, 2),
    Shape("three convolutions, 32x32x3", THREE, (3, 32, 32), 128, 6400, 2),
)


def samples(shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Noisy images with one smooth pattern per class at a random position."""
    stream = np.random.default_rng(0)
    channels, height, width = shape.image
    labels = stream.integers(0, shape.classes, shape.rows)
    patterns = stream.normal(size=(shape.classes, channels, height, width)).astype(np.float32)
    for axis in (2, 3):
        patterns = (patterns + np.roll(patterns, 1, axis) + np.roll(patterns, 2, axis)) / 2
    shifts = stream.integers(-3, 4, (shape.rows, 2))
    images = np.stack([np.roll(patterns[k], tuple(s), (1, 2)) for k, s in zip(labels, shifts, strict=True)])
    return (0.5 * images + stream.normal(size=images.shape)).astype(np.float32), labels


def estimator(shape: Shape, x: Any, y: Any, **options: Any) -> Run:
    from chainrule import ConvClassifier

    def run(epochs: int) -> float:
        model = ConvClassifier(
            shape.layers,
            batch_size=shape.batch,
            max_iter=epochs,
            learning_rate="constant",
            alpha=0.0,
            tol=0.0,
            n_iter_no_change=epochs + 1,
            standardize=False,
            random_state=0,
            **options,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(x, y)
        return float(model.loss_curve_[-1])

    return run


def first_weights(shape: Shape) -> list[np.ndarray]:
    """The estimator's initial weights and biases, by layer."""
    from sklearn.utils import check_random_state

    from chainrule.networks import network_of_layers

    network = network_of_layers(specifications(shape), shape.image)
    seed = int(check_random_state(0).randint(2**31 - 1))
    return network.unpack(network.initial_parameters(seed, np.float32))


def specifications(shape: Shape) -> list[Any]:
    from chainrule.networks import Linear
    from chainrule.networks.stack import specs_of

    return [*specs_of(shape.layers), Linear(shape.classes)]


def pytorch(shape: Shape, x: Any, y: Any, *, compiled: bool) -> Run:
    import torch
    from torch import nn

    from chainrule.networks import Activation, Conv, Flatten, Linear, Pool

    def module(spec: Any, shape_in: tuple[int, ...]) -> Any:
        if isinstance(spec, Conv):
            return nn.Conv2d(shape_in[0], spec.filters, spec.kernel, spec.stride, spec.padding)
        if isinstance(spec, Linear):
            return nn.Linear(shape_in[0], spec.width)
        others = {Activation: nn.ReLU, Flatten: nn.Flatten}
        return nn.MaxPool2d(spec.kernel) if isinstance(spec, Pool) else others[type(spec)]()

    torch.manual_seed(0)
    modules, current = [], shape.image
    for spec in specifications(shape):
        modules.append(module(spec, current))
        current = spec.layer(current).out_shape or current  # a rule without shapes keeps its input's
    model = nn.Sequential(*modules)
    with torch.no_grad():
        for parameter, first in zip(model.parameters(), first_weights(shape), strict=True):
            parameter.copy_(torch.from_numpy(first.T if first.ndim == 2 else first))
    start = {name: value.clone() for name, value in model.state_dict().items()}
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)

    def loss_of(batch: Any, target: Any) -> Any:
        return nn.functional.cross_entropy(model(batch), target)

    step_loss = torch.compile(loss_of) if compiled else loss_of

    def run(epochs: int) -> float:
        model.load_state_dict(start)
        optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
        total = 0.0
        for _ in range(epochs):
            order, total = torch.randperm(len(inputs)), 0.0
            for first in range(0, len(inputs), shape.batch):
                index = order[first : first + shape.batch]
                loss = step_loss(inputs[index], labels[index])
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
                total += float(loss.detach()) * len(index)
        return total / len(inputs)

    return run


def jax_epochs(shape: Shape, x: Any, y: Any) -> Run:
    import jax
    import jax.numpy as jnp

    from chainrule.networks import Activation, Conv, Flatten, Linear, Pool

    specs, start = specifications(shape), [jnp.asarray(block) for block in first_weights(shape)]
    # Channels last is the faster layout here.
    inputs, labels = jnp.asarray(x.transpose(0, 2, 3, 1)), jnp.asarray(y)

    def logits_of(theta: Any, h: Any) -> Any:
        blocks = iter(theta)
        for spec in specs:
            if isinstance(spec, Conv):
                w, b, p = next(blocks), next(blocks), spec.padding
                around = ((p, p), (p, p))
                h = b + jax.lax.conv_general_dilated(h, w, (1, 1), around, dimension_numbers=("NHWC", "OIHW", "NHWC"))
            elif isinstance(spec, Pool):
                k = spec.kernel
                h = jax.lax.reduce_window(h, -jnp.inf, jax.lax.max, (1, k, k, 1), (1, k, k, 1), "VALID")
            elif isinstance(spec, Linear):
                h = h @ next(blocks) + next(blocks)
            elif isinstance(spec, Flatten):
                h = h.transpose(0, 3, 1, 2).reshape(h.shape[0], -1)
            elif isinstance(spec, Activation):
                h = jax.nn.relu(h)
        return h

    def loss_of(theta: Any, batch: Any, target: Any) -> Any:
        return -jnp.take_along_axis(jax.nn.log_softmax(logits_of(theta, batch)), target[:, None], 1).mean()

    return jax_adam(loss_of, start, inputs, labels, shape.batch)


def keras_on_jax(shape: Shape, x: Any, y: Any) -> Run:
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    from chainrule.networks import Activation, Conv, Flatten, Linear

    channels, height, width = shape.image
    images = np.ascontiguousarray(x.transpose(0, 2, 3, 1))

    def layer(spec: Any) -> Any:
        if isinstance(spec, Conv):
            return keras.layers.Conv2D(spec.filters, spec.kernel, padding="same" if spec.padding else "valid")
        if isinstance(spec, Linear):
            return keras.layers.Dense(spec.width)
        if isinstance(spec, Activation):
            return keras.layers.ReLU()
        return keras.layers.Flatten() if isinstance(spec, Flatten) else keras.layers.MaxPooling2D(spec.kernel)

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((height, width, channels)), *map(layer, specifications(shape))])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    start, last = [], shape.image
    for first in first_weights(shape):
        if first.ndim == 4:
            last = (len(first), 0, 0)
            first = first.transpose(2, 3, 1, 0)
        elif first.ndim == 2 and last is not None:
            # Keras flattens with the channels last.
            side = math.isqrt(len(first) // last[0])
            first = first.reshape(last[0], side, side, -1).transpose(1, 2, 0, 3).reshape(first.shape)
            last = None
        start.append(first)
    model.compile(keras.optimizers.Adam(1e-3, epsilon=1e-8), loss)

    def run(epochs: int) -> float:
        model.set_weights(start)
        model.optimizer.iterations.assign(0)
        for variable in model.optimizer.variables[2:]:
            variable.assign(0 * variable.value)
        history = model.fit(images, y, shape.batch, epochs, verbose=0)
        return float(history.history["loss"][-1])

    return run


def bare_products(shape: Shape, library: str) -> Run:
    from chainrule.networks import network_of_layers

    network = network_of_layers(specifications(shape), shape.image)
    products = []
    for layer, out_shape in zip(network.layers, network.shapes[1:], strict=True):
        if layer.parameters:
            weight = layer.parameters[0].shape
            pixels = shape.batch * math.prod(out_shape[1:])
            terms, outputs = (math.prod(weight[1:]), weight[0]) if len(weight) == 4 else weight
            products.append((pixels, terms, outputs))
    xp: Any = np
    if library == "torch":
        import torch

        xp = torch
    stream = np.random.default_rng(0)

    def array(*sizes: int) -> Any:
        values = stream.normal(size=sizes).astype(np.float32)
        return values if library == "numpy" else xp.from_numpy(values)

    made = [(array(k, m), array(n, k), array(n, m), array(k, n), array(k, m)) for m, k, n in products]
    steps = -(-shape.rows // shape.batch)

    def run(epochs: int) -> float:
        for _ in range(epochs * steps):
            for number, (patches, weight, outputs, gradient, back) in enumerate(made):
                xp.matmul(weight, patches, out=outputs)
                xp.matmul(patches, outputs.T, out=gradient)
                if number:
                    xp.matmul(weight.T, outputs, out=back)
        return float("nan")

    return run


MAKERS: dict[str, Callable[[Shape, Any, Any], Run]] = {
    "chainrule, NumPy": lambda shape, x, y: estimator(shape, x, y),
    "chainrule, PyTorch arrays": lambda shape, x, y: estimator(shape, x, y, device="cpu"),
    "PyTorch eager": lambda shape, x, y: pytorch(shape, x, y, compiled=False),
    "torch.compile": lambda shape, x, y: pytorch(shape, x, y, compiled=True),
    "JAX, jitted epoch": jax_epochs,
    "Keras on JAX": keras_on_jax,
    "bare products, NumPy": lambda shape, x, y: bare_products(shape, "numpy"),
    "bare products, PyTorch": lambda shape, x, y: bare_products(shape, "torch"),
}


def memory_of(name: str, number: int) -> float:
    """Growth in MiB of the largest resident size of this process while a contestant is built and trained."""
    shape = SHAPES[number]
    x, y = samples(shape)
    _set_threads()
    for module in ("chainrule", "torch" if "orch" in name else "numpy", "jax" if "JAX" in name else "numpy"):
        __import__(module)
    if "Keras" in name:
        os.environ["KERAS_BACKEND"] = "jax"
        __import__("keras")
    # One image first: what a library sets up at its first use is not the network's.
    one = Shape(shape.name, shape.layers, shape.image, 2, 4, 1)
    MAKERS[name](one, x[:4], np.array([0, 1, 0, 1]))(1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    MAKERS[name](shape, x, y)(1)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def _set_threads() -> None:
    try:
        import torch

        torch.set_num_threads(os.cpu_count() or 1)
    except ImportError:
        pass


def print_memory(numbers: list[int], rounds: int, skip: set[str]) -> list[dict[str, Any]]:
    figures = []
    for number in numbers:
        shape = SHAPES[number]
        print(f"\n{shape.name}, batch {shape.batch}: growth of the largest resident size")
        found = {}
        for name in MAKERS:
            if name in skip or name.startswith("bare"):
                continue
            command = [sys.executable, "-m", "benchmarks.conv", "--memory-of", name, "--only", str(number)]
            grown = []
            for _ in range(rounds):
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode:
                    print(f"  {name:<28}failed: {done.stderr.strip().splitlines()[-1:]}")
                    break
                grown.append(float(done.stdout.split()[-1]))
            else:
                found[name] = statistics.median(grown)
                print(f"  {name:<28}{found[name]:9.1f} MiB, {min(grown):.1f} to {max(grown):.1f}", flush=True)
        figures.append({"shape": shape.name, "batch": shape.batch, "MiB": found})
    return figures


def print_times(numbers: list[int], rounds: int, skip: set[str]) -> list[dict[str, Any]]:
    figures = []
    for number in numbers:
        shape = SHAPES[number]
        x, y = samples(shape)
        runs: dict[str, Run] = {}
        for name, make in MAKERS.items():
            if name in skip:
                continue
            try:
                runs[name] = make(shape, x, y)
                runs[name](1)
            except Exception as error:  # a contestant that is not installed, or cannot compile here
                runs.pop(name, None)
                print(f"{name}: left out ({type(error).__name__}: {str(error)[:200]})", file=sys.stderr)
        times: dict[str, list[float]] = {name: [] for name in runs}
        losses: dict[str, float] = {}
        for _ in range(rounds):
            for name, run in runs.items():
                seconds, losses[name] = timed(partial(run, shape.epochs), shape.epochs)
                times[name].append(seconds)
        median = {name: statistics.median(values) for name, values in times.items()}
        best = {name: min(values) for name, values in times.items()}
        print(f"\n{shape.name}, batch {shape.batch}, {shape.rows} images")
        reference = median.get("PyTorch eager", next(iter(median.values())))
        for name, seconds in median.items():
            row = f"  {name:<28}{seconds * 1e3:9.1f} ms/epoch ({best[name] * 1e3:.1f})  {seconds / reference:6.2f} x"
            print(row + ("" if np.isnan(losses[name]) else f"   loss {losses[name]:.4f}"), flush=True)
        figures.append(
            {
                "shape": shape.name,
                "batch": shape.batch,
                "ms": {n: s * 1e3 for n, s in median.items()},
                "least ms": {n: s * 1e3 for n, s in best.items()},
                "loss": {n: loss for n, loss in losses.items() if not np.isnan(loss)},
            }
        )
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", type=int, nargs="*", help="numbers of the shapes, from 0")
    parser.add_argument("--skip", nargs="*", default=[], help="contestants to leave out")
    parser.add_argument("--memory", action="store_true", help="measure memory instead of time")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args()
    numbers = list(range(len(SHAPES))) if options.only is None else options.only
    if options.memory_of:
        print(memory_of(options.memory_of, numbers[0]))
        return
    _set_threads()
    threads = os.cpu_count() or 1
    kernels = blas_kernels()
    print(
        f"{threads} threads each, float32, Adam, medians of {options.rounds} rounds (and the least), beside PyTorch "
        f"eager, OpenBLAS for {', '.join(kernels)}"
    )
    skip = set(options.skip)
    figures = (
        print_memory(numbers, options.rounds, skip) if options.memory else print_times(numbers, options.rounds, skip)
    )
    if options.json:
        options.json.write_text(json.dumps({"threads": threads, "openblas": kernels, "figures": figures}, indent=1))


if __name__ == "__main__":
    main()
