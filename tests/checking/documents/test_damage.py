"""Lexical damage is repaired, and offsets lead back to the damaged text."""

import pytest

from chainrule.checking.documents.damage import repaired


@pytest.mark.parametrize(
    ("damaged", "whole"),
    [
        ("rac{a}{b}", "\\frac{a}{b}"),
        ("\x0crac{a}{b}", "\\frac{a}{b}"),
        ("\x08oldsymbol{x}", "\\boldsymbol{x}"),
        ("\tanh x", "\\tanh x"),
        ("A^ op", "A^ \\top"),
        ("egin{pmatrix} a \\ dots \\ b \\end{pmatrix}", "\\begin{pmatrix} a \\\\ \\vdots \\\\ b \\end{pmatrix}"),
        ("ext{if } i = j", "\\text{if } i = j"),
        ("с + х", "c + x"),
        ("\\frac{a}{b} \\dots", "\\frac{a}{b} \\dots"),
        ("fraction{a}", "fraction{a}"),
        ("\\text{если} x", "\\text{если} x"),
    ],
)
def test_lexical_damage_is_repaired_and_nothing_else(damaged, whole):
    fix = repaired(damaged)
    assert fix.text == whole
    assert bool(fix.repairs) == (damaged != whole)


def test_places_lead_back_through_repairs():
    fix = repaired("a + rac{b}{c} + d")
    assert fix.text[fix.text.index("d")] == "d"
    assert fix.original(fix.text.index("d")) == len("a + rac{b}{c} + ")
    assert fix.original(0) == 0
