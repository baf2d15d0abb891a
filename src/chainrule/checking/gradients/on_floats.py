"""Claims against Taylor remainders, for functions that only run on floats: PyTorch's, JAX's, compiled ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.arrays import is_torch, random_stream, to_numpy
from chainrule.checking.case import SEED, draw
from chainrule.checking.comparing import position
from chainrule.checking.gradients.claims import Claim, Function, Index, as_values
from chainrule.checking.gradients.remainder import Remainder, remainder
from chainrule.checking.rule_report import Finding, Mismatch, Unchecked

MOST_ENTRIES = 256
"""Of more entries of an input, a fixed random choice is moved one by one, and all at once along one direction."""

MOST_OUTPUTS = 12
"""Up to so many outputs and inputs, whole Jacobians are looked at to explain what is wrong."""


@dataclass
class FloatCheck:
    """The comparison of one claim with one function at one point."""

    name: str
    function: Function
    claim: Claim
    inputs: tuple[Any, ...]
    """As the user gave them."""
    checked: int = 0
    orders: list[float] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    seen: dict[tuple[int, Index, Index], tuple[float, float]] = field(default_factory=dict)
    """Claimed and extrapolated derivatives by (input, its entry, ())."""

    def run(self) -> None:
        """Compare all inputs. Raises `WrongShapeError`."""
        shape = self.claim.output_shape
        self.cotangent = np.ones(shape) if self.claim.form == "gradient" else draw(99, shape)
        value = self._call(self.inputs)
        self.unit = float(np.finfo(value.dtype).eps) / 2 if value.dtype.kind == "f" else 2.0**-53
        given = tuple(copied(x) for x in self.inputs)
        values = self.claim.values(given, _like(value, self.cotangent, self.function_result))
        for i, claimed in enumerate(values):
            if claimed is None:
                continue
            gradient = self._contracted(i, as_values(claimed).astype(np.float64))
            indices = list(np.ndindex(gradient.shape))
            if len(indices) > MOST_ENTRIES:
                chosen = random_stream(SEED, 2).choice(len(indices), MOST_ENTRIES, replace=False)
                self._direction(i, gradient)
                indices = [indices[k] for k in sorted(chosen)]
            for index in indices:
                unit = np.zeros(gradient.shape)
                unit[index] = 1.0
                self._judge(i, index, unit, float(gradient[index]))

    def matrices(self) -> dict[int, tuple[Any, Any]]:
        """The claimed and true Jacobians (outputs x inputs) by input, if outputs and inputs are few."""
        shape, form = self.claim.output_shape, self.claim.form
        outputs = int(np.prod(shape, dtype=int))
        sizes = [int(np.prod(each, dtype=int)) for each in self.claim.shapes]
        if form == "gradient" or not 1 < outputs <= MOST_OUTPUTS:
            return {}
        found: dict[int, tuple[Any, Any]] = {}
        kept = self.cotangent
        for out, index in enumerate(np.ndindex(shape)):
            self.cotangent = np.zeros(shape)
            self.cotangent[index] = 1.0
            given = tuple(copied(x) for x in self.inputs)
            value = self._call(self.inputs)
            claimed = self.claim.values(given, _like(value, self.cotangent, self.function_result))
            for i, each in enumerate(claimed):
                if each is None or sizes[i] > MOST_OUTPUTS:
                    continue
                got, true = found.setdefault(i, (np.zeros((outputs, sizes[i])), np.zeros((outputs, sizes[i]))))
                got[out] = self._contracted(i, as_values(each).astype(np.float64)).reshape(-1)
                for column, at in enumerate(np.ndindex(self.claim.shapes[i])):
                    unit = np.zeros(self.claim.shapes[i])
                    unit[at] = 1.0
                    true[out, column] = self._remainder(i, unit, float(got[out, column]), 1.0).derivative
        self.cotangent = kept
        return found

    def failures(self) -> list[Mismatch]:
        """The findings that are mismatches."""
        return [finding for finding in self.findings if isinstance(finding, Mismatch)]

    def _contracted(self, i: int, claimed: Any) -> Any:
        """The claimed J^T v."""
        if self.claim.form == "jacobian":
            axes = len(self.claim.output_shape)
            return np.tensordot(self.cotangent, claimed, axes=axes)
        return claimed * self.cotangent if self.claim.form == "slope" else claimed

    def _direction(self, i: int, gradient: Any) -> None:
        direction = draw(i, gradient.shape)
        self._judge(i, None, direction, float((gradient * direction).sum()))

    def _judge(self, i: int, index: Index | None, direction: Any, claimed: float) -> None:
        x = np.asarray(to_numpy(self.inputs[i]) if is_torch(self.inputs[i]) else self.inputs[i], dtype=np.float64)
        size = float(abs(x[direction != 0]).max())
        found = self._remainder(i, direction, claimed, size if size > 0 else 1.0)
        if found.verdict == "unknown" and size not in (0.0, 1.0):
            again = self._remainder(i, direction, claimed, 1.0)
            found = again if again.verdict != "unknown" else found
        entry = f"{self.claim.names[i]}{'' if index is None else position(index)}"
        entry = entry if index is not None else f"{entry}, along a direction"
        if index is not None and np.isfinite(found.derivative):
            self.seen[(i, index, ())] = claimed, found.derivative
        if not np.isnan(found.order) and found.verdict in ("right", "wrong"):
            self.orders.append(found.order)
        if found.verdict == "right":
            self.checked += 1
        elif found.verdict == "wrong":
            what = f"{claimed:.10g}", f"{found.derivative:.10g} (the remainder falls with order {found.order:.2f})"
            self.findings.append(Mismatch(self.name, self.claim.form, entry, *what))
        else:
            reasons = {"kink": "a kink", "unknown": "rounding hides the remainder"}
            self.findings.append(Unchecked(self.name, f"{entry}: {reasons[found.verdict]}"))

    def _remainder(self, i: int, direction: Any, claimed: float, size: float) -> Remainder:
        def along(h: float) -> float:
            moved = tuple(stepped(x, h * direction) if j == i else copied(x) for j, x in enumerate(self.inputs))
            return float((self._call(moved).astype(np.float64) * self.cotangent).sum())

        return remainder(along, claimed, size, self.unit)

    def _call(self, inputs: tuple[Any, ...]) -> Any:
        with np.errstate(all="ignore"):
            self.function_result = self.function(*inputs)
        return as_values(self.function_result)


def copied(x: Any) -> Any:
    """A copy, because the user's function may write to its inputs."""
    if is_torch(x):
        return x.detach().clone().requires_grad_(x.requires_grad)
    return x.copy() if isinstance(x, np.ndarray) else x


