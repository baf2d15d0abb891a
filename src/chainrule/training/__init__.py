"""Training: samples and their batches, the loop, recipes and histories, and when to stop."""

from chainrule.training.augmentation import Augmentation
from chainrule.training.data import BatchReader, Change, Samples
from chainrule.training.fitting import Patience, train
from chainrule.training.history import Callback, History, Progress
from chainrule.training.loop import Epoch, FullBatch, Objective, Plans, Run, epochs
from chainrule.training.recipe import LBFGS, Checkpointing, Judge, Recipe

__all__ = [
    "LBFGS",
    "Augmentation",
    "BatchReader",
    "Callback",
    "Change",
    "Checkpointing",
    "Epoch",
    "FullBatch",
    "History",
    "Judge",
    "Objective",
    "Patience",
    "Plans",
    "Progress",
    "Recipe",
    "Run",
    "Samples",
    "epochs",
    "train",
]
