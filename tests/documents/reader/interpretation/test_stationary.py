"""Points at which a document sets a derivative to zero."""

import pytest

from chainrule.documents import check_derivation

SQUARES = """Let $E(w) = (y-Xw)^T(y-Xw)$ where $X$ is a matrix. Then
$$
\\frac{\\partial E}{\\partial w} = -2X^T(y-Xw).
$$
"""


def verdicts(text):
    return [step.verdict for step in check_derivation(text, repairs=False, seconds=40).steps]


@pytest.mark.parametrize(
    "words",
    [
        "Setting it to zero, we get",
        "At the minimum the gradient vanishes, so",
        "Equating this to $0$ gives",
        "Nullsetzen der Ableitung ergibt",
        "令导数等于 0，得",
    ],
)
def test_what_follows_from_a_derivative_that_is_set_to_zero_is_proved_there(words):
    report = check_derivation(f"{SQUARES}\n{words}\n$$X^TXw = X^Ty .$$\n", repairs=False)
    last = report.steps[-1]
    assert last.verdict == "proved"
    assert "the derivative in line 3 is 0" in last.message


def test_without_such_words_nothing_is_set_to_zero():
    assert verdicts(SQUARES + "\nMoreover\n$$X^TXw = X^Ty .$$\n")[-1] == "wrong if read so"


def test_a_false_conclusion_is_not_proved():
    assert verdicts(SQUARES + "\nSetting it to zero, we get\n$$X^TXw = 2X^Ty .$$\n")[-1] == "wrong if read so"


def test_words_reach_the_next_three_displays_of_their_part():
    others = "".join(f"\nWe have\n$$x_{n} = x_{n} .$$\n" for n in (1, 2, 3))
    far = SQUARES + "\nSetting it to zero is easy.\n" + others + "\n$$X^TXw = X^Ty .$$\n"
    assert verdicts(far)[-1] == "wrong if read so"
    assert (
        verdicts(SQUARES + "\nWe set it to zero.\n\n# Another part\n\n$$X^TXw = X^Ty .$$\n")[-1] == "wrong if read so"
    )


def test_a_letter_by_which_the_derivative_is_zero_gets_no_definition():
    text = SQUARES + "\nSetting it to zero, we get\n$$w = (X^TX)^{-1}X^Ty .$$\n"
    assert verdicts(text) == ["definition", "proved", "proved"]
    wrong = SQUARES + "\nSetting it to zero, we get\n$$w = (X^TX)^{-1}Xy .$$\n"
    assert verdicts(wrong)[-1] not in ("definition", "proved")


def test_a_chain_that_ends_with_zero_sets_its_derivative_to_zero():
    text = """Let $\\mu$ be a number and
$$
\\ell(\\mu) = -\\sum_{i=1}^n \\frac{(x_i - \\mu)^2}{2}
$$
$$
\\frac{d\\ell}{d\\mu} = \\sum_{i=1}^n (x_i - \\mu) = 0 \\Rightarrow \\mu = \\frac1n \\sum_{i=1}^n x_i
$$
"""
    assert verdicts(text) == ["definition", "proved", "hypothesis", "proved"]
    assert verdicts(text.replace("\\mu = \\frac1n", "\\mu = \\frac2n"))[-1] == "wrong if read so"


def test_two_derivatives_may_be_zero_at_once():
    text = """Let $f(x, y) = x^2 + x y + y^2 - 3 x$. Then
$$
\\frac{\\partial f}{\\partial x} = 2 x + y - 3 = 0, \\qquad \\frac{\\partial f}{\\partial y} = x + 2 y = 0
$$
and so
$$
x = 2, \\qquad y = -1 .
$$
"""
    assert verdicts(text)[-2:] == ["proved", "proved"]
    assert verdicts(text.replace("x = 2", "x = 3"))[-2] != "proved"


@pytest.mark.parametrize("name", [r"\hat w", r"\hat w_\lambda", "w^*", r"w_{\text{MLE}}", "w_{opt}"])
def test_an_estimate_is_the_letter_where_the_derivative_is_zero(name):
    text = SQUARES + f"\nSetting it to zero, we get\n$$X^TX{name} = X^Ty .$$\n"
    assert verdicts(text)[-1] == "proved"
    text = SQUARES + f"\nSetting it to zero, we get\n$${name} = (X^TX)^{{-1}}X^Ty .$$\n"
    assert verdicts(text)[-1] == "proved"
    assert verdicts(text.replace("X^Ty", "Xy"))[-1] == "definition"


def test_where_the_loss_is_not_known_its_derivative_has_to_be_right():
    text = """The likelihood $\\ell$ of the data is that of the lecture. Its derivative is
$$
\\frac{\\partial \\ell}{\\partial \\mu} = \\sum_{i=1}^n (x_i - \\mu) = 0 \\Rightarrow \\mu = \\frac1n \\sum_{i=1}^n x_i
$$
"""
    last = check_derivation(text, repairs=False).steps[-1]
    assert last.verdict == "proved if"
    assert "the formula that line 3 sets to zero is right" in last.message
    assert verdicts(text.replace("\\mu = \\frac1n", "\\mu = \\frac2n"))[-1] == "wrong if read so"


