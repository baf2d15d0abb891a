"""`check_tests` tells weak tests from good ones."""

import functools
from pathlib import Path

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking import assert_rule
from chainrule.checking.mutation import check_tests

X = np.array([[0.5, -1.25, 2.0], [3.0, 0.25, -0.75]])
V = np.array([[1.5, -0.5, 0.25], [-2.0, 0.75, 1.0]])


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def loss(x):
    return np.sum(V * softmax(x))


def gradient(x):
    s = softmax(x)
    return s * (V - np.sum(s * V, axis=-1, keepdims=True))


def along(function, x, t):
    return (function(x + 1e-6 * t) - function(x - 1e-6 * t)) / 2e-6


def good(function, gradient):
    for k in range(X.size):
        t = np.eye(X.size)[k].reshape(X.shape)
        # The quotient's truncation is h^2 f''' / 6 ~ 1e-12, its rounding 1e-16 / h ~ 1e-10.
        assert abs(along(function, X, t) - np.sum(gradient(X) * t)) < 1e-8


def at_zero(function, gradient):
    """Softmax is uniform there, so that a mean and an expectation are one."""
    x = np.zeros((2, 3))
    for k in range(x.size):
        t = np.eye(x.size)[k].reshape(x.shape)
        assert abs(along(function, x, t) - np.sum(gradient(x) * t)) < 1e-8


def edits_of(report):
    return {(outcome.before, outcome.after) for outcome in report.survivors}


def test_a_good_test_notices_every_edit_of_a_gradient():
    report = check_tests((loss, gradient), good)
    assert len(report.killed) > 30
    assert edits_of(report) == set()
    # Another shift, by anything at all, is the same function.
    assert {"softmax"} == {outcome.function for outcome in report.equivalent} - {"gradient"}


def test_a_test_at_a_single_symmetric_point_does_not_notice():
    report = check_tests((loss, gradient), at_zero)
    weighted = "np.sum(s * V, axis=-1, keepdims=True)"
    assert (weighted, "np.mean(s * V, axis=-1, keepdims=True)") not in edits_of(report)
    assert not report.ok
    survivor = report.survivors[0]
    assert survivor.file == __file__
    assert survivor.before in Path(__file__).read_text().splitlines()[survivor.line - 1]
    assert "the test accepts it" in survivor.reason


def test_afterwards_the_code_is_what_it_was():
    before = gradient(X)
    code = gradient.__code__
    check_tests((loss, gradient), at_zero)
    assert gradient.__code__ is code
    assert gradient(X).tolist() == before.tolist()


def _cubes_pullback(x, v):
    return 3 * x * x * v


def _cubes_pushforward(x, t):
    return 3 * x * x * t


def cube():
    return rules.Rule("cube", lambda x: (x * x * x, x), _cubes_pullback, _cubes_pushforward)


def test_assert_rule_notices_every_edit_of_a_rule_of_ones_own():
    report = check_tests(cube(), lambda rule: assert_rule(rule, X))
    assert edits_of(report) == set()
    assert {"_cubes_pullback", "_cubes_pushforward", "cube.<locals>.<lambda>"} == {x.function for x in report.killed}


def test_what_a_test_never_runs_survives():
    def only_reverse(rule):
        np.testing.assert_allclose(rule.vjp(X, V), 3 * X**2 * V, rtol=1e-14)

    report = check_tests(cube(), only_reverse)
    assert {"_cubes_pushforward"} <= {x.function for x in report.survivors}
    assert "_cubes_pullback" not in {x.function for x in report.survivors}


def magnitude(x):
    if x < 0:
        return -x
    return x


def test_a_line_that_neither_the_test_nor_the_points_run_is_no_equivalent():
    def test(function):
        assert function(2.0) == 2
        assert function(0.0) == 0

    (branch,) = [x for x in check_tests(magnitude, test, points=[(3.0,)]).survivors if x.before == "-x"]
    assert (branch.after, branch.reason) == ("x", "the test does not run this line")


def test_a_test_that_fails_on_the_code_as_it_is_is_an_error_at_once():
    def wrong(function, gradient):
        assert gradient(X).sum() == 1

    with pytest.raises(ValueError, match="fails on the code as it is: AssertionError"):
        check_tests((loss, gradient), wrong)


def test_a_test_that_runs_nothing_is_an_error():
    with pytest.raises(ValueError, match="the test runs nothing of softmax, gradient"):
        check_tests((loss, gradient), lambda function, gradient: None)


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="got int"):
        check_tests(3, print)


@functools.cache
def _slope(k):
    return 2 * k


def times_slope(x):
    return _slope(3) * x


def test_cached_helpers_do_not_hide_an_edit():
    def test(function):
        assert function(np.array(2.0)) == 12

    assert edits_of(check_tests(times_slope, test)) == set()
    assert times_slope(1.0) == 6


def endless(n):
    total, i = 0.0, 0
    while i < n:
        total += 1
        i += 1
    return total


def test_a_mutant_that_never_ends_is_stopped_and_counts_as_noticed():
    def test(function):
        assert function(3) == 3

    report = check_tests(endless, test, seconds=0.2)
    assert any("still running after 0.2 s" in outcome.reason for outcome in report.killed)
    assert edits_of(report) == set()


def test_points_say_where_to_compare():
    def test(function):
        assert function(np.array([0.0])) == 0

    assert not check_tests(times_slope, test, points=[(np.array([2.0]),)]).ok
    unseen = check_tests(times_slope, test, points=[(np.array([0.0]),)])
    assert edits_of(unseen) < edits_of(check_tests(times_slope, test, points=[(np.array([2.0]),)]))


def test_progress_is_told():
    told = []
    report = check_tests(times_slope, lambda f: f(1.0), progress=lambda *numbers: told.append(numbers))
    assert told[-1] == (len(report.outcomes), len(report.outcomes), len(report.survivors))


def doubled(x):
    return 2 * x


def doubled_pullback(x, v):
    return 2 * v + 0 * x


def test_a_pullback_is_compared_at_its_own_calls():
    def test(function, pullback):
        np.testing.assert_array_equal(pullback(X, V), V * function(np.ones(X.shape)))

    report = check_tests((doubled, doubled_pullback), test)
    assert report.ok
    assert {"2 * v - 0 * x", "2 * v"} <= {outcome.after for outcome in report.equivalent}
