"""Fractions and derivatives are read as people mean them."""

import pytest

from chainrule.checking.documents.grammar import parse
from chainrule.checking.documents.printing import unicode
from chainrule.checking.documents.stream import NotRead
from chainrule.checking.documents.tokens import tokens


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (r"\frac{\partial s_i}{\partial x_j}", "∂s_i/∂x_j"),
        (r"\frac{\partial^2 L}{\partial x_i \partial x_j}", "∂^2L/(∂x_i ∂x_j)"),
        (r"\frac{d}{dx} \tanh(x)", "∂/∂x tanh(x)"),
        (r"\partial L / \partial W", "∂L/∂W"),
        (r"\partial_{x_j} s_i", "∂s_i/∂x_j"),
        (r"D_x f(x)", "D_x f(x)"),
        (r"D f(x)", "D_x f(x)"),
        (r"\nabla_x L", "∇_x L"),
        (r"dW^\top W", "dWᵀ W"),
        ("∂z_i/∂x_j", "∂z_i/∂x_j"),
        (r"\frac12 a", "1/2 a"),
        (r"x^2.5", "x^2 · 1/2"),
    ],
)
def test_what_is_written_is_understood(text, meant, understood):
    assert understood(text) == meant


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (r"\frac{\partial l}{z_j}", "its denominator has no ∂"),
        (r"\frac{l}{\partial z_j}", "its numerator has no ∂"),
        (r"\frac{\partial^2 l}{\partial z_j}", "order 2 above, 1 below"),
        (r"\frac{\partial^7 l}{\partial z^7}", "not a small number"),
        (r"\nabla^3 l", "∇ to this power"),
    ],
)
def test_what_is_not_read_is_said_with_the_construct(text, reason, understood):
    with pytest.raises(NotRead, match=reason) as refusal:
        understood(text)
    assert refusal.value.at <= len(text)


@pytest.mark.parametrize(("text", "meant"), [("x^12", "x^{12}"), ("x^2.5 a", "x^{5/2} a")])
def test_an_exponent_of_plain_text_has_all_its_digits(text, meant):
    assert unicode(parse(tokens(text, plain=True), plain=True)) == meant
