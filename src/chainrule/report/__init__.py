"""Figures and an HTML page about a fitted classifier of images."""

from chainrule.report.figures import confusion_matrix, first_filters, saliency_maps, worst_mistakes
from chainrule.report.page import write_page

__all__ = ["confusion_matrix", "first_filters", "saliency_maps", "worst_mistakes", "write_page"]
