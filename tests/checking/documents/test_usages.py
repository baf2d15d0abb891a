"""Usages of real texts, each in the smallest document that has it: what is read, and slips that are still found."""

import pytest

from chainrule.checking.documents import check_derivation


def verdicts(text, name=""):
    return [s.verdict for s in check_derivation(text, name=name, repairs=False).steps if s.verdict != "definition"]


PLAIN = """
Scores and probabilities (rows of W1 are inputs):

z_k = sum_j W1_kj x_j
p_k = exp(z_k) / sum_l exp(z_l)
L = -log(p_y)

{claim}
"""


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("dL/dz_k = p_k - [k = y]", "verified"),
        ("dL/dz_k = p_k + [k = y]", "wrong"),
        ("=> dL/dz_y = p_y - 1", "verified"),
        ("dL/dz_k = p_k    (k ≠ y)", "verified"),
        ("dL/dz_k = p_k    (k = y)", "wrong"),
        ("d log(p_k)/dz_l = [k = l] - p_l", "verified"),
        ("d^2 L / dz_k dz_l = p_k [k = l] - p_k p_l", "verified"),
        ("d^2 L / dz_k dz_l = p_k [k = l] + p_k p_l", "wrong"),
        ("dL/dW1_kj = (p_k - [k = y]) x_j", "verified"),
        ("dL/dW1_kj = (p_k - [k = y]) x_k", "wrong"),
    ],
)
def test_formulas_as_in_code(claim, verdict):
    assert verdicts(PLAIN.format(claim=claim), "a.txt")[-1] == verdict


def test_formulas_inside_lines_of_plain_prose_define():
    text = "Let sh(x) = (eˣ − e⁻ˣ)/2 and ch(x) = (eˣ + e⁻ˣ)/2, as usual.\n\nsh'(x) = ch(x)\n\nch'(x) = -sh(x)\n"
    assert verdicts(text, "a.txt") == ["verified", "wrong"]


def test_greek_names_spelled_out():
    text = "---\ntheta: vector n\nuse: softmax as pi\n---\n\nd log(pi_a)/dtheta_j = [a = j] - pi_j\n"
    assert verdicts(text, "a.txt") == ["verified"]


EXAMPLES = r"""
For the examples $n = 1, \dots, N$ with $x^{(n)} \in \mathbb{R}^d$ and $t^{(n)} \in \mathbb{R}$ let
$a^{(n)} = w^\top x^{(n)}$ and $L = \frac{1}{2N} \sum_{n=1}^N (a^{(n)} - t^{(n)})^2$.

$$ \frac{\partial L}{\partial w_j} = %s \sum_{n=1}^N (a^{(n)} - t^{(n)}) x^{(n)}_j $$
"""


@pytest.mark.parametrize(("factor", "verdict"), [(r"\frac{1}{N}", "verified"), ("", "wrong")])
def test_examples_are_counted_by_bracketed_superscripts(factor, verdict):
    assert verdicts(EXAMPLES % factor)[-1] == verdict


def test_the_derivative_by_one_example_leaves_one_term():
    text = EXAMPLES % r"\frac{1}{N}" + r"$$ \frac{\partial L}{\partial a^{(n)}} = \frac{1}{N} (a^{(n)} - t^{(n)}) $$"
    assert verdicts(text)[-1] == "verified"


def test_rows_of_data_are_vectors_and_labels_are_signs():
    text = r"""
For data $(x_1, y_1), \dots, (x_n, y_n)$, $x_i \in \mathbb{R}^d$, $y_i \in \{-1, +1\}$, let $m_i = y_i w^\top x_i$ and
$L = \sum_{i=1}^n \log(1 + e^{-m_i})$. Then

$$ \frac{\partial L}{\partial w_j} = -\sum_{i=1}^n \frac{y_i x_{ij}}{1 + e^{m_i}} , $$

$$ \sum_{i=1}^n y_i^2 = n . $$
"""
    assert verdicts(text)[-2:] == ["verified", "verified"]


