"""Functions at arguments in brackets, and what stands before brackets as a factor."""

import pytest
from tests.documents.reader.verdicts import verdicts

from chainrule.documents import check_derivation
from chainrule.documents.reader.syntax.known_words import NotMeant


def test_a_function_is_called_and_anything_else_is_multiplied(elaborated):
    assert elaborated("f(a + 1)", functions={"f": ("x",)}) == "f(a + 1)"
    assert elaborated("f'(a + 1)", functions={"f": ("x",)}) == "f'(a + 1)"
    assert elaborated("f(a + 1)") == "beside(f, a + 1)"


def test_empty_brackets_are_not_read():
    report = check_derivation("$$x() + 1 = x$$", repairs=False)
    assert [step.verdict for step in report.steps] == ["not read"]
    assert "please report" not in report.steps[0].message


def test_a_member_before_a_bracket_with_its_own_index_is_a_factor(claims):
    block = "---\nn: size\nx: vector n\nu: vector n\nuse: softmax as s\n---\n\n"
    text = r"$$\sum_{i=1}^n s_i u_i = \sum_{i=1}^n \sum_{j=1}^n s_i (u_i + 1 - s_j) + \sum_{j=1}^n s_j (u_j - 1)$$"
    assert "s(x)[j] * (u[j] - 1)" in claims(block + text)[-1]


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        (r"\sigma^{-1}(x)", "the inverse of a function"),
    ],
)
def test_a_function_that_is_not_read_says_why(formula, reason, elaborated):
    with pytest.raises(NotMeant, match=reason):
        elaborated(formula, functions={"sigma": ("x",)})


def test_a_power_of_a_function_is_that_of_its_value(elaborated):
    assert elaborated(r"\tanh^2(a)") == "raised(tanh(a), 2)"


def test_a_logarithm_to_another_base_is_a_quotient(elaborated):
    assert elaborated(r"\log_2(a)") == "over(log(a), log(2))"
    with pytest.raises(NotMeant, match="exp with a subscript"):
        elaborated(r"\exp_2(a)")


def test_a_function_with_an_index_is_one_function_for_all_unless_its_arguments_are_the_same(elaborated):
    assert elaborated("g_i(z_i)", functions={"g": ("x",)}) == "g(z[i])"
    with pytest.raises(NotMeant, match="several functions g at one argument"):
        elaborated("g_i(a) + g_j(a)", functions={"g": ("x",)})


def test_a_rule_takes_the_arguments_of_its_function(elaborated):
    assert elaborated("s(x)", rules={"s": ("softmax", "forward")}) == "code(softmax.forward, x)"
    with pytest.raises(NotMeant, match=r"softmax\.forward with 2 arguments, where it takes 1"):
        elaborated("s(x, y)", rules={"s": ("softmax", "forward")})


POWERS = [
    (
        r"Let $h(x) = x^3$ for a number $x$, and $L = \sum_{i=1}^n h(x_i)^2$ for numbers $x_1, \dots, x_n$.",
        "x_i",
        "x_1",
    ),
    (
        r"$$h_\theta(x) = \frac{1}{1 + e^{-\theta^T x}}$$"
        "\n\n"
        r"$$L = \sum_{i=1}^n h_\theta(x^{(i)})^2$$"
        "\n\nso",
        "x^{(i)}",
        "x^{(1)}",
    ),
]


@pytest.mark.parametrize(("text", "right", "wrong"), POWERS)
def test_a_function_keeps_its_argument_under_a_power(text, right, wrong):
    name = "h_\\theta" if "theta" in text else "h"
    for argument, holds in ((right, True), (wrong, False)):
        claim = rf"$$L + 1 = 1 + \sum_{{i=1}}^n {name}({argument})^2$$"
        verdict = check_derivation(f"{text}\n\n{claim}", repairs=False).claims[-1].verdict
        assert (verdict in ("proved", "proved if", "verified")) == holds


