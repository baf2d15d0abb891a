"""Cursors over tokens, and choices between readings."""

import pytest

from chainrule.checking.documents.grammar import Grammar
from chainrule.checking.documents.stream import Cursor, NotRead, Vocabulary
from chainrule.checking.documents.tokens import tokens
from chainrule.checking.documents.tree import Name


def grammar(text, **options):
    return Grammar(tokens(text), Vocabulary(), **options)


def test_a_cursor_ends_in_a_token_of_its_own():
    cursor = Cursor(tokens("a +"))
    assert (cursor.peek().text, cursor.peek(1).text, cursor.peek(2).kind) == ("a", "+", "end of formula")
    assert not cursor.accept("a")  # a name is no operator
    assert cursor.take().text == "a"
    assert cursor.accept("+")
    end = cursor.take()
    assert (end.kind, end.start, end.end) == ("end of formula", 3, 3)


def test_choices_are_noted_at_their_place_and_followed():
    first = grammar("a b")
    assert not first.other_reading()
    assert first.sites == {0}
    assert grammar("a b", others={0}).other_reading()
    assert not grammar("a b", others={0}).other_reading(1)
    assert grammar("a b", others={1}).other_reading(site=1)


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


def test_a_refusal_says_where_it_happened():
    stream = grammar("a + b")
    stream.position = 2
    with pytest.raises(NotRead, match="no bracket") as refusal:
        stream.require(stream.accept(")"), "no bracket")
    assert refusal.value.at == 4
