"""The forms of a rule's results: a right rule equals the definition in each, a wrong one differs in the wrong form."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule import rules
from chainrule.algebra import Field, Memory, jacobian, variables
from chainrule.checking.case import draw
from chainrule.checking.rule_forms import result_forms


def directions(name, shape):
    return variables(name, draw(len(name), shape).round(2))


def forms_of(rule, *inputs, options=None):
    options = options or {}
    value = rule.forward(*inputs, **options)[0]
    slopes = [
        None if name in rule.constants else jacobian(value, x) for name, x in zip(rule.inputs, inputs, strict=True)
    ]
    return result_forms(rule, inputs, options, value, slopes, directions)


def differing(forms):
    """The names of results that are not equal to the right ones."""
    found = []
    for form in forms.values():
        for name, got, right in zip(form.names, form.compute(), form.right, strict=True):
            assert (got is None) == (right is None)
            if right is not None and not all(x.is_zero() for x in np.ravel(got - right)):
                found.append(name)
    return found


@pytest.mark.parametrize("shape", [(3,), (2, 3)])
def test_a_right_rule_is_right_in_each_form(shape):
    with Field(Memory(generators=100)):
        logits = variables("x", draw(1, shape).round(2))
        targets = variables("t", draw(2, shape).round(2))
        assert differing(forms_of(rules.softmax, logits)) == []
        assert differing(forms_of(rules.softmax_cross_entropy, logits, targets)) == []


def test_names_say_the_form_and_the_input():
    with Field():
        inputs = (variables("x", [0.5, 2.0]), variables("w", np.ones((2, 1))), variables("b", [1.0]))
        forms = forms_of(rules.affine, *inputs)
        assert forms["pullback"].names == ("pullback of v by x", "pullback of v by weight", "pullback of v by bias")
        assert forms["kernel"].names[:2] == ("value by the kernel", "pullback of v by the kernel, by x")
        assert [len(form.names) == len(form.right) for form in forms.values()] == [True] * 5


def twice(function):
    return lambda *inputs, **options: 2 * function(*inputs, **options)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ({"pushforward": twice(rules.tanh.pushforward)}, ["pushforward of t"]),
        ({"jacobian_matrix": twice(rules.tanh.jacobian_matrix)}, ["v times the Jacobian by x"]),
        ({"pushforward": None, "jacobian_matrix": None}, []),
    ],
)
def test_a_wrong_form_differs_and_a_missing_one_is_left_out(edit, expected):
    rule = replace(rules.tanh, **edit)
    with Field():
        forms = forms_of(rule, variables("x", [0.5, 2.0]))
        assert differing(forms) == expected
        assert ("pushforward" in forms) == (rule.pushforward is not None)
