"""Definitions that count for all layers, and losses that lead nowhere."""

from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.printing import text_of
from chainrule.documents.reader.layer_definitions import with_layers, with_unknown_losses


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


def test_a_loss_that_does_not_lead_to_a_variable_is_unknown_there():
    text = "J := norm(a__L); a__L := f; claim: grad(J, a__L) = x; claim: grad(J, z__l) = x"
    found, losses = with_unknown_losses(derivation_of(text))
    assert losses == {1: "J"}
    assert [text_of(claim.left) for claim in found.claims] == ["grad(J, a__L)", "grad(J__any, z__l)"]
