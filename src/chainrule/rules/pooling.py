"""Pools of images: the largest or the mean entry of every window, and the mean of every channel.

    max_pool2d:        y[c, i, j] = max_{a, b} x[c, i s + a - p, j s + b - p]
    avg_pool2d:        y[c, i, j] = sum_{a, b} x[c, i s + a - p, j s + b - p] / (k_h k_w)
    global_avg_pool2d: y[c] = sum_{i, j} x[c, i, j] / (h w)

    max: v to the entry that is the largest, 0 elsewhere       mean: v / count to all entries of the window

Among equals the largest is the first of them, row by row; where windows overlap, what they give to one entry is added.
Around the image the maximum sees minus infinity, the mean zeros, which count. The stride is the kernel if not given:
windows then lie side by side, and rows and columns that are left over at the bottom and on the right are dropped.
"""

from __future__ import annotations

from typing import NamedTuple

from chainrule.arrays import Array, empty, may_write, namespace
from chainrule.kernels.native import native
from chainrule.kernels.shapes import Windows
from chainrule.rules.padding2d import check_images, per_image, stored
from chainrule.rules.rule import Exact, Rule
from chainrule.rules.windows import Padding2d, Sizes, cropped, matrix_of, padded, placed, taken, windows_on
from chainrule.workspace import Workspace


class Chosen(NamedTuple):
    """What the derivatives of `max_pool2d` need: for each entry of a window, where it is the largest."""

    choice: tuple[Array, ...]
    windows: Windows
    x: Array


class Kept(NamedTuple):
    """What training's pullback of `max_pool2d` needs: the choice in the accelerator's own form."""

    choice: tuple[Array, ...]
    windows: Windows
    shape: tuple[int, ...]


class Averaged(NamedTuple):
    """What the derivatives of `avg_pool2d` need."""

    windows: Windows
    x: Array


class Means(NamedTuple):
    """What the derivatives of `global_avg_pool2d` need."""

    x: Array


def pool_windows(shape: tuple[int, ...], kernel: Sizes, stride: Sizes | None, padding: Padding2d) -> Windows:
    """The windows of a pool on images of that shape; side by side if no stride is given."""
    return windows_on((int(shape[-2]), int(shape[-1])), kernel, kernel if stride is None else stride, padding)


def max_pool_windows(shape: tuple[int, ...], kernel: Sizes, stride: Sizes | None, padding: Padding2d) -> Windows:
    """The same for a maximum, of which every window needs an entry that is no padding."""
    windows = pool_windows(shape, kernel, stride, padding)
    if any(2 * zeros > k for sides, k in zip(windows.padding, windows.kernel, strict=True) for zeros in sides):
        raise ValueError(f"max_pool2d: the padding {windows.padding} is more than half of the kernel {windows.kernel}")
    return windows


def _max_exact(
    x: Array,
    *,
    kernel: Sizes = 2,
    stride: Sizes | None = None,
    padding: Padding2d = 0,
    out: Array | None = None,
    work: Workspace | None = None,
) -> tuple[Array, Chosen]:
    windows = max_pool_windows(tuple(x.shape), kernel, stride, padding)
    xp, around = namespace(x), padded(x, windows.padding, -float("inf"))
    value, *others = (taken(around, windows, entry) for entry in windows.entries)
    beats = []
    for other in others:
        beats.append(other > value)
        value = xp.maximum(value, other)
    # An entry is chosen that beats all before it, and that none after it beats. Nothing beats the value itself.
    later, choice = value > value, []
    for beaten in reversed(beats):
        choice.append(beaten & ~later)
        later = later | beaten
    return stored(value, out), Chosen((~later, *reversed(choice)), windows, x)


