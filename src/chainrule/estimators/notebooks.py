"""Curves and tables for notebooks, which stand below scikit-learn's diagram of a fitted model."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from chainrule.arrays import Array

WIDTH, HEIGHT, MARGIN, LEFT = 240, 110, 18, 48
"""Pixels of a curve, and of the space around it and to its left for labels."""
MOST_POINTS = 500
"""Most points of a curve."""
MOST_ROWS = 100
"""Most rows of a table, since data may have thousands of columns."""


def html_table(caption: str, lines: Sequence[tuple[Any, str]]) -> str:
    """A table of names and texts, all escaped, which opens on a click.

    Parameters
    ----------
    caption : str
    lines : sequence of (name, text)
        Beyond a hundred, they are only counted.

    Examples
    --------
    >>> html_table("Columns", [("<b>", "3 categories")])
    '<details><summary>Columns (1)</summary><table><tr><th>&lt;b&gt;</th><td>3 categories</td></tr></table></details>'
    """
    rows = [f"<tr><th>{escape(str(name))}</th><td>{escape(text)}</td></tr>" for name, text in lines]
    more = f"<tr><td>and {len(rows) - MOST_ROWS} more</td></tr>" if len(rows) > MOST_ROWS else ""
    title = f"<summary>{escape(caption)} ({len(rows)})</summary>"
    return f"<details>{title}<table>{''.join(rows[:MOST_ROWS])}{more}</table></details>"


class ShownInNotebooks:
    """A scikit-learn estimator that shows more than its diagram when it is fitted: by default, its curves."""

    def _fitted_html(self) -> str:
        """The HTML below the diagram; called after a fit."""
        return curves_of(self)

    def _repr_html_inner(self) -> str:
        diagram = str(super()._repr_html_inner())  # type: ignore[misc]  # of scikit-learn's BaseEstimator
        return diagram + self._fitted_html() if hasattr(self, "classes_") else diagram

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        bundle: dict[str, str] = super()._repr_mimebundle_(**options)  # type: ignore[misc]  # likewise
        return bundle | ({"text/html": self._repr_html_inner()} if "text/html" in bundle else {})


def curves_of(model: Any) -> str:
    """The curves of a fit as HTML: objective and validation score by epoch, or scores by C; and the certificate."""
    drawn = []
    losses, scores = getattr(model, "loss_curve_", None), getattr(model, "validation_scores_", None)
    if losses is not None and len(losses) > 1:
        drawn.append(curve("training objective", "epoch", range(1, len(losses) + 1), losses))
    if losses is not None and scores is not None and len(scores) > 1:
        drawn.append(curve(score_name(model).replace("_", " "), "epoch", range(1, len(scores) + 1), scores))
    if hasattr(model, "Cs_"):
        Cs, of_folds, best = scores_by_C(model)
        title = f"mean score of the folds, best at C = {best:.3g}"
        drawn += [curve(title, "log10 C", np.log10(Cs), of_folds.mean(axis=0))] if len(Cs) > 1 else []
    certificate = getattr(model, "certificate_", None)
    note = "" if certificate is None else f"<p>{escape(str(certificate))}</p>"
    return f"<div>{''.join(drawn)}{note}</div>" if drawn or note else ""


def score_name(model: Any) -> str:
    """The name of a network's `validation_scores_`: samples that chose no epoch are no validation samples."""
    metric = model.eval_metric if isinstance(model.eval_metric, str) else "score"
    return f"{'held-out' if model.best_validation_score_ is None else 'validation'} {metric}"


def scores_by_C(model: Any) -> tuple[Array, Array, float]:
    """The values of C in their order, the scores of shape (folds, values), and the chosen C."""
    order = model.Cs_.argsort()
    # Scores that are kept by class are the same for all classes, and for all values of l1_ratio.
    by_class = isinstance(model.scores_, dict)
    scores = next(iter(model.scores_.values())) if by_class else model.scores_[:, 0]
    scores = scores.reshape(len(scores), len(order), -1)[..., 0]
    return model.Cs_[order], scores[:, order], float(model.C_[0] if by_class else model.C_)


def curve(title: str, label: str, x: Sequence[float] | Array, y: Sequence[float] | Array) -> str:
    """A line through points as SVG, with the ends of both axes as numbers, in the colour of the text around.

    Examples
    --------
    >>> curve("loss", "epoch", [1, 2, 3], [4.0, 2.0, 1.0]).count("<text")
    6
    """
    step = max(1, -(-len(x) // MOST_POINTS))
    points = np.column_stack([x, y]).astype(np.float64)[::step]
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return ""
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.array([WIDTH, HEIGHT])
    placed = (points - low) / np.where(high > low, high - low, 1.0) * size
    line = " ".join(f"{LEFT + a:.1f},{MARGIN + HEIGHT - b:.1f}" for a, b in placed.tolist())
    bottom = HEIGHT + 2 * MARGIN - 4
    texts = [
        (LEFT, MARGIN - 5, "start", title),
        (LEFT - 4, MARGIN + 9, "end", f"{high[1]:.4g}"),
        (LEFT - 4, MARGIN + HEIGHT, "end", f"{low[1]:.4g}"),
        (LEFT, bottom, "start", f"{low[0]:g}"),
        (LEFT + WIDTH / 2, bottom, "middle", label),
        (LEFT + WIDTH, bottom, "end", f"{high[0]:g}"),
    ]
    words = "".join(
        f'<text x="{a}" y="{b}" text-anchor="{anchor}" fill="currentColor">{escape(text)}</text>'
        for a, b, anchor, text in texts
    )
    frame = f'<rect x="{LEFT}" y="{MARGIN}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="currentColor" '
    return (
        f'<svg width="{LEFT + WIDTH + MARGIN}" height="{HEIGHT + 2 * MARGIN}" font-size="11" role="img" '
        f'aria-label="{escape(title)}">{frame}opacity="0.3"/>'
        f'<polyline points="{line}" fill="none" stroke="#1f77b4" stroke-width="1.5"/>{words}</svg>'
    )
