"""Softmax regression with its penalty chosen by cross-validation.

The folds share the factorisation of all samples, which affects the solver's speed and not its optima. A fold may lack
classes, both to fit and to score. Every fit knows all classes, and a scorer that takes `labels` gets all of them, as in
scikit-learn's ``LogisticRegressionCV``.
"""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

import numpy as np
import sklearn
from sklearn.metrics import get_scorer
from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import UNUSED, MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted

from chainrule.arrays import Array
from chainrule.estimators import parameters as check
from chainrule.estimators.array_dispatch import attributes_like_samples, results_like_samples
from chainrule.estimators.availability import Lacking
from chainrule.estimators.drop_in import DEPRECATED, LIMITS, check_ratios, check_same_optimum
from chainrule.estimators.logits_of_rows import logits_of
from chainrule.estimators.notices import warn_caller
from chainrule.estimators.peer_callbacks import tasks_of
from chainrule.estimators.sample_weights import class_mass, weights_of_classes
from chainrule.estimators.samples_in_files import stored_labels
from chainrule.estimators.samples_on_cluster import in_this_process, is_on_cluster
from chainrule.estimators.softmax_on_cluster import held_out_on_cluster, samples_for_folds
from chainrule.estimators.softmax_path import PathPoint, along, penalties, warn_of
from chainrule.estimators.softmax_problem import problem_of_samples
from chainrule.estimators.softmax_recipe import coefficients
from chainrule.estimators.softmax_regression import SoftmaxRegression
from chainrule.estimators.softmax_scores import OF_ROWS, FoldScorer, judged_like, score_of_rows
from chainrule.estimators.transactions import all_or_nothing, showing_progress
from chainrule.progress import tell
from chainrule.storage import is_source


