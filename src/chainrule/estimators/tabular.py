"""A classifier of tables as people have them: networks of folds on two views of the columns, and a linear model.

The features are those of `TableEncoder`. One group of networks sees them as they are, another one sees piecewise linear
features of the numbers too (`piecewise_linear`). Within a group there is a network for each fold, which keeps its best
epoch by the log-loss of the rows held out (`fold_networks`). Each row is thereby predicted once by networks and by a
softmax regression that have not seen it, and these predictions weight the groups (`mixtures`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Self

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils import check_random_state
from sklearn.utils.validation import assert_all_finite, check_consistent_length, check_is_fitted, validate_data

from chainrule.arrays import Array
from chainrule.estimators import parameters as check
from chainrule.estimators.blocks_of_rows import Logits
from chainrule.estimators.class_encoding import check_labels_present
from chainrule.estimators.fold_networks import Fold, NetworkGroup, Settings, Training, defaults, folds_of, network_of
from chainrule.estimators.fold_regression import fold_regression
from chainrule.estimators.frames import as_columns, is_frame
from chainrule.estimators.mixtures import gains_of_tried, mixture_weights
from chainrule.estimators.mlp import activation_of
from chainrule.estimators.network_groups import drawn, trained_groups
from chainrule.estimators.network_mixtures import (
    SAME,
    NetworkInputs,
    WeightedNetwork,
    linear_part,
    mixture_logits,
)
from chainrule.estimators.notices import notices_kept, warn_caller
from chainrule.estimators.piecewise_linear import PiecewiseLinearEncoder
from chainrule.estimators.sample_weights import with_class_weight
from chainrule.estimators.table_explanations import TableExplanations
from chainrule.estimators.tables import TableEncoder
from chainrule.estimators.transactions import all_or_nothing, showing_progress
from chainrule.kernels.blas import available_threads
from chainrule.progress import counted, tell
from chainrule.storage import StoredRows

LIMITS: check.Limits = {
    "folds": check.unless("auto", partial(check.integer, at_least=2)),
    "hidden_layer_sizes": check.hidden_sizes,
    "activation": check.activation,
    "learning_rate_init": check.unless("auto", partial(check.number, above=0)),
    "alpha": check.unless("auto", partial(check.number, at_least=0)),
    "batch_size": check.unless("auto", partial(check.integer, at_least=1)),
    "max_iter": check.unless("auto", partial(check.integer, at_least=1)),
    "bins": partial(check.integer, at_least=0),
    "search": partial(check.integer, at_least=0),
    "time_limit": check.unless(None, partial(check.number, above=0)),
    "class_weight": check.class_weight,
    "n_jobs": check.threads,
    "linear": check.flag,
    "encode": check.flag,
    "verbose": check.flag,
}
BETA_2 = 0.95
LEAST_WEIGHT = 0.01
"""Groups of less weight are left out: they cost time in predictions, and add nothing."""
MOST_PIECEWISE = 256
"""Most piecewise linear features: the bins of a column are fewer where there are many columns."""
CS = (0.01, 0.1, 1.0, 10.0)
"""The penalties of the softmax regression, from which the folds choose."""


class TabularClassifier(TableExplanations):
    """A classifier of tables: numbers, categories, booleans and dates, with missing values anywhere.

    Three kinds of models are fitted, each time without the rows of one fold: networks on the numbers and categories,
    networks that also take piecewise linear features of the numbers, and softmax regression. Each network keeps the
    epoch with the lowest log-loss on its held-out rows. Predicted probabilities are the weighted mean over the models;
    the weights maximise the likelihood of the held-out rows.

    Parameters
    ----------
    folds : int or "auto", default="auto"
        The number of folds. Each kind has one network per fold, fitted without the rows of that fold. "auto" is 8 up to
        1000 rows, 5 for 1500, and 4 from 2000 on.
    hidden_layer_sizes : int or sequence of int, default=(64, 64)
    activation : str or Rule, default="relu"
    learning_rate_init : float or "auto", default="auto"
        The initial learning rate of Adam, which falls to 0 along half a cosine. "auto" is 0.01 for batches of 64 rows,
        and proportional to the square root of the batch size.
    alpha : float or "auto", default="auto"
        Strength of the L2 penalty of the networks, as in `MLPClassifier`; "auto" is 25 batch_size / n^1.5 for n rows,
        and at most 0.004 batch_size.
    batch_size : int or "auto", default="auto"
        Rows per step; "auto" is a sixteenth of the rows, but at least 32 and at most 256.
    max_iter : int or "auto", default="auto"
        Maximum number of epochs; "auto" is 50 up to 1000 rows, 32 for 20,000, and 18 for a million.
    bins : int, default=8
        Bins per column for the piecewise linear features; tables with many columns get fewer. 0 leaves out the networks
        on these features.
    linear : bool, default=True
        Whether to include softmax regression.
    search : int, default=0
        How many other settings of the networks to try, drawn at random: widths, learning rates, penalties and
        activations. A setting is used if its gain in held-out log-loss exceeds the standard error of that gain.
    time_limit : float or None, default=None
        Seconds after which the networks stop training and keep their best epoch so far.
    encode : bool, default=True
        False if X is already a matrix of features for the networks, such as the output of `TableEncoder`: finite
        numbers of similar scales.
    words : sequence of str or None, default=None
        Columns that are read as categories even if they hold numbers, such as postal codes, or text that differs in
        nearly every row.
    text : sequence of str or None, default=None
        Columns of sentences, whose words are counted. Other text that differs in nearly every row is left out.
    class_weight : dict, "balanced" or None, default=None
    n_jobs : int or None, default=None
        The number of threads; None and -1 use all cores.
    random_state : int, RandomState or None, default=None
    verbose : bool, default=False
        True prints a line for each network and a summary of the groups.

    Attributes
    ----------
    encoder_ : TableEncoder or None
        How each column is read; see its `numeric_`, `categorical_` and `left_out_`. None without `encode`.
    groups_ : list of NetworkGroup
        The settings, log-loss, weight, epochs and parameters of each group of networks.
    linear_weight_ : float
        The weight of softmax regression.
    linear_coef_, linear_intercept_ : ndarrays
    search_results_ : list of dict
        The settings, log-loss and weight of each group and, for settings that ``search`` tried, their gain in log-loss.
    log_loss_ : float
        The log-loss of the held-out rows. Each row is predicted by models that were fitted without it, except that the
        weights of the groups were fitted to these rows.
    classes_, n_features_in_, feature_names_in_
    n_samples_fit_ : int
        The number of rows that it was fitted to.
    n_iter_ : int
        The largest number of epochs of a network.
    interrupted_ : bool
        True if Ctrl-C ended the fit. The best weights so far are kept.

    Examples
    --------
    >>> from chainrule import TabularClassifier
    >>> sizes = np.array([2.0, np.nan, 3.0, 9.0, 8.0, 7.0] * 10)
    >>> kinds = np.array(["a", "b", None, "a", "b", "b"] * 10, dtype=object)
    >>> large = np.where(np.arange(60) == 7, True, sizes > 5)
    >>> model = TabularClassifier(random_state=0).fit({"size": sizes, "kind": kinds}, large)
    >>> model.predict({"kind": ["a", None], "size": [1.0, 10.0]})
    array([False,  True])
    """

    encoder_: Any

    _sparse = False
    _multilabel = False
    targets = "labels"
    dtype = "float32"

    def __init__(
        self,
        *,
        folds: Any = "auto",
        hidden_layer_sizes: Any = (64, 64),
        activation: Any = "relu",
        learning_rate_init: Any = "auto",
        alpha: Any = "auto",
        batch_size: Any = "auto",
        max_iter: Any = "auto",
        bins: int = 8,
        linear: bool = True,
        search: int = 0,
        time_limit: float | None = None,
        encode: bool = True,
        words: Any = None,
        text: Any = None,
        class_weight: Any = None,
        n_jobs: int | None = None,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self._store(locals())

    @all_or_nothing
    @showing_progress
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit to the rows of a table with their labels.

        Parameters
        ----------
        X : data frame of pandas, polars or Arrow, mapping of names to arrays, or matrix
        y : array of shape (n_samples,)
        sample_weight : array of shape (n_samples,), optional
            At least 0.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If no column of the table can be used, for a single class, or for parameters out of range.
        TypeError
            For sparse matrices and lazy frames.
        """
        check.within(vars(self), LIMITS)
        deadline = math.inf if self.time_limit is None else time.monotonic() + self.time_limit
        X, y, weights, encoding = self._read_samples(X, y, sample_weight, continues=False)
        X, y, weights = with_class_weight(self.class_weight, encoding, X, y, weights)
        self.n_samples_fit_ = len(y)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        auto = defaults(len(y))
        chosen = {name: value if getattr(self, name) == "auto" else getattr(self, name) for name, value in auto.items()}
        folds = folds_of(y, max(2, min(chosen["folds"], len(y) // 2)), seed)
        self._learn_bins(X)
        numbers = np.searchsorted(encoding.classes, y)
        linear = [self._fit_linear(X, numbers, weights, folds)] if self.linear else []
        groups, of_groups = self._fit_networks((X, numbers, weights), folds, seed, chosen, deadline)
        self._mix(groups, [*linear, *of_groups], weights)
        return self

    def _validated(self, X: Any, *, reset: bool, y: Any = None, **options: Any) -> Any:
        """The features of a table, and y if it is given; `reset` learns how each column is read."""
        if not self.encode:
            self.encoder_ = None
            return super()._validated(X, reset=reset, **({} if y is None else {"y": y}), **options)
        columns = self._columns(X, y, reset=reset)
        if not reset:
            return self.encoder_.encoded(columns)
        self.encoder_ = TableEncoder(self.words, self.text).fit(columns)
        with notices_kept():  # the fit of the encoder has said them
            features = self.encoder_.encoded(columns)
        check_consistent_length(features, y)
        check_labels_present(y, X)
        y = np.asarray(y)
        if y.dtype.kind == "f":
            assert_all_finite(y, input_name="y")
        return features, y

    def _features_to_predict(self, X: Any) -> Array:
        rows = X[:] if isinstance(X, StoredRows) else X
        return np.asarray(self._validated(rows, reset=False))

    def _columns(self, X: Any, y: Any = None, *, reset: bool = False) -> dict[str, Array]:
        """The columns of a table. Those with names may come in any order, and with others."""
        columns, named = as_columns(X), is_frame(X) or isinstance(X, Mapping)
        if reset:
            if y is None:
                raise ValueError(f"This {type(self).__name__} requires y to be passed, but the target y is None")
            if not isinstance(X, Mapping):
                validate_data(self, X, skip_check_array=True)
            self.n_features_in_ = len(columns)
            self.columns_ = list(columns)
            if named:
                self.feature_names_in_ = np.array(self.columns_, dtype=object)
            return columns
        if isinstance(X, Mapping) or (named and hasattr(self, "feature_names_in_")):
            return columns
        validate_data(self, X, skip_check_array=True, reset=False)
        return dict(zip(self.columns_, columns.values(), strict=True))

    def _learn_bins(self, X: Array) -> None:
        """Learn the piecewise linear features, unless no column has any."""
        bins = min(self.bins, MOST_PIECEWISE // X.shape[1])
        encoder = PiecewiseLinearEncoder(max(bins, 1)).fit(X)
        self.piecewise_ = encoder if len(encoder.columns_) else None

    def _views(self, X: Array) -> list[Array]:
        """The inputs of networks: the features, and those with the piecewise linear ones."""
        return [X] if self.piecewise_ is None else [X, self.piecewise_.widened(X)]

    def _fit_linear(self, X: Array, y: Array, weights: Array | None, folds: list[Fold]) -> Array:
        """Fit softmax regression. Its log-probabilities of the labels of rows that it has not seen."""
        found = fold_regression(X, y, weights, folds, CS)
        self.linear_coef_, self.linear_intercept_, self.linear_C_ = found.coef, found.intercept, found.C
        return found.at_labels

    def _settings(self, seed: int, learning_rate: float, alpha: float) -> list[Settings]:
        """The settings of the groups of networks: those of the parameters, then those that are drawn around them."""
        hidden = check.hidden_sizes("hidden_layer_sizes", self.hidden_layer_sizes)
        first = Settings(False, hidden, activation_of(self.activation), learning_rate, alpha)
        views = (False,) if self.piecewise_ is None else (False, True)
        return [*(replace(first, piecewise=view) for view in views), *drawn(first, views, self.search, seed)]

    def _fit_networks(
        self,
        samples: tuple[Array, Array, Array | None],
        folds: list[Fold],
        seed: int,
        chosen: Mapping[str, Any],
        deadline: float,
    ) -> tuple[list[NetworkGroup], list[Array]]:
        """The groups of networks, and their log-probabilities of the labels of rows that they have not seen."""
        X, y, weights = samples
        settings = self._settings(seed, chosen["learning_rate_init"], chosen["alpha"])
        total, epochs = len(settings) * len(folds), chosen["max_iter"]
        counts = counted(f"{total} networks", total * epochs, unit="epochs")
        training = Training(epochs, chosen["batch_size"], BETA_2, seed, deadline, counts)
        limit = None if self.n_jobs is None else min(effective_n_jobs(self.n_jobs), available_threads())
        found = trained_groups(
            settings,
            training,
            len(self.classes_),
            (self._views(X), y, weights),
            folds,
            threads=limit,
            told=tell if self.verbose else None,
        )
        self.n_iter_ = max(epoch for group in found.groups for epoch in group.epochs)
        self.interrupted_ = found.interrupted
        if self.interrupted_:
            warn_caller(f"Training interrupted by user after {self.n_iter_} epochs; the best weights so far are kept.")
        return found.groups, found.at_labels

    def _mix(self, groups: list[NetworkGroup], at_label: list[Array], weights: Array | None) -> None:
        """Weight softmax regression and the groups. Groups that were tried take part if the log-loss gains by them."""
        logs = np.stack(at_label, axis=1).astype(np.float64)
        gains = gains_of_tried(logs, len(at_label) - self.search, weights)
        kept = np.array([number not in gains or gains[number].is_clear for number in range(len(at_label))])
        shares = np.zeros(len(at_label))
        shares[kept] = mixture_weights(logs[:, kept], weights)
        kept = shares >= LEAST_WEIGHT
        shares[kept], shares[~kept] = mixture_weights(logs[:, kept], weights), 0.0
        mixed = np.logaddexp.reduce(logs[:, kept] + np.log(shares[kept]), axis=1)
        self.log_loss_ = float(-np.average(mixed, weights=weights))
        self.linear_weight_ = float(shares[0]) if self.linear else 0.0
        tried = [replace(group, weight=float(shares[number])) for number, group in enumerate(groups, self.linear)]
        self.groups_ = [group for group in tried if group.weight > 0]
        whys = [str(gains.get(number, "")) for number in range(self.linear, len(at_label))]
        self.search_results_ = [group.tried() | {"gain": why} for group, why in zip(tried, whys, strict=True)]

    def _parts(self, width: int) -> list[WeightedNetwork]:
        """The models of the mixture, for rows of so many features."""
        views, widths = [SAME], [width]
        if self.piecewise_ is not None:
            views.append(NetworkInputs(self.piecewise_.widened, self.piecewise_.pullback))
            widths.append(width + len(self.piecewise_.columns_))
        parts = []
        if self.linear_weight_ > 0:
            parts.append(linear_part(self.linear_weight_, self.linear_coef_, self.linear_intercept_))
        for group in self.groups_:
            network = network_of(group.settings, widths[group.settings.piecewise], len(self.classes_))
            share, view = group.weight / len(group.parameters), views[group.settings.piecewise]
            # Parameters may lie in a file; the compiled loops take plain arrays only.
            parts += [WeightedNetwork(share, network, theta, view) for theta in np.asarray(group.parameters)]
        return parts

    def _logits(self, X: Any) -> Logits:
        check_is_fitted(self, "groups_")
        features = self._features_to_predict(X)
        return mixture_logits(self._parts(features.shape[1]), self._encoding, features)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags
