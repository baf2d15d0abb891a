"""`check_gradient`: whether a derivative written by hand is the derivative of a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.arrays import is_torch, to_numpy
from chainrule.checking.ball import Inexact, Undecided, nearest
from chainrule.checking.balls import balls, midpoints
from chainrule.checking.case import draw
from chainrule.checking.gradients import slips
from chainrule.checking.gradients.claims import Claim, Function, WrongShapeError, as_values, input_names
from chainrule.checking.gradients.on_balls import LISTED, BallCheck, NotOnBalls
from chainrule.checking.gradients.on_floats import FloatCheck, copied
from chainrule.checking.gradients.report import GradientReport
from chainrule.checking.report import Mismatch, Unchecked
from chainrule.checking.user_code import on_balls


def check_gradient(
    function: Function,
    *inputs: Any,
    gradient: Function | bool | None = None,
    jacobian: Function | None = None,
    pullback: Function | None = None,
    slope: Function | None = None,
    bits: int = 300,
) -> GradientReport:
    """Check a derivative that was written by hand, at one point.

    Both functions are run on 300-bit balls, and the derivative is compared with difference quotients at that precision,
    where a wrong term cannot hide behind rounding. Functions that only run on floats (PyTorch's, JAX's, compiled ones)
    are judged by the order of their Taylor remainder.

    Parameters
    ----------
    function : callable
        ``function(*inputs)`` gives an array or a number. It may be written with loops, index assignment, `numpy`,
        `math` and `scipy.special`.
    *inputs : arrays, numbers
        Where to check. Floats are differentiated by; integers, such as labels, and anything else are passed on.
    gradient : callable, or True
        ``gradient(*inputs)`` gives df/dx for each float input: one array, a tuple, or a dict by name. The function's
        value is one number. True says that `function` returns the pair (value, gradient).
    jacobian : callable
        ``jacobian(*inputs)`` gives arrays of the output's shape followed by the input's: J[o, i] = df_o/dx_i.
    pullback : callable
        ``pullback(*inputs, cotangent)`` gives J^T cotangent.
    slope : callable
        ``slope(*inputs)`` gives f'(x) for a function of each entry by itself.
    bits : int
        The precision to start with.

    Returns
    -------
    GradientReport
        With `verdict` "pass", "fail" or "unchecked", the wrong entries, and the slip that explains them.

    Raises
    ------
    TypeError
        If not exactly one derivative is given, no input is a float, or the function returns no array.

    Examples
    --------
    >>> report = check_gradient(lambda x: np.sum(np.log(x)), np.array([1.0, 4.0]), gradient=lambda x: -1 / x)
    >>> report.verdict, report.slip
    ('fail', 'sign')
    """
    problem = _Problem.of(function, inputs, gradient, jacobian, pullback, slope)
    try:
        return _checked_on_balls(problem, bits)
    except NotOnBalls as reason:
        return _checked_on_floats(problem, str(reason))


def assert_gradient(function: Function, *inputs: Any, **claim: Any) -> GradientReport:
    """`check_gradient` for a test suite: raises AssertionError unless the verdict is "pass".

    >>> report = assert_gradient(lambda x: np.sum(x**2), np.array([1.0, 4.0]), gradient=lambda x: 2 * x)
    >>> report.checked
    2
    """
    report = check_gradient(function, *inputs, **claim)
    if report.verdict != "pass":
        raise AssertionError(str(report))
    return report


class _Problem:
    """A function, its inputs and one claim, with the names and shapes that go with them."""

    def __init__(self, name: str, function: Function, inputs: tuple[Any, ...], claim: Claim, value: Any) -> None:
        self.name, self.function, self.inputs, self.claim, self.value = name, function, inputs, claim, value

    @classmethod
    def of(
        cls,
        function: Function,
        inputs: tuple[Any, ...],
        gradient: Function | bool | None,
        jacobian: Function | None,
        pullback: Function | None,
        slope: Function | None,
    ) -> _Problem:
        """The problem that the arguments of `check_gradient` describe."""
        name = getattr(function, "__name__", type(function).__name__)
        given = {"gradient": gradient, "jacobian": jacobian, "pullback": pullback, "slope": slope}
        forms = [form for form, derivative in given.items() if derivative is not None]
        if len(forms) != 1:
            raise TypeError(f"give one of gradient, jacobian, pullback and slope; got {' and '.join(forms) or 'none'}")
        form = forms[0]
        derivative = given[form]
        names = input_names(function, len(inputs))
        if derivative is True:
            function, derivative = partial(_part_of, 0, function), partial(_part_of, 1, function)
        if not callable(derivative):
            raise TypeError(f"{form}: expected a function, got {derivative!r}")
        arrays = tuple(_array_of(x) for x in inputs)
        moves = tuple(isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in arrays)
        if not any(moves):
            raise TypeError(
                f"{name}: none of the {len(inputs)} inputs holds floats, so there is nothing to differentiate by"
            )
        with np.errstate(all="ignore"):
            result = function(*(copied(x) for x in _as_given(inputs)))
        if isinstance(result, tuple):
            raise TypeError(f"{name} returned a tuple; if that is (value, gradient), say gradient=True")
        value = as_values(result)
        if value.dtype.kind not in "fiub":
            raise TypeError(f"{name} returned {type(result).__name__}, expected an array or a number")
        if form == "gradient" and value.size != 1:
            raise TypeError(
                f"{name} returned shape {value.shape}; a gradient is for functions whose value is one number: give "
                "jacobian, pullback or slope"
            )
        shapes = tuple(np.shape(x) for x in arrays)
        if form == "slope" and (sum(moves) != 1 or value.shape != shapes[moves.index(True)]):
            raise TypeError(
                f"{name} returned shape {value.shape} for inputs of shape {shapes}; a slope is for functions of each "
                "entry of one input by itself"
            )
        claim = Claim(form, derivative, names, moves, shapes, value.shape)
        return cls(name, function, inputs, claim, value)

    @property
    def arrays(self) -> tuple[Any, ...]:
        """The inputs, with floats as NumPy arrays of float64."""
        return tuple(
            _array_of(x).astype(np.float64) if moves else x
            for x, moves in zip(self.inputs, self.claim.moves, strict=True)
        )

    def at(self, inputs: tuple[Any, ...]) -> _Problem:
        """The same at another point."""
        return _Problem(self.name, self.function, inputs, self.claim, self.value)


def _part_of(part: int, function: Function, *inputs: Any) -> Any:
    return function(*inputs)[part]


def _as_given(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Lists of floats as arrays; all else as it is."""
    return tuple(
        np.asarray(x) if isinstance(x, list | tuple) and np.asarray(x).dtype.kind == "f" else x for x in inputs
    )


