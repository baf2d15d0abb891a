"""Minimising F, for one penalty or for one after another: what a descent needs, made once and kept."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TypedDict, Unpack

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.kernels.blas import single_threaded_products
from chainrule.solvers.convex.crew import Crew
from chainrule.solvers.convex.directions import Directions
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import split
from chainrule.solvers.convex.hessian import MOST_PARAMETERS
from chainrule.solvers.convex.minimisation import Callback, Minimisation, centre
from chainrule.solvers.convex.phases import INTERRUPTED
from chainrule.solvers.convex.preconditioner import preconditioner_of
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.spectrum import Spectrum, spectrum_of

WORTH_THREADS = 1 << 25
"""Multiplications in a product with all samples that are worth a second thread: below, handing over takes longer."""

MANY_STEPS = 300
"""From so many expected steps on Newton's method with products is faster than L-BFGS, where both know a diagonal."""


@dataclass(frozen=True)
class Minimum:
    """Where a minimisation ended.

    Attributes
    ----------
    theta : array
        The weights, and the intercepts as a last row where there are any.
    value, gradient_norm : float
        F and the largest entry of its gradient there.
    remaining : float
        About how far F can still fall: at most `tol` of it in a run that has converged.
    iterations, products : int
        The steps taken, and how often the samples were multiplied.
    converged : bool
    message : str
        Why it ended.
    """

    theta: Array
    value: float
    gradient_norm: float
    remaining: float
    iterations: int
    products: int
    converged: bool
    message: str


class Options(TypedDict, total=False):
    """What `minima`, and so `minimise`, may be told by name; said there."""

    tol: float
    max_iter: int
    memory: int
    method: str
    threads: int | None
    spectrum: Spectrum | None
    callback: Callback | None
    narrow: bool


def minimise(problem: Problem, start: Array | None = None, **options: Unpack[Options]) -> Minimum:
    """Minimise F until it can fall by at most `tol` times itself; the options are those of `minima`."""
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
    """The minima for one `l2` after another, each begun where the one before was found.

    What was learnt there serves here: the gradient and the gradients' changes differ by the penalties'. A run that is
    interrupted is the last. While one is sought, BLAS takes one thread per call.

    Parameters
    ----------
    problem : Problem
    penalties : iterable of float
        The values of `l2`.
    start : (d + 1, k) array, optional
        The intercepts' row last, where there are any. By default zero weights and intercepts that give the classes'
        frequencies.
    tol : float
        A run has converged when F can fall by at most tol times F (see `convergence`).
    max_iter : int
    memory : int
        Pairs of vectors that L-BFGS keeps.
    method : {"auto", "lbfgs", "newton-cg"}
        "auto" is Newton's method with conjugate gradients where the features are many, and sparse or so uneven that
        L-BFGS would take many steps on their variances alone, which is all that is known of those too many to be taken
        apart; else L-BFGS, ended by Newton's method.
    threads : int, optional
        The most, by default as many as BLAS may use; it is one where a product with all samples is small.
    spectrum : Spectrum, optional
        From `spectrum_of`, perhaps for all samples where these are some of them, and with the scale that the features
        are to be divided by: the penalty is then on weights times that scale. If it says that samples are z
        already, `problem` holds z; theta is for features as they were.
    callback : callable, optional
        Called with a StepTaken and a function that gives theta after every step; a true result ends the run.
    narrow : bool
        Whether the first steps' products are in bfloat16, by PyTorch, where samples are dense.
    """
    probs = class_shares(problem)
    # A sparse entry takes as long to multiply by as sixteen dense ones.
    entries = 16 * problem.x.nnz if is_sparse(problem.x) else problem.x.size
    if entries * problem.n_outputs < WORTH_THREADS:
        threads = 1
    if spectrum is None:
        spectrum = spectrum_of(problem, apart=method != "newton-cg")
    x, spectrum = spectrum.suited(problem.x, problem, problem.l2)
    problem = replace(problem, x=x)
    team = Crew(threads)
    with single_threaded_products():
        features = replace(spectrum.features, narrow=narrow and not is_sparse(problem.x))
        evaluator = Evaluator(problem, team, features)
        theta = _start(problem, probs) if start is None else features.inside(start)
        theta = theta.astype(evaluator.vector_dtype)
        centre(theta)
        if method == "auto":
            # Of few parameters the whole Hessian is at hand, which ends what L-BFGS begins to the last digit.
            many = features.basis is None and spectrum.steps > MANY_STEPS and theta.size > MOST_PARAMETERS
            method = "newton-cg" if many and evaluator.stored else "lbfgs"
    before: Minimisation | None = None
    for l2 in penalties:
        # Not over a yield: nobody knows when, by whom or whether a generator is asked for more.
        with single_threaded_products():
            change, products = l2 - evaluator.problem.l2, evaluator.products
            known = before is not None and evaluator.drift < np.inf
            here = evaluator.penalised_by(l2, theta, before.here) if before is not None and known else None
            evaluator.problem = replace(evaluator.problem, l2=l2)
            preconditioner = preconditioner_of(evaluator.problem, spectrum, probs)
            directions = Directions(evaluator, preconditioner, memory, throughout=method == "newton-cg")
            phase = directions.first_phase(None if before is None else before.directions, change)
            run = before = Minimisation(evaluator, directions, phase, theta, here)
            message, converged = run.run(tol, max_iter, callback)
            outside, taken = features.outside(theta), evaluator.products - products
            found = Minimum(outside, run.here.value, run.norm, run.remaining, run.iteration, taken, converged, message)
        yield found
        if message == INTERRUPTED:
            return


def class_shares(problem: Problem) -> Array:
    """pi: the shares of the classes, none of them 0."""
    mass = problem.class_mass
    least = 1 / (2.0 * problem.n_samples)
    if problem.n_outputs == 1:
        return np.clip(mass, least, 1 - least)
    shares = np.maximum(mass, least * mass.sum())
    return np.asarray(shares / shares.sum())


def _start(problem: Problem, probs: Array) -> Array:
    theta = np.zeros(problem.shape)
    split(theta, problem.intercept)[1][...] = (
        np.log(probs / (1 - probs)) if len(probs) == 1 else np.log(probs) - np.log(probs).mean()
    )
    return theta
