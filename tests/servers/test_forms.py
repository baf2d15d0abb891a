"""The forms have the keys that answers have."""

from dataclasses import fields

import pytest

from chainrule.algebra.limits import in_place
from chainrule.servers import forms, tasks
from chainrule.servers.forms import (
    CheckedForm,
    DifferenceForm,
    DocumentForm,
    GradientForm,
    IdentityForm,
    NoteForm,
    PointForm,
    WrongEntryForm,
)

DOCUMENT = "---\nx: nothing at all\n---\n$$rac{1}{2} + 2 = 5$$"
CODE = "def f(x):\n    return x * x\ndef f_slope(x):\n    return x"


def answers():
    checked = tasks.check_document(DOCUMENT)
    yield CheckedForm, checked
    yield DocumentForm, checked["report"]
    yield NoteForm, (checked["report"]["notes"] + checked["report"]["problems"])[0]
    identity = tasks.prove_formulas("x", "x + 1", {"x": []})
    yield IdentityForm, identity
    with in_place():
        for found in (identity, tasks.prove_code("x", "x + 1", {"x": []})):
            yield DifferenceForm, found["differences"][0]
            yield PointForm, found["differences"][0]["numbers"]
        gradient = tasks.check_code(CODE, [3.0])
    yield GradientForm, gradient
    yield WrongEntryForm, gradient["failures"][0]


@pytest.mark.parametrize(("form", "answer"), [pytest.param(*pair, id=pair[0].__name__) for pair in answers()])
def test_a_form_has_the_keys_of_the_answer(form, answer):
    assert [field.name for field in fields(form)] == list(answer)


def test_every_form_is_looked_at():
    assert {name for name in vars(forms) if name.endswith("Form")} == {form.__name__ for form, _ in answers()}
