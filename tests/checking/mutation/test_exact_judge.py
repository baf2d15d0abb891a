"""Proofs about edited rules at small points."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking.mutation import exact_judge
from chainrule.checking.mutation.exact_judge import exact_points
from chainrule.checking.mutation.live_functions import caches_of, live_functions, replaced
from chainrule.checking.mutation.mutants import Observer
from chainrule.checking.mutation.recorded_calls import EditedFunction
from chainrule.kernels import registered
from chainrule.rules import registry

OF_THE_PACKAGE = registry.names()


def points_of(rule):
    return exact_points(rule, Observer(live_functions(rule), caches_of(rule)))


@pytest.mark.parametrize("name", OF_THE_PACKAGE)
def test_every_form_of_every_rule_is_proved_at_a_point(name):
    rule = registry.get(name)
    expected = {"value", "pullback", "pushforward", "Jacobian"} | ({"kernel"} if registered(rule) else set())
    points = points_of(rule)
    assert {form for point in points for form in point.claims} == expected
    for point in points:
        assert {"value", "pullback"} <= set(point.claims)


def test_unedited_functions_are_proved_and_not_refuted():
    for point in points_of(rules.softmax):
        for function in live_functions(rules.softmax):
            assert point.refutation(EditedFunction(function.code, function.code)) == ("", True)


@pytest.fixture
def cubed(monkeypatch):
    """A rule with a definition, its points, and the function of its pullback."""
    rule = rules.Rule("cubed", _forward, _pullback)
    monkeypatch.setitem(exact_judge.DEFINITIONS, "cubed", lambda x: x**3)
    rules.register(rule)
    (pullback,) = [function for function in live_functions(rule) if function.name == "_pullback"]
    yield points_of(rule), pullback
    rules.unregister("cubed")


def _forward(x):
    return x * x * x, x


def _pullback(x, v):
    return 3 * x * x * v


def _nearly_right(x, v):
    return 3 * x * x * v * (1 + 2.0**-40)


def _written_in_another_way(x, v):
    return v * (x * (x + x) + x * x)


def _right_in_float64(x, v):
    return 3 * x * x * v + 2.0**-150


def _overwriting(x, v):
    v *= 3 * x * x
    return v


def _raising(x, v):
    raise ValueError


def test_an_edit_is_refuted_at_a_printed_point_however_small_its_error(cubed):
    (first, _), pullback = cubed
    for wrong in (_nearly_right, _right_in_float64):
        with replaced(pullback, wrong.__code__):
            reason, proved = first.refutation(edited(wrong))
        assert reason.startswith("cubed: pullback in exact numbers: entry [0]: got ")
        assert " at x = [" in reason
        assert not proved


PULLBACK = _pullback.__code__


def edited(other):
    return EditedFunction(PULLBACK, other.__code__)


def test_an_edit_that_computes_the_same_is_proved(cubed):
    (first, second), pullback = cubed
    with replaced(pullback, _written_in_another_way.__code__):
        edit = edited(_written_in_another_way)
        assert first.refutation(edit) == second.refutation(edit) == ("", True)


@pytest.mark.parametrize("edit", [_raising, _overwriting])
def test_an_edit_that_exact_numbers_cannot_follow_is_left_undecided_and_changes_nothing(cubed, edit):
    (first, _), pullback = cubed
    with replaced(pullback, edit.__code__):
        assert first.refutation(edited(edit)) == ("", False)
    assert first.refutation(edited(_pullback)) == ("", True)


def test_a_form_that_is_not_proved_refutes_nothing(monkeypatch):
    wrong = rules.Rule("wrong", _forward, lambda x, v: x * v)
    monkeypatch.setitem(exact_judge.DEFINITIONS, "wrong", lambda x: x**3)
    rules.register(wrong)
    try:
        assert [set(point.claims) for point in points_of(wrong)] == [{"value"}, {"value"}]
    finally:
        rules.unregister("wrong")


def test_a_rule_without_a_definition_has_no_points():
    assert points_of(rules.Rule("own", _forward, _pullback)) == []


def test_a_point_keeps_no_trace_of_what_it_has_tried():
    point = points_of(rules.softmax)[0]
    before = len(point.field.generators), len(point.field.atoms), len(point.field.conditions)
    function = live_functions(rules.softmax)[0]
    for _ in range(3):
        point.refutation(EditedFunction(function.code, function.code))
    assert (len(point.field.generators), len(point.field.atoms), len(point.field.conditions)) == before
    assert np.shape(point.claims["value"].right[0]) == (3,)
