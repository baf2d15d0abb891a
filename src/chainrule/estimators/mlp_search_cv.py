"""A grid search over networks, all of whose fits are trained together."""

import time
import warnings
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, Self, TypeAlias

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV, ParameterGrid, check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils import indexable

from chainrule.estimators.sweeps import fit_each, rows_of

Samples: TypeAlias = tuple[Any, Any, Any]


class MLPSearchCV(GridSearchCV):  # type: ignore[misc]  # scikit-learn has no types
    """scikit-learn's ``GridSearchCV`` for `MLPClassifier`, which trains networks of many settings and folds together.

    Scores, attributes and `cv_results_` mean the same as in ``GridSearchCV``. Networks with the same layers, batch size
    and solver options are trained in one stack; `fit_many` says which fits are not stacked. The search is fastest if
    the estimator's ``random_state`` is an integer, because all settings of a fold then share their batches.

    Parameters
    ----------
    estimator : MLPClassifier, or a Pipeline that ends in one
        Transformers in a pipeline are fitted once for each fold and each setting of the transformers.
    param_grid : dict, or list of dicts
        The values to try for each parameter, by its name.
    scoring, refit, cv, error_score, return_train_score
        As in ``GridSearchCV``.
    n_jobs : int or None, default=None
        The number of threads; None and -1 use all cores.
    verbose : int, default=0
        1 prints the number of fits; 2 also prints a line whenever a fit ends.

    Attributes
    ----------
    cv_results_ : dict of arrays
        As in ``GridSearchCV``. The total fitting time is divided among the fits in proportion to their epochs.
    best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_, refit_time_, multimetric_, classes_
        As in ``GridSearchCV``.

    Examples
    --------
    >>> from chainrule import MLPClassifier, MLPSearchCV
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> network = MLPClassifier((8,), learning_rate_init=0.05, tol=1e-3, max_iter=1000, random_state=0)
    >>> search = MLPSearchCV(network, {"alpha": [1e-4, 1e-2], "activation": ["relu", "tanh"]}).fit(X, y)
    >>> bool(search.best_score_ > 0.95), search.cv_results_["mean_test_score"].shape
    (True, (4,))
    """

    def __init__(
        self,
        estimator: Any,
        param_grid: Any,
        *,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        error_score: Any = np.nan,
        return_train_score: bool = False,
    ) -> None:
        super().__init__(
            estimator,
            param_grid,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            error_score=error_score,
            return_train_score=return_train_score,
        )

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None) -> Self:
        """Fit all settings to all folds, and the best setting to all samples.

        Parameters
        ----------
        X, y, sample_weight
            As in `MLPClassifier.fit`. The weights are passed to the networks, and to the scorer wherever
            ``GridSearchCV`` passes them.
        groups : array, optional
            Group labels for the splitter.

        Raises
        ------
        ValueError
            If ``error_score="raise"`` and the estimator refuses settings or samples, or if all fits fail.
        TypeError
            If the estimator is not a network, or a pipeline that ends in one.
        """
        scorer, metric = self._get_scorers()
        X, y, sample_weight, groups = indexable(X, y, sample_weight, groups)
        splitter = check_cv(self.cv, y, classifier=True)
        given = {"sample_weight": sample_weight, "groups": groups}
        routed = self._get_routed_params_for_fit({name: value for name, value in given.items() if value is not None})
        splits = list(splitter.split(X, y, **routed.splitter.split))
        sample_weight = routed.estimator.fit.get("sample_weight")
        settings = list(ParameterGrid(self.param_grid))
        if self.verbose:
            print(
                f"Fitting {len(splits)} folds for each of {len(settings)} candidates, "
                f"totalling {len(splits) * len(settings)} fits"
            )
        models = [clone(self.estimator).set_params(**clone(one, safe=False)) for one in settings for _ in splits]
        heads = _Heads(settings, [rows for rows, _ in splits], X, y, sample_weight)
        began = time.perf_counter()
        fitted = fit_each(
            [_network_of(model) for model in models],
            lambda number: heads.samples(number, models[number]),
            keep_errors=self.error_score != "raise",
            n_jobs=self.n_jobs,
            verbose=self.verbose > 1,
        )
        seconds = time.perf_counter() - began
        failed = [isinstance(one, Exception) for one in fitted]
        self._report(fitted, failed)
        epochs = np.array([0 if bad else one.n_iter_ for one, bad in zip(fitted, failed, strict=True)])
        times = seconds * epochs / max(epochs.sum(), 1)
        outcomes = []
        for (_, (train, test)), model, bad, of_fit in zip(
            product(settings, splits), models, failed, times, strict=True
        ):
            started = time.perf_counter()
            held_out = self._score(scorer, model, (X, y, routed.scorer.score), test, bad)
            outcome = {"fit_time": of_fit, "score_time": time.perf_counter() - started, "test_scores": held_out}
            if self.return_train_score:
                outcome["train_scores"] = self._score(scorer, model, (X, y, routed.scorer.score), train, bad)
            outcomes.append(outcome)
        self._fill_in(outcomes)
        self.n_splits_, self.scorer_ = len(splits), getattr(scorer, "_scorers", scorer)
        self.multimetric_ = isinstance(outcomes[0]["test_scores"], dict)
        if callable(self.scoring) and self.multimetric_:
            self._check_refit_for_multimetric(outcomes[0]["test_scores"])
            metric = self.refit
        self.cv_results_ = self._format_results(settings, len(splits), outcomes)
        self._choose(metric, X, y, sample_weight)
        return self

    # What follows is private.

    def _report(self, fitted: list[Any], failed: list[bool]) -> None:
        """Warn of fits that failed; raise if all did."""
        errors = [f"{type(one).__name__}: {one}" for one, bad in zip(fitted, failed, strict=True) if bad]
        if not errors:
            return
        listed = "\n".join(f"{errors.count(text)} fits failed: {text}" for text in dict.fromkeys(errors))
        if all(failed):
            raise ValueError(f"All the {len(fitted)} fits failed.\n{listed}")
        warnings.warn(
            f"{len(errors)} fits failed out of a total of {len(fitted)}; they score {self.error_score}.\n{listed}",
            FitFailedWarning,
            stacklevel=3,
        )

    def _score(self, scorer: Callable[..., Any], model: Any, samples: Samples, rows: Any, failed: bool) -> Any:
        """The score or scores of a model on some rows; None where they fail, or where the fit did."""
        if failed:
            return None
        X, y, options = samples
        options = {name: rows_of(value, rows) for name, value in options.items()}
        try:
            return scorer(model, rows_of(X, rows), rows_of(y, rows), **options)
        except Exception as error:
            if self.error_score == "raise":
                raise
            warnings.warn(f"Scoring failed, the score is {self.error_score}: {error}", UserWarning, stacklevel=3)
            return None

    def _fill_in(self, outcomes: list[dict[str, Any]]) -> None:
        """Put `error_score` in the place of scores that are missing."""
        for name in ("test_scores", "train_scores"):
            known = next((one[name] for one in outcomes if one.get(name) is not None), None)
            missing = dict.fromkeys(known, self.error_score) if isinstance(known, dict) else self.error_score
            for one in outcomes:
                if name in one and one[name] is None:
                    one[name] = missing

    def _choose(self, metric: Any, X: Any, y: Any, sample_weight: Any) -> None:
        """Choose the best setting, and fit it to all samples."""
        if not self.refit and self.multimetric_:
            return
        results = self.cv_results_
        self.best_index_ = self._select_best_index(self.refit, metric, results)
        if not callable(self.refit):
            self.best_score_ = results[f"mean_test_{metric}"][self.best_index_]
        self.best_params_ = results["params"][self.best_index_]
        if not self.refit:
            return
        model = clone(self.estimator).set_params(**clone(self.best_params_, safe=False))
        to_network = f"{model.steps[-1][0]}__sample_weight" if isinstance(model, Pipeline) else "sample_weight"
        started = time.perf_counter()
        model.fit(X, y, **({} if sample_weight is None else {to_network: sample_weight}))
        self.refit_time_ = time.perf_counter() - started
        self.best_estimator_ = model
        if hasattr(model, "feature_names_in_"):
            self.feature_names_in_ = model.feature_names_in_


