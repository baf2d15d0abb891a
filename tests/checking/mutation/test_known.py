"""What is known of a rule at a point, and what an edit of one of its functions may change."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking.examples import Example
from chainrule.checking.mutation.known import known_at
from chainrule.checking.mutation.live_functions import live_functions, replaced
from chainrule.checking.mutation.mutants import Observer
from chainrule.checking.mutation.recorded_calls import EditedFunction, Recorder

X = np.array([[0.5, -1.25, 2.0], [3.0, 0.25, -0.75]])


def _forward(x):
    return x * x * x, x


def _pullback(x, v):
    return 3 * x * x * v


def _pushforward(x, t):
    return t * 3 * x * x


def _other_pullback(x, v):
    return 2 * x * x * v


def _rounded_pullback(x, v):
    return 3 * x * x * v * (1 + 1e-14 * (x.dtype != object))


@pytest.fixture
def cubed():
    rule = rules.Rule("cubed", _forward, _pullback, _pushforward, error_bound=4)
    functions = {function.name: function for function in live_functions(rule)}
    known = known_at(rule, Example((X,)), Observer(tuple(functions.values())), Recorder())
    return known, functions


def test_results_and_checks_know_the_functions_that_they_call(cubed):
    known, functions = cubed
    called = {
        form: {name for name in functions if functions[name].code in codes} for form, (_, codes) in known.forms.items()
    }
    assert called == {
        "value": {"_forward"},
        "vjp": {"_forward", "_pullback"},
        "jvp": {"_forward", "_pushforward"},
    }
    _, codes, _ = known.on_floats["inputs, shapes and dtypes"]
    assert codes == {function.code for function in functions.values()}


def test_an_edit_is_judged_by_the_results_that_it_may_change(cubed):
    known, functions = cubed
    code = functions["_pullback"].code
    assert known.judged(EditedFunction(code, code), frozenset()) == ("", "")
    edit = EditedFunction(code, _other_pullback.__code__)
    assert known.changing(edit) == ("vjp",)
    with replaced(functions["_pullback"], _other_pullback.__code__):
        reason, difference = known.judged(edit, frozenset())
        assert "adjoint identity" in reason
        assert difference.startswith("vjp[0, 0]: got")
        assert known.difference(edit) == difference
        # The value does not call the pullback, so that nothing is compared for an edit of another function.
        assert known.difference(EditedFunction(functions["_pushforward"].code, code)) == ""


def test_an_edit_that_only_rounds_is_judged_by_its_floats(cubed):
    known, functions = cubed
    edit = EditedFunction(functions["_pullback"].code, _rounded_pullback.__code__)
    assert known.changing(edit) == ()
    with replaced(functions["_pullback"], _rounded_pullback.__code__):
        assert known.difference(edit) == ""
        reason, difference = known.judged(edit, frozenset())
    assert reason.startswith("cubed: results in float64: cotangent of x")
    assert difference == ""


def test_inputs_cannot_be_overwritten_on_balls(cubed):
    known, _ = cubed
    with pytest.raises(ValueError, match="read-only"):
        known.case.ball_inputs[0][0, 0] = 3
