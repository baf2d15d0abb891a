"""The L2 penalty: strength times the sum of squares.

    l = strength sum_i theta_i^2,    dl/dtheta = 2 strength theta,    dl/dstrength = sum_i theta_i^2

There is no factor 1/2: estimators that document theirs as alpha/2 |W|^2 pass strength = alpha/2.
"""

from typing import TypeAlias

from chainrule.arrays import Array, namespace
from chainrule.rules.rule import Rule

Residuals: TypeAlias = tuple[Array, Array, Array]
"""theta, the strength, and the sum of squares of every row."""


def _check(theta: Array, strength: Array) -> None:
    if len(strength.shape):
        raise ValueError(f"strength: expected one number, got shape {tuple(strength.shape)}")


def _forward(theta: Array, strength: Array) -> tuple[Array, Residuals]:
    squares = namespace(theta).sum(theta * theta, axis=-1)
    return strength * squares, (theta, strength, squares)


def _by_theta(residuals: Residuals, cotangent: Array) -> Array:
    theta, strength, _ = residuals
    return 2 * strength * cotangent[..., None] * theta


def _by_strength(residuals: Residuals, cotangent: Array) -> Array:
    squares = residuals[2]
    return namespace(squares).sum(cotangent * squares)


def _pushforward(residuals: Residuals, theta_tangent: Array, strength_tangent: Array) -> Array:
    theta, strength, squares = residuals
    return 2 * strength * namespace(theta).sum(theta * theta_tangent, axis=-1) + squares * strength_tangent


def _jacobian(residuals: Residuals) -> tuple[Array, Array]:
    theta, strength, squares = residuals
    return 2 * strength * theta, squares


l2_penalty = Rule(
    "l2_penalty",
    _forward,
    {"theta": _by_theta, "strength": _by_strength},
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("theta", "strength"),
    kind="penalty",
    formula="l = strength sum_i theta_i^2",
    derivative="by theta: 2 strength theta; by strength: sum_i theta_i^2",
    domain="finite numbers; the strength is one number",
    error_bound=16,
)
