"""Written formulas are compared by what they are, not by where they stand."""

from fractions import Fraction

from chainrule.documents.reader.syntax.written import Beside, Numeral, Scripted, Symbol, alike


def test_places_take_no_part_in_comparisons():
    one = Beside((Numeral(Fraction(2), place=(0, 1)), Symbol("f", place=(2, 3))), ("",), place=(0, 3))
    assert one == Beside((Numeral(Fraction(2)), Symbol("f")), ("",))
    assert one != Beside((Numeral(Fraction(2)), Symbol("f", font="bold")), ("",))


def test_formulas_are_alike_if_only_fonts_differ():
    plain, bold = Symbol("x"), Symbol("x", font="bold")
    assert alike(Scripted(plain, lower=Symbol("i")), Scripted(bold, lower=Symbol("i")))
    assert alike((plain, None), (bold, None))
    assert not alike(Scripted(plain, lower=Symbol("i")), Scripted(plain, upper=Symbol("i")))
    assert not alike((plain,), (plain, plain))
    assert not alike(plain, None)
