"""Walks through trees of frozen dataclasses."""

import pickle
from dataclasses import replace

from chainrule.documents.language.terms import Apply, Entry, Name, Term, free_names
from chainrule.documents.language.trees import every_part, names_of, parts_of

X, ROW, COLUMN = Name("x"), Name("i"), Name("j", span=(3, 4))
SUM = Apply("+", (Entry(X, (ROW, COLUMN)), X))


def test_nodes_are_found_in_fields_and_in_tuples_from_left_to_right():
    assert parts_of(SUM, Term) == (Entry(X, (ROW, COLUMN)), X)
    assert every_part(SUM, Term) == (SUM, Entry(X, (ROW, COLUMN)), X, ROW, COLUMN, X)
    assert parts_of(X, Term) == ()


def test_the_place_in_the_text_is_no_field():
    assert names_of(COLUMN) == ("text",)


def test_what_a_node_keeps_goes_into_no_copy():
    product = Apply("*", (Name("a"), X))
    assert free_names(product) == {"a", "x"}
    assert every_part(product, Term) == (product, Name("a"), X)
    assert free_names(replace(product, operands=(Name("b"), X))) == {"b", "x"}
    assert pickle.loads(pickle.dumps(product)).__dict__.keys() == {"span", "operator", "operands"}
    assert product == Apply("*", (Name("a"), X))
