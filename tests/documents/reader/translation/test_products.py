"""Factors side by side, and functions, sums and derivatives of what follows."""

import pytest
from tests.documents.reader.verdicts import verdicts

from chainrule.documents import check_derivation
from chainrule.documents.reader.syntax.known_words import NotMeant


@pytest.mark.parametrize(
    ("formula", "term"),
    [
        ("2 a b", "beside(beside(2, a), b)"),
        (r"a \cdot b", "dot(a, b)"),
        (r"a \odot b", "a .* b"),
        (r"\sum_{i=0}^{n-1} z_i a", "sum(i in 0..n - 1: beside(z[i], a))"),
        (r"\log z_i x_j", "beside(log(z[i]), x[j])"),
        (r"\log 2 z_i", "log(beside(2, z[i]))"),
        (r"\log 2 \pi a^2 b", "log(beside(beside(beside(2, pi), raised(a, 2)), b))"),
        (r"\log 2 \pi (a + b)", "beside(log(beside(2, pi)), a + b)"),
        (r"\sin 2 \pi (a + b) \cos \pi c", "beside(sin(beside(beside(2, pi), a + b)), cos(beside(pi, c)))"),
        (r"\log \sum_{i=0}^{n-1} \pi z_i \cdot a", "log(sum(i in 0..n - 1: dot(beside(pi, z[i]), a)))"),
        (r"\sin 2 \pi \cdot c", "dot(sin(beside(2, pi)), c)"),
    ],
)
def test_factors_side_by_side_are(formula, term, elaborated):
    assert elaborated(formula) == term


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        (r"\int x", "an integral"),
    ],
)
def test_factors_without_a_meaning_say_why(formula, reason, elaborated):
    with pytest.raises(NotMeant, match=reason):
        elaborated(formula)


def test_a_value_with_arguments_behind_a_logarithm_is_its_argument():
    block = "---\nz: scalar\np(z) := \\frac{1}{1 + e^{-z}}\n---\n\n"
    report = check_derivation(block + "$$\\log p(z) = \\log p, \\quad \\frac{dp}{dz} = p - p^2$$", repairs=False)
    assert [step.verdict for step in report.claims] == ["proved", "proved"]


def test_a_closing_bracket_that_nothing_opens_is_left_out_and_told():
    report = check_derivation(r"$$\frac{s}{(1 + s))} = \frac{s}{1 + s}$$" + "\n\n$$2 s) = s$$", repairs=False)
    assert [step.verdict for step in report.steps] == ["proved", "wrong if read so"]
    assert "a closing bracket that nothing opens is left out" in report.steps[0].doubts


def test_an_entrywise_product_comes_after_the_product_behind_it():
    text = "Let $W \\in \\mathbb{R}^{m \\times n}$, $a \\in \\mathbb{R}^n$ and $d \\in \\mathbb{R}^m$.\n\n"
    claim = "$$a \\odot W^T d = W^T d \\odot a$$"
    assert check_derivation(text + claim).steps[-1].verdict == "proved"


def test_a_derivative_at_its_own_variable_is_that_of_the_value():
    text = "Let $h : \\mathbb{R}^2 \\to \\mathbb{R}$ with $h(x) = 3 x_1 + x_2^2$.\n\n"
    right = r"$$\frac{\partial h}{\partial y_2}(y) = 2 y_2$$"
    assert check_derivation(text + right, repairs=False).steps[-1].verdict == "proved"
    assert check_derivation(text + right.replace("2 y_2$", "y_2$"), repairs=False).steps[-1].verdict != "proved"


@pytest.mark.parametrize("claim", [r"\tanh' x = 1 - \tanh^2 x", r"\sin'' x = -\sin x", r"\exp'(x) = \exp x"])
def test_a_primed_function_without_brackets_is_a_derivative(claim):
    assert check_derivation(f"$${claim}$$").steps[-1].verdict == "proved"


@pytest.mark.parametrize(
    "claim",
    [
        r"\sec x = \frac{1}{\cos x}",
        r"\cot x = \frac{\cos x}{\sin x}",
        r"\frac{d}{dx} \csc x = -\csc x \cot x",
        r"\coth x \tanh x = 1",
        r"\operatorname{sech}^2 x = 1 - \tanh^2 x",
        r"\operatorname{csch}(x) \sinh(x) = 1",
    ],
)
def test_the_other_trigonometric_functions(claim):
    assert check_derivation(f"$${claim}$$").steps[-1].verdict == "proved"


