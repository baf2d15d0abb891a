"""Statements that define a name, and those that say of a defined one what it is."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.language.printing import text_of

FUNCTION = r"For $f : \R^3 \to \R$ defined by $f(x,y) = \cos(x + y^2) e^{-1}$:" + "\n\n"


def test_the_first_equation_for_a_name_defines_it_and_the_rest_of_its_chain_is_claimed(claims, definitions):
    text = r"$$s = \frac{1}{1 + e^{-z}} = \frac{e^z}{e^z + 1}$$" + "\n\n" + r"$$s = 1 - \frac{1}{1 + e^z}$$"
    assert definitions(text) == {"s": "1 / (1 + exp(-z))"}
    assert claims(text) == ["1 / (1 + exp(-z)) = exp(z) / (exp(z) + 1)", "s = 1 - 1 / (1 + exp(z))"]


def test_a_level_line_does_not_define_a_function(reading_of):
    text = FUNCTION + r"On the line $f(x,y) = k$ nothing changes."
    assert [text_of(each.body) for each in reading_of(text).derivation.definitions] == ["cos(x + y^2) * exp(-1)"]


def test_a_parameter_behind_a_transpose_is_a_column(reading_of):
    found = reading_of(r"$$h(x) = \frac{1}{1 + e^{-w^T x}}$$" + "\n\n" + r"$$h(x) + h(2x) = c$$")
    assert len(found.derivation.definitions[0].parameters[0][1].shape) == 2


def test_a_function_is_defined_by_its_entries(claims):
    text = r"Let $u \in \mathbb{R}^m$ and" + "\n\n" + r"$$r_i(u) = \frac{u_i}{\sum_{b=1}^m u_b}$$" + "\n\n"
    assert claims(text + r"$$r_i(u + u) = r_i(u)$$") == ["r(u + u)[i] = r(u)[i]"]


def test_a_function_with_a_subscript_is_defined_by_its_formula(definitions):
    text = "$$q_v(u) = \\frac{1}{1 + e^{-v^T u}}$$\n\n$$r = q_v(2 u) + q_v(u^2)$$"
    assert definitions(text)["q_v"] == "1 / (1 + exp(-(v' @ u)))"


def test_a_definition_that_a_later_section_repeats_is_no_second_one(reading_of):
    text = "# A\n\n$$v_1 = 2x, \\quad v_2 = 3 v_1$$\n\n# B\n\n$$\\mathbf{v_1} = 2x$$\n\n$$v_2 = 3 v_1$$\n\n$$v_2 = 6x$$"
    found = reading_of(text)
    assert [each.name for each in found.derivation.definitions] == ["v_1", "v_2"]
    assert [entry.kind for entry in found.entries] == [*["definition"] * 4, "claim"]
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


def test_a_definition_that_leads_to_itself_is_left_out(definitions):
    assert definitions("$$u = 2 v$$\n\n$$v = 3 u$$\n\n$$r = u$$") == {"u": "2 * v", "r": "u"}


def test_conditions_say_what_functions_are():
    text = "For $f(x) = x^3$ the derivative is\n\n$$f'(x) = 3 x^2$$\n\nIf $f(x) = x^2$, then\n\n$$f'(x) = 2 x$$"
    assert [step.verdict for step in check_derivation(text, repairs=False).claims] == ["proved", "proved"]
    text = "For $f(x) = 0$ we get\n\n$$f'(x) = 0$$"
    assert [step.verdict for step in check_derivation(text, repairs=False).claims] != ["proved"]


def test_a_condition_that_is_the_only_thing_said_of_a_name_defines_it():
    text = "For $a = \\sin(w x)$ and $L = a^2$ we have\n\n"
    right = r"$$\frac{\partial L}{\partial w} = 2 a x \cos(w x)$$"
    assert check_derivation(text + right, repairs=False).steps[-1].verdict == "proved"
    assert not check_derivation(text + right.replace("2 a", "a"), repairs=False).steps[-1].verdict.startswith("proved")
    claim = "$$a + b = 3 b$$\n\n"
    for text in (
        f"For $a = 2 b$ we have\n\n{claim}In general\n\n{claim}",
        f"$$a + b = b + a$$\n\nFor $a = 2 b$ we have\n\n{claim}Now\n\n{claim}",
        f"For $a = 2 b$ we have\n\n{claim}For $a = 3 b$ we have\n\n{claim}",
        f"For $a = b$ we have\n\n{claim}Now\n\n{claim}",
    ):
        assert check_derivation(text, repairs=False).steps[-1].verdict == "wrong if read so"


def test_a_parameter_is_no_function_that_has_its_letter_elsewhere():
    """If x were x(t) in the definition, f would not depend on its own argument, and f''(0) = 0 were proved."""
    text = "We consider $f(x) = \\ln(\\cos x)$.\n\nThen $f''(0) = 0$.\n\nThe position is $x(t) = t e^{-2t}$, "
    text += "so $x'(0) = 1$."
    found = {step.left: step.verdict for step in check_derivation(text, name="a.md").claims}
    assert found == {"f''(0)": "wrong if read so", "x'(0)": "proved"}


def test_a_function_of_a_condition_may_be_made_of_declared_letters():
    text = "Let $b, x \\in \\mathbb{R}^n$. For $f(x) = b^\\top x$ we get\n\n$$\\nabla f(x) = b$$"
    assert [step.verdict for step in check_derivation(text, name="a.md").claims] == ["proved"]


def test_a_function_that_a_condition_gives_first_is_defined():
    text = "For $L(w) = \\|X w - y\\|^2$ we have $\\nabla L(w) = 2 X^T (X w - y)$."
    assert [step.verdict for step in check_derivation(text).steps] == ["definition", "proved"]
    text = "In general things differ. For $g(w) = u w$ we have $\\frac{dg}{dw} = u$."
    assert "definition" not in [step.verdict for step in check_derivation(text).steps]


def test_a_matrix_of_numbers_is_what_let_says():
    grid = "\\begin{pmatrix} 2 & 1 \\\\ 1 & 2 \\end{pmatrix}"
    text = f"Let $B = {grid}$.\n\n$$B^2 = \\begin{{pmatrix}} 5 & 4 \\\\ 4 & 5 \\end{{pmatrix}}$$\n"
    assert [step.verdict for step in check_derivation(text).steps] == ["definition", "proved"]
    wrong = text.replace("5 & 4", "5 & 3")
    assert [step.verdict for step in check_derivation(wrong, repairs=False).steps] == ["definition", "wrong"]
    given, claim = text.split("\n\n")
    for more in ("Now let $B$ be arbitrary.", f"Let $B = {grid.replace('2', '3')}$.", "In general, $B$ is any matrix."):
        told = f"{given}\n\n{more}\n\n{claim}"
        assert [step.verdict for step in check_derivation(told, repairs=False).steps][-1] != "proved"


@pytest.mark.parametrize(
    "words", ["For odd $n$: ", "For every even $n$, ", "Für ungerade $n$ gilt ", "For $n$ prime we have "]
)
def test_a_definition_for_some_indices_defines_nothing(words):
    text = words + "$a_n = b_n^2$.\n\n$$a_2 + 1 = b_2^2 + 1$$\n\n$$a_n + 1 = b_n^2 + 1$$"
    found = [step.verdict for step in check_derivation(text, repairs=False).steps]
    assert "proved" not in found
    plain = check_derivation(text.replace(words, "Even so, "), repairs=False).claims
    assert [step.verdict for step in plain] == ["proved", "proved"]


USED = (
    "Logits $z \\in \\mathbb{R}^K$.\n\n$$L = \\log \\sum_{k=1}^K e^{z_k}$$\n\n"
    "$$\\frac{\\partial L}{\\partial z_j} = e^{z_j - L}$$\n\n"
)


@pytest.mark.parametrize("words", ["Let ${}$.", "If the logits are ${}$, then", "The logits are\n\n$${}$$\n\nso that"])
def test_a_letter_that_was_used_is_taken_apart_by_new_letters(words):
    text = USED + words.format("z = W h + b") + "\n\n$$\\frac{\\partial L}{\\partial b_j} = e^{z_j - L}$$"
    assert [step.verdict for step in check_derivation(text, repairs=False).steps][1:] == [
        "proved",
        "definition",
        "proved",
    ]


def test_a_value_of_a_letter_that_was_used_defines_nothing():
    text = USED + "Let $z = 2 L$.\n\n$$\\frac{\\partial L}{\\partial z_j} = e^{z_j - L}$$"
    assert "definition" not in [step.verdict for step in check_derivation(text, repairs=False).steps][2:]


def test_a_vector_with_an_index_defines_the_rows_of_a_matrix(definitions, claims):
    text = r"Let $X, V \in \mathbb{R}^{n \times n}$ and $x_i$ be row $i$ of $X$. We set" "\n\n"
    text += r"$$z_i = V x_i, \qquad z_{ik} = \sum_j V_{kj} x_{ij}$$"
    assert list(definitions(text)) == ["z"]
    assert len(claims(text)) == 1
    assert [step.verdict for step in check_derivation(text).claims] == ["proved"]
    assert [step.verdict for step in check_derivation(text.replace("V_{kj}", "V_{jk}")).claims] != ["proved"]


def test_a_block_may_use_a_name_that_the_text_defines():
    text = "---\nX: column n\ny := 2 z\n---\n\n$$z = X^T X$$\n\n$$y = 2 X^T X$$"
    assert [step.verdict for step in check_derivation(text).steps if step.displayed and step.line > 4] == [
        "definition",
        "proved",
    ]


def test_a_block_defines_probabilities_by_others():
    block = "p, q, \\phi: number, positive\nP(x|y=1) := p\nP(x|y=0) := q\nP(y=1) := \\phi\nP(y=0) := 1 - \\phi\n"
    block += "P(y=1|x) := \\frac{P(x|y=1) P(y=1)}{P(x|y=1) P(y=1) + P(x|y=0) P(y=0)}\n"
    text = r"$$P(y=1|x) = \frac{p \phi}{p \phi + q (1 - \phi)}$$"
    report = check_derivation(text, block, repairs=False)
    assert [step.verdict for step in report.claims] == ["proved"]
    assert report.problems == ()
    recursive = check_derivation(text, block + "P(y=0|x) := 1 - P(y=0|x)", repairs=False)
    assert "defines nothing" in recursive.problems[0][1]


WITHOUT_NUMBERS = r"""We use Einstein notation.

