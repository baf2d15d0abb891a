"""Pools of images in place: maxima by slices or by PyTorch's own pool, means and zero padding by slices.

Entry e of all windows is one slice of the images, so a pool is a loop over the entries of a window:

    y = max_e x_e,    d_e = [x_e beats the entries before it]

Among equal entries the first one is the largest, row by row. The pullback needs only the comparisons d. From the last
entry to the first, entry e gets v d_e, which is exactly v or 0, and v - v d_e remains for the entries before it.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from chainrule.arrays import Array, may_write, namespace
from chainrule.kernels.images_torch import Buffer, Choice, max_pool_forms
from chainrule.kernels.kernel import Kernel, adapter
from chainrule.kernels.layout import empty_in_layout_of, transient_work, work_in_layout_of
from chainrule.rules.image_maps import MapResiduals, height_and_width
from chainrule.rules.image_sizes import Padding2d
from chainrule.rules.padding2d import zero_pad2d
from chainrule.rules.pooling import avg_pool2d, max_pool2d
from chainrule.rules.windows import Windows, max_pool_windows, pool_windows, windows_on
from chainrule.workspace import Workspace


def _max_forward(x: Array, *, out: Buffer = None, work: Workspace | None = None, **sizes: Any) -> tuple[Array, Any]:
    if not may_write(x):
        return _page.forward(x, out=out, **sizes)
    shape = tuple(x.shape)
    windows = max_pool_windows(shape, **sizes)
    largest, give_back = max_pool_forms(x, windows) or (_largest, _to_largest)
    value, choice = largest(x, windows, out, Workspace() if work is None else work)
    return value, (give_back, choice, windows, shape)


def _max_pullback(residuals: Any, cotangent: Array, *, out: Buffer = None, work: Workspace | None = None) -> Array:
    if isinstance(residuals, MapResiduals):
        return _page.pullback(residuals, cotangent, out=out)
    give_back, choice, windows, shape = residuals
    return give_back(choice, cotangent, windows, shape, out)


def _room(x: Array, size: tuple[int, ...], out: Buffer = None) -> Array:
    """The buffer `out`; without one, a new array for images of that size, with the memory order of `x`."""
    return empty_in_layout_of(x, (*x.shape[:-2], *size)) if out is None else out


def _largest(x: Array, windows: Windows, out: Buffer, work: Workspace) -> tuple[Array, Choice]:
    """The largest entry of every window; for each entry after the first, where it beats all before it."""
    around, value = _padded(x, windows, outside=-math.inf), _room(x, windows.count, out)
    first, *others = (_taken(around, windows, entry) for entry in windows.entries)
    value[...] = first
    xp, beats = namespace(x), []
    for number, entry in enumerate(others):
        here = work_in_layout_of(entry, f"entry {number}", tuple(entry.shape), work, bool)
        beats.append(xp.greater(entry, value, out=here))
        xp.maximum(value, entry, out=value)
    return value, tuple(beats)


def _to_largest(beats: Choice, cotangent: Array, windows: Windows, shape: tuple[int, ...], out: Buffer) -> Array:
    xp, work = namespace(cotangent), transient_work(cotangent)
    share, remaining = (
        work_in_layout_of(cotangent, name, tuple(cotangent.shape), work) for name in ("share", "remaining")
    )

    def from_the_last() -> Iterator[Array]:
        rest = cotangent
        for here in reversed(beats):
            yield xp.multiply(rest, here, out=share)
            rest = xp.subtract(rest, share, out=remaining)
        yield rest

    return _added(_room(cotangent, shape[-2:], out), windows, from_the_last())


def _avg_forward(
    x: Array, *, out: Buffer = None, work: Workspace | None = None, **sizes: Any
) -> tuple[Array, tuple[Windows, tuple[int, ...]]]:
    windows = pool_windows(tuple(x.shape), **sizes)
    xp, around = namespace(x), _padded(x, windows)
    total = _room(x, windows.count, out)
    total[...] = 0
    for entry in windows.entries:
        xp.add(total, _taken(around, windows, entry), out=total)
    return xp.divide(total, len(windows.entries), out=total), (windows, tuple(x.shape))


def _avg_pullback(
    residuals: tuple[Windows, tuple[int, ...]],
    cotangent: Array,
    *,
    out: Buffer = None,
    work: Workspace | None = None,
) -> Array:
    windows, shape = residuals
    by_x = _room(cotangent, shape[-2:], out)
    return _added(by_x, windows, [cotangent / len(windows.entries)] * len(windows.entries))


def _added(by_x: Array, windows: Windows, terms: Iterable[Array]) -> Array:
    """Write the sum of the entries' cotangents to images: one term for each entry of a window, from last to first."""
    around = _room(by_x, windows.padded) if windows.is_padded else by_x
    apart = windows.are_blocks
    if not apart or any(windows.dropped):
        around[...] = 0
    for entry, term in zip(reversed(windows.entries), terms, strict=True):
        place = _taken(around, windows, entry)
        if apart:
            place[...] = term
        else:
            namespace(place).add(place, term, out=place)
    if windows.is_padded:
        by_x[...] = _inside(around, windows)
    return by_x


def _taken(around: Array, windows: Windows, entry: tuple[int, int]) -> Array:
    """Entry (a, b) of every window on padded images: a view."""
    rows, columns = (
        slice(d * a, d * a + (n - 1) * s + 1, s)
        for a, d, n, s in zip(entry, windows.dilation, windows.count, windows.stride, strict=True)
    )
    return around[..., rows, columns]


def _inside(around: Array, windows: Windows) -> Array:
    """The images within their zeros: a view."""
    (above, _), (left, _) = windows.padding
    height, width = windows.size
    return around[..., above : above + height, left : left + width]


def _padded(x: Array, windows: Windows, outside: float = 0.0) -> Array:
    """Images with zeros, or another number, around them; unchanged without padding."""
    if not windows.is_padded:
        return x
    return _with_border(x, windows, outside, _room(x, windows.padded))


def _with_border(x: Array, windows: Windows, outside: float, out: Array) -> Array:
    out[...] = outside
    _inside(out, windows)[...] = x
    return out


def _pad_forward(
    x: Array, *, padding: Padding2d = 1, out: Buffer = None, work: Workspace | None = None
) -> tuple[Array, Windows]:
    windows = windows_on(height_and_width(x), 1, 1, padding)
    return _with_border(x, windows, 0.0, _room(x, windows.padded, out)), windows


def _pad_pullback(windows: Windows, cotangent: Array, *, out: Buffer = None, work: Workspace | None = None) -> Array:
    by_x = _room(cotangent, windows.size, out)
    by_x[...] = _inside(cotangent, windows)
    return by_x


_page = adapter(max_pool2d)

KERNELS = {
    max_pool2d: Kernel(_max_forward, _max_pullback, reads_input=False),
    avg_pool2d: Kernel(_avg_forward, _avg_pullback, reads_input=False),
    zero_pad2d: Kernel(_pad_forward, _pad_pullback, reads_input=False),
}
