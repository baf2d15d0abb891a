"""Figures over many tables: ratios of geometric means with bootstrap intervals, ranks and seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

SHIFT = 0.01
"""Added to errors and log-losses before their logarithms are averaged, so that tables without errors do not decide."""
DRAWS = 2000

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


def drawn(found: Figures, tables: Sequence[str], base: str) -> Any:
    """Log-loss against the base over the CPU seconds of all tables, as a matplotlib Figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axis = figure.add_subplot()
    for name in found:
        seconds = means(found, name, tables, "seconds").sum()
        mean, low, high = compared(means(found, name, tables, "log_loss"), means(found, base, tables, "log_loss"))
        bars = [[100 * (mean - low)], [100 * (high - mean)]]
        axis.errorbar(seconds, 100 * mean, yerr=bars, fmt="o", capsize=3)
        axis.annotate(name, (seconds, 100 * mean), xytext=(6, 4), textcoords="offset points")
    axis.set(xscale="log", xlabel="CPU seconds, all tables", ylabel=f"log-loss against {base}, %")
    axis.axhline(0, color="tab:gray", linewidth=1, linestyle="--")
    return figure
