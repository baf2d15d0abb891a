"""L-BFGS on all samples at once, by SciPy."""

from typing import Any

import numpy as np

from chainrule.arrays import Array, as_like, numpy_dtype, to_numpy
from chainrule.training.data import Samples
from chainrule.training.history import History, Run
from chainrule.training.loop import BatchGradients
from chainrule.training.recipe import LBFGS, Recipe


def minimise(recipe: Recipe, samples: Samples, run: Run) -> History:
    """Minimise the recipe's objective from `run.theta`, in place; Ctrl-C after the first iteration ends it there.

    Raises
    ------
    FloatingPointError
        When the loss is not finite at the end.
    """
    from scipy.optimize import minimize

    assert isinstance(recipe.solver, LBFGS)
    theta, history = run.theta, run.history
    gradients = BatchGradients(recipe, samples, theta)
    reached: Any = None

    def value_and_gradient(vector: Array) -> tuple[float, Array]:
        run.samples_seen += len(samples)
        theta[...] = as_like(vector, theta)
        loss, gradient = gradients.on_all_samples()
        return loss, to_numpy(gradient).astype(np.float64)

    def iterated(intermediate_result: Any) -> None:
        nonlocal reached
        reached, history.loss = intermediate_result.x.copy(), float(intermediate_result.fun)
        history.epochs += 1

    try:
        result = minimize(
            value_and_gradient,
            to_numpy(theta).astype(np.float64),
            method="L-BFGS-B",
            jac=True,
            callback=iterated,
            # By default SciPy also stops where the objective falls by less than 2e-9 of itself, long before a small
            # gtol is met.
            options={
                "maxfun": _count(recipe.solver.evaluations),
                "maxiter": _count(recipe.epochs),
                "gtol": recipe.tolerance,
                "ftol": 64 * np.finfo(numpy_dtype(theta)).eps,
            },
        )
    except KeyboardInterrupt:
        if reached is None:
            raise
        history.stopped_by = "interrupt"
    else:
        reached, history.loss, history.epochs = result.x, float(result.fun), int(result.nit)
        history.stopped_by, history.message = "convergence" if result.status == 0 else "max_iter", str(result.message)
        if not np.isfinite(history.loss):
            raise FloatingPointError(
                f"the loss is {history.loss} after {history.epochs} iterations: the inputs are too large"
            )
    theta[...] = as_like(reached, theta)
    history.best = history.loss
    return history


def _count(limit: float) -> int:
    return int(min(limit, np.iinfo(np.int32).max))
