"""Running sums of each row over blocks of classes: the log-sum-exp, and sums weighted by targets or exponentials.

    m = max_c z_c,   rest = sum over c except one largest of e^(z_c - m),   log-sum-exp = m + log1p(rest)
    gap = sum_c t_c (m - z_c),   moment = sum_c e^(z_c - m) (d_c - d_top)   for any second array d beside the logits

To merge two blocks, the sums relative to the smaller maximum are multiplied by e^(smaller - larger). The largest
exponential is exactly 1 and stays outside `rest`, so a loss of 1e-20 keeps its digits.
"""

import math
from typing import NamedTuple

from chainrule.arrays import Array, namespace


class RowSummary(NamedTuple):
    """Sums with one entry per row. The last three are 0 unless an array d accompanies the logits.

    Attributes
    ----------
    top : array
        The class of a largest logit.
    maximum : array
        m; minus infinity if all classes so far are masked.
    rest : array
        The sum of the exponentials without the top class.
    gap, mass : array
        sum t (m - z) and sum t.
    moment : array
        sum e^(z - m) (d - d_top).
    at_top : array
        d at the largest logit.
    along : array
        sum t d.
    """

    top: Array
    maximum: Array
    rest: Array
    gap: Array
    mass: Array
    moment: Array
    at_top: Array
    along: Array


def base_of(maximum: Array) -> Array:
    """The number that is subtracted from logits: their maximum, or 0 if all are minus infinity."""
    return namespace(maximum).where(maximum == -math.inf, 0.0, maximum)


def merged(a: RowSummary, b: RowSummary) -> RowSummary:
    """Merge the summaries of two blocks of classes. If the maxima are equal, the top class is the first block's."""
    xp = namespace(a.maximum)
    b_is_larger = b.maximum > a.maximum
    large = RowSummary(*(xp.where(b_is_larger, y, x) for x, y in zip(a, b, strict=True)))
    small = RowSummary(*(xp.where(b_is_larger, x, y) for x, y in zip(a, b, strict=True)))
    base = base_of(large.maximum)
    scale = xp.exp(small.maximum - base)
    return RowSummary(
        large.top,
        xp.maximum(large.maximum, small.maximum),  # nan if either is nan
        large.rest + scale * (1 + small.rest),
        large.gap + small.gap + (base - base_of(small.maximum)) * small.mass,
        large.mass + small.mass,
        large.moment + scale * (small.moment + (small.at_top - large.at_top) * (1 + small.rest)),
        large.at_top,
        large.along + small.along,
    )


def joined(parts: list[RowSummary]) -> RowSummary:
    """Concatenate the summaries of consecutive rows."""
    if len(parts) == 1:
        return parts[0]
    concatenate = namespace(parts[0].maximum).concatenate
    return RowSummary(*(concatenate(sums) for sums in zip(*parts, strict=True)))
