"""Documents of which the last claim is false, or true, if what they state is read as they state it."""

import pytest

from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.verdicts.document_steps import steps_of


def last_verdict(text):
    return steps_of(pieces_of(text, "notes.md"), seconds=60.0).steps[-1].verdict.name


def block(lines, claim):
    return f"---\n{lines}\n---\n\n$${claim}$$\n"


SOFTMAX = r"Let $p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}$." + "\n\n"
FALSE = {
    "declared square, not symmetric": block("B: matrix n n\ny: vector n", r"\nabla_y (y^\top B y) = 2 B^\top y"),
    "declared square, order lost": block("B, C: matrix n n", r"(B C)^\top = B^\top C^\top"),
    "declared word": block("v: vector n\nalpha: scalar", r"\sum_{j=1}^n (v_j + alpha) = \sum_{j=1}^n v_j + alpha"),
    "probabilities, not one-hot": block("q: vector n, positive, sum 1", r"\sum_j q_j^3 = \sum_j q_j^2"),
    "between 0 and 1, not 0 or 1": block("r: scalar, in (0,1)", r"r^2 = r"),
    "function, not factor": "Let $g$ be a differentiable function.\n\n$$g(3x) = 3 g(x)$$",
    "always called": r"$$\mathcal{E}(u + v) = \mathcal{E}(u) + \mathcal{E}(v)$$",
    "denied": "We do not suppose that $u > 0$.\n\n$$|u| = u$$",
    "withdrawn": "Let $u > 0$. Now $u > 0$ is no longer supposed.\n\n$$|u| = u$$",
    "backwards": "$$|u| = u$$\n\nFrom here on let $u > 0$.",
    "of another sentence": "If $u > 0$, all is easy. In all cases we have\n\n$$|u| = u$$",
    "of another section": "# One\n\nLet $u > 0$.\n\n# Two\n\n$$|u| = u$$",
    "unlike": SOFTMAX
    + "Unlike before, where $i = j$ held, now\n\n"
    + r"$$\frac{\partial p_i}{\partial z_j} = p_i (1 - p_i)$$",
    "of another case": SOFTMAX
    + "For $i = j$ it is simple. For $i \\neq j$\n\n"
    + r"$$\frac{\partial p_i}{\partial z_j} = p_i (1 - p_i)$$",
    "value at which it holds, said later": "Let $u$ be a number.\n\n$$u^2 = u$$\n\nNow $u = 1$.",
    "layout": block("W: matrix n n\nx: vector n\nlayout: columns", r"\frac{\partial W x}{\partial x} = W"),
    "narrow": block("q: scalar, in (0,1)", r"\log \max(q, 10^{-9}) = \log q"),
    "function of numbers": "Let $h : \\mathbb{R} \\to \\mathbb{R}$ be smooth and $m = \\frac{1}{2} (u + v)$."
    + "\n\n$$h(m) \\le h(u) + h(v)$$",
    "therefore": SOFTMAX + r"Therefore $\frac{\partial p_i}{\partial z_i} = p_i (1 + p_i)$.",
    "symmetric later": block("B: matrix n n", r"B^\top = B") + "\nSuppose now that $B$ is symmetric.\n",
}
TRUE = {
    "symmetric": block("B: matrix n n, symmetric\ny: vector n", r"\nabla_y (y^\top B y) = 2 B y"),
    "said to be symmetric": "The matrix $B$ is symmetric.\n\n" + r"$$B^\top B = B^2$$",
    "orthonormal": block("Q: matrix n n, orthonormal\ny: vector n", r"\|Q y\|^2 = \|y\|^2"),
    "one-hot": SOFTMAX
    + "Let $L = -\\sum_k t_k \\log p_k$ where $t$ is a one-hot vector.\n\n"
    + r"$$\frac{\partial L}{\partial z_j} = p_j - t_j$$",
    "sum said in the sentence": SOFTMAX
    + "Let $L = -\\sum_k t_k \\log p_k$ with $\\sum_k t_k = 1$.\n\n"
    + r"$$\frac{\partial L}{\partial z_j} = p_j - t_j$$",
    "loss of a vector": "---\nW: matrix m n\nx: vector n\nf: function\n---\nLet $z = W x$ and $J = f(z)$.\n\n"
    + r"$$\nabla_x J = W^\top \nabla_z J$$",
    "sizes of spaces": "Let $z = W x$ with $W \\in \\mathbb{R}^{m \\times n}$ and $x \\in \\mathbb{R}^n$.\n\n"
    + r"$$\frac{\partial z}{\partial x} = W$$",
    "0 or 1": "Let $y \\in \\{0, 1\\}$.\n\n$$y^3 = y$$",
    "plus or minus 1": "For $y \\in \\{-1, 1\\}$ we have\n\n$$\\frac{1}{y} = y$$",
    "for positive": "For $u > 0$ we have\n\n$$\\sqrt{u^2} = u.$$",
    "columns": block("W: matrix n m\nx: vector m\nlayout: columns", r"\frac{\partial W x}{\partial x} = W^\top"),
}


@pytest.mark.parametrize("name", FALSE)
def test_nothing_false_follows_from_what_is_not_stated(name):
    wanted = ("wrong", "wrong if read so", "true for some indices", "does not fit", "proved if")
    assert last_verdict(FALSE[name]) in wanted


@pytest.mark.parametrize("name", TRUE)
def test_what_follows_from_what_is_stated_is_proved(name):
    assert last_verdict(TRUE[name]) == "proved"
