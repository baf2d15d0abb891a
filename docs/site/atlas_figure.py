"""The accuracy atlas as a picture: the worst errors at moderate inputs, and the share of small ones."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from docs.site.benchmark_figures import stored
from docs.site.drawing import saved

COLUMNS = {"chainrule": "arrays", "chainrule, torch": "tensors", "SciPy": "SciPy", "PyTorch": "PyTorch", "JAX": "JAX"}
MODERATE = ("ordinary", "ordinary, within 3", "scale 10", "scale 40", "scale 200", "uneven", "ties", "1000000 classes")
"""Regions of finite inputs of at most a few hundred."""
SMALL = 16.0
"""Units in the last place that count as a small error."""
_COLOURS = LinearSegmentedColormap.from_list("digits", ["#57b87b", "#f0dd7d", "#e08a94"])


def write(source: Path) -> None:
    """Draw it into docs/images."""
    saved(atlas(stored("accuracy")["cells"]), source / "images" / "atlas.svg")


def atlas(cells: list[dict[str, Any]]) -> Figure:
    """A row per operator, a column per library, in two panels."""
    operators = list(dict.fromkeys(cell["operator"] for cell in cells))
    figure = Figure(figsize=(9, 0.27 * len(operators) + 1.3), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for y, operator in enumerate(operators):
        for x, name in enumerate(COLUMNS):
            found = [c for c in cells if c["operator"] == operator and name in c["errors"]]
            units = [_units(c["errors"][name]) for c in found if c["region"] in MODERATE and c["dtype"] == "float64"]
            small = [_units(c["errors"][name]) <= SMALL for c in found]
            worst = max(units, default=math.nan)
            _cell(left, x, y, "" if not units else _written(worst), math.log10(max(worst, 1.0)) / 16 if units else None)
            share = sum(small) / len(small) if small else None
            _cell(right, x, y, f"{sum(small)} of {len(small)}" if small else "", None if share is None else 1 - share)
    _framed(left, operators, "float64, finite inputs up to some hundreds:\nworst error in ulp")
    _framed(right, operators, "all inputs, float64 and float32:\ncells with errors of at most 16 ulp")
    return figure


def _units(errors: dict[str, Any]) -> float:
    return math.inf if errors["units"] == "inf" or errors["problem"] else float(errors["units"])


def _written(units: float) -> str:
    if math.isinf(units):
        return "wrong"
    return f"{units:.1f}" if units < 100 else f"$10^{{{math.log10(units):.0f}}}$"


def _cell(axis: Axes, x: int, y: int, text: str, share: float | None) -> None:
    if share is not None:
        colour = _COLOURS(min(share, 1.0))
        axis.fill_between([x - 0.48, x + 0.48], y - 0.46, y + 0.46, color=colour, lw=0)
    axis.text(x, y, text or "\N{EN DASH}", ha="center", va="center", fontsize=7, color="#111111" if text else "#888888")


def _framed(axis: Axes, operators: list[str], title: str) -> None:
    axis.set_xticks(range(len(COLUMNS)), list(COLUMNS.values()), fontsize=8)
    axis.set_yticks(range(len(operators)), operators, fontsize=8)
    axis.set(xlim=(-0.5, len(COLUMNS) - 0.5), ylim=(len(operators) - 0.5, -0.5))
    axis.set_title(title, fontsize=9)
    axis.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    for spine in axis.spines.values():
        spine.set_visible(False)
