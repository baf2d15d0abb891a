"""A network in words, `conv 32 8x8 stride 2 pad 3, relu, pool 2, flatten, linear 10`, or in objects, `[Conv(32, 8)]`.

    conv FILTERS KERNEL [stride S] [pad P] [dilation D] [groups G] [no bias]
    pool KERNEL [stride S] [pad P]      (or max pool)         average pool KERNEL [stride S] [pad P]
    global pool                         pad P                 flatten
    linear WIDTH [no bias]              dropout RATE          relu, tanh, ... (any activation)

Sizes are one number, or height x width as in 5x3; P may also be same, valid or full. Each piece knows neither the
inputs that it will get nor what comes out: `layers_of` puts them behind each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

from chainrule import rules
from chainrule.networks.layers import Layer
from chainrule.networks.network import Network
from chainrule.networks.specs import (
    Activation,
    Conv,
    Dropout,
    Flatten,
    GlobalPool,
    LayerSpec,
    Linear,
    Pad,
    Pool,
    Shape,
)
from chainrule.rules.rule import Rule
from chainrule.rules.windows import Padding2d, Sizes

Layers: TypeAlias = "str | Sequence[str | Rule | LayerSpec]"


def specs_of(layers: Layers) -> tuple[LayerSpec, ...]:
    """Layers to be, from words, or from a sequence of words, rules and such layers.

    Raises
    ------
    ValueError
        For words that are not understood; the message quotes the piece and says what is known.

    Examples
    --------
    >>> specs_of("conv 32 5x5, relu")
    (Conv(filters=32, kernel=(5, 5), stride=1, padding=0, dilation=1, groups=1, bias=True), Activation(rule='relu'))
    >>> specs_of("conf 32 5x5")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: 'conf 32 5x5': no layer is called 'conf'; there are conv, pool, max pool, average pool, global pool, ...
    """
    found: list[LayerSpec] = []
    if not isinstance(layers, Sequence):
        raise ValueError(f"layers: expected words, or a sequence of words and layers, got {layers!r}")
    for piece in [layers] if isinstance(layers, str) else layers:
        if isinstance(piece, str):
            found += [_read(" ".join(part.split())) for part in piece.split(",") if part.strip()]
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
        Where a layer cannot take what arrives; the message names the layer and the sizes.

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
        except ValueError as error:
            raise ValueError(f"layer {number} ({spec}): {error}; {_described(shape)} arrive") from None
        made.append(layer)
        if layer.out_features is not None:
            shape = layer.out_shape or (layer.out_features,)
    return tuple(made)


def network_of_layers(layers: Layers, in_shape: Shape, *, loss: str | Rule = "softmax_cross_entropy") -> Network:
    """The network of a stack, from inputs of a shape to logits.

    Parameters
    ----------
    layers : str, or sequence of words, rules and layers to be
        The last one has as many outputs as there are logits.
    in_shape : tuple of int
        (features,), or (channels, height, width).
    loss : str or Rule
        A rule of logits and targets.

    Examples
    --------
    >>> network_of_layers("conv 6 5x5 pad 2, relu, pool 2, flatten, linear 10", (1, 28, 28)).n_parameters
    11926
    """
    loss_rule = rules.get(loss) if isinstance(loss, str) else loss
    image_shape = in_shape if len(in_shape) == 3 else None
    return Network(math.prod(in_shape), layers_of(layers, in_shape), loss_rule, image_shape)


def with_head(
    layers: Layers, in_shape: Shape, outputs: int, *, dropout: float = 0.0, always: bool = False
) -> tuple[LayerSpec, ...]:
    """The layers that a classifier trains, down to its logits.

    Layers that end in a linear layer are complete: it is the head, and has one output per logit. Behind any others a
    linear layer comes, and ``flatten`` before it where images are left.

    Parameters
    ----------
    layers : str, or sequence of words, rules and layers to be
    in_shape : tuple of int
        (features,), or (channels, height, width).
    outputs : int
        The number of logits: one for two classes, else one per class.
    dropout : float, default=0
        The probability with which an input of the head is left out in a training step.
    always : bool, default=False
        Add a head behind a linear layer too, as chainrule 0.1 did.

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
    shape = in_shape
    for layer in made:
        if layer.out_features is not None:
            shape = layer.out_shape or (layer.out_features,)
    head: list[LayerSpec] = [Dropout(dropout)] if dropout else []
    last = None if always or not made else made[-1].rule
    if last in (rules.softmax, rules.log_softmax):
        raise ValueError(
            f"layer {len(made)} ({specs[-1]}): the loss takes the softmax itself; end with the linear layer before"
        )
    if last not in (rules.linear, rules.affine):
        flat: list[LayerSpec] = [Flatten()] if len(shape) == 3 else []
        return (*specs, *flat, *head, Linear(outputs))
    if shape != (outputs,):
        logits = "1 logit, which is what two classes have" if outputs == 1 else f"{outputs} logits, one for each class"
        raise ValueError(
            f"layer {len(made)} ({specs[-1]}): the last linear layer puts out {shape[0]}, and the labels need {logits}"
        )
    return (*specs[:-1], *head, specs[-1])