def _array_of(x: Any) -> Any:
    """Numbers and arrays of any library as NumPy arrays; anything else as it is."""
    if is_torch(x):
        return to_numpy(x)
    if isinstance(x, np.ndarray):
        return x
    if isinstance(x, int | float | np.generic | list | tuple) or hasattr(x, "__array__"):
        array = np.asarray(x)
        return array if array.dtype.kind in "fiub" else x
    return x


def _checked_on_balls(problem: _Problem, bits: int) -> GradientReport:
    check = _run_on_balls(problem, bits)
    if isinstance(check, Mismatch):
        return _wrong_shape(problem, check, f"balls of {bits} bits")
    failures = check.failures()
    if failures and not _means_the_same(problem, check):
        raise NotOnBalls("on balls the function gives other values than on floats")
    slip = None
    if failures:
        seen = {key: (nearest(got), nearest(true)) for key, (got, true) in check.seen.items()}
        slip = slips.explain(
            problem.claim,
            seen,
            problem.arrays,
            problem.value,
            lambda: _matrices(problem, bits),
            lambda: _normalised(problem, lambda at: _run_on_balls(at, bits)),
        )
    return _report(problem, check, f"balls of {check.bits} bits", slip)


def _report(problem: _Problem, check: BallCheck | FloatCheck, method: str, slip: str | None) -> GradientReport:
    failures = check.failures()
    unchecked = [finding for finding in check.findings if isinstance(finding, Unchecked)]
    return GradientReport(
        problem.name,
        problem.claim.form,
        method,
        check.checked,
        tuple(failures[:LISTED]),
        tuple(unchecked[:LISTED]),
        slip,
    )


