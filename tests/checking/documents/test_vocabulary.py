"""The tables of signs agree with each other."""

from chainrule.checking.documents.vocabulary import ACCENTS, FONTS, SIGNS, SILENT, WITH_ARGUMENT, WORDS


def test_signs_become_kinds_of_tokens_that_the_readers_know():
    kinds = {kind for kind, _ in SIGNS.values()}
    assert kinds == {"relation", "arrow", "op", "gap", "dots", "open", "close", "name", "brace", "word", "space"}


def test_relations_have_few_normal_spellings():
    assert {text for kind, text in SIGNS.values() if kind == "relation"} == {"=", ":=", "<", ">", "<=", ">=", "!=", "~"}


def test_a_command_is_a_sign_or_takes_an_argument_or_says_nothing():
    groups = [{sign[1:] for sign in SIGNS if sign.startswith("\\")}, FONTS, set(ACCENTS), WORDS, WITH_ARGUMENT, SILENT]
    assert [first & second for at, first in enumerate(groups) for second in groups[at + 1 :] if first & second] == []
