"""The unmutated rule at one point: its results, and the functions that compute them.

A mutant of a function changes no result that does not call the function. Only the other results, and the checks that
read them, are computed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import CodeType
from typing import TypeAlias

from chainrule.checking.case import RuleCase
from chainrule.checking.comparing import Mismatch
from chainrule.checking.examples import LINEAR_IN
from chainrule.checking.floats import references
from chainrule.checking.limit_points import Limit
from chainrule.checking.mutation.mutants import Observer
from chainrule.checking.mutation.point_checks import ON_FLOATS, READS, Point, case_at, checks_at, forms_at, result_of
from chainrule.checking.mutation.recorded_calls import Calls, EditedFunction, Recorder
from chainrule.checking.mutation.remembered import Remembered, quiet
from chainrule.checking.rule_checks import Check, findings_of
from chainrule.rules import Rule

Codes: TypeAlias = frozenset[CodeType]

_RESULTS = {"value": "value", "vjp": "vjp", "jvp": "jvp", "Jacobian": "jacobian", "kernel": "fast"}
"""The attributes of a `RuleCase` that hold the forms."""

_OF_THE_PAGE = ("value", "vjp", "jvp", "Jacobian")
"""The forms whose functions do not write to their arguments."""

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
    calls : mapping
        The calls of these functions by form, for the rule itself; none for its kernel, which writes to its arguments.
    on_floats : mapping
        The checks of floats against these results, each with the functions that it calls and their calls.
    checks : mapping
        All checks at the point.
    """

    case: RuleCase
    forms: Mapping[str, tuple[Remembered, Codes]]
    calls: Mapping[str, Calls]
    on_floats: Mapping[str, tuple[Check, Codes, Calls]]
    checks: Mapping[str, Check]

    def changing(self, edit: EditedFunction) -> tuple[str, ...]:
        """The forms that may change: they call the edited function, and it does something else in a call."""
        return tuple(
            form
            for form, (_, codes) in self.forms.items()
            if edit.code in codes and not edit.is_same_in(self.calls.get(form, {}))
        )

    def difference(self, edit: EditedFunction) -> str:
        """The place at which the edited rule computes something else on balls."""
        return next((text for _, text in self._differences(edit, self._case(edit))), "")

    def judged(self, edit: EditedFunction, unchecked: frozenset[str]) -> tuple[str, str]:
        """Why the edited rule is refused, and where it computes something else.

        Empty texts say that neither is the case. A check in `unchecked` may stay undecided.
        """
        case = self._case(edit)
        for changed, difference in self._differences(edit, case):
            checks = {name: check for name, check in self.checks.items() if self._reads(name, edit.code)}
            order = sorted(checks, key=lambda name: changed not in READS[name])
            return self._refusal({name: checks[name] for name in order}, case, unchecked), difference
        on_floats = {
            name: check
            for name, (check, codes, calls) in self.on_floats.items()
            if edit.code in codes and not edit.is_same_in(calls)
        }
        return self._refusal(on_floats, self.case, unchecked), ""

    def _case(self, edit: EditedFunction) -> RuleCase:
        """A case with the results that do not change."""
        changing = self.changing(edit)
        same = [form for form in self.forms if form not in changing]
        more = ["finite", "cotangent"] if "value" in same else []
        if self.case.on_balls is self.case.rule:  # A copy of the rule for balls would not run the edit.
            more.append("on_balls")
        return self.case.sharing(*_GIVEN, *more, *(_RESULTS[form] for form in same if form in _RESULTS))

    def _differences(self, edit: EditedFunction, case: RuleCase) -> Iterator[tuple[str, str]]:
        """The forms that change, each with its first difference."""
        for form in self.changing(edit):
            difference = self.forms[form][0].difference(partial(result_of, case, form))
            if difference:
                yield form, difference

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


def known_at(rule: Rule, point: Point, observer: Observer, recorder: Recorder, *, judged: bool = True) -> Known:
    """The rule at a point, with the checks of floats unless it is only a point of comparison."""
    case = case_at(rule, point)
    for x in case.ball_inputs:
        x.flags.writeable = False
    forms, calls = {}, {}
    if not point.floats_only:
        for form, compute in forms_at(case).items():
            remembering = partial(Remembered, partial(result_of, case, form), str(point))
            forms[form] = observer.run(remembering)
            if form in _OF_THE_PAGE and forms[form][0].is_decided:
                again = case.sharing(*_GIVEN, "on_balls", "finite", "cotangent")
                observer.empty_caches()
                calls[form] = recorder.calls(forms[form][1], partial(compute, again))
    if not judged:
        return Known(case, forms, calls, {}, {})
    with quiet():
        right = () if isinstance(point, Limit) else references(case, LINEAR_IN.get(rule.name, ()))
        on_floats = {}
        for name, check in checks_at(point, right).items():
            if name in ON_FLOATS:
                run = partial(findings_of, name, check, case)
                _, codes = observer.run(run)
                observer.empty_caches()
                on_floats[name] = check, codes, recorder.calls(codes, run)
    return Known(case, forms, calls, on_floats, checks_at(point))
