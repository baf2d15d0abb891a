"""Max pools whose windows lie side by side, by whole slices of images, on NumPy's floats and on PyTorch.

    y = max over the columns of a block, then over its rows;    d = [the later entry beats those before it]

The largest is the first of equals, row by row. The pullback needs the comparisons d alone: v d goes to the later
entry, and v - v d, which is v or 0 exactly, to those before it.
"""

from __future__ import annotations

from chainrule.arrays import Array, namespace
from chainrule.kernels.layout import booleans, empty_in_layout_of, transient_work, work_in_layout_of
from chainrule.kernels.shapes import Windows
from chainrule.workspace import Workspace


def largest(
    x: Array, windows: Windows, *, out: Array | None, work: Workspace | None
) -> tuple[Array, tuple[Array, ...]]:
    """The largest entry of every block, and what `to_largest` needs."""
    (height, width), (rows, columns) = windows.kernel, windows.count
    work = Workspace() if work is None else work
    blocks = x[..., : height * rows, : width * columns]
    in_rows = _rows_of_blocks(x, (*x.shape[:-2], height * rows, columns))
    beats = _running_maximum([blocks[..., b::width] for b in range(width)], in_rows, "row", work)
    value = empty_in_layout_of(x, (*x.shape[:-2], rows, columns)) if out is None else out
    beats += _running_maximum([in_rows[..., a::height, :] for a in range(height)], value, "column", work)
    return value, tuple(beats)


def to_largest(
    choice: tuple[Array, ...], cotangent: Array, windows: Windows, shape: tuple[int, ...], *, out: Array | None
) -> Array:
    """The cotangent of every block to its largest entry."""
    (height, width), (rows, columns) = windows.kernel, windows.count
    by_x = empty_in_layout_of(cotangent, shape) if out is None else out
    if (height * rows, width * columns) != windows.size:
        by_x[...] = 0
    in_rows = _rows_of_blocks(cotangent, (*shape[:-2], height * rows, columns))
    _divide(cotangent, [in_rows[..., a::height, :] for a in range(height)], choice[width - 1 :])
    blocks = by_x[..., : height * rows, : width * columns]
    _divide(in_rows, [blocks[..., b::width] for b in range(width)], choice[: width - 1])
    return by_x


def _rows_of_blocks(like: Array, shape: tuple[int, ...]) -> Array:
    """A buffer of this thread's, soon written over: the rows of all blocks, each block one column wide."""
    return work_in_layout_of(like, "rows of blocks", shape, transient_work(like))


def _running_maximum(parts: list[Array], out: Array, name: str, work: Workspace) -> list[Array]:
    """Write the maximum of arrays; what comes back is, for each but the first, where it beats those before it."""
    xp, value, beats = namespace(out), parts[0], []
    for number, part in enumerate(parts[1:]):
        here = work_in_layout_of(part, f"{name} {number}", tuple(part.shape), work, booleans(part))
        beats.append(xp.greater(part, value, out=here))
        value = xp.maximum(value, part, out=out)
    if value is not out:
        out[...] = value
    return beats


def _divide(cotangent: Array, parts: list[Array], beats: tuple[Array, ...]) -> None:
    """To each part the cotangent where it beats those before it and none after it beats it; to the first the rest."""
    xp, rest = namespace(cotangent), cotangent
    for part, here in zip(parts[:0:-1], reversed(beats), strict=True):
        xp.multiply(rest, here, out=part)
        rest = xp.subtract(rest, part, out=parts[0])
    if rest is not parts[0]:
        parts[0][...] = rest
