"""Tokens of statements in the strict language."""

import pytest

from chainrule.documents.language.strict_tokens import LanguageError, Tokens


def test_tokens_are_numbers_names_and_the_longest_signs():
    tokens = Tokens("x_1 .* 2.5 -> [i..n]", 0)
    assert [text for _, text, _ in tokens.every] == ["x_1", ".*", "2.5", "->", "[", "i", "..", "n", "]", ""]
    assert [kind for kind, _, _ in tokens.every[:4]] == ["name", "sign", "number", "sign"]


def test_a_token_is_taken_if_it_is_wanted():
    tokens = Tokens("a, b = 3", 4)
    assert tokens.take("=") is None
    assert tokens.names() == ["a", "b"]
    assert (tokens.next, tokens.second, tokens.place, tokens.before) == ("=", "3", 5, 4)
    with pytest.raises(LanguageError, match="line 4, column 6: expected ':', got '='"):
        tokens.expect(":")
    with pytest.raises(LanguageError, match="expected the end of the statement"):
        tokens.end()


def test_a_sign_that_is_no_token_is_named_with_its_column():
    with pytest.raises(LanguageError, match=r"line 1, column 7: '\$' has no meaning"):
        Tokens("x = 2 $", 1)
