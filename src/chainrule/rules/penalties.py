"""The L2 penalty: strength times the sum of squares, with gradient 2 strength theta.

There is no factor 1/2: estimators that document theirs as alpha/2 |W|^2 pass strength = alpha/2.
"""

from __future__ import annotations

from typing import NamedTuple

from chainrule.arrays import Array, namespace
from chainrule.rules.rule import Rule
from chainrule.workspace import Workspace


class Residuals(NamedTuple):
    """What the derivatives of the penalty need."""

    theta: Array
    strength: Array
    squares: Array


def _check(theta: Array, strength: Array) -> None:
    if len(strength.shape):
        raise ValueError(f"strength: expected one number, got shape {tuple(strength.shape)}")


def _forward(
    theta: Array, strength: Array, *, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, Residuals]:
    xp = namespace(theta)
    squares = xp.sum(xp.square(theta), axis=-1)
    return xp.multiply(strength, squares, out=out), Residuals(theta, strength, squares)


Cotangents = tuple[Array | None, Array | None]


def _pullback(
    residuals: Residuals, cotangent: Array, *, out: Cotangents | None = None, work: Workspace | None = None
) -> Cotangents:
    theta, strength, squares = residuals
    xp = namespace(theta)
    to_theta, to_strength = out or (None, None)
    by_theta = None
    if not out or to_theta is not None:
        by_theta = xp.multiply(2 * strength * cotangent[..., None], theta, out=to_theta)
    by_strength = None
    if not out or to_strength is not None:
        by_strength = xp.sum(cotangent * squares)
        if to_strength is not None:
            to_strength[...] = by_strength
            by_strength = to_strength
    return by_theta, by_strength


def _pushforward(residuals: Residuals, theta_tangent: Array | None, strength_tangent: Array | None) -> Array:
    theta, strength, squares = residuals
    moved = 0 * squares
    if theta_tangent is not None:
        moved = 2 * strength * namespace(theta).sum(theta * theta_tangent, axis=-1)
    return moved if strength_tangent is None else moved + squares * strength_tangent


def _jacobian(residuals: Residuals) -> tuple[Array, Array]:
    return 2 * residuals.strength * residuals.theta, residuals.squares


l2_penalty = Rule(
    "l2_penalty",
    _forward,
    _pullback,
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("theta", "strength"),
    formula="l = strength sum_i theta_i^2",
    derivative="by theta: 2 strength theta; by strength: sum_i theta_i^2",
    domain="finite numbers; the strength is one number",
    error_bound=16,
)
