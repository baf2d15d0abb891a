"""Differentials at a point, applied to a direction."""

import pytest

from chainrule.documents import check_derivation

NUMBER = r"Let $f : \mathbb{R}^n \to \mathbb{R}$ be smooth and $x, h \in \mathbb{R}^n$. $$f(x + h) = f(x) + c$$ "
WRITTEN = r"Let $f(\begin{pmatrix} x_1 \\ x_2 \end{pmatrix}) = 3x_1 + x_2^2$. "
VECTOR = r"Let $g(x) = A x$ and $x, h \in \mathbb{R}^n$. "
HERE = r"\mathrm{d}_{\begin{pmatrix} a \\ b \end{pmatrix}} f(\begin{pmatrix} h_1 \\ h_2 \end{pmatrix})"


def verdict(text, claim):
    return check_derivation(f"{text}\n\n$${claim}$$", repairs=False).steps[-1].verdict


@pytest.mark.parametrize(
    ("text", "true", "false"),
    [
        (NUMBER, r"\mathrm{d}_x f(h) = \langle \nabla_x f | h \rangle", r"\mathrm{d}_x f(h) = h^T h"),
        (NUMBER, r"f(x + h) = f(x) + \mathrm{d}_x f (h) + o(h)", r"f(x + h) = f(x) - \mathrm{d}_x f (h) + o(h)"),
        (
            NUMBER,
            r"\mathrm{d}_x f(h + x) = \mathrm{d}_x f(h) + \mathrm{d}_x f(x)",
            r"\mathrm{d}_x f(h + x) = \mathrm{d}_x f(h) \mathrm{d}_x f(x)",
        ),
        (WRITTEN, f"{HERE} = 3 h_1 + 2 b h_2", f"{HERE} = 3 h_1 + 2 a h_2"),
        (VECTOR, r"\mathrm{d}_x g(h) = A h", r"\mathrm{d}_x g(h) = A x"),
    ],
)
def test_a_differential_is_the_derivative_in_its_direction(text, true, false):
    assert verdict(text, true) == "proved"
    assert verdict(text, false).startswith("wrong")


def test_an_upright_d_is_a_name_where_no_function_takes_the_letter_below():
    text = r"Let $\mathrm{d}_x$ and $f$ be numbers. $$q = \mathrm{d}_x f(g + h)$$ "
    assert verdict(text, r"q = (h + g) \mathrm{d}_x f") == "proved"
