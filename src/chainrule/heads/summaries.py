"""Running sums of each row over blocks of classes: the log-sum-exp, and sums weighted by targets or exponentials.

    m = max_c z_c,   rest = sum over c except one largest of e^(z_c - m),   log-sum-exp = m + log1p(rest)
    gap = sum_c t_c (m - z_c),   moment = sum_c e^(z_c - m) (d_c - d_top)   for any second array d beside the logits

To merge two blocks, the sums relative to the smaller maximum are multiplied by e^(smaller - larger). The largest
exponential is exactly 1 and stays outside `rest`, so a loss of 1e-20 keeps its digits.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from chainrule.arrays import Array, namespace


class RowSummary(NamedTuple):
    """Sums with one entry per row. The last three are None unless an array d accompanies the logits."""

    top: Array
    """The class of a largest logit."""
    maximum: Array
    """m; minus infinity if all classes so far are masked."""
    rest: Array
    """The sum of the exponentials without the top class."""
    gap: Array
    """sum t (m - z)."""
    mass: Array
    """sum t."""
    moment: Array | None
    """sum e^(z - m) (d - d_top)."""
    at_top: Array | None
    """d at the largest logit."""
    along: Array | None
    """sum t d."""


def base_of(maximum: Array) -> Array:
    """The number that is subtracted from logits: their maximum, or 0 if all are minus infinity."""
    return namespace(maximum).where(maximum == -math.inf, 0.0, maximum)


def merged(a: RowSummary, b: RowSummary) -> RowSummary:
    """Merge the summaries of two blocks of classes. If the maxima are equal, the top class is the first block's."""
    xp = namespace(a.maximum)
    newer = b.maximum > a.maximum
    large, small = xp.where(newer, b.maximum, a.maximum), xp.where(newer, a.maximum, b.maximum)
    nothing = small == -math.inf
    scale = xp.where(nothing, 0.0, xp.exp(xp.where(nothing, 0.0, small - large)))
    rest = xp.where(newer, b.rest, a.rest) + scale * (1 + xp.where(newer, a.rest, b.rest))
    base = base_of(large)
    gap = a.gap + (base - base_of(a.maximum)) * a.mass + b.gap + (base - base_of(b.maximum)) * b.mass
    top, mass = xp.where(newer, b.top, a.top), a.mass + b.mass
    if a.moment is None or b.moment is None or a.along is None or b.along is None:
        return RowSummary(top, large, rest, gap, mass, None, None, None)
    at_top = xp.where(newer, b.at_top, a.at_top)
    other = xp.where(nothing, at_top, xp.where(newer, a.at_top, b.at_top))
    other_moment = xp.where(newer, a.moment, b.moment) + (other - at_top) * (1 + xp.where(newer, a.rest, b.rest))
    moment = xp.where(newer, b.moment, a.moment) + scale * other_moment
    return RowSummary(top, large, rest, gap, mass, moment, at_top, a.along + b.along)


def joined(parts: list[RowSummary]) -> RowSummary:
    """Concatenate the summaries of consecutive rows."""
    if len(parts) == 1:
        return parts[0]
    xp = namespace(parts[0].maximum)
    return RowSummary(*(None if of[0] is None else xp.concatenate(of) for of in zip(*parts, strict=True)))
