"""Figures of the benchmarks, drawn from the figures that they store in benchmarks/results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.tabular.summary import drawn
from matplotlib.figure import Figure

from docs.site.drawing import BARE, OTHERS, OURS, plain, saved

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
NETWORK_SIDES = {
    "chainrule, NumPy": ("chainrule", OURS),
    "JAX, jitted epoch": ("JAX", OTHERS),
    "PyTorch eager": ("PyTorch", OTHERS),
    "scikit-learn": ("scikit-learn", OTHERS),
    "limit, NumPy": ("limit", BARE),
}


def write(source: Path) -> None:
    """Draw all of them into docs/images."""
    images = source / "images"
    saved(networks(stored("mlp")), images / "networks.svg")
    saved(search(stored("sweep")), images / "search.svg")
    tables = stored("tabular")["figures"]
    saved(drawn(tables, list(tables["TabularClassifier"]), "scikit-learn's MLP"), images / "tabular.svg")


def stored(name: str) -> dict[str, Any]:
    """The figures of a benchmark."""
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def networks(found: dict[str, Any]) -> Figure:
    """Time of an epoch by network, relative to chainrule's."""
    figures = found["figures"]
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.subplots(1, len(figures), sharey=True)
    for axis, row in zip(axes, figures, strict=True):
        ours = row["ms"]["chainrule, NumPy"]
        names = [name for name in NETWORK_SIDES if name in row["ms"]]
        ratios = [row["ms"][name] / ours for name in names]
        bars = axis.barh(range(len(names)), ratios, color=[NETWORK_SIDES[name][1] for name in names])
        axis.bar_label(bars, [f"{ratio:.2f}" for ratio in ratios], padding=2, fontsize=8)
        axis.set_title(f"{row['shape']}\nbatch {row['batch']}", fontsize=9)
        axis.set_yticks(range(len(names)), [NETWORK_SIDES[name][0] for name in names])
        axis.set(xlim=(0, 1.3 * max(ratios)), xticks=[])
        axis.tick_params(length=0)
        plain(axis)
        axis.spines[["bottom"]].set_visible(False)
    axes[0].invert_yaxis()
    figure.supxlabel("time of an epoch, chainrule = 1", fontsize=9)
    return figure


def search(found: dict[str, Any]) -> Figure:
    """Seconds of a search over settings."""
    middle = {name: sorted(times)[len(times) // 2] for name, times in found["seconds"].items()}
    figure = Figure(figsize=(7, 2.4), layout="constrained")
    axis = figure.subplots()
    colours = [OURS if name.startswith("MLPSearchCV") else OTHERS for name in middle]
    bars = axis.barh(range(len(middle)), list(middle.values()), color=colours)
    axis.bar_label(bars, [f"{seconds:.1f} s" for seconds in middle.values()], padding=3, fontsize=9)
    axis.set_yticks(range(len(middle)), list(middle))
    axis.invert_yaxis()
    axis.set(xlim=(0, 1.15 * max(middle.values())), xticks=[])
    axis.tick_params(length=0)
    plain(axis)
    axis.spines[["bottom"]].set_visible(False)
    return figure
