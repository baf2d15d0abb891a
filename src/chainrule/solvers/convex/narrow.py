"""Products in bfloat16 by PyTorch: 8 bits instead of 24, several times as fast on processors with units for them.

The first steps of a fit may use them, because a gradient far from the optimum does not need 24 bits.
"""

from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array
from chainrule.extras import import_extra
from chainrule.solvers.convex.features import Features
from chainrule.solvers.convex.row_blocks import RowBlock


class Narrowing(NamedTuple):
    """The settings of products in bfloat16.

    Attributes
    ----------
    centre : (d,) array or None
        Subtracted from samples before they are rounded.
    torch_threads : int
        PyTorch's number of threads before the fit, to which every product returns.
    """

    centre: Array | None
    torch_threads: int

    def block(self, *fields: Any) -> "NarrowBlock":
        """A block with the fields of `RowBlock`, whose products are in bfloat16."""
        return NarrowBlock(*fields)


def narrowing(features: Features) -> Narrowing:
    """The settings for products with samples minus the centre of these features.

    Raises
    ------
    ImportError
        Without PyTorch.
    """
    return Narrowing(features.centre, _torch().get_num_threads())


def has_bfloat16_units() -> bool:
    """True if the processor has instructions for products in bfloat16, or if this PyTorch cannot tell.

    Without them such products take several times as long as in float32.

    Raises
    ------
    ImportError
        Without PyTorch.
    """
    capabilities = getattr(_torch().cpu, "get_capabilities", None)
    return capabilities is None or any(there for name, there in capabilities().items() if "bf16" in name)


class NarrowBlock(RowBlock):
    """Some dense rows, multiplied as x - m rounded to bfloat16, so that samples far from 0 keep their digits."""

    def times(self, weights: Array, offset: Array, out: Array) -> Array:
        """(x - m) W + b, into `out`."""
        _torch().from_numpy(out).copy_(self._product(self._rounded, weights))
        return np.add(out, offset, out=out)

    def transposed_times(self, rows: Array, out: Array) -> Array:
        """(x - m)^T R, into `out`."""
        _torch().from_numpy(out).copy_(self._product(self._rounded.T, rows))
        return out

    # What follows is private.

    @property
    def _rounded(self) -> Any:
        """x - m in bfloat16, which is kept if the engine keeps results."""
        key = "rounded", self.rows.start
        if self.kept is not None and key in self.kept:
            return self.kept[key]
        centre = self.view.narrow.centre
        result = _rounded(self.x if centre is None else np.asarray(self.x - centre, dtype=self.x.dtype))
        if self.kept is not None:
            self.kept[key] = result
        return result

    def _product(self, samples: Any, factor: Array) -> Any:
        """The product of two matrices in bfloat16, by one thread."""
        torch = _torch()
        # The number is read once, before the fit: a thread that read it while another has set 1 would restore 1.
        torch.set_num_threads(1)
        try:
            return torch.mm(samples, _rounded(factor))
        finally:
            torch.set_num_threads(self.view.narrow.torch_threads)


# What follows is private.


def _rounded(x: Array) -> Any:
    torch = _torch()
    return torch.from_numpy(np.ascontiguousarray(x)).to(torch.bfloat16)


def _torch() -> Any:
    return import_extra("torch", "torch", "mixed_precision needs PyTorch")
