"""A pytest plugin that runs tests that another environment skipped; `python .ci/rest.py FILE...` adds up the runs
and names the files of tests that took longest.

--record FILE writes the outcome of every test; --rest-of FILE runs the tests that were skipped or not collected there.
"""

import json
import sys
import time
from collections import Counter
from pathlib import Path

WORST = ("error", "failed", "xpassed", "passed", "xfailed", "skipped")
RAN = frozenset(WORST[:-1])


def pytest_addoption(parser):
    """The two options."""
    parser.addoption("--record", type=Path, metavar="FILE")
    parser.addoption("--rest-of", type=Path, metavar="FILE")


def pytest_configure(config):
    """Record in the process that hears of all tests, not in xdist's workers."""
    if config.option.record and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(config.option.record))


def pytest_collection_modifyitems(config, items):
    """Leave the tests that the other environment has not run."""
    if config.option.rest_of is None:
        return
    there = json.loads(config.option.rest_of.read_text(encoding="utf-8"))["outcomes"]
    config.hook.pytest_deselected(items=[item for item in items if there.get(item.nodeid) in RAN])
    items[:] = [item for item in items if there.get(item.nodeid) not in RAN]


def file_of(test):
    """The file that a test is collected from."""
    return test.partition("::")[0]


class Recorder:
    """Writes the outcome of every test when the run ends."""

    def __init__(self, path):
        self.path, self.start, self.outcomes = path, time.monotonic(), {}
        self.seconds_of_files = Counter()

    def pytest_runtest_logreport(self, report):
        """Note the worst outcome of a test's phases; a test that passes is known by its call."""
        self.seconds_of_files[file_of(report.nodeid)] += report.duration
        outcome = report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xfailed" if report.skipped else "xpassed"
        elif report.failed and report.when != "call":
            outcome = "error"
        if report.when == "call" or outcome != "passed":
            self._note(report.nodeid, outcome)

    def pytest_collectreport(self, report):
        """Note files that cannot be collected."""
        if report.failed:
            self._note(report.nodeid, "error")

    def _note(self, test, outcome):
        self.outcomes[test] = min(outcome, self.outcomes.get(test, outcome), key=WORST.index)

    def pytest_sessionfinish(self):
        """Write the file."""
        seconds = time.monotonic() - self.start
        record = {"outcomes": self.outcomes, "seconds": seconds, "seconds_of_files": self.seconds_of_files}
        self.path.write_text(json.dumps(record), encoding="utf-8")


def total(records):
    """One line as pytest ends with: each test once, with its worst outcome where it ran."""
    outcomes = {}
    for record in records:
        for test, outcome in record["outcomes"].items():
            outcomes[test] = min(outcome, outcomes.get(test, outcome), key=WORST.index)
    counts = Counter(outcomes.values())
    told = [f"{counts[name]} {name}" for name in ("failed", "passed", *WORST) if counts[name]]
    words = ", ".join(dict.fromkeys(told)) or "no tests ran"
    return f"===== {words} in {sum(record['seconds'] for record in records):.2f}s ====="


def slowest(records, count=25):
    """The files whose tests took longest, added up over all processes."""
    seconds = sum((Counter(record["seconds_of_files"]) for record in records), Counter())
    lines = [f"{each:8.1f} s  {name}" for name, each in seconds.most_common(count)]
    return "\n".join([f"{seconds.total():8.1f} s  in {len(seconds)} files; the slowest:", *lines])


if __name__ == "__main__":
    runs = [json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]]
    print(slowest(runs), total(runs), sep="\n")
