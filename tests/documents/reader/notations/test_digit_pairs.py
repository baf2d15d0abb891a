from chainrule.documents.reader.notations.digit_pairs import with_digit_pairs
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.parts_written import all_parts, items_of
from chainrule.documents.reader.syntax.written import Numeral, Scripted


def subscripts(*formulas):
    chains = with_digit_pairs({number: chains_of(text) for number, text in enumerate(formulas)})
    every = (member for found in chains.values() for chain in found for member in chain.members)
    parts = [part for member in every for part in all_parts(member) if isinstance(part, Scripted)]
    return [tuple(str(i.value) if isinstance(i, Numeral) else i.text for i in items_of(p.lower)) for p in parts]


def test_two_digits_are_two_indices_of_a_letter_that_has_two_elsewhere():
    assert subscripts("x_{ij} = 1", "x_{12} + x_{N1}") == [("i", "j"), ("1", "2"), ("N", "1")]
    assert subscripts("w_{hij}", "w_{h12}") == [("h", "i", "j"), ("h", "1", "2")]


def test_a_number_of_an_entry_stays_one_number():
    assert subscripts("x_i", "x_{12}") == [("i",), ("12",)]
    assert subscripts("x_{ij}", "x_{10}", "y_{12}") == [("i", "j"), ("10",), ("12",)]


def test_the_places_of_the_digits_are_their_own():
    chains = with_digit_pairs({0: chains_of("x_{ij} = x_{12}")})
    (lower,) = [p.lower for p in all_parts(chains[0][0].members[1]) if isinstance(p, Scripted)]
    assert [item.place for item in items_of(lower)] == [(12, 13), (13, 14)]
