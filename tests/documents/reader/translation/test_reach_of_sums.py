"""How far sums reach, and names without arguments."""

from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.written import BigOperator, Signed
from chainrule.documents.reader.translation.reach_of_sums import (
    ends_in_sum,
    index_of_last_sum,
    stands_bare,
    uses,
    with_body,
)


def member(text):
    return chains_of(text)[0].members[0]


def test_the_index_of_a_sum_and_the_terms_that_use_it():
    whole = member(r"\sum_k a_k + b_k + c")
    assert isinstance(whole, Signed)
    total, more, rest = whole.terms
    assert index_of_last_sum(total) == "k"
    assert index_of_last_sum(rest) is None
    assert (uses(more, "k"), uses(rest, "k"), uses(total, "k")) == (True, False, False)
    longer = with_body(total, [more], [1])
    assert isinstance(longer.parts[0], BigOperator)
    assert isinstance(longer.parts[1], Signed)
    assert not ends_in_sum(total)


def test_a_name_stands_bare_if_no_argument_follows():
    assert stands_bare("s", member("1 - s"))
    assert not stands_bare("s", member("1 - s(x)"))
    assert stands_bare("s", member("s(x) s"))


def test_the_index_of_a_sum_over_pairs_is_that_of_their_parts():
    assert index_of_last_sum(member(r"\sum_{(x_i, y_i) \in R} x_i y_i")) == "i"
