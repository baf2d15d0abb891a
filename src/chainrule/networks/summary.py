"""The sizes of a stack of layers, without running it: outputs, parameters, multiply-adds, receptive fields, memory.

multiply-adds of a convolution = output pixels x filters x kernel entries x channels per group;  of a linear layer,
its weights;  receptive field: r <- r + (span - 1) jump, jump <- jump stride, with span = d (k - 1) + 1
"""

import math
from dataclasses import dataclass

from chainrule.networks.layers import Shape
from chainrule.networks.stack import Layers, layers_of, specs_of, with_head
from chainrule.rules.image_sizes import Pair
from chainrule.rules.windows import Windows

BYTES = 4
"""The size of a float32."""


@dataclass(frozen=True)
class LayerSummary:
    """One layer."""

    number: int
    text: str
    out_shape: Shape
    outputs: int
    """The number of entries of its output for one input."""
    size: str
    """Height x width x channels, or the number of features."""
    weights: int
    biases: int
    multiply_adds: int
    """Multiply-adds of a forward pass for one input."""
    receptive_field: Pair | None
    """Height and width of the part of the image that one output depends on; None if it depends on all of it."""
    dropped: Pair
    """Rows at the bottom and columns on the right that no window reaches, including zeros of the padding."""
    remarks: tuple[str, ...]
    """One sentence for the rows, and one for the columns, that no window reaches."""


@dataclass(frozen=True)
class Summary:
    """All layers, for inputs of one shape, and the sums over them.

    Attributes
    ----------
    in_shape : tuple of int
    layers : tuple of LayerSummary
        The text, output, parameters, multiply-adds and receptive field of each layer.
    weights, biases : int
    multiply_adds : int
        Multiply-adds of a forward pass for one input. A training step takes about three times as many.
    parameter_bytes : int
        Bytes of the weights and biases in float32.
    activation_bytes : int
        Bytes of one input and of every layer's output for it, in float32.

    Examples
    --------
    >>> sizes = summarise("linear 3, relu", (4,), outputs=2)
    >>> sizes.weights, sizes.biases, sizes.multiply_adds, sizes.parameter_bytes
    (18, 5, 18, 92)
    """

    in_shape: Shape
    layers: tuple[LayerSummary, ...]
    weights: int
    biases: int
    multiply_adds: int
    parameter_bytes: int
    activation_bytes: int

    def remarks(self) -> list[str]:
        """The remarks on all layers."""
        return [remark for layer in self.layers for remark in layer.remarks]


def summarise(layers: Layers, in_shape: Shape, *, outputs: int | None = None) -> Summary:
    """The sizes of a stack of layers, for inputs of shape (features,) or (channels, height, width).

    Parameters
    ----------
    layers : str, or sequence of words, rules and layers
    in_shape : tuple of int
    outputs : int, optional
        The number of logits. If given, the head that a classifier adds is part of the summary; see `with_head`.

    Raises
    ------
    ValueError
        If a layer cannot take its input; the message names the layer and the sizes.

    Examples
    --------
    >>> sizes = summarise("conv 32 8x8 stride 2 pad 3, relu, pool 2, conv 64 3x3 pad 1", (3, 128, 128))
    >>> [layer.size for layer in sizes.layers]
    ['64x64x32', '64x64x32', '32x32x32', '32x32x64']
    >>> sizes.layers[3].weights, sizes.layers[3].biases, sizes.layers[3].receptive_field
    (18432, 64, (18, 18))
    >>> summarise("conv 8 3x3, relu", (1, 8, 8), outputs=10).layers[-1].text
    'linear 10'
    """
    specs = specs_of(layers) if outputs is None else with_head(layers, in_shape, outputs)
    found: list[LayerSummary] = []
    (height, width), (down, across) = (1, 1), (1, 1)
    for number, layer in enumerate(layers_of(specs, in_shape), start=1):
        windows, shape = layer.windows, layer.out_shape
        if windows is not None:
            (k_h, k_w), (d_h, d_w) = windows.kernel, windows.dilation
            height, width = height + d_h * (k_h - 1) * down, width + d_w * (k_w - 1) * across
            down, across = down * windows.stride[0], across * windows.stride[1]
        summary = LayerSummary(
            number,
            str(layer),
            shape,
            outputs=math.prod(shape),
            size="x".join(map(str, (*shape[1:], shape[0]))),
            weights=layer.n_weights,
            biases=sum(parameter.size for parameter in layer.parameters) - layer.n_weights,
            multiply_adds=layer.multiply_adds,
            receptive_field=(height, width) if len(shape) == 3 else None,
            dropped=(0, 0) if windows is None else windows.dropped,
            remarks=() if windows is None else _remarks(f"layer {number} ({layer})", windows),
        )
        found.append(summary)
    weights, biases = sum(layer.weights for layer in found), sum(layer.biases for layer in found)
    return Summary(
        in_shape,
        tuple(found),
        weights,
        biases,
        multiply_adds=sum(layer.multiply_adds for layer in found),
        parameter_bytes=BYTES * (weights + biases),
        activation_bytes=BYTES * (math.prod(in_shape) + sum(layer.outputs for layer in found)),
    )


def _remarks(layer: str, windows: Windows) -> tuple[str, ...]:
    found = []
    sides = (("row", "at the bottom"), ("column", "on the right"))
    for (line, where), count, (_, zeros) in zip(sides, windows.dropped, windows.padding, strict=True):
        kind = f"{count - zeros} of the image" + (f" and {zeros} of zeros" if zeros else "")
        if zeros >= count:
            kind = "zeros of the padding, not the image"
        if count:
            found.append(f"{layer}: no window reaches {count} {line}{'s' if count > 1 else ''} {where} ({kind})")
    return tuple(found)
