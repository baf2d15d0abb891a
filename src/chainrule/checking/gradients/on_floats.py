"""Comparison of a claim with Taylor remainders, for functions of PyTorch, of JAX or compiled, which need floats.

    R(h) = v . (f(x + h t) - f(x)) - h <claimed J^T v, t>

falls as h^2 if the claimed derivative is right, and as h if it is wrong. h runs over powers of two from the magnitude
of x down to the rounding level, so no step size has to be chosen. R(h) + R(-h) falls as h^2 for each claim unless the
point is a kink; a kink gives no verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np

from chainrule.arrays import as_like, is_torch, random_stream, to_numpy
from chainrule.checking.case import SEED, draw
from chainrule.checking.comparing import position
from chainrule.checking.gradients.claims import Claim, ClaimCheck, Index, as_values, copied
from chainrule.checking.quotients import indicator

MOST_ENTRIES = 256
"""Largest number of entries of an input that are perturbed one by one. Of an input with more entries, a fixed random
sample is perturbed one by one, and all entries at once along one direction."""

HALVINGS = 34
"""Number of steps h, from 2^-3 to 2^-36 times the magnitude of x."""

ABOVE_NOISE = 64.0
"""A remainder counts if it is at least this many times the rounding error of R(h)."""


def check_on_floats(claim: Claim, method: str) -> FloatCheck:
    """The check by Taylor remainders. Raises `WrongShapeError`."""
    check = FloatCheck(claim, method)
    check.run()
    return check


@dataclass
class FloatCheck(ClaimCheck):
    """The comparison of one claim with its function on floats."""

    derivatives: dict[tuple[int, Index, Index], tuple[float, float]] = field(default_factory=dict)
    """Claimed and extrapolated derivatives of the contracted value, by (input, its entry, ())."""

    def run(self) -> None:
        """Compare all inputs. Raises `WrongShapeError`."""
        claim = self.claim
        for i, claimed in enumerate(claim.float_derivatives(claim.cotangent)):
            if claimed is None:
                continue
            gradient = _contracted(claim, claimed.astype(np.float64))
            indices = list(np.ndindex(gradient.shape))
            if len(indices) > MOST_ENTRIES:
                chosen = random_stream(SEED, 2).choice(len(indices), MOST_ENTRIES, replace=False)
                indices = [indices[k] for k in sorted(chosen)]
                direction = draw(i, gradient.shape)
                self._judge(i, f"{claim.names[i]}, along a direction", direction, float((gradient * direction).sum()))
            for index in indices:
                entry, got = f"{claim.names[i]}{position(index)}", float(gradient[index])
                found = self._judge(i, entry, indicator(gradient.shape, index), got)
                if np.isfinite(found.derivative):
                    self.derivatives[(i, index, ())] = got, found.derivative

    def column(self, i: int, index: Index) -> Any:
        """dy/dx for all outputs y and one entry x of an input, extrapolated."""
        unit = indicator(self.claim.shapes[i], index)

        @cache
        def outputs(h: float) -> Any:
            return self._value(i, h * unit)

        derivatives = np.full(self.claim.value.shape, np.nan)
        for out in np.ndindex(derivatives.shape):
            along = partial(_entry_of, outputs, out)
            derivatives[out] = remainder(along, 0.0, 1.0, self._unit).derivative
        return derivatives

    def _judge(self, i: int, entry: str, direction: Any, claimed: float) -> Remainder:
        size = float(abs(self.claim.arrays[i][direction != 0]).max())
        number = claimed if np.isfinite(claimed) else 0.0
        found = self._remainder(i, direction, number, size if size > 0 else 1.0)
        if found.verdict == "unknown" and size not in (0.0, 1.0):
            again = self._remainder(i, direction, number, 1.0)
            found = again if again.verdict != "unknown" else found
        if found.verdict not in ("right", "wrong"):
            self.leave(f"{entry}: {'a kink' if found.verdict == 'kink' else 'rounding hides the remainder'}")
        elif number != claimed:
            self.fail(entry, f"{claimed:.10g}", f"{found.derivative:.10g}")
        elif found.verdict == "right":
            self.checked += 1
        else:
            expected = f"{found.derivative:.10g} (the remainder falls with order {found.order:.2f})"
            self.fail(entry, f"{claimed:.10g}", expected)
        return found

    def _remainder(self, i: int, direction: Any, claimed: float, size: float) -> Remainder:
        def along(h: float) -> float:
            return float((self._value(i, h * direction) * self.claim.cotangent).sum())

        return remainder(along, claimed, size, self._unit)

    @property
    def _unit(self) -> float:
        """The unit roundoff of the function's value."""
        dtype = self.claim.value.dtype
        return float(np.finfo(dtype).eps) / 2 if dtype.kind == "f" else 2.0**-53

    def _value(self, i: int, step: Any) -> Any:
        """The value after a step of one input."""
        inputs = (_stepped(x, step) if j == i else copied(x) for j, x in enumerate(self.claim.inputs))
        with np.errstate(all="ignore"):
            return as_values(self.claim.function(*inputs)).astype(np.float64)


def _entry_of(outputs: Callable[[float], Any], out: Index, h: float) -> float:
    return float(outputs(h)[out])


def _contracted(claim: Claim, claimed: Any) -> Any:
    """The claimed J^T v."""
    if claim.form == "jacobian":
        return np.tensordot(claim.cotangent, claimed, axes=claim.cotangent.ndim)
    return claimed * claim.cotangent if claim.form == "slope" else claimed


def _stepped(x: Any, step: Any) -> Any:
    """x + step in the library and dtype of x."""
    if isinstance(x, float):
        return x + float(step)
    stepped = as_like(to_numpy(x).astype(np.float64) + step, x)
    return stepped.requires_grad_(x.requires_grad) if is_torch(x) else stepped


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
    usable = np.isfinite(ahead) & np.isfinite(behind)
    derivative, error = _extrapolated(steps, ahead, behind, noise, usable)
    bend = _order(steps, forward + backward, noise, usable)
    sides = (_order(steps, forward, noise, usable), _order(steps, backward, noise, usable))
    known = [order for order in sides if not np.isnan(order)]
    if not np.isfinite([error, at, claimed]).all():
        return Remainder("unknown", np.nan, np.nan)
    if not np.isnan(bend) and bend < 1.5:
        return Remainder("kink", bend, derivative)
    apart = abs(claimed - derivative)
    # A wrong factor must show: an estimate as uncertain as the claim is large says nothing about it.
    shows = error <= abs(claimed) / 8 if claimed else error <= 1e-6 * abs(at) / scale
    if not known:
        # The remainders are pure rounding: the function is linear here and the claim is its slope.
        return Remainder("right" if apart <= error and shows else "unknown", np.nan, derivative)
    order = min(known)
    if order > 1.6:
        near = apart <= max(error, 1e-3 * abs(derivative))
        return Remainder("right" if near and (shows or not claimed) else "unknown", order, derivative)
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
