"""Explanations of a fitted classifier of tables: how it reads each column, what its parts weigh, what matters to it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from chainrule.arrays import Array
from chainrule.estimators.classifier import Classifier
from chainrule.estimators.fold_networks import NetworkGroup
from chainrule.estimators.frames import as_columns
from chainrule.estimators.importances import Importances, by_gradients, importances
from chainrule.estimators.network_mixtures import WeightedNetwork, mixture_gradients
from chainrule.estimators.notebooks import html_table
from chainrule.estimators.notices import notices_kept


class TableExplanations(Classifier):
    """The methods of `TabularClassifier` that explain a fitted model."""

    encoder_: Any
    groups_: list[NetworkGroup]
    linear_weight_: float
    linear_C_: float
    log_loss_: float

    @abstractmethod
    def _columns(self, X: Any) -> dict[str, Array]:
        """The columns of a table."""

    @abstractmethod
    def _parts(self, width: int) -> list[WeightedNetwork]:
        """The networks of the mixture, for rows of so many features."""

    def importances(self, X: Any, y: Any, *, repeats: int = 5) -> Importances:
        """For each column, how much the log-loss grows if the column's values are shuffled among the rows.

        Use rows that the model has not seen. If two columns hold the same information, the model can use either, so
        shuffling one of them costs little.

        Parameters
        ----------
        X, y
            As in `fit`.
        repeats : int, default=5

        Returns
        -------
        Importances
            Maps each column's name to the mean over the repeats; prints as a table, largest first.
            `importances_mean`, `importances_std` and `importances` are as in scikit-learn's
            `permutation_importance`.
        """
        check_is_fitted(self, "groups_")
        y = self._checked_targets(self._features_to_predict(X), y)
        if self.encoder_ is None:
            return importances(self, as_columns(X, getattr(self, "feature_names_in_", None)), y, repeats, matrix=True)
        with notices_kept():  # said above
            return importances(self, self._columns(X), y, repeats, self.encoder_.used_)

    def input_gradient(self, X: Any, y: Any) -> Array:
        """The gradient of each row's log-loss with respect to the features of ``encoder_``, or to X without `encode`.

        Parameters
        ----------
        X, y
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            The names of its columns are ``encoder_.get_feature_names_out()``.
        """
        check_is_fitted(self, "groups_")
        features = self._features_to_predict(X)
        y = np.searchsorted(self.classes_, self._checked_targets(features, y))
        return mixture_gradients(self._parts(features.shape[1]), features, y)

    def gradient_importances(self, X: Any, y: Any) -> dict[str, float]:
        """For each column, the mean first-order change of a row's log-loss if its features move one standard deviation.

        It is the sum, over the features j of the column, of ``mean_i |d loss_i / d x_ij|`` times the standard deviation
        of x_j. It costs one gradient instead of many predictions, but describes only small changes near each row;
        `importances` removes all information in a column.

        Parameters
        ----------
        X, y
            As in `fit`.
        """
        features = self._features_to_predict(X)
        if self.encoder_ is None:
            names = getattr(self, "feature_names_in_", [f"x{column}" for column in range(features.shape[1])])
        else:
            names = self.encoder_.sources()
        with notices_kept():  # said above
            gradients = self.input_gradient(X, y)
        return by_gradients(gradients, features, names)

    def summary(self) -> str:
        """Text that says how each column is read, and what each group of models contributes."""
        lines = [f"{name}: {what}" for name, what in self._columns_read().items()]
        lines += [f"{part['weight']:.2f} of {part['name']}" for part in self.parts()]
        return "\n".join([*lines, f"log-loss of rows held out: {self.log_loss_:.4f}"])

    def _columns_read(self) -> Mapping[str, str]:
        check_is_fitted(self, "groups_")
        return {} if self.encoder_ is None else self.encoder_.described()

    def _fitted_html(self) -> str:
        parts = [(part["name"], f"{part['weight']:.2f}") for part in self.parts()]
        loss = f"Log-loss of rows held out {self.log_loss_:.4f}, parts of the mixture with their weights"
        return html_table("Columns", list(self._columns_read().items())) + html_table(loss, parts)

    def parts(self) -> list[dict[str, Any]]:
        """The name and the weight of each part of the mixture."""
        check_is_fitted(self, "groups_")
        found = [{"name": str(group), "weight": group.weight} for group in self.groups_]
        if self.linear_weight_ > 0:
            name = f"softmax regression, C = {self.linear_C_:g}"
            found.insert(0, {"name": name, "weight": self.linear_weight_})
        return found
