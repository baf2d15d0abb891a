"""An activation mixed with the identity: y = x + a (f(x) - x), with a learned share a, one for each feature or for all.

    dx = v (1 - a + a f'(x)),   da = v (f(x) - x), summed over the entries that have the share in common

A share of 0 is the identity, and one of 1 the activation. The value is computed as (1 - a) x + a f(x), which is f(x) to
the last place where a = 1. The difference f(x) - x is a function of its own for mish, selu, softplus and relu, since it
cancels where f(x) is nearly x; for other activations it is off by a few ulp of |f(x)| + |x|.
"""

from collections.abc import Callable
from typing import TypeAlias

from chainrule.arrays import Array, broadcast_jacobian, diagonal_matrix, namespace, sum_to
from chainrule.rules import registry
from chainrule.rules.activations import SELU_ALPHA, SELU_SCALE, relu, softplus_value
from chainrule.rules.mish import gap as mish_gap
from chainrule.rules.rule import Rule

Residuals: TypeAlias = tuple[Array, Array, Array]
"""dy/dx, dy/da = f(x) - x, and the share."""


def _selu_gap(x: Array) -> Array:
    xp = namespace(x)
    below = SELU_SCALE * (SELU_ALPHA * xp.expm1(xp.minimum(x, xp.zeros_like(x)))) - x
    return xp.where(x > 0, (SELU_SCALE - 1) * x, below)


GAPS: dict[str, Callable[[Array], Array]] = {
    "mish": mish_gap,
    "selu": _selu_gap,
    "softplus": lambda x: softplus_value(-x),
    "relu": lambda x: relu.forward(-x)[0],
}
"""f(x) - x without cancellation."""


def entrywise(name: str) -> Rule:
    """The activation of that name, one that acts on every entry.

    Raises
    ------
    ValueError
        If there is no such rule.
    """
    rule = registry.get(name)
    if not (rule.elementwise and rule.kind == "activation"):
        raise ValueError(f"activation: expected a rule that acts on every entry, got {name!r}")
    return rule


def _check(x: Array, share: Array) -> None:
    if len(share.shape) > len(x.shape) or any(
        mine not in (1, other) for mine, other in zip(share.shape[::-1], x.shape[::-1], strict=False)
    ):
        raise ValueError(f"share: shape {tuple(share.shape)} does not broadcast to x, of shape {tuple(x.shape)}")


def _forward(x: Array, share: Array, *, activation: str = "mish") -> tuple[Array, Residuals]:
    rule = entrywise(activation)
    value, inner = rule.forward(x)
    gap = GAPS[activation](x) if activation in GAPS else value - x
    slope = 1 - share + share * rule.pullback(inner, namespace(x).zeros_like(x) + 1)
    return (1 - share) * x + share * value, (slope, gap, share)


def _by_x(residuals: Residuals, cotangent: Array) -> Array:
    return cotangent * residuals[0]


def _by_share(residuals: Residuals, cotangent: Array) -> Array:
    _, gap, share = residuals
    return sum_to(cotangent * gap, tuple(share.shape))


def _pushforward(residuals: Residuals, x_tangent: Array, share_tangent: Array) -> Array:
    slope, gap, _ = residuals
    return slope * x_tangent + gap * share_tangent


def _jacobian(residuals: Residuals) -> tuple[Array, Array]:
    slope, gap, share = residuals
    return diagonal_matrix(slope), broadcast_jacobian(gap, tuple(share.shape))


parametric_activation = Rule(
    "parametric_activation",
    _forward,
    {"x": _by_x, "share": _by_share},
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("x", "share"),
    options=("activation",),
    kind="layer",
    formula="y = x + a (f(x) - x)",
    derivative="by x: 1 - a + a f'(x); by a: f(x) - x",
    domain="finite numbers; a share that broadcasts to x; f is mish unless named. "
    "The bound is for shares from 0 to 1, where the terms of the slope do not cancel",
    kinks="those of f",
    # Sums over rows as for `linear`, and the errors of f.
    error_bound=16,
)
