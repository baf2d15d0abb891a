"""A document as it was read."""

from chainrule.documents import check_derivation
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


def test_a_block_defines_a_name_with_its_scripts_alone():
    text = "$$W^{(1)} = 3 u$$\n\n$$W = 2 u$$\n\n$$W = 2 u + 0$$\n\n$$W^{(2)} = 3 u$$"
    steps = check_derivation(text, "u: number\nW^{(2)} := u", repairs=False).steps
    assert [step.verdict for step in steps[1:]] == ["definition", "definition", "proved", "wrong"]
