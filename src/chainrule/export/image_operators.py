"""The layers of images as ONNX operators.

ONNX Runtime has convolutions and mean pools of float32 only. In float64 they are sums over the entries of the windows,
each of which is a strided slice of all images.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule import rules
from chainrule.arrays import Array
from chainrule.export.onnx_graph import Graph, Tensor
from chainrule.export.row_operators import onnx_operator
from chainrule.networks.layers import Layer
from chainrule.rules.image_sizes import Pair
from chainrule.rules.windows import Windows


@onnx_operator(rules.conv2d, rules.correlate2d)
def convolution(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """The correlation of images with kernels, and a bias per filter."""
    weight, windows, groups = parameters[0], _windows(layer), layer.options["groups"]
    if x.dtype == np.float32:
        sizes: dict[str, Any] = {
            "strides": windows.stride,
            "dilations": windows.dilation,
            "pads": _pads(windows.padding),
        }
        return graph.add("Conv", x, *parameters, kernel_shape=windows.kernel, group=groups, **sizes)
    filters, each, count = weight.shape[0], weight.shape[1], math.prod(windows.count)
    shape = np.array([0, groups, each, count], np.int64)
    entries = [graph.add("Reshape", entry, shape) for entry in _entries(graph, x, windows)]
    # Entry by entry, and channel by channel within an entry, as the slices lie.
    matrix = weight.reshape(groups, filters // groups, each, len(entries)).swapaxes(2, 3)
    product = graph.add(
        "MatMul",
        graph.constant(matrix.reshape(groups, filters // groups, each * len(entries)), x),
        graph.add("Concat", *entries, axis=2),
        dtype=x.dtype,
    )
    images = graph.add("Reshape", product, np.array([0, *layer.out_shape], np.int64))
    return images if len(parameters) == 1 else graph.add("Add", images, parameters[1][:, None, None])


@onnx_operator(rules.max_pool2d)
def largest_of_windows(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """The largest entry of every window."""
    windows = _windows(layer)
    return graph.add(
        "MaxPool", x, kernel_shape=windows.kernel, strides=windows.stride, pads=_pads(windows.padding), dtype=x.dtype
    )


@onnx_operator(rules.avg_pool2d)
def mean_of_windows(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """The mean of every window, zeros of the padding included."""
    windows = _windows(layer)
    if x.dtype == np.float32:
        return graph.add(
            "AveragePool", _padded(graph, x, windows.padding), kernel_shape=windows.kernel, strides=windows.stride
        )
    entries = _entries(graph, x, windows)
    return graph.add("Div", graph.add("Sum", *entries), float(len(entries)))


@onnx_operator(rules.global_avg_pool2d)
def mean_of_channels(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """The mean of every channel."""
    return graph.add("ReduceMean", x, axes=[2, 3], keepdims=0)


@onnx_operator(rules.zero_pad2d)
def zeros_around(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """Zeros around images."""
    return _padded(graph, x, layer.options["padding"])


@onnx_operator(rules.flatten)
def flattened(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """Images as rows of features."""
    return graph.add("Flatten", x, axis=1)


# What follows is private.


def _windows(layer: Layer) -> Windows:
    assert layer.windows is not None
    return layer.windows


def _pads(padding: tuple[Pair, Pair]) -> list[int]:
    """The zeros in ONNX's order: above, left, below, right."""
    (above, below), (left, right) = padding
    return [above, left, below, right]


def _padded(graph: Graph, x: Tensor, padding: tuple[Pair, Pair]) -> Tensor:
    above, left, below, right = _pads(padding)
    if not any((above, left, below, right)):
        return x
    return graph.add("Pad", x, np.array([0, 0, above, left, 0, 0, below, right], np.int64), 0.0)


def _entries(graph: Graph, x: Tensor, windows: Windows) -> list[Tensor]:
    """For each entry of the kernel, row by row, the images of this entry of all windows."""
    x = _padded(graph, x, windows.padding)
    slices = []
    for entry in windows.entries:
        start = [place * wide for place, wide in zip(entry, windows.dilation, strict=True)]
        stop = [
            first + step * (count - 1) + 1
            for first, step, count in zip(start, windows.stride, windows.count, strict=True)
        ]
        bounds = (np.array(values, np.int64) for values in (start, stop, (2, 3), windows.stride))
        slices.append(graph.add("Slice", x, *bounds))
    return slices
