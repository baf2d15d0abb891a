"""Estimators with scikit-learn's conventions, and model files that execute nothing when they are loaded."""

from chainrule.estimators.callbacks import TensorBoardLog
from chainrule.estimators.checkpoints import Checkpoint as Checkpoint  # model files name it so; not public
from chainrule.estimators.conv import ConvClassifier
from chainrule.estimators.explained_predictions import explain_prediction
from chainrule.estimators.importances import column_importances
from chainrule.estimators.mlp import MLPClassifier
from chainrule.estimators.mlp_search_cv import MLPSearchCV
from chainrule.estimators.persistence import ModelFileError, load, read_about, save
from chainrule.estimators.piecewise_linear import PiecewiseLinearEncoder
from chainrule.estimators.plots import learning_curves, scores_of_path
from chainrule.estimators.saveable import register_saveable
from chainrule.estimators.softmax_cv import SoftmaxRegressionCV
from chainrule.estimators.softmax_path import PathPoint, path
from chainrule.estimators.softmax_regression import SoftmaxRegression
from chainrule.estimators.sweeps import fit_many
from chainrule.estimators.tables import SmoothScaler, TableEncoder
from chainrule.estimators.tabular import TabularClassifier
from chainrule.training import Progress

__all__ = [
    "ConvClassifier",
    "MLPClassifier",
    "MLPSearchCV",
    "ModelFileError",
    "PathPoint",
    "PiecewiseLinearEncoder",
    "Progress",
    "SmoothScaler",
    "SoftmaxRegression",
    "SoftmaxRegressionCV",
    "TableEncoder",
    "TabularClassifier",
    "TensorBoardLog",
    "column_importances",
    "explain_prediction",
    "fit_many",
    "learning_curves",
    "load",
    "path",
    "read_about",
    "register_saveable",
    "save",
    "scores_of_path",
]
