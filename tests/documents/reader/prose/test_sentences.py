"""Sentences through formulas, and the ends of sections."""

import pytest

from chainrule.documents.reader.prose.sentences import ends_of_sections, sentences
from chainrule.documents.sources.opening import pieces_of


def test_a_sentence_goes_on_through_a_display():
    text = "For $x > 0$ we have\n\n$$a = b,$$\n\nwhere $y$ is so. Then\n\n$$c = d$$\n\nNext one.\n\nLast"
    pieces = pieces_of(text, "a.md").pieces
    found = ["".join(each.split()) for _, _, each in sentences(pieces)]
    assert found == ["For⟦1⟧wehave⟦3⟧where⟦5⟧isso.", "Then⟦7⟧", "Nextone.", "Last"]


@pytest.mark.parametrize(
    ("behind", "number"),
    [
        ("当 $y = 1$ 时，$p = a$。", 2),
        ("もし $y = 1$ なら $p = a$。", 2),
        ("当 $y = 1$ 时。", 1),
        ("当 $y = 1$ 时。$p = a$", 2),
        ("其中 $y = 1$，$p = a$。", 1),
        ("where $y = 1$ and $p = a$.", 1),
    ],
)
def test_a_script_without_capitals_begins_a_sentence_behind_a_display_with_two_formulas(behind, number):
    """A condition that stands behind a display, without another formula, belongs to the display."""
    pieces = pieces_of(f"$$p = a^y b^{{1 - y}}$$\n\n{behind}", "a.md").pieces
    assert len([*sentences(pieces)]) == number


def test_an_abbreviation_ends_no_sentence():
    pieces = pieces_of("Take e.g. Bayes. Then $x$ is so.", "a.md").pieces
    assert [text.strip() for _, _, text in sentences(pieces)] == ["Take e.g. Bayes.", "Then ⟦1⟧ is so."]


def test_a_section_ends_at_the_next_heading_that_is_no_lower():
    pieces = pieces_of("# A\n\none\n\n## B\n\ntwo\n\n# C\n\nthree", "a.md").pieces
    heads = [number for number, piece in enumerate(pieces) if piece.kind == "heading"]
    ends = ends_of_sections(pieces)
    assert [ends[number] for number in heads] == [heads[2], heads[2], len(pieces)]
