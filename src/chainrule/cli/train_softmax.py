"""`chainrule train --model softmax`: softmax regression on a table or on rows of features."""

import warnings
from typing import Any

import numpy as np

from chainrule.cli import output, training_run
from chainrule.cli.data_set import DataSet
from chainrule.cli.errors import CommandError
from chainrule.cli.training_run import TrainingOptions
from chainrule.estimators import SoftmaxRegression, SoftmaxRegressionCV
from chainrule.estimators.plots import scores_of_path

FOLDS = 5


def train(options: TrainingOptions, every: DataSet, C: float | None, label_smoothing: float) -> int:
    """Fit, evaluate on held-out rows, and save. None for C chooses C by cross-validation."""
    samples, held_out = every.split(options.test_size, options.seed)
    settings: dict[str, Any] = {"max_iter": 1000, "label_smoothing": label_smoothing}
    if C is None:
        classifier: Any = SoftmaxRegressionCV(cv=_folds(samples), scoring="neg_log_loss", **settings)
    else:
        classifier = SoftmaxRegression(C=C, **settings)
    with output.SolverProgress() as progress, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted = training_run.fit(classifier.set_params(callbacks=[progress]), samples)
    for message in {str(warning.message) for warning in caught}:
        output.note(message)
    results = training_run.evaluate_and_save(options, fitted, held_out, draw=scores_of_path)
    results |= {
        "unreadable": every.unreadable,
        "C": float(getattr(classifier, "C_", classifier.C)),
        "gradient_norm": classifier.gradient_norm_,
        "converged": bool(classifier.converged_),
        "interrupted": classifier.interrupted_,
    }
    chosen = "" if C is not None else f", the best of {len(classifier.Cs_)} in {classifier.cv} folds"
    ended = f"gradient {classifier.gradient_norm_:.1e} after {fitted.seconds:.1f} s"
    return training_run.show(options, fitted, results, f"C = {results['C']:g}{chosen}; {ended}")


def _folds(samples: DataSet) -> int:
    """The number of folds for which each fold can have every class."""
    rarest = int(np.unique(samples.y, return_counts=True)[1].min())
    if rarest < 2:
        raise CommandError("--C auto needs every class twice, to be chosen by cross-validation; give a number instead")
    return min(FOLDS, rarest)
