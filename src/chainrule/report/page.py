"""One HTML page about a fitted classifier of images or of tables, with all pictures embedded."""

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chainrule.arrays import Array
from chainrule.estimators import ConvClassifier
from chainrule.estimators.frames import as_columns
from chainrule.estimators.importances import importances
from chainrule.estimators.plots import learning_curves
from chainrule.extras import import_extra
from chainrule.networks.summary import summarise
from chainrule.report.figures import (
    calibration,
    confusion_matrix,
    first_filters,
    importance_bars,
    saliency_maps,
    worst_mistakes,
)

DPI = 110


def write_page(
    folder: Path,
    model: ConvClassifier,
    images: Array,
    labels: Array,
    metrics: dict[str, Any],
    *,
    title: str,
    facts: dict[str, str],
    bad_files: tuple[tuple[str, str], ...] = (),
) -> Path:
    """Write ``report.html`` to a folder, which is created if it does not exist.

    Parameters
    ----------
    folder : path
    model : ConvClassifier
    images : (n, channels, height, width) array
        Held-out images.
    labels : (n,) array
    metrics : dict
        Accuracy, log-loss, and precision and recall by class, on the held-out images.
    title : str
    facts : dict
        Further values to show, by heading.
    bad_files : sequence of (path, reason)
        The files that could not be read.

    Raises
    ------
    ImportError
        If matplotlib or jinja2, the extra 'report', is not installed.
    """
    log_probs = model.predict_log_proba(images)
    predicted = model.classes_[log_probs.argmax(axis=1)]
    pictures = [
        ("Training", "The mean loss of each epoch, with the penalty.", learning_curves(model)),
        (
            "Confusion matrix",
            "Number of held-out images by true class (rows) and predicted class (columns).",
            confusion_matrix(model.classes_, labels, predicted),
        ),
        (
            "Worst mistakes",
            "Misclassified held-out images with the lowest probability of the true class: prediction and true class.",
            worst_mistakes(images, model.classes_, labels, log_probs),
        ),
        (
            "Saliency",
            "Below each held-out image, the magnitude of the gradient of its loss by each pixel.",
            saliency_maps(model, images, labels),
        ),
        ("First filters", "The filters of the first convolution, each scaled separately.", first_filters(model)),
    ]
    sizes = summarise(model.network_.layers, model.network_.in_shape)
    return _write(
        folder, pictures, kind="images", title=title, metrics=metrics, facts=facts, sizes=sizes, bad_files=bad_files
    )


def write_table_page(
    folder: Path,
    model: Any,
    X: Any,
    labels: Array,
    metrics: dict[str, Any],
    *,
    title: str,
    facts: dict[str, str],
    described: Mapping[str, str],
    parts: Sequence[Mapping[str, Any]],
) -> Path:
    """Write ``report.html`` about a classifier of tables to a folder, which is created if it does not exist.

    Parameters
    ----------
    folder : path
    model : classifier
        With `classes_` and `predict_log_proba`.
    X : mapping of names to arrays, or matrix
        Held-out rows.
    labels, metrics, title, facts
        As for `write_page`.
    described : mapping of str to str
        By column of a mapping, how it is read. Columns that are left out have no importance.
    parts : sequence of {"name", "weight"}
        The parts of the mixture.

    Raises
    ------
    ImportError
        If matplotlib or jinja2, the extra 'report', is not installed.
    """
    log_probs, matrix = model.predict_log_proba(X), not isinstance(X, Mapping)
    predicted = model.classes_[log_probs.argmax(axis=1)]
    used = [name for name, words in described.items() if not words.startswith("left out")]
    pictures = [
        (
            "Importance",
            "The growth of the log-loss if the values of a column are shuffled among the held-out rows. Columns that "
            "tell the same replace one another.",
            importance_bars(importances(model, as_columns(X), labels, used=used, matrix=matrix)),
        ),
        (
            "Calibration",
            "Held-out rows by the probability of the predicted class: the share that is right, with the range in which "
            "it lies 19 times in 20 if the probabilities are true.",
            calibration(model.classes_, labels, log_probs),
        ),
        (
            "Confusion matrix",
            "Number of held-out rows by true class (rows) and predicted class (columns).",
            confusion_matrix(model.classes_, labels, predicted),
        ),
    ]
    shown = {"kind": "rows", "title": title, "metrics": metrics, "facts": facts}
    return _write(folder, pictures, **shown, columns=described, parts=parts)


def _write(folder: Path, pictures: Sequence[tuple[str, str, Any]], **shown: Any) -> Path:
    """Fill in the template."""
    jinja2 = import_extra("jinja2", "report", "reports need jinja2")
    # Labels and file names may contain HTML, so the template escapes all values.
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("chainrule", "report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.get_template("page.html")
    drawn = [(name, words, None if picture is None else as_png(picture)) for name, words, picture in pictures]
    page = template.render(pictures=drawn, **shown)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def as_png(drawn: Any) -> str:
    """A figure as a data URL with a PNG image."""
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png", dpi=DPI)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
