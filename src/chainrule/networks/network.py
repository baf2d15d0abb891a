"""A network: rules composed, with all parameters in one flat vector.

    theta = [W1, W2, ..., b1, b2, ...]

Weights come first, so that a penalty on weights needs one slice. An optimiser's step is one pass over the vector, and
saving is one array. `unpack` gives the blocks as views, in the order [W1, b1, W2, b2, ...] of their layers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from chainrule import rules
from chainrule.arrays import Array, namespace, same_shape
from chainrule.networks.layers import Layer, Parameter, Shape
from chainrule.networks.specs import Activation, Dropout, Linear
from chainrule.networks.stack import Layers, MakesLayer, layers_of
from chainrule.rules.rule import Rule
from chainrule.streams import Purpose, stream

SYMBOLS = {"weight": "W", "bias": "b"}
"""The letters of parameters in formulas; other parameters appear by name."""

LINKS = {
    "softmax_cross_entropy": rules.softmax,
    "binary_cross_entropy": rules.sigmoid,
    "half_squared_error": rules.sigmoid,
}
"""The rule that turns logits into probabilities, by the name of the loss."""

_GAINS = {"sigmoid": 2.0}
"""Glorot's gain by the name of the next rule; 6 for others. The sigmoid's slope at 0 is a quarter of tanh's."""


@dataclass(frozen=True)
class ParameterBlock:
    """The place of one layer's parameter in the flat vector.

    Attributes
    ----------
    name : str
        W1, b1, W2, ...: the letter of the parameter, and the number of its layer among all layers with parameters.
    layer : int
        The number of the layer, from 0.
    parameter : Parameter
    start : int
        The first entry in the flat vector.

    Examples
    --------
    >>> [(block.name, block.start, block.parameter.shape) for block in mlp(2, (3,), 2).blocks]
    [('W1', 0, (2, 3)), ('b1', 12, (3,)), ('W2', 6, (3, 2)), ('b2', 15, (2,))]
    """

    name: str
    layer: int
    parameter: Parameter
    start: int

    def view(self, flat: Array) -> Array:
        """The block as a view of the flat vector."""
        return flat[self.start : self.start + self.parameter.size].reshape(self.parameter.shape)


@dataclass(frozen=True)
class Network:
    """Layers from inputs to logits, and the loss on the logits.

    Parameters
    ----------
    in_features : int
    layers : tuple of Layer
    loss : Rule
        A loss rule, which takes (logits, targets).
    image_shape : tuple of int, optional
        Channels, height and width, if the rows are flattened images.

    Raises
    ------
    ValueError
        If a layer cannot take its input; the message names the layer and the sizes.

    Examples
    --------
    >>> mlp(4, (6,), 3)
    Network(4, 'linear 6, relu, linear 3', loss='softmax_cross_entropy', n_parameters=51)
    """

    in_features: int
    layers: tuple[Layer, ...]
    loss: Rule = field(default=rules.softmax_cross_entropy)
    image_shape: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if not self.layers:
            raise ValueError("a network needs at least one layer")
        if self.image_shape is not None and math.prod(self.image_shape) != self.in_features:
            raise ValueError(f"images of shape {self.image_shape} have no {self.in_features} features")
        object.__setattr__(self, "layers", layers_of(self.layers, self.in_shape))
        if len(self.shapes[-1]) != 1:
            raise ValueError(f"the last layer puts out images, of shape {self.shapes[-1]}; a network ends in logits")
        for layer in self.layers[1:]:
            if layer.takes_codes:
                raise ValueError(f"the layer {layer} takes codes, which have no gradient: it must be the first layer")
        if self.loss.inputs[:1] != ("logits",) or len(self.loss.inputs) != 2:
            raise ValueError(f"the loss of a network is a rule of logits and targets, got {self.loss.name}")

    def __repr__(self) -> str:
        layers = ", ".join(map(str, self.layers))
        return f"Network({self.in_features}, {layers!r}, loss={self.loss.name!r}, n_parameters={self.n_parameters})"

    @property
    def in_shape(self) -> Shape:
        """The shape of one input: (features,), or channels, height and width."""
        return self.image_shape or (self.in_features,)

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """The shape of one input and of every layer's output: (features,), or channels, height and width."""
        return self.in_shape, *(layer.out_shape for layer in self.layers)

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """The number of entries in one input, and in every layer's output."""
        return tuple(map(math.prod, self.shapes))

    @cached_property
    def n_products(self) -> int:
        """Multiply-adds of a forward pass for one row."""
        return sum(layer.multiply_adds for layer in self.layers)

    @cached_property
    def n_image_products(self) -> int:
        """Multiply-adds of the layers that work on images, for one row."""
        return sum(layer.multiply_adds for layer in self.layers[: self.n_image_layers])

    @cached_property
    def n_image_layers(self) -> int:
        """The number of layers that take images. They come first."""
        return sum(len(shape) == 3 for shape in self.shapes[:-1])

    @property
    def out_features(self) -> int:
        """The number of logits."""
        return self.widths[-1]

    @cached_property
    def blocks(self) -> tuple[ParameterBlock, ...]:
        """All parameters, in the order of their layers."""
        owned = [(i, layer) for i, layer in enumerate(self.layers) if layer.parameters]
        sizes = {True: 0, False: 0}
        placed = []
        for number, (index, layer) in enumerate(owned, start=1):
            for parameter in layer.parameters:
                name = f"{SYMBOLS.get(parameter.name, parameter.name)}{number}"
                placed.append((name, index, parameter, sizes[parameter.penalised]))
                sizes[parameter.penalised] += parameter.size
        return tuple(
            ParameterBlock(name, index, parameter, start if parameter.penalised else sizes[True] + start)
            for name, index, parameter, start in placed
        )

    @cached_property
    def n_parameters(self) -> int:
        """The length of the flat vector of parameters."""
        return sum(block.parameter.size for block in self.blocks)

    @cached_property
    def n_weights(self) -> int:
        """The length of the flat vector's first part, the weights."""
        return sum(layer.n_weights for layer in self.layers)

    def unpack(self, theta: Array) -> list[Array]:
        """The blocks [W1, b1, W2, b2, ...] as views of the flat vector; changing one changes the other."""
        same_shape("the parameters of the network", theta.shape, (self.n_parameters,))
        return [block.view(theta) for block in self.blocks]

    def by_layer(self, flat: Array) -> list[tuple[Array, ...]]:
        """The blocks of every layer as views of the flat vector."""
        return [
            tuple(block.view(flat) for block in self.blocks if block.layer == index)
            for index in range(len(self.layers))
        ]

    def pack(self, blocks: Sequence[Array]) -> Array:
        """The flat vector that holds these blocks, given in the order of `unpack`.

        >>> network = mlp(2, (3,), 2)
        >>> theta = network.initial_parameters(seed=1)
        >>> bool((network.pack(network.unpack(theta)) == theta).all())
        True
        """
        if len(blocks) != len(self.blocks):
            names = ", ".join(block.name for block in self.blocks)
            raise ValueError(f"expected the {len(self.blocks)} blocks {names}, got {len(blocks)}")
        for block, given in zip(self.blocks, blocks, strict=True):
            same_shape(block.name, given.shape, block.parameter.shape)
        by_start = sorted(zip(self.blocks, blocks, strict=True), key=lambda pair: pair[0].start)
        return namespace(blocks[0]).concatenate([given.reshape(-1) for _, given in by_start])

    def initial_parameters(self, seed: int = 0, dtype: Any = np.float64, *, draw: int = 0) -> np.ndarray[Any, Any]:
        """Initial values, drawn for each block from a random stream that depends only on the seed, block and `draw`.

        Values that are drawn later in the same run, such as for added classes, need another `draw`.
        """
        theta = np.empty(self.n_parameters, dtype)
        for number, block in enumerate(self.blocks):
            source = stream(Purpose.INITIALISATION, seed, draw, number)
            values = block.parameter.initial(source, block.parameter.shape)
            if np.ndim(values):
                same_shape(f"the first values of {block.parameter.name}", np.shape(values), block.parameter.shape)
            block.view(theta)[...] = values
        return theta


