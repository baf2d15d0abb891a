"""Figures over many tables: ratios of geometric means with bootstrap intervals, ranks and seconds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

SHIFT = 0.01
"""Added to errors and log-losses before their logarithms are averaged, so that tables without errors do not decide."""
DRAWS = 2000
FOLDS = 5
DIFFERENCES = ["", "table", "error", "plain", "corrected", "log-loss", "plain", "corrected"]
"""The header of `differences`: after each difference, its two standard errors."""

Figures = dict[str, dict[str, list[dict[str, float]]]]
"""By contestant and table, the figures of each fold."""


def means(found: Figures, contestant: str, tables: Sequence[str], figure: str) -> Any:
    """The mean over the folds of each table."""
    return np.array([np.mean([fold[figure] for fold in found[contestant][table]]) for table in tables])


def compared(ours: Any, others: Any) -> tuple[float, float, float]:
    """The ratio of shifted geometric means less one, and its 90 % interval when tables are drawn anew.

    >>> [round(x, 3) for x in compared(np.array([0.09, 0.19]), np.array([0.19, 0.39]))]
    [-0.5, -0.5, -0.5]
    """
    logs = np.log((ours + SHIFT) / (others + SHIFT))
    drawn = np.random.default_rng(0).choice(logs, (DRAWS, len(logs))).mean(axis=1)
    low, high = np.quantile(drawn, [0.05, 0.95])
    return float(np.expm1(logs.mean())), float(np.expm1(low)), float(np.expm1(high))


def standard_errors(differences: Any, folds: int = FOLDS) -> tuple[float, float]:
    """Two standard errors of the mean difference over the folds of repeated cross-validation.

        plain = s / sqrt(J),      corrected = s sqrt(1 / J + n_test / n_train)

    The plain one takes the J folds as independent. They share most of their rows of training, so that it falls to 0
    with the repetitions whatever the sample. Source of the other: Nadeau and Bengio (2003).

    >>> [round(x, 2) for x in standard_errors(np.array([0.0, 2.0, 0.0, 2.0]))]  # s^2 = 4 / 3
    [0.58, 0.82]
    """
    variance, count = float(np.var(differences, ddof=1)), len(differences)
    return (variance / count) ** 0.5, (variance * (1 / count + 1 / (folds - 1))) ** 0.5


def differences(found: Figures, tables: Sequence[str], base: str) -> list[list[str]]:
    """A row for each contestant and table: its error and log-loss less the base's, with both standard errors."""
    rows = []
    for name, table in ((name, table) for name in found if name != base for table in tables):
        row = [name, table]
        for figure in ("error", "log_loss"):
            ours, others = (np.array([fold[figure] for fold in found[one][table]]) for one in (name, base))
            plain, corrected = standard_errors(ours - others)
            row += [f"{np.mean(ours - others):+.4f}", f"{plain:.4f}", f"{corrected:.4f}"]
        rows.append(row)
    return rows


def ranks(found: Figures, tables: Sequence[str], figure: str) -> dict[str, float]:
    """The mean rank of each contestant, 1 for the smallest figure; ties share their ranks."""
    from scipy.stats import rankdata

    names = list(found)
    table = np.array([means(found, name, tables, figure) for name in names])
    return dict(zip(names, rankdata(table, axis=0).mean(axis=1).tolist(), strict=True))


def lines(found: Figures, tables: Sequence[str], base: str) -> list[list[str]]:
    """A row for each contestant: error and log-loss against the base, mean ranks, calibration error, CPU seconds."""
    by_error, by_loss = ranks(found, tables, "error"), ranks(found, tables, "log_loss")
    rows = []
    for name in found:
        error, loss = (
            compared(means(found, name, tables, figure), means(found, base, tables, figure))
            for figure in ("error", "log_loss")
        )
        rows.append(
            [
                name,
                *(f"{100 * mean:+.1f} % ({100 * low:+.1f} to {100 * high:+.1f})" for mean, low, high in (error, loss)),
                f"{by_error[name]:.1f}",
                f"{by_loss[name]:.1f}",
                f"{means(found, name, tables, 'calibration').mean():.3f}",
                f"{means(found, name, tables, 'seconds').sum():.1f}",
            ]
        )
    return rows


def drawn(found: Figures, tables: Sequence[str], base: str, ours: str = "TabularClassifier") -> Any:
    """Log-loss and error against the base over the CPU seconds of all tables, as a matplotlib Figure.

    The ground is white, so that the figure can be read on dark pages too.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.5), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 2)
    for axis, name, words in zip(axes, ("log_loss", "error"), ("log-loss", "error"), strict=True):
        points = {}
        for contestant in found:
            ratios = compared(means(found, contestant, tables, name), means(found, base, tables, name))
            mean, low, high = (100 * ratio for ratio in ratios)
            seconds = float(means(found, contestant, tables, "seconds").sum())
            points[contestant] = seconds, mean, low, high
            colour = "tab:red" if contestant == ours else "tab:blue"
            bars = [[mean - low], [high - mean]]
            axis.errorbar(seconds, mean, yerr=bars, fmt="o", color=colour, markersize=6, elinewidth=1, capsize=2)
        axis.set(xscale="log", xlabel="CPU seconds, one fit of each table", ylabel=f"{words} against {base}, %")
        axis.xaxis.set_major_formatter("{x:g}")
        axis.margins(x=0.12)
        axis.axhline(0, color="tab:gray", linewidth=1, linestyle="--")
        axis.grid(color="0.92")
        axis.set_axisbelow(True)
        _label(axis, points, ours)
    return figure


def save(figure: Any, path: Path) -> None:
    """Write a figure, in the same bytes every time; its folder is created."""
    from matplotlib import rc_context

    path.parent.mkdir(parents=True, exist_ok=True)
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "tabular"}):
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _label(axis: Any, points: dict[str, tuple[float, ...]], ours: str) -> None:
    """Write each name beside its point, where it covers least of other names, points and bars, and stays inside."""
    from matplotlib.transforms import Bbox

    axis.figure.draw_without_rendering()
    taken = []
    for seconds, mean, low, high in points.values():
        (x, y), (_, bottom), (_, top) = axis.transData.transform([(seconds, mean), (seconds, low), (seconds, high)])
        taken += [Bbox([(x - 5, y - 5), (x + 5, y + 5)]), Bbox([(x - 1, bottom), (x + 1, top)])]
    for name, (seconds, mean, low, high) in points.items():
        style = {"fontsize": 9, "va": "center", "textcoords": "offset points"}
        style |= {"weight": "bold" if name == ours else "normal"}
        style["bbox"] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5}
        places = [((seconds, mean), (8 * side, up), 5 * abs(up)) for up in (0, 10, -10) for side in (1, -1)]
        places += [((seconds, end), (0, up), 60) for end, up in ((high, 8), (low, -8))]
        found = []
        for point, offset, distance in places:
            ha = {8: "left", 0: "center", -8: "right"}[offset[0]]
            text = axis.annotate(name, point, xytext=offset, ha=ha, **style)
            box = text.get_window_extent()
            outside = _area(box) - _area(Bbox.intersection(box, axis.bbox))
            covered = sum(_area(Bbox.intersection(box, other)) for other in taken)
            # To cross a bar is better than to be far from the point, and that better than to hide another one.
            found.append((outside + covered + distance, text, box))
        found.sort(key=lambda one: one[0])
        taken.append(found[0][2])
        for _, text, _ in found[1:]:
            text.remove()


def _area(box: Any) -> float:
    return 0.0 if box is None else float(box.width * box.height)
