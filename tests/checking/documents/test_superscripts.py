"""Examples that are counted by a superscript become indices."""

import pytest

from chainrule.checking.documents.sources import read
from chainrule.checking.documents.statements import statements
from chainrule.checking.documents.superscripts import MARK, counted, written_out


def chains(text):
    (fragment,) = read(f"$${text}$$").fragments
    return statements(fragment)


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        (r"\sum_{i=1}^n x^{(i)}", {"i"}),
        (r"\sum_i x^{(i)}_k y^{(j)}", {"i"}),
        (r"x^{(i)} + \sum_i y_i", set()),
        (r"\sum_l W^{(l)}", set()),
        (r"\sum_i x^i", set()),
    ],
)
def test_letters_that_count_the_terms_of_a_sum(text, letters):
    assert counted(chains(text)) == letters


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("x^{(i)}_k", f"x{MARK}_{{i,k}}"),
        ("x_k^{(i)}", f"x{MARK}_{{i,k}}"),
        ("x^{(i)} y", f"x{MARK}_{{i}}y"),
        ("x^{(j)}", "x^{(j)}"),
        (r"\sum_{k'=1}^n x_{k'}", "Σ_{k'=1}^nx_{k'}"),
    ],
)
def test_marked_names_have_the_letter_as_their_first_index(text, written):
    (member,) = written_out(chains(text)[0], frozenset("i")).members
    assert "".join(token.text for token in member.tokens) == written


def test_a_primed_index_is_one_name_where_a_sum_runs_over_it():
    (member,) = written_out(chains(r"\sum_{k'} x_{k'} f'")[0], frozenset()).members
    assert [token.text for token in member.tokens].count("k'") == 2
    assert member.tokens[-1].text == "'"
