"""Reports of mutants as text and as data."""

from chainrule.checking.mutation import MutationReport, Outcome
from chainrule.checking.mutation.mutation_report import joined


def outcome(line, fate):
    return Outcome(f"cube.py:{line}: 3 -> 2", "cube.py", line, "cube", "3", "2", fate, "a reason")


def test_a_report_counts_fates_and_lists_survivors_in_the_order_of_the_source():
    report = joined("cube", [outcome(9, "survived"), outcome(7, "killed"), outcome(8, "survived")])
    assert (report.ok, len(report.killed), report.equivalent) == (False, 1, ())
    assert str(report).splitlines() == [
        "cube: 3 mutants: 1 killed, 0 equivalent, 2 survived",
        "  survived: cube.py:8: 3 -> 2",
        "    a reason",
        "  survived: cube.py:9: 3 -> 2",
        "    a reason",
    ]
    assert report.as_dict()["mutants"][0]["fate"] == "killed"


def test_all_is_well_with_at_least_one_mutant_and_no_survivor():
    assert MutationReport("cube", (outcome(7, "killed"), outcome(8, "equivalent"))).ok
    assert not MutationReport("cube", ()).ok
