"""Float errors divided by the condition number: the quantity that `error_bound` limits for sums of both signs.

    error in ulp of y_i  /  max(1, sum of |terms of y_i| / |y_i|)

The terms are J[i, j] t_j for a pushforward and v_i J[i, j] for a pullback. Without cancellation the condition number
is 1, and the bound is in units in the last place (ulp).
"""

from typing import Any, NamedTuple

import numpy as np

from chainrule.checking.ball import precision
from chainrule.checking.balls import midpoints
from chainrule.checking.case import RuleCase
from chainrule.checking.floats import exact_results, float_results, rounded, ulp_errors, worst
from chainrule.checking.jacobians import times_tangent, transposed_times_cotangent


class References(NamedTuple):
    """Exact results of one rule at one point in one dtype, and the sums of |terms| of each result, by form."""

    case: RuleCase
    exact: dict[str, tuple[Any, ...]]
    sizes: dict[str, tuple[Any, ...]]


def references(case: RuleCase, linear_in: tuple[str, ...] = ()) -> tuple[References, ...]:
    """References for float64 and float32; a dtype that cannot represent the inputs is left out.

    `linear_in` names the inputs in which the value is a sum of terms J[i, j] x_j.
    """
    cases = (rounded(case, dtype) for dtype in (np.float64, np.float32))
    return tuple(_references(at, linear_in) for at in cases if at is not None)


def conditioned_errors(right: tuple[References, ...]) -> dict[str, float]:
    """The largest errors of value, vjp and jvp divided by the condition number, by form and dtype.

    >>> from chainrule import rules
    >>> case = RuleCase(rules.linear, (np.array([[1.0, 1.1]]), np.array([[1e17], [-1e17]])), {}, 300)
    >>> conditioned_errors(references(case, linear_in=("x",)))["value float64"] < 2
    True
    """
    found: dict[str, float] = {}
    with np.errstate(all="ignore"):
        for each in right:
            for form, results in float_results(each.case).items():
                for result, exact, sizes in zip(results, each.exact[form], each.sizes[form], strict=True):
                    if result is None or exact is None:
                        continue
                    relative = sizes / np.maximum(np.abs(midpoints(exact)), np.finfo(np.float64).tiny)
                    relative = np.where(np.isfinite(relative), relative, 1.0)
                    error = worst(ulp_errors(result, exact) / np.maximum(relative, 1.0))
                    name = f"{form} {np.asarray(result).dtype}"
                    found[name] = max(error, found.get(name, 0.0))
    return found


def _references(case: RuleCase, linear_in: tuple[str, ...]) -> References:
    forms = ["value", "vjp"] + ["jvp"] * (case.rule.pushforward is not None)
    exact = {form: exact_results(case, form) for form in forms}
    given = case.rule.jacobian_matrix is not None
    jacobian = exact_results(case, "jacobian") if given else (None,) * len(case.inputs)
    summed = tuple(x if name in linear_in else None for name, x in zip(case.rule.inputs, case.inputs, strict=True))
    with precision(case.bits):
        pulled = tuple(
            np.zeros(x.shape)
            if matrix is None
            else midpoints(transposed_times_cotangent(abs(matrix), np.abs(case.cotangent), x.shape))
            for x, matrix in zip(case.inputs, jacobian, strict=True)
        )
        sizes = {
            "value": (_sizes(case, jacobian, summed),),
            "vjp": pulled,
            "jvp": (_sizes(case, jacobian, case.tangents),),
        }
    return References(case, exact, sizes)


def _sizes(case: RuleCase, jacobian: tuple[Any, ...], tangents: tuple[Any, ...]) -> Any:
    """The sums of |J[i, j] t_j| over j and over the inputs, in the output's shape."""
    total = np.zeros(case.value.shape)
    for matrix, tangent in zip(jacobian, tangents, strict=True):
        if matrix is not None and tangent is not None:
            total = total + midpoints(times_tangent(abs(matrix), np.abs(tangent), total.shape))
    return total
