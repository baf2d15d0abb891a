"""The kinds of names before any statement is read."""

from chainrule.documents.language.terms import Name, SizeKind, ValueKind
from chainrule.documents.reader.kinds_of_names import enter_kinds


def test_a_function_is_called_and_a_value_multiplied(claims):
    text = r"$$\sigma(x) = \frac{1}{1+e^{-x}}$$" + "\n\n" + r"$$\sigma'(x) = \sigma(x)(1 - \sigma(x))$$"
    assert claims(text) == ["sigma'(x) = sigma(x) * (1 - sigma(x))"]
    assert claims(r"$$s = 2 t$$" + "\n\n" + r"$$s(1 - s) = 2t(1 - 2t)$$") == ["s * (1 - s) = 2 * t * (1 - 2 * t)"]


def test_brackets_that_only_remind_of_arguments_are_left_out(claims):
    text = r"$$J(w) = \frac{1}{2} w^2$$" + "\n\n" + r"$$\frac{\partial J(w)}{\partial w} = w$$"
    assert claims(text) == ["partial(J, w) = w"]


def test_a_letter_that_the_text_defines_is_not_eulers_number(claims):
    assert claims("Let $e = y - t$.\n\n$$e^2 + e^y = e e + e^y$$") == ["e^2 + e^y = e * e + e^y"]


def test_what_a_document_declares_has_its_kind_before_a_statement_is_read(state_of):
    state = state_of("Let $W \\in \\mathbb{R}^{m \\times n}$ and $x \\in \\mathbb{R}^n$.\n\n$$z = W x$$")
    enter_kinds(state)
    assert (state.kinds["W"], state.kinds["n"]) == (ValueKind((Name("m"), Name("n"))), SizeKind())
    assert state.kinds["x"].shape[0] == Name("n")
    assert (state.inventory.declared["W"], state.inventory.declared["x"], state.inventory.declared["m"]) == (2, 1, -1)
    assert (state.definitions, state.claims) == ({}, [])


def test_names_that_are_defined_with_parameters_are_functions(state_of):
    state = state_of("$$g(u) = u^2$$\n\n$$r = g(2) + h'(3)$$")
    enter_kinds(state)
    assert state.elaborator.functions == {"g": ("u",), "h": ()}


def test_a_name_that_is_distrusted_is_not_what_sentences_say(state_of):
    text = "Let $x \\in \\mathbb{R}^n$.\n\n$$z = 2 x$$"
    state = state_of(text, distrusted={"x"})
    enter_kinds(state)
    assert "x" not in state.kinds
