"""Products of Jacobians: J_f(g(x)) J_g(x), where the rules f and g may treat rows apart or mix them.

A Jacobian has the shape of its output followed by one row of its input, whose leading axes it shares with the output:
(..., outputs, inputs) for rules of rows.
"""

import math

from chainrule.arrays import Array, namespace, on_diagonal


def product(outer: Array, inner: Array | None, output: Array, value: Array, x: Array) -> Array | None:
    """The Jacobian of y = f(z) at z = g(x) by x, from J_f and J_g; None where g has no derivative by x.

    J_f has y's shape + R, and J_g has z's shape + Q, where R is z's shape without the leading axes that it shares
    with y, and Q the same of x.

    >>> import numpy as np
    >>> rows = np.ones((2, 3))
    >>> product(np.full((2, 4, 3), 0.5), np.ones((2, 3, 5)), np.ones((2, 4)), rows, np.ones((2, 5))).shape
    (2, 4, 5)
    """
    if inner is None:
        return None
    xp, shape = namespace(outer), tuple(value.shape)
    y_axes, z_axes = len(output.shape), len(shape)
    shared = z_axes - (len(outer.shape) - y_axes)
    x_axes = len(inner.shape) - z_axes
    # Where f mixes rows that g keeps apart, J_g is written out for all of them: zero off its own row.
    for axis in range(len(x.shape) - x_axes - 1, shared - 1, -1):
        same = on_diagonal(xp.swapaxes(value, axis, -1))
        mask = same.reshape(*(shape[axis] if i in (axis, z_axes) else 1 for i in range(len(inner.shape) + 1)))
        spread = inner.reshape(*shape, 1, *inner.shape[z_axes:])
        inner = xp.where(mask, spread, xp.zeros_like(spread))
    leading, rows, columns = shape[:shared], tuple(outer.shape[shared:y_axes]), tuple(inner.shape[z_axes:])
    left = outer.reshape(*leading, math.prod(rows), math.prod(shape[shared:]))
    right = inner.reshape(*leading, math.prod(shape[shared:]), math.prod(columns))
    return xp.matmul(left, right).reshape(*leading, *rows, *columns)
