"""Formulas as trees: what binds what."""

from chainrule.documents.reader.syntax.formula_elements import elements_of
from chainrule.documents.reader.syntax.formula_tokens import tokens_of
from chainrule.documents.reader.syntax.token_groups import groups_of
from chainrule.documents.reader.syntax.written import Numeral, Scripted, Signed, Symbol
from chainrule.documents.reader.syntax.written_trees import FormulaReader, formula_of


def items(text):
    return groups_of(tokens_of(text))


def test_signs_bind_looser_than_factors_and_scripts():
    minus = formula_of(items("-x^2"))
    assert minus == Signed((Scripted(Symbol("x"), None, Numeral(2)),), (-1,))


def test_nothing_is_no_formula():
    assert formula_of(items(" ")) is None


def test_members_may_be_missing():
    members, links = FormulaReader(elements_of(items("= x ="))).members()
    assert members == [None, Symbol("x"), None]
    assert [link.place for link in links] == [(0, 1), (4, 5)]