def test_a_power_of_the_larger_number():
    text = r"$$Q = \sum_{j=1}^n \max(0, s_j)^2$$ $$\frac{\partial Q}{\partial s_j} = 2 \max(0, s_j)$$"
    assert [step.verdict for step in check_derivation(text, repairs=False).steps] == ["definition", "proved"]


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\max(z) \ge z_i", "proved"),
        (r"\log \sum_i e^{z_i} \ge \max(z)", "proved"),
        (r"\text{softmax}(z - \max(z)) = \text{softmax}(z)", "proved"),
        (r"\max(z) = z_1", "wrong"),
        (r"\min(z) \ge z_i", "true for some indices"),
    ],
)
def test_the_largest_entry(claim, verdict, verdict_of):
    assert verdict_of(claim, "z: column n") == verdict


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"5! = 120", "verified"),
        (r"n! = n (n - 1)!", "verified"),
        (r"\frac{e^{-x} x^y}{y!} = \frac{1}{y!} e^{y \log x - x}", "proved"),
        (r"\log y! - \log(y!) = 0", "proved"),
        (r"\sum_{i=1}^3 2 i! = 18", "verified"),
        (r"5! = 121", "wrong"),
        (r"(2n)! = 2 n!", "wrong if read so"),
        (r"\frac{(2n)!}{n!} = 2", "wrong if read so"),
        (r"2^n! = 2^n!", "not read"),
        (r"n!^2 = n! n!", "not read"),
        (r"n!! = n! n!", "not read"),
        (r"x = ?", "not read"),
    ],
)
def test_a_factorial_is_a_value_of_gamma(claim, verdict):
    report = check_derivation(f"$${claim}$$", "x, y, n: number, positive", repairs=False)
    assert [step.verdict for step in report.steps] == [verdict]


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\Delta(u v) = u \Delta v", "proved if"),
        (r"\delta(u v) = u \delta v", "proved if"),
        (r"T(u v) = u T v", "proved if"),
        (r"\mathcal F(u + v) = \mathcal F u + \mathcal F v", "proved if"),
        (r"a(u + v) = a u + a v", "proved"),
        (r"\lambda \mathcal L u = u \lambda \mathcal L", "proved"),
    ],
)
def test_a_letter_for_operators_before_a_bracket_is_a_factor_only_if_something_says_so(claim, verdict, verdict_of):
    assert verdict_of(claim, "u, v: number") == verdict
    assert verdict_of(claim, "u, v, T, \\delta, \\Delta, \\mathcal F: number") == "proved"


SQUARES = "x, y: column n\nA: matrix n n"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"x^T A y = \operatorname{tr}(A y x^T)", "proved"),
        (r"\operatorname{tr}(x^T A y) = \operatorname{tr}(y x^T A)", "proved"),
        (r"\nabla_A \operatorname{tr}(x^T A y) = x y^T", "proved"),
        (r"\operatorname{tr}(x^T x) = \|x\|^2", "proved"),
        (r"\operatorname{tr}(x^T A y) = \operatorname{tr}(x^T A x)", "wrong"),
        (r"\nabla_A \operatorname{tr}(x^T A y) = y x^T", "wrong"),
        (r"\operatorname{tr}(A) = x^T A x", "wrong"),
        (r"\operatorname{tr}(A x) = 1", "does not fit"),
    ],
)
def test_the_trace_of_a_number_is_this_number(verdict_of, claim, verdict):
    assert verdict_of(claim, SQUARES) == verdict


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\nabla_x^T f h = 3 h_1 + 2 x_2 h_2", "proved"),
        (r"\nabla_x^T f h = 3 h_1 + 2 h_2", "wrong if read so"),
        (r"\nabla^T f(x) = \begin{pmatrix} 3 & 2 x_2 \end{pmatrix}", "proved"),
        (r"\nabla^T f(x) = \begin{pmatrix} 3 \\ 2 x_2 \end{pmatrix}", "does not fit if read so"),
        (r"\nabla_x^T f(x) \cdot A = \begin{pmatrix} 3 & 2 x_2 \end{pmatrix} A", "proved"),
    ],
)
def test_a_nabla_with_a_transpose_is_a_row_before_the_other_factors(claim, verdict, verdict_of):
    text = "Let $f : \\mathbb{R}^2 \\to \\mathbb{R}$ with $f(x) = 3 x_1 + x_2^2$.\n\n"
    assert verdict_of(claim, "h, x: column 2\nA: matrix 2 n", before=text) == verdict


@pytest.mark.parametrize("product", ["(W^{(2)})^\\top d", "(W)^T d"])
def test_an_entrywise_product_comes_after_a_product_with_a_matrix_in_brackets(product):
    block = "---\nW: matrix 3 2\nW^{(2)}: matrix 3 2\na: column 2\nd: column 3\n---"
    [verdict] = verdicts(block, f"$$a \\odot {product} = {product} \\odot a$$")
    assert verdict in ("proved", "proved if")
