"""Functions with their arguments are read as people mean them."""

import pytest

from chainrule.checking.derivations.stream import NotRead


@pytest.mark.parametrize(
    ("text", "meant"),
    [
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
        ("σ(−x)", "σ(-x)"),
    ],
)
def test_what_is_written_is_understood(text, meant, understood):
    assert understood(text) == meant


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (r"\sqrt[3]{x}", "roots of higher order"),
        (r"\det A", "determinants are not read"),
        (r"f(x = 1)", "a relation among the arguments"),
    ],
)
def test_what_is_not_read_is_said_with_the_construct(text, reason, understood):
    with pytest.raises(NotRead, match=reason) as refusal:
        understood(text)
    assert refusal.value.at <= len(text)
