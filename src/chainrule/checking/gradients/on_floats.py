"""Comparison of a claim with Taylor remainders, for functions that run only on floats: of PyTorch, JAX or compiled."""

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
from chainrule.checking.gradients.remainder import Remainder, remainder
from chainrule.checking.quotients import indicator

MOST_ENTRIES = 256
"""Largest number of entries of an input that are perturbed one by one. Of an input with more entries, a fixed random
sample is perturbed one by one, and all entries at once along one direction."""


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
        found = self._remainder(i, direction, claimed, size if size > 0 else 1.0)
        if found.verdict == "unknown" and size not in (0.0, 1.0):
            again = self._remainder(i, direction, claimed, 1.0)
            found = again if again.verdict != "unknown" else found
        if found.verdict == "right":
            self.checked += 1
        elif found.verdict == "wrong":
            expected = f"{found.derivative:.10g} (the remainder falls with order {found.order:.2f})"
            self.fail(entry, f"{claimed:.10g}", expected)
        else:
            reason = {"kink": "a kink", "unknown": "rounding hides the remainder"}[found.verdict]
            self.leave(f"{entry}: {reason}")
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
