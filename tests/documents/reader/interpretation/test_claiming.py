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


CASES = r"""Let $h(x) = 1 / (1 + e^{-\theta^T x})$ with $\theta \in \mathbb{R}^n$. Assume

$$P(y=1|x;\theta) = h(x), \quad P(y=%s|x;\theta) = 1 - h(x)$$

$$P(y|x;\theta) = %s$$

$$\log P(y|x;\theta) = \log h(x)$$
"""


@pytest.mark.parametrize(
    ("other", "joined", "verdict"),
    [
        ("0", r"h(x)^y (1 - h(x))^{1-y}", "proved"),
        ("-1", r"1 / (1 + e^{-y \theta^T x})", "proved"),
        ("0", r"h(x)^{1-y} (1 - h(x))^y", "definition"),
        ("-1", r"h(x)^y (1 - h(x))^{1-y}", "definition"),
    ],
)
def test_the_formula_for_a_probability_claims_what_the_text_says_of_single_values(other, joined, verdict):
    steps = check_derivation(CASES % (other, joined), repairs=False).steps
    assert steps[-2].verdict == verdict
    assert steps[-1].verdict not in ("proved", "verified", "proved if")


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


OTHER_CHAIN = r"Let $f(x) = x^2$." + "\n\n$$\\frac{d}{dx} \\sin x = 2 \\cos x$$\n\n"


@pytest.mark.parametrize("chain", [r"$$g = f'(x) = \cos x$$", r"Hence $g = f'(x) = \cos x$."])
def test_a_step_behind_a_definition_goes_on_from_no_other_chain(chain):
    report = check_derivation(OTHER_CHAIN + chain)
    steps = [step for step in report.steps if step.line == 5]
    assert not any(step.verdict in ("proved", "verified", "proved if") for step in steps)
    assert "line 3" not in steps[-1].message


def test_a_chain_goes_on_over_a_sentence_with_a_chain_of_its_own(reading_of):
    found = reading_of("$$(x + 1)^2 = x^2 + 2 x + 1$$\n\nwhere we get $3 + 4 = 7$, and then\n\n$$= x (x + 2) + 1$$")
    claims = found.derivation.claims
    assert [None if claim.follows is None else claims[claim.follows].line for claim in claims] == [None, None, 1]
