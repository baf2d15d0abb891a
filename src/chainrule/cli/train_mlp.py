"""`chainrule train mlp`: a multilayer perceptron."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import typer

from chainrule.cli.completion import activations
from chainrule.cli.output import USAGE, CommandError
from chainrule.cli.train_config import RunRecord
from chainrule.cli.train_options import MODEL, BlockOptions, NetworkOptions, Solver

FEWEST_TO_VALIDATE = 50
"""Fewest training rows of which some are held out to choose the best epoch."""


def _activation(value: str) -> str:
    """A check that a word names an activation."""
    from chainrule.rules import activation_names

    if value not in activation_names():
        raise typer.BadParameter(
            f"expected one of {', '.join(activation_names())}, or your own rule, which --import MODULE registers"
        )
    return value


@dataclass(frozen=True, kw_only=True)
class MLPOptions(BlockOptions, NetworkOptions):
    """The options of multilayer perceptrons."""

    DEFAULTS: ClassVar = {"adam": (100, 3e-3), "adamw": (100, 3e-3), "sgd": (100, 0.05), "gd": (1000, 0.5)}

    hidden: Annotated[
        str,
        typer.Option(help="Widths of the hidden layers, such as 100,50; '' for none.", rich_help_panel=MODEL),
    ] = "256"
    activation: Annotated[
        str,
        typer.Option(
            callback=_activation,
            help="relu, mish, selu, softplus, tanh, sigmoid, identity, or your own rule.",
            autocompletion=activations,
            rich_help_panel=MODEL,
        ),
    ] = "relu"
    solver: Annotated[Literal["adam", "adamw", "sgd", "gd"], Solver] = "adam"

    def widths(self) -> tuple[int, ...]:
        """The widths that --hidden gives."""
        words = [word.strip() for word in self.hidden.split(",")] if self.hidden.strip(" ,") else []
        if not all(word.isdecimal() and int(word) > 0 for word in words):
            raise CommandError(f"--hidden: expected widths such as 100 or 100,50, got {self.hidden!r}", status=USAGE)
        return tuple(map(int, words))


def mlp(options: MLPOptions, config: RunRecord) -> int:
    """A multilayer perceptron, for rows in memory or in files of any size. The default, except for tables.

    Tables that are read in blocks must hold only numbers, with no missing cell; --drop leaves out other columns.
    """
    widths = options.widths()
    from chainrule.cli import training_run
    from chainrule.estimators import MLPClassifier, SmoothScaler

    run = training_run.begin(options, config, resume=options.resume)
    every = training_run.rows(options, options.blocks)
    # Sparse rows are usually scaled counts of words; scaling again would turn zeros into other numbers.
    if every.encoder is None and not (hasattr(every.X, "tocsr") or getattr(every.X, "sparse", False)):
        every = replace(every, encoder=SmoothScaler())
    samples, held_out = every.split(options.test_size, options.seed)
    validated = len(samples.y) >= FEWEST_TO_VALIDATE
    classifier: Any = MLPClassifier(
        widths, options.activation, early_stopping=validated, eval_metric="log_loss", **options.settings()
    )
    # With validation rows the curves show their log-loss, which chooses the epoch.
    fitted = training_run.fit_network(run, classifier, samples, None if validated else held_out)
    results = training_run.evaluate_and_save(run, fitted, held_out) | {"unreadable": every.unreadable}
    training_run.write_report(run, fitted, held_out, results)
    return training_run.show_network(run, fitted, results)
