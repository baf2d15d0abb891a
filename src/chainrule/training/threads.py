"""How many threads the matrix products of a training step deserve.

Threads that share a product meet at barriers, where they spin. On small products they gain little when the machine is
idle and lose a great deal when it is not: with two other processes on two cores, 100 epochs of a 64-256-10 network on
1293 rows took 10 to 65 s with two threads and 0.6 to 1.2 s with one (0.6 s, idle, with either).
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from chainrule.kernels.blas import single_threaded_products
from chainrule.networks.network import Network

SMALL_PRODUCT = 2e7
"""Floating-point operations below which a product gets one thread: a fifth of a millisecond on one current core."""


def suitable_threads(network: Network, rows: int) -> AbstractContextManager[None]:
    """A context with one BLAS thread if all products of a step on `rows` rows are small.

    Networks on images choose their threads themselves.
    """
    largest = max((2 * rows * block.parameter.size for block in network.blocks), default=0)
    small = network.image_shape is None and largest < SMALL_PRODUCT
    return single_threaded_products() if small else nullcontext()
