"""The names under which a derivative is searched for beside its function."""

import pytest

from chainrule.checking.user_code.derivative_names import NAMES, derivative_beside, names_tried


@pytest.mark.parametrize("form", NAMES)
def test_each_usual_name_is_found_with_its_form(form):
    for pattern in NAMES[form]:
        word = pattern.format("loss")
        assert derivative_beside("loss", {word, "other"}.__contains__) == (form, word)
        assert word in names_tried("loss")


def test_the_first_form_wins_and_none_is_none():
    assert derivative_beside("f", {"f_vjp", "grad_f"}.__contains__) == ("gradient", "grad_f")
    assert derivative_beside("f", {"f", "g_gradient"}.__contains__) is None
