"""Terms of letters and of what has scripts."""

import pytest

from chainrule.documents import check_derivation


@pytest.mark.parametrize(
    ("formula", "term"),
    [
        ("A^T", "turned(A)"),
        ("a^2", "raised(a, 2)"),
        ("A^{-1}", "raised(A, -1)"),
        ("e^{-x}", "exp(-x)"),
        (r"\delta_{ij}", "[i = j]"),
        (r"a_{i_j}", "a[i, j]"),
        (r"\|x\|_1", "norm1(x)"),
        (r"\hat{y}_i", "y_hat[i]"),
        ("W_{out}", "W_out"),
        (r"30^\circ", "30 * over(pi, 180)"),
        ("30°", "30 * over(pi, 180)"),
        ("z_{i+1}", "z[i + 1]"),
    ],
)
def test_a_letter_with_scripts_is(formula, term, elaborated):
    assert elaborated(formula) == term


def test_a_superscript_is_a_layer_where_the_document_says_so(elaborated):
    assert elaborated("a^l", layers={"l"}) == "a__l"
    assert elaborated("a^{l-1}", layers={"l"}) == "a__l_minus_1"
    assert elaborated("a^l") == "raised(a, l)"


def test_a_function_without_arguments_is_its_value_at_its_parameters(claims):
    text = "$$s(z) = \\frac{1}{1 + e^{-z}}$$\n\n$$s' = s (1 - s), \\quad 2 s = s + s, \\quad s(1 - z) = s(1 - z)$$"
    assert claims(text) == ["s'(z) = s(z) * (1 - s(z))", "2 * s(z) = s(z) + s(z)", "s(1 - z) = s(1 - z)"]


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
    step = check_derivation(f"{EXAMPLES}\n\n$$u_j^{{(i)}} - u_j = 0$$", repairs=False).steps[-1]
    assert step.verdict == "proved if"
    assert "if u without a number is that of the same example" in step.message
    step = check_derivation(f"{EXAMPLES}\n\n$$u_j^{{(i)}} - u_j = 1$$", repairs=False).steps[-1]
    assert step.verdict == "wrong if read so"


def test_a_negative_number_in_a_subscript_is_a_part_of_the_name(claims):
    text = "$$c_k^T c_k = 1$$\n\n$$c_1 - c_{-1} = r$$"
    assert claims(text)[-1] == "c_1 - c_minus_1 = r"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\sin 30^\circ = \frac{1}{2}", "proved"),
        (r"\cos 45^\degree = \frac{1}{\sqrt 2}", "proved"),
        (r"\tan 60^o = \sqrt 3", "proved"),
        (r"\sin 30^\circ = \frac{1}{3}", "wrong"),
        (r"180^\circ = \pi", "proved"),
    ],
)
def test_a_circle_above_a_number_is_degrees(claim, verdict, verdict_of):
    assert verdict_of(claim, "") == verdict


def test_a_power_is_one_where_the_letter_is_told(verdict_of):
    assert verdict_of("2^o 2^o = 2^{2 o}", "o: number") == "proved"


@pytest.mark.parametrize("sign", ["T", "\\top"])
def test_the_inverse_of_a_transpose_is_read(sign):
    claim = f"$$\\frac{{\\partial \\log \\det X}}{{\\partial X}} = X^{{-{sign}}}$$"
    assert [step.verdict for step in check_derivation(claim).steps] == ["proved"]


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [(r"x^{^2} x^{^3} = x^{^5}", "proved"), (r"x^{^2} x^{^3} = x^{^6}", "wrong"), (r"^2 x = x \, ^2", "not read")],
)
def test_a_script_of_nothing_is_that_script_within_another_one(claim, verdict):
    assert [step.verdict for step in check_derivation(f"$${claim}$$", "x: number").steps] == [verdict]


LABELS = r"""$$a_i = (x^{(i)} - \mu_{y^{(i)}})^2$$

$$\sum_{i=1}^m (x^{(i)} - \mu_{y^{(i)}})^2
= \sum_{i=1}^m \left( 1\{y^{(i)} = 1\} (x^{(i)} - \mu_1)^2 + 1\{y^{(i)} = %s\} (x^{(i)} - \mu_{%s})^2 \right)$$

$$\frac{\partial}{\partial \mu_1} \sum_{i=1}^m (x^{(i)} - \mu_{y^{(i)}})^2
= -2 \sum_{i=1}^m 1\{y^{(i)} = 1\} (x^{(i)} - \mu_1)$$

$$\frac{\partial}{\partial \mu_1} \sum_{i=1}^m (x^{(i)} - \mu_{y^{(i)}})^2
= -2 \sum_{i=1}^m (x^{(i)} - \mu_1)$$
"""


@pytest.mark.parametrize(("fact", "other"), [("±1", "-1"), ("0 or 1", "0")])
def test_a_label_below_chooses_between_what_its_two_values_name(fact, other):
    def verdicts(text, block):
        return [step.verdict for step in check_derivation(text, block, repairs=False).claims]

    text, block = LABELS % (other, other), f"x^i: number\ny^i: number, {fact}"
    *right, wrong = verdicts(text, block)
    assert set(right) <= {"proved", "verified"}
    assert wrong in ("wrong", "wrong if read so")
    swapped = verdicts(
        text.replace(r"\{y^{(i)} = 1\} (x^{(i)} - \mu_1)^2", r"\{y^{(i)} = 1\} (x^{(i)} + \mu_1)^2"), block
    )
    assert swapped[0] in ("wrong", "wrong if read so")
    assert verdicts(text, "x^i: number\ny^i: number")[0] not in ("proved", "verified")


def test_a_script_behind_nothing_is_told():
    [step] = check_derivation("$$x = ° 3$$").steps
    assert (step.verdict, "a script behind nothing" in step.message) == ("not read", True)


def test_one_with_two_indices_compares_them():
    text = r"Let $s = \text{softmax}(x)$. Then $$\frac{\partial s_i}{\partial x_j} = s_i(1_{ij} - s_j).$$"
    assert [step.verdict for step in check_derivation(text, repairs=False).claims] == ["proved"]


MEMBERS = "Here $u_o$ is the $o$-th row of $U$, and $v_c$ is the $c$-th column of $V$.\n\n"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"u_o^T v_c = \sum_j U_{oj} V_{jc}", "proved"),
        (r"\frac{\partial J}{\partial u_o} = (u_o^T v_c) v_c", "proved"),
        (r"u_o^T v_c = \sum_j U_{jo} V_{jc}", "does not fit if read so"),
        (r"\frac{\partial J}{\partial u_o} = (u_o^T v_c) u_o", "wrong if read so"),
    ],
)
def test_vectors_that_are_rows_or_columns_of_a_matrix_are_parts_of_it(claim, verdict, verdict_of):
    declared = "U: matrix W D\nV: matrix D M\no: 1..W\nc: 1..M\nJ := \\frac{1}{2} (\\sum_j U_{oj} V_{jc})^2"
    assert verdict_of(claim, declared, MEMBERS) == verdict


def test_a_letter_with_a_definition_is_what_it_says():
    text = "Let $x_i$ be the $i$-th row of $X$.\n\n$$x_i = A z_i$$\n\n$$2 x_i = 2 A z_i$$\n\n$$X_{i1} = x_{i1}$$"
    assert [each.verdict for each in check_derivation(text, repairs=False).steps[1:]] == ["proved", "wrong if read so"]
