"""Rules that act on every entry by itself: y_i = f(x_i), J = diag(f'(x)).

The pullback is v f'(x), entry by entry, never a product with a matrix.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from chainrule.arrays import Array, diagonal_matrix, namespace
from chainrule.rules.rule import Rule


def elementwise(name: str, value: Callable[[Array], Array], slope: Callable[[Array], Array], **about: Any) -> Rule:
    """The rule of a function of one number, from its value and its slope. The residuals are x.

    Parameters
    ----------
    name : str
    value : callable
        ``value(x) -> f(x)``.
    slope : callable
        ``slope(x) -> f'(x)``, without cancellation in the tails.
    **about
        Further fields of `Rule`: formula, derivative, kinks, ...

    Examples
    --------
    >>> import numpy as np
    >>> cube = elementwise("cube", lambda x: x**3, lambda x: 3 * x**2)
    >>> cube.vjp(np.array([1.0, 2.0]), np.ones(2))
    array([ 3., 12.])
    """

    @wraps(value)  # `forward.__module__` is then the page of the rule
    def forward(x: Array) -> tuple[Array, Array]:
        return value(x), x

    def pullback(x: Array, cotangent: Array) -> Array:
        return cotangent * slope(x)

    def pushforward(x: Array, tangent: Array) -> Array:
        return slope(x) * tangent

    def jacobian_matrix(x: Array) -> Array:
        return diagonal_matrix(pushforward(x, namespace(x).ones_like(x)))  # a slope may be one number

    return Rule(name, forward, pullback, pushforward, jacobian_matrix, elementwise=True, **about)
