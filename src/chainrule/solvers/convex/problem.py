"""The problem: a linear classifier's mean loss with an L2 penalty."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from chainrule.arrays import Array, holds_labels, is_sparse
from chainrule.rules import Rule

TINY_FEATURES = 1e-15
"""Samples in float32 whose entries are all smaller than this are converted: their squares have few digits in float32 or
none, and weights that match them overflow."""


@dataclass(frozen=True, eq=False)
class Problem:
    """F(W, b) = sum_i w_i l(x_i W + b, y_i) / sum_i |w_i| + l2 / 2 |W|^2, without a penalty on the intercepts b.

    Parameters
    ----------
    x : (n, d) array, or CSR
        float32 or float64. Tiny features in float32 become float64.
    targets : array
        Labels (n,), or rows (n, k) of targets.
    n_outputs : int
        Logits per sample, k.
    loss : Rule
        With a fused `value_and_pullback`: softmax_cross_entropy, or binary_cross_entropy for one logit.
    weights : (n,) array, optional
        Sample weights of either sign, as long as F has a lower bound.
    l2 : float
    intercept : bool
    label_smoothing : float
        An option of the softmax cross-entropy.
    """

    x: Array
    targets: Array
    n_outputs: int
    loss: Rule
    weights: Array | None = None
    l2: float = 0.0
    intercept: bool = True
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        if self.x.dtype == np.float32 and _is_tiny(self.x):
            object.__setattr__(self, "x", self.x.astype(np.float64))

    @property
    def n_samples(self) -> int:
        """The number of samples, n."""
        return int(self.x.shape[0])

    @property
    def n_features(self) -> int:
        """The number of features, d."""
        return int(self.x.shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the parameters: d rows of weights, and a row of intercepts if there are any."""
        return self.n_features + self.intercept, self.n_outputs

    @cached_property
    def signed(self) -> bool:
        """True if some weights are negative, so that F need not be convex."""
        return self.weights is not None and bool((self.weights < 0).any())

    @cached_property
    def row_shares(self) -> Array:
        """w_i / sum_i |w_i| for each sample, in float64; 1 / n without sample weights."""
        if self.weights is None:
            return np.full(self.n_samples, 1 / self.n_samples)
        weights = np.asarray(self.weights, dtype=np.float64)
        return np.asarray(weights / (abs(weights).sum() or 1.0))

    @cached_property
    def row_curvatures(self) -> Array:
        """The factor of the Hessian of each sample's loss by the logits: its share times the sum of its targets."""
        if self.n_outputs == 1 or holds_labels(self.targets):
            return self.row_shares
        return np.asarray(self.row_shares * self.targets.sum(axis=1))

    @cached_property
    def class_mass(self) -> Array:
        """Class frequencies under |weights|; for one logit, the positive class's."""
        shares = abs(self.row_shares)
        if holds_labels(self.targets):
            return np.bincount(self.targets, weights=shares, minlength=self.n_outputs)
        rows = self.targets.reshape(self.n_samples, self.n_outputs)
        return np.asarray(shares @ rows, dtype=np.float64)

    @property
    def class_shares(self) -> Array:
        """The class frequencies pi, none of them 0."""
        least = 1 / (2.0 * self.n_samples)
        if self.n_outputs == 1:
            return np.clip(self.class_mass, least, 1 - least)
        shares = np.maximum(self.class_mass, least * self.class_mass.sum())
        return np.asarray(shares / shares.sum())


# What follows is private.


def _is_tiny(x: Array) -> bool:
    """True if the largest entry is tiny. A look at some rows is enough for almost all samples."""
    entries = x.data if is_sparse(x) else x
    some = entries[:: max(1, len(entries) // 64)]
    return all(0 < abs(part).max(initial=0.0) < TINY_FEATURES for part in (some, entries))
