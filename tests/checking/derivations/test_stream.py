"""Cursors over tokens, and choices between readings."""

import pytest

from chainrule.checking.derivations.grammar import Grammar
from chainrule.checking.derivations.stream import END, Cursor, NotRead, Vocabulary, joined
from chainrule.checking.derivations.tokens import tokens
from chainrule.checking.derivations.tree import Name


def grammar(text, **options):
    return Grammar(tokens(text), Vocabulary(), **options)


def test_a_cursor_ends_in_a_token_of_its_own():
    cursor = Cursor(tokens("a +"))
    assert (cursor.peek().text, cursor.peek(1).text, cursor.peek(2)) == ("a", "+", END)
    assert not cursor.accept("a")  # a name is no operator
    assert cursor.take().text == "a"
    assert cursor.accept("+")
    assert cursor.take() is END


def test_choices_are_noted_at_their_place_and_followed():
    first = grammar("a b")
    assert first.choose(3) == 0
    assert first.sites == {0: 3}
    assert grammar("a b", choices={0: 5}).choose(3) == 2
    assert grammar("a b", choices={1: 1}).choose(2, site=1) == 1


def test_bars_and_depth_are_as_before_behind_a_bracket():
    stream = grammar("a")
    with stream.deeper(bars=2):
        assert (stream.depth, stream.bars) == (1, 2)
    assert (stream.depth, stream.bars) == (0, 0)


def test_nodes_keep_the_place_that_they_have():
    stream = grammar("a + b")
    stream.position = 3
    assert stream.placed(Name("a"), 0).span == (0, 5)
    assert stream.placed(Name("a", span=(2, 3)), 0).span == (2, 3)
    assert joined([Name("a", span=(1, 2)), Name("b", span=(4, 6))]) == (1, 6)


def test_a_refusal_says_where_it_happened():
    stream = grammar("a + b")
    stream.position = 2
    with pytest.raises(NotRead, match="no bracket") as refusal:
        stream.require(stream.accept(")"), "no bracket")
    assert refusal.value.at == 4
