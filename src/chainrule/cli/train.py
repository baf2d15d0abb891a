"""`chainrule train`: fit a classifier to a built-in data set or a table, evaluate it on held-out rows, save it."""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chainrule.cli.errors import CommandError

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from chainrule.estimators import MLPClassifier

ACTIVATIONS = ("softplus", "sigmoid", "tanh", "relu", "identity")
MODELS = ("mlp", "conv", "softmax")
SOLVERS = ("adam", "adamw", "sgd", "gd")
LEARNING_RATES = {"adam": 3e-3, "adamw": 3e-3, "sgd": 0.05, "gd": 0.5}
EPOCHS = {"adam": 100, "adamw": 100, "sgd": 100, "gd": 1000}
FEWEST_TO_VALIDATE = 50
"""With fewer training rows, none are spared to choose the best epoch."""


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
    """Raise CommandError if one of these options was given, which only another model has."""
    for name in names:
        if _given(context, name):
            option = {"penalty": "C"}.get(name, name.replace("_", "-"))
            raise CommandError(f"--{option}: only for --model {model}", status=2)


def _given(context: typer.Context, name: str) -> bool:
    """Whether the option stands on the command line."""
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
            help="digits, iris, wine, breast_cancer, or a .csv, .tsv, .csv.gz or .parquet file; for softmax also .npz, "
            ".npy (with --labels) or .svmlight; for conv digits, a folder with one folder of pictures per class, IDX "
            "files, or a .npz file."
        ),
    ],
    model: Annotated[str, typer.Option(callback=_one_of(MODELS), help=", ".join(MODELS))] = "mlp",
    target: Annotated[str | None, typer.Option(help="The column to predict; needed for tables.")] = None,
    penalty: Annotated[
        str, typer.Option("--C", help="For softmax: C in |W|^2 / (2 C), or auto, chosen by cross-validation.")
    ] = "auto",
    labels: Annotated[Path | None, typer.Option(help="For softmax: a file of labels for .npy features.")] = None,
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
            help="The first step size, which falls to 0 along a cosine [adam 0.003, sgd 0.05, gd 0.5].",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Decides the split and all random draws.")] = 0,
    test_size: Annotated[
        float, typer.Option(callback=_within(0, 1, open_low=True), help="Share of the rows held out.")
    ] = 0.2,
    out: Annotated[Path | None, typer.Option(help="The model file [NAME.chainrule].")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from where an interrupted run with the same options stopped.")
    ] = False,
    curves: Annotated[
        Path | None, typer.Option(help="Draw the learning curves (softmax: the scores against C) to a file.")
    ] = None,
    tensorboard: Annotated[Path | None, typer.Option(help="Log every epoch to a directory for TensorBoard.")] = None,
    layers: Annotated[
        str,
        typer.Option(
            help="For conv: such as 'conv 32 3x3 pad 1, relu, pool 2, flatten, linear 10'; where no linear layer ends "
            "them, one is added."
        ),
    ] = "auto",
    augment: Annotated[
        str, typer.Option(help="For conv: random changes of images, such as 'shift 2, flip'; '' for none.")
    ] = "shift 1",
    size: Annotated[
        str | None, typer.Option(help="For conv: height x width to which pictures are scaled [those of most].")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="For conv: a directory for report.html, with curves, mistakes and saliency.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> int:
    """Train a classifier, evaluate it on held-out rows, and save it in one file."""
    if model == "softmax":
        from chainrule.cli import softmax

        _only_for(
            context, "mlp", ("hidden", "activation", "dropout", "epochs", "learning_rate", "batch_size", "solver")
        )
        _only_for(context, "mlp", ("l2", "resume", "tensorboard"))
        _only_for(context, "conv", ("layers", "augment", "size", "report"))
        # Probabilities as they are: the penalty is what keeps them from certainty.
        smoothing = label_smoothing if _given(context, "label_smoothing") else 0.0
        return softmax.train(
            softmax.Options(
                data=data,
                target=target,
                labels=labels,
                C=_strength(penalty),
                label_smoothing=smoothing,
                seed=seed,
                test_size=test_size,
                out=out or Path(f"{stem(data)}.chainrule"),
                curves=curves,
                json=json,
            )
        )
    _only_for(context, "softmax", ("penalty", "labels"))
    if model == "conv":
        from chainrule.cli import images

        _only_for(context, "mlp", ("target", "hidden", "activation"))
        if solver == "gd":
            raise CommandError("--solver: gd is for --model mlp; conv takes adam, adamw or sgd")
        return images.train(
            images.Options(
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
                out=out,
                resume=resume,
                curves=curves,
                tensorboard=tensorboard,
                report=report,
                json=json,
            )
        )
    _only_for(context, "conv", ("layers", "augment", "size", "report"))
    from chainrule.cli import data as source
    from chainrule.cli import model as models
    from chainrule.cli import output
    from chainrule.estimators.callbacks import TensorBoardLog
    from chainrule.estimators.plots import learning_curves

    path = out or Path(f"{stem(data)}.chainrule")
    models.check_writable(path)
    if curves is not None:
        models.check_writable(curves, "--curves")
    callbacks: list[Any] = [] if tensorboard is None else [TensorBoardLog(tensorboard)]
    checkpoint = path.with_name(path.name + ".part")
    if resume and not checkpoint.exists():
        output.note(f"there is no interrupted run to resume ({checkpoint}); starting anew")
    table, known_target = source.read(data)
    if target is None and known_target is None:
        raise CommandError(f"--target: name the column to predict; {table.name} has {output.listed(table.columns)}")
    target_name = str(target or known_target)
    features, target_values = source.split_target(table, target_name)
    y = source.as_labels(target_values, f"{table.name}: the target {target_name!r}")
    check_classes(y, f"target {target_name!r}")
    train_rows, test_rows = models.split_rows(y, test_size, seed)
    pipeline = _pipeline(
        _widths(hidden),
        activation=activation,
        solver=solver,
        l2=l2,
        label_smoothing=label_smoothing,
        dropout=dropout,
        batch_size=batch_size,
        epochs=epochs or EPOCHS[solver],
        learning_rate=learning_rate or LEARNING_RATES[solver],
        seed=seed,
        y=y[train_rows],
    )
    classifier = pipeline.named_steps["classifier"]
    started = time.perf_counter()
    with output.TrainingProgress() as progress, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not resume:
            checkpoint.unlink(missing_ok=True)
        classifier.set_params(callbacks=[progress, *callbacks], checkpoint=checkpoint)
        train_features = {name: values[train_rows] for name, values in features.items()}
        pipeline.fit(train_features, y[train_rows])
    seconds = time.perf_counter() - started
    interrupted = classifier.stopped_by_ == "interrupt"
    if interrupted and not classifier.n_iter_:
        raise KeyboardInterrupt
    for name, reason in pipeline.named_steps["encoder"].left_out_.items():
        output.note(f"column {name!r} is left out: {reason}")
    test_features = {name: values[test_rows] for name, values in features.items()}
    results = models.metrics(y[test_rows], pipeline.predict_log_proba(test_features), pipeline.classes_)
    if curves is not None:
        learning_curves(classifier).savefig(curves, dpi=150)
    models.save_model(pipeline, path, models.Origin(data, target_name, test_size, seed))
    results |= {
        "n_train": len(train_rows),
        "n_test": len(test_rows),
        "epochs": classifier.n_iter_,
        "seconds": round(seconds, 3),
        "seed": seed,
        "interrupted": interrupted,
        "model": str(path),
    }
    if json:
        output.print_json(results)
    else:
        output.print_metrics(results, f"{table.name}: {len(test_rows)} rows held out, {len(train_rows)} trained on")
        output.print_line(f"{classifier.n_iter_} epochs in {seconds:.1f} s; model saved to {path}")
    if interrupted:
        print(
            f"interrupted: the best weights so far were kept and saved to {path}; --resume goes on from there",
            file=sys.stderr,
        )
    return 130 if interrupted else 0


def stem(data: str) -> str:
    """The name of a source, for the files made from it."""
    name = Path(data).name
    for ending in (".gz", ".bz2", ".csv", ".tsv", ".parquet", ".npz", ".npy", ".svmlight", ".libsvm", ".svm"):
        name = name.removesuffix(ending) if name.lower().endswith(ending) else name
    return name or "model"


def check_classes(y: Any, what: str) -> None:
    """Raise CommandError unless the labels have several classes, at least one of them twice."""
    import numpy as np

    classes, counts = np.unique(y, return_counts=True)
    if len(classes) < 2:
        raise CommandError(f"the {what} holds a single class ({classes[0]!r}); a classifier needs at least two")
    if counts.max() == 1:
        raise CommandError(f"the {what} is different in every row; a classifier needs repeated classes")


def _pipeline(
    widths: tuple[int, ...],
    *,
    activation: str,
    solver: str,
    l2: float | None,
    label_smoothing: float,
    dropout: float,
    batch_size: int,
    epochs: int,
    learning_rate: float,
    seed: int,
    y: Any,
) -> Pipeline:
    from sklearn.pipeline import Pipeline

    from chainrule.estimators import MLPClassifier
    from chainrule.estimators.tables import TableEncoder

    decoupled = solver == "adamw"
    classifier: MLPClassifier = MLPClassifier(
        widths,
        activation,
        solver=solver,
        alpha=0.0 if decoupled else (1e-4 if l2 is None else l2),
        weight_decay=0.01 if l2 is None else l2,
        label_smoothing=label_smoothing,
        dropout=dropout,
        batch_size=min(batch_size, len(y)),
        max_iter=epochs,
        learning_rate="cosine",
        learning_rate_init=learning_rate,
        random_state=seed,
        early_stopping=len(y) >= FEWEST_TO_VALIDATE,
        eval_metric="log_loss",
        # The cosine's last, small steps are the best ones: the run is never cut short.
        n_iter_no_change=epochs,
        tol=0.0,
    )
    return Pipeline([("encoder", TableEncoder()), ("classifier", classifier)])
