"""What the site's figures share."""

from __future__ import annotations

from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

OURS, OTHERS, BARE = "#1b6ca8", "#b8bcc4", "#e3a008"
"""Colours of chainrule, of other packages, and of limits."""


def saved(figure: Figure, path: Path) -> None:
    """Save as SVG, with text as text and the same bytes each time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "chainrule"}):
        figure.savefig(path, metadata={"Date": None})


def plain(axes: object) -> None:
    """Leave out the frame's upper and right lines."""
    axes.spines[["top", "right"]].set_visible(False)  # type: ignore[attr-defined]
