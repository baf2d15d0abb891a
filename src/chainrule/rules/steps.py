"""Step functions of every entry: Heaviside's step H and the sign. Their derivative is 0 wherever they have one.

    heaviside(x) = 1, 1/2, 0  for x > 0, x = 0, x < 0        heaviside' = 0 for x other than 0
    sign(x)      = 1, 0, -1   for x > 0, x = 0, x < 0        sign'      = 0 for x other than 0

They are tied by sign(x) = 2 H(x) - 1 = H(x) - H(-x), and x H(x) is the ReLU. No gradient passes through a step, so
neither is an activation of a hidden layer; sigmoid(k x) with a large k is H with a slope (`scaled_sigmoid`).
"""

from chainrule.arrays import Array, namespace
from chainrule.rules.elementwise import elementwise


def _no_slope(x: Array) -> Array:
    return namespace(x).zeros_like(x)


heaviside = elementwise(
    "heaviside",
    lambda x: 0.5 * (namespace(x).sign(x) + 1),
    _no_slope,
    kind="map",
    formula="y = 1, 1/2, 0 for x > 0, x = 0, x < 0",
    derivative="0",
    domain="any numbers except nan; infinities are allowed",
    kinks="x = 0: the value jumps from 0 to 1, it is 1/2 there and the slope is taken to be 0",
    error_bound=0,
)

sign = elementwise(
    "sign",
    lambda x: namespace(x).sign(x),
    _no_slope,
    kind="map",
    formula="y = 1, 0, -1 for x > 0, x = 0, x < 0",
    derivative="0",
    domain="any numbers except nan; infinities are allowed",
    kinks="x = 0: the value jumps from -1 to 1, it is 0 there and the slope is taken to be 0",
    error_bound=0,
)
