"""Linear maps of images: the rules that they make, and what counts as images, weights and groups of channels."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from chainrule.arrays import Array, diagonal_matrix, empty, namespace
from chainrule.rules.rule import Forward, Rule


class MapResiduals(NamedTuple):
    """The values that determine a linear map of images."""

    x: Array
    windows: Any = None
    """`Windows`, or None for maps without windows."""
    choice: Array | None = None
    """For a maximum: for each entry of each window whether it is the largest, as booleans."""


def image_map(
    name: str,
    forward: Forward,
    push: Callable[[MapResiduals, Array], Array],
    pull: Callable[[MapResiduals, Array], Array],
    **about: Any,
) -> Rule:
    """The rule of images whose derivative is the linear map A, which the residuals determine.

    Parameters
    ----------
    name : str
    forward : callable
        ``forward(x, **options)`` returns the output and the `MapResiduals`.
    push, pull : callable
        ``push(residuals, images)`` returns A times images; ``pull(residuals, cotangent)`` its transpose, A^T v.
    **about
        Further fields of `Rule`: options, formula, ...
    """

    def jacobian_matrix(residuals: MapResiduals) -> Array:
        return matrix_per_image(lambda images: push(residuals, images), residuals.x)

    return Rule(name, forward, pull, push, jacobian_matrix, check=check_images, kind="shape", **about)


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


def height_and_width(x: Array) -> tuple[int, int]:
    """The size of images, as plain numbers."""
    return int(x.shape[-2]), int(x.shape[-1])


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
    """Raise ValueError unless the groups divide both numbers of channels and the weight has one group's channels."""
    if groups < 1 or channels % groups or out_channels % groups:
        raise ValueError(f"groups: expected a divisor of {channels} and {out_channels} channels, got {groups}")
    if per_group * groups != channels:
        raise ValueError(
            f"x has {channels} channels, but the weight takes {per_group * groups} ({groups} groups of {per_group})"
        )
