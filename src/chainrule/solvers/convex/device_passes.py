"""Passes over rows on a device of PyTorch: F and its gradient, products with the Hessian, and the features' moments.

The rows are cut into parts, whose sums are added in float64 in their order. Logits are kept where a point has a slot
for them, as in main memory (see `evaluation`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.arrays import Array, holds_labels, to_numpy
from chainrule.kernels import kernel_of
from chainrule.solvers.convex.evaluation import RowLosses, at_point, on_line
from chainrule.solvers.convex.features import Features, squares
from chainrule.solvers.convex.hessian import between_logits, curved, squared_products
from chainrule.solvers.convex.row_blocks import Folded, LogitPoint, View
from chainrule.solvers.convex.spectrum import second_moments, weighted_sum

if TYPE_CHECKING:
    from chainrule.solvers.convex.device_engine import DeviceEngine

SUMMED = 1 << 16
"""Most rows whose squares are summed in the samples' precision (see `Spectrum.squares`)."""


class PartLogits:
    """The logits of parts of the rows at a point. The weights there are sent to the device once, if they are needed."""

    def __init__(self, engine: DeviceEngine, view: View, point: LogitPoint) -> None:
        self._engine, self._view, self._point = engine, view, point
        start, direction, self._step = point.line or (None, None, 0.0)
        self._start = None if start is None else PartLogits(engine, view, start)
        self._direction = None if direction is None else PartLogits(engine, view, direction)

    @cached_property
    def _folded(self) -> tuple[Any, Any]:
        return sent(self._engine, self._point.folded)

    def of(self, rows: slice, x: Any) -> Any:
        """The logits of a part, which must not be written to."""

        def compute(out: Any) -> None:
            if self._start is None or self._direction is None:
                product(self._engine, self._view, x, self._folded, out)
                return
            # The slopes may lie in `out`.
            self._engine.torch.mul(self._direction.of(rows, x), self._step, out=out)
            out += self._start.of(rows, x)

        return self._engine.remembered(self._point, rows, compute)

    def probs(self, rows: slice, x: Any) -> Any:
        """The probabilities of a part; for one logit, the second class's."""
        logits = self.of(rows, x)
        return logits.sigmoid() if self._view.n_outputs == 1 else logits.softmax(1)

    def narrow_probs(self, rows: slice, x: Any) -> Any:
        """The probabilities of a part in bfloat16, for more than one logit."""
        return self._engine.rounded(self._point, rows, lambda: self.of(rows, x).softmax(1))


class PartLosses:
    """The losses of parts of the rows, and their gradients with respect to the logits."""

    def __init__(self, engine: DeviceEngine, view: View, losses: RowLosses) -> None:
        self._engine, self._view, self._options = engine, view, losses.options
        self._fused: Any = kernel_of(losses.rule, engine.gpu_like).value_and_pullback

    def of(self, rows: slice, logits: Any) -> tuple[Any, Any]:
        """The sum of a part's weighted losses, and the residuals in a buffer."""
        engine, shares = self._engine, self._engine.shares(rows, self._view)
        out = engine.work("losses", shares.shape, logits), engine.work("residuals", logits.shape, logits)
        given = logits, engine.targets(rows, self._view, logits.dtype), shares.to(logits.dtype)
        lost, residuals = self._fused(*given, out=out, work=engine.work, **self._options)
        return (lost * shares).sum(), residuals


def sent(engine: DeviceEngine, folded: Folded) -> tuple[Any, Any]:
    """Weights and offsets on the device."""
    return engine.tensor(folded[0]), engine.tensor(folded[1])


def product(engine: DeviceEngine, view: View, x: Any, folded: tuple[Any, Any], out: Any) -> Any:
    """x W + b in the dtype of W, into `out`."""
    weights, offset = folded
    if view.narrow is None:
        return engine.torch.addmm(offset, x.to(weights.dtype), weights, out=out)
    out.copy_(x @ weights.to(x.dtype))
    out += offset
    return out


