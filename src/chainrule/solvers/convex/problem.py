"""What is minimised: a linear classifier's mean loss with an L2 penalty."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.arrays import Array, holds_labels, is_sparse
from chainrule.rules import Rule


@dataclass(frozen=True, eq=False)
class Problem:
    """F(W, b) = sum_i w_i l(x_i W + b, y_i) / sum_i |w_i| + l2 / 2 |W|^2, the intercept without penalty.

    Parameters
    ----------
    x : (n, d) array, or CSR
        float32 or float64.
    targets : array
        Labels (n,), or rows (n, k) as the loss takes them.
    n_outputs : int
        Logits per sample, k.
    loss : Rule
        With a fused `value_and_pullback`: softmax_cross_entropy, or binary_cross_entropy for one logit.
    weights : (n,) array, optional
        Of either sign, as long as F is bounded below.
    l2 : float
    intercept : bool
    label_smoothing : float
        For the softmax cross entropy.
    """

    x: Array
    targets: Array
    n_outputs: int
    loss: Rule
    weights: Array | None = None
    l2: float = 0.0
    intercept: bool = True
    label_smoothing: float = 0.0

    @property
    def n_samples(self) -> int:
        """n."""
        return int(self.x.shape[0])

    @property
    def n_features(self) -> int:
        """d."""
        return int(self.x.shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """Of the parameters: W, with the intercepts as a last row where there are any."""
        return self.n_features + self.intercept, self.n_outputs

    @cached_property
    def signed(self) -> bool:
        """Whether there are negative weights, which leave F without convexity."""
        return self.weights is not None and bool((self.weights < 0).any())

    @cached_property
    def row_weights(self) -> Array | None:
        """The weights as shares of the sum of their sizes; None where all are 1 / n."""
        if self.weights is None:
            return None
        weights = np.asarray(self.weights, dtype=np.float64)
        return weights / abs(weights).sum()

    @cached_property
    def mass(self) -> np.ndarray[Any, Any]:
        """The targets' total share of every output, from weights without their signs; for one logit, the positives'."""
        shares = np.full(self.n_samples, 1 / self.n_samples) if self.row_weights is None else abs(self.row_weights)
        if holds_labels(self.targets):
            return np.bincount(self.targets, weights=shares, minlength=self.n_outputs)
        rows = self.targets.reshape(self.n_samples, self.n_outputs)
        return np.asarray(shares @ rows, dtype=np.float64)

    def weighted_mean(self) -> np.ndarray[Any, Any]:
        """The mean of every feature."""
        shares = np.full(self.n_samples, 1 / self.n_samples) if self.row_weights is None else abs(self.row_weights)
        if is_sparse(self.x):
            return np.asarray(self.x.T @ shares, dtype=np.float64).reshape(-1)
        if self.row_weights is None:
            return np.asarray(self.x.mean(axis=0, dtype=np.float64))
        return np.asarray(shares.astype(self.x.dtype) @ self.x, dtype=np.float64)