def test_a_constraint_holds_for_what_follows():
    text = """Let $S \\in \\mathbb{R}^{d \\times d}$ be symmetric.
We maximise $u^T S u$ subject to $u^T u = 1$. The Lagrangian is
$$
M(u, \\lambda) = u^T S u - \\lambda (u^T u - 1)
$$
with
$$
\\frac{\\partial M}{\\partial u} = 2 S u - 2 \\lambda u .
$$
Setting it to zero gives
$$
S u = \\lambda u, \\qquad u^T S u = \\lambda u^T u = \\lambda .
$$
"""
    assert verdicts(text)[-4:] == ["proved"] * 4
    assert verdicts(text.replace("subject to $u^T u = 1$", "for a vector $u$"))[-1] == "wrong if read so"


def test_both_derivatives_of_a_display_are_set_to_zero():
    text = """The Lagrangian is
$$
L(w, b) = \\frac{1}{2} w^T w - \\sum_{i=1}^n \\alpha_i \\left( y_i (w^T x_i + b) - 1 \\right) .
$$
Its derivatives are
$$
\\frac{\\partial L}{\\partial w} = w - \\sum_i \\alpha_i y_i x_i, \\qquad
\\frac{\\partial L}{\\partial b} = -\\sum_i \\alpha_i y_i .
$$
Setting both to zero we get
$$
w = \\sum_i \\alpha_i y_i x_i, \\qquad \\sum_i \\alpha_i y_i = 0 .
$$
Hence
$$
L = \\sum_i \\alpha_i - \\frac{1}{2} \\sum_i \\sum_j \\alpha_i \\alpha_j y_i y_j x_i^T x_j .
$$
"""
    assert verdicts(text) == ["definition", *["proved"] * 5]
    assert verdicts(text.replace("\\frac{1}{2} \\sum_i", "\\sum_i"))[-1] == "wrong if read so"


def test_a_derivative_that_is_named_is_the_one_that_is_zero():
    text = """Let $R \\in \\mathbb{R}^{m \\times n}$, $U \\in \\mathbb{R}^{m \\times k}$,
$V \\in \\mathbb{R}^{n \\times k}$ and
$$
J(U, V) = \\frac{1}{2} \\| R - U V^T \\|_F^2 + \\frac{\\lambda}{2} \\|U\\|_F^2 .
$$
$$
\\frac{\\partial J}{\\partial U} = -(R - U V^T) V + \\lambda U, \\qquad
\\frac{\\partial J}{\\partial V} = -(R - U V^T)^T U .
$$
For fixed $V$ we set $\\frac{\\partial J}{\\partial U} = 0$ and get
$$
U = R V (V^T V + \\lambda I)^{-1} .
$$
"""
    assert verdicts(text)[-1] == "proved"


def test_estimates_of_squares_are_estimates():
    text = """The log likelihood is
$$
\\ell(\\mu, \\sigma^2) = - \\frac{n}{2} \\log \\sigma^2 - \\frac{1}{2 \\sigma^2} \\sum_{i=1}^n (x_i - \\mu)^2 .
$$
$$
\\frac{\\partial \\ell}{\\partial \\mu} = \\frac{1}{\\sigma^2} \\sum_i (x_i - \\mu) = 0
\\implies \\hat\\mu = \\frac{1}{n} \\sum_i x_i
$$
$$
\\frac{\\partial \\ell}{\\partial \\sigma^2} = -\\frac{n}{2 \\sigma^2}
+ \\frac{1}{2 \\sigma^4} \\sum_i (x_i - \\mu)^2 = 0
\\implies \\hat\\sigma^2 = \\frac{1}{n} \\sum_i (x_i - \\hat\\mu)^2
$$
"""
    assert verdicts(text)[-1] == "proved"
    assert verdicts(text.replace("\\hat\\sigma^2 = \\frac{1}{n}", "\\hat\\sigma^2 = \\frac{1}{n-1}"))[-1] != "proved"


def test_a_sum_with_a_prime_that_is_zero_sets_no_derivative_to_zero():
    block = "---\na: number\nb: number\nc: number\nx': number\n---\n"
    text = "$$\\frac{\\partial}{\\partial a} (a b) = b$$\n\n$$c x' - x' c = 0$$\n\n$$a b^2 = 7 b$$"
    assert [step.verdict for step in check_derivation(block + text).steps] == ["proved", "proved", "wrong"]


LINE = r"""Let $E(w, b) = \frac{1}{2n} \sum_{i=1}^n (w x_i + b - y_i)^2$. Then

$$\frac{\partial E}{\partial w} = \frac1n \sum_i (w x_i + b - y_i) x_i, \qquad
\frac{\partial E}{\partial b} = \frac1n \sum_i (w x_i + b - y_i)$$

"""


@pytest.mark.parametrize("words", ["Setting the latter derivative to zero gives", "Igualando a segunda a zero,"])
def test_one_of_several_derivatives_is_set_to_zero_if_a_claim_needs_this_one(words):
    [*_, step] = check_derivation(rf"{LINE}{words} $$b = \bar y - w \bar x.$$", repairs=False).steps
    assert step.verdict == "proved if"
    assert "it is the derivative by b that is set to zero" in step.message
    assert "the means of x and of y" in step.message
    assert verdicts(rf"{LINE}{words} $$b = \bar y + w \bar x.$$")[-1] == "wrong if read so"
    assert verdicts(rf"{LINE}{words} $$b = \bar y - \bar x.$$")[-1] == "wrong if read so"
