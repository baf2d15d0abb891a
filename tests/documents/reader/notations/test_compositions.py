"""Functions without arguments: compositions, their derivatives, maps, and equations between functions."""

import pytest

from chainrule.documents import check_derivation

BETWEEN_VECTORS = (
    "Let $g:\\mathbb{R}^n \\to \\mathbb{R}^n$ and $h:\\mathbb{R}^n \\to \\mathbb{R}^n$ be differentiable functions.\n\n"
)
OF_NUMBERS = "Let $f, g: \\mathbb{R} \\to \\mathbb{R}$ be differentiable.\n\n"
BETWEEN_NUMBERS = "Let $f, g: \\mathbb{R}^n \\to \\mathbb{R}$ be differentiable.\n\n"
OF_A_VECTOR = (
    "Let $f: \\mathbb{R}^n \\to \\mathbb{R}$, $A \\in \\mathbb{R}^{n \\times n}$ and $b \\in \\mathbb{R}^n$.\n\n"
    "$$F(x) = f(Ax + b)$$\n\n"
)
ROWS = (
    "For $f: \\mathbb{R}^n \\to \\mathbb{R}$ let $\\nabla f(x) \\in \\mathbb{R}^{1 \\times n}$ be the derivatives, and "
    "$g:\\mathbb{R}^n \\to \\mathbb{R}^n$.\n\n"
)
MAPS = "Let $f: \\mathbb{R} \\to \\mathbb{R}$, $x \\mapsto x^2$ and $g: x \\mapsto \\sin x$.\n\n"
COLUMN = (
    "Let $f : \\mathbb{R}^2 \\to \\mathbb{R}$ with\n\n"
    "$$f(\\begin{pmatrix} x_1 \\\\ x_2 \\end{pmatrix}) = 3x_1 + x_2^2$$\n\n"
)
SEVERAL = "Let $f_1, f_2 : \\mathbb{R} \\to \\mathbb{R}$ and $F = f_2 \\circ f_1$.\n\n"
ENTRIES = "$f_i : \\mathbb{R}^n \\to \\mathbb{R}$ for $i = 1, \\ldots, m$"
OF_TWO = "Let $f : (x, y) \\mapsto x^2 y$.\n\n"
NAMED = "Let $f, g: \\mathbb{R}^n \\to \\mathbb{R}^n$ and $h = f \\circ g$.\n\n"


