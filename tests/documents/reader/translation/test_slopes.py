"""Derivatives as they are written."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.language.printing import text_of
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.known_words import NotMeant
from chainrule.documents.reader.translation.elaboration import Elaborator


def elaborated(formula, **options):
    chains = chains_of(formula)
    return text_of(Elaborator(Inventory.of(chains), **options).term(chains[0].members[0]))


@pytest.mark.parametrize(
    ("formula", "term"),
    [
        (r"\frac{\partial^2 J}{\partial v \partial w}", "slope(slope(J, w), v)"),
        (r"\nabla_w J", "slope(J, w)"),
    ],
)
def test_derivatives_by_one_and_two_names(formula, term):
    assert elaborated(formula) == term


def test_two_derivatives_by_one_name_are_the_second():
    formula = chains_of(r"\frac{\partial^2 J}{\partial w^2}")
    assert Elaborator(Inventory.of(formula)).term(formula[0].members[0]).kind == "second"


def test_a_gradient_at_arguments_is_a_column_of_derivatives_there():
    found = elaborated(r"\nabla f(2, y)", functions={"f": ("x", "y")})
    assert found == "at(table(slope(f(x, y), x) | slope(f(x, y), y)), x = 2)"


def test_a_derivative_by_a_number_is_not_read():
    with pytest.raises(NotMeant):
        elaborated(r"\frac{\partial J}{\partial 2}")


def test_a_prime_on_a_bracket_is_the_derivative_by_its_letter():
    assert elaborated("(1 + e^{-u})'") == "slope(1 + exp(-u), u)"
    assert elaborated("(a u)' + h(u)") == "slope(beside(a, u), u) + h"
    with pytest.raises(NotMeant, match="by something that is not told"):
        elaborated("(a u)'")


def test_a_gradient_at_a_formula_is_by_a_letter_of_its_own():
    found = elaborated(r"\nabla f(a + b)^T", functions={"f": ()})
    assert found == "turned(at(slope(f(argument_at_1), argument_at_1), argument_at_1 = a + b))"


def test_a_gradient_without_arguments_is_at_those_of_the_definition():
    assert elaborated(r"\nabla J", functions={"J": ("v", "w")}) == "table(slope(J(v, w), v) | slope(J(v, w), w))"
    assert elaborated(r"\nabla J", depends={"J": ("w",)}) == "slope(J, w)"
    with pytest.raises(NotMeant, match="by nothing that is said"):
        elaborated(r"\nabla J")


@pytest.mark.parametrize(
    ("formula", "term"),
    [
        (r"\left. \frac{dJ}{dw} \right|_{w = 2}", "at(slope(J, w), w = 2)"),
        (r"\frac{dJ}{dw} \Big|_{w = u}", "at(slope(J, w), w = u)"),
        (r"\left. \frac{dJ}{dw} \right|_{u_0}", "at(slope(J, w), w = u_0)"),
        (r"\left. J \right|_{v = 1, w = 2}", "at(at(J, v = 1), w = 2)"),
    ],
)
def test_values_elsewhere_stand_behind_a_bar(formula, term):
    assert elaborated(formula) == term


def test_a_value_at_something_that_is_not_told_is_not_read():
    with pytest.raises(NotMeant, match="a value at something"):
        elaborated(r"\left. J \right|_{u}")


def test_nabla_may_be_a_row_and_grad_never_is():
    chains = chains_of(r"\nabla_w J, \operatorname{grad}_w J")
    reader = Elaborator(Inventory.of(chains), nabla_is_row=True)
    assert [reader.term(each).kind for each in chains[0].members[0].items] == ["written, rows", "written"]


FUNCTION = (
    "Let $f : \\mathbb{R}^n \\to \\mathbb{R}$ be differentiable, $f(x)$ and $A \\in \\mathbb{R}^{n \\times n}$.\n\n"
)


def verdict(formula):
    return check_derivation(f"{FUNCTION}$$\n{formula}\n$$", repairs=False).steps[-1].verdict


@pytest.mark.parametrize(
    "formula",
    [
        r"D_v f(x) = \nabla f(x)^T v",
        r"D_{\mathbf{u}} f(x) = \sum_{i=1}^n \frac{\partial f}{\partial x_i} u_i",
        r"\frac{d}{dt} f(x + t v) \Big|_{t = 0} = \nabla f(x)^T v",
        r"\nabla f(x) = \left[\frac{\partial f}{\partial x_1}, \dots, \frac{\partial f}{\partial x_n}\right]^T",
        r"df = \sum_{i=1}^n \frac{\partial f}{\partial x_i} dx_i",
        r"\nabla (x^T A x) = (A + A^T) x",
        r"\nabla^2 (x^T A x) = A + A^T",
    ],
)
def test_derivatives_of_a_function_of_a_vector(formula):
    assert verdict(formula) == "proved"


@pytest.mark.parametrize(
    "formula",
    [
        r"D_v f(x) = \nabla f(x)^T x",
        r"\frac{d}{dt} f(x + t v) \Big|_{t = 1} = \nabla f(x)^T v",
        r"df = \sum_{i=1}^n \frac{\partial f}{\partial x_i} x_i",
        r"\nabla (x^T A x) = A x",
        r"\nabla (x^T A y) = A y",
    ],
)
def test_wrong_derivatives_of_a_function_of_a_vector_are_not_proved(formula):
    assert verdict(formula) != "proved"


@pytest.mark.parametrize(
    ("formula", "is_proved"),
    [
        (r"D_v f(x, y) = h \frac{\partial f}{\partial x}(x, y) + k \frac{\partial f}{\partial y}(x, y)", True),
        (r"D_v f(a, b) = \langle \nabla f(a, b), v \rangle", True),
        (r"D_v f(x, y) = k \frac{\partial f}{\partial x}(x, y) + h \frac{\partial f}{\partial y}(x, y)", False),
        (r"D_v f(a, b) = \langle \nabla f(b, a), v \rangle", False),
        (r"D_v f(x, y) = h \frac{\partial f}{\partial x}(x, y)", False),
    ],
)
def test_a_derivative_in_a_direction_is_by_all_numbers_of_which_a_function_is(formula, is_proved):
    text = r"Let $f : \mathbb{R}^2 \to \mathbb{R}$, $(x, y) \mapsto f(x, y)$, and "
    text += r"$v = \begin{pmatrix} h \\ k \end{pmatrix}$."
    found = check_derivation(f"{text}\n\n$${formula}$$", repairs=False).steps[-1].verdict
    assert (found == "proved") == is_proved


ARGUMENT = r"""Let $f : \mathbb{R}^n \to \mathbb{R}$, $A \in \mathbb{R}^{n \times n}$ and $w, z \in \mathbb{R}^n$.
Let $g(z) = f(A z)$. Then

