"""The picture of a how-to page that draws none of its own: the Jacobian of softmax."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from docs.site.drawing import OURS

FORMULA = r"$\frac{\partial s}{\partial z} = \mathrm{diag}(s) - s\,s^\top$"


def write(source: Path) -> None:
    """Draw it into docs/images, with the shape of the other pictures."""
    figure = Figure(figsize=(4, 2.8))
    figure.text(0.5, 0.5, FORMULA, ha="center", va="center", fontsize=30, color=OURS, math_fontfamily="cm")
    path = source / "images" / "thumbnail.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100)
