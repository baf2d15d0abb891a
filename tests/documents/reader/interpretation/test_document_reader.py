"""Documents in the strict language: their definitions and claims as text."""

import pytest

from chainrule.documents import check_derivation

SOFTMAX = r"""
$$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$$
"""


@pytest.mark.parametrize(
    ("formula", "claim"),
    [
        (
            r"\frac{\partial p_k}{\partial z_j} = p_k(\delta_{kj} - p_j)",
            "partial(p[k], z[j]) = p[k] * ([k = j] - p[j])",
        ),
        (
            r"\frac{\partial p_k}{\partial z_j} = -p_k p_j, \quad k \neq j",
            "partial(p[k], z[j]) = -(p[k] * p[j]) when k != j",
        ),
        (r"\frac{\partial}{\partial z_j} \log p_k = 1\{k = j\} - p_j", "partial(log(p[k]), z[j]) = [k = j] - p[j]"),
        (r"\sum_{k=1}^{K} p_k = 1", "sum(k in K: p[k]) = 1"),
        (r"\sum_{k \neq j} p_k = 1 - p_j", "sum(k in n0 if k != j: p[k]) = 1 - p[j]"),
        (r"\nabla_z \log p_i = e - p", "grad(log(p[i]), z) = e - p"),
        (r"p^T p = \|p\|^2", "p' @ p = norm(p)^2"),
        (r"p \cdot z = p^\top z", "p' @ z = p' @ z"),
        (r"p \odot z = z \odot p", "p .* z = z .* p"),
        (r"\frac{\partial^2 p_1}{\partial z_1^2} = 0", "partial(partial(p[1], z[1]), z[1]) = 0"),
        (r"\prod_i p_i = \exp \sum_i \log p_i", "prod(i in n0: p[i]) = exp(sum(i in n0: log(p[i])))"),
        (r"\log_2 p_1 = \frac{\ln p_1}{\ln 2}", "log(p[1]) / log(2) = log(p[1]) / log(2)"),
        (r"\max(0, p_1) = p_1", "max(0, p[1]) = p[1]"),
        (r"\sqrt[3]{p_1} = p_1^{1/3}", "p[1]^(1 / 3) = p[1]^(1 / 3)"),
    ],
)
def test_a_formula_after_the_softmax_is_read_as(formula, claim, claims):
    assert claims(f"{SOFTMAX}\n$$z_1 = z_1$$\n\n$${formula}$$")[-1] == claim


def test_a_derivative_by_a_transpose_is_one_by_the_vector(claims):
    text = r"$$L = w^T x$$" + "\n\n" + r"$$\frac{\partial L}{\partial w^T} = x, \quad w^T w = w^T w$$"
    assert claims(text)[0] == "grad(L, w) = x"


def test_words_are_parts_of_names_and_letters_choose_entries(claims):
    text = r"$$a_{\text{out}} = 2 \sum_i w_i$$" + "\n\n" + r"$$\frac{\partial a_{\text{out}}}{\partial w_i} = 2$$"
    assert claims(text) == ["partial(a_out, w[i]) = 2"]


def test_layers_are_parts_of_names(claims):
    text = r"$$z^{(2)} = 3 a^{(1)}$$" + "\n\n" + r"$$\frac{\partial z^{(2)}}{\partial a^{(1)}} = 3$$"
    assert claims(text) == ["partial(z__2, a__1) = 3"]


def test_a_sum_reaches_over_the_terms_that_use_its_index_and_no_others(claims):
    text = r"$$\sum_k a_k + b_k = \sum_k a_k + c$$"
    assert claims(text) == ["sum(k in n0: a[k] + b[k]) = sum(k in n0: a[k]) + c"]


def test_an_index_of_a_function_is_that_of_its_argument(claims):
    text = r"$$a_j = g_j(z_j)$$" + "\n\n" + r"$$\frac{\partial a_j}{\partial z_j} = g_j'(z_j)$$"
    assert claims(text) == ["partial(a[j], z[j]) = g'(z[j])"]


def test_what_is_not_read_is_listed_with_the_reason(reading_of):
    text = SOFTMAX + r"$$\int_{t} p_k = 1$$"
    entries = reading_of(text).entries
    assert [entry.kind for entry in entries] == ["definition", "not read"]
    assert entries[1].reason == "an integral"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            r"$$P(y=1|x) = \sigma(x)$$" + "\n\n" + r"$$\log P(y=1|x) = \log \sigma(x)$$",
            "log(P__given_0) = log(sigma(x))",
        ),
        (r"The identity matrix is $I$. $$\mathbf{A} \mathbf{A}^{-1} = \mathbf{I}$$", "A @ inverse(A) = eye(n0)"),
        (r"$$s_j = \mathrm{softmax}(z)_j$$" + "\n\n" + r"$$s_j = p_j$$", "s[j] = p[j]"),
        (r"$$\mathbf{A}(\mathbf{B} + \mathbf{C}) = \mathbf{A B} + \mathbf{A C}$$", "A @ (B + C) = A @ B + A @ C"),
    ],
)
def test_notation_that_many_documents_share(text, meant, claims):
    assert claims(text)[-1] == meant


FUNCTION = r"For $f : \R^3 \to \R$ defined by $f(x,y,z) = \cos(x + y^2) e^{-z}$:" + "\n\n"