@pytest.mark.parametrize(
    ("definition", "claim"),
    [
        (r"D = \sum_i t_i \log \frac{t_i}{x_i}", r"\frac{\partial D}{\partial x_j} = -\frac{t_j}{x_j}"),
        (r"e = x - t", r"\sum_i e_i = \sum_i x_i - \sum_i t_i"),
    ],
)
def test_letters_with_a_usual_meaning_may_be_names(definition, claim):
    declared = "---\nx, t: vector n, positive\na, b: scalar, positive\n---\n"
    assert verdicts(f"{declared}\nLet ${definition}$.\n\n$$ {claim} $$")[-1] == "verified"


def test_the_case_of_an_index_in_a_sentence_defines_nothing():
    text = "---\nx: vector n\ny: index n\n---\n\nTaking the term $i = y$ out:\n\n$$ 2 x_i = 3 x_i $$"
    assert verdicts(text)[-1] == "wrong"


def test_a_value_in_a_sentence_does_not_redefine():
    text = "Let $\\sigma(z) = \\frac{1}{1 + e^{-z}}$.\n\n## Next\n\nWhere $\\sigma(z) = \\frac12$ it is steepest:\n\n"
    assert verdicts(text + r"$$ \sigma'(z) = \sigma(z) (1 - \sigma(z)) $$")[-1] == "verified"


def test_a_chapter_does_not_redefine_by_what_it_defined_itself():
    text = "---\nx, t: vector n\n---\n## One\n\n$$ \\ell = \\sum_i t_i e^{x_i} $$\n\n## Two\n\n$$ z_i = e^{x_i} $$\n\n"
    assert verdicts(text + r"$$ \ell = 2 \sum_i t_i z_i $$") == ["wrong"]


def test_a_number_of_one_part_may_be_a_vector_of_the_next():
    text = r"""
**(a)**

Let $z \in \mathbb{R}$.

$$ \frac{d}{dz} z^2 = 2 z $$

**(b)**

Now let $z_k = 2 h_k$.

$$ \frac{\partial z_k}{\partial h_j} = 2 \delta_{kj} $$
"""
    assert verdicts(text)[-1] == "verified"


def test_an_inequality_is_not_saved_by_another_reading():
    declared = "---\nz: scalar\nk: scalar, positive\n\\sigma(z) := \\frac{1}{1+e^{-z}}\n---\n"
    assert verdicts(declared + r"$$ \sigma(-k|z|) \le e^{-2k|z|} $$") == ["wrong"]


def test_a_parameter_below_a_name_belongs_to_it():
    text = "Let $f_a(x) = \\frac{1}{a} \\log(1 + e^{a x})$ with $a > 0$.\n\n"
    assert verdicts(text + r"$$ \frac{d f_a}{d x} = \frac{e^{a x}}{1 + e^{a x}} $$")[-1] == "verified"


def test_kroneckers_delta_beside_an_error_delta():
    text = "---\nx, t: vector n\n---\n\nLet $\\delta = x - t$.\n\n"
    text += r"$$ \frac{\partial \delta_i}{\partial x_j} = \delta_{ij} $$ $$ \sum_i \delta_i \delta_{ij} = \delta_j $$"
    assert verdicts(text)[-2:] == ["verified", "verified"]


def test_only_what_a_chain_differentiates_moves_in_it():
    text = r"""
---
X: matrix N d
W: matrix d m
---
Let $E = X W$ and $L = \frac{1}{2} \operatorname{tr}(E^\top E)$.

$$ dL = \operatorname{tr}(E^\top X \, dW) $$

Now $W$ is fixed.

$$ dL = \operatorname{tr}(E^\top dX \, W) $$

$$ dL = 2 \operatorname{tr}(E^\top dX \, W) $$
"""
    assert verdicts(text) == ["verified", "verified", "wrong"]


def test_sums_over_primed_indices():
    text = "---\nx: vector n\n---\n" + r"$$ \sum_{k'=1}^n x_{k'} = \sum_{j=1}^n x_j $$"
    assert verdicts(text) == ["verified"]


