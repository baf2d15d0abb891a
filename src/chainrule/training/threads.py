"""How many threads the matrix products of a training step deserve.

Threads that share a product meet at barriers, where they spin. On small products they gain little when the machine is
idle and lose a great deal when it is not: with two other processes on two cores, 100 epochs of a 64-256-10 network on
1293 rows took 10 to 65 s with two threads and 0.6 to 1.2 s with one (0.6 s, idle, with either).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chainrule.kernels.blas import single_threaded_products
from chainrule.networks.network import Network

SMALL_PRODUCT = 2e7
"""Floating-point operations below which a product gets one thread: a fifth of a millisecond on one current core."""


@contextmanager
def suitable_threads(network: Network, rows: int) -> Iterator[None]:
    """Within this context, one BLAS thread if all products of a step on `rows` rows are small; put back afterwards.

    Networks on images see to their threads themselves.
    """
    if network.image_shape is not None:
        yield
        return
    largest = max((2 * rows * block.parameter.size for block in network.blocks), default=0)
    if largest >= SMALL_PRODUCT:
        yield
        return
    with single_threaded_products():
        yield
