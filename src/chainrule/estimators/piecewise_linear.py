"""Piecewise linear features: how far a number has come through each of the bins between quantiles of its column.

A network on such features is a sum of functions that are linear in each bin, before its first activation. It fits
steps and thresholds of a single column in fewer steps than one on the numbers alone.
Source: Gorishniy, Rubachev and Babenko (2022), "On embeddings for numerical features".
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from chainrule.arrays import Array
from chainrule.estimators import parameters as check
from chainrule.estimators.tables import column_names
from chainrule.estimators.transactions import all_or_nothing


class PiecewiseLinearEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Append, for each bin of a column, how far the number has come through the bin.

        clip((x - a) / (b - a), 0, 1) - 1/2    for a bin [a, b]

    The bins lie between quantiles of the column. Columns with fewer than three distinct quantiles get no bins, since a
    single bin would add nothing to the number itself.

    Parameters
    ----------
    bins : int, default=8
        The number of bins of a column, fewer if some of its quantiles coincide.

    Examples
    --------
    >>> x = np.array([[0.0], [1.0], [2.0], [3.0], [8.0]])
    >>> PiecewiseLinearEncoder(bins=2).fit_transform(x).round(2)
    array([[ 0.  , -0.5 , -0.5 ],
           [ 1.  ,  0.  , -0.5 ],
           [ 2.  ,  0.5 , -0.5 ],
           [ 3.  ,  0.5 , -0.33],
           [ 8.  ,  0.5 ,  0.5 ]])
    """

    def __init__(self, bins: int = 8) -> None:
        self.bins = bins

    @all_or_nothing
    def fit(self, X: Any, y: Any = None) -> PiecewiseLinearEncoder:
        """Learn the bins of every column."""
        validate_data(self, X, skip_check_array=True)
        shares = np.linspace(0, 1, check.integer("bins", self.bins, at_least=1) + 1)
        edges = [np.unique(column) for column in np.quantile(np.asarray(X), shares, axis=0, method="inverted_cdf").T]
        used = [column for column, places in enumerate(edges) if len(places) > 2]
        self.columns_ = np.repeat(used, [len(edges[column]) - 1 for column in used]).astype(np.intp)
        self.starts_ = np.concatenate([np.empty(0), *(edges[column][:-1] for column in used)])
        self.ends_ = np.concatenate([np.empty(0), *(edges[column][1:] for column in used)])
        return self

    def transform(self, X: Any) -> Array:
        """X, followed by the features of the bins, in the dtype of X."""
        check_is_fitted(self)
        return self.widened(X)

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """The names of the columns, then of the bins, which are numbered for each column.

        Examples
        --------
        >>> x = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
        >>> PiecewiseLinearEncoder(bins=2).fit(x).get_feature_names_out(["size", "flag"]).tolist()
        ['size', 'flag', 'size, bin 1', 'size, bin 2']
        """
        check_is_fitted(self)
        names = column_names(self, input_features, self.n_features_in_)
        numbers = np.arange(len(self.columns_)) - np.searchsorted(self.columns_, self.columns_) + 1
        bins = [f"{names[column]}, bin {number}" for column, number in zip(self.columns_, numbers, strict=True)]
        return np.array([*names, *bins], dtype=object)

    def widened(self, X: Any) -> Array:
        """The features as an array, whatever `set_output` says."""
        X = np.asarray(X)
        places = (X[:, self.columns_] - self.starts_) / (self.ends_ - self.starts_)
        return np.hstack([X, np.clip(places, 0, 1) - 0.5], dtype=X.dtype, casting="same_kind")

    def pullback(self, X: Array, cotangent: Array) -> Array:
        """The gradient with respect to X, from that of the features: 1 / (b - a) within a bin, and 0 elsewhere.

        At the ends of a bin, where the derivative jumps, the start counts as inside the bin and the end as outside.

        Examples
        --------
        >>> x = np.array([[0.0], [1.0], [2.0], [3.0], [8.0]])
        >>> PiecewiseLinearEncoder(bins=2).fit(x).pullback(np.array([[1.0], [4.0]]), np.ones((2, 3)))
        array([[1.5       ],
               [1.16666667]])
        """
        X = np.asarray(X)
        own = X[:, self.columns_]
        inside = (own >= self.starts_) & (own < self.ends_)
        slopes = np.where(inside, cotangent[:, X.shape[1] :] / (self.ends_ - self.starts_), 0.0)
        gradient = np.array(cotangent[:, : X.shape[1]])
        np.add.at(gradient.T, self.columns_, slopes.T)
        return gradient
