"""Products in bfloat16, by PyTorch: 8 bits instead of 24, several times as fast where a processor has units for them.

A descent may begin with them: far from the optimum a gradient need not be known to 24 bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.blocks import Crew
from chainrule.solvers.convex.products import Block, DenseProducts


class NarrowProducts(DenseProducts):
    """Products with dense samples that are rounded to bfloat16, as are the weights and residuals.

    What is rounded is x - m, so that samples far from 0 keep their digits; products are with that.

    Raises
    ------
    ImportError
        Without PyTorch.
    """

    def __init__(self, x: Array, n_outputs: int, team: Crew, dtype: Any, centre: Array | None = None) -> None:
        super().__init__(x, n_outputs, team, dtype)
        self._torch = _torch()
        self._centre: Array | float = 0.0 if centre is None else centre
        self._narrow = {
            block.rows.start: self._rounded(self._less_centre(block)) for share in self.blocks for block in share
        }

    def times(self, block: Block, weights: Array, offset: Array, out: Array) -> Array:
        """(x - m) W + b of a block, into `out`."""
        with self._one_thread():
            product = self._torch.mm(self._narrow[block.rows.start], self._rounded(weights))
        self._torch.from_numpy(out).copy_(product)
        return np.add(out, offset, out=out)

    def _transposed_times(self, block: Block, rows: Array, squared: bool) -> Array:
        if squared:  # for a preconditioner, now and then: in full precision
            return np.square(self._less_centre(block)).T @ rows
        with self._one_thread():
            product = self._torch.mm(self._narrow[block.rows.start].T, self._rounded(rows))
        result: Array = product.float().numpy()
        return result

    def _less_centre(self, block: Block) -> Array:
        return np.asarray(block.x - self._centre, dtype=block.x.dtype)

    def _rounded(self, x: Array) -> Any:
        return self._torch.from_numpy(np.ascontiguousarray(x)).to(self._torch.bfloat16)

    @contextmanager
    def _one_thread(self) -> Iterator[None]:
        """As BLAS in a crew: the number of threads is one of the thread that sets it."""
        before = self._torch.get_num_threads()
        if before == 1:
            yield
            return
        self._torch.set_num_threads(1)
        try:
            yield
        finally:
            self._torch.set_num_threads(before)


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise ImportError("mixed_precision needs PyTorch, the extra 'torch': pip install 'chainrule[torch]'") from error
    return torch
