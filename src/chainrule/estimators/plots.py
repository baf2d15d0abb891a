"""Figures of fitted estimators: scores against C, and learning curves."""

from typing import Any

from chainrule.estimators.network_classifier import NetworkClassifier
from chainrule.estimators.notebooks import score_name, scores_by_C
from chainrule.estimators.softmax_cv import SoftmaxRegressionCV
from chainrule.extras import import_extra


def figure(width: float = 7, height: float = 4) -> Any:
    """An empty matplotlib Figure, of a size in inches.

    Raises
    ------
    ImportError
        If matplotlib, the extra 'report', is not installed.
    """
    matplotlib = import_extra("matplotlib.figure", "report", "figures need matplotlib")
    return matplotlib.Figure(figsize=(width, height), layout="constrained")


def scores_of_path(model: SoftmaxRegressionCV) -> Any:
    """A Figure of the scores of a fitted `SoftmaxRegressionCV` against C: each fold, the mean, and the chosen C.

    Raises
    ------
    ImportError
        If matplotlib, the extra 'report', is not installed.

    Examples
    --------
    >>> from chainrule import SoftmaxRegressionCV
    >>> model = SoftmaxRegressionCV(Cs=[0.1, 1.0, 10.0], cv=2)
    >>> drawn = scores_of_path(model.fit([[0.0], [1.0], [2.0], [3.0]] * 2, [0, 0, 1, 1] * 2))
    >>> [len(line.get_xdata()) for line in drawn.axes[0].lines[:3]]
    [3, 3, 3]
    """
    drawn = figure()
    axis = drawn.add_subplot()
    Cs, scores, best = scores_by_C(model)
    for fold in scores:
        axis.plot(Cs, fold, color="tab:blue", alpha=0.25, linewidth=1)
    axis.plot(Cs, scores.mean(axis=0), color="tab:blue", marker="o", label=f"mean of {len(scores)} folds")
    axis.axvline(best, color="tab:orange", linestyle="--", label=f"chosen: C = {best:g}")
    name = model.scoring if isinstance(model.scoring, str) else "accuracy" if model.scoring is None else "score"
    axis.set(xscale="log", xlabel="C", ylabel=name.replace("neg_", "minus ").replace("_", " "))
    axis.legend()
    return drawn


def learning_curves(model: NetworkClassifier) -> Any:
    """A matplotlib Figure of the objective in every epoch and, if there are held-out samples, the score on them.

    If both are log-losses they share one axis; else the score has a panel of its own below the objective.

    ``learning_curves(model).savefig("curves.png")`` writes a file; notebooks display the returned figure.

    Raises
    ------
    ImportError
        If matplotlib, the extra 'report', is not installed.
    ValueError
        If the model was fitted by a solver without epochs.

    Examples
    --------
    >>> from chainrule import MLPClassifier
    >>> model = MLPClassifier((2,), solver="adam", callbacks=[lambda progress: progress.epoch == 3])
    >>> drawn = learning_curves(model.fit([[0.0], [1.0]], [0, 1]))
    >>> [(axis.get_ylabel(), len(axis.lines[0].get_xdata())) for axis in drawn.axes]
    [('training objective', 3)]
    """
    if not getattr(model, "loss_curve_", None):
        raise ValueError("there are no epochs to show: fit the model with a solver other than lbfgs first")
    drawn = figure()
    scores = model.validation_scores_
    apart = bool(scores) and (model.eval_metric != "log_loss" or model.loss != "log_loss")
    losses = drawn.add_subplot(2, 1, 1) if apart else drawn.add_subplot()
    epochs = range(1, len(model.loss_curve_) + 1)
    losses.plot(epochs, model.loss_curve_, color="tab:blue", label="training objective")
    losses.set(xlabel="epoch", ylabel="training objective", ylim=(0, None))
    if scores:
        axis = drawn.add_subplot(2, 1, 2, sharex=losses) if apart else losses
        name = score_name(model).replace("log_loss", "log-loss").replace("_", " ")
        axis.plot(range(1, len(scores) + 1), scores, color="tab:orange", label=name)
        axis.set(xlabel="epoch", ylabel=name if apart else "log-loss")
    for each in drawn.axes:
        each.legend(loc="best")
    return drawn