def spec_of(layer: Layer) -> LayerSpec:
    """What a layer was made from, up to the order of its words.

    >>> str(spec_of(Conv(32, 8, stride=2, padding=3).layer((3, 128, 128))))
    'conv 32 8x8 stride 2 pad 3'
    """
    rule, options = layer.rule, {name: _shortest(value) for name, value in layer.options.items()}
    if rule in (rules.conv2d, rules.correlate2d):
        filters, _, *kernel = layer.parameters[0].shape
        return Conv(filters, (kernel[0], kernel[1]), bias=rule is rules.conv2d, **options)
    if rule in (rules.max_pool2d, rules.avg_pool2d):
        beside = options.pop("stride") == options["kernel"]
        stride = None if beside else _shortest(layer.options["stride"])
        return Pool(stride=stride, average=rule is rules.avg_pool2d, **options)
    if rule is rules.zero_pad2d:
        return Pad(**options)
    if rule in (rules.linear, rules.affine):
        return Linear(layer.parameters[0].shape[1], bias=rule is rules.affine)
    if rule is rules.dropout:
        return Dropout(layer.dropout_rate)
    if rule is rules.flatten:
        return Flatten()
    return GlobalPool() if rule is rules.global_avg_pool2d else Activation(rule)


def _shortest(value: Any) -> Any:
    """One number for a pair of equal ones."""
    if not isinstance(value, tuple):
        return value
    first, second = map(_shortest, value)
    return first if first == second else (first, second)


def _described(shape: Shape) -> str:
    if len(shape) == 3:
        return f"images of {' x '.join(map(str, shape))} (channels x height x width)"
    return f"{shape[0]} features"


class _Words:
    """The words of one piece, taken from the left."""

    def __init__(self, text: str) -> None:
        self.text, self.left = text, text.lower().split()

    def take(self, what: str) -> str:
        if not self.left:
            raise self.error(f"expected {what}, and the words end")
        return self.left.pop(0)

    def takes(self, *words: str) -> bool:
        """Whether these words come next; then they are gone."""
        if tuple(self.left[: len(words)]) != words:
            return False
        del self.left[: len(words)]
        return True

    def number(self, what: str) -> int:
        word = self.take(what)
        if not word.isdecimal():
            raise self.error(f"expected {what}, a whole number, got {word!r}")
        return int(word)

    def size(self, what: str) -> Sizes:
        word = self.take(what)
        parts = word.split("x")
        if len(parts) > 2 or not all(part.isdecimal() for part in parts):
            raise self.error(f"expected {what}, such as 3 or 3x5, got {word!r}")
        return int(parts[0]) if len(parts) == 1 else (int(parts[0]), int(parts[1]))

    def padding(self) -> Padding2d:
        if self.left and self.left[0] in ("same", "valid", "full"):
            return self.left.pop(0)
        return self.size("zeros on each side")

    def options(self, *names: str) -> dict[str, Any]:
        """What follows the sizes, in any order."""
        found: dict[str, Any] = {}
        while self.left:
            if "stride" in names and self.takes("stride"):
                found["stride"] = self.size("a stride")
            elif "pad" in names and self.takes("pad"):
                found["padding"] = self.padding()
            elif "dilation" in names and self.takes("dilation"):
                found["dilation"] = self.size("a dilation")
            elif "groups" in names and self.takes("groups"):
                found["groups"] = self.number("the number of groups")
            elif "no bias" in names and self.takes("no", "bias"):
                found["bias"] = False
            else:
                raise self.error(f"{' '.join(self.left)!r} is not understood here; there are {', '.join(names)}")
        return found

    def end(self) -> None:
        if self.left:
            raise self.error(f"{' '.join(self.left)!r} is not understood here")

    def error(self, message: str) -> ValueError:
        return ValueError(f"{self.text!r}: {message}")


_NAMES = ("conv", "pool", "max pool", "average pool", "global pool", "pad", "flatten", "linear", "dropout")


def _read(text: str) -> LayerSpec:
    words = _Words(text)
    name = words.take("a layer")
    if name in ("max", "average", "avg", "mean", "global") and words.takes("pool"):
        name = {"max": "pool", "global": "global pool"}.get(name, "average pool")
    spec = _spec(name, words)
    words.end()
    return spec


def _spec(name: str, words: _Words) -> LayerSpec:
    if name == "conv":
        filters, kernel = words.number("the number of filters"), words.size("the size of the kernel")
        return Conv(filters, kernel, **words.options("stride", "pad", "dilation", "groups", "no bias"))
    if name in ("pool", "average pool"):
        size = words.size("the size of the windows")
        return Pool(size, average=name != "pool", **words.options("stride", "pad"))
    if name == "global pool":
        return GlobalPool()
    if name == "pad":
        return Pad(words.padding())
    if name == "flatten":
        return Flatten()
    if name == "linear":
        return Linear(words.number("the width"), **words.options("no bias"))
    if name == "dropout":
        word = words.take("a rate")
        try:
            return Dropout(float(word))
        except ValueError:
            raise words.error(f"expected a rate, a number from 0 to below 1, got {word!r}") from None
    if name in rules.activation_names():
        return Activation(name)
    raise words.error(f"no layer is called {name!r}; there are {', '.join((*_NAMES, *rules.activation_names()))}")
