"""Figures and an HTML page about a fitted classifier of images or of tables."""

from chainrule.report.figures import (
    calibration,
    confusion_matrix,
    first_filters,
    importance_bars,
    saliency_maps,
    worst_mistakes,
)
from chainrule.report.page import write_page, write_table_page

__all__ = [
    "calibration",
    "confusion_matrix",
    "first_filters",
    "importance_bars",
    "saliency_maps",
    "worst_mistakes",
    "write_page",
    "write_table_page",
]
