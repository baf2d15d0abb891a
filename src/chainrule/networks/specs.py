"""Layers to be, as objects: each makes its layer for inputs of any shape, and is written in the words of `stack`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from chainrule.networks import image_layers
from chainrule.networks.layers import Layer, activation, dropout, linear
from chainrule.rules.rule import Rule
from chainrule.rules.windows import Padding2d, Sizes

Shape: TypeAlias = tuple[int, ...]


class LayerSpec(Protocol):
    """A layer to be."""

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for inputs of a shape: (features,), or (channels, height, width)."""


@dataclass(frozen=True)
class Conv:
    """A convolution.

    >>> str(Conv(32, 8, stride=2, padding=3)), Conv(32, 8, stride=2, padding=3).layer((3, 128, 128)).out_shape
    ('conv 32 8x8 stride 2 pad 3', (32, 64, 64))
    """

    filters: int
    kernel: Sizes
    stride: Sizes = 1
    padding: Padding2d = 0
    dilation: Sizes = 1
    groups: int = 1
    bias: bool = True

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for images of a shape."""
        return image_layers.conv(
            in_shape,
            self.filters,
            self.kernel,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
            bias=self.bias,
        )

    def __str__(self) -> str:
        height, width = (self.kernel,) * 2 if isinstance(self.kernel, int) else self.kernel
        words = [f"conv {self.filters} {height}x{width}"]
        for name, value, usual in (
            ("stride", self.stride, 1),
            ("pad", self.padding, 0),
            ("dilation", self.dilation, 1),
            ("groups", self.groups, 1),
        ):
            words += [] if value == usual else [f"{name} {_written(value)}"]
        return " ".join([*words, *([] if self.bias else ["no bias"])])


@dataclass(frozen=True)
class Pool:
    """The largest entry of every window, or the mean.

    >>> str(Pool(3, stride=2)), str(Pool(2, average=True))
    ('pool 3 stride 2', 'average pool 2')
    """

    kernel: Sizes = 2
    stride: Sizes | None = None
    padding: Padding2d = 0
    average: bool = False

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for images of a shape."""
        return image_layers.pool(in_shape, self.kernel, stride=self.stride, padding=self.padding, average=self.average)

    def __str__(self) -> str:
        words = [f"{'average ' if self.average else ''}pool {_written(self.kernel)}"]
        words += [] if self.stride is None else [f"stride {_written(self.stride)}"]
        return " ".join([*words, *([] if self.padding == 0 else [f"pad {_written(self.padding)}"])])


@dataclass(frozen=True)
class GlobalPool:
    """The mean of every channel."""

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for images of a shape."""
        return image_layers.global_pool(in_shape)

    def __str__(self) -> str:
        return "global pool"


@dataclass(frozen=True)
class Pad:
    """Zeros around images."""

    padding: Padding2d

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for images of a shape."""
        return image_layers.pad(in_shape, self.padding)

    def __str__(self) -> str:
        return f"pad {_written(self.padding)}"


@dataclass(frozen=True)
class Flatten:
    """Images as rows of features."""

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for images of a shape."""
        return image_layers.flatten(in_shape)

    def __str__(self) -> str:
        return "flatten"


@dataclass(frozen=True)
class Linear:
    """A linear layer."""

    width: int
    bias: bool = True

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for rows of features."""
        if len(in_shape) != 1:
            raise ValueError("a linear layer takes rows of features: put flatten, or global pool, before it")
        return linear(in_shape[0], self.width, bias=self.bias)

    def __str__(self) -> str:
        return f"linear {self.width}{'' if self.bias else ' no bias'}"


@dataclass(frozen=True)
class Dropout:
    """Entries left out at random while training."""

    rate: float

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for inputs of any shape."""
        return dropout(self.rate)

    def __str__(self) -> str:
        return f"dropout {self.rate:g}"


@dataclass(frozen=True)
class Activation:
    """A rule applied to every entry, by name or as it is."""

    rule: str | Rule

    def layer(self, in_shape: Shape) -> Layer:
        """The layer, for inputs of any shape."""
        return activation(self.rule)

    def __str__(self) -> str:
        return self.rule if isinstance(self.rule, str) else self.rule.name


def _written(value: Any) -> str:
    """A size as it is read."""
    if isinstance(value, tuple) and all(isinstance(part, int) for part in value):
        return f"{value[0]}x{value[1]}"
    return str(value)
