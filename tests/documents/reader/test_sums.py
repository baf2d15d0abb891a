"""Terms with signs, and sums that are written with dots."""

import pytest

from chainrule.documents.reader.chains import chains_of
from chainrule.documents.reader.elaboration import Elaborator
from chainrule.documents.reader.inventory import Inventory
from chainrule.documents.reader.known_words import NotMeant


@pytest.mark.parametrize(
    ("formula", "term"),
    [
        (r"a + z_1 + z_2 + \dots + z_n - b", "a + sum(_k in n: z[_k]) + -b"),
        (r"-z_1 - \dots - z_n", "-sum(_k in n: z[_k])"),
    ],
)
def test_dots_between_terms_are_a_sum(formula, term, elaborated):
    assert elaborated(formula) == term


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        (r"a \pm b", "plus or minus"),
        (r"x_1 + \dots + y_n", "an ellipsis"),
        (r"x_1 + \dots", "an ellipsis"),
    ],
)
def test_terms_that_no_sum_means_say_why(formula, reason, elaborated):
    with pytest.raises(NotMeant, match=reason):
        elaborated(formula)


def test_what_a_reading_rests_on_is_told():
    elaborator = Elaborator(Inventory.of(chains_of(r"\sum_k y_k + z_k")))
    elaborator.term(chains_of(r"\sum_k y_k + z_k")[0].members[0])
    assert elaborator.used == {"a sum reaches over the terms that use its index"}
