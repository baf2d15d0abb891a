"""What names are, and what derivations say of them."""

import pytest

from chainrule.documents.language.derivation import Derivation, first_of_chain
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.terms import Name


def test_sizes_of_parameters_are_lengths_of_the_first_argument_that_has_them():
    (definition,) = derivation_of("f(x : column n, W : matrix m n) := sum(W @ x)").definitions
    assert definition.lengths == {"n": ("x", 0), "m": ("W", 0)}


@pytest.mark.parametrize(("text", "is_unknown"), [("J := J_of(z)", True), ("J := K_of(z)", False), ("J := z", False)])
def test_a_loss_about_which_only_its_arguments_are_known(text, is_unknown):
    (definition,) = derivation_of(f"J_of, K_of : function(number) -> number; {text}").definitions
    assert definition.is_unknown_loss is is_unknown


def test_parts_are_those_of_definitions_and_of_both_sides_of_claims():
    derivation = derivation_of("y := -x; assume z > 0; claim: y = x")
    assert [part.text for part in derivation.parts if isinstance(part, Name)] == ["x", "y", "x"]


def test_a_chain_begins_with_the_claim_that_follows_none():
    claims = derivation_of("claim: x = x; claim: y = x; then: = z; then: = 0").claims
    assert [first_of_chain(claims, number) for number in range(4)] == [0, 1, 1, 1]


def test_an_empty_derivation_has_no_parts():
    assert list(Derivation().parts) == []
