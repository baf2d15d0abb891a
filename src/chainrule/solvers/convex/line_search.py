"""Steps along a direction. The logits are linear in it: further points on the line cost no product with the samples."""

from __future__ import annotations

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.evaluation import Evaluation, Evaluator

DECREASE, FLAT = 1e-4, 0.7
"""A step is taken when F falls by DECREASE of what its first slope promises and its slope is FLAT of the first's."""


def line_search(
    evaluator: Evaluator, theta: Array, direction: Array, here: Evaluation, slope: float
) -> tuple[float, Evaluation | None]:
    """A step that meets the conditions above, and F there; None where there is none."""
    rounding = 64 * float(np.finfo(evaluator.dtype).eps) * abs(here.value)
    there = evaluator.towards(theta, direction)
    step, value, at = 1.0, there.value, there.slope
    low, high = (0.0, slope), (np.inf, 0.0)
    for trial in range(30):
        falls = value <= here.value + DECREASE * step * slope + rounding
        if falls and abs(at) <= FLAT * abs(slope):
            if trial == 0:
                evaluator.accept(1.0)
                return 1.0, there
            return step, _taken(evaluator, theta, direction, step)
        if not np.isfinite(value) or not falls or at > 0:
            high = (step, at)
        else:
            low = (step, at)
        step = _between(low, high)
        if not step > 1e-14:
            return 0.0, None
        if evaluator.stored:
            value, at = evaluator.along(theta, direction, step)
        else:
            there = evaluator.towards(theta, direction, step)
            value, at = there.value, there.slope
    return 0.0, None


def _between(low: tuple[float, float], high: tuple[float, float]) -> float:
    """Where the slope, taken as linear, is zero; kept away from the ends."""
    (a, slope_a), (b, slope_b) = low, high
    if not np.isfinite(b):
        return 4 * a if a else 4.0
    if np.isfinite(slope_b) and slope_b > 0 > slope_a:
        t = a + (b - a) * slope_a / (slope_a - slope_b)
        return float(np.clip(t, a + 0.05 * (b - a), b - 0.05 * (b - a)))
    return (a + b) / 2


def _taken(evaluator: Evaluator, theta: Array, direction: Array, step: float) -> Evaluation:
    if evaluator.stored:
        evaluator.accept(step)
        return evaluator.gradient_here(theta + step * direction)
    return evaluator.towards(theta, direction, step)
