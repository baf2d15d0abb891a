"""`chainrule train`: fit a classifier to a built-in data set or a file, evaluate it on held-out samples, save it."""

import glob
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from chainrule.cli import torchrun
from chainrule.cli.output import USAGE, CommandError

ONLY_FOR = {
    **dict.fromkeys(("layers", "augment", "size"), ("conv",)),
    "report": ("tabular", "conv"),
    **dict.fromkeys(("hidden", "activation"), ("mlp",)),
    **dict.fromkeys(("solver", "l2", "dropout", "batch_size", "epochs", "learning_rate"), ("mlp", "conv")),
    "tensorboard": ("mlp", "conv"),
    **dict.fromkeys(("blocks",), ("mlp", "softmax")),
    **dict.fromkeys(("target", "labels", "drop", "text"), ("tabular", "mlp", "softmax")),
    **dict.fromkeys(("label_smoothing", "resume", "curves"), ("mlp", "conv", "softmax")),
    **dict.fromkeys(("search", "time_limit"), ("tabular",)),
    **dict.fromkeys(("penalty", "engine", "workers", "scheduler"), ("softmax",)),
}
"""The models that an option is for; options that are not listed are for all models."""

DEFAULTS = {
    "mlp": {"adam": (100, 3e-3), "adamw": (100, 3e-3), "sgd": (100, 0.05), "gd": (1000, 0.5)},
    "conv": {"adam": (30, 2e-3), "adamw": (30, 2e-3), "sgd": (30, 0.02)},
}
"""Epochs and initial learning rate by model and solver."""


def _activation(value: str) -> str:
    """A check that a word names an activation."""
    from chainrule.rules import activation_names

    if value not in activation_names():
        raise typer.BadParameter(f"expected one of {', '.join(activation_names())}")
    return value


def _below(high: float, *, positive: bool = False) -> Callable[[float | None], float | None]:
    """A check that a number lies in [0, high) or, if it must be positive, in (0, high)."""

    def check(value: float | None) -> float | None:
        if value is not None and not (0 <= value < high and (value > 0 or not positive)):
            raise typer.BadParameter(f"expected a number in {'(' if positive else '['}0, {high:g})")
        return value

    return check


