"""Estimators with scikit-learn's conventions, and model files that execute nothing when they are loaded."""

from chainrule.estimators.callbacks import TensorBoardLog
from chainrule.estimators.checkpoints import Checkpoint
from chainrule.estimators.mlp import MLPClassifier
from chainrule.estimators.persistence import ModelFileError, load, read_about, save
from chainrule.estimators.plots import learning_curves
from chainrule.estimators.progress import Progress
from chainrule.estimators.saveable import register_saveable
from chainrule.estimators.tables import SmoothScaler, TableEncoder

__all__ = [
    "Checkpoint",
    "MLPClassifier",
    "ModelFileError",
    "Progress",
    "SmoothScaler",
    "TableEncoder",
    "TensorBoardLog",
    "learning_curves",
    "load",
    "read_about",
    "register_saveable",
    "save",
]
