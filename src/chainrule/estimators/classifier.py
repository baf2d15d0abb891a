"""The base class of the classifiers: samples as users give them, predictions from logits, and model files."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from chainrule.arrays import Array, is_sparse, without_autograd
from chainrule.estimators import parameters as check
from chainrule.estimators.blocks_of_rows import Logits
from chainrule.estimators.class_encoding import BINARY, MULTILABEL, ClassEncoding, check_labels_present, encoding_of
from chainrule.estimators.notebooks import ShownInNotebooks
from chainrule.estimators.persistence import ModelFileError, load, save
from chainrule.estimators.refused_samples import refusal
from chainrule.estimators.sample_weights import CheckedSamples, checked_weights, with_class_weight, without_weightless
from chainrule.estimators.samples_in_files import stored_labels, stored_rows, stored_weights
from chainrule.storage import OnDask, StoredRows, is_source

SUM_TOLERANCE = 1e-4
"""Largest difference between 1 and the sum of a row of probabilities. Float32 sums over many classes stay below it."""


def checked_labels(y: Any) -> Array:
    """Labels in one dimension, or a dense 0/1 matrix with one column per label."""
    y = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
    if y.ndim == 2 and y.shape[1] > 1 and y.dtype.kind == "f" and (y % 1).any():
        raise ValueError(
            f"y: expected labels, got rows of continuous numbers of shape {y.shape}. Unknown label type: "
            "continuous-multioutput; rows of class probabilities need targets='proba'"
        )
    check_classification_targets(y)
    return column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y


def checked_probabilities(y: Any) -> Array:
    """Rows of class probabilities."""
    if np.ndim(y) == 1:
        raise ValueError(
            "y: targets='proba' takes rows of class probabilities, of shape (n_samples, n_classes), got one entry per "
            "sample; labels need targets='labels', the default"
        )
    rows = check_array(y, dtype=np.float64, input_name="y")
    if rows.shape[1] < 2:
        raise ValueError(f"y: expected a probability for each of at least two classes, got shape {rows.shape}")
    wrong = np.flatnonzero((rows < 0).any(axis=1) | (np.abs(rows.sum(axis=1) - 1) > SUM_TOLERANCE))
    if len(wrong):
        raise ValueError(
            f"y: every row must hold probabilities that sum to 1; row {wrong[0]} is [{check.listed(rows[wrong[0]])}], "
            f"with the sum {rows[wrong[0]].sum():.6g} ({len(wrong)} such rows); rows are counted from 0"
        )
    return rows


def as_rows(X: Array) -> Array:
    """Dense X as it is; sparse X as CSR without an entry that is stored in several parts."""
    if not is_sparse(X):
        return X
    rows = X.tocsr()
    if not rows.has_canonical_format:
        rows = rows.copy() if rows is X else rows
        rows.sum_duplicates()
    return rows


def joined_eval_set(eval_set: Any, X: Any = None, y: Any = None, sample_weight: Any = None) -> tuple[Any, Any, Any]:
    """The held-out X, y and weights, given as one tuple or as separate arrays."""
    if is_source(eval_set) or isinstance(eval_set, OnDask):
        eval_set = (eval_set, None)  # the labels are in its files
    if X is None and y is None and sample_weight is None:
        if not isinstance(eval_set, tuple | list) or len(eval_set) not in (2, 3):
            raise ValueError("eval_set: expected a tuple (X, y) or (X, y, sample_weight)")
        return eval_set[0], eval_set[1], eval_set[2] if len(eval_set) == 3 else None
    if eval_set is not None:
        raise ValueError("give eval_set, or X_val and y_val, and not both")
    if X is None or y is None:
        raise ValueError(f"X_val and y_val belong together, but {'X_val' if X is None else 'y_val'} is None")
    return X, y, sample_weight


def float_of(dtype: Any, allowed: str = "'float32' or 'float64'") -> np.dtype[Any]:
    """The dtype float32 or float64 that something names; ValueError, which says what is `allowed`, for others."""
    for each in (np.dtype(np.float32), np.dtype(np.float64)):
        if dtype is not None and each == dtype:
            return each
    raise ValueError(f"dtype: expected {allowed}, got {dtype!r}")


def floats_of(dtype: Any, first: Any = np.float64) -> Any:
    """The dtypes that X may keep, float32 and float64 for "auto"; X of other dtypes becomes the first, `first`."""
    if isinstance(dtype, str) and dtype == "auto":
        return (first, np.float32 if first is np.float64 else np.float64)
    return float_of(dtype, "'auto', 'float32' or 'float64'")


class Classifier(ShownInNotebooks, ClassifierMixin, BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn has no types
    """A classifier whose `_logits` have one column per class, or a single column for two classes."""

    # Sparse formats that are accepted (False for none), and the dtype that numbers of other dtypes become.
    _sparse: Any = ("csr", "csc")
    _first_dtype: Any = np.float64
    # Whether `fit` takes samples in files; predictions always do.
    _fits_sources = False
    # Whether arrays of other libraries are taken under scikit-learn's array_api_dispatch; see `array_dispatch`.
    _array_api = False
    # Whether y may be a 0/1 matrix; values of parameters that are only for two classes.
    _multilabel = True
    _only_binary: ClassVar[Mapping[str, str]] = {}
    device: str | None = None  # a parameter of some classifiers

    classes_: Array
    column_notes_: list[str]
    """Remarks of the last fit on columns of a data frame."""
    _kind: str

    def __new__(cls, *args: Any, **parameters: Any) -> Self:
        """The estimator without its parameters; TypeError for a name that no parameter has, with what to do instead."""
        known = signature(cls.__init__).parameters
        if not any(each.kind is each.VAR_KEYWORD for each in known.values()):
            for name in parameters.keys() - known.keys():
                raise TypeError(check.unknown(cls.__name__, name, parameters[name], known))
        made: Self = super().__new__(cls)
        return made

    def _store(self, arguments: Mapping[str, Any]) -> None:
        """Store the local variables of `__init__` under their names: scikit-learn wants parameters exactly as given."""
        self.__dict__.update((name, value) for name, value in arguments.items() if name not in ("self", "__class__"))

    @abstractmethod
    def _logits(self, X: Any) -> Logits:
        """The logits of the samples, which are computed one block at a time."""

    def decision_function(self, X: Any) -> Array:
        """The logits, of shape (n, n_classes); for two classes, the log-odds of the second class, of shape (n,)."""
        return self._results(X, lambda logits: logits[:, 0] if self._encoding.kind == BINARY else logits)

    def predict(self, X: Any) -> Array:
        """The most probable label of each sample, or a 0/1 matrix if y was a 0/1 matrix."""
        return self._results(X, lambda logits: self._encoding.labels(logits))

    def predict_proba(self, X: Any) -> Array:
        """Probabilities, one column per class in the order of ``classes_``."""
        return self._results(X, lambda logits: self._encoding.probabilities(logits, out=logits))

    def predict_log_proba(self, X: Any) -> Array:
        """Log-probabilities, finite even where the probability rounds to 0."""
        return self._results(X, lambda logits: self._encoding.log_probabilities(logits))

    def report(self, X: Any, y: Any, folder: Any = "report", **options: Any) -> Any:
        """Write a page about this classifier and held-out samples to a folder; see `chainrule.write_report`."""
        import chainrule  # whose front door knows the room of reports, which stands above this one

        return chainrule.write_report(self, X, y, folder, **options)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """The share of samples that are predicted correctly; files may hold their labels and weights too.

        The true class of a row of probabilities y is the most probable one.
        """
        if is_source(X):
            y, sample_weight = stored_labels(X, y), stored_weights(X, sample_weight)
        if self.targets == "proba":
            y = self.classes_[self._checked_targets(X, y).argmax(axis=1)]
        return float(super().score(X, y, sample_weight))

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
            If the file is damaged, or does not hold a model of this class.
        """
        model = load(path)
        if not isinstance(model, cls):
            what = f"expected a {cls.__name__}, the file holds a {type(model).__name__}"
            raise ModelFileError(f"{path}: {what}, which chainrule.load opens")
        return model

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Give parameters that are newer than the saved model their defaults."""
        super().__setstate__(state)
        for name, parameter in signature(type(self)).parameters.items():
            if name not in state and parameter.default is not parameter.empty:
                setattr(self, name, parameter.default)

    def _results(self, X: Any, result_of: Callable[[Array], Array]) -> Array:
        """The results of a function of the logits; what is wrong with X is said as in `fit`."""
        try:
            return self._logits(X).results(result_of)
        except ValueError as error:
            raise refusal(error, X, type(self).__name__, images=not self._sparse) from None

    def _floats_for(self, dtype: Any) -> Any:
        """The dtypes that X may keep; half precision becomes float32, as it does when files are read."""
        return floats_of(self.dtype, np.float32 if dtype == np.float16 else self._first_dtype)

    @property
    def _encoding(self) -> ClassEncoding:
        return ClassEncoding(self._kind, self.classes_)

    def __sklearn_tags__(self) -> Any:
        """scikit-learn's description of what the estimator takes, with these parameters."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = bool(self._sparse) and self.device is None
        tags.array_api_support = self._array_api
        multi_class = all(getattr(self, name) != value for name, value in self._only_binary.items())
        tags.classifier_tags.multi_class = multi_class
        tags.classifier_tags.multi_label = multi_class and self._multilabel and self.targets == "labels"
        return tags

    def _as_rows(self, X: Any, *, reset: bool) -> Any:
        """X with one row of features per sample; `reset` remembers the shape of a sample."""
        return without_autograd(X)

    def _validated(self, X: Any, *, reset: bool, checked: Any = None, **options: Any) -> Any:
        """X, or X and y, checked by scikit-learn and converted to the dtype of training; X may be CSC.

        `checked` is the result for X of another estimator, which is not checked again.
        """
        if checked is not None:
            validate_data(self, X, reset=reset, skip_check_array=True)
            return checked
        if options.get("y") is not None:
            check_labels_present(options["y"], X)
        rows = self._as_rows(X, reset=reset)
        dtypes = self._floats_for(getattr(rows, "dtype", None))
        try:
            return validate_data(
                self, rows, accept_sparse=self._sparse, dtype=dtypes, order="C", reset=reset, **options
            )
        except ValueError as error:
            raise refusal(error, rows, type(self).__name__, images=not self._sparse) from None

    def _read_samples(
        self, X: Any, y: Any, sample_weight: Any, *, continues: bool, **options: Any
    ) -> tuple[Array, Array, Array | None, ClassEncoding]:
        """The checked samples of a `fit`, and how their classes are encoded; `continues` requires the known classes."""
        given = X, y
        X, y, weights = self._checked_samples(X, y, sample_weight, reset=not continues, **options)
        encoding = encoding_of(y, probabilities=self.targets == "proba")
        self._adopt_classes(encoding, continues=continues)
        if isinstance(given[0], Mapping) or hasattr(given[0], "columns"):
            from chainrule.estimators.sample_notes import warn_of_samples  # and narwhals, which arrays do without

            self.column_notes_ = warn_of_samples(*given)
        return X, y, weights, encoding

    def _adopt_classes(self, encoding: ClassEncoding, *, continues: bool) -> None:
        """Remember the classes; `continues` requires the known ones."""
        if encoding.kind == MULTILABEL and not self._multilabel:
            raise ValueError(
                "y: expected one label per sample, got a 0/1 matrix. If each row holds one 1, give y.argmax(axis=1), "
                "or set targets='proba'; several labels per sample are for MLPClassifier, fit_many(..., ys=Y.T) or "
                "scikit-learn's OneVsRestClassifier"
            )
        if continues and (encoding.kind != self._kind or not np.array_equal(encoding.classes, self.classes_)):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {self.classes_}, `y` has {encoding.classes}"
            )
        self._kind, self.classes_, self.column_notes_ = encoding.kind, encoding.classes, []

    def _checked_samples(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        *,
        reset: bool,
        weightless: bool = False,
        signed: bool = False,
        checked: Any = None,
    ) -> CheckedSamples:
        """X as floats (dense, or CSR), y as labels, a 0/1 matrix or rows of probabilities, and weights.

        Samples of weight zero are left out unless `weightless`: they do not even count as samples. Weights below zero
        are an error unless `signed`. `checked` is X as another estimator with this dtype has checked it.

        Raises
        ------
        ValueError
            For NaN, infinity, shapes that do not fit, continuous labels, rows that do not sum to one, negative weights,
            or weights that are all zero.
        """
        if is_source(X):
            if not self._fits_sources:
                raise ValueError(f"X: {type(self).__name__} is fitted to arrays, got samples in files")
            y, sample_weight = stored_labels(X, y), stored_weights(X, sample_weight)
            X = stored_rows(self, X, reset=reset, dtypes=self._floats_for(X.dtype))
            y = checked_probabilities(y) if self.targets == "proba" else checked_labels(y)
            check_consistent_length(X, y)
        elif self.targets == "proba" or checked is not None:
            X = self._validated(X, reset=reset, checked=checked)
            if self.targets == "proba":
                y = checked_probabilities(y)
            else:
                y = checked_labels(check_array(y, accept_sparse="csr", ensure_2d=False, dtype=None, input_name="y"))
            check_consistent_length(X, y)
        else:
            X, y = self._validated(X, reset=reset, y=y, multi_output=True)
            y = checked_labels(y)
        X = as_rows(X)
        if sample_weight is None:
            return X, y, None
        weights = checked_weights(sample_weight, X, signed=signed)
        return without_weightless("sample_weight", X, y, weights, weightless=weightless)

    def _features_to_predict(self, X: Any) -> Array:
        """X with the features of the fit, dense in its own dtype and layout, or as CSR, or as `StoredRows`.

        Entries are neither read nor copied: `blocks_of_rows.finite_block` looks for NaN and infinity.
        """
        if isinstance(X, StoredRows):
            return X
        if is_source(X):
            return stored_rows(self, X, reset=False)
        X = self._as_rows(X, reset=False)
        X = validate_data(self, X, accept_sparse=self._sparse, dtype="numeric", ensure_all_finite=False, reset=False)
        return X.tocsr() if is_sparse(X) else X

    def _held_out(self, dtype: Any, eval_set: Any, *separate: Any) -> CheckedSamples:
        """The held-out samples, checked, in this dtype and weighted by class too; see `joined_eval_set`."""
        X, y, weights = self._held_out_features(dtype, *joined_eval_set(eval_set, *separate))
        y = self._checked_targets(X, y, "eval_set: `y`")
        if weights is not None:
            if not np.any(weights):
                raise ValueError("eval_set: every sample has the weight zero, so there is nothing to judge by")
            weights = checked_weights(weights, X)
        return with_class_weight(self.class_weight, self._encoding, X, y, weights)

    def _held_out_features(self, dtype: Any, X: Any, y: Any, weights: Any) -> tuple[Any, Any, Any]:
        """The features of held-out samples, and their labels and weights as they are given."""
        if is_source(X) and self._fits_sources:
            y, weights = stored_labels(X, y), stored_weights(X, weights)
            return stored_rows(self, X, reset=False).astype(dtype), y, weights
        return as_rows(self._validated(X, reset=False)).astype(dtype, copy=False), y, weights

    def _checked_targets(self, X: Array, y: Any, what: str = "`y`") -> Array:
        """Labels or rows of probabilities for the rows of X, of the classes that are known."""
        y = checked_probabilities(y) if self.targets == "proba" else checked_labels(y)
        check_consistent_length(X, y)
        self._check_known(y, what)
        return y

    def _check_known(self, y: Array, what: str = "`y`", advice: str = "") -> None:
        wide = self._kind == MULTILABEL or self.targets == "proba"
        if (y.ndim == 2) != wide or (wide and y.shape[1] != len(self.classes_)):
            expected = f"(n, {len(self.classes_)})" if wide else "(n,)"
            raise ValueError(f"{what} has shape {y.shape}, expected {expected}")
        unknown = [] if wide else np.setdiff1d(y, self.classes_).tolist()
        if unknown:
            raise ValueError(
                f"{what} has classes not in `self.classes_`. `self.classes_` has {self.classes_}. "
                f"'y' has {np.unique(y)}.{advice}"
            )
