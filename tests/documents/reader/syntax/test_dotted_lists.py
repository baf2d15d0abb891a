"""Lists in which dots stand without commas beside them."""

import pytest

from chainrule.documents.reader.syntax.dotted_lists import with_dots_apart
from chainrule.documents.reader.syntax.written import Beside, Dots, Symbol


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"(x_1, x_2 \dots x_n)", "`(x_[1], x_[2], ..., x_[n])`"),
        (r"[x_1 x_2 \dots x_n]", "`[x_[1], x_[2], ..., x_[n]]`"),
        (r"(x_1 \dots x_n)", "`({x_[1] ... x_[n]})`"),
        (r"(a, b)", "`(a, b)`"),
    ],
)
def test_dots_in_brackets_stand_between_commas(text, expected, shown):
    assert shown(text) == [expected]


def test_other_separators_than_commas_leave_a_list_as_it_is():
    items = (Symbol("a"), Beside((Symbol("b"), Dots(), Symbol("c")), ("", "")))
    assert with_dots_apart(items, ("|",), "(") == (items, ("|",))
    assert len(with_dots_apart(items, (",",), "(")[0]) == 4
