"""Stacks of layers: in words, `conv 32 8x8 stride 2 pad 3, relu, pool 2, flatten, linear 10`, or as objects.

The words are those of `specs`. They name no input shapes: `layers_of` finds the shape of each layer's input.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from chainrule import rules
from chainrule.networks.layer_words import LAYERS, LayerSpec, read
from chainrule.networks.layers import Layer, Shape, described
from chainrule.networks.specs import Activation, Dropout, Flatten, Linear
from chainrule.rules.rule import Rule

MakesLayer: TypeAlias = LayerSpec | Layer
Layers: TypeAlias = "str | Sequence[str | Rule | MakesLayer]"


def specs_of(layers: Layers) -> tuple[MakesLayer, ...]:
    """Specs from words, or from a sequence of words, rules, specs and layers.

    Raises
    ------
    ValueError
        For words that are not understood; the message quotes them and lists the known ones.

    Examples
    --------
    >>> specs_of("conv 32 5x5, relu")
    (Conv(filters=32, kernel=(5, 5), stride=1, padding=0, dilation=1, groups=1, bias=True), Activation(rule='relu'))
    >>> specs_of("conf 32 5x5")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: 'conf 32 5x5': no layer is called 'conf'; did you mean 'conv'? layers are conv, pool, max pool, ...
    """
    if not isinstance(layers, Sequence):
        raise ValueError(f"layers: expected words, or a sequence of words and layers, got {layers!r}")
    names = LAYERS | {name: (Activation, {"rule": name}) for name in rules.activation_names()}
    found: list[MakesLayer] = []
    for piece in [layers] if isinstance(layers, str) else layers:
        if isinstance(piece, str):
            found += [read(" ".join(part.split()), names) for part in piece.split(",") if part.strip()]
        elif isinstance(piece, Rule):
            found.append(Activation(piece))
        elif hasattr(piece, "layer"):
            found.append(piece)
        else:
            raise ValueError(f"layers: expected words, rules or layers such as Conv(32, 3), got {piece!r}")
    return tuple(found)


def layers_of(layers: Layers, in_shape: Shape) -> tuple[Layer, ...]:
    """The layers of a stack for inputs of a shape, (features,) or (channels, height, width).

    Raises
    ------
    ValueError
        If a layer cannot take its input; the message names the layer and the sizes.

    Examples
    --------
    >>> layers_of("pool 4", (3, 2, 2))
    Traceback (most recent call last):
        ...
    ValueError: layer 1 (pool 4): height: a kernel of 4 does not fit on 2 samples with padding (0, 0), 2 in all; \
images of 3 x 2 x 2 (channels x height x width) arrive
    """
    made: list[Layer] = []
    shape = in_shape
    for number, spec in enumerate(specs_of(layers), start=1):
        try:
            layer = spec.layer(shape)
            if layer.in_shape not in ((), shape):
                raise ValueError(f"it takes {described(layer.in_shape)}")
        except ValueError as error:
            raise ValueError(f"layer {number} ({spec}): {error}; {described(shape)} arrive") from None
        made.append(replace(layer, in_shape=shape, out_shape=layer.out_shape or shape, words=str(spec)))
        shape = layer.out_shape or shape
    return tuple(made)


def with_head(
    layers: Layers, in_shape: Shape, outputs: int, *, dropout: float = 0.0, always: bool = False
) -> tuple[MakesLayer, ...]:
    """The layers that a classifier trains, from inputs to logits.

    Layers that end in a linear layer, or in another layer with weights whose rule has the kind "layer", are complete:
    this layer is the head, and must have one output per logit. Otherwise a linear layer is added, after ``flatten`` if
    images are left.

    Parameters
    ----------
    layers : str, or sequence of words, rules and layers
    in_shape : tuple of int
        (features,), or (channels, height, width).
    outputs : int
        The number of logits: one for two classes, else one per class.
    dropout : float, default=0
        The probability that a training step drops an input of the head.
    always : bool, default=False
        Add a head after a linear layer too, as chainrule 0.1 did.

    Raises
    ------
    ValueError
        If the last linear layer has another number of outputs, if a softmax ends the layers, or as `layers_of` does.

    Examples
    --------
    >>> [str(spec) for spec in with_head("conv 8 3x3, relu", (1, 8, 8), 10)]
    ['conv 8 3x3', 'relu', 'flatten', 'linear 10']
    >>> with_head("flatten, linear 10", (1, 8, 8), 10) == specs_of("flatten, linear 10")
    True
    """
    specs = specs_of(layers)
    made = layers_of(specs, in_shape)
    shape = made[-1].out_shape if made else in_shape
    head: list[MakesLayer] = [Dropout(dropout)] if dropout else []
    if made and not always and made[-1].rule in (rules.softmax, rules.log_softmax):
        raise ValueError(
            f"layer {len(made)} ({specs[-1]}): the loss takes the softmax itself; end with the linear layer before"
        )
    if always or not made or not made[-1].may_be_head:
        flat: list[MakesLayer] = [Flatten()] if len(shape) == 3 else []
        return (*specs, *flat, *head, Linear(outputs))
    if shape != (outputs,):
        logits = "1 logit for two classes" if outputs == 1 else f"{outputs} logits, one for each class"
        raise ValueError(
            f"layer {len(made)} ({specs[-1]}): the last linear layer puts out {shape[0]}, and the labels need {logits}"
        )
    return (*specs[:-1], *head, specs[-1])
