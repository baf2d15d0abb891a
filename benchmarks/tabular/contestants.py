"""The contestants: each gets the frames and class numbers of a fold, and returns probabilities of the rows to test.

All are called with their defaults and one thread. Networks, softmax regression and random forests of scikit-learn get
scaled numbers, medians for missing ones and a column for each category; trees that read categories get them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def encoder(scaled: bool = True) -> Any:
    """What scikit-learn's users put before a model: medians, scales, and a column for each category."""
    from sklearn.compose import ColumnTransformer, make_column_selector
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [SimpleImputer(strategy="median"), *([StandardScaler()] if scaled else [])]
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(*numbers), make_column_selector(dtype_include="number")),
            ("words", OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
        ],
        sparse_threshold=0,
    )


def behind_encoder(model: Any, scaled: bool = True) -> Callable[..., Any]:
    """A contestant of scikit-learn behind the encoder."""
    from sklearn.pipeline import make_pipeline

    def probabilities(fitted: Any, labels: Any, tested: Any) -> Any:
        return make_pipeline(encoder(scaled), model).fit(fitted, labels).predict_proba(tested)

    return probabilities


def with_categories(frame: Any) -> Any:
    """Words as pandas' categories, which boosted trees read."""
    words = frame.select_dtypes(exclude="number").columns
    return frame.assign(**{name: frame[name].astype("object").astype("category") for name in words})


def trees(make: Callable[[], Any]) -> Callable[..., Any]:
    """A contestant that reads pandas' categories; those of all rows are known to it."""

    def probabilities(fitted: Any, labels: Any, tested: Any) -> Any:
        import pandas

        both = with_categories(pandas.concat([fitted, tested]))
        return make().fit(both.iloc[: len(fitted)], labels).predict_proba(both.iloc[len(fitted) :])

    return probabilities


def _catboost(fitted: Any, labels: Any, tested: Any) -> Any:
    from catboost import CatBoostClassifier

    words = list(fitted.select_dtypes(exclude="number").columns)
    both = [
        frame.assign(**{name: frame[name].astype("object").fillna("missing").astype(str) for name in words})
        for frame in (fitted, tested)
    ]
    model = CatBoostClassifier(verbose=0, thread_count=1, random_seed=0, allow_writing_files=False, cat_features=words)
    return model.fit(both[0], labels).predict_proba(both[1])


def _realmlp(fitted: Any, labels: Any, tested: Any) -> Any:
    from pytabkit import RealMLP_TD_S_Classifier

    medians = fitted.median(numeric_only=True)  # it refuses missing numbers
    fitted, tested = fitted.fillna(medians), tested.fillna(medians)
    model = RealMLP_TD_S_Classifier(device="cpu", random_state=0, n_threads=1, verbosity=0)
    return model.fit(fitted, labels).predict_proba(tested)


def ours(**parameters: Any) -> Callable[..., Any]:
    """`TabularClassifier` with some parameters."""

    def probabilities(fitted: Any, labels: Any, tested: Any) -> Any:
        from chainrule import TabularClassifier

        return TabularClassifier(random_state=0, n_jobs=1, **parameters).fit(fitted, labels).predict_proba(tested)

    return probabilities


def _xgboost() -> Any:
    from xgboost import XGBClassifier

    return XGBClassifier(enable_categorical=True, n_jobs=1, random_state=0)


def _lightgbm() -> Any:
    from lightgbm import LGBMClassifier

    return LGBMClassifier(n_jobs=1, random_state=0, verbosity=-1)


def _histogram_boosting() -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0)


def every() -> dict[str, Callable[..., Any]]:
    """The contestants by name."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    return {
        "TabularClassifier": ours(),
        "scikit-learn's MLP": behind_encoder(MLPClassifier(random_state=0)),
        "LogisticRegression": behind_encoder(LogisticRegression(max_iter=1000)),
        "RandomForest": behind_encoder(RandomForestClassifier(random_state=0), scaled=False),
        "HistGradientBoosting": trees(_histogram_boosting),
        "XGBoost": trees(_xgboost),
        "LightGBM": trees(_lightgbm),
        "CatBoost": _catboost,
        "RealMLP-TD-S": _realmlp,
    }


ABLATIONS: dict[str, dict[str, Any]] = {
    "without piecewise linear features": {"bins": 0},
    "without softmax regression": {"linear": False},
    "with three folds": {"folds": 3},
    "with one hidden layer": {"hidden_layer_sizes": (64,)},
    "with alpha = 1e-4": {"alpha": 1e-4},
    "with a rate of 1e-3": {"learning_rate_init": 1e-3},
    "with batches of 200": {"batch_size": 200},
    "with twice the width": {"hidden_layer_sizes": (128, 128)},
    "with search=8": {"search": 8},
}
"""Parameters that take a piece of the recipe away, or add to it."""


def expected_calibration_error(probabilities: Any, labels: Any, bins: int = 10) -> float:
    """The mean distance between the confidence in the predicted class and its accuracy, over bins of confidence.

    >>> expected_calibration_error(np.array([[0.8, 0.2], [0.8, 0.2]]), np.array([0, 1])).round(3)
    0.3
    """
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(places, confidence - correct, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))
