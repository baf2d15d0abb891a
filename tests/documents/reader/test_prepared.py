"""A document before any hypothesis about it."""

import pytest

from chainrule.documents.reader.prepared import Around, prepared
from chainrule.documents.sources.opening import pieces_of

TOLD = {
    "": "",
    "We use the denominator layout.": "columns",
    "We use the numerator layout.": "rows",
    "We use the numerator layout; Ann uses the denominator layout.": "",
}


def test_a_word_that_steps_differentiate_by_is_one_name(claims):
    text = r"$$\frac{\partial E}{\partial w} = \frac{\partial E}{\partial net} \frac{\partial net}{\partial w}$$"
    text += "\n\n" + r"$$\frac{\partial E}{\partial net} = 3 net$$"
    assert claims(text)[-1] == "partial(E, net) = 3 * net"


@pytest.mark.parametrize("text", TOLD)
def test_the_one_layout_of_which_the_text_tells_counts(text):
    assert prepared(pieces_of(f"{text}\n\n$$y = A x$$", "a.md"), Around()).around.layout == TOLD[text]


def test_what_is_said_around_a_part_holds_in_it():
    around = prepared(pieces_of("Let $z \\in \\mathbb{C}$. We use the numerator layout.", "a.md"), Around()).around
    within = prepared(pieces_of("$$y = A x$$", "a.md"), around).around
    assert (within.layout, within.has_complex) == ("rows", True)
    assert "numerator layout" in within.words


def test_formulas_and_relations_stand_in_their_order():
    found = prepared(pieces_of("$a = 1$ and $$b = 2 = c$$", "a.md"), Around())
    assert [number for number, *_ in found.numbered] == [0, 2]
    assert [each.relation for each in found.statements] == ["="] * 3