def _run_on_balls(problem: _Problem, bits: int) -> BallCheck | Mismatch:
    """The check at `bits`, and at 4 and 16 times as many where that may help."""
    function = _to_balls(on_balls(problem.function))
    claim = replace(problem.claim, function=on_balls(problem.claim.function))
    for more in (1, 4, 16):
        check = BallCheck(problem.name, function, claim, problem.arrays, more * bits)
        try:
            with np.errstate(all="ignore"):
                check.run()
        except WrongShapeError as wrong:
            return Mismatch(problem.name, problem.claim.form, wrong.entry, wrong.got, wrong.expected)
        except Inexact as reason:
            raise NotOnBalls(str(reason)) from None
        except Undecided as reason:
            if more == 16:
                raise NotOnBalls(str(reason)) from None
            continue
        except NotOnBalls:
            raise
        except Exception as error:
            raise NotOnBalls(f"{type(error).__name__}: {error}") from None
        if not any(isinstance(finding, Unchecked) and finding.more_bits_may_help for finding in check.findings):
            break
    return check


def _to_balls(function: Callable[..., Any]) -> Callable[..., Any]:
    def on_arrays(*inputs: Any) -> Any:
        result = function(*inputs)
        return balls(np.asarray(result, dtype=object)) if isinstance(result, list) else balls(result)

    return on_arrays


def _means_the_same(problem: _Problem, check: BallCheck) -> bool:
    """Whether the function's float value, if it is one, is near the one on balls."""
    arguments = tuple(balls(x) if moves else x for x, moves in zip(problem.arrays, problem.claim.moves, strict=True))
    exact = midpoints(check.function(*arguments))
    floats = problem.value.astype(np.float64)
    known = np.isfinite(floats) & np.isfinite(exact)
    apart = abs(floats - exact)[known]
    return bool((apart <= 1e-3 * np.maximum(abs(floats), abs(exact))[known] + 1e-12).all())


def _checked_on_floats(problem: _Problem, reason: str) -> GradientReport:
    check = FloatCheck(problem.name, problem.function, problem.claim, _as_given(problem.inputs))
    method = f"Taylor remainder, since {reason[:120]}"
    try:
        check.run()
    except WrongShapeError as wrong:
        return _wrong_shape(
            problem, Mismatch(problem.name, problem.claim.form, wrong.entry, wrong.got, wrong.expected), method
        )
    slip = None
    if check.failures():
        slip = slips.explain(
            problem.claim,
            check.seen,
            problem.arrays,
            problem.value,
            check.matrices,
            lambda: _normalised(problem, _run_on_floats),
            relative=slips.NEAR_FLOATS,
        )
    return _report(problem, check, method, slip)


def _run_on_floats(problem: _Problem) -> FloatCheck:
    check = FloatCheck(problem.name, problem.function, problem.claim, _as_given(problem.inputs))
    check.run()
    return check


def _wrong_shape(problem: _Problem, failure: Mismatch, method: str) -> GradientReport:
    slip = None
    try:
        cotangent = draw(99, problem.value.shape)
        problem.claim.values(tuple(copied(x) for x in _as_given(problem.inputs)), cotangent)
    except WrongShapeError as wrong:
        if isinstance(wrong.value, np.ndarray) and problem.claim.form in ("gradient", "pullback"):
            slip = slips.explain_shape(problem.claim, wrong.index, wrong.value, _true_gradient(problem, wrong.index))
    except Exception:
        slip = None
    return GradientReport(problem.name, problem.claim.form, method, 0, (failure,), (), slip)


