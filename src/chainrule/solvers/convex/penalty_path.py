"""The minima of F for one penalty after another, each from the minimum before it."""

import math
from collections.abc import Generator, Iterable
from contextlib import closing, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.kernels.blas import single_threaded_products
from chainrule.progress import stage
from chainrule.solvers.convex.directions import Directions
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import Precision
from chainrule.solvers.convex.hessian import MOST_PARAMETERS, inverse_of, whole_hessian
from chainrule.solvers.convex.last_evaluation import why_uncertain
from chainrule.solvers.convex.minimisation import Callback, Minimisation, Minimum, centre
from chainrule.solvers.convex.phases import INTERRUPTED
from chainrule.solvers.convex.preconditioner import preconditioner_of
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.spectrum import Spectrum, spectrum_of
from chainrule.storage import StoredRows

SMALL_HESSIAN = 128
"""Up to this many parameters p, the whole Hessian of a sample, which takes a 16th of n p^2 operations, takes less time
than two steps with all n rows, which take 4 n p each."""

MANY_STEPS = 300
"""If only a diagonal is known and L-BFGS is expected to need more steps, Newton's method by products is faster."""


def minimise(problem: Problem, start: Array | None = None, **options: Any) -> Minimum:
    """Minimise F until it can fall by at most `tol` times its value; `minima` describes the options."""
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
    certify: bool = False,
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
        From `spectrum_of`, for these samples or for a larger set that contains them. If it has a scale, features are
        divided by it, and the penalty is on weights times that scale. If its features are applied, `problem` holds z;
        theta still belongs to the original features.
    callback : callable, optional
        Called after each step, with a StepTaken and a function that returns theta; a true result ends the run.
    narrow : bool
        True if the first steps' products are in bfloat16, by PyTorch. Only for dense samples.
    certify : bool
        True ends runs at minimised intercepts, with the evaluation for a certificate, unless samples are rotated,
        parameters are in float32 or there is no certificate. The spectrum must be that of exactly these samples.
    """
    problem, penalties = problem.with_threads(threads), list(penalties)
    # With a device, threads take few passes, and BLAS has one thread in each (see `DeviceEngine`).
    products = single_threaded_products if problem.device_engine is None else nullcontext
    if spectrum is None:
        spectrum = spectrum_of(problem, decompose=method != "newton-cg")
    # A fit to part of the samples, such as a fold, does not begin with rows outside that part.
    sample = spectrum.sample
    begins = start is None and sample is not None and sample.of is problem.x and sample.problem is not None
    before = None
    with products():
        x, spectrum = spectrum.suited(problem.x, problem, problem.l2)
        if isinstance(x, StoredRows):
            x = replace(x, checked=True)  # the spectrum has read all rows
        problem = problem if x is problem.x else problem.of(x)
        first = Precision.BFLOAT16 if narrow and not problem.sparse else Precision.SAMPLES
        features = replace(spectrum.features, precision=first)
        evaluator = Evaluator(problem, features)
        # Rotated samples have rounding errors of their own.
        certify = certify and not features.applied and evaluator.vector_dtype == np.float64
        squares = spectrum.squares(problem.n_samples) if certify else None
        if method == "auto":
            # With few parameters, the whole Hessian finishes the fit and reaches the last digit.
            many = spectrum.diagonal and spectrum.steps > MANY_STEPS and math.prod(problem.shape) > MOST_PARAMETERS
            method = "newton-cg" if many and evaluator.stored else "lbfgs"
        if begins:
            with stage("some of the rows"):
                before = _on_sample(spectrum, penalties[0], tol, max_iter, memory, method)
        theta = before.theta if before else _start_of(problem) if start is None else features.inside(start)
        theta = theta.astype(evaluator.vector_dtype)
        centre(theta)
    for l2 in penalties:
        # The context does not include the yield, because a generator may be resumed at any time, or never.
        with products():
            increase = l2 - (evaluator if before is None else before.evaluator).problem.l2
            known = before is not None and before.evaluator is evaluator and evaluator.point is not None
            here = evaluator.penalised_by(l2, theta, before.here) if before is not None and known else None
            evaluator.problem = replace(evaluator.problem, l2=l2)
            preconditioner = preconditioner_of(evaluator.problem, spectrum)
            directions = Directions(evaluator, preconditioner, memory, throughout=method == "newton-cg")
            phase = directions.first_phase(None if before is None else before.directions, increase)
            certain = None if why_uncertain(evaluator.problem) else squares
            before = None  # frees the rows of a sample before the first pass over all rows
            before = Minimisation(evaluator, directions, phase, theta, here, certain)
            found = before.run(tol, max_iter, callback)
        yield found
        if found.message == INTERRUPTED:
            return


# What follows is private.


def _on_sample(spectrum: Spectrum, l2: float, tol: float, max_iter: int, memory: int, method: str) -> Minimisation:
    """A minimisation for the spectrum's sample, ended a tenth as far from its optimum as that is from all rows'.

    Ctrl-C raises KeyboardInterrupt.
    """
    assert spectrum.sample is not None
    problem = replace(spectrum.sample.taken(), l2=l2)
    evaluator = Evaluator(problem, spectrum.features)
    directions = Directions(evaluator, preconditioner_of(problem, spectrum), memory, throughout=method == "newton-cg")
    phase = directions.first_phase(None, 0.0)
    run = Minimisation(evaluator, directions, phase, _start_of(problem).astype(evaluator.vector_dtype))
    found = run.run(max(tol, 0.1 * math.prod(problem.shape) / problem.n_samples), max_iter, None)
    if found.message == INTERRUPTED:
        raise KeyboardInterrupt
    if math.prod(problem.shape) <= SMALL_HESSIAN:
        inverse = inverse_of(whole_hessian(evaluator, run.theta))
        directions.pairs.forget()
        directions.pairs.rest_on(directions.preconditioner if inverse is None else inverse)
    problem.engine.close()  # forgets the logits of the sample
    return run


def _start_of(problem: Problem) -> Array:
    """Zero weights, and intercepts that give the class frequencies."""
    theta, probs = np.zeros(problem.shape), problem.class_shares
    log_odds = np.log(probs / (1 - probs)) if len(probs) == 1 else np.log(probs) - np.log(probs).mean()
    theta[problem.n_features :] = log_odds
    return theta
