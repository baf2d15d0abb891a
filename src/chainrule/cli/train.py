"""`chainrule train`: fit a classifier to a built-in data set or a table, evaluate it on held-out rows, save it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chainrule.cli.errors import CommandError

ACTIVATIONS = ("softplus", "sigmoid", "tanh", "relu", "identity")
MODELS = ("mlp", "conv", "softmax")
SOLVERS = ("adam", "adamw", "sgd", "gd")


def _hidden(value: str) -> str:
    _widths(value)
    return value


def _widths(value: str) -> tuple[int, ...]:
    try:
        widths = tuple(int(part) for part in value.split(",") if part.strip() or value.strip(" ,"))
    except ValueError:
        widths = (0,)
    if any(width < 1 for width in widths):
        raise typer.BadParameter(f"expected widths such as 100 or 100,50, got {value!r}")
    return widths


def _one_of(allowed: tuple[str, ...]) -> Any:
    def check(value: str) -> str:
        if value not in allowed:
            raise typer.BadParameter(f"expected one of {', '.join(allowed)}, got {value!r}")
        return value

    return check


def _within(low: float, high: float, *, open_low: bool = False, open_high: bool = True) -> Any:
    def check(value: float | None) -> float | None:
        if value is None:
            return value
        inside = (value > low if open_low else value >= low) and (value < high if open_high else value <= high)
        if not inside:
            ends = f"{'(' if open_low else '['}{low:g}, {high:g}{')' if open_high else ']'}"
            raise typer.BadParameter(f"expected a number in {ends}, got {value:g}")
        return value

    return check


def _only_for(context: typer.Context, model: str, names: tuple[str, ...]) -> None:
    """Raise CommandError if an option was given that belongs to another model."""
    for name in names:
        if _given(context, name):
            option = {"penalty": "C"}.get(name, name.replace("_", "-"))
            raise CommandError(f"--{option}: only for --model {model}", status=2)


def _given(context: typer.Context, name: str) -> bool:
    """True if the option was given on the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _strength(value: str) -> float | None:
    """The number that --C gives; None for auto."""
    if value == "auto":
        return None
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not number > 0:
        raise CommandError(f"--C: expected auto or a number above 0, got {value!r}", status=2)
    return number


