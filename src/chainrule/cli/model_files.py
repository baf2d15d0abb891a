"""Models of the command line: saving, loading, the samples that they take, and scoring."""

from __future__ import annotations

import copy
import glob
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from chainrule.arrays import Array
from chainrule.cli import array_files, image_files, table_files
from chainrule.cli.block_files import is_predicted_in_blocks, parts_of, read_blocks
from chainrule.cli.completion import BUILT_IN
from chainrule.cli.data_set import DataSet, as_known_classes
from chainrule.cli.output import CommandError, note
from chainrule.cli.table_blocks import NumberColumns, TableBlocks
from chainrule.cli.trained_rows import TrainedRows
from chainrule.estimators import ConvClassifier, MLPClassifier, SoftmaxRegression, TableEncoder, TabularClassifier
from chainrule.estimators.calibration_error import calibration_error
from chainrule.estimators.class_scores import class_scores
from chainrule.estimators.classifier import Classifier
from chainrule.estimators.frames import lacking
from chainrule.estimators.persistence import load_with_about, save
from chainrule.storage import StoredRows

MOST_ROWS = 1_000_000
"""Most rows in files that are hashed."""


@dataclass(frozen=True)
class Origin:
    """The data, target, held-out share and seed that a model was trained with; unknown for files of `save`."""

    data: str = ""
    target: str = ""
    test_size: float = 0.0
    seed: int = 0
    columns: list[str] | None = None
    """The columns of the features, if they were read in blocks."""


def save_model(model: Any, path: Path, origin: Origin, samples: DataSet) -> None:
    """Write the model file, with hashes of the samples that the classifier was trained on.

    For more than MOST_ROWS rows in files there are no hashes, since they would take longer than many fits.
    """
    classifier = classifier_of(model)
    classifier.set_params(**{name: None for name in ("callbacks", "checkpoint") if name in classifier.get_params()})
    if isinstance(samples.X, StoredRows) and len(samples.y) > MOST_ROWS:
        note(f"more than {MOST_ROWS:,} rows: `chainrule evaluate` will not know which rows were trained on")
        trained = None
    else:
        trained = TrainedRows.of(samples.X, np.searchsorted(classifier.classes_, samples.y)).notes()
    save(model, path, about={"origin": asdict(origin), "trained_rows": trained})


def load_model(path: str) -> tuple[Any, Origin, TrainedRows | None]:
    """Read a model file that `chainrule train` or a method `save` wrote.

    Returns
    -------
    Pipeline for tables and scaled rows, or classifier of images or of rows
    Origin
    TrainedRows or None
        None for files of `save` and of chainrule 0.1, and for models of very many rows.

    Raises
    ------
    CommandError
        If the file holds anything else.
    """
    model, about = load_with_about(path)
    if isinstance(model, Pipeline) and not (len(model) == 2 and isinstance(model[-1], Classifier)):
        steps = ", ".join(type(step).__name__ for _, step in model.steps)
        raise CommandError(
            f"{path}: the file holds a Pipeline of {steps}; expected one of an encoder or a scaler and a classifier"
        )
    if not isinstance(model, Pipeline | Classifier):
        raise CommandError(f"{path}: the file holds a {type(model).__name__}, not a classifier")
    encoder = getattr(model, "encoder_", None)
    if isinstance(encoder, TableEncoder):
        model = Pipeline([("columns", encoder), ("classifier", _of_features(model))])
    elif isinstance(model, SoftmaxRegression | MLPClassifier) and not isinstance(about.get("origin"), dict):
        names = getattr(model, "feature_names_in_", None)
        model = model if names is None else Pipeline([("columns", NumberColumns(names)), ("classifier", model)])
    return model, Origin(**about.get("origin", {})), TrainedRows.from_notes(about.get("trained_rows"))


def _of_features(model: TabularClassifier) -> TabularClassifier:
    """The same model for the features of its encoder."""
    found = copy.copy(model)
    found.encode, found.encoder_ = False, None
    found.n_features_in_ = len(model.encoder_.get_feature_names_out())
    if hasattr(found, "feature_names_in_"):
        del found.feature_names_in_
    return found


def classifier_of(model: Any) -> Any:
    """The last step of a pipeline, or the classifier itself."""
    return model[-1] if isinstance(model, Pipeline) else model


