"""The mutation gate: every single-edit mutant of every rule is rejected, or it computes the same.

    killed      refused at one of the rule's examples (see `judging`)
    equivalent  accepted, within the float error bounds too, and the same balls at other points as well
    survived    accepted, and a different function, or in a line that no example runs

A helper that several rules share is judged by those that run the mutant's line; where a rule runs it on floats alone,
by floats alone, as balls would be what they were. Every process has its own copy of the program.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import types
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial, reduce
from operator import or_
from typing import Any

from chainrule.checking.case import Case
from chainrule.checking.conditioned import References
from chainrule.checking.examples import Example, examples
from chainrule.checking.mutation.further import at_limits
from chainrule.checking.mutation.judging import (
    Baseline,
    Refused,
    Remembered,
    baseline,
    computed,
    computed_by,
    fresh_case,
    refusal,
    remembering,
    right_at,
    touch,
    touch_on_balls,
    with_arrays_of_its_own,
)
from chainrule.checking.mutation.mutants import Mutant, Observed, mutants_of, observe
from chainrule.checking.mutation.report import MutationReport, Outcome, joined
from chainrule.checking.mutation.sources import Source, SourceMissing, caches_of, first_function, sources_of
from chainrule.checking.mutation.trying import TooSlow, at_most, changed, outcome, runs
from chainrule.rules import Rule, registry

SECONDS = 60.0
"""A mutant that takes this long is stuck: the slowest rule takes 1 s at all of its examples together."""

OTHER_SEED = 8
"""Of the drawn points, every other of which is what only equivalent mutants get to."""

COLLECTED_AFTER = 100_000
"""Objects that are made before memory is searched for cycles: balls, of which there are hundreds of thousands in a
second, form none, and searching among them took a tenth of the time."""

CALLS = 3
"""At how many examples, of different shapes, calls with less than all arguments are judged."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Seen:
    """What running one rule shows, and which lines run on balls."""

    observed: Observed
    on_balls: frozenset[tuple[str, int]]


class Judge:
    """One registered rule as the judge of what it is made of."""

    def __init__(self, name: str) -> None:
        self.rule: Rule = registry.get(name)
        self.points: tuple[Example, ...] = examples(name)
        self.sources = sources_of(self.rule)
        self.baselines: tuple[Baseline, ...] = ()
        self._remembered: Remembered | None = None
        self._right: tuple[tuple[References, ...], ...] = ()
        self._cases: tuple[Case, ...] = ()

    def observe(self) -> Seen:
        """Judge the rule as it is, then run all of it once more, and watch."""
        self.baselines = tuple(baseline(self.rule, point, calls=i < CALLS) for i, point in enumerate(self.points))
        refused = at_limits(self.rule)
        if refused:
            raise Refused(f"{self.rule.name} itself is refused: {refused}")

        def run(touched: Callable[[Rule, Baseline], None]) -> None:
            # What is remembered from before would hide the lines that compute it.
            for empty in caches_of(self.rule):
                empty()
            for expected in self.baselines:
                touched(self.rule, expected)

        on_balls = observe(self.sources, partial(run, touch_on_balls))
        others = observe(self.sources, partial(run, touch)) | observe(self.sources, partial(at_limits, self.rule))
        return Seen(on_balls | others, on_balls.lines)

    def remember(self) -> None:
        """Compute what mutants are compared with; to be called before one is in place."""
        if self._remembered is None:
            others = examples(self.rule.name, seed=OTHER_SEED, edges=False)[::2]
            points = [point for point in (*self.points, *others) if not point.floats_only]
            self._remembered = Remembered(partial(computed, self.rule), tuple(points))
            self._right = tuple(right_at(self.rule, point) for point in self.points)
            self._cases = tuple(remembering(self.rule, point) for point in self.points)

    def verdict_on_floats(self) -> str:
        """Why the rule, as it is now, is refused, if it is, when nothing has changed on balls."""
        for expected, right, case in zip(self.baselines, self._right, self._cases, strict=True):
            own = with_arrays_of_its_own(case)
            reason = refusal(self.rule, expected, right=right, case=own, only_floats=True)
            if reason:
                return reason
        return at_limits(self.rule)

    def verdict(self) -> tuple[str, str]:
        """Why the rule, as it is now, is refused, if it is; and where it differs from what it was, if it does."""
        assert self._remembered is not None
        difference, compared = "", 0
        for expected, right in zip(self.baselines, self._right, strict=True):
            case, here = fresh_case(self.rule, expected.example), ""

            def compute(point: Example, bits: int, case: Case = case) -> Mapping[str, tuple[Any, ...]]:
                return computed_by(case) if bits == case.bits else computed(self.rule, point, bits)

            if not expected.example.floats_only:
                here = self._remembered.difference_at(compared, compute)
                compared += 1
            reason = refusal(self.rule, expected, same=not here, right=None if here else right, case=case)
            if reason:
                return reason, here
            difference = difference or here
        return at_limits(self.rule), difference or self._remembered.difference(start=compared)