def train(
    context: typer.Context,
    data: Annotated[
        str,
        typer.Argument(
            help="digits, iris, wine, breast_cancer, a .csv, .tsv, .csv.gz or .parquet file, a .npz or .svmlight file "
            "of features and labels, or a .npy file with --labels; for conv digits, a folder with one folder of "
            "pictures per class, IDX files, or a .npz file."
        ),
    ],
    model: Annotated[str, typer.Option(callback=_one_of(MODELS), help=", ".join(MODELS))] = "mlp",
    target: Annotated[str | None, typer.Option(help="The column to predict; needed for tables.")] = None,
    penalty: Annotated[
        str, typer.Option("--C", help="For softmax: C in |W|^2 / (2 C), or auto, chosen by cross-validation.")
    ] = "auto",
    labels: Annotated[
        Path | None, typer.Option(help="For mlp and softmax: a file of labels for .npy features.")
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option(help="For tables: a column to ignore; may be given several times.")
    ] = None,
    hidden: Annotated[
        str, typer.Option(callback=_hidden, help="Widths of the hidden layers, such as 100,50; '' for none.")
    ] = "256",
    activation: Annotated[str, typer.Option(callback=_one_of(ACTIVATIONS), help=", ".join(ACTIVATIONS))] = "relu",
    solver: Annotated[str, typer.Option(callback=_one_of(SOLVERS), help=", ".join(SOLVERS))] = "adam",
    l2: Annotated[
        float | None,
        typer.Option(
            callback=_within(0, float("inf")),
            help="Strength of the L2 penalty, alpha in alpha/2 |W|^2 [1e-4]; of the weight decay for adamw [0.01].",
        ),
    ] = None,
    label_smoothing: Annotated[
        float,
        typer.Option(
            callback=_within(0, 1),
            help="Share of each target spread over all classes. Helps accuracy; 0 gives the better log-loss.",
        ),
    ] = 0.05,
    dropout: Annotated[
        float, typer.Option(callback=_within(0, 1), help="Share of hidden units left out in each step.")
    ] = 0.3,
    batch_size: Annotated[int, typer.Option(min=1, help="Rows per step; gd takes all.")] = 64,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the data [100; 1000 for gd].")] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            callback=_within(0, float("inf"), open_low=True),
            help="The initial step size, which falls to 0 along a cosine [adam 0.003, sgd 0.05, gd 0.5].",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of the split and of all random draws.")] = 0,
    test_size: Annotated[
        float, typer.Option(callback=_within(0, 1, open_low=True), help="Share of the rows held out.")
    ] = 0.2,
    out: Annotated[Path | None, typer.Option(help="The model file [NAME.chainrule].")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace existing files and discard an interrupted run.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue an interrupted run; give the same options as before.")
    ] = False,
    curves: Annotated[
        Path | None, typer.Option(help="Draw the learning curves (softmax: the scores against C) to a file.")
    ] = None,
    tensorboard: Annotated[Path | None, typer.Option(help="Log every epoch to a directory for TensorBoard.")] = None,
    layers: Annotated[
        str,
        typer.Option(
            help="For conv: such as 'conv 32 3x3 pad 1, relu, pool 2, flatten, linear 10'. If the last layer is not "
            "linear, a linear layer is appended."
        ),
    ] = "auto",
    augment: Annotated[
        str, typer.Option(help="For conv: random changes of images, such as 'shift 2, flip'; '' for none.")
    ] = "shift 1",
    size: Annotated[
        str | None, typer.Option(help="For conv: height x width to which pictures are scaled [the most frequent size].")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="For conv: a directory for report.html, with curves, mistakes and saliency.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> int:
    """Train a classifier, evaluate it on held-out rows, and save it in one file.

    In a column of numbers, a cell that is not a number counts as missing and is reported. A column in which more
    than one cell in ten is not a number, apart from marks like "-" and "n/a", is a column of words.
    """
    path = out or Path(f"{stem(data)}.chainrule")
    if model == "softmax":
        from chainrule.cli import train_softmax

        _only_for(
            context, "mlp", ("hidden", "activation", "dropout", "epochs", "learning_rate", "batch_size", "solver")
        )
        _only_for(context, "mlp", ("l2", "resume", "tensorboard"))
        _only_for(context, "conv", ("layers", "augment", "size", "report"))
        # No smoothing by default: the penalty already keeps probabilities away from 0 and 1.
        smoothing = label_smoothing if _given(context, "label_smoothing") else 0.0
        return train_softmax.train(
            train_softmax.SoftmaxOptions(
                data=data,
                target=target,
                labels=labels,
                drop=tuple(drop or ()),
                C=_strength(penalty),
                label_smoothing=smoothing,
                seed=seed,
                test_size=test_size,
                out=path,
                overwrite=overwrite,
                curves=curves,
                json=json,
            )
        )
    _only_for(context, "softmax", ("penalty",))
    if model == "conv":
        from chainrule.cli import train_images

        _only_for(context, "mlp", ("target", "hidden", "activation", "labels", "drop"))
        if solver == "gd":
            raise CommandError("--solver: gd is for --model mlp; conv takes adam, adamw or sgd")
        return train_images.train(
            train_images.ImageOptions(
                data=data,
                layers=layers,
                augment=augment,
                size=size,
                solver=solver,
                l2=l2,
                label_smoothing=label_smoothing,
                dropout=dropout,
                batch_size=batch_size,
                epochs=epochs,
                learning_rate=learning_rate,
                seed=seed,
                test_size=test_size,
                out=path,
                overwrite=overwrite,
                resume=resume,
                curves=curves,
                tensorboard=tensorboard,
                report=report,
                json=json,
            )
        )
    _only_for(context, "conv", ("layers", "augment", "size", "report"))
    from chainrule.cli import train_mlp

    return train_mlp.train(
        train_mlp.MLPOptions(
            data=data,
            target=target,
            labels=labels,
            drop=tuple(drop or ()),
            hidden=_widths(hidden),
            activation=activation,
            solver=solver,
            l2=l2,
            label_smoothing=label_smoothing,
            dropout=dropout,
            batch_size=batch_size,
            epochs=epochs,
            learning_rate=learning_rate,
            seed=seed,
            test_size=test_size,
            out=path,
            overwrite=overwrite,
            resume=resume,
            curves=curves,
            tensorboard=tensorboard,
            json=json,
        )
    )


def stem(data: str) -> str:
    """The name of a data source without its ending; files made from it get this name."""
    name = Path(data).name
    for ending in (".gz", ".bz2", ".csv", ".tsv", ".parquet", ".npz", ".npy", ".svmlight", ".libsvm", ".svm"):
        name = name.removesuffix(ending) if name.lower().endswith(ending) else name
    return name or "model"
