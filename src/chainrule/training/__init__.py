"""Training: samples and their batches, images in files, the loop, recipes and histories."""

from chainrule.training.augmentation import Augmentation
from chainrule.training.chance import Chance
from chainrule.training.data import Change, Samples
from chainrule.training.fitting import Epoch, epochs, train
from chainrule.training.history import BegunEpoch, Callback, History, Progress, Run
from chainrule.training.image_arrays import Images
from chainrule.training.image_sources import read_images
from chainrule.training.members import train_many
from chainrule.training.recipe import LBFGS, Checkpointing, Fit, Judge, Objective, Recipe

__all__ = [
    "LBFGS",
    "Augmentation",
    "BegunEpoch",
    "Callback",
    "Chance",
    "Change",
    "Checkpointing",
    "Epoch",
    "Fit",
    "History",
    "Images",
    "Judge",
    "Objective",
    "Progress",
    "Recipe",
    "Run",
    "Samples",
    "epochs",
    "read_images",
    "train",
    "train_many",
]
