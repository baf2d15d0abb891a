"""The solving and watching of softmax regressions, and the step from the solver's parameters to coefficients."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from chainrule.arrays import Array, is_sparse
from chainrule.engines import ClusterRows, JournaledEngine, Leaf
from chainrule.engines.fingerprint import fingerprint
from chainrule.estimators.checkpoints import fingerprint_of
from chainrule.estimators.drop_in import METHODS, check_liblinear
from chainrule.estimators.notices import warn_caller
from chainrule.estimators.parameters import listed
from chainrule.kernels.blas import threads_allowed
from chainrule.progress import stage, tell
from chainrule.solvers.convex import (
    CONVERGED,
    INTERRUPTED,
    PRECISION,
    Certified,
    Minimum,
    Problem,
    Spectrum,
    StepTaken,
    certify,
    deviations,
    minimise,
    ranges,
    spectrum_of,
)
from chainrule.solvers.convex.narrow import has_bfloat16_units

Observer = Callable[[StepTaken, Callable[[], Array]], bool]
"""Called by the solver after every step with a function that gives theta; a true result ends the fit."""

LARGEST_CHANGE = 0.1
"""Limit on the change of a logit by rounding coefficients. It bounds the sum of all roundings; most cancel."""


def penalty_share(problem: Problem, C: float) -> float:
    """The penalty's strength in the mean objective: |W|^2 / (2 C) shared among the samples by weight."""
    return 1 / (C * problem.mass)


def journaled(problem: Problem, folder: Path) -> Problem:
    """The problem with a journal of its sums in a folder, which belongs to these samples and versions.

    The journal knows samples in memory by all their entries, those on a cluster by the checksums of their leaves, and
    those in files as `StoredRows.sample` does. It compares all else that matters with the states of passes.
    """
    with stage("checksum"):
        x = problem.engine.map_reduce(_checksum, None) if isinstance(problem.x, ClusterRows) else problem.x
    samples = fingerprint_of({}, problem.x.shape, x, problem.targets, problem.weights)
    device = None if problem.device_engine is None else problem.device_engine.device
    return replace(problem, engine=JournaledEngine(problem.engine, folder, (samples, fingerprint(), device)))


