"""The value of each kind of node."""

import pytest

from chainrule.checking.documents import check_derivation

DECLARED = "---\nx: vector n\na: scalar\nW: matrix n n\n---\n\n"
FUNCTIONS = "---\nx, t: vector n\na: scalar\nf(u) := u^2\ng(u, v) := u v\nh(x)_i := \\frac{x_i}{\\sum_k x_k}\n---\n\n"


@pytest.mark.parametrize(
    "equation",
    [
        r"\max(2, 3) - \min(2, 3) = 1",
        r"\max_{1 \le i \le 3} i^2 = 9",
        r"\prod_{i=1}^4 i = 24",
        r"\sum_{i=1}^3 \sum_{j \neq i} [i = j] = 0",
        r"\begin{cases} 1 & 2 > 3 \\ 5 & \text{otherwise} \end{cases} = 5",
        r"[x > 0] + [x \le 0] = \mathbf{1}",
        r"\operatorname{diag}(x)_{ij} = [i = j] x_i",
        r"0 + \operatorname{tr}(W) = \sum_i W_{ii}",
        r"\|x\|^2 = x^\top x",
        r"I x = x",
        r"(W x)_i = W_i^\top x",
        r"\begin{pmatrix} 1 & 2 \end{pmatrix} \begin{pmatrix} 3 \\ 4 \end{pmatrix} = 11",
        r"a^{-2} = \frac{1}{a^2}",
    ],
)
def test_a_true_equation_is_verified_and_twice_its_left_side_is_not(equation):
    assert check_derivation(f"{DECLARED}$${equation}$$").steps[-1].verdict == "verified"
    left, right = equation.split(" = ")[0], equation.split(" = ", 1)[1]
    assert check_derivation(f"{DECLARED}$${left} = {right} + a$$").steps[-1].verdict != "verified"


@pytest.mark.parametrize(
    ("equation", "reason"),
    [
        (r"\sum_{i=1}^{1000} i = 0", "a sum of 1000 terms"),
        (r"W^2 = W", "a power of a matrix"),
        (r"x + x / W = W x", "a division by a matrix"),
        (r"\log(-1) = 0", "the logarithm of a number that is not positive"),
    ],
)
def test_what_has_no_value_is_told(equation, reason):
    assert reason in check_derivation(f"{DECLARED}$${equation}$$").steps[-1].message


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"f(x)_i = x_i^2", "verified"),
        (r"f(a + 1) = a^2 + 2 a + 1", "verified"),
        (r"g(a, 2) = 2 a", "verified"),
        (r"h(2 x)_i = h(x)_i", "verified"),
        (r"\sum_i h(x + t)_i = 1", "verified"),
        (r"h(x + t)_i = h(x)_i", "wrong"),
        (r"g(a) = a", "not read"),
    ],
)
def test_functions_of_numbers_act_on_entries_and_functions_of_vectors_on_vectors(claim, verdict):
    assert check_derivation(f"{FUNCTIONS}$${claim}$$").steps[-1].verdict == verdict


def test_entries_of_vectors_of_different_length_are_not_combined():
    step = check_derivation("---\nx: vector 2\ny: vector 3\ng(u, v) := u v\n---\n\n$$g(x, y) = 0$$").steps[-1]
    assert "the arguments of g have different shapes" in step.message


@pytest.mark.parametrize(
    ("definition", "claim", "verdict"),
    [
        ("f = x^2 + 1", "f(u + 1) = (u + 1)^2 + 1", "verified"),
        ("f = x^2 + 1", "f(u + 1) = (u + 1)^2", "wrong"),
        (r"f = \sum_i w_i^2", "f(2 w) = 4 f(w)", "verified"),
        (r"f = \sum_i w_i^2", "f(2 w) = 2 f(w)", "wrong"),
        (r"f = x y", "f(3) = 9", "not read"),
    ],
)
def test_an_argument_replaces_the_only_name_of_its_shape_in_a_definition_without_parameters(definition, claim, verdict):
    assert check_derivation(f"Let ${definition}$.\n\n$${claim}$$").steps[-1].verdict == verdict


def test_a_function_of_a_row_is_a_row():
    verdicts = [
        check_derivation(f"{FUNCTIONS}$$h(x^\\top) t = {claim}$$").steps[-1].verdict
        for claim in (r"\sum_i h(x)_i t_i", r"\sum_i h(x)_i")
    ]
    assert verdicts == ["verified", "wrong"]


@pytest.mark.parametrize(
    ("left", "true", "false"),
    [
        (r"x y \cdot x", r"(x^\top y) x", r"(x^\top x) y"),
        (r"a\, y x \cdot y", r"a (x^\top y) y", r"a (y^\top y) x"),
        (r"W x x \cdot y", r"(x^\top y) W x", r"(x^\top y) W y"),
    ],
)
def test_products_are_read_from_the_right_where_the_shapes_need_it(left, true, false):
    declared = "---\nx, y: vector n\na: scalar\nW: matrix n n\n---\n\n"
    verdicts = [check_derivation(f"{declared}$${left} = {right}$$").steps[-1].verdict for right in (true, false)]
    assert verdicts == ["verified", "wrong"]


@pytest.mark.parametrize(
    ("first", "verdict"),
    [(r"x^\top \\ y^\top", "verified"), (r"y^\top \\ x^\top", "wrong"), (r"x \\ y", "not read")],
)
def test_a_column_of_row_vectors_is_a_matrix(first, verdict):
    text = rf"$$\begin{{pmatrix}} {first} \end{{pmatrix}} x = \begin{{pmatrix}} x^\top x \\ y^\top x \end{{pmatrix}}$$"
    assert check_derivation(f"---\nx, y: vector n\n---\n\n{text}").steps[-1].verdict == verdict


@pytest.mark.parametrize(
    ("rows", "claim", "verdict"),
    [
        (2, "(W x)_1 = W_{11} x_1 + W_{12} x_2", "verified"),
        (2, "(W x)_1 = W_{11} x_1 + W_{21} x_2", "wrong"),
        (12, r"(W x)_{12} = W_{12}^\top x", "verified"),
    ],
)
def test_two_digits_name_an_entry_of_a_matrix_without_so_many_rows(rows, claim, verdict):
    declared = f"---\nW: matrix {rows} 2\nx: vector 2\n---\n\n"
    assert check_derivation(f"{declared}$${claim}$$").steps[-1].verdict == verdict


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"x W y^\top = y W^\top x^\top", "verified"),
        (r"x W y^\top = y W^\top y^\top", "wrong"),
        (r"\mathbf{1} x^\top = \sum_i x_i", "verified"),
        (r"e_k x^\top = x_k", "verified"),
        (r"f(x) W y^\top = y W^\top f(x)^\top", "verified"),
        (r"t x^\top = 2 \sum_i x_i", "verified"),
    ],
)
def test_vectors_without_a_transpose_are_rows_where_the_text_declares_it(claim, verdict):
    declared = "---\nx, y: vector n\nW: matrix n n\nk: index n\nf(x)_i := x_i^2\nlayout: rows\n---\n\n"
    text = f"{declared}Let $t = 2 \\cdot \\mathbf{{1}}$.\n\n$${claim}$$"
    assert check_derivation(text).steps[-1].verdict == verdict
