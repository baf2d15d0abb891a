"""Formulas as trees: what binds what."""

import pytest

from chainrule.documents.reader.formula_elements import elements_of
from chainrule.documents.reader.formula_tokens import tokens_of
from chainrule.documents.reader.segments import segments_of
from chainrule.documents.reader.token_groups import groups_of
from chainrule.documents.reader.written import Comparing, Numeral, Scripted, Signed, Symbol, Words
from chainrule.documents.reader.written_trees import FormulaReader, condition_of, formula_of, grid_of, split


def items(text):
    return groups_of(tokens_of(text))


def test_signs_bind_looser_than_factors_and_scripts():
    minus = formula_of(items("-x^2"))
    assert minus == Signed((Scripted(Symbol("x"), None, Numeral(2)),), (-1,))


def test_nothing_is_no_formula():
    assert formula_of(items(" ")) is None


def test_cells_may_be_empty():
    assert grid_of(items(r"1 & \\ & x \\"), 0) == ((Numeral(1), Words("")), (Words(""), Symbol("x")))


def test_rows_end_without_an_empty_one():
    assert [len(row) for row in split(items(r"a b \\ c \\"), "row")] == [2, 1]


def test_members_may_be_missing():
    members, links = FormulaReader(elements_of(items("= x ="))).members()
    assert members == [None, Symbol("x"), None]
    assert [link.place for link in links] == [(0, 1), (4, 5)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\text{if } x < y", Comparing((Symbol("x"), Symbol("y")), ("<",))),
        (r"\forall x", Symbol("x")),
        (r"\text{otherwise}", Words("otherwise")),
    ],
)
def test_conditions_say_what_they_say(text, expected):
    (segment,) = segments_of(elements_of(items(text)))
    node = FormulaReader(segment.elements).alone() if segment.elements else None
    assert condition_of(segment, node) == expected
    assert (condition_of(segment, node, in_cases=True) is None) == (text == r"\text{otherwise}")
