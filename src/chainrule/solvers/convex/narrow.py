"""Products in bfloat16, by PyTorch: 8 bits instead of 24, several times as fast where a processor has units for them.

A fit may begin with them: far from the optimum a gradient need not be known to 24 bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.crew import Crew
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.rows import DenseRows, RowBlock


@dataclass(frozen=True, eq=False)
class NarrowBlock(RowBlock):
    """Some dense rows whose products are of x - m rounded to bfloat16, so that samples far from 0 keep their digits.

    Attributes
    ----------
    torch : Any
        The module.
    centre : Array | float
        m, or 0.
    rounded : Any
        x - m in bfloat16.
    """

    torch: Any
    centre: Array | float
    rounded: Any

    def times(self, weights: Array, offset: Array, out: Array) -> Array:
        """(x - m) W + b, into `out`."""
        with _one_thread(self.torch):
            product = self.torch.mm(self.rounded, _rounded(self.torch, weights))
        self.torch.from_numpy(out).copy_(product)
        return np.add(out, offset, out=out)

    def transposed_times(self, rows: Array, *, squared: bool) -> Array:
        """(x - m)^T R, or the same with x - m squared by entry."""
        if squared:  # for a preconditioner, now and then: in full precision
            return np.square(_less(self.x, self.centre)).T @ rows
        with _one_thread(self.torch):
            product = self.torch.mm(self.rounded.T, _rounded(self.torch, rows))
        result: Array = product.float().numpy()
        return result


class NarrowRows(DenseRows):
    """Dense samples whose products are in bfloat16.

    Raises
    ------
    ImportError
        Without PyTorch.
    """

    def __init__(
        self, problem: Problem, team: Crew, vectors: Any, dtype: Any, kept: dict[str, Array], centre: Array | None
    ) -> None:
        super().__init__(problem, team, vectors, dtype, kept)
        torch, centre = _torch(), 0.0 if centre is None else centre
        self.blocks = [
            [
                NarrowBlock(**vars(block), torch=torch, centre=centre, rounded=_rounded(torch, _less(block.x, centre)))
                for block in blocks
            ]
            for blocks in self.blocks
        ]


def _less(x: Array, centre: Array | float) -> Array:
    return np.asarray(x - centre, dtype=x.dtype)


def _rounded(torch: Any, x: Array) -> Any:
    return torch.from_numpy(np.ascontiguousarray(x)).to(torch.bfloat16)


@contextmanager
def _one_thread(torch: Any) -> Iterator[None]:
    """One thread per product, as BLAS has in a crew. The number belongs to the thread that sets it."""
    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise ImportError("mixed_precision needs PyTorch, the extra 'torch': pip install 'chainrule[torch]'") from error
    return torch