$$
\frac{\partial g(z)}{\partial z_i}
= \sum_{k=1}^n \frac{\partial f(Az)}{\partial (Az)_k} \frac{\partial (Az)_k}{\partial z_i}
$$

$$\nabla g(z) = A^T \frac{\partial f(Az)}{\partial (Az)}$$

$$\frac{\partial \tanh(w^T z)}{\partial (w^T z)} = 1 - \tanh^2(w^T z)$$

$$\frac{\partial g(z)}{\partial z_i} = \sum_{k=1}^n \frac{\partial f(Az)}{\partial (Az)_k} A_{ik}$$
"""


def test_a_derivative_by_an_argument_of_a_function():
    verdicts = [step.verdict for step in check_derivation(ARGUMENT, repairs=False).claims]
    assert verdicts == ["proved", "proved", "proved", "proved if"]  # the last if A is symmetric


@pytest.mark.parametrize("body", [r"w^T z + w^T w", r"\tanh(w^T z) z", r"z^T w"])
def test_a_derivative_by_a_formula_whose_letters_stand_elsewhere_is_not_read(body):
    text = rf"""Let $w, z \in \mathbb{{R}}^n$.

$$\frac{{\partial ({body})}}{{\partial (w^T z)}} = 1$$"""
    assert [step.verdict for step in check_derivation(text, repairs=False).claims] == ["not read"]


POINT = r"""Let $f : \mathbb{R}^n \to \mathbb{R}$ and $A \in \mathbb{R}^{n \times n}$.
Let $z \in \mathbb{R}^n$ and $g(z) = f(A z)$.

