"""Words that set a derivative to zero."""

import pytest

from chainrule.documents.reader.prose.stationary_words import zeroing_in


@pytest.mark.parametrize(
    "sentence",
    [
        "Taking the derivative and setting it equal to zero yields",
        "we set the derivative of the loss with respect to ⟦4⟧ equal to zero",
        "At the minimum the gradient vanishes, so",
        "Equating this to 0 gives",
        "The minimum is where the slope is zero.",
        "Nullsetzen der Ableitung ergibt",
        "On annule la dérivée",
        "igualando a cero la derivada",
        "приравняем производную к нулю",
        "Cho đạo hàm bằng 0",
        "令导数等于 0，得",
        "令 derivative ⟦4⟧=0",
        "微分を0とおく",
        "미분을 0으로 놓으면",
    ],
)
def test_words_that_set_a_derivative_to_zero(sentence):
    assert zeroing_in(sentence, 3, str)


@pytest.mark.parametrize(
    "sentence",
    ["We set the bias to zero.", "set x to 0.001", "the derivative is 0.001", "The gradient is large.", "设 ⟦3⟧=⟦4⟧"],
)
def test_words_that_set_nothing_to_zero(sentence):
    assert zeroing_in(sentence, 3, str) is None


@pytest.mark.parametrize(
    ("formula", "is_zero"),
    [
        (r"\frac{\partial L}{\partial w} = 0", True),
        (r"f'(x + 1) = 2 x - 4 = 0", True),
        (r"-2 X^T (y - X w) = \nabla_w L = 0", True),
        ("c x' - x' c = 0", False),
        (r"\frac{d}{2} a - a \frac{d}{2} = 0", False),
        ("f'(x) = 10", False),
    ],
)
def test_an_equation_sets_a_derivative_to_zero_only_if_one_of_its_sides_is_a_derivative(formula, is_zero):
    assert (zeroing_in("⟦3⟧", 3, [*"abc", formula].__getitem__) is not None) is is_zero
