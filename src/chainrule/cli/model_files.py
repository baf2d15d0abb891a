"""Models of the command line: saving, loading, splitting rows, scoring."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from chainrule.cli import array_files, output
from chainrule.cli.array_files import ArraySamples
from chainrule.cli.errors import CommandError
from chainrule.cli.table_files import Column
from chainrule.cli.table_sources import Table
from chainrule.cli.trained_rows import TrainedRows
from chainrule.estimators.persistence import load_with_about, save


@dataclass(frozen=True)
class Origin:
    """The data, target, held-out share and seed that a model was trained with."""

    data: str
    target: str
    test_size: float
    seed: int


def save_model(model: Any, path: Path, origin: Origin, features: Any, y: Column) -> None:
    """Write the model file, with hashes of the rows that the classifier was trained on."""
    classifier = classifier_of(model)
    classifier.set_params(**{name: None for name in ("callbacks", "checkpoint") if name in classifier.get_params()})
    trained = TrainedRows.of(features, np.searchsorted(classifier.classes_, y))
    save(model, path, about={"origin": asdict(origin), "trained_rows": trained.notes()})


def load_model(path: str) -> tuple[Any, Origin, TrainedRows | None]:
    """Read a model file that `chainrule train` wrote.

    Returns
    -------
    Pipeline for tables and scaled rows, or classifier of images or of rows
    Origin
    TrainedRows or None
        None for files of chainrule 0.1.
    """
    from chainrule.estimators import ConvClassifier, MLPClassifier, SoftmaxRegression

    if Path(path).is_dir():
        raise CommandError(f"{path}: this is a directory; expected a model file")
    pipeline, about = load_with_about(path)
    origin = about.get("origin")
    known = Pipeline | ConvClassifier | MLPClassifier | SoftmaxRegression
    if not isinstance(pipeline, known) or not isinstance(origin, dict):
        raise CommandError(f"{path}: the file holds a {type(pipeline).__name__}, not a model from `chainrule train`")
    return pipeline, Origin(**origin), TrainedRows.from_notes(about.get("trained_rows"))


def is_for_images(model: Any) -> bool:
    """True if a loaded model takes images."""
    from chainrule.estimators import ConvClassifier

    return isinstance(model, ConvClassifier)


def is_for_rows(model: Any) -> bool:
    """True if a loaded model takes rows of features without names."""
    return not is_for_images(model) and not (isinstance(model, Pipeline) and "encoder" in model.named_steps)


def classifier_of(model: Any) -> Any:
    """The last step of a pipeline, or the classifier itself."""
    return model[-1] if isinstance(model, Pipeline) else model


def features_of(model: Any, X: Any) -> Any:
    """The features that the classifier of a model receives for samples."""
    return model[0].transform(X) if isinstance(model, Pipeline) else X


def rows_like(model: Any, data: str, target: str | None = None, labels: Path | None = None) -> ArraySamples:
    """The samples in a file, with as many features as the model has.

    Raises
    ------
    CommandError
        If the number of features differs.
    """
    expected = classifier_of(model).n_features_in_
    found = array_files.read(data, target, labels, n_features=expected)
    if found.X.shape[1] != expected:
        raise CommandError(f"{found.name} has {found.X.shape[1]} features per row; the model needs {expected}")
    return found


def split_rows(y: Column, test_size: float, seed: int) -> tuple[Column, Column]:
    """Indices of training rows and of held-out rows, stratified. A class with one row goes to the training rows.

    Equal labels and seed give an equal split; `chainrule evaluate` relies on this.
    """
    classes, numbers, counts = np.unique(y, return_inverse=True, return_counts=True)
    single = counts[numbers] < 2
    rows = np.flatnonzero(~single)
    if len(rows) < 2:
        raise CommandError(
            f"too few rows: {len(y)} rows of {len(classes)} classes leave none to hold out for the evaluation"
        )
    try:
        train, test = train_test_split(rows, test_size=test_size, random_state=seed, stratify=y[rows])
    except ValueError:
        # One side has fewer rows than there are classes.
        try:
            train, test = train_test_split(rows, test_size=test_size, random_state=seed)
        except ValueError:
            raise CommandError(f"too few rows: {len(rows)} rows cannot be split with --test-size {test_size}") from None
    return np.sort(np.concatenate([train, np.flatnonzero(single)])), np.sort(test)


def require_columns(pipeline: Pipeline, table: Table) -> None:
    """Raise CommandError that names the missing columns if the table lacks columns that the model needs."""
    encoder = pipeline.named_steps["encoder"]
    absent = [name for name in (*encoder.numeric_, *encoder.categorical_) if name not in table.columns]
    if absent:
        shown = ", ".join(map(repr, absent[:10])) + (f" and {len(absent) - 10} more" if len(absent) > 10 else "")
        raise CommandError(f"{table.name} lacks the columns {shown}, which the model needs")


def check_writable(path: Path, option: str = "--out") -> None:
    """Raise CommandError if a file cannot be written to `path`; called before any work."""
    folder = path.parent
    if not folder.is_dir():
        raise CommandError(f"{option}: the directory {folder} does not exist")
    if path.is_dir():
        raise CommandError(f"{option}: {path} is a directory; expected a file name")
    if not os.access(folder, os.W_OK):
        raise CommandError(f"{option}: the directory {folder} cannot be written to")


def check_outputs(
    path: Path, *, overwrite: bool, resume: bool = False, others: Mapping[str, Path | None] = MappingProxyType({})
) -> Path:
    """The checkpoint path of a model file, after a check that writing replaces no file without --overwrite.

    Parameters
    ----------
    path : Path
        The model file to be written.
    overwrite : bool
        Whether existing files may be replaced.
    resume : bool
        Whether to continue an interrupted run and replace its model file.
    others : mapping
        Other files to be written, by option.

    Raises
    ------
    CommandError
        If a file cannot be written or exists.
    """
    check_writable(path)
    checkpoint = path.with_name(path.name + ".part")
    resumed = resume and checkpoint.exists()
    for option, file in others.items():
        if file is not None:
            check_writable(file, option)
            if file.exists() and not overwrite and not resumed:
                raise CommandError(f"{option}: {file} exists; name another file, or replace it with --overwrite")
    if checkpoint.exists() and not resume and not overwrite:
        raise CommandError(
            f"{checkpoint} holds an interrupted run; continue it with --resume, name another file with --out, or start "
            "again with --overwrite"
        )
    if path.exists() and not resumed and not overwrite:
        nothing = f"there is no interrupted run to resume ({checkpoint}), and " if resume else ""
        raise CommandError(f"{nothing}{path} exists; name another file with --out, or replace it with --overwrite")
    if resume and not resumed:
        output.note(f"there is no interrupted run to resume ({checkpoint}); starting from the beginning")
    return checkpoint


def metrics(y: Column, log_probs: Any, classes: Column) -> dict[str, Any]:
    """Accuracy, log-loss, and the precision and recall of each class."""
    from sklearn.metrics import precision_recall_fscore_support

    predicted = np.argmax(log_probs, axis=1)
    actual = np.searchsorted(classes, y)
    precision, recall, _, support = precision_recall_fscore_support(
        actual, predicted, labels=np.arange(len(classes)), zero_division=0
    )
    return {
        "accuracy": float(np.mean(actual == predicted)),
        "log_loss": float(-np.mean(log_probs[np.arange(len(y)), actual].astype(np.float64))),
        "classes": [
            {"label": plain(label), "precision": float(p), "recall": float(r), "support": int(s)}
            for label, p, r, s in zip(classes, precision, recall, support, strict=True)
        ],
    }


def plain(label: Any) -> Any:
    """A label as a Python object that JSON can hold."""
    return label.item() if isinstance(label, np.generic) else label
