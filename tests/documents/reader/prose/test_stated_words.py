import pytest
from tests.documents.reader.verdicts import verdicts

from chainrule.documents.reader.prose.stated_words import CONDITIONS, DENIALS, FACTS, NOUNS, ONWARD


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (ONWARD, "Now assume that"),
        (ONWARD, "Es sei"),
        (ONWARD, "假设"),
        (CONDITIONS, "whenever"),
        (CONDITIONS, "если"),
        (DENIALS, "it doesn't"),
        (DENIALS, "ist nicht"),
        (DENIALS, "不是"),
    ],
)
def test_words_are_found_in_several_languages(words, text):
    assert words.search(text)


def test_parts_of_words_are_none():
    assert not DENIALS.search("a notation, nonzero; Nord")
    assert not ONWARD.search("a letter fits without a sign")


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("is non-negative", "nonnegative"),
        ("strictly positive", "positive"),
        ("positive semidefinite", None),
        ("a one-hot vector", "one_hot"),
        ("nonsingular", "invertible"),
        ("orthogonal to", None),
        ("非负", "nonnegative"),
    ],
)
def test_facts_are_told_apart(text, fact):
    found = FACTS.search(text)
    assert (found and found.lastgroup) == fact


def test_a_number_of_things_is_no_number():
    assert NOUNS.search("the number of rows") is None
    assert NOUNS.search("eine reelle Zahl").lastgroup == "number"


@pytest.mark.parametrize("words", ["is 0 or 1", "is either 0 or 1", "ist 0 oder 1", "est 0 ou 1", "es 0 o 1"])
def test_words_say_that_a_number_is_0_or_1(words):
    assert verdicts(f"The label $y$ {words}.\n\n$$y^2 = y$$\n\n$$2^y = 1 + y$$") == ["proved", "proved"]


@pytest.mark.parametrize("words", ["is -1 or 1", "is either 1 or −1", "ist -1 oder 1"])
def test_words_say_that_a_number_is_a_sign(words):
    first, second = verdicts(f"The label $y$ {words}.\n\n$$y^2 = 1$$\n\n$$y^2 = y$$")
    assert (first, second) == ("proved", "wrong if read so")


@pytest.mark.parametrize(
    "words",
    ["The following is wrong:", "It is a mistake to write", "Die folgende Gleichung ist falsch:", "Il est faux que"],
)
def test_an_equation_that_is_called_wrong_is_no_claim(words):
    text = "Let $x > 0$ and $y = x^x$."
    slope = "$$\\frac{dy}{dx} = x \\cdot x^{x - 1}$$"
    assert verdicts(text, words, slope) == ["hypothesis"]
    assert verdicts(text, "We get", slope) == ["wrong"]


@pytest.mark.parametrize("words", ["logaritmo en base $2$", "logarithme de base deux", "logarithm in base 2"])
def test_logarithms_to_a_base_are_told_in_several_languages(words):
    slope = "$$\\frac{d}{dp} \\log p = \\frac{1}{p}$$"
    assert verdicts(f"Here $\\log$ is the {words}. Let $p > 0$.", slope) == ["proved if"]


def test_words_go_on_in_the_next_line():
    text = "Let $x$ and $w$ be numbers and $p = s(w x)$ with the logistic\nfunction $s$."
    assert verdicts(text, "$$\\frac{dp}{dw} = p (1 - p) x$$") == ["proved"]
