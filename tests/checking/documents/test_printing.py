"""Printed formulas are read back as the same formula."""

import pytest

from chainrule.checking.documents.grammar import parse
from chainrule.checking.documents.printing import latex, unicode
from chainrule.checking.documents.tokens import tokens

FORMULAS = [
    "a - b + c",
    r"-\frac{1}{2} x^2",
    r"\frac12 x",
    "x_i y_j",
    "W_{ij} x_j",
    "x_{i+1}",
    "W^{(2)}_{kj}",
    "W_{kj}^{(2)}",
    "h^a_j",
    "z_{1,i}",
    "e^{-z}",
    r"\exp(x_i)",
    r"\log \sum_k e^{x_k}",
    r"\ln f(x)",
    r"\tanh^2 x",
    "f^2(x)",
    r"f'(x) + \sigma'(x)",
    r"\sum_{k=1}^n a_k b - c",
    r"\sum_{i,j} a_i b_j",
    r"\sum_{\substack{j=1 \\ j \neq i}}^n s_j",
    r"\prod_{i=1}^n x_i",
    r"\frac{\partial s_i}{\partial x_j}",
    r"\frac{\partial^2 L}{\partial x_i \partial x_j}",
    r"\frac{d}{dx} \tanh(x)",
    r"\partial L / \partial W",
    r"\partial_{x_j} s_i",
    "D_x f(x)",
    r"\nabla_x L",
    r"dW^\top W",
    r"A^\top b",
    "a^{[1]T} b",
    r"a \odot b^\top c",
    r"\delta_{ij}",
    r"\mathbb{1}_{i=j}",
    r"\mathbf 1\{i = j\}",
    "I(i = j)",
    "1_{[i=j]}",
    "[a > 0]",
    r"\mathbf{1} s^\top",
    "e_y",
    r"|x| \cdot \|y\|",
    r"\max(x, 0)",
    r"\underbrace{a + b}_{c} d",
    r"\langle u, v \rangle",
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
    r"\mathrm{softmax}(x)_i",
    r"\operatorname{diag}(s)",
    "∂z_i/∂x_j",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_is_printed_is_read_back_as_the_same_formula(text, names):
    node = parse(tokens(text), names)
    assert unicode(parse(tokens(latex(node)), names)) == unicode(node)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        (r"\frac{\partial s_i}{\partial x_j} - (a + b) c", r"\frac{\partial s_{i}}{\partial x_{j}} - (a + b) c"),
        (r"a \odot \mathbf{1}", r"a \odot \mathbf{1}"),
        (r"\sum_{k=1}^n a_k", r"\sum_{k=1}^{n} a_{k}"),
        (r"\begin{cases} 1 & i = j \\ 0 & \text{otherwise} \end{cases}",
         r"\begin{cases} 1 & i = j \\ 0 & otherwise \end{cases}"),
        (r"\mathtt{softmax.pullback}(x)", r"\mathtt{softmax.pullback}(x)"),
    ],
)  # fmt: skip
def test_formulas_are_printed_as_latex(text, printed, names):
    assert latex(parse(tokens(text), names)) == printed
