"""Activations: identity, sigmoid, log-sigmoid, tanh, softplus, ReLU, and the sigmoid with a slope.

    sigmoid(x)  = 1 / (1 + e^-x)      sigmoid'  = sigmoid(x) sigmoid(-x) = y (1 - y)
    log_sigmoid(x) = -softplus(-x)    log_sigmoid' = sigmoid(-x)         = 1 - e^y
    tanh(x)                           tanh'     = sech(x)^2              = 1 - y^2
    softplus(x) = log(1 + e^x)        softplus' = sigmoid(x)             = 1 - e^-y
    relu(x)     = max(x, 0)           relu'     = [x > 0]                = sign(y)

Each is computed from q = e^-|x| <= 1, which never overflows.
"""

from __future__ import annotations

from typing import NamedTuple

from chainrule.arrays import Array, diagonal_matrix, larger_than_zero, namespace, sum_to
from chainrule.rules.elementwise import elementwise
from chainrule.rules.rounding import product_error
from chainrule.rules.rule import Exact, Rule
from chainrule.workspace import Workspace, scratch


def _decay(x: Array, *, out: Array | None = None) -> Array:
    """q = e^-|x|."""
    xp = namespace(x)
    q = xp.abs(x, out=out)
    return xp.exp(xp.negative(q, out=out), out=out)


def _zeros(x: Array, work: Workspace | None) -> Array:
    """What max(x, 0) and min(x, 0) compare with.

    Against an array of zeros NumPy's maximum is five times as fast as against a number, and as clip. Where a framework
    differentiates it, a tie at 0 counts half, which the derivatives of e^min(x, 0) and of max(x, 0) + log1p(e^-|x|)
    at 0 need; that of clip counts whole.
    """
    return namespace(x).zeros_like(x) if work is None else work.zeros(tuple(x.shape), x)


def sigmoid_value(x: Array, *, out: Array | None = None, work: Workspace | None = None) -> Array:
    """1 / (1 + q) for x >= 0 and q / (1 + q) below: no overflow, and no cancellation on either side.

    The numerator is e^min(x, 0), so that no entry is chosen by a mask.
    """
    xp, room = namespace(x), scratch(work, "sigmoid", x.shape, x)
    denominator = xp.add(_decay(x, out=room), 1, out=room)
    numerator = xp.minimum(x, _zeros(x, work), out=out)
    return xp.divide(xp.exp(numerator, out=out), denominator, out=out)


def sigmoid_slope(x: Array) -> Array:
    """sigmoid(x) sigmoid(-x) = q / (1 + q)^2."""
    q = _decay(x)
    return q / namespace(x).square(1 + q)


def _sigmoid_slope_from_output(y: Array, *, out: Array | None = None, work: Workspace | None = None) -> Array:
    xp = namespace(y)
    slope = xp.subtract(y, xp.square(y, out=out), out=out)
    return slope


def _tanh(x: Array, *, out: Array | None = None, work: Workspace | None = None) -> Array:
    return namespace(x).tanh(x, out=out)


def _tanh_slope(x: Array) -> Array:
    """sech(x)^2 = 4 q^2 / (1 + q^2)^2."""
    q = _decay(2 * x)
    return 4 * (q / namespace(x).square(1 + q))


def _tanh_slope_from_output(y: Array, *, out: Array | None = None, work: Workspace | None = None) -> Array:
    xp = namespace(y)
    slope = xp.square(y, out=out)
    return xp.add(xp.negative(slope, out=out), 1, out=out)


def softplus_value(x: Array, *, out: Array | None = None, work: Workspace | None = None) -> Array:
    """max(x, 0) + log1p(e^-|x|)."""
    xp, room = namespace(x), scratch(work, "softplus", x.shape, x)
    tail = xp.log1p(_decay(x, out=room), out=room)
    return xp.add(xp.maximum(x, _zeros(x, work), out=out), tail, out=out)


def _softplus_slope_from_output(y: Array, *, out: Array | None = None, work: Workspace | None = None) -> Array:
    xp = namespace(y)
    slope = xp.expm1(xp.negative(y, out=out), out=out)
    return xp.negative(slope, out=out)


def _log_sigmoid(x: Array, *, out: Array | None = None, work: Workspace | None = None) -> Array:
    """min(x, 0) - log1p(e^-|x|), two terms of one sign."""
    xp, room = namespace(x), scratch(work, "log_sigmoid", x.shape, x)
    tail = xp.log1p(_decay(x, out=room), out=room)
    return xp.subtract(xp.minimum(x, _zeros(x, work), out=out), tail, out=out)


def _log_sigmoid_slope(x: Array) -> Array:
    return sigmoid_value(-x)


def _log_sigmoid_slope_from_output(y: Array, *, out: Array | None = None, work: Workspace | None = None) -> Array:
    xp = namespace(y)
    return xp.negative(xp.expm1(y, out=out), out=out)


def _relu(x: Array, *, out: Array | None = None, work: Workspace | None = None) -> Array:
    return namespace(x).maximum(x, _zeros(x, work), out=out)


def _relu_slope(x: Array) -> Array:
    # PyTorch's sign of nan is 0.
    xp = namespace(x)
    return xp.where(x == x, xp.sign(xp.clip(x, 0, None)), x)


