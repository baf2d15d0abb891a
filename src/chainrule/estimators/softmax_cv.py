"""Softmax regression with its penalty chosen by cross-validation.

The folds share the factorisation of all samples: it only steers the solver, and the optima are those of the folds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import get_scorer
from sklearn.model_selection import check_cv

from chainrule.arrays import Array, take_class
from chainrule.estimators.inputs import checked_samples
from chainrule.estimators.notices import warn_caller
from chainrule.estimators.softmax_parts import single_label_head
from chainrule.estimators.softmax_path import PathPoint, along, penalties, warn_of
from chainrule.estimators.softmax_regression import SoftmaxRegression
from chainrule.estimators.softmax_stream import penalty_share, seen_mass
from chainrule.estimators.transactions import all_or_nothing


class SoftmaxRegressionCV(SoftmaxRegression):
    """Softmax regression with the penalty chosen by cross-validation.

    For the common uses of scikit-learn's ``LogisticRegressionCV``, with its attributes as they are with
    ``use_legacy_attributes=False``.

    Parameters
    ----------
    Cs : int or sequence of float, default=10
        A number of values spread evenly in their logarithm from 1e-4 to 1e4, or the values.
    cv : int, splitter or None, default=None
        None is five folds, stratified.
    scoring : str, callable or None, default=None
        As for scikit-learn's searches; None is the accuracy. With ``targets="proba"`` "accuracy", of the most probable
        class, "neg_log_loss", minus the mean cross entropy, or a callable.
    refit : bool, default=True
        Fit all samples with the best C. Otherwise the coefficients are the means of the folds' at each one's best C.
    **parameters
        The others are those of `SoftmaxRegression`, except C.

    Attributes
    ----------
    Cs_ : ndarray
    C_ : float
        The best one.
    scores_ : ndarray of shape (n_folds, n_Cs)
    coefs_paths_ : ndarray of shape (n_folds, n_Cs, n_classes, n_features + 1)
        The intercepts last.
    n_iter_ : ndarray of shape (n_folds, n_Cs)

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = SoftmaxRegressionCV(Cs=[0.01, 1.0, 100.0], max_iter=200).fit(X, y)
    >>> model.scores_.shape, model.score(X, y) > 0.95
    ((5, 3), True)
    """

    def __init__(
        self,
        *,
        Cs: Any = 10,
        cv: Any = None,
        scoring: Any = None,
        refit: bool = True,
        l1_ratio: float = 0.0,
        tol: float = 1e-4,
        fit_intercept: bool = True,
        class_weight: Any = None,
        random_state: Any = None,
        solver: str = "auto",
        max_iter: int = 100,
        verbose: int = 0,
        n_jobs: Any = None,
        targets: str = "labels",
        label_smoothing: float = 0.0,
        standardize: bool = False,
        callbacks: Any = None,
        dtype: Any = "auto",
        mixed_precision: bool = False,
    ) -> None:
        super().__init__(
            l1_ratio=l1_ratio,
            tol=tol,
            fit_intercept=fit_intercept,
            class_weight=class_weight,
            random_state=random_state,
            solver=solver,
            max_iter=max_iter,
            verbose=verbose,
            n_jobs=n_jobs,
            targets=targets,
            label_smoothing=label_smoothing,
            standardize=standardize,
            callbacks=callbacks,
            dtype=dtype,
            mixed_precision=mixed_precision,
        )
        self.Cs = Cs
        self.cv = cv
        self.scoring = scoring
        self.refit = refit

    @all_or_nothing
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> SoftmaxRegressionCV:  # type: ignore[override]
        """Choose C and fit.

        Parameters
        ----------
        X, y, sample_weight
            As in `SoftmaxRegression.fit`. With ``targets="proba"`` the folds are not stratified.

        Raises
        ------
        ValueError
            As `SoftmaxRegression.fit` does.
        """
        values = penalties(self.Cs)
        self._check_parameters()
        # Samples of weight zero stay: the folds may be given by the numbers of their rows.
        X, y, weights = checked_samples(self, X, y, sample_weight, reset=True, weightless=True)
        head = single_label_head(y, probabilities=self.targets == "proba")
        self._kind, self.classes_ = head.kind, head.classes
        self.temperature_, self.validation_scores_ = 1.0, None
        self._check_scoring()
        splitter = check_cv(5 if self.cv is None else self.cv, y, classifier=y.ndim == 1)
        problem = self._weighted_problem(head, X, y, weights)
        n_fits = len(values) * splitter.get_n_splits(X, y)
        spectrum = self._spectrum(problem, max(values), n_fits)
        with self._threads():
            seen, spectrum = spectrum.suited(X, problem, penalty_share(problem, max(values)), n_fits)
        scores: list[list[float]] = []
        coefs, counts = [], []
        fits: list[PathPoint] = []
        lacking: list[str] = []
        for train, test in splitter.split(X, y):
            missing = [] if y.ndim == 2 else np.setdiff1d(self.classes_, y[train]).tolist()
            if missing:
                lacking.append(f"fold {len(scores)} lacks {', '.join(map(str, missing))}")
            in_train, in_test = (None if weights is None else weights[part] for part in (train, test))
            problem = self._weighted_problem(head, seen[train], y[train], in_train)
            points = {point.C: point for point in along(self, problem, spectrum, values)}
            fits.extend(points.values())
            coefs.append([np.hstack([points[C].coef, points[C].intercept[:, None]]) for C in values])
            counts.append([max(points[C].n_iter, 1) for C in values])
            scores.append([self._fold_score(points[C], X[test], y[test], in_test) for C in values])
            if self.verbose:
                print(f"fold {len(scores)} of {splitter.get_n_splits(X, y)}: the best score is {max(scores[-1]):.4f}")
        warn_of(fits, self)
        if lacking:
            warn_caller(
                f"classes without samples to fit: {'; '.join(lacking)}. How improbable such a fold finds them is up to "
                "tol. Fewer folds, or a stratified splitter, may help.",
                UserWarning,
            )
        self.Cs_, self.l1_ratio_ = np.array(values), 0.0
        self.scores_, self.coefs_paths_ = np.array(scores), np.array(coefs)
        each = self.scores_.argmax(axis=1)
        mean = np.mean([fold[i] for fold, i in zip(self.coefs_paths_, each, strict=True)], axis=0)
        if self.refit:
            self.C_ = values[int(self.scores_.mean(axis=0).argmax())]
            problem = self._weighted_problem(head, seen, y, weights)
            start = mean.T if self.fit_intercept else mean[:, :-1].T
            self._mass, self._precision = seen_mass(problem), None
            self._adopt(self._solved(problem, self.C_, start, spectrum, self._observer(None)))
        else:
            self.C_ = float(np.mean([values[i] for i in each]))
            self.coef_, self.intercept_ = np.ascontiguousarray(mean[:, :-1]), mean[:, -1].copy()
        self.n_iter_ = np.array(counts)
        return self

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The figure that `scoring` names; the accuracy, if it is None."""
        if self.scoring is None:
            return float(super().score(X, y, sample_weight))
        extra = {} if sample_weight is None else {"sample_weight": sample_weight}
        return float(get_scorer(self.scoring)(self, X, y, **extra))

    def _check_scoring(self) -> None:
        of_rows = (None, "accuracy", "neg_log_loss")
        if self.targets == "proba" and not callable(self.scoring) and self.scoring not in of_rows:
            raise ValueError(
                f"scoring: for rows of probabilities expected None, 'accuracy', 'neg_log_loss' or a callable, "
                f"got {self.scoring!r}"
            )

    def _fold_score(self, point: PathPoint, X: Array, y: Array, weights: Array | None) -> float:
        """The score of one fit on the samples of a fold that it has not seen."""
        self.coef_, self.intercept_ = point.coef, point.intercept
        if self.scoring == "neg_log_loss":
            # A fold may lack classes, which scikit-learn's scorer would take for none at all.
            log_probs = self.predict_log_proba(X)
            if y.ndim == 1:
                each = take_class(log_probs, np.searchsorted(self.classes_, y))[:, 0]
            else:
                each = np.sum(y * log_probs, axis=1)
            return float(np.average(each, weights=weights))
        if y.ndim == 1 or callable(self.scoring):
            return self.score(X, y, weights)
        return float(np.average(self.predict(X) == y.argmax(axis=1), weights=weights))
