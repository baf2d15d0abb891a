"""Correlations in place: on NumPy's floats by tiles of patches, on PyTorch by the library's own convolution.

Images have the shape samples x channels x height x width; in memory the samples may come last (see `layout`). For other
axes and other arrays, such as balls, the rule itself runs, and its result is copied.
"""

from types import ModuleType
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_torch, is_traced
from chainrule.kernels import convolution_numpy, images_torch
from chainrule.kernels.kernel import Kernel, adapter
from chainrule.rules.convolution2d import conv2d
from chainrule.rules.correlation2d import correlate2d
from chainrule.rules.image_maps import height_and_width
from chainrule.rules.rule import Rule
from chainrule.rules.windows import windows_on
from chainrule.workspace import Workspace


def library_of(x: Array) -> ModuleType | None:
    """The module of convolutions for images like `x`; None if only the rule takes it: balls, other axes, no images.

    >>> library_of(np.zeros((1, 1, 2, 2))).__name__, library_of(np.zeros(2))
    ('chainrule.kernels.convolution_numpy', None)
    """
    if x.ndim != 4 or not x.shape[0]:
        return None
    if type(x) is np.ndarray and x.dtype in (np.float32, np.float64):
        return convolution_numpy
    return images_torch if is_torch(x) and not is_traced(x) else None


def _kernel(rule: Rule) -> Kernel:
    page, inputs = adapter(rule), len(rule.inputs)

    def forward(
        x: Array, weight: Array, bias: Array | None = None, *, out: Any = None, work: Any = None, **options: Any
    ) -> tuple[Array, Any]:
        library = library_of(x)
        if library is None:
            return page.forward(*(x, weight, bias)[:inputs], out=out, **options)
        groups = options.pop("groups", 1)
        windows = windows_on(height_and_width(x), height_and_width(weight), **options)
        value = library.correlate(x, weight, bias, windows, groups, out=out)
        return value, (x, weight, windows, groups)

    def pullback(
        residuals: Any, cotangent: Array, *, out: Any = None, work: Workspace | None = None
    ) -> tuple[Array | None, ...]:
        library = library_of(cotangent)
        if library is None:
            pulled: tuple[Array | None, ...] = page.pullback(residuals, cotangent, out=out)
            return pulled
        x, weight, windows, groups = residuals
        buffers = (*(out or (None,) * inputs), None)[:3]
        wanted = tuple(k < inputs and (not out or buffers[k] is not None) for k in range(3))
        pulled = library.transposed(x, weight, cotangent, windows, groups, wanted=wanted, out=buffers)
        return pulled[:inputs]

    return Kernel(forward, pullback)


KERNELS = {rule: _kernel(rule) for rule in (correlate2d, conv2d)}
