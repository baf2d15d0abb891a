"""Statements that claim a relation: for which indices, under which conditions, and what that supposes."""

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
