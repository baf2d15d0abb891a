"""Sentences that begin a new example within a part."""

import pytest
from tests.documents.reader.verdicts import verdicts

GENERAL = "Consider $z = f(x, y)$, where both depend on $t$:\n\n$$x = g(t), \\quad y = h(t)$$"
EXAMPLE = "$$z = \\sin(x^2 + y^2), \\quad x = e^t, \\quad y = t^2$$"
SLOPES = "$$\\frac{\\partial z}{\\partial x} = 2 x \\cos(x^2 + y^2)$$\n\n$$\\frac{d x}{d t} = e^t$$"


@pytest.mark.parametrize("words", ["Consider the function", "Now, let", "As an example, take", "Betrachte", "Soit"])
def test_a_sentence_that_defines_names_anew_begins_an_example(words):
    assert verdicts(GENERAL, words, EXAMPLE, "Then", SLOPES)[-2:] == ["proved", "proved"]


def test_other_sentences_begin_none():
    assert verdicts(GENERAL, "We see that", EXAMPLE, "and", SLOPES)[-2] != "proved"


@pytest.mark.parametrize(("slope", "verdict"), [("4 x^3", "wrong"), ("2 x", "proved")])
def test_the_definition_before_the_sentence_does_not_count_behind_it(slope, verdict):
    text = (
        f"Let $x$ be a number. Let\n\n$$f = x^4$$\n\nNow let\n\n$$f = x^2$$\n\nThen\n\n$$\\frac{{df}}{{dx}} = {slope}$$"
    )
    assert verdicts(text) == [verdict]


def test_what_is_made_of_an_old_name_goes_on_with_it():
    """Where L is made of y and goes on, nothing shows of which y it is made."""
    text = "Let $x$ be a number. Let\n\n$$y = x^2, \\quad L = 3 y$$\n\nLet\n\n$$y = x^3$$"
    for slope in ("6 x", "9 x^2"):
        assert verdicts(text, f"$$\\frac{{dL}}{{dx}} = {slope}$$")[-1] not in ("proved", "wrong")


def test_another_supposition_about_what_goes_on_proves_nothing_and_accuses_nobody():
    text = "Let $t > 0$ and\n\n$$F(t, x) = t x^2$$\n\nIf $x(t) = e^t$ then\n\n$$\\frac{dF}{dt} = (1 + 2t) e^{2t}$$"
    other = "If $x(t) = 1/t$ instead then\n\n"
    assert verdicts(text) == ["proved"]
    for slope in ("-1/t^2", "(1 + 2t) e^{2t}"):
        assert verdicts(text, f"{other}$$\\frac{{dF}}{{dt}} = {slope}$$")[-1] not in ("proved", "wrong")
