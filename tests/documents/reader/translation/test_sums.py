"""Terms with signs, and sums that are written with dots."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.known_words import NotMeant
from chainrule.documents.reader.translation.elaboration import Elaborator


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


@pytest.mark.parametrize(
    ("body", "slope", "verdict"),
    [
        ("-u_i^2", "-2 u_k", "proved"),
        ("-u_i^2 + c u_i", "c - 2 u_k", "proved"),
        ("-u_i^2", "2 u_k", "wrong if read so"),
    ],
)
def test_a_sign_behind_that_of_a_sum_belongs_to_what_is_summed(body, slope, verdict):
    text = (
        rf"$$F = \frac{{\sum_{{i=1}}^n {body}}}{{3}}$$ $$\frac{{\partial F}}{{\partial u_k}} = \frac{{{slope}}}{{3}}$$"
    )
    assert [step.verdict for step in check_derivation(text, repairs=False).steps] == ["definition", verdict]
