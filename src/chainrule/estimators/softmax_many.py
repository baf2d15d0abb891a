"""Fits of many softmax regressions to the same features, such as one per label, whose passes are taken together."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.engines import Meeting, leaf_rows
from chainrule.estimators.class_encoding import encoding_of
from chainrule.estimators.drop_in import METHODS
from chainrule.estimators.notices import Notice, notices_kept, warn_caller
from chainrule.estimators.softmax_problem import inverse_strength, problem_of_samples
from chainrule.estimators.softmax_recipe import penalty_share
from chainrule.estimators.softmax_regression import SoftmaxRegression
from chainrule.kernels.blas import available_threads, single_threaded_products, threads_allowed
from chainrule.progress import shown
from chainrule.solvers.convex import Problem, Spectrum
from chainrule.solvers.convex.problem import WORTH_THREADS
from chainrule.solvers.convex.shared_products import joint_sums, rank_of
from chainrule.solvers.convex.spectrum import square_norms

WORTH_MEETING = 1 << 20
"""Entries of X from which a product of all fits saves time: fewer stay in a core's own cache from fit to fit."""

MOST_AT_ONCE, MOST_BYTES = 256, 1 << 30
"""Most fits at once, and most bytes that they keep for logits and blocks by class, unless a single fit keeps more."""


@dataclass
class Head:
    """A softmax regression with its checked samples (X, y, weights).

    Attributes
    ----------
    problem : Problem
        Without its penalty.
    start : array or None
        The parameters at the start.
    """

    model: Any
    samples: tuple[Any, Any, Any]
    problem: Problem
    start: Array | None
    spectrum: Spectrum | None = None

    def __call__(self) -> None:
        """Fit."""
        self.model._solve(self.problem, self.samples, self.start, spectrum=self.spectrum)


def fit_heads(
    estimators: Sequence[Any],
    samples: Callable[[int], tuple[Any, Any, Any]],
    keep_errors: bool,
    limit: int | None,
    done: Callable[[str], object],
) -> Iterator[tuple[int, BaseException | None]]:
    """Fit softmax regressions, and yield the number and the error of each."""
    fits: dict[int, Any] = {}
    checked: dict[Any, Array] = {}
    for number, model in enumerate(estimators):
        try:
            given = samples(number)
            fits[number] = _head(model, checked, *given) if _is_plain(model) else partial(model.fit, *given)
        except Exception as refused:
            if not keep_errors:
                raise
            yield number, refused
    groups: dict[Any, list[int]] = {}
    for number, fit in fits.items():
        groups.setdefault(_key(fit) or number, []).append(number)

    def noted(number: int) -> tuple[list[Notice], bool]:
        """Fit, and return what there is to warn of, and whether Ctrl-C ended the fit."""
        with notices_kept() as notices:
            fits[number]()
        model = estimators[number]
        done(f"{int(np.max(model.n_iter_))} steps, objective = {getattr(model, 'objective_', np.nan):.8f}")
        return notices, getattr(model, "interrupted_", False)

    stopped = False
    with threads_allowed(limit), shown(any(model.verbose for model in estimators)):
        for numbers in groups.values():
            if stopped:
                outcomes: list[Any] = [(None, KeyboardInterrupt())] * len(numbers)
            else:
                outcomes = _outcomes([fits[number] for number in numbers], [partial(noted, one) for one in numbers])
            for number, (result, error) in zip(numbers, outcomes, strict=True):
                notices, interrupted = result or ([], False)
                stopped |= interrupted or isinstance(error, KeyboardInterrupt)
                yield number, error
                for notice in notices:
                    warn_caller(*notice)


# What follows is private.


def _is_plain(model: Any) -> bool:
    """True if a fit is nothing but the solution of a problem in memory."""
    alone = model.checkpoint is not None or model.temperature_scaling or model.device is not None
    return type(model).fit is SoftmaxRegression.fit and not alone


