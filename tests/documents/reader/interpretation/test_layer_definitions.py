"""Definitions that count for all layers."""

from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.printing import text_of
from chainrule.documents.reader.interpretation.layer_definitions import is_derivative_elsewhere, leads_down, with_layers


def definitions(text):
    return {each.name: text_of(each.body) for each in with_layers(derivation_of(text)).definitions}


def test_a_definition_for_one_layer_counts_for_those_that_claims_name():
    found = definitions("z__l := W__l @ a__l_minus_1; claim: a__l = z__l_plus_1; claim: a__l = z__L")
    assert found["z__l_plus_1"] == "W__l_plus_1 @ a__l"
    assert found["z__L"] == "W__L @ a__L_minus_1"
    assert "z__l_plus_2" not in found


def test_other_numbers_and_names_of_parts_are_no_layers():
    found = definitions("z__part_2 := x; u__1 := x; claim: z__part_3 = u__2")
    assert found.keys() == {"z__part_2", "u__1"}


def test_layers_between_those_of_a_claim_are_defined_too():
    found = definitions(
        "z__l := W__l @ a__l_minus_1; a__l := f(z__l); claim: grad(J, a__l) = W__l_plus_1' @ d__l_plus_1"
    )
    assert found["z__l_plus_1"] == "W__l_plus_1 @ a__l"
    assert "z__l_plus_2" not in found


def test_a_skip_over_two_layers_reaches_one_layer_more():
    text = "z__l := W__l @ a__l_minus_1; a__l := z__l + a__l_minus_2; claim: grad(J, a__l) = grad(J, z__l_plus_1)"
    assert definitions(text)["a__l_plus_2"] == "z__l_plus_2 + a__l"


def test_a_numbered_layer_follows_that_of_a_letter_but_not_below_the_first():
    found = definitions("z__l := W__l @ a__l_minus_1; claim: z__2 = z__0")
    assert found["z__2"] == "W__2 @ a__1"
    assert "z__0" not in found


def test_no_layer_follows_a_numbered_one():
    assert "z__2" not in definitions("z__1 := W__1 @ x; claim: z__2 = y")


def test_what_is_said_of_another_layer_of_a_derivative_is_a_claim():
    known = {each.name: each for each in derivation_of("d__l := grad(J, z__l); e__l := z__l; claim: x = y").definitions}
    assert [is_derivative_elsewhere(name, known) for name in ("d__L", "d__3", "d__l_minus_1")] == [True] * 3
    assert not any(is_derivative_elsewhere(name, known) for name in ("d__l", "e__L", "z__L", "d"))


def test_layers_lead_down_if_they_are_made_of_lower_ones():
    def leads(text):
        return leads_down(derivation_of(f"{text}; claim: x = y").definitions)

    assert leads("z__l := W__l @ a__l_minus_1; a__0 := x")
    assert not leads("d__l := W__l_plus_1 @ d__l_plus_1")
    assert not leads("d__l := grad(J, z__l)")
    assert not leads("h := a__l")


def test_no_definition_is_made_that_leads_to_itself():
    found = definitions("x__i := A @ z__i; z__0 := B @ x__0; z__n := B @ x__n; claim: z__i_plus_1 = x__i")
    assert found["x__i"] == "A @ z__i"
    assert "z__i" not in found