class SoftmaxRegressionCV(SoftmaxRegression):
    """Softmax regression with the penalty chosen by cross-validation.

    Parameters, attributes and methods that scikit-learn's ``LogisticRegressionCV`` also has mean the same here. The
    changes that scikit-learn 1.10 makes are already made here: attributes have one form, unless
    ``use_legacy_attributes`` is true, and defaults cause no warnings.

    Parameters
    ----------
    Cs : int or sequence of float, default=10
        The values of C, or how many values to space evenly on a log scale from 1e-4 to 1e4.
    l1_ratios : sequence of float or None, default=None
        Must be zeros, since only the L2 penalty is supported; None means (0,).
    cv : int, splitter, iterable of (train, test) or None, default=None
        None means five stratified folds.
    scoring : str, callable or None, default=None
        As for scikit-learn's searches; None means the accuracy. A scorer that takes `labels` is given all classes, even
        if a fold lacks some. With ``targets="proba"``, give "accuracy" (of the most probable class), "neg_log_loss"
        (minus the mean cross entropy), or a callable.
    refit : bool, default=True
        True fits all samples with the best C. False averages the coefficients of the folds, each at its own best C.
    use_legacy_attributes : bool, default=False
        True gives attributes the shapes that they had before scikit-learn 1.9.
    **parameters
        The parameters of `SoftmaxRegression`, except C, l1_ratio, `warm_start`, `temperature_scaling`, `eval_metric`,
        `checkpoint` and `device`. "balanced" class weights are computed from all samples and used in every fold.

    Attributes
    ----------
    Cs_, l1_ratios_ : ndarray
    C_ : float
        The best C; without `refit`, the mean of the best C of each fold.
    l1_ratio_ : float
        Always 0.
    scores_ : ndarray of shape (n_folds, n_l1_ratios, n_Cs)
    coefs_paths_ : ndarray of shape (n_folds, n_l1_ratios, n_Cs, n_classes, n_features + 1)
        The intercepts, if any, are last; n_classes is 1 for two classes. These are in float64; `coef_` and `intercept_`
        have the dtype that `SoftmaxRegression` gives them.
    n_iter_ : ndarray of shape (n_folds, n_l1_ratios, n_Cs)

    Notes
    -----
    With ``use_legacy_attributes=True``, `scores_` and `coefs_paths_` are dicts with one key per class (for two classes,
    only the second), of arrays of shape (n_folds, n_Cs, n_l1_ratios) and (n_folds, n_Cs, n_l1_ratios, n_features + 1).
    `n_iter_` has the shape (1, n_folds, n_Cs, n_l1_ratios), and `C_` and `l1_ratio_` have an entry for every key. If
    ``l1_ratios`` is None, the n_l1_ratios axis is left out.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = SoftmaxRegressionCV(Cs=[0.01, 1.0, 100.0], max_iter=200).fit(X, y)
    >>> model.scores_.shape, model.score(X, y) > 0.95
    ((5, 1, 3), True)
    """

    C_: Any
    l1_ratio_: Any
    scores_: Any
    coefs_paths_: Any

    partial_fit = Lacking("it sees one batch after another, and cross-validation needs all samples at once")

    # Weights are for the scorer, if it asks for them.
    __metadata_request__score: ClassVar = {"sample_weight": UNUSED}

    def __init__(
        self,
        *,
        Cs: Any = 10,
        l1_ratios: Any = None,
        cv: Any = None,
        penalty: Any = DEPRECATED,
        scoring: Any = None,
        refit: bool = True,
        use_legacy_attributes: bool = False,
        dual: bool = False,
        tol: float = 1e-4,
        fit_intercept: bool = True,
        intercept_scaling: float = 1,
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
        certify: bool = True,
    ) -> None:
        super().__init__()
        self._store(locals())

    @all_or_nothing
    @attributes_like_samples
    @showing_progress
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, **params: Any) -> SoftmaxRegressionCV:
        """Choose C and fit. Callbacks of scikit-learn 1.9 are called for every fold and for the fit with the best C.

        Parameters
        ----------
        X, y, sample_weight
            As in `SoftmaxRegression.fit`. With ``targets="proba"`` the folds are not stratified. Labels and weights in
            Dask collections are read into memory; features are not.
        **params
            Arguments for the splitter and the scorer, if scikit-learn's metadata routing is enabled; otherwise only
            `groups`, for the splitter.

        Raises
        ------
        ValueError
            As `SoftmaxRegression.fit` does.
        """
        values = penalties(self.Cs)
        self._check_parameters()
        params = {name: in_this_process(value) for name, value in params.items()}
        to_split, to_score = routed(self, "fit", in_this_process(sample_weight), params)
        if is_on_cluster(X):
            X, y, weights, encoding = samples_for_folds(self, X, y, sample_weight)
        else:
            # Samples of weight zero stay: folds may be given by the numbers of their rows.
            X, y, weights, encoding = self._read_samples(X, y, sample_weight, continues=False, weightless=True)
        self.temperature_, self.validation_scores_ = 1.0, None
        splitter, numbers = check_cv(5 if self.cv is None else self.cv, y, classifier=y.ndim == 1), np.arange(len(y))
        # Rows of a fold are taken in their order, from wherever they lie.
        folds = [[np.sort(numbers[part]) for part in fold] for fold in splitter.split(X, y, **to_split)]
        class_weight = self.class_weight
        if isinstance(class_weight, str):
            factors = weights_of_classes(class_weight, self.classes_, class_mass(encoding, y, weights))
            class_weight = dict(zip(self.classes_.tolist(), factors, strict=True))
        problem_of = partial(problem_of_samples, self, class_weight=class_weight, weightless=True)
        problem, recipe = problem_of(X, y, weights), self._recipe()
        x, spectrum = recipe.shared(problem, X, max(values), len(values) * len(folds))
        scorer, rows_of_leaf = FoldScorer(self, X, y, weights, to_score), problem.rows_of_leaf
        fits: list[PathPoint] = []
        scores: list[list[float]] = []
        with tasks_of(self, X, y, weights, len(folds) + bool(self.refit)) as tasks:
            for train, test in folds:
                with tasks.task("fold"):
                    in_train = None if weights is None else weights[train]
                    problem = problem_of(x[train], y[train], in_train, rows_of_leaf=rows_of_leaf)
                    points = along(recipe, problem, values, spectrum)
                    fits.extend(points)
                    scores.append(scorer(points, test))
                    if self.verbose:
                        tell(f"fold {len(scores)} of {len(folds)}: the best score is {max(scores[-1]):.4f}")
            usable = _comparable(scores)
            each = usable.argmax(axis=1)
            mean = np.mean([fits[len(values) * fold + i].rows for fold, i in enumerate(each)], axis=0)
            if self.refit:
                best = values[int(usable.sum(axis=0).argmax())]
                start = mean.T if self.fit_intercept else mean[:, :-1].T
                problem = problem_of(x, y, weights, rows_of_leaf=rows_of_leaf)
                with tasks.task("refit"):
                    found = recipe.fit(problem, best, start, spectrum=spectrum)
                whole = problem_of(X, y, weights)
                dtype = recipe.dtype_to_show(found.theta, whole, X.dtype, spectrum)
                end = recipe.certified(whole, best, found, spectrum, dtype)
                self._note_end(found, end)
                self._adopt(end, dtype)
            else:
                best = float(np.mean([values[i] for i in each]))
                self._forget_end_of_fit()
                theta = mean.T if self.fit_intercept else mean[:, :-1].T
                dtype = recipe.dtype_to_show(theta, problem_of(X, y, weights), X.dtype, spectrum)
                self.coef_, self.intercept_ = coefficients(theta, self.fit_intercept, dtype)
            self._adopt_folds(values, best, np.array(scores), fits)
        warn_of(fits, self.tol)
        lacking = _lacking(folds, y, self.classes_)
        if lacking:
            warn_caller(
                f"classes without samples to fit: {'; '.join(lacking)}. How improbable such a fold finds them is up to "
                "tol. Fewer folds, or a stratified splitter, may help."
            )
        return self

    @results_like_samples
    def score(self, X: Any, y: Any = None, sample_weight: Any = None, **params: Any) -> float:
        """The score that `scoring` names, or the accuracy if it is None. `params` go to its scorer, as in `fit`."""
        params = {name: in_this_process(value) for name, value in params.items()}
        _, extra = routed(self, "score", in_this_process(sample_weight), params)
        judged: Any = self
        if is_on_cluster(X):
            check_is_fitted(self, "coef_")
            X, y, _ = held_out_on_cluster(self, None, X, y, None)
            judged, (theta, offset) = judged_like(self), (self.coef_.T, self.intercept_)
            judged.known = X, logits_of(X, theta, offset) / self.temperature_
            judged.coef_, judged.intercept_ = self.coef_, self.intercept_
        elif is_source(X):
            y = stored_labels(X, y)
        if self.targets == "proba" and not callable(self.scoring):
            logits = judged._logits(X).results(lambda logits: logits)
            return score_of_rows(self, logits, self._checked_targets(X, y), self.scoring, **extra)
        return float(self._get_scorer()(judged, X, y, **extra))

    def get_metadata_routing(self) -> Any:
        """The objects that receive the extra arguments of `fit` and `score`: the splitter and the scorer."""
        router = MetadataRouter(owner=self).add_self_request(self)
        router.add(splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split"))
        to_scorer = MethodMapping().add(caller="score", callee="score").add(caller="fit", callee="score")
        return router.add(scorer=self._get_scorer(), method_mapping=to_scorer)

    def _get_scorer(self) -> Any:
        """scikit-learn's scorer for the figure by which the model is chosen."""
        return get_scorer("accuracy" if self.scoring is None else self.scoring)

    def _check_parameters(self) -> None:
        check.within(vars(self), LIMITS)
        check_same_optimum(vars(self), check_ratios(self.l1_ratios), "l1_ratios")
        if self.penalty is None:
            raise ValueError("penalty: expected 'l2', since C is chosen; give Cs=[np.inf] for no penalty, got None")
        if self.targets == "proba" and not callable(self.scoring) and self.scoring not in OF_ROWS:
            raise ValueError(
                f"scoring: for rows of probabilities expected None, 'accuracy', 'neg_log_loss' or a callable, "
                f"got {self.scoring!r}"
            )
        self._get_scorer()

    def _adopt_folds(self, values: list[float], best: float, scores: Array, fits: list[PathPoint]) -> None:
        """Set the attributes about the folds. Every l1_ratio is 0, so its axis repeats the same values."""
        ratios = check_ratios(self.l1_ratios)
        self.Cs_, self.l1_ratios_ = np.array(values), np.zeros(len(ratios))
        counts = np.array([max(fit.n_iter, min(1, self.max_iter)) for fit in fits], np.int32).reshape(scores.shape)
        coefs = np.array([fit.rows if self.fit_intercept else fit.coef for fit in fits])
        coefs = coefs.reshape(*scores.shape, *coefs.shape[1:])
        if self.use_legacy_attributes:
            labels = self.classes_[-coefs.shape[2] :]
            coefs = np.moveaxis(coefs, 2, 0)
            if self.l1_ratios is not None:
                scores, counts = (np.stack([array] * len(ratios), axis=2) for array in (scores, counts))
                coefs = np.stack([coefs] * len(ratios), axis=3)
            self.C_, self.l1_ratio_ = np.full(len(labels), best), np.zeros(len(labels))
            self.scores_ = {label: scores.copy() for label in labels}
            self.coefs_paths_ = dict(zip(labels, coefs, strict=True))
            self.n_iter_ = counts[None]
        else:
            self.C_, self.l1_ratio_ = best, 0.0
            self.scores_, self.n_iter_, self.coefs_paths_ = (
                np.stack([array] * len(ratios), axis=1) for array in (scores, counts, coefs)
            )


def routed(model: SoftmaxRegressionCV, method: str, sample_weight: Any, params: dict[str, Any]) -> tuple[Any, Any]:
    """The arguments of `fit` or `score` besides the samples, for the splitter and for the scorer.

    They follow scikit-learn's metadata routing if it is enabled. Without it the scorer gets the weights and the
    splitter the groups.

    Raises
    ------
    ValueError
        For any other argument without routing.
    """
    if sample_weight is not None:
        params = {**params, "sample_weight": sample_weight}
    if sklearn.get_config()["enable_metadata_routing"]:
        found = process_routing(model, method, **params)
        return found.get("splitter", {}).get("split", {}), found.scorer.score
    unknown = params.keys() - ({"sample_weight", "groups"} if method == "fit" else {"sample_weight"})
    if unknown:
        raise ValueError(
            f"{type(model).__name__}.{method}: {', '.join(sorted(unknown))} is only supported if "
            "enable_metadata_routing=True. See scikit-learn's guide to metadata routing."
        )
    return {name: params.pop(name) for name in ("groups",) if name in params}, params


def _comparable(scores: list[list[float]]) -> Array:
    """The scores of every fold and C with -inf for NaN, so that no C is chosen for a score that is not a number.

    Raises
    ------
    ValueError
        If some fold has no other scores than NaN.
    """
    usable = np.where(np.isnan(scores), -np.inf, scores)
    if (usable.max(axis=1) == -np.inf).any():
        fold = int((usable.max(axis=1) == -np.inf).argmax())
        raise ValueError(f"scoring: expected a number for at least one C, got NaN for every C in fold {fold}")
    return usable


def _lacking(folds: list[Any], y: Array, classes: Array) -> list[str]:
    """One message for each fold that has no samples of some class to fit."""
    if y.ndim == 2:
        return []
    missing = [np.setdiff1d(classes, y[train]).tolist() for train, _ in folds]
    return [f"fold {number} lacks {', '.join(map(str, labels))}" for number, labels in enumerate(missing) if labels]
