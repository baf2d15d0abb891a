"""Columns, rows and matrices that are written out."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.language.printing import text_of


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"\begin{pmatrix} x_1 \\\\ x_2 \end{pmatrix}", "table(x[1] | x[2])"),
        (r"\begin{pmatrix} x_1 & x_2 \end{pmatrix}", "table(x[1] | x[2])'"),
        (r"\begin{pmatrix} x_1 \\\\ \vdots \\\\ x_n \end{pmatrix}", "[_k in n: x[_k]]"),
        (r"\begin{pmatrix} x_1 & 0 \\\\ 0 & x_2 \end{pmatrix}", "table(x[1], 0 | 0, x[2])"),
    ],
)
def test_a_grid_is_a_column_a_row_or_a_matrix(written, meant, claims):
    claim = claims(f"$$\\sum_i x_i^2 = 1$$\n\n$${written} = 2 {written}$$")[-1]
    assert claim.split(" = ")[0] == meant


def test_rows_with_dots_within_a_column_with_dots_have_indices_of_their_own():
    text = r"""Let $A \in \mathbb{R}^{m \times n}$ with entries $a_{ij}$ and $x \in \mathbb{R}^n$. Then

$$A x = \begin{bmatrix} a_{11}x_1 + a_{12}x_2 + ... + a_{1n}x_n \\ a_{21}x_1 + a_{22}x_2 + ... + a_{2n}x_n \\
\vdots \\ a_{m1}x_1 + a_{m2}x_2 + ... + a_{mn}x_n \end{bmatrix}$$"""
    assert [step.verdict for step in check_derivation(text, repairs=False).claims] == ["proved"]
    wrong = text.replace("a_{mn}", "a_{nm}").replace("a_{1n}", "a_{n1}").replace("a_{2n}", "a_{n2}")
    assert [step.verdict for step in check_derivation(wrong, repairs=False).claims] != ["proved"]


VECTORS = r"""Let $x_i \in \mathbb{R}^n$ for $i = 1, \dots, m$ and $w \in \mathbb{R}^n$.

"""


@pytest.mark.parametrize(
    ("defined", "meant"),
    [
        (r"X = [x_1, x_2, \dots, x_m]", "[_i in n, _k in m: member(x, _k)[_i]]"),
        (r"X = [x_1 \; \cdots \; x_m]", "[_i in n, _k in m: member(x, _k)[_i]]"),
        (r"X = [x_1, x_2, x_3]", "[_i in n, _k in 3: member(x, _k)[_i]]"),
        (r"X = (x_1, \dots, x_m)^T", "[_i in n, _k in m: member(x, _k)[_i]]'"),
        (r"X = \begin{pmatrix} x_1 & \cdots & x_m \end{pmatrix}", "[_i in n, _k in m: member(x, _k)[_i]]"),
        (r"X = \begin{pmatrix} x_1^T \\ \vdots \\ x_m^T \end{pmatrix}", "[_k in m, _i in n: member(x, _k)'[_i]]"),
        (
            r"X = \begin{bmatrix} | & & | \\ x_1 & \cdots & x_m \\ | & & | \end{bmatrix}",
            "[_i in n, _k in m: member(x, _k)[_i]]",
        ),
        (
            r"X = \begin{bmatrix} - & x_1^T & - \\ & \vdots & \\ - & x_m^T & - \end{bmatrix}",
            "[_k in m, _i in n: member(x, _k)'[_i]]",
        ),
        (r"z = \begin{bmatrix} x_1^T w \\ \vdots \\ x_m^T w \end{bmatrix}", "[_k in m: member(x, _k)' @ w]"),
        (r"z = (w^T x_1, \dots, w^T x_m)^T", "[_k in m: w' @ member(x, _k)]''"),
    ],
)
def test_columns_beside_each_other_and_rows_below_each_other_are_a_matrix(defined, meant, reading_of):
    [definition] = reading_of(f"{VECTORS}$${defined}$$").derivation.definitions
    assert text_of(definition.body) == meant


@pytest.mark.parametrize(
    ("claimed", "verdict"),
    [
        (r"X X^T = \sum_{i=1}^m x_i x_i^T", "proved"),
        (r"w^T X = [w^T x_1, \dots, w^T x_m]", "proved"),
        (r"X^T w = (w^T x_1, \dots, w^T x_m)^T", "proved"),
        (r"X^T w = \begin{bmatrix} x_1^T w & \cdots & x_m^T w \end{bmatrix}", "does not fit if read so"),
        (r"X^T X = \sum_{i=1}^m x_i x_i^T", "does not fit if read so"),
        (r"X X^T = \sum_{i=1}^m x_i w^T", "wrong if read so"),
    ],
)
def test_claims_about_a_matrix_of_columns_are_judged(claimed, verdict):
    text = f"{VECTORS}$$X = [x_1, \\dots, x_m]$$\n\n$${claimed}$$"
    assert check_derivation(text, repairs=False).steps[-1].verdict == verdict


def test_a_list_of_vectors_is_no_list_of_numbers_where_only_the_display_is_read():
    text = f"{VECTORS}$$B = [x_1, x_2, x_3]$$\n\n$$B^T B = x_1 x_1^T + x_2 x_2^T + x_3 x_3^T$$"
    assert check_derivation(text, repairs=False).steps[-1].verdict == "does not fit if read so"


def test_the_last_of_several_examples_is_one():
    text = r"""Let $x^{(i)} \in \mathbb{R}^n$ for $i = 1, \dots, m$.

