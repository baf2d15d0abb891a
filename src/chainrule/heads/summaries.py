"""What a pass over a block of logits keeps of every row: a log-sum-exp that grows block by block, and its company.

    m = max_c z_c,   rest = sum over c except one largest of e^(z_c - m),   log-sum-exp = m + log1p(rest)
    gap = sum_c t_c (m - z_c),   moment = sum_c e^(z_c - m) (d_c - d_top)   for any second array d beside the logits

Two blocks' summaries make one: what was measured from the smaller maximum is rescaled by e^(smaller - larger). The
largest exponential is exactly 1 and stays outside `rest`, so that a loss of 1e-20 keeps its digits.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from chainrule.arrays import Array, namespace


class RowSummary(NamedTuple):
    """One entry per row; the last three are None unless a second array d goes with the logits."""

    top: Array
    """The class of one largest logit."""
    maximum: Array
    """m; minus infinity where every class so far is masked."""
    rest: Array
    """The sum of the exponentials except the top one's."""
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
    """What logits are measured from: their maximum, or 0 where all are minus infinity."""
    return namespace(maximum).where(maximum == -math.inf, 0.0, maximum)


def merged(a: RowSummary, b: RowSummary) -> RowSummary:
    """The summary of two blocks of classes; of equal maxima the first block's is the top one."""
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
    moved = xp.where(newer, a.moment, b.moment) + (other - at_top) * (1 + xp.where(newer, a.rest, b.rest))
    moment = xp.where(newer, b.moment, a.moment) + scale * moved
    return RowSummary(top, large, rest, gap, mass, moment, at_top, a.along + b.along)


def joined(parts: list[RowSummary]) -> RowSummary:
    """The summaries of consecutive rows as one."""
    if len(parts) == 1:
        return parts[0]
    xp = namespace(parts[0].maximum)
    return RowSummary(*(None if of[0] is None else xp.concatenate(of) for of in zip(*parts, strict=True)))
