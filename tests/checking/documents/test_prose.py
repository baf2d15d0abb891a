"""Declarations and announcements in sentences of four languages."""

import pytest

from chainrule.checking.documents import prose
from chainrule.checking.documents.model import Scope
from chainrule.checking.documents.sources import read
from chainrule.checking.documents.statements import statements


def declared(formula):
    scope = Scope()
    (fragment,) = read(f"Let ${formula}$.").fragments
    (chain,) = statements(fragment)
    done = prose.range_in(scope, chain) or prose.declared_in(scope, chain)
    return done, {name: str(kind) for name, kind in scope.kinds.items()}, scope


@pytest.mark.parametrize(
    ("formula", "kinds"),
    [
        (r"x \in \mathbb{R}", {"x": "scalar"}),
        (r"x \in \mathbb{R}^n", {"x": "vector n", "n": "size"}),
        (r"x, y \in \mathbb{R}^3", {"x": "vector 3", "y": "vector 3"}),
        (r"W \in \mathbb{R}^{m \times n}", {"W": "matrix m n", "m": "size", "n": "size"}),
        (r"x \in \mathbb{R}^{n \times 1}", {"x": "vector n", "n": "size"}),
        (r"x \in \mathbb{R}_{>0}^n", {"x": "vector n, positive", "n": "size"}),
        (r"a \in \mathbb{R}^+", {"a": "scalar, positive"}),
        (r"p \in (0, 1)", {"p": "scalar, in (0,1)"}),
        (r"y \in \{-1, +1\}", {"y": "scalar, ±1"}),
        (r"y \in \{1, \dots, K\}", {"y": "index K", "K": "size"}),
        (r"z_1, \dots, z_n > 0", {"z": "vector n, positive", "n": "size"}),
    ],
)
def test_sets_and_signs_give_kinds(formula, kinds):
    done, found, _ = declared(formula)
    assert done
    assert found == kinds


@pytest.mark.parametrize(
    ("formula", "name", "fact"),
    [
        (r"\lambda > 0", "λ", "positive"),
        (r"c \geq 0", "c", "nonnegative"),
        (r"c \neq 0", "c", "nonzero"),
        (r"0 < p < 1", "p", "in (0,1)"),
        (r"y = \pm 1", "y", "±1"),
    ],
)
def test_relations_give_facts(formula, name, fact):
    done, _, scope = declared(formula)
    assert done
    assert scope.facts == {name: {fact}}


@pytest.mark.parametrize(
    "formula",
    [
        r"x \in A^n", "x < 3", "x = 2", r"x \in \mathbb{R}^{2 n}", r"x \in \mathbb{R}^{a \times b \times c}",
        r"x \in \mathbb{R}^{n \times }",
    ],
)  # fmt: skip
def test_other_formulas_declare_nothing(formula):
    assert declared(formula)[:2] == (False, {})


def test_how_far_an_index_runs():
    done, _, scope = declared(r"i = 1, \dots, n")
    assert done
    assert scope.ranges == {"i": "n"}
    assert declared(r"i = 2, \dots, n")[0] is False


@pytest.mark.parametrize(
    ("before", "announced"),
    [
        ("Let ", True), ("where ", True), ("Wir setzen ", True), ("Soit ", True), ("Пусть ", True),
        ("Let us stop. Then ", False), ("it follows that ", False),
    ],
)  # fmt: skip
def test_words_that_announce_a_definition(before, announced):
    assert prose.introduces(before) is announced


@pytest.mark.parametrize(
    ("before", "operator"),
    [
        ("The off-diagonal entries are:\n\n$$", "!="), ("On the diagonal\n$$", "="), ("Auf der Diagonale gilt $$", "="),
        ("hors diagonale $$", "!="), ("Then $$", None),
    ],
)  # fmt: skip
def test_sentences_about_the_diagonal(before, operator):
    assert prose.about_diagonal(before) == operator


def test_announcements():
    assert prose.states_condition("The gradient vanishes if and only if\n$$")
    assert not prose.states_condition("Hence\n$$")
    assert prose.says_rows("We write gradients as rows.")
    assert prose.sums_silently("With the Einstein convention")
    assert prose.aliases("Write the softmax as $g$.") == [("softmax", "g")]