def _max_exact_pullback(
    residuals: Chosen, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    choice, windows, x = residuals
    xp, total = namespace(cotangent), None
    cotangent = xp.broadcast_to(cotangent, (*x.shape[:-2], *windows.count))
    for entry, here in zip(windows.entries, choice, strict=True):
        term = placed(xp.where(here, cotangent, xp.zeros_like(cotangent)), windows, entry)
        total = term if total is None else total + term
    return stored(cropped(total, windows.padding), out)


def _max_forward(
    x: Array,
    *,
    kernel: Sizes = 2,
    stride: Sizes | None = None,
    padding: Padding2d = 0,
    out: Array | None = None,
    work: Workspace | None = None,
) -> tuple[Array, Chosen | Kept]:
    windows, fast = max_pool_windows(tuple(x.shape), kernel, stride, padding), native(x)
    if fast is None or not may_write(x) or not fast.pools(windows):
        return _max_exact(x, kernel=kernel, stride=stride, padding=padding, out=out)
    value, choice = fast.largest(x, windows, out=out, work=work)
    return value, Kept(choice, windows, tuple(x.shape))


def _max_pullback(
    residuals: Chosen | Kept, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    fast = native(cotangent)
    if isinstance(residuals, Chosen) or fast is None:
        return _max_exact_pullback(residuals, cotangent, out=out)  # type: ignore[arg-type]
    choice, windows, shape = residuals
    cotangent = namespace(cotangent).broadcast_to(cotangent, (*shape[:-2], *windows.count))
    return fast.to_largest(choice, cotangent, windows, shape, out=out)


def _max_pushforward(residuals: Chosen, tangent: Array | None) -> Array:
    choice, windows, x = residuals
    xp = namespace(x)
    around = padded(xp.zeros_like(x) if tangent is None else xp.broadcast_to(tangent, x.shape), windows.padding)
    moved = 0
    for entry, here in zip(windows.entries, choice, strict=True):
        there = taken(around, windows, entry)
        moved = moved + xp.where(here, there, xp.zeros_like(there))
    return moved


def _max_jacobian(residuals: Chosen) -> Array:
    return matrix_of(lambda unit: _max_pushforward(residuals, unit), empty(tuple(residuals.x.shape[-3:]), residuals.x))


def _avg_forward(
    x: Array,
    *,
    kernel: Sizes = 2,
    stride: Sizes | None = None,
    padding: Padding2d = 0,
    out: Array | None = None,
    work: Workspace | None = None,
) -> tuple[Array, Averaged]:
    windows = pool_windows(tuple(x.shape), kernel, stride, padding)
    return stored(_window_means(x, windows), out), Averaged(windows, x)


def _window_means(x: Array, windows: Windows) -> Array:
    around, total = padded(x, windows.padding), 0
    for entry in windows.entries:
        total = total + taken(around, windows, entry)
    return total / len(windows.entries)


def _avg_pullback(
    residuals: Averaged, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    windows, x = residuals
    cotangent = namespace(cotangent).broadcast_to(cotangent, (*x.shape[:-2], *windows.count))
    share, total = cotangent / len(windows.entries), 0
    for entry in windows.entries:
        total = total + placed(share, windows, entry)
    return stored(cropped(total, windows.padding), out)


def _avg_pushforward(residuals: Averaged, tangent: Array | None) -> Array:
    windows, x = residuals
    xp = namespace(x)
    return _window_means(xp.zeros_like(x) if tangent is None else xp.broadcast_to(tangent, x.shape), windows)


def _avg_jacobian(residuals: Averaged) -> Array:
    return per_image(lambda images: _window_means(images, residuals.windows), residuals.x)


def _pixels(x: Array) -> int:
    return int(x.shape[-2]) * int(x.shape[-1])


def _channel_means(x: Array) -> Array:
    return namespace(x).sum(x, axis=(-2, -1)) / _pixels(x)


def _global_forward(x: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, Means]:
    return stored(_channel_means(x), out), Means(x)


def _global_pullback(
    residuals: Means, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    xp, x = namespace(cotangent), residuals.x
    share = xp.broadcast_to(cotangent, x.shape[:-2])[..., None, None] / _pixels(x)
    return stored(xp.zeros_like(x) + share, out)


def _global_pushforward(residuals: Means, tangent: Array | None) -> Array:
    xp, x = namespace(residuals.x), residuals.x
    return _channel_means(xp.zeros_like(x) if tangent is None else xp.broadcast_to(tangent, x.shape))


def _global_jacobian(residuals: Means) -> Array:
    return per_image(_channel_means, residuals.x)


_OPTIONS = ("kernel", "stride", "padding")
_IMAGES = "images (..., channels, height, width)"

max_pool2d = Rule(
    "max_pool2d",
    _max_forward,
    _max_pullback,
    _max_pushforward,
    _max_jacobian,
    exact=Exact(_max_exact, _max_exact_pullback),
    check=check_images,
    options=_OPTIONS,
    formula="y[c, i, j] = max_ab x[c, i s + a - p, j s + b - p]",
    derivative="1 at the largest entry of the window, 0 elsewhere",
    domain=f"{_IMAGES}; the zeros of the padding at most half of the kernel",
    kinks="where the largest entries of a window are equal: the first of them, row by row",
    # Where windows overlap, cotangents that meet in one entry are added, with the errors of a sum.
    error_bound=0,
)

avg_pool2d = Rule(
    "avg_pool2d",
    _avg_forward,
    _avg_pullback,
    _avg_pushforward,
    _avg_jacobian,
    check=check_images,
    options=_OPTIONS,
    formula="y[c, i, j] = sum_ab x[c, i s + a - p, j s + b - p] / (k_h k_w)",
    derivative="1 / (k_h k_w) at every entry of the window, 0 elsewhere",
    domain=f"{_IMAGES}; zeros of the padding count",
    # Sums of n terms, and where windows overlap of as many cotangents, one by one, times 2 just above a power of two;
    # and a division. This is for n = 9.
    error_bound=10,
)

global_avg_pool2d = Rule(
    "global_avg_pool2d",
    _global_forward,
    _global_pullback,
    _global_pushforward,
    _global_jacobian,
    check=check_images,
    formula="y[c] = sum_ij x[c, i, j] / (h w)",
    derivative="1 / (h w) at every entry of the channel",
    domain=_IMAGES,
    # As above, for 20 pixels.
    error_bound=20,
)
