"""Stages and tiles: the layers of a plan in the order in which they run, and the buffers of some rows of a batch.

On NumPy's floats a batch of images is cut into tiles of a few images, and a thread runs all layers on its tiles. The
images of a tile have the samples last in memory (see `kernels.layout`). The output of a convolution is not kept if a
pool reads it: the pullback of the pool needs only the positions of the maxima. All other batches are one tile.

A ReLU before a max pool is applied after it, to a fraction of the entries: max(relu(x)) = relu(max(x)), and where the
largest entries tie at 0, the ReLU passes no cotangent on.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule import rules
from chainrule.arrays import Array, empty, is_torch
from chainrule.kernels import Kernel, kernel_of
from chainrule.kernels.blas import available_threads
from chainrule.kernels.layout import FEW_CHANNELS, channels_last, empty_samples_last, scratch, transient_work
from chainrule.networks.layers import Layer, Shape
from chainrule.networks.network import Network
from chainrule.workspace import Workspace

TILE = 64
"""The most images of a tile. With more images, NumPy's loops over one pixel of all images are longer and fewer."""
TILE_BYTES = 1 << 22
"""The most bytes of a tile's largest output. A thread holds about six arrays of this size."""

WORTH_THREADS = 2e7
"""From this many multiply-adds per forward pass, a quarter of a millisecond, a second thread saves time."""


@dataclass(frozen=True)
class Stage:
    """One layer of a plan."""

    index: int
    """Its number in the network."""
    layer: Layer
    kernel: Kernel
    in_shape: Shape
    out_shape: Shape
    kept: bool
    """True if its output is needed after the next layer has read it."""
    in_place: bool
    """True if it writes over its input."""


def stages_of(network: Network, numbers: range, theta: Array) -> tuple[Stage, ...]:
    """The layers of these numbers in the order in which they run: every ReLU after the max pool that follows it.

    The flat parameters decide which kernels the layers use.
    """
    order = list(numbers)
    for at in range(len(order) - 1):
        if (network.layers[order[at]].rule, network.layers[order[at + 1]].rule) == (rules.relu, rules.max_pool2d):
            order[at], order[at + 1] = order[at + 1], order[at]
    layers = [network.layers[index] for index in order]
    kernels = [kernel_of(layer.rule, theta) for layer in layers]
    # A layer writes over its input if neither pullback needs it. Not after noise, which passes on its input if skipped.
    in_place = [False] + [
        layer.rule.needs == "output" and before.rule.needs == "input" and before.noise is None
        for before, layer in pairwise(layers)
    ]
    stages: list[Stage] = []
    shape, kept = network.shapes[numbers.start], True
    for at, layer in enumerate(layers):
        # A ReLU that was put after a pool gets smaller images than its layer says.
        out_shape = shape if layer.out_shape == layer.in_shape else layer.out_shape
        last = at == len(layers) - 1
        read_later = last or in_place[at + 1] or kernels[at + 1].reads_input or layer.rule.needs == "output"
        # All outputs that are not kept share one buffer, so no two neighbours may use it.
        kept = read_later or not kept
        stages.append(Stage(order[at], layer, kernels[at], shape, out_shape, kept, in_place[at]))
        shape = out_shape
    return tuple(stages)