@dataclass(frozen=True)
class SoftmaxRecipe:
    """The parameters of `SoftmaxRegression` that say how an objective is minimised; `threads` limits BLAS."""

    solver: str
    tol: float
    max_iter: int
    mixed_precision: bool
    standardize: bool
    threads: int | None
    verbose: int = 0
    callbacks: Sequence[Callable[[StepTaken], Any]] | None = None
    certify: bool = True

    def fit(
        self,
        problem: Problem,
        C: float,
        start: Array | None = None,
        watchers: Sequence[Callable[[Array], Any]] = (),
        spectrum: Spectrum | None = None,
        *,
        certifies: bool = False,
    ) -> Minimum:
        """Fit for one C, begun at theta = `start`, and warn if the fit did not converge.

        With `certifies`, the fit ends at minimised intercepts if it can; the spectrum is then that of the problem.

        Ctrl-C ends the fit at its last step, or raises KeyboardInterrupt before the first. Callbacks and watchers are
        called as by `observer`.
        """
        options = self.options(problem, spectrum or self.spectrum(problem, C), watchers) | {"certify": certifies}
        with threads_allowed(self.threads):
            found = minimise(replace(problem, l2=penalty_share(problem, C)), start, **options)
        if found.message == INTERRUPTED and not found.iterations:
            raise KeyboardInterrupt
        self._warn_of(found)
        return found

    def certified(self, problem: Problem, C: float, found: Minimum, spectrum: Spectrum, dtype: Any = None) -> Certified:
        """The end of a fit; with `certify` in a dtype, with minimised intercepts, and with its certificate.

        The spectrum is that of the problem.
        """
        if not self.certify:
            return Certified(found.theta, None, "certify is False")
        if found.message == INTERRUPTED:
            return Certified(found.theta, None, "the fit was interrupted")
        with threads_allowed(self.threads), stage("certificate"):
            problem = replace(problem, l2=penalty_share(problem, C))
            certified = certify(problem, found.theta, dtype=dtype, spectrum=spectrum, last=found.last)
        if found.message in (CONVERGED, PRECISION):
            return certified
        # A fit that was stopped on the way keeps its intercepts. The certificate is about the weights.
        theta = found.theta if dtype is None else found.theta.astype(dtype)
        return Certified(theta, certified.certificate, certified.reason)

    def dtype_to_show(self, theta: Array, problem: Problem, dtype: Any, spectrum: Spectrum) -> Any:
        """The dtype of the coefficients for samples of this dtype, as `dtype_to_show` chooses it."""
        with threads_allowed(self.threads), stage("precision of the coefficients"):
            return dtype_to_show(theta, problem, dtype, spectrum)

    def spectrum(self, problem: Problem, C: float, fits: int = 1) -> Spectrum:
        """The spectrum that `fits` fits of a problem, or of parts of its samples, share; C is their largest.

        Raises
        ------
        ValueError
            If the solver that was asked for has another optimum.
        """
        if self.solver == "liblinear":
            check_liblinear(problem.n_outputs, problem.intercept)
        with threads_allowed(self.threads), stage("before the first step"):
            scale = self._scale(problem)
            problem = replace(problem, l2=penalty_share(problem, C))
            return spectrum_of(problem, scale, fits=fits, decompose=self.solver != "newton-cg")

    def shared(self, problem: Problem, X: Array, C: float, fits: int) -> tuple[Array, Spectrum]:
        """The rows of X in the coordinates that suit this number of fits, and the spectrum that the fits share."""
        spectrum = self.spectrum(problem, C, fits)
        with threads_allowed(self.threads), stage("before the first step"):
            return spectrum.suited(X, problem, penalty_share(problem, C), fits)

    def options(
        self, problem: Problem, spectrum: Spectrum, watchers: Sequence[Callable[[Array], Any]] = ()
    ) -> dict[str, Any]:
        """The options of the solver, which are the same for each fit to parts of the problem's samples."""
        return {
            "tol": self.tol,
            "max_iter": self.max_iter,
            "method": METHODS[self.solver],
            "narrow": self.mixed_precision and self._is_faster_in_bfloat16(problem),
            "spectrum": spectrum,
            "callback": observer(self.callbacks, self.verbose, watchers),
        }

    @staticmethod
    def _is_faster_in_bfloat16(problem: Problem) -> bool:
        """Whether a device or the processor has units for products in bfloat16; there are none with sparse samples."""
        return not problem.sparse and (problem.device_engine is not None or has_bfloat16_units())

    def _scale(self, problem: Problem) -> Array | None:
        """The factors of the weights inside the penalty; None if all are 1."""
        return deviations(problem.with_threads()) if self.standardize else None

    def _warn_of(self, result: Minimum) -> None:
        """Warn if a fit was interrupted or did not converge."""
        if result.message == INTERRUPTED:
            warn_caller(f"interrupted after {result.iterations} steps: the weights so far are kept", ConvergenceWarning)
        elif not result.converged and "callback" not in result.message:
            advice = "Scale the features, or increase tol."
            if result.iterations >= self.max_iter:
                advice = "Increase the number of iterations (max_iter), scale the features, or lower C."
            if not self.standardize:
                advice += " Where the scales of columns differ much, standardize=True helps."
            count = f"{result.iterations} step{'s' * (result.iterations != 1)}"
            # Filters of warnings look for the first words, which are scikit-learn's.
            warn_caller(
                f"{self.solver} failed to converge after {count}: {result.message}. The objective, "
                f"{result.value:.3g}, may still fall by about {result.remaining:.1e}, as the last step estimates: it "
                f"is not known to be within tol={self.tol:g} times itself of the optimum. {advice}",
                ConvergenceWarning,
            )


