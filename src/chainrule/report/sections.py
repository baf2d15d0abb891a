"""The pictures of a report for each kind of classifier, each with its heading and a sentence."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.estimators import ConvClassifier, MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV
from chainrule.estimators.frames import as_columns, is_frame
from chainrule.estimators.importances import by_gradients, importances
from chainrule.estimators.plots import learning_curves, scores_of_path
from chainrule.report import figures
from chainrule.storage import StoredRows, is_source

MOST_ROWS = 2000
"""Rows of which input gradients and shuffled columns are taken; more would take time, and change little."""


MOST_COLUMNS = 100
"""Columns that are shuffled; each takes five predictions."""


class Picture(NamedTuple):
    """A figure with its heading; None for the figure if there is nothing to show."""

    name: str
    words: str
    figure: Any


def pictures(model: Any, X: Any, labels: Array, log_probs: Array) -> Iterator[Picture]:
    """The pictures for a classifier, or a pipeline that ends with one, and held-out samples."""
    last = model[-1] if hasattr(model, "steps") else model
    yield from _training(last)
    yield from _features(model, last, X, labels)
    yield Picture(
        "Calibration",
        "Held-out samples by the probability of the predicted class: the share that is right, with the range in which "
        "it lies 19 times in 20 if the probabilities are true.",
        figures.calibration(model.classes_, labels, log_probs),
    )
    yield Picture(
        "Confusion matrix",
        "Number of held-out samples by true class (rows) and predicted class (columns).",
        figures.confusion_matrix(model.classes_, labels, model.classes_[log_probs.argmax(axis=1)]),
    )
    if isinstance(last, ConvClassifier):
        # Images may come without a channel axis, or as rows of pixels, as in `fit`.
        yield from _of_images(last, np.asarray(X).reshape(-1, *last.image_shape_), labels, log_probs)


def _training(model: Any) -> Iterator[Picture]:
    if isinstance(model, ConvClassifier | MLPClassifier):
        words = "The mean loss of each epoch, with the penalty, and the score of held-out samples if there were any."
        yield Picture("Training", words, learning_curves(model))
    elif isinstance(model, SoftmaxRegressionCV):
        yield Picture("Score against C", "Each fold, their mean, and the C that was chosen.", scores_of_path(model))


def _features(model: Any, last: Any, X: Any, labels: Array) -> Iterator[Picture]:
    """How much the features or columns matter."""
    some = slice(None, MOST_ROWS)
    if is_source(X) or isinstance(X, StoredRows) or is_sparse(X):
        return
    if isinstance(X, Mapping) or (last is not model and np.shape(X)[1] <= MOST_COLUMNS) or hasattr(last, "parts"):
        columns = {name: values[some] for name, values in as_columns(X).items()}
        used = [name for name, words in read_columns(model).items() if not words.startswith("left out")]
        as_matrix = not (isinstance(X, Mapping) or (last is model and is_frame(X)))
        shown = importances(model, columns, labels[some], used=used, matrix=as_matrix)
        yield Picture(
            "Importance",
            "The growth of the log-loss if the values of a column are shuffled among the held-out rows: the mean of "
            "five draws, and their standard deviation in grey. Columns that tell the same replace one another.",
            figures.importance_bars(shown),
        )
    elif isinstance(last, MLPClassifier) and last is model and labels.ndim == 1:
        rows = np.asarray(X)[some]
        gradients = by_gradients(last.input_gradient(rows, labels[some]), rows, names_of(model, rows.shape[1]))
        yield Picture(
            "Importance",
            "The mean change of a sample's log-loss, to first order, if a feature moves by its standard deviation.",
            figures.importance_bars(gradients, label="change of the log-loss"),
        )
    elif isinstance(last, SoftmaxRegression | SoftmaxRegressionCV) and last is model:
        yield Picture(
            "Coefficients",
            "Each coefficient times the standard deviation of its feature, for the features with the largest ones.",
            figures.coefficients(last.coef_, np.asarray(X), last.classes_, names_of(model, np.shape(X)[1])),
        )


def _of_images(model: ConvClassifier, images: Array, labels: Array, log_probs: Array) -> Iterator[Picture]:
    yield Picture(
        "Worst mistakes",
        "Misclassified held-out images with the lowest probability of the true class: prediction and true class.",
        figures.worst_mistakes(images, model.classes_, labels, log_probs),
    )
    yield Picture(
        "Saliency",
        "Below each held-out image, the magnitude of the gradient of its loss by each pixel.",
        figures.saliency_maps(model, images, labels),
    )
    yield Picture("First filters", "The filters of the first convolution, each scaled separately.",
                  figures.first_filters(model))  # fmt: skip


def names_of(model: Any, count: int) -> list[str]:
    """The names of features that a model has learnt, or x0, x1, ..."""
    return list(getattr(model, "feature_names_in_", ())) or [f"x{number}" for number in range(count)]


def read_columns(model: Any) -> dict[str, str]:
    """How each column is read, where an encoder says it."""
    encoder = model[0] if hasattr(model, "steps") else getattr(model, "encoder_", None)
    described = getattr(encoder, "described", None)
    return {} if described is None else dict(described())
