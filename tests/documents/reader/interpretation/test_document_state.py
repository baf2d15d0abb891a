"""The state of a document: numbers, roles, fresh sizes, names and doubts."""

from chainrule.documents.reader.interpretation.document_reader import reading_of as reading_under


def test_a_statement_has_the_number_and_the_role_of_its_formula(state_of):
    state = state_of("Suppose that $a = 2 b$.\n\n$$c = a$$")
    first, last = state.statements
    assert state.number_of(first) < state.number_of(last)
    assert (state.role_of(first), state.role_of(last)) == ("assumed", "")


def test_sizes_that_nobody_says_have_names_of_their_own(state_of):
    state = state_of("$$a = b$$")
    assert state.fresh_size("a") != state.fresh_size("a")


def test_names_of_a_state_are_those_of_its_definitions_and_claims(state_of):
    state = state_of("$$u = 2 x$$\n\n$$u + y = c$$")
    assert state.all_names() == set()
    reading_under(state)
    assert state.all_names() == {"u", "x", "y", "c"}


def test_a_doubt_about_a_claim_stands_at_its_relation_alone(state_of):
    state = state_of("$$x + y = c$$\n\n$$x = 2 y + c - 1 + x$$")
    reading_under(state)
    state.doubt(0, frozenset({"a doubt"}))
    assert ["a doubt" in entry.rests_on for entry in state.entries] == [True, False]


def test_hypotheses_about_letters_reach_the_inventory_and_leave_that_of_the_document(state_of):
    state = state_of("$$x_i = y$$", lone={"x"})
    state.inventory.declare("x", 1)
    assert state.inventory.lone == {"x"}
    assert state_of("$$x_i = y$$").inventory.declared == {}
