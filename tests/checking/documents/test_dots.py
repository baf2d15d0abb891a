"""Ellipses are filled in by the pattern of their ends."""

import pytest

from chainrule.checking.documents.dots import TooFew, filled, filled_rows, spread
from chainrule.checking.documents.grammar import parse
from chainrule.checking.documents.printing import unicode
from chainrule.checking.documents.stream import NotRead
from chainrule.checking.documents.tokens import tokens
from chainrule.checking.documents.tree import Name, Number


def whole(n):
    """Values of indices where n has one."""

    def value(node):
        return int(node.value) if isinstance(node, Number) else {Name("n"): n}.get(node)

    return value


def shown(entries):
    """Entries as text, with the running indices put in."""
    found = []
    for node, running in entries:
        text = "?" if node is None else unicode(node)
        for name, at in running.items():
            text = text.replace(name, str(at)).replace("{" + str(at) + "}", str(at))
        found.append(text)
    return found


def rows(text):
    return parse(tokens(text)).rows


def test_a_list_counts_from_its_first_to_its_last_entry():
    assert shown(filled(rows(r"(x_1, \dots, x_n)")[0], whole(4))) == ["x_1", "x_2", "x_3", "x_n"]
    assert shown(filled(rows("(a, b)")[0], whole(4))) == ["a", "b"]


def test_too_few_entries_are_told():
    with pytest.raises(TooFew):
        filled(rows(r"(x_1, \dots, x_n)")[0], whole(1))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (r"(x_1, \dots, y_n)", "nothing in common"),
        (r"(x_n, \dots, x_1)", "do not count upwards"),
        (r"(x_1, \dots)", "without an entry on both sides"),
    ],
)
def test_ends_that_do_not_fit_are_refused(text, reason):
    with pytest.raises(NotRead, match=reason):
        filled(rows(text)[0], whole(4))


def test_a_matrix_has_its_own_pattern_on_the_diagonal():
    text = r"\begin{pmatrix} a_1 & \dots & b_{1n} \\ \vdots & \ddots & \vdots \\ b_{n1} & \dots & a_n \end{pmatrix}"
    assert [shown(row) for row in filled_rows(rows(text), whole(3))] == [
        ["a_1", "b_{1, 2}", "b_{1n}"],
        ["b_{2, 1}", "a_2", "b_{2, 3}"],
        ["b_{n1}", "b_{3, 2}", "a_n"],
    ]


def test_a_diagonal_matrix_has_zeros_elsewhere():
    text = r"\begin{pmatrix} a_1 & & 0 \\ & \ddots & \\ 0 & & a_n \end{pmatrix}"
    assert [shown(row) for row in filled_rows(rows(text), whole(2))] == [["a_1", "0"], ["0", "a_2"]]


def test_rows_of_dots_fill_columns():
    text = r"\begin{pmatrix} x_1 & y_1 \\ \vdots & \vdots \\ x_n & y_n \end{pmatrix}"
    assert [shown(row) for row in filled_rows(rows(text), whole(3))] == [["x_1", "y_1"], ["x_2", "y_2"], ["x_n", "y_n"]]


def test_a_sum_keeps_its_signs():
    terms = spread(parse(tokens(r"- a_1 - \dots - a_n")), whole(3))
    assert [sign for _, sign, _ in terms] == [-1, -1, -1]
