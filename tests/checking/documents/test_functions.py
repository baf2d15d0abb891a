"""Scripts, and functions with their arguments, are read as people mean them."""

import pytest

from chainrule.checking.documents.stream import NotRead


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (r"x_i y_j", "x_i y_j"),
        (r"W_{ij} x_j", "W_{ij} x_j"),
        (r"x_{i+1}", "x_{i + 1}"),
        (r"W^{(2)}_{kj}", "W^(2)_{kj}"),
        (r"W_{kj}^{(2)}", "W^(2)_{kj}"),
        (r"h^a_j", "h^a_j"),
        (r"x^{*} y^*", "x^* y^*"),
        (r"w^{+} - w^-", "w^+ - w^-"),
        (r"z_{1,i}", "z_1_i"),
        (r"A^\top b", "Aᵀ b"),
        (r"a^{[1]T} b", "a^(1)ᵀ b"),
        ("eˣ + e⁻ˣ", "e^x + e^{-x}"),
        (r"\exp(x_i)", "e^{x_i}"),
        (r"\ln f(x)", "log(f(x))"),
        (r"\tanh^2 x", "tanh(x)^2"),
        (r"\tanh -x", "tanh(-x)"),
        (r"1 - \tanh^2", "1 - tanh^2"),
        (r"\tanh^2 - 1", "tanh^2 - 1"),
        (r"\tanh_i", "tanh_i"),
        (r"f^2(x)", "f(x)^2"),
        (r"f'(x) + \sigma'(x)", "f'(x) + σ'(x)"),
        (r"\mathrm{softmax}(x)_i", "softmax(x)_i"),
        (r"\operatorname{diag}(s)", "diag(s)"),
        (r"\operatorname{diag}(\begin{pmatrix} a & b \end{pmatrix} + s)", "diag((a, b) + s)"),
        ("σ(−x)", "σ(-x)"),
    ],
)
def test_what_is_written_is_understood(text, meant, understood):
    assert understood(text) == meant


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (r"n!", "factorials"),
        (r"x_{}", "an empty subscript"),
        (r"2_i", "a subscript that is not read"),
        (r"\sqrt[3]{x}", "roots of higher order"),
        (r"\det A", "determinants are not read"),
        (r"f(x = 1)", "a relation among the arguments"),
    ],
)
def test_what_is_not_read_is_said_with_the_construct(text, reason, understood):
    with pytest.raises(NotRead, match=reason) as refusal:
        understood(text)
    assert refusal.value.at <= len(text)