def last(text, claim):
    return check_derivation(f"{text}$${claim}$$").steps[-1]


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        (BETWEEN_VECTORS, r"\nabla(h \circ g)(x) = \nabla h(g(x)) \bullet \nabla g(x)"),
        (BETWEEN_VECTORS, r"D(h \circ g)(x) = Dh(g(x)) \, Dg(x)"),
        (BETWEEN_VECTORS, r"J_{h \circ g}(x) = J_h(g(x)) \cdot J_g(x)"),
        (OF_NUMBERS, r"(f \circ g)'(x) = f'(g(x)) \, g'(x)"),
        (OF_NUMBERS, r"(f \circ g)' = (f' \circ g) \cdot g'"),
        (OF_NUMBERS, r"(f g)' = f' g + f g'"),
        (OF_NUMBERS, r"\left(\frac{f}{g}\right)' = \frac{f' g - f g'}{g^2}"),
        (OF_NUMBERS, r"\frac{d (f \circ g)}{dx} = f'(g(x)) g'(x)"),
        (OF_NUMBERS, r"\frac{d}{dx} (f + g)(x) = f'(x) + g'(x)"),
        (OF_A_VECTOR, r"\nabla F(x) = A^T \nabla f(Ax + b)"),
        (OF_A_VECTOR, r"\operatorname{grad} F(x)^T = J_f(Ax + b) A"),
        (ROWS, r"\operatorname{grad} f(x) = \nabla f(x)^T"),
        (ROWS, r"\nabla (f \circ g)(x) = \nabla f(g(x)) \nabla g(x)"),
        (MAPS, r"(f \circ g)'(x) = 2 \sin x \cos x"),
        (COLUMN, r"\frac{\partial f}{\partial x_2}(x) = 2 x_2"),
        (COLUMN, r"f(\begin{pmatrix} a \\ b \end{pmatrix}) = 3 a + b^2"),
        (COLUMN, r"\nabla_{\begin{pmatrix} a \\ b \end{pmatrix}} f = \begin{pmatrix} 3 \\ 2 b \end{pmatrix}"),
        (COLUMN, r"\frac{\partial f}{\partial x_2}(\begin{pmatrix} a \\ b \end{pmatrix}) = 2 b"),
        (COLUMN, r"\nabla_x f^T = J_f(x)"),
        (SEVERAL, r"F'(x) = f_2'(f_1(x)) f_1'(x)"),
        (OF_TWO, r"\nabla f(x, y) = \begin{pmatrix} 2 x y \\ x^2 \end{pmatrix}"),
        (NAMED, r"J_h(x) = J_f(g(x)) J_g(x)"),
        (OF_NUMBERS, r"\frac{d}{dt} f(g(t)) = \frac{d f}{d x}(g(t)) \, \frac{d g}{d t}(t)"),
    ],
)
def test_derivatives_of_compositions_are_proved(text, claim):
    assert last(text, claim).verdict == "proved"


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        (BETWEEN_VECTORS, r"\nabla(h \circ g)(x) = \nabla h(g(x))"),  # a lost inner derivative
        (BETWEEN_VECTORS, r"\nabla(h \circ g)(x) = \nabla g(x) \, \nabla h(g(x))"),  # the order of the product
        (BETWEEN_VECTORS, r"\nabla(h \circ g)(x) = \nabla h(g(x))^T \, \nabla g(x)"),  # a transpose
        (BETWEEN_VECTORS, r"D(h \circ g)(x) = Dh(x) Dg(x)"),  # at another point
        (BETWEEN_VECTORS, r"J_{h \circ g}(x) = J_g(h(x)) J_h(x)"),  # the other composition
        (BETWEEN_VECTORS, r"h \circ g = g \circ h"),
        (OF_NUMBERS, r"(f \circ g)' = f' \circ g'"),
        (OF_NUMBERS, r"(f \circ g)' = f' \circ g"),
        (OF_NUMBERS, r"(f g)' = f' g'"),
        (OF_NUMBERS, r"(f \circ g)(x) = g(f(x))"),
        (OF_NUMBERS, r"\frac{d (f \circ g)}{dx} = f'(x) g'(x)"),
        (OF_A_VECTOR, r"\nabla F(x) = A^T \nabla f(x)"),
        (OF_A_VECTOR, r"\nabla F(x) = \nabla f(Ax + b)"),
        (OF_A_VECTOR, r"\nabla F(x) = A^T \nabla f(Ax)"),
        (ROWS, r"\operatorname{grad} f(x) = \nabla f(x)"),
        (ROWS, r"\nabla (f \circ g)(x) = \nabla f(g(x)) \nabla g(x)^T"),
        (MAPS, r"(f \circ g)(x) = \sin(x^2)"),
        (MAPS, r"(f \circ g)'(x) = 2 \sin x"),
        (COLUMN, r"\nabla f(x) = \begin{pmatrix} 2 x_2 \\ 3 \end{pmatrix}"),
        (COLUMN, r"f(\begin{pmatrix} a \\ b \end{pmatrix}) = 3 b + a^2"),
        (SEVERAL, r"F' = f_2' \circ f_1"),
        (COLUMN, r"\nabla_{\begin{pmatrix} a \\ b \end{pmatrix}} f = \begin{pmatrix} 3 \\ 2 a \end{pmatrix}"),
        (COLUMN, r"\frac{\partial f}{\partial x_2}(\begin{pmatrix} a \\ b \end{pmatrix}) = 2 a"),
        (COLUMN, r"\nabla_x f^T = \begin{pmatrix} 2 x_2 & 3 \end{pmatrix}"),
        (OF_TWO, r"\nabla f(x, y) = \begin{pmatrix} x^2 \\ 2 x y \end{pmatrix}"),
        (NAMED, r"J_h(x) = J_f(x) J_g(x)"),
        (NAMED, r"J_h(x) = J_g(x) J_f(g(x))"),
        (OF_NUMBERS, r"\frac{d}{dt} f(g(t)) = \frac{d f}{d x}(t) \, \frac{d g}{d t}(t)"),
    ],
)
def test_false_derivatives_of_compositions_do_not_hold(text, claim):
    assert last(text, claim).verdict not in ("proved", "verified", "held", "proved if")


def test_a_composition_is_its_value_in_a_definition(definitions):
    found = definitions(OF_NUMBERS + "$$h = f \\circ g$$\n\n$$h'(x) = f'(g(x)) g'(x)$$")
    assert found["h"] == "f(g(argument_of_g))"


def test_products_entry_by_entry_are_no_compositions(claims):
    assert claims("$$d = a \\circ \\sigma'(z) \\circ b$$\n\n$$d + a = b$$") == ["d + a = b"]


def test_the_place_of_a_value_is_that_of_the_composition():
    assert last(OF_NUMBERS, r"(f \circ g)'(x) = f'(x)").left == r"(f \circ g)'(x)"