def _network_of(model: Any) -> Any:
    """The network of an estimator: its last step if it is a pipeline."""
    return model.steps[-1][1] if isinstance(model, Pipeline) else model


class _Heads:
    """The samples that networks are fitted to: rows of X, transformed by the steps before the network."""

    def __init__(self, settings: list[Mapping[str, Any]], rows: list[Any], X: Any, y: Any, sample_weight: Any) -> None:
        self._settings, self._rows, self._all = settings, rows, (X, y, sample_weight)
        self._parts: dict[int, Samples] = {}
        self._fitted: dict[Any, tuple[Pipeline, Any]] = {}

    def samples(self, number: int, model: Any) -> Samples:
        """The samples for the model of a number. Its transformers are fitted, or replaced by those of another setting
        that has the same."""
        place, fold = divmod(number, len(self._rows))
        if fold not in self._parts:
            x, y, weights = (rows_of(array, self._rows[fold]) for array in self._all)
            self._parts[fold] = x, y, weights
        x, y, weights = self._parts[fold]
        if not isinstance(model, Pipeline) or len(model) == 1:
            return x, y, weights
        name = model.steps[-1][0]
        # The values are objects of the grid, which lives as long as this.
        own = {key: id(value) for key, value in self._settings[place].items() if not key.startswith(f"{name}__")}
        key = fold, tuple(sorted(own.items()))
        if key not in self._fitted:
            head = model[:-1]
            self._fitted[key] = head, head.fit_transform(x, y)
        head, features = self._fitted[key]
        model.steps = [*head.steps, model.steps[-1]]
        return features, y, weights
