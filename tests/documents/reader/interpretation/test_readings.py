"""A document as it was read."""

from chainrule.documents.reader.reading import read
from chainrule.documents.sources.opening import pieces_of


def test_a_reading_has_an_entry_for_each_relation_with_what_it_defines():
    found = read(pieces_of("$$y = x^2$$\n\n$$y = x x + z!$$", "a.md"))
    assert (found.entries[0].kind, found.entries[0].defines) == ("definition", "y")
    assert len(found.entries) == 2


def test_a_block_before_a_statement_defines_its_name():
    pieces = pieces_of("---\ny := x^2\nx: scalar\n---\n\n$$y = x x$$", "a.md")
    [entry] = [each for each in read(pieces).entries if each.statement.piece.kind == "display"]
    assert entry.kind == "claim"
