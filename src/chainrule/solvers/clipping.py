"""Gradient clipping by the norm of the flat gradient."""

import math

import numpy as np

from chainrule.arrays import Array, namespace


def clip_norm(gradient: Array, largest: float) -> float:
    """Scale the gradient in place, so that its norm is at most `largest`. Returns the norm before scaling.

    >>> import numpy as np
    >>> g = np.array([3.0, 4.0])
    >>> clip_norm(g, 1.0), g
    (5.0, array([0.6, 0.8]))
    """
    if not largest > 0:
        raise ValueError(f"the largest norm must be above 0, got {largest}")
    xp = namespace(gradient)
    with np.errstate(over="ignore"):
        norm = math.sqrt(float(xp.dot(gradient, gradient)))
    unit = 1.0
    if math.isinf(norm):
        # The squares overflow: divide by the largest entry first.
        unit = float(abs(gradient).max())
        if not math.isfinite(unit):
            return unit
        xp.divide(gradient, unit, out=gradient)
        norm = unit * math.sqrt(float(xp.dot(gradient, gradient)))
    if norm > largest or unit != 1.0:
        xp.multiply(gradient, min(largest, norm) / norm * unit, out=gradient)
    return norm