def network_of_layers(layers: Layers, in_shape: Shape, *, loss: str | Rule = "softmax_cross_entropy") -> Network:
    """A network of the given layers, from inputs of the given shape to logits.

    Parameters
    ----------
    layers : str, or sequence of words, rules and layers
        The outputs of the last layer are the logits.
    in_shape : tuple of int
        (features,), or (channels, height, width).
    loss : str or Rule
        A loss rule, which takes logits and targets.

    Examples
    --------
    >>> network_of_layers("conv 6 5x5 pad 2, relu, pool 2, flatten, linear 10", (1, 28, 28)).n_parameters
    11926
    """
    loss_rule = rules.get(loss) if isinstance(loss, str) else loss
    image_shape = in_shape if len(in_shape) == 3 else None
    return Network(math.prod(in_shape), layers_of(layers, in_shape), loss_rule, image_shape)


def mlp(
    in_features: int,
    hidden: Sequence[int],
    out_features: int,
    *,
    activation: str | Rule | Sequence[str | Rule] = "relu",
    bias: bool = True,
    dropout_rate: float = 0.0,
    loss: str | Rule = "softmax_cross_entropy",
) -> Network:
    """A multilayer perceptron: linear layers, with an activation and optional dropout after each hidden layer.

    Parameters
    ----------
    in_features, out_features : int
        The number of features, and of logits.
    hidden : sequence of int
        The widths of the hidden layers; an empty sequence gives softmax regression.
    activation : str, Rule, or one of these per hidden layer
    bias : bool
        True if the linear layers have biases.
    dropout_rate : float
        In [0, 1).
    loss : str or Rule
        A loss rule, which takes logits and targets.

    Examples
    --------
    >>> mlp(784, (100,), 10, activation="softplus").n_parameters
    79510
    """
    per_layer = [activation] * len(hidden) if isinstance(activation, str | Rule) else list(activation)
    if len(per_layer) != len(hidden):
        raise ValueError(f"{len(hidden)} hidden layers need as many activations, got {len(per_layer)}")
    layers: list[MakesLayer] = []
    for width, given in zip(hidden, per_layer, strict=True):
        rule = Activation(given).layer((width,)).rule
        layers.append(Linear(width, bias, gain=_GAINS.get(rule.name, 6.0)))
        if rule is not rules.identity:
            layers.append(Activation(rule))
        if dropout_rate:
            layers.append(Dropout(dropout_rate))
    loss_rule = rules.get(loss) if isinstance(loss, str) else loss
    link = LINKS.get(loss_rule.name, rules.identity)
    layers.append(Linear(out_features, bias, gain=_GAINS.get(link.name, 6.0)))
    return network_of_layers(layers, (in_features,), loss=loss_rule)