$$v = h W^{(2)} + b^{(2)}$$

$$\frac{\partial v_b}{\partial W_{cd}} = h_c \delta_{bd}$$

$$\frac{\partial v_b}{\partial b_c} = \delta_{bc}$$

$$\frac{\partial v_b}{\partial W_{cd}} = h_d \delta_{bd}$$

$$\frac{\partial v_b}{\partial b_c} = 0$$
"""


def test_a_block_says_that_a_letter_without_its_number_is_the_same():
    block = "h: row m\nW: matrix m n\nb: row n\nW^{(2)} := W\nb^{(2)} := b"
    report = check_derivation(WITHOUT_NUMBERS, block, repairs=False)
    assert not report.problems
    verdicts = [step.verdict for step in report.claims]
    assert verdicts[:2] == ["proved", "proved"]
    assert all(not each.startswith(("proved", "verified")) for each in verdicts[2:])
    found = check_derivation(WITHOUT_NUMBERS, "h: row m\nW: matrix m n\nb: row n", repairs=False).claims
    assert all(not step.verdict.startswith(("proved", "verified")) for step in found[:-1])  # v is made of another b


@pytest.mark.parametrize("line", ["a := a^T", "a := a + 1", "a_i := a_{i+1}", "a := b^L\nb^L := a"])
def test_a_block_does_not_define_a_name_by_itself(line):
    report = check_derivation("$$a = a$$", line, repairs=False)
    assert report.problems


EXAMPLES = r"""$$J(\theta) = \frac12 \sum_{i=1}^m (\theta^T x^{(i)} - y^{(i)})^2$$

