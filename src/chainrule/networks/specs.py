"""The layers. Each is one class: its words, and its rule, parameters and shapes for inputs of one shape.

    conv FILTERS KERNEL [stride S] [pad P] [dilation D] [groups G] [no bias]
    pool KERNEL [stride S] [pad P]      (or max pool)         average pool KERNEL [stride S] [pad P]
    global pool                         pad P                 flatten
    linear WIDTH [no bias]              dropout RATE          relu, tanh, ... (any activation)
    scale                               smooth clip [limit C]
    parametric ACTIVATION               periodic WAVES [sigma S]
    embedding CODES WIDTH

Sizes are one number, or height x width as in 5x3; P may also be same, valid or full. To add a layer, add a class here
and its name to `__all__`; no other file changes.
"""

import math
from dataclasses import dataclass, field
from functools import partial

from chainrule import rules
from chainrule.kernels.dropout import draw_mask
from chainrule.networks.layer_words import (
    COUNT,
    NAME,
    NUMBER,
    PADDING,
    PAIR,
    RATE,
    SIZE,
    LayerSpec,
    option,
    register_layer,
    switch,
    value,
)
from chainrule.networks.layers import Layer, Parameter, Shape, ones, uniform
from chainrule.rules.image_maps import check_channels
from chainrule.rules.image_sizes import Padding2d, Sizes
from chainrule.rules.parametric_activation import entrywise
from chainrule.rules.rule import Rule
from chainrule.rules.windows import max_pool_windows, pool_windows, windows_on

__all__ = [
    *("Activation", "Conv", "Dropout", "Embedding", "Flatten", "GlobalPool", "Linear", "Pad"),
    *("ParametricActivation", "PeriodicEmbedding", "Pool", "Scale", "SmoothClip"),
]


@register_layer("conv")
@dataclass(frozen=True)
class Conv(LayerSpec):
    """A convolution (in the form of a correlation) with a bias per filter, or without bias.

    Initial weights are uniform within +-1/sqrt(n) for sums of n terms, as in PyTorch; biases start at 0.

    >>> conv = Conv(32, 8, stride=2, padding=3)
    >>> str(conv), conv.layer((3, 128, 128)).out_shape
    ('conv 32 8x8 stride 2 pad 3', (32, 64, 64))
    """

    filters: int = field(metadata=value(COUNT, "the number of filters"))
    kernel: Sizes = field(metadata=value(PAIR, "the size of the kernel"))
    stride: Sizes = field(default=1, metadata=option("stride", SIZE, "a stride"))
    padding: Padding2d = field(default=0, metadata=option("pad", PADDING, "zeros on each side"))
    dilation: Sizes = field(default=1, metadata=option("dilation", SIZE, "a dilation"))
    groups: int = field(default=1, metadata=option("groups", COUNT, "the number of groups"))
    bias: bool = field(default=True, metadata=switch("no bias"))

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for images of a shape."""
        channels, height, width = _images(in_shape)
        if self.filters < 1:
            raise ValueError(f"filters: expected at least 1, got {self.filters}")
        windows = windows_on((height, width), self.kernel, self.stride, self.padding, self.dilation)
        each = channels // max(self.groups, 1)
        check_channels(channels, self.filters, each, self.groups)
        shape = (self.filters, each, *windows.kernel)
        # He's sqrt(6 / n) keeps the size of outputs after ReLUs, but pools enlarge them, and steps of Adam change small
        # weights faster: with two convolutions and dropout, 12 kinds of letters in all colours stay at chance for 10
        # epochs with sqrt(6 / n), and are told apart in 80% of new fonts with this bound.
        weight = Parameter("weight", shape, penalised=True, initial=uniform(1 / math.sqrt(math.prod(shape[1:]))))
        return Layer(
            rules.conv2d if self.bias else rules.correlate2d,
            (weight, Parameter("bias", (self.filters,))) if self.bias else (weight,),
            in_shape,
            (self.filters, *windows.count),
            {"stride": windows.stride, "padding": windows.padding, "dilation": windows.dilation, "groups": self.groups},
            windows=windows,
        )


@register_layer("average pool", "avg pool", "mean pool", average=True)
@register_layer("pool", "max pool", average=False)
@dataclass(frozen=True)
class Pool(LayerSpec):
    """The largest entry of every window, or the mean; windows lie side by side unless a stride is given.

    >>> str(Pool(3, stride=2)), str(Pool(2, average=True)), Pool(2).layer((32, 64, 64)).out_shape
    ('pool 3 stride 2', 'average pool 2', (32, 32, 32))
    """

    kernel: Sizes = field(default=2, metadata=value(SIZE, "the size of the windows"))
    stride: Sizes | None = field(default=None, metadata=option("stride", SIZE, "a stride"))
    padding: Padding2d = field(default=0, metadata=option("pad", PADDING, "zeros on each side"))
    average: bool = False

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for images of a shape."""
        of_images = pool_windows if self.average else max_pool_windows
        windows = of_images(_images(in_shape), kernel=self.kernel, stride=self.stride, padding=self.padding)
        return Layer(
            rules.avg_pool2d if self.average else rules.max_pool2d,
            (),
            in_shape,
            (in_shape[0], *windows.count),
            {"kernel": windows.kernel, "stride": windows.stride, "padding": windows.padding},
            windows=windows,
        )


