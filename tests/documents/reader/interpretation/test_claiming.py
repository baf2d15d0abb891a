"""Statements that claim a relation: for which indices, under which conditions, and what that supposes."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.reader.interpretation.document_reader import reading_of as reading_under


def read_all(state):
    reading_under(state)
    return state


def test_rows_of_an_align_go_on_with_the_row_before(reading_of):
    text = r"""\begin{align}
f(x) &= 2x \\
\frac{df}{dx} &= \frac{d}{dx} 2x \\
&= 2
\end{align}"""
    found = reading_of(text)
    lines = [entry.statement.piece.place_of(entry.statement.place[0])[0] for entry in found.entries]
    assert lines == [2, 3, 4]
    assert [claim.follows for claim in found.derivation.claims] == [None, 0]


def test_a_claim_holds_for_all_indices_that_nothing_binds(state_of):
    state = read_all(state_of("$$p_k = 2 z_k$$\n\n$$p_k + z_j = 3 z_k + c, \\quad k = j$$"))
    (found,) = state.claims
    assert [index for index, _ in found.over] == ["j", "k"]
    assert len(found.conditions) == 1
    assert [(entry.kind, entry.claim) for entry in state.entries] == [("definition", None), ("claim", 0)]
    assert state.places == [1]


def test_a_claim_that_something_is_zero_may_set_it_to_zero(state_of):
    zero, one = read_all(state_of("$$x + y = 0$$\n\n$$x + 2 y = 1$$")).entries
    assert "it may be set to zero" in zero.rests_on
    assert "it may be set to zero" not in one.rests_on


@pytest.mark.parametrize(("factor", "verdict"), [(r"\frac1N", "proved"), (r"\frac2N", "wrong if read so")])
def test_a_claim_about_a_member_is_about_each(factor, verdict):
    text = (
        "Let $x_i \\in \\mathbb{R}^d$, $W \\in \\mathbb{R}^{d \\times K}$, $z_i = W^T x_i + b$ and "
        "$p_i = \\text{softmax}(z_i)$. The labels $y_i \\in \\mathbb{R}^K$ are one-hot.\n\n"
        "$$L = -\\frac1N \\sum_{i=1}^N y_i^T \\log p_i$$\n\n"
    )
    found = check_derivation(text + rf"$$\frac{{\partial L}}{{\partial z_i}} = {factor} (p_i - y_i)$$", repairs=False)
    assert found.steps[-1].verdict == verdict
    assert found.steps[-1].strict.startswith("claim 5 [i in N]")


def test_columns_of_which_nothing_is_said_may_have_the_sum_1():
    text = (
        "Let $x_i \\in \\mathbb{R}^d$, $W \\in \\mathbb{R}^{d \\times K}$, $y_i \\in \\mathbb{R}^K$, "
        "$z_i = W^T x_i + b$ and $p_i = \\text{softmax}(z_i)$.\n\n$$L = -\\sum_{i=1}^N y_i^T \\log p_i$$\n\n"
    )
    step = check_derivation(text + r"$$\frac{\partial L}{\partial z_i} = p_i - y_i$$", repairs=False).steps[-1]
    assert step.verdict == "proved if"
    assert "each column of y adds up to 1" in step.message
