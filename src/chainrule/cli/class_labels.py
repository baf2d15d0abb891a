"""Labels from files as classes: integers if all are whole numbers, else text."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.cli.errors import CommandError, listed
from chainrule.estimators.columns import as_numbers

_WHOLE_NUMBER = re.compile(r"0|-?[1-9]\d{0,17}")


def as_classes(values: Array, source: str, what: str) -> Array:
    """Labels for training.

    Parameters
    ----------
    values : array
    source, what : str
        The source and the labels, as messages name them.

    Raises
    ------
    CommandError
        If a number is not whole, if there is a single class, or if no class has two samples.
    """
    texts, positions = _texts(values)
    numbers = as_numbers(np.array(texts, dtype=object))
    if all(_WHOLE_NUMBER.fullmatch(text) for text in texts):
        y = np.array([int(text) for text in texts], dtype=np.int64)[positions]
    elif numbers is not None and not all(number.is_integer() for number in numbers.tolist()):
        raise CommandError(f"{source}: the {what} holds continuous numbers; a classifier needs classes")
    else:
        y = np.array(texts)[positions]
    check_classes(y, what)
    return y


def check_classes(y: Array, what: str) -> None:
    """Raise CommandError unless the labels have several classes, at least one of them twice."""
    classes, counts = np.unique(y, return_counts=True)
    if len(classes) < 2:
        raise CommandError(f"the {what} holds a single class ({classes[0]!r}); a classifier needs at least two")
    if counts.max() == 1:
        raise CommandError(f"the {what} is different in every row; a classifier needs repeated classes")


def as_known_classes(values: Array, source: str, classes: Array) -> Array:
    """Labels as classes of a model; raises CommandError if the model does not know a label."""
    texts, positions = _texts(values)
    known = {str(label): number for number, label in enumerate(classes.tolist())}
    unknown = sorted(text for text in texts if text not in known)
    if unknown:
        raise CommandError(
            f"{source}: the model was not trained on the labels {listed(unknown)}; it knows {listed(classes.tolist())}"
        )
    return classes[[known[text] for text in texts]][positions]


def _texts(values: Array) -> tuple[list[str], Array]:
    """The distinct labels as text, and for each row the index of its label."""
    numbers: dict[str, int] = {}
    positions = [numbers.setdefault(_text(value), len(numbers)) for value in values.tolist()]
    return list(numbers), np.array(positions, dtype=np.intp)


def _text(value: Any) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(float(value)) < 2**53:
        return str(int(value))
    return str(value)
