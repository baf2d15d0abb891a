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
