"""The mutation gate: every single-edit mutant of every rule is refused, or it computes the same.

    killed      refused at one of the rule's examples (see `rule_judge`)
    equivalent  accepted, and the same on balls at all examples and at other points
    survived    accepted, and a different function, or in a line that no example runs

A helper that several rules share is judged by the rules that run the mutant's line. If only rules that were not named
run the line, it is left to them. Every process has its own copy of the program.
"""

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from operator import or_
from typing import Any

from chainrule.checking.mutation.live_functions import SourceMissing, codes_of, live_functions
from chainrule.checking.mutation.mutants import Mutant, MutationReport, Outcome, joined, mutants_of
from chainrule.checking.mutation.rule_judge import Baseline, Refused, RuleJudge, baseline_of
from chainrule.rules import registry


class Bench:
    """The judges of all rules, and the mutants of all their functions."""

    def __init__(self, baselines: Mapping[str, Baseline]) -> None:
        self.judges = [RuleJudge(name, baseline) for name, baseline in baselines.items()]
        functions = live_functions(*(judge.rule for judge in self.judges))
        observed = reduce(or_, (baseline.observed for baseline in baselines.values()))
        shared = codes_of(*(registry.get(name) for name in registry.names() if name not in baselines))
        self.mutants = tuple(
            mutant
            for mutant in mutants_of(functions, observed)
            if mutant.edited_line in observed.lines or mutant.function.code not in shared
        )

    def judges_of(self, mutant: Mutant) -> list[RuleJudge]:
        """The rules that run the mutant's line; if none does, all rules that contain its function.

        The rules whose page is the edited file come first, and among others the rule with the fewest functions.
        """
        code, file = mutant.function.code, mutant.function.file
        reached = [judge for judge in self.judges if any(code is function.code for function in judge.functions)]
        reached.sort(key=lambda judge: (judge.file != file, len(judge.functions), judge.rule.name))
        return [judge for judge in reached if judge.runs(mutant)] or reached

    def outcome(self, mutant: Mutant) -> Outcome:
        """Let the judges try the mutant, until one refuses it."""
        judges, differs = self.judges_of(mutant), ""
        for judge in judges:
            reason, difference = judge.verdict(mutant)
            if reason:
                return mutant.outcome("killed", reason)
            differs = differs or difference
        if differs:
            return mutant.outcome("survived", differs)
        if not judges[0].runs(mutant):
            return mutant.outcome("survived", "no example runs this line")
        return mutant.outcome("equivalent", f"the same for {', '.join(judge.rule.name for judge in judges)}")


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
    with _pool(processes, {}) as run:
        for name, found in run(_baseline, tuple(names) or registry.names()):
            if isinstance(found, str):
                not_judged[name] = found
                progress(f"{name}: not judged: {found}")
            else:
                baselines[name] = found
    if not baselines:
        return (), not_judged
    bench = Bench(baselines)
    owners = [bench.judges_of(mutant)[0].rule.name for mutant in bench.mutants]
    progress(f"{len(owners)} mutants of {len(baselines)} rules")
    outcomes: dict[str, list[Outcome]] = {name: [] for name in baselines}
    left = Counter(owners)
    with _pool(processes, baselines) as run:
        for owner, outcome in zip(owners, run(_outcome, range(len(owners))), strict=True):
            outcomes[owner].append(outcome)
            left[owner] -= 1
            if not left[owner]:
                progress(str(joined(owner, outcomes[owner])))
    return tuple(joined(name, found) for name, found in outcomes.items() if found), not_judged


_bench: Bench | None = None


def _start(baselines: Mapping[str, Baseline]) -> None:
    global _bench
    _bench = Bench(baselines) if baselines else None


def _baseline(name: str) -> tuple[str, Baseline | str]:
    try:
        return name, baseline_of(name)
    except (LookupError, Refused, SourceMissing) as reason:
        return name, str(reason.args[0])


def _outcome(i: int) -> Outcome:
    assert _bench is not None
    return _bench.outcome(_bench.mutants[i])


@contextmanager
def _pool(
    processes: int | None, baselines: Mapping[str, Baseline]
) -> Iterator[Callable[[Callable[[Any], Any], Iterable[Any]], Any]]:
    """A function that maps another over many things, in other processes or, with `processes` 1, in this one."""
    count = processes or os.cpu_count() or 1
    if count == 1:
        _start(baselines)
        yield map
        return
    # Processes are spawned, because a program with threads cannot be forked safely.
    with multiprocessing.get_context("spawn").Pool(count, _start, (baselines,)) as pool:
        yield pool.imap