$$X = [x^{(1)}, \dots, x^{(m)}]$$

$$X X^T = \sum_{i=1}^m x^{(i)} {x^{(i)}}^T$$"""
    assert [step.verdict for step in check_derivation(text, repairs=False).claims] == ["proved"]


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"[z_1, z_2, \dots, z_m] = w^T x + b", "proved"),
        (r"[z_1, z_2, \dots, z_m] = w^T x", "wrong if read so"),
        (r"[z_1, z_2, \dots, z_m] = x^T w + b", "proved"),
        (r"[z_1, z_2, \dots, z_m]^T = x^T w + b", "proved"),
        (r"[z_1, z_2, \dots, z_m]^T = w^T x + b", "does not fit if read so"),
        (r"w [z_1, z_2, \dots, z_m] = w (w^T x + b)", "proved"),
        (r"w [z_1, z_2, \dots, z_m] = w (w^T x - b)", "wrong if read so"),
        (r"(z_1, z_2, \dots, z_m) = w^T x + b", "does not fit if read so"),
    ],
)
def test_a_list_of_numbers_in_square_brackets_is_a_row_where_one_is_wanted(claim, verdict, verdict_of):
    text = "Let $z_i = w^T x_i + b$.\n\n"
    assert verdict_of(claim, "w: column n\nx: matrix n m\nb: number", before=text) == verdict


ROWS = "Let $x, y \\in \\mathbb{R}^n$.\n\n$$M = \\begin{pmatrix} x^T \\\\ y^T \\end{pmatrix}$$\n\n"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"M x = \begin{pmatrix} x^T x \\ y^T x \end{pmatrix}", "proved"),
        (r"M x = \begin{pmatrix} y^T \\ x^T \end{pmatrix} x", "wrong"),
        (r"M M^T = \begin{pmatrix} x^T x & x^T y \\ y^T x & y^T y \end{pmatrix}", "proved"),
        (r"M M^T = \begin{pmatrix} x^T x & x^T y \\ y^T y & y^T y \end{pmatrix}", "wrong"),
    ],
)
def test_two_transposes_below_each_other_are_rows(claim, verdict, verdict_of):
    assert verdict_of(claim, "", before=ROWS) == verdict


COMPONENTS = r"""Let $f : \mathbb{R}^n \to \mathbb{R}^m$ with components $f_1(x), \ldots, f_m(x)$ and $x, h \in \mathbb{R}^n$.

$$J(x) = \begin{pmatrix} \frac{\partial f_1}{\partial x}(x)^T \\ \vdots \\ \frac{\partial f_m}{\partial x}(x)^T \end{pmatrix}$$

