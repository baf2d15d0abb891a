"""Samples from one source with their labels, and their split into training and held-out samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from chainrule.arrays import Array
from chainrule.cli.errors import CommandError


@dataclass(frozen=True)
class DataSet:
    """Samples from one source with their labels."""

    name: str
    X: Any
    """Columns by name, a dense or sparse matrix, or images of shape (n, channels, height, width)."""
    y: Any
    """The labels; None if they are not needed or the source has none."""
    target: str = "class"
    """The name of the labels."""
    kind: str = "rows"
    """The plural that names the samples in messages."""
    test: DataSet | None = None
    """The samples that the source itself provides for testing."""
    encoder: Any = None
    """The transformer to be fitted to the training samples; None if the classifier takes X as it is."""
    unreadable: Mapping[str, int] = field(default_factory=dict)
    """Number of cells that are not numbers, by numeric column."""
    notes: tuple[str, ...] = ()
    """Remarks on columns, to be printed when the encoder is fitted."""

    def rows(self, chosen: Array) -> DataSet:
        """The chosen samples."""
        by_name = isinstance(self.X, dict)
        X = {name: values[chosen] for name, values in self.X.items()} if by_name else self.X[chosen]
        return replace(self, X=X, y=self.y[chosen])

    def split(self, test_size: float, seed: int) -> tuple[DataSet, DataSet]:
        """Training samples and held-out samples: those that the source provides, otherwise a stratified random share.

        A class with one sample goes to the training samples. Equal labels and seed give an equal split; `chainrule
        evaluate` relies on this.

        Raises
        ------
        CommandError
            If there are too few samples.
        """
        if self.test is not None:
            return self, self.test
        classes, numbers, counts = np.unique(self.y, return_inverse=True, return_counts=True)
        single = counts[numbers] < 2
        rows = np.flatnonzero(~single)
        if len(rows) < 2:
            raise CommandError(
                f"too few rows: {len(self.y)} rows of {len(classes)} classes leave none to hold out for the evaluation"
            )
        # A split cannot be stratified if one side has fewer rows than there are classes.
        for classes_of_rows in (self.y[rows], None):
            try:
                kept, others = train_test_split(rows, test_size=test_size, random_state=seed, stratify=classes_of_rows)
            except ValueError:
                continue
            kept = np.sort(np.concatenate([kept, np.flatnonzero(single)]))
            return self.rows(kept), self.rows(np.sort(others))
        raise CommandError(f"too few rows: {len(rows)} rows cannot be split with --test-size {test_size}")
