"""Documents in the strict language: their definitions and claims as text."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.language.printing import text_of

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


def test_the_first_equation_for_a_name_defines_it_and_the_rest_of_its_chain_is_claimed(claims, definitions):
    text = r"$$s = \frac{1}{1 + e^{-z}} = \frac{e^z}{e^z + 1}$$" + "\n\n" + r"$$s = 1 - \frac{1}{1 + e^z}$$"
    assert definitions(text) == {"s": "1 / (1 + exp(-z))"}
    assert claims(text) == ["1 / (1 + exp(-z)) = exp(z) / (exp(z) + 1)", "s = 1 - 1 / (1 + exp(z))"]


def test_a_function_is_called_and_a_value_multiplied(claims):
    text = r"$$\sigma(x) = \frac{1}{1+e^{-x}}$$" + "\n\n" + r"$$\sigma'(x) = \sigma(x)(1 - \sigma(x))$$"
    assert claims(text) == ["sigma'(x) = sigma(x) * (1 - sigma(x))"]
    assert claims(r"$$s = 2 t$$" + "\n\n" + r"$$s(1 - s) = 2t(1 - 2t)$$") == ["s * (1 - s) = 2 * t * (1 - 2 * t)"]


def test_brackets_that_only_remind_of_arguments_are_left_out(claims):
    text = r"$$J(w) = \frac{1}{2} w^2$$" + "\n\n" + r"$$\frac{\partial J(w)}{\partial w} = w$$"
    assert claims(text) == ["partial(J, w) = w"]


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


def test_rows_of_an_align_go_on_with_the_row_before(reading_of):
    text = r"""\begin{align}
f(x) &= 2x \\
\frac{df}{dx} &= \frac{d}{dx} 2x \\
&= 2
\end{align}"""
    found = reading_of(text)
    lines = [entry.statement.piece.place_of(entry.statement.place[0])[0] for entry in found.entries]
    assert lines == [2, 3, 4]
    assert [claim.follows for claim in found.derivation.claims] == [None, 0]


def test_an_index_of_a_function_is_that_of_its_argument(claims):
    text = r"$$a_j = g_j(z_j)$$" + "\n\n" + r"$$\frac{\partial a_j}{\partial z_j} = g_j'(z_j)$$"
    assert claims(text) == ["partial(a[j], z[j]) = g'(z[j])"]


def test_what_is_not_read_is_listed_with_the_reason(reading_of):
    text = SOFTMAX + r"$$\int_{t} p_k = 1$$"
    entries = reading_of(text).entries
    assert [entry.kind for entry in entries] == ["definition", "not read"]
    assert entries[1].reason == "int is not read"


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


def test_repeated_indices_are_summed_where_the_text_says_so(claims):
    text = (
        "In Einstein notation:\n\n"
        + r"$$z_i = W_{ij} x_j$$"
        + "\n\n"
        + r"$$\frac{\partial z_i}{\partial x_k} = W_{ij} \delta_{jk}$$"
    )
    assert claims(text) == ["partial(z[i], x[k]) = sum(j in n1: W[i, j] * [j = k])"]


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


def test_a_level_line_does_not_define_a_function(reading_of):
    text = FUNCTION.replace("z", "1").replace("x,y,1", "x,y") + r"On the line $f(x,y) = k$ nothing changes."
    assert [text_of(each.body) for each in reading_of(text).derivation.definitions] == ["cos(x + y^2) * exp(-1)"]


def test_a_parameter_behind_a_transpose_is_a_column(reading_of):
    found = reading_of(r"$$h(x) = \frac{1}{1 + e^{-w^T x}}$$" + "\n\n" + r"$$h(x) + h(2x) = c$$")
    assert len(found.derivation.definitions[0].parameters[0][1].shape) == 2


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


def test_a_letter_that_the_text_defines_is_not_eulers_number(claims):
    assert claims("Let $e = y - t$.\n\n$$e^2 + e^y = e e + e^y$$") == ["e^2 + e^y = e * e + e^y"]


def test_a_function_is_defined_by_its_entries(claims):
    text = r"Let $u \in \mathbb{R}^m$ and" + "\n\n" + r"$$r_i(u) = \frac{u_i}{\sum_{b=1}^m u_b}$$" + "\n\n"
    assert claims(text + r"$$r_i(u + u) = r_i(u)$$") == ["r(u + u)[i] = r(u)[i]"]


def test_a_function_with_a_subscript_is_defined_by_its_formula(definitions):
    text = "$$q_v(u) = \\frac{1}{1 + e^{-v^T u}}$$\n\n$$r = q_v(2 u) + q_v(u^2)$$"
    assert definitions(text)["q_v"] == "1 / (1 + exp(-(v' @ u)))"


def test_a_relation_that_fits_only_with_arrays_of_one_entry_does_not_fit():
    text = r"$$\mathbf{u}^T + \mathbf{v} = \mathbf{v} + \mathbf{u}$$"
    assert [step.verdict for step in check_derivation(text, repairs=False).claims] == ["does not fit if read so"]


def test_numbers_of_layers_are_parts_of_names_that_have_entries(claims, definitions):
    text = r"""
