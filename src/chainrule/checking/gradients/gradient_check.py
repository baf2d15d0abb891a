"""`check_gradient`: check a derivative that was written by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.checking.ball import nearest
from chainrule.checking.balls import balls, midpoints
from chainrule.checking.case import draw
from chainrule.checking.gradients import slips
from chainrule.checking.gradients.claim_at_point import ClaimAtPoint, as_given
from chainrule.checking.gradients.claims import Function, WrongShapeError
from chainrule.checking.gradients.evidence import matrices_of, normalised, true_gradient
from chainrule.checking.gradients.gradient_report import GradientReport
from chainrule.checking.gradients.on_balls import LISTED, BallCheck, NotOnBalls
from chainrule.checking.gradients.on_floats import FloatCheck, copied
from chainrule.checking.gradients.runs import run_on_balls, run_on_floats
from chainrule.checking.rule_report import Mismatch, Unchecked


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

    Both functions run on balls of 300 bits, and the derivative is compared with difference quotients. At this precision
    rounding cannot hide a wrong term. A function that runs only on floats (PyTorch, JAX, compiled code) is judged by
    the order of its Taylor remainder.

    Parameters
    ----------
    function : callable
        ``function(*inputs)`` returns an array or a number. It may use loops, index assignment, `numpy`, `math` and
        `scipy.special`.
    *inputs : arrays, numbers
        The point. Inputs of floats have derivatives; labels and other objects are passed to the functions unchanged.
    gradient : callable, or True
        ``gradient(*inputs)`` returns df/dx for each float input: one array, a tuple, or a dict by name. The value of
        `function` must be one number. True means that `function` returns the pair (value, gradient).
    jacobian : callable
        ``jacobian(*inputs)`` returns J[o, i] = df_o/dx_i, in the output shape followed by the input shape.
    pullback : callable
        ``pullback(*inputs, cotangent)`` returns J^T cotangent.
    slope : callable
        ``slope(*inputs)`` returns f'(x) of an elementwise function.
    bits : int
        The initial precision.

    Returns
    -------
    GradientReport
        With `verdict` "pass", "fail" or "unchecked", the wrong entries, and the slip that explains them.

    Raises
    ------
    TypeError
        If the number of given derivatives is not one, no input is a float, or the function returns no array.

    Examples
    --------
    >>> report = check_gradient(lambda x: np.sum(np.log(x)), np.array([1.0, 4.0]), gradient=lambda x: -1 / x)
    >>> report.verdict, report.slip
    ('fail', 'sign')
    """
    subject = ClaimAtPoint.of(function, inputs, gradient, jacobian, pullback, slope)
    try:
        return _checked_on_balls(subject, bits)
    except NotOnBalls as reason:
        return _checked_on_floats(subject, str(reason))


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


def _checked_on_balls(subject: ClaimAtPoint, bits: int) -> GradientReport:
    check = run_on_balls(subject, bits)
    if isinstance(check, Mismatch):
        return _wrong_shape(subject, check, f"balls of {bits} bits")
    failures = check.failures()
    if failures and not _means_the_same(subject, check):
        raise NotOnBalls("on balls the function gives other values than on floats")
    slip = None
    if failures:
        seen = {key: (nearest(got), nearest(true)) for key, (got, true) in check.seen.items()}
        slip = slips.explain(
            subject.claim,
            seen,
            subject.arrays,
            subject.value,
            lambda: matrices_of(subject, bits),
            lambda: normalised(subject, lambda at: run_on_balls(at, bits)),
        )
    return _report(subject, check, f"balls of {check.bits} bits", slip)


def _report(subject: ClaimAtPoint, check: BallCheck | FloatCheck, method: str, slip: str | None) -> GradientReport:
    failures = check.failures()
    unchecked = [finding for finding in check.findings if isinstance(finding, Unchecked)]
    return GradientReport(
        subject.name,
        subject.claim.form,
        method,
        check.checked,
        tuple(failures[:LISTED]),
        tuple(unchecked[:LISTED]),
        slip,
    )


def _means_the_same(subject: ClaimAtPoint, check: BallCheck) -> bool:
    """True if the value on floats is close to the value on balls."""
    arguments = tuple(balls(x) if moves else x for x, moves in zip(subject.arrays, subject.claim.moves, strict=True))
    exact = midpoints(check.function(*arguments))
    floats = subject.value.astype(np.float64)
    known = np.isfinite(floats) & np.isfinite(exact)
    apart = abs(floats - exact)[known]
    return bool((apart <= 1e-3 * np.maximum(abs(floats), abs(exact))[known] + 1e-12).all())


def _checked_on_floats(subject: ClaimAtPoint, reason: str) -> GradientReport:
    check = FloatCheck(subject.name, subject.function, subject.claim, as_given(subject.inputs))
    method = f"Taylor remainder, since {reason[:120]}"
    try:
        check.run()
    except WrongShapeError as wrong:
        return _wrong_shape(
            subject, Mismatch(subject.name, subject.claim.form, wrong.entry, wrong.got, wrong.expected), method
        )
    slip = None
    if check.failures():
        slip = slips.explain(
            subject.claim,
            check.seen,
            subject.arrays,
            subject.value,
            check.matrices,
            lambda: normalised(subject, run_on_floats),
            relative=slips.NEAR_FLOATS,
        )
    return _report(subject, check, method, slip)


def _wrong_shape(subject: ClaimAtPoint, failure: Mismatch, method: str) -> GradientReport:
    slip = None
    try:
        cotangent = draw(99, subject.value.shape)
        subject.claim.values(tuple(copied(x) for x in as_given(subject.inputs)), cotangent)
    except WrongShapeError as wrong:
        if isinstance(wrong.value, np.ndarray) and subject.claim.form in ("gradient", "pullback"):
            slip = slips.explain_shape(subject.claim, wrong.index, wrong.value, true_gradient(subject, wrong.index))
    except Exception:
        slip = None
    return GradientReport(subject.name, subject.claim.form, method, 0, (failure,), (), slip)
