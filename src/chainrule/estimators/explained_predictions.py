"""One prediction explained: how much the value of each column speaks for the predicted class, against other rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.estimators.classifier import SUM_TOLERANCE
from chainrule.estimators.importances import encoder_of
from chainrule.estimators.notebooks import html_table
from chainrule.estimators.notices import notices_kept


@dataclass(frozen=True, repr=False, eq=False)
class ExplainedPrediction:
    """The effect of each column on one prediction; prints as a table, largest effect first.

    Attributes
    ----------
    label : object
        The predicted class.
    probability : float
        Its probability.
    columns : tuple of str
    values : tuple
        The value of each column in the row.
    effects : ndarray of shape (columns,)
        The log-odds of the predicted class, less their mean with the background's values in the column.

    Examples
    --------
    >>> ExplainedPrediction("leaves", 0.9, ("age", "plan"), (41.0, "basic"), np.array([-0.01, 1.5]))
    predicted 'leaves' with probability 0.9000
    column  value   effect
    plan    basic  +1.5000
    age        41  -0.0100
    """

    label: Any
    probability: float
    columns: tuple[str, ...]
    values: tuple[Any, ...]
    effects: Array

    def ranked(self) -> list[tuple[str, Any, float]]:
        """The name, the value and the effect of each column, the largest size of an effect first."""
        return sorted(zip(self.columns, self.values, self.effects.tolist(), strict=True), key=lambda one: -abs(one[2]))

    def __repr__(self) -> str:
        rows = [("column", "value", "effect"), *((name, _text(value), f"{e:+.4f}") for name, value, e in self.ranked())]
        widths = [max(len(row[place]) for row in rows) for place in range(3)]
        lines = [f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}" for row in rows]
        return "\n".join([self._title(), *lines])

    def _repr_html_(self) -> str:
        lines = [(f"{name} = {_text(value)}", f"{effect:+.4f}") for name, value, effect in self.ranked()]
        return html_table(self._title(), lines)

    def _title(self) -> str:
        return f"predicted {self.label!r} with probability {self.probability:.4f}"


def explain_prediction(model: Any, row: Any, background: Any) -> ExplainedPrediction:
    """For each column of one row, how much its value speaks for the predicted class, against the values of other rows.

    The effect of a column is the mean, over the rows b of the background, of

        f(row) - f(row with the column's value from b),

    where f is the log-odds of the predicted class, log(p / (1 - p)). An effect above 0 speaks for the class. Only one
    column is replaced at a time, so interactions are not shared out: the effects do not add up to f, and if two columns
    hold the same information, both may have small effects. The package shap shares interactions out. A replaced row may
    be one that never occurs. The effects describe the model, and not what causes the class.

    Parameters
    ----------
    model : classifier, or Pipeline that ends with one
        Fitted, with `classes_` and `predict_log_proba`; those that `load` reads from files of ``chainrule train`` too.
    row : data frame, mapping of names to arrays, or matrix
        One row, as `predict` takes it, such as ``frame.iloc[[7]]`` or ``X[7:8]``.
    background : of the same type, with at least one row
        The rows to compare with, such as a hundred training rows. Each column takes a prediction of so many rows.

    Returns
    -------
    ExplainedPrediction
        The predicted class with its probability, and the value and the effect of each column that the model reads.

    Raises
    ------
    TypeError
        If a table is neither a data frame, nor a mapping, nor a matrix, or if the two differ in this.
    ValueError
        If `row` does not have one row, `background` has none, one of them lacks a column, or the model gives several
        labels per row.

    Examples
    --------
    >>> from chainrule import TabularClassifier
    >>> sizes, kinds = np.array([2.0, 3.0, 9.0, 8.0] * 20), np.array(["a", "b"] * 40, dtype=object)
    >>> large = np.where(np.arange(80) == 0, True, sizes > 5)
    >>> model = TabularClassifier(random_state=0).fit({"size": sizes, "kind": kinds}, large)
    >>> found = explain_prediction(model, {"size": [9.0], "kind": ["a"]}, {"size": sizes, "kind": kinds})
    >>> found.label, found.ranked()[0][:2]
    (True, ('size', 9.0))
    """
    from chainrule.estimators.frames import as_columns, is_frame  # and narwhals, which arrays do without

    kinds = []
    for name, table in (("row", row), ("background", background)):
        if is_sparse(table):
            raise TypeError(f"{name}: expected a dense table, got a sparse matrix; its method toarray() gives one")
        kinds.append("mapping" if isinstance(table, Mapping) else "data frame" if is_frame(table) else "matrix")
        if kinds[-1] == "matrix" and (np.ndim(table) != 2 or not len(table)):
            example = ", such as frame.iloc[[7]] or X[7:8]" if name == "row" else ""
            raise ValueError(f"{name}: expected a table of rows{example}, got the shape {np.shape(table)}")
    if kinds[0] != kinds[1]:
        raise TypeError(f"background: expected a {kinds[0]}, as row is one, got a {kinds[1]}")
    one, others = (as_columns(table, getattr(model, "feature_names_in_", None)) for table in (row, background))
    names = tuple(getattr(encoder_of(model), "used_", one))
    count = _rows_of("row", one, names)
    if count != 1:
        raise ValueError(f"row: expected one row, such as frame.iloc[[7]] or X[7:8], got {count} rows")
    if not (count := _rows_of("background", others, names)):
        raise ValueError("background: expected at least one row, got none")

    def with_column(name: str) -> Any:
        """As many copies of the row as the background has rows, with the background's values in one column."""
        if kinds[0] == "data frame":
            return _replaced(row, background, list(one).index(name), list(others).index(name), count)
        found = {known: np.repeat(values, count) for known, values in one.items()} | {name: others[name]}
        return found if kinds[0] == "mapping" else np.column_stack(list(found.values()))

    log_probs = model.predict_log_proba(row)
    if abs(np.exp(log_probs[0]).sum() - 1) > SUM_TOLERANCE:
        raise ValueError("model: expected one class per row, got a model of several labels per row")
    number = int(log_probs[0].argmax())
    known = _log_odds(log_probs, number).item()
    with notices_kept():  # the prediction of the row has named its cells
        effects = [known - _log_odds(model.predict_log_proba(with_column(name)), number).mean() for name in names]
    return ExplainedPrediction(
        model.classes_.tolist()[number],
        float(np.exp(log_probs[0, number])),
        names,
        tuple(one[name].tolist()[0] for name in names),
        np.array(effects),
    )


# What follows is private.


def _rows_of(table: str, columns: Mapping[str, Array], names: Sequence[str]) -> int:
    """The number of rows of columns, which have to hold those with these names."""
    from chainrule.estimators.frames import lacking

    if what := lacking(names, columns):
        raise ValueError(f"{table}: {what}")
    counts = {len(values) for values in columns.values()}
    if len(counts) > 1:
        raise ValueError(f"{table}: expected columns of one length, got the lengths {sorted(counts)}")
    return counts.pop()


def _replaced(row: Any, background: Any, place: int, source: int, count: int) -> Any:
    """Copies of the only row of a frame, with a column of another frame; columns keep their types."""
    import narwhals as nw

    copies, others = (nw.from_native(table, eager_only=True) for table in (row, background))
    copies, name = copies[[0] * count], copies.columns[place]
    return copies.with_columns(others[others.columns[source]].alias(name)).to_native()


def _log_odds(log_probs: Array, number: int) -> Array:
    """log(p / (1 - p)) of a class, where 1 - p is the sum over the other classes, so that it keeps its digits."""
    others = np.delete(log_probs, number, axis=1).astype(np.float64)
    return np.asarray(log_probs[:, number] - np.logaddexp.reduce(others, axis=1))


def _text(value: Any) -> str:
    """A value for a table."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 30 else f"{text[:27]}..."
