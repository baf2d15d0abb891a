"""The sides of statements: terms, names that left sides define, and indices that nothing binds."""

import pytest

from chainrule.documents.reader.interpretation.kinds_of_names import enter_kinds
from chainrule.documents.reader.interpretation.sides import MOST_DEPTH, free_indices, key_of, name_of, names_in, term_of
from chainrule.documents.reader.structure.targets import target_of
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.known_words import NotMeant


def prepared(state):
    enter_kinds(state)
    return state


def test_repeated_indices_are_summed_where_the_text_says_so(claims):
    text = (
        "In Einstein notation:\n\n"
        + r"$$z_i = W_{ij} x_j$$"
        + "\n\n"
        + r"$$\frac{\partial z_i}{\partial x_k} = W_{ij} \delta_{jk}$$"
    )
    assert claims(text) == ["partial(z[i], x[k]) = sum(j in n1: W[i, j] * [j = k])"]


def test_indices_that_a_sum_binds_are_not_free(state_of):
    state = prepared(state_of("$$\\sum_j a_j b_i + x = y$$"))
    statement = state.statements[0]
    assert free_indices(state, term_of(state, statement.left), term_of(state, statement.right)) == {"i"}


def test_a_side_that_is_nested_too_deeply_is_not_read(state_of):
    state = prepared(state_of("$$x = y$$"))
    ((few, many),) = (chain.members for chain in chains_of(f"x y = {'x ' * 2 * MOST_DEPTH}"))
    assert names_in(term_of(state, few)) == {"x", "y"}
    with pytest.raises(NotMeant, match="nested too deeply"):
        term_of(state, many)


@pytest.mark.parametrize(
    ("text", "key", "name"),
    [
        (r"$$x_i = 2 y_i$$", "x", "x"),
        (r"$$W_{\text{out}} = 2$$", "W_out", "W_out"),
        (r"$$z^{(2)} = 3$$", "z", "z__2"),
        (r"$$y^2 = 3$$", "y", None),
    ],
)
def test_a_target_has_a_key_and_a_full_name(text, key, name, state_of):
    state = prepared(state_of(text))
    target = target_of(state.statements[0], state.inventory)
    assert (key_of(state.elaborator, target), name_of(state.elaborator, target)) == (key, name)
