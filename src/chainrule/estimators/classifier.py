"""What all classifiers here share: predictions from logits, the known classes, and model files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from inspect import signature
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from chainrule.arrays import Array
from chainrule.estimators.blocks_of_rows import Logits
from chainrule.estimators.class_encoding import BINARY, MULTILABEL, ClassEncoding
from chainrule.estimators.inputs import (
    checked_features,
    checked_labels,
    checked_probabilities,
    checked_weights,
    with_class_weight,
)
from chainrule.estimators.persistence import ModelFileError, load, save


class Classifier(ClassifierMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """A classifier whose `_logits` have one column per class, or one in all for two classes."""

    targets: str
    class_weight: Any
    coef_: Any
    classes_: Any
    _kind: str

    @abstractmethod
    def _logits(self, X: Any) -> Logits:
        """The samples' scores, to be computed a block at a time."""

    @property
    def _encoding(self) -> ClassEncoding:
        return ClassEncoding(self._kind, self.classes_)

    def decision_function(self, X: Any) -> Array:
        """Logits: log-odds of the second class, shape (n,), for two classes; else of shape (n, n_classes)."""
        blocks, binary = self._logits(X), self._encoding.kind == BINARY
        return blocks.results(lambda logits: logits[:, 0] if binary else logits)

    def predict(self, X: Any) -> Array:
        """The most probable label of each sample; a 0/1 matrix where y was one."""
        return self._logits(X).results(self._encoding.labels)

    def predict_proba(self, X: Any) -> Array:
        """Probabilities, one column per class in the order of ``classes_``."""
        blocks, encoding = self._logits(X), self._encoding
        return blocks.results(lambda logits: encoding.probabilities(logits, out=logits))

    def predict_log_proba(self, X: Any) -> Array:
        """Log-probabilities, finite also where the probability rounds to 0."""
        return self._logits(X).results(self._encoding.log_probabilities)

    def save(self, path: Any) -> Path:
        """Write the fitted model to one file, which executes nothing when it is loaded."""
        check_is_fitted(self)
        return save(self, path)

    @classmethod
    def load(cls, path: Any) -> Self:
        """The model in a file written by `save`.

        Raises
        ------
        ModelFileError
            If the file is damaged, or holds anything else.
        """
        model = load(path)
        if not isinstance(model, cls):
            raise ModelFileError(f"{path}: expected a {cls.__name__}, the file holds a {type(model).__name__}")
        return model

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Parameters that came after a model was saved have their defaults."""
        super().__setstate__(state)
        for name, parameter in signature(type(self)).parameters.items():
            if name not in state and parameter.default is not parameter.empty:
                setattr(self, name, parameter.default)

    def _check_same_classes(self, encoding: ClassEncoding) -> None:
        if encoding.kind != self._kind or not np.array_equal(encoding.classes, self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {self.classes_}, `y` has {encoding.classes}"
            )

    def _as_rows(self, X: Any, *, reset: bool) -> Any:
        """X with one row of features per sample; with `reset`, the shape of the samples is remembered."""
        return X

    def _held_out(self, eval_set: Any, dtype: Any) -> tuple[Array, Array, Array | None]:
        """Held-out samples as the user gives them, checked, and weighted by class too."""
        X = checked_features(self, self._as_rows(eval_set[0], reset=False), dtype)
        y = self._checked_targets(X, eval_set[1], "eval_set: `y`")
        weights = None
        if len(eval_set) == 3 and eval_set[2] is not None:
            if not np.any(eval_set[2]):
                raise ValueError("eval_set: every sample has the weight zero, so there is nothing to judge by")
            weights = checked_weights(eval_set[2], X)
        return with_class_weight(self.class_weight, self._encoding, X, y, weights)

    def _checked_targets(self, X: Array, y: Any, what: str = "`y`") -> Array:
        """Labels or rows of probabilities for the rows of X, of the classes that are known."""
        y = checked_probabilities(y) if self.targets == "proba" else checked_labels(np.asarray(y))
        check_consistent_length(X, y)
        self._check_known(y, what)
        return y

    def _check_known(self, y: Array, what: str = "`y`") -> None:
        wide = self._kind == MULTILABEL or self.targets == "proba"
        if (y.ndim == 2) != wide or (wide and y.shape[1] != len(self.classes_)):
            expected = f"(n, {len(self.classes_)})" if wide else "(n,)"
            raise ValueError(f"{what} has shape {y.shape}, expected {expected}")
        unknown = [] if wide else np.setdiff1d(y, self.classes_).tolist()
        if unknown:
            raise ValueError(
                f"{what} has classes not in `self.classes_`. `self.classes_` has {self.classes_}. "
                f"'y' has {np.unique(y)}."
            )
