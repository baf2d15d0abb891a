"""Models of the command line: saving, loading, scoring."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import precision_recall_fscore_support
from sklearn.pipeline import Pipeline

from chainrule.arrays import Array
from chainrule.cli.data_set import DataSet
from chainrule.cli.errors import CommandError
from chainrule.cli.trained_rows import TrainedRows
from chainrule.estimators import ConvClassifier, MLPClassifier, SoftmaxRegression
from chainrule.estimators.persistence import load_with_about, save


@dataclass(frozen=True)
class Origin:
    """The data, target, held-out share and seed that a model was trained with."""

    data: str
    target: str
    test_size: float
    seed: int


def save_model(model: Any, path: Path, origin: Origin, samples: DataSet) -> None:
    """Write the model file, with hashes of the samples that the classifier was trained on."""
    classifier = classifier_of(model)
    classifier.set_params(**{name: None for name in ("callbacks", "checkpoint") if name in classifier.get_params()})
    trained = TrainedRows.of(samples.X, np.searchsorted(classifier.classes_, samples.y))
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
    model, about = load_with_about(path)
    origin = about.get("origin")
    known = Pipeline | ConvClassifier | MLPClassifier | SoftmaxRegression
    if not isinstance(model, known) or not isinstance(origin, dict):
        raise CommandError(f"{path}: the file holds a {type(model).__name__}, not a model from `chainrule train`")
    return model, Origin(**origin), TrainedRows.from_notes(about.get("trained_rows"))


def classifier_of(model: Any) -> Any:
    """The last step of a pipeline, or the classifier itself."""
    return model[-1] if isinstance(model, Pipeline) else model


def features_of(model: Any, X: Any) -> Any:
    """The features that the classifier of a model receives for samples."""
    return model[0].transform(X) if isinstance(model, Pipeline) else X


def metrics(y: Array, log_probs: Any, classes: Array) -> dict[str, Any]:
    """Accuracy, log-loss, and the precision and recall of each class."""
    predicted = np.argmax(log_probs, axis=1)
    actual = np.searchsorted(classes, y)
    precision, recall, _, support = precision_recall_fscore_support(
        actual, predicted, labels=np.arange(len(classes)), zero_division=0
    )
    return {
        "accuracy": float(np.mean(actual == predicted)),
        "log_loss": float(-np.mean(log_probs[np.arange(len(y)), actual].astype(np.float64))),
        "classes": [
            {"label": label, "precision": p, "recall": r, "support": s}
            for label, p, r, s in zip(
                classes.tolist(), precision.tolist(), recall.tolist(), support.tolist(), strict=True
            )
        ],
    }
