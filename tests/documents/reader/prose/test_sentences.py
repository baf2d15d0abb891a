"""Sentences through formulas, and the ends of sections."""

from chainrule.documents.reader.prose.sentences import ends_of_sections, sentences
from chainrule.documents.sources.opening import pieces_of


def test_a_sentence_goes_on_through_a_display():
    text = "For $x > 0$ we have\n\n$$a = b,$$\n\nwhere $y$ is so. Then\n\n$$c = d$$\n\nNext one.\n\nLast"
    pieces = pieces_of(text, "a.md").pieces
    found = ["".join(each.split()) for _, _, each in sentences(pieces)]
    assert found == ["For⟦1⟧wehave⟦3⟧where⟦5⟧isso.", "Then⟦7⟧", "Nextone.", "Last"]


def test_an_abbreviation_ends_no_sentence():
    pieces = pieces_of("Take e.g. Bayes. Then $x$ is so.", "a.md").pieces
    assert [text.strip() for _, _, text in sentences(pieces)] == ["Take e.g. Bayes.", "Then ⟦1⟧ is so."]


def test_a_section_ends_at_the_next_heading_that_is_no_lower():
    pieces = pieces_of("# A\n\none\n\n## B\n\ntwo\n\n# C\n\nthree", "a.md").pieces
    heads = [number for number, piece in enumerate(pieces) if piece.kind == "heading"]
    ends = ends_of_sections(pieces)
    assert [ends[number] for number in heads] == [heads[2], heads[2], len(pieces)]
