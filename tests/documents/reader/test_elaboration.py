"""Terms from written formulas, one formula at a time; what has no meaning says why."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.language.printing import condition_text, text_of
from chainrule.documents.reader.chains import chains_of
from chainrule.documents.reader.elaboration import Elaborator
from chainrule.documents.reader.inventory import Inventory
from chainrule.documents.reader.known_words import NotMeant

CONTEXT = r"z_i + x_j + \sum_k y_k"


def elaborated(formula, **options):
    chains = chains_of(formula)
    inventory = Inventory.of([*chains, *chains_of(CONTEXT)])
    return text_of(Elaborator(inventory, **options).term(chains[0].members[0]))


@pytest.mark.parametrize(
    ("formula", "term"),
    [
        ("2 a b", "beside(beside(2, a), b)"),
        (r"a \cdot b", "dot(a, b)"),
        (r"a \odot b", "a .* b"),
        (r"\frac{a}{b}", "over(a, b)"),
        ("A^T", "turned(A)"),
        ("a^2", "raised(a, 2)"),
        ("A^{-1}", "raised(A, -1)"),
        ("e^{-x}", "exp(-x)"),
        (r"\delta_{ij}", "[i = j]"),
        (r"a_{i_j}", "a[i, j]"),
        (r"\mathbb{1}[i = j]", "[i = j]"),
        (r"\mathbf{1}_{[i = j]}", "[i = j]"),
        (r"1_{i \neq j}", "[i != j]"),
        (r"\underbrace{a b}_{\text{first}}", "beside(a, b)"),
        (r"\|x\|_1", "norm1(x)"),
        ("|x|", "abs(x)"),
        (r"\hat{y}_i", "y_hat[i]"),
        ("W_{out}", "W_out"),
        ("z_{i+1}", "z[i + 1]"),
        (r"\sum_{i=0}^{n-1} z_i a", "sum(i in 0..n - 1: beside(z[i], a))"),
        (r"\log z_i x_j", "beside(log(z[i]), x[j])"),
        (r"\log 2 z_i", "log(beside(2, z[i]))"),
        (r"\tanh^2(a)", "raised(tanh(a), 2)"),
        (r"a + z_1 + z_2 + \dots + z_n - b", "a + sum(_k in n: z[_k]) + -b"),
        (r"-z_1 - \dots - z_n", "-sum(_k in n: z[_k])"),
        (r"\begin{bmatrix} z_1 \\ \vdots \\ z_n \end{bmatrix}", "[_k in n: z[_k]]"),
        (r"\begin{pmatrix} z_1 & z_2 \end{pmatrix}", "table(z[1] | z[2])'"),
        (r"\begin{bmatrix} 1 & a \\ 0 & 1 \end{bmatrix}", "table(1, a | 0, 1)"),
        (r"\frac{d}{dx} a b", "slope(beside(a, b), x)"),
        (r"\begin{cases} a & i = j \\ b & \text{otherwise} \end{cases}", "cases(a if i = j, b otherwise)"),
    ],
)
def test_the_term_of(formula, term):
    assert elaborated(formula) == term


def test_a_function_is_called_and_anything_else_is_multiplied():
    assert elaborated("f(a + 1)", functions={"f": ("x",)}) == "f(a + 1)"
    assert elaborated("f'(a + 1)", functions={"f": ("x",)}) == "f'(a + 1)"
    assert elaborated("f(a + 1)") == "beside(f, a + 1)"


def test_a_superscript_is_a_layer_where_the_document_says_so():
    assert elaborated("a^l", layers={"l"}) == "a__l"
    assert elaborated("a^{l-1}", layers={"l"}) == "a__l_minus_1"
    assert elaborated("a^l") == "raised(a, l)"


def test_what_a_reading_rests_on_is_told():
    elaborator = Elaborator(Inventory.of(chains_of(r"\sum_k y_k + z_k")))
    elaborator.term(chains_of(r"\sum_k y_k + z_k")[0].members[0])
    assert elaborator.used == {"a sum reaches over the terms that use its index"}


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        (r"\int x", "int is not read"),
        (r"a \pm b", "plus or minus"),
        (r"\begin{bmatrix} a & \dots \\ b & c \end{bmatrix}", "a matrix written out with dots"),
        (r"\begin{bmatrix} a \\ \vdots \\ b \end{bmatrix}", "a matrix written out with dots"),
        (r"\frac{\partial L}{\partial (a + b)}", "a derivative by something that is no name"),
        (r"\nabla L", "a gradient by nothing that is said"),
        (r"\sigma^{-1}(x)", "the inverse of a function"),
        (r"x_1 + \dots + y_n", "an ellipsis"),
        (r"x_1 + \dots", "an ellipsis"),
    ],
)
def test_what_has_no_meaning_says_why(formula, reason):
    with pytest.raises(NotMeant, match=reason):
        elaborated(formula, functions={"sigma": ("x",)})


def test_conditions_are_comparisons_of_terms():
    inventory = Inventory.of(chains_of(CONTEXT))
    [chain] = chains_of(r"a = b, \quad i \neq j")
    found = Elaborator(inventory).condition(chain.conditions[0])
    assert condition_text(found) == "i != j"


def test_a_function_without_arguments_is_its_value_at_its_parameters(claims):
    text = "$$s(z) = \\frac{1}{1 + e^{-z}}$$\n\n$$s' = s (1 - s), \\quad 2 s = s + s, \\quad s(1 - z) = s(1 - z)$$"
    assert claims(text) == ["s'(z) = s(z) * (1 - s(z))", "2 * s(z) = s(z) + s(z)", "s(1 - z) = s(1 - z)"]


def test_a_value_with_arguments_behind_a_logarithm_is_its_argument():
    block = "---\nz: scalar\np(z) := \\frac{1}{1 + e^{-z}}\n---\n\n"
    report = check_derivation(block + "$$\\log p(z) = \\log p, \\quad \\frac{dp}{dz} = p - p^2$$", repairs=False)
    assert [step.verdict for step in report.claims] == ["proved", "proved"]


def test_empty_brackets_are_not_read():
    report = check_derivation("$$x() + 1 = x$$", repairs=False)
    assert [step.verdict for step in report.steps] == ["not read"]
    assert "please report" not in report.steps[0].message


def test_a_function_without_arguments_that_is_called_elsewhere_makes_no_step_wrong():
    block = "---\nx: scalar\ng(x) := x^2 + x\n---\n\n"
    report = check_derivation(block + "$$g'(2 x) = 2 g + 1$$", repairs=False)
    assert [step.verdict for step in report.claims] == ["wrong if read so"]


EXAMPLES = r"$$\frac{1}{m} \sum_{i=1}^m v^T u^{(i)} = s, \quad u_j^{(i)} = 1$$"


def test_a_superscript_in_brackets_over_which_a_sum_runs_numbers_examples(claims):
    text = f"{EXAMPLES}\n\n$$\\sum_{{i=1}}^m (r^{{(i)}})^2 = r, \\quad u^{{(2)}} = u$$"
    assert claims(text)[0] == "1 / m * sum(i in m: v' @ member(u__each, i)) = s"
    assert claims(text)[1:3] == ["u__each[j, i] = 1", "sum(i in m: r__each[i]^2) = r"]
    assert claims(text)[3] == "member(u__each, 2) = u"


def test_an_equation_between_examples_and_a_letter_without_a_number_is_not_wrong():
    report = check_derivation(f"{EXAMPLES}\n\n$$u_j^{{(i)}} - u_j = 0$$", repairs=False)
    assert report.steps[-1].verdict == "wrong if read so"


def test_a_negative_number_in_a_subscript_is_a_part_of_the_name(claims):
    text = "$$c_k^T c_k = 1$$\n\n$$c_1 - c_{-1} = r$$"
    assert claims(text)[-1] == "c_1 - c_minus_1 = r"


def test_a_closing_bracket_that_nothing_opens_is_left_out_and_told():
    report = check_derivation(r"$$\frac{s}{(1 + s))} = \frac{s}{1 + s}$$" + "\n\n$$2 s) = s$$", repairs=False)
    assert [step.verdict for step in report.steps] == ["proved", "wrong if read so"]
    assert "a closing bracket that nothing opens is left out" in report.steps[0].doubts


def test_a_member_before_a_bracket_with_its_own_index_is_a_factor(claims):
    block = "---\nn: size\nx: vector n\nu: vector n\nuse: softmax as s\n---\n\n"
    text = r"$$\sum_{i=1}^n s_i u_i = \sum_{i=1}^n \sum_{j=1}^n s_i (u_i + 1 - s_j) + \sum_{j=1}^n s_j (u_j - 1)$$"
    assert "s(x)[j] * (u[j] - 1)" in claims(block + text)[-1]


def test_bars_around_a_matrix_are_its_determinant_and_around_a_number_its_absolute_value(claims):
    text = r"Let $C \in \mathbb{R}^{k \times k}$ be symmetric and $u \in \mathbb{R}^k$." + "\n\n"
    density = r"\frac{1}{\sqrt{|C|}} e^{-\frac{1}{2} u^T C^{-1} u}"
    last = claims(
        text + f"$$q = {density}$$\n\n$$-\\log q = \\frac{{1}}{{2}} \\log |C| + \\frac{{1}}{{2}} u^T C^{{-1}} u$$"
    )[-1]
    assert last == "-log(q) = 1 / 2 * log(det(C)) + 1 / 2 * u' @ inverse(C) @ u"
    assert claims(text + r"$$\nabla_C \det |C| = |C| (C^{-1})^T$$") == ["grad(det(C), C) = det(C) * inverse(C)'"]
    assert claims(r"$$\frac{1}{|R|} \sum_{i=1}^n v_i = |V_i|$$") == ["1 / abs(R) * sum(i in n: v[i]) = abs(V[i])"]


def test_the_indicator_of_an_order_is_that_of_each_entry(claims):
    text = r"$$\sum_j 1_{j > 1} = r - 1, \quad u \odot \mathbb{1}_{u > 0} = u - \mathbb{1}[u \leq 2] \odot u$$"
    assert claims(f"Let $u \\in \\mathbb{{R}}^n$.\n\n{text}") == [
        "sum(j in n0: [j > 1]) = r - 1",
        "u .* relu(sign(u)) = u - (1 - relu(sign(u - 2))) .* u",
    ]


@pytest.mark.parametrize("sign", ["T", "\\top"])
def test_the_inverse_of_a_transpose_is_read(sign):
    claim = f"$$\\frac{{\\partial \\log \\det X}}{{\\partial X}} = X^{{-{sign}}}$$"
    assert [step.verdict for step in check_derivation(claim).steps] == ["proved"]


def test_an_entrywise_product_comes_after_the_product_behind_it():
    text = "Let $W \\in \\mathbb{R}^{m \\times n}$, $a \\in \\mathbb{R}^n$ and $d \\in \\mathbb{R}^m$.\n\n"
    claim = "$$a \\odot W^T d = W^T d \\odot a$$"
    assert check_derivation(text + claim).steps[-1].verdict == "proved"
