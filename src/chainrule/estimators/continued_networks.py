"""Networks that start from the parameters of an earlier network: of the same shapes, or with fewer classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.arrays import Array
from chainrule.networks import Network


def check_same_shapes(built: Network, wanted: Network, parameters: Sequence[str]) -> None:
    """Raise ValueError, naming the structural parameters, if two networks differ in the shape of a block."""
    before, after = ({block.name: block.parameter.shape for block in network.blocks} for network in (built, wanted))
    for name in before | after:
        if before.get(name) != after.get(name):
            raise ValueError(
                f"the earlier fit has {name} of shape {before.get(name)}, but the parameters now describe a network "
                f"with {name} of shape {after.get(name)}: put {', '.join(parameters)} back, or fit a new estimator"
            )


def with_more_classes(blocks: Sequence[Array], wider: Network, columns: Array, seed: int) -> Array:
    """The flat parameters of a network with more classes: the known values, and initial values for the new classes.

    Parameters
    ----------
    blocks : sequence of arrays
        The parameters of the network with fewer classes, in the order of `Network.unpack`.
    wider : Network
    columns : array of int
        The column of each known class among all classes.
    seed : int
    """
    *kept, weight, bias = blocks
    if weight.shape[1] == 1:
        # One logit o is a softmax over -o/2 and o/2.
        weight, bias = np.hstack([-weight / 2, weight / 2]), np.concatenate([-bias / 2, bias / 2])
    theta = wider.initial_parameters(seed, weight.dtype, draw=wider.out_features)
    *new, new_weight, new_bias = wider.unpack(theta)
    for before, after in zip(kept, new, strict=True):
        after[...] = before
    new_weight[:, columns], new_bias[columns] = weight, bias
    return theta
