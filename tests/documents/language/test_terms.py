"""Walks over terms, and the names that they bind."""

import pytest

from chainrule.documents.language import terms
from chainrule.documents.language.parsing import term_of


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("x + y[i]", "i x y"),
        ("sum(i in n: x[i] * i)", "n x"),
        ("sum(i in i: x[i])", "i x"),
        ("sum(i in n if i != j: x[i])", "j n x"),
        ("[i in n, j in m: W[i, j]]", "W m n"),
        ("f'(u) + exp(v)", "f u v"),
        ("at(x + y, x = z)", "x y z"),
        ("grad(l, W)", "W l"),
        ("cases(a if b > 0, c otherwise)", "a b c"),
        ("[not (a = b)]", "a b"),
    ],
)
def test_free_names_of(text, free):
    assert " ".join(sorted(terms.free_names(term_of(text)))) == free


def test_every_part_is_visited_once_from_left_to_right():
    names = [part.text for part in terms.every(term_of("a * [i = b] + f(c, d[e])")) if isinstance(part, terms.Name)]
    assert names == ["a", "i", "b", "c", "d", "e"]


def test_a_term_without_changes_is_the_same_object():
    term = term_of("sum(i in n: x[i])")
    assert terms.mapped(term, lambda part: part) is term


def test_a_changed_part_changes_no_other():
    term = term_of("a + b")
    changed = terms.mapped(term, lambda part: term_of("c") if part == term_of("b") else part)
    assert changed == term_of("a + c")
    assert term == term_of("a + b")


def test_the_outermost_part_is_replaced_and_nothing_within_it():
    changes = {term_of("a + b"): term_of("a"), term_of("a"): term_of("c")}
    assert terms.substituted(term_of("(a + b) * a"), changes.get) == term_of("a * c")
    term = term_of("x * y")
    assert terms.substituted(term, changes.get) is term


def test_places_take_no_part_in_comparisons():
    assert term_of("a+b") == term_of("a  +  b")
