"""Models of the command line: saving, loading, the samples that they take, and scoring."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import precision_recall_fscore_support
from sklearn.pipeline import Pipeline

from chainrule.arrays import Array
from chainrule.cli import array_files, image_files, table_files
from chainrule.cli.data_set import MORE_COLUMNS, DataSet, as_known_classes, with_numbers
from chainrule.cli.output import CommandError, first_notes, listed
from chainrule.cli.trained_rows import TrainedRows
from chainrule.estimators import ConvClassifier, MLPClassifier, SoftmaxRegression, TableEncoder
from chainrule.estimators.columns import read_numbers
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


def read_samples(model: Any, data: str, target: str | None = None, labels: Path | None = None) -> DataSet:
    """The samples in a source: features as the classifier of the model takes them, labels as classes of the model.

    Parameters
    ----------
    model : estimator
        A model from `load_model`.
    data : str
        A built-in data set, a file or a folder.
    target : str, optional
        The name of the labels. Without it, labels are ignored and may be absent.
    labels : Path, optional
        A file with the labels of rows of features.

    Raises
    ------
    CommandError
        If the source cannot be read or does not fit the model, or if the model does not know a label.
    """
    classifier = classifier_of(model)
    if isinstance(model, Pipeline) and isinstance(model[0], TableEncoder):
        found = _columns(model[0], data, target)
    elif isinstance(classifier, ConvClassifier):
        found = _images(classifier, data)
    else:
        # "y" is the target of array files that were read without --target; their labels may have another usual name.
        X, y = array_files.read(data, None if target == "y" else target, labels, classifier.n_features_in_)
        found = DataSet(Path(data).name, X, y)
        if X.shape[1] != classifier.n_features_in_:
            counts = f"{X.shape[1]} features per row; the model needs {classifier.n_features_in_}"
            raise CommandError(f"{found.name} has {counts}")
    if isinstance(model, Pipeline):
        X = found.X.toarray() if hasattr(found.X, "toarray") else found.X
        found = replace(found, X=model[0].transform(X))
    if target is None:
        return found
    if found.y is None:
        raise CommandError(f"{data}: there are no labels; give a file of them with --labels")
    test = found.test
    if test is not None:
        test = replace(test, y=as_known_classes(test.y, data, classifier.classes_))
    return replace(found, y=as_known_classes(found.y, found.name, classifier.classes_), test=test)


def _images(classifier: ConvClassifier, data: str) -> DataSet:
    """Images in the shape that the model takes; pictures in folders are scaled to it."""
    _, height, width = classifier.image_shape_
    images = image_files.read(data, (height, width))
    if images.shape != classifier.image_shape_:
        expected, found = (" x ".join(map(str, shape)) for shape in (classifier.image_shape_, images.shape))
        raise CommandError(f"{data}: the model takes images of {expected}, these are {found}")
    return image_files.data_set(images, data, "images")


def _columns(encoder: TableEncoder, data: str, target: str | None) -> DataSet:
    """The columns of a table that the model needs. Cells that are not numbers are named on standard error."""
    source, y = Path(data).name, None
    columns = table_files.read(data, as_written=[*encoder.categorical_, *([] if target is None else [target])])
    absent = [name for name in (*encoder.numeric_, *encoder.categorical_) if name not in columns]
    if absent:
        raise CommandError(f"{source} lacks the columns {listed(absent, 10)}, which the model needs")
    if target is not None:
        columns, y = table_files.split_target(columns, target, source, what="evaluate")
    numeric = {name: read_numbers(columns[name]) for name in encoder.numeric_}
    found = with_numbers(DataSet(source, columns, y), numeric)
    first_notes(found.notes, MORE_COLUMNS)
    return found


def metrics(y: Array, log_probs: Any, classes: Array) -> dict[str, Any]:
    """Accuracy, log-loss, and the precision and recall of each class."""
    predicted = np.argmax(log_probs, axis=1)
    actual = np.searchsorted(classes, y)
    precision, recall, _, support = precision_recall_fscore_support(
        actual, predicted, labels=np.arange(len(classes)), zero_division=0
    )
    # scikit-learn counts in floats if no prediction is right.
    counts = support.astype(int)
    return {
        "accuracy": float(np.mean(actual == predicted)),
        "log_loss": float(-np.mean(log_probs[np.arange(len(y)), actual].astype(np.float64))),
        "classes": [
            {"label": label, "precision": p, "recall": r, "support": s}
            for label, p, r, s in zip(
                classes.tolist(), precision.tolist(), recall.tolist(), counts.tolist(), strict=True
            )
        ],
    }
