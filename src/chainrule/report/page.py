"""One HTML page about a fitted classifier, with all pictures embedded: no scripts, nothing from the network."""

import base64
import io
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import sklearn

from chainrule import __version__
from chainrule.arrays import Array, in_numpy
from chainrule.estimators import ConvClassifier
from chainrule.estimators.array_dispatch import with_numpy
from chainrule.estimators.class_scores import class_scores
from chainrule.estimators.importances import Importances
from chainrule.estimators.network_classifier import NetworkClassifier
from chainrule.estimators.notices import notices_kept, notices_noted, unlearned
from chainrule.extras import import_extra
from chainrule.networks.summary import summarise
from chainrule.report.report_tables import as_written, baseline, features_of, mistakes, parameters
from chainrule.report.sections import Picture, notes_of, pictures, read_columns
from chainrule.training import Chance

DPI = 110


def write_report(
    model: Any,
    X: Any,
    y: Array,
    folder: Path | str = "report",
    *,
    title: str = "",
    metrics: dict[str, Any] | None = None,
    facts: Mapping[str, str] | None = None,
    bad_files: Sequence[tuple[str, str]] = (),
    places: Sequence[Any] | None = None,
    again: str = "",
    importances: Importances | None = None,
    notes: Sequence[str] = (),
    held_out: bool | None = None,
) -> Path:
    """Write ``report.html``, a page about a fitted classifier and some samples, to a folder, and return its path.

    It shows learning curves or scores against C, which features matter, calibration, the confusion matrix, precision
    and recall per class, the worst mistakes, the data, the parameters, and how to make the model again.

    Parameters
    ----------
    model : classifier, or Pipeline that ends with one
        `SoftmaxRegression`, `SoftmaxRegressionCV`, `MLPClassifier`, `ConvClassifier` or `TabularClassifier`.
    X : array, or data frame or mapping of columns
        Samples, as `predict` takes them; figures on samples that were trained on are too good.
    y : array of labels
    folder : path
        Created if it does not exist.
    title : str
        By default the model's name and the numbers of classes and of samples.
    metrics : dict, optional
        Accuracy, log-loss, and precision and recall per class, if they are known.
    facts : mapping of str to str
        Further values to show, under the headings that are the keys.
    bad_files : sequence of (path, reason)
        Files that could not be read.
    places : sequence, optional
        Where to find each sample, such as its file, for the list of mistakes. By default the index of a pandas frame,
        otherwise numbers from 0.
    again : str
        A command or program that makes the model again. By default the call that makes the model without its fit.
    importances : Importances, optional
        The importances of the columns, if they are known; see `column_importances`.
    notes : sequence of str
        Warnings for the top of the page, beside those that the model knows. One that begins with "column 'NAME'"
        stands in the line of this column too.
    held_out : bool, optional
        True if no sample was trained on: the page then calls its figures held out. False if some were, or all, and None
        if this is unknown: the page says so.

    Raises
    ------
    ImportError
        If matplotlib or jinja2, the extra 'report', is not installed.
    ValueError
        If there are no samples, a label is not one of the model's classes, or `places` has another length.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_iris
    >>> from chainrule import SoftmaxRegression, write_report
    >>> X, y = load_iris(return_X_y=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(write_report(SoftmaxRegression().fit(X[::2], y[::2]), X[1::2], y[1::2], folder).name)
    report.html
    """
    model, X, y = with_numpy(model), in_numpy(X), in_numpy(y)
    labels = np.asarray(y)
    if labels.ndim != 1:
        raise ValueError(f"y: a report is about one label for each sample, got shape {labels.shape}")
    unknown = set(labels.tolist()) - set(model.classes_.tolist())
    if not len(labels) or unknown:
        raise ValueError(f"y: expected labels of the model's classes, got {sorted(map(str, unknown))[:5] or 'none'}")
    if places is None:
        places = X.index if hasattr(X, "iloc") else range(len(labels))
    if len(places) != len(labels):
        raise ValueError(f"places: expected one for each of {len(labels)} samples, got {len(places)}")
    with notices_noted() as notices:
        log_probs = model.predict_log_proba(X)
    told = [*notes, *notes_of(model), *(f"{message} (rows of this page)" for message, _ in notices)]
    rows, actual = np.arange(len(labels)), np.searchsorted(model.classes_, labels)
    last = model[-1] if hasattr(model, "steps") else model
    is_image = isinstance(last, ConvClassifier)
    sizes = summarise(last.network_.layers, last.network_.in_shape) if is_image else None
    kind = "images" if is_image else "rows"
    trained = getattr(last, "n_samples_fit_", None)
    counts = {} if trained is None else {f"{kind} trained on": f"{trained:,}"}
    metrics = metrics or class_scores(model.classes_, actual, log_probs.argmax(axis=1), log_probs[rows, actual])
    chance = Chance.of(actual, len(model.classes_))
    epochs = last.n_iter_ if isinstance(last, NetworkClassifier) else 0
    with notices_kept():  # those of the predictions above
        drawings = list(pictures(model, X, labels, log_probs, importances))
    return _write(
        Path(folder),
        drawings,
        kind=kind,
        title=title or f"{type(last).__name__}: {len(model.classes_)} classes, {len(labels):,} {kind}",
        metrics=metrics,
        unlearned=unlearned(chance, metrics["log_loss"], epochs),
        baseline=baseline(labels, chance),
        notes=told,
        facts={**counts, f"{kind} {'held out' if held_out else 'scored'}": f"{len(labels):,}", **(facts or {})},
        columns=read_columns(model, told),
        parts=last.parts() if hasattr(last, "parts") else (),
        features=() if is_image else features_of(model, X),
        mistakes=mistakes(model.classes_, labels, log_probs, places),
        # A pipeline encodes columns before its last step, which is told so.
        parameters={name: value for name, value in parameters(last).items() if last is model or name != "encode"},
        sizes=sizes,
        bad_files=tuple(bad_files),
        again=again,
        call="" if again else as_written(model),
        versions=f"chainrule {__version__}, NumPy {np.__version__}, scikit-learn {sklearn.__version__}, Python "
        f"{platform.python_version()}",
        held_out=held_out,
        by_clock=getattr(last, "time_limit", None) is not None,
        date=time.strftime("%Y-%m-%d %H:%M"),
    )


def _write(folder: Path, drawings: Sequence[Picture], **shown: Any) -> Path:
    """Fill in the template."""
    jinja2 = import_extra("jinja2", "report", "reports need jinja2")
    # Labels and file names may contain HTML, so the template escapes all values.
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("chainrule", "report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.get_template("page.html")
    drawn = [each._replace(figure=None if each.figure is None else as_png(each.figure)) for each in drawings]
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
