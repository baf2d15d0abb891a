import pytest

from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.sources.scanning import Pair, Region, Token, spans_of

PAIRS = {"<": Pair(">", "inline", "angle", ("blank",)), "[": Pair("]", "display", "square", (), "blank")}


def scan(text):
    kinds = {"\n": "blank"}
    tokens = [Token(kinds.get(sign, sign), at, at + 1) for at, sign in enumerate(text) if sign in "<>[]\n#"]
    notes = []
    spans = spans_of(
        text,
        tokens,
        PAIRS,
        lambda offset, message: notes.append((offset, message)),
        lambda token: (
            Region("heading", token.start, token.end, token.end + 3, token.end + 3) if token.kind == "#" else None
        ),
    )
    return [(span.kind, text[span.first : span.last]) for span in spans], notes


def test_marks_inside_a_span_mean_nothing():
    assert scan("a <b[c> d [e<]") == ([("inline", "b[c"), ("display", "e<")], [])


def test_a_display_without_an_end_stops_at_the_blank_line_with_a_note():
    assert scan("[a b\n <c>") == ([("display", "a b"), ("inline", "c")], [(0, "[ has no end")])


def test_an_inline_formula_without_an_end_is_none():
    assert scan("<a\n b> <c>") == ([("inline", "c")], [(0, "< has no end and opens nothing")])


def test_what_is_whole_hides_the_marks_in_it():
    assert scan("#<a> b>") == ([("heading", "<a>")], [])


CUT = "$$a\n\nand so\n\n$$b$$"


@pytest.mark.parametrize(
    ("text", "displays", "lines"),
    [
        (CUT, ["a", "b"], [1]),
        (f"$$z$$\n\n{CUT}\n\n$$c$$", ["z", "a", "b", "c"], [3]),
        ("$$a\n\nand so\n\nb$$", ["a\n\nand so\n\nb"], []),
        ("$$a\n\n= b$$\n\n$$c", ["a\n\n= b", "c"], [5]),
        (f"$$a\n\nand so b$$\n\n# Next\n\n{CUT}", ["a\n\nand so b", "a", "b"], [7]),
    ],
)
def test_the_first_display_that_cannot_be_whole_has_no_end(text, displays, lines):
    found = pieces_of(text, "a.md")
    assert [piece.text.strip() for piece in found.pieces if piece.kind == "display"] == displays
    assert found.notes == tuple((line, "$$ has no end") for line in lines)