@register_layer("global pool")
@dataclass(frozen=True)
class GlobalPool(LayerSpec):
    """The mean of every channel.

    >>> GlobalPool().layer((64, 7, 7)).out_shape
    (64,)
    """

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for images of a shape."""
        return Layer(rules.global_avg_pool2d, (), in_shape, _images(in_shape)[:1])


@register_layer("pad")
@dataclass(frozen=True)
class Pad(LayerSpec):
    """Zeros around images.

    >>> Pad(2).layer((1, 28, 28)).out_shape
    (1, 32, 32)
    """

    padding: Padding2d = field(metadata=value(PADDING, "zeros on each side"))

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for images of a shape."""
        channels, height, width = _images(in_shape)
        windows = windows_on((height, width), 1, 1, self.padding)
        return Layer(rules.zero_pad2d, (), in_shape, (channels, *windows.padded), {"padding": windows.padding})


@register_layer("flatten")
@dataclass(frozen=True)
class Flatten(LayerSpec):
    """Images as rows of features.

    >>> Flatten().layer((64, 32, 32)).out_shape
    (65536,)
    """

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for images of a shape."""
        return Layer(rules.flatten, (), in_shape, (math.prod(_images(in_shape)),))


@register_layer("linear")
@dataclass(frozen=True)
class Linear(LayerSpec):
    """y = x W + b, or y = x W without bias.

    Initial values are uniform within +-sqrt(gain / (in_features + width)). Source: Glorot and Bengio (2010).

    >>> [parameter.shape for parameter in Linear(3).layer((4,)).parameters]
    [(4, 3), (3,)]
    """

    width: int = field(metadata=value(COUNT, "the width"))
    bias: bool = field(default=True, metadata=switch("no bias"))
    gain: float = 6.0

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for rows of features."""
        _check_rows("linear", in_shape)
        shape = (in_shape[0], self.width)
        if min(shape) < 1:
            raise ValueError(f"a linear layer has widths of at least 1, got {shape[0]} x {shape[1]}")
        initial = uniform(math.sqrt(self.gain / sum(shape)))
        weight = Parameter("weight", shape, penalised=True, initial=initial)
        parameters = (weight, Parameter("bias", shape[1:], initial=initial)) if self.bias else (weight,)
        return Layer(rules.affine if self.bias else rules.linear, parameters, in_shape, shape[1:])


@register_layer("scale")
@dataclass(frozen=True)
class Scale(LayerSpec):
    """One factor for each feature, which starts at 1. It is no weight: L2 does not apply to it.

    >>> [parameter.shape for parameter in Scale().layer((4,)).parameters]
    [(4,)]
    """

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for rows of features."""
        _check_rows("scale", in_shape)
        return Layer(rules.scaling, (Parameter("scale", in_shape, initial=ones),), in_shape, in_shape)


@register_layer("smooth clip")
@dataclass(frozen=True)
class SmoothClip(LayerSpec):
    """Entries x / sqrt(1 + (x / limit)^2), between -limit and limit.

    >>> str(SmoothClip()), str(SmoothClip(2))
    ('smooth clip', 'smooth clip limit 2')
    """

    limit: float = field(default=3.0, metadata=option("limit", NUMBER, "a limit"))

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for inputs of any shape."""
        if not self.limit > 0:
            raise ValueError(f"smooth clip: limit: expected a positive number, got {self.limit}")
        return Layer(rules.smooth_clip, (), in_shape, in_shape, {"limit": self.limit})


