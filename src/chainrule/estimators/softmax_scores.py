"""The scores by which a softmax regression is chosen: scikit-learn's scores of labels, and those of soft targets."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from inspect import signature
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators.logits_of_rows import KnownLogits, logits_of
from chainrule.estimators.softmax_path import PathPoint
from chainrule.estimators.softmax_regression import SoftmaxRegression
from chainrule.estimators.validation import score

OF_ROWS = {None: ("accuracy", 1), "accuracy": ("accuracy", 1), "neg_log_loss": ("log_loss", -1)}
"""For rows of probabilities: by name, the metric and its sign in the score, of which larger is better."""


class FoldScorer:
    """Scores fits on parts of the samples.

    Parameters
    ----------
    model : SoftmaxRegressionCV
        A model that knows all classes.
    X, y, weights : arrays
        All samples.
    params : dict
        Arguments for the scorer, which gets the entries of the part from those with one entry per sample.
    """

    def __init__(self, model: Any, X: Any, y: Array, weights: Array | None, params: dict[str, Any]) -> None:
        self.samples, self.of_rows = (X, y, weights), model.targets == "proba" and not callable(model.scoring)
        self.scoring, self.scorer = model.scoring, _with_labels(model._get_scorer(), model.classes_)
        self.params: dict[str, Any] = {"sample_weight": weights} if model.scoring is None else params
        self.judged = judged_like(model)

    def __call__(self, points: Sequence[PathPoint], part: Array) -> list[float]:
        """The scores of some fits on the samples of `part`."""
        X, y, weights = self.samples
        x, count = X[part], X.shape[0]
        of_part = {
            name: np.asarray(value)[part] if np.ndim(value) and len(value) == count else value
            for name, value in self.params.items()
        }

        def score_of(point: PathPoint) -> float:
            model, logits = self.judged, logits_of(x, point.coef.T, point.intercept)
            if self.of_rows:
                return score_of_rows(model, logits, y[part], self.scoring, None if weights is None else weights[part])
            model.C, model.coef_, model.intercept_, model.known = point.C, point.coef, point.intercept, (x, logits)
            return float(self.scorer(model, x, y[part], **of_part))

        return [score_of(point) for point in points]


class JudgedRegression(SoftmaxRegression):
    """A fit as scorers see it: the logits of some samples are `known`."""

    known: tuple[Any, Array]

    def _logits(self, X: Any) -> Any:
        return KnownLogits(self.known[1]) if X is self.known[0] else super()._logits(X)


def judged_like(model: Any) -> JudgedRegression:
    """A model with the classes of another and without coefficients."""
    judged = JudgedRegression(solver=model.solver, targets=model.targets, dtype=model.dtype)
    judged._kind, judged.classes_, judged.temperature_ = model._kind, model.classes_, 1.0
    return judged


def score_of_rows(model: Any, logits: Array, y: Array, scoring: str | None, sample_weight: Any = None) -> float:
    """The score of rows of probabilities y: the accuracy of their largest entries, or minus the cross entropy."""
    metric, sign = OF_ROWS[scoring]
    return sign * score(metric, model._encoding, logits, y, sample_weight)


# What follows is private.


def _with_labels(scorer: Any, classes: Array) -> Any:
    """The scorer, which gets all classes if it takes them."""
    function = getattr(scorer, "_score_func", None)
    asked = () if function is None else signature(function).parameters
    if "labels" not in asked:
        return scorer
    known: dict[str, Any] = {"labels": classes}
    if len(classes) == 2 and "pos_label" in asked:
        known["pos_label"] = classes[-1]
    informed = copy(scorer)
    informed._kwargs = {**known, **scorer._kwargs}
    return informed
