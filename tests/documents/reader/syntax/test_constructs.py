"""The tables of constructs agree with each other."""

import pytest

from chainrule.documents.reader.syntax.constructs import CONNECTIVES, CONSTRUCTS, ENVIRONMENTS, NAMES, UNICODE, letter


def test_each_character_stands_for_a_command_of_the_table():
    assert {name for name in UNICODE.values() if name not in CONSTRUCTS} == set()
    assert {len(character) for character in UNICODE} == {1}


def test_arguments_are_formulas_texts_or_optional():
    assert {kind for entry in (*CONSTRUCTS.values(), *ENVIRONMENTS.values()) for kind in entry.arguments} == set("mro")


def test_names_are_words_and_no_connectives():
    assert {"softmax", "max"} < NAMES
    assert not NAMES & set(CONNECTIVES)


@pytest.mark.parametrize(
    ("character", "expected"),
    [
        ("x", ("x", (), "")),
        ("ϵ", ("epsilon", (), "")),
        ("ς", ("varsigma", (), "")),
        ("Λ", ("Lambda", (), "")),
        ("ℝ", ("R", (), "blackboard")),
        ("𝛉", ("theta", (), "bold")),
        ("x̂", ("x", ("hat",), "")),
    ],
)
def test_letters_have_names_accents_and_fonts(character, expected):
    assert letter(character) == expected
