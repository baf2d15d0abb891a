"""Columns that determine the target: each of their values has one class, and each class one value, in every row.

A score with such a column says nothing about new samples, for which the column is mostly unknown, too.
"""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators.frames import as_columns, is_frame
from chainrule.estimators.notices import warn_caller

FEWEST_ROWS = 20
CHANCE = 1e-4
"""The largest chance at which a shuffled column with as many rows of each value would be such a column."""
_BLOCK = 4096


def copies_of_target(columns: Mapping[str, Array], y: Array) -> list[str]:
    """The names of the columns whose values are the classes one to one, in all of at least 20 rows.

    Of n rows, with n_c of class c and m_s classes of size s, a shuffled column is one with probability

        prod_c n_c! prod_s m_s! / n!

    and there are no names unless this is below 1e-4: two classes need at least 5 rows of each among 20. Missing cells
    count as one value. Other columns are left at the first row that does not fit, mostly among the first few.

    Parameters
    ----------
    columns : mapping of str to arrays of shape (n,)
    y : array of shape (n,)

    Examples
    --------
    >>> y = np.array(["no", "yes"] * 10)
    >>> copies_of_target({"paid": np.array([0.0, 1.0] * 10), "age": np.arange(20.0)}, y)
    ['paid']
    """
    classes, numbers, counts = np.unique(y, return_inverse=True, return_counts=True)
    sizes = counts.tolist()
    log_chance = sum(math.lgamma(size + 1) for size in [*sizes, *Counter(sizes).values()]) - math.lgamma(len(y) + 1)
    if len(y) < FEWEST_ROWS or log_chance > math.log(CHANCE):
        return []
    return [name for name, values in columns.items() if _is_relabelling(values, numbers, len(classes))]


def _is_relabelling(values: Array, numbers: Array, classes: int) -> bool:
    class_of: dict[Any, int] = {}
    try:
        for start in range(0, len(numbers), _BLOCK):
            some = slice(start, start + _BLOCK)
            for cell, number in zip(values[some].tolist(), numbers[some].tolist(), strict=True):
                known = class_of.setdefault(cell if cell == cell else None, number)  # NaN is None
                if known != number or len(class_of) > classes:
                    return False
    except (TypeError, ValueError):  # cells that are lists or arrays, or columns of another length
        return False
    # Each class has a row, and so a value; as there are no more values than classes, it has one alone.
    return len(class_of) == classes


def determining(name: str, target: str, rows: int) -> str:
    """A sentence about one of these columns.

    >>> determining("code", "y", 90)
    "column 'code' determines y: each of its values has one class, and each class one value, in all 90 rows"
    """
    how = f"each of its values has one class, and each class one value, in all {rows} rows"
    return f"column {name!r} determines {target}: {how}"


def warn_of_copies(table: Any, y: Any) -> list[str]:
    """Warn of the columns of a frame or mapping that determine the target, if y has one label per row.

    Returns sentences that name them. Anything else, such as samples in files, gives no warning.
    """
    labels = np.asarray(y)
    labels = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.ndim != 1 or not (isinstance(table, Mapping) or is_frame(table)):
        return []
    found = [determining(name, "y", len(labels)) for name in copies_of_target(as_columns(table), labels)]
    for sentence in found:
        warn_caller(
            f"X: {sentence}. If it is the target or was made from it, leave it out: the scores say nothing about "
            "samples without it"
        )
    return found
