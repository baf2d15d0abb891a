"""Estimators with scikit-learn's conventions, and model files that execute nothing when they are loaded."""

from chainrule.estimators.mlp import MLPClassifier
from chainrule.estimators.progress import Progress

__all__ = ["MLPClassifier", "Progress"]
