"""Columns that determine the target: each of their values has one class, or each class a range of its own.

A score with such a column says nothing about new samples, for which the column is mostly unknown, too.
"""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators.columns import as_floats

FEWEST_ROWS = 20
CHANCE = 1e-4
"""The largest chance at which a shuffled column with as many rows of each value would be such a column."""
ROWS_OF_A_VALUE = 5
"""The fewest rows of a value, on average. Where each row occurs twice, each column of measurements would be one."""
_BLOCK = 4096


def determining(columns: Mapping[str, Array], y: Array, target: str) -> dict[str, str]:
    """For each column that determines the target in all of at least 20 rows, a sentence that says how.

    Of n rows, with n_c of class c, there are N = n! / prod_c n_c! orders of the labels. A column with k values has one
    class in each of them in at most C^k orders, of C classes. If k is C, it does so in prod_s m_s! orders, with m_s
    classes of size s. The classes lie in separate ranges of a column of numbers in at most C! orders. A column has a
    sentence if the number of orders is below 1e-4 N, so that shuffled columns have none: two classes need at least 5
    rows of each among 20. If k is above C, there must be 5 rows per value on average, too. Missing cells count as one
    value, and as the largest one.

    Parameters
    ----------
    columns : mapping of str to arrays of shape (n,)
    y : array of shape (n,)
    target : str
        The target in sentences.

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> y = np.array(["no", "yes"] * 10)
    >>> plans = np.array(["a", "b", "a", "c"] * 5)
    >>> found = determining({"plan": plans, "id": np.argsort(np.argsort(y)), "one": np.ones(20)}, y, "y")
    >>> print(*found.values(), sep="\\n")
    column 'plan' determines y: each of its 3 values has one class, in all 20 rows
    column 'id' determines y: each class has a range of its values of its own, in all 20 rows
    """
    classes, numbers, counts = np.unique(y, return_inverse=True, return_counts=True)
    sizes = counts.tolist()
    rare = math.lgamma(len(y) + 1) - sum(math.lgamma(size + 1) for size in sizes) + math.log(CHANCE)
    if len(y) < FEWEST_ROWS or rare < 0 or len(classes) < 2:
        return {}
    one_to_one = sum(math.lgamma(count + 1) for count in Counter(sizes).values()) < rare
    most_values = min(int(rare / math.log(len(classes))), len(y) // ROWS_OF_A_VALUE)
    by_class, starts = np.argsort(numbers, kind="stable"), np.cumsum([0, *sizes[:-1]])
    in_ranges = math.lgamma(len(classes) + 1) < rare
    found = {}
    for name, values in columns.items():
        count = _values_of_one_class(values, numbers, max(most_values, len(classes)))
        how = ""
        if count == len(classes) and one_to_one:
            how = "each of its values has one class, and each class one value"
        elif len(classes) < count <= most_values:
            how = f"each of its {count} values has one class"
        elif in_ranges and _has_ranges(values, by_class, starts):
            how = "each class has a range of its values of its own"
        if how:
            found[name] = f"column {name!r} determines {target}: {how}, in all {len(y)} rows"
    return found


# What follows is private.


def _values_of_one_class(values: Array, numbers: Array, most: int) -> int:
    """The number of values of a column, if each has one class and there are not more than `most`; else 0.

    Most columns are left at the first row that does not fit, which is among the first few.
    """
    class_of: dict[Any, int] = {}
    try:
        for start in range(0, len(numbers), _BLOCK):
            some = slice(start, start + _BLOCK)
            for cell, number in zip(values[some].tolist(), numbers[some].tolist(), strict=True):
                known = class_of.setdefault(cell if cell == cell else None, number)  # NaN is None
                if known != number or len(class_of) > most:
                    return 0
    except (TypeError, ValueError):  # cells that are lists or arrays, or columns of another length
        return 0
    return len(class_of)


def _has_ranges(values: Array, by_class: Array, starts: Array) -> bool:
    """True for a column of numbers or dates of which each class has a range, and no two ranges meet.

    `by_class` are the rows ordered by class, and `starts` the places among them at which a class begins.
    """
    if values.dtype.kind not in "iufmM" or values.shape != by_class.shape:
        return False
    cells = as_floats(values)[by_class]
    cells[np.isnan(cells)] = np.inf
    low, high = np.minimum.reduceat(cells, starts), np.maximum.reduceat(cells, starts)
    order = np.argsort(low)
    return bool((high[order][:-1] < low[order][1:]).all())