$$X = [x^{(1)}, \dots, x^{(m)}]^T$$

"""


@pytest.mark.parametrize(
    "vector",
    [
        r"y = [y^{(1)}, \dots, y^{(m)}]^T",
        r"y = (y^{(1)}, y^{(2)}, \dots, y^{(m)})^T",
        r"y = \begin{bmatrix} y^{(1)} \\ \vdots \\ y^{(m)} \end{bmatrix}",
    ],
)
def test_the_values_of_all_examples_make_a_vector_of_the_same_letter(vector):
    text = f"{EXAMPLES}$${vector}$$\n\n$$J(\\theta) = \\frac12 (X\\theta - y)^T (X\\theta - y)$$\n\n"
    false = r"$$J(\theta) = \frac12 (X\theta - y)^T (X\theta - 2y)$$"
    *_, one, other = check_derivation(text + false, repairs=False).steps
    assert (one.verdict, other.verdict.startswith("wrong")) == ("proved", True)


def test_a_list_of_some_examples_is_no_vector_of_all():
    text = r"$$y = [y^{(1)}, y^{(2)}]^T$$" + "\n\n" + r"$$y^T y = \sum_{i=1}^m (y^{(i)})^2$$"
    assert check_derivation(EXAMPLES + text, repairs=False).steps[-1].verdict not in ("proved", "proved if")


RISK = r"""We minimize $R = -\sum_{i=1}^n y^{(i)} \log p^{(i)} + (1 - y^{(i)}) \log(1 - p^{(i)})$, where
$p^{(i)} = s(\theta^T x^{(i)})$ and $s(f) = 1/(1+\exp(-f))$. Then $$%s,$$ where