@pytest.mark.parametrize(
    ("declared", "claim"),
    [
        (ENTRIES, r"f_i(x + y)^2 = f_j(x + y) f_i(x + y)"),
        (
            "$f_i : \\mathbb{R}^n \\to \\mathbb{R}$ for $i = 1, \\ldots, m$",
            r"\nabla f_i(x + y) = \nabla f_{i+1}(x + y)",
        ),
        ("$F_l : \\mathbb{R}^n \\to \\mathbb{R}^n$", r"F_l \circ F_m = F_m \circ F_l"),
        ("$F_l : \\mathbb{R}^n \\to \\mathbb{R}^n$", r"D F_l (x + y) = D F_m(x + y)"),
        ("$s_l : \\mathbb{R} \\to \\mathbb{R}$", r"s_l(x + y) = s_{l+1}(x + y)"),
        ("$s_l : \\mathbb{R} \\to \\mathbb{R}$", r"s_l \circ s_m = s_m \circ s_l"),
        ("$f, g : \\mathbb{R} \\to \\mathbb{R}$", r"(f \circ g)' = (g \circ f)'"),
        ("functions $f$ and $g$", r"(f \circ g)' = (g \circ f)'"),
    ],
)
def test_functions_of_one_letter_and_several_indices_are_not_the_same(declared, claim):
    assert last(f"Let {declared} be given.\n\n", claim).verdict not in ("proved", "verified", "held", "proved if")


def test_a_function_with_an_index_is_an_entry_of_one():
    text = f"Let {ENTRIES} and $A \\in \\mathbb{{R}}^{{n \\times n}}$.\n\n$$h_i(x) = f_i(A x)$$\n\n"
    step = last(text, r"\nabla h_i(x) = A^T \nabla f_i(A x)")
    assert step.verdict == "proved"
    assert step.strict.startswith("claim 5 [i in n0]: grad(h[i], x) = A' @ at(grad(f(")


def test_a_derivative_at_its_own_variable_is_that_derivative(claims):
    body = "\\frac{\\partial (\\sum_i y_i^2)}{\\partial y}"
    (found,) = claims(f"$${body}(y)^T A = 2 y^T A$$\n\n$$A_{{ij}} = y_i$$")
    assert found == "grad(sum(i in n0: y[i]^2), y)' @ A = 2 * y' @ A"


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        (OF_NUMBERS, "(f g)'' = f'' g + 2 f' g' + f g''"),
        (OF_NUMBERS, "(c f)'(x) = c f'(x)"),
        (OF_NUMBERS, "(a f + b g)''(x) = a f''(x) + b g''(x)"),
        (OF_A_VECTOR, r"\nabla (c f)(x) = c \nabla f(x)"),
        (BETWEEN_NUMBERS, r"\nabla (f g) = f \nabla g + g \nabla f"),
        (BETWEEN_NUMBERS, r"\nabla (f + g) = \nabla f + \nabla g"),
    ],
)
def test_gradients_and_second_derivatives_of_functions(text, claim):
    assert last(text, claim).verdict == "proved"


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        (OF_NUMBERS, "(f g)'' = f'' g + f g''"),
        (OF_NUMBERS, "(c f)'(x) = f'(x)"),
        (BETWEEN_NUMBERS, r"\nabla (f g) = \nabla f \nabla g"),
        (BETWEEN_NUMBERS, r"\nabla (f g) = f \nabla g"),
    ],
)
def test_wrong_gradients_of_functions_are_not_proved(text, claim):
    assert not last(text, claim).verdict.startswith("proved")


def test_the_text_of_an_equation_between_gradients_is_whole():
    found = last(BETWEEN_NUMBERS, r"\nabla (f g) = f \nabla g + g \nabla f")
    assert (found.left, found.right) == (r"\nabla (f g)", r"f \nabla g + g \nabla f")


@pytest.mark.parametrize(
    "sets",
    [
        r"\Re \mapsto \Re",
        r"V \to V",
        r"\mathcal{X} \to \mathcal{X}",
        r"X \mapsto Y",
        r"R \to R",
        r"\mathbb{R} \to \mathbb{R}",
    ],
)
def test_sets_between_which_a_function_maps_are_no_values(sets):
    text = f"Let $f : {sets}$ be the activation function, $z = w^T x$ with $w, x \\in \\mathbb{{R}}^n$, and $a = f(z)$."
    found = last(text, r"\frac{\partial a}{\partial w} = x")
    assert not found.verdict.startswith("proved")


def test_a_derivative_that_is_made_of_its_function_is_an_equation_of_functions():
    text = r"Let $g = \sigma(u) + \sigma(v)$. Since $%s$, we have $$g = \sigma(v) + \sigma(u)$$"
    for equation, verdict in (
        (r"\sigma' = \sigma(1 - \sigma)", "proved if"),
        (r"\sigma' = \sigma(2 - \sigma)", "wrong if read so"),
    ):
        steps = check_derivation(text % equation, "a.md", repairs=False).steps
        assert [step.verdict for step in steps if "'" in step.left] == [verdict]
