"""Words that suppose an equation, and words with which the next one follows."""

import pytest

from chainrule.documents.reader.prose.equation_words import follows, led_displays, supposes
from chainrule.documents.reader.prose.sentences import sentences
from chainrule.documents.sources.opening import pieces_of


@pytest.mark.parametrize(
    "words",
    [
        "Let ⟦1⟧ be a number with",
        "Let ⟦1⟧ be a real number such that",
        "The number ⟦1⟧ satisfies the equation",
        "We want to solve",
        "Find the roots of the polynomial in",
        "Suppose that",
        "Given",
        "Consider the equation",
        "The equation",
        "Löse die Gleichung:",
        "Soit ⟦1⟧ un nombre tel que",
        "Sea ⟦1⟧ tal que",
        "Решим уравнение",
        "Giải phương trình",
        "解方程",
    ],
)
def test_words_that_suppose_an_equation(words):
    assert supposes(words)


@pytest.mark.parametrize(
    "words",
    ["Hence", "We get", "The gradient is", "Hence we have the equation", "so that", "", "If ⟦1⟧ is a number, then"],
)
def test_words_that_claim_an_equation(words):
    assert not supposes(words)


@pytest.mark.parametrize(
    "words", ["", "\n\n", "Hence", "so", "Solving for ⟦3⟧ gives", "which means that", "daher", "所以"]
)
def test_words_with_which_an_equation_follows(words):
    assert follows(words)


@pytest.mark.parametrize(
    "words",
    [
        "In general,",
        "For arbitrary numbers ⟦1⟧ we have",
        "The next equation is about any number.",
        "Hence, if ⟦1⟧ is positive,",
        "This does not mean that",
        "Every number satisfies",
        "Another example: we have",
        "hence " * 30,
    ],
)
def test_words_with_which_a_text_turns_to_something_else(words):
    assert not follows(words)


def test_displays_belong_to_a_system_or_follow_from_it():
    text = "Solve $$x + y = 3$$\n\n$$x - y = 1$$\n\nAdding them, we get $$2 x = 4 .$$ In general, $$x = y .$$"
    pieces = pieces_of(text, "a.md").pieces
    displays = [number for number, piece in enumerate(pieces) if piece.kind == "display"]
    found = led_displays(pieces, [text for _, _, text in sentences(pieces)])
    assert found == ({*displays[:2]}, {*displays[1:3]})
