"""A plan: the buffers with which one network takes training steps on batches of one size.

The forward pass writes every layer's output into its buffer. The backward pass runs the pullbacks in reverse and
writes every gradient into its view of one flat vector. After the first step nothing is allocated. The gradient with
respect to the inputs is computed only on request.
"""

from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from itertools import chain
from typing import Any, TypeAlias

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
from chainrule.kernels.blas import single_threaded_products
from chainrule.kernels.kernel import adapter, kernel_of, takes_compiled
from chainrule.kernels.workers import share
from chainrule.networks.dense_layers import DenseLayers, dense_layers
from chainrule.networks.network import Network
from chainrule.networks.tiles import Tile, image_tiles, stages_of
from chainrule.streams import Purpose, stream
from chainrule.workspace import Workspace

Masks: TypeAlias = dict[int, Array]
"""The mask of each layer of noise, by the number of the layer."""


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
        True if `loss_and_gradient` also computes the loss's gradient with respect to the inputs.
    forward_only : bool
        True if the plan only computes `logits` and has no memory for gradients.

    Attributes
    ----------
    theta, gradient : array
        Flat vectors of length network.n_parameters.
    input_gradient : array or None
        The gradient with respect to the inputs, of shape (rows, in_features); None without `input_gradient=True`.

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
        if input_gradient and network.layers[0].takes_codes:
            raise ValueError(f"input_gradient: the layer {network.layers[0]} takes codes, which have no gradient")
        self.network, self.rows, self.theta = network, rows, theta
        self._forward_only = forward_only
        size = 0 if forward_only else network.n_parameters
        self.gradient = empty((size,), theta) if gradient is None else gradient
        self.input_gradient = empty((rows, network.in_features), theta) if input_gradient else None
        self._parameters = network.by_layer(theta)
        self._gradients = [] if forward_only else network.by_layer(self.gradient)
        first = network.n_image_layers
        self._tiles, self._threads = image_tiles(network, rows, theta, forward_only=forward_only) if first else ([], 1)
        self._features = empty((rows, network.widths[first]), theta) if first else None
        self._to_features = empty((rows, network.widths[first]), theta) if first and not forward_only else None
        # The first tile writes to the gradient itself. The parts of the others are added in the order of the tiles.
        self._parts = [self._gradients] + [
            [tuple(empty(tuple(gradient.shape), theta) for gradient in layer) for layer in self._gradients[:first]]
            for _ in self._tiles[1:]
        ]
        self._dense = dense_layers(network, first, rows, theta)
        self._running: DenseLayers | None = None
        # NumPy's passes over few classes are faster with each class contiguous in memory.
        few = network.out_features <= FEW_COLUMNS and not is_torch(theta) and not takes_compiled(theta)
        shape = rows, network.out_features
        self._logits = empty_classes_major(*shape, theta) if few else empty(shape, theta)
        # The cotangent may overwrite the logits unless the last layer's pullback needs them.
        in_place = forward_only or network.layers[-1].rule.needs == "input"
        self._logits_cotangent = self._logits if in_place else empty(shape, theta)
        self._fused: Any = kernel_of(network.loss, theta).value_and_pullback or adapter(network.loss).value_and_pullback
        self._work = Workspace()
        self._losses = empty((rows, 1), theta)
        self._shares = empty((rows, 1), theta)
        self._equal_shares: Any = None

    def write_to(self, gradient: Array) -> None:
        """Write gradients to another flat vector from now on."""
        self.gradient = gradient
        self._gradients = self._parts[0] = self.network.by_layer(gradient)

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
        masks: Masks | None = None,
        total_weight: float | None = None,
        validate: bool = True,
        as_array: bool = False,
    ) -> Any:
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
            True if the penalty includes the biases.
        label_smoothing : float
            The share of every target that is spread over all classes; only for the softmax cross entropy.
        dropout_key : tuple of int, optional
            (seed, epoch, batch), which decides the masks. If neither it nor `masks` is given, there is no dropout.
        masks : mapping, optional
            The dropout masks, by the number of the layer, if the rows are only part of a batch.
        total_weight : float, optional
            The number that divides the sum of the weighted losses, if the rows are only part of a batch.
        validate : bool
            True to check the targets. Training checks them before its first step.
        as_array : bool
            True returns a zero-dimensional array without waiting for the device; otherwise a float, or a ball.

        Raises
        ------
        ValueError
            If the batch has another shape, the targets do not fit the loss, the weights have no positive sum, or the
            plan is `forward_only`.
        """
        if self._forward_only:
            raise ValueError("this plan was made with forward_only=True, for logits alone: it computes no gradients")
        with self._few_threads():
            masks = self._masks(dropout_key) if masks is None and dropout_key is not None else masks
            logits = self._forward(x, masks)
            if validate and self.network.loss.check is not None:
                self.network.loss.check(logits, targets)
            shares = self._shares_of(weights, total_weight)
            options = {"label_smoothing": label_smoothing} if label_smoothing else {}
            losses, cotangent = self._fused(
                logits, targets, shares, out=(self._losses, self._logits_cotangent), work=self._work, **options
            )
            loss = _dot(losses.reshape(-1), shares.reshape(-1))
            self._backward(cotangent)
            if l2:
                loss = loss + self._penalty(l2, penalise_biases)
        return loss if as_array or not is_floating(self.theta) else float(loss)

    def _shares_of(self, weights: Array | None, total: Any) -> Array:
        """Each row's weight over the total, which by default is the sum of all weights."""
        shares = self._shares
        if weights is None:
            total = self.rows if total is None else total
            if self._equal_shares is None or self._equal_shares != total:
                shares[...] = 1
                namespace(shares).divide(shares, total, out=shares)  # the arithmetic of balls too
                self._equal_shares = total
            return shares
        self._equal_shares = None
        same_shape("weights", weights.shape, (self.rows,))
        if total is None:
            total = weights.sum()
            if not total > 0:
                raise ValueError("the weights of a batch must have a positive sum")
        return namespace(shares).divide(weights.reshape(-1, 1), total, out=shares)

    def _few_threads(self) -> AbstractContextManager[None]:
        """One thread for products if the plan runs threads of its own for images: two pools of threads that spin while
        they wait cost more time than threaded products save."""
        return nullcontext() if not self._tiles or is_torch(self.theta) else single_threaded_products()

    def _forward(self, x: Array, masks: Masks | None) -> Array:
        same_shape("a batch", x.shape, (self.rows, self.network.in_features))
        try:
            features = x if self._features is None else self._features_of(x, masks, self._features)
            self._running = self._dense if self._dense is not None and self._dense.takes(features) else None
            if self._running is not None:
                return self._running.forward(features, masks, self._logits)
            return self._back.forward(features, self._parameters, masks, self._logits)
        except (ValueError, RuntimeError):  # PyTorch raises RuntimeError
            for layer in self.network.layers:
                layer.check_out_shape()
            raise

    @cached_property
    def _back(self) -> Tile:
        """The layers after the images, for rows that compiled layers do not take."""
        numbers = range(self.network.n_image_layers, len(self.network.layers))
        return Tile(stages_of(self.network, numbers, self.theta), self.rows, self.theta)

    def _features_of(self, x: Array, masks: Masks | None, features: Array) -> Array:
        """Rows of features from rows of pixels."""

        def work(thread: int, number: int) -> None:
            rows, tile = self._tiles[number]
            some = None if masks is None else {index: mask[rows] for index, mask in masks.items()}
            tile.forward(x[rows], self._parameters, some, features[rows])

        share(len(self._tiles), self._threads, work)
        return features

    def _backward(self, cotangent: Array) -> None:
        by_x = self.input_gradient
        to_features: Any
        if self._running is not None:
            to_features = self._to_features if self._tiles else by_x
            self._running.backward(cotangent, self.gradient, to_features)
        else:
            wanted = by_x is not None or bool(self._tiles)
            to_features = self._back.backward(cotangent, self._gradients, to_input=wanted)
        if not self._tiles:
            if by_x is not None and by_x is not to_features:
                by_x[...] = to_features
            return

        def work(thread: int, number: int) -> None:
            rows, tile = self._tiles[number]
            to_pixels = tile.backward(to_features[rows], self._parts[number], to_input=by_x is not None)
            if by_x is not None:
                by_x[rows] = to_pixels.reshape(by_x[rows].shape)

        share(len(self._tiles), self._threads, work)
        for part in self._parts[1:]:
            for total, more in zip(chain(*self._gradients), chain(*part), strict=False):
                total += more

    def _masks(self, key: tuple[int, ...]) -> Masks:
        return masks_of(self.network, self.rows, key, self.theta, self._work)

    def _penalty(self, l2: float, biases: bool) -> Any:
        size = self.network.n_parameters if biases else self.network.n_weights
        xp, theta, gradient = namespace(self.theta), self.theta[:size], self.gradient[:size]
        if takes_compiled(theta):
            from chainrule.kernels.loops.solver_loops import add_penalty  # imports numba

            return l2 * float(add_penalty(theta, gradient, 2.0 * l2))
        if is_torch(theta):
            gradient.add_(theta, alpha=2 * l2)
            return _dot(theta, theta).mul_(l2)
        square = self._work("square", (size,), theta)
        xp.add(gradient, xp.multiply(theta, 2 * l2, out=square), out=gradient)
        return 0.5 * _dot(theta, square)


def masks_of(network: Network, rows: int, key: tuple[int, ...], theta: Array, work: Workspace) -> Masks:
    """The masks of all layers of noise for a batch, by the number of the layer, in buffers of the workspace."""
    masks = {}
    for i, layer in enumerate(network.layers):
        if layer.noise is not None:
            mask = work(f"mask {i}", (rows, network.widths[i]), theta)
            masks[i] = layer.noise(stream(Purpose.DROPOUT, *key, i), mask, work)
    return masks


def _dot(a: Array, b: Array) -> Array:
    return (a * b).sum() if a.dtype == object else namespace(a).dot(a, b)
