"""Linear maps of a vector in every row, so computed that they neither cancel nor overflow.

    deviations = v - s.v = u - s.u,   u = v - w,   for every number w of the row, since s sums to 1

w is v at the largest probability wherever that probability is 1/2 or more, or |w| <= 2 |s.v|, as where v is constant;
otherwise w is 0. In the first case u_top is 0, and s.u has no term of the size of v_top. In the others |w| is at most
2 sum_j s_j |v_j|. So the rounding errors of entry i are relative to

    (1 - s_i) |v_i| + sum_{j != i} s_j |v_j|

and not to |v_i|, which may be far larger where s_i is near 1; and the deviations of a constant are exactly 0.
"""

import math
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

from chainrule.arrays import (
    Array,
    class_mask,
    is_floating,
    namespace,
    on_diagonal,
    row_dot,
    row_sum,
    surely,
    take_class,
    unwarned,
)
from chainrule.rules.shifted import sum_of_others

LinearMap: TypeAlias = Callable[[Any, Array], Array]
"""From residuals and a vector in every row, linear in the vector."""


def deviations(probs: Array, top: Array, vector: Array) -> Array:
    """v - s.v for every row, with `top` the index of a largest probability.

    >>> import numpy as np
    >>> deviations(np.array([1.0, 1e-20]), np.array(0), np.array([3.0, 1.0]))
    array([ 2.e-20, -2.e+00])
    """
    xp = namespace(probs)
    vector = xp.broadcast_to(vector, probs.shape)
    origin = take_class(vector, top)
    if is_floating(probs):
        near = (take_class(probs, top) >= 0.5) | (abs(origin) <= 2 * abs(row_dot(probs, vector)))
        origin = xp.where(near, origin, 0.0)
    vector = vector - origin
    return vector - row_dot(probs, vector)


def deviation_matrix(probs: Array, top: Array) -> Array:
    """I - 1 s^T, the matrix of that map; its diagonal is the sum of the other probabilities."""
    rest = sum_of_others(probs, top)
    others = namespace(probs).where(class_mask(top, probs.shape[-1]), rest, take_class(probs, top) + rest - probs)
    return namespace(probs).where(on_diagonal(probs), others[..., None], -probs[..., None, :])


def rescaled(apply: LinearMap) -> LinearMap:
    """The same linear map, without overflow on the way: such rows of the vector are scaled by a power of two."""

    @wraps(apply)
    def in_range(residuals: Any, vector: Array) -> Array:
        with unwarned(vector):
            result = apply(residuals, vector)
        total = row_sum(result)
        if not is_floating(result) or surely(abs(total) < math.inf):
            return result
        xp, small = namespace(result), 0.5 ** (result.shape[-1].bit_length() + 2)
        scale = xp.where(abs(total) < math.inf, xp.ones_like(total), small)
        return apply(residuals, vector * scale) / scale

    return in_range
