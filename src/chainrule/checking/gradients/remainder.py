"""The order of the Taylor remainder, for functions that run only on floats.

    R(h) = v . (f(x + h t) - f(x)) - h <claimed J^T v, t>

falls as h^2 if the claimed derivative is right, and as h if it is wrong. h runs over powers of two from the magnitude
of x down to the rounding level, so no step size has to be chosen. R(h) + R(-h) falls as h^2 for each claim unless the
point is a kink; a kink gives no verdict.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

HALVINGS = 34
"""Number of steps h, from 2^-3 to 2^-36 times the magnitude of x."""

ABOVE_NOISE = 64.0
"""A remainder counts if it is at least this many times the rounding error of R(h)."""


@dataclass(frozen=True)
class Remainder:
    """The verdict from the remainders along one direction.

    Attributes
    ----------
    verdict : {"right", "wrong", "kink", "unknown"}
    order : float
        The power of h with which the remainder falls; nan if it is never above the noise.
    derivative : float
        The directional derivative, extrapolated from central differences.
    """

    verdict: str
    order: float
    derivative: float


def remainder(value_along: Callable[[float], Any], claimed: float, scale: float, unit: float) -> Remainder:
    """Judge one claimed directional derivative.

    Parameters
    ----------
    value_along : callable
        The function h -> v . f(x + h t), with a float as value.
    claimed : float
    scale : float
        The magnitude of x along t.
    unit : float
        The unit roundoff of the arithmetic in f.

    Examples
    --------
    >>> remainder(lambda h: float(np.sin(1 + h)), float(np.cos(1)), 1.0, 2**-53).verdict
    'right'
    >>> remainder(lambda h: float(np.sin(1 + h)), 0.54, 1.0, 2**-53).verdict
    'wrong'
    """
    at = value_along(0.0)
    steps = scale * 0.5 ** np.arange(3, 3 + HALVINGS)
    with np.errstate(all="ignore"):
        ahead = np.array([value_along(h) for h in steps])
        behind = np.array([value_along(-h) for h in steps])
        noise = unit * np.maximum(np.maximum(abs(ahead), abs(behind)), abs(at)) + unit * abs(claimed) * steps
        noise = np.maximum(noise, _measured_noise(value_along, scale))
        forward, backward = ahead - at - steps * claimed, behind - at + steps * claimed
    if not np.isfinite(at) or not np.isfinite(claimed):
        return Remainder("unknown", np.nan, np.nan)
    usable = np.isfinite(ahead) & np.isfinite(behind)
    derivative, error = _extrapolated(steps, ahead, behind, noise, usable)
    bend = _order(steps, forward + backward, noise, usable)
    sides = (_order(steps, forward, noise, usable), _order(steps, backward, noise, usable))
    known = [order for order in sides if not np.isnan(order)]
    if not np.isfinite(error):
        return Remainder("unknown", np.nan, np.nan)
    if not np.isnan(bend) and bend < 1.5:
        return Remainder("kink", bend, derivative)
    apart = abs(claimed - derivative)
    if not known:
        # The remainders are pure rounding: the function is linear here and the claim is its slope.
        return Remainder("right" if apart <= error else "unknown", np.nan, derivative)
    order = min(known)
    if order > 1.6:
        return Remainder("right", order, derivative)
    if order < 1.4 and apart > error:
        return Remainder("wrong", order, derivative)
    return Remainder("unknown", order, derivative)


def _order(steps: Any, remainders: Any, noise: Any, usable: Any) -> float:
    """The slope of log |R| against log h at the smallest steps whose remainders exceed the noise."""
    standing = usable & (abs(remainders) > ABOVE_NOISE * noise)
    first, last = _longest_run(standing)
    if last - first < 3:
        return np.nan
    first = max(first, last - 4)
    x, y = np.log2(steps[first:last]), np.log2(abs(remainders[first:last]))
    return float(np.polyfit(x, y, 1)[0])


def _longest_run(flags: Any) -> tuple[int, int]:
    """The longest run of true flags, as (first, last + 1)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    runs = edges.reshape(-1, 2)
    if not len(runs):
        return 0, 0
    first, last = runs[np.argmax(runs[:, 1] - runs[:, 0])]
    return int(first), int(last)


def _measured_noise(value_along: Callable[[float], Any], scale: float) -> float:
    """The rounding error of f, measured as its distance from a quartic fitted on a short interval.

    The interval is long enough to show the steps of float32 also if the value is much larger than x.
    """
    points = np.linspace(-1, 1, 25)
    values = np.array([value_along(float(point) * scale * 2.0**-12) for point in points])
    if not np.isfinite(values).all():
        return 0.0
    values = values - values[len(values) // 2]
    return float(abs(values - np.polyval(np.polyfit(points, values, 4), points)).max())


def _extrapolated(steps: Any, ahead: Any, behind: Any, noise: Any, usable: Any) -> tuple[float, float]:
    """Richardson extrapolation of central differences at the step with the smallest error, and 4 times that error."""
    with np.errstate(all="ignore"):
        central = np.where(usable, (ahead - behind) / (2 * steps), np.nan)
        extrapolated = (4 * central[1:] - central[:-1]) / 3
        errors = abs(np.diff(extrapolated)) + 4 * noise[2:] / steps[2:]
    errors[np.isnan(errors)] = np.inf
    best = int(np.argmin(errors))
    return float(extrapolated[best + 1]), float(4 * errors[best])
