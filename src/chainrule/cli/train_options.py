"""Options of `chainrule train` that several models take, each declared once; the options of a model combine these.

The fields of the dataclasses are the options of the command line, and the keys of configuration files.
"""

import glob
import re
import shlex
from collections.abc import Callable
from dataclasses import Field, dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, get_type_hints

import typer

from chainrule.cli.completion import data_names
from chainrule.cli.output import USAGE, CommandError
from chainrule.cli.user_modules import Imports

DATA, MODEL, TRAINING, OUTPUT = "Data", "Model", "Training", "Output"
"""The panels of the help."""


def below(high: float, *, positive: bool = False) -> Callable[[float | None], float | None]:
    """A check that a number lies in [0, high) or, if it must be positive, in (0, high)."""

    def check(value: float | None) -> float | None:
        if value is not None and not (0 <= value < high and (value > 0 or not positive)):
            raise typer.BadParameter(f"expected a number in {'(' if positive else '['}0, {high:g})")
        return value

    return check


LabelSmoothing = Annotated[
    float,
    typer.Option(
        callback=below(1),
        help="Share of each target spread over all classes. Improves network accuracy; 0 gives better log-loss.",
        rich_help_panel=TRAINING,
    ),
]
Labels = Annotated[
    Path | None,
    typer.Option(
        help="A file of labels for the rows or images of a .npy file; for rows, also a glob.", rich_help_panel=DATA
    ),
]
Solver = typer.Option(help="The optimiser.", rich_help_panel=TRAINING)


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The options of all models."""

    data: str
    test_size: Annotated[
        float,
        typer.Option(
            callback=below(1), help="Share of the rows to hold out; 0 trains on all rows.", rich_help_panel=DATA
        ),
    ] = 0.2
    imports: Imports = None
    seed: Annotated[
        int,
        typer.Option(min=0, max=2**32 - 1, help="Seed of the split and of all random draws.", rich_help_panel=TRAINING),
    ] = 0
    out: Annotated[Path | None, typer.Option(help="The model file [NAME.chainrule].", rich_help_panel=OUTPUT)] = None
    report: Annotated[
        Path | None,
        typer.Option(help="A directory for report.html, a page about the model.", rich_help_panel=OUTPUT),
    ] = None
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Replace existing files and discard an interrupted run.", rich_help_panel=OUTPUT
        ),
    ] = False
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of tables.", rich_help_panel=OUTPUT)
    ] = False

    def resolved(self) -> Self:
        """The same, with values for the options that were not given and have no fixed default."""
        return self if self.out is not None else replace(self, out=Path(f"{stem(self.data)}.chainrule"))


@dataclass(frozen=True, kw_only=True)
class ResumeOptions(RunOptions):
    """The options of models that are fitted in steps."""

    label_smoothing: LabelSmoothing = 0.05
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Continue an interrupted run; give the same options as before.",
            rich_help_panel=TRAINING,
        ),
    ] = False
    curves: Annotated[
        Path | None,
        typer.Option(
            help="Draw the learning curves (softmax: the scores against C) to a file.", rich_help_panel=OUTPUT
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class RowOptions(RunOptions):
    """The options of models of rows: where they are, and their columns."""

    data: Annotated[
        str,
        typer.Argument(
            help="digits, iris, wine, breast_cancer, a .csv, .tsv, .csv.gz or .parquet file, a .npz or .svmlight file "
            "of features and labels, or a .npy file with --labels. softmax and mlp read some data in blocks, so that "
            "it may be larger than memory: a glob in quotes such as 'run/*.parquet', .arrow files, .csr folders, and "
            ".npy and .parquet files larger than a quarter of memory.",
            metavar="DATA",
            autocompletion=data_names,
        ),
    ]
    target: Annotated[
        str | None, typer.Option(help="The column to predict; needed for tables.", rich_help_panel=DATA)
    ] = None
    labels: Labels = None
    held_out_rows: Annotated[
        Path | None,
        typer.Option(help="Write the numbers of the rows held out to a CSV file.", rich_help_panel=OUTPUT),
    ] = None
    drop_unlabelled: Annotated[
        bool,
        typer.Option(
            "--drop-unlabelled",
            help="Leave out the rows of a table in which the target is missing.",
            rich_help_panel=DATA,
        ),
    ] = False
    drop: Annotated[
        list[str] | None,
        typer.Option(help="A column of a table to ignore; may be given several times.", rich_help_panel=DATA),
    ] = None
    words: Annotated[
        list[str] | None,
        typer.Option(
            help="A column to read as categories, such as postal codes; may be given several times.",
            rich_help_panel=DATA,
        ),
    ] = None
    text: Annotated[
        list[str] | None,
        typer.Option(
            help="A column of sentences, whose words are counted; may be given several times.", rich_help_panel=DATA
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class BlockOptions(RowOptions):
    """The option of models that are fitted to files of any size."""

    blocks: Annotated[
        bool,
        typer.Option("--blocks", help="Read small .npy and .parquet files in blocks too.", rich_help_panel=DATA),
    ] = False


@dataclass(frozen=True, kw_only=True)
class NetworkOptions(ResumeOptions):
    """The options of networks: their steps."""

    solver: str = "adam"  # each model has its own choice
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1, help="Passes over the data; by default 100 for mlp (gd 1000), 30 for conv.", rich_help_panel=TRAINING
        ),
    ] = None
    batch_size: Annotated[int, typer.Option(min=1, help="Rows per step; gd uses all.", rich_help_panel=TRAINING)] = 64
    learning_rate: Annotated[
        float | None,
        typer.Option(
            callback=below(float("inf"), positive=True),
            help="The initial learning rate, which falls to 0 along a cosine; by default 0.003 for mlp (sgd "
            "0.05, gd 0.5), 0.002 for conv (sgd 0.02).",
            rich_help_panel=TRAINING,
        ),
    ] = None
    l2: Annotated[
        float | None,
        typer.Option(
            callback=below(float("inf")),
            help="Strength of the L2 penalty, alpha in alpha/2 |W|^2 [1e-4]; for adamw, the weight decay [0.01].",
            rich_help_panel=TRAINING,
        ),
    ] = None
    dropout: Annotated[
        float,
        typer.Option(callback=below(1), help="Share of hidden units dropped in each step.", rich_help_panel=TRAINING),
    ] = 0.3
    tensorboard: Annotated[
        Path | None, typer.Option(help="Log every epoch to a directory for TensorBoard.", rich_help_panel=OUTPUT)
    ] = None

    DEFAULTS: ClassVar[dict[str, tuple[int, float]]]
    """Epochs and initial learning rate by solver."""

    def resolved(self) -> Self:
        """The same, with values for the options that were not given."""
        if self.solver not in self.DEFAULTS:
            raise CommandError(f"--solver: expected {', '.join(self.DEFAULTS)}, got {self.solver}", status=USAGE)
        epochs, learning_rate = self.DEFAULTS[self.solver]
        return replace(
            super().resolved(),
            epochs=self.epochs or epochs,
            learning_rate=self.learning_rate or learning_rate,
            l2=self.l2 if self.l2 is not None else 0.01 if self.solver == "adamw" else 1e-4,
        )

    def settings(self) -> dict[str, Any]:
        """The keywords of the classifier, for resolved options."""
        penalty = {"alpha": 0.0, "weight_decay": self.l2} if self.solver == "adamw" else {"alpha": self.l2}
        return penalty | {
            "solver": self.solver,
            "label_smoothing": self.label_smoothing,
            "dropout": self.dropout,
            "batch_size": self.batch_size,
            "max_iter": self.epochs,
            "learning_rate": "cosine",
            "learning_rate_init": self.learning_rate,
            "random_state": self.seed,
            # Never stop early: the small steps at the end of the cosine schedule improve the fit most.
            "n_iter_no_change": self.epochs,
            "tol": 0.0,
        }


def declared(options: type[RunOptions]) -> list[tuple[Field[Any], Any]]:
    """The fields of some options with their declarations, in the order of the panels; arguments come first."""
    hints = get_type_hints(options, include_extras=True)
    panels = [None, DATA, MODEL, TRAINING, OUTPUT]
    found = [(field, hints[field.name]) for field in fields(options)]
    return sorted(found, key=lambda pair: panels.index(_panel(pair[1])))


def _panel(hint: Any) -> str | None:
    found: str | None = getattr(getattr(hint, "__metadata__", [None])[0], "rich_help_panel", None)
    return found


def for_pictures(data: str) -> str:
    """The command that trains on a folder of pictures.

    >>> for_pictures("my shapes")
    "chainrule train conv 'my shapes'"
    """
    return shlex.join(["chainrule", "train", "conv", data])


def stem(data: str) -> str:
    """The name of a data source without its ending; files made from it get this name."""
    kind, packed = r"\.(csv|tsv|parquet|pq|arrow|feather|ipc|csr|npz|npy|svmlight|libsvm|svm)", r"\.(gz|bz2)"
    name = re.sub(f"({kind})?({packed})?$", "", Path(data).name)
    if glob.has_magic(name) and not Path(data).exists():
        # part-*.npy becomes "part", and run/*.npy "run".
        name = re.split(r"[*?[]", name)[0].rstrip("-_. ") or Path(data).absolute().parent.name
    return "model" if glob.has_magic(name) else name or "model"
