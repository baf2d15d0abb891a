"""Passes of a fitted network over many rows: forward for predictions, and backward for gradients of the inputs."""

from collections.abc import Callable

import numpy as np

from chainrule.arrays import Array, as_like, is_torch, to_numpy
from chainrule.estimators.blocks_of_rows import Logits, Worker, threads_worth
from chainrule.networks import Network, Plan
from chainrule.networks.tiles import TILE
from chainrule.training import Objective

PREDICTION_BLOCK = 2048
"""Rows per forward pass when predicting: bounds the memory of activations."""
ENTRIES, FEWEST = 1 << 20, 64
"""Largest number of entries of one layer's outputs in such a pass, and smallest number of rows of a block."""
IMAGE_BLOCK = 256
"""Rows per pass for images, whose activations are several times as many as their pixels."""


def rows_of_a_block(network: Network) -> int:
    """Rows per forward pass."""
    if network.image_shape is not None:
        return min(IMAGE_BLOCK, PREDICTION_BLOCK)
    return min(PREDICTION_BLOCK, max(FEWEST, ENTRIES // max(network.widths[1:])))


def forward(
    network: Network, theta: Array, x: Array, *, prepare: Callable[[Array], Array] = lambda block: block
) -> Logits:
    """Logits as NumPy arrays, computed by blocks of rows; `prepare` makes the inputs of the network from a block.

    The computation runs on the library and device of theta. On NumPy, each thread takes whole blocks through all
    layers, in its own buffers.
    """
    step, threads = rows_of_a_block(network), 1
    if not is_torch(theta):
        threads = threads_worth(x.shape[0], network.n_products)
        if threads > 1:
            step = min(step, TILE) if network.image_shape is not None else step
            step = min(step, -(-x.shape[0] // threads))

    def worker() -> Worker:
        plans: dict[int, Plan] = {}

        def logits_of(rows: slice, place: Array | None) -> Array:
            count = rows.stop - rows.start
            if count not in plans:
                plans[count] = Plan(network, count, theta, forward_only=True)
            block = prepare(x[rows])
            if is_torch(theta):
                block = as_like(np.ascontiguousarray(block), theta)  # PyTorch takes no negative strides
            logits = to_numpy(plans[count].logits(block))
            if place is None:
                return logits
            place[...] = logits
            return place

        return logits_of

    return Logits(x.shape[0], network.out_features, to_numpy(theta[:0]).dtype, step, threads, worker)


def input_gradients(
    objective: Objective, theta: Array, x: Array, targets: Array, *, prepare: Callable[[Array], Array]
) -> Array:
    """The gradient of each sample's loss by the inputs of the network, computed by blocks of rows, as in `forward`."""
    gradients = np.empty((x.shape[0], objective.network.in_features), theta.dtype)
    step = rows_of_a_block(objective.network)
    for start in range(0, x.shape[0], step):
        rows = slice(start, start + step)
        block = prepare(x[rows])
        plan = Plan(objective.network, block.shape[0], theta, input_gradient=True)
        plan.loss_and_gradient(block, targets[rows], label_smoothing=objective.label_smoothing)
        # The plan's loss is the mean over its rows.
        gradients[rows] = plan.input_gradient * block.shape[0]
    return gradients
