"""Images for the command line: where they come from, and the classifier that is trained on them."""

from __future__ import annotations

import re
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli.errors import CommandError

if TYPE_CHECKING:
    from chainrule.cli.model import Origin
    from chainrule.cli.trained_rows import TrainedRows
    from chainrule.estimators import ConvClassifier
    from chainrule.training.images import Images

EPOCHS = {"adam": 30, "adamw": 30, "sgd": 30}
LEARNING_RATES = {"adam": 2e-3, "adamw": 2e-3, "sgd": 0.02}
LISTED = 5
"""How many bad files are named."""


@dataclass(frozen=True)
class Options:
    """What `chainrule train --model conv` was told."""

    data: str
    layers: str
    augment: str | None
    size: str | None
    solver: str
    l2: float | None
    label_smoothing: float
    dropout: float
    batch_size: int
    epochs: int | None
    learning_rate: float | None
    seed: int
    test_size: float
    out: Path
    overwrite: bool
    resume: bool
    curves: Path | None
    tensorboard: Path | None
    report: Path | None
    json: bool


def read(source: str, size: str | None = None) -> Images:
    """Labelled images: the built-in digits, or what `training.images` reads. Bad files are named on standard error."""
    import numpy as np

    from chainrule.training.images import DataError, Images, holds_images, read_images

    if source == "digits":
        from sklearn.datasets import load_digits

        digits = load_digits()
        return Images(digits.images[:, None].astype(np.uint8), digits.target.astype(np.int64))
    path = Path(source)
    if not path.exists():
        raise CommandError(f"{source}: there is no such file or folder; the built-in images are digits")
    if not holds_images(path):
        raise CommandError(
            f"{source}: --model conv reads a folder with one folder of pictures per class, IDX files, or a .npz file"
        )
    try:
        found = read_images(path, size=_size(size), progress=_Progress())
    except DataError as error:
        raise CommandError(str(error)) from None
    if found.resized:
        print(
            f"note: {found.resized} of {len(found)} pictures were scaled to {found.shape[1]} x {found.shape[2]}",
            file=sys.stderr,
        )
    for file, reason in found.bad_files[:LISTED]:
        print(f"note: {file} is left out: {reason}", file=sys.stderr)
    if len(found.bad_files) > LISTED:
        print(f"note: {len(found.bad_files) - LISTED} more files are left out", file=sys.stderr)
    return found


def train(options: Options) -> int:
    """Train, evaluate on held-out images, save, and report."""
    from chainrule.cli import model as models
    from chainrule.cli import output
    from chainrule.cli.training_rows import check_classes
    from chainrule.estimators.callbacks import TensorBoardLog
    from chainrule.estimators.plots import learning_curves

    path = options.out
    others = {"--curves": options.curves}
    if options.report is not None:
        _check_report(options.report)
        if options.report.is_dir():
            others["--report"] = options.report / "report.html"
    checkpoint = models.check_outputs(path, overwrite=options.overwrite, resume=options.resume, others=others)
    every = read(options.data, options.size)
    if options.size is not None and every.shape[1:] != _size(options.size):
        height, width = every.shape[1:]
        raise CommandError(
            f"--size: only pictures in folders are scaled; the images of {options.data} are {height}x{width}, not "
            f"{options.size}"
        )
    check_classes(every.labels, "class")
    if every.test is None:
        train_rows, test_rows = models.split_rows(every.labels, options.test_size, options.seed)
        x, y, x_test, y_test = (
            every.images[train_rows],
            every.labels[train_rows],
            every.images[test_rows],
            every.labels[test_rows],
        )
    else:
        x, y, x_test, y_test = every.images, every.labels, every.test.images, every.test.labels
    classifier = _classifier(options, every.shape, len(y))
    callbacks: list[Any] = [] if options.tensorboard is None else [TensorBoardLog(options.tensorboard)]
    started = time.perf_counter()
    with output.TrainingProgress() as progress, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not options.resume:
            checkpoint.unlink(missing_ok=True)
        classifier.set_params(callbacks=[progress, *callbacks], checkpoint=checkpoint)
        classifier.fit(x, y)
    seconds = time.perf_counter() - started
    interrupted = classifier.stopped_by_ == "interrupt"
    if interrupted and not classifier.n_iter_:
        raise KeyboardInterrupt
    results = models.metrics(y_test, classifier.predict_log_proba(x_test), classifier.classes_)
    if options.curves is not None:
        learning_curves(classifier).savefig(options.curves, dpi=150)
    origin = models.Origin(options.data, "class", options.test_size, options.seed)
    models.save_model(classifier, path, origin, x, y)
    if options.report is not None:
        page = _report(options, every, classifier, x_test, y_test, results, seconds)
        output.note(f"the report is in {page}")
    results |= {
        "n_train": len(y),
        "n_test": len(y_test),
        "image_shape": list(every.shape),
        "parameters": classifier.network_.n_parameters,
        "left_out": len(every.bad_files),
        "epochs": classifier.n_iter_,
        "seconds": round(seconds, 3),
        "seed": options.seed,
        "interrupted": interrupted,
        "model": str(path),
    }
    if options.json:
        output.print_json(results)
    else:
        shape = " x ".join(map(str, every.shape))
        output.print_metrics(results, f"{options.data}: {len(y_test)} images of {shape} held out, {len(y)} trained on")
        output.print_line(f"{classifier.n_iter_} epochs in {seconds:.1f} s; model saved to {path}")
    if interrupted:
        print(
            f"interrupted: the weights so far were saved to {path}; --resume goes on from there",
            file=sys.stderr,
        )
    return 130 if interrupted else 0


