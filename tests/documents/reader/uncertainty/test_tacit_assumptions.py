"""What proofs assume that texts do not say."""

import pytest
from tests.documents.reader.verdicts import verdicts

from chainrule.documents import check_derivation


def test_a_capital_letter_that_is_read_as_a_number_beside_an_unfit_formula_is_told():
    text = (
        "---\nA: matrix 3 2\n---\n\nLet $x$ be a number, $b$ a number, $z = W x + b$"
        " and $\\delta = \\frac{\\partial L}{\\partial z}$. Then\n"
        "$$\n\\frac{\\partial L}{\\partial x} = W \\delta, \\qquad A^T A = x\\, W A\n$$\n"
    )
    found = check_derivation(text, repairs=False).steps
    assert [step.verdict for step in found][-2:] == ["proved if", "does not fit if read so"]
    assert "W is a number" in found[-2].message


def test_that_a_size_is_a_number_is_no_assumption():
    text = "$$P = \\prod_{n=0}^{N-1} y_n$$\n\n$$\\frac{E(w)}{N} = \\frac{1}{N} \\sum_{n=0}^{N-1} E_n$$\n\n"
    steps = check_derivation(
        text + "$$\\frac{1}{N} \\sum_{n=0}^{N-1} 2 y_n = \\frac{2}{N} \\sum_{n=0}^{N-1} y_n$$"
    ).steps
    assert steps[-1].verdict == "proved"


def test_a_column_in_front_of_a_derivative_by_a_matrix_is_told():
    block = "---\nU: matrix d n\nv: column d\np: %s n\n---\n\n"
    claim = r"$$p \frac{\partial (U^\top v)}{\partial U} = v %s$$"
    column = check_derivation(block % "column" + claim % r"p^\top", repairs=False).claims[0]
    row = check_derivation(block % "row" + claim % "p", repairs=False).claims[0]
    assert (column.verdict, row.verdict) == ("proved if", "proved")
    assert column.assumed == ("a column in front of a derivative by a matrix stands for its transpose",)


def test_a_transpose_that_is_lost_in_front_of_a_derivative_by_a_matrix_does_not_fit():
    text = (
        "---\nU: matrix d n\nv: column d\nt := U^\\top v\ny: column n, one-hot\n---\n\n"
        "$$J = CE(y, \\hat y), \\quad \\hat y = softmax(t)$$\n\n"
        r"$$\frac{\partial J}{\partial t} = (\hat y - y)^\top$$"
        "\n\n"
        r"$$\frac{\partial J}{\partial v} = \frac{\partial J}{\partial t} \frac{\partial t}{\partial v}$$"
        "\n\n"
        r"$$\frac{\partial J}{\partial t} \frac{\partial t}{\partial U} = %s \frac{\partial U^\top v}{\partial U}$$"
    )
    lost = check_derivation(text % r"(\hat y - y)", repairs=False).claims
    kept = check_derivation(text % r"(\hat y - y)^\top", repairs=False).claims
    assert [step.verdict for step in lost] == ["proved", "proved", "does not fit"]
    assert [(step.verdict, step.assumed) for step in kept] == [("proved", ())] * 3


def test_capitals_that_are_multiplied_entry_by_entry_are_told_to_be_vectors():
    text = (
        r"$$\text{diag}(\mathbf{A})_{ij} = 0$$" "\n\n" r"$$\mathbf{A} + \mathbf{B} = \mathbf{B} + \mathbf{A}$$" "\n\n"
    )
    step = check_derivation(text + r"$$\mathbf{AB} = \mathbf{BA}$$", repairs=False).claims[-1]
    assert step.verdict != "proved"
    assert set(step.assumed) <= {"A is a vector", "B is a vector"}


@pytest.mark.parametrize(
    ("text", "claim", "verdict"),
    [
        ("$$z = f(x, y) = x y$$", r"\frac{\partial z}{\partial x} = y", "proved if"),
        ("$$z = f(x, y) = x y$$", r"\frac{\partial z}{\partial x} = y + x", "wrong if read so"),
        ("$$z = x y$$", r"\frac{\partial z}{\partial x} = y", "wrong if read so"),
        ("Let $y = g(x)$ and\n\n$$z = f(x, y) = x y$$", r"\frac{\partial z}{\partial x} = y", "wrong if read so"),
    ],
)
def test_an_argument_beside_the_variable_is_free_where_only_other_sections_say_what_it_is(text, claim, verdict):
    document = f"# One\n\nA node applies a function: $y = g(x)$.\n\n# Two\n\n{text}\n\nWe have\n\n$${claim}$$"
    found = check_derivation(document, repairs=False).steps[-1]
    assert found.verdict == verdict
    assert verdict != "proved if" or "if y does not depend on the variable" in found.message


def test_a_capital_that_something_is_differentiated_by_is_told_to_be_a_vector():
    found = check_derivation(
        r"$$\frac{\partial (x^T A y)}{\partial A} = y x$$", "x: column n\ny: number", repairs=False
    ).steps[-1]
    assert (found.verdict, "A is a vector" in found.message) == ("proved if", True)


@pytest.mark.parametrize("arguments", ["x_1, x_2", "u, v"])
def test_an_unknown_function_moves_by_its_arguments_whatever_it_is_elsewhere(arguments):
    text = r"""# One

For a function $$f : \begin{pmatrix} x_1\\ \vdots\\ x_n \end{pmatrix} \mapsto
\begin{pmatrix} f_1(x_1, \ldots, x_n)\\ \vdots\\ f_m(x_1, \ldots, x_n) \end{pmatrix}$$ and a number $w$

$$f_i(x + h) = f_i(x) %s \langle \nabla_x f_i | h \rangle + o(h)$$

$$\frac{\partial f_i(x)}{\partial w} = 0$$

# Two

Let $f : \mathbb{R}^2 \to \mathbb{R}$ with $f(x) = w x_1 + x_2^2$.

$$\frac{\partial f(x)}{\partial w} = x_1$$

# Three

Let $f : \mathbb{R}^2 \to \mathbb{R}$ with $f(arguments) = 3 v$.""".replace("arguments", arguments)
    verdicts = [step.verdict for step in check_derivation(text % "+", repairs=False).claims]
    assert verdicts[0] == verdicts[-1] == "proved"
    assert verdicts[1] != "proved"  # the function of the second section has w
    assert check_derivation(text % "-", repairs=False).claims[0].verdict == "wrong if read so"


@pytest.mark.parametrize(
    "words",
    ["A sum over pairs runs over different numbers.", "Summen über $i$ und $j$ sind über verschiedene Zahlen."],
)
def test_a_text_that_restricts_its_sums_makes_an_assumption_of_full_ones(words):
    sums = "$$\\sum_{i, j} x_i x_j = \\Big(\\sum_i x_i\\Big)^2$$"
    assert verdicts("Let $x_1, \\dots, x_n$ be numbers.", sums) == ["proved"]
    assert verdicts(f"Let $x_1, \\dots, x_n$ be numbers. {words}", sums) == ["proved if"]