- $\mathbf{X} = (x^{(1)}, \dots, x^{(n)})^T \in \mathbb{R}^{n \times d}$
- $\mathbf{y} = (y^{(1)}, \dots, y^{(n)})^T$
- $p = (p^{(1)}, \dots, p^{(n)})^T$
"""


@pytest.mark.parametrize(
    ("claim", "proved"),
    [
        (r"\nabla_\theta R = \mathbf{X}^T (p - \mathbf{y})", True),
        (r"\nabla_\theta R = \mathbf{X}^T (\mathbf{y} - p)", False),
        (r"\nabla^2_\theta R = \sum_{i=1}^n x^{(i)} p^{(i)} (1 - p^{(i)}) x^{(i)T}", True),
        (r"\nabla^2_\theta R = \sum_{i=1}^n (x^{(i)})^T p^{(i)} (1 - p^{(i)}) x^{(i)}", False),
    ],
)
def test_a_list_of_the_values_of_all_examples_defines_an_array_behind_its_use(claim, proved):
    verdicts = {step.verdict for step in check_derivation(RISK % claim, repairs=False).steps} - {"definition"}
    assert (verdicts == {"proved"}) is proved
    assert len(verdicts & {"proved", "proved if", "verified"}) == proved


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial \ell}{\partial \theta_j} = \sum_{i=1}^m (y^{(i)} - \theta^T x^{(i)}) x_j^{(i)}", "proved"),
        (r"\frac{\partial \ell}{\partial \theta_j} = \sum_{i=1}^m (y^{(i)} - \theta^T x^{(i)})", "wrong if read so"),
        (r"p(y^{(i)} | x^{(i)}; \theta) = e^{-y^{(i)} y^{(i)} / 2}", "wrong if read so"),
    ],
)
def test_the_probability_of_each_example_is_defined_for_all(claim, verdict):
    text = r"""Let $x^{(i)}, \theta \in \mathbb{R}^n$ and

$$p(y^{(i)} | x^{(i)}; \theta) = \frac{1}{\sqrt{2\pi}} e^{-(y^{(i)} - \theta^T x^{(i)})^2 / 2}$$

$$\ell(\theta) = \sum_{i=1}^m \log p(y^{(i)} | x^{(i)}; \theta)$$

"""
    assert check_derivation(f"{text}$${claim}$$", repairs=False).steps[-1].verdict == verdict


def test_a_column_that_a_definition_writes_out_has_no_more_entries(definitions, reading_of):
    text = (
        r"$$f\left(\begin{pmatrix} x_1 \\ x_2 \end{pmatrix}\right) = 3 x_1 + x_2^2$$"
        "\n\nLet $a$, $b$ and $c$ be numbers.\n\n"
        r"$$f\left(\begin{pmatrix} a \\ b \end{pmatrix}\right) = 3 a + b^2$$"
        "\n\n"
        r"$$f\left(\begin{pmatrix} a \\ b \\ c \end{pmatrix}\right) = 3 a + b^2$$"
        "\n\n"
        r"$$\frac{\partial f}{\partial x_2} = 2 x_2 \qquad \frac{\partial f}{\partial x_3} = 0$$"
    )
    verdicts = [step.verdict for step in check_derivation(text, repairs=False).steps]
    assert verdicts == ["definition", "proved", "does not fit if read so", "proved", "undefined"]


def test_a_value_is_what_the_probability_that_it_is_equals(definitions):
    found = definitions(r"$q_k = P(y = k \mid x) = \frac{e^{z_k}}{\sum_j e^{z_j}}$ and $$\sum_k q_k = 1$$")
    assert found["q"] == "[k in n0: exp(z[k]) / sum(j in n0: exp(z[j]))]"
    assert definitions(r"$q_k = P(y = k \mid x)$ and $$\sum_k q_k = 1$$")["q"] == "[k in n0: P__given_0[k]]"


def test_a_function_whose_arguments_go_lost_is_not_defined(definitions):
    assert "H" not in definitions(r"$$H(u, p) = D_{KL}(u \| p) + \log 3$$" + "\n\n" + r"$$H(y, p) = 2 H(u, p)$$")
    assert "H" in definitions(r"$$H(u, p) = u \log p$$" + "\n\n" + r"$$H(y, p) = 2 H(u, p)$$")
