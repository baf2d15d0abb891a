"""Search for a single slip that explains a wrong derivative.

The claimed derivatives are compared with the true ones after a common mistake: a sign, a factor, a transposition, only
the diagonal, a missing sum over an axis, the value in place of the derivative, targets assumed to sum to one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, partial
from typing import Any, TypeAlias

import numpy as np

from chainrule.checking.gradients.claims import Claim, WrongShapeError
from chainrule.checking.gradients.on_balls import BallCheck, NotOnBalls, claim_on_balls
from chainrule.checking.gradients.on_floats import FloatCheck

NEAR, NEAR_FLOATS = 1e-7, 1e-4
"""Relative differences up to which derivatives count as equal, if known from balls and if estimated from floats."""

MOST_ENTRIES, MOST_OUTPUTS = 96, 32
"""Largest numbers of entries of an input and of outputs for which the true Jacobian is computed."""

GradientCheck: TypeAlias = BallCheck | FloatCheck


@dataclass(frozen=True)
class WrongInput:
    """The claimed and true derivatives by an input for which some are wrong.

    Attributes
    ----------
    claim : Claim
    check : BallCheck or FloatCheck
    i : int
        The number of the input.
    got, true : array
        The derivatives by the entries of the input, in their order; without entries that have no derivative.
    """

    claim: Claim
    check: GradientCheck
    i: int
    got: Any
    true: Any

    def near(self, a: Any, b: Any) -> bool:
        """True if all entries agree up to a relative difference."""
        a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        relative = NEAR if isinstance(self.check, BallCheck) else NEAR_FLOATS
        largest = np.max(np.maximum(abs(a), abs(b)), initial=0.0)
        return np.allclose(a, b, rtol=relative, atol=1e-6 * relative * largest)

    @cached_property
    def jacobians(self) -> tuple[Any, Any]:
        """The claimed and the true Jacobian, outputs x entries; None twice if they cannot be computed."""
        claim, shape, outputs = self.claim, self.claim.shapes[self.i], self.claim.value.shape
        size, count = int(np.prod(shape)), claim.value.size
        if claim.form == "gradient" or not 0 < count <= MOST_OUTPUTS or not 0 < size <= MOST_ENTRIES:
            return None, None
        try:
            columns = [np.broadcast_to(self.check.column(self.i, index), outputs) for index in np.ndindex(shape)]
            rows = np.eye(count) if claim.form == "pullback" else [claim.cotangent]
            claimed = [claim.float_derivatives(np.reshape(row, outputs))[self.i].reshape(-1) for row in rows]
        except Exception:  # the slip is a help only: code that fails here has been found wrong already
            return None, None
        got = np.diag(claimed[0]) if claim.form == "slope" else np.reshape(claimed, (count, size))
        return got, np.stack(columns, axis=-1).reshape(count, size)


def explain(claim: Claim, check: GradientCheck, run: Callable[[Claim], GradientCheck]) -> str | None:
    """The slip in a few words; None if no single slip explains the differences.

    `run` checks another claim in the same way.
    """
    wrong = [each for each in _inputs(claim, check) if not all(map(each.near, each.got, each.true))]
    for test in (_sign, _factor, partial(_normalised, run), _diagonal, _transposed, _transposed_gradient, _entrywise):
        found = {test(each) for each in wrong}
        if len(found) == 1 and None not in found:
            return found.pop()
    return None


def _inputs(claim: Claim, check: GradientCheck) -> Iterator[WrongInput]:
    for i in sorted({i for i, _, _ in check.derivatives}):
        got, true = np.array([pair for (j, _, _), pair in check.derivatives.items() if j == i]).T
        yield WrongInput(claim, check, i, got, true)


def _sign(wrong: WrongInput) -> str | None:
    return "sign" if wrong.near(wrong.got, -wrong.true) and wrong.true.any() else None


def _factor(wrong: WrongInput) -> str | None:
    got, true = wrong.got, wrong.true
    large = abs(true) > 1e-9 * abs(true).max()
    if not large.any() or not np.isfinite(got).all():
        return None
    ratio = float(np.median(got[large] / true[large]))
    if not ratio or not wrong.near(got, ratio * true):
        return None
    fraction = _fraction(wrong, ratio)
    if len(got) < 2 and fraction is None:
        return None  # any number is a factor times any other number
    for rows in {len(x) for x in wrong.claim.arrays if isinstance(x, np.ndarray) and x.ndim} - {1}:
        if fraction == f"{rows}":
            return f"factor {fraction}: a mean over {rows} rows is missing"
        if fraction == f"1/{rows}":
            return f"factor {fraction}: a mean over {rows} rows is taken twice, or does not belong"
    return f"factor {fraction or format(ratio, '.6g')}"


def _fraction(wrong: WrongInput, ratio: float) -> str | None:
    """The ratio as a fraction with a denominator up to 1024; None if it is not close to one."""
    for bound in (12, 1024):
        fraction = Fraction(ratio).limit_denominator(bound)
        if fraction and wrong.near(float(fraction), ratio) and abs(fraction.numerator) <= 1024:
            return str(fraction)
    return None


def _normalised(run: Callable[[Claim], GradientCheck], wrong: WrongInput) -> str | None:
    """Test for a claim that holds after the division of one input by its row sums."""
    claim = wrong.claim
    for i, (name, x) in enumerate(zip(claim.names, claim.inputs, strict=True)):
        if not claim.moves[i] or not isinstance(x, np.ndarray) or x.ndim == 0:
            continue
        totals = x.sum(axis=-1, keepdims=True)
        if x.shape[-1] < 2 or not (totals > 0).all() or np.allclose(totals, 1):
            continue
        try:
            check = run(replace(claim, inputs=(*claim.inputs[:i], x / totals, *claim.inputs[i + 1 :])))
        except (NotOnBalls, WrongShapeError):
            continue
        if check.checked and not check.failures:
            return f"it holds only when {name} sum to one"
    return None


def _diagonal(wrong: WrongInput) -> str | None:
    got, true = wrong.jacobians
    if got is None or got.shape[0] != got.shape[1] or len(got) < 2:
        return None
    diagonal = np.diag(np.diag(true))
    if wrong.near(got, diagonal) and not wrong.near(true, diagonal):
        return "diagonal: the entries off the diagonal are left out"
    return None


def _transposed(wrong: WrongInput) -> str | None:
    got, true = wrong.jacobians
    if got is not None and wrong.near(got, true.T) and not wrong.near(true, true.T):
        return "transposed: indices swapped, dy_j/dx_i where dy_i/dx_j belongs"
    return None


def _transposed_gradient(wrong: WrongInput) -> str | None:
    """Test for the gradient by a square matrix with rows and columns swapped."""
    shape = wrong.claim.shapes[wrong.i]
    if len(shape) != 2 or shape[0] != shape[1] or wrong.claim.form not in ("gradient", "pullback"):
        return None
    is_complete = len(wrong.got) == shape[0] * shape[1]
    swapped = is_complete and wrong.near(wrong.got.reshape(shape), wrong.true.reshape(shape).T)
    return "transposed: rows and columns are swapped" if swapped else None


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "{0}": lambda x: x,
    "{0} (1 - {0})": lambda x: x * (1 - x),
    "1 - {0}^2": lambda x: 1 - x * x,
    "1 - {0}": lambda x: 1 - x,
    "{0}^2": lambda x: x * x,
    "exp({0})": np.exp,
}


def _entrywise(wrong: WrongInput) -> str | None:
    """Test for a factor that varies by entry: the input, the value, or a common function of one of them."""
    claim, got, true = wrong.claim, wrong.got, wrong.true
    bases = {claim.names[wrong.i]: claim.arrays[wrong.i]}
    if claim.form == "slope":
        bases["the value"] = claim.value
    for name, base in bases.items():
        for text, function in _FUNCTIONS.items():
            with np.errstate(all="ignore"):
                factor = np.asarray(function(base), dtype=np.float64).reshape(-1)
            if factor.shape != got.shape or len(np.unique(factor)) < 2 or not np.isfinite(factor).all():
                continue
            if wrong.near(got, factor):
                return f"it is {text.format(name)}"
            if wrong.near(got, true * factor):
                return f"chain factor {text.format(name)} too many"
            if factor.all() and wrong.near(got * factor, true):
                return f"chain factor {text.format(name)} missing"
    return None


def explain_shape(claim: Claim) -> str | None:
    """The slip behind a gradient of wrong shape: transposed, or summed over wrong axes."""
    if claim.form not in ("gradient", "pullback"):
        return None
    try:
        claim.float_derivatives(claim.cotangent)
        return None
    except WrongShapeError as wrong:
        got, i = wrong.value, wrong.index
    except Exception:  # the derivative fails on floats
        return None
    shape = claim.shapes[i]
    if got is None or got.dtype.kind != "f" or np.prod(shape) > MOST_ENTRIES:
        return None
    check = BallCheck(claim_on_balls(claim), "balls")
    try:
        true = np.array([(claim.cotangent * check.column(i, index)).sum() for index in np.ndindex(shape)])
    except Exception:  # the function does not run on balls
        return None
    true = true.reshape(shape)
    near = WrongInput(claim, check, i, got, true).near
    if got.ndim == true.ndim == 2 and got.T.shape == true.shape and near(got.T, true):
        return "transposed: rows and columns are swapped"
    for axis in range(got.ndim):
        for kept in (False, True):
            if near(got.sum(axis=axis, keepdims=kept), true):
                return f"not summed over axis {axis}"
    if got.size == true.size and near(got.reshape(true.shape), true):
        return f"right values in shape {got.shape} instead of {true.shape}"
    if got.ndim == 0 and true.ndim and near(got, true.sum()):
        return "summed over all entries"
    return "sum over the wrong axis" if got.ndim == true.ndim == 1 and claim.form == "gradient" else None
