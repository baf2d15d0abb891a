"""Derivatives from difference quotients at hundreds of bits, as balls that contain the true derivative.

    D(h) = (f(x + h t) - f(x - h t)) / 2h = f'(x) t + h^2 f'''(x)[t, t, t] / 6 + ...

With h = 2^-100 the second term is about 2^-200. The term is measured: D(2h) - D(h) is three times as large, so the ball
around D(h) with radius 2 |D(2h) - D(h)| / 3 contains the derivative. For a smooth function, the difference between the
slopes from the left and from the right halves with h. If it does not, the point is a kink.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from chainrule.algebra.ball import Ball, precision
from chainrule.algebra.balls import BallArray, balls

Function = Callable[..., Any]


@dataclass(frozen=True)
class Quotient:
    """A directional derivative for each entry of the output.

    Attributes
    ----------
    value : BallArray
        Balls that contain the derivative; at kinks, balls that contain every number.
    kinks : ndarray of bool
        True where the slopes from the two sides differ.
    left, right : BallArray
        The slopes from the left and from the right, with a truncation error of the order of the step.

    Examples
    --------
    >>> from chainrule.checking import midpoints
    >>> quotient = difference_quotient(np.abs, [np.array([0.0])], [np.array([1.0])])
    >>> quotient.kinks, midpoints(quotient.left), midpoints(quotient.right)
    (array([ True]), array([-1.]), array([1.]))
    """

    value: BallArray
    kinks: np.ndarray[Any, np.dtype[np.bool_]]
    left: BallArray
    right: BallArray


def difference_quotient(
    function: Function, point: Sequence[Any], direction: Sequence[Any], *, bits: int = 300
) -> Quotient:
    """The derivative of `function` at `point` along `direction`.

    Parameters
    ----------
    function : callable
        Takes one array of balls per entry of `point` and returns an array of balls.
    point : sequence of arrays
        Arrays of floats, and arrays of integers, which are passed to the function unchanged.
    direction : sequence of arrays or None
        One tangent per array of `point`; None means zero.
    bits : int
        The precision for numbers near 1. Numbers of other magnitudes get more bits.

    Examples
    --------
    >>> from chainrule.checking import midpoints, radii
    >>> quotient = difference_quotient(np.exp, [np.array([0.0, 1.0])], [np.array([1.0, 2.0])])
    >>> midpoints(quotient.value), bool(radii(quotient.value).max() < 1e-58)
    (array([1.        , 5.43656366]), True)
    """
    smallest, largest = _scales(point)
    step = flint.arb(2) ** (smallest - bits // 3)
    with precision(bits + 2 * (largest - smallest)):
        before, at, after = (_along(function, point, direction, side * step) for side in (-1, 0, 1))
        far_before, far_after = (_along(function, point, direction, side * step) for side in (-2, 2))
        h = Ball(step)
        near, far = (after - before) / (2 * h), (far_after - far_before) / (4 * h)
        left, right = (at - before) / h, (after - at) / h
        gap, far_gap = abs(right - left), abs((far_after - at) - (at - far_before)) / (2 * h)
        value, kinks = np.empty(near.shape, dtype=object), np.zeros(near.shape, dtype=bool)
        for index in np.ndindex(near.shape):
            kinks[index] = gap[index].value > 0 and 4 * gap[index].value > 3 * far_gap[index].value
            value[index] = Ball(_with_truncation(near[index].value, far[index].value, kink=bool(kinks[index])))
    return Quotient(value.view(BallArray), kinks, left, right)


def indicator(shape: tuple[int, ...], *indices: tuple[int, ...]) -> Any:
    """1 at the indices, 0 elsewhere.

    >>> indicator((3,), (0,), (2,))
    array([1., 0., 1.])
    """
    direction = np.zeros(shape)
    for index in indices:
        direction[index] = 1.0
    return direction


def _scales(point: Sequence[Any]) -> tuple[int, int]:
    """Binary exponents of the smallest (at most 0) and of the largest (at least 0) finite non-zero number."""
    smallest = largest = 0
    for x in point:
        if np.asarray(x).dtype.kind == "f":
            finite = np.abs(np.asarray(x, dtype=np.float64)[np.isfinite(x) & (np.asarray(x) != 0)])
            if finite.size:
                smallest = min(smallest, int(np.frexp(finite.min())[1]) - 1)
                largest = max(largest, int(np.frexp(finite.max())[1]))
    return smallest, largest


def _along(function: Function, point: Sequence[Any], direction: Sequence[Any], step: Any) -> BallArray:
    inputs = list(point)
    for i, (x, tangent) in enumerate(zip(point, direction, strict=True)):
        if np.asarray(x).dtype.kind == "f":
            inputs[i] = balls(x) if tangent is None else balls(x) + Ball(step) * balls(tangent)
    return balls(function(*inputs))


def _with_truncation(near: Any, far: Any, *, kink: bool) -> Any:
    if kink or not (near.is_finite() and far.is_finite()):
        return flint.arb.nan()
    return near + flint.arb(0, 2 * (far - near).abs_upper() / 3)