def _relu_slope_from_output(y: Array, *, out: Array | None = None, work: Workspace | None = None) -> Array:
    return larger_than_zero(y, out=out)


def _identity_forward(x: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, tuple[()]]:
    return _copied(x, out), ()


def _identity_pullback(
    residuals: tuple[()], cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    return _copied(cotangent, out)


def _copied(x: Array, out: Array | None) -> Array:
    if out is None:
        return x + 0
    if out is not x:
        out[...] = x
    return out


def _exact_identity(x: Array) -> tuple[Array, Array]:
    return x + 0, 0 * x + 1


identity = Rule(
    "identity",
    _identity_forward,
    _identity_pullback,
    lambda slope, tangent: 0 * slope if tangent is None else slope * tangent,
    diagonal_matrix,
    exact=Exact(_exact_identity, lambda slope, cotangent: slope * cotangent),
    slope_from_output=True,
    elementwise=True,
    formula="y = x",
    derivative="1",
    error_bound=0,
)

sigmoid = elementwise(
    "sigmoid",
    sigmoid_value,
    slope=sigmoid_slope,
    slope_from_output=_sigmoid_slope_from_output,
    formula="y = 1 / (1 + e^-x)",
    derivative="y (1 - y)",
    error_bound=6,
)

log_sigmoid = elementwise(
    "log_sigmoid",
    _log_sigmoid,
    slope=_log_sigmoid_slope,
    slope_from_output=_log_sigmoid_slope_from_output,
    formula="y = log sigmoid(x) = -log(1 + e^-x)",
    derivative="sigmoid(-x)",
    error_bound=6,
)

tanh = elementwise(
    "tanh",
    _tanh,
    slope=_tanh_slope,
    slope_from_output=_tanh_slope_from_output,
    formula="y = tanh(x)",
    derivative="1 - y^2",
    error_bound=8,
)

softplus = elementwise(
    "softplus",
    softplus_value,
    slope=sigmoid_value,
    slope_from_output=_softplus_slope_from_output,
    formula="y = log(1 + e^x)",
    derivative="sigmoid(x)",
    error_bound=6,
)

relu = elementwise(
    "relu",
    _relu,
    slope=_relu_slope,
    slope_from_output=_relu_slope_from_output,
    formula="y = max(x, 0)",
    derivative="[x > 0]",
    kinks="x = 0: the slope is taken to be 0, the left one",
    error_bound=0,
)


class ScaledResiduals(NamedTuple):
    """What the pullback of the sigmoid with a slope needs."""

    x: Array
    slope: Array
    derivative: Array
    """sigmoid'(slope x)."""


def _scaled_forward(
    x: Array, slope: Array, *, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, ScaledResiduals]:
    """The decay q = e^-|slope x| with what the product rounds away put back: it would cost q 256 places at 700."""
    xp = namespace(x)
    scaled = slope * x
    negative = scaled < 0
    rounded_away = product_error(slope, x, scaled)
    q = _decay(scaled)
    q = q + q * xp.where(negative, rounded_away, -rounded_away)
    values = xp.divide(xp.where(negative, q, xp.zeros_like(q) + 1), 1 + q, out=out)
    return values, ScaledResiduals(x, slope, q / xp.square(1 + q))


def _scaled_pullback(
    residuals: ScaledResiduals,
    cotangent: Array,
    *,
    out: tuple[Array | None, Array | None] | None = None,
    work: Workspace | None = None,
) -> tuple[Array | None, Array | None]:
    x, slope, derivative = residuals
    xp = namespace(cotangent)
    before = cotangent * derivative
    to_x, to_slope = out or (None, None)
    x_cotangent = None if out and to_x is None else xp.multiply(before, slope, out=to_x)
    if out and to_slope is None:
        return x_cotangent, None
    slope_cotangent = sum_to(before * x, tuple(slope.shape))
    return x_cotangent, xp.add(slope_cotangent, 0, out=to_slope)


def _scaled_pushforward(residuals: ScaledResiduals, x_tangent: Array | None, slope_tangent: Array | None) -> Array:
    x, slope, derivative = residuals
    inner = namespace(x).zeros_like(slope * x)
    if x_tangent is not None:
        inner = inner + slope * x_tangent
    if slope_tangent is not None:
        inner = inner + x * slope_tangent
    return derivative * inner


def _scaled_jacobian(residuals: ScaledResiduals) -> tuple[Array, Array]:
    x, slope, derivative = residuals
    by_slope = derivative * x
    wide = len(slope.shape) > 0 and slope.shape[-1] != 1
    return diagonal_matrix(derivative * slope), diagonal_matrix(by_slope) if wide else by_slope[..., None]


scaled_sigmoid = Rule(
    "scaled_sigmoid",
    _scaled_forward,
    _scaled_pullback,
    _scaled_pushforward,
    _scaled_jacobian,
    inputs=("x", "slope"),
    formula="y = sigmoid(slope x)",
    derivative="by x: slope y (1 - y); by slope: x y (1 - y)",
    domain="finite numbers; the slope is one number or broadcasts to x",
    error_bound=6,
)