@register_layer("parametric")
@dataclass(frozen=True)
class ParametricActivation(LayerSpec):
    """x + a (f(x) - x) with an activation f and one share a for each feature, which starts at 1 and is no weight.

    >>> [(parameter.name, parameter.shape) for parameter in ParametricActivation("mish").layer((4,)).parameters]
    [('share', (4,))]
    """

    activation: str = field(metadata=value(NAME, "an activation"))

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for rows of features."""
        _check_rows("parametric", in_shape)
        entrywise(self.activation)
        share = Parameter("share", in_shape, initial=ones)
        return Layer(rules.parametric_activation, (share,), in_shape, in_shape, {"activation": self.activation})


@register_layer("periodic")
@dataclass(frozen=True)
class PeriodicEmbedding(LayerSpec):
    """Each feature x as cosines, cos(2 pi f x + b), with frequencies f and phases b of its own, which are no weights.

    Initial frequencies are normal with the standard deviation `sigma`, initial phases uniform. Source: Gorishniy et al.
    (2022).

    >>> PeriodicEmbedding(8).layer((4,)).out_shape
    (32,)
    """

    waves: int = field(metadata=value(COUNT, "the number of cosines"))
    sigma: float = field(default=0.1, metadata=option("sigma", NUMBER, "a standard deviation"))

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for rows of features."""
        _check_rows("periodic", in_shape)
        if self.waves < 1:
            raise ValueError(f"periodic: waves: expected at least 1, got {self.waves}")
        shape = (in_shape[0], self.waves)
        parameters = (
            Parameter("frequency", shape, initial=lambda stream, shape: stream.normal(0, self.sigma, shape)),
            Parameter("phase", shape, initial=uniform(math.pi)),
        )
        return Layer(rules.periodic_embedding, parameters, in_shape, (math.prod(shape),), {"flat": True})


@register_layer("embedding")
@dataclass(frozen=True)
class Embedding(LayerSpec):
    """The first layer of a network on codes, 0 to below `codes`: each feature as a row of one table.

    Features that are to have rows of their own need different codes. Initial values are uniform within +-1/sqrt(width).

    >>> Embedding(10, 3).layer((4,)).out_shape
    (12,)
    """

    codes: int = field(metadata=value(COUNT, "the number of codes"))
    width: int = field(metadata=value(COUNT, "the width"))

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for rows of codes."""
        _check_rows("embedding", in_shape)
        shape = (self.codes, self.width)
        if min(shape) < 1:
            raise ValueError(f"embedding: expected at least 1 code and a width of at least 1, got {shape}")
        table = Parameter("table", shape, penalised=True, initial=uniform(1 / math.sqrt(self.width)))
        return Layer(rules.embedding, (table,), in_shape, (in_shape[0] * self.width,), {"flat": True})


@register_layer("dropout")
@dataclass(frozen=True)
class Dropout(LayerSpec):
    """Set each entry to 0 with probability `rate` while training, and scale the others by 1 / (1 - rate).

    Outside training the layer passes its input on.

    Parameters
    ----------
    rate : float
        In [0, 1).

    Examples
    --------
    >>> str(Dropout(0.5)), Dropout(0.5).layer((3,)).rule.formula
    ('dropout 0.5', 'y = x * mask')
    """

    rate: float = field(metadata=value(RATE, "a rate"))

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for inputs of any shape."""
        if not 0 <= self.rate < 1:
            raise ValueError(f"dropout: expected a rate from 0 up to, but not including, 1, got {self.rate}")
        if self.rate == 0:
            return Layer(rules.identity, (), in_shape, in_shape)
        return Layer(rules.dropout, (), in_shape, in_shape, noise=partial(draw_mask, rate=self.rate))


@dataclass(frozen=True)
class Activation(LayerSpec):
    """A rule of one input, or its name. The output has the shape of the input.

    >>> Activation("tanh").layer((3,)).rule.formula
    'y = tanh(x)'
    """

    rule: str | Rule

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for inputs of any shape."""
        rule = self.rule
        if isinstance(rule, str):
            if rule not in rules.activation_names():
                raise ValueError(f"no activation is named {rule!r}; there are {', '.join(rules.activation_names())}")
            rule = rules.get(rule)
        return Layer(rule, (), in_shape, in_shape)

    def __str__(self) -> str:
        return self.rule if isinstance(self.rule, str) else self.rule.name


def _check_rows(layer: str, shape: Shape) -> None:
    if len(shape) != 1:
        raise ValueError(f"a {layer} layer takes rows of features: put flatten, or global pool, before it")


def _images(shape: Shape) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise ValueError(f"expected images, channels x height x width, but {shape[0]} features arrive")
    channels, height, width = shape
    return channels, height, width