$$%s$$
"""


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        (r"\nabla_z g(z) = A^T \nabla_x f(Az)", True),
        (r"\nabla_z^2 g(z) = A^T \nabla_x^2 f(Az) A", True),
        (r"\nabla_z g(z) = \nabla_x f(Az)", False),
        (r"\nabla_z^2 g(z) = \nabla_x^2 f(Az) A", False),
        (r"\nabla_x f(Az) = 0", False),
    ],
)
def test_a_gradient_by_a_letter_that_the_argument_does_not_have_is_one_at_the_argument(claim, holds):
    [step] = check_derivation(POINT % claim, repairs=False).claims
    assert (step.verdict == "proved") == holds


def test_a_gradient_at_something_that_depends_on_the_letter_is_no_gradient_there():
    text = POINT.replace("and $g(z)", "$x \\in \\mathbb{R}^n$ and $z = A x$, and $g(z)")
    [step] = check_derivation(text % r"\nabla_x f(z) = A \nabla_x f(z)", repairs=False).claims[-1:]
    assert not step.verdict.startswith("proved")


DECLARED = r"""
A: matrix n n
x, z: column n
f: function(column n) -> number
g(z) := f(A z)
"""
MEANT = "the derivative of f by x is taken at its argument"


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        (r"\frac{\partial g(z)}{\partial z_i} = \sum_{k=1}^n \frac{\partial f(Az)}{\partial x_k} A_{ki}", True),
        (
            r"\frac{\partial^2 g(z)}{\partial z_j \partial z_i} = \sum_k \frac{\partial}{\partial z_j}"
            r"\frac{\partial f(Az)}{\partial x_k} A_{ki}",
            True,
        ),
        (r"\frac{\partial f(Az)}{\partial x_k} = 0", False),
        (r"\frac{\partial g(z)}{\partial z_i} = \frac{\partial f(Az)}{\partial x_i}", False),
        (r"\frac{\partial g(z)}{\partial z_i} = \sum_{k=1}^n \frac{\partial f(Ax)}{\partial x_k} A_{ki}", False),
        (r"\frac{\partial f(z)}{\partial x_k} = \frac{\partial f(z)}{\partial z_k}", False),  # z may depend on x
    ],
)
def test_a_partial_derivative_at_a_formula_without_its_letter_is_proved_if_it_is_meant_there(claim, holds):
    [_, step] = check_derivation(f"$${claim}$$", DECLARED, repairs=False).steps
    assert step.verdict == ("proved if" if holds else step.verdict)
    assert (step.verdict == "proved if" and MEANT in step.assumed) == holds
    assert step.verdict not in ("proved", "verified")


def test_a_gradient_at_a_letter_that_has_a_definition_with_a_number_above_is_proved_if_it_is_meant_there():
    text = r"$$z^{(1)} = A x^{(1)}$$ $$c = g(z^{(1)})$$ $$\nabla_z g(z) = A^T \nabla_x f(Az)$$"
    *_, step = check_derivation(text, DECLARED, repairs=False).steps
    assert step.verdict == "proved if"
    assert MEANT in step.assumed


CALLED = r"""Let $f : \mathbb{R}^n \to \mathbb{R}$ be smooth and $x, h \in \mathbb{R}^n$.

$$f(h) + f(h) = 2 f(h)$$

"""
COMPOSED = r"""Let $f(x) = 3 x_1 + x_2^2$ with $x \in \mathbb{R}^2$ and
$$g(\begin{pmatrix} y_1 \\ y_2 \end{pmatrix}) = \begin{pmatrix} y_2 \\ y_1 \end{pmatrix}.$$ Let $h = f \circ g$.

$$h(\begin{pmatrix} y_1 \\ y_2 \end{pmatrix}) = 3 y_2 + y_1^2$$

"""


@pytest.mark.parametrize(
    ("text", "true", "false"),
    [
        (CALLED, r"f(x + h) = f(x) + h^T \nabla_x f + o(h)", r"f(x + h) = f(x) - h^T \nabla_x f + o(h)"),
        (COMPOSED, r"\nabla_y h = (2 y_1, 3)^T", r"\nabla_y h = (2 y_2, 3)^T"),
        (COMPOSED, r"\nabla_y h^T = \begin{pmatrix} 2 y_1 & 3 \end{pmatrix}", r"\nabla_y h^T = (3, 2 y_1)"),
    ],
)
def test_a_gradient_by_a_letter_is_taken_there_if_the_function_is_called_with_it(text, true, false, verdict_of):
    assert verdict_of(true, "", before=text) == "proved"
    assert verdict_of(false, "", before=text) not in ("proved", "proved if", "verified", "held")


def test_a_gradient_by_a_letter_of_the_argument_stays_one_of_the_whole(verdict_of):
    text = "Let $w, x$ be numbers, $u = w x$ and $f(u) = u^2$.\n\n"
    assert verdict_of(r"\nabla_w f = 2 w x^2", "", before=text) == "proved"


def test_a_gradient_by_a_row_is_that_row_of_the_gradient(claims):
    text = r"Let $S = X W$ with matrices $X$ and $W$. We write $dW$ for $\partial L/\partial W$ etc. Then $$%s$$"
    assert claims(text % r"dX_{i,:} = dS_{i,:} W^T") == ["member(grad(L, X)', i)' = member(grad(L, S)', i)' @ W'"]
    assert claims(text % r"dW_{:,j} = X^T dS_{:,j}") == ["member(grad(L, W), j) = X' @ member(grad(L, S), j)"]
