"""The names that statements could define."""

import pytest

from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.structure.statements import statements_of
from chainrule.documents.reader.structure.targets import target_of, uses_target
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.sources.pieces import Piece


def statements(*displays):
    pieces = [Piece("display", text, ((0, number + 1, 1),)) for number, text in enumerate(displays)]
    chains = [(piece, chain) for piece in pieces for chain in chains_of(piece.text)]
    return list(statements_of(chains)), Inventory.of(chain for _, chain in chains)


@pytest.mark.parametrize(
    ("formula", "base", "parameters", "indices"),
    [
        ("z = 2", "z", 0, ()),
        ("z_{ij} = x_i x_j", "z", 0, ("i", "j")),
        (r"\sigma(x) = x", "sigma", 1, ()),
        (r"\mathrm{softmax}(z)_i = z_i", "softmax", 1, ("i",)),
        (r"a_{\text{out}} = 2", "a", 0, ()),
        ("f(x, y) := x", "f", 2, ()),
        ("W' := W - G", "W", 0, ()),
    ],
)
def test_a_left_side_that_names_something_is_a_target(formula, base, parameters, indices):
    found, inventory = statements(formula)
    target = target_of(found[0], inventory)
    assert (target.base, len(target.parameters), target.indices) == (base, parameters, indices)


@pytest.mark.parametrize(
    "formula",
    [
        r"\frac{\partial L}{\partial x} = 2",
        "2 = x",
        "a + b = c",
        "x_{ii} = 1",
        "f(2 x) = x",
        "f'(x) = 2",
        "f'(x) := 2",
        "W' = W - G",
        "z < 2",
        "W x = y",
    ],
)
def test_other_left_sides_name_nothing(formula):
    found, inventory = statements(formula)
    assert target_of(found[0], inventory) is None


@pytest.mark.parametrize(
    ("formula", "uses"),
    [
        (r"w = \frac{1}{1 + e^{-w}}", True),
        (r"w = \frac{1}{1 + e^{-v}}", False),
        ("L = L_a + L_b", False),
        ("L_a = L_a + L", True),
        ("w_i = w_j v_i", True),
        ("f(x) = f(y)", True),
        (r"w = v_{w}", True),
        ("w' := w - 1", False),
        ("w' := w' - w", True),
    ],
)
def test_what_uses_a_name_is_no_definition_of_it(formula, uses):
    (found,), inventory = statements(formula)
    assert uses_target(found.right, target_of(found, inventory)) is uses