def to_evaluate(model: ConvClassifier, origin: Origin, trained: TrainedRows | None, data: str) -> tuple[Any, Any, bool]:
    """Images, their labels, and whether they are those held out when the model was trained, of the same source."""
    import numpy as np

    from chainrule.cli import model as models
    from chainrule.cli.evaluate import known_labels

    every = _like_trained(model, data)
    if every.test is not None:
        held_out = data == origin.data
        if held_out and trained is not None:
            y = known_labels(every.labels, model.classes_, data)
            held_out = trained.are(every.images, np.searchsorted(model.classes_, y))
        return every.test.images, every.test.labels, held_out
    if data != origin.data:
        return every.images, every.labels, False
    y = known_labels(every.labels, model.classes_, data)
    kept, others = models.split_rows(y, origin.test_size, origin.seed)
    if trained is not None and not trained.are(every.images[kept], np.searchsorted(model.classes_, y[kept])):
        # Pictures came or went since: the split is another one.
        return every.images, every.labels, False
    return every.images[others], every.labels[others], True


def probabilities(model: ConvClassifier, data: str) -> Any:
    """Of every class, for all images of a source."""
    return model.predict_proba(_like_trained(model, data).images)


def _like_trained(model: ConvClassifier, data: str) -> Images:
    """Images of the shape that the model was trained on."""
    channels, height, width = model.image_shape_
    every = read(data, f"{height}x{width}")
    if every.shape != model.image_shape_:
        raise CommandError(
            f"{data}: the model takes images of {channels} x {height} x {width}, these are "
            f"{' x '.join(map(str, every.shape))}"
        )
    return every


def _classifier(options: Options, shape: tuple[int, ...], count: int) -> ConvClassifier:
    from chainrule.estimators import ConvClassifier

    decoupled = options.solver == "adamw"
    l2 = options.l2
    classifier: ConvClassifier = ConvClassifier(
        options.layers,
        image_shape=shape,
        solver=options.solver,
        alpha=0.0 if decoupled else (1e-4 if l2 is None else l2),
        weight_decay=0.01 if l2 is None else l2,
        label_smoothing=options.label_smoothing,
        dropout=options.dropout,
        batch_size=min(options.batch_size, count),
        max_iter=options.epochs or EPOCHS[options.solver],
        learning_rate="cosine",
        learning_rate_init=options.learning_rate or LEARNING_RATES[options.solver],
        augment=options.augment,
        random_state=options.seed,
        dtype="float32",
        # The cosine's last, small steps are the best ones: the run is never cut short.
        n_iter_no_change=options.epochs or EPOCHS[options.solver],
        tol=0.0,
    )
    return classifier


def _report(
    options: Options, every: Images, model: ConvClassifier, images: Any, labels: Any, metrics: Any, seconds: float
) -> Path:
    from chainrule.networks.summary import summary_of
    from chainrule.report.page import Evaluated, write_page

    assert options.report is not None
    sizes = summary_of(model.network_)
    shape = " x ".join(map(str, every.shape))
    return write_page(
        options.report,
        Evaluated(model, images, labels, metrics),
        sizes,
        title=f"{Path(options.data).name}: {shape} pixels, {len(model.classes_)} classes",
        facts={
            "parameters": f"{sizes.weights + sizes.biases:,}",
            "epochs": str(model.n_iter_),
            "training": f"{seconds:.1f} s",
            "images, of which held out": f"{model.t_ // max(model.n_iter_, 1) + len(labels):,}, {len(labels):,}",
            "seed": str(options.seed),
        },
        bad_files=every.bad_files,
    )


def _check_report(folder: Path) -> None:
    """Raise before any work is done if the report cannot be written."""
    try:
        import jinja2  # noqa: F401
        import matplotlib  # noqa: F401
    except ImportError:
        raise CommandError("--report needs the extra 'report': pip install 'chainrule[report]'") from None
    if folder.exists() and not folder.is_dir():
        raise CommandError(f"--report: {folder} is a file; expected a folder")
    if not folder.absolute().parent.is_dir():
        raise CommandError(f"--report: the directory {folder.parent} does not exist")


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*)?", text):
        raise CommandError(f"--size: expected height x width, such as 64x64, got {text!r}")
    numbers = [int(part) for part in text.split("x")]
    return numbers[0], numbers[-1]


class _Progress:
    """How many pictures have been read, once a second; one live line in a terminal."""

    def __init__(self) -> None:
        self._printed = time.perf_counter()
        self._live = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        now = time.perf_counter()
        if now - self._printed < (0.1 if self._live else 1.0) and not (self._live and done == total):
            return
        self._printed = now
        line = f"reading pictures: {done:,} of {total:,}"
        print(f"\r{line}" if self._live else line, end="\n" if done == total or not self._live else "", file=sys.stderr)
