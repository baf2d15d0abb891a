"""Cross entropy of a linear softmax head, its gradients and second-order products, without storing all logits.

    z = (X W^T + b) / tau,   l_i = log sum_c e^(z_ic) - z_iy,   loss = sum_i w_i l_i / sum_i w_i   (reduction "mean")
    dl/dz = p - e_y,   dloss/dW = sum_i w_i (p_i - e_y) x_i^T / (tau sum w),   d^2 l/dz^2 = diag(p) - p p^T

W is classes x features, as in PyTorch's Linear and scikit-learn's `coef_`. The networks of this package store weights
as features x classes; pass the view `W=weights.T`, which copies nothing.

A logit is a sum of d + 1 products, and no later step can undo its rounding. After the logits nothing cancels: the
largest logit is subtracted from all, its exponential stays outside the sum, and the gradient at a label is minus the
sum of the other probabilities. No probability is clipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.arrays import as_like, check_labels, is_torch, namespace, same_shape
from chainrule.heads.arguments import (
    beside,
    detached,
    floats,
    floats_like,
    is_finite,
    positions,
    read_targets,
    requires_grad,
    total_of,
)
from chainrule.heads.chunks import Direction, Gradients, LinearHead
from chainrule.heads.passes import losses_and_gradients, predictions, products, quietly
from chainrule.rules.softmax_cross_entropy import check_label_smoothing

REDUCTIONS = ("mean", "sum", "none")
VARIABLES = ("X", "W", "bias", "temperature")
MEMORY = 64 << 20


def linear_cross_entropy(
    X: Any,
    W: Any,
    labels: Any,
    bias: Any = None,
    *,
    weights: Any = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    temperature: float = 1.0,
    reduction: str = "mean",
    memory: int = MEMORY,
) -> Any:
    """The cross entropy of a linear softmax head. With PyTorch tensors, autograd can differentiate it twice.

    `LinearCrossEntropy` takes the same parameters, raises the same errors, and also gives gradients and second-order
    products.

    Returns
    -------
    A number for "mean" and "sum"; for "none" one loss per sample (0 for ignored samples). The dtype is that of `X`.

    Examples
    --------
    >>> X, W = np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[0.5, 0.0], [0.0, 0.25], [-1.0, 1.0]])
    >>> round(float(linear_cross_entropy(X, W, [0, 2])), 6)
    1.52915
    """
    problem = LinearCrossEntropy(
        X,
        W,
        labels,
        bias,
        weights=weights,
        ignore_index=ignore_index,
        label_smoothing=label_smoothing,
        temperature=temperature,
        reduction=reduction,
        memory=memory,
    )
    if any(requires_grad(x) and namespace(x).is_grad_enabled() for x in (X, W, bias, weights, labels)):
        from chainrule.heads.torch_functions import differentiable

        return differentiable(problem)
    return problem.value()


@dataclass(frozen=True, eq=False)
class LinearCrossEntropy:
    """The cross entropy of a linear softmax head, as a function of samples, weights, bias and temperature.

    Parameters
    ----------
    X : array_like, shape (..., features)
        Samples with any leading axes, float64 or float32, NumPy or PyTorch. Results have the dtype of X.
    W : array_like, shape (classes, features)
        The weights, with any strides. If they are stored as features x classes, pass ``weights.T``.
    labels : array_like
        Integers of shape X.shape[:-1]; or rows of class weights of shape (..., classes), with any sum; or a SciPy
        sparse matrix with one row of class weights per sample, which is made dense only one block at a time.
    bias : array_like, shape (classes,), optional
        Minus infinity masks a class: its probability and gradient are 0. If a target is on a masked class, or with
        smoothing, the loss is infinite.
    weights : array_like, shape X.shape[:-1], optional
        One weight per sample. Samples of weight 0 are skipped. For weights per class, pass ``class_weights[labels]``.
    ignore_index : int, optional
        Samples with this label are skipped. Needs integer labels.
    label_smoothing : float
        The fraction e in [0, 1]. Targets t become (1 - e) t + e sum(t) / classes.
    temperature : float
        A positive number that divides the logits.
    reduction : {"mean", "sum", "none"}
        "mean" divides by the total weight. With "none", gradients and products belong to the sum of the losses.
    memory : int
        Bytes for blocks of logits, in addition to the results. The value affects results only by rounding.

    Raises
    ------
    ValueError
        If shapes or dtypes do not fit, X or W holds nan or infinity, a label is out of range, the smoothing is outside
        [0, 1], the temperature is not positive, the reduction is unknown, the total weight of a mean is not positive,
        or W has no classes.

    Examples
    --------
    >>> X, W = np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[0.5, 0.0], [0.0, 0.25], [-1.0, 1.0]])
    >>> problem = LinearCrossEntropy(X, W, [0, 2], bias=np.zeros(3))
    >>> loss, gradients = problem.value_and_gradients()
    >>> gradients.W.round(3)
    array([[-0.363, -0.959],
           [ 0.137,  0.093],
           [ 0.226,  0.866]])
    >>> curved = problem.hessian_product(W=gradients.W)
    >>> bool((gradients.W * curved.W).sum() > 0)
    True
    """

    X: Any
    W: Any
    labels: Any
    bias: Any = None
    weights: Any = None
    ignore_index: int | None = None
    label_smoothing: float = 0.0
    temperature: float = 1.0
    reduction: str = "mean"
    memory: int = MEMORY

    def __post_init__(self) -> None:
        if self.reduction not in REDUCTIONS:
            raise ValueError(f"reduction: expected one of {', '.join(REDUCTIONS)}; got {self.reduction!r}")
        check_label_smoothing(self.label_smoothing)
        if requires_grad(self.temperature):
            raise ValueError("temperature: a tensor that requires a gradient; divide X and bias by it instead")
        if not 0 < self.temperature < float("inf"):
            raise ValueError(f"temperature: expected a positive number, got {self.temperature}")
        if not self.memory > 0:
            raise ValueError(f"memory: expected a positive number of bytes, got {self.memory}")
        for name in ("X", "W", "bias"):
            x = getattr(self, name)
            if x is not None:
                object.__setattr__(self, name, floats(name, x))
        X, W = self.X, self.W
        if len(W.shape) != 2 or W.shape[0] == 0:
            raise ValueError(f"W: expected shape (classes, features) with at least one class, got {tuple(W.shape)}")
        if len(X.shape) < 1 or X.shape[-1] != W.shape[1]:
            raise ValueError(
                f"X: expected {W.shape[1]} features on the last axis, as W of shape {tuple(W.shape)} has; "
                f"got shape {tuple(X.shape)}"
            )
        if self.bias is not None:
            same_shape("bias", self.bias.shape, W.shape[:1])
        for name in ("W", "bias"):
            other = getattr(self, name)
            if other is not None and (is_torch(other), other.dtype) != (is_torch(X), X.dtype):
                raise ValueError(f"{name}: expected the library and dtype of X, {X.dtype}; got {other.dtype}")
        _ = self._counted  # raises ValueError for wrong labels, weights and means

    def value(self) -> Any:
        """The loss; with "none", one weighted loss per sample, 0 for skipped samples."""
        return self._reduced(losses_and_gradients(self._head, self._counted[0])[0])

    def value_and_gradients(self, of: Sequence[str] | None = None, *, cotangent: Any = 1) -> tuple[Any, Gradients]:
        """The loss and its gradients with respect to the chosen variables, from one pass over the logits.

        Parameters
        ----------
        of : sequence of str, optional
            The variables, from "X", "W", "bias", "temperature". Default: X, W and, if there is one, the bias.
        cotangent : number or array of shape X.shape[:-1]
            A factor that multiplies the gradients; with the reduction "none" it may differ per sample.
        """
        names = self._names(of)
        needed = {*names}
        if "temperature" in names:
            needed |= {"W", "bias"} if self.bias is not None else {"W"}
        found, gradients = losses_and_gradients(self._head, self._counted[0], self._cotangents(cotangent), needed)
        if "temperature" in names:
            gradients = gradients._replace(temperature=_by_temperature(self._head, gradients))
        return self._reduced(found), self._shaped(gradients, names)

    def hessian_product(
        self, *, X: Any = None, W: Any = None, bias: Any = None, of: Sequence[str] | None = None
    ) -> Gradients:
        """The Hessian of the loss times a direction: the derivative of the gradient along the direction.

        A direction that is not given is 0. `of` names the variables whose rows of the Hessian are returned. Default:
        the variables with a direction, so ``hessian_product(W=V)`` is the (W, W) block of the Hessian times V.
        """
        return self._product({"X": X, "W": W, "bias": bias}, of, curved=True)

    def gauss_newton_product(
        self, *, X: Any = None, W: Any = None, bias: Any = None, of: Sequence[str] | None = None
    ) -> Gradients:
        """J^T H J times a direction. J is the logits' Jacobian, H the loss's Hessian with respect to the logits.

        J^T H J is positive semidefinite. For a direction in (W, bias) only, or in X only, the logits are linear and
        this is the Hessian product. For X and W together it omits the curvature of the product X W^T.
        """
        return self._product({"X": X, "W": W, "bias": bias}, of, curved=False)

    def log_probs(self) -> Any:
        """The label's log-probability of each sample, sum_c t_c log p_c, unsmoothed; 0 for ignored samples."""
        kept = self._not_ignored
        return self._spread(-losses_and_gradients(replace(self._head, label_smoothing=0.0), kept)[0], kept)

    def entropy(self) -> Any:
        """The entropy of each sample's prediction, -sum_c p_c log p_c, ignored samples included."""
        return self._predictions[1].reshape(self.X.shape[:-1])

    def predict(self) -> Any:
        """The class with the largest logit of each sample, ignored samples included; the first one if several tie."""
        return self._predictions[0].reshape(self.X.shape[:-1])

    @cached_property
    def _predictions(self) -> tuple[Any, Any]:
        return predictions(self._head)

    @cached_property
    def _head(self) -> LinearHead:
        X, W, bias = (detached(x) for x in (self.X, self.W, self.bias))
        targets = read_targets(detached(self.labels), tuple(X.shape[:-1]), len(W), X)
        numbers = (float(self.label_smoothing), float(self.temperature), int(self.memory))
        return LinearHead(X.reshape(-1, W.shape[1]), W, bias, targets, *numbers)

    @cached_property
    def _not_ignored(self) -> Any:
        """Positions of the samples without `ignore_index`; None for all samples."""
        labels = self._head.targets
        if labels.ndim == 2:
            if self.ignore_index is not None:
                raise ValueError("ignore_index: expected integer labels beside it, got rows of class weights")
            return None
        counts = positions(labels != self.ignore_index) if self.ignore_index is not None else None
        check_labels("labels", labels if counts is None else labels[counts], len(self.W))
        return counts

    @cached_property
    def _counted(self) -> tuple[Any, Any]:
        """Positions of the samples that enter the loss, None for all, and their weights before a mean divides them."""
        head, kept = self._head, self._not_ignored
        weights = beside(np.ones(len(head.X)), head.X)
        if self.weights is not None:
            weights = floats_like("weights", detached(self.weights), head.X)
            same_shape("weights", weights.shape, self.X.shape[:-1])
            if not is_finite(weights):
                raise ValueError("weights: expected finite numbers, got nan or infinity among them")
            weights = weights.reshape(-1)
            if not requires_grad(self.weights):
                counts = weights != 0
                kept = positions(counts if kept is None else counts & (head.targets != self.ignore_index))
        weights = weights if kept is None else weights[kept]
        if self.reduction == "mean" and not bool(total_of(weights) > 0):
            what = "all samples are left out" if len(weights) == 0 else f"the total weight is {total_of(weights)}"
            raise ValueError(f"reduction: 'mean' needs a positive total weight, but {what}; 'sum' gives 0")
        return kept, weights

    @cached_property
    def _shares(self) -> Any:
        """The derivative of the reduced loss by the loss of each kept sample."""
        _, weights = self._counted
        return weights / total_of(weights) if self.reduction == "mean" else weights

    def _reduced(self, found: Any) -> Any:
        kept, weights = self._counted
        if self.reduction == "none":
            return self._spread(found * weights, kept)
        total = total_of(found * weights)
        return as_like(total / total_of(weights) if self.reduction == "mean" else total, found)[()]

    def _spread(self, found: Any, kept: Any) -> Any:
        if kept is not None:
            everywhere = namespace(found).zeros_like(self._head.X[:, 0])
            everywhere[kept] = found
            found = everywhere
        return found.reshape(self.X.shape[:-1])

    def _cotangents(self, cotangent: Any) -> Any:
        cotangent = floats_like("cotangent", cotangent, self._head.X)
        if tuple(cotangent.shape) == ():
            return cotangent * self._shares
        if self.reduction != "none":
            raise ValueError(
                f"cotangent: expected one number for {self.reduction!r}, got shape {tuple(cotangent.shape)}"
            )
        same_shape("cotangent", cotangent.shape, self.X.shape[:-1])
        flat, (kept, _) = cotangent.reshape(-1), self._counted
        return (flat if kept is None else flat[kept]) * self._shares

    def _names(self, of: Sequence[str] | None, among: tuple[str, ...] = VARIABLES) -> tuple[str, ...]:
        if of is None:
            return ("X", "W") if self.bias is None else ("X", "W", "bias")
        if isinstance(of, str) or not {*of} <= {*among}:
            raise ValueError(f"of: expected names among {', '.join(among)}; got {of!r}")
        if "bias" in of and self.bias is None:
            raise ValueError("of: this head has no bias")
        return tuple(of)

    def _product(self, direction: dict[str, Any], of: Sequence[str] | None, *, curved: bool) -> Gradients:
        given = {name: x for name, x in direction.items() if x is not None}
        if not given:
            raise ValueError("expected a direction in at least one of X, W, bias")
        if "bias" in given and self.bias is None:
            raise ValueError("bias: this head has no bias")
        names = self._names(tuple(given) if of is None else of, VARIABLES[:3])
        for name, x in given.items():
            given[name] = floats_like(name, x, self._head.X)
            same_shape(f"{name}, a direction", given[name].shape, getattr(self, name).shape)
        if "X" in given:
            given["X"] = given["X"].reshape(self._head.X.shape)
        _, found = products(self._head, self._counted[0], self._shares, Direction(**given), names, curved=curved)
        return self._shaped(found, names)

    def _shaped(self, found: Gradients, names: tuple[str, ...]) -> Gradients:
        """The gradients that were asked for, in the shapes of the variables."""
        wanted = found._asdict() | {"X": None if found.X is None else found.X.reshape(self.X.shape)}
        return Gradients(**{name: wanted[name] for name in names})


@quietly
def _by_temperature(head: LinearHead, gradients: Gradients) -> Any:
    """dloss/dtau = -(<dloss/dW, W> + <dloss/db, b>) / tau, since the loss is a function of (W, b) / tau."""
    xp = namespace(head.X)
    total = xp.sum(gradients.W * head.W)
    if head.bias is not None:
        total = total + xp.sum(xp.where(gradients.bias == 0, 0.0, gradients.bias * head.bias))
    return total * (-1 / head.temperature)
