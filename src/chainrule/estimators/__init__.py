"""Estimators with scikit-learn's conventions, and model files that execute nothing when they are loaded."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chainrule.estimators.checkpoints import Checkpoint
from chainrule.estimators.conv import ConvClassifier
from chainrule.estimators.mlp import MLPClassifier
from chainrule.estimators.persistence import ModelFileError, load, read_about, save
from chainrule.estimators.saveable import register_saveable
from chainrule.estimators.softmax_cv import SoftmaxRegressionCV
from chainrule.estimators.softmax_path import PathPoint, path
from chainrule.estimators.softmax_regression import SoftmaxRegression
from chainrule.training import Progress

if TYPE_CHECKING:
    from chainrule.estimators.callbacks import TensorBoardLog
    from chainrule.estimators.plots import learning_curves
    from chainrule.estimators.tables import SmoothScaler, TableEncoder

# Loaded when first used: they import what an MLPClassifier does not need.
_LATER = {
    "SmoothScaler": "tables",
    "TableEncoder": "tables",
    "TensorBoardLog": "callbacks",
    "learning_curves": "plots",
}

__all__ = [
    "Checkpoint",
    "ConvClassifier",
    "MLPClassifier",
    "ModelFileError",
    "PathPoint",
    "Progress",
    "SmoothScaler",
    "SoftmaxRegression",
    "SoftmaxRegressionCV",
    "TableEncoder",
    "TensorBoardLog",
    "learning_curves",
    "load",
    "path",
    "read_about",
    "register_saveable",
    "save",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = value
    return value
