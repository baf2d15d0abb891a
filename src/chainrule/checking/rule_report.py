"""The outcome of `check_rule`, and how it is printed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from chainrule.checking.comparing import Mismatch, Unchecked
from chainrule.checking.proofs.proof import Proof

LOST_DIGITS = (
    "such errors are no failure: they say nothing of the formulas, which are checked without rounding. A float "
    "computation loses its digits where nearly equal numbers are subtracted, as in 1 + tanh(x) for x below -5; another "
    "form of the same function may keep them"
)

NEEDED_PARTS = {
    "adjoint identity": "pushforward",
    "pushforward against the difference quotient": "pushforward",
    "Jacobian": "jacobian_matrix",
}
"""Checks of an optional part of a rule, with the name of the part."""

NO_PART = "the rule has no {}"


@dataclass(frozen=True)
class RuleReport:
    """The outcome of `check_rule`.

    Attributes
    ----------
    rule : str
    failures : tuple of Mismatch
    unchecked : tuple of Unchecked
        Comparisons that stayed undecided; they do not count as failures.
    passed : tuple of str
        The names of the checks that found no mismatch.
    worst_ulp : mapping
        The largest error of the float results in ulp, by form and dtype, such as ``"vjp float32"``.
    slip : str or None
        The single change that explains a wrong pullback, if one was found.
    proof : Proof or None
        For which inputs the value, the derivatives and the kernel were proved; None if they were not.
    lost_digits : mapping
        By form and dtype, the worst entry where fewer than half of the digits of a float result are right.
    cotangent : str
        The cotangent v of the wrong entries of J^T v, if the pullback is wrong.
    notes : tuple of str
        The inputs about which nothing can be said: constants, which have no pullback, or inputs without numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import check_rule, rules
    >>> report = check_rule(rules.Rule("cube", lambda x: (x**3, x), lambda x, v: -3 * x * x * v), np.array([2.0]))
    >>> report.verdict, report.slip
    ('fail', 'sign')
    """

    rule: str
    failures: tuple[Mismatch, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    passed: tuple[str, ...] = ()
    worst_ulp: Mapping[str, float] = field(default_factory=dict)
    slip: str | None = None
    proof: Proof | None = None
    lost_digits: Mapping[str, str] = field(default_factory=dict)
    cotangent: str = ""
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """ "fail" if a check failed, else "pass" if a check passed, else "unchecked"."""
        if self.failures:
            return "fail"
        return "pass" if self.passed else "unchecked"

    @property
    def ok(self) -> bool:
        """True if there are no failures."""
        return not self.failures

    def __str__(self) -> str:
        lines = [str(failure) for failure in self.failures]
        lines += [f"{self.rule}: the entries are those of J^T v for v = {self.cotangent}"] if self.cotangent else []
        lines += [f"{self.rule}: likely slip: {self.slip}"] if self.slip else []
        lines += [f"{self.rule}: {self.proof.claim}"] if self.proof else []
        lines += [f"{self.rule}: {note}" for note in self.notes]
        absent = [each for each in self.unchecked if _is_absent(each)]
        lines += [f"{self.rule}: unchecked: {reason}" for reason in self.unchecked if reason not in absent]
        if absent:
            parts = ", ".join(dict.fromkeys(NEEDED_PARTS[each.check] for each in absent))
            checks = ", ".join(each.check for each in absent)
            lines.append(
                f"{self.rule}: has no {parts}, which a rule may lack; with it there would be more checks: {checks}"
            )
        for form, error in self.worst_ulp.items():
            where = f", {self.lost_digits[form]}" if form in self.lost_digits else ""
            lines.append(
                f"{self.rule}: {form}: " + ("not measured" if np.isnan(error) else f"{_short(error)} ulp{where}")
            )
        if self.lost_digits:
            lines.append(f"{self.rule}: {LOST_DIGITS}")
        return "\n".join(lines) or f"{self.rule}: nothing was checked"


def _short(error: float) -> str:
    """An error in ulp with three digits; errors below a thousandth are printed as 0.

    >>> _short(2.72e-74), _short(8.2745e15)
    ('0', '8.27e+15')
    """
    return f"{round(error, 3) if np.isfinite(error) else error:.3g}"


def _is_absent(unchecked: Unchecked) -> bool:
    """True for a check of an optional part that the rule lacks."""
    return unchecked.reason == NO_PART.format(NEEDED_PARTS.get(unchecked.check, ""))
