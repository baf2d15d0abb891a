"""The vectors of L-BFGS on a device.

A step of L-BFGS reads its twenty vectors twice, and multiplies by the features' axes twice. With millions of
parameters this takes the threads of a processor longer than a GPU takes for a pass over a million rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.preconditioner import DecomposedMatrix, FrequencyMatrix, Inverse, Preconditioner
from chainrule.solvers.convex.step_pairs import Vectors


class DeviceVectors(Vectors):
    """Vectors on a device of PyTorch."""

    def __init__(self, torch: Any, device: str) -> None:
        self._torch, self._device = torch, device

    def put(self, array: Array) -> Array:
        """A copy of an array there."""
        return self._torch.tensor(array, device=self._device)

    def taken(self, vector: Array) -> Array:
        """A vector as an array in main memory."""
        found: Array = vector.cpu().numpy()
        return found

    def dot(self, one: Array, other: Array) -> float:
        """Their inner product. Those of float32 are summed in float64."""
        return float((one * other).sum(dtype=self._torch.float64))

    def inverse(self, preconditioner: Inverse) -> Callable[[Array], Array]:
        """The inverse Hessian times a vector, as a function."""
        if isinstance(preconditioner, Preconditioner):
            return self._of_spectrum(preconditioner)
        return lambda vector: self.put(preconditioner.solve(self.taken(vector)))

    # What follows is private.

    def _of_spectrum(self, preconditioner: Preconditioner) -> Callable[[Array], Array]:
        """`Preconditioner.solve` there."""
        d = len(preconditioner.spectrum)
        basis = None if preconditioner.basis is None else self.put(preconditioner.basis)
        classes = preconditioner.classes
        if isinstance(classes, FrequencyMatrix):
            classes = replace(classes, probs=self.put(classes.probs), curvatures=self.put(classes.curvatures))
        else:
            assert isinstance(classes, DecomposedMatrix)
            classes = replace(classes, classes=self.put(classes.classes), inverses=self.put(classes.inverses))

        def solve(gradient: Any) -> Any:
            double = self._torch.float64
            result, weights, size = self._torch.zeros_like(gradient), gradient[:d], 1.0
            if basis is None:
                result[:d] = classes.solve(weights.to(double), slice(0, d))
            else:
                if basis.dtype != gradient.dtype:
                    size = float(weights.abs().max()) or 1.0  # so that float32 holds the entries that matter
                rotated = classes.solve((basis.T @ (weights / size).to(basis.dtype)).to(double), slice(0, d))
                result[:d] = size * (basis @ rotated.to(basis.dtype))
            if d < len(gradient):
                result[d:] = classes.solve(gradient[d:].to(double), slice(d, None))
            return result

        return solve


def in_numpy(tensor: Any) -> Array:
    """A tensor as an array in main memory."""
    return np.asarray(tensor.cpu().numpy())
