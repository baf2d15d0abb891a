"""Reports on fitted classifiers, for those who look rather than read."""

from chainrule.report.figures import confusion_matrix, first_filters, saliency_maps, worst_mistakes
from chainrule.report.page import write_page

__all__ = ["confusion_matrix", "first_filters", "saliency_maps", "worst_mistakes", "write_page"]
