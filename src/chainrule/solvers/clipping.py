"""Gradient clipping by the norm of the whole flat gradient."""

from __future__ import annotations

import math

from chainrule.arrays import Array, namespace


def clip_norm(gradient: Array, largest: float) -> float:
    """Scale `gradient`, in place, to at most the norm `largest`; returns the norm that it had.

    >>> import numpy as np
    >>> g = np.array([3.0, 4.0])
    >>> clip_norm(g, 1.0), g
    (5.0, array([0.6, 0.8]))
    """
    if not largest > 0:
        raise ValueError(f"the largest norm must be above 0, got {largest}")
    xp = namespace(gradient)
    norm = math.sqrt(float(xp.dot(gradient, gradient)))
    if norm > largest:
        xp.multiply(gradient, largest / norm, out=gradient)
    return norm
