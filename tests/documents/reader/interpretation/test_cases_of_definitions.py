"""Definitions that hold only for some arguments, one case after the other."""

import pytest

from chainrule.documents import check_derivation

VALUES = "$$f(3) = -9, \\quad f(3) = 9, \\quad f(-3) = -9, \\quad f(-3) = 9$$"


@pytest.mark.parametrize(
    "paragraphs",
    [
        (r"$$f(x) = x^2 \quad \text{for } x > 0, \qquad f(x) = -x^2 \quad \text{for } x \le 0$$",),
        ("For $x > 0$ let", "$$f(x) = x^2$$", r"and for $x \le 0$ let", "$$f(x) = -x^2$$", "Then"),
        ("If $x > 0$, then", "$$f(x) = x^2$$", r"If $x \le 0$, then", "$$f(x) = -x^2$$", "Then"),
    ],
)
def test_each_case_counts_where_it_holds(paragraphs):
    steps = check_derivation("\n\n".join((*paragraphs, VALUES)), repairs=False).steps
    assert [step.verdict for step in steps] == [
        *["definition"] * 2,
        "wrong if read so",
        "proved",
        "proved",
        "wrong if read so",
    ]


def test_a_case_in_a_sentence_counts_where_it_holds():
    text = "Let $f(x) = x^2$ for $x > 0$ and $f(x) = -x^2$ for $x \\le 0$. Then\n\n" + VALUES
    found = [step.verdict for step in check_derivation(text, repairs=False).steps if step.displayed]
    assert found[:2] == ["wrong if read so", "proved"]
    assert "proved" not in found[3:]


@pytest.mark.parametrize(
    "words",
    [
        "For $x > 0$ let $f(x) = x \\log x$.",
        "Let $f(x) = x \\log x$ for $x > 0$.",
        "For $x > 0$ we define $$f(x) = x \\log x .$$",
        "Let $x > 0$ and $f(x) = x \\log x$.",
    ],
)
def test_a_function_with_one_case_is_differentiated_there(words):
    text = f"{words} Then\n\n$$f'(x) = \\log x + 1$$"
    assert check_derivation(text, repairs=False).steps[-1].verdict == "proved"


def test_what_holds_for_some_arguments_of_a_defined_function_is_a_claim():
    text = "Let $f(x) = |x|$. For $x > 0$ we have\n\n$$f(x) = x$$\n\nHence\n\n$$f(-2) = 2, \\quad f(-2) = -2$$"
    assert [step.verdict for step in check_derivation(text, repairs=False).steps] == [
        "definition",
        "proved",
        "proved",
        "wrong if read so",
    ]


@pytest.mark.parametrize(
    "words",
    [
        "Let $f(n) = n^2$ for odd $n$ and $f(n) = 1$ for even $n$. Then",
        "Let $f(n) = n^2$ if $n$ is odd and $f(n) = 1$ if $n$ is even. Then",
        "For odd $n$ let\n\n$$f(n) = n^2$$\n\nThen",
    ],
)
def test_a_case_of_some_whole_numbers_defines_nothing(words):
    assert check_derivation(f"{words}\n\n$$f(4) = 16$$", repairs=False).steps[-1].verdict == "no definition"


def test_a_function_that_is_even_is_defined_everywhere():
    text = "The function $f(x) = x^2$ is even. Then\n\n$$f(3) = 9$$"
    assert check_derivation(text, repairs=False).steps[-1].verdict == "proved"


RAMP = r"$$y = x \quad (x > 0) \\ y = 0 \quad (x \le 0)$$"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial y}{\partial x} = 1 \quad (x > 0)", "proved"),
        (r"\frac{\partial y}{\partial x} = 0 \quad (x < 0)", "proved"),
        (r"y = \max(0, x)", "proved"),
        (r"\frac{\partial y}{\partial x} = 1 \quad (x < 0)", "wrong"),
        (r"\frac{\partial y}{\partial x} = 0 \quad (x > 1)", "wrong"),
        (r"\frac{\partial y}{\partial x} = 1", "wrong"),
        (r"y = -x \quad (x > 0)", "wrong if read so"),
    ],
)
def test_a_value_has_cases_behind_its_formulas(claim, verdict):
    assert check_derivation(f"{RAMP}\n\n$${claim}$$", repairs=False).steps[-1].verdict.startswith(verdict)


