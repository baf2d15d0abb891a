"""A plan: the buffers with which one network takes training steps on batches of one size.

The forward pass writes every layer's output into its buffer. The backward pass runs the pullbacks in reverse and
writes every gradient into its view of one flat vector. After the first step nothing is allocated. The gradient by the
inputs is computed only if asked for.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from chainrule.arrays import (
    FEW_COLUMNS,
    Array,
    empty,
    empty_classes_major,
    is_floating,
    is_torch,
    namespace,
    same_shape,
)
from chainrule.kernels import kernel_of
from chainrule.kernels.blas import single_threaded_products
from chainrule.networks.images import Front
from chainrule.networks.layers import Layer
from chainrule.networks.network import Network
from chainrule.streams import Purpose, stream
from chainrule.workspace import Workspace


class Plan:
    """Buffers and views for steps of `network` on batches of `rows` rows.

    Parameters
    ----------
    network : Network
    rows : int
        Rows of a batch.
    theta : array
        The flat parameters, used in place. The plan takes their library, dtype and device.
    gradient : array, optional
        The array that gradients are written to; allocated if absent.
    input_gradient : bool
        Whether `loss_and_gradient` also computes the loss's gradient by the inputs.
    forward_only : bool
        Whether the plan only computes `logits` and has no memory for gradients.

    Attributes
    ----------
    theta, gradient : array
        Flat vectors of length network.n_parameters.
    input_gradient : array or None
        The gradient by the inputs, of shape (rows, in_features); None unless asked for.

    Examples
    --------
    >>> from chainrule.networks import mlp
    >>> network = mlp(2, (3,), 2)
    >>> plan = Plan(network, 4, network.initial_parameters(seed=0))
    >>> import numpy as np
    >>> x, labels = np.arange(8.0).reshape(4, 2), np.array([0, 1, 1, 0])
    >>> loss = plan.loss_and_gradient(x, labels)
    >>> plan.gradient.shape
    (17,)
    """

    def __init__(
        self,
        network: Network,
        rows: int,
        theta: Array,
        gradient: Array | None = None,
        *,
        input_gradient: bool = False,
        forward_only: bool = False,
    ) -> None:
        same_shape("theta", theta.shape, (network.n_parameters,))
        if rows < 1:
            raise ValueError(f"rows: expected at least 1, got {rows}")
        self.network, self.rows, self.theta = network, rows, theta
        self._forward_only = forward_only
        size = 0 if forward_only else network.n_parameters
        self.gradient = empty((size,), theta) if gradient is None else gradient
        self.input_gradient = empty((rows, network.in_features), theta) if input_gradient else None
        self._parameters = _views(network, theta)
        self._gradients = _views(network, None if forward_only else self.gradient)
        self._first = network.n_image_layers
        self._front = (
            Front(network, rows, theta, self._parameters, self._gradients, forward_only=forward_only)
            if self._first
            else None
        )
        self._kernels = [kernel_of(layer.rule) for layer in network.layers]
        self._loss_kernel = kernel_of(network.loss)
        self._outputs = self._output_buffers()
        self._works = [Workspace() for _ in network.layers]
        self._masks: dict[int, Array] = {}
        self._residuals: list[Any] = [None] * len(network.layers)
        self._cotangents = [] if forward_only else self._cotangent_buffers()
        self._loss_work = Workspace()
        # The cotangent may overwrite the logits unless the last layer's pullback needs them.
        in_place = forward_only or network.layers[-1].rule.needs == "input"
        self._logits_cotangent = self._outputs[-1] if in_place else empty((rows, network.out_features), theta)
        self._losses = empty((rows, 1), theta)
        self._shares = empty((rows, 1), theta)

    def _output_buffers(self) -> list[Array | None]:
        buffers: list[Array | None] = []
        for i, layer in enumerate(self.network.layers):
            if i < self._first:
                buffers.append(None)
                continue
            before = self.network.layers[i - 1].rule
            # A layer whose pullback needs only its output overwrites its input, unless the layer before needs that.
            if i > self._first and layer.rule.needs == "output" and before.needs == "input":
                buffers.append(buffers[-1])
                continue
            width, last = self.network.widths[i + 1], i == len(self.network.layers) - 1
            if last and width <= FEW_COLUMNS and not is_torch(self.theta):
                buffers.append(empty_classes_major(self.rows, width, self.theta))
            else:
                buffers.append(empty((self.rows, width), self.theta))
        return buffers

    def _cotangent_buffers(self) -> list[Array | None]:
        """A buffer for each layer's input cotangent; None where it overwrites the output cotangent."""
        buffers: list[Array | None] = []
        for i, layer in enumerate(self.network.layers):
            if i < self._first:
                buffers.append(None)
            elif i == 0:
                buffers.append(self.input_gradient)
            elif layer.rule.needs == "output" or layer.noise is not None:
                buffers.append(None)
            else:
                buffers.append(empty((self.rows, self.network.widths[i]), self.theta))
        return buffers

    def logits(self, x: Array) -> Array:
        """The network's outputs without dropout, in a buffer that the next call overwrites."""
        with self._few_threads():
            return self._forward(x, None)

    def loss_and_gradient(
        self,
        x: Array,
        targets: Array,
        weights: Array | None = None,
        *,
        l2: float = 0.0,
        penalise_biases: bool = False,
        label_smoothing: float = 0.0,
        dropout_key: tuple[int, ...] | None = None,
        validate: bool = True,
    ) -> float:
        """The weighted mean loss of a batch plus the penalty. Its gradient is written to `self.gradient`.

        Parameters
        ----------
        x : (rows, in_features) array
        targets : (rows,) labels, or an array of the logits' shape
        weights : (rows,) array, optional
            The mean is sum(w_i l_i) / sum(w_i).
        l2 : float
            The penalty is l2 times the sum of the squared weights.
        penalise_biases : bool
            Whether the penalty includes the biases.
        label_smoothing : float
            An option of the softmax cross entropy.
        dropout_key : tuple of int, optional
            (seed, epoch, batch), which decides the masks. Without it there is no dropout.
        validate : bool
            Whether to check the targets. Training has checked them all before its first step.

        Raises
        ------
        ValueError
            For a batch of another shape, targets that do not fit the loss, or weights without a positive sum; and if
            the plan is for logits alone.
        """
        if self._forward_only:
            raise ValueError("this plan was made with forward_only=True, for logits alone: it computes no gradients")
        with self._few_threads():
            logits = self._forward(x, dropout_key)
            if validate and self.network.loss.check is not None:
                self.network.loss.check(logits, targets)
            shares = self._shares_of(weights)
            options = {"label_smoothing": label_smoothing} if label_smoothing else {}
            fused = self._loss_kernel.value_and_pullback
            assert fused is not None
            losses, cotangent = fused(
                logits, targets, shares, out=(self._losses, self._logits_cotangent), work=self._loss_work, **options
            )
            loss = _dot(losses.reshape(-1), shares.reshape(-1))
            self._backward(x, cotangent)
            if l2:
                loss = loss + self._penalty(l2, penalise_biases)
        return float(loss) if is_floating(self.theta) else loss

    def _shares_of(self, weights: Array | None) -> Array:
        """Each row's weight over the sum of all weights."""
        shares = self._shares
        if weights is None:
            shares[...] = 1
            return namespace(shares).divide(shares, self.rows, out=shares)  # the arithmetic of balls too
        same_shape("weights", weights.shape, (self.rows,))
        total = weights.sum()
        if not total > 0:
            raise ValueError("the weights of a batch must have a positive sum")
        return namespace(shares).divide(weights.reshape(-1, 1), total, out=shares)

    def _few_threads(self) -> AbstractContextManager[None]:
        """One thread for products if the plan runs threads of its own for images: two pools of threads that spin while
        they wait cost more time than threaded products save."""
        return nullcontext() if self._front is None or is_torch(self.theta) else single_threaded_products()

    def _forward(self, x: Array, dropout_key: tuple[int, ...] | None) -> Array:
        same_shape("a batch", x.shape, (self.rows, self.network.in_features))
        if self._front is not None:
            x = self._front.forward(x, self._image_masks(dropout_key))
        for i, layer in enumerate(self.network.layers[self._first :], start=self._first):
            if layer.noise is not None:
                if dropout_key is None:
                    self._residuals[i] = None
                    continue
                inputs: tuple[Array, ...] = (self._mask(i, layer, dropout_key),)
            else:
                inputs = self._parameters[i]
            forward, options = self._kernels[i].forward, layer.options
            x, self._residuals[i] = forward(x, *inputs, out=self._outputs[i], work=self._works[i], **options)
        return x

    def _image_masks(self, key: tuple[int, ...] | None) -> dict[int, Array] | None:
        if key is None:
            return None
        layers = enumerate(self.network.layers[: self._first])
        return {i: self._mask(i, layer, key) for i, layer in layers if layer.noise is not None}

    def _mask(self, i: int, layer: Layer, key: tuple[int, ...]) -> Array:
        if i not in self._masks:
            self._masks[i] = empty((self.rows, self.network.widths[i]), self.theta)
        assert layer.noise is not None
        return layer.noise(stream(Purpose.DROPOUT, *key, i), self._masks[i], self._works[i])

    def _backward(self, x: Array, cotangent: Array) -> None:
        for i in range(len(self.network.layers) - 1, self._first - 1, -1):
            layer, residuals, work = self.network.layers[i], self._residuals[i], self._works[i]
            pullback = self._kernels[i].pullback
            if layer.noise is not None:
                if residuals is not None:
                    pullback(residuals, cotangent, out=(cotangent, None), work=work)
                continue
            to_input = self._cotangents[i]
            if len(layer.rule.inputs) > 1:
                cotangent, *_ = pullback(residuals, cotangent, out=(to_input, *self._gradients[i]), work=work)
            elif i or self.input_gradient is not None:
                out = cotangent if to_input is None else to_input
                cotangent = pullback(residuals, cotangent, out=out, work=work)
        if self._front is not None:
            self._front.backward(cotangent, self.input_gradient)
        elif self.input_gradient is not None and cotangent is not self.input_gradient:
            self.input_gradient[...] = cotangent

    def _penalty(self, l2: float, biases: bool) -> Any:
        size = self.network.n_parameters if biases else self.network.n_weights
        xp, theta, gradient = namespace(self.theta), self.theta[:size], self.gradient[:size]
        square = self._loss_work("square", (size,), theta)
        xp.add(gradient, xp.multiply(theta, 2 * l2, out=square), out=gradient)
        return 0.5 * _dot(theta, square)


def _dot(a: Array, b: Array) -> Array:
    return (a * b).sum() if a.dtype == object else namespace(a).dot(a, b)


def _views(network: Network, flat: Array | None) -> list[tuple[Array, ...]]:
    """The views of a flat vector for every layer; none without a vector."""
    views: list[list[Array]] = [[] for _ in network.layers]
    for block in network.blocks if flat is not None else ():
        views[block.layer].append(block.view(flat))
    return [tuple(layer) for layer in views]
