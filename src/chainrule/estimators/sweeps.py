"""Fits of many classifiers at once."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from numbers import Number
from typing import Any

import numpy as np
from joblib import effective_n_jobs

from chainrule.estimators.network_classifier import NetworkClassifier
from chainrule.estimators.parameters import choice, threads
from chainrule.estimators.softmax_many import fit_heads
from chainrule.estimators.softmax_regression import SoftmaxRegression
from chainrule.estimators.transactions import undo_of
from chainrule.kernels.blas import available_threads
from chainrule.progress import tell
from chainrule.storage import is_source
from chainrule.training import Fit, train_many

KINDS = {NetworkClassifier: "MLPClassifier or ConvClassifier", SoftmaxRegression: "SoftmaxRegression"}


def fit_many(
    estimators: Sequence[Any],
    X: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    ys: Sequence[Any] | None = None,
    sample_weights: Sequence[Any] | None = None,
    rows: Sequence[Any] | None = None,
    errors: str = "raise",
    n_jobs: int | None = None,
    verbose: bool = False,
) -> list[Any]:
    """Fit many classifiers to the same samples, or to subsets of them, in less time than one after another.

    Each estimator ends as its own ``fit(X[rows], y[rows])`` would leave it. The estimators must be all networks or all
    `SoftmaxRegression`.

    **Networks** end with the same parameters up to rounding. Estimators with the same layers, batch size and solver
    options take their steps together; learning rates, penalties, seeds, maximum epochs, early stopping and callbacks
    may differ. Estimators that also have the same rows and the same integer ``random_state`` share batches and are the
    fastest. These are fitted one by one: networks on images; sparse samples and samples in files; the solver "lbfgs";
    "gd" on more than 4096 samples; and estimators that have ``device`` or ``checkpoint``, or share a fit with other
    processes.

    **Softmax regressions**, such as one per label, stop by the same test as alone: each when its objective can fall by
    at most `tol` times its value, with its own certificate. So the result of `fit_many` and of a fit alone differ by at
    most `tol` in the objective, and in the coefficients by at most the sum of the distances in their certificates.
    Estimators with the same rows share the spectrum of the features and each product with X. Classes, C, weights,
    targets, `tol` and callbacks may differ. The gain is large if products take most of the time, as with many features
    and two classes. These are fitted one by one: sparse samples, samples in files and on a cluster; fits without a
    penalty; and estimators with ``checkpoint``, ``device``, ``mixed_precision`` or the solver "liblinear", with
    ``standardize`` and weights, or of a class that overrides `fit`.

    Parameters
    ----------
    estimators : sequence of MLPClassifier or ConvClassifier, or of SoftmaxRegression
        They are fitted in place.
    X, y, sample_weight
        As in their `fit`.
    ys, sample_weights : sequence, optional
        One for each estimator, in place of `y` and `sample_weight`. For the columns of a matrix Y, pass ``ys=Y.T``.
    rows : sequence of index arrays, optional
        The rows for each estimator. Estimators that are given the same array share a copy of the rows.
    errors : {"raise", "return"}, default="raise"
        "raise" raises the first error when all other fits have ended. "return" returns each error in the place of its
        estimator. An estimator whose fit failed is left as it was.
    n_jobs : int or None, default=None
        The number of threads; None and -1 use all cores.
    verbose : bool, default=False
        True prints a line whenever a fit ends.

    Returns
    -------
    list
        The estimators.

    Raises
    ------
    ValueError
        With `errors="raise"`, if `fit` would refuse the input; raised before the first step of any fit.
    FloatingPointError
        With `errors="raise"`, if a loss overflows.
    KeyboardInterrupt
        After Ctrl-C, if a fit has not finished its first epoch or step. Other fits keep what they have learned, as
        after `fit`.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import MLPClassifier, SoftmaxRegression, fit_many
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> common = {"learning_rate_init": 0.05, "tol": 1e-3, "max_iter": 1000, "random_state": 0}
    >>> networks = fit_many([MLPClassifier((8,), alpha=alpha, **common) for alpha in (0.01, 1.0)], X, y)
    >>> [model.score(X, y) > 0.9 for model in networks]
    [True, True]

    One classifier against the rest for each class:

    >>> heads = fit_many([SoftmaxRegression() for _ in range(3)], X, ys=[y == label for label in range(3)])
    >>> scores = np.stack([head.decision_function(X) for head in heads], axis=1)
    >>> float(np.mean(scores.argmax(axis=1) == y)) > 0.9
    True
    """
    choice("errors", errors, ("raise", "return"))
    for name, own in (("ys", ys), ("sample_weights", sample_weights), ("rows", rows)):
        if own is not None and len(own) != len(estimators):
            raise ValueError(f"{name}: expected one for each of {len(estimators)} estimators, got {len(own)}")
    for name, own, common in (("y", ys, y), ("sample_weight", sample_weights, sample_weight)):
        if own is not None and common is not None:
            raise ValueError(f"give {name} for all estimators or {name}s for each, and not both")
    part = _parts_of(X, y, sample_weight, rows)

    def samples(number: int) -> tuple[Any, Any, Any]:
        common = part(number)
        index = slice(None) if rows is None else rows[number]
        own = [None if of_each is None else rows_of(of_each[number], index) for of_each in (ys, sample_weights)]
        return common[0], common[1] if own[0] is None else own[0], common[2] if own[1] is None else own[1]

    keeps = errors == "return"
    return fit_each(estimators, samples, keep_errors=keeps, n_jobs=n_jobs, verbose=verbose, kinds=tuple(KINDS))


def fit_each(
    estimators: Sequence[Any],
    samples: Callable[[int], tuple[Any, Any, Any]],
    *,
    keep_errors: bool,
    n_jobs: int | None,
    verbose: bool,
    kinds: Sequence[Any] = (NetworkClassifier,),
) -> list[Any]:
    """`fit_many` for estimators of one of these kinds; `samples` gives X, y and weights for an estimator's number."""
    threads("n_jobs", n_jobs)
    limit = None if n_jobs is None else min(effective_n_jobs(n_jobs), available_threads())
    every = [kind for kind in kinds if all(isinstance(estimator, kind) for estimator in estimators)]
    if not every:
        names = ", ".join(sorted({type(estimator).__name__ for estimator in estimators}))
        raise TypeError(f"expected {', or only '.join(KINDS[kind] for kind in kinds)}, got {names}")
    if len({id(estimator) for estimator in estimators}) < len(estimators):
        raise ValueError("estimators: one of them is given twice; scikit-learn's clone copies it")
    undo = {number: undo_of(estimator) for number, estimator in enumerate(estimators)}
    results: list[Any] = list(estimators)
    count = itertools.count(1)

    def done(text: str) -> None:
        if verbose:
            tell(f"Fit {next(count)} of {len(estimators)}: {text}")

    fits = fit_heads if every[0] is SoftmaxRegression else _fit_networks
    try:
        for number, error in fits(estimators, samples, keep_errors, limit, done):
            if error is None:
                del undo[number]
            else:
                results[number] = error
    finally:
        for one in undo.values():
            one()
    failed = [result for result in results if isinstance(result, BaseException)]
    failed.sort(key=lambda error: isinstance(error, Exception))  # Ctrl-C comes first
    if failed and not (keep_errors and isinstance(failed[0], Exception)):
        raise failed[0]
    return results


