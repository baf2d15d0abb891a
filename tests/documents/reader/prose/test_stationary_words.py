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
