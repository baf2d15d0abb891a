"""The record of what sentences state."""

import pytest

from chainrule.documents.checked import check_derivation
from chainrule.documents.reader.prose.stated import Stated
from chainrule.documents.reader.syntax.written import Symbol


def test_a_fact_that_is_known_holds_in_the_whole_document():
    stated = Stated()
    stated.know(Symbol("y"), "one-hot", 7)
    [known] = stated.hypotheses
    assert (known.subject, known.fact, known.start, known.end, known.certain) == (Symbol("y"), "one-hot", 0, 7, True)
    assert known.text == "y is one-hot"


ONES = """Let $y$ be one-hot with $y_c = 1$ and $p_k = \\frac{e^{z_k}}{\\sum_j e^{z_j}}$.

$$L = -\\sum_k y_k \\log p_k$$

"""


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial L}{\partial z_c} = p_c - 1", "proved"),
        (r"\sum_k y_k \log p_k = \log p_c", "proved"),
        (r"\frac{\partial L}{\partial z_c} = p_c + 1", "wrong"),
        (r"\sum_k y_k \log p_k = \log p_j", "wrong if read so"),
    ],
)
def test_the_entry_of_a_one_hot_vector_that_is_1_is_one_of_them(claim, verdict):
    assert check_derivation(f"{ONES}$${claim}$$", repairs=False).steps[-1].verdict == verdict


def test_an_entry_with_an_index_that_sums_run_over_is_not_1_for_all():
    text = "Let $y$ be one-hot with $y_c = 1$.\n\n$$\\sum_c y_c = 7$$"
    assert check_derivation(text, repairs=False).steps[-1].verdict.startswith("wrong")
