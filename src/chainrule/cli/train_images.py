"""`chainrule train --model conv`: a convolutional classifier of images."""

from pathlib import Path
from typing import Any

from chainrule.cli import image_files, output, training_run
from chainrule.cli.data_set import check_classes
from chainrule.cli.errors import CommandError
from chainrule.cli.training_run import FittedModel, TrainingOptions
from chainrule.estimators import ConvClassifier
from chainrule.networks.summary import summary_of
from chainrule.training.image_sources import Images


def train(
    options: TrainingOptions,
    settings: dict[str, Any],
    *,
    layers: str,
    augment: str,
    size: str | None,
    report: Path | None,
) -> int:
    """Fit, evaluate on held-out images, save, and write the report. The settings are keywords of ConvClassifier."""
    images = image_files.read(options.data, size)
    if size is not None and images.shape[1:] != image_files.parsed_size(size):
        found = "x".join(map(str, images.shape[1:]))
        raise CommandError(
            f"--size: only pictures in folders are scaled; the images of {options.data} are {found}, not {size}"
        )
    check_classes(images.labels, "class")
    shape = " x ".join(map(str, images.shape))
    samples, held_out = image_files.data_set(images, options.data, f"images of {shape}").split(
        options.test_size, options.seed
    )
    classifier: ConvClassifier = ConvClassifier(
        layers, image_shape=images.shape, augment=augment, dtype="float32", **settings
    )
    fitted = training_run.fit_network(options, classifier, samples)
    results = training_run.evaluate_and_save(options, fitted, held_out) | {
        "image_shape": list(images.shape),
        "parameters": classifier.network_.n_parameters,
        "left_out": len(images.bad_files),
    }
    if report is not None:
        page = _write_report(report, fitted, images, held_out.X, held_out.y, results)
        output.note(f"the report is in {page}")
    return training_run.show_network(options, fitted, results)


def _write_report(folder: Path, fitted: FittedModel, images: Images, X: Any, y: Any, results: dict[str, Any]) -> Path:
    from chainrule.report.page import write_page

    model, shape = fitted.model, " x ".join(map(str, images.shape))
    return write_page(
        folder,
        model,
        X,
        y,
        results,
        summary_of(model.network_),
        title=f"{Path(fitted.samples.name).name}: {shape} pixels, {len(model.classes_)} classes",
        facts={
            "parameters": f"{results['parameters']:,}",
            "epochs": str(model.n_iter_),
            "training": f"{fitted.seconds:.1f} s",
            "images, of which held out": f"{results['n_train'] + len(y):,}, {len(y):,}",
            "seed": str(results["seed"]),
        },
        bad_files=images.bad_files,
    )