def curvature(
    engine: DeviceEngine, view: View, point: LogitPoint, features: Features, l2: float, dtype: Any
) -> Callable[[Array], Array]:
    """`Curvature.product` for directions on the device, in the dtype of its vectors.

    With z = (x - m) / s: z V = x (V / s) - m (V / s), and z^T R = (x^T R - m 1^T R) / s, to which l2 V is added.
    `Features.folded` and `Features.completed` do the same in main memory, where threads share the work.
    """
    centre, scale = (
        None if each is None else engine.tensor(each)[:, None]
        for each in (features.folded_centre, features.folded_scale)
    )

    def times_direction(direction: Any) -> Any:
        weights, intercepts = features.split(direction)
        inner = weights if scale is None else weights / scale
        offset = intercepts.sum(0)
        if centre is not None:
            offset = offset - (centre * inner).sum(0)
        result = _curvature_sums(engine, view, point, (inner.to(dtype), offset.to(dtype)))
        if centre is not None:
            result[:-1] -= centre * result[-1:]
        if scale is not None:
            result[:-1] /= scale
        result[:-1] += l2 * weights
        return result[: len(direction)].to(getattr(engine.torch, view.vectors.name))

    return times_direction


# What follows is private.


def _at_point(engine: DeviceEngine, view: View, state: tuple[RowLosses, LogitPoint]) -> tuple[float, Array]:
    """`evaluation.at_point`, and x^T R."""
    losses, logits = PartLosses(engine, view, state[0]), PartLogits(engine, view, state[1])
    return _pulled_back(engine, view, lambda rows, x: losses.of(rows, logits.of(rows, x)))


def _on_line(
    engine: DeviceEngine, view: View, state: tuple[RowLosses, LogitPoint, LogitPoint, float]
) -> tuple[float, float]:
    """`evaluation.on_line`."""
    losses, (here, direction), step = PartLosses(engine, view, state[0]), state[1:3], state[3]
    logits, slopes_of = PartLogits(engine, view, here), PartLogits(engine, view, direction).of
    loss = slope = 0.0
    for rows, x in engine.parts(view):
        slopes = slopes_of(rows, x)
        value, residuals = losses.of(rows, logits.of(rows, x) + step * slopes)
        loss, slope = loss + value, slope + (residuals * slopes).sum(dtype=engine.torch.float64)
    return float(loss), float(slope)


def _curved(engine: DeviceEngine, view: View, state: tuple[LogitPoint, Folded]) -> tuple[float, Array]:
    """`hessian.curved`, and x^T R."""
    return 0.0, to_numpy(_curvature_sums(engine, view, state[0], sent(engine, state[1])))


def _curvature_sums(engine: DeviceEngine, view: View, point: LogitPoint, direction: tuple[Any, Any]) -> Any:
    """The sums of `_curved` on the device."""
    logits = PartLogits(engine, view, point)
    if view.narrow is not None and view.n_outputs > 1:
        return _narrow_sums(engine, view, logits, direction)

    def residuals_of(rows: slice, x: Any) -> tuple[Any, Any]:
        probs = logits.probs(rows, x).to(direction[0].dtype)
        slopes = product(engine, view, x, direction, engine.work("slopes", tuple(probs.shape), probs))
        if view.n_outputs == 1:
            slopes *= probs * (1 - probs)
        else:  # one kernel instead of four: softmax's pullback is its own Jacobian, too
            slopes = engine.torch._softmax_backward_data(slopes, probs, 1, probs.dtype)
        own = _curvatures(engine, rows, view)
        slopes *= own.to(slopes.dtype)
        return own.new_zeros(()), slopes

    return _sums(engine, view, residuals_of, engine.torch.float32)[1]


def _narrow_sums(engine: DeviceEngine, view: View, logits: PartLogits, direction: tuple[Any, Any]) -> Any:
    """x^T R and 1^T R with R = w p (v - p . v), where v = x V + b: two products and two passes.

    All arrays of one entry per row and class are in bfloat16: each result is rounded by at most 2^-9 of itself.
    """
    torch, share = engine.torch, engine.equal_share(view)
    weights, offset = (each.to(torch.bfloat16) for each in direction)

    def residuals_of(rows: slice, x: Any) -> tuple[Any, Any]:
        probs = logits.narrow_probs(rows, x)
        slopes = torch.addmm(offset, x, weights, out=engine.work("narrow slopes", tuple(probs.shape), probs))
        slopes = torch._softmax_backward_data(slopes, probs, 1, probs.dtype)
        if share is None:
            slopes *= _curvatures(engine, rows, view).to(slopes.dtype)
        return 0.0, slopes

    sums = _sums(engine, view, residuals_of, torch.float32)[1]
    return sums if share is None else sums * share


def _between_logits(engine: DeviceEngine, view: View, point: LogitPoint) -> Array:
    """`hessian.between_logits`."""
    logits, total = PartLogits(engine, view, point), 0.0
    for rows, x in engine.parts(view):
        probs = logits.probs(rows, x)
        weighted = probs * _curvatures(engine, rows, view).to(probs.dtype)
        total = total + weighted.sum(0, dtype=engine.torch.float64).diag() - probs.T @ weighted
    return to_numpy(total)


