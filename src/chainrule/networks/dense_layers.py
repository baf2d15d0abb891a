"""Dense layers with compiled passes: one call runs all forward passes of a batch, and one all backward passes.

With a call per layer, Python would take longer than many layers do. Rows must be C-contiguous floats of the parameters'
dtype; `Tile` runs all other networks and batches.
"""

from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from chainrule import rules
from chainrule.arrays import Array
from chainrule.kernels.kernel import takes_compiled
from chainrule.networks.network import Network

ACTIVATIONS = (rules.relu, rules.sigmoid, rules.tanh, rules.softplus, rules.log_sigmoid)


def dense_layers(network: Network, first: int, rows: int, theta: Array) -> "DenseLayers | None":
    """The compiled layers of a network from number `first` on; None if there are none for these layers or this dtype.

    The layers are affine; after each but the last come the same activation, or none, and dropout or none.
    """
    layers = network.layers[first:]
    affine = [index for index, layer in enumerate(layers) if layer.rule is rules.affine]
    if not takes_compiled(theta) or not affine or affine[0] != 0 or affine[-1] != len(layers) - 1:
        return None
    between = {tuple(layer.rule for layer in layers[a + 1 : b]) for a, b in pairwise(affine)} or {()}
    found = between.pop()
    activation = next((rule.name for rule in ACTIVATIONS if rule in found), "identity")
    dropout = tuple(layer.rule for layer in layers[1:-1] if layer.noise is not None)[:1]
    if between or found != (() if activation == "identity" else (rules.get(activation),)) + dropout:
        return None
    return DenseLayers(network, [first + index for index in affine], activation, rows, theta)


class DenseLayers:
    """The buffers of compiled dense layers for batches of some rows.

    Parameters
    ----------
    network : Network
    affine : list of int
        The numbers of the affine layers.
    activation : str
        The name of the rule between them, or ``"identity"``.
    rows : int
        Rows of a batch.
    theta : array
        The flat parameters, used in place.
    """

    def __init__(self, network: Network, affine: list[int], activation: str, rows: int, theta: Array) -> None:
        from chainrule.kernels.loops import dense_passes  # imports numba

        self._run = getattr(dense_passes, f"dense_{activation}")
        self._pull = getattr(dense_passes, f"dense_{activation}_pullback")
        starts = {(block.layer, block.parameter.name): block.start for block in network.blocks}
        shapes = [(network.widths[index], network.widths[index + 1]) for index in affine]
        self._layers = np.array(
            [
                (*shape, starts[index, "weight"], starts[index, "bias"])
                for index, shape in zip(affine, shapes, strict=True)
            ]
        )
        hidden = [width for _, width in shapes[:-1]]
        ends = [rows * total for total in accumulate(hidden)]
        noise = [i for i, layer in enumerate(network.layers) if i > affine[0] and layer.noise is not None]
        self._parts = dict(zip(noise, pairwise([0, *ends]), strict=False))
        self._outputs, self._cotangents = (np.empty(rows * sum(hidden), theta.dtype) for _ in range(2))
        self._masks, self._inputs = (np.empty(ends[-1] if noise else 0, theta.dtype) for _ in range(2))
        self._none, self._nothing = np.empty(0, theta.dtype), np.empty((0, 0), theta.dtype)
        self._theta = theta
        self._residuals: Any = None

    def takes(self, x: Array) -> bool:
        """True for rows that compiled loops can read."""
        return type(x) is np.ndarray and x.dtype == self._theta.dtype and x.flags.c_contiguous

    def forward(self, x: Array, masks: Mapping[int, Array] | None, logits: Array) -> Array:
        """Write the logits of rows. Without masks there is no dropout."""
        noisy = masks is not None and len(self._parts) > 0
        if masks is not None:
            for index, (start, stop) in self._parts.items():
                self._masks[start:stop] = masks[index].reshape(-1)
        buffers = (
            self._outputs,
            self._masks if noisy else self._none,
            self._inputs if noisy else self._outputs,
            self._cotangents,
        )
        x = x.view()
        x.flags.writeable = False  # numba would compile once more for writable arrays
        self._residuals = x, self._theta, self._layers, buffers
        self._run(*self._residuals, logits)
        return logits

    def backward(self, cotangent: Array, gradient: Array, to_input: Array | None) -> None:
        """Write the gradient of the layers' parameters into the flat gradient, and the input's cotangent."""
        self._pull(*self._residuals, cotangent, gradient, self._nothing if to_input is None else to_input)
        self._residuals = None
