import pytest

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
