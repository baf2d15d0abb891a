"""Derivatives that only a mark tells: f_x for f(x, y), y' and dots; and marks that are none."""

import pytest

from chainrule.documents import check_derivation


def verdict(text, name="a.md"):
    return [step.verdict for step in check_derivation(text, name=name).steps if step.is_claim]


@pytest.mark.parametrize(
    ("claim", "wanted"),
    [
        ("f_x = 2 x y^3 + y", "proved"),
        ("f_x = 2 x y^3", "wrong"),
        ("f_y = 3 x^2 y^2 + x", "proved"),
        ("f_{xx} = 2 y^3", "proved"),
        ("f_{xy} = 6 x y^2 + 1", "proved"),
        ("f_{yx} = f_{xy}", "proved"),
        ("f_{yy} = 3 x^2 y^2", "wrong"),
        ("f_x(1, 2) = 18", "proved"),
        ("f_x(1, 2) = 16", "wrong"),
        ("x f_x + y f_y = 5 x^2 y^3 + 2 x y", "proved"),
    ],
)
def test_letters_of_arguments_below_a_function_are_derivatives(claim, wanted):
    assert verdict(f"Let $f(x, y) = x^2 y^3 + x y$. Then\n\n$${claim}$$") == [wanted]


@pytest.mark.parametrize(
    "text",
    [
        "Let $p(x, y) = x y / 9$. The marginal is\n\n$$p_x = x / 3$$",  # a distribution
        "Let $F(x, y) = F_x + F_y$ with\n\n$$F_x = x y$$",  # components
        "Let $v(x, y) = (y, x)$.\n\n$$v_x = y$$",
        "Let $f(x) = x^2$.\n\n$$f_x = x + 1$$",  # one argument
        "Let $f(x, y) = x y$.\n\n$$f_n = n + 1$$",  # another letter
        "Let $f(x, y)$ be smooth.\n\n$$f_x = x + 1$$",  # no formula
    ],
)
def test_other_subscripts_are_none(text):
    assert "wrong" not in verdict(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Let $y = e^{-x^2/2}$. The derivative is $$y' = -x e^{-x^2/2}$$", ["proved"]),
        ("Let $y = e^{-x^2/2}$. The derivative is $$y'' = (x^2 - 1) e^{-x^2/2}$$", ["proved"]),
        ("Let $y = e^{-x^2/2}$. The derivative is $$y' = x e^{-x^2/2}$$", ["wrong"]),
        ("A particle moves along $x = t e^{-2t}$. The velocity is $$\\dot x = (1 - 2t) e^{-2t}$$", ["proved"]),
        ("A particle moves along $x = t e^{-2t}$. The velocity is $$\\ddot x = -4 (1 - t) e^{-2t}$$", ["proved"]),
    ],
)
def test_primes_and_dots_of_values_are_derivatives_by_their_only_letter(text, wanted):
    assert verdict(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "Let $y = x^2$. The other one is\n\n$$y' = x + 1$$",  # no word of derivatives
        "Let $y = x w$. Its slope is\n\n$$y' = x + 1$$",  # two letters
        "Let $y = x^2$. Its slope is\n\n$$y'(x - 1) = 1$$",  # a product or a value
        "Let $x = s^2$. Its velocity is\n\n$$\\dot x = s$$",
    ],
)
def test_other_primes_and_dots_are_names(text):
    assert "wrong" not in verdict(text)


def test_a_run_of_letters_that_all_stand_alone_is_a_product():
    assert verdict("$$(a c + b d)^2 = a^2 c^2 + 2abcd + b^2 d^2$$") == ["proved"]
    assert verdict("$$2 loss = loss + loss$$") == ["proved"]


@pytest.mark.parametrize(
    ("claim", "expected"),
    [("y'(0) = 0", "proved"), ("y'(0) = 1", "wrong"), ("y'(x) = 2x", "proved"), ("y'(2)(x - 2) = 4x - 8", "proved")],
)
def test_a_bracket_behind_a_prime_is_the_place_of_the_derivative(claim, expected):
    assert verdict(f"Let $y = x^2$. Its slope is\n\n$${claim}$$") == [expected]
