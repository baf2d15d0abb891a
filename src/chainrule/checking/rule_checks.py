"""`check_rule`: check the derivatives of any rule along tangents and cotangents that it draws.

    <v, J t> = <J^T v, t>            forward and reverse mode are one linear map
    J t, J^T v = difference quotients, with a measured error (see `quotients`)
    J t, J^T v = matrix products, for rules that give their Jacobian
    kernel = rule                    the in-place forms that training uses, against the page

A proof in exact numbers is tried first, and replaces these checks. Otherwise they run in balls, which prove
differences, so they need no tolerance. Then errors of floats are measured in ulp, and the promises of the rule are
checked: inputs unmodified, shapes and dtypes kept, equal results with buffers.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias, TypeVar

import numpy as np

from chainrule.algebra.ball import Ball, Undecided, precision
from chainrule.algebra.balls import balls, midpoints
from chainrule.arrays import as_array, as_floats, to_numpy
from chainrule.checking import kernel_checks
from chainrule.checking.case import RuleCase, error_on_balls
from chainrule.checking.comparing import Finding, Mismatch, Unchecked, compare, digits, position
from chainrule.checking.floats import float_errors
from chainrule.checking.gradients.claims import Claim, WrongShapeError
from chainrule.checking.gradients.gradient_check import GradientReport, check_gradient
from chainrule.checking.gradients.on_balls import EVERY_ENTRY, LISTED, NOT_A_NUMBER, BallCheck
from chainrule.checking.jacobians import times_tangents, transposed_times_cotangent
from chainrule.checking.option_values import in_words, other_options
from chainrule.checking.proofs.proof import NO_PULLBACK
from chainrule.checking.proofs.rule_proofs import prove_rule_at, without_pullback
from chainrule.checking.quotients import Quotient
from chainrule.checking.rule_calls import broken_calls, refuse_inputs
from chainrule.checking.rule_promises import changes_inputs, keeps_flags, keeps_inputs, on_copies
from chainrule.checking.rule_report import NEEDED_PARTS, NO_PART, RuleReport
from chainrule.checking.user_code.places import error_in_words
from chainrule.rules import Rule
from chainrule.rules.rule import require_rule

Check: TypeAlias = Callable[[RuleCase, str], Iterator[Finding]]
AnyFinding = TypeVar("AnyFinding", Mismatch, Unchecked)


def check_rule(rule: Rule, *inputs: Any, bits: int = 300, options: Mapping[str, Any] | None = None) -> RuleReport:
    """Check one rule at one point, with every check that the parts of the rule allow.

    Parameters
    ----------
    rule : Rule
    *inputs : array_like
        Floats, and integers for labels. Infinite entries are not perturbed.
    bits : int
        The initial precision. Undecided checks are repeated with 4 and 16 times as many bits.
    options : mapping, optional
        Keyword arguments of the rule.

    Returns
    -------
    RuleReport
        Its `failures` name the rule, the check, the entry and both values.

    Raises
    ------
    TypeError
        If the inputs or the options do not fit the rule.
    ValueError
        If the rule refuses the inputs, such as labels that are out of range.

    Examples
    --------
    >>> from chainrule import rules
    >>> report = check_rule(rules.tanh, np.array([0.5, -40.0]))
    >>> report.ok, report.unchecked
    (True, ())
    >>> wrong = rules.Rule("square", lambda x: (x * x, x), lambda x, v: x * v)
    >>> for failure in check_rule(wrong, np.array([1.0, 3.0])).failures:
    ...     print(failure)
    square: pullback against the difference quotient: x[0]: got -0.4961334169, expected -0.9922668338
    square: pullback against the difference quotient: x[1]: got 4.147724032, expected 8.295448065
    """
    require_rule("check_rule", rule, "check_gradient checks functions")
    rule.check_call(inputs, dict(options or {}))
    given = tuple(
        np.array(to_numpy(as_array(x) if name in rule.integers else as_floats(x)))
        for name, x in zip(rule.inputs, inputs, strict=True)
    )
    for name, x in zip(rule.inputs, given, strict=True):
        if x.dtype.kind not in "fiub":
            raise TypeError(f"{rule.name}: {name}: expected numbers, got an array of {x.dtype}")
    case = RuleCase(rule, given, dict(options or {}), bits)
    refuse_inputs(case)
    if broken := tuple(broken_calls(case, KEEPS)):
        return RuleReport(rule.name, broken)
    found = {KEEPS: findings_of(KEEPS, keeps_inputs, case)}
    if changes_inputs(rule, given, case.options):
        case = replace(case, rule=on_copies(rule))  # so that the other checks are about the inputs that were given
    proof = prove_rule_at(case.rule, given, case.options)
    found[FLAGS] = findings_of(FLAGS, keeps_flags, case)
    formulas: dict[str, list[Finding]] = {}
    if not_on_balls := "" if proof.ok else _not_on_balls(case):
        formulas[PULLBACK] = list(_on_floats(case, not_on_balls))
    else:
        formulas |= {
            name: [] if proof.ok and name in PROVED and has_part(rule, name) else findings_of(name, check, case)
            for name, check in CHECKS.items()
            if name != KEEPS
        }
    if proof.differences and not any(_first(Mismatch, formulas)):
        formulas["proof"] = [Mismatch(rule.name, "proof", d.entry, d.left, d.right) for d in proof.differences]
    if not any(_first(Mismatch, formulas)):
        formulas["options"] = list(_at_other_options(case))
    found |= formulas
    passed = tuple(name for name, findings in found.items() if not findings and name in (*CHECKS, FLAGS))
    if not any(map(np.size, given)) or (not_on_balls and PULLBACK not in passed):
        passed = ()
    worst_ulp: dict[str, float] = {}
    lost_digits: dict[str, str] = {}
    found["float errors"] = findings_of("float errors", partial(float_errors, worst_ulp, lost=lost_digits), case)
    failures = tuple(_first(Mismatch, found))
    return RuleReport(
        rule.name,
        failures,
        tuple(_first(Unchecked, found)),
        passed,
        worst_ulp,
        _slip(case) if failures else None,
        replace(proof, options=in_words(rule, case.options)) if proof.ok else None,
        lost_digits,
        _v_in_words(case) if any("pullback" in failure.check for failure in failures) else "",
        (*_notes(case, not_on_balls if PULLBACK in passed else "", proved=proof.ok), *_beyond_bound(rule, worst_ulp)),
    )


def _not_on_balls(case: RuleCase) -> str:
    """The error that keeps the rule from running on balls, in words; see `error_on_balls`."""
    return case.not_on_balls or error_on_balls(lambda: (case.vjp, case.rule.pushforward and case.jvp))


def _on_floats(case: RuleCase, reason: str) -> Iterator[Finding]:
    """The pullback by its Taylor remainder on floats, for a rule that does not run on balls."""
    report = _gradient_report(case)
    yield from (replace(failure, rule=case.rule.name, check=PULLBACK) for failure in report.failures)
    if report.verdict == "unchecked":
        yield Unchecked(PULLBACK, f"the rule does not run on balls: {reason}", more_bits_may_help=True)


def _at_other_options(case: RuleCase) -> Iterator[Mismatch]:
    """Mismatches of the pullback at other values of options that are left at their defaults."""
    for words, options in other_options(case.rule, case.options):
        at = RuleCase(case.rule, case.inputs, options, case.bits)
        if any(broken_calls(at, KEEPS)):
            continue
        proof = prove_rule_at(at.rule, at.inputs, options)
        if proof.ok:
            continue
        for finding in findings_of(PULLBACK, pullback_agrees, at):
            if isinstance(finding, Mismatch) and finding.got != NOT_A_NUMBER:
                yield replace(finding, check=f"{PULLBACK} with {words}")


def _v_in_words(case: RuleCase) -> str:
    return np.array2string(case.cotangent, precision=8, threshold=12, separator=", ").replace("\n", "")


def _notes(case: RuleCase, on_floats: str, *, proved: bool) -> Iterator[str]:
    """The inputs about whose derivative nothing can be said, why the rule was checked `on_floats`, and its options."""
    rule = case.rule
    if case.options and not proved:
        yield f"checked {in_words(rule, case.options)}"
    if on_floats:
        text = "the pullback was checked on floats, by its Taylor remainder; the rule does not run on balls"
        yield f"{text}: {on_floats}"
    if not any(map(np.size, case.inputs)):
        yield "there are no numbers in the inputs, so nothing was checked"
    yield from (NO_PULLBACK.format(name) for name in without_pullback(rule, case.inputs))


def _beyond_bound(rule: Rule, worst_ulp: Mapping[str, float]) -> Iterator[str]:
    """The forms whose error at the point is beyond the bound that the rule states, in words."""
    for form, error in worst_ulp.items():
        if rule.error_bound is not None and error > rule.error_bound:
            yield (
                f"{form}: the error at this point exceeds error_bound={rule.error_bound}, which for sums of terms of "
                "both signs is a bound of the error divided by their condition number"
            )


def _first(kind: type[AnyFinding], found: Mapping[str, list[Finding]]) -> Iterator[AnyFinding]:
    """The first findings of a kind of each check."""
    for findings in found.values():
        yield from [finding for finding in findings if isinstance(finding, kind)][:LISTED]


def assert_rule(
    rule: Rule,
    *inputs: Any,
    bits: int = 300,
    options: Mapping[str, Any] | None = None,
    within: float | None = None,
) -> RuleReport:
    """`check_rule` for a test suite: raises an AssertionError that lists all failures.

    A pullback that could not be compared also counts as a failure here, for example if the forward converts its input
    to floats. At a kink there is nothing to compare.

    Parameters
    ----------
    rule, *inputs, bits, options
        As in `check_rule`.
    within : float, optional
        The largest error that float results may have, in ulp.

    Returns
    -------
    RuleReport

    Raises
    ------
    AssertionError
        If a check fails.
    TypeError
        If the inputs or the options do not fit the rule.

    Examples
    --------
    >>> from chainrule import rules
    >>> assert_rule(rules.tanh, np.array([0.5, -3.0]), within=8).verdict
    'pass'
    """
    report = check_rule(rule, *inputs, bits=bits, options=options)
    wrong = [str(failure) for failure in report.failures]
    wrong += [
        f"{rule.name}: not checked: {finding}"
        for finding in report.unchecked
        if finding.check == PULLBACK and finding.more_bits_may_help
    ]
    if within is not None:
        wrong += [
            f"{rule.name}: {form}: not measured"
            if np.isnan(error)
            else f"{rule.name}: {form}: {error:.4g} ulp, more than {within:g}"
            for form, error in report.worst_ulp.items()
            if not error <= within and any(map(np.size, inputs))
        ]
    if wrong:
        raise AssertionError("\n".join(wrong))
    return report


def _slip(case: RuleCase) -> str | None:
    """The single change that explains a wrong pullback; None if there is none."""
    try:
        return _gradient_report(case).slip
    except Exception:  # the slip is only a help, and a user's rule may raise anything
        return None


def _gradient_report(case: RuleCase) -> GradientReport:
    function, pullback = partial(case.rule, **case.options), partial(case.rule.vjp, **case.options)
    return check_gradient(function, *case.inputs, pullback=pullback, bits=case.bits)


def findings_of(name: str, check: Check, case: RuleCase, *, up_to_mismatch: bool = False) -> list[Finding]:
    """The findings of one check, repeated with 4 and 16 times the bits while it stays undecided.

    An error on floats is a mismatch. On balls it leaves the check undecided, for floats may do without it.
    With `up_to_mismatch` the first mismatch is the last finding.
    """
    if not has_part(case.rule, name):
        return [Unchecked(name, NO_PART.format(NEEDED_PARTS[name]))]
    for sharper in case.sharper:
        findings: list[Finding] = []
        try:
            # Extend one by one, so that findings before an undecided comparison are kept.
            with np.errstate(all="ignore"):
                for finding in check(sharper, name):
                    findings.append(finding)
                    if up_to_mismatch and isinstance(finding, Mismatch):
                        return findings
        except Undecided as reason:
            findings.append(Unchecked(name, str(reason), more_bits_may_help=True))
        except Exception as error:  # a user's rule may raise anything
            if name not in ON_BALLS:
                findings.append(Mismatch(case.rule.name, name, "the call", error_in_words(error), "a result"))
                break
            text = f"on balls: {error_in_words(error, quoted=True)}"
            return [*findings, Unchecked(name, text, more_bits_may_help=True)]
        if not any(isinstance(finding, Unchecked) and finding.more_bits_may_help for finding in findings):
            break
    return findings


def has_part(rule: Rule, name: str) -> bool:
    """True if the rule has the part that a check is about."""
    return name not in NEEDED_PARTS or getattr(rule, NEEDED_PARTS[name]) is not None


def _adjoint(case: RuleCase, check: str) -> Iterator[Finding]:
    jvp, vjp = case.jvp, case.vjp
    with precision(case.bits):
        forward = np.sum(balls(case.cotangent) * jvp)
        pairs = zip(vjp, case.tangents, strict=True)
        reverse = sum((np.sum(pulled * balls(tangent)) for pulled, tangent in pairs if tangent is not None), Ball(0))
    yield from compare(case.rule.name, check, "<J^T v, t> beside <v, J t>", reverse, forward)


def _pushforward(case: RuleCase, check: str) -> Iterator[Finding]:
    quotient = case.quotient(case.tangents)
    yield from _kinks(check, "along the tangent, output", quotient)
    yield from compare(case.rule.name, check, "output", case.jvp, quotient.value, skip=quotient.kinks | ~case.finite)


def pullback_agrees(case: RuleCase, check: str, *, every_entry: int = EVERY_ENTRY) -> Iterator[Finding]:
    """Compare J^T v with difference quotients, one for each entry of an input with at most `every_entry` entries."""
    finite, rule = case.finite, case.on_balls

    def value(*inputs: Any) -> Any:
        return balls(rule(*inputs, **case.ball_options))[finite]

    def pullback(*inputs_and_cotangent: Any) -> Any:
        cotangent = balls(np.zeros(finite.shape))
        cotangent[finite] = inputs_and_cotangent[-1]
        return rule.vjp(*inputs_and_cotangent[:-1], cotangent, **case.ball_options)

    claim = Claim(rule.name, value, "pullback", pullback, case.inputs, rule.inputs, midpoints(case.value)[finite])
    found = BallCheck(claim, check, bits=case.bits, every_entry=every_entry, relative=0, absolute=0)
    try:
        found.run()
    except WrongShapeError as wrong:
        found.fail(wrong.entry, wrong.got, wrong.expected)
    for failure in found.failures:
        if failure.got == NOT_A_NUMBER and not finite.all():
            yield Unchecked(check, f"{failure.entry}: the slope of an infinite output", more_bits_may_help=True)
        else:
            yield replace(failure, check=check)
    yield from (replace(unchecked, check=check) for unchecked in found.unchecked)


def _jacobian(case: RuleCase, check: str) -> Iterator[Finding]:
    name, jacobian = case.rule.name, case.jacobian
    with precision(case.bits):
        for i, differentiable in enumerate(case.differentiable):
            if differentiable:
                rows = transposed_times_cotangent(jacobian[i], balls(case.cotangent), case.inputs[i].shape)
                yield from compare(name, check, f"J^T v by {case.rule.inputs[i]}", rows, case.vjp[i])
        if case.rule.pushforward is not None:
            columns = times_tangents(jacobian, case.tangents, case.value.shape)
            yield from compare(name, check, "J t, output", columns, case.jvp)


def _kinks(check: str, what: str, quotient: Quotient) -> Iterator[Finding]:
    for index in np.argwhere(quotient.kinks):
        at = tuple(int(k) for k in index)
        sides = f"{digits(quotient.left[at])} from one side, {digits(quotient.right[at])} from the other"
        yield Unchecked(check, f"{what}{position(at)}: a kink, with slopes {sides}")


KEEPS, PULLBACK = "inputs, shapes and dtypes", "pullback against the difference quotient"

FLAGS = "rows and entries by themselves"
"""The check of flags that a user's rule may set; the mutation gate judges rules whose flags are known to hold."""

CHECKS: dict[str, Check] = {
    KEEPS: keeps_inputs,
    "results in float64": kernel_checks.agrees_in_floats,
    "fused value and pullback in float64": kernel_checks.fused_agrees_in_floats,
    "kernel against the rule": kernel_checks.agrees,
    "adjoint identity": _adjoint,
    "Jacobian": _jacobian,
    "pushforward against the difference quotient": _pushforward,
    PULLBACK: pullback_agrees,
    "fused value and pullback": kernel_checks.fused_agrees,
}
"""All checks. Floats take a tenth of the time of balls and come first; difference quotients take most."""

ON_BALLS = {
    *("kernel against the rule", "adjoint identity", "Jacobian", "fused value and pullback"),
    *("pushforward against the difference quotient", PULLBACK),
}
"""Checks that call the rule on balls alone."""

PROVED = (
    *("kernel against the rule", "adjoint identity", "Jacobian"),
    *("pushforward against the difference quotient", PULLBACK),
)
"""Checks that a proof replaces."""
