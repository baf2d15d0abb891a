"""Three arithmetics in which every identity is tested, and what "equal" means in each.

    float64, float32    |got - want| <= scale u,   u the unit roundoff
    balls of 300 bits   got and want overlap, and neither has a radius above scale 2^-150

`scale` is one expression for all three: how many roundings reach a result, times the size of what they round. Each test
says how it counts. The functions exp, log, log1p and tanh count as FUNCTION roundings.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import flint
import numpy as np

from chainrule.algebra.ball import Ball
from chainrule.checking import balls, difference_quotient, midpoints

FUNCTION = 8
"""NumPy keeps exp, log, log1p and tanh within 4 units in the last place, and a unit is at most 2 roundoffs."""

SIGMOID = 2 * FUNCTION + 4
"""An exponential above and one below, a sum and a quotient; softplus has an exponential, a log1p and a sum."""

NARROW = flint.arb(2) ** -150
"""Half the working precision."""

QUOTIENT_BITS = 900
"""The steps of difference quotients are 2^-300 then, and their errors about 2^-600: small beside e^-300 too."""


def softmax_roundings(n: int) -> int:
    """Roundings in a probability of n: exponentials above and below, their sum, the shift and a quotient."""
    return 2 * FUNCTION + n + 4


def total(x: Any) -> Any:
    """sum_j |x_j| of every row, of shape (..., 1): it bounds the largest |x_j| and needs no comparison of balls."""
    return np.sum(np.abs(x), axis=-1, keepdims=True)


@dataclass(frozen=True)
class Arithmetic:
    """Floats of one dtype, or balls where the dtype is object."""

    dtype: Any

    @property
    def exact(self) -> bool:
        """Whether the numbers are balls, so that nothing underflows and rounding decides nothing."""
        return self.dtype is object

    @property
    def unit(self) -> float:
        """u, half the distance from 1 to the next float; 0 for balls."""
        return 0.0 if self.exact else float(np.finfo(self.dtype).eps) / 2

    @property
    def pi(self) -> Any:
        """The circle's constant."""
        return balls(Ball(flint.arb.pi())) if self.exact else self.dtype(np.pi)

    def __call__(self, values: Any) -> Any:
        """An array of these numbers."""
        return balls(np.asarray(values, np.float64)) if self.exact else np.asarray(values, self.dtype)

    def derivative(self, function: Any, x: Any) -> Any:
        """dy_i / dx_j of shape y.shape + x.shape, from difference quotients of `function`.

        They come back as balls, or rounded to float64: whatever the arithmetic, `function` is evaluated on balls.
        """
        point = midpoints(x) if self.exact else np.asarray(x, np.float64)
        units = np.eye(point.size).reshape(point.size, *point.shape)
        columns = [difference_quotient(function, [point], [np.asarray(unit)], bits=QUOTIENT_BITS) for unit in units]
        assert not any(column.kinks.any() for column in columns), "there is no derivative at this point"
        shape = (*columns[0].value.shape, *point.shape)
        joined = np.stack([column.value for column in columns], axis=-1).reshape(shape)
        return joined if self.exact else midpoints(joined)

    def agree(self, got: Any, want: Any, scale: Any) -> None:
        """Require that `got` has this arithmetic's dtype and the shape of `want`, and equals it; NaN never does."""
        assert np.asarray(got).dtype == np.dtype(self.dtype)
        assert np.shape(got) == np.broadcast_shapes(np.shape(got), np.shape(want))
        for index, a, b, size in self._triples(got, want, scale):
            if self.exact:
                assert _narrow(a, size), f"{index}: {a} is too wide for a scale of {size}"
                assert _narrow(b, size), f"{index}: {b} is too wide for a scale of {size}"
                assert a.value.overlaps(b.value), f"{index}: got {a}, expected {b}"
            else:
                assert abs(a - b) <= self._slack(size), f"{index}: got {a!r}, expected {b!r}, scale {size!r}"

    def at_most(self, small: Any, large: Any, scale: Any) -> None:
        """Require that no entry of `small` exceeds that of `large`: by more than rounding, or certainly for balls."""
        for index, a, b, size in self._triples(small, large, scale):
            if self.exact:
                assert not a.value > b.value, f"{index}: {a} exceeds {b}"
                assert _narrow(a, size), f"{index}: {a} is too wide for a scale of {size}"
                assert _narrow(b, size), f"{index}: {b} is too wide for a scale of {size}"
            else:
                assert a <= b + self._slack(size), f"{index}: {a!r} exceeds {b!r}, scale {size!r}"

    def apart(self, got: Any, want: Any, scale: Any) -> None:
        """Require that some entries of `got` and `want` are different numbers, rounding or not."""
        assert any(
            not a.value.overlaps(b.value) if self.exact else abs(a - b) > self._slack(size)
            for _, a, b, size in self._triples(got, want, scale)
        ), f"{got!r} and {want!r} differ nowhere"

    def shows(self, got: Any, *printed: str, roundings: float) -> None:
        """Require that the entries round to the printed decimals, give or take their own relative `roundings`."""
        for entry, text in zip(np.ravel(got), printed, strict=True):
            value = Ball(entry).value
            last = flint.arb(10) ** int(Decimal(text).as_tuple().exponent)
            slack = last / 2 + roundings * self.unit * abs(value)
            assert abs(value - flint.arb(text)) <= slack, f"{entry!r} is printed as {text}"

    def _triples(self, got: Any, want: Any, scale: Any) -> Any:
        arrays = np.broadcast_arrays(*(np.asarray(x).view(np.ndarray) for x in (got, want, scale)))
        convert = Ball if self.exact else float
        for index in np.ndindex(arrays[0].shape):
            yield index, *(convert(x[index]) for x in arrays)

    def _slack(self, scale: float) -> float:
        # Below the smallest normal number the spacing of floats no longer shrinks with them.
        return scale * self.unit + float(np.finfo(self.dtype).smallest_normal)


def _narrow(ball: Ball, scale: Ball) -> bool:
    return bool(ball.value.rad() <= scale.value.abs_lower() * NARROW)
