"""The importance of columns: the growth of the log-loss where values of one are shuffled, or its slope."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators import parameters as check
from chainrule.estimators.mixtures import at_labels
from chainrule.estimators.notebooks import html_table
from chainrule.estimators.notices import notices_kept


@dataclass(frozen=True, repr=False, eq=False)
class Importances(Mapping[str, float]):
    """The growth of the log-loss for each column, as a mean over the repeats; prints as a table, largest first.

    Attributes
    ----------
    columns : tuple of str
    importances : ndarray of shape (columns, repeats)
        This name and the next two are those of scikit-learn's `permutation_importance`.
    importances_mean, importances_std : ndarrays of shape (columns,)
        Mean and standard deviation over the repeats; the latter is that of a single repeat, not of the mean.

    Examples
    --------
    >>> found = Importances(("age", "town"), np.array([[0.0, 0.1], [0.5, 0.5]]))
    >>> found
    column    mean     std
    town    0.5000  0.0000
    age     0.0500  0.0500
    >>> found["age"], found.importances_std
    (0.05, array([0.05, 0.  ]))
    """

    columns: tuple[str, ...]
    importances: Array

    @property
    def importances_mean(self) -> Array:
        """The mean over the repeats, for each column."""
        return self.importances.mean(axis=1)

    @property
    def importances_std(self) -> Array:
        """The standard deviation over the repeats, for each column."""
        return self.importances.std(axis=1)

    def ranked(self) -> list[tuple[str, float, float]]:
        """The name, mean and standard deviation of each column, largest mean first."""
        both = zip(self.columns, self.importances_mean.tolist(), self.importances_std.tolist(), strict=True)
        return sorted(both, key=lambda one: -one[1])

    def to_frame(self) -> Any:
        """A pandas data frame with the columns mean and std, largest mean first. Needs pandas."""
        import pandas

        return pandas.DataFrame(self.ranked(), columns=["column", "mean", "std"]).set_index("column")

    def __getitem__(self, name: str) -> float:
        if name not in self.columns:
            raise KeyError(name)
        return float(self.importances[self.columns.index(name)].mean())

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __repr__(self) -> str:
        rows = [("column", "mean", "std"), *((name, f"{mean:.4f}", f"{std:.4f}") for name, mean, std in self.ranked())]
        widths = [max(len(row[place]) for row in rows) for place in range(3)]
        return "\n".join(f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}" for row in rows)

    def _repr_html_(self) -> str:
        return html_table("Importances", [(name, f"{mean:.4f} ± {std:.4f}") for name, mean, std in self.ranked()])


def importances(
    model: Any,
    columns: Mapping[str, Array],
    y: Array,
    repeats: int = 5,
    used: Sequence[str] | None = None,
    *,
    matrix: bool = False,
) -> Importances:
    """By column, the growth of the mean log-loss in each of some draws of the order.

    Parameters
    ----------
    model : classifier
        Fitted, with `classes_` and `predict_log_proba`.
    columns : mapping of names to arrays
    y : array of labels
    repeats : int
    used : sequence of str, optional
        The columns to shuffle, by default all.
    matrix : bool
        True if the model takes the columns side by side in place of a mapping.

    Examples
    --------
    >>> from chainrule import SoftmaxRegression
    >>> x, y = np.array([[0.0, 1.0], [1.0, 1.0]] * 20), np.array([0, 1] * 20)
    >>> model = SoftmaxRegression(C=100).fit(x, y)
    >>> found = importances(model, {"first": x[:, 0], "constant": x[:, 1]}, y, matrix=True)
    >>> found["first"] > 1, found["constant"]
    (True, 0.0)
    """
    check.integer("repeats", repeats, at_least=1)
    generator, numbers = np.random.default_rng(0), np.searchsorted(model.classes_, y)

    def reached(shown: Mapping[str, Array]) -> float:
        return log_likelihood(model, np.column_stack(list(shown.values())) if matrix else dict(shown), numbers)

    known, names = reached(columns), tuple(used or columns)
    found = np.empty((len(names), repeats))
    for place, repeat in np.ndindex(found.shape):
        shuffled = {**columns, names[place]: generator.permutation(columns[names[place]])}
        with notices_kept():  # the first prediction has named the cells
            found[place, repeat] = known - reached(shuffled)
    return Importances(names, found)


def column_importances(model: Any, X: Any, y: Array, *, repeats: int = 5) -> Importances:
    """For each column of a table, how much the log-loss grows if the column's values are shuffled among the rows.

    This takes pipelines too, such as those that `load` reads from files of ``chainrule train``. Use rows that the model
    has not seen. If two columns hold the same information, the model can use either, so shuffling one costs little.

    Parameters
    ----------
    model : classifier, or Pipeline that ends with one
        Fitted, with `classes_` and `predict_log_proba`.
    X : data frame, mapping of names to arrays, or matrix
        As `predict` takes it.
    y : array of labels
    repeats : int, default=5

    Returns
    -------
    Importances
        Maps each column's name to the mean over the repeats; prints as a table, largest first.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from chainrule import SoftmaxRegression
    >>> from chainrule.estimators import TableEncoder
    >>> table = {"kind": np.array(["a", "b"] * 20, dtype=object), "noise": np.arange(40.0)}
    >>> model = make_pipeline(TableEncoder(), SoftmaxRegression()).fit(table, table["kind"])
    >>> column_importances(model, table, table["kind"]).ranked()[0][0]
    'kind'
    """
    from chainrule.estimators.frames import as_columns, is_frame  # and narwhals, which arrays do without

    is_pipeline = hasattr(model, "steps")
    used = getattr(encoder_of(model), "used_", None)
    columns = as_columns(X, getattr(model, "feature_names_in_", None))
    by_name = used is not None or isinstance(X, Mapping) or (not is_pipeline and is_frame(X))
    return importances(model, columns, np.asarray(y), repeats, used, matrix=not by_name)


def encoder_of(model: Any) -> Any:
    """The step before the classifier of a pipeline, or the encoder of a classifier of tables; None without either.

    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from chainrule import SoftmaxRegression
    >>> encoder_of(make_pipeline(StandardScaler(), SoftmaxRegression()))
    StandardScaler()
    """
    return model[0] if hasattr(model, "steps") else getattr(model, "encoder_", None)


def by_gradients(gradients: Array, features: Array, names: Sequence[str]) -> dict[str, float]:
    """By column, the sum over its features of the mean size of their gradient times their standard deviation.

    Parameters
    ----------
    gradients, features : (n, d) arrays
    names : sequence of str
        For each feature, its column.

    Examples
    --------
    >>> by_gradients(np.array([[1.0, -2.0], [3.0, 0.0]]), np.array([[0.0, 1.0], [2.0, 1.0]]), ["a", "b"])
    {'a': 2.0, 'b': 0.0}
    """
    changes = np.abs(gradients).mean(axis=0) * features.std(axis=0, dtype=np.float64)
    found = dict.fromkeys(names, 0.0)
    for name, change in zip(names, changes.tolist(), strict=True):
        found[name] += change
    return found


def log_likelihood(model: Any, X: Any, y: Array, sample_weight: Array | None = None) -> float:
    """The mean log-probability of class numbers."""
    return float(np.average(at_labels(model.predict_log_proba(X), y), weights=sample_weight))
