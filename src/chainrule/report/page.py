"""One HTML page about a fitted classifier of images, with all pictures inside: it needs no other file, and no net."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from chainrule.arrays import Array
from chainrule.estimators.plots import learning_curves
from chainrule.networks.summary import Summary
from chainrule.report.figures import confusion_matrix, first_filters, saliency_maps, worst_mistakes

DPI = 110


@dataclass(frozen=True)
class EvaluatedModel:
    """A classifier and the images that it was not fitted to.

    Parameters
    ----------
    model : ConvClassifier
    images : (n, channels, height, width) array
    labels : (n,) array
    metrics : dict
        Accuracy, log-loss, and precision and recall by class.
    """

    model: Any
    images: Array
    labels: Array
    metrics: dict[str, Any]


def write_page(
    folder: Path,
    evaluated: EvaluatedModel,
    sizes: Summary,
    *,
    title: str,
    facts: dict[str, str],
    bad_files: tuple[tuple[str, str], ...] = (),
) -> Path:
    """Write ``report.html`` to a folder, which is made if need be.

    Parameters
    ----------
    folder : path
    evaluated : EvaluatedModel
    sizes : Summary
        Of the network.
    title : str
    facts : dict
        What else there is to say, by what it is called.
    bad_files : sequence of (path, reason)
        What was left out of the data.

    Raises
    ------
    ImportError
        If matplotlib or jinja2, the extra 'report', is not installed.
    """
    try:
        from jinja2 import Environment
    except ImportError:
        raise ImportError("reports need jinja2, the extra 'report': pip install 'chainrule[report]'") from None
    model, images, labels = evaluated.model, evaluated.images, evaluated.labels
    log_probs = model.predict_log_proba(images)
    predicted = model.classes_[log_probs.argmax(axis=1)]
    pictures = [
        ("Training", "The mean loss of every epoch, with the penalty.", learning_curves(model)),
        (
            "What is confused",
            "How many held-out images of each class (rows) were taken for each class (columns).",
            confusion_matrix(model.classes_, labels, predicted),
        ),
        (
            "Worst mistakes",
            "Held-out images whose true class was given the least probability: what was predicted, and what is right.",
            worst_mistakes(images, model.classes_, labels, log_probs),
        ),
        (
            "Saliency",
            "Below each held-out image, how much its pixels matter: the size of the gradient of its loss by each.",
            saliency_maps(model, images, labels),
        ),
        ("First filters", "The kernels of the first convolution, each scaled by itself.", first_filters(model)),
    ]
    text = resources.files("chainrule.report").joinpath("page.html").read_text(encoding="utf-8")
    # Labels and names of files are a stranger's words: all of them are escaped.
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
    page = template.render(
        title=title,
        metrics=evaluated.metrics,
        facts=facts,
        sizes=sizes,
        pictures=[(name, words, None if drawn is None else as_png(drawn)) for name, words, drawn in pictures],
        bad_files=bad_files[:100],
        more_bad_files=max(0, len(bad_files) - 100),
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def as_png(drawn: Any) -> str:
    """A figure as the address of an image that is written into the page."""
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png", dpi=DPI)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