def test_a_value_does_not_lose_other_arguments():
    text = (
        "---\nY, T: matrix n 2\n\\xi := \\sum_{i=1}^n \\sum_{c=1}^2 T_{ic} Y_{ic}\n---\n\nThe loss is $\\xi(T, Y)$.\n\n"
    )
    claim = r"$$\xi(T, Y) = \sum_{i=1}^n \xi(t_i, y_i)$$"
    assert not check_derivation(text + claim, repairs=False).faults


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"np.dot(w.T, X) = w^T X", "proved"),
        (r"np.dot(w.T, X) = (X^T w)^T + 1", "wrong"),
        (r"np.dot(v, v) = \|v\|^2", "proved"),
        (r"np.sum(v) = \sum_{i=1}^m v_i", "proved"),
        (r"np.sum(v) = \sum_{i=1}^m v_i^2", "wrong"),
        (r"\frac{\partial}{\partial b} np.sum(w^T X + b) = m", "proved"),
        (r"np.sum(np.multiply(v, v)) = v^T v", "proved"),
        (r"np.sum(X, axis=0) = X^T w", "not read"),
        (r"np.sum(X, 0) = X^T w", "not read"),
        (r"np.sum(A * A) = \sum_{i,j} A_{ij}^2", "not read"),
    ],
)
def test_functions_of_numpy_are_sums_and_products(claim, verdict, verdict_of):
    assert verdict_of(claim, "w: column n\nX: matrix n m\nv: column m\nb: number\nA: matrix n n") == verdict


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"x^T \operatorname{diag}\{w_1, \dots, w_n\} x = \sum_{i=1}^n w_i x_i^2", "proved"),
        (r"\operatorname{diag}(a, b) = \begin{pmatrix} a & 0 \\ 0 & b \end{pmatrix}", "proved"),
        (r"x^T \operatorname{diag}\{w_1, \dots, w_n\} x = \sum_{i=1}^n w_i x_i", "wrong if read so"),
        (r"\operatorname{diag}(a, b) = \begin{pmatrix} b & 0 \\ 0 & a \end{pmatrix}", "wrong if read so"),
    ],
)
def test_a_diagonal_matrix_has_the_entries_of_a_list(claim, verdict, verdict_of):
    assert verdict_of(claim, "x, w: column n\na, b: number") == verdict


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"3 a + b^2 = f(a, b)", "proved"),
        (r"3 a + b^2 = f(b, a)", "wrong if read so"),
        (r"3 a + b^2 = f(a, b, 0)", "does not fit if read so"),
        (r"3 a + b^2 = f(a)", "does not fit"),
    ],
)
def test_a_function_of_a_column_takes_its_entries_as_arguments(claim, verdict, verdict_of):
    text = "Let $f(\\begin{pmatrix} x_1 \\\\ x_2 \\end{pmatrix}) = 3x_1 + x_2^2$.\n\n"
    assert verdict_of(claim, "a, b: number", text) == verdict


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"X^T \operatorname{diag}(w_i) X = \sum_{i=1}^m w_i x^{(i)} (x^{(i)})^T", "proved"),
        (r"X^T \operatorname{diag}(w_i) X = \sum_{i=1}^m w_i^2 x^{(i)} (x^{(i)})^T", "wrong if read so"),
        (r"w_i x^T = 1^T \operatorname{diag}(w_i) X", "does not fit if read so"),  # one i on the left
    ],
)
def test_a_diagonal_of_one_value_has_those_of_all_indices(claim, verdict, verdict_of):
    text = "Let $x^{(i)} \\in \\mathbb{R}^n$, $w \\in \\mathbb{R}^m$ and $X = (x^{(1)}, \\dots, x^{(m)})^T$.\n\n"
    assert verdict_of(claim, "", text) == verdict


MODEL = r"""The model is $h_\theta(x) = g(\theta^T x)$ with $\theta, x \in \mathbb{R}^n$ and $g(z) = 1/(1+e^{-z})$.

"""


@pytest.mark.parametrize(
    ("claim", "before", "verdict"),
    [
        (r"\frac{\partial h(x)}{\partial \theta} = h(x) (1 - h(x)) x", "", "proved if"),
        (r"\frac{\partial L}{\partial \theta} = h(x) x", r"$$L = \log(1 + e^{\theta^T x}) + 0 h(x)$$", "proved if"),
        (r"\frac{\partial h(x)}{\partial \theta} = h(x) x", "", "wrong if read so"),
        (r"\frac{\partial L}{\partial \theta} = x", r"$$L = \log h(x)$$", "wrong if read so"),
    ],
)
def test_a_function_may_be_called_without_the_parameters_below_it(claim, before, verdict, verdict_of):
    assert verdict_of(claim, "", f"{MODEL}{before}\n\n") == verdict


@pytest.mark.parametrize(
    "before",
    [
        r"Let $h$ be the true function. $$h_\theta(x) = h(x) + 1$$",  # both in one formula
        r"$$h(x) = |x|$$",
        r"$$h_\phi(x) = \phi^T x$$",
        r"Let $h: \mathbb{R}^n \to \mathbb{R}$ be any function.",
    ],
)
def test_it_is_another_function_where_the_text_has_several_or_defines_it(before, verdict_of):
    claim = r"\frac{\partial h(x)}{\partial \theta} = h(x) (1 - h(x)) x"
    assert verdict_of(claim, "", f"{MODEL}{before}\n\n") not in ("proved", "verified", "proved if")


