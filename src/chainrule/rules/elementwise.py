"""Rules that act on every entry by itself: y_i = f(x_i), J = diag(f'(x)).

The pullback is v * f'(x), never a matrix product. Where f' can be computed from y alone (tanh' = 1 - y^2), training
uses that form and keeps one buffer per layer. Such a form may cancel in the tails (1 - y^2 is 0 from |x| ~ 19 on, where
sech^2 is not); public calls then use the slope computed from x.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from chainrule.arrays import Array, diagonal_matrix, namespace
from chainrule.rules.rule import Exact, Rule
from chainrule.workspace import Workspace, scratch


class FromOutput(NamedTuple):
    """What the fast pullback needs."""

    output: Array


class AtInput(NamedTuple):
    """What the exact pullback needs."""

    slope: Array


def elementwise(
    name: str,
    value: Callable[..., Array],
    *,
    slope: Callable[[Array], Array],
    slope_from_output: Callable[..., Array] | None = None,
    **about: Any,
) -> Rule:
    """A rule from a scalar function and its slope.

    Parameters
    ----------
    name : str
    value : callable
        ``value(x, *, out=None, work=None) -> y``.
    slope : callable
        ``slope(x) -> f'(x)``, exact in the tails.
    slope_from_output : callable, optional
        ``slope_from_output(y, *, out=None, work=None) -> f'(x)``: what training uses.
    **about
        Further fields of `Rule`: formula, derivative, kinks, ...
    """

    def exact_forward(x: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, AtInput]:
        return value(x, out=out, work=work), AtInput(slope(x))

    def exact_pullback(
        residuals: AtInput, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
    ) -> Array:
        return namespace(cotangent).multiply(cotangent, residuals.slope, out=out)

    def pushforward(residuals: AtInput, tangent: Array) -> Array:
        return 0 * residuals.slope if tangent is None else residuals.slope * tangent

    def jacobian_matrix(residuals: AtInput) -> Array:
        return diagonal_matrix(residuals.slope)

    if slope_from_output is None:
        return Rule(name, exact_forward, exact_pullback, pushforward, jacobian_matrix, elementwise=True, **about)

    def forward(x: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, FromOutput]:
        output = value(x, out=out, work=work)
        return output, FromOutput(output)

    def pullback(
        residuals: FromOutput, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
    ) -> Array:
        output = residuals.output
        slopes = slope_from_output(output, out=scratch(work, "slope", output.shape, output), work=work)
        return namespace(cotangent).multiply(cotangent, slopes, out=out)

    return Rule(
        name,
        forward,
        pullback,
        pushforward,
        jacobian_matrix,
        exact=Exact(exact_forward, exact_pullback),
        slope_from_output=True,
        elementwise=True,
        **about,
    )
