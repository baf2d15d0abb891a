"""`chainrule train --model conv`: a convolutional classifier of images."""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli import image_files
from chainrule.cli.errors import CommandError

if TYPE_CHECKING:
    from chainrule.estimators import ConvClassifier
    from chainrule.training.images import Images

EPOCHS = {"adam": 30, "adamw": 30, "sgd": 30}
LEARNING_RATES = {"adam": 2e-3, "adamw": 2e-3, "sgd": 0.02}


@dataclass(frozen=True)
class ImageOptions:
    """The options of `chainrule train --model conv`."""

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


def train(options: ImageOptions) -> int:
    """Train, evaluate on held-out images, save, and report."""
    from chainrule.cli import model_files, output
    from chainrule.cli.training_rows import check_classes
    from chainrule.estimators.callbacks import TensorBoardLog
    from chainrule.estimators.plots import learning_curves

    path = options.out
    others = {"--curves": options.curves}
    if options.report is not None:
        _check_report(options.report)
        if options.report.is_dir():
            others["--report"] = options.report / "report.html"
    checkpoint = model_files.check_outputs(path, overwrite=options.overwrite, resume=options.resume, others=others)
    every = image_files.read(options.data, options.size)
    if options.size is not None and every.shape[1:] != image_files.parsed_size(options.size):
        height, width = every.shape[1:]
        raise CommandError(
            f"--size: only pictures in folders are scaled; the images of {options.data} are {height}x{width}, not "
            f"{options.size}"
        )
    check_classes(every.labels, "class")
    if every.test is None:
        train_rows, test_rows = model_files.split_rows(every.labels, options.test_size, options.seed)
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
    results = model_files.metrics(y_test, classifier.predict_log_proba(x_test), classifier.classes_)
    if options.curves is not None:
        learning_curves(classifier).savefig(options.curves, dpi=150)
    origin = model_files.Origin(options.data, "class", options.test_size, options.seed)
    model_files.save_model(classifier, path, origin, x, y)
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


def _classifier(options: ImageOptions, shape: tuple[int, ...], count: int) -> ConvClassifier:
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
        # Never stop early: the small steps at the end of the cosine schedule improve the fit most.
        n_iter_no_change=options.epochs or EPOCHS[options.solver],
        tol=0.0,
    )
    return classifier


def _report(
    options: ImageOptions, every: Images, model: ConvClassifier, images: Any, labels: Any, metrics: Any, seconds: float
) -> Path:
    from chainrule.networks.summary import summary_of
    from chainrule.report.page import EvaluatedModel, write_page

    assert options.report is not None
    sizes = summary_of(model.network_)
    shape = " x ".join(map(str, every.shape))
    return write_page(
        options.report,
        EvaluatedModel(model, images, labels, metrics),
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
    """Raise CommandError if the report cannot be written; called before training."""
    try:
        import jinja2  # noqa: F401
        import matplotlib  # noqa: F401
    except ImportError:
        raise CommandError("--report needs the extra 'report': pip install 'chainrule[report]'") from None
    if folder.exists() and not folder.is_dir():
        raise CommandError(f"--report: {folder} is a file; expected a folder")
    if not folder.absolute().parent.is_dir():
        raise CommandError(f"--report: the directory {folder.parent} does not exist")
