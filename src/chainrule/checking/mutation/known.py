"""The unmutated rule at one point: its results, and the functions that compute them.

A mutant of a function changes no result that does not call the function. Only the other results, and the checks that
read them, are computed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import CodeType

from chainrule.checking.case import RuleCase
from chainrule.checking.comparing import Mismatch
from chainrule.checking.examples import LINEAR_IN, Limit
from chainrule.checking.floats import references
from chainrule.checking.mutation.mutants import Observer
from chainrule.checking.mutation.point_checks import ON_FLOATS, READS, Point, case_at, checks_at, forms_at, result_of
from chainrule.checking.mutation.remembered import Remembered, quiet
from chainrule.checking.rule_checks import Check, findings_of
from chainrule.rules import Rule

Codes = frozenset[CodeType]

_RESULTS = {"value": "value", "vjp": "vjp", "jvp": "jvp", "Jacobian": "jacobian", "kernel": "fast"}
"""The attributes of a `RuleCase` that hold the forms."""

_GIVEN = ("differentiable", "dtype", "tangents", "ball_inputs", "ball_options")
"""The attributes of a `RuleCase` that no function of the rule computes."""


@dataclass(frozen=True)
class Known:
    """The unmutated rule at one point.

    Attributes
    ----------
    case : RuleCase
        Holds all results of the rule on balls.
    forms : mapping
        The results on balls, each with the functions that compute it; empty at a point for floats only.
    on_floats : mapping
        The checks of floats against these results, each with the functions that it calls.
    checks : mapping
        All checks at the point.
    """

    case: RuleCase
    forms: Mapping[str, tuple[Remembered, Codes]]
    on_floats: Mapping[str, tuple[Check, Codes]]
    checks: Mapping[str, Check]

    def difference(self, code: CodeType) -> str:
        """Where the rule computes something else on balls while the function of this code is edited."""
        return next((text for _, text in self._differences(code, self._case(code)) if text), "")

    def judged(self, code: CodeType, unchecked: frozenset[str]) -> tuple[str, str]:
        """Why the rule is refused while the function of this code is edited, and where it computes something else.

        Empty texts say that neither is the case. A check in `unchecked` may stay undecided.
        """
        case = self._case(code)
        for changed, difference in self._differences(code, case):
            if difference:
                checks = {name: check for name, check in self.checks.items() if self._reads(name, code)}
                order = sorted(checks, key=lambda name: changed not in READS[name])
                return self._refusal({name: checks[name] for name in order}, case, unchecked), difference
        on_floats = {name: check for name, (check, codes) in self.on_floats.items() if code in codes}
        return self._refusal(on_floats, self.case, unchecked), ""

    def _case(self, code: CodeType) -> RuleCase:
        """A case with the results that do not change."""
        same = [form for form, (_, codes) in self.forms.items() if code not in codes]
        more = ["finite", "cotangent"] if "value" in same else []
        if self.case.on_balls is self.case.rule:  # A copy of the rule for balls would not run the edit.
            more.append("on_balls")
        return self.case.sharing(*_GIVEN, *more, *(_RESULTS[form] for form in same if form in _RESULTS))

    def _differences(self, code: CodeType, case: RuleCase) -> Iterator[tuple[str, str]]:
        """The forms that call the function of this code, each with its first difference; empty if there is none."""
        for form, (remembered, codes) in self.forms.items():
            if code in codes:
                yield form, remembered.difference(partial(result_of, case, form))

    def _reads(self, name: str, code: CodeType) -> bool:
        """True if a check calls the function of this code, or reads a result that does."""
        if name in self.on_floats and code in self.on_floats[name][1]:
            return True
        return any(code in self.forms[form][1] for form in READS[name] if form in self.forms)

    def _refusal(self, checks: Mapping[str, Check], case: RuleCase, unchecked: frozenset[str]) -> str:
        for name, check in checks.items():
            for finding in findings_of(name, check, case, up_to_mismatch=True):
                if isinstance(finding, Mismatch):
                    return str(finding)
                if name not in unchecked:
                    return f"{case.rule.name}: left unchecked: {finding}"
        return ""


def known_at(rule: Rule, point: Point, observer: Observer, *, judged: bool = True) -> Known:
    """The rule at a point, with the checks of floats unless it is only a point of comparison."""
    case = case_at(rule, point)
    for x in case.ball_inputs:
        x.flags.writeable = False
    forms = {}
    if not point.floats_only:
        for form in forms_at(case):
            remembering = partial(Remembered, partial(result_of, case, form), str(point))
            forms[form] = observer.run(remembering)
    if not judged:
        return Known(case, forms, {}, {})
    with quiet():
        right = () if isinstance(point, Limit) else references(case, LINEAR_IN.get(rule.name, ()))
        on_floats = {
            name: (check, observer.run(partial(findings_of, name, check, case))[1])
            for name, check in checks_at(point, right).items()
            if name in ON_FLOATS
        }
    return Known(case, forms, on_floats, checks_at(point))
