"""Formulas that authors read in two ways are read in one, and never called wrong without doubt."""

import pytest

from chainrule.documents import check_derivation

LETTERS = "Let $a$, $b$, $x$, $y$ be positive numbers.\n\n"


def verdict_of(step):
    [checked] = check_derivation(f"{LETTERS}$${step}$$\n", repairs=False).claims
    return checked.verdict


@pytest.mark.parametrize("step", [
    r"\cos x y = \cos(xy)", r"\tanh a x = \tanh(a x)", r"\exp x y = e^{xy}", r"\log x (1 + y) = \log x + \log(1 + y)",
    r"\log a / b = \log a - \log b", r"\cos 2 x / 3 = \cos(2 x / 3)", r"\ln 1 + x = \ln(1 + x)",
    r"1/2x = \frac{1}{2x}", r"a/bx = \frac{a}{bx}", r"e^{-x^2/2a^2} = \exp(-\frac{x^2}{2a^2})",
    r"\frac{d}{dx} x^2 y + x = 2xy + 1", r"\frac{1}{1 + e^{-x}} = 1/1+e^{-x}",
    r"\max_{0 \le t \le 1} t (1 - t) = \frac{1}{4}",
])  # fmt: skip
def test_the_other_reading_is_a_doubt(step):
    assert verdict_of(step) == "wrong if read so"


@pytest.mark.parametrize("step", [
    r"\log a / b = \frac{\log a}{b}", r"1/2x = \frac{x}{2}", r"\cos x y = y \cos x", r"\ln 1 + x = x",
    r"\frac{d}{dx} x^2 y + x = 2xy + x", r"\frac{d}{dx} x^2 y + \frac{d}{dx} x = 2xy + 1",
    r"\sin x \cos y = \cos y \sin x",
])  # fmt: skip
def test_the_usual_reading_is_proved(step):
    assert verdict_of(step) == "proved"


@pytest.mark.parametrize("step", [
    r"x \log x / x = \log x + 1",  # nobody means log(x / x)
    r"\log(a) / b = \log a - \log b", r"\cos(x) y = \cos(x y)", r"\log x \cdot y = \log(x y)", r"1/(2x) = \frac{x}{2}",
    r"a / b \cdot x = \frac{a}{b x}", r"\frac{d}{dx} (x^2 y) + x = 2xy + 1", r"\log a + x = \log(a + x)",
])  # fmt: skip
def test_where_brackets_or_signs_end_what_is_taken_nothing_is_in_doubt(step):
    assert verdict_of(step) == "wrong"


def test_a_step_whose_doubts_are_about_this_alone_is_no_condition_of_later_ones():
    steps = check_derivation(rf"{LETTERS}$$\cos x y = \cos(x y)$$ $$2 a = a + b$$", repairs=False).claims
    assert [step.verdict for step in steps] == ["wrong if read so", "wrong"]


def test_the_entries_of_a_symmetric_matrix_may_be_free():
    text = r"Let $X \in \mathbb{R}^{n \times n}$ be symmetric. $$\frac{\partial \log \det X}{\partial X} = X^{-1}$$"
    [step] = check_derivation(text, repairs=False).claims
    assert step.verdict == "wrong if read so"
    assert "the derivative by X may be that without its symmetry" in step.message


def test_an_index_below_a_maximum_is_no_value():
    [step] = check_derivation(r"Let $x \in \mathbb{R}^n$. $$\max_i x_i = 3$$", repairs=False).claims
    assert step.verdict == "wrong"


MATRICES = r"Let $A$, $B$ and $C$ be $n \times n$ matrices, $x \in \mathbb{R}^n$ and $a$ a number." + "\n\n"


@pytest.mark.parametrize("step", [
    r"\operatorname{tr} A B C = \operatorname{tr} B C A", r"x^T A x = \operatorname{tr} A x x^T",
    r"\|A\|_F^2 = \text{tr} A^T A", r"\|A\|_{\mathrm{F}}^2 = |A|_F^2",
    r"\operatorname{tr} A + \operatorname{tr} B = \operatorname{tr}(A + B)", r"|a| = a\, \text{sign}\, a",
    r"\text{vec} A B C = (C^T \otimes A) \text{vec} B", r"|x|_2^2 = x^T x", r"\|x\|_1 = |x|_1",
])  # fmt: skip
def test_the_trace_takes_the_product_behind_it_and_bars_with_numbers_are_norms(step):
    assert [each.verdict for each in check_derivation(f"{MATRICES}$${step}$$", repairs=False).claims] == ["proved"]


@pytest.mark.parametrize(
    "step", [r"\|x\|_3 = \|x\|_2", r"\|x\|_p^p = x^T x", r"\|A\|_* = a", r"\|x\|_A = a", r"\|x\|_0 = 1"]
)
def test_other_norms_are_not_read(step):
    [found] = check_derivation(f"{MATRICES}$${step}$$", repairs=False).claims
    assert found.verdict == "not read"
    assert "a norm with this subscript" in found.message
