"""Products in bfloat16 by PyTorch: 8 bits instead of 24, several times as fast on processors with units for them.

The first steps of a fit may use them, because a gradient far from the optimum does not need 24 bits.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.extras import import_extra
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.rows import DenseRows, RowBlock


@dataclass(frozen=True, eq=False)
class NarrowBlock(RowBlock):
    """Some dense rows that are multiplied as x - m rounded to bfloat16, so that samples far from 0 keep their digits.

    Attributes
    ----------
    rounded : torch.Tensor
        x - m in bfloat16.
    torch_threads : int
        PyTorch's number of threads before the fit, to which every product returns.
    """

    rounded: Any
    torch_threads: int

    def times(self, weights: Array, offset: Array, out: Array) -> Array:
        """(x - m) W + b, into `out`."""
        _torch().from_numpy(out).copy_(self._product(self.rounded, weights))
        return np.add(out, offset, out=out)

    def transposed_times(self, rows: Array) -> Array:
        """(x - m)^T R."""
        result: Array = self._product(self.rounded.T, rows).float().numpy()
        return result

    def _product(self, samples: Any, factor: Array) -> Any:
        """The product of two matrices in bfloat16, by one thread."""
        torch = _torch()
        # A thread that reads the number while another has set 1 would restore 1: it is read once, before the fit.
        torch.set_num_threads(1)
        try:
            return torch.mm(samples, _rounded(factor))
        finally:
            torch.set_num_threads(self.torch_threads)


class NarrowRows(DenseRows):
    """Dense samples with products in bfloat16.

    Raises
    ------
    ImportError
        Without PyTorch.
    """

    def __init__(
        self, problem: Problem, threads: int, vectors: Any, dtype: Any, kept: dict[str, Array], centre: Array | None
    ) -> None:
        super().__init__(problem, threads, vectors, dtype, kept)
        origin, torch_threads = 0.0 if centre is None else centre, _torch().get_num_threads()

        def narrow(block: RowBlock) -> NarrowBlock:
            rounded = _rounded(np.asarray(block.x - origin, dtype=block.x.dtype))
            return NarrowBlock(**vars(block), rounded=rounded, torch_threads=torch_threads)

        self.blocks = [[narrow(block) for block in blocks] for blocks in self.blocks]


# What follows is private.


def _rounded(x: Array) -> Any:
    torch = _torch()
    return torch.from_numpy(np.ascontiguousarray(x)).to(torch.bfloat16)


def _torch() -> Any:
    return import_extra("torch", "torch", "mixed_precision needs PyTorch")
