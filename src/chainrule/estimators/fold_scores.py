"""Scores of the fits of cross-validation on samples that they have not seen, by scikit-learn's scorers.

A fold may lack classes, both to fit and to score. Every fit knows all classes, and a scorer that takes `labels` gets
all of them, as in scikit-learn's ``LogisticRegressionCV``.
"""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn
from sklearn.metrics import get_scorer, make_scorer
from sklearn.utils.metadata_routing import process_routing

from chainrule.arrays import Array
from chainrule.estimators.softmax_path import PathPoint
from chainrule.estimators.softmax_regression import SoftmaxRegression
from chainrule.estimators.validation import score

if TYPE_CHECKING:
    from chainrule.estimators.softmax_cv import SoftmaxRegressionCV

_OF_ROWS = {None: ("accuracy", 1), "accuracy": ("accuracy", 1), "neg_log_loss": ("log_loss", -1)}
"""For rows of probabilities: the metric of each name, and the sign that makes larger better."""


def check_scoring(scoring: Any, targets: str) -> None:
    """Raise ValueError for anything but a scorer, or for a scorer that cannot judge rows of probabilities."""
    if targets == "proba" and not callable(scoring) and scoring not in _OF_ROWS:
        raise ValueError(
            f"scoring: for rows of probabilities expected None, 'accuracy', 'neg_log_loss' or a callable, "
            f"got {scoring!r}"
        )
    if isinstance(scoring, str):
        get_scorer(scoring)
    elif scoring is not None and not callable(scoring):
        raise ValueError(f"scoring: expected a name, a callable or None, got {scoring!r}")


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


class FoldScorer:
    """Scores fits on parts of the samples.

    Parameters
    ----------
    model : SoftmaxRegressionCV
        A model that knows all classes.
    params : dict
        Arguments for the scorer, which gets the entries of the part from those with one entry per sample.
    """

    def __init__(self, model: SoftmaxRegressionCV, params: dict[str, Any]) -> None:
        self.scoring, self.params = model.scoring, params
        self.of_rows = model.targets == "proba" and not callable(self.scoring)
        self.scorer = None if self.scoring is None else _with_labels(get_scorer(self.scoring), model.classes_)
        self.judged = SoftmaxRegression(solver=model.solver, targets=model.targets, dtype=model.dtype)
        self.judged._kind, self.judged.classes_, self.judged.temperature_ = model._kind, model.classes_, 1.0

    def __call__(self, point: PathPoint, X: Array, y: Array, weights: Array | None, part: Any) -> float:
        """The score of one fit on the samples of `part`."""
        model = self.judged
        model.C, model.coef_, model.intercept_ = point.C, point.coef, point.intercept
        rows, labels = X[part], y[part]
        weights = None if weights is None else weights[part]
        if self.of_rows:
            metric, sign = _OF_ROWS[self.scoring]
            logits = model._logits(rows).results(lambda logits: logits)
            return sign * score(metric, model._encoding, logits, labels, weights)
        if self.scorer is None:
            return float(model.score(rows, labels, sample_weight=weights))
        of_part = {
            name: np.asarray(value)[part] if np.ndim(value) and len(value) == X.shape[0] else value
            for name, value in self.params.items()
        }
        return float(self.scorer(model, rows, labels, **of_part))


def _with_labels(scorer: Any, classes: Array) -> Any:
    """The scorer, told of all classes if it asks for them."""
    function = getattr(scorer, "_score_func", None)
    asked = () if function is None else signature(function).parameters
    if "labels" not in asked:
        return scorer
    known: dict[str, Any] = {"labels": classes}
    if len(classes) == 2 and "pos_label" in asked:
        known["pos_label"] = classes[-1]
    return make_scorer(
        function,
        greater_is_better=scorer._sign == 1,
        response_method=scorer._response_method,
        **{**known, **scorer._kwargs},
    )
