"""L-BFGS on all samples at once, through SciPy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainrule.arrays import Array
from chainrule.training import FullBatch, Objective, Samples


@dataclass(frozen=True)
class Minimum:
    """Where L-BFGS ended."""

    loss: float
    iterations: int
    evaluations: int
    converged: bool
    message: str


def minimise(
    objective: Objective, samples: Samples, theta: Array, *, iterations: int, evaluations: int, tol: float
) -> Minimum:
    """Minimise the objective from `theta`, which is moved in place.

    Parameters
    ----------
    iterations, evaluations : int
        The most of each.
    tol : float
        Converged when no entry of the gradient is larger.
    """
    from scipy.optimize import minimize

    whole = FullBatch(objective, samples, theta)

    def value_and_gradient(vector: Array) -> tuple[float, Array]:
        theta[...] = vector
        loss, gradient = whole.value_and_gradient()
        return loss, np.array(gradient, dtype=np.float64)

    result = minimize(
        value_and_gradient,
        theta.astype(np.float64),
        method="L-BFGS-B",
        jac=True,
        options={"maxfun": evaluations, "maxiter": iterations, "gtol": tol},
    )
    theta[...] = result.x
    return Minimum(float(result.fun), int(result.nit), int(result.nfev), bool(result.status == 0), str(result.message))
