"""The base class of the classifiers: predictions from logits, and model files."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from inspect import signature
from pathlib import Path
from typing import Any, Self

from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from chainrule.arrays import Array
from chainrule.estimators.blocks_of_rows import Logits
from chainrule.estimators.class_encoding import BINARY
from chainrule.estimators.inputs import SampleReader
from chainrule.estimators.persistence import ModelFileError, load, save


class Classifier(ClassifierMixin, SampleReader, ABC):  # type: ignore[misc]  # scikit-learn has no types
    """A classifier whose `_logits` have one column per class, or a single column for two classes."""

    def _store(self, arguments: Mapping[str, Any]) -> None:
        """Store the local variables of `__init__` under their names: scikit-learn wants parameters exactly as given."""
        self.__dict__.update((name, value) for name, value in arguments.items() if name not in ("self", "__class__"))

    @abstractmethod
    def _logits(self, X: Any) -> Logits:
        """The logits of the samples, which are computed one block at a time."""

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