def _fit_networks(
    estimators: Sequence[Any],
    samples: Callable[[int], tuple[Any, Any, Any]],
    keep_errors: bool,
    limit: int | None,
    done: Callable[[str], object],
) -> Iterator[tuple[int, BaseException | None]]:
    """Fit networks, and yield the number and the error of each."""
    prepared: dict[int, Fit] = {}
    refused: list[tuple[int, BaseException]] = []

    def fits() -> Iterator[Fit]:
        for number, estimator in enumerate(estimators):
            try:
                prepared[number] = estimator._prepared(*samples(number))
            except Exception as error:
                if not keep_errors:
                    raise
                refused.append((number, error))
            else:
                yield prepared[number]

    def ended(fit: Fit) -> None:
        done(f"{fit.run.history.epochs} epochs, loss = {fit.run.history.loss:.8f}")

    outcomes = train_many(fits(), threads=limit, done=ended)
    yield from refused
    for (number, fit), error in zip(prepared.items(), outcomes, strict=True):
        if error is None:
            estimators[number]._fitted(fit)
        yield number, error


def _parts_of(X: Any, y: Any, sample_weight: Any, rows: Sequence[Any] | None) -> Callable[[int], tuple[Any, Any, Any]]:
    """A function that returns the samples of an estimator. It copies the rows of an index once."""
    if rows is None:
        return lambda number: (X, y, sample_weight)
    if is_source(X):
        raise ValueError("rows: expected None for samples in files")
    copies: dict[int, tuple[Any, Any, Any]] = {}

    def part(number: int) -> tuple[Any, Any, Any]:
        index = rows[number]
        if id(index) not in copies:
            copies[id(index)] = tuple(rows_of(array, index) for array in (X, y, sample_weight))
        return copies[id(index)]

    return part


def rows_of(array: Any, index: Any) -> Any:
    """Rows of an array, a data frame, a sparse matrix or a list; None of None, and a number for all of a number."""
    if array is None or isinstance(array, Number):
        return array
    if hasattr(array, "iloc"):
        return array.iloc[index]
    return (array if hasattr(array, "shape") else np.asarray(array))[index]
