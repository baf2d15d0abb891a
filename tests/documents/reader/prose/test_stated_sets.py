"""Sets in chains: what they say of names, and where it holds."""

import pytest

from chainrule.documents.language.printing import kind_of
from chainrule.documents.reader.declaring.declarations import base_of
from chainrule.documents.reader.prose.stated import Stated
from chainrule.documents.reader.prose.stated_sets import enter_sets
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.sources.pieces import Piece


def stated_by(formula, role=""):
    found = Stated(roles={3: role}, bounds={3: (2, 4, 9)})
    (chain,) = chains_of(formula)
    enter_sets(found, chain, 3, Piece("inline", formula, ((0, 1, 1),)))
    return found


@pytest.mark.parametrize(
    ("formula", "declared"),
    [
        (r"x, y \in \mathbb{R}^n", {"x": "column n", "y": "column n"}),
        (r"f : \mathbb{R}^n \to \mathbb{R}", {"f": "function(column n) -> number"}),
        (r"2 x \in \mathbb{R}^n", {}),
        (r"f : A \to B", {}),
    ],
)
def test_names_have_the_kinds_of_members(formula, declared):
    assert {base_of(each.name): kind_of(each.kind) for each in stated_by(formula).declared} == declared


@pytest.mark.parametrize(
    ("role", "reaches"),
    [
        ("", [(2, 9, True)]),
        ("condition", [(5, 9, False), (2, 5, True)]),
        ("claimed", [(2, 2, True)]),
        ("denied", []),
    ],
)
def test_facts_of_members_hold_as_far_as_the_sentence_reaches(role, reaches):
    found = stated_by(r"p \in (0, 1)", role).hypotheses
    assert [(each.start, each.end, each.certain) for each in found] == reaches
    assert {each.fact for each in found} <= {"unit"}


def test_a_gradient_in_a_set_of_rows_is_a_row():
    assert stated_by(r"\nabla f(x) \in \mathbb{R}^{1 \times n}").nabla_is_row
    assert not stated_by(r"\nabla f(x) \in \mathbb{R}^{n}").nabla_is_row
