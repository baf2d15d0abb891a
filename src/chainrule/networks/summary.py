"""The sizes of a stack of layers, without running it: outputs, parameters, multiply-adds, receptive fields, memory.

multiply-adds of a convolution = output pixels x filters x kernel entries x channels per group;  of a linear layer,
its weights;  receptive field: r <- r + (span - 1) jump, jump <- jump stride, with span = d (k - 1) + 1
"""

import math
from dataclasses import dataclass

from chainrule.networks.layers import Shape
from chainrule.networks.network import Network
from chainrule.networks.stack import Layers, layers_of, specs_of, with_head
from chainrule.rules.image_sizes import Pair

BYTES = 4
"""The size of a float32."""


@dataclass(frozen=True)
class LayerSummary:
    """One layer."""

    number: int
    text: str
    out_shape: Shape
    weights: int
    biases: int
    multiply_adds: int
    """Multiply-adds of a forward pass for one input."""
    receptive_field: Pair | None
    """Height and width of the part of the image that one output depends on; None if it depends on all of it."""
    dropped: Pair
    """Rows at the bottom and columns on the right that no window reaches, including zeros of the padding."""
    padding_after: Pair
    """Zeros at the bottom and on the right."""

    @property
    def outputs(self) -> int:
        """The number of entries of its output for one input."""
        return math.prod(self.out_shape)

    @property
    def size(self) -> str:
        """Height x width x channels, or the number of features."""
        return "x".join(map(str, (*self.out_shape[1:], self.out_shape[0])))

    def remarks(self) -> list[str]:
        """One sentence for the rows, and one for the columns, that no window reaches."""
        found = []
        sides = (("row", "at the bottom"), ("column", "on the right"))
        for (line, where), count, zeros in zip(sides, self.dropped, self.padding_after, strict=True):
            kind = f"{count - zeros} of the image" + (f" and {zeros} of zeros" if zeros else "")
            if zeros >= count:
                kind = "zeros of the padding, not the image"
            some = f"{count} {line}{'s' if count > 1 else ''} {where}"
            if count:
                found.append(f"layer {self.number} ({self.text}): no window reaches {some} ({kind})")
        return found


@dataclass(frozen=True)
class Summary:
    """All layers, for inputs of one shape."""

    in_shape: Shape
    layers: tuple[LayerSummary, ...]

    @property
    def weights(self) -> int:
        """The number of weights of all layers."""
        return sum(layer.weights for layer in self.layers)

    @property
    def biases(self) -> int:
        """The number of biases of all layers."""
        return sum(layer.biases for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of a forward pass for one input. A training step takes about three times as many."""
        return sum(layer.multiply_adds for layer in self.layers)

    @property
    def parameter_bytes(self) -> int:
        """Bytes of the weights and biases in float32."""
        return BYTES * (self.weights + self.biases)

    @property
    def activation_bytes(self) -> int:
        """Bytes of one input and of every layer's output for it, in float32."""
        return BYTES * (math.prod(self.in_shape) + sum(layer.outputs for layer in self.layers))

    def remarks(self) -> list[str]:
        """The remarks on all layers."""
        return [remark for layer in self.layers for remark in layer.remarks()]


def summarise(layers: Layers, in_shape: Shape, *, outputs: int | None = None) -> Summary:
    """The sizes of a stack of layers for inputs of a shape, (features,) or (channels, height, width).

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
    seen = (1, 1) if len(in_shape) == 3 else None
    (height, width), (down, across) = (1, 1), (1, 1)
    for number, layer in enumerate(layers_of(specs, in_shape), start=1):
        unread, after, window = (0, 0), (0, 0), layer.windows
        if window is not None:
            (k_h, k_w), (d_h, d_w) = window.kernel, window.dilation
            height, width = height + d_h * (k_h - 1) * down, width + d_w * (k_w - 1) * across
            down, across = down * window.stride[0], across * window.stride[1]
            unread, after = window.dropped, (window.padding[0][1], window.padding[1][1])
            seen = (height, width)
        shape = layer.out_shape
        if len(shape) == 1:
            seen = None
        weights, biases = layer.n_weights, sum(parameter.size for parameter in layer.parameters) - layer.n_weights
        found.append(LayerSummary(number, str(layer), shape, weights, biases, layer.multiply_adds, seen, unread, after))
    return Summary(in_shape, tuple(found))


def summary_of(network: Network) -> Summary:
    """The sizes of a network.

    Examples
    --------
    >>> from chainrule.networks import mlp
    >>> summary_of(mlp(784, (100,), 10)).weights
    79400
    """
    return summarise(network.layers, network.in_shape)