class Tile:
    """The buffers with which some rows of a batch pass through stages.

    Parameters
    ----------
    stages : sequence of Stage
    rows : int
    theta : array
        The flat parameters, which decide the library and the dtype.
    """

    def __init__(self, stages: Sequence[Stage], rows: int, theta: Array) -> None:
        self._stages, self._count, self._theta = stages, rows, theta
        self._of_images = len(stages) > 0 and len(stages[0].in_shape) == 3
        self._library = self._of_images and is_torch(theta)
        self._channels_last = self._library and _many_channels(stages)
        self._samples_last = self._of_images and type(theta) is np.ndarray and theta.dtype.kind == "f"
        self._input = self._empty(stages[0].in_shape) if self._samples_last else None
        self._shared = Workspace()
        self._works = [Workspace() for _ in stages]
        self._residuals: list[Any] = [None] * len(stages)
        self._outputs: dict[int, Array] = {}
        self._turn = 0

    def forward(
        self, x: Array, parameters: Sequence[tuple[Array, ...]], masks: dict[int, Array] | None, result: Array
    ) -> Array:
        """Run all stages on rows, and return the output, which the last stage writes to `result`.

        Without masks there is no noise: such stages are skipped.
        """
        if self._of_images:
            x = x.reshape(self._count, *self._stages[0].in_shape)
        if self._input is not None:
            self._input[...] = x
            x = self._input
        for at, stage in enumerate(self._stages):
            options, inputs = stage.layer.options, parameters[stage.index]
            if stage.layer.noise is not None:
                if masks is None:
                    self._residuals[at] = None
                    continue
                inputs = (masks[stage.index].reshape(self._count, *stage.in_shape),)
            if self._library:
                x = self._ordered(x)
            out, work = self._output(at, x, result), self._work(at)
            if self._of_images and stage.layer.rule.elementwise:
                flat = self._flat(x)
                to = flat if out is x else self._flat(out)
                _, self._residuals[at] = stage.kernel.forward(flat, out=to, work=work, **options)
                x = out
            else:
                x, self._residuals[at] = stage.kernel.forward(x, *inputs, out=out, work=work, **options)
        return x

    def backward(self, cotangent: Array, gradients: Sequence[tuple[Array, ...]], *, to_input: bool) -> Array:
        """Write the cotangents of the parameters to `gradients`. Return the input's cotangent if it is wanted."""
        self._turn = 0  # the same buffers, of the same sizes, in every step
        for at in range(len(self._stages) - 1, -1, -1):
            stage, work = self._stages[at], self._work(at)
            # Drop the residuals, so that PyTorch can free their memory before the next pass.
            residuals, self._residuals[at] = self._residuals[at], None
            rule, kernel, parameters = stage.layer.rule, stage.kernel, gradients[stage.index]
            wanted = at > 0 or to_input
            if self._library:
                cotangent = self._ordered(cotangent)
            if stage.layer.noise is not None:
                if residuals is not None:
                    kernel.pullback(residuals, cotangent, out=(cotangent, None), work=work)
            elif parameters and self._library and wanted:
                cotangent, *others = kernel.pullback(residuals, cotangent, work=work)
                for buffer, gradient in zip(parameters, others, strict=True):
                    buffer[...] = gradient
            elif parameters:
                out = self._cotangent(stage) if wanted else None
                cotangent = kernel.pullback(residuals, cotangent, out=(out, *parameters), work=work)[0]
            elif wanted:
                out = cotangent if rule.needs == "output" else self._cotangent(stage)
                if self._of_images and rule.elementwise:
                    flat = self._flat(cotangent)
                    kernel.pullback(residuals, flat, out=flat if out is cotangent else self._flat(out), work=work)
                    cotangent = out
                else:
                    cotangent = kernel.pullback(residuals, cotangent, out=out, work=work)
        return cotangent

    def _work(self, at: int) -> Workspace:
        """The stage's workspace. On NumPy's floats the tiles of a thread share one for rules that keep only outputs."""
        needs_output = self._stages[at].layer.rule.needs == "output"
        return transient_work(self._theta) if self._samples_last and needs_output else self._works[at]

    def _output(self, at: int, x: Array, result: Array) -> Array | None:
        """The memory that a stage writes to; None if PyTorch allocates it."""
        stage = self._stages[at]
        if stage is self._stages[-1]:
            return result
        if stage.in_place:
            return x
        if self._library or not stage.kept:
            return self._buffer("output", stage, stage.out_shape)
        if at not in self._outputs:
            self._outputs[at] = self._empty(stage.out_shape)
        return self._outputs[at]

    def _cotangent(self, stage: Stage) -> Array | None:
        # Two buffers take turns: one is read while the other is written. The forward pass no longer needs its own.
        self._turn = 1 - self._turn
        return self._buffer("output" if self._turn else "cotangent", stage, stage.in_shape)

    def _buffer(self, name: str, stage: Stage, shape: Shape) -> Array | None:
        """A buffer for one stage. For images it is the thread's scratch on NumPy's floats, shared by its tiles. PyTorch
        takes new memory, which its convolutions have freed; only flattened images need an array to write to."""
        if self._library:
            return self._empty(shape) if stage.layer.rule.elementwise else None
        if self._samples_last:
            axes = (len(shape), *range(len(shape)))
            return scratch(f"plan {name}", (*shape, self._count), self._theta.dtype).transpose(axes)
        return self._shared(name, (self._count, *shape), self._theta)

    def _flat(self, images: Array) -> Array:
        """All entries of images in their order in memory, which is the same for all images of a plan."""
        if self._samples_last:
            return images.transpose(*range(1, images.ndim), 0).reshape(-1)
        return images.permute(0, 2, 3, 1).reshape(-1) if self._channels_last else images.reshape(-1)

    def _ordered(self, images: Array) -> Array:
        """PyTorch's images in this plan's order in memory; some of its functions return another."""
        return channels_last(images) if self._channels_last else images.contiguous()

    def _empty(self, shape: Shape) -> Array:
        if self._channels_last and len(shape) == 3:
            return empty((self._count, *shape[1:], shape[0]), self._theta).permute(0, 3, 1, 2)
        return (empty_samples_last if self._samples_last else empty)((self._count, *shape), self._theta)


def image_tiles(
    network: Network, rows: int, theta: Array, *, forward_only: bool
) -> tuple[list[tuple[slice, Tile]], int]:
    """The tiles that run the layers on images, with their rows of the batch, and the number of threads that share them.

    Without a backward pass one thread runs all tiles, and tiles of one size share one `Tile`.
    """
    stages = stages_of(network, range(network.n_image_layers), theta)
    threads, size = 1, rows
    if type(theta) is np.ndarray and theta.dtype.kind == "f":
        largest = max(math.prod(shape) for stage in stages for shape in (stage.in_shape, stage.out_shape))
        size = min(TILE, max(8, TILE_BYTES // (largest * theta.itemsize)))
        if not forward_only and rows * network.n_image_products > WORTH_THREADS:
            threads = available_threads()
    tile_of: Callable[[int], Tile] = partial(Tile, stages, theta=theta)
    if forward_only:
        tile_of = cache(tile_of)
    return [(part, tile_of(part.stop - part.start)) for part in _tiles(rows, size, threads)], threads


def _many_channels(stages: Sequence[Stage]) -> bool:
    """True if PyTorch's convolutions are fastest with the channels last: if there are at least FEW_CHANNELS of them."""
    channels = [stage.in_shape[0] for stage in stages if stage.layer.windows and stage.layer.parameters]
    return all(count >= FEW_CHANNELS for count in channels[1:])


def _tiles(rows: int, size: int, threads: int) -> list[slice]:
    """Equal parts of at most `size` rows; their number is a multiple of the threads.

    >>> _tiles(100, 64, 2)
    [slice(0, 50, None), slice(50, 100, None)]
    """
    count = -(-rows // size)
    count = min(rows, -(-count // threads) * threads)
    return [slice(rows * k // count, rows * (k + 1) // count) for k in range(count)]
