"""Functions that a block takes by name."""

import pytest

from chainrule.documents.reader.declaring.templates import TEMPLATES, definition, takes_vector


def test_a_definition_has_the_letter_and_the_parameter():
    assert definition("softmax", "s", "z") == r"s(z)_i := \frac{e^{z_i}}{\sum_k e^{z_k}}"
    assert definition("ce", "l") == r"l(z, t) := -\sum_i t_i \log z_i"
    assert definition("log_softmax", "f").startswith("f(x)_i := x_i - ")


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"softmax, log-softmax.*got 'softmin'"):
        definition("softmin", "s")


@pytest.mark.parametrize("name", TEMPLATES)
def test_functions_of_vectors_are_known(name):
    assert takes_vector(name) == (name in ("softmax", "log-softmax", "log-sum-exp", "cross-entropy", "nll"))