"""  # noqa: E501
LINE = r"\frac{\partial f_%s}{\partial x_1}(x) \ldots \frac{\partial f_%s}{\partial x_n}(x)"


@pytest.mark.parametrize(
    ("claim", "is_proved"),
    [
        (rf"J(x) = \begin{{pmatrix}} {LINE % (1, 1)} \\ \ddots \\ {LINE % ('m', 'm')} \end{{pmatrix}}", True),
        (rf"J(x)^T = \begin{{pmatrix}} {LINE % (1, 1)} \\ \ddots \\ {LINE % ('m', 'm')} \end{{pmatrix}}", False),
        (r"f(x + h) = f(x) + J(x) \cdot h + o(h)", True),
        (r"f(x + h) = f(x) - J(x) \cdot h + o(h)", False),
    ],
)
def test_components_without_arguments_are_entries_between_dots(claim, is_proved, verdict_of):
    assert (verdict_of(claim, "", before=COMPONENTS) == "proved") is is_proved


DRAWN = {
    "beside": r"\begin{bmatrix} - & x_1^T & - \\ & \vdots & \\ - & x_m^T & - \end{bmatrix}",
    "within": r"\begin{bmatrix} - x_1^T - \\ \vdots \\ - x_m^T - \end{bmatrix}",
    "words": r"\begin{bmatrix} \text{---} x_1^T \text{---} \\ \vdots \\ \text{—} x_m^T — \end{bmatrix}",
    "rules": r"\begin{bmatrix} \rule[.5ex]{2em}{0.5pt} & x_1^T & \rule[.5ex]{2em}{0.5pt} \\ & \vdots & \\ "
    r"\rule[.5ex]{2em}{0.5pt} & x_m^T & \rule[.5ex]{2em}{0.5pt} \end{bmatrix}",
}


@pytest.mark.parametrize("drawn", DRAWN.values(), ids=DRAWN)
def test_strokes_show_which_way_vectors_lie(drawn):
    right, wrong = (rf"$$X^T X = \sum_{{i=1}}^m x_i x_i^T {more}$$" for more in ("", "+ w w^T"))
    found = check_derivation(f"{VECTORS}$$X = {drawn}$$\n\n{right}\n\n{wrong}", repairs=False).claims
    assert [step.verdict.startswith("proved") for step in found] == [True, False]


def test_a_rule_without_its_second_length_takes_nothing_else():
    [step] = check_derivation(r"$$\rule{1em} - 1 = -1$$", repairs=False).claims
    assert step.verdict == "proved"


def test_a_minus_before_an_entry_is_no_stroke():
    formula = r"$$\begin{bmatrix} - x_1 y \\ - x_2 \end{bmatrix} = - \begin{bmatrix} x_1 y \\ x_2 \end{bmatrix}$$"
    [step] = check_derivation(formula, repairs=False).claims
    assert step.verdict == "proved"


@pytest.mark.parametrize(
    ("written", "verdict"),
    [
        (r"\begin{bmatrix} 1 \\ \vdots \\ 1 \end{bmatrix}", "proved"),
        (r"\begin{pmatrix} 1 & 1 & \cdots & 1 \end{pmatrix}^T", "proved"),
        (r"[1, 1, \ldots, 1]^T", "proved"),
        (r"\begin{bmatrix} 2 \\ \vdots \\ 2 \end{bmatrix}", "wrong"),
        (r"\begin{bmatrix} 1 \\ \vdots \\ 2 \end{bmatrix}", "wrong if read so"),  # 1, 2, ..., which has two entries
    ],
)
def test_a_column_of_one_number_is_as_long_as_it_must_be(written, verdict):
    [step] = check_derivation(rf"{VECTORS}$$w^T {written} = \sum_j w_j$$", repairs=False).claims
    assert step.verdict == verdict


@pytest.mark.parametrize("of", ["", "^{(\\ell)}"])
@pytest.mark.parametrize(("more", "verdict"), [("", "proved"), (" + v", "not read")])
def test_bold_columns_with_numbers_are_those_with_a_letter(of, more, verdict):
    columns = [f"\\mathbf a{of}_1", f"\\mathbf a{of}_2", "\\cdots", f"\\mathbf a{of}_N"]
    multiplied = " & W ".join(columns).replace("W \\cdots", "\\cdots")
    text = (
        f"$$X = \\begin{{pmatrix}} {' & '.join(columns)} \\end{{pmatrix}}$$\n\n"
        f"$$W X = \\begin{{pmatrix}} W {multiplied}{more} \\end{{pmatrix}}$$"
    )
    assert str(check_derivation(text, repairs=False).steps[-1].verdict) == verdict
