"""Mish: y = x tanh(log(1 + e^x)), a smooth activation that is x for large x and 0 far below 0.

With n = e^x,

    y = x n (n + 2) / (n (n + 2) + 2)
    y' = n w / (n (n + 2) + 2)^2,    w = 4 (x + 1) + (4 x + 6) n + 4 n^2 + n^3

The numerator and the denominator of each fraction are homogeneous in m = e^min(x, 0) and p = e^-max(x, 0), whose
quotient is n, so nothing overflows. The factor m is applied as two square roots, so that its digits are not lost where
the result is among the smallest floats.

w is 0 at z = -1.19..., where y has its minimum. Floats measure x from z: with d = x - z, E = e^d - 1 and k = e^z,

    w = 4 d (1 + n) + E k (4 k (2 + E) + k^2 (3 + 3 E + E^2) + 4 z + 6)

All terms have the sign of d. Source of the activation: Misra (2019).
"""

from chainrule.arrays import Array, is_floating, namespace
from chainrule.rules.elementwise import elementwise

ZERO = -1.1924312114715576, -3.0439375464652585e-09, -4.8484829848031044e-17
"""Its sum is z, to 2^-107. The first is a float32 number; the first two add up to the float64 number next to z."""

AT_ZERO, RISE = 0.3034825352815289, 1.2302751419380192
"""e^z and 4 z + 6."""


def _exponentials(x: Array) -> tuple[Array, Array, Array]:
    """The root of m, m and p."""
    xp, zero = namespace(x), namespace(x).zeros_like(x)
    root = xp.exp(xp.minimum(x, zero) / 2)
    return root, root * root, xp.exp(-xp.maximum(x, zero))


def _value(x: Array) -> Array:
    root, m, p = _exponentials(x)
    sides = m + 2 * p
    return x * root * (sides / (m * sides + 2 * p * p)) * root


def _slope(x: Array) -> Array:
    root, m, p = _exponentials(x)
    rise = _rise(x, root, p) if is_floating(x) else root * _plain_rise(x, m, p)
    return rise / namespace(x).square(m * (m + 2 * p) + 2 * p * p) * root


def _plain_rise(x: Array, m: Array, p: Array) -> Array:
    """p^3 w, for numbers that are not rounded."""
    return ((4 * (x + 1) * p + (4 * x + 6) * m) * p + 4 * m * m) * p + m * m * m


def _rise(x: Array, root: Array, p: Array) -> Array:
    """The root of m times p^3 w, for floats."""
    xp, (first, second, third) = namespace(x), ZERO
    below = xp.minimum(x, xp.zeros_like(x))
    from_zero = below - first - second - third
    growth = xp.expm1(from_zero)
    curve = 4 * AT_ZERO * (2 + growth) + AT_ZERO**2 * (3 + growth * (3 + growth)) + RISE
    left = 4 * (from_zero * root) * (1 + root * root) + growth * root * (AT_ZERO * curve)
    product = x * p
    right = 1 + p * (4 + 4 * product + 6 * p + 4 * p * (product + p))
    return xp.where(x > 0, right, left)


def gap(x: Array) -> Array:
    """mish(x) - x = -2 x / (n (n + 2) + 2), which keeps its digits where mish(x) is nearly x.

    >>> import numpy as np
    >>> bool(abs(gap(np.array([40.0]))[0] / (-80 * np.exp(-80.0)) - 1) < 1e-15)
    True
    """
    _, m, p = _exponentials(x)
    return -(x * p * p) / (m * (m / 2 + p) + p * p)


mish = elementwise(
    "mish",
    _value,
    _slope,
    formula="y = x tanh(log(1 + e^x))",
    derivative="tanh(u) + x sigmoid(x) (1 - tanh(u)^2), u = log(1 + e^x)",
    error_bound=8,
)
