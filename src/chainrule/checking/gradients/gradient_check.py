"""`check_gradient`: check a derivative that was written by hand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.checking.comparing import Mismatch, Unchecked, position
from chainrule.checking.gradients.claims import Claim, Function, WrongShapeError, claim_of
from chainrule.checking.gradients.on_balls import LISTED, NotOnBalls, check_on_balls
from chainrule.checking.gradients.on_floats import check_on_floats
from chainrule.checking.gradients.slips import GradientCheck, explain, explain_shape
from chainrule.checking.proofs.gradient_proofs import prove_claim
from chainrule.checking.proofs.proof import Proof


@dataclass(frozen=True)
class GradientReport:
    """The outcome of `check_gradient`.

    Attributes
    ----------
    function : str
        Name of the differentiated function.
    claim : {"gradient", "jacobian", "pullback", "slope"}
        The form of the derivative.
    method : str
        "proof", "balls of 300 bits", or "Taylor remainder" if a function does not run on balls.
    checked : int
        Number of derivatives that agree.
    failures : tuple of Mismatch
        Entries proven wrong, with the claimed and the true value.
    unchecked : tuple of Unchecked
        Undecided entries, such as derivatives at kinks, with the reason.
    slip : str or None
        The single change that explains all wrong entries, if one was found.
    proof : Proof or None
        For which inputs the derivative was proved; None if it was not.

    Examples
    --------
    >>> import numpy as np
    >>> report = check_gradient(np.abs, np.array([-2.0, 0.0]), slope=np.sign)
    >>> report.verdict, report.checked, report.unchecked[0].reason
    ('pass', 3, 'x[1]: a kink, with slopes -1.000000000 from the left and 1.000000000 from the right')
    """

    function: str
    claim: str
    method: str
    checked: int = 0
    failures: tuple[Mismatch, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    slip: str | None = None
    proof: Proof | None = None

    @property
    def verdict(self) -> str:
        """ "fail" if an entry is wrong, else "pass" if an entry is right, else "unchecked"."""
        if self.failures:
            return "fail"
        return "pass" if self.checked else "unchecked"

    @property
    def ok(self) -> bool:
        """True if there are no failures."""
        return not self.failures

    def __str__(self) -> str:
        count = "1 derivative" if self.checked == 1 else f"{self.checked} derivatives"
        if self.proof is not None:
            proved = f"{self.function}: {self.claim}: {self.proof.claim} ({count})"
            return "\n".join([proved, *(f"  unchecked: {reason.reason}" for reason in self.unchecked)])
        agreeing = f"{count} {'agrees' if self.checked == 1 else 'agree'}, by {self.method}"
        lines = [f"{self.function}: {self.claim}: {self.verdict} ({agreeing})"]
        lines += [f"  {failure.entry}: got {failure.got}, expected {failure.expected}" for failure in self.failures]
        if len(self.failures) >= LISTED:
            lines.append(f"  and perhaps more: the search ends after {LISTED} wrong entries")
        if self.slip:
            lines.append(f"  likely slip: {self.slip}")
        lines += [f"  unchecked: {reason.reason}" for reason in self.unchecked]
        return "\n".join(lines)


def check_gradient(
    function: Function,
    *inputs: Any,
    gradient: Function | bool | None = None,
    jacobian: Function | None = None,
    pullback: Function | None = None,
    slope: Function | None = None,
    bits: int = 300,
) -> GradientReport:
    """Check a derivative that was written by hand.

    A proof is tried first: both functions run on exact numbers, and an equality found there holds for all inputs at
    which the code takes the same branches as at the point. If there is no proof, both run on balls of 300 bits, and the
    derivative is compared with difference quotients at the point. Up to 4800 bits are taken where a derivative is tiny
    beside others, so that rounding cannot hide a wrong term; the report names derivatives that are too small even so.
    A function that gives other values when it is called again fails.
    A function that runs only on floats (PyTorch, JAX, compiled code) is judged by the order of its Taylor remainder.
    The how-to pages on your own ``autograd.Function`` and ``custom_vjp`` have adapters for PyTorch and JAX.
    Proofs and balls are about real numbers: they say nothing about the rounding errors of floats.

    Parameters
    ----------
    function : callable
        ``function(*inputs)`` returns an array or a number. It may use loops, index assignment, `numpy`, `math` and
        `scipy.special`.
    *inputs : arrays, numbers
        The point. Derivatives are checked for float inputs; labels and other objects are passed on unchanged.
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
        If not exactly one derivative is given, no input is a float, or the function returns no array.

    Examples
    --------
    >>> import numpy as np
    >>> report = check_gradient(lambda x: np.sum(np.log(x)), np.array([1.0, 4.0]), gradient=lambda x: -1 / x)
    >>> report.verdict, report.slip
    ('fail', 'sign')
    """
    claim = claim_of(function, inputs, gradient=gradient, jacobian=jacobian, pullback=pullback, slope=slope)
    if other := claim.other_value():
        failure = Mismatch(claim.name, claim.form, "the same input", other[1], other[0])
        return GradientReport(claim.name, claim.form, RANDOM, 0, (failure,))
    report = _checked(claim, bits)
    notes = tuple(_not_checked(claim))
    return replace(report, unchecked=(*report.unchecked, *notes)) if notes else report


RANDOM = (
    "further calls: it returns different values for the same input, so it has no derivative; fix its random numbers"
)


def _not_checked(claim: Claim) -> Iterator[Unchecked]:
    """Inputs that the function writes to, that are not finite, or for which no derivative is returned."""
    for name in claim.changed:
        text = f"{claim.name} writes to {name}; this was checked on copies, but it changes the arrays of its callers"
        yield Unchecked(claim.name, text)
    for name, x, wanted in zip(claim.names, claim.arrays, claim.differentiable, strict=True):
        if wanted and not np.isfinite(x).all():
            at = position(tuple(np.argwhere(~np.isfinite(x))[0].tolist()))
            yield Unchecked(
                claim.name, f"{name}{at} is {x[~np.isfinite(x)][0]}: there is no derivative to compare with"
            )
    try:
        with np.errstate(all="ignore"):
            given = claim.float_derivatives(claim.cotangent)
    except Exception:  # the user's derivative may raise anything; the checks have told it
        return
    for name, value, wanted in zip(claim.names, given, claim.differentiable, strict=True):
        if value is None and wanted:
            yield Unchecked(claim.name, f"{name} was not checked: the {claim.form} returns nothing for it")


def _checked(claim: Claim, bits: int) -> GradientReport:
    """The report on the derivatives, by the first method that decides."""
    proof = prove_claim(claim)
    if proof.ok:
        return GradientReport(claim.name, claim.form, "proof", proof.equalities, proof=proof)
    try:
        report = _report(claim, partial(check_on_balls, bits=bits), f"balls of {bits} bits")
    except NotOnBalls as reason:
        method = f"Taylor remainder, since {str(reason)[:160]}"
        report = _report(claim, partial(check_on_floats, method=method), method)
    if proof.verdict == "fail" and not report.failures:
        # The error is smaller than what the tolerances of the other checks leave to rounded constants.
        failures = tuple(Mismatch(claim.name, claim.form, d.entry, d.left, d.right) for d in proof.differences)
        return replace(report, method="exact numbers", checked=0, failures=failures[:LISTED], unchecked=())
    return report


def assert_gradient(function: Function, *inputs: Any, **claim: Any) -> GradientReport:
    """`check_gradient` for a test suite: raises AssertionError unless the verdict is "pass".

    >>> import numpy as np
    >>> report = assert_gradient(lambda x: np.sum(x**2), np.array([1.0, 4.0]), gradient=lambda x: 2 * x)
    >>> report.checked
    2
    """
    report = check_gradient(function, *inputs, **claim)
    if report.verdict != "pass":
        raise AssertionError(str(report))
    return report


def _report(claim: Claim, run: Callable[[Claim], GradientCheck], method: str) -> GradientReport:
    try:
        check = run(claim)
    except WrongShapeError as wrong:
        failure = Mismatch(claim.name, claim.form, wrong.entry, wrong.got, wrong.expected)
        return GradientReport(claim.name, claim.form, method, 0, (failure,), (), explain_shape(claim, wrong))
    return GradientReport(
        claim.name,
        claim.form,
        check.method,
        check.checked,
        tuple(check.failures[:LISTED]),
        tuple(check.unchecked[:LISTED]),
        explain(claim, check, run) if check.failures else None,
    )
