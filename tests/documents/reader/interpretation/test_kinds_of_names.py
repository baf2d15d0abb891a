"""The kinds of names before any statement is read."""

import re

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.language.derivation import SizeKind, ValueKind
from chainrule.documents.language.terms import Name, Number
from chainrule.documents.reader.interpretation.kinds_of_names import enter_kinds


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


def test_a_value_of_an_unknown_function_depends_on_its_arguments():
    text = "Let $z = f(x, y)$ with $x = g(t)$ and $y = h(t)$.\n\n"
    right = r"$$\frac{dz}{dt} = \frac{\partial f}{\partial x} g'(t) + \frac{\partial f}{\partial y} h'(t)$$"
    assert check_derivation(text + right).steps[-1].verdict == "proved"
    wrong = r"$$\frac{dz}{dt} = \frac{\partial f}{\partial x} g'(t) - \frac{\partial f}{\partial y} h'(t)$$"
    assert check_derivation(text + wrong).steps[-1].verdict != "proved"


def test_declarations_that_the_text_contradicts_are_doubts():
    declared = "---\nx: column M\nc: number\n---\n\n"
    claim = r"$$\text{softmax}(x + c)_i = \frac{e^{x_i + c}}{\sum_{j=1}^n e^{x_j + c}}$$"
    step = check_derivation(f"{declared}For $x \\in \\mathbb{{R}}^n$ we have\n\n{claim}", repairs=False).steps[-1]
    assert step.verdict == "wrong if read so"
    assert "line 6 says something else of x than the declarations" in step.doubts
    bold = "---\n\\mathbf{a}: column n\nB: matrix n n\n---\n\n"
    found = check_derivation(bold + r"$$a (B + B) = B a + B a$$" + "\n\n" + r"$$B \mathbf{a} = B \mathbf{a}$$").steps
    assert [each.verdict for each in found] == ["does not fit if read so", "proved"]


def test_a_declared_name_with_a_number_in_brackets_is_a_vector(definitions):
    text = "---\nw: column d\nx^{(i)}: column d\n---\n\n" + r"$$L = \sum_{i=1}^m (w^T x^{(i)})^2$$"
    assert definitions(text)["L"] == "sum(i in m: (w' @ member(x__each, i))^2)"


def test_a_letter_is_a_function_of_what_it_is_differentiated_by_where_this_moves_in_its_brackets():
    formula = r"\frac{\partial J}{\partial t} \approx \frac{J(t + \epsilon) - J(t - \epsilon)}{2 \epsilon}"
    assert check_derivation(f"$${formula}$$").steps[-1].verdict == "proved if"
    assert check_derivation(f"$${formula.replace('2 ', '')}$$").steps[-1].verdict == "undecided"


def test_a_definition_that_is_called_with_other_letters_is_a_function(claims):
    text = r"Let $H(p, q) = -\sum_i p_i \log q_i$ and $D = \sum_i p_i \log \frac{p_i}{q_i}$." + "\n\n"
    assert claims(text + "$$D = H(p, q) - H(p, p)$$") == ["D = H(p, q) - H(p, p)"]
    assert check_derivation(text + "$$D = H(p, q) - H(p, p)$$").steps[-1].verdict == "verified"  # logarithms of signs
    assert check_derivation(text + "$$D = H(p, q) - H(q, p)$$").steps[-1].verdict not in ("proved", "verified")


def test_a_letter_that_a_sentence_mentions_is_a_function_still():
    text = (
        r"Let $z = w x$ and $a = \sigma(z)$, where $\sigma$ is the sigmoid, and $L = -y \log a - (1 - y) \log(1 - a)$."
        + "\n\n"
    )
    found = check_derivation(text + r"$$\frac{\partial L}{\partial w} = (a - y) x$$", repairs=False).steps[-1]
    assert (found.verdict, found.assumed) == ("proved", ())
    unsaid = text.replace("is the sigmoid", "is sigmoidal")
    found = check_derivation(unsaid + r"$$\frac{\partial L}{\partial w} = (a - y) x$$", repairs=False).steps[-1]
    assert (found.verdict, found.assumed) == ("proved if", ("sigma is the logistic function",))


def test_a_row_with_an_index_is_told_to_be_no_kind():
    ((_, problem),) = check_derivation("$$x_i + y = z$$", "x_i: row n").problems
    assert problem == "expected a number or a column for x with an index, got a row: declare its matrix"


@pytest.mark.parametrize(
    "before",
    [
        r"Let $f : \mathbb{R}^n \to \mathbb{R}^m$ and $x, h \in \mathbb{R}^n$. ",
        r"$$f : \begin{pmatrix} x_1 \\ \vdots \\ x_n \end{pmatrix} \mapsto \begin{pmatrix} f_1(x_1, \ldots, x_n) \\ "
        r"\vdots \\ f_m(x_1, \ldots, x_n) \end{pmatrix}$$ ",
    ],
)
def test_functions_with_an_index_are_components_of_a_function_with_columns(before, verdict_of):
    claim = r"f_i(x + h) = f_i(x) %s \langle \nabla_x f_i | h \rangle + o(h)"
    assert verdict_of(claim % "+", "", before) == "proved"
    assert verdict_of(claim % "-", "", before) == "wrong if read so"
    assert verdict_of(r"f_i(x) = f_j(x)", "", before) not in ("proved", "proved if")


OF_THE_PLANE = "Let $f : \\mathbb{R}^2 \\to \\mathbb{R}$, $g : \\mathbb{R} \\to \\mathbb{R}$, "


@pytest.mark.parametrize(
    ("formula", "is_proved"),
    [
        (r"F_x(x_0, y_0) = \frac{\partial f}{\partial x}(x_0, y_0) g'(f(x_0, y_0))", True),
        (r"F_y(x_0, y_0) = \frac{\partial f}{\partial x}(x_0, y_0) g'(f(x_0, y_0))", False),
        (r"F_x(x_0, y_0) = \frac{\partial f}{\partial x}(y_0, x_0) g'(f(x_0, y_0))", False),
        (r"F_x(x_0, y_0) = \frac{\partial f}{\partial x}(x_0, y_0) g'(x_0)", False),
    ],
)
def test_a_function_on_pairs_of_numbers_that_is_called_with_two_has_two_arguments(formula, is_proved):
    formula = re.sub("F_(.)", r"\\frac{\\partial F}{\\partial \1}", formula)
    text = f"{OF_THE_PLANE}and\n\n$$F(x, y) = g(f(x, y)) .$$\n\nThen\n\n$${formula}$$"
    assert (check_derivation(text, repairs=False).steps[-1].verdict == "proved") == is_proved


@pytest.mark.parametrize(
    ("rest", "kind"),
    [
        ("$$f(x, y) = f(y, x)$$", ((), ())),
        ("$$h = g \\circ f$$\n\n$$f(x, y) = f(y, x)$$", ((), ())),
        ("$$f(A x) = 2$$", ((Number(2), Number(1)),)),
        ("$$f(A x) + f(u, v) = 2$$", ((Number(2), Number(1)),)),
        ("$$f(x, y, z) = 2$$", ((Number(2), Number(1)),)),
    ],
)
def test_a_function_on_pairs_that_is_called_otherwise_is_one_of_a_vector(state_of, rest, kind):
    state = state_of(f"{OF_THE_PLANE}and so.\n\n{rest}")
    enter_kinds(state)
    assert state.kinds["f"].arguments == kind
