"""Names with suffixes."""

import pytest

from chainrule.documents.reader.letters.suffixed_names import (
    NameInLayer,
    layer_of,
    letter_of,
    lost_name,
    name_as_written,
)


@pytest.mark.parametrize("name", ["z__l", "z__l_plus_1", "a_hat__L_minus_2", "W__part_4__l", "b__3", "x__ell_minus_1"])
def test_a_name_with_a_layer_is_written_as_it_is_read(name):
    layer = layer_of(name)
    assert layer is not None
    assert layer.name == name
    assert letter_of(name) == letter_of(layer.base)


@pytest.mark.parametrize("name", ["z", "z_l", "z__part_3", "J__any", "__open__l", "__open__2", ""])
def test_other_names_have_no_layer(name):
    assert layer_of(name) is None


def test_layers_are_compared_by_their_numbers():
    assert NameInLayer("z", "l", -1).name == "z__l_minus_1"
    assert layer_of("z__l_plus_2").number == 2
    assert layer_of("z__2")[1:] == ("", 2)


def test_the_suffix_of_a_part_goes_and_the_layer_stays():
    assert name_as_written("b__1__part_2") == "b__1"
    assert name_as_written("z__line_7") == "z"
    assert letter_of("x_hat__line_7") == "x_hat"
    assert name_as_written(lost_name("J")) == "J"
