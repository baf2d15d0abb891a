"""Single edits of formulas: slips that the search for repairs undoes."""

import pytest

from chainrule.checking.documents.edits import Material, edits
from chainrule.checking.documents.grammar import parse
from chainrule.checking.documents.printing import unicode
from chainrule.checking.documents.tokens import tokens

MATERIAL = Material(indices=("i", "j"), names=(("a", "b"),), factors=(parse(tokens("c")),), terms=(parse(tokens("1")),))


@pytest.mark.parametrize(
    ("formula", "changed", "kind"),
    [
        ("a - b", "a + b", "sign"),
        ("x_i", "x_j", "index"),
        ("a", "b", "name"),
        ("a", "c a", "factor"),
        ("a", "a/c", "dropped denominator"),
        ("a", "a + 1", "missing term"),
        ("x y", "y", "factor"),
        ("x^2", "x", "power"),
        ("x^2", "x^3", "power"),
        ("2 x", "3 x", "constant"),
        (r"\tanh(\tanh(x))", "tanh(x)^2", "power"),
        (r"\sum_{i=1}^n x_i", "x_j", "index"),
        (r"\frac{1}{1 + x}", "1/(c (1 + x))", "factor"),
        ("W_{ij}", "W_{ji}", "transposed"),
        ("f'(x)", "f(x)", "wrong derivative"),
    ],
)
def test_each_slip_is_undone_by_an_edit_of_its_kind(formula, changed, kind):
    found = {(unicode(edit.tree), edit.kind) for edit in edits(parse(tokens(formula)), MATERIAL)}
    assert (changed, kind) in found


def test_an_edit_changes_the_formula():
    tree = parse(tokens(r"\sum_i a x_i - \frac{b}{2}"))
    assert all(edit.tree != tree for edit in edits(tree, MATERIAL))