$$h_1 = \tanh(r_1), \quad h_2 = A h_1$$

$$q_i = \frac{e^{h_{2,i}}}{\sum_j e^{h_{2,j}}}$$

$$\frac{\partial q_i}{\partial h_{2,j}} = q_i ([i = j] - q_j)$$
"""
    assert claims(text) == ["partial(q[i], h_2[j]) = q[i] * ([i = j] - q[j])"]
    assert definitions(text).keys() == {"h_1", "h_2", "q"}


def test_a_definition_that_a_later_section_repeats_is_no_second_one(reading_of):
    text = "# A\n\n$$v_1 = 2x, \\quad v_2 = 3 v_1$$\n\n# B\n\n$$\\mathbf{v_1} = 2x$$\n\n$$v_2 = 3 v_1$$\n\n$$v_2 = 6x$$"
    found = reading_of(text)
    assert [each.name for each in found.derivation.definitions] == ["v_1", "v_2"]
    assert [entry.kind for entry in found.entries] == ["definition", "definition", "claim", "claim", "claim"]
    assert list(found.again) == ["v_2"]


def test_a_section_that_defines_one_numbered_name_anew_leaves_the_others(definitions):
    text = "# A\n\n$$v_1 = 2x, \\quad v_2 = 3 v_1$$\n\n# B\n\n$$v_1 = 5x$$\n\n$$r = v_1 + v_2$$"
    assert definitions(text)["r"] == "v_1__part_2 + v_2"


def test_a_summary_may_repeat_any_member_of_the_chain_that_defines_a_name(reading_of):
    text = "# A\n\n$$u_1 = \\frac{d r^2}{d r} = 2 r$$\n\n# Summary\n\n$$u_1 = 2 r$$\n\n$$u_1 = 3 r$$"
    found = reading_of(text)
    assert [entry.kind for entry in found.entries] == ["definition", "claim", "claim", "claim"]
    assert [entry.statement.right.parts[0].value for entry in found.entries if entry.defines == ""][-1] == 3
    assert list(found.again) == ["u_1"]


def test_conditions_say_what_functions_are():
    text = "For $f(x) = x^3$ the derivative is\n\n$$f'(x) = 3 x^2$$\n\nIf $f(x) = x^2$, then\n\n$$f'(x) = 2 x$$"
    assert [step.verdict for step in check_derivation(text, repairs=False).claims] == ["proved", "proved"]
    text = "For $f(x) = 0$ we get\n\n$$f'(x) = 0$$"
    assert [step.verdict for step in check_derivation(text, repairs=False).claims] != ["proved"]


def test_a_value_of_an_unknown_function_depends_on_its_arguments():
    text = "Let $z = f(x, y)$ with $x = g(t)$ and $y = h(t)$.\n\n"
    right = r"$$\frac{dz}{dt} = \frac{\partial f}{\partial x} g'(t) + \frac{\partial f}{\partial y} h'(t)$$"
    assert check_derivation(text + right).steps[-1].verdict == "proved"
    wrong = r"$$\frac{dz}{dt} = \frac{\partial f}{\partial x} g'(t) - \frac{\partial f}{\partial y} h'(t)$$"
    assert check_derivation(text + wrong).steps[-1].verdict != "proved"
