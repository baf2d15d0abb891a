"""Defects in words."""

from chainrule.documents.defects import in_words


def test_a_defect_is_one_short_line():
    assert in_words(ValueError("a\n  b")) == "ValueError: a b"
    assert len(in_words(ValueError("x" * 1000))) == 200
