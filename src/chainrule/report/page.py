"""One HTML page about a fitted classifier of images, with all pictures embedded."""

import base64
import io
from pathlib import Path
from typing import Any

from chainrule.arrays import Array
from chainrule.estimators import ConvClassifier
from chainrule.estimators.plots import learning_curves
from chainrule.extras import import_extra
from chainrule.networks.summary import summarise
from chainrule.report.figures import confusion_matrix, first_filters, saliency_maps, worst_mistakes

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
    jinja2 = import_extra("jinja2", "report", "reports need jinja2")
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
    # Labels and file names may contain HTML, so the template escapes all values.
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("chainrule", "report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.get_template("page.html")
    page = template.render(
        title=title,
        metrics=metrics,
        facts=facts,
        sizes=summarise(model.network_.layers, model.network_.in_shape),
        pictures=[(name, words, None if drawn is None else as_png(drawn)) for name, words, drawn in pictures],
        bad_files=bad_files,
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def as_png(drawn: Any) -> str:
    """A figure as a data URL with a PNG image."""
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png", dpi=DPI)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