def _second_moments(engine: DeviceEngine, view: View, state: tuple[Features, Array | None, Any]) -> Array:
    """`spectrum.second_moments`."""
    (features, axes, dtype), total = state, 0.0
    for rows, x in engine.parts(view):
        z = _seen(engine, features, x)
        z = z.to(x.dtype) if dtype is None else z
        z = z if axes is None else z @ engine.tensor(axes).to(z.dtype)
        z *= engine.shares(rows, view).abs().sqrt().to(z.dtype)
        for some in z.split(SUMMED):
            total = total + (some.T @ some).to(engine.torch.float64)
    return to_numpy(total)


def _squared_products(engine: DeviceEngine, view: View, state: tuple[Features, LogitPoint]) -> Array:
    """`hessian.squared_products`."""
    (features, point), total = state, 0.0
    logits = PartLogits(engine, view, point)
    for rows, x in engine.parts(view):
        probs = logits.probs(rows, x)
        slopes = probs * (1 - probs) * _curvatures(engine, rows, view).to(probs.dtype)
        both = [_seen(engine, features, x).square_().to(slopes.dtype).T @ slopes, slopes.sum(0, keepdim=True)]
        total = total + engine.torch.cat(both).to(engine.torch.float64)
    return to_numpy(total)


def _squares(engine: DeviceEngine, view: View, features: Features) -> Array:
    """`features.squares`."""
    total: Any = 0.0
    for rows, x in engine.parts(view):
        total = total + (_seen(engine, features, x).square_() * engine.shares(rows, view).abs()).sum(0)
    return to_numpy(total)


def _weighted_sum(engine: DeviceEngine, view: View, _: None) -> tuple[Array, list[Array]]:
    """`spectrum.weighted_sum`."""
    total: Any = 0.0
    for rows, x in engine.parts(view):
        total = total + (x * engine.shares(rows, view).abs()).sum(0)
    return to_numpy(total), [np.asarray(engine.x[0], np.float64)]


def _pulled_back(
    engine: DeviceEngine, view: View, residuals_of: Callable[[slice, Any], tuple[Any, Any]]
) -> tuple[float, Array]:
    """`_sums` in main memory."""
    loss, gradient = _sums(engine, view, residuals_of)
    return float(loss), to_numpy(gradient)


def _sums(
    engine: DeviceEngine, view: View, residuals_of: Callable[[slice, Any], tuple[Any, Any]], least: Any = None
) -> tuple[Any, Any]:
    """The sum of the numbers, and x^T R with the column sums of R as its last row, added in float64.

    With `least`, a part's column sums are in this dtype or that of R. A GPU takes four times as long in float64, which
    it first converts R to.
    """
    loss: Any = 0.0
    shape = (engine.x.shape[1] + 1, view.n_outputs)
    gradient = engine.torch.zeros(shape, dtype=engine.torch.float64, device=engine.device)
    for rows, x in engine.parts(view):
        value, residuals = residuals_of(rows, x)
        loss = loss + value
        dtype = gradient.dtype if least is None else engine.torch.promote_types(least, residuals.dtype)
        gradient[-1] += residuals.sum(0, dtype=dtype)
        both = (x, residuals.to(x.dtype)) if view.narrow is not None else (x.to(residuals.dtype), residuals)
        gradient[:-1] += both[0].T @ both[1]
    return loss, gradient


def _curvatures(engine: DeviceEngine, rows: slice, view: View) -> Any:
    """`RowBlock.curvatures`."""
    shares, targets = engine.shares(rows, view), engine.engine.leaves.targets
    if view.n_outputs == 1 or holds_labels(targets):
        return shares
    return shares * engine.targets(rows, view, shares.dtype).sum(1, keepdim=True)


def _seen(engine: DeviceEngine, features: Features, x: Any) -> Any:
    """`Features.seen`, as a copy in float64."""
    z = x.to(engine.torch.float64, copy=True)
    if not features.applied and features.centre is not None:
        z -= engine.tensor(features.centre)
    if not features.applied and features.scale is not None:
        z /= engine.tensor(features.scale)
    return z


PASSES: dict[Any, Callable[[DeviceEngine, View, Any], Any]] = {
    at_point: _at_point,
    between_logits: _between_logits,
    curved: _curved,
    on_line: _on_line,
    second_moments: _second_moments,
    squared_products: _squared_products,
    squares: _squares,
    weighted_sum: _weighted_sum,
}
"""Functions of a block of rows, and their sums over all rows on a device."""
