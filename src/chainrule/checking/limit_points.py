"""Points with infinities and overflow, and other points at which the results must be the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from chainrule.checking.examples import FORMS


@dataclass(frozen=True)
class Limit:
    """A point at which float results must equal the results at other inputs, and derivatives a factor times them.

    Attributes
    ----------
    inputs, same_as : tuple of arrays
    forms : tuple of str
        The forms (value, vjp, jvp, Jacobian) that are compared.
    factor : float
        A power of two that multiplies the cotangents and tangents used at `same_as`.
    along : array, optional
        The cotangent, and the tangent of each input. Default: random.
    """

    options: ClassVar[Mapping[str, Any]] = {}
    floats_only: ClassVar[bool] = True

    inputs: tuple[Any, ...]
    same_as: tuple[Any, ...]
    forms: tuple[str, ...] = (*FORMS, "Jacobian")
    factor: float = 1.0
    along: Any = None


# Infinite logits have the probabilities that follow if the largest logits of the row are equal and all others are
# masked. A row in which all logits are masked has no probabilities. The row between them does not change.
_INFINITE = np.array([[np.inf, 0.0, np.inf], [0.5, -1.25, 2.0], [-np.inf, -np.inf, -np.inf]])
_SHARED = np.array([[0.0, -np.inf, 0.0], [0.5, -1.25, 2.0], [np.nan, np.nan, np.nan]])
_ORDINARY = np.array([[0.5, -1.25, 2.0], [3.0, 0.25, -0.75]])
_HALVES = np.array([[0.5, 0.0, 0.5], [0.25, 0.125, 0.625], [0.0, 1.0, 0.0]])
_LARGE = 2.0**1022  # times cotangents with entries up to 9/4, some differences or sums of entries overflow
_ONE_SIGN = np.array([[1.5, 1.25, 1.75], [0.5, 1.0, 0.25]])
_BOTH_SIGNS = np.array([[1.75, -1.5, 0.5], [0.25, 0.125, -0.25]])  # times 2^1023, the first row's range overflows
_MANY = np.linspace(-0.25, 0.5, 20)[None]  # many almost equal probabilities, so that sums of cotangents overflow
_HUGE = np.array([[1.7e308, -1.7e308, 0.0], [0.5, -1.25, 2.0]])
_ALONE = np.array([[0.0, -np.inf, -np.inf], [0.5, -1.25, 2.0]])

LIMITS: dict[str, tuple[Limit, ...]] = {
    **{
        name: (
            Limit((_INFINITE,), (_SHARED,)),
            Limit((_ORDINARY,), (_ORDINARY,), ("vjp", "jvp"), _LARGE),
            Limit((_ORDINARY,), (_ORDINARY,), ("vjp", "jvp"), _LARGE, along=_ONE_SIGN),
            *more,
        )
        for name, more in {
            "softmax": (
                Limit((_HUGE,), (_ALONE,)),
                Limit((_ORDINARY,), (_ORDINARY,), ("vjp", "jvp"), 2 * _LARGE, along=_BOTH_SIGNS),
            ),
            "log_softmax": (
                Limit((_MANY,), (_MANY,), ("vjp", "jvp"), 2 * _LARGE, along=np.linspace(1.75, 1.25, 20)[None]),
            ),
        }.items()
    },
    # The value of log_sum_exp is infinite there.
    "log_sum_exp": (Limit((_INFINITE,), (_SHARED,), ("vjp", "jvp", "Jacobian")),),
    "softmax_expectation": (Limit((_INFINITE, _HALVES), (_SHARED, _HALVES)),),
    "softmax_cross_entropy": (
        Limit((_INFINITE, np.array([0, 1, 2])), (_SHARED, np.array([0, 1, 2]))),
        Limit((_INFINITE, _HALVES), (_SHARED, _HALVES)),
    ),
    # A certain prediction that is right has the same loss as a nearly certain one: 0.
    "binary_cross_entropy": (
        Limit(
            (np.array([np.inf, -np.inf, 0.5]), np.array([1.0, 0.0, 0.25])),
            (np.array([1e4, -1e4, 0.5]), np.array([1.0, 0.0, 0.25])),
            ("value",),
        ),
    ),
}
