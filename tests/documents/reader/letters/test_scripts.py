"""Subscripts and superscripts in names."""

import pytest
from tests.documents.reader.verdicts import verdicts

from chainrule.documents.language.printing import text_of
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.letters.scripts import axis_of_slice, is_transpose, label, with_entries
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.known_words import NotMeant
from chainrule.documents.reader.translation.elaboration import Elaborator


def scripted(formula):
    chains = chains_of(formula)
    return Elaborator(Inventory.of([*chains, *chains_of(r"z_i + \sum_k y_k")])), chains[0].members[0]


@pytest.mark.parametrize(
    ("formula", "name", "entries"),
    [("z_i", "z", ["i"]), ("z_{hid}", "z_hid", []), ("z_0", "z_0", []), ("z_{i k}", "z", ["i", "k"])],
)
def test_a_subscript_is_a_part_of_the_name_or_chooses_entries(formula, name, entries):
    meanings, whole = scripted(formula)
    found, indices = with_entries(meanings, "z", "z", whole.lower)
    assert (found, [text_of(each) for each in indices]) == (name, entries)


def test_labels_are_words_of_letters_and_signs():
    assert label(scripted("z_{l+1}")[1].lower) == "l_plus_1"
    with pytest.raises(NotMeant, match="a subscript that is not read"):
        label(scripted(r"z_{\frac{1}{2}}")[1].lower)


def test_a_colon_beside_an_index_is_a_slice():
    assert axis_of_slice(scripted("W_{i:}")[1].lower) == 0
    assert axis_of_slice(scripted("W_{:i}")[1].lower) == 1
    assert axis_of_slice(scripted("W_{i}")[1].lower) is None


def test_t_transposes_unless_it_is_a_letter_of_the_text():
    meanings, whole = scripted("z^t")
    assert is_transpose(meanings, whole.upper)
    meanings, whole = scripted("z^t + 2 t")
    assert not is_transpose(meanings, whole.terms[0].upper)


@pytest.mark.parametrize(("right", "verdict"), [("2^{(1 + y)/2}", "proved"), ("2^{(1 - y)/2}", "wrong if read so")])
def test_a_bracket_that_is_divided_is_an_exponent(right, verdict):
    assert verdicts(f"Let $p = 2$ and $y$ be a number.\n\n$$p^{{(1 + y)/2}} = {right}$$") == [verdict]
