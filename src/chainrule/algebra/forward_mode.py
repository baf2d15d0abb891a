"""Forward mode: a function and its derivative along tangents, by one formal derivative at a point that moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.algebra.exact import rational
from chainrule.algebra.exact_arrays import ExactArray, exact_numbers, gradient, variables
from chainrule.algebra.formal_derivatives import positions
from chainrule.algebra.substitution import substituted


def along(
    function: Callable[..., Any], inputs: Sequence[Any], tangents: Sequence[Any]
) -> tuple[ExactArray, ExactArray]:
    """The value f(x) and the derivative J t along tangents: f(x + e t) and its derivative by e, at e = 0.

    The function is called once, and no Jacobian is formed. Comparisons have the outcomes that they have at the sample.

    Parameters
    ----------
    function : callable
        A function of arrays of exact numbers that returns an array or a number.
    inputs, tangents : sequences of arrays
        Arrays of equal shapes; None for the tangent of an input that does not move.

    Examples
    --------
    >>> from chainrule.algebra import Field
    >>> with Field():
    ...     x, t = variables("x", [2.0, 3.0]), variables("t", [1.0, 1.0])
    ...     print(*along(lambda x: x[0] * x[1], [x], [t]))
    x0 x1 x1 t0 + x0 t1
    """
    step = variables("e", 0)
    moved = [x if t is None else x + step * t for x, t in zip(inputs, tangents, strict=True)]
    result = exact_numbers(function(*moved))
    at_zero = {positions(step.ravel().tolist())[0]: rational(0)}
    flat = result.ravel().tolist()
    values, slopes = np.empty(len(flat), dtype=object), np.empty(len(flat), dtype=object)
    for i, entry in enumerate(flat):
        [slope] = gradient(entry, step).ravel().tolist()
        values[i], slopes[i] = substituted(entry, at_zero), substituted(slope, at_zero)
    return exact_numbers(values.reshape(result.shape)), exact_numbers(slopes.reshape(result.shape))