@torchrun.one_of_many
def train(
    context: typer.Context,
    data: Annotated[
        str,
        typer.Argument(
            help="digits, iris, wine, breast_cancer, a .csv, .tsv, .csv.gz or .parquet file, a .npz or .svmlight file "
            "of features and labels, or a .npy file with --labels; for conv digits, a folder with one folder of "
            "pictures per class, IDX files, or a .npz file. Read in blocks, and so larger than memory if need be: a "
            "glob in quotes such as 'run/*.parquet', .arrow files, .csr folders, and .npy and .parquet files larger "
            "than a quarter of memory."
        ),
    ],
    run: Annotated[
        Path | None,
        typer.Argument(
            help="With --resume, for softmax: a folder for the sums of passes, from which a killed run continues; the "
            "end of the fit removes it."
        ),
    ] = None,
    model: Annotated[
        Literal["tabular", "mlp", "conv", "softmax"] | None,
        typer.Option(
            help="The kind of classifier; by default tabular for a table; mlp for all else, or with its options."
        ),
    ] = None,
    target: Annotated[str | None, typer.Option(help="The column to predict; needed for tables.")] = None,
    penalty: Annotated[
        str, typer.Option("--C", help="For softmax: C in |W|^2 / (2 C), or auto, chosen by cross-validation.")
    ] = "auto",
    labels: Annotated[
        Path | None, typer.Option(help="For mlp and softmax: a file of labels, or a glob, for .npy features.")
    ] = None,
    blocks: Annotated[
        bool, typer.Option("--blocks", help="For mlp and softmax: read small .npy and .parquet files in blocks too.")
    ] = False,
    drop: Annotated[
        list[str] | None, typer.Option(help="For tables: a column to ignore; may be given several times.")
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Option(help="For tables: a column of sentences, whose words are counted; may be given several times."),
    ] = None,
    hidden: Annotated[str, typer.Option(help="Widths of the hidden layers, such as 100,50; '' for none.")] = "256",
    activation: Annotated[
        str,
        typer.Option(callback=_activation, help="relu, mish, selu, softplus, tanh, sigmoid, identity, or such a rule."),
    ] = "relu",
    solver: Annotated[Literal["adam", "adamw", "sgd", "gd"], typer.Option(help="The rule of the steps.")] = "adam",
    search: Annotated[
        int, typer.Option(min=0, help="For tabular: other settings of the networks to try, drawn at random.")
    ] = 0,
    time_limit: Annotated[
        float | None,
        typer.Option(callback=_below(float("inf"), positive=True), help="For tabular: seconds for the networks."),
    ] = None,
    l2: Annotated[
        float | None,
        typer.Option(
            callback=_below(float("inf")),
            help="Strength of the L2 penalty, alpha in alpha/2 |W|^2 [1e-4]; of the weight decay for adamw [0.01].",
        ),
    ] = None,
    label_smoothing: Annotated[
        float,
        typer.Option(
            callback=_below(1),
            help="Share of each target spread over all classes. Helps accuracy; 0 gives the better log-loss.",
        ),
    ] = 0.05,
    dropout: Annotated[
        float, typer.Option(callback=_below(1), help="Share of hidden units left out in each step.")
    ] = 0.3,
    batch_size: Annotated[int, typer.Option(min=1, help="Rows per step; gd takes all.")] = 64,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the data [100; gd 1000; conv 30].")] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            callback=_below(float("inf"), positive=True),
            help="The initial step size, which falls to 0 along a cosine; by default adam 0.003, sgd 0.05, gd 0.5, and "
            "for conv adam 0.002, sgd 0.02.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of the split and of all random draws.")] = 0,
    test_size: Annotated[
        float, typer.Option(callback=_below(1, positive=True), help="Share of the rows held out.")
    ] = 0.2,
    out: Annotated[Path | None, typer.Option(help="The model file [NAME.chainrule].")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace existing files and discard an interrupted run.")
    ] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Continue an interrupted run; give the same options as before."),
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
        str | None,
        typer.Option(help="For conv: height x width to which pictures are scaled; by default, the most frequent size."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="For conv and tabular: a directory for report.html.")] = None,
    engine: Annotated[
        Literal["local", "dask"],
        typer.Option(help="For softmax: take sums in this process or, of files that are read in blocks, with Dask."),
    ] = "local",
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="For --engine dask: processes here, by default as many as cores."),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="For --engine dask: a running scheduler, such as tcp://10.0.0.1:8786.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> int:
    """Train a classifier, evaluate it on held-out rows, and save it in one file.

    In a column of numbers, a cell that is not a number counts as missing and is reported. A column in which more
    than one cell in ten is not a number, apart from marks like "-" and "n/a", is a column of words. Tables that are
    read in blocks have columns of numbers only, and no cell is missing; --drop leaves out others.
    """
    model = model or _model_for(context, data)
    for option, models in ONLY_FOR.items():
        if model not in models and _given(context, option):
            name = {"penalty": "C"}.get(option, option.replace("_", "-"))
            raise CommandError(f"--{name}: only for --model {' or '.join(models)}", status=USAGE)
    if model == "softmax" and torchrun.is_launched():
        raise CommandError("--model softmax is fitted by one process; start it without torchrun", status=USAGE)
    if model == "softmax" and resume and run is None:
        raise CommandError(
            "--resume: --model softmax needs a folder, --resume RUN; mlp and conv need none", status=USAGE
        )
    if run is not None and not (model == "softmax" and resume):
        raise CommandError(
            f"unexpected {str(run)!r} after the data: put a glob of several files in quotes", status=USAGE
        )
    on_dask = engine == "dask"
    if not on_dask and (workers is not None or scheduler is not None):
        raise CommandError("--workers and --scheduler are for --engine dask", status=USAGE)
    if workers is not None and scheduler is not None:
        raise CommandError("--workers starts processes here; leave it out with --scheduler", status=USAGE)
    if (on_dask or run is not None) and not _given(context, "penalty"):
        penalty = "1"
    C, widths = _strength(penalty), _widths(hidden)
    if run is not None and C is None:
        raise CommandError("--C: --resume RUN takes a number, by default 1, and not auto", status=USAGE)
    if C is not None and curves is not None:
        raise CommandError("--curves: the figure compares several C; leave out --curves or --C")
    if model == "conv" and solver == "gd":
        raise CommandError("--solver: gd is for --model mlp; conv takes adam, adamw or sgd")
    from chainrule.cli import image_files, output_files, training_run
    from chainrule.cli.block_files import is_in_blocks, read_training_blocks
    from chainrule.cli.dask_cluster import dask_client
    from chainrule.cli.data_set import DataSet, read_training_rows
    from chainrule.training.processes import from_rank_0

    path = out or Path(f"{stem(data)}.chainrule")
    resume = (resume and run is None) or torchrun.is_restarted()
    check = partial(output_files.check_outputs, path, curves=curves, report=report, overwrite=overwrite, resume=resume)
    from_rank_0(check)

    in_blocks = is_in_blocks(data, blocks)
    if on_dask and not in_blocks:
        raise CommandError(
            "--engine: dask is for files that are read in blocks; give a glob, or --blocks", status=USAGE
        )

    def rows() -> DataSet:
        if in_blocks:
            if text:
                raise CommandError("--text: tables that are read in blocks have columns of numbers only")
            return read_training_blocks(data, target, labels, drop or ())
        return read_training_rows(data, target, labels, drop or (), text or ())

    options = training_run.TrainingOptions(data, seed, test_size, path, resume, curves, tensorboard, json)
    if model == "softmax":
        # No smoothing by default: the penalty already keeps probabilities away from 0 and 1.
        smoothing = label_smoothing if _given(context, "label_smoothing") else 0.0
        cluster = partial(dask_client, workers, scheduler) if on_dask else None
        return training_run.train_softmax(options, rows(), C, smoothing, cluster, run)
    if model == "tabular":
        return training_run.train_tabular(options, rows(), {"search": search, "time_limit": time_limit}, report)
    default_epochs, default_rate = DEFAULTS[model][solver]
    epochs = epochs or default_epochs
    settings: dict[str, Any] = {
        "solver": solver,
        "label_smoothing": label_smoothing,
        "dropout": dropout,
        "batch_size": batch_size,
        "max_iter": epochs,
        "learning_rate": "cosine",
        "learning_rate_init": learning_rate or default_rate,
        "random_state": seed,
        # Never stop early: the small steps at the end of the cosine schedule improve the fit most.
        "n_iter_no_change": epochs,
        "tol": 0.0,
    }
    if solver == "adamw":
        settings |= {"alpha": 0.0, "weight_decay": 0.01 if l2 is None else l2}
    elif l2 is not None:
        settings["alpha"] = l2
    if model == "conv":
        sides = None if size is None else image_files.parsed_size(size)
        return training_run.train_images(options, settings, layers=layers, augment=augment, size=sides, report=report)
    return training_run.train_mlp(options, rows(), settings, widths, activation)


