"""A rule as the judge of its mutants: it refuses a mutant with which the rule fails at one of its examples."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from chainrule.checking.case import RuleCase
from chainrule.checking.comparing import Mismatch
from chainrule.checking.examples import examples
from chainrule.checking.mutation.exact_judge import ExactPoint, exact_points
from chainrule.checking.mutation.known import Known, known_at
from chainrule.checking.mutation.live_functions import caches_of, first_function, live_functions
from chainrule.checking.mutation.mutants import Mutant, Observed, Observer, TooSlow
from chainrule.checking.mutation.point_checks import FLOAT_ERRORS, Point, case_at, checks_at, points_of
from chainrule.checking.mutation.recorded_calls import EditedFunction, Recorder
from chainrule.checking.mutation.remembered import quiet
from chainrule.checking.rule_checks import Check, findings_of
from chainrule.rules import Rule, registry

SECONDS = 60.0
"""Processor time after which a mutant counts as stuck; the slowest rule takes 1 s for all its examples together."""

SECONDS_OF_PROOF = 5.0
"""Processor time after which a proof about a mutant is given up."""

OTHER_SEED = 8
"""Seed of further random points. Half of them are used, and only for mutants that all examples accept."""


class Refused(Exception):
    """The original rule is refused, so that its mutants cannot be judged."""


@dataclass(frozen=True)
class Baseline:
    """Results of judging the original rule.

    Attributes
    ----------
    unchecked : tuple of frozenset
        For each example the names of the checks that stay undecided there.
    observed : Observed
    """

    unchecked: tuple[frozenset[str], ...]
    observed: Observed


class RuleJudge:
    """One registered rule, which judges the mutants of its functions.

    Without a baseline it judges the rule itself first, and observes which lines run.

    Raises
    ------
    Refused
        If the rule itself is refused, so that its mutants cannot be judged.
    """

    def __init__(self, name: str, baseline: Baseline | None = None, recorder: Recorder | None = None) -> None:
        self.rule: Rule = registry.get(name)
        self.functions = live_functions(self.rule)
        forward = first_function(self.rule.forward)
        self.file = "" if forward is None else forward.__code__.co_filename
        self._empty_caches = caches_of(self.rule)
        self._points, self._recorder = points_of(name), recorder or Recorder()
        self.baseline = self._judge_itself() if baseline is None else baseline

    def runs(self, mutant: Mutant) -> bool:
        """True if an example runs the mutant's line."""
        return mutant.edited_line in self.baseline.observed.lines

    def refutation(self, mutant: Mutant, edit: EditedFunction) -> tuple[str, bool]:
        """Why the mutant is refuted in exact numbers, and whether it is proved to be right at the points of proofs."""
        points, proved = self._exact, True
        try:
            with mutant.applied(self._empty_caches, SECONDS_OF_PROOF), quiet():
                for point in points:
                    reason, equal = point.refutation(edit)
                    if reason:
                        return reason, False
                    proved = proved and equal
        except TooSlow:
            return "", False
        return "", proved and any(edit.code in claim.codes for point in points for claim in point.claims.values())

    def verdict(self, mutant: Mutant, edit: EditedFunction) -> tuple[str, str]:
        """Why the mutant is refused, and where it differs from the rule. Empty texts say that neither is the case.

        The examples at which the edited function does something else in a call on balls come first.
        """
        known, elsewhere, difference = self._known, self._elsewhere, ""  # before the mutant is applied
        try:
            with mutant.applied(self._empty_caches, SECONDS), quiet():
                for reason, here in self._judged(edit, known):
                    if reason:
                        return reason, here
                    difference = difference or here
                for at in elsewhere:
                    difference = difference or at.difference(edit)
                return "", difference
        except TooSlow as slow:
            return str(slow), ""

    def _judged(self, edit: EditedFunction, known: Sequence[Known]) -> Iterator[tuple[str, str]]:
        only_on_floats = []
        for at, unchecked in zip(known, self.baseline.unchecked, strict=True):
            if at.changing(edit):
                yield at.judged(edit, unchecked)
            else:
                only_on_floats.append((at, unchecked))
        for at, unchecked in only_on_floats:
            yield at.judged(edit, unchecked)

    @cached_property
    def _exact(self) -> list[ExactPoint]:
        return exact_points(self.rule, self._observer())

    @cached_property
    def _known(self) -> list[Known]:
        observer = self._observer()
        return [known_at(self.rule, point, observer, self._recorder) for point in self._points]

    @cached_property
    def _elsewhere(self) -> list[Known]:
        points, observer = examples(self.rule.name, seed=OTHER_SEED, edges=False)[::2], self._observer()
        return [
            known_at(self.rule, point, observer, self._recorder, judged=False)
            for point in points
            if not point.floats_only
        ]

    def _observer(self) -> Observer:
        # Cached results would hide the functions and lines that compute them.
        return Observer(self.functions, self._empty_caches)

    def _judge_itself(self) -> Baseline:
        observer = Observer(self.functions, self._empty_caches, lines=True)
        unchecked: list[set[str]] = []
        self._known = []
        with quiet():
            for point in self._points:
                unchecked.append(set())
                checks = {name: check for name, check in checks_at(point).items() if name != FLOAT_ERRORS}
                self._pass(point, checks, case_at(self.rule, point), unchecked[-1])
                at = known_at(self.rule, point, observer, self._recorder)
                checks = {name: check for name, (check, *_) in at.on_floats.items() if name == FLOAT_ERRORS}
                self._pass(point, checks, at.case, unchecked[-1])
                self._known.append(at)
        return Baseline(tuple(map(frozenset, unchecked)), observer.observed)

    def _pass(self, point: Point, checks: Mapping[str, Check], case: RuleCase, unchecked: set[str]) -> None:
        """Run checks of the rule itself, and add the names of those that stay undecided to `unchecked`."""
        for name, check in checks.items():
            for finding in findings_of(name, check, case):
                if isinstance(finding, Mismatch):
                    raise Refused(f"{self.rule.name} itself is refused at {point}: {finding}")
                unchecked.add(name)
