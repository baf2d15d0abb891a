"""Training: samples and their batches, the loop, and when to stop."""

from chainrule.training.augmentation import Augmentation
from chainrule.training.data import BatchReader, Change, Samples
from chainrule.training.loop import Epoch, FullBatch, Objective, Plans, Run, epochs, full_batch_epochs
from chainrule.training.patience import Patience

__all__ = [
    "Augmentation",
    "BatchReader",
    "Change",
    "Epoch",
    "FullBatch",
    "Objective",
    "Patience",
    "Plans",
    "Run",
    "Samples",
    "epochs",
    "full_batch_epochs",
]