def stepped(x: Any, step: Any) -> Any:
    """x + step in the library and dtype of x."""
    if is_torch(x):
        import torch

        moved = x.detach() + torch.as_tensor(step, dtype=x.dtype, device=x.device)
        return moved.requires_grad_(x.requires_grad)
    if isinstance(x, float):
        return x + float(step)
    if isinstance(x, np.ndarray):
        return (x + step).astype(x.dtype)
    moved = np.asarray(x, dtype=np.float64) + step
    dtype = getattr(x, "dtype", None)
    return moved if dtype is None else type_of(x)(moved.astype(np.dtype(str(dtype))))


def type_of(x: Any) -> Any:
    """A function that converts a NumPy array to the type of x, a NumPy scalar or a JAX array."""
    if isinstance(x, np.generic):
        return lambda moved: moved[()] if isinstance(moved, np.ndarray) else moved
    import jax.numpy

    return jax.numpy.asarray


def _like(value: Any, cotangent: Any, result: Any) -> Any:
    """The cotangent in the type and dtype of the function's result."""
    if is_torch(result):
        import torch

        return torch.as_tensor(cotangent, dtype=result.dtype, device=result.device)
    array = np.asarray(cotangent, dtype=value.dtype if value.dtype.kind == "f" else np.float64)
    return float(array) if isinstance(result, float) and not array.ndim else array