def test_a_gradient_without_a_letter_is_by_the_arguments(claims):
    assert claims(FUNCTION + r"$$\nabla f(x, y, z) = g$$")[0].startswith(
        "table(partial(f(x, y, z), x) | partial(f(x, y, z), y) | partial(f(x, y, z), z)) = "
    )
    assert claims(r"$$J(w) = w^T w$$" + "\n\n" + r"$$\nabla J(w) = 2w$$") == ["grad(J, w) = 2 * w"]


def test_a_derivative_at_a_point_has_values_for_the_parameters(claims):
    assert claims(FUNCTION + r"$$\frac{\partial f}{\partial x}(x_0 + h, y, z) = f(x_0 + h, y, z)$$") == [
        "at(partial(f(x, y, z), x), x = x_0 + h) = f(x_0 + h, y, z)"
    ]


def test_variables_that_are_exchanged_are_not_read(reading_of):
    found = reading_of(FUNCTION + r"$$\frac{\partial f}{\partial x}(y, x, z) = c$$")
    assert found.entries[-1].reason == "a derivative where variables are exchanged"


def test_a_list_with_dots_is_one_argument(claims):
    text = r"Let $f(x_1, \ldots, x_n) = x_1^2 + \dots + x_n^2$ with $x_i$." + "\n\n"
    assert claims(text + r"$$\frac{\partial f}{\partial x_i}(x_1, \ldots, x_n) = 2 x_i$$") == [
        "partial(f, x[i]) = 2 * x[i]"
    ]


def test_functions_are_composed(claims):
    text = r"Let $f(t) = t^2$ and $g(t) = \sin(t)$." + "\n\n" + r"$$g(2 t) + f(2 t) = a$$"
    assert claims(text + "\n\n" + r"$$1 + h = g \circ f(t) + 2$$")[1] == "1 + h = g(f(t)) + 2"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Let $(a * b)_i = \\sum_k a_k b_{i-k}$.\n\n$$a * b = b * a$$", "the sign *, which the text defines"),
        ("Let $(a \\star b)_i = a_i$.\n\n$$a \\star b = b \\star a$$", "the sign star between factors"),
    ],
)
def test_a_sign_that_the_text_defines_is_not_read(text, reason, reading_of):
    assert reading_of(text).entries[-1].reason == reason


def test_numbers_of_layers_are_parts_of_names_that_have_entries(claims, definitions):
    text = r"""
$$h_1 = \tanh(r_1), \quad h_2 = A h_1$$

$$q_i = \frac{e^{h_{2,i}}}{\sum_j e^{h_{2,j}}}$$

$$\frac{\partial q_i}{\partial h_{2,j}} = q_i ([i = j] - q_j)$$
"""
    assert claims(text) == ["partial(q[i], h_2[j]) = q[i] * ([i = j] - q[j])"]
    assert definitions(text).keys() == {"h_1", "h_2", "q"}


def test_a_value_in_a_set_with_its_index_in_brackets_is_doubted():
    text = "$$J = \\sum_{i=1}^m y^{(i)} w %s$$\n\n$$\\sum_{i=1}^m (y^{(i)})^2 w = m w$$"
    block = "w: number\ny^i: number"
    said, silent = (
        check_derivation(text % more, block, repairs=False).claims[-1] for more in (r",\quad y(i) \in \{-1, 1\}", "")
    )
    assert silent.verdict == "wrong"
    assert said.verdict == "wrong if read so"
    assert "line 1 says something of y that is not read" in said.doubts


def test_an_update_is_told_from_an_equation():
    [step] = check_derivation(r"$$w = w - \eta \nabla L$$", repairs=False).steps
    assert str(step.verdict) == "hypothesis"
    assert step.message.startswith("It makes a new value of the old one, so it is read as an assumption")


def test_a_formula_in_a_sentence_counts_if_it_holds_by_itself():
    text = r"""
Let $\sigma(x) = 1/(1+e^{-x})$. As a rescaled sigmoid, $\tanh x = 2\sigma(2x) - 1$. If $\ln p_i = z_i - 1$
or when $f(x+y) = f(x) + f(y)$, then nothing follows. It is not so that $\log t \le t$.
"""
    steps = [step.verdict for step in check_derivation(text, "a.md").steps]
    assert steps == ["definition", "proved", "hypothesis", "hypothesis"]


@pytest.mark.parametrize(
    "formula",
    [
        r"\theta^{(t+1)} = \theta^{(t)} - \alpha \frac{\partial L}{\partial \theta}",
        r"x_{k+1} = x_k - H^{-1} \nabla f(x_k)",
        r"w_{t+1}^{(1)} = w_t^{(1)} - \eta g^{(1)}",
    ],
)
def test_a_step_of_descent_is_no_claim(formula):
    [step] = check_derivation(f"Text.\n\n$${formula}$$", repairs=False).steps
    assert step.verdict in ("hypothesis", "definition")


@pytest.mark.parametrize(
    "formula",
    [
        r"a_{n+1} = a_n + d",
        r"\delta^{(l)} = (W^{(l+1)})^T \delta^{(l+1)}",
        r"x_k = x_{k+1} - h",
        r"x_{k+2} = x_k - h",
        r"x_{k+1} = y_k - h",
    ],
)
def test_other_equations_between_members_are_claims_or_definitions(formula):
    [step] = check_derivation(f"Text.\n\n$${formula}$$", repairs=False).steps
    assert step.verdict != "hypothesis"
