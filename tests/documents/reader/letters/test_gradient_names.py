import pytest

from chainrule.documents import check_derivation

LOSS = r"Let $q = r + s t$ and $E = q^2$."


def verdicts(text):
    return [step.verdict for step in check_derivation(text, repairs=False).claims]


def test_d_before_a_letter_is_a_gradient_where_an_equation_says_so(claims):
    text = LOSS + "\n\n$$dq = \\frac{dE}{dq} = 2 q$$\n\n$$ds = t \\, dq$$"
    assert claims(text)[2] == "partial(E, s) = t * partial(E, q)"
    assert verdicts(text) == ["proved", "proved", "proved"]


def test_a_sentence_names_the_gradient_and_what_it_is():
    text = LOSS + " In code we write $dq$ for the derivative $\\frac{dE}{dq}$."
    text += "\n\n$$ds = t \\, dq$$\n\n$$dr = t \\, dq$$"
    assert verdicts(text) == ["proved", "wrong if read so"]


def test_names_apart_from_each_other_say_nothing(claims):
    text = LOSS + " We write $dq$. The derivative is $\\frac{dE}{dq}$.\n\n$$ds = t \\, dq$$"
    assert claims(text)[-1] == "d * s = t * d * q"


def test_another_loss_counts_from_where_it_is_named(claims):
    text = LOSS + "\n\n$$dr = \\frac{dE}{dr}$$\n\nLet $F = q^3$ with $dr = \\frac{dF}{dr}$.\n\n$$ds = t \\, dr$$"
    assert claims(text)[-1] == "partial(F, s) = t * partial(F, r)"


def test_total_differentials_stay(claims):
    text = "Let $y = x^2$.\n\n$$dy = \\frac{dy}{dx} dx$$"
    assert "name" not in " ".join(claims(text))
    assert claims(text)[0] != "partial(y, x) = partial(y, x)"


def test_a_name_of_a_gradient_that_gets_a_new_value_is_an_update():
    text = LOSS + "\n\n$$dq = \\frac{dE}{dq}$$\n\n$$dr = dr / 5$$"
    report = check_derivation(text, repairs=False)
    assert [step.verdict for step in report.steps][-1] == "hypothesis"


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (r"We write $\bar v$ for the gradient of $E$ with respect to $v$.", r"\bar {}"),
        (r"Here $g_v$ denotes the derivative of the loss $E$ with respect to $v$.", "g_{}"),
        (r"Write $dv$ for the gradient of $E$ w.r.t. $v$.", "d{}"),
        (r"We denote by $g_v$ the gradient of $E$ with respect to $v$.", "g_{}"),
        (r"For every variable $v$ define the adjoint $\bar v = \partial E/\partial v$: it goes backwards.", r"\bar {}"),
        (r"Each $v$ of them has $g_v = \frac{dE}{dv}$.", "g_{}"),
    ],
)
def test_words_say_which_names_are_gradients(words, name):
    right, wrong = (f"$${name.format('s')} = {factor} {name.format('q')}$$" for factor in ("t", "2 t"))
    assert verdicts(f"{LOSS} {words}\n\n{right}\n\n{wrong}") == ["proved", "wrong if read so"]


def test_one_such_formula_alone_defines_one_name():
    text = LOSS + " Define $\\bar q = \\partial E/\\partial q$.\n\n$$\\bar s = t \\bar q$$"
    assert check_derivation(text, repairs=False).steps[-1].verdict == "definition"


def test_without_such_words_they_are_letters():
    assert verdicts(LOSS + "\n\n$$\\bar s + \\bar q = \\bar q + \\bar s$$\n\n$$\\bar s = t \\bar q$$")[0] == "proved"


@pytest.mark.parametrize(
    "words",
    [
        "If $g$ is the gradient of the loss $L$ with respect to $y$, then",
        "Mit $g$ bezeichnen wir den Gradienten des Verlusts $L$ nach $y$.",
        "Soit $g$ le gradient de la perte $L$ par rapport à $y$.",
    ],
)
def test_a_plain_letter_may_be_a_gradient_too(words):
    text = "Let $y = W x$ with $W \\in \\mathbb{R}^{m \\times n}$ and $x \\in \\mathbb{R}^n$. " + words
    assert verdicts(text + "\n\n$$\\nabla_x L = W^T g$$")[-1] in ("proved", "proved if")
    assert verdicts(text + "\n\n$$\\nabla_x L = 2 W^T g$$")[-1] == "wrong if read so"


def test_its_entries_are_the_derivatives_by_entries():
    text = "Let $y_i = c_i x_i$ for $i = 1, \\dots, n$. Here $g_i$ denotes the derivative of the loss $L$ by $y_i$."
    assert verdicts(text + "\n\n$$\\frac{\\partial L}{\\partial c_i} = g_i x_i$$") == ["proved"]


def test_names_of_layers_in_square_brackets_belong_to_the_letter(claims):
    text = r"$$z^{[2]} = W^{[2]} a^{[1]}$$ $$dz^{[2]} = \frac{\partial L}{\partial z^{[2]}}$$ "
    found = claims(text + r"$$da^{[1]} = W^{[2]T} dz^{[2]}$$ $$dW^{[2]T} = a^{[1]} dz^{[2]T}$$")
    assert found[1:] == ["grad(L, a__1) = W__2' @ grad(L, z__2)", "grad(L, W__2)' = a__1 @ grad(L, z__2)'"]


NETWORK = r"""
$$H = X W_1 + b_1, \qquad S = H W_2 + b_2, \qquad L = \frac12 \|S - Y\|_F^2$$

$$dS = S - Y$$

"""


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"dW_2 = H^T dS", "proved"),
        (r"dW_2 = H dS", "wrong if read so"),
        (r"dH = dS W_2^T", "proved"),
        (r"dW_1 = X^T dH", "proved"),
        (r"dW_1 = 2 X^T dH", "wrong if read so"),
        (r"db_1 = \mathbf{1}^T dH", "proved"),
    ],
)
def test_an_equation_without_differentials_on_the_right_shows_names_of_gradients(claim, verdict):
    assert verdicts(f"{NETWORK}$${claim}$$") == ["proved", verdict]


def test_differentials_of_matrices_are_no_gradients(claims):
    text = "$$Y = W X, \\qquad L = \\|Y\\|_F^2$$\n\n$$dY = dW \\, X + W \\, dX$$"
    assert claims(text)[-1] == "d(Y) = d(W) @ X + W @ d(X)"


def test_a_letter_d_of_its_own_is_no_sign(claims):
    text = "$$L = x^2 + d, \\qquad a = 2$$\n\n$$da = 2 d$$\n\n$$dx = 3 d$$"
    assert claims(text)[-1] == "d * x = 3 * d"


@pytest.mark.parametrize("words", ["its derivative by", "its gradient with respect to"])
def test_its_derivative_is_that_of_the_loss_in_the_sentence(words):
    text = "Let $W \\in \\mathbb{R}^{m \\times n}$, $x \\in \\mathbb{R}^n$ and $y = W x$. "
    slope = "$$\\frac{\\partial L}{\\partial x} = W^T g$$"
    assert verdicts(f"{text}The loss $L$ depends on $y$, and $g$ is {words} $y$.\n\n{slope}") == ["proved"]
    assert verdicts(f"{text}The loss is $L$. A vector $g$ is {words} $y$.\n\n{slope}") != ["proved"]
