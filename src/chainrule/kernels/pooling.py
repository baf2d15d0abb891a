"""Pools of images in place: the largest entry by slices or by PyTorch's own pool, means and zeros by slices.

Where windows lie side by side, slices of whole images do it, on NumPy's floats and on PyTorch:

    y = max over the columns of a block, then over its rows;    d = [the later entry beats those before it]

Among equal entries the first one is the largest, row by row. The pullback needs only the comparisons d: v d goes to the
later entry, and v - v d, which is exactly v or 0, to the earlier entries.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from chainrule.arrays import Array, may_write, namespace
from chainrule.kernels import pooling_torch
from chainrule.kernels.kernel import Kernel, adapter
from chainrule.kernels.layout import empty_in_layout_of, transient_work, work_in_layout_of
from chainrule.kernels.pooling_torch import Buffer, Choice
from chainrule.rules.image_maps import height_and_width
from chainrule.rules.padding2d import zero_pad2d
from chainrule.rules.pooling import avg_pool2d, max_pool2d
from chainrule.rules.windows import Padding2d, Windows, max_pool_windows, pool_windows, windows_on
from chainrule.workspace import Workspace


class Chosen(NamedTuple):
    """The positions of the maxima, in the form that `give_back` takes."""

    give_back: Callable[..., Array]
    choice: Choice
    windows: Windows
    shape: tuple[int, ...]


def _max_forward(x: Array, *, out: Buffer = None, work: Workspace | None = None, **sizes: Any) -> tuple[Array, Any]:
    shape = tuple(x.shape)
    windows = max_pool_windows(shape, **sizes)
    if not may_write(x):
        return _page.forward(x, out=out, **sizes)
    largest, give_back = pooling_torch.forms(x, windows) or (_OF_BLOCKS if windows.are_blocks else _BY_ENTRIES)
    value, choice = largest(x, windows, out, Workspace() if work is None else work)
    return value, Chosen(give_back, choice, windows, shape)


def _max_pullback(residuals: Any, cotangent: Array, *, out: Buffer = None, work: Workspace | None = None) -> Array:
    if not isinstance(residuals, Chosen):
        return _page.pullback(residuals, cotangent, out=out)
    give_back, choice, windows, shape = residuals
    return give_back(choice, cotangent, windows, shape, out)


def _room(x: Array, size: tuple[int, ...], out: Buffer = None) -> Array:
    """The buffer `out`; without one, a new array for images of that size, in memory in the order of `x`."""
    return empty_in_layout_of(x, (*x.shape[:-2], *size)) if out is None else out


def _largest_of_blocks(x: Array, windows: Windows, out: Buffer, work: Workspace) -> tuple[Array, Choice]:
    """The largest entry of every block, and the comparisons."""
    value = _room(x, windows.count, out)
    (height, width), (rows, columns) = windows.kernel, windows.count
    blocks = x[..., : height * rows, : width * columns]
    in_rows = _rows_of_blocks(x, (*x.shape[:-2], height * rows, columns))
    beats = _running_maximum([blocks[..., b::width] for b in range(width)], in_rows, "row", work)
    beats += _running_maximum([in_rows[..., a::height, :] for a in range(height)], value, "column", work)
    return value, tuple(beats)


def _to_largest_of_blocks(
    choice: Choice, cotangent: Array, windows: Windows, shape: tuple[int, ...], out: Buffer
) -> Array:
    (height, width), (rows, columns) = windows.kernel, windows.count
    by_x = _room(cotangent, shape[-2:], out)
    if (height * rows, width * columns) != windows.size:
        by_x[...] = 0
    in_rows = _rows_of_blocks(cotangent, (*shape[:-2], height * rows, columns))
    _divide(cotangent, [in_rows[..., a::height, :] for a in range(height)], choice[width - 1 :])
    blocks = by_x[..., : height * rows, : width * columns]
    _divide(in_rows, [blocks[..., b::width] for b in range(width)], choice[: width - 1])
    return by_x


def _largest_by_entries(x: Array, windows: Windows, out: Buffer, work: Workspace) -> tuple[Array, Choice]:
    """The largest entry of every window; for each entry of the windows, whether it is the largest."""
    value = _room(x, windows.count, out)
    around = _padded(x, windows, outside=-math.inf)
    beats = _running_maximum([_taken(around, windows, entry) for entry in windows.entries], value, "entry", work)
    # An entry is chosen that beats all before it, and that none after it beats.
    if not beats:
        return value, ()
    later, choice = beats[-1], [beats[-1]]
    for beaten in reversed(beats[:-1]):
        choice.append(beaten & ~later)
        later = later | beaten
    return value, (~later, *reversed(choice))


def _to_largest_by_entries(
    choice: Choice, cotangent: Array, windows: Windows, shape: tuple[int, ...], out: Buffer
) -> Array:
    by_x = _room(cotangent, shape[-2:], out)
    return _added(by_x, windows, (cotangent * here for here in choice) if choice else [cotangent])


def _rows_of_blocks(like: Array, shape: tuple[int, ...]) -> Array:
    """A buffer of this thread, soon overwritten: the rows of all blocks, each block one column wide."""
    return work_in_layout_of(like, "rows of blocks", shape, transient_work(like))


def _running_maximum(parts: list[Array], out: Array, name: str, work: Workspace) -> list[Array]:
    """Write the maximum of arrays. Return for each array after the first where it beats all arrays before it."""
    xp, value, beats = namespace(out), parts[0], []
    for number, part in enumerate(parts[1:]):
        here = work_in_layout_of(part, f"{name} {number}", tuple(part.shape), work, bool)
        beats.append(xp.greater(part, value, out=here))
        value = xp.maximum(value, part, out=out)
    if value is not out:
        out[...] = value
    return beats


def _divide(cotangent: Array, parts: list[Array], beats: tuple[Array, ...]) -> None:
    """Give each part the cotangent where it beats all earlier parts and no later one does, and the first the rest."""
    xp, rest = namespace(cotangent), cotangent
    for part, here in zip(parts[:0:-1], reversed(beats), strict=True):
        xp.multiply(rest, here, out=part)
        rest = xp.subtract(rest, part, out=parts[0])
    if rest is not parts[0]:
        parts[0][...] = rest


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
    """Write to images the sum of the cotangents of their entries: one term for entry (a, b) of every window."""
    around = _room(by_x, windows.padded) if windows.is_padded else by_x
    around[...] = 0
    for entry, term in zip(windows.entries, terms, strict=True):
        place = _taken(around, windows, entry)
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


_OF_BLOCKS = _largest_of_blocks, _to_largest_of_blocks
_BY_ENTRIES = _largest_by_entries, _to_largest_by_entries
_page = adapter(max_pool2d)

KERNELS = {
    max_pool2d: Kernel(_max_forward, _max_pullback, reads_input=False, allocates=pooling_torch.allocates),
    avg_pool2d: Kernel(_avg_forward, _avg_pullback, reads_input=False),
    zero_pad2d: Kernel(_pad_forward, _pad_pullback, reads_input=False),
}