def read_samples(
    model: Any,
    data: str,
    target: str | None = None,
    labels: Path | None = None,
    columns: Sequence[str] | None = None,
    ids: Sequence[str] = (),
    *,
    strict: bool = False,
    drop_unlabelled: bool = False,
) -> DataSet:
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
        A file with the labels of rows of features, or of images in arrays.
    columns : sequence of str, optional
        The columns of the features, as in `Origin`.
    ids : sequence of str
        Columns of a table that the samples keep among their `keys`.
    strict, drop_unlabelled : bool
        As in `TableBlocks`, for tables.

    Raises
    ------
    CommandError
        If the source cannot be read or does not fit the model, or if the model does not know a label.
    """
    classifier, place = classifier_of(model), None
    if data in BUILT_IN and target == "":  # a file of `save` does not say what the labels are called
        target = table_files.BUILT_IN_TARGET
    if isinstance(model, Pipeline) and isinstance(model[0], TableEncoder | NumberColumns):
        return _columns(model, data, target, ids, strict=strict, drop_unlabelled=drop_unlabelled)
    for option, given in (("--id", ids), ("--drop-unlabelled", drop_unlabelled)):
        if given:
            raise CommandError(f"{option}: the model takes {data} as numbers or images without names; it is for tables")
    if isinstance(classifier, ConvClassifier):
        found = _images(classifier, data, target is not None, labels)
    elif data in BUILT_IN:
        read = table_files.read(data)
        y = table_files.built_in_labels(data, read.pop(table_files.BUILT_IN_TARGET), classifier.classes_)
        keys = {"row": range(1, len(y) + 1)}
        found = DataSet(data, np.column_stack(list(read.values())), y, where=table_files.data_row, keys=keys)
        _check_width(found, classifier)
    elif is_predicted_in_blocks(data):
        known = columns or list(getattr(classifier, "feature_names_in_", ())) or None
        found = read_blocks(data, target, labels, known, classifier.n_features_in_)
        place = found.X.place
    else:
        # "y" is the target of array files that were read without --target; their labels may have another usual name.
        X, y = array_files.read(data, None if target == "y" else target, labels, classifier.n_features_in_)
        found = DataSet(Path(data).name, X, y)
        _check_width(found, classifier)
    if target is not None and found.y is None:
        raise CommandError(f"{data}: there are no labels; give a file of them with --labels")
    if isinstance(classifier, MLPClassifier | SoftmaxRegression) and not isinstance(found.X, dict):
        names = getattr(classifier, "feature_names_in_", None), getattr(found.X, "feature_names", None)
        if columns is None and (names[0] is None) != (names[1] is None):
            note("only one of model and data has names of features; features are taken in their order")
    if isinstance(model, Pipeline):
        X = found.X.toarray() if hasattr(found.X, "toarray") else found.X
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="X (does not have valid|has no|has) feature names")
            found = replace(found, X=model[0].transform(X))
    if target is None:
        return found
    test = found.test
    if test is not None:
        test = replace(test, y=as_known_classes(test.y, data, classifier.classes_))
    return replace(found, y=as_known_classes(found.y, found.name, classifier.classes_, place), test=test)


_NUMBERED = re.compile(r"x\d+")


def _check_width(found: DataSet, classifier: Any) -> None:
    """Raise CommandError for rows of another number of features."""
    if found.X.shape[1] != classifier.n_features_in_:
        counts = f"{found.X.shape[1]} features per row; the model needs {classifier.n_features_in_}"
        raise CommandError(f"{found.name} has {counts}")


def _images(classifier: ConvClassifier, data: str, labelled: bool, labels: Path | None = None) -> DataSet:
    """Images in the shape that the model takes; pictures in files are scaled and converted to it."""
    channels, height, width = classifier.image_shape_
    if labelled:
        samples = image_files.data_set(image_files.read(data, (height, width), channels, labels), data, "images")
    else:
        samples = image_files.read_new(data, (height, width), channels)
    if samples.X.shape[1:] != classifier.image_shape_:
        expected, found = (" x ".join(map(str, shape)) for shape in (classifier.image_shape_, samples.X.shape[1:]))
        raise CommandError(f"{data}: the model takes images of {expected}, these are {found}")
    return samples


def _columns(model: Any, data: str, target: str | None, ids: Sequence[str], **options: bool) -> DataSet:
    """The columns of a table that the model needs, which stay in files. Built-in sets are read whole."""
    encoder = model[0]
    if data not in BUILT_IN:
        path = Path(data)
        if not path.exists() and not glob.has_magic(data):
            table_files.check_there(data)
        return DataSet(path.name, TableBlocks(data, encoder, model.classes_, target, ids, **options), None)
    columns, y = table_files.read(data), None
    if encoder.used_[0] not in columns and all(map(_NUMBERED.fullmatch, encoder.used_)):
        # The model was fitted to a matrix, whose columns have no names.
        features = [name for name in columns if name != table_files.BUILT_IN_TARGET]
        columns |= {f"x{place}": columns.pop(name) for place, name in enumerate(features)}
    if what := lacking(encoder.used_, columns):
        raise CommandError(f"{data} {what}")
    table_files.check_ids(ids, columns, data)
    keys: dict[str, Sequence[Any]] = {"row": range(1, len(next(iter(columns.values()))) + 1)}
    keys |= {name: table_files.column_of_keys(columns[name]) for name in ids}
    if target is not None:
        columns, values = table_files.split_target(columns, target, data, what="evaluate")
        values = table_files.built_in_labels(data, values, model.classes_)
        y = as_known_classes(values, data, model.classes_)
    return DataSet(data, encoder.encoded(columns), y, where=table_files.data_row, keys=keys)


def blocks_of(samples: DataSet) -> Iterator[DataSet]:
    """The blocks of a table in files; other samples as they are."""
    yield from samples.X if isinstance(samples.X, TableBlocks) else [samples]


@dataclass(frozen=True)
class Scored:
    """The data that the metrics need from the predictions for some samples.

    Parameters
    ----------
    classes : array of shape (k,)
    actual, predicted : arrays of int of shape (n,)
        Numbers of classes.
    log_probs : array of shape (n,)
        The log-probability of the actual class.
    sure : array of shape (n,)
        The probability of the predicted class.
    """

    classes: Array
    actual: Array
    predicted: Array
    log_probs: Array
    sure: Array

    @classmethod
    def of(cls, model: Any, samples: DataSet) -> Scored:
        """The predictions of a model; of samples in files a part at a time."""
        actual = np.searchsorted(model.classes_, samples.y)
        predicted, log_probs, sure = np.empty(len(actual), np.intp), np.empty(len(actual)), np.empty(len(actual))
        for rows, part in parts_of(model, samples.X, "predict_log_proba"):
            predicted[rows] = part.argmax(axis=1)
            log_probs[rows] = part[np.arange(len(part)), actual[rows]]
            sure[rows] = np.exp(part.max(axis=1))
        return cls(model.classes_, actual, predicted, log_probs, sure)

    @classmethod
    def joined(cls, parts: Sequence[Scored]) -> Scored:
        """The same for the samples of all parts."""
        names = ("actual", "predicted", "log_probs", "sure")
        arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return cls(parts[0].classes, **arrays)

    def at(self, rows: Array) -> Scored:
        """The same for the samples under a mask."""
        names = ("actual", "predicted", "log_probs", "sure")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})


def metrics(scored: Scored, seen: Array | None) -> dict[str, Any]:
    """Accuracy, log-loss, calibration error, and the precision and recall of each class.

    `seen` says which samples were trained on, if that is known. If only some were, there are scores of each kind too.
    """
    found = class_scores(scored.classes, scored.actual, scored.predicted, scored.log_probs)
    found |= {"trained_on": None if seen is None else int(seen.sum()), "seen": None, "unseen": None}
    if seen is not None and seen.any() and not seen.all():
        found |= {"seen": _scores(scored.at(seen)), "unseen": _scores(scored.at(~seen))}
    return found | {"calibration": _calibration(scored, seen)}


def _scores(scored: Scored) -> dict[str, Any]:
    """The number of samples, their accuracy and their log-loss."""
    found = class_scores(scored.classes, scored.actual, scored.predicted, scored.log_probs)
    return {"n_rows": len(scored.actual), "accuracy": found["accuracy"], "log_loss": found["log_loss"]}


def _calibration(scored: Scored, seen: Array | None) -> dict[str, Any]:
    """The calibration error of the samples that were not trained on, or of all if none of them is known to be new.

    Probabilities of samples that were trained on are nearer to 0 and 1 than those of new ones, and more often right.
    """
    if seen is not None and not seen.all():
        scored, seen = scored.at(~seen), seen[~seen]
    found = calibration_error(len(scored.classes), scored.actual, scored.predicted, scored.sure)
    counts = {"n_rows": len(scored.actual), "trained_on": None if seen is None else int(seen.sum())}
    return asdict(found) | counts
