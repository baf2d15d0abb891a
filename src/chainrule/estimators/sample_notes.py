"""Notes on the samples of a fit: columns that determine the target or number the rows, and classes that look odd.

Classifiers that are fitted to data frames give them as warnings, `chainrule train` as notes.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators.columns import as_floats
from chainrule.estimators.frames import as_columns, is_frame
from chainrule.estimators.notices import warn_caller
from chainrule.estimators.parameters import listed
from chainrule.estimators.target_copies import FEWEST_ROWS, determining


def sample_notes(
    columns: Mapping[str, Array], y: Array, target: str, leave_out: Callable[[str], str] = "leave it out".format
) -> list[str]:
    """Sentences about columns and classes that may be mistakes.

    Parameters
    ----------
    columns : mapping of str to arrays of shape (n,)
    y : array of shape (n,)
    target : str
        The target in sentences.
    leave_out : callable
        How to leave out a column, by its name.

    Examples
    --------
    >>> y = np.array(["No", "Yes"] * 10 + ["yes"])
    >>> print(*sample_notes({"row": np.arange(21)}, y, "y"), sep="\\n")
    column 'row' numbers the rows: its values rise by 1 from row to row; if new rows have other numbers, leave it out
    y may have misspelt classes: 'yes' has a single row; 'Yes' and 'yes' differ only by upper and lower case
    """
    found = determining(columns, y, target)
    notes = [f"{sentence}; if it is made from the target, {leave_out(name)}" for name, sentence in found.items()]
    steps = {name: step_of(values) for name, values in columns.items() if name not in found}
    notes += [
        f"column {name!r} numbers the rows: its values rise by {step:g} from row to row; if new rows have other "
        f"numbers, {leave_out(name)}"
        for name, step in steps.items()
        if step
    ]
    odd = odd_classes(y)
    return [*notes, f"{target} may have misspelt classes: {odd}"] if odd else notes


def step_of(values: Array) -> float:
    """The step of at least 20 whole numbers that rise evenly; 0 for other columns. A shuffled column has chance 1 / n!.

    >>> step_of(np.arange(100.0, 160.0, 2.0)), step_of(np.arange(30) ** 2), step_of(np.arange(5))
    (2.0, 0.0, 0.0)
    """
    if values.dtype.kind not in "iuf" or values.ndim != 1 or len(values) < FEWEST_ROWS:
        return 0.0
    numbers = as_floats(values)
    with np.errstate(invalid="ignore", over="ignore"):  # differences of infinite or huge numbers
        step = float(numbers[1] - numbers[0])
        whole = step > 0 and step.is_integer() and float(numbers[0]).is_integer()
        return step if whole and bool((np.diff(numbers) == step).all()) else 0.0


def odd_classes(y: Array) -> str:
    """The classes with a single row, and those whose names differ only by upper and lower case, in words.

    >>> odd_classes(np.array(["a", "b", "a", "b"]))
    ''
    """
    counts = Counter(y.tolist())
    single = [label for label, count in counts.items() if count < 2]
    alike: dict[str, list[str]] = {}
    for label in counts:
        if isinstance(label, str):
            alike.setdefault(label.casefold(), []).append(label)
    told = [f"{listed(single)} {'has' if len(single) == 1 else 'have'} a single row"] if single else []
    told += [
        f"{' and '.join(map(repr, labels))} differ only by upper and lower case"
        for labels in alike.values()
        if len(labels) > 1
    ]
    return "; ".join(told)


def warn_of_samples(table: Any, y: Any) -> list[str]:
    """Warn of odd columns of a frame or mapping and of odd classes, if y has one label per row; return the sentences.

    Anything else, such as samples in files, gives no warning.
    """
    labels = np.asarray(y)
    labels = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.ndim != 1 or not (isinstance(table, Mapping) or is_frame(table)):
        return []
    notes = sample_notes(as_columns(table), labels, "y")
    for note in notes:
        warn_caller(note)
    return notes
