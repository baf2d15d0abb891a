from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.documents.sources.stretches import Sheet, Stretch


def test_a_cut_of_an_edit_keeps_its_origins():
    whole = Stretch("0123456789")
    edited = whole.edited([(2, 4, ""), (6, 7, "abc")])
    assert edited.text == "0145abc789"
    assert [edited.origin(at) for at in range(len(edited.text))] == [0, 1, 4, 5, 6, 6, 6, 7, 8, 9]
    assert edited.cut(3, 8).edited([(0, 1, "")]).origin(3) == 7


def test_an_edit_that_overlaps_the_one_before_is_left_out():
    assert Stretch("abcdef").edited([(1, 4, "X"), (3, 5, "Y")]).text == "aXef"


edits_of = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 4), st.sampled_from(["", "x", "yz"])), max_size=6)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.text("ab\n", min_size=1, max_size=40), st.lists(edits_of, max_size=3))
def test_what_is_kept_stands_where_it_stood(text, rounds):
    numbered = "".join(chr(0x4E00 + at) if sign != "\n" else sign for at, sign in enumerate(text))
    stretch = Stretch(numbered)
    for edits in rounds:
        size = len(stretch.text)
        stretch = stretch.edited(sorted((min(a, size), min(a + b, size), new) for a, b, new in edits))
    for at, sign in enumerate(stretch.text):
        if sign not in "xyz\n":
            assert numbered[stretch.origin(at)] == sign


def test_lines_and_columns_count_from_one():
    sheet = Sheet("ab\ncd\n\nef")
    piece = sheet.piece("prose", Stretch(sheet.text).cut(1, 9).edited([(2, 3, "")]))
    assert piece.text == "b\nd\n\nef"
    assert [piece.place_of(at) for at in range(7)] == [(1, 2), (1, 3), (2, 2), (2, 3), (3, 1), (4, 1), (4, 2)]