def test_a_value_with_one_case_is_not_that_of_all_arguments():
    text = r"$$y = x \quad (x = 0)$$" + "\n\n" + r"$$\frac{\partial y}{\partial x} = 1$$"
    assert check_derivation(text, repairs=False).steps[-1].verdict != "proved"


def test_other_cases_in_another_display_are_no_cases_of_the_first():
    leaky = r"$$y = x \quad (x > 0) \\ y = a x \quad (x \le 0)$$"
    text = f"{RAMP}\n\n{leaky}\n\n$$\\frac{{\\partial y}}{{\\partial x}} = a \\quad (x < 0)$$"
    assert check_derivation(text, repairs=False).steps[-1].verdict != "wrong"


MATRIX = "Let $s$ be an $n \\times n$ matrix."


@pytest.mark.parametrize(
    "paragraphs",
    [
        (r"$$a_{ij} = s_{ij}^2 \quad \text{for } j \le i, \qquad a_{ij} = s_{ij}^3 \quad \text{for } j > i$$",),
        (r"$$a_{ij} = s_{ij}^2 \quad \text{for } j \le i$$", r"$$a_{ij} = s_{ij}^3 \quad \text{otherwise}$$"),
        ("For $j > i$ let", "$$a_{ij} = s_{ij}^3$$", r"For $j \le i$ let", "$$a_{ij} = s_{ij}^2$$"),
        (r"Let $a_{ij} = s_{ij}^2$ for $j \le i$, and let $a_{ij} = s_{ij}^3$ for $j > i$.",),
    ],
)
@pytest.mark.parametrize(
    ("sides", "verdict"),
    [
        (r"\sum_{j=1}^i s_{ij}^2 + \sum_{j=i+1}^n s_{ij}^3", "proved"),
        (r"\sum_{j=1}^n s_{ij}^2", "true for some indices"),  # for i = n
        (r"\sum_{j=1}^{i-1} s_{ij}^2 + \sum_{j=i}^n s_{ij}^3", "wrong"),
    ],
)
def test_each_case_of_indices_counts_where_it_holds(paragraphs, sides, verdict):
    text = "\n\n".join((MATRIX, *paragraphs, f"$$\\sum_{{j=1}}^n a_{{ij}} = {sides}$$"))
    assert check_derivation(text, repairs=False).steps[-1].verdict.startswith(verdict)


def test_a_label_chooses_an_entry():
    text = "Let $z$ be a vector with $n$ entries and $y$ a class.\n\n$$t_k = 1 \\quad \\text{for } k = y$$\n\n"
    text += "$$t_k = 0 \\quad \\text{for } k \\ne y$$\n\n$$\\sum_k t_k z_k = z_y, \\qquad \\sum_k t_k z_k = z_1$$"
    assert [step.verdict for step in check_derivation(text, repairs=False).steps[2:]] == [
        "proved",
        "true for some indices",
    ]  # y = 1


@pytest.mark.parametrize("condition", [r"(i \ne j)", r"\text{for } i > j", "(i = j)", "(j = 1)"])
def test_entries_that_are_defined_for_some_indices_have_no_sum(condition):
    text = f"{MATRIX}\n\n$$a_{{ij}} = s_{{ij}}^2 \\quad {condition}$$\n\n"
    text += r"$$\sum_i \sum_j a_{ij} = \sum_i \sum_j s_{ij}^2$$"
    assert check_derivation(text, repairs=False).steps[-1].verdict in ("undefined", "undecided")


@pytest.mark.parametrize("condition", [r"i = 1, \dots, n", r"1 \le i \le n", "(i = 1, 2, \\ldots, n)"])
def test_a_range_of_an_index_is_no_case(condition):
    text = f"Let $x$ be a vector with $n$ entries.\n\n$$v_i = x_i^2 \\quad {condition}$$\n\n"
    text += r"$$\sum_{i=1}^n v_i = \sum_{i=1}^n x_i^2$$"
    assert check_derivation(text, repairs=False).steps[-1].verdict == "proved"


def test_an_equation_of_transposed_entries_after_a_case_is_unclear():
    text = MATRIX + "\n\n$$a_{ij} = s_{ij}^2 \\quad \\text{for } i < j$$\n\n$$a_{ji} = s_{ij}^2$$\n\n"
    text += r"$$\sum_i a_{ii} = 0$$"
    assert check_derivation(text, repairs=False).steps[-1].verdict == "no definition"
