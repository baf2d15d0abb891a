"""Notes on how columns are read: numbers or dates that are taken for words, and columns that are left out.

`TableEncoder` gives them as warnings, `chainrule train` as notes.
"""

import re
from collections.abc import Callable

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators.columns import MOST_WORDS, Numbers, has_truths, holds_text, is_mark, read_numbers
from chainrule.estimators.odd_cells import OddCells, numbered_row, texts_at

DECIMAL_COMMAS = r"[-+]?\d+,\d+|[-+]?\d+"
"""Numbers of a column that is written with decimal commas."""
_THOUSANDS = re.compile(r"[-+]?\d{1,3},\d{3}")
_OTHER_DATE = re.compile(r"\s*(\d\d?)([./-])(\d\d?)\2(\d{4})(?:[ T]\d.*)?\s*")
"""A date with the day or the month first."""


def why_words(name: str, values: Array, where: Callable[[int], str] = numbered_row) -> str:
    """A sentence about a column that is read as words and may be one of numbers or dates; empty for other columns.

    Parameters
    ----------
    name : str
    values : array
        The cells; those of other columns than text give no sentence about dates and commas.
    where : callable, optional
        The place of a cell in words, by its position.

    Examples
    --------
    >>> why_words("fare", np.array(["7,25", "31,5", "8", None], dtype=object))
    "column 'fare' is read as words: numbers are read as 1234.5, and its cells are written as '7,25';
    pandas.read_csv(..., decimal=',') converts them"
    >>> why_words("weight", np.array(["3", "4 kg"], dtype=object))
    "column 'weight' is read as words: 1 of its cells are numbers, and 1 are not, such as '4 kg' (row 2); a column of
    numbers has at most one such cell in ten"
    """
    texts = [text for text in dict.fromkeys(values.tolist()) if text is not None] if holds_text(values) else []
    return commas_as_words(name, texts) or dates_as_words(name, texts) or _mixed(name, values, where)


def commas_as_words(name: str, texts: list[str]) -> str:
    """A sentence about texts that are numbers with commas, at least nine tenths of them; empty for other texts.

    >>> commas_as_words("price", ["1,200", "3,450", "-"]).partition("; ")[2]
    "pandas.read_csv(..., thousands=',') converts them"
    """
    informative = [text.strip() for text in texts if not is_mark(text)]
    written = [text for text in informative if re.fullmatch(DECIMAL_COMMAS, text)]
    commas = [text for text in written if "," in text]
    if not commas or len(written) < (1 - MOST_WORDS) * len(informative):
        return ""
    option = "thousands" if all(map(_THOUSANDS.fullmatch, commas)) else "decimal"
    return (
        f"column {name!r} is read as words: numbers are read as 1234.5, and its cells are written as {commas[0]!r}; "
        f"pandas.read_csv(..., {option}=',') converts them"
    )


def dates_as_words(name: str, texts: list[str]) -> str:
    """A sentence about texts that are all dates in another form than ISO 8601; empty for other texts.

    >>> dates_as_words("since", ["31.01.2024", "1.2.2024"])
    "column 'since' is read as words: dates are read as 2024-01-31 (ISO 8601), and its cells are written as
    '31.01.2024'; pandas.to_datetime(..., dayfirst=True) converts them"
    """
    texts = [text for text in texts if text.strip()]
    found = [_OTHER_DATE.fullmatch(text) for text in texts]
    numbers = [(int(each[1]), int(each[3])) for each in found if each is not None]
    if not numbers or len(numbers) < len(found):
        return ""
    first, second = (max(column) for column in zip(*numbers, strict=True))
    if min(first, second) > 12 or max(first, second) > 31:
        return ""
    converted = f"pandas.to_datetime(..., dayfirst={second <= 12})"
    return (
        f"column {name!r} is read as words: dates are read as 2024-01-31 (ISO 8601), and its cells are written as "
        f"{texts[0]!r}; {converted} converts them"
    )


def odd_cells(values: Array, numbers: Numbers, where: Callable[[int], str]) -> OddCells:
    """The cells of a column that are not numbers.

    >>> values = np.array(["3", "4 kg"], dtype=object)
    >>> str(odd_cells(values, read_numbers(values), numbered_row))
    "'4 kg' (row 2)"
    """
    return OddCells().add(texts_at(values, numbers.unreadable), numbers.present, where)


def left_out(name: str, reason: str, option: str) -> str:
    """A sentence about a column that is left out; `option` is what counts the words of a text.

    >>> left_out("size", "no values", "text=['size']")
    "column 'size' is left out: no values"
    """
    then = f"; turn it into numbers, or count its words with {option}, if it matters"
    return f"column {name!r} is left out: {reason}{then if reason.startswith('text') else ''}"


# What follows is private.


def _mixed(name: str, values: Array, where: Callable[[int], str]) -> str:
    """A sentence about a column of which at least half of the cells are numbers, but not all; empty for others."""
    if has_truths(values):
        return ""
    numbers = read_numbers(values)
    there = int(np.count_nonzero(~np.isnan(numbers.values)))
    if not len(numbers.unreadable) or there < len(numbers.unreadable):
        return ""
    return (
        f"column {name!r} is read as words: {there} of its cells are numbers, and {len(numbers.unreadable)} are not, "
        f"such as {odd_cells(values, numbers, where)}; a column of numbers has at most one such cell in ten"
    )
