"""Training: samples and their batches, the loop, recipes and histories."""

from chainrule.training.augmentation import Augmentation
from chainrule.training.data import Change, Samples
from chainrule.training.fitting import Epoch, epochs, train
from chainrule.training.history import BegunEpoch, Callback, History, Progress, Run
from chainrule.training.members import train_many
from chainrule.training.recipe import LBFGS, Checkpointing, Fit, Judge, Objective, Recipe

__all__ = [
    "LBFGS",
    "Augmentation",
    "BegunEpoch",
    "Callback",
    "Change",
    "Checkpointing",
    "Epoch",
    "Fit",
    "History",
    "Judge",
    "Objective",
    "Progress",
    "Recipe",
    "Run",
    "Samples",
    "epochs",
    "train",
    "train_many",
]
