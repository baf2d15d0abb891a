"""Input that means harm, or nothing at all: an answer within the checker's own limits, never an error."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.documents import Unreadable
from chainrule.documents.checked import check_pieces, with_declarations
from chainrule.documents.sources.opening import pieces_of

HOSTILE = {
    "deep braces": "$$" + "{" * 10_000 + "x" + "}" * 10_000 + " = x$$",
    "open braces": "$$" + "{" * 10_000 + "$$",
    "deep brackets": "$$" + "(" * 10_000 + "x" + ")" * 10_000 + " = x$$",
    "deep fractions": "$$" + r"\frac{1}{" * 3000 + "x" + "}" * 3000 + " = x$$",
    "a tower of sums": "$$" + "".join(rf"\sum_{{{c}=1}}^n " for c in "abcdefghij") + "x_a = n$$",
    "three hundred sums": "$$" + r"\sum_{i=1}^n " * 300 + "x_i = 1$$",
    "sums of products of sums": "$$"
    + "".join(rf"\sum_{{{c}=1}}^n (1 + " for c in "abcdefgh")
    + "x_a"
    + ")" * 8
    + " = n$$",
    "twelve derivatives": "$$" + r"\frac{d}{dx} " * 12 + r"\tanh(x) = 1$$",
    "five hundred primes": "$$f" + "'" * 500 + "(x) = 1$$",
    "a tower of powers": "$$x^{9^{9^{9^9}}} = 2$$",
    "a tower of exponentials": "$$e^{e^{e^{e^{e^x}}}} = 2$$",
    "a sum to a hundred million": r"$$\sum_{i=1}^{100000000} x_i = 3$$",
    "a number of many digits": "$$" + "9" * 100_000 + " = 1$$",
    "two to the billion": "$$2^{1000000000} = 1$$",
    "a macro of itself": r"\newcommand{\a}{\a\a} $$\a = 1$$",
    "five thousand equals signs": "$$" + "=" * 5000 + "$$",
    "three thousand members": "$$" + "x = " * 3000 + "x$$",
    "dollars": "$" * 100_001,
    "matrices in matrices": "$$" + r"\begin{pmatrix}" * 500 + "x" + r"\end{pmatrix}" * 500 + " = x$$",
    "open environments": r"\begin{align}" * 2000,
    "definitions in a circle": "Let $f(x) = g(x)$ and $g(x) = f(x)$.\n\n$$f(x) = g(x) + 1$$",
    "declarations without end": "---\n" + "x: vector n\n" * 5000 + "---\n\n$$x = x$$",
    "a declared name that is none": "---\n\\hat W: matrix m n\n\\detW: vector n\nx_{: vector n\n---\n\n$$x = W x$$",
    "a matrix of nothing": r"$$y = \begin{pmatrix} \end{pmatrix} x = (\begin{pmatrix} & \\ \end{pmatrix})$$",
    "calls of nothing": r"$$f(x_1, x_2) = 3 x_1$$ $$f(1, 2) = f() + \max() + \min(\,)$$ "
    r"$$f(\begin{pmatrix} a \\ b \end{pmatrix}) = f()$$",
    "four hundred exercises": "".join(f"{n}. Let $f(x) = x$, $g = {n}$.\n\n" for n in range(400)),
    "bars": "$$" + "|" * 5001 + "x = 1$$",
    "subscripts": "$$x" + "_i" * 3000 + " = 1$$",
    "minus signs": "$$" + "-" * 5000 + "x = x$$",
    "transposes": "$$A" + "^T" * 500 + " = A$$",
    "eight free indices": "$$a_i b_j c_k d_l e_m f_p g_q h_r = h_r g_q f_p e_m d_l c_k b_j a_i$$",
    "a matrix of every size": "---\n"
    + "\n".join(f"W{c}: matrix m{c} n{c}" for c in "abcdefgh")
    + "\n---\n\n$$W_a = W_b$$",
    "huge sizes": "---\nn: size 100000000\nx: vector n\ncode: softmax\n---\n\n$$\\sum_i x_i = \\mathtt{softmax}(x)_1$$",
    "code that is none": "---\ncode: __import__('os').system('true')\n---\n\n$$1 = 1$$",
    "emoji": "$$😀 = 😀$$",
    "carriage returns": "$$a\r=\rb$$",
    "a side that is a relation": r"Let $x = \stackrel{i=j}{=}$ be given.",
}
ALPHABET = [
    "x",
    "y_i",
    "W_{ij}",
    r"\sigma(x)",
    "1",
    "0",
    "e^{x}",
    r"\delta_{ij}",
    "[i=j]",
    "I",
    r"\mathbf{1}",
    "e_y",
    "f'(x)",
    r"\sum_{i=1}^n",
    r"\frac{1}{2}",
    r"\frac{\partial L}{\partial x_i}",
    r"\frac{d}{dx}",
    "D_x",
    r"\nabla",
    r"\log",
    "(",
    ")",
    "+",
    "-",
    r"\cdot",
    "/",
    r"\odot",
    r"\dots",
    r"^\top",
    "^2",
    "_i",
    "'",
    "=",
    "=",
    r"\leq",
    "{",
    "}",
    r"\left(",
    r"\right)",
    "|",
    ",",
    "&",
    r"\\",
    r"\quad",
    r"\stackrel{i=j}{=}",
    "dx",
    r"\text{if }",
    r"\begin{pmatrix} 1 & x \\ 0 & 1 \end{pmatrix}",
    r"\begin{cases} 1 & i = j \\ 0 & i \neq j \end{cases}",
    r"\operatorname{diag}(s)",
    "z^{(1)}",
    r"\circ",
    r"\in",
    r"\max(x, 0)",
    r"\det",
    r"\mathtt{a.b}(x)_i",
]


def sound(text, name="", declarations=""):
    """The report, after making sure that nothing in it says that the checker itself failed."""
    pieces = with_declarations(pieces_of(text, name), declarations)
    report = check_pieces(pieces, mending=False, seconds=0.5, total=1.0)
    told = [*(step.message for step in report.steps), *report.remarks]
    assert [each for each in told if "please report it" in each] == []
    return report


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_gets_an_answer(name):
    assert sound(HOSTILE[name]).exit_code in (0, 1, 2)


def test_megabytes_are_refused_at_once():
    with pytest.raises(Unreadable, match="characters"):
        sound("x = y\n" * 2_000_000)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(ALPHABET), min_size=1, max_size=14).map(" ".join), st.booleans())
def test_any_heap_of_symbols_gets_an_answer(formula, display):
    sound(f"$${formula}$$" if display else f"Let ${formula}$ be given.\n\n$$x = {formula}$$")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["a.md", "a.tex", "a.txt", "a.rst"]))
def test_any_text_gets_an_answer(text, name):
    try:
        sound(text, name=name)
    except Unreadable:
        assert "\x00" in text or '"cells"' in text


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="xyn: ,=vectorcode(0,1)\\_^{}", max_size=30), max_size=6))
def test_any_declarations_get_an_answer(lines):
    sound("---\n" + "\n".join(lines) + "\n---\n\n$$x = x$$", declarations="\n".join(lines))
