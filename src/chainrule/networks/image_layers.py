"""Layers on images: convolutions, pools, zeros around, and what makes rows of images.

Every layer is made for images of one shape, channels x height x width, and says what shape comes out.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule import rules
from chainrule.networks.layers import Layer, Parameter
from chainrule.rules.convolution2d import check_channels
from chainrule.rules.pooling import max_pool_windows, pool_windows
from chainrule.rules.rule import Rule
from chainrule.rules.windows import Padding2d, Sizes, windows_on

Shape = tuple[int, ...]


def conv(
    in_shape: Shape,
    filters: int,
    kernel: Sizes,
    *,
    stride: Sizes = 1,
    padding: Padding2d = 0,
    dilation: Sizes = 1,
    groups: int = 1,
    bias: bool = True,
) -> Layer:
    """A convolution (in the form of a correlation) with a bias per filter, or without bias.

    First weights are uniform within +-sqrt(6 / n) for sums of n terms, which keeps the size of what a ReLU lets through
    the same from layer to layer; biases start at 0. Source: He et al. (2015).

    >>> layer = conv((3, 128, 128), 32, 8, stride=2, padding=3)
    >>> layer.out_shape, [parameter.shape for parameter in layer.parameters]
    ((32, 64, 64), [(32, 3, 8, 8), (32,)])
    """
    channels, height, width = _images(in_shape)
    if filters < 1:
        raise ValueError(f"filters: expected at least 1, got {filters}")
    windows = windows_on((height, width), kernel, stride, padding, dilation)
    check_channels(channels, filters, channels // max(groups, 1), groups)
    terms = channels // groups * math.prod(windows.kernel)
    bound = math.sqrt(6 / terms)

    def uniform(stream: np.random.Generator, shape: Shape) -> Any:
        return stream.uniform(-bound, bound, shape)

    weight = Parameter("weight", (filters, channels // groups, *windows.kernel), penalised=True, initial=uniform)
    options = {"stride": windows.stride, "padding": windows.padding, "dilation": windows.dilation, "groups": groups}
    rule = rules.conv2d if bias else rules.correlate2d
    parameters = (weight, Parameter("bias", (filters,))) if bias else (weight,)
    return _layer(rule, in_shape, (filters, *windows.count), parameters, options)


def pool(
    in_shape: Shape,
    kernel: Sizes = 2,
    *,
    stride: Sizes | None = None,
    padding: Padding2d = 0,
    average: bool = False,
) -> Layer:
    """The largest entry of every window, or the mean; windows lie side by side unless a stride is given.

    >>> pool((32, 64, 64), 2).out_shape
    (32, 32, 32)
    """
    windows = (pool_windows if average else max_pool_windows)(_images(in_shape), kernel, stride, padding)
    options = {"kernel": windows.kernel, "stride": windows.stride, "padding": windows.padding}
    rule = rules.avg_pool2d if average else rules.max_pool2d
    return _layer(rule, in_shape, (in_shape[0], *windows.count), options=options)


def global_pool(in_shape: Shape) -> Layer:
    """The mean of every channel.

    >>> global_pool((64, 7, 7)).out_shape
    (64,)
    """
    return _layer(rules.global_avg_pool2d, in_shape, _images(in_shape)[:1])


def pad(in_shape: Shape, padding: Padding2d) -> Layer:
    """Zeros around images.

    >>> pad((1, 28, 28), 2).out_shape
    (1, 32, 32)
    """
    channels, height, width = _images(in_shape)
    windows = windows_on((height, width), 1, 1, padding)
    return _layer(rules.zero_pad2d, in_shape, (channels, *windows.padded), options={"padding": windows.padding})


def flatten(in_shape: Shape) -> Layer:
    """Images as rows of features.

    >>> flatten((64, 32, 32)).out_shape
    (65536,)
    """
    return _layer(rules.flatten, in_shape, (math.prod(_images(in_shape)),))


def _layer(
    rule: Rule,
    in_shape: Shape,
    out_shape: Shape,
    parameters: tuple[Parameter, ...] = (),
    options: dict[str, Any] | None = None,
) -> Layer:
    return Layer(
        rule,
        parameters,
        math.prod(in_shape),
        math.prod(out_shape),
        options=options or {},
        in_shape=in_shape,
        out_shape=out_shape,
    )


def _images(shape: Shape) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise ValueError(f"expected images, channels x height x width, but {shape[0]} features arrive")
    channels, height, width = shape
    return channels, height, width