def test_a_quantity_that_a_sentence_names_after_it_was_shown():
    text = (
        "---\nx, t: vector n\n---\n"
        + r"""
Let $L = \frac{1}{2} \sum_i (x_i - t_i)^2$.

$$ \frac{\partial L}{\partial x_i} = x_i - t_i $$

We call this quantity $g_i$. Then

$$ \sum_i g_i^2 = 2 L $$
"""
    )
    assert verdicts(text)[-1] == "verified"


def test_sums_that_a_text_says_it_does_not_write_are_not_called_wrong():
    text = "---\nx: vector n\nW: matrix n n\n---\n\nWith the summation convention\n\n"
    assert verdicts(text + r"$$ W_{ij} x_j = \sum_j W_{ij} x_j $$") == ["ambiguous"]


def test_front_matter_of_blogs_and_rules_between_slides_declare_nothing():
    text = "---\ntitle: Softmax\ndate: 2020-01-01\nlayout: post\n---\n\n$$ 1 + 1 = 2 $$\n"
    text += "\n---\n\n- scores: $z$\n- more: $w$\n\n---\n"
    report = check_derivation(text)
    assert report.problems == ()
    assert report.exit_code == 0


def test_a_formula_that_is_zero_almost_everywhere_is_tried_where_it_is_not():
    text = "---\nn: size 2\nm: size 5\nx: array n n n\nc, r, s: index n\ni, j: index m\n---\n"
    text += r"$$ z_{cij} = \sum_{r,s} [i = r + 1] [j = s + 3] x_{crs} $$"
    claim = r"$$ \frac{\partial z_{gij}}{\partial x_{crs}} = %s[g = c] [i = r + 1] [j = s + 3] $$"
    assert verdicts(text + claim % "")[-1] == "verified"
    assert verdicts(text + claim % "-")[-1] == "wrong"


@pytest.mark.parametrize(
    ("damaged", "verdict"),
    [
        (r"abla_{oldsymbol{x}} f = 2 oldsymbol{x}", "verified"),
        (r"abla_{oldsymbol{x}} f = 3 oldsymbol{x}", "wrong"),
        (r"f = eft( oldsymbol{x}^ op oldsymbol{x} ight)", "verified"),
    ],
)
def test_damage_beside_damage(damaged, verdict):
    text = "---\nx: vector n\nf := \\sum_i x_i^2\n---\n"
    assert verdicts(f"{text}$${damaged}$$") == [verdict]


def test_plain_formulas_in_declarations():
    text = "---\nx: vector n\nL(x) := log(Σ_{k=1}^n exp(x_k))\n---\n\n∂L/∂x_j = exp(x_j) / Σ_{k=1}^n exp(x_k)\n"
    assert verdicts(text, "a.txt") == ["verified"]
    assert verdicts(text.replace("= exp(x_j)", "= exp(-x_j)"), "a.txt") == ["wrong"]


def test_unit_vectors_of_a_class_are_no_matrix():
    text = "---\nn: size\ny: index n\nW: matrix m n\n---\n\nLet $e_y \\in \\mathbb{R}^n$ be one-hot.\n\n"
    assert verdicts(text + r"$$ e_y^T e_y = 1, \qquad (W e_y)_i = W_{iy} $$")[-2:] == ["verified", "verified"]


def test_numbers_that_a_sentence_puts_between_0_and_1():
    text = "Let $p$ and $q$ be numbers in $(0, 1)$ and $K = p \\log \\frac{p}{q}$.\n\n"
    assert verdicts(text + r"$$ \frac{\partial K}{\partial p} = \log p - \log q + 1 $$")[-1] == "verified"


def test_a_function_differentiated_by_the_argument_it_is_used_at():
    text = "We put $\\sigma(u) := \\frac{1}{1 + e^{-u}}$ and $L(a) := \\sigma(a)^2$.\n\n"
    assert verdicts(text + r"$$ \frac{dL}{da} = 2 \sigma(a) \frac{d\sigma}{da} $$")[-1] == "verified"


def test_labels_written_with_plus_or_minus():
    text = "Labels $y = \\pm 1$ and scores $z$.\n\n"
    assert verdicts(text + r"$$ \log(1 + e^{-y z}) + y^2 = 1 + \log(1 + e^{-y z}) $$")[-1] == "verified"
