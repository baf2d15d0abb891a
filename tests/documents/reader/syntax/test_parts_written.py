"""Letters and their names, the items of scripts, and the arguments in brackets."""

import pytest

from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.parts_written import (
    all_parts,
    arguments_of,
    base_letter,
    base_name,
    index_of_members,
    is_bold,
    items_of,
    letters_of,
    parts_of_chain,
    under,
    written_out,
)
from chainrule.documents.reader.syntax.written import Beside, Bracketed, Dots, Grid, Listed, Numeral, Scripted, Symbol


def formula(text):
    ((only,),) = (chain.members for chain in chains_of(text))
    return only


def indexed(name, item, font=""):
    return Scripted(Symbol(name, font=font), lower=item)


def test_subscripts_side_by_side_are_several():
    ij = Beside((Symbol("i"), Symbol("j")), ("",))
    assert items_of(ij) == (Symbol("i"), Symbol("j"))
    assert items_of(Listed((Symbol("i"), ij))) == (Symbol("i"), Symbol("i"), Symbol("j"))
    assert len(items_of(Beside((Numeral(2), Symbol("i")), ("",)))) == 1
    assert items_of(None) == ()


def test_accents_are_parts_of_names_and_fonts_are_not():
    assert base_name(Symbol("y", accents=("hat",))) == "y_hat"
    assert base_name(Symbol("W", font="bold")) == "W"


def test_parts_come_from_left_to_right_with_those_of_conditions_last():
    whole = formula(r"a_i b")
    assert under(whole) == (Scripted(Symbol("a"), lower=Symbol("i")), Symbol("b"))
    assert [part.text for part in all_parts(whole) if isinstance(part, Symbol)] == ["a", "i", "b"]
    (chain,) = chains_of(r"c = d, \quad i \neq k")
    assert [part.text for part in parts_of_chain(chain) if isinstance(part, Symbol)] == ["c", "d", "i", "k"]


def test_all_letters_below_and_above_a_letter_count_as_letters_of_the_formula():
    assert letters_of(formula(r"\hat{y}_i^2 + e^{z}")) == {"y_hat", "i", "e", "z"}


def test_an_entry_of_a_numbered_vector_has_two_items():
    inner = Scripted(Symbol("t"), lower=Symbol("k"))
    assert items_of(inner) == (Symbol("t"), Symbol("k"))
    assert items_of(Scripted(Symbol("out"), lower=Symbol("k"))) == (Scripted(Symbol("out"), lower=Symbol("k")),)


@pytest.mark.parametrize(
    ("inside", "index"),
    [
        (r"i", "i"),
        (r"(x_i, y_i)", "i"),
        (r"(x^{(n)}, y^{(n)})", "n"),
        (r"(x_i, y_j)", None),
        (r"(x, y)", None),
        (r"(x_i^2, y_i)", None),
    ],
)
def test_members_of_a_set_have_one_index(inside, index):
    assert index_of_members(formula(inside)) == (None if index is None else Symbol(index))


def test_entries_with_dots_between_them_are_their_vector_as_an_argument():
    first, last = indexed("x", Numeral(1)), indexed("x", Symbol("n"))
    assert arguments_of(Bracketed("(", (first, Dots(), last, Symbol("w")))) == (Symbol("x"), Symbol("w"))
    assert arguments_of(Bracketed("[", (first, Dots(), last))) == (first, Dots(), last)
    assert arguments_of(Bracketed("(", (first, last))) == (first, last)


def test_a_column_of_numbered_entries_is_their_vector():
    column = Grid(tuple((indexed("x", Numeral(number)),) for number in (1, 2)))
    backwards = Grid(column.rows[::-1])
    row = Grid((tuple(cell for (cell,) in column.rows),))
    assert [written_out(each) for each in (column, backwards, row)] == [Symbol("x"), backwards, row]


def test_a_letter_with_scripts_has_the_name_and_the_font_of_the_letter():
    bold, plain = indexed("x", Symbol("i"), font="bold"), indexed("x", Symbol("i"))
    arrow = Symbol("v", accents=("vec",))
    assert [is_bold(each) for each in (bold, plain, arrow, Numeral(1))] == [True, False, True, False]
    assert [base_letter(each) for each in (bold, arrow, Numeral(1))] == ["x", "v_vec", ""]
