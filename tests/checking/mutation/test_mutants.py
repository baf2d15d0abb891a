"""Mutants in place, and what running the code shows."""

import functools

import numpy as np
import pytest

from chainrule.checking.mutation import MutationReport, Outcome
from chainrule.checking.mutation.live_functions import caches_of, live_functions
from chainrule.checking.mutation.mutants import Observed, Observer, TooSlow, joined, mutants_of, observe


def clipped(x, low):
    if x.min() < low.min():
        return np.maximum(x, low)
    return x


def test_lines_and_variables_of_one_shape_are_observed():
    functions = live_functions(clipped)
    observed = observe(functions, lambda: clipped(np.ones(3), np.zeros(3)))
    first = functions[0].node.lineno
    assert {line - first for _, line in observed.lines if first < line < first + 4} == {1, 3}
    (names,) = observed.names.values()
    assert names == {"x": ("low",), "low": ("x",)}


def test_variables_are_alike_if_they_have_one_shape_in_one_call():
    functions = live_functions(clipped)

    def calls():
        clipped(np.ones(3), np.zeros(3))
        clipped(np.ones(3), np.zeros(1))

    assert list(observe(functions, calls).names.values()) == [{"x": ("low",), "low": ("x",)}]
    x = np.ones(3)
    assert list(observe(functions, lambda: clipped(x, x)).names.values()) == [{"x": (), "low": ()}]


@functools.cache
def _squared(x):
    return x * x


def _sum_of_squares(x, y):
    return _squared(x) + _squared(y)


def test_an_observer_tells_which_functions_each_run_calls_even_if_their_results_are_cached():
    functions = live_functions(_sum_of_squares)
    observer = Observer(functions, caches_of(_sum_of_squares))
    for _ in range(2):
        result, codes = observer.run(lambda: _sum_of_squares(2, 3))
        assert result == 13
        assert codes == {function.code for function in functions}
    assert observer.run(lambda: 1) == (1, frozenset())
    assert observer.observed.lines == frozenset()


def test_a_mutant_is_in_place_only_inside_the_block():
    mutants = {mutant.after: mutant for mutant in mutants_of(live_functions(clipped), Observed())}
    emptied = []
    with mutants["np.minimum(x, low)"].applied([lambda: emptied.append(1)], 10.0):
        assert clipped(np.array([-1.0]), np.array([0.0])).tolist() == [-1]
    assert clipped(np.array([-1.0]), np.array([0.0])).tolist() == [0]
    assert len(emptied) == 2


def test_a_block_that_takes_too_long_is_stopped():
    mutant = next(mutants_of(live_functions(clipped), Observed()))

    def spin():
        with mutant.applied([], 0.1):
            while True:
                pass

    with pytest.raises(TooSlow, match=r"after 0\.1 s of processor time"):
        spin()
    assert clipped(np.array([1.0]), np.array([0.0])).tolist() == [1]


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