@pytest.mark.parametrize("sign", [r"\|", r"\parallel", "||"])
def test_a_divergence_is_a_function_of_two_distributions(sign):
    text = rf"Let $p$ and $q$ be vectors and $$D_{{KL}}(p {sign} q) = \sum_i p_i \log \frac{{p_i}}{{q_i}}$$" + "\n\n"

    def verdict(claim):
        return check_derivation(f"{text}$${claim}$$", repairs=False).steps[-1].verdict

    swapped = r"\sum_i q_i (\log q_i - \log p_i)"
    assert verdict(rf"D_{{KL}}(q {sign} p) = {swapped}") in ("proved", "verified")
    assert verdict(rf"D_{{KL}}(p {sign} q) = {swapped}").startswith("wrong")
    assert verdict(rf"\frac{{\partial}}{{\partial q_j}} D_{{KL}}(p {sign} q) = -\frac{{p_j}}{{q_j}}") == "proved"
    assert verdict(rf"\frac{{\partial}}{{\partial q_j}} D_{{KL}}(q {sign} p) = -\frac{{p_j}}{{q_j}}").startswith(
        "wrong"
    )


LAYERS = r"""Let $J$ be the loss and $W^{[l]}$ be a matrix of size $n_l \times n_{l-1}$. With

$$Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]},\qquad A^{[l]} = g^{[l]}(Z^{[l]})$$

let $dZ^{[l]} = \frac{\partial J}{\partial Z^{[l]}}$. Then

$$dZ^{[l]} = W^{[l+1]T} dZ^{[l+1]} \odot g^{[l]\prime}(Z^{[l]})$$

"""


@pytest.mark.parametrize(
    ("claim", "verdicts"),
    [
        (r"dA^{[l]} = W^{[l+1]T} dZ^{[l+1]}", {"proved", "proved if"}),
        (r"dZ^{[l]} = W^{[l+1]T} dZ^{[l+1]} \odot g^{[l]}(Z^{[l]})", {"wrong if read so"}),
        (r"dZ^{[l]} = -W^{[l+1]T} dZ^{[l+1]} \odot g^{[l]\prime}(Z^{[l]})", {"wrong if read so"}),
    ],
)
def test_layers_are_numbered_in_square_brackets_also_where_a_sum_runs_over_them(claim, verdicts):
    penalty = r"$$R = \frac{\lambda}{2} \sum_l \|W^{[l]}\|^2$$" + "\n\n"
    steps = check_derivation(f"{LAYERS}{penalty}$${claim}$$", repairs=False).steps
    assert [step.verdict for step in steps][-3] == "proved"
    assert steps[-2].message.count("a sum over layers")
    assert steps[-1].verdict in verdicts


def test_a_letter_that_names_a_function_in_words_gets_no_value(definitions):
    assert definitions(r"The activation is $g = \tanh$.") == {}
    assert definitions(r"The value is $g = \tanh(x)$.") == {"g": "tanh(x)"}


def test_a_logistic_function_acts_on_each_entry_of_a_matrix():
    text = "Let $W \\in \\mathbb{R}^{k \\times d}$, $X \\in \\mathbb{R}^{d \\times m}$ and\n\n$$Z = W X$$\n\nand "
    text += "$A = \\sigma(Z)$, where $\\sigma$ is the logistic function.\n\n"
    cost = "$$J = - \\sum_{r=1}^k \\sum_{i=1}^m Y_{ri} \\log A_{ri}$$"
    assert verdicts(text, cost, "$$\\frac{\\partial J}{\\partial Z} = Y \\odot (A - 1)$$") == ["proved"]


@pytest.mark.parametrize("name", ["g'_{\\text{a}}", "g_{\\text{a}}'"])
def test_a_prime_of_a_value_with_an_argument_is_its_derivative(name):
    text = "$$g_{\\text{a}}(z) = \\frac{1}{1 + e^{-z}}$$"
    assert verdicts(text, f"$${name}(z) = g_{{\\text{{a}}}}(z) (1 - g_{{\\text{{a}}}}(z))$$") == ["proved"]
    assert verdicts(text, f"$${name}(z) = g_{{\\text{{a}}}}(z)$$") == ["wrong if read so"]
    assert verdicts(text, f"$${name}'(0) = 0$$") == ["proved"]
    assert verdicts(text, f"$${name}'(0) = 1$$")[0].startswith("wrong")
