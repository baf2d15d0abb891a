import pytest

from chainrule.documents.sources.damage import repaired
from chainrule.documents.sources.stretches import Stretch


@pytest.mark.parametrize(
    ("damaged", "whole"),
    [
        ("rac{a}{b}", r"\frac{a}{b}"),
        ("\x0crac{a}{b} + \x08eta \times", "\\frac{a}{b} + \\beta \\times"),
        ("a\text{if } x", r"a\text{if } x"),
        ("\x08egin{bmatrix} a \\ dots \\ b \\end{bmatrix}", "\\begin{bmatrix} a \\\\ \\vdots \\\\ b \\end{bmatrix}"),
        ("oldsymbol{x}^{ op} au", "\\boldsymbol{x}^{\\top} \\tau"),
        ("\\left( a ight)", r"\left( a \right)"),
        ("а + х_1 = （b）", "a + x_1 = (b)"),
        (" abla_x f", r" \nabla_x f"),
    ],
)
def test_lost_letters_come_back_with_a_note(damaged, whole):
    fixed, notes = repaired(Stretch(damaged))
    assert fixed.text == whole
    assert notes


@pytest.mark.parametrize(
    "intact",
    [
        r"\text{если } x \mbox{ а }",
        "\tau = 1",
        "frac + ext + au op",
        r"\begin{matrix} a \\ \dots \end{matrix} \ b",
        "\n\tbar",
        "brac{x}",
    ],
)
def test_what_can_be_read_otherwise_stays(intact):
    assert repaired(Stretch(intact)) == (Stretch(intact), [])


def test_a_note_says_where_and_what():
    fixed, notes = repaired(Stretch("x rac{1}{2}"))
    assert notes == [(2, r"'rac' is read as \frac")]
    assert fixed.origin(fixed.text.index("{1}")) == 5