def observer(
    callbacks: Sequence[Callable[[StepTaken], Any]] | None,
    verbose: int,
    watchers: Sequence[Callable[[Array], Any]] = (),
) -> Observer | None:
    """The function that the solver calls after every step, or None without any listener. Watchers get theta."""
    if not callbacks and not verbose and not watchers:
        return None

    def observe(step: StepTaken, theta: Callable[[], Array]) -> bool:
        answers = [watcher(theta()) for watcher in watchers]
        if verbose:
            tell(f"Iteration {step.iteration}, objective = {step.value:.8f}, gradient = {step.gradient_norm:.2e}")
        answers += [callback(step) for callback in callbacks or ()]
        return any(answers)

    return observe


def check_bounded(C: float, intercept: bool, mass: Array) -> None:
    """Raise ValueError if weights of both signs, whose sum is `mass` for each class, leave F without a lower bound.

    Losses grow like the logits and the penalty like their squares, so any penalty bounds the weights. Along an
    intercept the objective falls for ever if the sum of the weights of a class is negative.
    """
    if np.inf == C:
        raise ValueError(
            "sample_weight: negative weights need a penalty, a finite C: without one there may be no minimum"
        )
    if intercept and not (mass > 0).all():
        raise ValueError(
            "sample_weight: with negative weights, the weights of each class must sum to more than 0 (no optimum for "
            f"its intercept otherwise), got the sums {listed(mass)}; fit_intercept=False takes any weights"
        )


def coefficients(theta: Array, intercept: bool, dtype: Any = None, *, centred: bool = True) -> tuple[Array, Array]:
    """scikit-learn's coef_ and intercept_ from the solver's parameters, in their dtype or in the given one.

    Adding one vector to the weights of all classes does not change a softmax. As in scikit-learn, the weights of a
    feature sum to 0 over the classes: any penalty requires this, and it is a choice for intercepts and without a
    penalty. Streams pass `centred=False`, since their penalty is on the distance from earlier weights.
    """
    weights = theta[:-1] if intercept else theta
    coef = np.array(weights.T, order="C")
    offsets = theta[-1].copy() if intercept else np.zeros(len(coef), theta.dtype)
    if centred and len(coef) > 1:
        for array in (coef, offsets):
            means = array.mean(axis=0)
            # Means of the size of rounding errors stay: where features are large, the last digit matters.
            if (abs(means) > 64 * np.finfo(array.dtype).eps * abs(array).max(axis=0)).any():
                array -= means
    dtype = theta.dtype if dtype is None else dtype
    return coef.astype(dtype, copy=False), offsets.astype(dtype, copy=False)


def dtype_to_show(theta: Array, problem: Problem, dtype: Any, spectrum: Spectrum | None = None) -> Any:
    """The dtype of the samples as given, unless rounding theta to it could change a logit by more than LARGEST_CHANGE.

    Large coefficients may cancel, such as those of repeated features without a penalty. Then every digit counts. The
    spectrum bounds entries by their variance, which is mostly enough; otherwise a pass finds the largest entries.
    """
    if dtype == theta.dtype:
        return dtype

    def is_safe(largest: Array) -> bool:
        reach = largest @ abs(theta[: len(largest)]) + abs(theta[len(largest) :]).sum(axis=0)
        return bool(reach.max() * np.finfo(dtype).eps / 2 <= LARGEST_CHANGE)

    bound = None if spectrum is None else spectrum.largest_entries(problem)
    if bound is not None and is_safe(bound):
        return dtype
    lowest, highest = ranges(problem.with_threads())
    return dtype if is_safe(np.maximum(-lowest.astype(np.float64), highest)) else theta.dtype


def _checksum(leaf: Leaf, _: None) -> list[int]:
    """A checksum of the features, targets and weights of a leaf."""
    x = (leaf.x.data, leaf.x.indices, leaf.x.indptr) if is_sparse(leaf.x) else (leaf.x,)
    parts = [np.ascontiguousarray(part) for part in (*x, leaf.targets, leaf.weights) if part is not None]
    return [reduce(lambda value, part: zlib.crc32(part.view(np.uint8).reshape(-1), value), parts, 0)]