class Bench:
    """All judges, the mutants of everything that they are made of, and who judges which."""

    def __init__(self, baselines: Mapping[str, tuple[Baseline, ...]], seen: Mapping[str, Seen]) -> None:
        self.seen = seen
        self.judges = {name: Judge(name) for name in baselines}
        for name, judge in self.judges.items():
            judge.baselines = baselines[name]
        rules = [judge.rule for judge in self.judges.values()]
        self.sources = sources_of(*rules)
        self.empty_caches = caches_of(*rules)
        self.mutants: tuple[Mutant, ...] = tuple(
            mutants_of(self.sources, reduce(or_, (each.observed for each in seen.values())))
        )
        reached: dict[types.CodeType, list[Judge]] = {}
        for judge in self.judges.values():
            for source in judge.sources:
                reached.setdefault(source.code, []).append(judge)
        self._reached = {source.code: _own_first(reached[source.code], source) for source in self.sources}

    def judges_of(self, mutant: Mutant) -> list[Judge]:
        """The rules that run the mutant's line, at which alone it can be noticed; all that are made of it, if none."""
        reached = self._reached[mutant.source.code]
        return [judge for judge in reached if runs(mutant, self.seen[judge.rule.name].observed.lines)] or reached

    def owner(self, mutant: Mutant) -> str:
        """The rule in whose report the mutant appears."""
        return self.judges_of(mutant)[0].rule.name

    def outcome(self, mutant: Mutant) -> Outcome:
        """Put the mutant in place and let the rules made of it judge, until one is refused."""
        judges = self.judges_of(mutant)
        differs = ""
        for judge in judges:
            judge.remember()
            try:
                with changed(mutant, self.empty_caches), at_most(SECONDS):
                    if runs(mutant, self.seen[judge.rule.name].on_balls):
                        reason, difference = judge.verdict()
                    else:
                        reason, difference = judge.verdict_on_floats(), ""
            except TooSlow as slow:
                reason, difference = str(slow), ""
            if reason:
                return outcome(mutant, "killed", reason)
            differs = differs or difference
        if differs:
            return outcome(mutant, "survived", differs)
        if not any(runs(mutant, self.seen[judge.rule.name].observed.lines) for judge in judges):
            return outcome(mutant, "survived", "no example runs this line")
        return outcome(mutant, "equivalent", f"the same for {', '.join(judge.rule.name for judge in judges)}")


def _own_first(judges: list[Judge], source: Source) -> list[Judge]:
    """A rule of the same file first, and the one that is made of the least."""

    def distance(judge: Judge) -> tuple[bool, int, str]:
        forward = first_function(judge.rule.forward)
        own = forward is not None and forward.__code__.co_filename == source.file
        return not own, len(judge.sources), judge.rule.name

    return sorted(judges, key=distance)


def run_gate(
    names: Sequence[str] = (), *, processes: int | None = None, progress: Progress = lambda line: None
) -> tuple[tuple[MutationReport, ...], dict[str, str]]:
    """Judge every mutant of what the rules of those names are made of; of all registered rules, if none is given.

    Helpers that rules share are judged by all that run the line: one refusal is enough.

    Returns
    -------
    reports : tuple of MutationReport
        One per rule; a shared helper is in the report of the first rule that it is judged by.
    not_judged : dict
        Why rules could not be judged: those without example inputs, and those refused themselves.
    """
    for name in names:
        registry.get(name)
    wanted = tuple(names) or registry.names()
    baselines: dict[str, tuple[Baseline, ...]] = {}
    seen: dict[str, Seen] = {}
    not_judged: dict[str, str] = {}
    with _pool(processes) as run:
        for name, found in run(_observed, wanted):
            if isinstance(found, str):
                not_judged[name] = found
                progress(f"{name}: not judged: {found}")
            else:
                baselines[name] = found[0]
                seen[name] = found[1]
    if not baselines:
        return (), not_judged
    bench = Bench(baselines, seen)
    owners = [bench.owner(mutant) for mutant in bench.mutants]
    progress(f"{len(owners)} mutants of {len(baselines)} rules")
    outcomes: dict[str, list[Outcome]] = {name: [] for name in baselines}
    left = Counter(owners)
    with _pool(processes, baselines, seen) as run:
        for at, result in run(_outcome, range(len(owners))):
            outcomes[owners[at]].append(result)
            left[owners[at]] -= 1
            if not left[owners[at]]:
                progress(str(joined(owners[at], outcomes[owners[at]])))
    return tuple(joined(name, found) for name, found in outcomes.items() if found), not_judged


_bench: Bench | None = None


def _observed(name: str) -> tuple[str, tuple[tuple[Baseline, ...], Seen] | str]:
    try:
        judge = Judge(name)
        seen = judge.observe()
    except (LookupError, Refused, SourceMissing) as reason:
        return name, str(reason.args[0])
    return name, (judge.baselines, seen)


def _outcome(at: int) -> tuple[int, Outcome]:
    assert _bench is not None
    return at, _bench.outcome(_bench.mutants[at])


def _start(baselines: Mapping[str, tuple[Baseline, ...]], seen: Mapping[str, Seen]) -> None:
    global _bench
    _bench = Bench(baselines, seen) if baselines else None


def _start_process(*given: Any) -> None:
    gc.set_threshold(COLLECTED_AFTER)
    _start(*given)


@contextmanager
def _pool(processes: int | None, *context: Any) -> Iterator[Callable[[Callable[[Any], Any], Iterable[Any]], Any]]:
    """How to run a function on many things, in other processes or, with `processes` 1, in this one."""
    given = context or ({}, {})
    count = processes or os.cpu_count() or 1
    if count == 1:
        _start(*given)
        yield lambda function, things: map(function, things)
        return
    # Fresh processes: nobody forks a threaded program, and chainrule's rules register themselves.
    with multiprocessing.get_context("spawn").Pool(count, _start_process, given) as pool:
        yield lambda function, things: pool.imap_unordered(function, things, chunksize=1)
