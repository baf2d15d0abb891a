"""The mutation gate: every single-edit mutant of every rule is refused, or it computes the same.

    killed      refuted in exact numbers at a small point (see `exact_judge`), or refused at one of the rule's examples
                (see `point_checks`)
    equivalent  accepted, and the same on balls at all examples and at other points
    survived    accepted, and a different function, or in a line that no example runs

A helper that several rules share is judged by the rules that run the mutant's line. If only rules that were not named
run the line, it is left to them. Every process has its own copy of the program.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, reduce
from itertools import chain
from operator import or_
from typing import Any

import numpy as np

from chainrule.checking.mutation.live_functions import LiveFunction, SourceMissing, codes_of, live_functions
from chainrule.checking.mutation.mutants import Mutant, MutationReport, Outcome, joined, mutants_of
from chainrule.checking.mutation.point_checks import points_of
from chainrule.checking.mutation.recorded_calls import EditedFunction, Recorder
from chainrule.checking.mutation.rule_judge import Baseline, Refused, RuleJudge
from chainrule.rules import registry

TOLD = 1000
"""After so many mutants the progress is told."""


class Bench:
    """The judges of rules, and the mutants of all their functions."""

    def __init__(self, judges: Sequence[RuleJudge]) -> None:
        self.judges = tuple(judges)
        self.functions = live_functions(*(judge.rule for judge in judges))
        self._observed = reduce(or_, (judge.baseline.observed for judge in judges))
        names = {judge.rule.name for judge in judges}
        self._shared = codes_of(*(registry.get(name) for name in registry.names() if name not in names))

    @cached_property
    def mutants(self) -> tuple[Mutant, ...]:
        """The mutants of all functions."""
        return tuple(chain.from_iterable(map(self.mutants_of, self.functions)))

    def mutants_of(self, function: LiveFunction) -> Iterator[Mutant]:
        """The mutants of one function, without lines that only other rules run."""
        shared = function.code in self._shared
        for mutant in mutants_of((function,), self._observed):
            if not shared or mutant.edited_line in self._observed.lines:
                yield mutant

    def judges_of(self, mutant: Mutant) -> list[RuleJudge]:
        """The rules that run the mutant's line; if none does, all rules that contain its function.

        The rules whose page is the edited file come first, and among others the rule with the fewest functions.
        """
        code, file = mutant.function.code, mutant.function.file
        reached = [judge for judge in self.judges if any(code is function.code for function in judge.functions)]
        reached.sort(key=lambda judge: (judge.file != file, len(judge.functions), judge.rule.name))
        return [judge for judge in reached if judge.runs(mutant)] or reached

    def outcome(self, mutant: Mutant) -> Outcome:
        """Let the judges try the mutant, until one refuses it: first by proof, then at their examples."""
        judges, differs, proved = self.judges_of(mutant), "", list[str]()
        edit = EditedFunction(mutant.function.code, mutant.code)
        for judge in judges:
            reason, equal = judge.refutation(mutant, edit)
            if reason:
                return mutant.outcome("killed", reason)
            proved += [judge.rule.name] * equal
        for judge in judges:
            reason, difference = judge.verdict(mutant, edit)
            if reason:
                return mutant.outcome("killed", reason)
            differs = differs or difference
        if differs:
            return mutant.outcome("survived", differs)
        if not judges[0].runs(mutant):
            return mutant.outcome("survived", "no example runs this line")
        same = f"the same for {', '.join(judge.rule.name for judge in judges)}"
        return mutant.outcome(
            "equivalent", f"{same}; proved at small points of {', '.join(proved)}" if proved else same
        )


def run_gate(
    names: Sequence[str] = (), *, processes: int | None = None, progress: Callable[[str], None] = lambda line: None
) -> tuple[tuple[MutationReport, ...], dict[str, str]]:
    """Judge every mutant of the functions of the named rules; of all registered rules if no name is given.

    Returns
    -------
    reports : tuple of MutationReport
        One per rule; a shared helper is in the report of the first rule that judges it.
    not_judged : dict
        The reason for each rule that could not be judged: no example inputs, or refused as it is.
    """
    for name in names:
        registry.get(name)
    baselines: dict[str, Baseline] = {}
    not_judged: dict[str, str] = {}
    with _pool(processes) as run:
        for name, found in run(_baseline, sorted(names or registry.names(), key=_size, reverse=True)):
            if isinstance(found, str):
                not_judged[name] = found
                progress(f"{name}: not judged: {found}")
            else:
                baselines[name] = found
        if not baselines:
            return (), not_judged
        baselines = {name: baselines[name] for name in registry.names() if name in baselines}
        functions = live_functions(*map(registry.get, baselines))
        progress(f"the mutants of {len(functions)} functions of {len(baselines)} rules")
        outcomes: dict[str, list[Outcome]] = {name: [] for name in baselines}
        # The largest functions come first, so that the processes end at about the same time.
        order = sorted(range(len(functions)), key=lambda i: -len(functions[i].code.co_code))
        done = 0
        for found in run(_outcomes, [(baselines, i) for i in order]):
            for owner, outcome in found:
                outcomes[owner].append(outcome)
            if done // TOLD < (done + len(found)) // TOLD:
                progress(f"{done + len(found)} mutants judged")
            done += len(found)
    reports = tuple(joined(name, found) for name, found in outcomes.items() if found)
    for report in reports:
        progress(str(report))
    return reports, not_judged


_judges: dict[str, RuleJudge] = {}
"""The judges that this process has made."""

_recorder = Recorder()
"""The calls of the functions of all rules."""

_bench: list[Bench] = []
"""The bench of all judges, once it is known which rules are judged."""


def _start() -> None:
    global _recorder
    _recorder = Recorder()
    _judges.clear()
    _bench.clear()


def _size(name: str) -> int:
    """A measure of the time that the rule's baseline takes."""
    try:
        return sum(np.size(x) for point in points_of(name) for x in point.inputs)
    except LookupError:
        return 0


def _baseline(name: str) -> tuple[str, Baseline | str]:
    try:
        _judges[name] = RuleJudge(name, recorder=_recorder)
        return name, _judges[name].baseline
    except (LookupError, Refused, SourceMissing) as reason:
        return name, str(reason.args[0])


def _outcomes(task: tuple[Mapping[str, Baseline], int]) -> list[tuple[str, Outcome]]:
    """The outcomes of all mutants of one function, each with the name of the first rule that judges it."""
    baselines, i = task
    if not _bench:
        judges = [_judges.get(name) or RuleJudge(name, given, _recorder) for name, given in baselines.items()]
        _bench.append(Bench(judges))
    bench = _bench[0]
    mutants = bench.mutants_of(bench.functions[i])
    return [(bench.judges_of(mutant)[0].rule.name, bench.outcome(mutant)) for mutant in mutants]


@contextmanager
def _pool(processes: int | None) -> Iterator[Callable[[Callable[[Any], Any], Iterable[Any]], Any]]:
    """A function that maps another over many things, in other processes or, with `processes` 1, in this one."""
    count = processes or os.cpu_count() or 1
    if count == 1:
        _start()
        yield map
        return
    # Processes are spawned, because a program with threads cannot be forked safely.
    with multiprocessing.get_context("spawn").Pool(count, _start) as pool:
        yield pool.imap_unordered
