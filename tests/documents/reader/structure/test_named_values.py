"""Chains that end with a new name."""

import pytest

from chainrule.documents import check_derivation

VALUE = r"""Let $f(z) = \log \sum_{i=1}^n e^{z_i}$.

$$\frac{\partial f}{\partial z_j} = \frac{e^{z_j}}{\sum_i e^{z_i}} = s_j$$

"""
RIGHT = r"$$\frac{\partial s_j}{\partial z_k} = s_j \delta_{jk} - s_j s_k$$"
FALSE = r"$$\frac{\partial s_j}{\partial z_k} = s_j \delta_{jk} + s_j s_k$$"


def last(text):
    return check_derivation(text, repairs=False).steps[-1].verdict


@pytest.mark.parametrize(("sign", "fault"), [("=", "wrong if read so"), ("=:", "wrong")])
def test_the_name_at_the_end_of_a_chain_is_the_value_before(sign, fault):
    value = VALUE.replace("= s", f"{sign} s")
    assert [step.verdict for step in check_derivation(value).steps] == ["definition", "proved", "definition"]
    assert last(value + RIGHT) == "proved"
    assert last(value + FALSE) == fault


@pytest.mark.parametrize(
    "text",
    [
        VALUE.replace("Let", "With $s$, let"),
        VALUE.replace(r"\frac{e^{z_j}}{\sum_i e^{z_i}} = s_j", "s_j"),  # no other formula gives the value
        VALUE + "where $s_j = p_j$.\n\n",
        VALUE.replace("s_j", "s"),  # a value without indices, such as n, may be known to everybody
        VALUE.replace("s_j", r"\bar z_j = s_j"),
    ],
)
def test_other_names_at_ends_are_no_new_ones(text):
    assert last(text + RIGHT) not in ("proved", "verified")