def _model_for(context: typer.Context, data: str) -> Literal["tabular", "mlp"]:
    """The kind of classifier where --model is not given: tabular for a whole table, unless an option is not for it."""
    from chainrule.cli import array_files, table_files
    from chainrule.cli.block_files import is_in_blocks

    whole = not array_files.is_array_file(data) and data not in table_files.BUILT_IN and not is_in_blocks(data)
    given = [models for option, models in ONLY_FOR.items() if _given(context, option)]
    return "tabular" if whole and all("tabular" in models for models in given) else "mlp"


def _given(context: typer.Context, name: str) -> bool:
    """True if the option was given on the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _widths(text: str) -> tuple[int, ...]:
    """The widths that --hidden gives."""
    words = [word.strip() for word in text.split(",")] if text.strip(" ,") else []
    if not all(word.isdecimal() and int(word) > 0 for word in words):
        raise CommandError(f"--hidden: expected widths such as 100 or 100,50, got {text!r}", status=USAGE)
    return tuple(map(int, words))


def _strength(text: str) -> float | None:
    """The number that --C gives; None for auto."""
    if text == "auto":
        return None
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not number > 0:
        raise CommandError(f"--C: expected auto or a number above 0, got {text!r}", status=USAGE)
    return number


def stem(data: str) -> str:
    """The name of a data source without its ending; files made from it get this name."""
    kind, packed = r"\.(csv|tsv|parquet|pq|arrow|feather|ipc|csr|npz|npy|svmlight|libsvm|svm)", r"\.(gz|bz2)"
    name = re.sub(f"({kind})?({packed})?$", "", Path(data).name)
    if glob.has_magic(name) and not Path(data).exists():
        # part-*.npy becomes "part", and run/*.npy "run".
        name = re.split(r"[*?[]", name)[0].rstrip("-_. ") or Path(data).absolute().parent.name
    return "model" if glob.has_magic(name) else name or "model"
