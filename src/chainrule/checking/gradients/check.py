"""`check_gradient`: whether a derivative written by hand is the derivative of a function."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.checking.ball import nearest
from chainrule.checking.balls import balls, midpoints
from chainrule.checking.case import draw
from chainrule.checking.gradients import slips
from chainrule.checking.gradients.claims import Function, WrongShapeError
from chainrule.checking.gradients.evidence import matrices_of, normalised, true_gradient
from chainrule.checking.gradients.on_balls import LISTED, BallCheck, NotOnBalls
from chainrule.checking.gradients.on_floats import FloatCheck, copied
from chainrule.checking.gradients.problem import Problem, as_given
from chainrule.checking.gradients.report import GradientReport
from chainrule.checking.gradients.runs import run_on_balls, run_on_floats
from chainrule.checking.report import Mismatch, Unchecked


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
    problem = Problem.of(function, inputs, gradient, jacobian, pullback, slope)
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


def _checked_on_balls(problem: Problem, bits: int) -> GradientReport:
    check = run_on_balls(problem, bits)
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
            lambda: matrices_of(problem, bits),
            lambda: normalised(problem, lambda at: run_on_balls(at, bits)),
        )
    return _report(problem, check, f"balls of {check.bits} bits", slip)


def _report(problem: Problem, check: BallCheck | FloatCheck, method: str, slip: str | None) -> GradientReport:
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


def _means_the_same(problem: Problem, check: BallCheck) -> bool:
    """Whether the function's float value, if it is one, is near the one on balls."""
    arguments = tuple(balls(x) if moves else x for x, moves in zip(problem.arrays, problem.claim.moves, strict=True))
    exact = midpoints(check.function(*arguments))
    floats = problem.value.astype(np.float64)
    known = np.isfinite(floats) & np.isfinite(exact)
    apart = abs(floats - exact)[known]
    return bool((apart <= 1e-3 * np.maximum(abs(floats), abs(exact))[known] + 1e-12).all())


def _checked_on_floats(problem: Problem, reason: str) -> GradientReport:
    check = FloatCheck(problem.name, problem.function, problem.claim, as_given(problem.inputs))
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
            lambda: normalised(problem, run_on_floats),
            relative=slips.NEAR_FLOATS,
        )
    return _report(problem, check, method, slip)


def _wrong_shape(problem: Problem, failure: Mismatch, method: str) -> GradientReport:
    slip = None
    try:
        cotangent = draw(99, problem.value.shape)
        problem.claim.values(tuple(copied(x) for x in as_given(problem.inputs)), cotangent)
    except WrongShapeError as wrong:
        if isinstance(wrong.value, np.ndarray) and problem.claim.form in ("gradient", "pullback"):
            slip = slips.explain_shape(problem.claim, wrong.index, wrong.value, true_gradient(problem, wrong.index))
    except Exception:
        slip = None
    return GradientReport(problem.name, problem.claim.form, method, 0, (failure,), (), slip)
