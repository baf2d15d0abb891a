"""L-BFGS on all samples at once, through SciPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array, as_like, numpy_dtype, to_numpy
from chainrule.training import FullBatch, Objective, Samples

INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Minimum:
    """Where L-BFGS ended."""

    loss: float
    iterations: int
    evaluations: int
    converged: bool
    message: str


def minimise(
    objective: Objective, samples: Samples, theta: Array, *, iterations: float, evaluations: float, tol: float
) -> Minimum:
    """Minimise the objective from `theta`, which is moved in place; Ctrl-C after the first iteration ends it there.

    Parameters
    ----------
    iterations, evaluations : float
        The most of each; infinity for no limit.
    tol : float
        Converged when no entry of the gradient is larger.

    Raises
    ------
    FloatingPointError
        When the loss is not finite at the end.
    """
    from scipy.optimize import minimize

    whole = FullBatch(objective, samples, theta)
    counts = {"iterations": 0, "evaluations": 0}
    reached: list[Any] = []

    def value_and_gradient(vector: Array) -> tuple[float, Array]:
        counts["evaluations"] += 1
        theta[...] = as_like(vector, theta)
        loss, gradient = whole.value_and_gradient()
        return loss, to_numpy(gradient).astype(np.float64)

    def iterated(intermediate_result: Any) -> None:
        reached[:] = [intermediate_result.x.copy(), float(intermediate_result.fun)]
        counts["iterations"] += 1

    try:
        result = minimize(
            value_and_gradient,
            to_numpy(theta).astype(np.float64),
            method="L-BFGS-B",
            jac=True,
            callback=iterated,
            # SciPy would also stop where the objective falls by less than 2e-9 of itself, long before a small gtol is
            # met.
            options={
                "maxfun": _count(evaluations),
                "maxiter": _count(iterations),
                "gtol": tol,
                "ftol": 64 * np.finfo(numpy_dtype(theta)).eps,
            },
        )
    except KeyboardInterrupt:
        if not counts["iterations"]:
            raise
        vector, loss = reached
        theta[...] = as_like(vector, theta)
        return Minimum(loss, **counts, converged=False, message=INTERRUPTED)
    if not np.isfinite(result.fun):
        raise FloatingPointError(f"the loss is {result.fun} after {result.nit} iterations: the inputs are too large")
    theta[...] = as_like(result.x, theta)
    return Minimum(float(result.fun), int(result.nit), int(result.nfev), bool(result.status == 0), str(result.message))


def _count(limit: float) -> int:
    return int(min(limit, np.iinfo(np.int32).max))
