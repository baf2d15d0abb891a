"""Search for a single slip that explains a wrong derivative.

The claimed derivatives are compared with the true ones after a common mistake: a sign, a factor, a transposition, only
the diagonal, a missing sum over an axis, the value in place of the derivative, targets assumed to sum to one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from chainrule.algebra.balls import midpoints
from chainrule.checking.gradients.claims import Claim, WrongShapeError, copied
from chainrule.checking.gradients.on_balls import BallCheck, NotOnBalls, claim_on_balls
from chainrule.checking.gradients.on_floats import FloatCheck

NEAR, NEAR_FLOATS = 1e-7, 1e-4
"""Relative differences up to which derivatives count as equal, if known from balls and if estimated from floats."""

MOST_ENTRIES, MOST_OUTPUTS = 96, 32
"""Largest numbers of entries of an input and of outputs for which the true Jacobian is computed."""

GradientCheck: TypeAlias = BallCheck | FloatCheck

Prediction: TypeAlias = tuple[str, Any, Any]
"""A slip, and two arrays that are equal if it was made."""


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
    for text in _slips(wrong[0], run) if wrong else ():
        if all(text in _slips(other, run) for other in wrong[1:]):
            return text
    return None


def _inputs(claim: Claim, check: GradientCheck) -> Iterator[WrongInput]:
    for i in sorted({i for i, _, _ in check.derivatives}):
        got, true = np.array([pair for (j, _, _), pair in check.derivatives.items() if j == i]).T
        yield WrongInput(claim, check, i, got, true)


def _slips(wrong: WrongInput, run: Callable[[Claim], GradientCheck]) -> Iterator[str]:
    """Every slip that explains the derivatives by one input."""
    if wrong.true.any() and wrong.near(wrong.got, -wrong.true):
        yield "sign"
    yield from _factor(wrong, run)
    yield from _normalised(run, wrong)
    for text, got, true in (*_of_jacobian(wrong), *_transposed(wrong), *_chained(wrong)):
        if wrong.near(got, true):
            yield text


def _factor(wrong: WrongInput, run: Callable[[Claim], GradientCheck]) -> Iterator[str]:
    got, true = wrong.got, wrong.true
    large = abs(true) > 1e-9 * abs(true).max()
    ratio = float(np.median(got[large] / true[large])) if large.any() else 0.0
    if not ratio or wrong.near(1.0, ratio) or not wrong.near(got, ratio * true):
        return
    fraction = _fraction(wrong, ratio)
    if fraction is None and len(got) < 2:
        return  # any number is a factor times any other number
    meaning = ""
    for rows in {len(x) for x in wrong.claim.arrays if isinstance(x, np.ndarray) and x.ndim} - {1}:
        reasons = {f"{rows}": "is missing", f"1/{rows}": "is taken twice, or does not belong"}
        if fraction in reasons and _is_mean_over(rows, wrong, run, missing=fraction != f"1/{rows}"):
            meaning = f": a mean over {rows} rows {reasons[fraction]}"
    yield f"factor {fraction or format(ratio, '.6g')}{meaning}"


def _is_mean_over(rows: int, wrong: WrongInput, run: Callable[[Claim], GradientCheck], *, missing: bool) -> bool:
    """Whether the factor is the number of rows without the first row, too; a constant factor stays as it is."""
    claim = wrong.claim
    fewer = tuple(x[1:] if isinstance(x, np.ndarray) and x.ndim and len(x) == rows else x for x in claim.inputs)
    try:
        shorter = replace(claim, inputs=fewer, result=claim.function(*map(copied, fewer)))
        found = next((each for each in _inputs(shorter, run(shorter)) if each.i == wrong.i), None)
    except Exception:  # the user's code may raise anything; other inputs may need as many rows
        return False
    if found is None:
        return False
    one, other = (found.got, found.true) if missing else (found.true, found.got)
    return found.near(one, (rows - 1) * other)


def _fraction(wrong: WrongInput, ratio: float) -> str | None:
    """The ratio as a small fraction, one over a count, a short decimal or a fraction up to 1024; None if it is none."""
    small, large = (Fraction(ratio).limit_denominator(bound) for bound in (12, 1024))
    unit, decimal = Fraction(1, round(1 / ratio) or 1), format(ratio, ".4g")
    for number, text in ((small, str(small)), (unit, str(unit)), (Fraction(decimal), decimal), (large, str(large))):
        if number and wrong.near(float(number), ratio) and 1 <= 1024 * abs(number) <= 1 << 20:
            return text
    return None


def _normalised(run: Callable[[Claim], GradientCheck], wrong: WrongInput) -> Iterator[str]:
    """Test for a claim that holds for rows of one input that sum to one, and not for rows that sum to 1/2."""
    claim = wrong.claim

    def holds_at(i: int, x: Any) -> bool:
        try:
            check = run(replace(claim, inputs=(*claim.inputs[:i], x, *claim.inputs[i + 1 :])))
        except (NotOnBalls, WrongShapeError):
            return False
        return check.checked > 0 and not check.failures

    for i, (name, x) in enumerate(zip(claim.names, claim.inputs, strict=True)):
        if not claim.differentiable[i] or not isinstance(x, np.ndarray) or x.ndim == 0:
            continue
        totals = x.sum(axis=-1, keepdims=True)
        if x.shape[-1] < 2 or not (totals > 0).all() or np.allclose(totals, 1):
            continue
        if holds_at(i, x / totals) and not holds_at(i, x / totals / 2):
            yield f"it holds only when {name} sum to one"


def _of_jacobian(wrong: WrongInput) -> Iterator[Prediction]:
    got, true = wrong.jacobians
    if got is None:
        return
    if len(true) == true.shape[1] > 1 and not wrong.near(true, np.diag(np.diag(true))):
        yield "diagonal: the entries off the diagonal are left out", got, np.diag(np.diag(true))
    if not wrong.near(true, true.T):
        yield "transposed: indices swapped, dy_j/dx_i where dy_i/dx_j belongs", got, true.T


def _transposed(wrong: WrongInput) -> Iterator[Prediction]:
    """The gradient by a square matrix with rows and columns swapped."""
    shape = wrong.claim.shapes[wrong.i]
    is_square = len(shape) == 2 and shape[0] == shape[1]
    if is_square and wrong.claim.form in ("gradient", "pullback") and len(wrong.got) == shape[0] ** 2:
        got, true = wrong.got.reshape(shape), wrong.true.reshape(shape)
        yield "transposed: rows and columns are swapped", got, true.T


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "{0}": lambda x: x,
    "{0} (1 - {0})": lambda x: x * (1 - x),
    "1 - {0}^2": lambda x: 1 - x * x,
    "1 - {0}": lambda x: 1 - x,
    "{0}^2": lambda x: x * x,
    "exp({0})": np.exp,
}


def _chained(wrong: WrongInput) -> Iterator[Prediction]:
    """A factor that varies by entry: the input, the value, or a common function of one of them."""
    claim, (got, true) = wrong.claim, wrong.jacobians
    if got is None or claim.form == "pullback":
        got, true = wrong.got, wrong.true
    bases = {claim.names[wrong.i]: claim.arrays[wrong.i]}
    if claim.form == "slope":
        bases["the value"] = claim.value
    for name, base in bases.items():
        for text, function in _FUNCTIONS.items():
            with np.errstate(all="ignore"):
                factor = np.asarray(function(base), dtype=np.float64).reshape(-1)
            if factor.shape != got.shape[-1:] or len(np.unique(factor)) < 2 or not np.isfinite(factor).all():
                continue
            words = text.format(name)
            alone = np.diag(factor) if claim.form == "slope" and got.ndim == 2 else np.broadcast_to(factor, got.shape)
            yield f"it is {words}", got, alone
            yield f"chain factor {words} too many", got, true * factor
            if factor.all():
                yield f"chain factor {words} missing", got * factor, true


def explain_shape(claim: Claim, wrong: WrongShapeError) -> str | None:
    """The slip behind a gradient of wrong shape: transposed, or summed over wrong axes."""
    shape = claim.shapes[wrong.index]
    if wrong.value is None or claim.form not in ("gradient", "pullback") or np.prod(shape) > MOST_ENTRIES:
        return None
    check = BallCheck(claim_on_balls(claim), "balls")
    try:
        got = midpoints(wrong.value)
        true = np.array([(claim.cotangent * check.column(wrong.index, index)).sum() for index in np.ndindex(shape)])
    except Exception:  # the function does not run on balls
        return None
    true = true.reshape(shape)
    near = WrongInput(claim, check, wrong.index, got, true).near
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
