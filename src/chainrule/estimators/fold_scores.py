"""Scores of the fits of cross-validation, on samples that they have not seen, by scikit-learn's scorers.

A fold may lack classes, among its samples to fit or to score. Every fit knows all of them, and a scorer that takes
`labels` is given all of them, as in scikit-learn's ``LogisticRegressionCV``.
"""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn
from sklearn.metrics import get_scorer, make_scorer
from sklearn.utils.metadata_routing import process_routing

from chainrule.arrays import Array
from chainrule.estimators.class_encoding import ClassEncoding
from chainrule.estimators.softmax_path import PathPoint
from chainrule.estimators.softmax_regression import SoftmaxRegression

if TYPE_CHECKING:
    from chainrule.estimators.softmax_cv import SoftmaxRegressionCV

_OF_ROWS = (None, "accuracy", "neg_log_loss")


def check_scoring(scoring: Any, targets: str) -> None:
    """Raise ValueError for what is no scorer, or none of rows of probabilities where y is that."""
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
    """What `fit` or `score` is given beside samples, for the splitter and for the scorer.

    By scikit-learn's metadata routing, where that is enabled; else the scorer has the weights, the splitter the groups.

    Raises
    ------
    ValueError
        For anything else where routing is not enabled.
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
    encoding : ClassEncoding
        Of all classes.
    params : dict
        For the scorer: of all samples, of which it is given those of the part.
    """

    def __init__(self, model: SoftmaxRegressionCV, encoding: ClassEncoding, params: dict[str, Any]) -> None:
        self.scoring, self.encoding, self.params = model.scoring, encoding, params
        self.of_rows = model.targets == "proba" and not callable(self.scoring)
        self.scorer = None if self.scoring is None else _with_labels(get_scorer(self.scoring), encoding.classes)
        self.judged = SoftmaxRegression(solver=model.solver, targets=model.targets, dtype=model.dtype)
        self.judged._kind, self.judged.classes_, self.judged.temperature_ = encoding.kind, encoding.classes, 1.0

    def __call__(self, point: PathPoint, X: Array, y: Array, weights: Array | None, part: Any) -> float:
        """The score of one fit on the samples of `part`."""
        model = self.judged
        model.C, model.coef_, model.intercept_ = point.C, point.coef, point.intercept
        rows, labels = X[part], y[part]
        weights = None if weights is None else weights[part]
        if self.of_rows:
            if self.scoring == "neg_log_loss":
                each = np.sum(labels * model.predict_log_proba(rows), axis=1)
            else:
                each = model.predict(rows) == labels.argmax(axis=1)
            return float(np.average(each, weights=weights))
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
