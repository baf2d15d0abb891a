"""The rounding errors of a floating-point difference and of a product, computed by floating-point arithmetic itself.

    difference_error(a, b, fl(a - b)) = (a - b) - fl(a - b)      Knuth's two-sum
    product_error(a, b, fl(a b))      = a b - fl(a b)            Dekker's sum of products of halves, Veltkamp's halves

If an exponent of size 700 is off by half an ulp, 6e-14, exp is off by 256 ulp. With the error r at hand,
e^(fl + r) = e^fl (1 + r) to within r^2 / 2. On balls both are balls around 0.
"""

import math

from chainrule.arrays import Array, is_floating, namespace

EXPONENT_LIMIT = 2.0**20
"""Arguments of exp beyond it give 0 or infinity in every dtype, whatever their errors."""


def difference_error(a: Array, b: Array, difference: Array) -> Array:
    """a - b - difference, exactly, where `difference` is the rounded a - b; all finite.

    >>> import numpy as np
    >>> a, b = np.array(1.0), np.array(2.0**-60)
    >>> float(difference_error(a, b, a - b)) == -(2.0**-60)
    True
    """
    of_a = difference + b
    return (a - of_a) - ((difference - of_a) + b)


def product_error(a: Array, b: Array, product: Array, *, limit: float = EXPONENT_LIMIT) -> Array:
    """a b - product, exactly, where `product` is the rounded a b; 0 where that is at the limit, beyond it or nan.

    >>> import numpy as np
    >>> a = np.array(1 + 2.0**-30)
    >>> float(product_error(a, a, a * a)) == 2.0**-60
    True
    """
    xp = namespace(product)
    matters = abs(product) < limit
    zero = xp.zeros_like(product)
    a, b, product = (xp.where(matters, x, zero) for x in (a, b, product))
    splitter, large = _splitter(product)
    # Halving a huge number would overflow; the other factor is tiny then, and powers of two move between them exactly.
    a, b = _balanced(a, b, large)
    b, a = _balanced(b, a, large)
    a_high, b_high = _high_half(a, splitter), _high_half(b, splitter)
    a_low, b_low = a - a_high, b - b_high
    return a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)


def _splitter(x: Array) -> tuple[float, float]:
    """2^s + 1 with s half the digits of x's dtype, and the root of its largest number."""
    if not is_floating(x):
        return 2.0**27 + 1, 2.0**512
    about = namespace(x).finfo(x.dtype)
    digits = 2 - math.frexp(float(about.eps))[1]
    return 2.0 ** ((digits + 1) // 2) + 1, 2.0 ** (math.frexp(float(about.max))[1] // 2)


def _balanced(a: Array, b: Array, large: float) -> tuple[Array, Array]:
    xp, power = namespace(a), math.sqrt(large)
    too_large, one = abs(a) > large, xp.zeros_like(a) + 1
    return a * xp.where(too_large, one / power, one), b * xp.where(too_large, one * power, one)


def _high_half(x: Array, splitter: float) -> Array:
    scaled = splitter * x
    return scaled - (scaled - x)