def _head(model: Any, checked: dict[Any, Array], X: Any, y: Any, weights: Any) -> Any:
    """A softmax regression with its samples. Of equal samples and dtypes, X is checked once.

    Samples of weight zero stay, since other fits may weight them. Their labels do not count.
    """
    model._check_parameters()
    continues = model.warm_start and hasattr(model, "coef_")
    if not isinstance(X, np.ndarray) and not hasattr(X, "iloc"):
        return partial(model.fit, X, y, weights)
    known = checked.get((id(X), str(model.dtype)))
    options = {"weightless": True, "signed": True, "checked": known}
    read, y, weights = model._checked_samples(X, y, weights, reset=not continues, **options)
    checked[id(X), str(model.dtype)] = read
    if weights is not None and y.ndim == 1 and not weights.all():
        y = np.where(weights != 0, y, y[weights != 0][0])
    encoding = encoding_of(y, probabilities=model.targets == "proba")
    model._adopt_classes(encoding, continues=continues)
    problem = problem_of_samples(model, read, y, weights, weightless=True)
    return Head(model, (read, y, weights), problem, model._theta() if continues else None)


def _key(fit: Any) -> Any:
    """The key that fits share whose passes are taken together; None for a fit on its own."""
    if not isinstance(fit, Head):
        return None
    model, problem = fit.model, fit.problem
    alone = model.penalty is None or np.isinf(model.C) or model.mixed_precision or model.solver == "liblinear"
    if alone or (model.standardize and problem.weights is not None):
        return None
    return id(problem.x), problem.intercept, METHODS[model.solver], bool(model.standardize)


def _outcomes(heads: list[Any], fits: list[Callable[[], Any]]) -> list[tuple[Any, BaseException | None]]:
    """The result and the error of each fit, after fits with common features; more than one have problems."""
    if len(heads) == 1:
        return _in_turn(fits)
    try:
        _share_spectrum(heads)
    except Exception as error:
        return [(None, error)] * len(fits)
    first = heads[0].problem
    if first.n_entries < WORTH_MEETING:
        return _in_turn(fits)
    widest = max(head.problem.n_outputs for head in heads)
    kept = first.n_samples * (2 * first.dtype.itemsize + 8) + 4 * first.n_features**2  # for a logit
    most = int(np.clip(MOST_BYTES // (widest * kept), 1, MOST_AT_ONCE))
    columns = sum(head.problem.n_outputs for head in heads[:most])
    threads = available_threads() if first.n_entries * columns >= WORTH_THREADS else 1
    meeting = Meeting(joint_sums, threads, rank_of)
    for head in heads:
        problem = replace(head.problem, rows_of_leaf=leaf_rows(first.n_features, columns), engine=None)
        head.problem = replace(problem, engine=meeting.around(problem.engine))
    with single_threaded_products():
        return meeting.hold(fits, most)


def _in_turn(fits: list[Callable[[], Any]]) -> list[tuple[Any, BaseException | None]]:
    """The result and the error of each fit, one after another; none begins after Ctrl-C."""
    outcomes: list[tuple[Any, BaseException | None]] = []
    stopped = False
    for fit in fits:
        try:
            if stopped:
                raise KeyboardInterrupt
            result = fit()
            stopped = result[1]
            outcomes.append((result, None))
        except Exception as error:
            outcomes.append((None, error))
        except KeyboardInterrupt as error:
            stopped = True
            outcomes.append((None, error))
    return outcomes


def _share_spectrum(heads: list[Head]) -> None:
    """Give all fits the spectrum of their features, under their weights if these are the same for all."""
    first = heads[0].problem
    same = all(_are_equal(head.problem.weights, first.weights) for head in heads)
    base = first if same else replace(first, weights=None, totals=None, engine=None)
    C = max(inverse_strength(head.model) for head in heads)
    spectrum = heads[0].model._recipe().spectrum(base, C, len(heads))
    if spectrum.sample is not None:
        spectrum = replace(spectrum, sample=replace(spectrum.sample, problem=None))
    z, _ = spectrum.suited(first.x, base, penalty_share(base, C))
    if z is not first.x:
        spectrum = replace(spectrum, coordinates=(first.x, z))
    if not same:
        norms = square_norms(base, replace(spectrum.features, basis=None))
    for head in heads:
        head.spectrum = spectrum
        if not same:
            shares = 1 if head.problem.weights is None else abs(head.problem.weights)
            head.spectrum = replace(spectrum, trace=1.01 * float((norms * shares).sum()) / head.problem.mass)


def _are_equal(weights: Array | None, others: Array | None) -> bool:
    if weights is None or others is None:
        return weights is others
    return weights is others or bool((weights == others).all())