def _true_gradient(problem: _Problem, i: int) -> Any:
    """The gradient by one input from difference quotients of balls, or None."""
    shape = problem.claim.shapes[i]

    def nothing(*inputs: Any) -> Any:
        """A claim of the right shapes."""
        return tuple(np.zeros(each) if moves else None for each, moves in zip(shapes, moves_, strict=True))

    shapes, moves_ = problem.claim.shapes, problem.claim.moves
    zeros = replace(problem.claim, function=nothing)
    if np.prod(shape, dtype=int) > 96:
        return None
    probe = _Problem(problem.name, problem.function, problem.inputs, zeros, problem.value)
    try:
        check = _run_on_balls(probe, 300)
    except NotOnBalls:
        return None
    if isinstance(check, Mismatch):
        return None
    result = np.full(shape, np.nan)
    for (j, index, _), (_, true) in check.seen.items():
        if j == i:
            result[index] = nearest(true)
    return result


def _matrices(problem: _Problem, bits: int) -> Mapping[int, tuple[Any, Any]]:
    """Whole claimed and true Jacobians, outputs x inputs, where outputs and inputs are few."""
    claim = problem.claim
    outputs = int(np.prod(claim.output_shape, dtype=int))
    if claim.form == "gradient" or outputs > 32 or not outputs:
        return {}
    found: dict[int, tuple[Any, Any]] = {}
    try:
        rebound = replace(claim, function=on_balls(claim.function))
        whole = replace(claim, form="jacobian", function=_as_jacobian(rebound))
        check = _run_on_balls(_Problem(problem.name, problem.function, problem.inputs, whole, problem.value), bits)
    except NotOnBalls:
        return {}
    if isinstance(check, Mismatch):
        return {}
    for i, moves in enumerate(claim.moves):
        size = int(np.prod(claim.shapes[i], dtype=int)) if moves else 0
        if not size:
            continue
        got, true = np.full((outputs, size), np.nan), np.full((outputs, size), np.nan)
        for (j, index, out), pair in check.seen.items():
            if j == i:
                at = (_flat(out, claim.output_shape), _flat(index, claim.shapes[i]))
                got[at], true[at] = (nearest(ball) for ball in pair)
        found[i] = got, true
    return found


def _flat(index: tuple[int, ...], shape: tuple[int, ...]) -> int:
    return int(np.ravel_multi_index(index, shape)) if shape else 0


def _as_jacobian(claim: Claim) -> Function:
    """The claim as Jacobians: a pullback is asked for every unit cotangent."""

    def jacobian(*inputs: Any) -> Any:
        if claim.form == "jacobian":
            return claim.values(inputs)
        if claim.form == "slope":
            return tuple(
                None if value is None else np.diag(balls(value).reshape(-1)).reshape(claim.output_shape + value.shape)
                for value in claim.values(inputs)
            )
        rows = []
        for out in np.ndindex(claim.output_shape):
            unit = np.zeros(claim.output_shape)
            unit[out] = 1.0
            rows.append(claim.values(inputs, balls(unit)))
        return tuple(
            None
            if column[0] is None
            else balls(np.stack([np.asarray(balls(x)) for x in column]).reshape(claim.output_shape + column[0].shape))
            for column in zip(*rows, strict=True)
        )

    return jacobian


def _normalised(problem: _Problem, run: Callable[[_Problem], BallCheck | FloatCheck | Mismatch]) -> str | None:
    """The name of an input with which, divided by its sums along the last axis, the claim holds."""
    for i, (name, x, moves) in enumerate(zip(problem.claim.names, problem.inputs, problem.claim.moves, strict=True)):
        array = _array_of(x)
        if not moves or array.ndim == 0 or is_torch(x) or not isinstance(x, np.ndarray):
            continue
        totals = array.sum(axis=-1, keepdims=True)
        if array.shape[-1] < 2 or not (totals > 0).all() or np.allclose(totals, 1):
            continue
        changed = tuple(array / totals if j == i else y for j, y in enumerate(problem.inputs))
        try:
            check = run(problem.at(changed))
        except (NotOnBalls, WrongShapeError):
            continue
        if not isinstance(check, Mismatch) and check.checked and not check.failures():
            return str(name)
    return None
