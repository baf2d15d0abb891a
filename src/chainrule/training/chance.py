"""The log-loss of the class shares alone, which a network that has learned something falls below.

chance = -sum_k p_k log p_k            p_k: the weighted share of class k
for several logits that are no classes of one softmax: the sum over them of the same for the shares p and 1 - p
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import xlogy

from chainrule.arrays import Array

BLOCK = 4096
"""Rows of probabilities that are taken at once."""
LEAST_SHARE = 0.02
"""A log-loss that is lower than chance by this share of all that is possible shows that a network has learned."""
LEAST_OF_CLASS = 5.0
"""A log-loss of all rows together that is lower by this many nats per class shows it too, however hard the problem is.

A forecast that knows nothing of two classes gains exp(10) in likelihood in fewer than 1 of 20 000 cases.
"""


@dataclass(frozen=True)
class Chance:
    """The log-loss that the shares of the classes give alone.

    Parameters
    ----------
    loss : float
    rows : int
    classes : int

    Examples
    --------
    >>> chance = Chance.of(np.repeat(np.arange(12), 60), 12)
    >>> round(chance.loss, 3), chance.is_near(2.457), chance.is_near(2.0)
    (2.485, True, False)
    """

    loss: float
    rows: int
    classes: int

    floor: float = 0.0
    """The smallest log-loss that is possible: the mean entropy of targets that are probabilities."""

    @classmethod
    def of(cls, targets: Array, classes: int, weights: Array | None = None, smoothing: float = 0.0) -> Self:
        """The chance of the targets of a loss.

        Parameters
        ----------
        targets : (n,) array of class numbers, or (n, classes) array of probabilities, or (n, logits) array of
            probabilities for logits that have a sigmoid each
        classes : int
            The number of classes of a softmax; 1 if each logit has a sigmoid.
        weights : (n,) array, optional
        smoothing : float
            The label smoothing of the loss of a softmax; 0 if each logit has a sigmoid.

        Examples
        --------
        >>> round(Chance.of(np.array([[0.0], [1.0]]), 1).loss, 4)
        0.6931
        >>> smooth = Chance.of(np.array([0, 1]), 2, smoothing=0.1)
        >>> round(smooth.loss, 4), round(smooth.floor, 4)
        (0.6931, 0.1985)
        """
        if targets.ndim == 1:
            counts = np.bincount(targets, weights, minlength=classes)
            shares, first = counts / counts.sum(), np.zeros((1, classes))
            first[0, 0] = 1.0  # the rows of all classes have the same entropy
            floor = float(_entropies(_smoothed(first, smoothing), classes)[0])
        else:
            shares, floor = _means(targets, classes, weights, smoothing)
        chance = float(_entropies(_smoothed(shares[None], smoothing), classes)[0])
        return cls(chance, len(targets), max(2, classes), floor)

    def is_near(self, loss: float) -> bool:
        """True if a log-loss is so little below that of chance that it does not show that anything was learned.

        Problems whose labels are mostly noise have a log-loss near that of chance too. On many rows, a small gain per
        row adds up to LEAST_OF_CLASS for each class, so a network that learns such a problem is not near chance.

        Examples
        --------
        >>> few, many = Chance(0.69, rows=1000, classes=2), Chance(0.69, rows=100_000, classes=2)
        >>> few.is_near(0.688), many.is_near(0.688)
        (True, False)
        """
        gain = self.loss - loss
        return gain < LEAST_SHARE * (self.loss - self.floor) and gain * self.rows < LEAST_OF_CLASS * self.classes

    def told(self, loss: float) -> str:
        """A sentence with both log-losses, and advice in the order of what helps most.

        Examples
        --------
        >>> print(Chance(2.4849, 720, 12).told(2.4572).partition(":")[0])
        the log-loss 2.457 is hardly lower than that of the class shares alone, 2.485
        """
        compared = "hardly lower" if loss < self.loss else "no lower"
        return (
            f"the log-loss {loss:.3f} is {compared} than that of the class shares alone, {self.loss:.3f}: the network "
            "has not learned. Take selu in the place of relu, then a lower learning rate, less dropout, or more epochs"
        )


# What follows is private.


def _means(targets: Array, classes: int, weights: Array | None, smoothing: float) -> tuple[Array, float]:
    """The mean row and the mean entropy of smoothed rows of probabilities; in blocks, since the rows may be many."""
    shares, entropy, total = np.zeros(targets.shape[1]), 0.0, 0.0
    for start in range(0, len(targets), BLOCK):
        rows = targets[start : start + BLOCK].astype(np.float64)
        each = np.ones(len(rows)) if weights is None else weights[start : start + BLOCK].astype(np.float64)
        shares += each @ rows
        entropy += float(each @ _entropies(_smoothed(rows, smoothing), classes))
        total += float(each.sum())
    return shares / total, entropy / total


def _smoothed(rows: Array, smoothing: float) -> Array:
    """Rows of probabilities of which a share is spread over all classes."""
    return (1 - smoothing) * rows + smoothing / rows.shape[1]


def _entropies(rows: Array, classes: int) -> Array:
    """The entropy of each row of probabilities; of single logits the sum of those of each."""
    parts = [rows] if classes > 1 else [rows, 1 - rows]
    return -np.sum([xlogy(part, part).sum(axis=1) for part in parts], axis=0)
