"""Figures and an HTML page about a fitted classifier."""

from chainrule.report.figures import (
    calibration,
    coefficients,
    confusion_matrix,
    first_filters,
    importance_bars,
    saliency_maps,
    worst_mistakes,
)
from chainrule.report.page import write_report

__all__ = [
    "calibration",
    "coefficients",
    "confusion_matrix",
    "first_filters",
    "importance_bars",
    "saliency_maps",
    "worst_mistakes",
    "write_report",
]
