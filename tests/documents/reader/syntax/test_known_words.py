"""Words and signs that every document knows."""

from chainrule.documents.language.operators import OPERATORS
from chainrule.documents.reader.syntax.known_words import ELEMENTARY, JOINTS, TAKE_NO_BRACKETS, NotMeant


def test_all_words_and_joints_are_operators():
    assert set(ELEMENTARY.values()) | set(JOINTS.values()) <= OPERATORS.keys()
    assert ELEMENTARY.keys() >= TAKE_NO_BRACKETS


def test_an_error_has_its_place():
    assert NotMeant("an ellipsis", (2, 5)).place == (2, 5)
