"""The pictures of a report for each kind of classifier, each with its heading and a sentence."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.estimators import ConvClassifier, MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV
from chainrule.estimators.calibration_error import calibration_error
from chainrule.estimators.importances import Importances, by_gradients, column_importances, encoder_of
from chainrule.estimators.plots import learning_curves, scores_of_path
from chainrule.report import figures
from chainrule.storage import StoredRows, is_source

MOST_ROWS = 2000
"""Rows of which input gradients and shuffled columns are taken; more would take time, and change little."""


MOST_COLUMNS = 100
"""Columns that are shuffled; each takes five predictions."""


class Picture(NamedTuple):
    """A figure with its heading, and its numbers in words; None for the figure if there is nothing to show."""

    name: str
    words: str
    figure: Any
    rows: Sequence[tuple[str, str]] = ()
    """The numbers of the figure by column, the largest first."""
    said: str = ""
    """The conclusion from the figure, with its numbers."""


def pictures(
    model: Any, X: Any, labels: Array, log_probs: Array, shown: Importances | None = None
) -> Iterator[Picture]:
    """The pictures for a classifier, or a pipeline that ends with one, and held-out samples.

    `shown` is what `importances_of` gives, if it is known.
    """
    last = model[-1] if hasattr(model, "steps") else model
    yield from _training(last)
    yield from _features(model, last, X, labels, importances_of(model, X, labels) if shown is None else shown)
    yield _calibration(model.classes_, labels, log_probs)
    yield Picture(
        "Confusion matrix",
        "Number of samples by true class (rows) and predicted class (columns).",
        figures.confusion_matrix(model.classes_, labels, model.classes_[log_probs.argmax(axis=1)]),
    )
    if isinstance(last, ConvClassifier):
        # Images may come without a channel axis, or as rows of pixels, as in `fit`.
        yield from _of_images(last, np.asarray(X).reshape(-1, *last.image_shape_), labels, log_probs)


def _calibration(classes: Array, labels: Array, log_probs: Array) -> Picture:
    found = calibration_error(
        len(classes), np.searchsorted(classes, labels), log_probs.argmax(axis=1), np.exp(log_probs.max(axis=1))
    )
    two = len(classes) == 2
    what, comes_true = (repr(str(classes[1])), "belongs to it") if two else ("the predicted class", "is right")
    return Picture(
        "Calibration",
        f"Samples, ordered by the probability of {what} and cut into ten bins of equal size: the share of "
        f"each bin that {comes_true}. Grey: the range of this share, 19 times in 20, if the probabilities are true, by "
        "the binomial distribution with the bin's size and mean probability. The expected calibration error is the "
        "mean over the bins, weighted by size, of |mean probability - share|. The error by chance alone comes from "
        "1000 draws of all labels from the predicted probabilities, with a fixed seed.",
        figures.calibration(classes, labels, log_probs),
        said=f"Expected calibration error {found.error:.4f}; by chance alone up to {found.high:.4f}, 39 times in 40. "
        f"{found.sentence()}",
    )


def _training(model: Any) -> Iterator[Picture]:
    if isinstance(model, ConvClassifier | MLPClassifier):
        words = "The mean loss of each epoch, with the penalty, and the score of held-out samples if there were any."
        yield Picture("Training", words, learning_curves(model))
    elif isinstance(model, SoftmaxRegressionCV):
        yield Picture("Score against C", "Each fold, their mean, and the C that was chosen.", scores_of_path(model))


def importances_of(model: Any, X: Any, labels: Array) -> Importances | None:
    """The importances of the columns of a table by its first rows; None where a report shows something else."""
    last = model[-1] if hasattr(model, "steps") else model
    if is_source(X) or isinstance(X, StoredRows) or is_sparse(X):
        return None
    if isinstance(X, Mapping):
        some: Any = {name: values[:MOST_ROWS] for name, values in X.items()}
    elif (last is not model and np.shape(X)[1] <= MOST_COLUMNS) or hasattr(last, "parts"):
        some = X.iloc[:MOST_ROWS] if hasattr(X, "iloc") else X[:MOST_ROWS]
    else:
        return None
    return column_importances(model, some, labels[:MOST_ROWS])


def most_important(shown: Importances, most: int = 30) -> list[tuple[str, str]]:
    """The most important columns, the largest first, with the mean and the standard deviation of the repeats.

    >>> most_important(Importances(("age", "town"), np.array([[0.0, 0.1], [0.5, 0.5]])))
    [('town', '0.5000 ± 0.0000'), ('age', '0.0500 ± 0.0500')]
    """
    return [(name, f"{mean:.4f} ± {std:.4f}") for name, mean, std in shown.ranked()[:most]]


def _features(model: Any, last: Any, X: Any, labels: Array, shown: Importances | None) -> Iterator[Picture]:
    """How much the features or columns matter."""
    some = slice(None, MOST_ROWS)
    if is_source(X) or isinstance(X, StoredRows) or is_sparse(X):
        return
    if shown is not None:
        yield Picture(
            "Importance",
            "The growth of the log-loss if the values of a column are shuffled among the rows: the mean of "
            "five draws, and their standard deviation in grey. If two columns hold the same information, the model can "
            "use either, so shuffling one of them costs little.",
            figures.importance_bars(shown),
            most_important(shown),
        )
    elif isinstance(last, MLPClassifier) and last is model and labels.ndim == 1:
        rows = np.asarray(X)[some]
        gradients = by_gradients(last.input_gradient(rows, labels[some]), rows, names_of(model, rows.shape[1]))
        yield Picture(
            "Importance",
            "The mean change of a sample's log-loss, to first order, if a feature moves by its standard deviation.",
            figures.importance_bars(gradients, label="change of the log-loss"),
            [(name, f"{gradients[name]:.4f}") for name in sorted(gradients, key=lambda name: -gradients[name])[:30]],
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
        "Misclassified images with the lowest probability of the true class, numbered as in the table of the worst "
        "mistakes, and below each its saliency: the magnitude of the gradient of its loss by each pixel.",
        figures.worst_mistakes(images, model.classes_, labels, log_probs, model=model),
    )
    yield Picture(
        "Saliency",
        "One image of each of the first classes, and below it the magnitude of the gradient of its loss by each pixel.",
        figures.saliency_maps(model, images, labels),
    )
    yield Picture("First filters", "The filters of the first convolution, each scaled separately.",
                  figures.first_filters(model))  # fmt: skip


def names_of(model: Any, count: int) -> list[str]:
    """The names of features that a model has learnt, or x0, x1, ..."""
    return list(getattr(model, "feature_names_in_", ())) or [f"x{number}" for number in range(count)]


def read_columns(model: Any, notes: Sequence[str] = ()) -> dict[str, str]:
    """How each column is read, where an encoder says it, with the notes that begin with the column's name."""
    encoder = encoder_of(model)
    found = {} if not hasattr(encoder, "described") else dict(encoder.described())
    for name, words in found.items():
        start = f"column {name!r}"
        rest = [note.removeprefix(start).lstrip(": ") for note in notes if note.startswith((f"{start} ", f"{start}:"))]
        found[name] = "; ".join([words, *rest])
    return found


def notes_of(model: Any) -> list[str]:
    """The remarks of a fitted model and its encoder on columns of the rows that they were fitted to."""
    last = model[-1] if hasattr(model, "steps") else model
    return [note for each in (last, encoder_of(model)) for note in getattr(each, "column_notes_", ())]
