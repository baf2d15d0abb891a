"""`chainrule train tabular`: networks and softmax regression for a table."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Annotated

import typer

from chainrule.cli.output import CommandError
from chainrule.cli.train_config import RunRecord
from chainrule.cli.train_options import TRAINING, RowOptions, below
from chainrule.progress import shown


@dataclass(frozen=True, kw_only=True)
class TabularOptions(RowOptions):
    """The options of classifiers for tables."""

    search: Annotated[
        int,
        typer.Option(min=0, help="How many other network settings to try, drawn at random.", rich_help_panel=TRAINING),
    ] = 0
    time_limit: Annotated[
        float | None,
        typer.Option(
            callback=below(float("inf"), positive=True), help="Maximum seconds for networks.", rich_help_panel=TRAINING
        ),
    ] = None


def tabular(options: TabularOptions, config: RunRecord) -> int:
    """The average of networks, one per fold, and softmax regression, for a table in memory. The default for tables.

    In a column of numbers, a cell that is not a number counts as missing and is reported. A column is read as words if
    more than one cell in ten is not a number, apart from marks like "-" and "n/a".
    """
    from chainrule.cli import training_run
    from chainrule.estimators import SmoothScaler, TabularClassifier
    from chainrule.storage import StoredRows

    run = training_run.begin(options, config)
    every = training_run.rows(options)
    if hasattr(every.X, "tocsr") or isinstance(every.X, StoredRows):
        raise CommandError("tabular takes whole tables and dense rows; choose mlp or softmax")
    every = every if every.encoder is not None else replace(every, encoder=SmoothScaler())
    samples, held_out = every.split(options.test_size, options.seed)
    classifier = TabularClassifier(
        encode=False, random_state=options.seed, search=options.search, time_limit=options.time_limit
    )
    with shown(True), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = training_run.fit(classifier, samples)
    results = training_run.evaluate_and_save(run, fitted, held_out) | {
        "unreadable": every.unreadable,
        "interrupted": classifier.interrupted_,
        "epochs": classifier.n_iter_,
        "parts": classifier.parts(),
    }
    training_run.write_report(run, fitted, held_out, results)
    lines = "\n".join(f"{part['weight']:.2f} {part['name']}" for part in results["parts"])
    return training_run.show(
        run, fitted, results, f"the probabilities are the mean of\n{lines}\nin {fitted.seconds:.1f} s"
    )
