"""Each option is declared once, in the panel that it belongs to, and its values are resolved for the model."""

from dataclasses import replace
from pathlib import Path

import pytest

from chainrule.cli.output import CommandError
from chainrule.cli.train import MODELS
from chainrule.cli.train_mlp import MLPOptions
from chainrule.cli.train_options import declared, stem

OWN = {"data", "solver"}
"""Options that differ between models: images are other data, and not every solver fits every model."""


def test_models_that_have_an_option_have_the_same_one():
    found = {}
    for _, options in MODELS.values():
        for field, annotation in declared(options):
            found.setdefault(field.name, []).append(annotation)
    assert sum(len(annotations) > 1 for annotations in found.values()) > 15
    for name in found.keys() - OWN:
        assert all(annotation is found[name][0] for annotation in found[name]), name


def test_arguments_come_before_options_and_panels_are_together():
    for _, options in MODELS.values():
        panels = [annotation.__metadata__[0].rich_help_panel for _, annotation in declared(options)]
        assert panels == sorted(panels, key=[None, "Data", "Model", "Training", "Output"].index)


def test_values_that_are_not_given_depend_on_solver_and_data():
    options = MLPOptions(data="a/b.csv").resolved()
    assert (options.epochs, options.learning_rate, options.l2, options.out) == (100, 3e-3, 1e-4, Path("b.chainrule"))
    options = MLPOptions(data="iris", solver="gd", l2=0.0).resolved()
    assert (options.epochs, options.learning_rate, options.l2) == (1000, 0.5, 0.0)
    options = MLPOptions(data="iris", solver="adamw", epochs=3, out=Path("m")).resolved()
    assert (options.epochs, options.settings()["weight_decay"], options.out) == (3, 0.01, Path("m"))
    assert options.resolved() == options


def test_a_solver_that_is_not_there_is_named():
    with pytest.raises(CommandError, match="--solver: expected adam, adamw, sgd, gd, got newton"):
        replace(MLPOptions(data="iris"), solver="newton").resolved()


def test_the_model_is_named_after_the_data():
    assert [stem(name) for name in ("x/y.csv.gz", "run.1.parquet", "iris", "a/part-*.npy")] == [
        *("y", "run.1", "iris", "part"),
    ]
