"""Shared by the rules of images: what they check, tangents, and the matrices of linear maps."""

from __future__ import annotations

import math
from collections.abc import Callable

from chainrule.arrays import Array, diagonal_matrix, empty, namespace


def height_and_width(x: Array) -> tuple[int, int]:
    """The size of images, as plain numbers."""
    return int(x.shape[-2]), int(x.shape[-1])


def images_like(tangent: Array | None, x: Array) -> Array:
    """A tangent in the shape of `x`; zeros for None."""
    xp = namespace(x)
    return xp.zeros_like(x) if tangent is None else xp.broadcast_to(tangent, x.shape)


def matrix_per_image(push: Callable[[Array], Array], x: Array) -> Array:
    """The matrix of a linear map of images like `x`, from its values at the unit images, along a new first axis."""
    xp, leading, image = namespace(x), tuple(x.shape[:-3]), tuple(x.shape[-3:])
    ones = empty((math.prod(image),), x)
    ones[...] = 1
    units = diagonal_matrix(ones).reshape(-1, *(1 for _ in leading), *image)
    columns = xp.moveaxis(push(units), 0, -1)
    outputs = tuple(columns.shape[len(leading) : -1])
    matrix = columns.reshape(*columns.shape[:-1], *image)
    return xp.broadcast_to(matrix, (*leading, *outputs, *image))


def check_images(x: Array) -> None:
    """Raise ValueError unless `x` holds images: channels, height and width, each at least 1, as the last axes."""
    if len(x.shape) < 3 or 0 in x.shape[-3:]:
        raise ValueError(f"x: expected images of shape (..., channels, height, width), got {tuple(x.shape)}")


def check_weight(x: Array, weight: Array, bias: Array | None = None) -> None:
    """Raise ValueError unless these are images, the weight of a convolution, and one bias per output channel."""
    check_images(x)
    if len(weight.shape) != 4 or 0 in weight.shape:
        raise ValueError(
            f"weight: expected shape (out_channels, in_channels / groups, height, width), got {tuple(weight.shape)}"
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise ValueError(f"bias: expected shape {(weight.shape[0],)}, got {tuple(bias.shape)}")


def check_channels(channels: int, out_channels: int, per_group: int, groups: int) -> None:
    """Raise ValueError unless so many groups divide both numbers of channels and the weight has those of one group."""
    if groups < 1 or channels % groups or out_channels % groups:
        raise ValueError(f"groups: expected a divisor of {channels} and {out_channels} channels, got {groups}")
    if per_group * groups != channels:
        raise ValueError(
            f"x has {channels} channels, but the weight takes {per_group * groups} ({groups} groups of {per_group})"
        )
