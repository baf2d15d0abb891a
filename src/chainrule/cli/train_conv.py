"""`chainrule train conv`: a convolutional network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import typer

from chainrule.cli.completion import data_names
from chainrule.cli.output import CommandError, note
from chainrule.cli.train_config import RunRecord
from chainrule.cli.train_options import DATA, MODEL, TRAINING, Labels, NetworkOptions, Solver

MOST_PARAMETERS = 20_000_000
"""Parameters of a network that is trained without a remark."""
# Typer takes square brackets for markup, and prints nothing of them.
WORDS = (
    "conv FILTERS KERNEL (stride S) (pad P) (dilation D) (groups G) (no bias); pool KERNEL (stride S) (pad P), also as "
    "max pool; average pool KERNEL (stride S) (pad P); global pool; pad P; flatten; linear WIDTH (no bias); "
    "dropout RATE; scale; smooth clip (limit C); parametric ACTIVATION"
)
"""The words for layers of images; KERNEL and S are 3 or 3x5, and P is such a size, same, valid or full."""


@dataclass(frozen=True, kw_only=True)
class ConvOptions(NetworkOptions):
    """The options of convolutional networks."""

    DEFAULTS: ClassVar = {"adam": (30, 2e-3), "adamw": (30, 2e-3), "sgd": (30, 0.02)}

    data: Annotated[
        str,
        typer.Argument(
            help="digits, a folder with one folder of pictures per class, IDX files, a .npz file of images and "
            "labels, or a .npy file with --labels. Arrays are n x height x width; channels may stand before or after.",
            metavar="DATA",
            autocompletion=data_names,
        ),
    ]
    labels: Labels = None
    size: Annotated[
        str | None,
        typer.Option(
            help="Height x width to which pictures are scaled; by default, the most frequent size.",
            rich_help_panel=DATA,
        ),
    ] = None
    layers: Annotated[
        str,
        typer.Option(
            help="Layers, separated by commas, such as 'conv 32 3x3 pad 1, relu, pool 2, flatten, linear 10'. If the "
            f"last layer is not linear, a linear layer is appended. The words are: {WORDS}; an activation such as relu "
            "or selu. Words in parentheses may be left out, and are written without parentheses.",
            rich_help_panel=MODEL,
        ),
    ] = "auto"
    augment: Annotated[
        str,
        typer.Option(
            help="Random changes of images, such as 'shift 2, flip'; '' for none. The words are: shift PIXELS, flip, "
            "flip vertical, crop HxW, rotate DEGREES, zoom SHARE, brightness DEVIATIONS, contrast SHARE.",
            rich_help_panel=TRAINING,
        ),
    ] = "shift 1"
    solver: Annotated[Literal["adam", "adamw", "sgd"], Solver] = "adam"


def conv(options: ConvOptions, config: RunRecord) -> int:
    """A convolutional network, for images: pictures in folders, IDX files or arrays.

    `chainrule summary` prints the cost of layers before training.
    """
    from chainrule.cli import image_files, training_run
    from chainrule.cli.data_set import check_classes
    from chainrule.estimators import ConvClassifier

    check_words(options)
    run = training_run.begin(options, config, resume=options.resume)
    size = None if options.size is None else image_files.parsed_size(options.size)
    images = image_files.read(options.data, size, labels=options.labels)
    if size is not None and images.shape[1:] != size:
        found, expected = ("x".join(map(str, sides)) for sides in (images.shape[1:], size))
        raise CommandError(
            f"--size: only pictures in folders are scaled; the images of {options.data} are {found}, not {expected}"
        )
    check_classes(images.labels, f"folder {options.data}" if images.files else "array of labels")
    kind = f"images of {' x '.join(map(str, images.shape))}"
    samples, held_out = image_files.data_set(images, options.data, kind).split(options.test_size, options.seed)
    _warn_of_size(options, images)
    classifier: Any = ConvClassifier(
        options.layers,
        image_shape=images.shape,
        augment=options.augment,
        dtype="float32",
        eval_metric="log_loss",
        **options.settings(),
    )
    fitted = training_run.fit_network(run, classifier, samples, held_out)
    results = training_run.evaluate_and_save(run, fitted, held_out) | {
        "image_shape": list(images.shape),
        "parameters": classifier.network_.n_parameters,
        "left_out": len(images.bad_files),
    }
    training_run.write_report(run, fitted, held_out, results, images)
    return training_run.show_network(run, fitted, results)


def check_words(options: ConvOptions) -> None:
    """Raise ValueError for words of layers or changes that are not understood, before pictures are read."""
    from chainrule.estimators.conv import is_automatic
    from chainrule.networks.stack import specs_of
    from chainrule.training import Augmentation

    Augmentation.read(options.augment)
    if not is_automatic(options.layers):
        specs_of(options.layers)


def _warn_of_size(options: ConvOptions, images: Any) -> None:
    """A note if the network has so many parameters that it is slow, as the default one has for large pictures."""
    from chainrule.estimators.conv import layers_for
    from chainrule.networks.summary import summarise
    from chainrule.training import Augmentation

    shape, classes = Augmentation.read(options.augment).out_shape(images.shape), len(set(images.labels.tolist()))
    sizes = summarise(layers_for(options.layers, shape), shape, outputs=1 if classes == 2 else classes)
    parameters = sizes.weights + sizes.biases
    if parameters > MOST_PARAMETERS:
        note(
            f"the network has {parameters / 1e6:.0f} million parameters for images of "
            f"{' x '.join(map(str, shape))}; it is smaller with --size 64, or with 'global pool' in the place of "
            "flatten in --layers"
        )
