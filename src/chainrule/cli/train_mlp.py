"""`chainrule train --model mlp`: a multilayer perceptron on a table or on rows of features."""

from dataclasses import replace
from typing import Any

from chainrule.cli import training_run
from chainrule.cli.data_set import DataSet
from chainrule.cli.training_run import TrainingOptions
from chainrule.estimators import MLPClassifier, SmoothScaler

FEWEST_TO_VALIDATE = 50
"""Fewest training rows of which some are held out to choose the best epoch."""


def train(
    options: TrainingOptions, every: DataSet, settings: dict[str, Any], hidden: tuple[int, ...], activation: str
) -> int:
    """Fit, evaluate on held-out rows, and save. The settings are keywords of MLPClassifier."""
    # Sparse rows are usually scaled counts of words; scaling again would turn zeros into other numbers.
    if every.encoder is None and not hasattr(every.X, "tocsr"):
        every = replace(every, encoder=SmoothScaler())
    samples, held_out = every.split(options.test_size, options.seed)
    classifier: MLPClassifier = MLPClassifier(
        hidden,
        activation,
        early_stopping=len(samples.y) >= FEWEST_TO_VALIDATE,
        eval_metric="log_loss",
        **settings,
    )
    fitted = training_run.fit_network(options, classifier, samples)
    results = training_run.evaluate_and_save(options, fitted, held_out) | {"unreadable": every.unreadable}
    return training_run.show_network(options, fitted, results)
