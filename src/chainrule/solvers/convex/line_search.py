"""Steps along a direction. The logits are linear in the step, so that further points on the line cost no product."""

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.evaluation import Evaluation, Evaluator

DECREASE, FLAT = 1e-4, 0.7
"""A step is accepted if F falls by at least DECREASE of the fall that the first slope predicts, and if the size of the
slope is at most FLAT of that of the first slope (the strong Wolfe conditions)."""


def line_search(
    evaluator: Evaluator, theta: Array, direction: Array, here: Evaluation, slope: float
) -> tuple[float, Evaluation | None]:
    """The length of a step that meets the conditions above, and F there; None if 30 trials find no step."""
    rounding = 64 * float(np.finfo(evaluator.dtype).eps) * abs(here.value)
    there = evaluator.towards(theta, direction)
    step, value, at = 1.0, there.value, there.slope
    low, high = (0.0, slope), (np.inf, 0.0)
    for trial in range(30):
        falls = value <= here.value + DECREASE * step * slope + rounding
        if falls and abs(at) <= FLAT * abs(slope):
            evaluator.accept(step)
            from_logits = evaluator.stored and trial > 0
            return step, evaluator.gradient_here(theta + step * direction) if from_logits else there
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
    """The point between `low` and `high` where a linear slope is 0, kept away from both ends."""
    (a, slope_a), (b, slope_b) = low, high
    if not np.isfinite(b):
        return 4 * a if a else 4.0
    if np.isfinite(slope_b) and slope_b > 0 > slope_a:
        t = a + (b - a) * slope_a / (slope_a - slope_b)
        return float(np.clip(t, a + 0.05 * (b - a), b - 0.05 * (b - a)))
    return (a + b) / 2
