"""Written formulas are compared by what they are, not by where they stand."""

from fractions import Fraction

from chainrule.documents.reader.written import Beside, Numeral, Symbol


def test_places_take_no_part_in_comparisons():
    one = Beside((Numeral(Fraction(2), place=(0, 1)), Symbol("f", place=(2, 3))), ("",), place=(0, 3))
    assert one == Beside((Numeral(Fraction(2)), Symbol("f")), ("",))
    assert one != Beside((Numeral(Fraction(2)), Symbol("f", font="bold")), ("",))
