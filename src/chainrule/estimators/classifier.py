"""The base class of the classifiers: samples that are checked, predictions from logits, and model files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from chainrule.arrays import Array, is_sparse
from chainrule.estimators.blocks_of_rows import Logits
from chainrule.estimators.class_encoding import BINARY, MULTILABEL, ClassEncoding
from chainrule.estimators.inputs import (
    as_rows,
    checked_labels,
    checked_probabilities,
    checked_weights,
    floats_of,
    with_class_weight,
    without_weightless,
)
from chainrule.estimators.persistence import ModelFileError, load, save


class Classifier(ClassifierMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """A classifier whose `_logits` have one column per class, or a single column for two classes."""

    targets: str
    class_weight: Any
    dtype: Any
    coef_: Any
    classes_: Any
    _kind: str
    # Sparse formats that are accepted, and the dtype that numbers of other dtypes become.
    _sparse: Sequence[str] | bool = ("csr", "csc")
    _first_dtype: Any = np.float64

    def _store(self, arguments: Mapping[str, Any]) -> None:
        """Store the local variables of `__init__` under their names: scikit-learn wants parameters exactly as given."""
        self.__dict__.update((name, value) for name, value in arguments.items() if name not in ("self", "__class__"))

    @abstractmethod
    def _logits(self, X: Any) -> Logits:
        """The logits of the samples, which are computed one block at a time."""

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
        """Give parameters that are newer than the saved model their defaults."""
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
        """X with one row of features per sample; `reset` remembers the shape of a sample."""
        return X

    def _validated(self, X: Any, *, reset: bool, **options: Any) -> Any:
        """X, or X and y, checked by scikit-learn and converted to the dtype of training; X may be CSC."""
        return validate_data(
            self,
            X,
            accept_sparse=list(self._sparse) if isinstance(self._sparse, Sequence) else False,
            dtype=floats_of(self.dtype, self._first_dtype),
            order="C",
            reset=reset,
            **options,
        )

    def _checked_samples(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        *,
        reset: bool,
        weightless: bool = False,
        signed: bool = False,
    ) -> tuple[Array, Array, Array | None]:
        """X as floats (dense, or CSR), y as labels, a 0/1 matrix or rows of probabilities, and weights.

        Samples of weight zero are left out unless `weightless`: they do not even count as samples. Weights below zero
        are an error unless `signed`.

        Raises
        ------
        ValueError
            For NaN, infinity, shapes that do not fit, continuous labels, rows that do not sum to one, negative weights,
            or weights that are all zero.
        """
        if self.targets == "proba":
            X, y = self._validated(X, reset=reset), checked_probabilities(y)
            check_consistent_length(X, y)
        else:
            X, y = self._validated(X, reset=reset, y=y, multi_output=True)
            y = checked_labels(y)
        X = as_rows(X)
        if sample_weight is None:
            return X, y, None
        weights = checked_weights(sample_weight, X, signed=signed)
        counted = without_weightless("sample_weight", X, y, weights)
        return (X, y, weights) if weightless else counted

    def _features_to_predict(self, X: Any) -> Array:
        """X with the features of the fit, dense in its own dtype and layout, or as CSR.

        Entries are neither read nor copied: `blocks_of_rows.finite_block` looks for NaN and infinity.
        """
        formats = list(self._sparse) if isinstance(self._sparse, Sequence) else False
        X = validate_data(self, X, accept_sparse=formats, dtype="numeric", ensure_all_finite=False, reset=False)
        return X.tocsr() if is_sparse(X) else X

    def _held_out(self, eval_set: Any, dtype: Any) -> tuple[Array, Array, Array | None]:
        """Held-out samples as the user gives them, checked, and weighted by class too."""
        rows = self._validated(self._as_rows(eval_set[0], reset=False), reset=False)
        X = as_rows(rows).astype(dtype, copy=False)
        y = self._checked_targets(X, eval_set[1], "eval_set: `y`")
        weights = None
        if len(eval_set) == 3 and eval_set[2] is not None:
            if not np.any(eval_set[2]):
                raise ValueError("eval_set: every sample has the weight zero, so there is nothing to judge by")
            weights = checked_weights(eval_set[2], X)
        return with_class_weight(self.class_weight, self._encoding, X, y, weights)

    def _checked_targets(self, X: Array, y: Any, what: str = "`y`") -> Array:
        """Labels or rows of probabilities for the rows of X, of the classes that are known."""
        y = checked_probabilities(y) if self.targets == "proba" else checked_labels(y)
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
