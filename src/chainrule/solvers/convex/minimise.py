"""Minimising F for one penalty, or for several penalties one after another."""

from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.kernels.blas import available_threads, single_threaded_products
from chainrule.solvers.convex.directions import Directions
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import Precision
from chainrule.solvers.convex.hessian import MOST_PARAMETERS
from chainrule.solvers.convex.minimisation import Callback, Minimisation, Minimum, centre
from chainrule.solvers.convex.phases import INTERRUPTED
from chainrule.solvers.convex.preconditioner import preconditioner_of
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.spectrum import Spectrum, spectrum_of

WORTH_THREADS = 1 << 25
"""Multiplications in a product with all samples from which a second thread saves time."""

MANY_STEPS = 300
"""Expected steps of L-BFGS from which Newton's method by products is faster, if only a diagonal is known."""


def minimise(problem: Problem, start: Array | None = None, **options: Any) -> Minimum:
    """Minimise F until it can fall by at most `tol` times its value; the options are those of `minima`."""
    with closing(minima(problem, [problem.l2], start, **options)) as found:
        return next(found)


def minima(
    problem: Problem,
    penalties: Iterable[float],
    start: Array | None = None,
    *,
    tol: float = 1e-4,
    max_iter: int = 100,
    memory: int = 10,
    method: str = "auto",
    threads: int | None = None,
    spectrum: Spectrum | None = None,
    callback: Callback | None = None,
    narrow: bool = False,
) -> Generator[Minimum]:
    """The minima for one value of `l2` after another, where each run starts from the minimum before it.

    Each run also uses the gradient and the L-BFGS pairs of the one before, corrected for the change of the penalty. An
    interrupted run is the last one. During a run, BLAS uses one thread per product.

    Parameters
    ----------
    problem : Problem
    penalties : iterable of float
        The values of `l2`.
    start : (d + 1, k) array, optional
        The last row holds the intercepts, if there are any. The default is zero weights, and intercepts that give the
        class frequencies.
    tol : float
        A run has converged when F can fall by at most tol times F (see `convergence`).
    max_iter : int
        The most steps of a run.
    memory : int
        Pairs of vectors that L-BFGS keeps.
    method : {"auto", "lbfgs", "newton-cg"}
        "auto" is Newton's method with conjugate gradients if features are many and either sparse or so uneven that
        L-BFGS would take many steps with the variances alone (see `spectrum`); otherwise it is L-BFGS, and Newton's
        method for the last steps.
    threads : int, optional
        The most threads. The default is the number that BLAS may use, and 1 if a product with all samples is small.
    spectrum : Spectrum, optional
        From `spectrum_of`, for these samples or for all samples of which these are some. If it has a scale, features
        are divided by it, and the penalty is on weights times that scale. If its features are applied, `problem` holds
        z; theta still belongs to the original features.
    callback : callable, optional
        Called after each step, with a StepTaken and a function that returns theta; a true result ends the run.
    narrow : bool
        True if the first steps' products are in bfloat16, by PyTorch. Only for dense samples.
    """
    # A sparse entry takes as long to multiply by as 16 dense ones.
    entries = 16 * problem.x.nnz if is_sparse(problem.x) else problem.x.size
    if entries * problem.n_outputs < WORTH_THREADS:
        threads = 1
    elif threads is None:
        threads = available_threads()
    if spectrum is None:
        spectrum = spectrum_of(problem, apart=method != "newton-cg")
    x, spectrum = spectrum.suited(problem.x, problem, problem.l2)
    problem = replace(problem, x=x)
    with single_threaded_products():
        first = Precision.BFLOAT16 if narrow and not is_sparse(problem.x) else Precision.SAMPLES
        features = replace(spectrum.features, precision=first)
        evaluator = Evaluator(problem, threads, features)
        theta = start_of(problem) if start is None else features.inside(start)
        theta = theta.astype(evaluator.vector_dtype)
        centre(theta)
        if method == "auto":
            # With few parameters, L-BFGS is ended by the whole Hessian, which reaches the last digit.
            many = spectrum.diagonal and spectrum.steps > MANY_STEPS and theta.size > MOST_PARAMETERS
            method = "newton-cg" if many and evaluator.stored else "lbfgs"
    before: Minimisation | None = None
    for l2 in penalties:
        # The context does not include the yield, because a generator may be resumed at any time, or never.
        with single_threaded_products():
            increase = l2 - evaluator.problem.l2
            known = before is not None and evaluator.drift < np.inf
            here = evaluator.penalised_by(l2, theta, before.here) if before is not None and known else None
            evaluator.problem = replace(evaluator.problem, l2=l2)
            preconditioner = preconditioner_of(evaluator.problem, spectrum)
            directions = Directions(evaluator, preconditioner, memory, throughout=method == "newton-cg")
            phase = directions.first_phase(None if before is None else before.directions, increase)
            before = Minimisation(evaluator, directions, phase, theta, here)
            found = before.run(tol, max_iter, callback)
        yield found
        if found.message == INTERRUPTED:
            return


def start_of(problem: Problem) -> Array:
    """Zero weights, and intercepts that give the class frequencies."""
    theta, probs = np.zeros(problem.shape), problem.class_shares
    log_odds = np.log(probs / (1 - probs)) if len(probs) == 1 else np.log(probs) - np.log(probs).mean()
    theta[problem.n_features :] = log_odds
    return theta
