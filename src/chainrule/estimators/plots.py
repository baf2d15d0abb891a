"""Figures of fitted estimators, for those who look rather than read."""

from __future__ import annotations

from typing import Any


def learning_curves(model: Any) -> Any:
    """The objective of every epoch, and the validation score where there is one, as a matplotlib Figure.

    ``learning_curves(model).savefig("curves.png")`` writes a file; notebooks show the figure by itself.

    Raises
    ------
    ImportError
        If matplotlib, the extra 'report', is not installed.
    ValueError
        If the model was fitted by a solver without epochs.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("figures need matplotlib, the extra 'report': pip install 'chainrule[report]'") from None
    if not getattr(model, "loss_curve_", None):
        raise ValueError("there are no epochs to show: fit the model with a solver other than lbfgs first")
    figure = Figure(figsize=(7, 4), layout="constrained")
    losses = figure.add_subplot()
    epochs = range(1, len(model.loss_curve_) + 1)
    lines = losses.plot(epochs, model.loss_curve_, color="tab:blue", label="training objective")
    losses.set(xlabel="epoch", ylabel="training objective", ylim=(0, None))
    scores = model.validation_scores_
    if scores:
        axis = losses.twinx()
        name = model.eval_metric if isinstance(model.eval_metric, str) else "score"
        lines += axis.plot(range(1, len(scores) + 1), scores, color="tab:orange", label=f"validation {name}")
        axis.set_ylabel(f"validation {name}".replace("_", " "))
    losses.legend(handles=lines, loc="center right")
    return figure
